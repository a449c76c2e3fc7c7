"""Histograms over time: ridge lines one before the other, and heat maps, in the same bins for all steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPen, QWheelEvent

from nnplayground.engine.probes import Floats, Histogram, Histograms
from nnplayground.engine.probes.histograms import on_edges
from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.theme import Theme, mix
from nnplayground.gui.views.bars import joined, limits_of, paint_scale
from nnplayground.gui.views.cells import Cells
from nnplayground.gui.views.palette import rgb
from nnplayground.gui.views.readout import Row

MOST_RIDGES, APART = 16, 8.0  # that are drawn of a layer; pixels from one to the next, at least
OVERLAP = 0.35  # of the height that the highest ridge takes
FEWEST = 2  # histograms in sight at least
ZOOM, PAN = 1.25, 0.1  # by a notch of the wheel: how much closer; of what is in sight, how far on
OLDEST = 0.25  # of a colour that is left at the oldest ridge


@dataclass(frozen=True, eq=False)
class Strata:
    """One layer's histograms at several steps, all in the same bins."""

    steps: NDArray[np.int64]  # (n,) ascending
    edges: Floats  # (bins + 1,)
    counts: NDArray[np.int64]  # (n, bins)

    @classmethod
    def of(cls, items: Sequence[tuple[int, Histogram]]) -> Strata:
        """Bring histograms of one layer into the widest bins among them, fewer where there are few values."""
        edges = max((histogram.edges for _, histogram in items), key=lambda e: (e[-1], len(e)))
        counts = np.stack([on_edges(h.counts, h.edges, edges) for _, h in items])
        join = joined(int(counts[-1].sum()), counts.shape[1])
        steps = np.array([step for step, _ in items], np.int64)
        return cls(steps, edges[::join], counts.reshape(len(items), -1, join).sum(axis=2))

    def within(self, sight: tuple[float, float]) -> NDArray[np.bool_]:
        """Return which steps are in sight."""
        return (self.steps >= sight[0]) & (self.steps <= sight[1])

    def part(self, sight: tuple[float, float] | None) -> Strata:
        """Return what is in sight; all of it for None."""
        if sight is None:
            return self
        there = self.within(sight)
        return Strata(self.steps[there], self.edges, self.counts[there])


class Layered(Cells):
    """What both forms have in common. The wheel zooms along time, with Shift it pans; a double click shows all."""

    strata: tuple[Strata, ...] = ()  # of the steps in sight
    _every: tuple[Strata, ...] = ()
    sight_of: tuple[float, float] | None = None  # the steps in sight; None for all that is remembered

    def show_past(self, layers: tuple[str, ...], items: Sequence[tuple[int, Histograms]]) -> None:
        """Draw what is remembered of these layers."""
        self._every = tuple(Strata.of([(step, h.layers[i]) for step, h in items]) for i in range(len(layers)))
        if self._every and self.sight_of is not None and not self._every[0].within(self.sight_of).any():
            self.sight_of = None  # another run
        self.strata = tuple(strata.part(self.sight_of) for strata in self._every)
        self.show_layers(layers)

    # zoom

    def show_steps(self, sight: tuple[float, float] | None) -> None:
        """Show the histograms of some steps; of all, where these are all or where fewer than two would be left."""
        steps = self._every[0].steps if self._every else np.zeros(0)
        if sight is not None and (len(steps) < FEWEST or (sight[0] <= steps[0] and sight[1] >= steps[-1])):
            sight = None
        if sight is not None and self._every[0].within(sight).sum() < FEWEST:
            return
        self.sight_of = sight
        self.strata = tuple(strata.part(sight) for strata in self._every)
        self.update()

    def share_of(self, cell: QRectF, point: QPointF) -> float:
        """Return where along time a pixel of a cell lies: 0 at the first step in sight, 1 at the last."""
        raise NotImplementedError

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the step under the pointer, or pan; where layers are scrolled, only with Ctrl or Shift."""
        keys, turned = event.modifiers(), event.angleDelta()
        notches = (turned.y() or turned.x()) / 120
        found = self.at(event.position())
        chosen = keys & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
        if found is None or not self._every or not notches or (self.minimumHeight() > self.sight and not chosen):
            event.ignore()
            return
        event.accept()
        steps = self._every[0].steps
        first, last = self.sight_of or (float(steps[0]), float(steps[-1]))
        if keys & Qt.KeyboardModifier.ShiftModifier:
            by = np.clip(-notches * PAN * (last - first), steps[0] - first, steps[-1] - last)
            first, last = first + float(by), last + float(by)
        else:
            share = min(max(self.share_of(found[1], event.position()), 0.0), 1.0)
            middle, scale = first + share * (last - first), ZOOM**-notches
            first, last = middle - (middle - first) * scale, middle + (last - middle) * scale
        self.show_steps((max(first, float(steps[0])), min(last, float(steps[-1]))))

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show all layers and all steps."""
        super().mouseDoubleClickEvent(event)
        self.show_steps(None)

    def span(self, index: int) -> str:
        """Return the first and the last step that are remembered of a layer."""
        first, last = (format_count(int(self.strata[index].steps[i])) for i in (0, -1))
        return f"{first}–{last}" if last != first else first

    def rows_of(self, index: int, time: int, bin_: int) -> tuple[Row, ...]:
        """Return what the read-out says about a bin at a time."""
        strata = self.strata[index]
        low, high = (format_number(float(edge), 3) for edge in strata.edges[bin_ : bin_ + 2])
        count, total = int(strata.counts[time, bin_]), int(strata.counts[time].sum())
        return (
            Row(self.layers[index], f"{self.tr('step')} {format_count(int(strata.steps[time]))}"),
            Row(self.tr("value"), self.tr("{low} to {high}").format(low=low, high=high)),
            Row(self.tr("{count} of {total}").format(count=format_count(count), total=format_count(total))),
            Row(self.tr("share"), format_percent(count / total if total else 0.0)),
        )


class Ridges(Layered):
    """A line for each step, the oldest palest and at the back, the newest in front."""

    def share_of(self, cell: QRectF, point: QPointF) -> float:
        """Time goes down."""
        place = self.bars(cell)
        return 1 - (place.bottom() - point.y()) / (place.height() * (1 - OVERLAP))

    def chosen(self, index: int, place: QRectF) -> list[int]:
        """Return the times whose ridges are drawn: the first, the last, and as many between as there is room for."""
        count = len(self.strata[index].steps)
        room = int(min(max(place.height() * (1 - OVERLAP) // APART, 1), MOST_RIDGES))
        return np.unique(np.linspace(0, count - 1, min(count, room + 1)).round().astype(int)).tolist()

    def baseline(self, index: int, time: int, place: QRectF) -> float:
        """Return the pixel on which the ridge of a time stands: steps are spread evenly, the newest at the bottom."""
        steps = self.strata[index].steps
        share = float(steps[time] - steps[0]) / max(float(steps[-1] - steps[0]), 1.0) if len(steps) > 1 else 1.0
        return place.bottom() - (1 - share) * place.height() * (1 - OVERLAP)

    def paint_picture(self, painter: QPainter, index: int, cell: QRectF) -> None:
        """Draw a layer's ridges, from the back."""
        strata, place = self.strata[index], self.bars(cell)
        times = self.chosen(index, place)
        heights = np.sqrt(strata.counts[times])  # by roots, so that rare values are seen beside many zeros
        heights *= OVERLAP * place.height() / max(float(heights.max()), 1.0)
        bins = strata.counts.shape[1]
        xs = (place.left() + (np.arange(bins) + 0.5) * place.width() / bins).tolist()
        painter.save()
        for rank, time in enumerate(times):
            base = self.baseline(index, time, place)
            strength = OLDEST + (1 - OLDEST) * (rank / (len(times) - 1) if len(times) > 1 else 1.0)
            self._paint_ridge(painter, xs, (base - heights[rank]).tolist(), base, strength)
        painter.restore()
        painter.setPen(QColor(self.theme.secondary))
        paint_scale(painter, strata.edges, place)
        self.paint_line(painter, place, self.span(index), self.tr("steps"), below=False)

    def _paint_ridge(self, painter: QPainter, xs: list[float], tops: list[float], base: float, strength: float) -> None:
        """Fill a ridge below and above zero, which is in the middle, and draw its line: only where there are values."""
        there = [i for i, top in enumerate(tops) if top < base]
        if not there:
            return
        first, last, half = max(there[0] - 1, 0), min(there[-1] + 2, len(xs)), len(xs) // 2
        line = list(map(QPointF, xs, tops))
        x = (xs[half - 1] + xs[half]) / 2
        middle, foot = QPointF(x, (tops[half - 1] + tops[half]) / 2), QPointF(x, base)
        painter.setPen(Qt.PenStyle.NoPen)
        if first < half:
            painter.setBrush(_shade(self.theme.panel, self.theme.negative, strength))
            painter.drawPolygon([*line[first:half], middle, foot, QPointF(xs[first], base)])
        if last > half:
            painter.setBrush(_shade(self.theme.panel, self.theme.positive, strength))
            painter.drawPolygon([middle, *line[half:last], QPointF(xs[last - 1], base), foot])
        painter.setPen(QPen(QColor(self.theme.panel), 1))
        painter.drawPolyline(line[first:last])

    def read_picture(self, index: int, cell: QRectF, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about the ridge that stands nearest below a pixel."""
        place = self.bars(cell)
        times = self.chosen(index, place)
        time = min(times, key=lambda t: abs(self.baseline(index, t, place) - point.y()))
        bins = self.strata[index].counts.shape[1]
        return self.rows_of(index, time, int((point.x() - place.left()) / place.width() * bins))


@lru_cache(maxsize=512)
def _shade(ground: str, colour: str, strength: float) -> QColor:
    return QColor(mix(ground, colour, strength))


class HeatMaps(Layered):
    """Steps from left to right, values from below to above, shares of values as strength of colour."""

    def share_of(self, cell: QRectF, point: QPointF) -> float:
        """Time goes to the right."""
        place = self.bars(cell)
        return (point.x() - place.left()) / place.width()

    def paint_picture(self, painter: QPainter, index: int, cell: QRectF) -> None:
        """Draw a layer's map."""
        strata, place = self.strata[index], self.bars(cell)
        columns = times_of(strata.steps, max(round(place.width()), 1))
        image = _image(shares(strata)[columns], self.theme)
        painter.drawImage(place, image)
        self.paint_line(painter, place, limits_of(float(strata.edges[-1])), self.tr("steps"), below=False)
        self.paint_line(painter, place, limits_of(float(strata.edges[0])), self.span(index), below=True)

    def read_picture(self, index: int, cell: QRectF, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about the bin and the step at a pixel."""
        strata, place = self.strata[index], self.bars(cell)
        if not place.top() <= point.y() < place.bottom():
            return ()
        width = max(round(place.width()), 1)
        column = min(int((point.x() - place.left()) / place.width() * width), width - 1)
        bins = strata.counts.shape[1]
        bin_ = min(int((place.bottom() - point.y()) / place.height() * bins), bins - 1)
        return self.rows_of(index, int(times_of(strata.steps, width)[column]), bin_)


def times_of(steps: NDArray[np.int64], width: int) -> NDArray[np.int64]:
    """Return for each of so many pixels, which are evenly spread over the steps, the time nearest to it."""
    at = steps[0] + (steps[-1] - steps[0]) * (np.arange(width) + 0.5) / width
    return np.searchsorted((steps[:-1] + steps[1:]) / 2, at)


def shares(strata: Strata) -> NDArray[np.float64]:
    """Return (n, bins) shares of the values of each step."""
    return np.asarray(strata.counts / np.maximum(strata.counts.sum(axis=1, keepdims=True), 1), np.float64)


def _image(columns: NDArray[np.float64], theme: Theme) -> QImage:
    """Return the picture of (columns, bins) shares; by their roots, so that rare values are seen."""
    strength = np.sqrt(columns.T[::-1] / max(float(columns.max()), 1e-12))[..., None]
    empty = np.array(rgb(mix(theme.panel, theme.text, 0.04)), np.float64)
    half = strength.shape[0] // 2
    signs = np.array([rgb(theme.positive)] * half + [rgb(theme.negative)] * half, np.float64)[:, None]
    pixels = np.full((*strength.shape[:2], 4), 255, np.uint8)
    pixels[..., :3] = np.rint(empty + (signs - empty) * strength)
    height, width = pixels.shape[:2]
    return QImage(pixels.tobytes(), width, height, 4 * width, QImage.Format.Format_RGBA8888).copy()
