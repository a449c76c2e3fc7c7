"""The list of a table's columns, each to be used or not."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QCheckBox, QHBoxLayout, QTableView, QWidget

from nnplayground.data.tables.columns import Column
from nnplayground.gui.numbers import format_count
from nnplayground.gui.tables.preview import prepare, replace_model
from nnplayground.gui.tables.selection import Selection, shown_distinct
from nnplayground.gui.theme import SPACING, Theme, faint

Index = QModelIndex | QPersistentModelIndex

USE, NAME, KIND, DISTINCT, MISSING, REMARK = range(6)
MOST_NAME = 190  # pixels of a column's name, for plain text of 10 points
LEAST_REMARK = 130


class ColumnsModel(QAbstractTableModel):
    """What is known of every column."""

    def __init__(self, selection: Selection, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.selection = selection
        self._faint = QColor(faint(theme))
        self._bold = QFont(parent.font())
        self._bold.setBold(True)
        self._kinds = {
            "number": self.tr("number"),
            "category": self.tr("category"),
            "text": self.tr("text"),
            "date": self.tr("date"),
        }
        self._heads = (
            self.tr("use"),
            self.tr("column"),
            self.tr("kind"),
            self.tr("distinct"),
            self.tr("missing"),
            self.tr("remark"),
        )

    def show_selection(self, selection: Selection) -> None:
        """Show what is used now."""
        self.selection = selection
        self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, REMARK))

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of columns of the file."""
        return 0 if parent.isValid() else len(self.selection.report.columns)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return how many things are told of each."""
        return 0 if parent.isValid() else len(self._heads)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what is told of a column, and how it looks."""
        if not index.isValid():
            return None
        column = self.selection.report.columns[index.row()]
        is_target = column.name == self.selection.table.target
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(column, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(column, index.column())
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (DISTINCT, MISSING):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.FontRole and is_target and index.column() in (NAME, REMARK):
            return self._bold
        if role == Qt.ItemDataRole.ForegroundRole and column.name in self.selection.left_out:
            return self._faint
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what stands above a column of the list."""
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._heads[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if section in (DISTINCT, MISSING) else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def text(self, column: Column, what: int) -> str:
        """Return what the list says of a column."""
        if what == REMARK:
            return self.tr("target") if column.name == self.selection.table.target else column.remark
        texts = {
            NAME: " ".join(column.name.split()),
            KIND: self._kinds[column.kind],
            DISTINCT: shown_distinct(column),
            MISSING: format_count(column.missing),
        }
        return texts.get(what, "")

    def _tip(self, column: Column, what: int) -> str:
        if what == REMARK:
            return column.remark
        return "\n".join([column.name, ", ".join(column.samples)]) if column.samples else column.name


class ColumnsList(QTableView):
    """A row for each column, with a box to tick: by pointer, or by the space bar in the current row."""

    turned = Signal(str, bool)  # a column, and whether it is to be used

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.boxes: dict[str, QCheckBox] = {}
        self.setObjectName("table.columns")
        self.setAccessibleName(self.tr("Columns of the file"))
        self.setAccessibleDescription(self.tr("The space bar turns the current column on or off"))
        prepare(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setShowGrid(False)

    def show_report(self, selection: Selection) -> None:
        """Show the columns of another file."""
        replace_model(self, ColumnsModel(selection, self._theme, self))
        self.boxes = {column.name: self._box(column.name, row) for row, column in enumerate(selection.report.columns)}
        self._fit(selection)
        self.show_selection(selection)

    def show_selection(self, selection: Selection) -> None:
        """Show which columns are used, and which can be."""
        model = self.model()
        assert isinstance(model, ColumnsModel), "a report is shown before"
        model.show_selection(selection)
        used = frozenset(c.name for c in selection.inputs) | {selection.table.target}
        for name, box in self.boxes.items():
            with QSignalBlocker(box):
                box.setChecked(name in used)
            box.setEnabled(name != selection.table.target and name not in selection.left_out)
            box.setToolTip(selection.left_out.get(name, ""))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn the current column on or off."""
        if event.key() == Qt.Key.Key_Space and self.currentIndex().isValid():
            self.boxes[list(self.boxes)[self.currentIndex().row()]].click()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            event.ignore()  # it is the dialog's
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give what room is left to the remarks."""
        super().resizeEvent(event)
        self._fit_remarks()

    def _box(self, name: str, row: int) -> QCheckBox:
        place = QWidget(self)
        box = QCheckBox(place)
        box.setObjectName(f"table.use.{name}")
        box.setAccessibleName(self.tr("Use {0}").format(name))
        box.setProperty("column", name)
        box.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # hundreds of stops on the way; the list itself is one
        box.toggled.connect(self._turn)
        layout = QHBoxLayout(place)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(box, 0, Qt.AlignmentFlag.AlignCenter)
        self.setIndexWidget(self.model().index(row, USE), place)
        return box

    @Slot(bool)
    def _turn(self, on: bool) -> None:
        self.turned.emit(self.sender().property("column"), on)

    def _fit(self, selection: Selection) -> None:
        """Make every column of the list as wide as its texts; names within a limit, remarks take what is left."""
        model, metrics, margin = self.model(), self.fontMetrics(), 2 * SPACING + 4
        assert isinstance(model, ColumnsModel)
        for what in (USE, NAME, KIND, DISTINCT, MISSING):
            texts = {model.text(column, what)[:80] for column in selection.report.columns}
            texts.add(model.headerData(what, Qt.Orientation.Horizontal))
            width = max(metrics.horizontalAdvance(text) for text in texts)
            width = min(round(1.1 * width), self._theme.scaled(MOST_NAME)) if what == NAME else width
            self.setColumnWidth(what, width + margin)
        self._fit_remarks()

    def _fit_remarks(self) -> None:
        taken = sum(self.columnWidth(what) for what in range(REMARK))
        self.setColumnWidth(REMARK, max(self.viewport().width() - taken, self._theme.scaled(LEAST_REMARK)))
