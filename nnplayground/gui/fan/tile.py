"""One value of a fan as a small picture: its boundary, its function, or its loss curve, and its losses."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QWidget

from nnplayground.gui.fan.outcome import Outcome
from nnplayground.gui.fan.words import translated
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.theme import Theme, diverging, mix, small_font
from nnplayground.gui.views.grounds import of_answer
from nnplayground.gui.views.palette import Levels, levels_of
from nnplayground.gui.views.symbols import Sample, draw_sample, line_pen
from nnplayground.gui.views.ticks import linear_limits

SIDE = 100  # of a picture, at plain text of 10 points
PAD = 6


class Tile(QAbstractButton):
    """A value's picture; pressed, it takes the value over, so does Enter."""

    def __init__(self, value: int, title: str, sample: Sample, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName(f"fan.tile.{value}")
        self.value, self.title, self.sample = value, title, sample
        self.whole = title  # the title at full length, for who points at it
        self.is_best = self.is_now = False
        self._lines: tuple[str, ...] = ()
        self._image: QImage | None = None
        self._curve: tuple[NDArray, NDArray] | None = None  # x and y, from 0 to 1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; `show_outcome` redraws the picture."""
        self.theme = theme
        self._small = small_font(theme)
        self._bold = QFont(self.font())
        self._bold.setBold(True)
        self.setFixedSize(self.sizeHint())
        self.update()

    def sizeHint(self) -> QSize:
        """Return the size of the picture with four lines of text."""
        side, height = self.theme.scaled(SIDE), QFontMetrics(self._small).height()
        return QSize(side + 2 * PAD, side + 4 * height + 3 * PAD)

    # what is shown

    def show_outcome(self, outcome: Outcome, *, best: bool, now: bool) -> None:
        """Show how far the value is; `best` and `now` mark it as such."""
        self.is_best, self.is_now = best, now
        self._lines = self._told(outcome)
        dataset, found = outcome.datasets.get(self.value), outcome.maps.get(self.value)
        self._image = self._curve = None
        if dataset is not None and found is not None and len(dataset.domain) == 2:
            self._image = self._map(of_answer(self.theme, dataset, found).picture, levels_of(dataset))
        elif dataset is not None and found is not None and len(dataset.domain) == 1:
            levels = levels_of(dataset)
            y = levels.share(found.values[0])
            self._curve = np.linspace(0, 1, len(y)), y
        else:
            self._curve = self._course(outcome)
        words = [self.whole, *self._marks(), *self._lines]
        self.setAccessibleName(", ".join(words))
        self.setToolTip("\n".join([*words, translated("Click to take this value over")]))
        self.update()

    def _told(self, outcome: Outcome) -> tuple[str, ...]:
        value, several = self.value, len(outcome.members[self.value]) > 1
        if value in outcome.refusals:
            return (translated("refused"),)
        gone = [member.diverged for member in outcome.members[value] if member.diverged]
        if gone and not several:
            return (translated("diverged at"), translated("step {0}").format(format_count(gone[0])))
        words = translated("{0} of {1} diverged").format(len(gone), len(outcome.members[value]))
        lines = [words] if gone else []
        for name, words in (("validation_loss", translated("val {0}")), ("train_loss", translated("train {0}"))):
            lines.append(words.format(format_number(outcome.median(value, name))))
        return tuple(lines[:2])

    def _marks(self) -> tuple[str, ...]:
        best, now = translated("best"), translated("now")
        return (*((f"★ {best}",) if self.is_best else ()), *((f"• {now}",) if self.is_now else ()))

    def _map(self, picture: NDArray, levels: Levels) -> QImage:
        """Return the picture of a plane: of values by the theme's diverging colours, or as it is."""
        if picture.ndim == 2:
            table = diverging(self.theme)
            picture = table[np.rint(np.nan_to_num(levels.share(picture)) * (len(table) - 1)).astype(int), :3]
        rows = np.ascontiguousarray(picture, np.uint8)
        height, width = rows.shape[:2]
        return QImage(rows.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    def _course(self, outcome: Outcome) -> tuple[NDArray, NDArray] | None:
        """Return the loss curve within its own limits."""
        x, y = outcome.members[self.value][0].curve(outcome.quantity)
        known = np.isfinite(y)
        if known.sum() < 2:
            return None
        x, y = x[known], y[known]
        low, high = linear_limits(float(y.min()), float(y.max()))
        return (x - x[0]) / (x[-1] - x[0]), (y - low) / (high - low)

    # painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the frame, the picture and the words."""
        del event
        theme, painter = self.theme, QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = theme.scaled(SIDE)
        strong = self.hasFocus() or self.underMouse()
        edge = theme.accent if self.hasFocus() else theme.text if self.is_best else theme.line
        painter.setPen(QPen(QColor(edge), 2 if self.is_best or self.hasFocus() else 1))
        painter.setBrush(QColor(mix(theme.panel, theme.text, 0.06 if strong else 0.0)))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        place = QRectF(PAD, PAD, side, side)
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(place, self._image)
        else:
            painter.fillRect(place, QColor(mix(theme.panel, theme.text, 0.04)))
            if self._curve is not None:
                self._paint_curve(painter, place, *self._curve)
        self._paint_words(painter, QRectF(PAD, 2 * PAD + side, side, self.height() - side - 3 * PAD))
        painter.end()

    def _paint_curve(self, painter: QPainter, place: QRectF, x: NDArray, y: NDArray) -> None:
        points = zip(place.left() + x * place.width(), place.bottom() - y * place.height(), strict=True)
        painter.setPen(line_pen(self.theme.text, max(self.theme.pen_width, 1.5)))
        painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in points]))

    def _paint_words(self, painter: QPainter, place: QRectF) -> None:
        theme, height = self.theme, QFontMetrics(self._small).height()
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        line = QRectF(place.left(), place.top(), place.width(), height)
        swatch = theme.scaled(16)
        draw_sample(painter, theme, self.sample, QRectF(line.left(), line.top(), swatch, height))
        painter.setFont(self._bold)
        painter.setPen(QColor(theme.text))
        room = int(line.width() - swatch - 4)
        title = QFontMetrics(self._bold).elidedText(self.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(line.adjusted(swatch + 4, 0, 0, 0), left, title)
        painter.setFont(self._small)
        for text in self._lines:
            line = line.translated(0, height)
            painter.setPen(QColor(theme.secondary))
            painter.drawText(line, left, text)
        if self._marks():
            last = QRectF(place.left(), place.top() + 3 * height, place.width(), height)
            painter.setPen(QColor(theme.text))
            painter.drawText(last, left, "  ".join(self._marks()))

    def enterEvent(self, event: object) -> None:
        """Show that it can be pressed."""
        super().enterEvent(event)  # type: ignore[arg-type]
        self.update()

    def leaveEvent(self, event: object) -> None:
        """Show it no more."""
        super().leaveEvent(event)  # type: ignore[arg-type]
        self.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press it by Enter too."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)
