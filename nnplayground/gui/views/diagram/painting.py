"""Drawing a scene: edges, tiles, names, marks. What numbers decide is kept as pixels until the numbers change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QPixmap

from nnplayground.gui.views.diagram.curves import strengths
from nnplayground.gui.views.diagram.layout import Box
from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.pictures import Picture
from nnplayground.gui.views.diagram.raster import EdgePicture, Raster
from nnplayground.gui.views.diagram.scene import Edge, Mark, Scene, Spot, Tile
from nnplayground.gui.views.diagram.tiles import paint_tiles

Start = tuple[QPointF, float, float]  # of a mark's picture: on whole device pixels, and from there to its middle

_UNKNOWN = 0.12  # strength of edges whose weights are not known
_BAND = 0.45  # of a folded band, whatever it stands for
_DIMMED = 0.16  # opacity of the edges that do not belong to the neuron under the pointer


class _Sheet:
    """Pixels as an image, without a copy: what changes in them changes in the image."""

    def __init__(self, pixels: NDArray[np.uint32]) -> None:
        height, width = pixels.shape
        self.pixels = pixels
        self.image = QImage(self.pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)


class _Edges:
    """A picture of edges, and its image."""

    def __init__(self, raster: Raster, table: NDArray[np.uint32]) -> None:
        self.picture = EdgePicture(raster, table)
        self.sheet = _Sheet(self.picture.pixels)


@dataclass(eq=False)
class _Tiles:
    """Pictures of one size, one below the other."""

    side: int
    sheet: _Sheet
    shown: list[Picture | None]  # on each of them

    @classmethod
    def of(cls, side: int, count: int) -> _Tiles:
        """Return `count` empty ones."""
        return cls(side, _Sheet(np.zeros((count * side, side), np.uint32)), [None] * count)


@dataclass(eq=False)
class _Marks:
    """One column's marks: the shade of each, and its picture and where that lies."""

    shades: list[int] = field(default_factory=list)
    pictures: list[tuple[QPointF, QPixmap]] = field(default_factory=list)


class Painting:
    """A scene in pixels, for one look and one ratio of device pixels to pixels.

    What is refreshed returns which rectangles are to be painted again.
    """

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
        self._drawn = _Edges(self._raster, look.edges)  # of known weights
        self._unknown: _Edges | None = None  # of others, where there are any
        self._own: _Edges | None = None  # of one neuron, where one is pointed at
        self._edges: list[_Sheet] = []  # of each gap: gaps of known weights share one sheet
        self._tiles = [_Tiles.of(self._side(column), len(placed.ys)) for column, placed in enumerate(geometry.columns)]
        self._boxes = [[_rect(placed.box(row)) for row in range(len(placed.ys))] for placed in geometry.columns]
        self._marks = [_Marks() for _ in geometry.columns]
        self._starts = [
            [self._start(geometry.mark_at(column, row)) for row in range(len(placed.ys))]
            for column, placed in enumerate(geometry.columns)
        ]
        self._dots: dict[tuple[int, float, float], QPixmap] = {}  # marks, by shade and by where in a pixel they begin
        self.refresh_edges()
        self.refresh_tiles()
        self.refresh_marks()

    def refresh_edges(self) -> list[QRectF]:
        """Paint the edges anew from the scene's weights, where they changed."""
        known = self._strengths()
        gaps = set(self._drawn.picture.show(known))
        others = self._drawn
        if any(own is None for own in known):
            others = self._unknown = self._unknown or _Edges(self._raster, self.look.unknown)
            faint = [_BAND if band else _UNKNOWN for band in self.scene.structure.bands]
            blank = [self.scene.blank(gap) * faint[gap] if own is None else None for gap, own in enumerate(known)]
            gaps.update(others.picture.show(blank))
        edges = [(others if own is None else self._drawn).sheet for own in known]
        gaps.update(gap for gap, last in enumerate(self._edges) if last is not edges[gap])
        self._edges = edges
        return [self._place(gap) for gap in gaps]

    def refresh_tiles(self) -> list[QRectF]:
        """Paint the tiles anew from the scene's pictures, where they are others than before."""
        changed: dict[tuple[int, tuple[int, ...], str, bool], list[tuple[int, int, Picture]]] = {}
        columns = set()
        for column, tiles in enumerate(self._tiles):
            for row, last in enumerate(tiles.shown):
                picture = self.scene.picture(column, row)
                if picture is not last:
                    columns.add(column)
                    tiles.shown[row] = picture
                    if picture is None:
                        self._pixels(column)[row] = 0
                        continue
                    kind = tiles.side, picture.values.shape, picture.kind, self.scene.is_on(Tile(column, row))
                    changed.setdefault(kind, []).append((column, row, picture))
        for (side, _, name, on), members in changed.items():
            values = np.stack([picture.values for *_, picture in members])
            colours = self.look.tiles if on else self.look.off
            radius = self.radius(side / self.ratio) * self.ratio
            pixels = paint_tiles(values, side, radius, colours, sharp=name != "domain")
            for (column, row, _), own in zip(members, pixels, strict=True):
                self._pixels(column)[row] = own
        blocks = (_rect(self.scene.geometry.columns[column].block) for column in columns)
        return [block.adjusted(-2, -2, 2, 2) for block in blocks]  # outlines too, which depend on what is known

    def refresh_marks(self) -> list[QRectF]:
        """Colour the marks anew from the scene's biases, where they are others than before."""
        changed = []
        for column, marks in enumerate(self._marks[1:], start=1):
            biases = self.scene.biases[column - 1]
            shades = [] if biases is None else self.look.shades_of(strengths(biases))
            if shades != marks.shades:
                self._marks[column] = _Marks(shades, list(map(self._dot, shades, self._starts[column])))
                block, reach = self.scene.geometry.columns[column].block, self._reach
                changed.append(QRectF(block.left - reach, block.top, 2 * reach, block.height + reach))
        return changed

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
        for tiles, boxes in zip(self._tiles, self._boxes, strict=True):
            for row, picture in enumerate(tiles.shown):
                if picture is not None:
                    source = QRectF(0, row * tiles.side, tiles.side, tiles.side)
                    painter.drawImage(boxes[row], tiles.sheet.image, source)

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
        for column, marks in enumerate(self._marks):
            hot = spot.row if isinstance(spot, Mark) and spot.column == column else None
            for row, (place, picture) in enumerate(marks.pictures):
                if row != hot:
                    painter.drawPixmap(place, picture)
            if hot is not None and hot < len(marks.shades):
                painter.setPen(self._pens["hot"])
                painter.setBrush(self.look.shades[marks.shades[hot]])
                radius = 1.5 * self.scene.geometry.mark
                painter.drawEllipse(QPointF(*self.scene.geometry.mark_at(column, hot)), radius, radius)
                painter.setBrush(Qt.BrushStyle.NoBrush)

    def radius(self, side: float) -> float:
        """Return the radius of the corners of a tile."""
        return max(min(side * 0.16, 8.0), 2.0)

    # pixels

    def _strengths(self) -> list[NDArray[np.float32] | None]:
        drawn = (self.scene.drawn(gap) for gap in range(len(self.scene.curves)))
        return [None if numbers is None else strengths(numbers) for numbers in drawn]

    def _edges_of(self, tile: Tile) -> _Sheet:
        masked: list[NDArray[np.float32] | None] = []
        for gap, own in enumerate(self._strengths()):
            beside = own is not None and tile.column - 1 <= gap <= tile.column
            masked.append(_only(own, tile.row, ends=gap < tile.column) if own is not None and beside else None)
        self._own = self._own or _Edges(self._raster, self.look.edges)
        self._own.picture.show(masked)
        return self._own.sheet

    def _place(self, gap: int) -> QRectF:
        """Return where the picture of a gap lies."""
        span = self._raster.span(gap)
        left, top, by = self._raster.lefts[gap], self._raster.top, 1 / self.ratio
        return QRectF(left * by, top * by, (span.stop - span.start) * by, self._raster.rows * by)

    def _side(self, column: int) -> int:
        """Return how many device pixels a tile has."""
        return max(round(self.scene.geometry.columns[column].tile * self.ratio), 1)

    def _pixels(self, column: int) -> NDArray[np.uint32]:
        """Return a column's tiles, (rows, side, side)."""
        tiles = self._tiles[column]
        return tiles.sheet.pixels.reshape(-1, tiles.side, tiles.side)

    def _start(self, at: tuple[float, float]) -> Start:
        """Return where the picture of a mark about a point begins."""
        starts = [floor(x * self.ratio - self._reach * self.ratio) for x in at]
        x, y = (round(x * self.ratio - start, 3) for x, start in zip(at, starts, strict=True))
        return QPointF(*starts) / self.ratio, x, y

    def _dot(self, shade: int, start: Start) -> tuple[QPointF, QPixmap]:
        """Return a mark as it is painted at a place, and where to put it."""
        place, x, y = start
        if (shade, x, y) not in self._dots:
            side = 2 * ceil(self._reach * self.ratio) + 1
            picture = QPixmap(side, side)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.translate(x, y)
            painter.scale(self.ratio, self.ratio)
            painter.setPen(self._pens["ground"])
            painter.setBrush(self.look.shades[shade])
            painter.drawEllipse(QPointF(), self.scene.geometry.mark, self.scene.geometry.mark)
            painter.end()
            picture.setDevicePixelRatio(self.ratio)
            self._dots[(shade, x, y)] = picture
        return place, self._dots[(shade, x, y)]

    @property
    def _reach(self) -> float:
        """How far a mark reaches about its middle, the largest."""
        return 1.5 * self.scene.geometry.mark + self.look.px(1.8)

    # strokes

    def _draw_gaps(self, painter: QPainter, sheets: Sequence[_Sheet]) -> None:
        for gap, sheet in enumerate(sheets):
            span = self._raster.span(gap)
            source = QRectF(span.start, 0, span.stop - span.start, self._raster.rows)
            painter.drawImage(self._place(gap), sheet.image, source)

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


def _pen(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
