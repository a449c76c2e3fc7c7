"""The two plots of a fan: its losses against the knob, and all of its curves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QGraphicsItem, QWidget

from nnplayground.experiment import Field
from nnplayground.gui.fan.outcome import Outcome
from nnplayground.gui.fan.proposals import is_range
from nnplayground.gui.fan.words import translated
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.theme import Theme, small_font
from nnplayground.gui.views.annotations import EndLabel
from nnplayground.gui.views.plotting import Plot, positions
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.strokes import Fill, Stroke
from nnplayground.gui.views.symbols import Sample, line_pen
from nnplayground.gui.views.ticks import linear_limits, log_limits

Doubles = NDArray[np.float64]

DEEPEST = 12  # decades that a logarithmic axis shows
BAND = 0.5  # the opacity of what lies behind a line
NEAR = 24.0  # pixels from the pointer to a point that is meant
ROOM = 0.85  # of the least value, down to which a logarithmic axis goes at least, so that no point is cut
MARGIN = 0.06  # of the knob's axis, beyond the first and the last value


def sample_of(theme: Theme, value: int) -> Sample:
    """Return how the value of a fan is told from others: by colour, and dashed where those begin again."""
    colours = theme.series
    return Sample(colours[value % len(colours)], "dash" if value // len(colours) % 2 else "line")


def places(field: Field, values: Sequence[Any]) -> Doubles:
    """Return where values stand on the knob's own scale: evenly where it has none, else as numbers or logarithms.

    A zero on a logarithmic scale stands as far before the next value as that before its next.
    """
    if not is_range(field) or any(isinstance(value, dict) for value in values):
        return np.arange(len(values), dtype=float)
    numbers = np.array(values, float)
    if not field.knob.log:
        return numbers
    found = np.full(len(numbers), np.nan)
    above = numbers > 0
    found[above] = np.log10(numbers[above])
    order = np.sort(found[above])
    gap = order[1] - order[0] if len(order) > 1 else 1.0
    found[~above] = (order[0] if len(order) else 0.0) - gap
    return found


def y_limits(values: Doubles, *, logarithmic: bool) -> tuple[float, float]:
    """Return the limits of an axis that holds all of some values that can be drawn there."""
    known = values[np.isfinite(values)]
    if not logarithmic:
        return linear_limits(float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    known = known[known > 0]
    high = float(known.max(initial=1e-300))
    return log_limits(max(ROOM * float(known.min()), high / 10.0**DEEPEST), high / ROOM) if len(known) else (-1.0, 0.0)


class LossAgainstKnob(Plot):
    """Each member's loss against its value, with medians, and the band between least and greatest."""

    chosen = Signal(int)  # the value whose points were pressed

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setObjectName("fan.against")
        self.outcome: Outcome | None = None
        self.x: Doubles = np.empty(0)
        self.points: tuple[Doubles, Doubles, NDArray[np.int64]] = (np.empty(0), np.empty(0), np.empty(0, np.int64))
        self.medians = self.lows = self.highs = np.empty(0)
        self.band, self.bars = Fill(theme.secondary), Stroke(line_pen(theme.secondary, 1.0))
        self.band.setOpacity(BAND)
        self.middle = Stroke(line_pen(theme.text, max(theme.pen_width, 1.5)))
        self.dots = pg.ScatterPlotItem(pxMode=True)
        self.rings = pg.ScatterPlotItem(pxMode=True)
        for z, item in enumerate((self.band, self.bars, self.middle, self.rings, self.dots)):
            item.setZValue(z)
            self.box.addItem(item, ignoreBounds=True)
        self.hover = self._read_out
        self.scene().sigMouseClicked.connect(self._press)

    def show_plan(self, field: Field, outcome: Outcome, titles: Sequence[str]) -> None:
        """Show another fan."""
        self.field, self.outcome, self.titles = field, outcome, tuple(titles)
        self.x = places(field, outcome.plan.values)
        self.x_axis.set_unit("")
        self._mark_values()

    def _mark_values(self) -> None:
        """Write the values below the axis, as many as there is room for."""
        metrics = QFontMetricsF(small_font(self.theme))
        low, high = self._x_limits()
        room = max(self.width() - 2 * self.theme.scaled(40), 100) / (high - low)
        kept: dict[int, tuple[float, float]] = {}  # where each begins and ends, in pixels
        best = self.outcome.best() if self.outcome is not None else None
        for i in sorted(range(len(self.x)), key=lambda i: (i != best, self.x[i])):
            half = metrics.horizontalAdvance(self.titles[i]) / 2 + metrics.averageCharWidth() / 2
            start, end = self.x[i] * room - half, self.x[i] * room + half
            if all(end <= left or start >= right for left, right in kept.values()):
                kept[i] = (start, end)
        self.x_axis.setTicks([[(float(self.x[i]), self.titles[i]) for i in sorted(kept)]])

    def _x_limits(self) -> tuple[float, float]:
        low, high = float(self.x.min()), float(self.x.max())
        margin = MARGIN * (high - low) or 0.5
        return low - margin, high + margin

    def resizeEvent(self, event: Any) -> None:
        """Write as many values as there is room for."""
        super().resizeEvent(event)
        if getattr(self, "outcome", None) is not None:
            self._mark_values()

    def draw(self, name: str, *, logarithmic: bool) -> None:
        """Draw what is known of a loss."""
        outcome = self.outcome
        assert outcome is not None, "a fan is shown first"
        self.set_logarithmic(logarithmic)
        self._name, self._logarithmic = name, logarithmic
        losses = [outcome.losses(value, name) for value in range(len(self.x))]
        self.medians = np.array([outcome.median(value, name) for value in range(len(self.x))])
        spans = [found[np.isfinite(found)] for found in losses]
        self.lows = np.array([found.min(initial=np.inf) for found in spans])
        self.highs = np.array([found.max(initial=-np.inf) for found in spans])
        which = np.repeat(np.arange(len(losses)), [len(found) for found in losses])
        y = positions(np.concatenate(losses), logarithmic=logarithmic)
        self.points = self.x[which], y, which
        self._place(np.concatenate([*spans, np.empty(0)]))
        self._mark_values()
        self.read_out()

    def _place(self, values: Doubles) -> None:
        order, theme = np.argsort(self.x, kind="stable"), self.theme
        x = self.x[order]
        low, middle, high = (
            positions(v[order], logarithmic=self._logarithmic) for v in (self.lows, self.medians, self.highs)
        )
        assert self.outcome is not None
        ordered = is_range(self.field) and not self.outcome.plan.by_chance
        several = len(self.outcome.plan.pairs) > 1
        if self.outcome.plan.by_chance:
            x, low, middle, high = self._across()
            several = ordered = True
        nothing = np.empty(0)
        self.band.set_points(*((x, low, high) if ordered and several and len(x) > 1 else (nothing,) * 3))
        bars = np.stack([low, high, np.full(len(x), np.nan)], axis=1).ravel() if several and not ordered else nothing
        self.bars.set_points(np.repeat(x, 3)[: len(bars)], bars)
        self.middle.set_points(*((x, middle) if ordered and len(x) > 1 else (nothing, nothing)))
        self._place_points(theme)
        self.set_limits(self._x_limits(), y_limits(values, logarithmic=self._logarithmic))
        self.set_message("" if len(values) else translated("no loss yet"))

    def _across(self) -> tuple[Doubles, Doubles, Doubles, Doubles]:
        """Return the median of all values, and the band between least and greatest, from end to end."""
        known = self.medians[~np.isnan(self.medians)]
        found = [self.lows.min(), float(np.median(known)) if len(known) else np.nan, self.highs.max()]
        ends = [positions(np.repeat(v, 2), logarithmic=self._logarithmic) for v in found]
        return np.array(self._x_limits()), ends[0], ends[1], ends[2]

    def _place_points(self, theme: Theme) -> None:
        x, y, which = self.points
        known = np.isfinite(y)
        samples = [sample_of(theme, int(value)) for value in which[known]]
        self.dots.setData(
            x=x[known],
            y=y[known],
            size=theme.marker_size + 1,
            symbol="o",
            brush=[pg.mkBrush(theme.panel if s.shape == "dash" else s.colour) for s in samples],
            pen=[pg.mkPen(s.colour, width=1.5) for s in samples],
        )
        assert self.outcome is not None
        best = self.outcome.best()
        middle = positions(self.medians, logarithmic=self._logarithmic)
        seen = [] if best is None or not np.isfinite(middle[best]) else [best]
        self.rings.setData(
            x=self.x[seen],
            y=middle[seen],
            size=2.4 * theme.marker_size,
            symbol="star",
            brush=pg.mkBrush(theme.panel),
            pen=pg.mkPen(theme.text, width=1),
        )

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; the next `draw` shows them."""
        super().set_theme(theme)
        self.theme = theme
        if hasattr(self, "middle"):
            self.middle.set_pen(line_pen(theme.text, max(theme.pen_width, 1.5)))

    def value_at(self, pixel: QPointF) -> int | None:
        """Return the value whose point is nearest to a pixel, where one is near."""
        x, y, which = self.points
        known = np.isfinite(y)
        if not known.any():
            return None
        width, height = self.box.viewPixelSize()
        at = self.box.mapSceneToView(pixel)
        distance = np.hypot((x[known] - at.x()) / width, (y[known] - at.y()) / height)
        nearest = int(distance.argmin())
        return int(which[known][nearest]) if distance[nearest] <= NEAR else None

    def _press(self, event: Any) -> None:
        value = self.value_at(event.scenePos())
        if value is not None and not event.double():
            self.chosen.emit(value)

    def _read_out(self, position: QPointF, pixel: QPointF) -> Readout | None:
        del position
        value = self.value_at(pixel)
        if value is None:
            return None
        rows = [Row(self.titles[value], format_number(float(self.medians[value])), sample_of(self.theme, value))]
        if self.lows[value] < self.highs[value]:
            ends = f"{format_number(float(self.lows[value]))} – {format_number(float(self.highs[value]))}"
            rows.append(Row(translated("all seeds"), ends))
        return Readout(float(self.x[value]), pixel, tuple(rows), line=False)


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
        for item in self._items():
            self.box.removeItem(item)
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
        for item in self._items():
            if isinstance(item, Fill):
                item.setOpacity(BAND)
            self.box.addItem(item, ignoreBounds=True)

    def _items(self) -> list[QGraphicsItem]:
        fills, lines = [line[3] for line in self.lines], [line[2] for line in self.lines]
        return [*fills, *self.pale, *lines]

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
