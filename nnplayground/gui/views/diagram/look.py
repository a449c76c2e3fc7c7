"""The theme as the diagram uses it: colours, fonts, lengths, and the tables that turn numbers into pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QFont, QFontMetricsF

from nnplayground.engine.probes import Floats
from nnplayground.gui import theme as themes
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.diagram.raster import Colour, tinted
from nnplayground.gui.views.diagram.tiles import tinted_tiles

_OFF = 0.45  # opacity of an input that is off, on a light ground
_OFF_DARK = 0.65
_SHADES = 32  # of a sign


@dataclass(frozen=True, eq=False)
class Look:
    """One theme's look of the diagram."""

    scale: float  # of lengths: 1 for plain text of 10 points
    dark: bool
    text: QColor
    secondary: QColor
    faint: QColor
    line: QColor
    panel: QColor
    hover: QColor
    accent: QColor
    positive: QColor
    negative: QColor
    plain: QFont
    small: QFont
    edges: NDArray[np.uint32]
    unknown: NDArray[np.uint32]  # edges whose weights are not known
    tiles: NDArray[np.uint32]
    off: NDArray[np.uint32]  # inputs that are off
    shades: tuple[QColor, ...]  # of marks, from -1 to 1

    def px(self, length: float) -> float:
        """Return a length given for plain text of 10 points."""
        return length * self.scale

    def sign(self, value: float) -> QColor:
        """Return the colour of a value's sign."""
        return self.negative if value < 0 else self.positive

    def shades_of(self, strengths: Floats) -> list[int]:
        """Return which of the shades marks of strengths from -1 to 1 have: their sign's, paler where they are weak."""
        last = len(self.shades) - 1
        return [int(shade) for shade in np.rint((strengths.clip(-1, 1) + 1) * (last / 2)).tolist()]

    def width(self, text: str) -> float:
        """Return how wide a small text is."""
        return QFontMetricsF(self.small).horizontalAdvance(text)

    @property
    def line_height(self) -> float:
        """The distance from line to line of small text."""
        return QFontMetricsF(self.small).height()


def look_of(theme: Theme) -> Look:
    """Return the diagram's look in a theme."""
    plain = themes.font(theme)
    small = QFont(plain)
    small.setPointSizeF(theme.font_size * 0.9)
    table = themes.diverging(theme)
    # on a dark ground the marks' own colours would outshine the tiles
    ends = [
        themes.mix(marked, shaded, 0.5) if theme.dark else marked
        for marked, shaded in ((theme.positive, theme.map_positive), (theme.negative, theme.map_negative))
    ]
    grey = _rgb(themes.mix(theme.line, theme.secondary, 0.35))
    return Look(
        scale=theme.font_size / 10,
        dark=theme.dark,
        text=QColor(theme.text),
        secondary=QColor(theme.secondary),
        faint=QColor(themes.faint(theme)),
        line=QColor(theme.line),
        panel=QColor(theme.panel),
        hover=QColor(themes.mix(theme.panel, theme.text, 0.05)),
        accent=QColor(theme.accent),
        positive=QColor(theme.positive),
        negative=QColor(theme.negative),
        plain=plain,
        small=small,
        edges=tinted(_rgb(ends[0]), _rgb(ends[1])),
        unknown=tinted(grey, grey),
        tiles=tinted_tiles(table),
        off=tinted_tiles(table, _OFF_DARK if theme.dark else _OFF),
        shades=tuple(_shade(theme, i / _SHADES) for i in range(-_SHADES, _SHADES + 1)),
    )


def _shade(theme: Theme, strength: float) -> QColor:
    end = theme.negative if strength < 0 else theme.positive
    return QColor(themes.mix(theme.panel, end, 0.25 + 0.75 * abs(strength)))


def _rgb(colour: str) -> Colour:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue
