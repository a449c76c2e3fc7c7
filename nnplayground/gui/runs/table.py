"""The table of runs as a widget: stars at a click, notes in place, menus of columns and of what runs can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QEvent,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QMenu, QStyledItemDelegate, QTableView, QWidget

from nnplayground.gui.runs import columns
from nnplayground.gui.runs.model import Heading, RunsModel
from nnplayground.gui.tables.preview import prepare
from nnplayground.gui.theme import SPACING, Theme

if TYPE_CHECKING:
    from nnplayground.runs.store import Row

NARROWEST, WIDEST = 48, 200  # pixels of a column at first, for plain text of 10 points
MEASURED = 40  # rows by which a column's width is chosen
MOST_SPANS = 500  # headings that reach over all columns; of more, the text is cut at the first


class Cells(QStyledItemDelegate):
    """Leaves an editor alone in which something was typed: a run that is trained changes in the store every second."""

    def setEditorData(self, editor: QWidget, index: QModelIndex | QPersistentModelIndex) -> None:
        """Show what the model has."""
        if not (isinstance(editor, QLineEdit) and editor.isModified()):
            super().setEditorData(editor, index)


class RunsTable(QTableView):
    """The runs of a model. What is to be done with them it signals."""

    shown = Signal(object)  # Row: it is to be shown in every view
    chosen = Signal()  # other runs are selected
    starred = Signal(object)  # [Row]
    deleting = Signal(object)  # [Row]
    undoing = Signal()
    exporting = Signal(object)  # Row
    importing = Signal()
    columns_chosen = Signal(object)  # paths
    grouping = Signal(str)  # a path, or empty

    def __init__(self, model: RunsModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs, self._theme = model, theme
        self.can_undo = False
        self._widths: dict[str, int] = {}  # that were chosen by hand, or fitted
        self.setObjectName("runs.table")
        self.setAccessibleName(self.tr("Runs"))
        self.setModel(model)
        prepare(self)
        self.setItemDelegate(Cells(self))
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        triggers = QAbstractItemView.EditTrigger
        self.setEditTriggers(triggers.DoubleClicked | triggers.EditKeyPressed)
        self.setShowGrid(False)
        header = self.horizontalHeader()
        header.setObjectName("runs.header")
        header.setSectionsClickable(True)
        for own in (header, self.verticalHeader()):  # else they ask of every run whether it is selected, to be painted
            own.setSelectionModel(QItemSelectionModel(model, own))
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_header_menu)
        header.sectionClicked.connect(self._sort_by)
        header.sectionResized.connect(self._keep_width)
        model.modelReset.connect(self._fit)
        model.layoutChanged.connect(self._span)
        self._fit()

    @property
    def selected(self) -> list[Row]:
        """The runs that are selected, in the order of the table."""
        ranges = self.selectionModel().selection()  # of whole rows: to ask of each cell takes its time
        places = sorted({place for part in ranges.toList() for place in range(part.top(), part.bottom() + 1)})
        entries = [self.runs.entry(place) for place in places]
        return [entry for entry in entries if not isinstance(entry, Heading)]

    def set_theme(self, theme: Theme) -> None:
        """Take on other sizes."""
        self._theme = theme
        self._widths.clear()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + SPACING)
        self._fit()

    # columns

    @Slot()
    def _fit(self) -> None:
        """Give each column the width that it had, or one by its title and first texts."""
        header, metrics = self.horizontalHeader(), self.fontMetrics()
        low, high = self._theme.scaled(NARROWEST), self._theme.scaled(WIDEST)
        rows = self.runs.rows[:MEASURED]
        blocked = header.blockSignals(True)
        for i, path in enumerate(self.runs.paths):
            if path not in self._widths:
                texts = [columns.title(path) + " ▾", *(columns.text_of(row, path) for row in rows)]
                width = max(map(metrics.horizontalAdvance, texts)) + 2 * SPACING + 6
                width = min(max(width, low if path != "star" else 0), high)
                if not rows:
                    self.setColumnWidth(i, width)
                    continue
                self._widths[path] = width
            self.setColumnWidth(i, self._widths[path])
        header.blockSignals(blocked)
        header.updateGeometry()
        self._span()

    @Slot(int, int, int)
    def _keep_width(self, section: int, _before: int, width: int) -> None:
        if 0 <= section < len(self.runs.paths):
            self._widths[self.runs.paths[section]] = width

    @Slot()
    def _span(self) -> None:
        """Let headings reach over all columns."""
        if not self._widths and self.runs.rowCount():
            self._fit()
        self.clearSpans()
        if len(self.runs.paths) > 1:
            for row in self.runs.headings()[:MOST_SPANS]:
                self.setSpan(row, 0, 1, len(self.runs.paths))

    @Slot(int)
    def _sort_by(self, section: int) -> None:
        """Sort by a column; by one that it is sorted by already, the other way round."""
        path = self.runs.paths[section]
        down = not self.runs.descending if path == self.runs.sorted_by else path in ("star", "begun", "id")
        self.runs.sort(section, Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder)

    def columns_menu(self, menu: QMenu) -> None:
        """Fill a menu with all columns under their headings, those shown ticked."""
        for heading, paths in columns.choices(self.runs.known).items():
            inner = menu.addMenu(heading)
            for path in paths:
                action = inner.addAction(columns.title(path))
                action.setObjectName(f"runs.column.{path}")
                action.setData(path)
                action.setCheckable(True)
                action.setChecked(path in self.runs.chosen)
                action.triggered.connect(self._turn_column)
        menu.addSeparator()
        menu.addAction(self.tr("The usual columns"), self._usual)

    def group_menu(self, menu: QMenu) -> None:
        """Fill a menu with what runs may be grouped by."""
        none = menu.addAction(self.tr("No groups"))
        none.setData("")
        none.triggered.connect(self._group)
        for heading, paths in columns.choices(self.runs.known).items():
            inner = menu.addMenu(heading)
            for path in paths:
                action = inner.addAction(columns.title(path))
                action.setObjectName(f"runs.group.{path}")
                action.setData(path)
                action.triggered.connect(self._group)

    @Slot()
    def _turn_column(self) -> None:
        path, chosen = self._asked, list(self.runs.chosen)
        if path in chosen:
            chosen.remove(path)
        else:
            chosen.insert(next((i for i, p in enumerate(chosen) if p in columns.EDITABLE), len(chosen)), path)
        self.columns_chosen.emit(tuple(chosen))

    @property
    def _asked(self) -> str:
        """The path of the menu's entry that was chosen."""
        action = self.sender()
        assert isinstance(action, QAction)
        return str(action.data())

    @Slot()
    def _usual(self) -> None:
        self.columns_chosen.emit(columns.FIRST)

    @Slot()
    def _group(self) -> None:
        self.grouping.emit(self._asked)

    @Slot(QPoint)
    def _open_header_menu(self, place: QPoint) -> None:
        header = self.horizontalHeader()
        section, menu = header.logicalIndexAt(place), QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        if section >= 0:
            path = self.runs.paths[section]
            for text, slot in (
                (self.tr("Hide “{0}”"), self._turn_column),
                (self.tr("Group by “{0}”"), self._group),
            ):
                action = menu.addAction(text.format(columns.title(path)))
                action.setData(path)
                action.triggered.connect(slot)
            menu.addSeparator()
        self.columns_menu(menu)
        menu.popup(header.mapToGlobal(place))

    # runs

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu of what can be done with the runs selected."""
        menu, rows = QMenu(self), self.selected
        menu.setObjectName("runs.menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        one = len(rows) == 1
        menu.addAction(self.tr("Show in every view"), self._show).setEnabled(one)
        menu.addAction(self.tr("Star, or take it away"), self._star).setEnabled(bool(rows))
        menu.addAction(self.tr("Save as a file of its own…"), self._export).setEnabled(one)
        menu.addAction(self.tr("Take over a run from a file…"), self.importing.emit)
        menu.addSeparator()
        menu.addAction(self.tr("Delete"), self._delete).setEnabled(bool(rows))
        menu.addAction(self.tr("Take back the last deletion"), self.undoing.emit).setEnabled(self.can_undo)
        menu.popup(event.globalPos())

    def _show(self) -> None:
        for row in self.selected[:1]:
            self.shown.emit(row)

    def _star(self) -> None:
        self.starred.emit(self.selected)

    def _export(self) -> None:
        for row in self.selected[:1]:
            self.exporting.emit(row)

    def _delete(self) -> None:
        if self.selected:
            self.deleting.emit(self.selected)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Star a run whose star was clicked; show one that was clicked elsewhere, with no key held."""
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        plain = event.button() == Qt.MouseButton.LeftButton and not event.modifiers()
        if not plain or not index.isValid():
            return
        entry = self.runs.entry(index.row())
        if isinstance(entry, Heading):
            return
        if self.runs.paths[index.column()] == "star":
            self.starred.emit([entry])
        elif len(self.selected) == 1:
            self.shown.emit(entry)

    def event(self, event: QEvent) -> bool:
        """Keep the keys that mean something else in a table from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._is_own(event):
            event.accept()
            return True
        return super().event(event)

    def _is_own(self, event: QKeyEvent) -> bool:
        return event.key() == Qt.Key.Key_Delete or (self.can_undo and event.matches(QKeySequence.StandardKey.Undo))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Delete, take a deletion back, or show the current run."""
        if event.key() == Qt.Key.Key_Delete:
            self._delete()
        elif self.can_undo and event.matches(QKeySequence.StandardKey.Undo):
            self.undoing.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self._show()
        else:
            super().keyPressEvent(event)

    def selectionChanged(self, selected: QItemSelection, deselected: QItemSelection) -> None:
        """Tell that other runs are selected."""
        super().selectionChanged(selected, deselected)
        self.chosen.emit()

    def select_run(self, number: int) -> None:
        """Select a run by its number, where it is shown."""
        place = self.runs.place(number)
        if place is not None:
            self.selectRow(place)
            self.scrollTo(self.runs.index(place, 0), QAbstractItemView.ScrollHint.EnsureVisible)

    def select_runs(self, numbers: frozenset[int]) -> None:
        """Select runs by their numbers, and no others, as far as they are shown."""
        last, chosen, begin = len(self.runs.paths) - 1, QItemSelection(), -1
        wanted = [not isinstance(e, Heading) and e.id in numbers for e in self.runs.entries]
        for place, on in enumerate([*wanted, False]):  # in stretches: Qt takes its time with single ones
            if on and begin < 0:
                begin = place
            elif not on and begin >= 0:
                chosen.select(self.runs.index(begin, 0), self.runs.index(place - 1, last))
                begin = -1
        self.selectionModel().select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if any(wanted):
            self.scrollTo(self.runs.index(wanted.index(True), 0))

    def sizeHintForColumn(self, column: int) -> int:
        """Return a column's width as it is: to measure ten thousand rows takes its time."""
        return self.columnWidth(column)
