"""The columns of the table of runs: what there is to choose from, what each is called, how its values are written."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QCoreApplication

from nnplayground.experiment.catalogue import every_knob
from nnplayground.gui.knobs.wording import translated
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.runs.history import words

if TYPE_CHECKING:
    from nnplayground.runs.store import Row

OWN: Mapping[str, str] = {  # what a run has beside its knobs and results, and what it is called
    "star": "★",
    "id": "run",
    "name": "name",
    "begun": "begun",
    "outcome": "outcome",
    "steps": "steps",
    "epochs": "epochs",
    "seconds": "time (s)",
    "parameters": "parameters",
    "tags": "tags",
    "note": "note",
}
RESULTS: Mapping[str, str] = {
    "train_loss": "train loss",
    "validation_loss": "validation loss",
    "averaged_validation_loss": "averaged loss",
    "penalty": "penalty",
}
FIRST = (  # that are shown unless others are chosen
    "star",
    "id",
    "name",
    "begun",
    "outcome",
    "epochs",
    "train_loss",
    "validation_loss",
    "validation/accuracy",
    "optimizer.kind",
    "optimizer.lr",
    "tags",
    "note",
)
_OF_ROWS = ("star", "id", "name", "begun", "steps", "epochs", "seconds", "tags", "note")
EDITABLE = ("tags", "note")
LONGEST = 60  # letters of a text in a cell


def title(path: str) -> str:
    """Return what a column is called."""
    if path in OWN or path in RESULTS:
        return _tr(OWN.get(path) or RESULTS[path])
    if "/" in path:
        part, _, metric = path.partition("/")
        return f"{_tr(part.replace('_', ' '))} {metric}"
    part, label = path.partition(".")[0], _labels().get(path)
    if path.endswith(".kind"):
        return _tr(part)
    if label is None:
        return path.rpartition(".")[2].replace("_", " ")
    return translated(label) if path.endswith(".lr") or label == part else f"{part}: {translated(label)}"


@lru_cache(maxsize=1)
def _labels() -> dict[str, str]:
    """Return the label of each knob by its path; where kinds have knobs of one path, the first one's."""
    found: dict[str, str] = {}
    for _, field in every_knob():
        found.setdefault(field.path, field.knob.label)
    return found


def group_of(path: str) -> str:
    """Return under which heading a column stands among those to choose from."""
    if path in OWN or path in ("note", "name"):
        return "run"
    if path in RESULTS or "/" in path:
        return "results"
    return path.partition(".")[0]


def choices(known: Iterable[str]) -> dict[str, list[str]]:
    """Return the columns to choose from under their headings: a run's own, results, and each part of the knobs."""
    found: dict[str, list[str]] = {"run": list(OWN), "results": []}
    for path in known:
        if path != "format" and path not in OWN:
            found.setdefault(group_of(path), []).append(path)
    return found


def value_of(row: Row, path: str) -> Any:
    """Return a run's value by which it is sorted and grouped; its experiment is read only where that is asked for."""
    if path == "outcome":
        return row.status
    if path in _OF_ROWS:
        return getattr(row, path)
    if path == "parameters":
        return row.form.parameters
    return row.results.get(path) if group_of(path) == "results" else row.knobs.get(path)


def text_of(row: Row, path: str) -> str:
    """Return a value as a cell shows it; empty where there is none."""
    value = value_of(row, path)
    if path == "star":
        return "★" if value else "☆"
    if path == "begun":
        return time.strftime("%Y-%m-%d %H:%M", time.localtime(row.begun))
    return text(value)


def text(value: Any) -> str:
    """Return a value of any kind in a few letters."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return words(value)
    if isinstance(value, int):
        return format_count(value)
    if isinstance(value, float):
        return format_number(value, trim=True)
    if isinstance(value, (list, tuple)):
        return shortened(", ".join(map(text, value)))
    if isinstance(value, dict):
        return " ".join(text(part) for part in value.values())
    return shortened(str(value))


def shortened(line: str) -> str:
    """Return a text on one line, cut where it is too long for a cell."""
    plain = " ".join(line.split())
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


def is_number(path: str) -> bool:
    """Whether a column is of numbers as a rule, and so stands at the right."""
    return path in ("id", "steps", "epochs", "seconds", "parameters") or group_of(path) == "results"


def _tr(text: str) -> str:
    return QCoreApplication.translate("runs", text)
