"""What an edit did, in one quiet line."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from nnplayground.experiment import Experiment
from nnplayground.gui.knobs import wording
from nnplayground.gui.numbers import format_count


def edit(before: Experiment, after: Experiment, step: int) -> str:
    """Return what changed from `before` to `after`, and whether training begins anew or went on at `step`."""
    if after.name != before.name:
        return after.note or after.data.summary
    live = before.is_live(after)
    fields = {field.path: field for experiment in (before, after) for field in experiment.fields()}
    changed = {p: values for p, values in before.diff(after).items() if p not in ("name", "note")}
    path, values = next(iter(changed.items()), ("", (None, None)))
    if len(changed) == 1 and path in fields and not any(isinstance(v, list | dict) for v in values):
        old, new = (wording.shown(fields[path], value) for value in values)
        if old == new:  # as many points, in other places
            return _tr("{0} changed at step {1}").format(fields[path].knob.label, format_count(step))
        line = _tr("{0} {1} → {2} at step {3}") if live else _tr("{0} {1} → {2}: training begins anew.")
        return line.format(fields[path].knob.label, old, new, format_count(step))
    return "" if live else _tr("Training begins anew.")


def _tr(text: str) -> str:
    return QCoreApplication.translate("told", text)
