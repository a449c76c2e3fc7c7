"""What is drawn on the tiles: responses, features by their formula, weights as an image. Knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, isqrt

import numpy as np

from nnplayground.data.dataset import Dataset
from nnplayground.data.features import FEATURES
from nnplayground.data.synthetic import LIMIT
from nnplayground.engine.probes import Floats

BRIGHTEST = 255.0  # of a colour image's raw values

Ranges = tuple[Floats, Floats]

_FORMULA_SIDE = 48
_SAMPLES_SIDE = 12  # squares a side of a picture of samples; of more samples each square is a mean


@dataclass(frozen=True, eq=False)
class Picture:
    """A tile's content: values in [-1, 1] of shape (height, width), and the range they had before.

    Values of shape (3, height, width) are red, green and blue, from none to full.
    `kind` is "domain" for values over the plane or line, "samples" for those of samples one after the other, "weights"
    for a neuron's weights as an image, "image" for the data's mean image, "sample" for one of its images, "map" for
    what a channel makes of it.
    """

    values: Floats
    low: float
    high: float
    kind: str = "domain"


def of_responses(responses: Floats, kind: str) -> list[Picture]:
    """Return the pictures of (neurons, height, width) responses, each relative to its own largest absolute value."""
    ranges = _ranges(responses)
    if kind == "samples":
        return _pictures(responses, relative(_squares(responses)), kind, ranges)
    return _pictures(responses, relative(responses, ranges), kind, ranges)


def of_probabilities(responses: Floats, kind: str) -> list[Picture]:
    """Return the pictures of probabilities: the colours go from none to all."""
    return _pictures(responses, 2 * (_squares(responses) if kind == "samples" else responses) - 1, kind)


def of_values(responses: Floats, kind: str, mean: float, scale: float) -> list[Picture]:
    """Return the pictures of answers of a regression: the colours tell what is above and below the targets' mean."""
    centred = (responses - np.float32(mean)) / np.float32(scale or 1.0)
    return _pictures(responses, relative(_squares(centred) if kind == "samples" else centred), kind)


def of_weights(weights: Floats, shape: tuple[int, int, int]) -> list[Picture]:
    """Return the pictures of (neurons, inputs) weights where the inputs are the pixels of an image.

    Of a colour image they are in colour: grey where no weight is, redder where red speaks for the neuron.
    """
    flat = weights.reshape(len(weights), -1, shape[2])
    return _pictures(flat, _shaped(relative(flat), shape), "weights")


def of_images(dataset: Dataset) -> Picture:
    """Return the mean image of the training samples."""
    shape = dataset.image_shape
    assert shape is not None, "only images have a mean image"
    return _image(dataset.train.raw.mean(axis=0, dtype=np.float64).astype(np.float32), shape, "image")


def of_sample(raw: Floats, shape: tuple[int, int, int]) -> Picture:
    """Return one image's own picture."""
    return _image(raw, shape, "sample")


def of_maps(maps: Floats) -> list[Picture]:
    """Return the pictures of (channels, height, width) maps, all relative to their largest absolute value."""
    largest = float(np.abs(maps).max(initial=0.0, where=np.isfinite(maps)))
    return _pictures(maps, maps / np.float32(largest or 1.0), "map")


def of_formulas(features: Sequence[str]) -> list[Picture]:
    """Return the pictures of features by their formulas: over the plane, or along the line where none takes x₂."""
    axis = (np.arange(_FORMULA_SIDE) + 0.5) / _FORMULA_SIDE * 2 * LIMIT - LIMIT
    if any("x2" in feature for feature in features):
        x1, x2 = np.meshgrid(axis, axis[::-1])
        points, shape = np.stack([x1.ravel(), x2.ravel()], axis=1), (_FORMULA_SIDE, _FORMULA_SIDE)
    else:
        points, shape = axis[:, None], (1, _FORMULA_SIDE)
    values = [np.asarray(FEATURES[feature](points), np.float32).reshape(shape) for feature in features]
    return _pictures(np.stack(values), relative(np.stack(values)), "domain") if values else []


def relative(pictures: Floats, ranges: Ranges | None = None) -> Floats:
    """Divide each picture by its own largest absolute value: (neurons, height, width) in [-1, 1]; NaN stays.

    `ranges` are what is found otherwise: the least and the greatest value of each.
    """
    lows, highs = _ranges(pictures) if ranges is None else ranges
    largest = np.maximum(-lows, highs)[:, None, None]
    found = np.asarray(pictures / np.where(largest > 0, largest, np.float32(1)), np.float32)
    if not np.isfinite(found).all():
        found[~np.isfinite(pictures)] = np.nan
    return found


def _image(raw: Floats, shape: tuple[int, int, int], kind: str) -> Picture:
    flat = raw.reshape(1, -1, shape[2])
    values = relative(flat) if shape[0] == 1 else 2 * flat / np.float32(BRIGHTEST) - 1
    return _pictures(flat, _shaped(values, shape), kind)[0]


def _shaped(pictures: Floats, shape: tuple[int, int, int]) -> Floats:
    """Return (n, channels * height, width) pictures as (n, height, width), or (n, 3, height, width) in colour."""
    return pictures if shape[0] == 1 else pictures.reshape(len(pictures), *shape)


def _squares(pictures: Floats) -> Floats:
    """Return samples, in order and NaN where there are no more, as squares that fill the picture: means where many."""
    flat = pictures.reshape(len(pictures), -1)
    flat = flat[:, : np.flatnonzero(np.isfinite(flat).any(axis=0)).max(initial=0) + 1]
    count = flat.shape[1]
    side = min(isqrt(count - 1) + 1, _SAMPLES_SIDE)
    squares = min(count, side**2)
    starts = np.arange(squares) * count // squares
    sizes = np.diff(np.append(starts, count))
    means = np.add.reduceat(flat, starts, axis=1) / sizes.astype(np.float32)
    rows = ceil(squares / side)
    filled = np.full((len(flat), rows * side), np.nan, np.float32)
    filled[:, :squares] = means
    return filled.reshape(len(flat), rows, side)


def _pictures(raw: Floats, values: Floats, kind: str, ranges: Ranges | None = None) -> list[Picture]:
    lows, highs = _ranges(raw) if ranges is None else ranges
    numbers = zip(values, lows.tolist(), highs.tolist(), strict=True)
    return [Picture(own, low, high, kind) for own, low, high in numbers]


def _ranges(pictures: Floats) -> Ranges:
    """Return the least and the greatest value of each of (n, height, width) pictures, of those that are finite."""
    lows, highs = np.min(pictures, axis=(1, 2), initial=np.inf), np.max(pictures, axis=(1, 2), initial=-np.inf)
    if np.isfinite(lows).all() and np.isfinite(highs).all():
        return lows, highs
    known = np.isfinite(pictures)  # looking at each of them takes longer than all the rest
    lows = np.min(pictures, axis=(1, 2), where=known, initial=np.inf)
    return lows, np.max(pictures, axis=(1, 2), where=known, initial=-np.inf)
