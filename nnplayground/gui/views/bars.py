"""Histograms as bars: as they are now, and behind them as they were at the start."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from nnplayground.engine.probes import Histogram
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.theme import Theme, mix
from nnplayground.gui.views.cells import Cells
from nnplayground.gui.views.readout import Row
from nnplayground.gui.views.symbols import Sample

TICKS = 5  # on the scale below a histogram, at most


def joined(total: int, bins: int) -> int:
    """Return how many bins of a histogram of `total` values are joined to one: 1, 2 or 4; zero stays between two."""
    return next((n for n, fewer in ((4, 50), (2, 200)) if total < fewer and bins % (2 * n) == 0), 1)


def coarser(histogram: Histogram) -> Histogram:
    """Return a histogram of few values with some bins joined to one."""
    join = joined(int(histogram.counts.sum()), len(histogram.counts))
    counts, initial = (c.reshape(-1, join).sum(axis=1) for c in (histogram.counts, histogram.initial))
    return replace(histogram, edges=histogram.edges[::join], counts=counts, initial=initial)


def limits_of(value: float) -> str:
    """Return an end of a scale as text."""
    return format_number(value, 2, trim=True)


class Bars(Cells):
    """Bars by sign, the initial ones in grey behind."""

    histograms: tuple[Histogram, ...] = ()

    def show_histograms(self, layers: tuple[str, ...], histograms: tuple[Histogram, ...]) -> None:
        """Draw these."""
        self.histograms = tuple(coarser(h) for h in histograms)
        self.show_layers(layers)

    def paint_picture(self, painter: QPainter, index: int, cell: QRectF) -> None:
        """Draw one histogram, and write its spread above it."""
        self._paint_bars(painter, self.histograms[index], self.bars(cell))
        self._paint_spread(painter, self.histograms[index], cell)

    def still_key(self) -> object:
        """The scales depend on the edges."""
        return tuple(histogram.edges.tobytes() for histogram in self.histograms)

    def paint_still(self, painter: QPainter, index: int, cell: QRectF) -> None:
        """Write the scale."""
        painter.setPen(QColor(self.theme.secondary))
        paint_scale(painter, self.histograms[index].edges, self.bars(cell))

    def _paint_bars(self, painter: QPainter, histogram: Histogram, place: QRectF) -> None:
        bins, gap = len(histogram.counts), 1 if place.width() / len(histogram.counts) >= 3 else 0
        scale = place.height() / max(int(histogram.counts.max()), int(histogram.initial.max()), 1)
        lefts = np.rint(place.left() + place.width() * np.arange(bins + 1) / bins).astype(int).tolist()
        base = round(place.bottom())
        behind = _behind(self.theme)
        signs = QColor(self.theme.negative), QColor(self.theme.positive)
        positive = (histogram.edges[:-1] + histogram.edges[1:] > 0).tolist()
        for counts, colours, between in ((histogram.initial, (behind, behind), 0), (histogram.counts, signs, gap)):
            heights = np.where(counts > 0, np.maximum(np.rint(counts * scale), 1), 0).astype(int).tolist()
            for left, right, height, sign in zip(lefts, lefts[1:], heights, positive, strict=False):
                if height:
                    painter.fillRect(left, base - height, max(right - left - between, 1), height, colours[sign])
        painter.fillRect(lefts[0], base, lefts[-1] - lefts[0], 1, QColor(self.theme.line))

    def _paint_spread(self, painter: QPainter, histogram: Histogram, cell: QRectF) -> None:
        metrics = QFontMetricsF(painter.font())
        painter.setPen(QColor(self.theme.secondary))
        forms = (
            sign + format_number(histogram.std, digits) for sign, digits in (("σ ", 3), ("σ ", 2), ("", 2), ("", 1))
        )
        spread = next((text for text in forms if metrics.horizontalAdvance(text) <= cell.width() - 4), "")
        above = QRectF(cell.left(), cell.top() + 2, cell.width(), metrics.height())
        painter.drawText(above, Qt.AlignmentFlag.AlignHCenter, spread)

    def read_picture(self, index: int, cell: QRectF, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about the bar at a pixel."""
        histogram, place = self.histograms[index], self.bars(cell)
        bin_ = int((point.x() - place.left()) / place.width() * len(histogram.counts))
        low, high = (format_number(float(edge), 3) for edge in histogram.edges[bin_ : bin_ + 2])
        colour = self.theme.positive if histogram.edges[bin_] >= 0 else self.theme.negative
        grey = mix(self.theme.panel, self.theme.text, 0.3)
        return (
            Row(self.layers[index], self.tr("{low} to {high}").format(low=low, high=high)),
            Row(self.tr("now"), format_count(int(histogram.counts[bin_])), Sample(colour, "s")),
            Row(self.tr("at the start"), format_count(int(histogram.initial[bin_])), Sample(grey, "s")),
            Row(self.tr("mean of all"), format_number(histogram.mean)),
        )


@lru_cache(maxsize=8)
def _behind(theme: Theme) -> QColor:
    """Return the colour of what was at the start."""
    return QColor(mix(theme.panel, theme.text, 0.14))


def paint_scale(painter: QPainter, edges: np.ndarray, place: QRectF) -> None:
    """Write the bins' edges below them: as many, evenly spread, as there is room for; both ends at least, or none."""
    font = painter.font()
    height = QFontMetricsF(font).height()
    for x, width, text in _scale(edges.astype(np.float64).tobytes(), place.left(), place.width(), font.toString()):
        painter.drawText(QRectF(x, place.bottom() + 1, width + 2, height), Qt.AlignmentFlag.AlignLeft, text)


@lru_cache(maxsize=256)  # edges stay the same for many frames, and texts take longer to make than to draw
def _scale(edges: bytes, left: float, room: float, font: str) -> tuple[tuple[float, float, str], ...]:
    """Return the left end, the width and the text of each edge that is written."""
    chosen = QFont()
    chosen.fromString(font)
    metrics, values = QFontMetricsF(chosen), np.frombuffer(edges)
    for count in (TICKS, 3, 2):
        at = np.linspace(0, len(values) - 1, count).round().astype(int).tolist()
        texts = [limits_of(float(values[i])) for i in at]
        widths = [metrics.horizontalAdvance(text) for text in texts]
        if sum(widths) + count * metrics.horizontalAdvance("0") < room:
            break
    else:
        return ()
    lefts = [left + room * i / (len(values) - 1) - width / 2 for i, width in zip(at, widths, strict=True)]
    kept = [min(max(x, left), left + room - width) for x, width in zip(lefts, widths, strict=True)]
    return tuple(zip(kept, widths, texts, strict=True))
