"""Labels that the program itself gives a run: a tag and words in its note, beside the user's own."""

from __future__ import annotations

import json
import sqlite3
from typing import NamedTuple

from nnplayground.runs.store.database import StoreError


class Label(NamedTuple):
    """What a run is, where its experiment does not say."""

    tag: str
    words: str


def write_label(connection: sqlite3.Connection, run: int, label: Label) -> None:
    """Give a run a tag and words in its note, each once; what the user wrote stays. Raises StoreError."""
    found = connection.execute("SELECT tags, note FROM runs WHERE id = ?", (run,)).fetchone()
    if found is None:
        return
    try:
        tags, note = list(map(str, json.loads(found[0]))), str(found[1])
    except (ValueError, TypeError):
        raise StoreError(f"run {run} is damaged: its tags cannot be read") from None
    tags += [] if label.tag in tags else [label.tag]
    if label.words not in note:
        note = f"{note}; {label.words}" if note else label.words
    values = json.dumps(tags, ensure_ascii=False), note, run
    connection.execute("UPDATE runs SET tags = ?, note = ? WHERE id = ?", values)
