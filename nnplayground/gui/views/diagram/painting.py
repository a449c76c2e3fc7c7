"""Drawing a scene: edges, tiles, names, marks. What numbers decide is kept as pixels until the numbers change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import is_

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from nnplayground.gui.views.diagram.curves import strengths
from nnplayground.gui.views.diagram.layout import Box
from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.pictures import Picture
from nnplayground.gui.views.diagram.raster import Raster
from nnplayground.gui.views.diagram.scene import Edge, Mark, Scene, Spot, Tile
from nnplayground.gui.views.diagram.tiles import paint_tiles

_UNKNOWN = 0.12  # strength of edges whose weights are not known
_BAND = 0.45  # of a folded band, whatever it stands for
_DIMMED = 0.16  # opacity of the edges that do not belong to the neuron under the pointer


class _Sheet:
    """Pixels as an image, without a copy."""

    def __init__(self, pixels: NDArray[np.uint32]) -> None:
        height, width = pixels.shape
        self.pixels = np.ascontiguousarray(pixels)  # the image's memory
        self.image = QImage(self.pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)


@dataclass(frozen=True, eq=False)
class _Tiles:
    """Pictures of one size, one below the other, and which tile each is of."""

    sheet: _Sheet
    side: int
    rows: tuple[int, ...]


class Painting:
    """A scene in pixels, for one look and one ratio of device pixels to pixels."""

    def __init__(self, scene: Scene, look: Look, ratio: float) -> None:
        self.scene, self.look, self.ratio = scene, look, ratio
        geometry = scene.geometry
        self._raster = Raster(scene.curves, geometry.top, geometry.bottom, ratio, look.scale)
        self._pens = {
            "hot": _pen(look.text, look.px(1.8)),
            "input": _pen(look.text, look.px(1.4)),
            "plain": _pen(look.secondary, look.px(1.1)),
            "faint": _pen(look.line, look.px(1.1)),
            "ground": _pen(look.panel, look.px(1.2)),
        }
        self._drawn: _Sheet | None = None  # edges of known weights
        self._edges: list[_Sheet] = []  # of each gap: gaps of known weights share one sheet
        self._own: tuple[Tile, _Sheet] | None = None  # the edges of one neuron
        self._tiles: list[list[_Tiles]] = []
        self._pictures: list[list[Picture | None]] = []  # that the tiles show, by column
        self._marks = [
            [QPointF(*geometry.mark_at(column, row)) for row in range(len(placed.ys))]
            for column, placed in enumerate(geometry.columns)
        ]
        self.refresh_edges()
        self.refresh_tiles()

    def refresh_edges(self) -> None:
        """Paint the edges anew from the scene's weights."""
        self._own = None
        known = self._strengths()
        memory = None if self._drawn is None else self._drawn.pixels
        self._drawn = drawn = _Sheet(self._raster.paint(known, self.look.edges, memory))
        unknown = drawn
        if any(own is None for own in known):
            bands = self.scene.structure.bands
            faint = [_BAND if band else _UNKNOWN for band in bands]
            blank = [self.scene.blank(gap) * faint[gap] if own is None else None for gap, own in enumerate(known)]
            unknown = _Sheet(self._raster.paint(blank, self.look.unknown))
        self._edges = [unknown if own is None else drawn for own in known]

    def refresh_tiles(self) -> None:
        """Paint the tiles anew from the scene's pictures, where they are others than before."""
        columns = enumerate(self.scene.geometry.columns)
        last, self._pictures = (
            self._pictures,
            [[self.scene.picture(i, row) for row in range(len(placed.ys))] for i, placed in columns],
        )
        self._tiles = [
            self._tiles[i] if last and all(map(is_, own, last[i])) else self._column(i, own)
            for i, own in enumerate(self._pictures)
        ]

    def draw_edges(self, painter: QPainter, spot: Spot | None) -> None:
        """Draw the edges; those of the tile at `spot` stand out."""
        if isinstance(spot, Tile) and self.scene.is_on(spot):
            painter.setOpacity(_DIMMED)
            self._draw_gaps(painter, self._edges)
            painter.setOpacity(1.0)
            self._draw_gaps(painter, [self._edges_of(spot)] * len(self._edges))
        else:
            self._draw_gaps(painter, self._edges)
        if isinstance(spot, Edge):
            self._draw_edge(painter, spot)

    def draw_tiles(self, painter: QPainter) -> None:
        """Draw every tile's picture."""
        for column, groups in enumerate(self._tiles):
            placed = self.scene.geometry.columns[column]
            for group in groups:
                for i, row in enumerate(group.rows):
                    source = QRectF(0, i * group.side, group.side, group.side)
                    painter.drawImage(_rect(placed.box(row)), group.sheet.image, source)

    def draw_outlines(self, painter: QPainter, spot: Spot | None) -> None:
        """Draw every tile's outline; that of the tile at `spot` stands out."""
        for column, placed in enumerate(self.scene.geometry.columns):
            if placed.frame:
                self._draw_frame(painter, placed.block)
            for row in range(len(placed.ys)):
                self._draw_outline(painter, Tile(column, row), spot)
        for gap, band in enumerate(self.scene.structure.bands):
            if band:
                self._draw_brackets(painter, gap)

    def draw_marks(self, painter: QPainter, spot: Spot | None) -> None:
        """Draw every neuron's bias mark; the one at `spot` stands out."""
        for column in range(1, len(self.scene.geometry.columns)):
            self._draw_marks(painter, column, spot)

    def radius(self, side: float) -> float:
        """Return the radius of the corners of a tile."""
        return max(min(side * 0.16, 8.0), 2.0)

    # pixels

    def _strengths(self) -> list[NDArray[np.float32] | None]:
        drawn = (self.scene.drawn(gap) for gap in range(len(self.scene.curves)))
        return [None if numbers is None else strengths(numbers) for numbers in drawn]

    def _edges_of(self, tile: Tile) -> _Sheet:
        if self._own is None or self._own[0] != tile:
            masked: list[NDArray[np.float32] | None] = []
            for gap, own in enumerate(self._strengths()):
                beside = own is not None and tile.column - 1 <= gap <= tile.column
                masked.append(_only(own, tile.row, ends=gap < tile.column) if own is not None and beside else None)
            self._own = (tile, _Sheet(self._raster.paint(masked, self.look.edges)))
        return self._own[1]

    def _column(self, column: int, pictures: Sequence[Picture | None]) -> list[_Tiles]:
        side = max(round(self.scene.geometry.columns[column].tile * self.ratio), 1)
        radius = self.radius(side / self.ratio) * self.ratio
        kinds: dict[tuple[tuple[int, ...], str, bool], list[tuple[int, Picture]]] = {}
        for row, picture in enumerate(pictures):
            if picture is not None:
                kind = (picture.values.shape, picture.kind, self.scene.is_on(Tile(column, row)))
                kinds.setdefault(kind, []).append((row, picture))
        groups = []
        for (_, name, on), members in kinds.items():
            values = np.stack([picture.values for _, picture in members])
            colours = self.look.tiles if on else self.look.off
            pixels = paint_tiles(values, side, radius, colours, sharp=name != "domain").reshape(-1, side)
            groups.append(_Tiles(_Sheet(pixels), side, tuple(row for row, _ in members)))
        return groups

    # strokes

    def _draw_gaps(self, painter: QPainter, sheets: Sequence[_Sheet]) -> None:
        for gap, sheet in enumerate(sheets):
            span = self._raster.span(gap)
            width, height = span.stop - span.start, self._raster.rows
            place = QRectF(self._raster.lefts[gap], self._raster.top, width, height)
            painter.drawImage(_scaled(place, 1 / self.ratio), sheet.image, QRectF(span.start, 0, width, height))

    def _draw_edge(self, painter: QPainter, edge: Edge) -> None:
        curves, drawn = self.scene.curves[edge.gap], self.scene.drawn(edge.gap)
        drawn = self.scene.blank(edge.gap) * 0 if drawn is None else drawn
        strength = abs(float(strengths(drawn)[edge.end, edge.start]))
        start = QPointF(curves.left, curves.starts[edge.start])
        end = QPointF(curves.right, curves.ends[edge.end])
        middle = (start.x() + end.x()) / 2
        path = QPainterPath(start)
        path.cubicTo(QPointF(middle, start.y()), QPointF(middle, end.y()), end)
        width = self.look.px(0.5 + 2.9 * strength)
        painter.strokePath(path, _pen(self.look.panel, width + self.look.px(4.5)))
        painter.strokePath(path, _pen(self.look.sign(drawn[edge.end, edge.start]), width + self.look.px(1.5)))

    def _draw_frame(self, painter: QPainter, block: Box) -> None:
        """Draw what holds the tiles of a block together."""
        painter.setPen(self._pens["faint"])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(_rect(block), self.look.px(5), self.look.px(5))

    def _draw_brackets(self, painter: QPainter, gap: int) -> None:
        """Draw along single tiles beside a band what says that it goes to all of them."""
        columns, away = self.scene.geometry.columns, self.look.px(3)
        painter.setPen(self._pens["plain"])
        for placed, side in ((columns[gap], 1), (columns[gap + 1], -1)):
            if not placed.frame and len(placed.ys) > 1:
                x = placed.x + side * (placed.tile / 2 + away)
                painter.drawLine(QLineF(x, placed.block.top, x, placed.block.bottom))

    def _draw_outline(self, painter: QPainter, tile: Tile, spot: Spot | None) -> None:
        box = self.scene.geometry.columns[tile.column].box(tile.row)
        known, on = self.scene.picture(tile.column, tile.row) is not None, self.scene.is_on(tile)
        if spot == tile:
            pen = self._pens["hot"]
        elif tile.column == 0 and on:
            pen = self._pens["input"]
        else:
            pen = self._pens["plain" if on and known else "faint"]
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush if known else self.look.hover)
        inset = pen.widthF() / 2 - 0.25
        radius = self.radius(box.width)
        place = QRectF(box.left + inset, box.top + inset, box.width - 2 * inset, box.height - 2 * inset)
        painter.drawRoundedRect(place, radius, radius)

    def _draw_marks(self, painter: QPainter, column: int, spot: Spot | None) -> None:
        biases = self.scene.biases[column - 1]
        if biases is None:
            return
        hot = spot.row if isinstance(spot, Mark) and spot.column == column else None
        radius, middles = self.scene.geometry.mark, self._marks[column]
        painter.setPen(self._pens["ground"])
        for row, strength in enumerate(strengths(biases).tolist()):
            if row != hot:
                painter.setBrush(self.look.shade(strength))
                painter.drawEllipse(middles[row], radius, radius)
        if hot is not None and hot < len(biases):
            painter.setPen(self._pens["hot"])
            painter.setBrush(self.look.shade(float(strengths(biases)[hot])))
            painter.drawEllipse(middles[hot], 1.5 * radius, 1.5 * radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)


def _only(weights: NDArray[np.float32], row: int, *, ends: bool) -> NDArray[np.float32]:
    """Return the weights with all but those into (or from) one tile set to 0, which draws no edge."""
    kept = np.zeros_like(weights)
    if ends:
        kept[row] = weights[row]
    else:
        kept[:, row] = weights[:, row]
    return kept


def _rect(box: Box) -> QRectF:
    return QRectF(box.left, box.top, box.width, box.height)


def _scaled(rect: QRectF, by: float) -> QRectF:
    return QRectF(rect.left() * by, rect.top() * by, rect.width() * by, rect.height() * by)


def _pen(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
