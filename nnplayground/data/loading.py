"""From what an experiment says of its data to the data set that a network is trained on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence
from numpy.typing import NDArray

from nnplayground.data import bundled, drawn, features, scaling, synthetic
from nnplayground.data.dataset import Dataset, Floats, Samples
from nnplayground.data.encoder import PointEncoder
from nnplayground.data.split import split
from nnplayground.experiment.datasets import AnyData, Bundled, Digits, Drawn, Folder, Idx, Line, Openml, Plane, Table

Encoder = Callable[[Floats], Floats]


def load(
    data: AnyData,
    seed: int,
    report: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Dataset:
    """Return the data set that `data` describes, drawn or read, split, scaled. The same for the same seed.

    For what comes from outside, and may be large, `report` is told the share done, negative where that is not known,
    and what is being done; `cancelled` is asked whether to stop. Raises ExperimentError where data from outside cannot
    be read or trained on, Cancelled where loading was stopped.
    """
    if isinstance(data, Table):
        from nnplayground.data import tables

        return tables.load_table(data, seed, report, cancelled)
    if isinstance(data, Idx | Folder):
        from nnplayground.data import images

        return images.load_images(data, seed, report, cancelled)
    if isinstance(data, Openml):
        from nnplayground.data import openml

        return openml.load_openml(data, seed, report, cancelled)
    if isinstance(data, Drawn):
        return drawn.load_points(data)
    chance, deal, choice = SeedSequence(seed).spawn(3)
    if isinstance(data, Bundled):
        return _load_bundled(data, deal, choice)
    return _load_drawn(data, Generator(PCG64(chance)), deal)


def _load_drawn(data: Plane | Line, generator: Generator, deal: SeedSequence) -> Dataset:
    points, targets = synthetic.draw(data, generator)
    train, validation = split(targets, data.validation_share, deal, data.task == "classification")
    scaler = scaling.fit(data.scaling, features.make(data.features, points[train]))
    encode = PointEncoder(data.features, scaler)
    return Dataset(
        title=data.title,
        task=data.task,
        input_names=features.shown(data.features),
        target_name="class" if data.task == "classification" else "y",
        class_names=tuple(f"class {i}" for i in range(data.known_classes or 0)),
        train=_samples(encode, points, targets, train),
        validation=_samples(encode, points, targets, validation),
        encode=encode,
        domain=((-synthetic.LIMIT, synthetic.LIMIT),) * points.shape[1],
    )


def _load_bundled(data: Bundled, deal: SeedSequence, choice: SeedSequence) -> Dataset:
    source = bundled.BUNDLED[type(data).model_fields["kind"].default]()
    if isinstance(data, Digits):
        source = bundled.of_classes(source, data.chosen, data.per_class, Generator(PCG64(choice)))
    train, validation = split(source.targets, data.validation_share, deal, data.task == "classification")
    targets: NDArray[np.int64] | Floats
    if data.task == "classification":
        mean, scale, targets = 0.0, 1.0, source.targets.astype(np.int64)
    else:
        unit = scaling.fit("standard", source.targets[train, None])
        mean, scale = float(unit.offset[0]), float(1 / unit.factor[0])
        targets = unit(source.targets[:, None])[:, 0]
    encode = scaling.fit(data.scaling, source.raw[train])
    return Dataset(
        title=data.title,
        task=data.task,
        input_names=source.input_names,
        target_name=source.target_name,
        class_names=source.class_names,
        train=_samples(encode, source.raw, targets, train),
        validation=_samples(encode, source.raw, targets, validation),
        encode=encode,
        target_mean=mean,
        target_scale=scale,
        image_shape=(1, 8, 8) if isinstance(data, Digits) and data.form == "images" else None,
    )


def _samples(encode: Encoder, raw: Floats, targets: NDArray[np.int64] | Floats, rows: NDArray[np.int64]) -> Samples:
    return Samples(encode(raw[rows]), targets[rows], raw[rows])
