"""The table of runs as Qt sees it: chosen, sorted and grouped here; a cell is made only when it is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont

from nnplayground.gui.runs import columns
from nnplayground.gui.runs.shelf import Reading
from nnplayground.runs.comparing import differing_knobs, key_of, order_of
from nnplayground.runs.filtering import Predicate, predicate

if TYPE_CHECKING:
    from nnplayground.runs.store import Row

Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
_ROLES = frozenset(
    (Role.DisplayRole, Role.EditRole, Role.ToolTipRole, Role.TextAlignmentRole, Role.FontRole)
)  # every cell that is drawn is asked for a dozen


HEADING = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemNeverHasChildren
PLAIN = HEADING | Qt.ItemFlag.ItemIsSelectable
EDITABLE = PLAIN | Qt.ItemFlag.ItemIsEditable
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
FEW = 16  # runs that have changed at once: they are looked at one by one


@dataclass(frozen=True, eq=False)
class Heading:
    """The row above the runs of a group."""

    path: str
    value: Any
    count: int

    @property
    def text(self) -> str:
        """What it says."""
        return f"{columns.title(self.path)} = {columns.text(self.value) or '–'}"


def _everything(_values: object) -> bool:
    return True


class RunsModel(QAbstractTableModel):
    """The runs that pass the filter, in order; headings among them where they are grouped."""

    edited = Signal(object, str, object)  # (Row, "note", "tags" or "star", the new value)
    counted = Signal(int, int)  # runs shown, runs there are

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.paths: tuple[str, ...] = columns.FIRST  # of the columns shown
        self.known: dict[str, None] = {}  # every path that any run has a value at
        self.sorted_by, self.descending = "id", True
        self.grouped_by = ""
        self.differing = False
        self._chosen: tuple[str, ...] = columns.FIRST
        self._passes: Predicate = _everything
        self._rows: dict[int, Row] = {}
        self._entries: list[Row | Heading] = []
        self._bold = QFont()
        self._bold.setBold(True)

    # what is shown

    def take(self, reading: Reading) -> None:
        """Take up what has changed in the store."""
        self.known.update(dict.fromkeys(reading.known))
        if not reading.gone and len(reading.rows) <= FEW and all(map(self._stays, reading.rows)):
            for row in reading.rows:
                self._update(row)
            return
        for number in reading.gone:
            self._rows.pop(number, None)
        for row in reading.rows:
            self._rows[row.id] = row
        self._arrange()

    def _stays(self, row: Row) -> bool:
        """Whether a run that has changed is still shown as it was, and at its place."""
        old = self._rows.get(row.id)
        if old is None or (self.differing and old.toml != row.toml):
            return False
        by = (self.sorted_by, self.grouped_by) if self.grouped_by else (self.sorted_by,)
        same = all(columns.value_of(old, path) == columns.value_of(row, path) for path in by)
        return same and (self._passes is _everything or self._passes(old.values) == self._passes(row.values))

    def _update(self, row: Row) -> None:
        self._rows[row.id] = row
        place = self.place(row.id)
        if place is not None:
            self._entries[place] = row
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(self.paths) - 1))

    def set_filter(self, text: str) -> None:
        """Show the runs that a line lets through. Raises ExperimentError, and shows what it did, where it cannot."""
        self._passes = predicate(text, list(self.known)) if text.strip() and self.known else _everything
        self._arrange()

    def set_columns(self, paths: Sequence[str]) -> None:
        """Show these columns."""
        self._chosen = tuple(paths)
        self._arrange()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The columns that were chosen, be they shown now or not."""
        return self._chosen

    def set_differing(self, on: bool) -> None:
        """Show of the knobs only those in which the runs shown differ, and all of them."""
        self.differing = on
        self._arrange()

    def set_group(self, path: str) -> None:
        """Group the runs by a knob or a result; empty for no groups."""
        self.grouped_by = path
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column, within groups where there are any."""
        if 0 <= column < len(self.paths):
            self.sorted_by, self.descending = self.paths[column], order == Qt.SortOrder.DescendingOrder
            self._arrange()
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.paths) - 1)

    # what there is

    @property
    def rows(self) -> list[Row]:
        """The runs shown, in order."""
        return [entry for entry in self._entries if not isinstance(entry, Heading)]

    @property
    def every_row(self) -> list[Row]:
        """All runs, be they shown or not, the latest first."""
        return [self._rows[number] for number in sorted(self._rows, reverse=True)]

    def row(self, number: int) -> Row | None:
        """Return a run by its number, be it shown or not; None where there is none any more."""
        return self._rows.get(number)

    def entry(self, index: int) -> Row | Heading:
        """Return what stands in a row of the table."""
        return self._entries[index]

    @property
    def entries(self) -> Sequence[Row | Heading]:
        """All that stands in the table, in order."""
        return self._entries

    def headings(self) -> list[int]:
        """Return the rows of the table that are headings."""
        return [i for i, entry in enumerate(self._entries) if isinstance(entry, Heading)]

    def place(self, number: int) -> int | None:
        """Return the row of the table in which a run stands, by its number."""
        found = (i for i, e in enumerate(self._entries) if not isinstance(e, Heading) and e.id == number)
        return next(found, None)

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """Return the number of runs and headings shown."""
        return 0 if parent.isValid() else len(self._entries)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns shown."""
        return 0 if parent.isValid() else len(self.paths)

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Return what can be done with a cell: tags and notes are edited in place."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if isinstance(self._entries[index.row()], Heading):
            return HEADING
        return EDITABLE if self.paths[index.column()] in columns.EDITABLE else PLAIN

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        """Return a cell's text, side and font."""
        if role not in _ROLES or not index.isValid():
            return None
        entry, path = self._entries[index.row()], self.paths[index.column()]
        if isinstance(entry, Heading):
            return self._heading(entry, index.column(), role)
        if role == Role.DisplayRole:
            return columns.text_of(entry, path)
        if role == Role.EditRole:
            return ", ".join(entry.tags) if path == "tags" else columns.value_of(entry, path)
        if role == Role.ToolTipRole:
            return self.tr("Star, or take it away") if path == "star" else self._tip(entry, path)
        if role == Role.TextAlignmentRole:
            return _alignment(path, columns.value_of(entry, path))
        return None

    def _tip(self, row: Row, path: str) -> str:
        value = columns.value_of(row, path)
        return "" if value is None else str(value) if path != "begun" else columns.text_of(row, path)

    def _heading(self, heading: Heading, column: int, role: int) -> Any:
        if role == Role.FontRole:
            return self._bold
        if role != Role.DisplayRole or column:
            return None
        runs = self.tr("one run") if heading.count == 1 else self.tr("{0} runs").format(heading.count)
        return f"{heading.text} · {runs}"

    def setData(self, index: Index, value: Any, role: int = Role.EditRole) -> bool:
        """Ask for another note or other tags; the store tells of them when they are written."""
        entry, path = self._entries[index.row()], self.paths[index.column()]
        if role != Role.EditRole or isinstance(entry, Heading) or path not in columns.EDITABLE:
            return False
        plain = str(value).strip()
        new = tuple(dict.fromkeys(tag for t in plain.split(",") if (tag := t.strip()))) if path == "tags" else plain
        if new == getattr(entry, path):
            return False
        self.edited.emit(entry, path, new)
        return True

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        """Return a column's title."""
        if orientation != Qt.Orientation.Horizontal or not 0 <= section < len(self.paths):
            return None
        path = self.paths[section]
        if role == Role.DisplayRole:
            order = "" if path != self.sorted_by else " ▾" if self.descending else " ▴"
            return columns.title(path) + order
        if role == Role.ToolTipRole:
            return self.tr("{0}; click to sort, right click to choose columns").format(path)
        if role == Role.TextAlignmentRole:
            return _alignment(path, 0.0 if columns.is_number(path) else "")
        return None

    # arranging

    def _arrange(self) -> None:
        """Choose, sort and group anew; what is selected stays so, as far as it is still shown."""
        every = self._passes is _everything  # then no experiment need be read
        rows = [row for row in self._rows.values() if every or self._passes(row.values)]
        entries = self._in_groups(self._in_order(rows))
        paths = self._shown_columns(rows)
        if paths != self.paths:
            self.beginResetModel()
            self.paths, self._entries = paths, entries
            self.endResetModel()
        elif [_identity(e) for e in entries] == [_identity(e) for e in self._entries]:
            self._entries = entries
            if entries:
                self.dataChanged.emit(self.index(0, 0), self.index(len(entries) - 1, len(paths) - 1))
        else:
            self._replace(entries)
        self.counted.emit(len(rows), len(self._rows))

    def _replace(self, entries: list[Row | Heading]) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        held = [(_identity(self._entries[index.row()]), index.column()) for index in before]
        self._entries = entries
        places = {_identity(entry): i for i, entry in enumerate(entries)} if held else {}
        after = [self.index(places[who], column) if who in places else QModelIndex() for who, column in held]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _in_order(self, rows: list[Row]) -> list[Row]:
        path = self.sorted_by
        keyed = [(order_of(_plain(columns.value_of(row, path))), row.id, row) for row in rows]
        known = [item for item in keyed if item[0][0] < 2]
        known.sort(key=lambda item: item[:2], reverse=self.descending)
        unknown = sorted((item for item in keyed if item[0][0] == 2), key=lambda item: -item[1])
        return [row for _, _, row in (*known, *unknown)]  # what has no value stands last, either way

    def _in_groups(self, rows: list[Row]) -> list[Row | Heading]:
        if not self.grouped_by:
            return list(rows)
        groups: dict[Any, list[Row]] = {}
        for row in rows:
            groups.setdefault(key_of(columns.value_of(row, self.grouped_by)), []).append(row)
        found: list[Row | Heading] = []
        for key in sorted(groups, key=order_of):
            value = columns.value_of(groups[key][0], self.grouped_by)
            found += [Heading(self.grouped_by, value, len(groups[key])), *groups[key]]
        return found

    def _shown_columns(self, rows: list[Row]) -> tuple[str, ...]:
        if not self.differing:
            return self._chosen
        own = [p for p in self._chosen if columns.group_of(p) in ("run", "results")]
        knobs = [p for p in differing_knobs(rows) if p not in columns.OWN]
        last = [p for p in own if p in columns.EDITABLE]
        return (*(p for p in own if p not in last), *knobs, *last)


def _identity(entry: Row | Heading) -> object:
    return ("group", str(entry.value)) if isinstance(entry, Heading) else entry.id


def _plain(value: Any) -> Any:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def _alignment(path: str, value: Any) -> Qt.AlignmentFlag:
    if path == "star":
        return Qt.AlignmentFlag.AlignCenter
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and path != "begun"
    return RIGHT if number else LEFT
