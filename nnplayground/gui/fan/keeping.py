"""Members of a fan as runs of the store: entered when their networks are built, written while they are trained."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnplayground.engine.chunk import Chunk, Floats
from nnplayground.runs.history import rows_of
from nnplayground.runs.store import Row, Store, StoreError
from nnplayground.runs.store.coding import pack_snapshot
from nnplayground.runs.store.labels import Label, write_label
from nnplayground.runs.store.records import KINDS, insert, insert_row, update_row, write_rows
from nnplayground.runs.store.row import Form

if TYPE_CHECKING:
    import sqlite3

    from nnplayground.engine import Population
    from nnplayground.engine.group import Group
    from nnplayground.engine.snapshot import Snapshot

TAG = "fan"
ROWS = 4096  # that wait before they are written
_BY_LAYER = ("gradient_norm", "update_ratio", "clipped_norm")


@dataclass(eq=False)
class _Run:
    """One member, and what of it is not written yet."""

    number: int
    form: Form
    layers: list[int]  # the places of its layers among the population's
    waiting: dict[str, list[Floats]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    written: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    seconds: float = 0.0
    results: dict[str, float] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many wait."""
        return sum(map(len, self.waiting["steps"]))

    def write(self, connection: sqlite3.Connection) -> None:
        """Write what waits."""
        for kind, parts in self.waiting.items():
            if parts:
                rows = np.concatenate(parts)
                write_rows(connection, self.number, kind, self.written[kind], rows)
                self.written[kind] += len(rows)
                parts.clear()
        values = {**self.written, "seconds": self.seconds, "results": json.dumps(self.results), "changed": time.time()}
        update_row(connection, self.number, values)


class KeptMembers:
    """Keeps populations in a store. Nothing is raised: where that cannot be written, `fault` says why, and no more is.

    To be used by one thread.
    """

    def __init__(self, path: Path, label: Label) -> None:
        self.fault = ""
        self._label = label
        self._runs: dict[int, list[_Run]] = {}  # by the identity of their population
        self._store: Store | None = None
        with self._trying():
            self._store = Store(path)

    @contextmanager
    def _trying(self) -> Iterator[None]:
        """Give up where the store cannot be written."""
        try:
            yield
        except StoreError as error:
            self.fault = str(error)
            self.close()

    def close(self) -> None:
        """Let go of the store."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def begin(self, population: Population) -> None:
        """Enter all members, before their first step."""
        with self._trying():
            if self._store is None:
                return
            with self._store.change() as connection:
                runs = [self._entered(connection, population, i) for i in range(len(population))]
            self._runs[id(population)] = runs

    def _entered(self, connection: sqlite3.Connection, population: Population, member: int) -> _Run:
        form = _form(population, member)
        number = insert_row(connection, Row.new(population.members[member], form))
        write_label(connection, number, self._label)
        _keep(connection, number, population.snapshot(member), "first")
        return _Run(number, form, [population.layers.index(layer) for layer in form.layers])

    def after(self, population: Population, chunk: Chunk) -> None:
        """Take up what a population did."""
        runs = self._runs.get(id(population), ())
        for member, run in enumerate(runs):
            own = _own(chunk, member, run.layers)
            for kind, rows in zip(KINDS, rows_of(own), strict=True):
                if len(rows):
                    run.waiting[kind].append(np.asarray(rows, np.float32))
            run.seconds += chunk.seconds / len(runs)
            if len(own.epoch):
                pairs = zip(run.form.columns[1], rows_of(own)[1][-1], strict=True)
                run.results = {name: float(value) for name, value in pairs if np.isfinite(value)}
        if runs and max(run.rows for run in runs) >= ROWS:
            self._write(runs)

    def _write(self, runs: Sequence[_Run]) -> None:
        with self._trying():
            if self._store is not None:
                with self._store.change() as connection:
                    for run in runs:
                        run.write(connection)

    def keep_networks(self, population: Population, why: str) -> None:
        """Keep every member's network as it is now: "last", or "best" of those that have gone back to it."""
        with self._trying():
            runs = self._runs.get(id(population), ())
            if self._store is None or not runs:
                return
            with self._store.change() as connection:
                for member, run in enumerate(runs):
                    restored = population.members[member].stopping.restore and population.best_epochs[member]
                    if why != "best" or restored:
                        _keep(connection, run.number, population.snapshot(member), why)

    def finish(self, populations: Sequence[Population]) -> None:
        """Write the rest, say what became of each, and let go of the store."""
        with self._trying():
            for population in populations:
                runs = self._runs.get(id(population), ())
                if self._store is None or not runs:
                    continue
                with self._store.change() as connection:
                    for member, run in enumerate(runs):
                        run.write(connection)
                        values = {"owner": None, "outcome": _outcome(population, member, run)}
                        update_row(connection, run.number, values)
        self.close()


def _group(population: Population, member: int) -> Group:
    return next(group for group in population.groups if member in group.places)


def _form(population: Population, member: int) -> Form:
    """Return what a member's columns are called."""
    group, experiment = _group(population, member), population.members[member]
    layout = group.first.built.layout
    clipping, averaging = (getattr(experiment, part).kind != "none" for part in ("clipping", "averaging"))
    return Form(layout.layers, population.metrics, group.first.steps_per_epoch, clipping, averaging, layout.size)


def _own(chunk: Chunk, member: int, layers: list[int]) -> Chunk:
    """Return what one member did of what a population did: the steps that it took, and the epochs that it finished."""
    steps, epochs = (int(np.isfinite(losses[:, member]).sum()) for losses in (chunk.loss, chunk.train_loss))
    names = [name for name in vars(chunk) if isinstance(getattr(chunk, name), np.ndarray)]
    found = {}
    for name in names:
        values = getattr(chunk, name)
        if name in _BY_LAYER:
            found[name] = values[:steps, member][:, layers]
        elif name == "epoch":
            found[name] = values[:epochs]
        else:
            found[name] = values[: steps if name in ("loss", "lr") else epochs, member]
    return replace(chunk, **found)


def _outcome(population: Population, member: int, run: _Run) -> str:
    group = _group(population, member)
    if population.diverged[member]:
        return "diverged"
    if group.impatient[group.places.index(member)]:
        return "patience"
    last = population.members[member].stopping.epochs * run.form.steps_per_epoch
    return "epochs" if run.written["steps"] >= last else "interrupted"


def _keep(connection: sqlite3.Connection, run: int, snapshot: Snapshot, why: str) -> None:
    values = {"run": run, "step": snapshot.step, "epoch": snapshot.epoch, "why": why}
    insert(connection, "snapshots", {**values, "network": pack_snapshot(snapshot)})
