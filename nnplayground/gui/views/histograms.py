"""The distribution of every layer's weights, now and at the start."""

from __future__ import annotations

from dataclasses import replace
from math import ceil

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from nnplayground.engine.probes import Histogram, HistogramRequest, Histograms, Request
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.theme import Theme, mix, small_font
from nnplayground.gui.views.chart import ChartView, Table
from nnplayground.gui.views.readout import Readout, Row, paint_box
from nnplayground.gui.views.symbols import Sample
from nnplayground.gui.views.view import Frame

REQUEST = HistogramRequest()
NARROW, NARROWEST, LOWEST = 72, 44, 84  # pixels: the width of one histogram, at least; its height, at least
MARGIN = 6.0  # pixels on each side of one


def columns_for(count: int, width: float, height: float) -> int:
    """Return into how many columns `count` histograms are put: side by side, in as many rows as they are wide enough.

    They are made narrower than they should be before one has to scroll.
    """
    comfortable = ceil(count / max(int(width // NARROW), 1))
    fitting = min(comfortable, max(int(height // LOWEST), 1))
    rows = fitting if width / ceil(count / fitting) >= NARROWEST else comfortable
    return ceil(count / rows)


def coarser(histogram: Histogram) -> Histogram:
    """Return a histogram of few weights with 2 or 4 bins joined to one, where that leaves zero between two bins."""
    total, bins = int(histogram.counts.sum()), len(histogram.counts)
    join = next((n for n, fewer in ((4, 50), (2, 200)) if total < fewer and bins % (2 * n) == 0), 1)
    counts, initial = (c.reshape(-1, join).sum(axis=1) for c in (histogram.counts, histogram.initial))
    return replace(histogram, edges=histogram.edges[::join], counts=counts, initial=initial)


class Bars(QWidget):
    """The histograms themselves: bars by sign, the initial ones in grey behind."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.theme = theme
        self.layers: tuple[str, ...] = ()
        self.histograms: tuple[Histogram, ...] = ()
        self.message = ""
        self.sight = 0  # the height of the pane; what is higher is scrolled
        self._pointer: QPointF | None = None

    def show_histograms(self, layers: tuple[str, ...], histograms: tuple[Histogram, ...], message: str) -> None:
        """Draw these, or the message where there are none."""
        self.layers, self.message = layers, message
        self.histograms = tuple(coarser(h) for h in histograms)
        self._claim()
        self.update()

    def fit(self, sight: int) -> None:
        """Take on the pane's height."""
        if sight != self.sight:
            self.sight = sight
            self._claim()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Claim the height that so narrow a pane takes."""
        super().resizeEvent(event)
        self._claim()

    def _claim(self) -> None:
        """Take at least the height below which histograms cannot be read; the pane scrolls the rest."""
        count = len(self.histograms)
        self.setMinimumHeight(ceil(count / columns_for(count, self.width(), self.sight)) * LOWEST if count else 0)

    def cells(self) -> list[QRectF]:
        """Return each histogram's rectangle."""
        count = len(self.histograms)
        if not count:
            return []
        columns = columns_for(count, self.width(), self.sight)
        width, height = self.width() / columns, self.height() / ceil(count / columns)
        return [QRectF(i % columns * width, i // columns * height, width, height) for i in range(count)]

    def bars(self, cell: QRectF) -> QRectF:
        """Return where a cell's bars stand: below the spread, above the scale and the layer's name."""
        line = QFontMetricsF(small_font(self.theme)).height()
        return cell.adjusted(MARGIN, line + 6, -MARGIN, -2 * line - 4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw every histogram, and the read-out of the bar under the pointer."""
        del event
        painter = QPainter(self)
        painter.setFont(small_font(self.theme))
        if self.message:
            painter.setPen(QColor(self.theme.secondary))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self.message)
            return
        for layer, histogram, cell in zip(self.layers, self.histograms, self.cells(), strict=True):
            self._paint_bars(painter, histogram, self.bars(cell))
            self._paint_words(painter, layer, histogram, cell)
        if self._pointer is not None and (rows := self.rows_at(self._pointer)):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            readout = Readout(0.0, self._pointer, rows, line=False)
            paint_box(painter, self.theme, small_font(self.theme), readout, QRectF(self.rect()))

    def _paint_bars(self, painter: QPainter, histogram: Histogram, place: QRectF) -> None:
        bins, gap = len(histogram.counts), 1 if place.width() / len(histogram.counts) >= 3 else 0
        scale = place.height() / max(int(histogram.counts.max()), int(histogram.initial.max()), 1)
        lefts = np.rint(place.left() + place.width() * np.arange(bins + 1) / bins).astype(int).tolist()
        base = round(place.bottom())
        behind = QColor(mix(self.theme.panel, self.theme.text, 0.14))
        signs = QColor(self.theme.negative), QColor(self.theme.positive)
        positive = (histogram.edges[:-1] + histogram.edges[1:] > 0).tolist()
        for counts, colours, between in ((histogram.initial, (behind, behind), 0), (histogram.counts, signs, gap)):
            heights = np.where(counts > 0, np.maximum(np.rint(counts * scale), 1), 0).astype(int).tolist()
            for left, right, height, sign in zip(lefts, lefts[1:], heights, positive, strict=False):
                if height:
                    painter.fillRect(left, base - height, max(right - left - between, 1), height, colours[sign])
        painter.fillRect(lefts[0], base, lefts[-1] - lefts[0], 1, QColor(self.theme.line))

    def _paint_words(self, painter: QPainter, layer: str, histogram: Histogram, cell: QRectF) -> None:
        metrics = QFontMetricsF(painter.font())
        line, centre = metrics.height(), Qt.AlignmentFlag.AlignHCenter
        place = self.bars(cell)
        painter.setPen(QColor(self.theme.secondary))
        spread = f"σ {format_number(histogram.std, 3)}"
        if metrics.horizontalAdvance(spread) > cell.width() - 4:
            spread = f"σ {format_number(histogram.std, 2)}"
        painter.drawText(QRectF(cell.left(), cell.top() + 2, cell.width(), line), centre, spread)
        scale = QRectF(place.left(), place.bottom() + 1, place.width(), line)
        limit = format_number(float(histogram.edges[-1]), 2, trim=True)
        if metrics.horizontalAdvance(f"{limit}{limit}−0") < place.width():
            painter.drawText(scale, Qt.AlignmentFlag.AlignLeft, f"−{limit}")
            painter.drawText(scale, Qt.AlignmentFlag.AlignRight, limit)
        painter.setPen(QColor(self.theme.text))
        name = metrics.elidedText(layer, Qt.TextElideMode.ElideRight, cell.width() - 2)
        painter.drawText(QRectF(cell.left(), scale.bottom() + 1, cell.width(), line), centre, name)

    def rows_at(self, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about the bar at a pixel; nothing beside the bars."""
        for layer, histogram, cell in zip(self.layers, self.histograms, self.cells(), strict=True):
            place = self.bars(cell)
            if not cell.contains(point) or not place.left() <= point.x() < place.right():
                continue
            bin_ = int((point.x() - place.left()) / place.width() * len(histogram.counts))
            low, high = (format_number(float(edge), 3) for edge in histogram.edges[bin_ : bin_ + 2])
            colour = self.theme.positive if histogram.edges[bin_] >= 0 else self.theme.negative
            grey = mix(self.theme.panel, self.theme.text, 0.3)
            return (
                Row(layer, self.tr("{low} to {high}").format(low=low, high=high)),
                Row(self.tr("now"), format_count(int(histogram.counts[bin_])), Sample(colour, "s")),
                Row(self.tr("at the start"), format_count(int(histogram.initial[bin_])), Sample(grey, "s")),
                Row(self.tr("mean of all"), format_number(histogram.mean)),
            )
        return ()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the bar under the pointer."""
        self._pointer = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the read-out away."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()


class Pane(QScrollArea):
    """The part of the histograms in sight."""

    def __init__(self, bars: Bars, parent: QWidget) -> None:
        super().__init__(parent)
        self._bars = bars
        self.setAccessibleName(self.tr("Weights of every layer"))
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(bars)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tell the histograms how much of them is seen."""
        super().resizeEvent(event)
        self._bars.fit(self.viewport().height())


class WeightHistogramsView(ChartView):
    """The weights of each layer, side by side."""

    title, name = "Weights", "weight_histograms"
    explanation = (
        "How many weights of each layer have which value: orange negative, blue positive, grey as they were at "
        "the start. Bars that hardly left the grey: the layer has learned little. A few far out: large rates or "
        "no weight decay."
    )

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.bars = Bars(theme)
        self.pane = Pane(self.bars, self)
        self.column.addWidget(self.pane, 1)
        self.set_theme(theme)

    def needs(self, frame: Frame) -> frozenset[Request]:
        """Ask for the histograms."""
        del frame
        return frozenset({REQUEST})

    def key(self, frame: Frame) -> object:
        """Depend on the histograms alone."""
        return frame.readings.get(REQUEST), frame.snapshot is None

    def redraw(self, frame: Frame) -> None:
        """Draw the histograms."""
        found = frame.reading(REQUEST, Histograms)
        histograms = found.layers if found is not None and frame.snapshot is not None else ()
        layers = frame.snapshot.layout.layers if histograms and frame.snapshot is not None else ()
        self.bars.show_histograms(layers, histograms, "" if histograms else self.tr("press space to train"))
        self.caption.set_words(self.tr("now, initial behind") if histograms else "")

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        if hasattr(self, "bars"):
            self.bars.theme = theme
            self.bars.update()
        super().set_theme(theme)

    def table(self, frame: Frame) -> Table:
        """Return every bin of every layer."""
        found = frame.reading(REQUEST, Histograms)
        if found is None or frame.snapshot is None:
            return [], []
        rows: list[tuple[object, ...]] = [
            (layer, float(h.edges[i]), float(h.edges[i + 1]), int(h.counts[i]), int(h.initial[i]))
            for layer, h in zip(frame.snapshot.layout.layers, found.layers, strict=True)
            for i in range(len(h.counts))
        ]
        return ["layer", "from", "to", "now", "initial"], list(rows)
