"""What the window says of the store: runs that were cut off, to be resumed, and a store that cannot be written."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QFileDialog, QMainWindow

from nnplayground.experiment import ExperimentError
from nnplayground.gui.live import Live
from nnplayground.gui.numbers import format_count
from nnplayground.gui.strip import Strip
from nnplayground.gui.study import Study

if TYPE_CHECKING:
    from nnplayground.runs.store import Row


KILLED, UNKEPT = "killed", "unkept"  # what is offered


class Storage(QObject):
    """Stands between the store in which the window's runs are kept and the strip at the bottom."""

    moved = Signal(object)  # Path: runs are kept there from now on

    def __init__(self, window: QMainWindow, live: Live, strip: Strip) -> None:
        super().__init__(window)
        self._window, self._live, self._strip = window, live, strip
        self._killed: list[Row] = []
        self._search = Study("killed runs", self)
        self._search.done.connect(self._on_searched)
        live.unkept.connect(self._on_unkept)
        live.rebuilt.connect(self._look_for_killed, Qt.ConnectionType.SingleShotConnection)
        strip.chosen.connect(self._on_chosen)

    @property
    def path(self) -> Path | None:
        """The store, or None where no run is kept."""
        return self._live.thread_.keeping.path

    # runs that were cut off

    @Slot()
    def _look_for_killed(self) -> None:
        if self.path is not None:
            self._search.begin(_killed_in(self.path))

    @Slot(object, float)
    def _on_searched(self, rows: list[Row], _: float) -> None:
        self._killed = rows
        self._offer()

    def _offer(self) -> None:
        """Offer the latest run that was cut off, and count the others."""
        if not self._killed:
            self._strip.withdraw(KILLED)
            return
        row, others = self._killed[0], len(self._killed) - 1
        text = self.tr("{0}, step {1}, was cut off {2}.").format(
            row.name or self.tr("A run"), format_count(row.steps), self._ago(time.time() - row.changed)
        )
        if others:
            more = self.tr("So was another run.") if others == 1 else self.tr("So were {0} other runs.")
            text += " " + more.format(format_count(others))
        self._strip.offer(KILLED, text, {"resume": self.tr("Resume"), "leave": self.tr("Leave")})

    def _ago(self, seconds: float) -> str:
        for unit, one, many in (
            (86_400, self.tr("a day ago"), self.tr("{0} days ago")),
            (3600, self.tr("an hour ago"), self.tr("{0} hours ago")),
            (60, self.tr("a minute ago"), self.tr("{0} minutes ago")),
        ):
            count = int(seconds // unit)
            if count:
                return one if count == 1 else many.format(format_count(count))
        return self.tr("just now")

    def _leave(self) -> None:
        """Say in the store that the run which was offered is not to be resumed, and offer the next."""
        from nnplayground.runs.store import Store

        row = self._killed.pop(0)
        self._offer()
        if not self._killed:
            self._strip.say(self.tr("Left as it is: it stays in the store."))
        try:
            assert self.path is not None
            with Store(self.path) as store:
                store.leave([row])
        except ExperimentError as error:
            self._strip.warn(str(error))

    def _resume(self) -> None:
        """Go on with the run that was offered, and offer the next."""
        self._live.resume(self._killed.pop(0))
        self._offer()

    # a store that cannot be written

    @Slot(str)
    def _on_unkept(self, fault: str) -> None:
        if not fault:
            self._strip.withdraw(UNKEPT)
            self._strip.say(self.tr("Runs are kept again."))
            return
        text = self.tr("Training goes on, but is not being kept: {0}").format(fault)
        self._strip.offer(UNKEPT, text, {"save_elsewhere": self.tr("Save elsewhere…")})

    def ask_for_another(self) -> None:
        """Ask for the file in which runs are kept from now on."""
        place = str(Path.home() / "runs.sqlite") if self.path is None else self.path.name
        title, kinds = self.tr("Keep runs in"), self.tr("Runs (*.sqlite)")
        options = QFileDialog.Option.DontConfirmOverwrite  # a store that is there is gone on with
        path, _ = QFileDialog.getSaveFileName(self._window, title, place, kinds, options=options)
        if path:
            self.move(Path(path))

    def move(self, path: Path) -> None:
        """Keep this and later runs in another store; where it cannot be used, say why and offer the choice anew."""
        from nnplayground.runs.store import Store

        try:
            Store(path).close()
        except ExperimentError as error:
            self._strip.offer(UNKEPT, str(error), {"save_elsewhere": self.tr("Save elsewhere…")})
            return
        self._live.keep_elsewhere(path)
        self._strip.withdraw(UNKEPT)
        self._strip.say(self.tr("Runs are kept in {0} from now on.").format(path.name))
        self.moved.emit(path)

    @Slot(str)
    def _on_chosen(self, name: str) -> None:
        if name == "save_elsewhere":
            self.ask_for_another()
        elif name == "resume":
            self._resume()
        elif name == "leave":
            self._leave()


def _killed_in(path: Path) -> Callable[[object, object], list[Row]]:
    def search(*_: object) -> list[Row]:
        from nnplayground.runs.store import Store

        try:
            with Store(path, writable=False) as store:
                return store.killed()
        except ExperimentError:  # a store that is not there has no runs; what is wrong with one, its writer says
            return []

    return search
