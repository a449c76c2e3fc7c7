"""The edges of learning, measured when asked for: sharpness, the gradient's noise, and the angle between gradients."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Slot
from PySide6.QtGui import QActionGroup, QResizeEvent
from PySide6.QtWidgets import QLabel, QToolButton, QWidget

from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.study import Study, setup_of
from nnplayground.gui.theme import Theme, restyle
from nnplayground.gui.views.annotations import Guide
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.invitation import Invitation
from nnplayground.gui.views.readout import Row
from nnplayground.gui.views.steps import StepsView, grown
from nnplayground.gui.views.symbols import Sample
from nnplayground.gui.views.ticks import linear_limits, log_limits
from nnplayground.gui.views.view import Frame, before_training
from nnplayground.runs.history import Curve, History

if TYPE_CHECKING:
    from nnplayground.engine.edges import Edges
    from nnplayground.gui.views.plotting import Line, Plot

KEPT = 500  # measurements at most; of too many, every other one of the older half is forgotten
LOW = 130  # pixels of height, at plain type, below which the plot stands alone
SHARE = 10  # of the time at most every tenth part is spent on measuring again and again

SHARPNESS, NOISE, COSINE = "sharpness", "noise_scale", "cosine"


@dataclass(frozen=True)
class Measured:
    """One measurement and what it cost."""

    edges: Edges
    seconds: float


class EdgesView(StepsView):
    """Points at the steps at which they were measured, and the line that matters to each quantity."""

    title, name = "Edges", "edges"
    explanation = (
        "<p>How close training is to its edges. Press <b>Measure</b>: it takes as long as it then says, and leaves "
        "training as it is. The menu chooses which of three numbers is drawn.</p>"
        "<p><b>Sharpness</b>: how strongly the training loss bends where it bends most, the largest eigenvalue of its "
        "Hessian. Plain gradient descent overshoots where that is above 2 ÷ rate, the dashed limit; with momentum β, "
        "above 2 (1 + β) ÷ rate. Large batches climb up to the limit and stay there; small ones stay below. Far below: "
        "a larger rate may do; far above: expect spikes. For Adam and others that scale the step of each weight this "
        "limit does not hold, and none is drawn.</p>"
        "<p><b>Noise scale</b>: the batch size at which a gradient's noise is as large as the gradient; smaller "
        "batches save samples, much larger ones waste them. ∞: there is no slope left that could be told from "
        "noise.</p>"
        "<p><b>Cosine</b>: whether the gradients of successive batches agree (1), have nothing to do with each other "
        "(0) or undo each other (below 0: smaller rate or larger batches).</p>"
        "<p>Looked at are up to 1 024 training samples, without dropout, noise and augmentation, with L1 and L2, batch "
        "norm by the samples' own statistics.</p>"
    )

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.measured: list[Measured] = []
        self._texts = {
            SHARPNESS: self.tr("sharpness"),
            NOISE: self.tr("noise scale"),
            COSINE: self.tr("cosine of gradients"),
        }
        self.shown = QActionGroup(self)
        for quantity, text in self._texts.items():
            switch = self.add_switch(
                quantity, self.tr("Show {quantity}").format(quantity=text), on=quantity == SHARPNESS
            )
            self.shown.addAction(switch).setData(quantity)
        self.again = self.add_switch("again", self.tr("Measure again after each epoch"), on=False)
        self.again.setToolTip(self.tr("Takes a tenth of the time at most"))
        self.button = QToolButton(self)
        self.button.setObjectName(f"{self.name}.measure")
        self.button.setToolTip(self.tr("Measure how sharp the loss is here, and how noisy its gradient, or stop that"))
        self.button.clicked.connect(self._press)
        self.invitation = Invitation(self.message, self.button, self.row, 0, self)
        self.column.addWidget(self.invitation, 1)
        self.numbers = QLabel(self)
        self.numbers.setObjectName(f"{self.name}.numbers")
        self.numbers.setWordWrap(True)
        restyle(self.numbers, role="secondary")
        self.column.addWidget(self.numbers)
        self.study = Study(f"{self.name}.study", self)
        self.study.progressed.connect(self._on_progressed)
        self.study.done.connect(self._on_done)
        self.study.failed.connect(self._on_failed)
        self.study.ended.connect(self._on_ended)
        self._asked: History | None = None  # of which run is measured
        self._of: History | None = None  # of which run the measurements are
        self._line: Line | None = None
        self._problem = ""
        self._rested_at = -np.inf  # when the last measuring ended
        self._epochs = 0  # finished then
        self.set_theme(theme)
        self._show_state()

    def place(self, plot: Plot) -> None:
        """Put the plot into its place, and what is drawn into it."""
        import pyqtgraph as pg

        self.column.insertWidget(self.column.indexOf(self.invitation), plot, 1)
        self.points = pg.ScatterPlotItem(pxMode=True)
        self.points.setZValue(3)
        plot.box.addItem(self.points, ignoreBounds=True)

    @property
    def quantity(self) -> str:
        """Which of a measurement's numbers is drawn."""
        chosen = self.shown.checkedAction()  # none, for the moment between one and the next
        return str(chosen.data()) if chosen is not None else SHARPNESS

    # measuring

    @Slot()
    def _press(self) -> None:
        if self.study.working:
            self.study.cancel()
        else:
            self._measure()
        self._show_state()

    def _measure(self) -> None:
        frame = self._frame
        if frame is None or frame.history is None or frame.snapshot is None or not len(frame.history.steps):
            return
        history, snapshot = frame.history, frame.snapshot
        lr = float(history.steps.curve("lr", max(snapshot.step - 1, 0), max(snapshot.step, 1)).mean[0])
        self._asked, self._epochs, self._problem = history, len(history.epochs), ""

        def work(report: Callable[[float, str], None], cancelled: Callable[[], bool]) -> Edges:
            from nnplayground.engine.edges import measure

            return measure(setup_of(frame), snapshot, lr, report, cancelled)

        self.study.begin(work)

    @Slot(float, str)
    def _on_progressed(self, share: float, text: str) -> None:
        words = f"{self.tr(text)} {format_percent(max(share, 0.0), 0)}"
        self.caption.set_words(words if self.measured else "")
        self.message.setText(words)

    @Slot(object, float)
    def _on_done(self, edges: Edges, seconds: float) -> None:
        if self._frame is not None and self._frame.history is self._asked is self._of:
            self.measured.append(Measured(edges, seconds))
            if len(self.measured) > KEPT:
                del self.measured[1 : KEPT // 2 : 2]
            self.draw_again()

    @Slot(str)
    def _on_failed(self, problem: str) -> None:
        self.again.setChecked(False)
        self._problem = problem

    @Slot()
    def _on_ended(self) -> None:
        self._rested_at = time.monotonic()
        self._show_state()
        self.draw_again()

    def _show_state(self) -> None:
        working = self.study.working
        self.button.setText(self.tr("Cancel") if working else self.tr("Measure"))
        self.button.setEnabled(working or self._of is not None)
        if not working:
            self.caption.set_words("")

    def draw(self, frame: Frame) -> None:
        """Draw, and measure again where that is wanted, an epoch is over, and it does not take too much of the time."""
        super().draw(frame)
        if not self.again.isChecked() or self.study.working or self._of is None:
            return
        cost = self.measured[-1].seconds if self.measured else 0.0
        due = len(self._of.epochs) > self._epochs or not self.measured
        if due and time.monotonic() - self._rested_at >= (SHARE - 1) * cost:
            self._measure()
            self._show_state()

    # drawing

    def redraw(self, frame: Frame) -> None:
        """Draw; measurements of another run are forgotten."""
        history = frame.history if frame.history is not None and len(frame.history.steps) else None
        if history is not self._of:
            self._of = history
            self.measured, self._epochs, self._problem = [], 0, ""
            if self.study.working:
                self.study.cancel()
            self._show_state()
        shown = history is not None and self.is_ready(history)
        self.numbers.setVisible(shown and self._is_roomy)
        self.invitation.invite(wanted=not shown)
        if not shown:
            self.legend.set_entries(())
        super().redraw(frame)
        if history is not None and not self.study.working:
            self.caption.set_words("")

    def is_ready(self, history: History) -> bool:
        """Whether anything has been measured."""
        return bool(self.measured) and super().is_ready(history)

    def words_before(self, frame: Frame) -> str:
        """Return how to begin, and what is being measured meanwhile."""
        if self.study.working:
            return self.message.text()
        if self._of is None:
            return before_training(frame)
        return self._problem or self.tr("Measure how sharp the loss is here, and how noisy its gradient")

    def draw_history(self, frame: Frame, history: History) -> None:
        """Draw the quantity chosen at the steps at which it was measured."""
        from nnplayground.gui.views.plotting import Line

        logarithmic, guide = self.quantity != COSINE, self._guide()
        self.plot.set_logarithmic(logarithmic)
        if self._line is None:
            self._line = Line(
                self.theme.accent, self.theme.panel, self.theme.pen_width, dashed=False, faint=False, filled=False
            )
            for shape in self._line.shapes:
                self.plot.drawing.add(shape)
        values = np.array([getattr(m.edges, self.quantity) for m in self.measured], np.float32)
        curve = Curve(np.array([float(m.edges.step) for m in self.measured]), values, values, values, exact=True)
        self._line.set_curve(curve, curve, logarithmic=logarithmic)
        places = [self._line.position(i) for i in range(len(values))]
        drawn = [i for i, place in enumerate(places) if place is not None]
        self.points.setData(
            x=curve.x[drawn],
            y=[places[i] for i in drawn],
            size=self.theme.marker_size,
            brush=self.theme.accent,
            pen=self.theme.panel,
        )
        self.plot.notes.guide, self.plot.notes.edges = guide, self._line.edges
        entry = Sample(self.theme.accent, "o"), self._texts[self.quantity]
        self.legend.set_entries((entry, (guide.sample, guide.text)) if guide is not None else (entry,))
        self.numbers.setText(self._sentence(frame))
        self.plot.reserve(top=self.theme.scaled(20) if self.plot.notes.marks else 0)
        self.plot.set_limits((0.0, grown(len(history.steps))), self._y_limits(guide))

    def _guide(self) -> Guide | None:
        """Return the line that matters to what is drawn."""
        if not self.measured:
            return None
        edges, sample = self.measured[-1].edges, Sample(self.theme.secondary, "dash")
        if self.quantity == SHARPNESS:
            return None if edges.limit is None else Guide(edges.limit, sample, self.tr("limit"))
        if self.quantity == NOISE:
            return Guide(float(edges.batch), sample, self.tr("batch size"))
        return Guide(0.0, sample, self.tr("unrelated"))

    def _y_limits(self, guide: Guide | None) -> tuple[float, float]:
        """Return limits, as positions, that hold what was measured and its line."""
        if self.quantity == COSINE:
            return -1.02, 1.02
        found = self._line.limits() if self._line is not None else None
        marks = list(found) if found is not None else []
        marks += [float(np.log10(guide.value))] if guide is not None else []
        return log_limits(10.0 ** min(marks), 10.0 ** max(marks)) if marks else linear_limits(0.0, 2.0)

    def _sentence(self, frame: Frame) -> str:
        """Return the last measurement in numbers, and what it cost."""
        if self._problem:
            return self._problem
        last = self.measured[-1]
        found, parts = last.edges, []
        limit = self.tr("no line with {optimizer}").format(optimizer=self.tr(frame.experiment.optimizer.title))
        if found.limit is not None:
            limit = self.tr("limit {limit}").format(limit=format_number(found.limit, 3, trim=True))
        parts.append(f"{self._texts[SHARPNESS]} {_told(found.sharpness)} ({limit})")
        batch = self.tr("batch {batch}").format(batch=format_count(found.batch))
        parts.append(f"{self._texts[NOISE]} {_told(found.noise_scale)} ({batch})")
        parts.append(f"{self.tr('cosine')} {_told(found.cosine)}")
        parts.append(self.tr("in {seconds} s").format(seconds=format_number(last.seconds, 2, trim=True)))
        return " · ".join(parts)

    @property
    def _is_roomy(self) -> bool:
        """Whether there is room for numbers below the plot."""
        return self.height() >= self.theme.scaled(LOW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        super().resizeEvent(event)
        self.numbers.setVisible(bool(self.measured) and self._is_roomy)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        if self.has_plot and self._line is not None:
            for shape in self._line.shapes:
                self.plot.drawing.remove(shape)
            self._line = None
        super().set_theme(theme)

    # reading out

    def rows_at(self, history: History, step: int, position: QPointF) -> list[Row]:
        """Return the measurement nearest to a step."""
        del history, position
        if not self.measured or self._line is None:
            return []
        index = int(np.argmin([abs(m.edges.step - step) for m in self.measured]))
        found = self.measured[index].edges
        rows = [Row(self.tr("measured at step"), format_count(found.step))]
        for quantity, text in self._texts.items():
            drawn = quantity == self.quantity
            y = self._line.position(index) if drawn and found.step == step else None
            rows.append(
                Row(text, _told(getattr(found, quantity)), Sample(self.theme.accent, "o") if drawn else None, y)
            )
        if found.limit is not None:
            rows.append(Row(self.tr("limit"), _told(found.limit), Sample(self.theme.secondary, "dash")))
        return rows

    # saving

    def table(self, frame: Frame) -> Table:
        """Return every measurement."""
        del frame
        names = ["step", SHARPNESS, "limit", NOISE, COSINE, "rows", "batch"]
        rows = [[getattr(m.edges, name) for name in names] + [m.seconds] for m in self.measured]
        return [*names, "seconds"], [["" if value is None else value for value in row] for row in rows]


def _told(value: float) -> str:
    """Return a number; an infinite one as such."""
    return "∞" if np.isposinf(value) else format_number(value, 3, trim=True)
