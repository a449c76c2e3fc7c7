"""Pictures that stay until what they show is another: a ground, and over a copy of it what changes more often."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QPainter, QPixmap

Paint = Callable[[QPainter], None]


class Layers:
    """Keeps both, each at the size at which it was asked for last."""

    def __init__(self) -> None:
        self._ground: QPixmap | None = None
        self._whole: QPixmap | None = None

    def forget(self, *, ground: bool) -> None:
        """Have what lies over the ground painted anew, and the ground too where that is said."""
        self._whole = None
        if ground:
            self._ground = None

    def drawn(self, size: QSize, ratio: float, colour: str, below: Paint | None, above: Paint) -> QPixmap:
        """Return what is painted over what lies `below`, on a colour, `ratio` pixels to each of the size's."""
        if self._whole is None or self._whole.size() != size * ratio:
            self._whole = _blank(size, ratio, colour) if below is None else self._copy(size, ratio, colour, below)
            _paint(self._whole, above)
        return self._whole

    def _copy(self, size: QSize, ratio: float, colour: str, below: Paint) -> QPixmap:
        if self._ground is None or self._ground.size() != size * ratio:
            self._ground = _blank(size, ratio, colour)
            _paint(self._ground, below)
        return self._ground.copy()


def _blank(size: QSize, ratio: float, colour: str) -> QPixmap:
    made = QPixmap(size * ratio)
    made.setDevicePixelRatio(ratio)
    made.fill(QColor(colour))
    return made


def _paint(on: QPixmap, what: Paint) -> None:
    painter = QPainter(on)
    what(painter)
    painter.end()
