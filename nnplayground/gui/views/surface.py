"""The loss over a plane of the weights, computed when asked for, and the path of training over it, live."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.study import Study, setup_of
from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.areas import AreaMenu
from nnplayground.gui.views.chart import ChartView, Table
from nnplayground.gui.views.colourbar import ColourBar
from nnplayground.gui.views.invitation import Invitation
from nnplayground.gui.views.journeys import Journey, Places, Track
from nnplayground.gui.views.legend import Legend
from nnplayground.gui.views.symbols import Sample
from nnplayground.gui.views.view import Frame, before_training

if TYPE_CHECKING:
    from nnplayground.engine.surface import Surface
    from nnplayground.gui.views.landscape import Landscape

KEPT = 4  # earlier runs
RUNAWAY = 10.0  # times as far as the surface reaches
LOW = 150  # pixels of height, at plain type, below which the picture stands alone
NARROW = 300  # pixels of width, at plain type, below which the names of runs have no scale beside them


class LossBar(ColourBar):
    """A bar of losses, whose colours may go by their logarithms."""

    logarithmic = False

    def texts(self) -> tuple[str, str, str]:
        """Return the losses at the left end, in the middle and at the right end."""
        levels = (self.levels.low, (self.levels.low + self.levels.high) / 2, self.levels.high)
        low, middle, high = (format_number(10.0**v if self.logarithmic else v, 2, trim=True) for v in levels)
        return (f"≤ {low}" if self.logarithmic else low), middle, high


class SurfaceView(ChartView):
    """A slice of the loss with the path on it. Of a network of two weights it is all there is, and comes by itself."""

    title, name = "Surface", "loss_surface"
    explanation = (
        "<p>The training loss on a plane through the space of all weights: deep colour is low, thin lines join equal "
        "losses, the strong line is the path of training from its hollow to its full point. <b>Compute</b> draws the "
        "plane through the weights as they are now.</p>"
        "<p><b>Random directions</b> (1 is a change as large as the weights themselves) show whether the network sits "
        "in a wide valley or a sharp one; the <b>path's main directions</b>, in the menu, show how it came there, of "
        "which random ones see but a shadow. It is a slice: what looks like a wall may be passed sideways.</p>"
        "<p>A network of <b>two weights</b> is shown whole, + is its lowest place, and the paths of the last runs "
        "stay: in a long bowl plain steps go to and fro. Scale the inputs, or take momentum or Adam, and compare.</p>"
    )

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.surface: Surface | None = None
        self.journey: Journey | None = None
        self.earlier: tuple[Journey, ...] = ()
        self._places: Places | None = None
        self._problem = ""
        self._computing: Journey | None = None
        self._look: object = None
        self.study = Study(f"{self.name}.study", self)
        self.study.progressed.connect(self._on_progressed)
        self.study.done.connect(self._on_done)
        self.study.failed.connect(self._on_failed)
        self.study.ended.connect(self._on_ended)
        self.message = QLabel(self)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        restyle(self.message, role="secondary")
        self._add_options()
        self.bar, self.runs = LossBar(theme, self), Legend(theme, self, wrap=True)
        footer = QHBoxLayout()
        footer.setSpacing(SPACING * 2)
        footer.addWidget(self.runs, 3, Qt.AlignmentFlag.AlignTop)
        footer.addWidget(self.bar, 2, Qt.AlignmentFlag.AlignTop)
        self.column.addWidget(self.invitation, 1)
        self.column.addLayout(footer)
        self.set_theme(theme)

    @cached_property
    def plot(self) -> Landscape:
        """The picture, made when there is something to draw: pyqtgraph takes its time."""
        from nnplayground.gui.views.landscape import Landscape

        plot = Landscape(self.theme, self)
        plot.setObjectName(f"{self.name}.plot")
        plot.setAccessibleName(self.tr(self.title))
        self.column.insertWidget(self.column.indexOf(self.invitation), plot, 1)
        return plot

    @property
    def has_plot(self) -> bool:
        """Whether the plot has been made."""
        return "plot" in vars(self)

    def _add_options(self) -> None:
        self.legend.hide()
        self.button = QToolButton(self)
        self.button.setObjectName(f"{self.name}.compute")
        self.button.clicked.connect(self._press)
        self.invitation = Invitation(self.message, self.button, self.row, 1, self)
        self.logarithmic = self.add_switch("logarithmic", self.tr("Logarithmic colours"), on=True)
        self.areas = AreaMenu(self.menu, self._commands, self.name)
        self.areas.chosen.connect(self._choose)
        self.areas.turned.connect(self.compute)
        self.areas.forgotten.connect(self.forget_earlier)
        self._show_button(None)

    @Slot()
    def forget_earlier(self) -> None:
        """Take away the paths of earlier runs."""
        self.earlier = ()
        self.draw_again()

    # computing

    @Slot()
    def _choose(self) -> None:
        """Look at another area, where one is looked at."""
        if self.surface is not None or self.study.working:
            self.compute()

    @Slot()
    def _press(self) -> None:
        if self.study.working:
            self.study.cancel()
        else:
            self.compute()

    @Slot()
    def compute(self) -> None:
        """Compute the surface around the weights of the last frame, off the window's thread."""
        if self._frame is not None:
            self._compute(self._frame)

    def _compute(self, frame: Frame) -> None:
        snapshot, journey, area = frame.snapshot, self.journey, self.areas.area
        if snapshot is None or journey is None:
            return
        path = list(journey.trajectory.points)
        self._problem, self._computing = "", journey

        def work(report: Any, cancelled: Any) -> Surface:
            from nnplayground.engine.surface import explore

            return explore(setup_of(frame), snapshot, area, path, report, cancelled)

        self.study.begin(work)
        self._show_button(0.0)
        self.message.setText(self.tr("computing …"))

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
        self.draw_again()

    def _show_button(self, share: float | None) -> None:
        text = self.tr("Compute") if share is None else self.tr("Cancel {0}").format(format_percent(max(share, 0), 0))
        self.button.setText(text)
        self.button.setAccessibleName(text)
        self.button.setToolTip(
            self.tr("Compute the training loss around the weights as they are now") if share is None else text
        )

    # drawing

    def key(self, frame: Frame) -> object:
        """Depend on the weights and the path; what else changes is drawn at once."""
        return frame.snapshot, frame.history, len(frame.trajectory or ()), frame.experiment

    def draw(self, frame: Frame) -> None:
        """Draw the frame; begin anew with a new run."""
        self._follow(frame)
        super().draw(frame)

    def _follow(self, frame: Frame) -> None:
        """Take note of a new run; of two weights, compute their surface unless it is known."""
        now, before = Journey.of(frame), self.journey
        if now is None:
            return
        if before is not None and before.run is now.run:
            before.retune(frame.experiment)
            self._keep_in_sight(before, frame)
            return
        self.journey, self._problem = now, ""
        same = before is not None and before.same_ground(now)
        gone = (before,) if same and before is not None and len(before.trajectory) > 1 else ()
        self.earlier = (*self.earlier, *gone)[-KEPT:] if same else ()
        self.areas.show_two_weights(there=now.two_weights)
        if same and self.surface is not None and self.surface.lowest is not None:
            self._places = Places(self.surface.slice)
            return
        self.surface = self._places = None
        self.study.cancel()
        if now.two_weights:
            self._compute(frame)

    def _keep_in_sight(self, journey: Journey, frame: Frame) -> None:
        """Compute a larger surface of two weights where these have left it, but for those that run away."""
        surface, snapshot = self.surface, frame.snapshot
        if surface is None or snapshot is None or self.study.working or surface.slice.kind != "weights":
            return
        place = zip(surface.slice.coordinates(snapshot.parameters), (surface.x, surface.y), strict=True)
        outside = max(abs(at - (axis[0] + axis[-1]) / 2) / (axis[-1] - axis[0]) * 2 for at, axis in place)
        if journey.two_weights and 1 < outside < RUNAWAY and self._problem == "":
            self._compute(frame)

    def redraw(self, frame: Frame) -> None:
        """Draw the surface where there is one, and the paths."""
        surface = self.surface
        shown = surface is not None and frame.snapshot is not None
        self.invitation.invite(wanted=not shown)
        self.button.setEnabled(frame.snapshot is not None)
        self.message.setText(self._invitation(frame))
        self.caption.set_words(self._words(surface) if surface is not None and shown else "")
        if shown or self.has_plot:
            self.plot.setVisible(shown)
        if surface is not None and frame.snapshot is not None:
            look = surface, self.logarithmic.isChecked(), self.theme
            if look != self._look:
                self._look = look
                self.plot.show_surface(surface, *self._axes(surface, frame), self.logarithmic.isChecked())
                self._show_scale(surface)
            track, *earlier = self._tracks(frame)
            self.plot.show_tracks(track, tuple(earlier))
            self._show_runs()
            self.plot.read_out()
        self._show_footer()

    def _invitation(self, frame: Frame) -> str:
        if frame.snapshot is None:
            return before_training(frame)
        if self.study.working:
            return self.tr("computing …")
        return self._problem or self.tr("Compute the training loss around the weights as they are now")

    def _words(self, surface: Surface) -> str:
        if self._problem:
            return self._problem
        if surface.condition is not None:
            return self.tr("condition number {0}").format(format_number(surface.condition, 3, trim=True))
        step = self.tr("computed at step {0}").format(format_count(surface.step))
        if surface.slice.shares is None:
            return step
        shares = " + ".join(format_percent(share, trim=True) for share in surface.slice.shares)
        return self.tr("{0}, {1} of the path").format(step, shares)

    def _axes(self, surface: Surface, frame: Frame) -> tuple[tuple[str, str], tuple[str, str]]:
        """Return what the two directions are called, in short and in words."""
        if surface.slice.kind == "weights" and frame.dataset is not None:
            first, second = (self.tr("weight of {0}").format(name) for name in frame.dataset.input_names)
            return ("w₁", "w₂"), (first, second)
        words = self.tr("direction {0}")
        return ("d₁", "d₂"), (words.format(1), words.format(2))

    def _tracks(self, frame: Frame) -> list[Track]:
        """Return the path of the run in hand, and those of earlier runs."""
        if self.journey is None or self._places is None:
            return []
        plane = self._places.plane
        own = self._places.track(self.journey, frame.snapshot)
        return [own, *(Places(plane).track(journey) for journey in self.earlier)]

    def _show_scale(self, surface: Surface) -> None:
        """Say what colours mean."""
        from nnplayground.gui.views.landscape import ground, overflow

        if self.bar.logarithmic != self.logarithmic.isChecked():
            self.bar.logarithmic = self.logarithmic.isChecked()
            self.bar.update()
        self.bar.show_levels(self.plot.levels, ground(self.theme), self.tr("training loss"))
        finite = bool(np.isfinite(surface.loss).all())
        self.legend.set_entries(() if finite else ((Sample(overflow(self.theme), "s"), self.tr("not finite")),))
        self.legend.setVisible(not finite)

    def _show_runs(self) -> None:
        """Say which line is which run's."""
        from nnplayground.gui.views.landscape import track_colour

        own = ((Sample(self.theme.text), self.journey.name),) if self.journey is not None else ()
        others = ((Sample(track_colour(self.theme, i)), journey.name) for i, journey in enumerate(self.earlier))
        self.runs.set_entries((*own, *others))

    def _show_footer(self) -> None:
        """Give the picture the room where there is little."""
        roomy = self.surface is not None and self.height() >= self.theme.scaled(LOW)
        several = roomy and bool(self.earlier)
        self.bar.setVisible(roomy and (self.width() >= self.theme.scaled(NARROW) or not several))
        self.runs.setVisible(several)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self._show_footer()

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        if hasattr(self, "runs"):
            self.bar.set_theme(theme)
            self.runs.set_theme(theme)
            if self.has_plot:
                self.plot.set_theme(theme)
        super().set_theme(theme)

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        if self.has_plot:
            self.plot.follow()

    def table(self, frame: Frame) -> Table:
        """Return the loss at every point of the surface, then the points of the paths by run and step."""
        surface = self.surface
        if surface is None or frame.snapshot is None:
            return [], []
        _, words = self._axes(surface, frame)
        rows: list[tuple[object, ...]] = [
            ("surface", surface.step, float(a), float(b), float(surface.loss[j, i]))
            for j, b in enumerate(surface.y)
            for i, a in enumerate(surface.x)
        ]
        for track in self._tracks(frame):
            steps = zip(track.steps, track.places.tolist(), strict=True)
            rows += [(track.name, step, a, b, "") for step, (a, b) in steps]
        return ["what", "step", *words, "loss"], rows
