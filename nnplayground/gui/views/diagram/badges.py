"""A traced sample's values on the tiles: in figures where they have room, else as bars."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter

from nnplayground.gui.numbers import MINUS, NOTHING
from nnplayground.gui.views.diagram.curves import strengths
from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.scene import Scene

_SHRUNK = 0.86  # of small type
_GROUND = 225  # opacity, of 255, of what figures stand on


def brief(value: float, *, share: bool = False) -> str:
    """Return a value in five characters at most, where it can be: "−0.52", "12", "3e5"; a share as per cent."""
    if not np.isfinite(value):
        return NOTHING
    size = abs(value)
    if share:
        return f"{size:.0%}"
    text = f"{size:.2f}" if size < 9.995 else f"{size:.1f}" if size < 99.95 else f"{size:.0f}"
    text = text if len(text) < 5 else f"{size:.0e}".replace("e+0", "e").replace("e+", "e")
    return f"{MINUS}{text}" if value < 0 and float(text) else text


def draw_badges(painter: QPainter, scene: Scene, look: Look) -> None:
    """Write every known value on its tile, or draw a bar along it where the tile is too small."""
    small = QFont(look.small)
    small.setPointSizeF(look.small.pointSizeF() * _SHRUNK)
    metrics = QFontMetricsF(small)
    last = len(scene.geometry.columns) - 1
    for column, values in enumerate(scene.values):
        if values is None:
            continue
        share = column == last and scene.structure.link != "identity"
        texts = [brief(float(value), share=share) for value in values]
        if column == last and scene.structure.output_names:
            _write_answers(painter, scene, look, texts)
            continue
        painter.setFont(small)
        room = scene.geometry.columns[column].tile - look.px(2)
        if max(map(metrics.horizontalAdvance, texts)) <= room:
            _draw_figures(painter, scene, look, column, texts, metrics)
        else:
            _draw_bars(painter, scene, look, column)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_figures(
    painter: QPainter, scene: Scene, look: Look, column: int, texts: list[str], metrics: QFontMetricsF
) -> None:
    ground = QColor(look.panel)
    ground.setAlpha(_GROUND)
    height = metrics.height() - look.px(1)
    for row, text in enumerate(texts):
        if text == NOTHING:
            continue
        box = scene.geometry.columns[column].box(row)
        width = min(metrics.horizontalAdvance(text) + look.px(4), box.width - 2)
        place = QRectF(box.left + (box.width - width) / 2, box.bottom - height - 1.5, width, height)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ground)
        painter.drawRoundedRect(place, look.px(2.5), look.px(2.5))
        painter.setPen(look.text)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip), text)


def _write_answers(painter: QPainter, scene: Scene, look: Look, texts: list[str]) -> None:
    """Write answers at the right edge, beyond the outputs' names."""
    painter.setFont(look.small)
    painter.setPen(look.text)
    flags = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)
    for row, text in enumerate(texts):
        box = scene.geometry.columns[-1].box(row)
        painter.drawText(
            QRectF(box.right, box.top, scene.geometry.width - look.px(4) - box.right, box.height), flags, text
        )


def _draw_bars(painter: QPainter, scene: Scene, look: Look, column: int) -> None:
    """Draw beside each tile how large its value is beside the largest of its column; the colour is the sign's."""
    values = scene.values[column]
    assert values is not None, "bars are those of values"
    painter.setPen(Qt.PenStyle.NoPen)
    width = look.px(3.5)
    for row, strength in enumerate(strengths(values).tolist()):
        box = scene.geometry.columns[column].box(row)
        left = box.right + look.px(1.5)
        painter.setBrush(look.line)
        painter.drawRect(QRectF(left, box.top, width, box.height))
        painter.setBrush(look.sign(strength))
        filled = abs(strength) * box.height
        painter.drawRect(QRectF(left, box.bottom - filled, width, filled))
