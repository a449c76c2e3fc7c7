"""Colours and sizes, read from the theme's files; the only place that styles widgets."""

from __future__ import annotations

from dataclasses import dataclass


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
