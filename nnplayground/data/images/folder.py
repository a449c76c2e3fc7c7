"""A folder of images by class: which files are taken, and what is made of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnplayground.data.images.decoding import ENDINGS, UnreadableError, decode
from nnplayground.data.images.faults import naming, path_of
from nnplayground.data.images.pictures import MAX_CLASSES, Pictures, Pixels, check_values
from nnplayground.data.progress import Progress
from nnplayground.data.sentences import listed
from nnplayground.data.split import choose
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Folder
from nnplayground.experiment.errors import shown

ALLOWED = "a folder that holds one folder of images for each class"
MAX_FILES = 1_000_000

MOST_NAMED = 5  # files or folders in one line


@dataclass(frozen=True)
class Listing:
    """The classes of a folder and the files of each, both in the order of their names."""

    path: Path
    classes: Mapping[str, tuple[Path, ...]]
    notes: tuple[str, ...]  # what was passed over, each one sentence

    @property
    def files(self) -> list[Path]:
        """All files, class by class."""
        return [file for files in self.classes.values() for file in files]

    @property
    def codes(self) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        """The class of each of `files`, (n,) from 0."""
        return np.repeat(np.arange(len(self.classes)), [len(files) for files in self.classes.values()])


def read_folder(data: Folder, seed: np.random.SeedSequence, progress: Progress) -> Pictures:
    """Read the images of a folder, all or a share picked by `seed`. Raises ExperimentError and Cancelled."""
    progress.at(0.0, "opening the folder")
    progress.begin(0.1)
    listing = list_folder(data.path, progress)
    shape = (3 if data.colour == "rgb" else 1, data.size, data.size)
    with naming(listing.path, ALLOWED):
        rows = choose(listing.codes, data.limit, seed)
        check_values(len(rows), shape, "a smaller data.size, or fewer by data.limit")
        every = listing.files
        files = [every[row] for row in rows]
        progress.begin(0.7)
        pixels, faults = decode_all(files, data.size, colour=data.colour == "rgb", progress=progress)
        read = np.array([file not in faults for file in files])
        if faults and read.sum() < 2:
            raise ExperimentError(f"none of {len(files):,} images can be read: {_faults(faults, listing.path)}")
        codes, names = listing.codes[rows][read], list(listing.classes)
        found, classes = np.unique(codes, return_inverse=True)
        if len(found) < 2:
            raise ExperimentError(f"only images of {shown(names[found[0]])} can be read; allowed: at least 2 classes")
    notes = list(listing.notes)
    if faults:
        told = _faults(faults, listing.path)
        notes.append(f"{len(faults):,} of {len(files):,} images were left out, as they cannot be read: {told}.")
    return Pictures(
        listing.path.name, pixels[read], classes.astype(np.int64), tuple(names[i] for i in found), tuple(notes)
    )


def list_folder(text: str, progress: Progress) -> Listing:
    """Find the classes of a folder and their files. Raises ExperimentError and Cancelled.

    Hidden files and folders, and files that are no pictures by their names, are passed over.
    """
    path = path_of(text, "data.path", ALLOWED)
    with naming(path, ALLOWED):
        folders = [entry.name for entry in _entries(path) if _is(entry.is_dir)]
        if len(folders) > MAX_CLASSES:
            raise ExperimentError(f"holds {len(folders):,} folders; allowed: 2 to {MAX_CLASSES}, one for each class")
        found: dict[str, tuple[Path, ...]] = {}
        others = 0
        for number, name in enumerate(folders):
            progress.at(number / len(folders), f"looking into {name}")
            files = [entry for entry in _entries(path / name) if not _is(entry.is_dir)]
            found[name] = tuple(path / name / entry.name for entry in files if _is_picture(entry))
            others += len(files) - len(found[name])
            if sum(map(len, found.values())) > MAX_FILES:
                raise ExperimentError(f"holds more than {MAX_FILES:,} images; allowed: {MAX_FILES:,}")
        empty = [name for name, pictures in found.items() if not pictures]
        classes = {name: pictures for name, pictures in found.items() if pictures}
        if len(classes) < 2:
            raise ExperimentError(f"{_lack(path, folders, list(classes))}; allowed: {ALLOWED}, two or more of them")
    notes = []
    if empty:
        notes.append(f"Left out, holding no images: {listed(empty)}.")
    if others:
        notes.append(
            f"{others:,} file{'s' * (others != 1)} of other kinds {'was' if others == 1 else 'were'} passed over."
        )
    return Listing(path, classes, tuple(notes))


def decode_all(files: Sequence[Path], side: int, *, colour: bool, progress: Progress) -> tuple[Pixels, dict[Path, str]]:
    """Return (files, channels, side, side) pixels, 0 where a file cannot be read, and why. Raises Cancelled."""
    pixels = np.zeros((len(files), 3 if colour else 1, side, side), np.uint8)
    faults: dict[Path, str] = {}
    for number, file in enumerate(files):
        progress.at(number / len(files), f"reading image {number + 1:,} of {len(files):,}")
        try:
            pixels[number] = decode(file, side, colour=colour)
        except UnreadableError as error:
            faults[file] = str(error)
    return pixels, faults


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """Return what a folder holds, hidden entries aside, by name."""
    with os.scandir(folder) as entries:
        return sorted((e for e in entries if not e.name.startswith((".", "__MACOSX"))), key=lambda entry: entry.name)


def _is(kind: Callable[[], bool]) -> bool:
    """Ask an entry what it is: a link that leads nowhere, or to itself, is nothing."""
    try:
        return kind()
    except OSError:
        return False


def _is_picture(entry: os.DirEntry[str]) -> bool:
    return entry.name.lower().endswith(ENDINGS) and _is(entry.is_file)


def _lack(path: Path, folders: Sequence[str], classes: Sequence[str]) -> str:
    """Say what is missing in a folder of fewer than two classes, and where it may be."""
    deeper = (name for name in folders if sum(_is(entry.is_dir) for entry in _entries(path / name)) > 1)
    if (inner := next(deeper, None)) is not None:
        return f"its folders hold folders themselves; choose one of them, such as {shown(inner)}"
    if classes:
        return f"holds images of one class only, {shown(classes[0])}"
    if folders:
        return f"holds no images in its folders, which are {listed(folders, MOST_NAMED)}"
    loose = sum(map(_is_picture, _entries(path)))
    return f"holds {loose:,} image{'s' * (loose != 1)}, but no folders" if loose else "holds neither folders nor images"


def _faults(faults: Mapping[Path, str], folder: Path) -> str:
    return listed((f"{file.relative_to(folder).as_posix()} ({fault})" for file, fault in faults.items()), MOST_NAMED)
