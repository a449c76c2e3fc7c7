"""The ways of clipping gradients that an experiment can name, and the knobs of each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part


def _threshold(help_text: str, rule: str) -> Knob:
    return Knob(label="threshold", help=help_text, rule=rule, low=1e-4, high=1e4, log=True, live=True)


class Clipping(Part):
    """What is done to gradients that are too large."""


class NoClipping(Clipping):
    """Gradients as they are."""

    title, summary = "off", "Gradients are taken as they are."
    kind: Literal["none"] = "none"


class NormClipping(Clipping):
    """The whole gradient shortened to a length (Pascanu et al. 2013)."""

    title, summary = "by norm", "A gradient that is longer is shortened: it keeps its direction."
    kind: Literal["norm"] = "norm"
    threshold: Annotated[
        float, _threshold("The longest that the gradient of all weights together may be.", "1, or 10.")
    ] = 1.0


class LayerClipping(Clipping):
    """Each layer's gradient shortened to a length."""

    title, summary = "by each layer's norm", "A layer's gradient that is longer is shortened, whatever the others do."
    kind: Literal["layer"] = "layer"
    threshold: Annotated[float, _threshold("The longest that a layer's gradient may be.", "1 to begin with.")] = 1.0


class ValueClipping(Clipping):
    """Each number of the gradient cut off."""

    title, summary = "by value", "Each number is cut off for itself, which turns the gradient's direction."
    kind: Literal["value"] = "value"
    threshold: Annotated[
        float, _threshold("The largest that any number of the gradient may be.", "0.5; by norm is better.")
    ] = 0.5


AnyClipping = Annotated[NoClipping | NormClipping | LayerClipping | ValueClipping, Field(discriminator="kind")]
