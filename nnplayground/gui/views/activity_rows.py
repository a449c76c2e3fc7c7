"""Layers as rows: what each gives, how much of it is flat, how many neurons are dead, and every neuron's share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnplayground.engine.probes import LayerActivity
from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.theme import Theme, mix, small_font
from nnplayground.gui.views.readout import Readout, Row, paint_box

GAP = 10.0  # pixels between columns
TALLEST = 2.0  # of a row, in lines of text
SMALLEST = 60.0  # pixels of a column of bars, at least
LEFT, CENTRE, RIGHT = (
    flag | Qt.AlignmentFlag.AlignVCenter
    for flag in (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
)


@dataclass(frozen=True)
class Column:
    """One column: its name, where it begins and how wide it is."""

    title: str
    left: float
    width: float


def flat_share(layer: LayerActivity) -> float | None:
    """Return the share of a layer's values that are saturated or inactive, None where neither means anything."""
    return layer.saturated if layer.saturated is not None else layer.inactive


def pooled(shares: NDArray[np.float64], pixels: int) -> NDArray[np.float64]:
    """Return shares for at most so many pixels: of neurons that share one, the largest."""
    if len(shares) <= pixels:
        return shares
    return np.maximum.reduceat(shares, np.arange(pixels) * len(shares) // pixels)


class ActivityRows(QWidget):
    """A small table with bars in it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.theme = theme
        self.names: tuple[str, ...] = ()
        self.layers: tuple[LayerActivity, ...] = ()
        self._pointer: QPointF | None = None

    def show_layers(self, names: tuple[str, ...], layers: tuple[LayerActivity, ...]) -> None:
        """Draw these layers, one in each row."""
        self.names, self.layers = names, layers
        self.setMinimumHeight(round((len(layers) + 1) * self.line) if layers else 0)
        self.update()

    @property
    def line(self) -> float:
        """The height of a line of text."""
        return QFontMetricsF(small_font(self.theme)).height() + 2

    # where things lie

    def row(self, index: int) -> QRectF:
        """Return a layer's row."""
        height = min((self.height() - self.line) / max(len(self.layers), 1), TALLEST * self.line)
        return QRectF(0, self.line + index * height, self.width(), height)

    def columns(self) -> dict[str, Column]:
        """Return the columns that apply to these layers, left to right; numbers give way to bars in a narrow pane."""
        metrics = QFontMetricsF(small_font(self.theme))
        titles, fixed = self._titles(), {"layer": max(metrics.horizontalAdvance(n) for n in ("layer", *self.names))}
        if "dead" in titles:
            fixed["dead"] = max(
                metrics.horizontalAdvance(t) for t in (titles["dead"], *map(self.dead_text, self.layers))
            )
        if "flat" in titles:
            fixed["percent"] = metrics.horizontalAdvance("100.0 %")
        fixed["number"] = metrics.horizontalAdvance("−0.00 ± 0.00")
        bars: list[str] = [name for name in ("value", "flat", "neurons") if name in titles]
        while True:
            room = self.width() - sum(fixed.values()) - GAP * (len(fixed) + len(bars) - 1)
            if room >= SMALLEST * len(bars) or len(fixed) == 1:
                break
            fixed.pop(next(name for name in ("number", "percent", "dead") if name in fixed))
        titles |= self._shorter(titles, bars, room)
        widths = dict(zip(bars, filled([metrics.horizontalAdvance(titles[b]) for b in bars], room), strict=True))
        found: dict[str, Column] = {}
        left = 0.0
        for name in ("layer", "value", "number", "flat", "percent", "dead", "neurons"):
            if name in fixed or name in bars:
                width = fixed[name] if name in fixed else max(widths[name], 8.0)
                found[name] = Column(titles.get(name, ""), left, width)
                left += width + GAP
        return found

    def _shorter(self, titles: dict[str, str], bars: list[str], room: float) -> dict[str, str]:
        """Return shorter titles for columns of bars that have no room for all their words, one after the other."""
        metrics, found = QFontMetricsF(small_font(self.theme)), dict[str, str]()
        kinds = {self.tr("saturated"): self.tr("sat."), self.tr("inactive"): self.tr("inact.")}
        shorter = {"value": self.tr("mean"), "flat": kinds.get(titles.get("flat", ""), self.tr("flat")), "neurons": ""}
        for name in ("value", "flat", "neurons"):
            if name in bars and sum(metrics.horizontalAdvance(found.get(b, titles[b])) for b in bars) > room:
                found[name] = shorter[name]
        return found

    def _titles(self) -> dict[str, str]:
        titles = {"layer": "", "value": self.tr("mean ± std")}
        kinds = {
            self.tr("saturated"): any(la.saturated is not None for la in self.layers),
            self.tr("inactive"): any(la.inactive is not None for la in self.layers),
        }
        if any(kinds.values()):
            titles |= {
                "flat": " / ".join(kind for kind, there in kinds.items() if there),
                "neurons": self.tr("neurons"),
            }
        if any(la.dead is not None for la in self.layers):
            titles["dead"] = self.tr("dead")
        return titles

    def dead_text(self, layer: LayerActivity) -> str:
        """Return how many neurons of a layer are dead, "" where its activation cannot die."""
        if layer.dead is None:
            return ""
        return f"{format_count(round(layer.dead * len(layer.shares)))} / {format_count(len(layer.shares))}"

    def _scale(self) -> tuple[float, float]:
        """Return the ends of the axis of means: zero, and every hidden layer's plus and minus its deviation.

        The output's raw numbers would leave hidden layers no room; its bar is cut where it reaches further.
        """
        ends = [0.0, *(la.mean + s * la.std for la in self.layers[:-1] or self.layers for s in (-1, 1))]
        finite = [end for end in ends if np.isfinite(end)]
        low, high = min(finite), max(finite)
        return (low, high) if high > low else (low - 1.0, high + 1.0)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the rows, and the read-out of what is under the pointer."""
        del event
        if not self.layers:
            return
        painter = QPainter(self)
        painter.setFont(small_font(self.theme))
        columns = self.columns()
        self._paint_titles(painter, columns)
        for index in range(len(self.layers)):
            self._paint_row(painter, index, columns)
        if self._pointer is not None and (rows := self.rows_at(self._pointer)):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            readout = Readout(0.0, self._pointer, rows, line=False)
            paint_box(painter, self.theme, small_font(self.theme), readout, QRectF(self.rect()))

    def _paint_titles(self, painter: QPainter, columns: dict[str, Column]) -> None:
        metrics = QFontMetricsF(painter.font())
        painter.setPen(QColor(self.theme.secondary))
        for name, column in columns.items():
            following = {"value": "number", "flat": "percent"}.get(name)
            room = column.width + (GAP + columns[following].width if following in columns else 0)
            title = metrics.elidedText(column.title, Qt.TextElideMode.ElideRight, room + 0.5)
            painter.drawText(QRectF(column.left, 0, room + 1, self.line), LEFT, title)

    def _paint_row(self, painter: QPainter, index: int, columns: dict[str, Column]) -> None:
        layer, row = self.layers[index], self.row(index)

        def cell(name: str) -> QRectF:
            return QRectF(columns[name].left, row.top(), columns[name].width, row.height())

        painter.fillRect(QRectF(0, row.top(), self.width(), 1), QColor(self.theme.line))
        painter.setPen(QColor(self.theme.text))
        painter.drawText(cell("layer"), LEFT, self.names[index])
        self._paint_spread(painter, layer, cell("value"))
        share = flat_share(layer)
        texts = {
            "number": f"{format_number(layer.mean, 2)} ± {format_number(layer.std, 2)}",
            "percent": format_percent(share) if share is not None else "",
            "dead": self.dead_text(layer),
        }
        painter.setPen(QColor(self.theme.text))
        for name, text in texts.items():
            if name in columns:
                painter.drawText(cell(name).adjusted(-4, 0, 0, 0), RIGHT, text)
        if share is not None:
            self._paint_share(painter, share, cell("flat"))
            self._paint_neurons(painter, layer.shares, cell("neurons"))

    def _paint_spread(self, painter: QPainter, layer: LayerActivity, cell: QRectF) -> None:
        """Draw the mean as a dot, a deviation to both sides as a bar, and zero as a line."""
        if not np.isfinite([layer.mean, layer.std]).all():
            return
        low, high = self._scale()
        values = np.clip([layer.mean - layer.std, layer.mean + layer.std, layer.mean, 0.0], low, high)
        at = (cell.left() + (values - low) / (high - low) * cell.width()).tolist()
        middle, thick = cell.center().y(), max(self.theme.scaled(5), 3)
        painter.fillRect(
            QRectF(at[3], cell.top() + 1, 1, cell.height() - 1), QColor(mix(self.theme.line, self.theme.text, 0.25))
        )
        colour = mix(self.theme.panel, self.theme.accent, 0.45)
        painter.fillRect(QRectF(at[0], middle - thick / 2, max(at[1] - at[0], 1.0), thick), QColor(colour))
        painter.fillRect(QRectF(at[2] - 1, middle - thick, 2, 2 * thick), QColor(self.theme.accent))

    def _paint_share(self, painter: QPainter, share: float, cell: QRectF) -> None:
        thick = max(self.theme.scaled(7), 4)
        bar = QRectF(cell.left(), cell.center().y() - thick / 2, cell.width(), thick)
        painter.fillRect(bar, QColor(mix(self.theme.panel, self.theme.text, 0.08)))
        bar.setWidth(share * cell.width())
        painter.fillRect(bar, QColor(self.theme.negative))

    def _paint_neurons(self, painter: QPainter, shares: NDArray[np.float64], cell: QRectF) -> None:
        """Draw a stripe for each neuron, the stronger the more samples it is flat for; a dead one in full."""
        found = pooled(shares, max(int(cell.width()), 1))
        height = min(cell.height() - 4, self.line)
        top = cell.center().y() - height / 2
        edges = cell.left() + np.round(np.arange(len(found) + 1) * cell.width() / len(found))
        gap = 1 if cell.width() / len(found) >= 4 else 0
        empty = mix(self.theme.panel, self.theme.text, 0.08)
        for share, left, right in zip(found.tolist(), edges.tolist(), edges[1:].tolist(), strict=False):
            colour = self.theme.negative if share == 1 else mix(empty, self.theme.negative, 0.75 * share)
            painter.fillRect(QRectF(left, top, right - left - gap, height), QColor(colour))

    # reading out

    def rows_at(self, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says: of the layer at a pixel, and of the neuron where the pointer is at one."""
        index = next((i for i in range(len(self.layers)) if self.row(i).contains(point)), None)
        if index is None:
            return ()
        layer, column = self.layers[index], self.columns().get("neurons")
        if (
            column is not None
            and column.left <= point.x() < column.left + column.width
            and flat_share(layer) is not None
        ):
            count = len(layer.shares)
            return self._neuron_rows(index, min(int((point.x() - column.left) / column.width * count), count - 1))
        rows = [
            Row(self.names[index], layer.activation.replace("_", " ")),
            Row(self.tr("mean"), format_number(layer.mean)),
            Row(self.tr("standard deviation"), format_number(layer.std)),
        ]
        for text, share in (
            (self.tr("saturated"), layer.saturated),
            (self.tr("inactive"), layer.inactive),
            (self.tr("dead neurons"), layer.dead),
        ):
            if share is not None:
                rows.append(Row(text, format_percent(share)))
        return tuple(rows)

    def _neuron_rows(self, index: int, neuron: int) -> tuple[Row, ...]:
        layer = self.layers[index]
        share = float(layer.shares[neuron])
        kind = self.tr("saturated") if layer.saturated is not None else self.tr("inactive")
        dead = layer.dead is not None and share == 1
        return (
            Row(self.names[index], self.tr("neuron {number}").format(number=format_count(neuron + 1))),
            Row(kind, self.tr("always: dead") if dead else format_percent(share)),
            Row(self.tr("mean"), format_number(float(layer.means[neuron]))),
            Row(self.tr("standard deviation"), format_number(float(layer.stds[neuron]))),
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out what is under the pointer."""
        self._pointer = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the read-out away."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()


def filled(needs: list[float], room: float) -> list[float]:
    """Share `room`: evenly, but to each what it needs, as far as there is enough of it."""
    for count, need in enumerate(sorted(needs, reverse=True)):
        level = (room - sum(sorted(needs, reverse=True)[:count])) / (len(needs) - count)
        if need <= level:
            return [max(each, level) for each in needs]
    return [each * room / sum(needs) for each in needs]
