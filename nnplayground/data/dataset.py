"""A data set ready for training: inputs as the network sees them, targets, and how to draw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.experiment.datasets import Task

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Samples:
    """One part of a data set.

    inputs   (n, inputs) float32, features made and scaled: what the network is given
    targets  (n,) int64, the class; or (n,) float32, the value in units of `Dataset.target_scale`
    raw      (n, dimensions) float32, before features and scaling: points, columns of a table, pixels 0 to 255
    """

    inputs: Floats
    targets: NDArray[np.int64] | Floats
    raw: Floats

    def __len__(self) -> int:
        """The number of samples."""
        return len(self.inputs)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and validation samples, and what their columns mean."""

    title: str
    task: Task
    input_names: tuple[str, ...]  # one per input of the network, as shown: "x₁²", "petal length (cm)"
    target_name: str
    class_names: tuple[str, ...]  # empty for regression
    train: Samples
    validation: Samples
    encode: Callable[[Floats], Floats]  # raw (m, dimensions) to inputs (m, inputs), as fitted on the training part
    domain: tuple[tuple[float, float], ...] = ()  # limits of each raw dimension, where it is a plane or a line
    target_mean: float = 0.0  # value = target * target_scale + target_mean, in the target's own unit
    target_scale: float = 1.0
    image_shape: tuple[int, int, int] | None = (
        None  # (channels, height, width) where the inputs are an image, in C order
    )
    notes: tuple[str, ...] = ()  # what was done to the data, each one sentence for the user
