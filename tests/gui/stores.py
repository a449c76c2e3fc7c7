"""Stores for tests: of a few runs that were trained, and of very many that were only entered."""

from __future__ import annotations

import json
import sqlite3
import uuid
from pathlib import Path

import numpy as np

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


def enter_drawn(path: Path, count: int, seed: int = 0) -> None:
    """Enter runs without a history whose knobs are drawn: the loss is that of the rate, least at 0.01, and chance.

    Runs of Adam have beta1, those of SGD momentum; one of fifty diverged and has no result.
    """
    generator = np.random.default_rng(seed)
    Store(path).close()
    rows = []
    for i in range(count):
        kind = str(generator.choice(["adam", "sgd"]))
        rate = round(float(10 ** generator.uniform(-4, 0)), 7)
        changes = {
            "optimizer.kind": kind,
            "optimizer.lr": rate,
            "network.activation": str(generator.choice(["tanh", "relu", "gelu"])),
            "regularization.l2": float(generator.choice([0.0, 1e-4, 1e-3, 0.01])),
            "batches.size": int(generator.choice([5, 10, 30])),
        }
        changes["optimizer.momentum" if kind == "sgd" else "optimizer.beta1"] = round(
            float(generator.uniform(0, 0.9)), 2
        )
        loss = 0.05 + 0.1 * np.log10(rate / 0.01) ** 2 + float(generator.uniform(0, 0.05))
        made = {"train_loss": loss, "validation_loss": 1.2 * loss, "validation/accuracy": 1 / (1 + loss)}
        texts = told(BASE.replace_all(changes))
        outcome = "diverged" if i % 50 == 49 else "epochs"
        results = json.dumps(made if outcome == "epochs" else {})
        row = texts["experiment"], texts["experiment"], texts["knobs"], FORM.to_json(), outcome, 100 + i % 7, 10
        rows.append((uuid.uuid4().hex, float(i), float(i), *row, 1.5, results))
    names = "uid, begun, changed, first, experiment, knobs, form, outcome, steps, epochs, seconds, results"
    with sqlite3.connect(path) as connection:
        connection.executemany(f"INSERT INTO runs ({names}) VALUES ({', '.join('?' * 12)})", rows)
    connection.close()
