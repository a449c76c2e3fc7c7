"""What a network answers over the plane, as a picture under the points it learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter, QPainterPath, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from nnplayground.data.dataset import Dataset, Samples
from nnplayground.engine.probes import OutputMap, OutputRequest, Request
from nnplayground.gui.numbers import format_number, format_percent
from nnplayground.gui.theme import Theme, class_colours, diverging, mix, small_font
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.palette import (
    SMOOTHER,
    blended,
    class_table,
    diverging_colour,
    enlarged,
    levels_of,
    values_of,
)
from nnplayground.gui.views.picture import OutputOptions, Picture
from nnplayground.gui.views.plotting import Plot
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.symbols import Sample, class_symbol, symbol_path
from nnplayground.gui.views.view import Frame

REQUEST = OutputRequest()
POINTS = 2000  # of each part at most: as many as can be drawn by hand
NEAR = 10.0  # pixels from the pointer to a point that is read out
RIM = "#FFFFFF"  # of points of classes, on any ground

if TYPE_CHECKING:
    from nnplayground.gui.views.painting_tools import PaintingTools

Look = tuple[QBrush, QPen, QPainterPath]  # of a point


class PlanePicture(Picture):
    """A square map of the answer, with points."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.plot = Plot(theme, self, grid=False)
        self.plot.setObjectName("output.plane")
        self.plot.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self.plot.box.wheel_axis = None
        self.plot.box.setAspectLocked(True)
        self.plot.hover = self._read_out
        self.plot.notes.corners = 6.0
        self.plot.x_axis.set_unit("x₁")
        self.plot.y_axis.set_unit("x₂")
        self.image = pg.ImageItem(axisOrder="row-major")
        self.train, self.validation = pg.ScatterPlotItem(pxMode=True), pg.ScatterPlotItem(pxMode=True)
        for z, item in enumerate((self.image, self.validation, self.train)):
            item.setZValue(z)
            self.plot.box.addItem(item, ignoreBounds=True)
        self._dataset: Dataset | None = None
        self._map: OutputMap | None = None
        self._points: object = None
        self._tools: PaintingTools | None = None  # beside the map

    def needs(self) -> frozenset[Request]:
        """Ask for the map."""
        return frozenset({REQUEST})

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw the map where there is one, and the points."""
        dataset = frame.dataset
        assert dataset is not None, "the view draws nothing while data load"
        if dataset is not self._dataset:
            (left, right), (bottom, top) = dataset.domain
            painted = self._dataset is not None and self._dataset.encode is dataset.encode
            self._dataset = dataset
            self.plot.box.setLimits(yMin=bottom, yMax=top)
            self.plot.set_limits((left, right), (bottom, top))
            if not painted:  # one paints where one has zoomed to
                self.plot.follow()
        self._map = frame.reading(REQUEST, OutputMap)
        self.image.setVisible(self._map is not None)
        if self._map is not None:
            self._draw_map(dataset, self._map, hard=options.hard)
        if (dataset, options.validation, self.theme) != self._points:
            self._points = (dataset, options.validation, self.theme)
            self._draw_points(dataset, options)
        self.plot.read_out()

    def _draw_map(self, dataset: Dataset, answer: OutputMap, *, hard: bool) -> None:
        """Draw the answer; the picture's first row is the plane's top, an image item's first row its bottom."""
        values = answer.values
        hard = hard and dataset.task == "classification"
        if hard:
            best = enlarged(values, SMOOTHER).argmax(axis=0)
            self.image.setImage(
                class_table(self.theme, len(values))[best][::-1], autoLevels=False, levels=None, lut=None
            )
        elif len(values) > 2:
            self.image.setImage(blended(self.theme, values)[::-1], autoLevels=False, levels=None, lut=None)
        else:
            levels = levels_of(dataset)
            limits = (levels.low, levels.high)
            self.image.setImage(values[-1][::-1], autoLevels=False, levels=limits, lut=diverging(self.theme))
        (left, right), (bottom, top) = dataset.domain
        self.image.setRect(QRectF(left, bottom, right - left, top - bottom))

    def _draw_points(self, dataset: Dataset, options: OutputOptions) -> None:
        self._scatter(self.train, dataset, dataset.train, hollow=False)
        if options.validation:
            self._scatter(self.validation, dataset, dataset.validation, hollow=True)
        self.validation.setVisible(options.validation)

    def _scatter(self, item: pg.ScatterPlotItem, dataset: Dataset, samples: Samples, *, hollow: bool) -> None:
        """Place the points of a part: filled and rimmed, or smaller and hollow."""
        raw = samples.raw[:POINTS]
        looks = self._looks(dataset, samples, hollow=hollow)
        size = self.theme.marker_size * (0.8 if hollow else 1.0)
        brushes, pens = [look[0] for look in looks], [look[1] for look in looks]
        item.setData(
            x=raw[:, 0].astype(float),
            y=raw[:, 1].astype(float),
            size=size,
            symbol=[look[2] for look in looks],
            brush=brushes,
            pen=pens,
        )

    def _looks(self, dataset: Dataset, samples: Samples, *, hollow: bool) -> list[Look]:
        """Return brush, pen and symbol of each point."""
        rim = RIM if dataset.task == "classification" else mix(self.theme.panel, self.theme.text, 0.6)

        def look(colour: str, symbol: str) -> Look:
            if hollow:
                return pg.mkBrush(self.theme.panel), pg.mkPen(colour, width=1.5), symbol_path(symbol)
            return pg.mkBrush(colour), pg.mkPen(rim, width=1), symbol_path(symbol)

        if dataset.task == "classification":
            colours = class_colours(self.theme, len(dataset.class_names))
            kinds = [look(colour, class_symbol(i)) for i, colour in enumerate(colours)]
            return [kinds[target] for target in samples.targets[:POINTS]]
        table = diverging(self.theme)
        kinds = [look(diverging_colour(table, i / 32), "o") for i in range(33)]
        shares = levels_of(dataset).share(values_of(dataset, samples.targets[:POINTS]))
        return [kinds[round(share * 32)] for share in shares]

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; the next `draw` shows them."""
        super().set_theme(theme)
        self.plot.set_theme(theme)
        self._fit()

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        self.plot.follow()

    # layout

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the map square."""
        super().resizeEvent(event)
        self._fit()

    def height_for(self, width: float) -> int:
        """Return the height in which the map of a picture so wide is square."""
        beside, below = self._beside()
        return round(max(width - beside, 0) + below + self._above(round(width)))

    def stand_beside(self, tools: PaintingTools) -> None:
        """Keep room for tools, above the map or left of it, whichever leaves it larger."""
        self._tools = tools
        tools.reshaped.connect(self._fit)

    def _above(self, width: int) -> int:
        """Return the height that the tools take above the map."""
        return self._tools.heightForWidth(width) if self._tools is not None and not self._tools.isHidden() else 0

    def _beside(self) -> tuple[float, float]:
        """Return the widths and the heights, in pixels, of what stands beside the map."""
        _, above, right, below = self.plot.margins
        return self.plot.y_axis.width() + 2 + right, self.plot.x_axis.height() + above + below

    def _fit(self) -> None:
        """Give the plot the largest rectangle in which the map is square, axes beside it."""
        metrics = QFontMetricsF(small_font(self.theme))
        self.plot.y_axis.setWidth(round(metrics.horizontalAdvance("−6") + 10))
        self.plot.x_axis.setHeight(round(metrics.height() + 4))
        self.plot.reserve(top=0)
        beside, below = self._beside()
        left, top = self._room_for_tools(self.width() - beside, self.height() - below)
        side = max(min(self.width() - beside - left, self.height() - below - top), 1)
        start = round((self.width() - side - beside - left) / 2)
        self.plot.setGeometry(start + left, top, round(side + beside), round(side + below))
        if self._tools is not None:
            self._tools.setGeometry(*((start, 0, left, self.height()) if left else (0, 0, self.width(), top)))

    def _room_for_tools(self, width: float, height: float) -> tuple[int, int]:
        """Return how far left of and how far above a map in such a rectangle tools stand."""
        above = self._above(self.width())
        if self._tools is None or not above:
            return 0, 0
        left = next((w for w in self._tools.widths() if self._tools.heightForWidth(w) <= self.height()), 0)
        return (left, 0) if left and min(width - left, height) > min(width, height - above) else (0, above)

    # saving

    def table(self, frame: Frame) -> Table:
        """Return the answer at the middle of every pixel."""
        answer, dataset = frame.reading(REQUEST, OutputMap), frame.dataset
        if answer is None or dataset is None:
            return [], []
        (left, right), (bottom, top) = dataset.domain
        _, height, width = answer.values.shape
        x = left + (np.arange(width) + 0.5) * (right - left) / width
        y = top - (np.arange(height) + 0.5) * (top - bottom) / height
        columns = [np.tile(x, height), np.repeat(y, width), *answer.values.reshape(len(answer.values), -1)]
        return ["x1", "x2", *(dataset.class_names or [dataset.target_name])], np.stack(columns, axis=1).tolist()

    # reading out

    def _read_out(self, position: QPointF, pixel: QPointF) -> Readout | None:
        dataset = self._dataset
        if dataset is None:
            return None
        x, y = position.x(), position.y()
        (left, right), (bottom, top) = dataset.domain
        rows = [Row(f"x₁ {format_number(x, 3)}", f"x₂ {format_number(y, 3)}")]
        if self._map is not None and left <= x <= right and bottom <= y <= top:
            _, height, width = self._map.values.shape
            column = min(int((x - left) / (right - left) * width), width - 1)
            row = min(int((top - y) / (top - bottom) * height), height - 1)
            rows += self._answer_rows(dataset, self._map.values[:, row, column])
        return Readout(x, pixel, (*rows, *self._point_rows(dataset, position)), line=False)

    def _answer_rows(self, dataset: Dataset, answer: np.ndarray) -> list[Row]:
        if dataset.task == "regression":
            return [Row(dataset.target_name, format_number(float(answer[0])))]
        colours = class_colours(self.theme, len(answer))
        return [
            Row(name, format_percent(float(p)), Sample(colour, class_symbol(i)))
            for i, (name, p, colour) in enumerate(zip(dataset.class_names, answer, colours, strict=True))
        ]

    def _point_rows(self, dataset: Dataset, position: QPointF) -> list[Row]:
        """Return what the nearest point is, where one is near."""
        parts = [(self.tr("training point"), dataset.train)]
        if self.validation.isVisible():
            parts.append((self.tr("validation point"), dataset.validation))
        found = []
        scale_x, scale_y = self.plot.box.viewPixelSize()
        for words, samples in parts:
            raw = samples.raw[:POINTS]
            distance = np.hypot((raw[:, 0] - position.x()) / scale_x, (raw[:, 1] - position.y()) / scale_y)
            if len(distance):
                index = int(distance.argmin())
                found.append((float(distance[index]), words, samples.targets[index]))
        if not found or min(found)[0] > NEAR:
            return []
        _, words, target = min(found, key=lambda f: f[0])
        if dataset.task == "classification":
            colours = class_colours(self.theme, len(dataset.class_names))
            return [Row(words, dataset.class_names[target], Sample(colours[target], class_symbol(int(target))))]
        return [Row(words, format_number(float(values_of(dataset, np.array(target)))))]
