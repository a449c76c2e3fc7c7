"""From images by class to a data set: dealt out, laid flat, scaled."""

from __future__ import annotations

from functools import partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from nnplayground.data import scaling
from nnplayground.data.dataset import Dataset, Floats, Samples
from nnplayground.data.images.pictures import Pictures, Pixels, Shape
from nnplayground.data.progress import Progress
from nnplayground.data.split import split
from nnplayground.experiment.datasets import Scaling

Rows = NDArray[np.int64]

_PIECE = 1 << 22  # pixels that are counted in one go
_COLOURS = ("red", "green", "blue")


class Wanted(Protocol):
    """The knobs that every data set has."""

    @property
    def validation_share(self) -> float:
        """The share of the samples that is kept from training."""

    @property
    def scaling(self) -> Scaling:
        """How pixels are scaled."""


def make_dataset(
    pictures: Pictures,
    wanted: Wanted,
    seed: int | np.random.SeedSequence,
    progress: Progress,
    target_name: str = "class",
) -> Dataset:
    """Deal out the images by `seed`, each class in proportion; scale them as measured on the training part.

    Raises ExperimentError and Cancelled.
    """
    train, validation = split(pictures.classes, wanted.validation_share, seed, stratified=True)
    shape = pictures.pixels.shape[1:]
    progress.begin(1.0)
    counts = _count(pictures.pixels, train, progress)
    scaler = scaling.fit_pixels(wanted.scaling, counts, shape[1] * shape[2])
    parts = [_part(pictures, rows, scaler, progress, begin) for rows, begin in ((train, 0.2), (validation, 0.8))]
    progress.at(1.0, f"{len(pictures.pixels):,} images are ready")
    return Dataset(
        title=pictures.title,
        task="classification",
        input_names=pixel_names(shape),
        target_name=target_name,
        class_names=pictures.class_names,
        train=parts[0],
        validation=parts[1],
        encode=scaler,
        image_shape=shape,
        notes=pictures.notes,
    )


def pixel_names(shape: Shape) -> tuple[str, ...]:
    """Return what the inputs of an image are called: "row 1, column 2", or "red, row 1, column 2"."""
    channels, height, width = shape
    places = [f"row {row}, column {column}" for row in range(1, height + 1) for column in range(1, width + 1)]
    return tuple(places) if channels == 1 else tuple(f"{colour}, {place}" for colour in _COLOURS for place in places)


def _count(pixels: Pixels, rows: Rows, progress: Progress) -> NDArray[np.int64]:
    """Return how often each value occurs in each channel of some images, (channels, 256)."""
    counts = np.zeros((pixels.shape[1], 256), np.int64)
    step = max(_PIECE // pixels[0].size, 1)
    for start in range(0, len(rows), step):
        progress.at(0.2 * start / len(rows), "measuring the images")
        piece = pixels[rows[start : start + step]]
        for channel, own in enumerate(counts):
            own += np.bincount(piece[:, channel].ravel(), minlength=256)
    return counts


def _part(pictures: Pictures, rows: Rows, scaler: scaling.Scaler, progress: Progress, begin: float) -> Samples:
    share = 0.6 if begin < 0.5 else 0.2
    raw: Floats = pictures.pixels[rows].reshape(len(rows), -1).astype(np.float32)
    inputs = scaling.scale_in_pieces(scaler, raw, partial(_tell, progress, begin, share))
    return Samples(inputs, pictures.classes[rows], raw)


def _tell(progress: Progress, begin: float, share: float, done: float) -> None:
    progress.at(begin + share * done, "scaling the images")
