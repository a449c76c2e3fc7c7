"""All curves of a fan: each value's loss by step, as the median of its seeds with a band."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QWidget

from nnplayground.gui.fan.outcome import Outcome
from nnplayground.gui.fan.words import translated
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.annotations import EndLabel
from nnplayground.gui.views.plotting import Plot, positions
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.strokes import Fill, Stroke
from nnplayground.gui.views.symbols import Sample, line_pen
from nnplayground.gui.views.ticks import linear_limits, log_limits

Doubles = NDArray[np.float64]

DEEPEST = 12  # decades that a logarithmic axis shows
BAND = 0.5  # the opacity of what lies behind a line
ROOM = 0.85  # of the least value, down to which a logarithmic axis goes at least, so that no point is cut


def sample_of(theme: Theme, value: int) -> Sample:
    """Return how the value of a fan is told from others: by colour, and dashed where those begin again."""
    colours = theme.series
    return Sample(colours[value % len(colours)], "dash" if value // len(colours) % 2 else "line")


def y_limits(values: Doubles, *, logarithmic: bool) -> tuple[float, float]:
    """Return the limits of an axis that holds all of some values that can be drawn there."""
    known = values[np.isfinite(values)]
    if not logarithmic:
        return linear_limits(float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    known = known[known > 0]
    high = float(known.max(initial=1e-300))
    return log_limits(max(ROOM * float(known.min()), high / 10.0**DEEPEST), high / ROOM) if len(known) else (-1.0, 0.0)


class Curves(Plot):
    """The losses of all values by step: medians with the band between least and greatest."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName("fan.curves")
        self.outcome: Outcome | None = None
        self.titles: tuple[str, ...] = ()
        self.lines: list[tuple[str, Sample, Stroke, Fill]] = []
        self.pale: list[Stroke] = []  # single members behind a median over all
        self.strong: int | None = None
        self.hover = self._read_out
        self.x_axis.set_unit(translated("step"))

    def show_plan(self, outcome: Outcome, titles: Sequence[str]) -> None:
        """Show another fan."""
        self.outcome, self.titles = outcome, tuple(titles)
        self._make()

    def _make(self) -> None:
        """Make the lines anew: of each value, or of all where they differ by chance."""
        for shape in self.drawing.shapes[:]:
            self.drawing.remove(shape)
        assert self.outcome is not None
        theme, chance = self.theme, self.outcome.plan.by_chance
        samples = [sample_of(theme, value) for value in range(len(self.titles))]
        named = [(translated("median"), Sample(theme.text))] if chance else list(zip(self.titles, samples, strict=True))
        self.lines, self.pale = [], []
        for text, sample in named:
            pen = line_pen(sample.colour, max(theme.pen_width, 1.5), dashed=sample.shape == "dash")
            self.lines.append((text, sample, Stroke(pen), Fill(sample.colour)))
        if chance:
            self.pale = [Stroke(line_pen(s.colour, 1.0, dashed=s.shape == "dash")) for s in samples]
        fills, lines = [line[3] for line in self.lines], [line[2] for line in self.lines]
        for fill in fills:
            fill.opacity = BAND
        for shape in (*fills, *self.pale, *lines):
            self.drawing.add(shape)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; the next `draw` shows them."""
        super().set_theme(theme)
        self.theme = theme
        if getattr(self, "outcome", None) is not None:
            self._make()

    def draw(self, name: str, *, logarithmic: bool) -> None:
        """Draw what is known of a loss."""
        outcome = self.outcome
        assert outcome is not None, "a fan is shown first"
        self.set_logarithmic(logarithmic)
        chance = outcome.plan.by_chance
        values = range(len(outcome.members))
        courses = [outcome.whole_course(name)] if chance else [outcome.course(value, name) for value in values]
        several = chance or len(outcome.plan.pairs) > 1
        labels = []
        for (text, sample, line, fill), course in zip(self.lines, courses, strict=True):
            low, middle, high = (
                positions(v, logarithmic=logarithmic) for v in (course.low, course.median, course.high)
            )
            line.set_points(course.x, middle)
            fill.set_points(*((course.x, low, high) if several else (np.empty(0),) * 3))
            known = middle[np.isfinite(middle)]
            if len(known):
                labels.append(EndLabel(text, sample, float(known[-1])))
        for stroke, value in zip(self.pale, values, strict=False):
            x, y = outcome.members[value][0].curve(name)
            stroke.set_points(x, positions(y, logarithmic=logarithmic))
        self.notes.labels = tuple(sorted(labels, key=lambda label: -label.y))
        self.reserve(top=0)
        right = max((float(course.x[-1]) for course in courses if len(course.x)), default=1.0)
        ends = np.concatenate([np.concatenate([course.low, course.high]) for course in courses])
        self.set_limits((0.0, max(right, 1.0)), y_limits(ends, logarithmic=logarithmic))
        self.set_message("" if labels else translated("no loss yet"))
        self.read_out()
        self.notes.update()

    def emphasize(self, value: int | None) -> None:
        """Draw the line of a value wider than the others."""
        if value == self.strong or self.pale:
            return
        for i, (_, sample, line, _) in enumerate(self.lines):
            if i in (value, self.strong):
                width = max(self.theme.pen_width, 1.5) * (2.5 if i == value else 1.0)
                line.set_pen(line_pen(sample.colour, width, dashed=sample.shape == "dash"))
        self.strong = value

    def _read_out(self, position: QPointF, pixel: QPointF) -> Readout | None:
        rows = [Row(translated("step {0}").format(format_count(max(round(position.x()), 0))))]
        for text, sample, line, _ in self.lines:
            if len(line.xs) and line.xs[0] <= position.x() <= line.xs[-1]:
                y = float(line.ys[int(np.abs(line.xs - position.x()).argmin())])
                if np.isfinite(y):
                    rows.append(Row(text, format_number(10.0**y if self.y_axis.logarithmic else y), sample, y))
        return Readout(position.x(), pixel, tuple(rows)) if len(rows) > 1 else None
