"""A small curve of the learning rate over the planned epochs, under the knobs of the schedule."""

from __future__ import annotations

from math import log

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnplayground.engine.schedules import preview
from nnplayground.experiment import Experiment
from nnplayground.experiment.schedules import (
    AnySchedule,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    MultiStep,
    OneCycle,
    Polynomial,
    StepDecay,
)
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.theme import SPACING, Theme, mix, small_font

HEIGHT = 56  # pixels of the curve, before the theme's scale
CYCLES = 3  # of what repeats itself


def planned(experiment: Experiment) -> float:
    """Return how many epochs are worth showing: all, or no more than tell what the schedule does."""
    schedule, last = experiment.schedule, float(experiment.stopping.epochs)
    told = _told(schedule)
    return last if told is None else min(last, schedule.warmup + told)


def _told(schedule: AnySchedule) -> float | None:
    """Return after how many epochs a schedule has shown what it does; None where it does nothing."""
    if isinstance(schedule, (Polynomial, Cosine, OneCycle)):
        return 1.1 * schedule.epochs
    if isinstance(schedule, CosineRestarts):
        return float(schedule.first * sum(schedule.multiply**i for i in range(CYCLES)))
    if isinstance(schedule, Cyclic):
        return 2.0 * CYCLES * schedule.half
    if isinstance(schedule, StepDecay):
        return 1.0 * (CYCLES + 1) * schedule.every
    if isinstance(schedule, MultiStep):
        return 1.25 * schedule.at[-1] if schedule.at else None
    if isinstance(schedule, Exponential):
        return log(0.01) / log(schedule.factor) if schedule.factor < 1 else None
    return 3.0 * schedule.warmup if schedule.warmup else None


class RatePreview(QWidget):
    """Draws the rate by epochs from nothing to its highest; the numbers of both ends stand beside it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("schedule.preview")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._experiment: Experiment | None = None
        self.epochs, self.rates = np.zeros(2), np.zeros(2)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take on colours and font."""
        self._theme = theme
        self.setFont(small_font(theme))
        self.updateGeometry()
        self.update()

    def show_experiment(self, experiment: Experiment) -> None:
        """Show the schedule of an experiment."""
        old = self._experiment
        self._experiment = experiment
        parts = ("schedule", "optimizer", "stopping")
        if old is not None and all(getattr(old, part) == getattr(experiment, part) for part in parts):
            return
        self.epochs, self.rates = preview(experiment.schedule, experiment.optimizer.lr, planned(experiment))
        words = self.tr("The learning rate over {0} epochs: from {1} to {2}, at most {3}")
        told = (format_number(float(rate), 3, trim=True) for rate in (self.rates[0], self.rates[-1], self.rates.max()))
        self.setToolTip(words.format(format_count(round(self.epochs[-1])), *told))
        self.setAccessibleName(self.toolTip())
        self.update()

    def sizeHint(self) -> QSize:
        """Return the height of the curve and of the line of text below it."""
        text = QFontMetricsF(self.font()).height()
        return QSize(120, round(self._theme.scaled(HEIGHT) + text + SPACING))

    def minimumSizeHint(self) -> QSize:
        """Return the same."""
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the curve over a ground line, the highest rate at its top, the number of epochs at its end."""
        del event
        painter, metrics = QPainter(self), QFontMetricsF(self.font())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        highest = float(self.rates.max())
        top_text = format_number(highest, 3, trim=True)
        left = metrics.horizontalAdvance(top_text) + SPACING
        place = QRectF(left, SPACING / 2, self.width() - left - 2 * SPACING, self._theme.scaled(HEIGHT))
        painter.setPen(QPen(QColor(mix(self._theme.secondary, self._theme.panel, 0.6)), 1))
        painter.drawLine(place.bottomLeft(), place.bottomRight())
        painter.setPen(QColor(self._theme.secondary))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
        height = metrics.height()
        painter.drawText(QRectF(0, place.top() - height / 4, left - SPACING / 2, height), right, top_text)
        painter.drawText(QRectF(0, place.bottom() - height / 2, left - SPACING / 2, height), right, "0")
        epochs = self.tr("{0} epochs").format(format_count(round(float(self.epochs[-1]))))
        painter.drawText(QRectF(left, place.bottom() + 2, place.width(), height), right, epochs)
        painter.setPen(QPen(QColor(self._theme.accent), self._theme.scaled(15) / 10))
        painter.drawPolyline(self._line(place, highest))

    def _line(self, place: QRectF, highest: float) -> QPolygonF:
        x = place.left() + self.epochs / max(float(self.epochs[-1]), 1e-12) * place.width()
        y = place.bottom() - self.rates / max(highest, 1e-300) * place.height()
        return QPolygonF([QPointF(*point) for point in zip(x.tolist(), y.tolist(), strict=True)])
