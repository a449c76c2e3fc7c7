"""From the network's answers to colours: probabilities of classes, and values between negative and positive."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from nnplayground.data.dataset import Dataset
from nnplayground.gui.theme import Theme, class_colours, mix
from nnplayground.gui.views.ticks import linear_limits

SMOOTHER = 3  # pixels for one of the network's answers, where classes are told apart hard

EVEN_LIGHT = ("#46107A", "#3B4CA8", "#127A8F", "#2E9A63", "#A38E0C")  # stops of `even`, of rising lightness
EVEN_DARK = ("#8A63D8", "#5C93DF", "#3CB6BD", "#7FD08A", "#F5E663")
TO_CONES = np.array(  # from linear sRGB, for OKLab
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


@dataclass(frozen=True)
class Levels:
    """The values that take the ends of the diverging colours."""

    low: float
    high: float

    def share(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return where values lie between the two, cut to [0, 1]."""
        return np.clip((np.asarray(values, np.float64) - self.low) / (self.high - self.low), 0.0, 1.0)


def levels_of(dataset: Dataset) -> Levels:
    """Return the levels of a data set: 0 to 1 for classes; else what the targets span, about 0 if that is inside."""
    if dataset.task == "classification":
        return Levels(0.0, 1.0)
    targets = values_of(dataset, dataset.train.targets)
    low, high = float(targets.min()), float(targets.max())
    if low < 0 < high:
        low, high = -max(-low, high), max(-low, high)
    return Levels(*linear_limits(low, high))


def values_of(dataset: Dataset, targets: NDArray) -> NDArray[np.float64]:
    """Return targets of a regression in their own unit."""
    return np.asarray(targets, np.float64) * dataset.target_scale + dataset.target_mean


def rgb(colour: str) -> tuple[int, int, int]:
    """Return red, green and blue of "#rrggbb", 0 to 255."""
    found = QColor(colour)
    return found.red(), found.green(), found.blue()


def diverging_colour(table: NDArray[np.uint8], share: float) -> str:
    """Return the colour at a share in [0, 1] of the diverging colours."""
    red, green, blue = (int(c) for c in table[round(share * (len(table) - 1)), :3])
    return f"#{red:02X}{green:02X}{blue:02X}"


def sequential(theme: Theme) -> NDArray[np.uint8]:
    """Return (256, 4) uint8, RGBA: from neutral over purple, which no sign has, to its strongest."""
    ends = [np.array(rgb(c), float) for c in (theme.neutral, theme.series[3], mix(theme.series[3], theme.text, 0.6))]
    table = np.full((256, 4), 255, np.uint8)
    for channel in range(3):
        table[:, channel] = np.rint(np.interp(np.linspace(0, 2, 256), (0, 1, 2), [end[channel] for end in ends]))
    return table


def even(theme: Theme) -> NDArray[np.uint8]:
    """Return (256, 4) uint8, RGBA: from violet over teal to yellow, each step as far as any other to the eye.

    Lightness only grows, and both ends can be told from the panel. Steps are equal in OKLab (B. Ottosson, 2020, A
    perceptual color space for image processing).
    """
    stops = np.array([rgb(colour) for colour in (EVEN_DARK if theme.dark else EVEN_LIGHT)], float) / 255
    linear = np.where(stops <= 0.04045, stops / 12.92, ((stops + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ TO_CONES.T) @ TO_LAB.T
    way = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(lab, axis=0), axis=1))])
    at = np.linspace(0.0, way[-1], 256)
    found = np.stack([np.interp(at, way, lab[:, axis]) for axis in range(3)], axis=1)
    linear = np.clip((found @ np.linalg.inv(TO_LAB).T) ** 3 @ np.linalg.inv(TO_CONES).T, 0.0, 1.0)
    shares = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    table = np.full((256, 4), 255, np.uint8)
    table[:, :3] = np.rint(255 * shares)
    return table


def blended(theme: Theme, probabilities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return (h, w, 3) colours of (k, h, w) probabilities: the likeliest class's, as strong as its lead.

    The lead is its probability less that of the next likeliest: along a boundary it is 0, and the colour neutral.
    """
    found = np.nan_to_num(np.asarray(probabilities, np.float32))
    best = found.argmax(axis=0)
    others = found.copy()
    np.put_along_axis(others, best[None], -np.inf, axis=0)
    lead = (found.max(axis=0) - others.max(axis=0))[..., None]
    neutral = np.array(rgb(theme.neutral), np.float32)
    pure = class_table(theme, len(found)).astype(np.float32)
    return np.rint(neutral + (pure[best] - neutral) * np.clip(lead, 0.0, 1.0)).astype(np.uint8)


def class_table(theme: Theme, classes: int) -> NDArray[np.uint8]:
    """Return (classes, 3) colours of areas, a little softer than those of points."""
    surface, reach = (theme.neutral, 0.68) if theme.dark else ("#FFFFFF", 0.76)
    colours = [mix(surface, colour, reach) for colour in class_colours(theme, classes)]
    return np.array([rgb(colour) for colour in colours], np.uint8)


def enlarged(pictures: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Return (k, h, w) pictures interpolated linearly to (k, factor h, factor w), for boundaries without steps."""
    height, width = pictures.shape[1:]
    return np.asarray(_between(height, factor) @ pictures @ _between(width, factor).T, np.float32)


def _between(count: int, factor: int) -> NDArray[np.float32]:
    """Return the (factor count, count) matrix that interpolates between the middles of pixels."""
    at = np.clip((np.arange(count * factor) + 0.5) / factor - 0.5, 0, count - 1)
    left = np.minimum(at.astype(int), max(count - 2, 0))
    weights = np.zeros((count * factor, count), np.float32)
    rows = np.arange(count * factor)
    weights[rows, left] = 1 - (at - left)
    weights[rows, np.minimum(left + 1, count - 1)] += at - left
    return weights
