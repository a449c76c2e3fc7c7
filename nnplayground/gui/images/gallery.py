"""Some images of every class, as they would be trained on."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QWidget

from nnplayground.data.images import ClassReport, ImageReport
from nnplayground.data.images.pictures import Pixels
from nnplayground.experiment.datasets import Folder, Idx
from nnplayground.gui.numbers import format_count
from nnplayground.gui.theme import SPACING, Theme

SIDE = 56  # of an image, in pixels for plain text of 10 points
NAMES = 150  # the room for a class's name and number


class ClassRows(QWidget):
    """A row for each class: its name, how many images it has, and the first of them."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._classes: tuple[ClassReport, ...] = ()
        self._data: Idx | Folder | None = None
        self._images: dict[str, list[QImage]] = {}  # of the classes seen so far, as they are to be trained on
        self.setObjectName("images.classes")
        self.setProperty("role", "content")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def show_report(self, report: ImageReport) -> None:
        """Show other images."""
        self._classes, self._data = report.classes, None
        self.setAccessibleName(self.tr("Images by class"))
        told = (self.tr("{0}: {1}").format(one.name, format_count(one.count)) for one in report.classes)
        self.setAccessibleDescription(", ".join(told))
        self.show_data(report.data)
        self.updateGeometry()

    def show_data(self, data: Idx | Folder) -> None:
        """Show the images as `data` would have them trained on."""
        before = self._data
        self._data = data
        if before is None or _look(before) != _look(data):
            self._images.clear()
            self.update()

    def images(self, name: str) -> list[QImage]:
        """Return the images shown of a class."""
        if name not in self._images:
            assert self._data is not None, "a report is shown before"
            one = next(one for one in self._classes if one.name == name)
            self._images[name] = [image_of(pixels) for pixels in one.shown(self._data)]
        return self._images[name]

    def sizeHint(self) -> QSize:
        """Room for every class."""
        return QSize(self._theme.scaled(NAMES) + 4 * self._step, sum(map(self._height, self._classes)) + SPACING)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the rows in sight."""
        painter = QPainter(self)
        top = SPACING // 2
        for one in self._classes:
            room = QRect(SPACING, top, self.width() - 2 * SPACING, self._height(one))
            if room.intersects(event.rect()):
                self._paint(painter, one, room)
            top += room.height()
        painter.end()

    @property
    def _side(self) -> int:
        return self._theme.scaled(SIDE)

    @property
    def _step(self) -> int:
        return self._side + SPACING // 2

    @property
    def _names(self) -> int:
        return min(self._theme.scaled(NAMES), round(0.4 * self.width()))

    def _height(self, one: ClassReport) -> int:
        return self._step if len(one.samples) else self.fontMetrics().height() + SPACING // 2

    def _paint(self, painter: QPainter, one: ClassReport, room: QRect) -> None:
        bold = QFont(self.font())
        bold.setBold(True)
        line = self.fontMetrics().height()
        beside = not len(one.samples)  # of a class without images, the number stands beside the name
        middle = Qt.AlignmentFlag.AlignVCenter
        top = room.center().y() - (line // 2 if beside else line)
        place = QRect(room.left(), top, self._names - 2 * SPACING, line)
        painter.setFont(bold)
        painter.setPen(QColor(self._theme.text))
        name = " ".join(one.name.split())
        painter.drawText(
            place, middle, painter.fontMetrics().elidedText(name, Qt.TextElideMode.ElideRight, place.width())
        )
        painter.setFont(self.font())
        painter.setPen(QColor(self._theme.secondary))
        place = place.translated(self._names, 0) if beside else place.translated(0, line)
        painter.drawText(place, middle, self.tr("{0} images").format(format_count(one.count)))
        left, side = room.left() + self._names, self._side
        for image in self.images(one.name):
            if left + side > room.right():
                break
            square = fitted(image.size(), QRectF(left, room.top() + SPACING // 4, side, side))
            shrunk = image.width() > side * self.devicePixelRatioF()
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, shrunk)  # else every pixel is to be seen
            painter.drawImage(square, image)
            left += self._step


class Gallery(QScrollArea):
    """The classes, which the arrow keys scroll."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.classes = ClassRows(theme, self)
        self.setWidget(self.classes)
        self.setObjectName("images.gallery")
        self.setAccessibleName(self.tr("Images by class"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


def image_of(pixels: Pixels) -> QImage:
    """Return (1 or 3, height, width) pixels as Qt has them."""
    channels, height, width = pixels.shape
    rows = np.ascontiguousarray(pixels.transpose(1, 2, 0))
    form = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    return QImage(rows.data, width, height, channels * width, form).copy()  # its memory is numpy's no longer


def fitted(size: QSize, room: QRectF) -> QRectF:
    """Return the middle of `room` in the proportions of `size`."""
    scaled = QSize(size).scaled(round(room.width()), round(room.height()), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRectF(0, 0, max(scaled.width(), 1), max(scaled.height(), 1))
    place.moveCenter(room.center())
    return place


def _look(data: Idx | Folder) -> tuple[object, ...]:
    """Return the knobs that decide what images look like."""
    return (data.size, data.colour) if isinstance(data, Folder) else ()
