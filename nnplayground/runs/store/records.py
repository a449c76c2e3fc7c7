"""Records of a run, written to a store's tables: its row, and the chunks of what it recorded."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping

import numpy as np

from nnplayground.runs.store import coding
from nnplayground.runs.store.row import Row

KINDS = ("steps", "epochs")
LARGEST_CHUNK = 1 << 20  # rows of one chunk; what claims more is damaged


def insert_row(connection: sqlite3.Connection, row: Row) -> int:
    """Enter a run that the store does not know; return its number there."""
    values = {
        "uid": row.uid,
        "begun": row.begun,
        "changed": row.changed,
        "first": row.first,
        "experiment": row.toml,
        "knobs": row.told,
        "form": row.form.to_json(),
        "marks": json.dumps(row.marks, ensure_ascii=False),
        "parent": row.parent,
        "parent_step": row.parent_step,
        "owner": row.owner,
        "alive": row.alive,
    }
    return insert(connection, "runs", values)


def insert(connection: sqlite3.Connection, table: str, values: Mapping[str, object]) -> int:
    """Enter a record into a table, by column; return its number there."""
    marks = ", ".join("?" * len(values))
    found = connection.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))
    return int(found.lastrowid or 0)


def update_row(connection: sqlite3.Connection, run: int, values: Mapping[str, object]) -> bool:
    """Write other values of a run, by column; return whether there is such a run."""
    setting = ", ".join(f"{name} = ?" for name in values)
    return bool(connection.execute(f"UPDATE runs SET {setting} WHERE id = ?", (*values.values(), run)).rowcount)


def write_rows(connection: sqlite3.Connection, run: int, kind: str, start: int, rows: coding.Floats) -> None:
    """Write rows that follow on `start` others, in place of the chunk that began there."""
    for begin in range(0, len(rows), LARGEST_CHUNK):
        part = rows[begin : begin + LARGEST_CHUNK]
        columns = np.ascontiguousarray(part.T)  # several times as quick as along the rows
        known = np.isfinite(columns)
        low = columns.min(axis=1, where=known, initial=np.inf)
        high = columns.max(axis=1, where=known, initial=-np.inf)
        extremes = (np.asarray(values, "<f4").tobytes() for values in (low, high))
        values = (run, kind, start + begin, len(part), *extremes, coding.pack(part))
        names = "run, kind, start, count, low, high, rows"
        connection.execute(f"INSERT OR REPLACE INTO chunks ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
