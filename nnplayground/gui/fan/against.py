"""A fan's losses against its knob: a point for every network, the median and the band of its seeds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QWidget

from nnplayground.experiment import Field
from nnplayground.gui.fan.curves import BAND, sample_of, y_limits
from nnplayground.gui.fan.outcome import Outcome
from nnplayground.gui.fan.proposals import is_range
from nnplayground.gui.fan.words import translated
from nnplayground.gui.numbers import format_number
from nnplayground.gui.theme import Theme, small_font
from nnplayground.gui.views.plotting import Plot, positions
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.strokes import Fill, Stroke
from nnplayground.gui.views.symbols import line_pen

Doubles = NDArray[np.float64]

NEAR = 24.0  # pixels from the pointer to a point that is meant
MARGIN = 0.06  # of the knob's axis, beyond the first and the last value


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
        self.band.opacity = BAND
        self.middle = Stroke(line_pen(theme.text, max(theme.pen_width, 1.5)))
        self.dots = pg.ScatterPlotItem(pxMode=True)
        self.rings = pg.ScatterPlotItem(pxMode=True)
        for shape in (self.band, self.bars, self.middle):
            self.drawing.add(shape)
        self.drawing.setZValue(self.box.zValue() - 1)  # behind the points
        for item in (self.rings, self.dots):
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
