"""Going back in time: stands between the time bar, the stage that shows moments, and the run that is forked there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from nnplayground.engine.snapshot import Snapshot
from nnplayground.gui.live import Live
from nnplayground.gui.messages import Fork
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.reel import moments_in
from nnplayground.gui.runs.fetching import Kept
from nnplayground.gui.runs.stage import Stage
from nnplayground.gui.study import Study
from nnplayground.gui.theme import Theme
from nnplayground.gui.timeline.bar import TimeBar
from nnplayground.runs.cutting import until
from nnplayground.runs.moments import Stop, stops_of

if TYPE_CHECKING:
    from nnplayground.runs.history import History


FOLLOWING_MS = 400  # from one look at a training that goes on to the next


class Scrubbing(QObject):
    """Shows in the bar the moments of the run that is shown, and in the views the moment that the bar is at."""

    failed = Signal(str)  # one line: why no run can go on from here

    def __init__(self, stage: Stage, live: Live, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._stage, self._live = stage, live
        self._shown: object = None  # what the bar was told last
        self.bar = TimeBar(theme, self.words)
        self._study = Study("runs.forking", self)
        self._study.done.connect(self._take_fork)
        self._study.failed.connect(self.failed)
        self._study.ended.connect(live.release)
        self._marking = Study("runs.marking", self)
        self._marking.done.connect(self._take_marked)
        self._marking.failed.connect(self.failed)
        self.bar.moved.connect(self._look)
        self.bar.track.sliderReleased.connect(self._on_released)
        self.bar.forked.connect(self.fork)
        self.bar.returned.connect(self.back)
        self._following = QTimer(self)
        self._following.setSingleShot(True)
        self._following.setInterval(FOLLOWING_MS)
        self._following.timeout.connect(self.refresh)
        live.advanced.connect(self._follow)
        live.running_changed.connect(self.refresh)
        live.rebuilt.connect(self.refresh)
        for signal in (stage.entered, stage.left, stage.moved):
            signal.connect(self.refresh)

    # what the bar shows

    def words(self, stop: Stop) -> str:
        """Return what is told of a moment: its step, its epoch, the loss of the step, and why it is kept."""
        parts = [
            self.tr("step {0}").format(format_count(stop.step)),
            self.tr("epoch {0}").format(format_count(stop.epoch)),
        ]
        history = self._stage.frame.history
        if history is not None and 0 < stop.step <= len(history.steps):
            loss = history.steps.curve("loss", stop.step - 1, stop.step, 1).mean[0]
            parts.append(self.tr("loss {0}").format(format_number(float(loss))))
        names = {"best": self.tr("best"), "marked": self.tr("marked")}
        return " · ".join([*parts, *(name for why, name in names.items() if why in stop.why)])

    @Slot()
    def _follow(self) -> None:
        """Show what has come, a few times a second: ticks stand close, and numbers are to be read."""
        if not self._live.running:
            self.refresh()
        elif not self._following.isActive():
            self._following.start()

    @Slot()
    def refresh(self) -> None:
        """Show the moments there are now, where anything about them has changed."""
        stops, step, live = self.stops, self._stage.step, self._stage.kept is None
        if (stops, step, live) == self._shown and not self.bar.track.isSliderDown():
            return
        self._shown = stops, step, live
        index = len(stops) - 1
        if step is not None:
            index = next((i for i, stop in enumerate(stops) if stop.step >= step), index)
        self.bar.show_stops(stops, max(index, 0), live=live)

    @property
    def stops(self) -> tuple[Stop, ...]:
        """The moments of the run that is shown; of the run in hand, the last one is now."""
        stops, frame = self._stage.stops, self._live.frame
        if self._stage.kept is not None or frame.snapshot is None:
            return stops
        now = max(self._live.steps, frame.snapshot.step)
        before = tuple(stop for stop in stops if stop.step < now)
        why = next((stop.why for stop in stops if stop.step == now), frozenset[str]())
        epochs = len(frame.history.epochs) if frame.history is not None else 0
        return (*before, Stop(now, epochs, why, whole=True))

    @Slot()
    def _on_released(self) -> None:
        """Show what came while nothing moved under the pointer."""
        self._shown = None
        self.refresh()

    @Slot(int)
    def _look(self, index: int) -> None:
        stops = self.bar.track.stops
        now = self._stage.kept is None and index == len(stops) - 1
        self._stage.look(None if now else stops[index].step)
        self.refresh()

    @Slot()
    def back(self) -> None:
        """Show the run in hand as it is now."""
        self.bar.playback.stop()
        self._stage.look(None)
        self.refresh()

    # what is kept, and what goes on from it

    @Slot(object)
    def mark(self, snapshot: Snapshot) -> None:
        """Keep the network of this moment for good."""
        kept = self._stage.kept
        if kept is None:
            self._live.mark_moment(snapshot)
        else:
            self._marking.begin(_marked(kept, snapshot.step))

    @Slot(object, float)
    def _take_marked(self, marked: tuple[Kept, tuple[Stop, ...]], _seconds: float) -> None:
        self._stage.take_stops(*marked)
        self.refresh()

    @Slot()
    def fork(self) -> None:
        """Begin a run that goes on from the moment that is shown, with all that came before."""
        self.bar.playback.stop()
        kept, frame = self._stage.kept, self._stage.frame
        if frame.moment is None or frame.history is None:
            return
        if kept is not None:
            self._study.begin(_fork_of(kept, frame.moment, frame.history))
            return
        live, step = self._live, frame.moment
        live.hold()  # its history is read in another thread
        self._study.begin(lambda *_: live.fork_at(step))

    @Slot(object, float)
    def _take_fork(self, fork: Fork, _seconds: float) -> None:
        self._stage.leave()
        self._live.fork(fork)

    def end(self) -> None:
        """Play and follow no longer."""
        self.bar.playback.stop()
        self._following.stop()


def _marked(kept: Kept, step: int) -> Callable[[object, object], tuple[Kept, tuple[Stop, ...]]]:
    """Return what marks a moment in the store, and tells of all there are then. Raises ExperimentError."""

    def write(*_: object) -> tuple[Kept, tuple[Stop, ...]]:
        from nnplayground.runs.store import Store

        with Store(kept.path) as store:
            store.mark(kept.row, step)
            return kept, stops_of(store.snapshots(kept.row), store.whole(kept.row))

    return write


def _fork_of(kept: Kept, step: int, history: History) -> Callable[[object, object], Fork]:
    """Return what reads from the store whence a run is to go on. Raises ExperimentError in the study's thread."""

    def read(*_: object) -> Fork:
        from nnplayground.runs.store import Store

        row, prober = kept.row, kept.prober
        layout = prober.built.layout
        with Store(kept.path, writable=False) as store:
            moment = store.moment(row, layout, step)
            before = moments_in(store, row, layout, step)
        return Fork(moment, prober.first, until(history, step), before, row.uid, row.id)

    return read
