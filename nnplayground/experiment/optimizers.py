"""The optimizers that an experiment can name, and the knobs of each.

L-BFGS is left out: it evaluates the loss several times in one step, and a step here is one forward and one backward.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field, StrictBool

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part

_RATE = Knob(
    label="learning rate",
    help="How far each step goes along the gradient.",
    rule="About half the rate at which training diverges; tune it again after every other change.",
    low=0.0,
    high=10.0,
    log=True,
    smallest=1e-6,
    live=True,
)
_MOMENTUM = Knob(
    label="momentum",
    help="How much of the last update is kept: 0 is plain descent, near 1 almost pure motion.",
    rule="0.9 for small data, up to 0.999 for large.",
    low=0.0,
    high=0.999,
    step=0.01,
    live=True,
)
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
_SMOOTHING = Knob(
    label="smoothing",
    help="How much of the running mean of squared gradients is kept at each step.",
    rule="0.9 to 0.99.",
    low=0.0,
    high=0.9999,
    step=0.01,
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
_DECAY = Knob(
    label="weight decay",
    help="The share of every weight taken away at each step, times the learning rate.",
    rule="0.01 to begin with.",
    low=0.0,
    high=10.0,
    log=True,
    smallest=1e-5,
    live=True,
)
LearningRate = Annotated[float, _RATE]
Beta1 = Annotated[float, _BETA1]
Beta2 = Annotated[float, _BETA2]
Epsilon = Annotated[float, _EPSILON]


class Optimizer(Part):
    """A rule that turns gradients into updates."""


class SGD(Optimizer):
    """Stochastic gradient descent with momentum."""

    title, summary = "SGD", "Plain steps against the gradient, with momentum if wanted: the best end, given time."
    kind: Literal["sgd"] = "sgd"
    lr: LearningRate = 0.03
    momentum: Annotated[float, _MOMENTUM] = 0.9
    nesterov: Annotated[
        StrictBool,
        Knob(
            label="Nesterov",
            help="Looks ahead: the gradient counts as if taken where momentum is about to lead (Nesterov 1983).",
            rule="Rarely worse, often a little better, with momentum on.",
            live=True,
        ),
    ] = False


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
    weight_decay: Annotated[float, _DECAY] = 0.01


class NAdam(Optimizer):
    """Adam with Nesterov's momentum (Dozat 2016)."""

    title, summary = "NAdam", "Adam that looks ahead, as Nesterov's momentum does: often a little quicker at first."
    kind: Literal["nadam"] = "nadam"
    lr: LearningRate = 0.01
    beta1: Beta1 = 0.9
    beta2: Beta2 = 0.999
    epsilon: Epsilon = 1e-8
    momentum_decay: Annotated[
        float,
        Knob(
            label="growth",
            help="How fast momentum grows, step by step, from half of beta 1 to all of it.",
            rule="0.004, which takes thousands of steps; 0 leaves momentum at half of beta 1.",
            low=0.0,
            high=1.0,
            log=True,
            smallest=1e-5,
            live=True,
        ),
    ] = 0.004


class RAdam(Optimizer):
    """Rectified Adam (Liu et al. 2020)."""

    title, summary = "RAdam", "Adam that trusts its step sizes only once it has seen enough: a warm-up built in."
    kind: Literal["radam"] = "radam"
    lr: LearningRate = 0.01
    beta1: Beta1 = 0.9
    beta2: Annotated[
        float, replace(_BETA2, rule="0.999; up to 0.66 it never has seen enough, and is SGD with momentum.")
    ] = 0.999
    epsilon: Epsilon = 1e-8


class Adamax(Optimizer):
    """Adam with the largest gradient in place of the root mean square (Kingma and Ba 2015)."""

    title, summary = "Adamax", "Adam that divides by the largest recent gradient: calm where gradients are spiky."
    kind: Literal["adamax"] = "adamax"
    lr: LearningRate = 0.01
    beta1: Beta1 = 0.9
    beta2: Annotated[
        float, replace(_BETA2, help="How much of the largest gradient so far is kept at each step.", rule="0.999.")
    ] = 0.999
    epsilon: Annotated[
        float, replace(_EPSILON, help="Added to each gradient's size, so that tiny ones do not make huge steps.")
    ] = 1e-8


class Adagrad(Optimizer):
    """Steps divided by the root of all squared gradients so far (Duchi, Hazan and Singer 2011)."""

    title, summary = (
        "Adagrad",
        "Divides by all gradients so far: rare features keep large steps, and every step shrinks.",
    )
    kind: Literal["adagrad"] = "adagrad"
    lr: LearningRate = 0.1
    initial: Annotated[
        float,
        Knob(
            label="start sum",
            help="What each weight's sum of squared gradients begins with: larger makes the first steps smaller.",
            rule="0, or 0.1 where the first steps are too wild.",
            low=0.0,
            high=100.0,
            log=True,
            smallest=1e-6,
            live=True,
        ),
    ] = 0.0
    epsilon: Epsilon = 1e-10


class Adadelta(Optimizer):
    """Steps in the unit of the weights, by the ratio of recent updates to recent gradients (Zeiler 2012)."""

    title, summary = "Adadelta", "Finds the size of its steps by itself: the rate hardly matters, and may stay at 1."
    kind: Literal["adadelta"] = "adadelta"
    lr: Annotated[float, replace(_RATE, help="What every step is multiplied with.", rule="1; slow to begin.")] = 1.0
    rho: Annotated[
        float,
        replace(
            _SMOOTHING, help="How much of the running means of squared gradients and updates is kept.", rule="0.9."
        ),
    ] = 0.9
    epsilon: Annotated[
        float,
        replace(
            _EPSILON, help="Added to both means: with it the first steps begin.", rule="1e-6; larger begins faster."
        ),
    ] = 1e-6


class RMSprop(Optimizer):
    """Steps divided by the running root mean square of gradients (Hinton 2012)."""

    title, summary = "RMSprop", "Divides each step by the recent size of the weight's gradient."
    kind: Literal["rmsprop"] = "rmsprop"
    lr: LearningRate = 0.01
    alpha: Annotated[float, _SMOOTHING] = 0.99
    epsilon: Epsilon = 1e-8
    momentum: Annotated[
        float,
        replace(_MOMENTUM, help="How much of the last update is kept.", rule="0, or 0.9 where the loss is smooth."),
    ] = 0.0


class Rprop(Optimizer):
    """Steps by the gradient's sign alone, of a size for each weight (Riedmiller and Braun 1993; no back-tracking)."""

    title, summary = "Rprop", "Looks at signs only; each weight finds its own step. For the whole training set at once."
    kind: Literal["rprop"] = "rprop"
    lr: Annotated[
        float,
        replace(
            _RATE,
            label="first step",
            help="How far every weight moves at first. Each step grows and shrinks from there by itself.",
            rule="0.01, with batches of the whole training set: signs of small batches contradict each other.",
        ),
    ] = 0.01
    shrink: Annotated[
        float,
        Knob(
            label="shrink",
            help="What a weight's step is multiplied with when its gradient has changed sign: it went too far.",
            rule="0.5.",
            low=0.01,
            high=0.99,
            step=0.05,
            live=True,
        ),
    ] = 0.5
    grow: Annotated[
        float,
        Knob(
            label="grow",
            help="What a weight's step is multiplied with while its gradient keeps its sign.",
            rule="1.2.",
            low=1.01,
            high=3.0,
            step=0.05,
            live=True,
        ),
    ] = 1.2
    smallest: Annotated[
        float,
        Knob(
            label="smallest step",
            help="How small a weight's step may become, in first steps.",
            rule="1e-4.",
            low=1e-9,
            high=1.0,
            log=True,
            live=True,
        ),
    ] = 1e-4
    largest: Annotated[
        float,
        Knob(
            label="largest step",
            help="How large a weight's step may become, in first steps.",
            rule="5 000 hardly ever matters; 100 keeps weights from running away.",
            low=1.0,
            high=1e6,
            log=True,
            live=True,
        ),
    ] = 5_000.0


class Normalized(Optimizer):
    """Steps along the gradient divided by its norm, with momentum."""

    title, summary = (
        "normalized",
        "Every step equally long, however steep the loss: crosses plateaus, never lands.",
    )
    kind: Literal["normalized"] = "normalized"
    lr: Annotated[
        float,
        replace(
            _RATE,
            help="How long each step is, all weights together; with momentum, up to 1 / (1 − momentum) times that.",
            rule="0.03; let a schedule shrink it towards the end.",
        ),
    ] = 0.03
    momentum: Annotated[float, _MOMENTUM] = 0.0


class Lion(Optimizer):
    """Steps by the sign of momentum, with decoupled weight decay (Chen et al. 2023)."""

    title, summary = "Lion", "The sign of momentum: every weight moves equally far. Wants a small rate and much decay."
    kind: Literal["lion"] = "lion"
    lr: Annotated[float, replace(_RATE, help="How far every weight moves.", rule="3 to 10 times below Adam's.")] = 0.001
    beta1: Annotated[
        float, replace(_BETA1, help="How much momentum counts against the gradient in the sign taken.", rule="0.9.")
    ] = 0.9
    beta2: Annotated[float, replace(_BETA2, help="How much of momentum is kept at each step.", rule="0.99.")] = 0.99
    weight_decay: Annotated[float, replace(_DECAY, rule="3 to 10 times AdamW's: 0.1 to begin with.")] = 0.1


AnyOptimizer = Annotated[
    SGD | Adam | AdamW | NAdam | RAdam | Adamax | Adagrad | Adadelta | RMSprop | Rprop | Normalized | Lion,
    Field(discriminator="kind"),
]
