"""The loss curves of both in a race, one over the other, and below them their difference."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Slot
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.race.symmetric import Symmetric
from nnplayground.gui.theme import Theme, small_font
from nnplayground.gui.views.annotations import Guide
from nnplayground.gui.views.chart import Caption
from nnplayground.gui.views.course import by_name
from nnplayground.gui.views.legend import Legend
from nnplayground.gui.views.plotting import Line, Plot
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.steps import grown
from nnplayground.gui.views.symbols import Sample
from nnplayground.gui.views.ticks import log_limits
from nnplayground.runs.columns import Curve
from nnplayground.runs.difference import difference
from nnplayground.runs.history import History

PARTS = ("train_loss", "validation_loss")  # solid and dashed
POINTS = 600  # of a curve
DEEPEST = 12  # decades that the logarithmic axis shows

Key = tuple[str, str]  # side and part


class RaceCurves(QWidget):
    """Two plots over the same steps. Training is solid, validation dashed; each side has its colour."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.losses, self.differences = Plot(theme, self), Plot(theme, self)
        self.legend = Legend(theme, self, wrap=True)
        self.caption = Caption(self)
        for plot, name, text in (
            (self.losses, "losses", self.tr("Loss of both")),
            (self.differences, "differences", self.tr("Difference of the losses, B less A")),
        ):
            plot.setObjectName(f"race.{name}")
            plot.setAccessibleName(text)
            plot.setMinimumHeight(0)
            plot.x_axis.set_unit(self.tr("step"))
        self.losses.hover, self.differences.hover = self._read_losses, self._read_differences
        self.losses.set_logarithmic(True)
        self.differences.box.sigResized.connect(self._set_ticks)
        self._lines: dict[Key, Line] = {}
        self.gaps: dict[str, Curve] = {}  # the differences, as `_gaps` draws them on the scale
        self.scale = Symmetric()
        self._ends = self.scale.limits(0.0, 0.0)
        self._gaps: dict[str, Line] = {}
        self._texts: Mapping[str, str] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.legend)
        column.addWidget(self.losses, 3)
        column.addWidget(self.caption)
        column.addWidget(self.differences, 2)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; the next `draw` shows them."""
        self._theme = theme
        for plot, lines in ((self.losses, self._lines), (self.differences, self._gaps)):
            for line in lines.values():
                for shape in line.shapes:
                    plot.drawing.remove(shape)
            lines.clear()
            plot.set_theme(theme)
        self.legend.set_theme(theme)
        for side in colours(theme):
            for part in PARTS:
                self._lines[side, part] = self._line(self.losses, self.sample(side, part))
        for part in PARTS:
            self._gaps[part] = self._line(self.differences, self.sample("", part))
        width = QFontMetricsF(small_font(theme)).horizontalAdvance("−0.0001") + 10
        for plot in (self.losses, self.differences):
            plot.y_axis.setWidth(round(width))  # of both, so that steps stand below each other
        self.differences.notes.guide = Guide(0.0, Sample(theme.secondary, "line"), "")

    def sample(self, side: str, part: str) -> Sample:
        """Return how a line looks: a side's colour, or the text's for a difference."""
        return Sample(colours(self._theme).get(side, self._theme.text), "line" if part == PARTS[0] else "dash")

    def _line(self, plot: Plot, sample: Sample) -> Line:
        dashed = sample.shape == "dash"
        line = Line(sample.colour, self._theme.panel, self._theme.pen_width, dashed=dashed, faint=False, filled=False)
        for shape in line.shapes:
            plot.drawing.add(shape)
        return line

    # drawing

    def draw(self, histories: Mapping[str, History], texts: Mapping[str, str]) -> None:
        """Draw the courses of both sides, which are called so in the legend."""
        self._texts = texts
        known: dict[Key, Curve] = {}
        for side, history in histories.items():
            curves = by_name(PARTS, history.epochs.curves(PARTS, points=POINTS), history.steps_per_epoch)
            known |= {(side, part): curve for part, curve in curves.items()}
        for key, curve in known.items():
            self._lines[key].set_curve(curve, curve, logarithmic=True)
        right = grown(max(len(history.steps) for history in histories.values()))
        limits = [found for line in self._lines.values() if (found := line.limits()) is not None]
        low, high = min((a for a, _ in limits), default=-1.0), max((b for _, b in limits), default=0.0)
        self.losses.set_limits((0.0, right), log_limits(10.0 ** max(low, high - DEEPEST), 10.0**high))
        self.gaps = {part: _difference(*(known[side, part] for side in histories)) for part in PARTS}
        self._draw_gaps(right)
        names = {PARTS[0]: self.tr("train"), PARTS[1]: self.tr("validation")}
        entries = [(self.sample(side, PARTS[0]), text) for side, text in texts.items()]
        self.legend.set_entries((*entries, *((self.sample("", part), name) for part, name in names.items())))
        for plot in (self.losses, self.differences):
            plot.reserve(top=0)
            plot.read_out()

    def _draw_gaps(self, right: float) -> None:
        """Draw the differences up to a step, on a scale that spreads out what is small beside an early spike."""
        values = np.concatenate([np.asarray(gap.mean, np.float64) for gap in self.gaps.values()])
        self.scale = Symmetric.fitting(values)
        for part, gap in self.gaps.items():
            drawn = _exact(gap.x, self.scale.positions(np.asarray(gap.mean, np.float64)))
            self._gaps[part].set_curve(drawn, drawn, logarithmic=False)
        self._ends = self.scale.limits(float(values.min(initial=0.0)), float(values.max(initial=0.0)))
        self.differences.set_limits((0.0, right), self._ends)
        self._set_ticks()
        scale = self.tr("B − A, logarithmic beyond ±{0}").format(format_number(self.scale.unit, trim=True))
        self.caption.set_words(f"{scale if values.any() else 'B − A'} · " + self.tr("below zero, B is ahead"))

    @Slot()
    def _set_ticks(self, *_arguments: object) -> None:
        """Put as many ticks beside the differences as there is room for."""
        plot = self.differences
        low, high = self._ends
        apart = 1.5 * QFontMetricsF(small_font(self._theme)).height() * (high - low)
        ticks = self.scale.ticks(low, high, apart / max(plot.notes.area.height(), 1.0))
        if plot.y_axis._tickLevels != [ticks]:
            plot.y_axis.setTicks([ticks])

    # reading out

    def _read_losses(self, position: QPointF, pixel: QPointF) -> Readout:
        rows = [_step(position)]
        names = {PARTS[0]: self.tr("train"), PARTS[1]: self.tr("validation")}
        for (side, part), line in self._lines.items():
            words = f"{self._texts.get(side, '')} {names[part]}"
            rows += self._row(line, line.curve, words, self.sample(side, part), position)
        return Readout(position.x(), pixel, tuple(rows))

    def _read_differences(self, position: QPointF, pixel: QPointF) -> Readout:
        rows = [_step(position)]
        names = {PARTS[0]: self.tr("train, B − A"), PARTS[1]: self.tr("validation, B − A")}
        for part, line in self._gaps.items():
            rows += self._row(line, self.gaps.get(part), names[part], self.sample("", part), position)
        return Readout(position.x(), pixel, tuple(rows))

    def _row(self, line: Line, curve: Curve | None, text: str, sample: Sample, position: QPointF) -> list[Row]:
        """Return what a curve, which a line draws, says at a position."""
        index = line.nearest(position.x())
        if index is None or curve is None:
            return []
        return [Row(text, format_number(float(curve.mean[index])), sample, line.position(index))]


def colours(theme: Theme) -> dict[str, str]:
    """Return the colour of each side."""
    return {"one": theme.series[0], "other": theme.series[1]}


def _step(position: QPointF) -> Row:
    return Row(f"step {format_count(max(round(position.x()), 0))}")


def _difference(one: Curve, other: Curve) -> Curve:
    return _exact(*difference(_doubles(one), _doubles(other)))


def _exact(x: NDArray[np.float64], y: NDArray[np.float64]) -> Curve:
    values = np.asarray(y, np.float32)
    return Curve(x, values, values, values, exact=True)


def _doubles(curve: Curve) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.asarray(curve.x, np.float64), np.asarray(curve.mean, np.float64)
