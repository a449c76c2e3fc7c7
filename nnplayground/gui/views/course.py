"""What the views of a run's course share: lines over steps, their limits, names and read-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from nnplayground.gui.numbers import format_number
from nnplayground.gui.theme import Theme, mix
from nnplayground.gui.views.annotations import EndLabel, Guide
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.readout import Row
from nnplayground.gui.views.steps import StepsView, grown
from nnplayground.gui.views.symbols import FAINT, Sample
from nnplayground.gui.views.ticks import linear_limits, log_limits
from nnplayground.gui.views.view import Frame
from nnplayground.runs.growing import Growing
from nnplayground.runs.history import Curve, History

if TYPE_CHECKING:
    from nnplayground.gui.views.plotting import Line

SAVED = 100_000  # points of a column in a file at most
DEEPEST = 16  # decades that a logarithmic axis shows; what lies lower is marked at its lower end


@dataclass(frozen=True)
class Series:
    """One line of a view: a column of the history and how it is drawn."""

    label: str
    column: str
    colour: str
    epochs: bool = False  # of the epochs' table, else of the steps'
    dashed: bool = False
    faint: bool = False  # behind the others
    named: bool = False  # at its right end
    over: str = ""  # the column on top of which it stands, as a filled band

    @property
    def sample(self) -> Sample:
        """How it looks in a legend."""
        return Sample(self.colour, "s" if self.over else "dash" if self.dashed else "line")

    def pale(self, ground: str) -> Sample:
        """How it looks in a legend on this ground, if it is faint."""
        return replace(self.sample, colour=mix(ground, self.colour, FAINT)) if self.faint else self.sample


def smoothed(curve: Curve) -> Curve:
    """Return a curve whose means are averaged over a 25th of its points; values that are not finite are left out."""
    width = len(curve.x) // 25 | 1
    finite = np.isfinite(curve.mean)
    kernel = np.ones(width)
    total = np.convolve(np.where(finite, curve.mean, 0.0), kernel, "same")
    count = np.convolve(finite, kernel, "same")
    mean = np.divide(total, count, out=np.full(len(curve.x), np.nan), where=finite)
    return replace(curve, mean=mean)


class CurvesView(StepsView):
    """Lines over the steps of a run. Others implement `series` and may override limits, caption and text."""

    logarithmic_first = True  # whether the y axis begins logarithmic
    percent = False  # whether the y axis shows shares

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.logarithmic = self.add_switch("logarithmic", self.tr("Logarithmic"), on=self.logarithmic_first)
        self.smooth = self.add_switch("smooth", self.tr("Smooth"), on=False)
        self.lines: dict[Series, Line] = {}
        self._readers: dict[bool, Growing] = {}  # of epochs' columns, and of steps'
        self.set_theme(theme)

    # what others implement

    def series(self, frame: Frame, history: History) -> tuple[Series, ...]:
        """Return the lines to be drawn, those behind first."""
        raise NotImplementedError

    def text(self, value: float) -> str:
        """Return a value as the read-out shows it."""
        return format_number(value)

    def fitted(self, low: float, high: float) -> tuple[float, float]:
        """Return the y axis's limits, as positions, for the lowest and the highest position drawn."""
        if not self.is_logarithmic:
            return linear_limits(low, high)
        return log_limits(10.0 ** max(low, high - DEEPEST), 10.0**high)

    @property
    def guide(self) -> Guide | None:
        """A line that says where values ought to be."""
        return None

    @property
    def is_logarithmic(self) -> bool:
        """Whether positions on the y axis are logarithms."""
        return self.logarithmic.isChecked()

    @property
    def floor(self) -> float:
        """The value below which values are marked at the axis's lower end."""
        return -np.inf

    # drawing

    def draw_history(self, frame: Frame, history: History) -> None:
        """Draw the lines of the part in sight."""
        self.plot.y_axis.percent = self.percent
        self.plot.set_logarithmic(self.is_logarithmic)
        self._take_series(self.series(frame, history))
        curves = self._curves(history)
        for series, line in self.lines.items():
            self._draw_line(series, line, curves)
        self.plot.notes.edges = tuple(chain.from_iterable(line.edges for line in self.lines.values()))
        self._name_lines()
        self.plot.set_limits((0.0, grown(len(history.steps))), self._y_limits())

    def _curves(self, history: History) -> dict[str, Curve]:
        """Return what is in sight of every column that the lines need."""
        found: dict[str, Curve] = {}
        for epochs in (False, True):
            own = [series for series in self.lines if series.epochs is epochs]
            names = tuple({name: None for series in own for name in (series.column, series.over) if name})
            if names:
                found |= self._read(history, names, epochs=epochs)
        return found

    def _read(self, history: History, names: tuple[str, ...], *, epochs: bool) -> dict[str, Curve]:
        """Return columns of epochs or of steps, x in steps; of what was read before only what is new is read."""
        columns, every = (history.epochs, history.steps_per_epoch) if epochs else (history.steps, 1)
        reader = self._readers.get(epochs)
        if reader is None or reader.columns is not columns or reader.names != names:
            reader = self._readers[epochs] = Growing(columns, names)
        start, stop, room = rows_in(self._sight(history), every, len(columns))
        return by_name(names, reader.read(start, stop, room, self._points()), every)

    def _draw_line(self, series: Series, line: Line, curves: Mapping[str, Curve]) -> None:
        """Draw a series, on top of another where it is stacked."""
        smooth, logarithmic = self.smooth.isChecked(), self.is_logarithmic
        curve = curves[series.column]
        shown = smoothed(curve) if smooth and len(curve.x) else curve
        if not series.over:
            line.set_curve(curve, shown, logarithmic=logarithmic, floor=self.floor)
            return
        base = curves[series.over]
        base = smoothed(base) if smooth and len(base.x) else base
        line.set_stacked(curve, shown, base, logarithmic=logarithmic)

    def _take_series(self, wanted: tuple[Series, ...]) -> None:
        """Have a line for each series, keeping those there are."""
        if tuple(self.lines) == wanted:
            return
        for series in [s for s in self.lines if s not in wanted]:
            line = self.lines.pop(series)
            for shape in line.shapes:
                self.plot.drawing.remove(shape)
        for series in wanted:
            if series not in self.lines:
                self.lines[series] = self._new_line(series)
        self.lines = {series: self.lines[series] for series in wanted}
        ordered = sorted((s for s in wanted if not s.named), key=lambda s: s.faint)
        entries = tuple((s.pale(self.theme.panel), s.label) for s in ordered)
        guide = self.guide
        self.legend.set_entries((*entries, (guide.sample, guide.text)) if guide is not None else entries)
        self.plot.notes.guide = guide

    def _new_line(self, series: Series) -> Line:
        from nnplayground.gui.views.plotting import Line

        width = self.theme.pen_width
        look = {"dashed": series.dashed, "faint": series.faint, "filled": bool(series.over)}
        line = Line(series.colour, self.theme.panel, width, **look)
        for shape in line.shapes:
            self.plot.drawing.add(shape)
        return line

    def _y_limits(self) -> tuple[float, float]:
        found = [limits for line in self.lines.values() if (limits := line.limits()) is not None]
        if not found:
            return (-1.0, 0.0) if self.is_logarithmic else (0.0, 1.0)
        return self.fitted(min(low for low, _ in found), max(high for _, high in found))

    def _name_lines(self) -> None:
        """Name the lines at their right ends, those that end highest first."""
        ends = {s: line.end() for s, line in self.lines.items() if s.named}
        named = sorted((s for s in ends if ends[s] is not None), key=lambda s: -(ends[s] or 0.0))
        self.plot.notes.labels = tuple(EndLabel(s.label, s.sample, ends[s] or 0.0) for s in named)
        self.plot.reserve(top=self.theme.scaled(20) if self.plot.notes.marks else 0)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        if self.has_plot:
            self._take_series(())
        super().set_theme(theme)

    # reading out

    def rows_at(self, history: History, step: int, position: QPointF) -> list[Row]:
        """Return every line's value at a step."""
        del history, position
        rows = []
        for series, line in self.lines.items():
            index = line.nearest(step)
            if index is not None and line.curve is not None:
                y = line.position(index)
                rows.append(Row(series.label, self._value(line.curve, index, series), series.sample, y))
        return rows

    def _value(self, curve: Curve, index: int, series: Series) -> str:
        if series.faint and not curve.exact:
            return f"{self.text(float(curve.low[index]))} … {self.text(float(curve.high[index]))}"
        return self.text(float(curve.mean[index]))

    # saving

    def table(self, frame: Frame) -> Table:
        """Return the lines' values by step; those of epochs stand at the epoch's last step."""
        history = frame.history
        if history is None:
            return [], []
        series = self.series(frame, history)
        columns = [_by_step(history, s) for s in series]
        steps = sorted(set(chain.from_iterable(columns)))
        rows = [[step, step / history.steps_per_epoch, *(c.get(step, "") for c in columns)] for step in steps]
        return ["step", "epoch", *(s.column for s in series)], rows


def rows_in(sight: tuple[float, float], every: int, rows: int) -> tuple[int, int, int]:
    """Return start and stop of the rows in sight, each of so many steps, and the stop that there is room for."""
    room = ceil(sight[1] / every) + 1
    start = min(max(floor(sight[0] / every) - 2, 0), rows)
    return start, min(max(room, start), rows), room


def by_name(names: Sequence[str], curves: Curve, every: int) -> dict[str, Curve]:
    """Return curves read together one by one, their rows of so many steps each as x in steps, counted from 1."""
    x, parts = (curves.x + 1) * every, zip(curves.low, curves.mean, curves.high, strict=True)
    return {name: Curve(x, *part, curves.exact) for name, part in zip(names, parts, strict=True)}


def _by_step(history: History, series: Series) -> dict[float, float]:
    columns, every = (history.epochs, history.steps_per_epoch) if series.epochs else (history.steps, 1)
    curve = by_name([series.column], columns.curves([series.column], points=SAVED), every)[series.column]
    return {float(x): float(y) for x, y in zip(curve.x, curve.mean, strict=True)}
