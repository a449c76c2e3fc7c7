"""A plot of a few lines that are handed to it whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from nnplayground.gui.theme import Theme
from nnplayground.gui.views.annotations import EndLabel
from nnplayground.gui.views.plotting import Line, Plot
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.symbols import Sample
from nnplayground.gui.views.ticks import linear_limits, log_limits
from nnplayground.runs.history import Curve


@dataclass(frozen=True, eq=False)
class Trace:
    """One line: its name, its points, and how it is drawn."""

    label: str
    xs: NDArray[np.float64]
    ys: NDArray[np.float64]
    colour: str
    dashed: bool = False
    faint: bool = False  # behind the others
    named: bool = False  # at its right end

    @property
    def sample(self) -> Sample:
        """How it looks in a read-out."""
        return Sample(self.colour, "dash" if self.dashed else "line")


class Traces(Plot):
    """Lines over common xs; the read-out tells every line's value at the x that is nearest to the pointer."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.traces: tuple[Trace, ...] = ()
        self.lines: list[Line] = []
        self.heading: Callable[[float], tuple[str, str]] | None = None  # of the read-out, for an x
        self.text: Callable[[float], str] = str  # of a value
        self.hover = self._read

    def show_traces(self, traces: Sequence[Trace], x: tuple[float, float], *, logarithmic: bool) -> None:
        """Draw these lines, those behind first, between limits of the x axis."""
        for line in self.lines:
            for shape in line.shapes:
                self.drawing.remove(shape)
        self.traces = tuple(traces)
        self.lines = [self._line(trace, logarithmic=logarithmic) for trace in traces]
        self.set_logarithmic(logarithmic)
        self.notes.edges = tuple(edge for line in self.lines for edge in line.edges)
        ends = [(trace, line.end()) for trace, line in zip(traces, self.lines, strict=True) if trace.named]
        labels = [EndLabel(trace.label, trace.sample, end) for trace, end in ends if end is not None]
        self.notes.labels = tuple(sorted(labels, key=lambda label: -label.y))
        self.reserve()
        self.set_limits(x, self._y_limits(logarithmic=logarithmic))
        self.read_out()
        self.notes.refresh()

    def _line(self, trace: Trace, *, logarithmic: bool) -> Line:
        theme = self.notes.theme
        line = Line(trace.colour, theme.panel, theme.pen_width, dashed=trace.dashed, faint=trace.faint, filled=False)
        with np.errstate(over="ignore"):  # what a history cannot hold is marked at the axis's end
            ys = np.asarray(trace.ys).astype(np.float32)
        curve = Curve(np.asarray(trace.xs, np.float64), ys, ys, ys, True)
        line.set_curve(curve, curve, logarithmic=logarithmic)
        for shape in line.shapes:
            self.drawing.add(shape)
        return line

    def _y_limits(self, *, logarithmic: bool) -> tuple[float, float]:
        found = [limits for line in self.lines if (limits := line.limits()) is not None]
        if not found:
            return (-1.0, 0.0) if logarithmic else (0.0, 1.0)
        low, high = min(low for low, _ in found), max(high for _, high in found)
        return log_limits(10.0**low, 10.0**high) if logarithmic else linear_limits(low, high)

    def _read(self, position: QPointF, pixel: QPointF) -> Readout | None:
        every = np.unique(np.concatenate([trace.xs for trace in self.traces])) if self.traces else np.zeros(0)
        if not len(every):
            return None
        x = float(every[np.abs(every - position.x()).argmin()])
        rows = [Row(*self.heading(x))] if self.heading is not None else []
        for trace, line in zip(self.traces, self.lines, strict=True):
            for i in np.flatnonzero(trace.xs == x):
                rows.append(Row(trace.label, self.text(float(trace.ys[i])), trace.sample, line.position(int(i))))
        return Readout(x, pixel, tuple(rows))
