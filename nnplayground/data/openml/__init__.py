"""A data set of openml.org, fetched once and then read from the user's cache as any table, or as images."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from json import JSONDecodeError
from pathlib import Path

import numpy as np

from nnplayground.data.dataset import Dataset
from nnplayground.data.images.assembly import make_dataset as make_images
from nnplayground.data.openml.keeping import Kept, folder, keep, names, path_of, what_is_kept
from nnplayground.data.openml.pixels import pictures_of
from nnplayground.data.progress import Progress
from nnplayground.data.sentences import listed
from nnplayground.data.tables import read_for
from nnplayground.data.tables.assembly import make_dataset
from nnplayground.data.tables.choice import find_target
from nnplayground.data.tables.parquet_file import ParquetFile, open_parquet
from nnplayground.data.tables.reading import RawTable, naming
from nnplayground.data.tables.target import make_target
from nnplayground.experiment.datasets import Openml

__all__ = ["folder", "load_openml", "names"]


def load_openml(
    data: Openml,
    seed: int,
    report: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Dataset:
    """Make a data set of one of OpenML's, fetched where it is not kept yet: of its columns, or of images.

    Columns that OpenML calls nominal are categories, whatever they look like. Raises Cancelled, at once even where the
    network hangs, and ExperimentError, whose one line says where those data sets are that open offline.
    """
    progress = Progress(report, cancelled)
    path = path_of(data)
    with naming(Path(data.name)):
        kept, wanted, table = _read(data, path, progress)
        progress.begin(1.0)
        dataset = _images(wanted, seed, table, progress) or make_dataset(data.name, wanted, seed, table, progress)
    return replace(dataset, notes=(*_notes(kept, data, wanted), *dataset.notes))


def _read(data: Openml, path: Path, progress: Progress) -> tuple[Kept, Openml, RawTable]:
    """Read the file of a data set, fetched first where there is none, and again where it is damaged."""
    import pyarrow as pa

    if path.is_file():
        try:
            return _read_kept(data, path, progress)
        except (pa.ArrowException, OSError, LookupError, TypeError, UnicodeDecodeError, JSONDecodeError):
            progress.busy("what was kept is damaged")
    keep(data, progress)
    return _read_kept(data, path, progress)


def _read_kept(data: Openml, path: Path, progress: Progress) -> tuple[Kept, Openml, RawTable]:
    kept, file = what_is_kept(path), open_parquet(path)
    wanted = _with_target(data, kept, file)
    return kept, wanted, read_for(wanted, file, progress, [file.names[i] for i in kept.nominal])


def _with_target(data: Openml, kept: Kept, file: ParquetFile) -> Openml:
    """Return the knobs with the target that OpenML names, and its other targets ignored, unless one was chosen."""
    targets = [file.names[i] for i in kept.targets if file.names[i] not in data.ignored]
    if data.target or not targets:
        return data
    return data.model_copy(update={"target": targets[0], "ignored": (*data.ignored, *targets[1:])})


def _images(data: Openml, seed: int, table: RawTable, progress: Progress) -> Dataset | None:
    """Return the images that a table holds as a data set, or None where it holds none."""
    column = table.columns[find_target(data, table)]
    rows = np.flatnonzero(~column.missing())
    pictures = pictures_of(data.name, table, make_target(data, column, rows), rows, progress) if len(rows) else None
    return None if pictures is None else make_images(pictures, data, seed, progress, column.name)


def _notes(kept: Kept, data: Openml, wanted: Openml) -> list[str]:
    notes = [f"OpenML's {kept.name}, version {kept.version}."]
    others = [name for name in wanted.ignored if name not in data.ignored]
    return notes + ([f"Left out, being targets too: {listed(others)}."] if others else [])
