"""What the views draw: the run in hand, or for a while a moment of it or a kept run; computed beside the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nnplayground.engine.probes import Reading, Request
from nnplayground.experiment import Experiment
from nnplayground.gui.live import Live
from nnplayground.gui.messages import Built
from nnplayground.gui.numbers import format_count
from nnplayground.gui.runs.fetching import (
    Kept,
    Networks,
    Seen,
    answers_of,
    networks_in_hand,
    networks_of_store,
    opened,
    seen_in_hand,
    seen_of_store,
    spread,
)
from nnplayground.gui.study import Study
from nnplayground.gui.views.view import Frame
from nnplayground.runs.moments import Stop

if TYPE_CHECKING:
    from nnplayground.engine.probing import Prober
    from nnplayground.runs.store import Row


class Stage(QObject):
    """Gives the views their frames. The training in hand goes on unseen while anything else is shown."""

    changed = Signal()  # there is another frame
    entered = Signal(object)  # Kept: it is shown from now on
    moved = Signal()  # another moment of the same run is shown
    left = Signal()  # the run in hand is shown again, after a kept run
    failed = Signal(str)  # one line: why a run or a moment cannot be shown

    def __init__(self, live: Live, parent: QObject) -> None:
        super().__init__(parent)
        self._live = live
        self.kept: Kept | None = None
        self._frame: Frame | None = None
        self._opening: Row | None = None
        self._moving: int | None = None  # the step on the way to which a study is
        self._next: int | None = None  # the step that is wanted after it: the latest wins
        self._prober: tuple[Built, Experiment, Prober] | None = None  # of the run in hand, for its moments
        self._asked: frozenset[Request] = frozenset()  # last, of what is shown; some of them may have no answer
        self._wanted: frozenset[Request] = frozenset()  # by the views in sight
        self._study = Study("runs.showing", self)
        self._study.done.connect(self._take)
        self._study.failed.connect(self._fail)
        live.rebuilt.connect(self._on_rebuilt)

    # for the views

    @property
    def frame(self) -> Frame:
        """What is drawn."""
        return self._frame if self._frame is not None else self._live.frame

    @property
    def running(self) -> bool:
        """Whether what is drawn is being trained."""
        return self._frame is None and self._live.running

    @property
    def working(self) -> bool:
        """Whether a run is being read, or questions about it are being answered."""
        return self._study.working

    @property
    def looks_back(self) -> bool:
        """Whether a moment of the run in hand is shown that is past."""
        return self.kept is None and self._frame is not None

    @property
    def step(self) -> int | None:
        """The step of the moment that is shown, or is about to be; None where the run in hand is shown as it is now."""
        if self._moving is not None:
            return self._next if self._next is not None else self._moving
        return self._frame.moment if self._frame is not None else None

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The moments that can be shown of the run that is shown."""
        built = self._live.built
        if self.kept is not None:
            return self.kept.stops
        return built.moments.stops if built is not None else ()

    def networks(self, most: int) -> Networks | None:
        """Return what brings networks that were kept of the run shown, up to so many, spread over it, and a prober.

        To be called in another thread. None where there is but one.
        """
        frame, stops = self.frame, self.stops
        if self._frame is None and frame.snapshot is not None:
            stops = tuple(stop for stop in stops if stop.step <= frame.snapshot.step)
        if frame.history is None or len(stops) <= 1:
            return None
        steps = spread([stop.step for stop in stops], most)
        if (kept := self.kept) is not None:
            return lambda: networks_of_store(kept, steps)
        base, built = self._base_in_hand, self._live.built
        if built is None:
            return None
        prober = self._prober_for(built, base)
        return lambda: networks_in_hand(built, prober, base, steps)

    def request(self, requests: frozenset[Request]) -> None:
        """Ask for these probes, of whatever is drawn, from now on."""
        frame, self._wanted = self._frame, requests
        self._live.request(frozenset() if self.kept is not None else requests)  # of now too: so it is there at once
        if frame is None or self._opening is not None or self._moving is not None:
            return
        missing = requests - frame.readings.keys()
        prober = self.kept.prober if self.kept is not None else self._prober[2] if self._prober is not None else None
        if missing and prober is not None and frame.snapshot is not None and requests != self._asked:
            self._asked = requests
            known = {request: frame.readings[request] for request in requests - missing}
            snapshot = frame.snapshot
            self._study.begin(
                lambda _report, cancelled: (frame, known | answers_of(prober, snapshot, missing, cancelled))
            )

    # for the window

    def show(self, path: Path, row: Row, step: int | None = None) -> None:
        """Show a run of the store, at the network that was kept last, or at or before a step."""
        self._opening, self._moving, self._next = row, None, None
        built = self._live.built
        at_hand = (built.experiment, built.dataset) if built is not None else None
        self._study.begin(lambda _report, _cancelled: opened(path, row, step, at_hand))

    def look(self, step: int | None) -> None:
        """Show another moment of the same run; None, of the run in hand, is now.

        While one is being brought, only the latest that was wanted meanwhile comes after it: none piles up.
        """
        if self._opening is not None:
            return
        if step is None:
            if self.kept is None:
                self.leave()
        elif self._moving is not None:
            self._next = step
        else:
            self._move(step)

    def take_stops(self, kept: Kept, stops: tuple[Stop, ...]) -> None:
        """Take up other moments of a kept run, where that is still shown."""
        if self.kept is not None and self.kept.row is kept.row:
            self.kept = replace(self.kept, stops=stops)

    def leave(self) -> None:
        """Show the run in hand again, as it is now."""
        self._study.cancel()
        elsewhere = self._frame is not None or self._moving is not None
        kept, self.kept, self._frame = self.kept, None, None
        self._opening = self._moving = self._next = None
        if kept is not None:
            self.left.emit()
        if elsewhere:
            self.moved.emit()
            self.changed.emit()

    @Slot(object)
    def _on_rebuilt(self, _built: Built) -> None:
        """What is past of the run before is not this one's."""
        self._prober = None
        if self.kept is None:
            self.leave()

    def _move(self, step: int) -> None:
        kept, built, wanted = self.kept, self._live.built, self._wanted
        if kept is not None and (shown := self._frame) is not None:
            self._moving = step
            self._study.begin(lambda _report, cancelled: seen_of_store(kept, shown, step, wanted, cancelled))
            return
        if kept is not None or built is None:
            return
        self._moving, base = step, self._base_in_hand
        prober = self._prober_for(built, base)
        self._study.begin(lambda _report, cancelled: seen_in_hand(built, prober, base, step, wanted, cancelled))

    @property
    def _base_in_hand(self) -> Frame:
        """The frame of the run in hand, with the experiment that is trained."""
        frame, run = self._live.frame, self._live.run
        return frame if run is None else replace(frame, experiment=run.experiment)

    def _prober_for(self, built: Built, base: Frame) -> Prober | None:
        """Return what answers questions about the run in hand, where that has been made."""
        known = self._prober
        return known[2] if known is not None and known[0] is built and known[1] == base.experiment else None

    @Slot(object, float)
    def _take(self, found: Seen | tuple[Kept | Frame, Frame | dict[Request, Reading]], _seconds: float) -> None:
        if isinstance(found, Seen):
            self._arrive(found)
            return
        what, given = found
        if isinstance(what, Kept) and isinstance(given, Frame):
            self._opening, self._asked = None, frozenset()
            self.kept, self._frame = what, given
            self.entered.emit(what)
        elif what is self._frame and isinstance(given, dict):
            self._frame = replace(self._frame, readings=given)
        else:  # it was of a run that is shown no more
            return
        self.changed.emit()

    def _arrive(self, seen: Seen) -> None:
        """Show a moment that was brought, and go on to the one that is wanted by now."""
        if self._moving is None:  # it was left meanwhile
            return
        self._moving, self._asked, built = None, self._wanted, self._live.built
        if self.kept is not None:
            self.kept = replace(self.kept, step=seen.step)
        elif built is not None:
            self._prober = built, seen.frame.experiment, seen.prober
        self._frame = seen.frame
        self.moved.emit()
        self.changed.emit()
        self._go_on()

    def _go_on(self) -> None:
        step, self._next = self._next, None
        if step is not None and self._moving is None:
            self._move(step)

    @Slot(str)
    def _fail(self, line: str) -> None:
        row, self._opening = self._opening, None
        step, self._moving = self._moving, None
        if row is not None:
            self.failed.emit(self.tr("Run {0} cannot be shown: {1}").format(row.id, line))
        elif step is not None:
            self.failed.emit(self.tr("Step {0} cannot be shown: {1}").format(format_count(step), line))
            self.moved.emit()
            self._go_on()
