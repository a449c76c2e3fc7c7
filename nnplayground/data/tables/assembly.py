"""From the columns of a table to a data set: rows dealt out, gaps filled, categories one-hot, inputs scaled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnplayground.data import scaling
from nnplayground.data.dataset import Dataset, Floats, Samples
from nnplayground.data.progress import Progress
from nnplayground.data.sentences import listed
from nnplayground.data.split import split
from nnplayground.data.tables.choice import choose_inputs, find_target
from nnplayground.data.tables.columns import RawColumn
from nnplayground.data.tables.encoding import Encoding, fit
from nnplayground.data.tables.reading import MAX_VALUES, MIN_ROWS, RawTable
from nnplayground.data.tables.target import make_target
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import AnyTable, Scaling

MAX_INPUTS = 2000

Rows = NDArray[np.int64]


def make_dataset(
    title: str, data: AnyTable, seed: int | np.random.SeedSequence, table: RawTable, progress: Progress
) -> Dataset:
    """Deal out the rows by `seed`, fit everything on the training part, and encode both. Raises ExperimentError."""
    name = find_target(data, table)
    inputs, choice_notes = choose_inputs(table, name, progress)
    rows, row_notes = _usable_rows(data, table, name, inputs)
    target = make_target(data, table.columns[name], rows)
    train, validation = split(target.values, data.validation_share, seed, target.task == "classification")
    encodings, filling_notes = _fit_encodings(inputs, rows, rows[train], progress)
    raw = [_encode(encodings, rows[part], progress, begin) for part, begin in ((train, 0.4), (validation, 0.6))]
    scaler = _fit_scaler(data.scaling, raw[0], progress)
    scaled = [_scale(scaler, part, progress, begin) for part, begin in zip(raw, (0.8, 0.9), strict=True)]
    targets, mean, scale = target.scaled(train)
    progress.at(1.0, f"{len(rows):,} rows are ready")
    notes = [*table.file.notes(), *row_notes, *choice_notes, *filling_notes, *([target.note] if target.note else [])]
    return Dataset(
        title=title,
        task=target.task,
        input_names=tuple(name for encoding in encodings for name in encoding.names),
        target_name=target.name,
        class_names=target.class_names,
        train=Samples(scaled[0], targets[train], raw[0]),
        validation=Samples(scaled[1], targets[validation], raw[1]),
        encode=scaler,
        target_mean=mean,
        target_scale=scale,
        notes=tuple(notes),
    )


def _usable_rows(data: AnyTable, table: RawTable, target: str, inputs: Sequence[RawColumn]) -> tuple[Rows, list[str]]:
    """Return the rows that have a target and, where missing values are not filled, every input; and notes on others."""
    notes = []
    usable = ~table.columns[target].missing()
    without = int(table.rows - usable.sum())
    if without:
        notes.append(f"{without:,} of {table.rows:,} rows were dropped, having no {target}.")
    gaps = {column.name: int(column.missing()[usable].sum()) for column in inputs} if data.missing == "drop" else {}
    before = int(usable.sum())
    for column in inputs if any(gaps.values()) else ():
        usable &= ~column.missing()
    rows = np.flatnonzero(usable)
    if len(rows) < before:
        named = listed(f"{name} {count:,}" for name, count in gaps.items() if count)
        notes.append(f"{before - len(rows):,} rows were dropped, having missing values: {named}.")
    if len(rows) < MIN_ROWS:
        raise ExperimentError(
            f"{len(rows)} of {table.rows:,} rows can be used{''.join(': ' + n for n in notes).rstrip('.')}; "
            f"allowed: at least {MIN_ROWS} rows"
        )
    return rows, notes


def _fit_encodings(
    inputs: Sequence[RawColumn], rows: Rows, train: Rows, progress: Progress
) -> tuple[list[Encoding], list[str]]:
    """Fit every input column on the training rows; note what missing values become. Raises ExperimentError."""
    encodings: list[Encoding] = []
    empty: list[str] = []
    filled: list[str] = []
    notes: list[str] = []
    for number, column in enumerate(inputs):
        progress.at(0.3 + 0.1 * number / len(inputs), f"measuring column {column.name}")
        encoding = fit(column, train)
        if encoding is None:
            empty.append(column.name)
            continue
        encodings.append(encoding)
        notes += encoding.notes
        if count := int(column.missing()[rows].sum()):
            filled.append(f"{column.name} {count:,} (by {encoding.filling})")
    _check_size(encodings, len(rows))
    if empty:
        notes.append(f"Left out, having no value in the training part: {listed(empty)}.")
    if filled:
        notes.append(
            f"Missing values were filled with the training part's median or most frequent category: {listed(filled)}."
        )
    return encodings, notes


def _check_size(encodings: Sequence[Encoding], rows: int) -> None:
    inputs = sum(len(encoding.names) for encoding in encodings)
    if not inputs:
        raise ExperimentError("no column has a value in the training part; allowed: at least one input with values")
    if inputs > MAX_INPUTS or inputs * rows > MAX_VALUES:
        widest = sorted(encodings, key=lambda encoding: -len(encoding.names))[:3]
        named = listed(f"{encoding.column.name} ({len(encoding.names)})" for encoding in widest)
        raise ExperimentError(
            f"the columns make {inputs:,} inputs of {rows:,} rows, most of them {named}; allowed: "
            f"{MAX_INPUTS:,} inputs and {MAX_VALUES:,} values (ignore columns with many categories)"
        )


def _encode(encodings: Sequence[Encoding], rows: Rows, progress: Progress, begin: float) -> Floats:
    """Return (rows, inputs) float32 of the given rows, filled and one-hot, unscaled."""
    out = np.empty((len(rows), sum(len(encoding.names) for encoding in encodings)), np.float32)
    start = 0
    for number, encoding in enumerate(encodings):
        progress.at(begin + 0.2 * number / len(encodings), f"encoding column {encoding.column.name}")
        stop = start + len(encoding.names)
        encoding.write(rows, out[:, start:stop])
        start = stop
    return out


def _fit_scaler(mode: Scaling, raw: Floats, progress: Progress) -> scaling.Scaler:
    """Fit a few columns at a time: scaling measures in float64, of which there need not be a whole table."""
    parts = []
    width = max((1 << 20) // len(raw), 1)
    for start in range(0, raw.shape[1], width):
        progress.at(0.8, "measuring the inputs")
        parts.append(scaling.fit(mode, raw[:, start : start + width]))
    return scaling.Scaler(np.concatenate([p.offset for p in parts]), np.concatenate([p.factor for p in parts]))


def _scale(scaler: scaling.Scaler, raw: Floats, progress: Progress, begin: float) -> Floats:
    return scaling.scale_in_pieces(scaler, raw, lambda done: progress.at(begin + 0.1 * done, "scaling the inputs"))
