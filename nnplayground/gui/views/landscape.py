"""The loss over a plane of the weights as a picture: colours, contours, paths, and what is under the pointer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QWidget

from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.theme import Theme, mix, small_font
from nnplayground.gui.views.contours import contours
from nnplayground.gui.views.journeys import Track
from nnplayground.gui.views.palette import Levels, rgb
from nnplayground.gui.views.plotting import Plot
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.symbols import Sample, line_pen
from nnplayground.gui.views.ticks import nice_step, tick_text

if TYPE_CHECKING:
    from nnplayground.engine.surface import Surface

Floats = NDArray[np.float64]

LINES = 12  # contours
DEEPEST = 8.0  # decades below the highest loss that colours tell apart
BOTTOM = 0.01  # of all places, that logarithmic colours do not tell apart
TINY = 1e-300  # the least loss that has a logarithm here
NEAR = 10.0  # pixels from the pointer to a point of the path that is read out
TABLE = 256  # colours


def ground(theme: Theme) -> NDArray[np.uint8]:
    """Return (256, 4) uint8, RGBA: from the lowest loss, deep in colour, to the highest, nearly the panel's own."""
    low, high = (mix(theme.panel, theme.accent, share) for share in (0.85, 0.06))
    table = np.full((TABLE, 4), 255, np.uint8)
    for channel, (a, b) in enumerate(zip(rgb(low), rgb(high), strict=True)):
        table[:, channel] = np.rint(np.linspace(a, b, TABLE))
    return table


def overflow(theme: Theme) -> str:
    """Return the colour of where the loss is not finite."""
    return mix(theme.panel, theme.negative, 0.45)


def track_colour(theme: Theme, index: int) -> str:
    """Return the colour of an earlier run's path: of the series, without the blues of the ground."""
    colours = [theme.series[i] for i in (1, 2, 3, 5)]
    return colours[index % len(colours)]


class Landscape(Plot):
    """A surface and the paths over it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self.image = pg.ImageItem(axisOrder="row-major")
        self.lines = pg.PlotCurveItem(connect="pairs", skipFiniteCheck=True)
        self.earlier: list[pg.PlotCurveItem] = []
        self.path = pg.PlotCurveItem(connect="finite")
        self.marks = pg.ScatterPlotItem(pxMode=True)
        self.surface: Surface | None = None
        self.track: Track | None = None
        self._words = ("", "")
        self.levels = Levels(0.0, 1.0)  # of the colours: losses, or their decimal logarithms
        self.theme = theme
        super().__init__(theme, parent, grid=False)
        self.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.box.wheel_axis = None
        self.hover = self.read
        for z, item in enumerate((self.image, self.lines, self.path, self.marks)):
            item.setZValue(2 * z)
            self.box.addItem(item, ignoreBounds=True)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours; what is drawn is to be drawn again."""
        super().set_theme(theme)
        self.theme = theme
        self.lines.setPen(line_pen(mix(theme.panel, theme.text, 0.55 if theme.dark else 0.4), 1.0))
        self.path.setPen(line_pen(theme.text, max(2.0, theme.pen_width)))
        self.path.setShadowPen(line_pen(theme.panel, max(2.0, theme.pen_width) + 2.0))

    def show_surface(self, surface: Surface, axes: tuple[str, str], words: tuple[str, str], logarithmic: bool) -> None:
        """Draw a surface; `axes` name its two directions in short, `words` in the read-out."""
        self._words = words
        fresh = surface is not self.surface
        self.surface = surface
        heights = self._heights(surface.loss, logarithmic=logarithmic)
        known = np.isfinite(heights)
        shares = np.nan_to_num(self.levels.share(heights), nan=0.0)
        colours = ground(self.theme)[np.rint(shares * (TABLE - 1)).astype(int)]
        colours[~known] = (*rgb(overflow(self.theme)), 255)
        self.image.setImage(colours, autoLevels=False, levels=None, lut=None)
        half = [(axis[1] - axis[0]) / 2 for axis in (surface.x, surface.y)]
        left, right, bottom, top = (
            float(axis[end] + sign * h)
            for axis, h in zip((surface.x, surface.y), half, strict=True)
            for end, sign in ((0, -1), (-1, 1))
        )
        self.image.setRect(QRectF(left, bottom, right - left, top - bottom))
        levels = np.linspace(self.levels.low, self.levels.high, LINES + 2)[1:-1]
        pieces = contours(surface.x, surface.y, np.where(known, heights, np.nan), levels)
        self.lines.setData(pieces[..., 0].ravel(), pieces[..., 1].ravel())
        for axis, unit in zip((self.x_axis, self.y_axis), axes, strict=True):
            axis.set_unit(unit)
        self.y_axis.setWidth(self._text_width(axes[1], bottom, top))
        if fresh:
            self.box.setLimits(yMin=bottom, yMax=top)
            self.set_limits((left, right), (bottom, top))
            self.follow()

    def _text_width(self, unit: str, low: float, high: float) -> int:
        """Return the pixels that the y axis's texts need, its unit among them, zoomed in a little too."""
        metrics, step = QFontMetricsF(small_font(self.theme)), nice_step(high - low, 10)
        texts = unit, tick_text(low, step), tick_text(high, step)
        return round(max(metrics.horizontalAdvance(text) for text in texts) + 10)

    def _heights(self, loss: Floats, *, logarithmic: bool) -> Floats:
        """Return what colours stand for, and set their levels.

        Logarithms fall without end near a loss of 0: the lowest hundredth of all places has the lowest colour.
        """
        finite = loss[np.isfinite(loss)]
        if not len(finite):
            self.levels = Levels(0.0, 1.0)
            return loss
        if logarithmic:
            least = max(float(finite.max()) * 10.0**-DEEPEST, float(np.quantile(finite, BOTTOM)), TINY)
            loss = np.log10(np.maximum(loss, least))
            finite = loss[np.isfinite(loss)]
        low, high = float(finite.min()), float(finite.max())
        self.levels = Levels(low, high if high > low else low + max(abs(low), 1e-9))
        return loss

    def show_tracks(self, track: Track, earlier: tuple[Track, ...]) -> None:
        """Draw the path of the run in hand, with its first and its present point, and those of earlier runs."""
        self.track = track
        while len(self.earlier) < len(earlier):
            item = pg.PlotCurveItem(connect="finite")
            item.setZValue(3)
            self.box.addItem(item, ignoreBounds=True)
            self.earlier.append(item)
        for i, item in enumerate(self.earlier):
            places = earlier[i].places if i < len(earlier) else np.empty((0, 2))
            item.setPen(line_pen(track_colour(self.theme, i), self.theme.pen_width))
            item.setData(places[:, 0], places[:, 1])
        places, size = track.places, self.theme.marker_size
        self.path.setData(places[:, 0], places[:, 1])
        ends = places[[0, -1]] if len(places) else np.empty((0, 2))
        least = None if self.surface is None else self.surface.lowest
        ends = ends if least is None else np.concatenate([ends, [least]])
        text, panel = self.theme.text, self.theme.panel
        self.marks.setData(
            x=ends[:, 0],
            y=ends[:, 1],
            size=[size + 1, size + 3, size + 2][: len(ends)],
            symbol=["o", "o", "+"][: len(ends)],
            brush=[pg.mkBrush(panel), pg.mkBrush(text), pg.mkBrush(text)][: len(ends)],
            pen=[pg.mkPen(text, width=1.5), pg.mkPen(panel, width=1.5), pg.mkPen(panel, width=0.5)][: len(ends)],
        )

    def read(self, position: QPointF, pixel: QPointF) -> Readout | None:
        """Return the loss at the nearest place where it was computed, and the point of the path that is near."""
        surface = self.surface
        if surface is None:
            return None
        i, j = (int(np.abs(axis - at).argmin()) for axis, at in ((surface.x, position.x()), (surface.y, position.y())))
        loss = float(surface.loss[j, i])
        rows = [
            Row(self.tr("loss"), format_number(loss) if np.isfinite(loss) else self.tr("not finite")),
            Row(self._words[0], format_number(float(surface.x[i]))),
            Row(self._words[1], format_number(float(surface.y[j]))),
        ]
        return Readout(position.x(), pixel, (*rows, *self._point_rows(position)), line=False)

    def _point_rows(self, position: QPointF) -> list[Row]:
        """Return which step of the path is near the pointer, where one is."""
        track = self.track
        if track is None or not len(track.places):
            return []
        scale = np.array(self.box.viewPixelSize())
        distance = np.hypot(*((track.places - (position.x(), position.y())) / scale).T)
        nearest = int(distance.argmin())
        if distance[nearest] > NEAR:
            return []
        return [Row(self.tr("path at step"), format_count(track.steps[nearest]), Sample(self.theme.text, "o"))]
