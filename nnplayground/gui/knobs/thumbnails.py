"""Small pictures of data sets: the points themselves, in the colours of their classes or values."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPixmap

from nnplayground.data import synthetic
from nnplayground.experiment.datasets import Drawn, Line, Plane
from nnplayground.experiment.drawn import rows_of
from nnplayground.gui.theme import Theme, class_colours, mix

_SAMPLES = 110  # as points
_VALUES = 900  # as a map of values, which points have to cover
_SHADES = 32  # of values, between the most negative and the most positive
_SEED = 3
_REACH = 5.6  # of the plane or line, to either side of 0: what fills a picture
_TALL = 1.5  # of a value along a line


def thumbnail(data: Plane | Line | Drawn, theme: Theme, side: int, ratio: float) -> QPixmap:
    """Return a picture of a data set on the plane or the line, of `side` pixels on a screen of that pixel ratio."""
    covered = isinstance(data, Plane) and data.task == "regression"
    raw, targets = _sampled(data, _VALUES if covered else _SAMPLES)
    made = QPixmap(round(side * ratio), round(side * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    radius, half = side / (14 if covered else 34), side / 2
    for (x, y), colour in zip(_points(data, raw, targets), _colours(data, targets, theme), strict=True):
        if max(abs(x), abs(y)) <= 1:
            painter.setBrush(QColor(colour))
            painter.drawEllipse(QPointF(half + x * half, half - y * half), radius, radius)
    painter.end()
    return made


def _sampled(data: Plane | Line | Drawn, samples: int) -> tuple[NDArray, NDArray]:
    if isinstance(data, Drawn):
        rows = np.array(rows_of(data.points)).reshape(-1, 3)
        return rows[:, :2], rows[:, 2].astype(int)
    return synthetic.draw(data.model_copy(update={"samples": samples}), np.random.default_rng(_SEED))


def _points(data: Plane | Line | Drawn, raw: NDArray, targets: NDArray) -> NDArray:
    """Return where the samples lie in the picture, (n, 2) from -1 to 1."""
    if isinstance(data, Line):
        return np.column_stack([raw[:, 0] / _REACH, targets / _TALL])
    return raw / _REACH


def _colours(data: Plane | Line | Drawn, targets: NDArray, theme: Theme) -> list[str]:
    if isinstance(data, Line):
        return [theme.positive] * len(targets)
    if data.task == "classification":
        classes = class_colours(theme, int(targets.max()) + 1)
        return [classes[int(target)] for target in targets]
    spread = np.sign(targets) * np.abs(targets) ** 0.7  # a small picture has to say more with less
    places = np.clip(np.rint((spread + 1) / 2 * _SHADES), 0, _SHADES).astype(int)
    half = _SHADES // 2
    shades = [mix(theme.neutral, theme.negative, 1 - i / half) for i in range(half)]
    shades += [mix(theme.neutral, theme.positive, i / half) for i in range(half + 1)]
    return [shades[place] for place in places]
