"""The losses that an experiment can name, and the knobs of each."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part

ClassWeights = Annotated[
    Literal["equal", "balanced"],
    Knob(
        label="class weights",
        help="How much a sample of each class counts: all alike, or each class alike, however rare it is.",
        rule="Balanced where a rare class matters as much as a common one.",
    ),
]


class Loss(Part):
    """What training makes small."""

    tasks: ClassVar[tuple[str, ...]] = ("classification", "regression")


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
    class_weights: ClassWeights = "equal"


class CrossEntropy(Loss):
    """Cross-entropy of one softmax output per class."""

    title, summary = "softmax cross-entropy", "One output per class, with softmax."
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    kind: Literal["cross_entropy"] = "cross_entropy"
    class_weights: ClassWeights = "equal"


class Hinge(Loss):
    """Nothing once the right class is ahead by one (Crammer and Singer 2001)."""

    title, summary = (
        "hinge",
        "Stops caring once the right class leads by a margin, as a support vector machine does.",
    )
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    kind: Literal["hinge"] = "hinge"
    class_weights: ClassWeights = "equal"


class Focal(Loss):
    """Cross-entropy that looks away from what is easy (Lin et al. 2017)."""

    title, summary = "focal", "Cross-entropy in which samples that are answered well already count less."
    tasks: ClassVar[tuple[str, ...]] = ("classification",)
    kind: Literal["focal"] = "focal"
    gamma: Annotated[
        float,
        Knob(
            label="gamma",
            help="How strongly easy samples are discounted; 0 is cross-entropy.",
            rule="2, where one class is rare.",
            low=0.0,
            high=5.0,
            step=0.25,
            live=True,
        ),
    ] = 2.0
    class_weights: ClassWeights = "equal"


class LogCosh(Loss):
    """The logarithm of the error's hyperbolic cosine."""

    title, summary = "log-cosh", "As Huber, without a corner: squared near zero, straight far out."
    kind: Literal["log_cosh"] = "log_cosh"


class Quantile(Loss):
    """The pinball loss (Koenker and Bassett 1978)."""

    title, summary = (
        "quantile",
        "Too low costs other than too high: finds what a share of the targets lies below.",
    )
    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    kind: Literal["quantile"] = "quantile"
    quantile: Annotated[
        float,
        Knob(
            label="quantile",
            help="The share of targets that is to lie below the answer; 50 % is the median.",
            rule="10 % and 90 % enclose what is usual.",
            low=0.01,
            high=0.99,
            step=0.05,
            unit="%",
            live=True,
        ),
    ] = 0.5


AnyLoss = Annotated[
    AutoLoss | MSE | MAE | Huber | LogCosh | Quantile | BinaryCrossEntropy | CrossEntropy | Focal | Hinge,
    Field(discriminator="kind"),
]
