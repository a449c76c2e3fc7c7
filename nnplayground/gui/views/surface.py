"""The loss over a plane of the weights, computed when asked for, and the path of training over it, live."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QLabel, QMenu, QToolButton, QWidget

from nnplayground.data.dataset import Dataset
from nnplayground.engine.slices import Area, Slice, has_two_weights
from nnplayground.engine.snapshot import Floats, Snapshot
from nnplayground.experiment import Experiment
from nnplayground.experiment.losses import Loss
from nnplayground.gui.knobs.wording import translated
from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.study import Study, setup_of
from nnplayground.gui.theme import Theme, restyle
from nnplayground.gui.views.chart import ChartView, Table
from nnplayground.gui.views.colourbar import ColourBar
from nnplayground.gui.views.legend import Legend
from nnplayground.gui.views.palette import Levels
from nnplayground.gui.views.symbols import Sample
from nnplayground.gui.views.view import Frame
from nnplayground.runs.trajectory import Trajectory

if TYPE_CHECKING:
    from nnplayground.engine.surface import Surface
    from nnplayground.gui.views.landscape import Landscape, Track

KEPT = 4  # earlier runs
RESOLUTIONS = (21, 41, 81)
REACHES = (0.25, 0.5, 1.0, 2.0, 4.0)


@dataclass(eq=False)
class Journey:
    """A run as this view knows it: its path, and over what ground it leads."""

    trajectory: Trajectory
    name: str  # of its optimizer
    dataset: Dataset
    loss: Loss
    two_weights: bool

    def same_ground(self, other: Journey) -> bool:
        """Whether both lead over the very same surface of two weights."""
        ours, theirs = ((j.dataset, j.loss, True) for j in (self, other))
        return self.two_weights and other.two_weights and ours == theirs


class Places(dict[int, tuple[float, float]]):
    """Where a run's points lie on one plane, by step: each is looked up once."""

    def __init__(self, plane: Slice) -> None:
        super().__init__()
        self.plane = plane

    def of(self, steps: list[int], points: list[Floats]) -> np.ndarray:
        """Return the (n, 2) places of points, and forget all others."""
        found = {
            step: self.get(step) or self.plane.coordinates(point) for step, point in zip(steps, points, strict=True)
        }
        self.clear()
        self.update(found)
        return np.array([found[step] for step in steps]).reshape(-1, 2)


class LossBar(ColourBar):
    """A bar of losses, whose colours may go by their logarithms."""

    logarithmic = False

    def texts(self) -> tuple[str, str, str]:
        """Return the losses at the left end, in the middle and at the right end."""
        levels = (self.levels.low, (self.levels.low + self.levels.high) / 2, self.levels.high)
        low, middle, high = (format_number(10.0**v if self.logarithmic else v, 2, trim=True) for v in levels)
        return low, middle, high


def named(experiment: Experiment) -> str:
    """Return an optimizer's name, with what tells runs of the same one apart."""
    optimizer = experiment.optimizer
    words = f"{translated(optimizer.title)} {format_number(optimizer.lr, 3, trim=True)}"
    momentum = getattr(optimizer, "momentum", 0.0)
    return f"{words}, {translated('momentum')} {format_number(momentum, 3, trim=True)}" if momentum else words


class SurfaceView(ChartView):
    """A slice of the loss with the path on it. Of a network of two weights it is all there is, and comes by itself."""

    title, name = "Surface", "loss_surface"
    explanation = (
        "The training loss on a plane through the space of all weights: deep colour is low, lines join equal losses, "
        "the line is the path of training from its hollow to its full point. Press Compute for a plane around the "
        "weights as they are now. Random directions (1 is a change as large as the weights themselves) show whether "
        "the network sits in a wide valley or a sharp one; the path's main directions show how it came there, and how "
        "much of the way they hold. It is a slice: what looks like a wall may be passed sideways. A network of two "
        "weights is shown whole, with the paths of the last runs: in a long bowl plain steps go to and fro; scale the "
        "inputs, or take momentum or Adam, and compare."
    )

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.surface: Surface | None = None
        self.journey: Journey | None = None
        self.earlier: tuple[Journey, ...] = ()
        self._places: Places | None = None
        self._seed = 0
        self._problem = ""
        self._computing: Journey | None = None
        self.study = Study(f"{self.name}.study", self)
        self.study.progressed.connect(self._on_progressed)
        self.study.done.connect(self._on_done)
        self.study.failed.connect(self._on_failed)
        self.study.ended.connect(self._on_ended)
        self.message = QLabel(self)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setWordWrap(True)
        restyle(self.message, role="secondary")
        self.bar = LossBar(theme, self)
        self.runs = Legend(theme, self, wrap=True)
        for widget, stretch in ((self.message, 1), (self.runs, 0), (self.bar, 0)):
            self.column.addWidget(widget, stretch)
        self._add_options()
        self.set_theme(theme)

    @cached_property
    def plot(self) -> Landscape:
        """The picture, made when there is something to draw: pyqtgraph takes its time."""
        from nnplayground.gui.views.landscape import Landscape

        plot = Landscape(self.theme, self)
        plot.setObjectName(f"{self.name}.plot")
        plot.setAccessibleName(self.tr(self.title))
        self.column.insertWidget(self.column.indexOf(self.message), plot, 1)
        return plot

    # options

    def _add_options(self) -> None:
        self.legend.hide()
        self.button = QToolButton(self)
        self.button.setObjectName(f"{self.name}.compute")
        self.button.clicked.connect(self._press)
        restyle(self.button, role="link")
        self.row.insertWidget(1, self.button)
        self.logarithmic = self.add_switch("logarithmic", self.tr("Logarithmic colours"), on=True)
        kinds = {
            "weights": self.tr("Along the two weights"),
            "random": self.tr("Along random directions"),
            "path": self.tr("Along the path's main directions"),
        }
        self.kinds = self._choices(self.menu, "direction", kinds, "random")
        self.kinds["weights"].setEnabled(False)
        resolutions = {n: f"{n} × {n}" for n in RESOLUTIONS}
        self.resolutions = self._choices(self._submenu(self.tr("Points")), "points", resolutions, 41)
        reaches = {r: self.tr("× {0}").format(format_number(r, 3, trim=True)) for r in REACHES}
        self.reaches = self._choices(self._submenu(self.tr("Range")), "range", reaches, 1.0)
        for name, text, slot in (
            ("redraw", self.tr("Other random directions"), self._turn),
            ("forget", self.tr("Forget earlier paths"), self.forget_earlier),
        ):
            action = QAction(text, self.menu)
            action.setObjectName(f"{self.name}.{name}")
            action.triggered.connect(slot)
            self.menu.insertAction(self._commands, action)
        self._show_button(None)

    def _submenu(self, title: str) -> QMenu:
        menu = QMenu(title, self.menu)
        self.menu.insertMenu(self._commands, menu)
        return menu

    def _choices(self, menu: QMenu, name: str, texts: dict[Any, str], chosen: object) -> dict[Any, QAction]:
        """Put choices of which one is taken into a menu; another one is computed at once where there is a surface."""
        group, found = QActionGroup(menu), {}
        for value, text in texts.items():
            action = QAction(text, menu)
            action.setObjectName(f"{self.name}.{name}.{value}")
            action.setCheckable(True)
            action.setChecked(value == chosen)
            group.addAction(action)
            menu.insertAction(self._commands if menu is self.menu else None, action)
            found[value] = action
        group.triggered.connect(self._choose)
        return found

    @property
    def area(self) -> Area:
        """What the user chose to look at."""
        kind, resolution, reach = (
            next(value for value, action in choices.items() if action.isChecked())
            for choices in (self.kinds, self.resolutions, self.reaches)
        )
        return Area(kind, resolution, reach, self._seed)

    @Slot()
    def _choose(self) -> None:
        if self.surface is not None or self.study.working:
            self.compute()

    @Slot()
    def _turn(self) -> None:
        self._seed += 1
        self.kinds["random"].setChecked(True)
        self.compute()

    @Slot()
    def forget_earlier(self) -> None:
        """Take away the paths of earlier runs."""
        self.earlier = ()
        self.draw_again()

    # computing

    @Slot()
    def _press(self) -> None:
        if self.study.working:
            self.study.cancel()
        else:
            self.compute()

    @Slot()
    def compute(self) -> None:
        """Compute the surface around the weights of the last frame, off the window's thread."""
        frame = self._frame
        if frame is None or frame.snapshot is None or self.journey is None:
            return
        snapshot, area, path = frame.snapshot, self.area, list(self.journey.trajectory.points)
        self._problem, self._computing = "", self.journey

        def work(report: Any, cancelled: Any) -> Surface:
            from nnplayground.engine.surface import explore

            return explore(setup_of(frame), snapshot, area, path, report, cancelled)

        self.study.begin(work)
        self._show_button(0.0)

    @Slot(float, str)
    def _on_progressed(self, share: float, _text: str) -> None:
        self._show_button(share)

    @Slot(object, float)
    def _on_done(self, surface: Surface, seconds: float) -> None:
        if self._computing is not self.journey:  # of a run that is over
            return
        self.surface, self._places = surface, Places(surface.slice)
        words = self.tr("Computed in {0} s on {1} of {2} training samples, in evaluation mode, without penalties.")
        counts = format_count(surface.samples), format_count(surface.of)
        self.button.setToolTip(words.format(format_number(seconds, 2, trim=True), *counts))
        self.draw_again()

    @Slot(str)
    def _on_failed(self, line: str) -> None:
        self._problem = line
        self.draw_again()

    @Slot()
    def _on_ended(self) -> None:
        self._show_button(None)

    def _show_button(self, share: float | None) -> None:
        text = self.tr("Compute") if share is None else self.tr("Cancel {0}").format(format_percent(max(share, 0), 0))
        self.button.setText(text)
        self.button.setAccessibleName(text)

    # drawing

    def key(self, frame: Frame) -> object:
        """Depend on the weights, the surface and the paths; begin anew with a new run."""
        self._follow(frame)
        return self.surface, frame.snapshot, frame.trajectory, len(frame.trajectory or ()), self.earlier, self._problem

    def _follow(self, frame: Frame) -> None:
        """Take note of a new run; of two weights, compute their surface unless it is known."""
        trajectory, snapshot, dataset = frame.trajectory, frame.snapshot, frame.dataset
        before = self.journey
        if trajectory is None or snapshot is None or dataset is None:
            return
        if before is not None and before.trajectory is trajectory:
            return
        two = has_two_weights(snapshot.layout)
        self.journey = now = Journey(trajectory, named(frame.experiment), dataset, frame.experiment.loss, two)
        self._problem = ""
        known = before is not None and before.same_ground(now)
        if known and before is not None:
            self.earlier = (*self.earlier, before)[-KEPT:] if len(before.trajectory) > 1 else self.earlier
        else:
            self.earlier = ()
        self.kinds["weights"].setEnabled(two)
        if two or self.kinds["weights"].isChecked():
            self.kinds["weights" if two else "random"].setChecked(True)
        if known and self.surface is not None and self.surface.lowest is not None:
            self._places = Places(self.surface.slice)
            return
        self.surface = self._places = None
        self.study.cancel()
        if two:
            self.compute()

    def redraw(self, frame: Frame) -> None:
        """Draw the surface where there is one, and the paths."""
        surface = self.surface
        shown = surface is not None and frame.snapshot is not None
        self.message.setVisible(not shown)
        for part in (self.bar, *((self.plot,) if shown or "plot" in vars(self) else ())):
            part.setVisible(shown)
        self.message.setText(self._invitation(frame))
        self.caption.set_words(self._words() if shown else "")
        self.runs.setVisible(shown and bool(self.earlier))
        if surface is None or frame.snapshot is None:
            return
        plot = self.plot
        plot.show_surface(surface, self._axes(surface, frame), logarithmic=self.logarithmic.isChecked())
        plot.show_tracks(self._track(frame.snapshot), tuple(self._earlier(journey) for journey in self.earlier))
        self._show_scale()
        self._show_runs()
        plot.read_out()

    def _invitation(self, frame: Frame) -> str:
        if frame.snapshot is None:
            return self.tr("press space to train")
        return self._problem or self.tr("Compute shows the loss around the weights as they are now")

    def _words(self) -> str:
        surface = self.surface
        assert surface is not None, "words are of a surface"
        if self._problem:
            return self._problem
        if surface.condition is not None:
            return self.tr("condition number {0}").format(format_number(surface.condition, 3, trim=True))
        return self.tr("computed at step {0}").format(format_count(surface.step))

    def _axes(self, surface: Surface, frame: Frame) -> tuple[str, str]:
        """Return what the two directions are called."""
        if surface.slice.kind == "weights" and frame.dataset is not None:
            names = frame.dataset.input_names
            return self.tr("weight of {0}").format(names[0]), self.tr("weight of {0}").format(names[1])
        words = self.tr("direction {0}")
        if surface.slice.shares is None:
            return words.format(1), words.format(2)
        shares = (format_percent(share) for share in surface.slice.shares)
        first, second = (f"{words.format(i + 1)}: {share}" for i, share in enumerate(shares))
        return first, second

    def _track(self, snapshot: Snapshot) -> Track:
        """Return the path of the run in hand, up to the present point."""
        from nnplayground.gui.views.landscape import Track

        assert self.journey is not None
        assert self._places is not None
        trajectory, plane = self.journey.trajectory, self._places.plane
        steps = [step for step in trajectory.steps if step < snapshot.step]
        known = [p for step, p in zip(trajectory.steps, trajectory.points, strict=True) if step < snapshot.step]
        places = self._places.of(steps, known)
        now = np.array([plane.coordinates(snapshot.parameters)])
        return Track(self.journey.name, (*steps, snapshot.step), np.concatenate([places, now]))

    def _earlier(self, journey: Journey) -> Track:
        from nnplayground.gui.views.landscape import Track

        assert self._places is not None
        trajectory = journey.trajectory
        places = Places(self._places.plane).of(trajectory.steps, trajectory.points)
        return Track(journey.name, tuple(trajectory.steps), places)

    def _show_scale(self) -> None:
        from nnplayground.gui.views.landscape import ground, overflow

        assert self.surface is not None
        levels: Levels = self.plot.levels
        if self.bar.logarithmic != self.logarithmic.isChecked():
            self.bar.logarithmic = self.logarithmic.isChecked()
            self.bar.update()
        self.bar.show_levels(levels, ground(self.theme), self.tr("training loss"))
        finite = bool(np.isfinite(self.surface.loss).all())
        entries = () if finite else ((Sample(overflow(self.theme), "s"), self.tr("not finite")),)
        self.legend.set_entries(entries)
        self.legend.setVisible(not finite)

    def _show_runs(self) -> None:
        from nnplayground.gui.views.landscape import track_colour

        assert self.journey is not None
        own = (Sample(self.theme.text), self.journey.name)
        others = tuple((Sample(track_colour(self.theme, i)), j.name) for i, j in enumerate(self.earlier))
        self.runs.set_entries((own, *others))

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        if hasattr(self, "bar"):
            self.bar.set_theme(theme)
            self.runs.set_theme(theme)
            if "plot" in vars(self):
                self.plot.set_theme(theme)
        super().set_theme(theme)

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        if "plot" in vars(self):
            self.plot.follow()

    def table(self, frame: Frame) -> Table:
        """Return the loss at every point of the surface, then the points of the paths by run and step."""
        surface = self.surface
        if surface is None or frame.snapshot is None:
            return [], []
        names = [name.replace(" ", "_") for name in ("direction 1", "direction 2")]
        if surface.slice.kind == "weights" and frame.dataset is not None:
            names = [f"weight_of_{name}" for name in frame.dataset.input_names]
        rows: list[tuple[object, ...]] = [
            ("surface", surface.step, float(a), float(b), float(surface.loss[j, i]))
            for j, b in enumerate(surface.y)
            for i, a in enumerate(surface.x)
        ]
        for track in (self._track(frame.snapshot), *(self._earlier(journey) for journey in self.earlier)):
            rows += [
                (track.name, step, float(a), float(b), "")
                for step, (a, b) in zip(track.steps, track.places, strict=True)
            ]
        return ["what", "step", *names, "loss"], rows
