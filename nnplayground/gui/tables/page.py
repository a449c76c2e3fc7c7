"""What is in a user's table and what is wanted of it, on one page: first rows, columns, settings."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from nnplayground.gui.importing.settings import panel
from nnplayground.gui.numbers import format_count
from nnplayground.gui.tables.columns import ColumnsList
from nnplayground.gui.tables.preview import Preview
from nnplayground.gui.tables.selection import Selection
from nnplayground.gui.tables.settings import TableSettings
from nnplayground.gui.theme import SPACING, Theme


class TablePage(QWidget):
    """Shows a selection, and changes it as the user does."""

    changed = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._selection: Selection | None = None
        self._refusal = ""  # of what was typed in a field
        self.preview = Preview(theme, self)
        self._used = QLabel(self)
        self._all = self._link(self.tr("all"), "table.all", self.tr("Use every column that can be used"))
        self._none = self._link(self.tr("none"), "table.none", self.tr("Use no column"))
        self.columns = ColumnsList(theme, self)
        self.settings = TableSettings(self)
        self._lay_out(theme)
        self.columns.turned.connect(self._turn)
        self.settings.edited.connect(self._edit)
        self.settings.refused.connect(self._refuse)

    @property
    def selection(self) -> Selection:
        """What is selected. There is none before the first report."""
        assert self._selection is not None
        return self._selection

    @property
    def problem(self) -> str:
        """One line about what keeps the selection from being trained on, or ""."""
        return self._refusal or self.selection.problem

    def show_report(self, selection: Selection) -> None:
        """Show another file, and what is selected of it at first."""
        self._selection, self._refusal = selection, ""
        self.preview.show_report(selection)
        self.columns.show_report(selection)
        self.settings.show_report(selection)
        self._take(selection)

    def _take(self, selection: Selection) -> None:
        self._selection = selection
        self.preview.show_selection(selection)
        self.columns.show_selection(selection)
        self.settings.show_selection(selection)
        count, most = format_count(len(selection.inputs)), format_count(len(selection.report.columns) - 1)
        self._used.setText(self.tr("{0} of {1} used").format(count, most))
        self.changed.emit()

    @Slot(str, object)
    def _edit(self, knob: str, value: object) -> None:
        self._take(self.selection.replace(knob, value))

    @Slot(str, bool)
    def _turn(self, name: str, on: bool) -> None:
        self._take(self.selection.turn(name, on))

    @Slot()
    def _turn_all(self) -> None:
        self._take(self.selection.turn_all(self.sender() is self._all))

    @Slot(str)
    def _refuse(self, line: str) -> None:
        self._refusal = line
        self.changed.emit()

    def _link(self, text: str, name: str, said: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setProperty("role", "link")
        button.setText(text)
        button.setToolTip(said)
        button.setAccessibleName(said)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(self._turn_all)
        return button

    def _lay_out(self, theme: Theme) -> None:
        self._used.setObjectName("table.used")
        self._used.setProperty("role", "secondary")
        title = QLabel(self.tr("Columns"))
        title.setProperty("role", "title")
        heading = QHBoxLayout()
        heading.setSpacing(SPACING)
        for part in (title, self._used):
            heading.addWidget(part)
        heading.addStretch(1)
        for link in (self._all, self._none):
            heading.addWidget(link)
        left = QVBoxLayout()
        left.setSpacing(4)
        left.addLayout(heading)
        left.addWidget(self.columns, 1)
        lower = QHBoxLayout()
        lower.setSpacing(SPACING)
        lower.addLayout(left, 1)
        lower.addWidget(panel(self.settings, theme))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING)
        layout.addWidget(self.preview, 2)
        layout.addLayout(lower, 3)
