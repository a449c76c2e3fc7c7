"""The schedules of the learning rate that an experiment can name, and the knobs of each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part


class Schedule(Part):
    """How the learning rate changes with the epochs."""


class Constant(Schedule):
    """The same rate throughout."""

    title, summary = "constant", "The same rate throughout."
    kind: Literal["constant"] = "constant"


class Exponential(Schedule):
    """The rate times a constant, every epoch."""

    title, summary = "exponential", "The rate times the same factor every epoch."
    kind: Literal["exponential"] = "exponential"
    factor: Annotated[
        float,
        Knob(
            label="factor",
            help="What the rate is multiplied with every epoch.",
            rule="0.98 an epoch; nearer to 1 for more epochs.",
            low=0.5,
            high=1.0,
            step=0.005,
            live=True,
        ),
    ] = 0.98


class StepDecay(Schedule):
    """The rate times a constant, every so many epochs."""

    title, summary = "step", "The rate times a factor every so many epochs."
    kind: Literal["step"] = "step"
    factor: Annotated[
        float,
        Knob(
            label="factor",
            help="What the rate is multiplied with at each step down.",
            rule="0.1 to 0.5.",
            low=0.01,
            high=1.0,
            step=0.05,
            live=True,
        ),
    ] = 0.5
    every: Annotated[
        int,
        Knob(
            label="every",
            help="Epochs from one step down to the next.",
            low=1,
            high=100_000,
            log=True,
            unit="epochs",
            live=True,
        ),
    ] = 100


class Cosine(Schedule):
    """Down along half a cosine (Loshchilov and Hutter 2017)."""

    title, summary = "cosine", "Down along half a cosine over the planned epochs, then as low as it got."
    kind: Literal["cosine"] = "cosine"
    epochs: Annotated[
        int,
        Knob(
            label="over",
            help="Epochs from the full rate down to the lowest.",
            rule="As many as you mean to train.",
            low=1,
            high=1_000_000,
            log=True,
            unit="epochs",
            live=True,
        ),
    ] = 300
    lowest: Annotated[
        float,
        Knob(
            label="lowest",
            help="The share of the rate that is left at the end.",
            low=0.0,
            high=1.0,
            step=0.01,
            unit="%",
            live=True,
        ),
    ] = 0.01


class ReduceOnPlateau(Schedule):
    title, summary = "x", "y"
    kind: Literal["plateau"] = "plateau"


AnySchedule = Annotated[Constant | Exponential | StepDecay | Cosine, Field(discriminator="kind")]
