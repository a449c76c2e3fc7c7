"""What the views draw: the run in hand, or for a while one that was kept, with readings computed beside the window."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from nnplayground.data import Cancelled, Dataset
from nnplayground.engine.probes import Reading, Request
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.live import Live
from nnplayground.gui.study import Study
from nnplayground.gui.views.view import Frame

if TYPE_CHECKING:
    from nnplayground.engine.probing import Prober
    from nnplayground.engine.setup import Setup
    from nnplayground.engine.snapshot import Snapshot
    from nnplayground.runs.store import Row


@dataclass(frozen=True, eq=False)
class Kept:
    """A run of the store as it is shown: at one of the networks that were kept of it."""

    row: Row
    prober: Prober
    snapshots: tuple[tuple[int, int, str], ...]  # (step, epoch, why) of every network that was kept
    step: int  # of the one that is shown

    def step_of(self, why: str) -> int | None:
        """Return the step of the "first", "best" or "last" network that was kept, or None where there is none."""
        return next((step for step, _, reason in self.snapshots if reason == why), None)


class Stage(QObject):
    """Gives the views their frames. The training in hand goes on unseen while another run is shown."""

    changed = Signal()  # there is another frame
    entered = Signal(object)  # Kept: it is shown from now on
    left = Signal()  # the run in hand is shown again
    failed = Signal(str)  # one line: why a run cannot be shown

    def __init__(self, live: Live, parent: QObject) -> None:
        super().__init__(parent)
        self._live = live
        self.kept: Kept | None = None
        self._frame: Frame | None = None
        self._opening: Row | None = None
        self._asked: frozenset[Request] = frozenset()  # last, of the run shown; some of them may have no answer
        self._study = Study("runs.showing", self)
        self._study.done.connect(self._take)
        self._study.failed.connect(self._fail)

    # for the views

    @property
    def frame(self) -> Frame:
        """What is drawn."""
        return self._frame if self._frame is not None else self._live.frame

    @property
    def running(self) -> bool:
        """Whether what is drawn is being trained."""
        return self.kept is None and self._live.running

    @property
    def working(self) -> bool:
        """Whether a run is being read, or questions about it are being answered."""
        return self._study.working

    def request(self, requests: frozenset[Request]) -> None:
        """Ask for these probes, of whatever is drawn, from now on."""
        kept, frame = self.kept, self._frame
        self._live.request(frozenset() if kept is not None else requests)
        if kept is None or frame is None or self._opening is not None:
            return
        missing = requests - frame.readings.keys()
        if missing and frame.snapshot is not None and requests != self._asked:
            self._asked = requests
            known = {request: frame.readings[request] for request in requests - missing}
            prober, snapshot = kept.prober, frame.snapshot
            self._study.begin(
                lambda _report, cancelled: (frame, known | _answers(prober, snapshot, missing, cancelled))
            )

    # for the window

    def show(self, path: Path, row: Row, step: int | None = None) -> None:
        """Show a run of the store, at the network that was kept last, or at or before a step."""
        self._opening = row
        built = self._live.built
        at_hand = (built.experiment, built.dataset) if built is not None else None
        self._study.begin(lambda _report, _cancelled: _opened(path, row, step, at_hand))

    def leave(self) -> None:
        """Show the run in hand again."""
        self._study.cancel()
        self._opening = None
        if self.kept is not None:
            self.kept = self._frame = None
            self.left.emit()
            self.changed.emit()

    @Slot(object, float)
    def _take(self, found: tuple[Kept | Frame, Frame | dict[Request, Reading]], _seconds: float) -> None:
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

    @Slot(str)
    def _fail(self, line: str) -> None:
        row, self._opening = self._opening, None
        if row is not None:
            self.failed.emit(self.tr("Run {0} cannot be shown: {1}").format(row.id, line))


def _opened(path: Path, row: Row, step: int | None, at_hand: tuple[Experiment, Dataset] | None) -> tuple[Kept, Frame]:
    """Read a run. In the study's thread. Raises ExperimentError."""
    from nnplayground.engine.probing import Prober
    from nnplayground.runs.store import Store

    setup = _setup(row.experiment, at_hand)
    with Store(path, writable=False) as store:
        history, layout = store.history(row), setup.built.layout
        if not (snapshots := store.snapshots(row)):
            raise ExperimentError("no network of it was kept")
        first = store.snapshot(row, layout, 0)
        snapshot = store.snapshot(row, layout, row.steps if step is None else step)
    kept = Kept(row, Prober(setup, first), tuple(snapshots), snapshot.step)
    return kept, Frame(row.experiment, setup.dataset, history, snapshot)


def _setup(experiment: Experiment, at_hand: tuple[Experiment, Dataset] | None) -> Setup:
    """Return what an experiment comes down to; weights of a file, with which it began, need not be there any more."""
    import torch

    from nnplayground.engine.setup import Setup, data_of

    same = at_hand is not None and data_of(at_hand[0]) == data_of(experiment)
    dataset = at_hand[1] if at_hand is not None and same else None
    return Setup.of(experiment.replace("transfer.weights", ""), torch.device("cpu"), dataset)


def _answers(
    prober: Prober, snapshot: Snapshot, requests: frozenset[Request], cancelled: Callable[[], bool]
) -> dict[Request, Reading]:
    """Return the answers that there are. In the study's thread. Raises Cancelled."""
    found = {}
    for request in requests:
        if cancelled():
            raise Cancelled
        answer = prober.answer(request, snapshot)
        if answer is not None:
            found[request] = answer
    return found
