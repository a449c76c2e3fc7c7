"""A run that goes on from a moment of another, as a run of its own in the store: with all that came before."""

from __future__ import annotations

import json
from dataclasses import replace

from nnplayground.runs.store.clock import read_clock, write_time
from nnplayground.runs.store.database import StoreError
from nnplayground.runs.store.pending import forget_moments
from nnplayground.runs.store.records import KINDS, insert, insert_row, update_row, write_rows
from nnplayground.runs.store.row import Row
from nnplayground.runs.store.store import Store


def fork_run(store: Store, row: Row) -> Row:
    """Enter a run that this process trains from a step of another on: `row.parent_step` of `row.parent`.

    It has that run's rows, networks and states up to there, and its first experiment. Raises StoreError, also where the
    store has not got all of that yet.
    """
    parent, step = store.row(row.parent or ""), row.parent_step or 0
    if parent.steps < step:
        raise StoreError(f"{store.path}: has run {parent.id} up to step {parent.steps}; another begins at {step}")
    marks = json.dumps([mark for mark in parent.marks if mark[0] <= step], ensure_ascii=False)
    counts = {"steps": step, "epochs": step // row.form.steps_per_epoch}
    with store.change() as connection:
        run = insert_row(connection, replace(row, first=parent.first))
        for kind in KINDS:
            for start in store.starts(parent, kind):
                if start < counts[kind]:
                    rows = store.rows_from(parent, kind, start)[: counts[kind] - start]
                    write_rows(connection, run, kind, start, rows)
        for table in ("snapshots", "moments", "clock"):
            for found in store.records(table, parent.id):
                if int(str(found["step"])) <= step and found.get("why") not in ("last", "best"):
                    insert(connection, table, {**found, "run": run})
        forget_moments(connection, run)
        seconds = float(read_clock(store, parent).at(step))
        write_time(connection, run, step, seconds)
        update_row(connection, run, {**counts, "marks": marks, "seconds": seconds})
    return store.row(row.uid)
