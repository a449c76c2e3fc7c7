"""What a network answers over the plane, as a picture under the points it learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QBrush, QFontMetricsF, QPainter, QPainterPath, QPen, QResizeEvent
from PySide6.QtWidgets import QGraphicsItem, QWidget

from nnplayground.data.dataset import Dataset, Samples
from nnplayground.engine.probes import (
    ChangeRequest,
    OutputChange,
    OutputMap,
    OutputRequest,
    Predictions,
    Reading,
    Request,
)
from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.theme import Theme, class_colours, diverging, mix, small_font
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.grounds import GROUNDS, Ground, text_of
from nnplayground.gui.views.palette import diverging_colour, levels_of, values_of
from nnplayground.gui.views.picture import PREDICTION_REQUEST, OutputOptions, Picture, Scale
from nnplayground.gui.views.plane_items import Map, Points
from nnplayground.gui.views.plotting import Plot
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.residuals import Residuals
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
        self.image = Map()
        self.train, self.validation = Points(), Points()
        items: tuple[QGraphicsItem, ...] = self.image, self.validation, self.train
        for z, item in enumerate(items):
            item.setZValue(z)
            self.plot.box.addItem(item, ignoreBounds=True)
        self._dataset: Dataset | None = None
        self._options = OutputOptions()
        self._found: Reading | None = None
        self._ground: Ground | None = None
        self._residuals: Residuals | None = None
        self._points: object = None
        self._tools: PaintingTools | None = None  # beside the map

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for the map, or for what the points' colours tell."""
        return frozenset({self._request(options)})

    @staticmethod
    def _request(options: OutputOptions) -> Request:
        if options.ground == "residuals":
            return PREDICTION_REQUEST
        return ChangeRequest(REQUEST.resolution, options.mark) if options.ground == "change" else REQUEST

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
        self._options = options
        self._found = frame.readings.get(self._request(options))
        self._ground = self._residuals = None
        if isinstance(self._found, OutputMap | OutputChange):
            self._ground = GROUNDS[options.ground](self.theme, dataset, self._found)
            self._draw_ground(dataset, self._ground)
        elif isinstance(self._found, Predictions):
            self._residuals = Residuals.of(dataset, self._found)
        self.image.setVisible(self._ground is not None)
        looks = (dataset, options.validation, self.theme, self._residuals, options.ground == "change")
        if looks != self._points:
            self._points = looks
            self._draw_points(dataset, options)
        self.plot.read_out()

    def _draw_ground(self, dataset: Dataset, ground: Ground) -> None:
        """Draw the answer; the picture's first row is the plane's top, an image item's first row its bottom."""
        levels, table = None, None
        if ground.scale is not None:
            levels, table = (ground.scale.levels.low, ground.scale.levels.high), ground.scale.table
        self.image.setImage(ground.picture[::-1], autoLevels=False, levels=levels, lut=table)
        (left, right), (bottom, top) = dataset.domain
        place = QRectF(left, bottom, right - left, top - bottom)
        if self.image.mapRectToParent(self.image.boundingRect()) != place:
            self.image.setRect(place)

    def _draw_points(self, dataset: Dataset, options: OutputOptions) -> None:
        self._scatter(self.train, dataset, dataset.train, hollow=False)
        if options.validation:
            self._scatter(self.validation, dataset, dataset.validation, hollow=True)
        self.validation.setVisible(options.validation)

    def _scatter(self, item: Points, dataset: Dataset, samples: Samples, *, hollow: bool) -> None:
        """Place the points of a part: filled and rimmed, or smaller and hollow."""
        looks = self._looks(dataset, samples, hollow=hollow)
        raw = samples.raw[: len(looks)]
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
                outline = rim if colour == self.theme.panel else colour
                return pg.mkBrush(self.theme.panel), pg.mkPen(outline, width=1.5), symbol_path(symbol)
            return pg.mkBrush(colour), pg.mkPen(rim, width=1), symbol_path(symbol)

        if dataset.task == "classification":
            colours = class_colours(self.theme, len(dataset.class_names))
            kinds = [look(colour, class_symbol(i)) for i, colour in enumerate(colours)]
            return [kinds[target] for target in samples.targets[:POINTS]]
        if self._options.ground == "change":  # the colours are the change's: a point's own would be read as one
            return [look(self.theme.panel, "o")] * len(samples.targets[:POINTS])
        table = diverging(self.theme)
        kinds = [look(diverging_colour(table, i / 32), "o") for i in range(33)]
        if self._residuals is not None:
            shares = self._residuals.levels.share(np.nan_to_num(self._residuals.part(validation=hollow)))
        else:
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

    # what stands around it

    def words(self) -> str:
        """Say since when changes are shown."""
        if isinstance(self._found, OutputChange):
            return self.tr("since step {step}").format(step=format_count(self._found.step))
        return ""

    def entries(self) -> tuple[tuple[Sample, str], ...]:
        """Return the classes."""
        names = self._dataset.class_names if self._dataset is not None else ()
        return tuple(
            (Sample(colour, class_symbol(i)), text)
            for i, (colour, text) in enumerate(zip(class_colours(self.theme, len(names)), names, strict=True))
        )

    def scale(self) -> Scale | None:
        """Return what the ground's colours stand for, or the points' where there is no ground."""
        if self._residuals is not None:
            return Scale(self._residuals.levels, diverging(self.theme), self.tr("residual: true − predicted"))
        return self._ground.scale if self._ground is not None else None

    # saving

    def table(self, frame: Frame) -> Table:
        """Return the answer at the middle of every pixel, or the residual of every point."""
        dataset, ground = frame.dataset, self._ground
        if dataset is not None and self._residuals is not None:
            return ["part", "x1", "x2", "true", "residual"], self._residuals.rows(dataset)
        if ground is None or dataset is None:
            return [], []
        (left, right), (bottom, top) = dataset.domain
        _, height, width = ground.answer.shape
        x = left + (np.arange(width) + 0.5) * (right - left) / width
        y = top - (np.arange(height) + 0.5) * (top - bottom) / height
        columns = [np.tile(x, height), np.repeat(y, width), *ground.answer.reshape(len(ground.answer), -1)]
        columns += [values.ravel() for _, values in ground.more]
        names = [*(dataset.class_names or [dataset.target_name]), *(name for name, _ in ground.more)]
        return ["x1", "x2", *names], np.stack(columns, axis=1).tolist()

    # reading out

    def _read_out(self, position: QPointF, pixel: QPointF) -> Readout | None:
        dataset = self._dataset
        if dataset is None:
            return None
        x, y = position.x(), position.y()
        (left, right), (bottom, top) = dataset.domain
        rows = [Row(f"x₁ {format_number(x, 3)}", f"x₂ {format_number(y, 3)}")]
        if self._ground is not None and left <= x <= right and bottom <= y <= top:
            _, height, width = self._ground.answer.shape
            column = min(int((x - left) / (right - left) * width), width - 1)
            row = min(int((top - y) / (top - bottom) * height), height - 1)
            rows += self._answer_rows(dataset, self._ground.answer[:, row, column])
            more = [(name, float(values[row, column])) for name, values in self._ground.more]
            rows += [Row(name, text_of(dataset, name, value)) for name, value in more]
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
                found.append((float(distance[index]), words, samples.targets[index], index, samples))
        if not found or min(f[0] for f in found) > NEAR:
            return []
        _, words, target, index, samples = min(found, key=lambda f: f[0])
        if dataset.task == "classification":
            colours = class_colours(self.theme, len(dataset.class_names))
            return [Row(words, dataset.class_names[target], Sample(colours[target], class_symbol(int(target))))]
        rows = [Row(words, format_number(float(values_of(dataset, np.array(target)))))]
        if self._residuals is not None:
            own = self._residuals.part(validation=samples is dataset.validation)
            rows += [Row(self.tr("residual"), format_number(float(own[index])))] if index < len(own) else []
        return rows
