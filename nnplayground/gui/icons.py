"""Icons: one drawing each, in the colour of the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from nnplayground import resources

_RATIOS = (1.0, 1.25, 1.5, 2.0, 3.0)  # of device pixels to pixels, as screens have them
_FAINT = 0.35  # opacity of an icon that cannot be used now


@lru_cache(maxsize=256)
def icon(name: str, colour: str, size: int = 20) -> QIcon:
    """Return the icon `name` in `colour` ("#rrggbb"), drawn for `size` pixels a side; fainter where disabled.

    The panel has the same few a hundred times: each is drawn once. Raises ValueError that lists what there is.
    """
    renderer = _renderer(name, colour)
    made = QIcon()
    for ratio in _RATIOS:
        made.addPixmap(_drawn(renderer, size, ratio, 1.0), QIcon.Mode.Normal)
        made.addPixmap(_drawn(renderer, size, ratio, _FAINT), QIcon.Mode.Disabled)
    return made


def pixmap(name: str, colour: str, size: int = 20, ratio: float = 1.0) -> QPixmap:
    """Return the icon `name` as a picture of `size` pixels a side on a screen of that device pixel ratio."""
    return _drawn(_renderer(name, colour), size, ratio, 1.0)


def names() -> tuple[str, ...]:
    """Return the names of all icons, in alphabetical order."""
    return tuple(sorted(path.stem for path in resources.icon("any").parent.glob("*.svg")))


def _renderer(name: str, colour: str) -> QSvgRenderer:
    path = resources.icon(name)
    if not path.is_file():
        raise ValueError(f"icon {name!r} is not known; allowed: {', '.join(names())}")
    text = path.read_text(encoding="utf-8").replace("currentColor", colour)
    return QSvgRenderer(QByteArray(text.encode()))


def _drawn(renderer: QSvgRenderer, size: int, ratio: float, opacity: float) -> QPixmap:
    side = round(size * ratio)
    made = QPixmap(side, side)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    renderer.render(painter, QRectF(0, 0, side, side))
    # the whole drawing is faded, not each stroke, which would show where strokes lie on fills
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.fillRect(made.rect(), QColor.fromRgbF(0, 0, 0, opacity))
    painter.end()
    made.setDevicePixelRatio(ratio)
    return made
