"""The pictures of runs that are compared, one of them in sight: only that one reads, computes and draws."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Signal, Slot
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from nnplayground.gui.runs.comparison.curves import Curves
from nnplayground.gui.runs.comparison.importances import Importances
from nnplayground.gui.runs.comparison.pair import Pair
from nnplayground.gui.runs.comparison.parallel import Parallel
from nnplayground.gui.runs.comparison.picture import Chosen, RunsPicture
from nnplayground.gui.runs.comparison.scatter import Scatter
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.picker import Picker

_ORDER: tuple[type[RunsPicture], ...] = (Curves, Parallel, Importances, Scatter, Pair)
PICTURES: Mapping[str, type[RunsPicture]] = {picture.sort: picture for picture in _ORDER}


class Comparison(QWidget):
    """One picture of the runs chosen, with a picker of pictures at the left of its options."""

    picked = Signal(object)  # {numbers of runs}: they are to be selected in the table
    opened = Signal(object)  # Row: it is to be shown in every view

    def __init__(self, path: Path, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.comparison")
        self._path, self._theme = path, theme
        self._runs = Chosen()
        self.pictures: dict[str, RunsPicture] = {}  # those that were needed by now
        self.stack = QStackedWidget(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)
        options = {name: QCoreApplication.translate("runs", name) for name in PICTURES}
        self.picker = Picker("runs.picture", self.tr("Picture of the runs"), options, self)
        self.picker.changed.connect(self._show_picked)
        self._show_picked()

    @property
    def picture(self) -> RunsPicture:
        """The picture in sight."""
        name = self.picker.chosen
        if name not in self.pictures:
            made = PICTURES[name](self._path, self._theme, self)
            made.picked.connect(self.picked)
            made.opened.connect(self.opened)
            self.pictures[name] = made
            self.stack.addWidget(made)
        return self.pictures[name]

    @property
    def working(self) -> bool:
        """Whether something is being read or computed for the picture in sight."""
        return self.picture.working

    def choose(self, name: str) -> None:
        """Show another picture."""
        self.picker.choose(name)
        self._show_picked()

    @Slot()
    def _show_picked(self) -> None:
        focused = self.picker.hasFocus()
        for name, other in self.pictures.items():
            if name != self.picker.chosen:
                other.rest()
        picture = self.picture
        picture.row.insertWidget(0, self.picker)
        self.stack.setCurrentWidget(picture)
        self.picker.show()
        if focused:
            self.picker.setFocus()
        if self._runs.rows:
            picture.show_runs(self._runs)

    def show_runs(self, runs: Chosen) -> None:
        """Compare these runs."""
        self._runs = runs
        self.picture.show_runs(runs)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self._theme = theme
        for picture in self.pictures.values():
            picture.set_theme(theme)
