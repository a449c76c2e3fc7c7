"""Runs side by side: one quantity of each over steps, epochs or time, or groups of them as means with bands."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication, QPointF, QSignalBlocker, Slot
from PySide6.QtWidgets import QWidget

from nnplayground.gui.numbers import format_number
from nnplayground.gui.runs import columns
from nnplayground.gui.runs.comparison.picture import Chosen, RunsPicture, key_of, offer
from nnplayground.gui.runs.courses import AXES, Course, Doubles, quantities_of, read_courses
from nnplayground.gui.runs.remark import remark
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.annotations import EndLabel
from nnplayground.gui.views.keeping import Table
from nnplayground.gui.views.readout import Readout
from nnplayground.gui.views.readout import Row as Line
from nnplayground.gui.views.symbols import Sample, line_pen
from nnplayground.gui.views.tick_box import TickBox
from nnplayground.gui.views.ticks import linear_limits, log_limits
from nnplayground.runs.comparing import band, grouped

if TYPE_CHECKING:
    from nnplayground.gui.views.plotting import Plot
    from nnplayground.runs.store import Row

MOST = 200  # runs that are drawn at once
READ = 24  # that are read out at once
BAND = 0.5  # the opacity of what lies behind a line
DEEPEST = 12  # decades that a logarithmic axis shows
METRICS = ("train/", "validation/", "averaged_validation/")  # how their columns begin; they may be below zero
FIRST = ("validation_loss", "train_loss")  # that are compared unless another quantity is chosen


@dataclass(frozen=True, eq=False)
class Trace:
    """What is drawn of a run or of a group: its mean, and the band between its least and its greatest."""

    label: str
    x: Doubles
    mean: Doubles
    low: Doubles
    high: Doubles


class Curves(RunsPicture):
    """The curves of the runs selected, read beside the window, and what is to be remarked of them."""

    title, name, sort = "Curves of runs", "runs.curves", "curves"
    explanation = (
        "One quantity of every run chosen, over steps, epochs or time; where the table is grouped, each group's mean "
        "and the band between its runs. The line below says when a difference is no larger than what seeds alone make: "
        "then train more seeds before you believe it."
    )

    def __init__(self, path: Path, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(path, theme, parent)
        self._courses: dict[int, Course] = {}
        self._scales: dict[str, bool] = {}  # of quantities, whether the user has chosen a logarithmic one
        self.traces: tuple[Trace, ...] = ()
        self.quantity = self.choice("quantity", self.tr("Quantity that is compared"))
        self.axis = self.choice("axis", self.tr("Over"))
        names = (self.tr("by step"), self.tr("by epoch"), self.tr("by time"))
        for axis, name in zip(AXES, names, strict=True):
            self.axis.addItem(name, axis)
        self.axis.setToolTip(self.tr("Time is that of training, without pauses"))
        self.logarithmic = TickBox(self.tr("Logarithmic"))
        self.logarithmic.setObjectName("runs.logarithmic")
        self.logarithmic.clicked.connect(self._choose_scale)
        self.quantity.activated.connect(self.ask)
        self.axis.activated.connect(self.draw_runs)
        self.logarithmic.toggled.connect(self.draw_runs)
        self.finish(self.quantity, self.axis, self.logarithmic, caption=False)

    @cached_property
    def plot(self) -> Plot:
        """The plot, made with the first comparison."""
        from nnplayground.gui.views.plotting import Plot

        plot = Plot(self.theme, self)
        plot.setObjectName("runs.plot")
        plot.setAccessibleName(self.tr("Runs compared"))
        plot.hover = self._read_out
        self.column.insertWidget(1, plot, 1)
        return plot

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        super().set_theme(theme)
        if "plot" in vars(self):
            self.plot.set_theme(theme)
            self.draw_runs()

    # what is compared

    @property
    def _rows(self) -> tuple[Row, ...]:
        return self.runs.narrowed[:MOST]

    def key(self, runs: Chosen) -> object:
        """Depend on the runs selected, and on how they are grouped."""
        return key_of(runs.narrowed), runs.by

    def ask(self) -> None:
        """Read the curves."""
        names = quantities_of(self._rows)
        offer(self.quantity, {name: title_of(name) for name in names}, *FIRST)
        path, rows, name, known = self.path, self._rows, self.quantity.currentData(), dict(self._courses)
        by, every = self.runs.by, self.runs.every
        if name is not None:
            with QSignalBlocker(self.logarithmic):
                self.logarithmic.setChecked(self._scales.get(name, not name.startswith(METRICS)))
            self.study.begin(
                lambda _report, cancelled: (
                    read_courses(path, rows, name, known, cancelled),
                    remark(name, rows, by, every),
                )
            )

    @Slot(bool)
    def _choose_scale(self, logarithmic: bool) -> None:
        self._scales[self.quantity.currentData()] = logarithmic

    def take(self, found: tuple[dict[int, Course], str]) -> None:
        """Draw what was read."""
        self._courses, words = found
        more = "" if len(self._rows) < MOST else self.tr("No more than {0} runs are drawn.").format(MOST)
        self.say(" ".join(line for line in (words, more) if line))
        self.draw_runs()

    def table_now(self) -> Table:
        """Return every line's mean, least and greatest, one row for each point."""
        rows = [
            (trace.label, *map(float, point))
            for trace in self.traces
            for point in zip(trace.x, trace.mean, trace.low, trace.high, strict=True)
        ]
        return ["run", str(self.axis.currentData()), str(self.quantity.currentData()), "low", "high"], rows

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        self.plot.follow()

    # drawing

    @Slot()
    def draw_runs(self) -> None:
        """Draw what was read."""
        axis = self.axis.currentData()
        self.traces = self._by_group(axis) if self.runs.by else self._by_run(axis)
        logarithmic, plot = self.logarithmic.isChecked(), self.plot
        plot.set_logarithmic(logarithmic)
        plot.x_axis.set_unit({"step": self.tr("step"), "epoch": self.tr("epoch"), "time": self.tr("s")}[axis])
        plot.y_axis.percent = self._is_share
        for shape in plot.drawing.shapes[:]:
            plot.drawing.remove(shape)
        labels = [label for i, trace in enumerate(self.traces) if (label := self._draw_trace(i, trace)) is not None]
        plot.notes.labels = tuple(sorted(labels, key=lambda label: -label.y))
        plot.reserve(top=0)
        plot.set_limits(*self._limits())
        plot.set_message("" if self.traces else self.tr("these runs have no such curve"))
        plot.read_out()
        plot.notes.update()

    @property
    def _is_share(self) -> bool:
        return str(self.quantity.currentData()).endswith("accuracy") and not self.logarithmic.isChecked()

    def _by_run(self, axis: str) -> tuple[Trace, ...]:
        found = [self._courses[row.id] for row in self._rows if row.id in self._courses]
        return tuple(Trace(self.tr("run {0}").format(c.row.id), *c.curve(axis)) for c in found)

    def _by_group(self, axis: str) -> tuple[Trace, ...]:
        """Return a group's mean wherever any of its runs has got to, and the band between its runs there."""
        made = []
        for group in grouped(self._rows, self.runs.by).values():
            curves = [self._courses[row.id].curve(axis)[:2] for row in group if row.id in self._courses]
            found = band(curves)
            if len(found.x):
                value = columns.text(columns.value_of(group[0], self.runs.by)) or "–"
                made.append(Trace(f"{value} ({len(curves)})", found.x, found.mean, found.low, found.high))
        return tuple(made)

    def _sample(self, number: int) -> Sample:
        colours = self.theme.series
        dashed = number // len(colours) % 2 == 1
        return Sample(colours[number % len(colours)], "dash" if dashed else "line")

    def _draw_trace(self, number: int, trace: Trace) -> EndLabel | None:
        """Draw a trace; return its name at its end, where it has any."""
        from nnplayground.gui.views.plotting import positions
        from nnplayground.gui.views.strokes import Fill, Stroke

        sample, logarithmic = self._sample(number), self.logarithmic.isChecked()
        x, mean, low, high = (
            trace.x,
            *(positions(v, logarithmic=logarithmic) for v in (trace.mean, trace.low, trace.high)),
        )
        if len(x) == 1:  # one point alone would not be seen
            x, mean, low, high = x * np.array([0.99, 1.01]), *(np.repeat(v, 2) for v in (mean, low, high))
        if not np.array_equal(low, high, equal_nan=True):
            area = Fill(sample.colour)
            area.opacity = BAND
            area.set_points(x, low, high)
            self.plot.drawing.add(area)
        line = Stroke(line_pen(sample.colour, self.theme.pen_width, dashed=sample.shape == "dash"))
        line.set_points(x, mean)
        self.plot.drawing.add(line)
        known = mean[np.isfinite(mean)]
        return EndLabel(trace.label, sample, float(known[-1])) if len(known) else None

    def _limits(self) -> tuple[tuple[float, float], tuple[float, float]]:
        right = max((float(trace.x[-1]) for trace in self.traces), default=1.0)
        values = np.concatenate([np.concatenate([t.low, t.high]) for t in self.traces]) if self.traces else np.empty(0)
        values = values[np.isfinite(values)]
        if not self.logarithmic.isChecked():
            y = linear_limits(float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        else:
            values = values[values > 0]
            high = float(values.max(initial=1e-300))
            y = log_limits(max(float(values.min()), high / 10.0**DEEPEST), high) if len(values) else (-1.0, 0.0)
        return (0.0, right if right > 0 else 1.0), y

    def _read_out(self, position: QPointF, pixel: QPointF) -> Readout | None:
        """Return every trace's value where the pointer is."""
        if not self.traces:
            return None
        from nnplayground.gui.views.plotting import positions

        x, rows = (
            position.x(),
            [Line(f"{self.axis.currentText()} {format_number(max(position.x(), 0.0), 3, trim=True)}")],
        )
        for i, trace in enumerate(self.traces[:READ]):
            if trace.x[0] <= x <= trace.x[-1]:
                at = int(np.abs(trace.x - x).argmin())
                y = float(positions(trace.mean[at : at + 1], logarithmic=self.logarithmic.isChecked())[0])
                text = format_number(float(trace.mean[at]))
                rows.append(Line(trace.label, text, self._sample(i), y if np.isfinite(y) else None))
        return Readout(x, pixel, tuple(rows))


def title_of(name: str) -> str:
    """Return what a column of a run's history is called."""
    known = {"loss": "batch loss", "lr": "learning rate"}
    if name in known:
        return QCoreApplication.translate("runs", known[name])
    quantity, _, layer = name.partition("/")
    return columns.title(name) if not layer else f"{quantity.replace('_', ' ')}, {layer}"
