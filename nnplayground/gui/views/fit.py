"""What a network answers against what is true: along a line, or sample by sample."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import OutputMap, OutputRequest, Predictions, Request
from nnplayground.gui.numbers import format_number
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.annotations import Edge
from nnplayground.gui.views.boundary import NEAR, POINTS, RIM
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.grounds import about_zero
from nnplayground.gui.views.palette import levels_of, values_of
from nnplayground.gui.views.picture import PREDICTION_REQUEST, OutputOptions, Picture
from nnplayground.gui.views.plotting import Plot, positions
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.residuals import LEAST, residuals_of
from nnplayground.gui.views.strokes import Stroke
from nnplayground.gui.views.symbols import Sample, line_pen, symbol_path
from nnplayground.gui.views.ticks import linear_limits
from nnplayground.gui.views.view import Frame, before_training

LINE_REQUEST = OutputRequest(resolution=240)

Points = tuple[NDArray[np.float64], NDArray[np.float64]]
Limits = tuple[float, float]


class FitPicture(Picture):
    """Points of both parts in a plot with numbers on its axes."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.plot = Plot(theme, self)
        self.plot.box.wheel_axis = None
        self.plot.hover = self._read_out
        self.train, self.validation = pg.ScatterPlotItem(pxMode=True), pg.ScatterPlotItem(pxMode=True)
        self.curve = Stroke(line_pen(theme.text, 1.0))
        for item in (self.validation, self.train):
            self.plot.box.addItem(item, ignoreBounds=True)
        self.plot.drawing.add(self.curve)
        self.dataset: Dataset | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        self.plot.follow()

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; the next `draw` shows them."""
        super().set_theme(theme)
        self.plot.set_theme(theme)

    def rows(self, position: QPointF) -> list[Row]:
        """Return what the read-out says of a position, without the nearest point."""
        raise NotImplementedError

    def place(self, train: Points, validation: Points, *, both: bool) -> None:
        """Put the points where they belong: training filled, validation hollow and, unless `both`, left out."""
        size = self.theme.marker_size
        fill, rim = pg.mkBrush(self.theme.accent), pg.mkPen(RIM if not self.theme.dark else self.theme.panel, width=1)
        self.train.setData(*train, size=size, brush=fill, pen=rim, symbol="o")
        hollow = pg.mkPen(self.theme.negative, width=1.5)
        if both:
            self.validation.setData(
                *validation, size=size, brush=pg.mkBrush(self.theme.panel), pen=hollow, symbol=symbol_path("diamond")
            )
        self.validation.setVisible(both)

    def show_parts(self, parts: list[Points], x: Limits, y: Limits, *, line: Limits) -> None:
        """Draw both parts within limits, about a line that goes from one y to another from end to end.

        Points that lie beyond the limits of the y axis are marked at its ends.
        """
        self.place(parts[0], parts[1], both=True)
        self.curve.set_pen(line_pen(self.theme.secondary, 1.0, dashed=True))
        self.curve.set_points(np.array(x), np.array(line))
        self.plot.notes.edges = self._edges(parts, *y)
        self.plot.set_limits(x, y)
        self.plot.notes.update()
        self.plot.read_out()

    def _edges(self, parts: list[Points], low: float, high: float) -> tuple[Edge, ...]:
        colours = (self.theme.accent, self.theme.negative)
        return tuple(
            Edge(np.sort(x[where]), colour, top)
            for (x, y), colour in zip(parts, colours, strict=True)
            for where, top in ((y < low, False), (y > high, True))
            if where.any()
        )

    def samples(self) -> tuple[tuple[Sample, str], ...]:
        """Return how the two parts look, for a legend."""
        return (
            (Sample(self.theme.accent, "o"), self.tr("train")),
            (Sample(self.theme.negative, "diamond", hollow=True), self.tr("validation")),
        )

    def _read_out(self, position: QPointF, pixel: QPointF) -> Readout | None:
        if self.dataset is None:
            return None
        rows = self.rows(position)
        scale_x, scale_y = self.plot.box.viewPixelSize()
        for item, (sample, words) in zip((self.train, self.validation), self.samples(), strict=True):
            x, y = item.getData()
            if not item.isVisible() or not len(x):
                continue
            distance = np.hypot((x - position.x()) / scale_x, (y - position.y()) / scale_y)
            nearest = int(distance.argmin())
            if distance[nearest] <= NEAR:
                rows.append(Row(words, f"{format_number(x[nearest])}, {format_number(y[nearest])}", sample))
        return Readout(position.x(), pixel, tuple(rows), line=False)


class LinePicture(FitPicture):
    """The function that the network is, over the points it learns from."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._placed: object = None  # what the points depend on

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for the answer along the line."""
        del options
        return frozenset({LINE_REQUEST})

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw the function where it is known, and the points."""
        dataset = frame.dataset
        assert dataset is not None, "the view draws nothing while data load"
        self.plot.x_axis.set_unit("x")
        parts = [(p.raw[:POINTS, 0].astype(float), values_of(dataset, p.targets[:POINTS])) for p in _parts(dataset)]
        if (dataset, self.theme, options) != self._placed:
            self._placed = dataset, self.theme, options
            self.place(parts[0], parts[1], both=options.validation)
            self.curve.set_pen(line_pen(self.theme.text, max(self.theme.pen_width, 1.5)))
        low, high = _span(parts)
        margin = 0.1 * (high - low)
        self.plot.set_limits(dataset.domain[0], linear_limits(low - margin, high + margin))
        self.dataset = dataset
        answer = frame.reading(LINE_REQUEST, OutputMap)
        self.curve.set_visible(answer is not None)
        if answer is not None:
            values = answer.values[0]
            (left, right), count = dataset.domain[0], len(values)
            x = left + (np.arange(count) + 0.5) * (right - left) / count  # the middles of the picture's pixels
            self.curve.set_points(x, positions(values, logarithmic=False))
        self.plot.read_out()

    def table(self, frame: Frame) -> Table:
        """Return the function at the middle of every pixel."""
        answer = frame.reading(LINE_REQUEST, OutputMap)
        if answer is None or frame.dataset is None:
            return [], []
        return ["x", frame.dataset.target_name], list(zip(self.curve.xs.tolist(), self.curve.ys.tolist(), strict=True))

    def words(self) -> str:
        """Say what the y axis shows."""
        return self.dataset.target_name if self.dataset is not None else ""

    def entries(self) -> tuple[tuple[Sample, str], ...]:
        """Return the parts shown, and the function."""
        shown = self.samples()[: 2 if self.validation.isVisible() else 1]
        return (*shown, (Sample(self.theme.text), self.tr("network")))

    def rows(self, position: QPointF) -> list[Row]:
        """Return x, and the function there."""
        rows = [Row("x", format_number(position.x(), 3))]
        x, y = self.curve.xs, self.curve.ys
        if self.curve.visible and len(x) and self.dataset is not None:
            value = float(y[int(np.abs(x - position.x()).argmin())])
            rows.append(Row(self.dataset.target_name, format_number(value), Sample(self.theme.text)))
        return rows


class PredictedPicture(FitPicture):
    """Predicted against true values, with the diagonal on which they would lie if all were right."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.plot.reserve(top=4)

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for predictions of both parts."""
        del options
        return frozenset({PREDICTION_REQUEST})

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw the points where predictions are known; those far off the axes are marked at their ends."""
        del options  # both parts are shown: it is their difference that tells
        dataset = frame.dataset
        assert dataset is not None, "the view draws nothing while data load"
        self.dataset = dataset
        found = frame.reading(PREDICTION_REQUEST, Predictions)
        self.plot.set_message("" if found is not None else before_training(frame))
        if found is None:
            return
        self.plot.x_axis.set_unit(self.tr("true {target}").format(target=dataset.target_name))
        answers = (found.train[:, 0], found.validation[:, 0])
        true = [values_of(dataset, p.targets[: len(a)]) for p, a in zip(_parts(dataset), answers, strict=True)]
        parts = [(t, positions(a, logarithmic=False)) for t, a in zip(true, answers, strict=True)]
        low, high = linear_limits(*_span([(t, t) for t in true]))
        self.show_parts(parts, (low, high), (low, high), line=(low, high))

    def table(self, frame: Frame) -> Table:
        """Return true and predicted value of every point, by part."""
        found, dataset = frame.reading(PREDICTION_REQUEST, Predictions), frame.dataset
        if found is None or dataset is None:
            return [], []
        parts = (("train", dataset.train, found.train), ("validation", dataset.validation, found.validation))
        rows = [
            (name, float(true), float(answer[0]))
            for name, samples, answers in parts
            for true, answer in zip(values_of(dataset, samples.targets[: len(answers)]), answers, strict=True)
        ]
        return ["part", "true", "predicted"], list(rows)

    def rows(self, position: QPointF) -> list[Row]:
        """Return the position."""
        return [
            Row(self.tr("true"), format_number(position.x())),
            Row(self.tr("predicted"), format_number(position.y())),
        ]

    def words(self) -> str:
        """Say what the y axis shows."""
        return self.tr("predicted {target}").format(target=self.dataset.target_name) if self.dataset else ""

    def entries(self) -> tuple[tuple[Sample, str], ...]:
        """Return both parts, and the diagonal."""
        return (*self.samples(), (Sample(self.theme.secondary, "dash"), self.tr("predicted = true")))


class ResidualPicture(FitPicture):
    """Residuals, true less predicted, over predicted values, about a line at zero."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.plot.reserve(top=4)
        self.plot.x_axis.set_unit(self.tr("predicted"))

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for predictions of both parts."""
        del options
        return frozenset({PREDICTION_REQUEST})

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw a point for each residual; those farther off than the targets' span are marked at the axis's ends."""
        del options  # both parts are shown, as in PredictedPicture
        dataset = frame.dataset
        assert dataset is not None, "the view draws nothing while data load"
        self.dataset = dataset
        found = frame.reading(PREDICTION_REQUEST, Predictions)
        self.plot.set_message("" if found is not None else before_training(frame))
        if found is None:
            return
        span = levels_of(dataset)
        reach = span.high - span.low
        answers = [positions(part[:, 0], logarithmic=False) for part in (found.train, found.validation)]
        residuals = [positions(part, logarithmic=False) for part in residuals_of(dataset, found)]
        inside = [a[np.isfinite(a)] for a in answers]
        seen = np.clip(np.concatenate([[span.low, span.high], *inside]), span.low - reach, span.high + reach)
        low, high = linear_limits(float(seen.min()), float(seen.max()))
        end = min(about_zero(np.concatenate(residuals), LEAST * reach).high, linear_limits(0, reach)[1])
        parts = [(np.clip(a, low, high), r) for a, r in zip(answers, residuals, strict=True)]
        self.show_parts(parts, (low, high), (-end, end), line=(0.0, 0.0))

    def table(self, frame: Frame) -> Table:
        """Return true and predicted value, and residual, of every point, by part."""
        found, dataset = frame.reading(PREDICTION_REQUEST, Predictions), frame.dataset
        if found is None or dataset is None:
            return [], []
        named = zip(("train", "validation"), (found.train, found.validation), residuals_of(dataset, found), strict=True)
        rows = [
            (name, float(answer[0] + residual), float(answer[0]), float(residual))
            for name, answers, own in named
            for answer, residual in zip(answers.astype(np.float64), own, strict=True)
        ]
        return ["part", "true", "predicted", "residual"], list(rows)

    def rows(self, position: QPointF) -> list[Row]:
        """Return the position."""
        return [
            Row(self.tr("predicted"), format_number(position.x())),
            Row(self.tr("residual"), format_number(position.y())),
        ]

    def words(self) -> str:
        """Say what the y axis shows."""
        return self.tr("true − predicted") if self.dataset else ""

    def entries(self) -> tuple[tuple[Sample, str], ...]:
        """Return both parts, and the line at zero."""
        return (*self.samples(), (Sample(self.theme.secondary, "dash"), self.tr("no error")))


def _parts(dataset: Dataset) -> tuple:
    return dataset.train, dataset.validation


def _span(parts: list[Points]) -> tuple[float, float]:
    """Return the least and the greatest y of both parts."""
    values = np.concatenate([y for _, y in parts])
    return float(values.min()), float(values.max())
