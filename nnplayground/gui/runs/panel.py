"""The dock of runs: a line to filter by above the table, and what goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnplayground.experiment import ExperimentError
from nnplayground.gui.numbers import format_count
from nnplayground.gui.runs.shelf import Reading, Shelf
from nnplayground.gui.study import Study
from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.tick_box import TickBox
from nnplayground.runs.filtering import ALLOWED

TYPING_MS = 150  # after a letter, until it is filtered by what was typed

FILTER = 128  # pixels of the line to filter by at least, at plain type


class RunsPanel(QWidget):
    """All runs of a store. Its parts are made when it is first seen; nothing is read while it is out of sight."""

    shown = Signal(object)  # Row: it is to be shown in every view
    said = Signal(str)  # one line: what was done

    def __init__(self, theme: Theme, settings: QSettings, store: Path | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs")
        self._theme, self._settings = theme, settings
        self.shelf = Shelf(store, self) if store is not None else None
        self._made = False
        self.column = self._new_column()

    def showEvent(self, event: QShowEvent) -> None:
        """Look at the store from now on."""
        super().showEvent(event)
        self._open()

    def _open(self) -> None:
        if not self._made:
            self._made = True
            if self.shelf is None:
                self._say_nothing_is_kept()
            else:
                self._make(self.shelf)
        if self.shelf is not None:
            self.shelf.open()

    def hideEvent(self, event: QHideEvent) -> None:
        """Look no more."""
        super().hideEvent(event)
        if self.shelf is not None:
            self.shelf.rest()

    def end(self) -> None:
        """End for good: to be called before the window is gone."""
        if self.shelf is not None:
            self.shelf.close()

    def use_store(self, store: Path | None) -> None:
        """Show the runs of another store from now on."""
        for study in self.findChildren(Study):
            study.close()
        self.end()
        old = QWidget()
        old.setLayout(self.column)  # takes along all that was made for the store before
        old.deleteLater()
        if self.shelf is not None:
            self.shelf.deleteLater()
        self.shelf = Shelf(store, self) if store is not None else None
        self._made = False
        self.column = self._new_column()
        if self.isVisible():
            self._open()

    # making

    def _new_column(self) -> QVBoxLayout:
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING, SPACING // 2)
        column.setSpacing(SPACING // 2)
        return column

    def _say_nothing_is_kept(self) -> None:
        label = QLabel(self.tr("No runs are kept: this window was opened without a store."))
        label.setObjectName("runs.nothing")
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        restyle(label, role="secondary")
        self.column.addWidget(label)

    def _make(self, shelf: Shelf) -> None:
        # imported here: the dock is hidden at first, and the window is not to wait for it
        from nnplayground.gui.runs.changes import Changes
        from nnplayground.gui.runs.comparing import Comparing
        from nnplayground.gui.runs.model import RunsModel
        from nnplayground.gui.runs.table import RunsTable

        self.model = RunsModel(self)
        kept = self._settings.value("runs/columns")
        if isinstance(kept, list) and kept:
            self.model.set_columns([str(path) for path in kept])
        self.table = RunsTable(self.model, self._theme, self)
        self._faults: dict[str, str] = {}
        self.column.addLayout(self._tools())
        self.error = self._line("runs.error", "error")
        self.changes = Changes(shelf, self.model, self.table, self)
        self.column.addWidget(self.changes)
        self.empty = self._line("runs.empty", "secondary")
        self.comparing = Comparing(shelf.path, self.model, self.table, self._theme)
        self.column.addWidget(self.comparing, 1)
        self._connect(shelf)
        if not shelf.path.exists():
            self._count(0, 0)

    def _connect(self, shelf: Shelf) -> None:
        table, model = self.table, self.model
        shelf.told.connect(self._take)
        shelf.fault.connect(self._show_fault)
        shelf.refused.connect(self._refuse)
        shelf.carried_out.connect(self.said)
        self.changes.refused.connect(self._refuse)
        model.counted.connect(self._count)
        table.shown.connect(self.shown)
        table.columns_chosen.connect(self._choose_columns)
        table.grouping.connect(self._group)
        self.every.toggled.connect(self.comparing.compare_all)
        self.comparing.comparison.opened.connect(self.shown)

    def _tools(self) -> QHBoxLayout:
        self.filter = QLineEdit()
        self.filter.setObjectName("runs.filter")
        self.filter.setAccessibleName(self.tr("Show the runs that"))
        self.filter.setPlaceholderText(self.tr("lr > 0.01 and optimizer = adam"))
        self.filter.setToolTip(self.tr("Show the runs for which this holds, {0}").format(ALLOWED))
        self.filter.setClearButtonEnabled(True)
        self._typing = QTimer(self)
        self._typing.setSingleShot(True)
        self._typing.setInterval(TYPING_MS)
        self._typing.timeout.connect(self.apply_filter)
        self.filter.textEdited.connect(self._typing.start)
        self.filter.textChanged.connect(self._cleared)
        self.filter.returnPressed.connect(self.apply_filter)
        self.differing = TickBox(self.tr("Only what differs"))
        self.differing.setObjectName("runs.differing")
        self.differing.setToolTip(self.tr("Of the knobs, those in which the runs shown differ, and all of them"))
        self.differing.toggled.connect(self.model.set_differing)
        self.every = TickBox(self.tr("Compare all"))
        self.every.setObjectName("runs.comparing")
        self.every.setToolTip(self.tr("Compare all runs shown, while fewer than two are selected"))
        self.count = QLabel()
        self.count.setObjectName("runs.count")
        restyle(self.count, role="secondary")
        self.filter.setMinimumWidth(self._theme.scaled(FILTER))
        row = QHBoxLayout()
        row.setSpacing(SPACING * 3 // 2)
        row.addWidget(self.filter, 1)
        row.addWidget(self.differing)
        row.addWidget(self.every)
        tips = self.tr("Which knobs and results the table shows"), self.tr("Gather runs that have a knob alike")
        row.addWidget(self._button("columns", self.tr("Columns ▾"), tips[0], self.table.columns_menu))
        row.addWidget(self._button("group", self.tr("Group by ▾"), tips[1], self.table.group_menu))
        row.addWidget(self.count)
        return row

    def _button(self, name: str, text: str, tip: str, fill: Callable[[QMenu], None]) -> QToolButton:
        button = QToolButton()
        button.setObjectName(f"runs.{name}")
        button.setText(text)
        button.setToolTip(tip)
        button.setAccessibleName(text.removesuffix(" ▾"))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(button)
        menu.aboutToShow.connect(partial(_refill, menu, fill))
        button.setMenu(menu)
        restyle(button, role="link")
        return button

    def _line(self, name: str, role: str) -> QLabel:
        label = QLabel()
        label.setObjectName(name)
        label.setWordWrap(True)
        label.hide()
        restyle(label, role=role)
        self.column.addWidget(label)
        return label

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self._theme = theme
        if self._made and self.shelf is not None:
            self.filter.setMinimumWidth(theme.scaled(FILTER))
            self.comparing.set_theme(theme)

    # what the store tells

    @Slot(object)
    def _take(self, reading: Reading) -> None:
        first = not self.model.known
        self.model.take(reading)
        if not reading.rows and not self.model.every_row:  # of which there was nothing to count
            self._count(0, 0)
        if first and self.model.known and self.filter.text():
            self.apply_filter()

    @Slot(int, int)
    def _count(self, shown: int, every: int) -> None:
        of = format_count(every)
        whole = self.tr("{0} runs") if every != 1 else self.tr("{0} run")
        words = whole if shown == every else self.tr("{1} of {0} runs")
        self.count.setText(words.format(of, format_count(shown)))
        nothing = self.tr("No run is kept yet: press the space bar to train one.")
        self.empty.setText(nothing if not every else self.tr("No run is like that."))
        self.empty.setVisible(not shown)

    @Slot(str)
    def _show_fault(self, line: str) -> None:
        self._say("store", line)

    @Slot(str)
    def _refuse(self, line: str) -> None:
        self._say("change", line)

    def _say(self, what: str, line: str) -> None:
        """Say what is wrong with the store, the filter or a change, until that is no longer so."""
        self._faults[what] = line
        lines = [line for line in self._faults.values() if line]
        self.error.setText("\n".join(lines))
        self.error.setVisible(bool(lines))

    # choosing

    @Slot()
    def apply_filter(self) -> None:
        """Show the runs that the line lets through, or say why it cannot be read."""
        self._typing.stop()
        try:
            self.model.set_filter(self.filter.text())
        except ExperimentError as error:
            self._say("filter", str(error))
            restyle(self.filter, invalid=True)
        else:
            self._say("filter", "")
            restyle(self.filter, invalid=False)

    @Slot(str)
    def _cleared(self, text: str) -> None:
        if not text:
            self.apply_filter()

    @Slot(object)
    def _choose_columns(self, paths: tuple[str, ...]) -> None:
        self.model.set_columns(paths)
        self._settings.setValue("runs/columns", list(paths))

    @Slot(str)
    def _group(self, path: str) -> None:
        self.model.set_group(path)


def _refill(menu: QMenu, fill: Callable[[QMenu], None]) -> None:
    menu.clear()
    fill(menu)
