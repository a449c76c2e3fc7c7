"""What the views over a run's steps share: an axis of steps that follows, zooms and pans, and what is seen of it."""

from __future__ import annotations

from functools import cached_property
from math import ceil, floor, log10
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtWidgets import QLabel, QWidget

from nnplayground.gui.numbers import format_count
from nnplayground.gui.theme import Theme, restyle
from nnplayground.gui.views.chart import ChartView
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.view import Frame, before_training
from nnplayground.runs.history import History

if TYPE_CHECKING:
    from nnplayground.gui.views.plotting import Plot

UNITS = ((5, 100), (2, 40), (1, 20))  # from so many times a power of ten on: per cent of it by which an axis grows
POINTS = 1000  # of a curve at most, and no more than it has pixels


def grown(steps: int) -> float:
    """Return a round number of steps, at most 20 % more than `steps`, so that the axis moves only now and then."""
    decade = 10 ** floor(log10(max(steps, 10)))
    unit = max(decade * next(share for least, share in UNITS if steps >= least * decade or least == 1) // 100, 1)
    return float(max(ceil(steps / unit) * unit, 10))


class StepsView(ChartView):
    """A plot over the steps of a run. Others implement `draw_history` and `rows_at`."""

    calm = True
    grid = True  # whether the plot has a grid

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.message = QLabel(self)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        restyle(self.message, role="secondary")
        self.column.addWidget(self.message, 1)
        self._history: History | None = None

    @cached_property
    def plot(self) -> Plot:
        """The plot, made when there is something to draw: most views are never seen, and pyqtgraph takes its time."""
        from nnplayground.gui.views.plotting import Plot

        plot = Plot(self.theme, self, grid=self.grid)
        plot.setObjectName(f"{self.name}.plot")
        plot.setAccessibleName(self.tr(self.title))
        plot.x_axis.set_unit(self.tr("step"))
        plot.closest = 4.0
        plot.hover = self._read_out
        plot.zoomed.connect(self.draw_again)
        plot.box.sigResized.connect(self._resized)
        self.place(plot)
        return plot

    @property
    def has_plot(self) -> bool:
        """Whether the plot has been made."""
        return "plot" in vars(self)

    def place(self, plot: Plot) -> None:
        """Put the plot into its place in the view."""
        self.column.insertWidget(self.column.indexOf(self.message), plot, 1)

    # what others implement

    def draw_history(self, frame: Frame, history: History) -> None:
        """Draw a history of one step or more."""
        raise NotImplementedError

    def is_ready(self, history: History) -> bool:
        """Whether there is anything to draw of a history."""
        return len(history.steps) > 0

    def words_before(self, frame: Frame) -> str:
        """Return what stands where nothing can be drawn yet."""
        return before_training(frame)

    def rows_at(self, history: History, step: int, position: QPointF) -> list[Row]:
        """Return what the read-out says of a step, at a position of the plot."""
        raise NotImplementedError

    def words(self, frame: Frame) -> str:
        """Return what is shown, and in which unit."""
        del frame
        return ""

    # drawing

    def key(self, frame: Frame) -> object:
        """Depend on what has been appended, as far as it can be seen, on the part in sight, and on the options."""
        history = frame.history
        if history is None or not len(history.steps):
            return None
        sight, points, steps = self._sight(history), self._points(), len(history.steps)
        every = max(int((sight[1] - sight[0]) / points), 1)  # steps of one point: fewer more are not seen
        lengths = steps // every, len(history.epochs) * history.steps_per_epoch // every, history.marks
        return history, lengths, self.words(frame), points, self.plot.following or sight

    def redraw(self, frame: Frame) -> None:
        """Draw the part in sight, or say what to do where there is nothing yet."""
        history = frame.history
        ready = history is not None and self.is_ready(history)
        self.message.setText(self.words_before(frame))
        self.message.setVisible(not ready)
        if ready or self.has_plot:
            self.plot.setVisible(ready)
        if history is None or not ready:
            return
        if history is not self._history:  # another run begins at its beginning
            self._history = history
            self.plot.following_x = self.plot.following_y = True
        self.caption.set_words(self.words(frame))
        self.plot.notes.marks = tuple((float(mark.step), mark.text) for mark in history.marks)
        self.plot.drawing.gather()
        self.draw_history(frame, history)
        self.plot.drawing.flush()
        self.plot.read_out()
        self.plot.notes.refresh()

    def draw(self, frame: Frame) -> None:
        """Draw what has changed; curves stay as they are while another moment is looked at."""
        super().draw(frame)
        if self.has_plot:
            self.plot.show_moment(frame.moment)

    def _sight(self, history: History) -> tuple[float, float]:
        """Return the part of the x axis that is to be drawn."""
        return (0.0, grown(len(history.steps))) if self.plot.following_x else self.plot.x_sight()

    def _resized(self, _box: object) -> None:
        """Look up as many points as there are pixels now; no frame need come while training rests."""
        if self._frame is not None:
            self.draw(self._frame)

    def _points(self) -> int:
        return min(max(int(self.plot.notes.area.width()), 100), POINTS)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        if self.has_plot:
            self.plot.set_theme(theme)
        super().set_theme(theme)

    def show_everything(self) -> None:
        """Follow again."""
        if self.has_plot:
            self.plot.follow()

    # reading out

    def _read_out(self, position: QPointF, pixel: QPointF) -> Readout | None:
        history = self._frame.history if self._frame is not None else None
        if history is None or not len(history.steps):
            return None
        step = min(max(round(position.x()), 1), len(history.steps))
        epoch = (step - 1) // history.steps_per_epoch + 1
        rows = [Row(f"{self.tr('step')} {format_count(step)}", f"{self.tr('epoch')} {format_count(epoch)}")]
        rows += self.rows_at(history, step, position)
        near = abs(self.plot.box.viewPixelSize()[0]) * self.theme.scaled(6)
        rows += [Row(mark.text) for mark in history.marks if abs(mark.step - position.x()) <= near][-3:]
        return Readout(float(step), pixel, tuple(rows))
