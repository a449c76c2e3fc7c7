"""What every view is: a widget that draws a frame and says which probes it needs for the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QWidget

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Reading, Request
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from nnplayground.gui.theme import Theme
from nnplayground.runs.history import History
from nnplayground.runs.trajectory import Trajectory

R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Frame:
    """All that can be drawn: an experiment, its data, history and snapshot, and the answers to probes."""

    experiment: Experiment
    dataset: Dataset | None  # None while it loads
    history: History | None  # None before the first step can be taken
    snapshot: Snapshot | None
    readings: Mapping[Request, Reading] = field(default_factory=dict)
    trajectory: Trajectory | None = None  # of the run: where its weights have been
    moment: int | None = None  # the step that is looked back at; None where it is the newest of a training in hand
    awaited: str = ""  # what training waits for before its first step, once it has been asked for

    def reading(self, request: Request, kind: type[R]) -> R | None:
        """Return the answer to `request`, or None where there is none yet."""
        found = self.readings.get(request)
        return found if isinstance(found, kind) else None


def before_training(frame: Frame) -> str:
    """Return what stands where nothing has been trained yet: what is waited for, or else how to begin."""
    return frame.awaited or QCoreApplication.translate("View", "press space to train")


class View(QWidget):
    """A picture of a frame. It never changes an experiment; what it wants changed it signals."""

    title: ClassVar[str] = ""  # as shown on its dock
    name: ClassVar[str] = ""  # its objectName: "loss", "gradient_norms"
    calm: ClassVar[bool] = False  # read rather than watched: drawn ten times a second at most while training runs
    explanation: str = ""  # how to read it, behind its ⓘ: what is shown, what is good, what to try if not

    asked = Signal()  # other probes are needed than before: paused, no frame would come to ask for them

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(self.name)
        self.setAccessibleName(self.tr(self.title))
        self.theme = theme

    def needs(self, frame: Frame) -> frozenset[Request]:
        """Return the probes whose readings this view draws, for a frame like this one."""
        del frame
        return frozenset()

    def remembers(self, frame: Frame) -> frozenset[Request]:
        """Return the probes whose answers at earlier moments this view draws too, for a frame like this one."""
        del frame
        return frozenset()

    def remember(self, history: History, request: Request, readings: Sequence[tuple[int, Reading]]) -> None:
        """Take up such answers by step: of the networks that were kept of a run, whether they were in sight or not."""

    def draw(self, frame: Frame) -> None:
        """Draw the frame. Called only while visible; has to be cheap where nothing changed."""
        raise NotImplementedError

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; the next `draw` shows them."""
        self.theme = theme


def is_seen(view: QWidget) -> bool:
    """Whether any of a view is in sight: not hidden, nor behind another tab."""
    return view.isVisible() and not view.visibleRegion().isEmpty()
