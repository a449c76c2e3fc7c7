"""The knobs and results in which two runs differ, side by side."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from nnplayground.gui.runs import columns
from nnplayground.gui.runs.comparison.scales import short_title
from nnplayground.gui.theme import SPACING
from nnplayground.gui.views.brief import brief
from nnplayground.runs.comparing import differing_knobs

if TYPE_CHECKING:
    from nnplayground.runs.store import Row


class Differences(QLabel):
    """A table of what differs between two runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.differences")
        self.setTextFormat(Qt.TextFormat.RichText)
        self.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setContentsMargins(SPACING, 0, SPACING, 0)

    def show_runs(self, one: Row, other: Row, *, short: bool = False) -> None:
        """Show in what two runs differ, with names in short and small where there is little room."""
        paths = [path for path in differing_knobs([one, other]) if path not in columns.OWN]
        results = list(dict.fromkeys([*one.results, *other.results]))
        lines = [_line("", f"<b>{one.id}</b>", f"<b>{other.id}</b>")]
        for path in (*paths, *results):
            title = brief(short_title(path)) if short else columns.title(path)
            cells = (title, *(columns.text_of(row, path) or "–" for row in (one, other)))
            lines.append(_line(*map(escape, cells)))
        table = f"<table cellspacing=0 cellpadding=2>{''.join(lines)}</table>"
        self.setText(f"<small>{table}</small>" if short else table)


def _line(name: str, one: str, other: str) -> str:
    return f"<tr><td>{name}&nbsp;&nbsp;</td><td align=right>{one}&nbsp;&nbsp;</td><td align=right>{other}</td></tr>"
