"""What lies on the plane: the map of the answer, made into pixels at once, and points that are painted only once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter, QPixmap
from PySide6.QtWidgets import QWidget

from nnplayground.gui.views.plotting import Direct

_PLACES = np.array([1 << 16, 1 << 8, 1, 1 << 24], np.uint32)  # of red, green, blue and opacity in a pixel of Qt's


class Map(pg.ImageItem, Direct):
    """An image, row by row, whose colours are looked up in one go; pyqtgraph makes a table of Qt's for each image."""

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")
        self._table: NDArray[np.uint8] | None = None  # (n, 4), opaque, of which the colours were made
        self._colours = self._pixels = np.zeros(0, np.uint32)

    def render(self) -> None:
        """Make the image that is painted. Values take the colour of their share of the levels, NaN none."""
        if not isinstance(self.lut, np.ndarray) or self.levels is None or self.image is None:
            super().render()
            return
        if self.lut is not self._table:
            self._table = self.lut
            self._colours = np.append(self.lut.astype(np.uint32) @ _PLACES, np.uint32(0))  # the last is no colour
        low, high = (float(level) for level in self.levels)
        count = len(self.lut)
        shares = np.asarray(self.image, np.float32) * np.float32(count / (high - low))
        shares -= np.float32(low * count / (high - low))
        np.clip(shares, 0, count - 1, out=shares)
        if np.isnan(shares).any():
            shares[np.isnan(shares)] = count
        self._pixels = self._colours.take(shares.astype(np.intp))  # the image's memory
        height, width = shares.shape
        self.qimage = QImage(self._pixels.data, width, height, width * 4, QImage.Format.Format_ARGB32_Premultiplied)
        self._renderRequired = self._unrenderable = False

    def draw(self, painter: QPainter, viewport: QWidget) -> None:
        """Draw the image."""
        painter.save()
        painter.setTransform(self.sceneTransform(), True)
        self.paint(painter, None, viewport)
        painter.restore()


class Points(pg.ScatterPlotItem, Direct):
    """Points of a size in pixels, kept as a picture until they, or where they are seen, change."""

    def __init__(self) -> None:
        self._kept: tuple[object, QPixmap] = (None, QPixmap())  # drawn for which place and size
        super().__init__(pxMode=True)

    def invalidate(self) -> None:
        """Draw them anew: they are others."""
        super().invalidate()
        self._kept = None, QPixmap()

    def paint(self, painter: QPainter, option: Any, widget: QWidget | None = None) -> None:
        """Draw the picture, or where it is saved or seen at another scale, every point."""
        if self._exportOpts or widget is None or painter.worldTransform() != self.sceneTransform():
            super().paint(painter, option, widget)
            return
        painter.save()
        painter.resetTransform()
        self.draw(painter, widget)
        painter.restore()

    def draw(self, painter: QPainter, viewport: QWidget) -> None:
        """Draw the picture that was made of the points."""
        ratio = viewport.devicePixelRatioF()
        place = self.sceneTransform(), viewport.size(), ratio
        if place != self._kept[0]:
            picture = QPixmap(viewport.size() * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            own = QPainter(picture)
            own.setRenderHints(painter.renderHints())
            own.setTransform(self.sceneTransform(), True)
            super().paint(own, None, viewport)
            own.end()
            self._kept = place, picture
        painter.drawPixmap(0, 0, self._kept[1])
