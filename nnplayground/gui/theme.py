"""Colours and sizes, read from the theme's files; the only place that styles widgets."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from string import Template
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PySide6.QtWidgets import QApplication, QStyleFactory, QWidget

from nnplayground import resources

NAMES = ("light", "dark", "projector")
SPACING = 8  # pixels: every distance is this, its half, or a multiple of it
READABLE = 4.5  # the least contrast of text with what it stands on (WCAG 2.2, AA)
CHOSEN = 0.12  # of the accent, in the ground of what is chosen

_FAMILIES = ("Inter", "Segoe UI", "SF Pro Text", ".AppleSystemUIFont", "Noto Sans", "DejaVu Sans", "Liberation Sans")


@dataclass(frozen=True)
class Theme:
    """One theme's colours ("#rrggbb") and sizes. Views are handed one; widgets are styled from it by `apply`."""

    name: str  # "light", "dark" or "projector"
    dark: bool
    window: str
    panel: str
    line: str
    text: str
    secondary: str
    accent: str
    positive: str
    negative: str
    neutral: str  # between positive and negative: white, or black in the dark
    series: tuple[str, ...]  # Okabe-Ito: classes and layers
    font_size: float  # of plain text, points
    pen_width: float  # of curves, pixels; wider than 1 is slow, so only where it must be seen from afar
    marker_size: float  # of points, pixels
    error: str = "#C62828"  # outline and text of what was refused
    map_negative: str = "#EE9944"  # the ends of `diverging`: softer than the marks that lie on it
    map_positive: str = "#3F95CB"

    def scaled(self, pixels: float) -> int:
        """Return a length given for plain text of 10 points, in pixels for this theme's type."""
        return round(pixels * self.font_size / 10)


def load(name: str) -> Theme:
    """Read the theme `name`, one of `NAMES`. Raises ValueError that lists them."""
    if name not in NAMES:
        raise ValueError(f"theme {name!r} is not known; allowed: {', '.join(NAMES)}")
    values = tomllib.loads(resources.theme(f"{name}.toml").read_text(encoding="utf-8"))
    return Theme(name=name, **{**values, "series": tuple(values["series"])})


def apply(app: QApplication, theme: Theme) -> None:
    """Give every widget of the program the theme: Fusion, font, palette, and the style sheet."""
    prepare(app, theme)
    sheet = style_sheet(theme)
    if app.styleSheet() != sheet:  # Qt styles every widget anew, even with the same sheet
        app.setStyleSheet(sheet)


def prepare(app: QApplication, theme: Theme) -> None:
    """Set all of the theme but its style sheet, by which Qt would style each widget again wherever it is put."""
    if app.style().objectName() != "fusion":  # as while a sheet wraps it: what Qt knows of widgets may be of ones gone
        app.setStyle(QStyleFactory.create("Fusion"))
    app.setFont(font(theme))
    app.setPalette(palette(theme))


def font(theme: Theme) -> QFont:
    """Return the font of plain text: the platform's sans serif, with figures of one width."""
    return QFont(_plain(theme.font_size))  # of the caller's own


@lru_cache(maxsize=8)  # asked for wherever words are painted
def _plain(size: float) -> QFont:
    chosen = QFont(_families())
    chosen.setPointSizeF(size)
    chosen.setStyleHint(QFont.StyleHint.SansSerif)
    chosen.setFeature(QFont.Tag("tnum"), 1)
    return chosen


@lru_cache(maxsize=1)
def _families() -> list[str]:
    """Return the families to choose from, best first: those of this machine do not change, and listing them is slow."""
    known = set(QFontDatabase.families())
    found = [family for family in _FAMILIES if family in known]
    return found or QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont).families()


def small_font(theme: Theme) -> QFont:
    """Return the font of ticks, legends and read-outs."""
    chosen = font(theme)
    chosen.setPointSizeF(theme.font_size * 0.9)
    return chosen


def tab_font(font_size: float) -> float:
    """Return the size of tabs' titles beside plain text of a size: all are to fit a small window."""
    return min(font_size, 12.0)


def tab_side(font_size: float) -> int:
    """Return the pixels at either side of a tab's title; fewer about larger type."""
    return round(60 / font_size)


def palette(theme: Theme) -> QPalette:
    """Return the theme's colours in the roles that Qt and pyqtgraph ask for."""
    role, group = QPalette.ColorRole, QPalette.ColorGroup
    made = QPalette()
    colours = {
        role.Window: theme.window,
        role.WindowText: theme.text,
        role.Base: theme.panel,
        role.AlternateBase: mix(theme.panel, theme.window, 0.6),
        role.Text: theme.text,
        role.Button: theme.panel,
        role.ButtonText: theme.text,
        role.BrightText: theme.error,
        role.PlaceholderText: theme.secondary,
        role.Highlight: theme.accent,
        role.HighlightedText: on_accent(theme),
        role.Accent: theme.accent,
        role.Link: accent_text(theme),
        role.LinkVisited: accent_text(theme),
        role.ToolTipBase: theme.panel,
        role.ToolTipText: theme.text,
        role.Light: mix(theme.panel, theme.text, 0.04),
        role.Midlight: theme.line,
        role.Mid: theme.line,
        role.Dark: mix(theme.line, theme.text, 0.3),
        role.Shadow: mix(theme.line, theme.text, 0.5),
    }
    for place, colour in colours.items():
        made.setColor(place, QColor(colour))
    for place in (role.WindowText, role.Text, role.ButtonText):
        made.setColor(group.Disabled, place, QColor(faint(theme)))
    return made


def style_sheet(theme: Theme) -> str:
    """Return the program's style sheet with the theme's colours and sizes filled in."""
    return Template(resources.theme("style.qss").read_text(encoding="utf-8")).substitute(_tokens(theme))


def _tokens(theme: Theme) -> dict[str, Any]:
    shade = "dark" if theme.dark else "light"
    colours = {
        "window": theme.window,
        "panel": theme.panel,
        "line": theme.line,
        "text": theme.text,
        "secondary": theme.secondary,
        "accent": theme.accent,
        "negative": theme.negative,
        "error": theme.error,
        "on_accent": on_accent(theme),
        "faint": faint(theme),
        "edge": mix(theme.line, theme.text, 0.06),
        "edge_hover": mix(theme.line, theme.text, 0.35),
        "sunken": mix(theme.panel, theme.text, 0.04),
        "hover": mix(theme.panel, theme.text, 0.06),
        "pressed": mix(theme.panel, theme.text, 0.12),
        "accent_text": accent_text(theme),
        "chosen": mix(theme.panel, theme.accent, CHOSEN),
        "accent_hover": mix(theme.accent, theme.text, 0.15),
        "thumb": mix(theme.panel, theme.text, 0.22),
        "notice": mix(theme.panel, theme.negative, 0.09),
        "notice_edge": mix(theme.panel, theme.negative, 0.35),
        "error_back": mix(theme.panel, theme.error, 0.07),
    }
    sizes = {
        "small": f"{theme.font_size * 0.9:.2f}pt",
        "base": f"{theme.font_size:.2f}pt",
        "tab": f"{tab_font(theme.font_size):.2f}pt",
        "tab_side": f"{tab_side(theme.font_size)}px",
        "large": f"{theme.font_size * 1.1:.2f}pt",
        "number": f"{theme.font_size * 1.35:.2f}pt",
        "groove": f"{theme.scaled(4)}px",
        "groove_radius": f"{theme.scaled(4) // 2}px",
        "knob": f"{theme.scaled(12)}px",
        "knob_radius": f"{(theme.scaled(12) + 4) // 2}px",
        "knob_margin": f"{-(theme.scaled(12) + 4 - theme.scaled(4)) // 2}px",
        "below": f"{theme.scaled(12) + 4}px",
        "mark": f"{theme.scaled(10)}px",
        "box": f"{theme.scaled(14)}px",
        "bar": f"{theme.scaled(7)}px",
        "bar_radius": f"{theme.scaled(7) // 2 - 1}px",
        "row": f"{theme.scaled(19)}px",
        "row_focused": f"{theme.scaled(19) - 2}px",
        "item": f"{theme.scaled(22)}px",
        "drop": f"{theme.scaled(14)}px",
        "box_focused": f"{theme.scaled(14) - 2}px",
        "box_radius": f"{theme.scaled(14) // 2 + 1}px",
        "dot": f"{theme.scaled(7)}px",
        "dot_radius": f"{theme.scaled(7) // 2}px",
        "run": f"{theme.scaled(40)}px",
        "run_radius": f"{theme.scaled(40) // 2}px",
    }
    return colours | sizes | {"marks": (resources.theme("marks") / shade).as_posix()}


def restyle(widget: QWidget, **properties: Any) -> None:
    """Set dynamic properties that the style sheet looks at, and have it look again where one changed."""
    changed = False
    for name, value in properties.items():
        if widget.property(name) != value:
            changed = True
            widget.setProperty(name, value)
    if changed:
        widget.style().unpolish(widget)
        widget.style().polish(widget)
        widget.update()


# colours


def mix(first: str, second: str, share: float) -> str:
    """Return the colour that lies `share` of the way from `first` to `second`, in sRGB."""
    a, b = _rgb(first), _rgb(second)
    return "#" + "".join(f"{round(x):02X}" for x in a + (b - a) * share)


def faint(theme: Theme) -> str:
    """Return the colour of what cannot be used now."""
    return mix(theme.secondary, theme.panel, 0.4)


def on_accent(theme: Theme) -> str:
    """Return the colour of text on the accent: white where it can be read there, else the window's own."""
    return "#FFFFFF" if contrast("#FFFFFF", theme.accent) >= READABLE else theme.window


def accent_text(theme: Theme) -> str:
    """Return the colour of words in the accent: mixed with that of text until they can be read on every surface."""
    surfaces = theme.window, theme.panel, mix(theme.panel, theme.accent, CHOSEN)
    shares = (i / 100 for i in range(100))
    mixed = (mix(theme.accent, theme.text, share) for share in shares)
    return next(c for c in mixed if all(contrast(c, surface) >= READABLE for surface in surfaces))


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance)."""
    low, high = sorted((_luminance(first), _luminance(second)))
    return (high + 0.05) / (low + 0.05)


@lru_cache(maxsize=8)  # asked for with every frame
def diverging(theme: Theme) -> NDArray[np.uint8]:
    """Return (256, 4) uint8, RGBA, read-only: from negative (0) over neutral (127 and 128) to positive (255)."""
    ends = [_rgb(colour) for colour in (theme.map_negative, theme.neutral, theme.map_positive)]
    at = np.linspace(-1.0, 1.0, 256)
    table = np.full((256, 4), 255, np.uint8)
    for channel in range(3):
        table[:, channel] = np.rint(np.interp(at, (-1, 0, 1), [end[channel] for end in ends]))
    table.flags.writeable = False
    return table


def sequential(theme: Theme) -> NDArray[np.uint8]:
    """Return (256, 4) uint8, RGBA: from next to nothing, little above the panel, over the accent to almost text."""
    ends = [mix(theme.panel, theme.accent, 0.1), theme.accent, mix(theme.accent, theme.text, 0.8)]
    table = np.full((256, 4), 255, np.uint8)
    for channel in range(3):
        table[:, channel] = np.rint(np.interp(np.linspace(0, 1, 256), (0, 0.6, 1), [_rgb(e)[channel] for e in ends]))
    return table


def class_colours(theme: Theme, k: int) -> tuple[str, ...]:
    """Return a colour for each of `k` classes: orange and blue for two, else Okabe-Ito, over again where it ends."""
    if k == 2:
        return theme.negative, theme.positive
    return tuple(theme.series[i % len(theme.series)] for i in range(k))


def _rgb(colour: str) -> NDArray[np.float64]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], np.float64)


def _luminance(colour: str) -> float:
    share = _rgb(colour) / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array([0.2126, 0.7152, 0.0722]))
