"""Small data sets and trainers for the engine's tests."""

import numpy as np
import pytest

from nnplayground.data import Dataset, Samples
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment


def make_dataset(task: str = "classification", classes: int = 2, inputs: int = 3, rows: int = 40) -> Dataset:
    """Return random data of any shape: half for training, half for validation."""
    random = np.random.default_rng(5)
    x = random.normal(size=(2 * rows, inputs)).astype(np.float32)
    if task == "classification":
        y = np.arange(2 * rows) % classes
        targets, names = y.astype(np.int64), tuple(f"class {i}" for i in range(classes))
    else:
        targets, names = (x.sum(axis=1) + random.normal(size=2 * rows)).astype(np.float32), ()
    parts = [Samples(x[s], targets[s], x[s]) for s in (slice(0, rows), slice(rows, None))]
    columns = tuple(f"x{i}" for i in range(inputs))
    return Dataset("random", task, columns, "y", names, *parts, encode=lambda raw: raw)


def make_trainer(dataset: Dataset, **knobs) -> Trainer:
    """Return a trainer of the default experiment with some knobs turned (`optimizer__lr=0.1`) on that data set."""
    kind = "spiral" if dataset.task == "classification" else "plane"
    if len(dataset.class_names) > 2:
        kind = "blobs"
    changes = {"data.kind": kind, "batches.size": 8} | {k.replace("__", "."): v for k, v in knobs.items()}
    return Trainer(Experiment().replace_all(changes), device="cpu", dataset=dataset)


@pytest.fixture
def dataset() -> Dataset:
    return make_dataset()
