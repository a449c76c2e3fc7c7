"""How far two networks' answers lie apart, in the pictures of one network's answers: a map, cells, a curve, points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QResizeEvent

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import OutputChange, Predictions, Request
from nnplayground.gui.numbers import MINUS, format_count, format_number
from nnplayground.gui.views.boundary import PlanePicture
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.confusion import ConfusionPicture
from nnplayground.gui.views.fit import LINE_REQUEST, FitPicture
from nnplayground.gui.views.grounds import LEAST_CHANGE, about_zero
from nnplayground.gui.views.palette import levels_of, values_of
from nnplayground.gui.views.picture import PREDICTION_REQUEST, OutputOptions
from nnplayground.gui.views.plotting import positions
from nnplayground.gui.views.readout import Row
from nnplayground.gui.views.symbols import Sample, line_pen
from nnplayground.gui.views.ticks import linear_limits
from nnplayground.gui.views.view import Frame

ROOMY = 170  # pixels of a map, for plain type, from which on points hide little of it


class MapSide(PlanePicture):
    """What one network answers over the plane; with points only where there is room for both."""

    def _draw_points(self, dataset: Dataset, options: OutputOptions) -> None:
        super()._draw_points(dataset, options)
        self._thin_out()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show points or hide them."""
        super().resizeEvent(event)
        self._thin_out()

    def _thin_out(self) -> None:
        self.train.setVisible(min(self.plot.width(), self.plot.height()) >= self.theme.scaled(ROOMY))


class MapApart(PlanePicture):
    """The second network's answer less the first one's, all over the plane; without points, so that all is seen."""

    def _draw_points(self, dataset: Dataset, options: OutputOptions) -> None:
        del dataset, options
        self.train.hide()
        self.validation.hide()

    def _point_rows(self, dataset: Dataset, position: QPointF) -> list[Row]:
        del dataset, position
        return []


class ConfusionApart(ConfusionPicture):
    """How many more samples of a class the second network takes for a class than the first: blue more, orange fewer."""

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw the differences of counts."""
        super().draw(frame, options)
        targets = frame.dataset.validation.targets if frame.dataset is not None else np.zeros(0, np.int64)
        self.totals = np.bincount(np.asarray(targets, np.int64), minlength=len(self.counts))

    def strengths(self) -> NDArray[np.float64]:
        """Return differences as shares of the class's samples."""
        return np.clip(np.abs(self.counts) / np.maximum(self.totals[: len(self.counts), None], 1), 0.0, 1.0)

    def is_blue(self, row: int, column: int) -> bool:
        """Whether there are more."""
        return bool(self.counts[row, column] > 0)

    def text_of(self, row: int, column: int) -> str:
        """Return how many more, or fewer."""
        return signed(int(self.counts[row, column]))

    def rows_at(self, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about the cell at a pixel."""
        place = self.place_at(point)
        if place is None:
            return ()
        row, column = place
        return (
            Row(self.tr("true"), self.names[row]),
            Row(self.tr("predicted"), self.names[column]),
            Row(self.tr("B − A, of {0}").format(format_count(int(self.totals[row]))), self.text_of(row, column)),
        )


class FitApart(FitPicture):
    """The second network's answer less the first one's: a curve along the line, or a point for each sample."""

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for nothing: what is drawn is of two networks."""
        del options
        return frozenset()

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw the differences, about a dashed line where there are points."""
        del options
        dataset = frame.dataset
        assert dataset is not None, "two runs are drawn once their data are there"
        self.dataset = dataset
        span = levels_of(dataset)
        least = LEAST_CHANGE * (span.high - span.low)
        line = frame.reading(LINE_REQUEST, OutputChange)
        if line is not None:
            values = positions((line.now - line.before)[0], logarithmic=False)
            (left, right), count = dataset.domain[0], len(values)
            self.plot.x_axis.set_unit("x")
            self.curve.set_pen(line_pen(self.theme.text, max(self.theme.pen_width, 1.5)))
            self.curve.set_points(left + (np.arange(count) + 0.5) * (right - left) / count, values)
            across = (left, right)
        else:
            across, values = self._draw_samples(dataset, frame.readings[PREDICTION_REQUEST])
        end = about_zero(values, least).high
        self.plot.set_limits(across, (-end, end))
        self.plot.read_out()

    def _draw_samples(self, dataset: Dataset, found: object) -> tuple[tuple[float, float], NDArray[np.float64]]:
        """Place the samples of both parts, true value across; return the limits across, and the differences."""
        assert isinstance(found, Predictions)
        parts = []
        for samples, answers in ((dataset.train, found.train), (dataset.validation, found.validation)):
            true = values_of(dataset, samples.targets[: len(answers)])
            parts.append((true, positions(answers[:, 0], logarithmic=False)))
        self.plot.x_axis.set_unit(self.tr("true {target}").format(target=dataset.target_name))
        self.place(parts[0], parts[1], both=True)
        low, high = linear_limits(*(float(f(np.concatenate([t for t, _ in parts]))) for f in (np.min, np.max)))
        self.curve.set_pen(line_pen(self.theme.secondary, 1.0, dashed=True))
        self.curve.set_points(np.array([low, high]), np.zeros(2))
        return (low, high), np.concatenate([d for _, d in parts])

    def rows(self, position: QPointF) -> list[Row]:
        """Return the position, and the difference there."""
        rows = [Row(self.plot.x_axis.unit, format_number(position.x(), 3))]
        x, y = self.curve.xs, self.curve.ys
        if len(x) > 2:
            value = float(y[int(np.abs(x - position.x()).argmin())])
            rows.append(Row(self.tr("B − A"), format_number(value), Sample(self.theme.text)))
        return rows

    def table(self, frame: Frame) -> Table:
        """Return the differences along the line, or of every sample by part."""
        dataset, line = frame.dataset, frame.reading(LINE_REQUEST, OutputChange)
        if dataset is None:
            return [], []
        if line is not None:
            return ["x", "B - A"], list(zip(self.curve.xs.tolist(), self.curve.ys.tolist(), strict=True))
        names = ("train", "validation")
        items = zip(names, (self.train.getData(), self.validation.getData()), strict=True)
        rows = [(name, float(x), float(y)) for name, (xs, ys) in items for x, y in zip(xs, ys, strict=True)]
        return ["part", "true", "B - A"], rows


def signed(count: int) -> str:
    """Return a whole number with its sign."""
    return format_count(count) if count == 0 else f"{'+' if count > 0 else MINUS}{format_count(abs(count))}"
