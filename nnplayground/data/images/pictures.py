"""Images by class as they were collected, before they are dealt out and scaled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.experiment import ExperimentError

Pixels = NDArray[np.uint8]
Classes = NDArray[np.int64]
Shape = tuple[int, int, int]

MIN_IMAGES = 10
MAX_CLASSES = 256
MAX_PIXELS = 65_536  # numbers of one image, each an input of the network
MAX_VALUES = 250_000_000  # numbers of all images: twice 1 GB, as collected and as inputs
CHANNELS = {1: "grey", 3: "colour"}


@dataclass(frozen=True, eq=False)
class Pictures:
    """Images of one size and the class of each.

    pixels   (n, channels, height, width) uint8, 0 for black; 1 channel or red, green, blue
    classes  (n,) int64, from 0
    """

    title: str
    pixels: Pixels
    classes: Classes
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()


def check_values(images: int, shape: Shape, cure: str) -> None:
    """Raise ExperimentError where so many images of a shape are too few to learn from, or too much to be held."""
    if images < MIN_IMAGES:
        raise ExperimentError(f"{images or 'no'} image{'s' * (images != 1)}; allowed: at least {MIN_IMAGES}")
    values = images * int(np.prod(shape, dtype=np.int64))
    if values > MAX_VALUES:
        raise ExperimentError(
            f"{images:,} images of {shown(shape)} make {values:,} numbers; allowed: {MAX_VALUES:,} ({cure})"
        )


def shown(shape: Shape) -> str:
    """Return a shape as a person writes it: "28 × 28 pixels", "32 × 32 pixels in colour"."""
    channels, height, width = shape
    return f"{width:,} × {height:,} pixels" + (" in colour" if channels == 3 else "")
