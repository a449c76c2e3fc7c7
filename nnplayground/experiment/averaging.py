"""The ways of averaging weights along a training that an experiment can name, and the knobs of each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part


class Averaging(Part):
    """Which second model is kept beside the trained one: the same network with averaged weights."""


class NoAveraging(Averaging):
    """No second model."""

    title, summary = "off", "There is just the model that is trained."
    kind: Literal["none"] = "none"


class SWA(Averaging):
    """Stochastic weight averaging (Izmailov et al. 2018)."""

    title = "stochastic (SWA)"
    summary = "From some epoch on, the weights at each epoch's end count alike: a flatter, often better place."
    kind: Literal["swa"] = "swa"
    start: Annotated[
        int,
        Knob(
            label="from epoch",
            help="The first epoch whose weights count.",
            rule="After three quarters of the training, when the loss has come to rest.",
            low=1,
            high=1_000_000,
            log=True,
            live=True,
        ),
    ] = 50
    rate: Annotated[
        float,
        Knob(
            label="rate",
            help="The learning rate from that epoch on; 0 leaves it to the schedule.",
            rule="Rather high, so that the weights move about the place that is averaged.",
            low=0.0,
            high=10.0,
            log=True,
            smallest=1e-6,
            live=True,
        ),
    ] = 0.0


class EMA(Averaging):
    """Exponential moving average of the weights (Polyak and Juditsky 1992)."""

    title, summary = "moving average", "Recent weights count most: the noise of single batches is smoothed away."
    kind: Literal["ema"] = "ema"
    decay: Annotated[
        float,
        Knob(
            label="decay",
            help="How much of the average is kept at each step.",
            rule="About one minus one over as many steps as are to count: 0.99 looks back 100 steps.",
            low=0.0,
            high=0.9999,
            step=0.01,
            live=True,
        ),
    ] = 0.99


AnyAveraging = Annotated[NoAveraging | SWA | EMA, Field(discriminator="kind")]
