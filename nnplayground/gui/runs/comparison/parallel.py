"""Parallel coordinates of runs: an axis for each knob that differs, the result at the right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PySide6.QtCore import Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from nnplayground.gui.numbers import format_count
from nnplayground.gui.runs import columns
from nnplayground.gui.runs.comparison.lines import Lines
from nnplayground.gui.runs.comparison.picture import offer, usual
from nnplayground.gui.runs.comparison.quantified import Quantified
from nnplayground.gui.runs.comparison.scales import AxisScale
from nnplayground.gui.runs.comparison.strings import Strings
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.keeping import Table

NARROWEST = 76  # pixels from axis to axis at first, for plain type; the menu brings more of them
FIRST = ("validation_loss", "train_loss")


class Parallel(Quantified):
    """A line for each run through its knobs to its result."""

    title, name, sort = "Parallel coordinates", "runs.parallel", "parallel"
    explanation = (
        "Each run is a line from knob to knob to its result at the right, in the colour of the result. Drag along an "
        "axis to keep the runs that pass there: the others fade, and those left are selected in the table. A click on "
        "a range or a double click lets go. Drag a title to move its axis. Brush the best results: knobs whose lines "
        "then come from one place matter; those from everywhere do not. A dash stands for runs without that knob."
    )

    def __init__(self, path: Path, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(path, theme, parent)
        self._order: tuple[str, ...] = ()  # of axes, as they were moved
        self._wanted: dict[str, bool] = {}  # axes that were chosen, or taken away
        self.result = self.choice("result", self.tr("Result"))
        self.result.activated.connect(self.draw_runs)
        self.finish(self.result)
        self.axes_menu = QMenu(self.tr("Axes"), self.menu)
        self.menu.insertMenu(self.menu.actions()[0], self.axes_menu)
        self.axes_menu.aboutToShow.connect(self._fill)
        self.strings = Strings(theme, self)
        self.strings.setAccessibleName(self.tr("Parallel coordinates of runs; arrow keys choose and brush axes"))
        self.strings.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.strings.brushed.connect(self._brush)
        self.strings.clicked.connect(self._open)
        self.strings.moved.connect(self._move)
        self.column.insertWidget(1, self.strings, 1)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        super().set_theme(theme)
        self.strings.set_theme(theme)

    def offer_read(self) -> None:
        """Offer the results."""
        offer(self.result, {path: columns.title(path) for path in self.read.results}, *FIRST)

    # drawing

    def axes(self) -> tuple[str, ...]:
        """Return the knobs that have an axis, from left to right: those moved first in their order."""
        paths = [
            *(p for p in self._order if p in self.read.knobs),
            *(p for p in self.read.knobs if p not in self._order),
        ]
        shown = usual(self.read.knobs, self._room())
        return tuple(path for path in paths if self._wanted.get(path, path in shown))

    def _room(self) -> int:
        """Return for how many knobs there is room, two at least."""
        return max(self.strings.width() // self.theme.scaled(NARROWEST) - 1, 2)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw as many axes as there is room for now."""
        super().resizeEvent(event)
        if len(self.strings.lines.axes) != len(self.axes()) + 1 and self.read.rows:
            self.draw_runs()

    @Slot()
    def draw_runs(self) -> None:
        """Draw what was read."""
        result = self.read.results.get(self.result.currentData())
        found = [] if result is None else [*(self.read.knobs[path] for path in self.axes()), result]
        numbers = tuple(row.id for row in self.read.rows)
        self.strings.show_lines(Lines(tuple(AxisScale(quantity) for quantity in found), numbers))
        self._tell()

    def _tell(self) -> None:
        """Say how many runs there are, and what cannot be seen."""
        inside, count = int(self.strings.inside.sum()), len(self.read.rows)
        words = [self.tr("{0} runs").format(format_count(count))]
        if self.strings.ranges:
            words = [self.tr("{0} of {1} runs inside").format(format_count(inside), format_count(count))]
        hidden = len(self.read.knobs) - len(self.axes())
        if hidden:
            words.append(self.tr("{0} more knobs differ: see the menu ▾").format(hidden))
        if self.read.rows and not self.read.knobs:
            words.append(self.tr("they differ in no knob"))
        self.caption.set_words(" · ".join(words))

    # what the user does

    @Slot()
    def _brush(self) -> None:
        self._tell()
        inside = self.strings.inside
        chosen = np.flatnonzero(inside).tolist() if self.strings.ranges else []
        self.picked.emit(frozenset(self.read.rows[i].id for i in chosen))

    @Slot(int)
    def _open(self, number: int) -> None:
        row = next((row for row in self.read.rows if row.id == number), None)
        if row is not None:
            self.picked.emit(frozenset({number}))
            self.opened.emit(row)

    @Slot(object)
    def _move(self, paths: tuple[str, ...]) -> None:
        self._order = paths
        self.draw_runs()

    @Slot()
    def _fill(self) -> None:
        self.axes_menu.clear()
        shown = self.axes()
        for path in self.read.knobs:
            action = self.axes_menu.addAction(columns.title(path))
            action.setData(path)
            action.setCheckable(True)
            action.setChecked(path in shown)
            action.toggled.connect(self._turn)

    @Slot(bool)
    def _turn(self, on: bool) -> None:
        action = self.sender()
        assert isinstance(action, QAction)
        self._wanted[str(action.data())] = on
        self.draw_runs()

    def show_everything(self) -> None:
        """Let all lines go."""
        self.strings.clear()

    def table_now(self) -> Table:
        """Return each run's values along the axes, and whether it is inside of what is brushed."""
        axes, inside = self.strings.lines.axes, self.strings.inside
        rows = [(row.id, *(axis.cell(i) for axis in axes), bool(inside[i])) for i, row in enumerate(self.read.rows)]
        return ["run", *(axis.quantity.path for axis in axes), "inside"], rows
