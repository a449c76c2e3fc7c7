"""The table of runs, and beside it what of it is compared: those selected, or all that are shown."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Slot
from PySide6.QtWidgets import QScrollArea, QSplitter, QWidget

from nnplayground.gui.runs.comparison.comparison import Comparison
from nnplayground.gui.runs.comparison.differences import Differences
from nnplayground.gui.runs.comparison.picture import Chosen
from nnplayground.gui.runs.model import RunsModel
from nnplayground.gui.runs.table import RunsTable
from nnplayground.gui.theme import SPACING, Theme

if TYPE_CHECKING:
    from nnplayground.runs.store import Row

COMPARING_MS = 60  # after runs are selected, until they are compared
SHARES = (0.0, 0.56, 0.64)  # of the picture, of the room that differences leave to it and the table
LEAST, MOST = 0.26, 0.48  # of the dock for differences, which have as much as they need between these


class Comparing(QSplitter):
    """Shows pictures and differences as soon as there are runs to compare, and takes what is picked in a picture."""

    def __init__(
        self, path: Path, model: RunsModel, table: RunsTable, theme: Theme, parent: QWidget | None = None
    ) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.model, self.table = model, table
        self._every = False  # whether all runs shown are compared while fewer than two are selected
        self._picked: tuple[frozenset[int], tuple[Row, ...]] = frozenset(), ()  # by a picture, and among which
        self.setChildrenCollapsible(False)
        self.addWidget(table)
        self.comparison = Comparison(path, theme)
        self.differences = Differences()
        self._beside = QScrollArea()
        self._beside.setWidgetResizable(True)
        self._beside.setWidget(self.differences)
        for place in (self.comparison, self._beside):
            self.addWidget(place)
            place.hide()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(COMPARING_MS)
        self._later.timeout.connect(self._compare)
        model.counted.connect(self._later.start)
        model.dataChanged.connect(self._later.start)
        table.chosen.connect(self._later.start)
        self.comparison.picked.connect(self._pick)

    @Slot(bool)
    def compare_all(self, every: bool) -> None:
        """Compare all runs shown from now on, or no longer, while fewer than two are selected."""
        self._every = every
        self._later.start()

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self.table.set_theme(theme)
        self.comparison.set_theme(theme)

    @Slot()
    def _compare(self) -> None:
        """Compare the runs selected, where they are two or more, or else all; two of them knob by knob too."""
        chosen = self._chosen()
        wanted = len(chosen.rows) > 1, len(chosen.selected) == 2
        if wanted[1]:
            two = sorted(chosen.selected, key=lambda row: row.id)
            self.differences.show_runs(*two)
            if self.differences.sizeHint().width() > MOST * self.width():
                self.differences.show_runs(*two, short=True)
        if wanted != (not self.comparison.isHidden(), not self._beside.isHidden()):
            self.comparison.setVisible(wanted[0])
            self._beside.setVisible(wanted[1])
            beside = self._needed() if wanted[1] else 0
            room, share = self.width() - beside, SHARES[sum(wanted)]
            picture = max(round(share * room), self.comparison.minimumSizeHint().width() if wanted[0] else 0)
            self.setSizes([max(room - picture, 0), picture, beside])
        if wanted[0]:
            self.comparison.show_runs(chosen)

    def _needed(self) -> int:
        """Return the width of the differences, as far as the others can spare it."""
        whole = self.differences.sizeHint().width() + self._beside.verticalScrollBar().sizeHint().width() + SPACING
        return round(min(max(whole, LEAST * self.width()), MOST * self.width()))

    def _chosen(self) -> Chosen:
        """Return the runs that are compared; what a picture selected among some is still compared among these."""
        selected, model = tuple(self.table.selected), self.model
        numbers, among = self._picked
        if numbers and numbers == {row.id for row in selected}:
            rows = tuple(row for row in map(model.row, (row.id for row in among)) if row is not None)
        else:
            self._picked = frozenset(), ()
            rows = selected if len(selected) > 1 else tuple(model.rows) if self._every else ()
        return Chosen(rows, selected, model.grouped_by, tuple(model.every_row))

    @Slot(object)
    def _pick(self, numbers: frozenset[int]) -> None:
        """Select runs that a picture points at; those among which they were picked stay in it. None lets all go."""
        among = self._chosen().rows
        if numbers:
            self.table.select_runs(numbers)
            self._picked = frozenset(row.id for row in self.table.selected), among
            return
        self._picked = frozenset(), ()
        by_hand = len(among) < len(self.model.rows) or not self._every
        self.table.select_runs(frozenset(row.id for row in among) if by_hand else frozenset())
