"""Learning curves by class: the share of each class's validation samples that is taken for it, over the epochs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnplayground.engine.probes import Request
from nnplayground.gui.numbers import format_number, format_percent
from nnplayground.gui.theme import Theme, class_colours
from nnplayground.gui.views.annotations import EndLabel
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.picture import CONFUSION_REQUEST, OutputOptions, Picture
from nnplayground.gui.views.plotting import Plot
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.recall import RecallCourse
from nnplayground.gui.views.strokes import Stroke
from nnplayground.gui.views.symbols import Sample, line_pen
from nnplayground.gui.views.ticks import linear_limits
from nnplayground.gui.views.view import Frame, before_training

LONGEST_NAME = 14  # letters of a class's name at its line's end


def _span(recalls: NDArray[np.float64]) -> tuple[float, float]:
    known = recalls[np.isfinite(recalls)]
    return (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)


class RecallPicture(Picture):
    """A line for each class."""

    def __init__(self, theme: Theme, course: RecallCourse, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.course = course
        self.names: tuple[str, ...] = ()
        self.lines: list[Stroke] = []
        self.plot = Plot(theme, self)
        self.plot.setObjectName("output.recalls")
        self.plot.x_axis.set_unit(self.tr("epoch"))
        self.plot.y_axis.percent = True
        self.plot.hover = self._read_out
        self.plot.reserve(top=4)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for the table of confusion, whose rows say it."""
        del options
        return frozenset({CONFUSION_REQUEST})

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw what was seen of this run."""
        del options
        self.names = frame.dataset.class_names if frame.dataset is not None else ()
        epochs, recalls = self.course.curves()
        begun = len(recalls) == len(self.names) and len(epochs) > 0
        self.plot.set_message("" if begun else before_training(frame))
        self._take_lines(len(self.names) if begun else 0)
        colours, labels = class_colours(self.theme, len(self.names)), []
        for line, values, name, colour in zip(self.lines, recalls, self.names, colours, strict=False):
            line.set_pen(line_pen(colour, self.theme.pen_width))
            x, y = (epochs, values) if len(epochs) > 1 else (epochs + np.array([0.0, 0.02]), np.repeat(values, 2))
            line.set_points(x, y)
            if np.isfinite(values[-1]):
                short = name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
                labels.append(EndLabel(short, Sample(colour), float(values[-1])))
        self.plot.notes.labels = tuple(sorted(labels, key=lambda label: -label.y))
        self.plot.reserve()
        if begun:
            first, last = float(epochs[0]), float(epochs[-1])
            low, high = linear_limits(*_span(recalls))
            self.plot.set_limits(linear_limits(first, max(last, first + 1)), (max(low, 0.0), min(high, 1.0)))
        self.plot.read_out()
        self.plot.notes.update()

    def _take_lines(self, count: int) -> None:
        while len(self.lines) > count:
            self.plot.drawing.remove(self.lines.pop())
        while len(self.lines) < count:
            self.lines.append(Stroke(line_pen(self.theme.text, 1.0)))
            self.plot.drawing.add(self.lines[-1])

    def words(self) -> str:
        """Say what the y axis shows."""
        return self.tr("recall, validation")

    def _read_out(self, position: QPointF, pixel: QPointF) -> Readout | None:
        epochs, recalls = self.course.curves()
        if not len(epochs) or len(recalls) != len(self.names):
            return None
        index = int(np.abs(epochs - position.x()).argmin())
        rows = [Row(self.tr("epoch {0}").format(format_number(float(epochs[index]), trim=True)))]
        for name, colour, values in zip(self.names, class_colours(self.theme, len(self.names)), recalls, strict=True):
            value = float(values[index])
            rows.append(Row(name, format_percent(value), Sample(colour), value if np.isfinite(value) else None))
        return Readout(float(epochs[index]), pixel, tuple(rows))

    def table(self, frame: Frame) -> Table:
        """Return the recall of each class by step; empty where a class has no samples."""
        del frame
        if not self.course.rows:
            return [], []
        every = self.course.steps_per_epoch
        rows = [
            [step, step / every, *("" if np.isnan(v) else v for v in row.tolist())]
            for step, row in zip(self.course.steps, self.course.rows, strict=True)
        ]
        return ["step", "epoch", *self.names], rows

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        self.plot.follow()

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; the next `draw` shows them."""
        super().set_theme(theme)
        self.plot.set_theme(theme)
