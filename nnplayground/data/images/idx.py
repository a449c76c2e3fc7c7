"""Images and labels in two files of MNIST's format: which files belong together, and what is taken of them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.images.faults import naming, path_of
from nnplayground.data.images.idx_file import ALLOWED, IdxFile, open_idx
from nnplayground.data.images.pictures import (
    CHANNELS,
    MAX_PIXELS,
    Classes,
    Pictures,
    Pixels,
    Shape,
    check_values,
    shown,
)
from nnplayground.data.progress import Progress
from nnplayground.data.split import choose
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Idx

_IMAGES = ("images-idx3", "images.idx3", "images-idx4", "images.idx4")
_LABELS = {"-": "labels-idx1", ".": "labels.idx1"}
_USUAL = "train-images-idx3-ubyte and train-labels-idx1-ubyte, each plain or as .gz"


@dataclass(frozen=True, eq=False)
class IdxPair:
    """A file of images and the label of each, of which there are as many."""

    images: IdxFile
    labels: Path
    shape: Shape
    channels_last: bool
    classes: Classes  # (n,), from 0
    class_names: tuple[str, ...]  # the labels that occur

    def read(self, rows: NDArray[np.int64], progress: Progress) -> Pixels:
        """Return the images of ascending `rows`, (rows, channels, height, width). Raises as `IdxFile.blocks`."""
        out = np.empty((len(rows), self.images.item), np.uint8)
        begin = 0
        for block in self.images.blocks(progress):
            first, last = np.searchsorted(rows, (begin, begin + len(block)))
            out[first:last] = block[rows[first:last] - begin]
            begin += len(block)
        channels, height, width = self.shape
        if not self.channels_last:
            return out.reshape(-1, *self.shape)
        return np.ascontiguousarray(out.reshape(-1, height, width, channels).transpose(0, 3, 1, 2))


def read_idx(data: Idx, seed: np.random.SeedSequence, progress: Progress) -> Pictures:
    """Read the images that `data` names, all or a share picked by `seed`. Raises ExperimentError and Cancelled."""
    pair = open_pair(data, progress)
    path = pair.images.path
    with naming(path, ALLOWED):
        rows = choose(pair.classes, data.limit, seed)
        check_values(len(rows), pair.shape, "fewer, by data.limit")
        progress.begin(0.6)
        pixels = pair.read(rows, progress)
    classes, names = _present(pair.classes[rows], pair.class_names)
    return Pictures(path.name, pixels, classes, names)


def open_pair(data: Idx, progress: Progress) -> IdxPair:
    """Find both files, read the labels, and check that both fit. Raises ExperimentError and Cancelled."""
    progress.at(0.0, "opening the files")
    images_path, labels_path = find_pair(data.images, data.labels)
    with naming(images_path, ALLOWED):
        images = open_idx(images_path, (3, 4))
        shape, channels_last = _shape_of(images.sizes)
    with naming(labels_path, ALLOWED):
        labels_file = open_idx(labels_path, (1,))
        if labels_file.sizes[0] != images.sizes[0]:
            raise ExperimentError(
                f"holds {labels_file.sizes[0]:,} labels, but {images_path.name} {images.sizes[0]:,} images; "
                "allowed: one label for each image"
            )
        progress.begin(0.05)
        labels = np.concatenate([block[:, 0] for block in labels_file.blocks(progress)])
        found, classes = np.unique(labels, return_inverse=True)
        if len(found) < 2:
            raise ExperimentError(f"every label is {found[0]}; allowed: at least 2 classes")
    return IdxPair(images, labels_path, shape, channels_last, classes.astype(np.int64), tuple(map(str, found)))


def find_pair(images: str, labels: str) -> tuple[Path, Path]:
    """Return the paths of images and labels, of which one is found by the other's name, or both in a folder.

    Raises ExperimentError where there is none.
    """
    path = path_of(images, "data.images", ALLOWED)
    with naming(path, ALLOWED):
        if path.is_dir():
            path = _in_folder(path)
        if labels.strip():
            return path, path_of(labels, "data.labels", ALLOWED)
        path.stat()
        found = partner_of(path)
        if found is None:
            names = _partners(path.name)
            missing = (
                f"there is no {names[0]} beside it" if names else "its name does not tell which labels are its own"
            )
            raise ExperimentError(f"{missing}; allowed: data.labels, or names as {_USUAL}")
    return (found, path) if _is_labels(path.name) else (path, found)


def partner_of(path: Path) -> Path | None:
    """Return the file of labels beside one of images, or of images beside one of labels, found by its name."""
    return next((path.with_name(name) for name in _partners(path.name) if path.with_name(name).is_file()), None)


def _in_folder(folder: Path) -> Path:
    """Return the file of images in a folder, that for training where there are several."""
    names = sorted(path.name for path in folder.iterdir())
    able = [name for name in names if not _is_labels(name) and set(_partners(name)) & set(names)]
    if not able:
        raise ExperimentError(f"holds no images with their labels; allowed: {_USUAL}")
    return folder / min(able, key=lambda name: "train" not in name)


def _is_labels(name: str) -> bool:
    return any(mark in name for mark in _LABELS.values())


def _partners(name: str) -> list[str]:
    """Return what the other file may be called, the likeliest first; nothing where the name follows no rule."""
    swaps = [(images, _LABELS[images[6]]) for images in _IMAGES]
    swaps += [(labels, images) for images, labels in swaps]
    other = [name.replace(old, new) for old, new in swaps if old in name]
    return other + [n.removesuffix(".gz") if n.endswith(".gz") else f"{n}.gz" for n in other]


def _shape_of(sizes: tuple[int, ...]) -> tuple[Shape, bool]:
    """Return (channels, height, width), and whether a file has the channels last. Raises ExperimentError."""
    _, *rest = sizes
    last = len(rest) == 3 and rest[0] not in CHANNELS
    shape = (1, rest[0], rest[1]) if len(rest) == 2 else (rest[2], rest[0], rest[1]) if last else tuple(rest)
    assert len(shape) == 3, "3 or 4 sizes were asked for"
    if shape[0] not in CHANNELS:
        told = " × ".join(f"{one:,}" for one in rest)
        raise ExperimentError(f"holds images of {told} numbers; allowed: 1 or 3 of them for each pixel, first or last")
    if shape[0] * shape[1] * shape[2] > MAX_PIXELS:
        raise ExperimentError(f"holds images of {shown(shape)}; allowed: {MAX_PIXELS:,} numbers in each")
    return shape, last


def _present(classes: Classes, names: tuple[str, ...]) -> tuple[Classes, tuple[str, ...]]:
    """Return classes without those of which no image was picked."""
    found, renumbered = np.unique(classes, return_inverse=True)
    return renumbered.astype(np.int64), tuple(names[i] for i in found)
