"""The schedules of the learning rate that an experiment can name, and the knobs of each."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, StrictBool, field_validator

from nnplayground.experiment.errors import ExperimentError, shown
from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part

_EPOCHS = Knob(
    label="over",
    help="Epochs from the full rate down to the lowest.",
    rule="As many as you mean to train.",
    low=1,
    high=1_000_000,
    log=True,
    unit="epochs",
    live=True,
)
_LOWEST = Knob(
    label="lowest",
    help="The share of the rate that is left at the end.",
    low=0.0,
    high=1.0,
    step=0.01,
    unit="%",
    live=True,
)
_FACTOR = Knob(
    label="factor",
    help="What the rate is multiplied with at each step down.",
    rule="0.1 to 0.5.",
    low=0.01,
    high=1.0,
    step=0.05,
    live=True,
)
_MOMENTUM = Knob(
    label="momentum",
    help="Takes the place of the optimizer's momentum, or beta 1, while the rate is low.",
    rule="0.95.",
    low=0.0,
    high=0.999,
    step=0.01,
    live=True,
)


class Schedule(Part):
    """How the learning rate changes with the epochs, those of warm-up not counted."""

    warmup: Annotated[
        int,
        Knob(
            label="warm-up",
            help="Epochs in which the rate climbs evenly from nearly nothing to where the schedule begins.",
            rule="0 for small networks; a few epochs where a good rate diverges at the very start.",
            low=0,
            high=100_000,
            log=True,
            smallest=1,
            live=True,
        ),
    ] = 0


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
    factor: Annotated[float, _FACTOR] = 0.5
    every: Annotated[
        int,
        Knob(
            label="every",
            help="Epochs from one step down to the next.",
            low=1,
            high=100_000,
            log=True,
            live=True,
        ),
    ] = 100


class MultiStep(Schedule):
    """The rate times a constant, after certain epochs."""

    title, summary = (
        "multi-step",
        "The rate times a factor after each of certain epochs: where the loss has levelled off.",
    )
    kind: Literal["multi_step"] = "multi_step"
    at: Annotated[
        tuple[
            Annotated[int, Knob(label="epoch", help="When the rate is stepped down.", low=1, high=1_000_000, log=True)],
            ...,
        ],
        Field(min_length=1, max_length=16),
        Knob(
            label="at",
            help="The epochs after which the rate is stepped down, in order.",
            rule="After half and after three quarters of the epochs.",
            unit="epochs",
            live=True,
        ),
    ] = (100, 200)
    factor: Annotated[float, _FACTOR] = 0.1

    @field_validator("at")
    @classmethod
    def _in_order(cls, at: tuple[int, ...]) -> tuple[int, ...]:
        if any(first >= second for first, second in pairwise(at)):
            allowed = "epochs in order, each once, as in [100, 200]"
            raise ExperimentError(f"schedule.at = {shown(list(at))} is not allowed; allowed: {allowed}")
        return at


class Polynomial(Schedule):
    """Down to the lowest along a power of the epochs that are left."""

    title, summary = (
        "polynomial",
        "Down along a power of what is left: a straight line with power 1, then as low as it got.",
    )
    kind: Literal["polynomial"] = "polynomial"
    epochs: Annotated[int, _EPOCHS] = 300
    power: Annotated[
        float,
        Knob(
            label="power",
            help="How the way down bends: 1 is a straight line, more falls early, less falls late.",
            rule="1 or 2.",
            low=0.1,
            high=10.0,
            log=True,
            live=True,
        ),
    ] = 1.0
    lowest: Annotated[float, _LOWEST] = 0.01


class Cosine(Schedule):
    """Down along half a cosine (Loshchilov and Hutter 2017)."""

    title, summary = "cosine", "Down along half a cosine over the planned epochs, then as low as it got."
    kind: Literal["cosine"] = "cosine"
    epochs: Annotated[int, _EPOCHS] = 300
    lowest: Annotated[float, _LOWEST] = 0.01


class CosineRestarts(Schedule):
    """Down along half a cosine, again and again (Loshchilov and Hutter 2017)."""

    title, summary = (
        "warm restarts",
        "Cosines, each from the full rate: every restart shakes the network out of its valley.",
    )
    kind: Literal["cosine_restarts"] = "cosine_restarts"
    first: Annotated[
        int, replace(_EPOCHS, label="first", help="Epochs from the start to the first restart.", rule="10 to 100.")
    ] = 50
    multiply: Annotated[
        int,
        Knob(
            label="multiply",
            help="How many times as long each cosine is as the one before.",
            rule="1 or 2.",
            low=1,
            high=10,
            step=1,
            live=True,
        ),
    ] = 2
    lowest: Annotated[float, replace(_LOWEST, help="The share of the rate at the end of each cosine.")] = 0.01


class Cyclic(Schedule):
    """Up and down again along straight lines (Smith 2017)."""

    title, summary = "cyclic", "Up and down in a triangle: finds good rates on its way, and snapshots worth averaging."
    kind: Literal["cyclic"] = "cyclic"
    half: Annotated[
        int,
        replace(
            _EPOCHS, label="half", help="Epochs from the lowest rate up to the full one.", rule="2 to 10, or more."
        ),
    ] = 20
    lowest: Annotated[
        float,
        replace(_LOWEST, help="The share of the rate with which every cycle begins and ends.", rule="10 to 25 %."),
    ] = 0.1
    halving: Annotated[
        StrictBool,
        Knob(label="halving", help="Each peak rises half as high over the lowest rate as the one before.", live=True),
    ] = False


class OneCycle(Schedule):
    """Up and far down once, momentum the other way (Smith and Topin 2018)."""

    title, summary = "one cycle", "Up to a high rate and far down, once, with momentum against it: quick training."
    kind: Literal["one_cycle"] = "one_cycle"
    epochs: Annotated[int, replace(_EPOCHS, help="Epochs of the whole cycle.")] = 300
    rising: Annotated[
        float,
        Knob(
            label="rising",
            help="The share of the epochs in which the rate goes up.",
            rule="30 %.",
            low=0.05,
            high=0.95,
            step=0.05,
            unit="%",
            live=True,
        ),
    ] = 0.3
    start: Annotated[
        float,
        replace(_LOWEST, label="start", help="The share of the rate with which the cycle begins.", rule="4 to 10 %."),
    ] = 0.04
    lowest: Annotated[float, _LOWEST] = 0.001
    momentum_high: Annotated[float, _MOMENTUM] = 0.95
    momentum_low: Annotated[
        float,
        replace(_MOMENTUM, label="at the peak", help="Momentum, or beta 1, where the rate is highest.", rule="0.85."),
    ] = 0.85


class ReduceOnPlateau(Schedule):
    """The rate times a constant, whenever the validation loss has stopped to fall."""

    title, summary = "reduce on plateau", "The rate times a factor whenever the validation loss has stopped to fall."
    kind: Literal["plateau"] = "plateau"
    factor: Annotated[float, _FACTOR] = 0.5
    patience: Annotated[
        int,
        Knob(
            label="patience",
            help="Epochs without a lower validation loss that are borne; with one more, the rate is stepped down.",
            rule="10, or more where the loss is rough.",
            low=0,
            high=100_000,
            log=True,
            smallest=1,
            live=True,
        ),
    ] = 10
    threshold: Annotated[
        float,
        Knob(
            label="least gain",
            help="By which share the validation loss has to fall below its best to count as lower.",
            rule="0.01 to 1 %.",
            low=0.0,
            high=0.5,
            log=True,
            smallest=1e-6,
            unit="%",
            live=True,
        ),
    ] = 1e-4
    cooldown: Annotated[
        int,
        Knob(
            label="cool-down",
            help="Epochs after a step down in which patience is not tried.",
            low=0,
            high=100_000,
            log=True,
            smallest=1,
            live=True,
        ),
    ] = 0
    lowest: Annotated[float, replace(_LOWEST, help="The share of the rate below which it is not stepped down.")] = 0.01


AnySchedule = Annotated[
    Constant
    | Exponential
    | StepDecay
    | MultiStep
    | Polynomial
    | Cosine
    | CosineRestarts
    | Cyclic
    | OneCycle
    | ReduceOnPlateau,
    Field(discriminator="kind"),
]
