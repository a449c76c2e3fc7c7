"""How an experiment is trained: loss, optimizer, schedule, regularization, batches, seeds, stopping."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, StrictBool

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part


class Loss(Part):
    """What training makes small."""

    tasks: ClassVar[tuple[str, ...]] = ("classification", "regression")
    probabilities: ClassVar[bool] = False  # takes probabilities of classes, so no regression


class AutoLoss(Loss):
    """Cross-entropy for classes, mean squared error for values."""

    title, summary = "by task", "Cross-entropy for classes, mean squared error for values."
    kind: Literal["auto"] = "auto"


class MSE(Loss):
    """Mean squared error."""

    title, summary = "mean squared error", "Punishes large errors most; outliers pull it along."
    kind: Literal["mse"] = "mse"


class MAE(Loss):
    """Mean absolute error."""

    title, summary = "mean absolute error", "Indifferent to how far an outlier is out."
    kind: Literal["mae"] = "mae"


class Huber(Loss):
    """Squared near zero, absolute beyond delta."""

    title, summary = "Huber", "Squared for small errors, absolute for large ones (Huber 1964)."
    kind: Literal["huber"] = "huber"
    delta: Annotated[
        float,
        Knob(
            label="delta",
            help="The error at which the loss turns from a square into a straight line.",
            rule="1 for standardized targets.",
            low=0.001,
            high=1000.0,
            log=True,
            live=True,
        ),
    ] = 1.0


class BinaryCrossEntropy(Loss):
    """Cross-entropy of one sigmoid output."""

    title, summary = "binary cross-entropy", "One output with a sigmoid, for two classes."
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    kind: Literal["binary_cross_entropy"] = "binary_cross_entropy"


class CrossEntropy(Loss):
    """Cross-entropy of one softmax output per class."""

    title, summary = "softmax cross-entropy", "One output per class, with softmax."
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    kind: Literal["cross_entropy"] = "cross_entropy"


AnyLoss = Annotated[AutoLoss | MSE | MAE | Huber | BinaryCrossEntropy | CrossEntropy, Field(discriminator="kind")]

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


AnySchedule = Annotated[Constant | Exponential | StepDecay | Cosine, Field(discriminator="kind")]


class Regularization(Part):
    """Penalties on large weights."""

    title = "Regularization"

    l1: Annotated[
        float,
        Knob(
            label="L1",
            help="Adds this times the sum of |w| to the loss: drives weights to exactly zero (LASSO).",
            rule="1e-5 to 1e-3.",
            low=0.0,
            high=10.0,
            log=True,
            smallest=1e-6,
            live=True,
        ),
    ] = 0.0
    l2: Annotated[
        float,
        Knob(
            label="L2",
            help="Adds half of this times the sum of w² to the loss: keeps weights small (ridge).",
            rule="1e-4 to 1e-2.",
            low=0.0,
            high=10.0,
            log=True,
            smallest=1e-6,
            live=True,
        ),
    ] = 0.0


class Batches(Part):
    """How the training set is dealt out."""

    title = "Batches"

    size: Annotated[
        int,
        Knob(
            label="batch size",
            help="How many samples each step sees. What does not fill a batch waits for another epoch's shuffle.",
            rule="2 to 32 generalize best; start small and grow.",
            low=1,
            high=65_536,
            log=True,
        ),
    ] = 10


class Seeds(Part):
    """Where chance begins: same seeds, same machine, same history."""

    title = "Seeds"

    model: Annotated[
        int, Knob(label="weights", help="Seed of the initial weights and of dropout.", low=0, high=2**31 - 1, step=1)
    ] = 5
    data: Annotated[
        int, Knob(label="data", help="Seed of the points, and of the split.", low=0, high=2**31 - 1, step=1)
    ] = 1
    order: Annotated[
        int, Knob(label="order", help="Seed of the order of the batches.", low=0, high=2**31 - 1, step=1)
    ] = 1


class Stopping(Part):
    """When training ends by itself."""

    title = "Stopping"

    epochs: Annotated[
        int,
        Knob(
            label="epochs",
            help="Training stops after this many passes over the training set.",
            low=1,
            high=1_000_000,
            log=True,
            live=True,
        ),
    ] = 10_000
