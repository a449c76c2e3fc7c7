"""From images by class to a data set of their features."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nnplayground.data import scaling
from nnplayground.data.backbones.network import Backbone
from nnplayground.data.dataset import Dataset, Floats, Samples
from nnplayground.data.images.pictures import Pictures, Shape, shown
from nnplayground.data.progress import Progress
from nnplayground.data.split import split
from nnplayground.experiment.backbones import DRAWN, FEATURES
from nnplayground.experiment.datasets import Folder, Idx

_COARSE = 64  # pixels to a side, below which photographs show a backbone little


def make_dataset(
    pictures: Pictures, data: Idx | Folder, seed: int, deal: np.random.SeedSequence, progress: Progress
) -> Dataset:
    """Deal out the images by `deal`, and give their features, scaled as measured on the training part.

    Images are not dealt out otherwise than their pixels would be. Raises ExperimentError and Cancelled.
    """
    train, validation = split(pictures.classes, data.validation_share, deal, stratified=True)
    backbone = Backbone.of(data.backbone, data.backbone_weights, data.seen_at, seed, progress)
    progress.begin(1.0)
    features = backbone.kept_or_computed(pictures.pixels, progress)
    scaler = scaling.fit(data.scaling, features[train])
    shape: Shape = pictures.pixels.shape[1:]
    parts = [
        Samples(
            scaler(features[rows]),
            pictures.classes[rows],
            pictures.pixels[rows].reshape(len(rows), -1).astype(np.float32),
        )
        for rows in (train, validation)
    ]
    progress.at(1.0, f"the features of {len(pictures.pixels):,} images are ready")
    return Dataset(
        title=pictures.title,
        task="classification",
        input_names=tuple(f"feature {i + 1}" for i in range(FEATURES[data.backbone])),
        target_name="class",
        class_names=pictures.class_names,
        train=parts[0],
        validation=parts[1],
        encode=FeatureEncoder(backbone, shape, scaler),
        notes=(*pictures.notes, *_notes(data, shape)),
    )


def _notes(data: Idx | Folder, shape: Shape) -> list[str]:
    notes = [f"Each image is given as {FEATURES[data.backbone]:,} features by {data.backbone}."]
    if data.backbone_weights == DRAWN:
        notes.append("Its weights are random: nothing was learned before.")
    if min(shape[1:]) < _COARSE:
        notes.append(f"{shown(shape).capitalize()} show it little: larger ones, in colour, show more.")
    return notes


@dataclass(frozen=True, eq=False)
class FeatureEncoder:
    """From pixels to what the network is given: features, scaled."""

    backbone: Backbone
    shape: Shape  # channels, height and width
    scaler: scaling.Scaler

    def __call__(self, raw: Floats) -> Floats:
        """Return the inputs (m, features) for pixels (m, channels · height · width) from 0 to 255."""
        return self.scaler(self.backbone.features(raw.reshape(-1, *self.shape)))
