"""The optimizers that an experiment can name, and the knobs of each."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StrictBool

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part

LearningRate = Annotated[
    float,
    Knob(
        label="learning rate",
        help="How far each step goes along the gradient.",
        rule="About half the rate at which training diverges; tune it again after every other change.",
        low=0.0,
        high=10.0,
        log=True,
        smallest=1e-6,
        live=True,
    ),
]


class Optimizer(Part):
    """A rule that turns gradients into updates."""


class SGD(Optimizer):
    """Stochastic gradient descent with momentum."""

    title, summary = "SGD", "Plain steps against the gradient, with momentum if wanted: the best end, given time."
    kind: Literal["sgd"] = "sgd"
    lr: LearningRate = 0.03
    momentum: Annotated[
        float,
        Knob(
            label="momentum",
            help="How much of the last update is kept: 0 is plain descent, near 1 almost pure motion.",
            rule="0.9 for small data, up to 0.999 for large.",
            low=0.0,
            high=0.999,
            step=0.01,
            live=True,
        ),
    ] = 0.9
    nesterov: Annotated[
        StrictBool,
        Knob(
            label="Nesterov",
            help="Looks ahead: the gradient counts as if taken where momentum is about to lead (Nesterov 1983).",
            rule="Rarely worse, often a little better, with momentum on.",
            live=True,
        ),
    ] = False


_BETA1 = Knob(
    label="beta 1",
    help="How much of the running mean of gradients is kept at each step.",
    rule="0.9 nearly always.",
    low=0.0,
    high=0.999,
    step=0.01,
    live=True,
)
_BETA2 = Knob(
    label="beta 2",
    help="How much of the running mean of squared gradients is kept at each step.",
    rule="0.999; 0.98 or 0.95 where gradients are rough.",
    low=0.0,
    high=0.99999,
    step=0.001,
    live=True,
)
_EPSILON = Knob(
    label="epsilon",
    help="Added to the root in the denominator, so that tiny gradients do not make huge steps.",
    rule="1e-8; larger makes it more like plain SGD.",
    low=1e-12,
    high=1.0,
    log=True,
    live=True,
)
Beta1 = Annotated[float, _BETA1]
Beta2 = Annotated[float, _BETA2]
Epsilon = Annotated[float, _EPSILON]


class Adam(Optimizer):
    """Adaptive moment estimation (Kingma and Ba 2015)."""

    title, summary = "Adam", "A step size of its own for every weight; forgives a bad rate. Unsure? This one."
    kind: Literal["adam"] = "adam"
    lr: LearningRate = 0.01
    beta1: Beta1 = 0.9
    beta2: Beta2 = 0.999
    epsilon: Epsilon = 1e-8


class AdamW(Optimizer):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    title, summary = "AdamW", "Adam whose weight decay is apart from the gradient, so that it decays all weights alike."
    kind: Literal["adamw"] = "adamw"
    lr: LearningRate = 0.01
    beta1: Beta1 = 0.9
    beta2: Beta2 = 0.999
    epsilon: Epsilon = 1e-8
    weight_decay: Annotated[
        float,
        Knob(
            label="weight decay",
            help="The share of every weight taken away at each step, times the learning rate.",
            rule="0.01 to begin with.",
            low=0.0,
            high=10.0,
            log=True,
            smallest=1e-5,
            live=True,
        ),
    ] = 0.01


class RMSprop(Optimizer):
    """Steps divided by the running root mean square of gradients (Hinton 2012)."""

    title, summary = "RMSprop", "Divides each step by the recent size of the weight's gradient."
    kind: Literal["rmsprop"] = "rmsprop"
    lr: LearningRate = 0.01
    alpha: Annotated[
        float,
        Knob(
            label="smoothing",
            help="How much of the running mean of squared gradients is kept at each step.",
            rule="0.9 to 0.99.",
            low=0.0,
            high=0.9999,
            step=0.01,
            live=True,
        ),
    ] = 0.99
    epsilon: Epsilon = 1e-8
    momentum: Annotated[
        float,
        Knob(
            label="momentum",
            help="How much of the last update is kept.",
            rule="0, or 0.9 where the loss is smooth.",
            low=0.0,
            high=0.999,
            step=0.01,
            live=True,
        ),
    ] = 0.0


AnyOptimizer = Annotated[SGD | Adam | AdamW | RMSprop, Field(discriminator="kind")]
