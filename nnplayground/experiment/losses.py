"""The losses that an experiment can name, and the knobs of each."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

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
