"""The first rows of a user's table, as they are in the file."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from nnplayground.gui.tables.selection import Selection
from nnplayground.gui.theme import SPACING, Theme, faint, mix

Index = QModelIndex | QPersistentModelIndex

WIDEST = 180  # pixels of a column, for plain text of 10 points
NARROWEST = 44


class PreviewModel(QAbstractTableModel):
    """The cells of the preview: the target's are marked, those of columns that are not used are faint."""

    def __init__(self, selection: Selection, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._columns = selection.report.columns
        self._cells = [[" ".join(cell.split()) for cell in row] for row in selection.report.preview]
        self._marked = QColor(mix(theme.panel, theme.accent, 0.12))
        self._faint = QColor(faint(theme))
        self._bold = QFont(parent.font())
        self._bold.setBold(True)
        self.show_selection(selection)

    @property
    def target(self) -> int:
        """The number of the target's column."""
        return [column.name for column in self._columns].index(self._target)

    def longest(self, number: int) -> str:
        """Return the longest text in a column, or ""."""
        return max((row[number] for row in self._cells), key=len, default="")

    def show_selection(self, selection: Selection) -> None:
        """Mark the target, and fade what is not used."""
        self._target = selection.table.target
        self._used = frozenset(c.name for c in selection.inputs)
        if self._cells:
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, self.columnCount() - 1))
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, self.columnCount() - 1)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of rows shown."""
        return 0 if parent.isValid() else len(self._cells)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns of the file."""
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a cell's text, side and colours."""
        if not index.isValid():
            return None
        column = self._columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return self._cells[index.row()][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column.kind)
        if role == Qt.ItemDataRole.BackgroundRole:
            return self._marked if column.name == self._target else None
        if role == Qt.ItemDataRole.ForegroundRole:
            return None if column.name == self._target or column.name in self._used else self._faint
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a column's name, the target's in bold."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self._columns):
            return None
        column = self._columns[section]
        is_target = column.name == self._target
        if role == Qt.ItemDataRole.DisplayRole:
            return " ".join(column.name.split())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tr("{0}: the target").format(column.name) if is_target else column.name
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column.kind)
        if role == Qt.ItemDataRole.FontRole and is_target:
            return self._bold
        return None


class Cells(QStyledItemDelegate):
    """Cells with as much room beside their text as the heads above them have."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint a cell's ground as the style does, then its text."""
        cell = QStyleOptionViewItem(option)
        self.initStyleOption(cell, index)
        style = cell.widget.style() if cell.widget is not None else QApplication.style()
        style.drawPrimitive(QStyle.PrimitiveElement.PE_PanelItemViewItem, cell, painter, cell.widget)
        room = cell.rect.adjusted(SPACING, 0, -SPACING, 0)
        text = cell.fontMetrics.elidedText(cell.text, Qt.TextElideMode.ElideRight, room.width())
        painter.save()
        painter.setFont(cell.font)
        painter.setPen(cell.palette.color(QPalette.ColorRole.Text))
        painter.drawText(room, cell.displayAlignment, text)
        painter.restore()


class Preview(QTableView):
    """A table to look at, which the arrow keys scroll."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._target = ""
        self.setObjectName("table.preview")
        self.setAccessibleName(self.tr("First rows of the file"))
        prepare(self)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)

    def show_report(self, selection: Selection) -> None:
        """Show the first rows of another file."""
        replace_model(self, PreviewModel(selection, self._theme, self))
        self._target = ""
        self._fit()

    def show_selection(self, selection: Selection) -> None:
        """Mark the target, and fade what is not used."""
        model = self.model()
        assert isinstance(model, PreviewModel), "a report is shown before"
        model.show_selection(selection)
        if selection.table.target != self._target:
            self._target = selection.table.target
            self._scroll_to_target()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the target in sight."""
        super().resizeEvent(event)
        self._scroll_to_target()

    def _scroll_to_target(self) -> None:
        model = self.model()
        if isinstance(model, PreviewModel):
            self.doItemsLayout()  # else the scroll bar ends where that of the table before did
            self.scrollTo(model.index(0, model.target))

    def _fit(self) -> None:
        """Make every column as wide as its longest text, within limits; one is measured, not every cell."""
        model, metrics, margin = self.model(), self.fontMetrics(), 2 * SPACING + 4
        assert isinstance(model, PreviewModel), "a report is shown"
        low, high = self._theme.scaled(NARROWEST), self._theme.scaled(WIDEST)
        for number in range(model.columnCount()):
            name = model.headerData(number, Qt.Orientation.Horizontal)
            head = round(1.1 * metrics.horizontalAdvance(name[:80]))  # as wide as in bold
            width = max(head, metrics.horizontalAdvance(model.longest(number)[:80])) + margin
            self.setColumnWidth(number, min(max(width, low), high))


def replace_model(view: QTableView, model: QAbstractTableModel) -> None:
    """Show another model, and let go of the one before."""
    old = view.model(), view.selectionModel()
    view.setModel(model)
    for gone in old:
        if gone is not None:
            gone.deleteLater()


def prepare(view: QTableView) -> None:
    """Give a table the look of the program's: even rows, no numbers beside them, scrolling by pixels."""
    view.setItemDelegate(Cells(view))
    view.verticalHeader().hide()
    view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + 8)
    view.verticalHeader().setMinimumSectionSize(0)
    view.horizontalHeader().setHighlightSections(False)
    view.horizontalHeader().setTextElideMode(Qt.TextElideMode.ElideRight)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    view.setTabKeyNavigation(False)
    view.setWordWrap(False)


def _alignment(kind: str) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignRight if kind == "number" else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter
