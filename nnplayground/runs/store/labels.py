"""Labels that the program itself gives a run: a tag and a line of its note, beside the user's own."""

from __future__ import annotations

import json
import sqlite3
from typing import NamedTuple

from nnplayground.runs.store.database import StoreError


class Label(NamedTuple):
    """What a run is, where its experiment does not say."""

    tag: str
    line: str


def write_label(connection: sqlite3.Connection, run: int, label: Label) -> None:
    """Give a run a tag and a line of its note, each once; what the user wrote stays. Raises StoreError."""
    found = connection.execute("SELECT tags, note FROM runs WHERE id = ?", (run,)).fetchone()
    if found is None:
        return
    try:
        tags, lines = list(map(str, json.loads(found[0]))), str(found[1]).splitlines()
    except (ValueError, TypeError):
        raise StoreError(f"run {run} is damaged: its tags cannot be read") from None
    tags += [] if label.tag in tags else [label.tag]
    lines += [] if label.line in lines else [label.line]
    values = json.dumps(tags, ensure_ascii=False), "\n".join(lines)
    connection.execute("UPDATE runs SET tags = ?, note = ? WHERE id = ?", (*values, run))
