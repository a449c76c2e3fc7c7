"""The store as the window sees it: read and written in a thread beside it, and looked at again while it is in sight."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnplayground.data.progress import Cancelled
from nnplayground.gui.study import Study

if TYPE_CHECKING:
    from nnplayground.runs.store import Row, Store

LOOK_MS = 700  # between two looks at whether the store has changed
PIECE = 200  # rows between two looks at whether the work is still wanted


@dataclass(frozen=True, eq=False)
class Reading:
    """What has changed in the store since it was read last."""

    rows: tuple[Row, ...]  # that are new or other than they were, the latest first
    gone: frozenset[int] = frozenset()  # the numbers of those that were deleted
    known: tuple[str, ...] = ()  # the paths at which these runs have values; of very many at once, told afterwards


class Reader:
    """Reads what has changed, with one connection that it keeps. To be used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._store: Store | None = None
        self._version = -1
        self._known: dict[int, float] = {}  # when each run that was told of was changed last
        self._left: list[Row] = []  # of very many: told of already, their experiments not read yet

    @property
    def has_more(self) -> bool:
        """Whether there is more to be told at once."""
        return bool(self._left)

    def read(self, cancelled: Callable[[], bool]) -> Reading | None:
        """Return what has changed since the last time, or None where nothing has. Raises StoreError, Cancelled."""
        from nnplayground.runs.store import Store

        if self._left:
            left, self._left = self._left, []
            return Reading((), known=_known(left, cancelled))
        if self._store is None:
            if not self._path.exists():
                gone, self._known = frozenset(self._known), {}
                return Reading((), gone) if gone else None
            self._store = Store(self._path, writable=False)
            self._version = -1
        try:
            return self._changes(self._store, cancelled)
        except BaseException:
            self.close()  # a file that comes back is another one
            raise

    def _changes(self, store: Store, cancelled: Callable[[], bool]) -> Reading | None:
        version = store.version
        if version == self._version:
            return None
        found = store.changed()
        other = [number for number, changed in found.items() if self._known.get(number) != changed]
        rows: list[Row] = []
        whole = len(other) > PIECE and not self._known
        for row in store.rows() if whole else store.some_rows(sorted(other, reverse=True)):
            rows.append(row)
            if len(rows) % PIECE == 0 and cancelled():
                raise Cancelled
        deleted = {row.id for row in rows if row.deleted is not None}
        gone = frozenset(deleted | (self._known.keys() - found.keys()))
        self._known, self._version = found, version
        kept = [row for row in rows if row.id not in deleted]
        self._left = kept if len(kept) > PIECE else []
        return Reading(tuple(kept), gone, () if self._left else _known(kept, cancelled))

    def close(self) -> None:
        """Let go of the file; what was told of it is still known."""
        if self._store is not None:
            self._store.close()
        self._store = None


def _known(rows: list[Row], cancelled: Callable[[], bool]) -> tuple[str, ...]:
    """Return the paths at which runs have values, which reads their experiments. Raises Cancelled."""
    found: dict[str, None] = {}
    for i, row in enumerate(rows):
        found.update(dict.fromkeys(row.values))
        if i % PIECE == 0 and cancelled():
            raise Cancelled
    return tuple(found)


class Shelf(QObject):
    """Tells what the store holds while it is being looked at, and carries out changes in the order of their asking."""

    told = Signal(object)  # Reading
    fault = Signal(str)  # one line: why the store cannot be read now; empty once it can be again
    refused = Signal(str)  # one line: why a change was not made
    carried_out = Signal(str)  # a change was made: what is to be said of it

    def __init__(self, path: Path, parent: QObject) -> None:
        super().__init__(parent)
        self.path = path
        self._reader = Reader(path)
        self._changes: deque[tuple[Callable[[Store], object], str]] = deque()
        self._fault = ""
        self._told = False
        self._study = Study("runs.reading", self)
        self._study.done.connect(self._take)
        self._study.failed.connect(self._fail)
        self._study.ended.connect(self._go_on)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def busy(self) -> bool:
        """Whether something is being read or changed, or waits for it."""
        return self._study.working or bool(self._changes) or self._reader.has_more

    def open(self) -> None:
        """Look at the store now, and again and again from now on."""
        self._timer.start()
        self.look()

    def rest(self) -> None:
        """Look no more until it is opened again; changes that were asked for are still made."""
        self._timer.stop()

    def close(self) -> None:
        """End for good: to be called before the window is gone."""
        self._timer.stop()
        self._study.close()
        self._reader.close()

    def change(self, change: Callable[[Store], object], words: str = "") -> None:
        """Make a change when its turn comes; these words are said once it is made, or why it was refused."""
        self._changes.append((change, words))
        self.look()

    @Slot()
    def look(self) -> None:
        """Make the changes that wait, and read what has changed, unless that is being done already."""
        if not self._study.working:
            change, words = self._changes.popleft() if self._changes else (None, "")
            self._study.begin(lambda _report, cancelled: (words, *self._work(change, cancelled)))

    def _work(
        self, change: Callable[[Store], object] | None, cancelled: Callable[[], bool]
    ) -> tuple[str, str, Reading | None]:
        """Return why a change was refused, why the store cannot be read, and what is new in it.

        In the study's thread.
        """
        from nnplayground.runs.store import Store, StoreError

        refused, fault, reading = "", "", None
        if change is not None:
            try:
                with Store(self.path) as store:
                    change(store)
            except StoreError as error:
                refused = str(error)
        try:
            reading = self._reader.read(cancelled)
        except StoreError as error:
            fault = str(error)
        return refused, fault, reading

    @Slot(object, float)
    def _take(self, found: tuple[str, str, str, Reading | None], _seconds: float) -> None:
        words, refused, fault, reading = found
        self._say(fault)
        if reading is not None and (reading.rows or reading.gone or reading.known or not self._told):
            self._told = True  # that there is nothing is told once
            self.told.emit(reading)
        if refused:
            self.refused.emit(refused)
        elif words:
            self.carried_out.emit(words)

    @Slot(str)
    def _fail(self, line: str) -> None:
        self._say(line)

    def _say(self, line: str) -> None:
        if line != self._fault:
            self._fault = line
            self.fault.emit(line)

    @Slot()
    def _go_on(self) -> None:
        if self._changes or self._reader.has_more:
            self.look()
