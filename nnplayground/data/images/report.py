"""What an import dialog shows of images of the user's own: how many of which class, and some of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnplayground.data.images.decoding import resize
from nnplayground.data.images.faults import naming
from nnplayground.data.images.folder import ALLOWED, decode_all, list_folder
from nnplayground.data.images.idx import open_pair
from nnplayground.data.images.idx_file import ALLOWED as ALLOWED_IDX
from nnplayground.data.images.pictures import Classes, Pixels, Shape
from nnplayground.data.progress import Progress
from nnplayground.experiment.datasets import Folder, Idx

SAMPLES = 8  # of each class
MAX_SHOWN = 24  # classes of which images are shown
SIDE = 128  # of images from a folder, which can be shown at any size up to it


@dataclass(frozen=True, eq=False)
class ClassReport:
    """A class: its name, how many images it has, and the first of them, (some, channels, height, width) uint8."""

    name: str
    count: int
    samples: Pixels

    def shown(self, data: Idx | Folder) -> Pixels:
        """Return the samples as `data` would have them trained on."""
        if isinstance(data, Idx) or not len(self.samples):
            return self.samples
        return resize(self.samples, data.size, colour=data.colour == "rgb")


@dataclass(frozen=True, eq=False)
class ImageReport:
    """What is in files or a folder of images."""

    data: Idx | Folder  # as it was asked for, the paths found filled in
    path: Path
    shape: Shape | None  # None where every image has its own
    classes: tuple[ClassReport, ...]
    notes: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many images there are."""
        return sum(one.count for one in self.classes)


def inspect_images(
    data: Idx | Folder,
    report: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> ImageReport:
    """Describe the images that `data` names. Files of MNIST's format are read whole, of a folder the first images.

    Raises Cancelled, and ExperimentError whose one line names the file or folder.
    """
    progress = Progress(report, cancelled)
    return _inspect_folder(data, progress) if isinstance(data, Folder) else _inspect_idx(data, progress)


def _inspect_idx(data: Idx, progress: Progress) -> ImageReport:
    pair = open_pair(data, progress)
    path = pair.images.path
    rows = np.sort(np.concatenate(list(_first(pair.classes, len(pair.class_names)))))
    progress.begin(1.0)
    with naming(path, ALLOWED_IDX):
        pixels = pair.read(rows, progress)
    counts = np.bincount(pair.classes)
    classes = [
        ClassReport(name, int(counts[code]), pixels[pair.classes[rows] == code])
        for code, name in enumerate(pair.class_names)
    ]
    found = data.model_copy(update={"images": str(path), "labels": str(pair.labels)})
    return ImageReport(found, path, pair.shape, tuple(classes), ())


def _inspect_folder(data: Folder, progress: Progress) -> ImageReport:
    progress.at(0.0, "opening the folder")
    progress.begin(0.1)
    listing = list_folder(data.path, progress)
    some = {name: files[:SAMPLES] for name, files in list(listing.classes.items())[:MAX_SHOWN]}
    progress.begin(1.0)
    with naming(listing.path, ALLOWED):
        files = [file for own in some.values() for file in own]
        pixels, faults = decode_all(files, SIDE, colour=True, progress=progress)
    read = dict(zip(files, pixels, strict=True))
    nothing = np.zeros((0, 3, SIDE, SIDE), np.uint8)
    classes = []
    for name, own in listing.classes.items():
        shown = [read[file][None] for file in some.get(name, ()) if file not in faults]
        classes.append(ClassReport(name, len(own), np.concatenate([nothing, *shown])))
    return ImageReport(data, listing.path, None, tuple(classes), listing.notes)


def _first(classes: Classes, count: int) -> Iterator[Classes]:
    """Yield the first rows of every class."""
    for code in range(count):
        rows = np.flatnonzero(classes == code)[:SAMPLES] if code < MAX_SHOWN else np.zeros(0, np.int64)
        yield rows
