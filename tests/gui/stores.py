"""Stores for tests: of a few runs that were trained, and of very many that were only entered."""

from __future__ import annotations

import sqlite3
import uuid
from pathlib import Path

from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment
from nnplayground.runs.store import Keeper, Store
from nnplayground.runs.store.row import Form, told

FORM = Form(("layer 1", "output"), ("accuracy",), 10, False, False, 33)
BASE = Experiment().replace_all({"network.layers": [4], "data.samples": 60, "stopping.epochs": 40})


def keep_run(path: Path, steps: int = 30, **changes) -> Trainer:
    """Train an experiment for some steps while it is kept; `changes` are knobs by their path."""
    trainer = Trainer(BASE.replace_all(changes), device="cpu", executor="eager")
    keeper = Keeper.begin(path, trainer)
    keeper.after(trainer.advance(steps=steps))
    keeper.finish("interrupted")
    assert keeper.recorder.fault == ""
    return trainer


def enter_many(path: Path, count: int) -> None:
    """Enter runs without a history, of which no two have the same rate, and every one of ten has another optimizer."""
    Store(path).close()
    form, optimizers = FORM.to_json(), ("adam", "sgd", "rmsprop", "adamw", "nadam", "radam", "adamax", "lion")
    texts = {kind: told(BASE.replace_all({"optimizer.kind": kind, "optimizer.lr": 0.125})) for kind in optimizers}
    with sqlite3.connect(path) as connection:
        for i in range(count):
            text = texts[optimizers[i % len(optimizers)]]
            toml, knobs = (value.replace("0.125", f"{(i + 1) / 1e6:.7f}") for value in text.values())
            loss = 1 / (i + 1)
            results = f'{{"train_loss": {loss}, "validation_loss": {2 * loss}, "validation/accuracy": 0.5}}'
            values = (uuid.uuid4().hex, float(i), float(i), toml, toml, knobs, form, "epochs", 100, 10, 1.5, results)
            names = "uid, begun, changed, first, experiment, knobs, form, outcome, steps, epochs, seconds, results"
            connection.execute(f"INSERT INTO runs ({names}) VALUES ({', '.join('?' * len(values))})", values)
    connection.close()
