"""Large tables: progress that only grows, and cancelling that takes hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv as arrow_csv
from pyarrow import parquet

from nnplayground.data.progress import Cancelled, Progress
from nnplayground.data.split import split
from nnplayground.data.tables import inspect_table, load_table
from nnplayground.data.tables.csv_rows import LONGEST_ROW
from nnplayground.experiment.datasets import Table


def table_of(rows, columns):
    """Return numbers, a category, gaps and a target of three classes."""
    rng = np.random.default_rng(0)
    data = {f"x{i}": rng.normal(i, 1 + i, rows).astype(np.float32) for i in range(columns - 2)}
    data["gaps"] = np.where(rng.random(rows) < 0.01, np.float32(np.nan), data.pop("x0"))
    data["colour"] = np.array(["red", "green", "blue"])[rng.integers(0, 3, rows)]
    data["kind"] = rng.integers(0, 3, rows).astype(np.int8)
    return pa.table({name: pa.array(values, from_pandas=True) for name, values in data.items()})


def write(table, path):
    if path.suffix == ".csv":
        arrow_csv.write_csv(table, path)
    else:
        parquet.write_table(table, path)
    return path


class Watcher:
    """Keeps what was reported, and wants to go on for so many questions."""

    def __init__(self, patience=None):
        self.shares, self.texts = [], []
        self.asked = 0
        self.patience = patience

    def report(self, share, text):
        self.shares.append(share)
        self.texts.append(text)

    def cancelled(self):
        self.asked += 1
        return self.patience is not None and self.asked > self.patience


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize("use", [load_table, inspect_table])
def test_cancelling_takes_hold_wherever_it_is_asked(tmp_path, ending, use):
    path = write(table_of(120_000, 6), tmp_path / f"t{ending}")
    assert ending != ".csv" or path.stat().st_size > LONGEST_ROW  # several blocks

    def run(watcher):
        if use is load_table:
            return load_table(Table(path=str(path)), 1, watcher.report, watcher.cancelled)
        return inspect_table(path, watcher.report, watcher.cancelled)

    whole = Watcher()
    run(whole)
    assert whole.asked == len(whole.shares) > 10
    for patience in range(0, whole.asked, whole.asked // 10):
        watcher = Watcher(patience)
        with pytest.raises(Cancelled):
            run(watcher)
        assert watcher.asked == patience + 1
        assert watcher.texts == whole.texts[:patience]


def test_cancelling_takes_hold_while_the_row_at_fault_is_looked_for(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "1,2\n" * 20_000 + "1\n")
    watcher = Watcher()

    def cancelled():
        return watcher.texts[-1:] == ["looking for the row at fault"]

    with pytest.raises(Cancelled):
        load_table(Table(path=str(path)), 1, watcher.report, cancelled)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux lists open files")
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_cancelled_file_is_closed(tmp_path, ending):
    path = write(table_of(120_000, 6), tmp_path / f"t{ending}")
    with pytest.raises(Cancelled) as raised:
        load_table(Table(path=str(path)), 1, cancelled=iter([False] * 4 + [True]).__next__)
    opened = [link.readlink() for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    assert path not in opened
    assert raised.value.__traceback__ is not None  # it still holds the frames


def test_progress_spreads_over_stages_and_never_goes_back():
    seen = []
    progress = Progress(lambda share, text: seen.append((share, text)))
    progress.begin(0.5)
    for done in (-1.0, 0.5, 0.2, 2.0):
        progress.at(done, "one")
    progress.begin(0.5)
    progress.at(0.0, "two")
    progress.at(1.0, "two")
    progress.begin(1.0)
    progress.at(1.0, "three")
    assert seen == [
        (0.0, "one"),
        (0.25, "one"),
        (0.25, "one"),
        (0.5, "one"),
        (0.5, "two"),
        (0.75, "two"),
        (1.0, "three"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".csv", ".parquet"])
def test_a_million_rows_of_20_columns_load_whole_and_tell_how_far_they_are(tmp_path, ending):
    rows = 1_000_000
    table = table_of(rows, 20)
    path = write(table, tmp_path / f"t{ending}")
    watcher = Watcher()
    dataset = load_table(Table(path=str(path)), 1, watcher.report, watcher.cancelled)
    assert dataset.train.inputs.shape == (700_000, 21)
    assert dataset.validation.inputs.shape == (300_000, 21)
    kinds = np.array(table["kind"])
    train, validation = split(kinds, 0.3, 1, True)
    np.testing.assert_array_equal(dataset.train.targets, kinds[train])
    np.testing.assert_array_equal(dataset.train.raw[:, 0], np.array(table["x1"])[train])
    np.testing.assert_array_equal(dataset.validation.raw[:, 16], np.array(table["x17"])[validation])
    np.testing.assert_array_equal(dataset.validation.raw[:, 20], (np.array(table["colour"]) == "red")[validation])
    np.testing.assert_allclose(dataset.train.inputs.mean(axis=0, dtype=np.float64), 0, atol=1e-6)
    np.testing.assert_allclose(dataset.train.inputs.std(axis=0, dtype=np.float64), 1, atol=1e-4)
    assert watcher.shares == sorted(watcher.shares)
    assert watcher.shares[-1] == 1.0
    assert np.diff(watcher.shares).max() < 0.1
    assert len(watcher.shares) > 100
