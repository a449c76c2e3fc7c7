"""The network that an experiment describes: layers, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.knob import Knob
from nnplayground.experiment.layers import (
    Activation,
    Dropout,
    DropoutKind,
    Initializer,
    Layer,
    MaxNorm,
    Normalization,
    NormPlace,
)
from nnplayground.experiment.part import Part

SHARED = ("activation", "initializer", "normalization", "norm_place", "dropout", "dropout_kind", "max_norm")
"""The settings that a layer may leave to its network."""


def _layer(value: Any) -> Any:
    """What is no table is the width of a layer: a bare whole number, or an error about the width."""
    return value if isinstance(value, (Mapping, Layer)) else {"width": value}


class Network(Part):
    """A fully connected network: its hidden layers, and what holds for each unless it says otherwise."""

    title = "Network"

    layers: Annotated[
        tuple[Annotated[Layer, BeforeValidator(_layer)], ...],
        Field(max_length=16),
        Knob(
            label="hidden layers",
            help="The hidden layers from input to output, by their number of neurons.",
            rule="1 to 5 hidden layers; more layers usually help more than more neurons.",
        ),
    ] = (Layer(), Layer(), Layer())
    activation: Activation = "tanh"
    initializer: Initializer = "auto"
    normalization: Normalization = "none"
    norm_place: NormPlace = "before"
    dropout: Dropout = 0.0
    dropout_kind: DropoutKind = "plain"
    max_norm: MaxNorm = 0.0
    input_dropout: Annotated[
        float,
        Knob(
            label="input dropout",
            help="The share of inputs silenced at random at each training step; imitates noise and missing data.",
            rule="20 % at most.",
            low=0.0,
            high=0.95,
            step=0.05,
            unit="%",
            live=True,
        ),
    ] = 0.0
    input_noise: Annotated[
        float,
        Knob(
            label="input noise",
            help="The standard deviation of Gaussian noise that each input gets at each training step, after scaling.",
            rule="0.05 to 0.3 where inputs are standardized; imitates errors of measurement, and acts like L2.",
            low=0.0,
            high=2.0,
            step=0.05,
            live=True,
        ),
    ] = 0.0

    def resolved(self, index: int) -> Layer:
        """Return hidden layer `index` with everything it left out filled in."""
        layer = self.layers[index]
        return layer.model_copy(update={n: getattr(self, n) for n in SHARED if getattr(layer, n) is None})

    def check_normalization(self, batch: int) -> None:
        """Raise ExperimentError where a normalization has but one number to go by, given the size of batches."""
        for path, kind, width in self._normalizations():
            if kind == "batch" and batch < 2:
                raise ExperimentError(
                    f"batches.size = {batch} does not fit {path} = 'batch': one sample has no variance; "
                    "allowed: batches of at least 2, or another normalization"
                )
            if kind in ("layer", "group") and width < 2:
                raise ExperimentError(
                    f"{path} = {kind!r} does not fit a layer of 1 neuron, which has no variance; "
                    "allowed: none, batch, weight, or wider layers"
                )

    def _normalizations(self) -> Iterator[tuple[str, str, int]]:
        """Yield for each layer where its normalization was set, which it is, and the layer's width."""
        for i, layer in enumerate(self.layers):
            path = "network.normalization" if layer.normalization is None else f"network.layers.{i}.normalization"
            yield path, layer.normalization or self.normalization, layer.width
