"""The gradient's way back through the layers, step by step: a map of colours, and the size of the updates beside it."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QActionGroup, QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.theme import Theme, diverging, sequential, small_font
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.colourbar import ColourBar
from nnplayground.gui.views.palette import Levels, rgb
from nnplayground.gui.views.ratios import HEALTHY_RATIO, Ratios
from nnplayground.gui.views.readout import Row
from nnplayground.gui.views.steps import StepsView, grown
from nnplayground.gui.views.symbols import Sample
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History

if TYPE_CHECKING:
    from nnplayground.gui.views.plotting import Plot

SAVED = 10_000  # points of each layer in a file at most
LEAST = 4.0  # decades that the colours of norms span at least
ABOUT = 2.0  # decades to each side of the rule of thumb that the colours of ratios span at least
SLACK = 1e-4  # of a decade, so that rounding to float32 adds none
DEEPEST = 16.0  # decades that colours span at most

NORM, RATIO = "gradient_norm", "update_ratio"


def shades(values: NDArray[np.floating], levels: Levels, table: NDArray[np.uint8], theme: Theme) -> NDArray[np.uint8]:
    """Return (…, 4) RGBA colours of values by their logarithms; zero, infinity and NaN have colours of their own."""
    found, theirs = np.asarray(values, np.float64), np.zeros((*values.shape, 4), np.uint8)
    drawn = (found > 0) & np.isfinite(found)
    shares = levels.share(np.log10(found, out=np.zeros(found.shape), where=drawn))
    theirs[drawn] = table[np.rint(shares[drawn] * (len(table) - 1)).astype(int)]
    theirs[found == 0] = (*rgb(theme.negative), 255)
    theirs[np.isinf(found)] = (*rgb(theme.error), 255)
    return theirs  # of NaN, nothing


def widened(levels: Levels | None, values: NDArray[np.floating], *, centred: bool) -> Levels:
    """Return levels, in whole decades, that hold these values beside what they held before.

    Those of ratios are centred on the rule of thumb.
    """
    found = np.log10(np.asarray(values, np.float64)[(values > 0) & np.isfinite(values)])
    low, high = (floor(found.min() + SLACK), ceil(found.max() - SLACK)) if len(found) else (0, 0)
    if levels is not None:
        low, high = min(low, round(levels.low)), max(high, round(levels.high))
    if centred:
        middle = np.log10(HEALTHY_RATIO)
        reach = min(max(middle - low, high - middle, ABOUT), DEEPEST / 2)
        return Levels(float(middle - reach), float(middle + reach))
    return Levels(float(max(min(low, high - LEAST), high - DEEPEST)), float(high))


class GradientFlowView(StepsView):
    """Layers as rows, the output on top, over the steps; the colour is the gradient's norm, or the updates' size."""

    title, name, grid = "Flow", "gradient_flow", False
    explanation = (
        "The gradient comes in at the output, on top, and flows down to the first layer; each column is a step, the "
        "stronger the colour the longer the gradient. Even colour from top to bottom is healthy. Rows that fade "
        "downwards: gradients vanish, early layers hardly learn; try ReLU, He initialization, normalization or skip "
        "connections. Rows that darken, or columns that do: they explode; try a smaller rate or clipping. Orange: "
        "exactly zero, as where a layer is frozen or dead; red: overflowed. Right: how much the latest steps change "
        "the weights of each layer, as a share of their size; about 0.001, the dashed line, is healthy, left of it a "
        "layer learns too slowly, right of it too wildly. Where a cell stands for many steps it shows their mean, or "
        "by the menu their least or greatest; the read-out tells all three."
    )

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.by_ratio = self.add_switch("by_ratio", self.tr("Colour by update ÷ weights"), on=False)
        self.beside = self.add_switch("beside", self.tr("Update ÷ weights now"), on=True)
        texts = {"mean": self.tr("Mean of the steps"), "low": self.tr("Least"), "high": self.tr("Greatest")}
        self.shown = QActionGroup(self)  # which of a cell's steps are shown, where it stands for many
        for kind, text in texts.items():
            self.shown.addAction(self.add_switch(kind, text, on=kind == "mean")).setData(kind)
        self.ratios = Ratios(theme, self)
        self.bar = ColourBar(theme, self)
        self.column.addWidget(self.bar)
        self.ratios.hide()
        self.bar.hide()
        self._levels: dict[str, Levels] = {}
        self._levels_of: History | None = None
        self._cells = np.zeros(0, np.int64)  # the row at which each begins, and the one after the last
        self.set_theme(theme)

    def place(self, plot: Plot) -> None:
        """Put the plot left of the ratios, and the picture into it."""
        import pyqtgraph as pg

        self.image = pg.ImageItem(axisOrder="row-major")
        plot.box.addItem(self.image, ignoreBounds=True)
        self.ratios.plot = plot
        plot.box.sigResized.connect(self.ratios.update)
        both = QHBoxLayout()
        both.setSpacing(0)
        both.addWidget(plot, 1)
        both.addWidget(self.ratios)
        self.column.insertLayout(self.column.indexOf(self.message), both, 1)

    @property
    def quantity(self) -> str:
        """The first part of the names of the columns whose values are coloured."""
        return RATIO if self.by_ratio.isChecked() else NORM

    @property
    def kind(self) -> str:
        """What is shown of a cell: "mean", "low" or "high"."""
        chosen = self.shown.checkedAction()  # none, for the moment between one and the next
        return str(chosen.data()) if chosen is not None else "mean"

    # drawing

    def redraw(self, frame: Frame) -> None:
        """Draw; without a step there is neither a scale of colours."""
        begun = frame.history is not None and len(frame.history.steps) > 0
        self.bar.setVisible(begun)
        self.ratios.setVisible(begun and self.beside.isChecked())
        super().redraw(frame)

    def draw_history(self, frame: Frame, history: History) -> None:
        """Draw the cells in sight, and the ratios of the last of them."""
        del frame
        if history is not self._levels_of:
            self._levels, self._levels_of = {}, history
        columns, sight = history.steps, self._sight(history)
        start, stop = max(floor(sight[0]) - 2, 0), min(ceil(sight[1]) + 1, len(history.steps))
        start = min(start, max(stop - 1, 0))
        names = [f"{self.quantity}/{layer}" for layer in history.layers]
        self._cells = columns.edges(start, stop, self._points())
        curves = columns.curves(names, start, stop, self._points())
        self._draw_cells(getattr(curves, self.kind))
        every = max(int(np.diff(self._cells).max(initial=1)), 1)
        last = max(len(columns) - every, 0)
        self.ratios.show_curve(columns.curves([f"{RATIO}/{layer}" for layer in history.layers], last, points=1))
        self._name_layers(history.layers)
        self.plot.reserve(top=self.theme.scaled(20) if self.plot.notes.marks else 0)
        self.plot.set_limits((0.0, grown(len(columns))), (-0.5, len(history.layers) - 0.5))

    def _draw_cells(self, values: NDArray[np.floating]) -> None:
        """Draw (layers, cells), all as wide as those in the middle: the first and the last are cut short by a pixel."""
        by_ratio = self.by_ratio.isChecked()
        table = (diverging if by_ratio else sequential)(self.theme)
        levels = widened(self._levels.get(self.quantity), values, centred=by_ratio)
        self._levels[self.quantity] = levels
        self.image.setImage(shades(values, levels, table, self.theme), autoLevels=False, levels=None, lut=None)
        cells, count = self._cells, values.shape[1]
        width = int(np.diff(cells).max())
        left = cells[1] - width if count > 1 else cells[0]
        self.image.setRect(QRectF(left + 0.5, -0.5, width * count, len(values)))
        meaning = self.tr("update ÷ weights") if by_ratio else self.tr("norm of the gradient")
        self.bar.show_levels(levels, table, meaning, logarithmic=True)
        self.legend.set_entries(tuple(self._entries(values)))

    def _entries(self, values: NDArray[np.floating]) -> Iterator[tuple[Sample, str]]:
        """Yield what a legend has to say of cells, and of the ratios beside them."""
        if (values == 0).any():
            yield Sample(self.theme.negative, "s"), self.tr("zero")
        if np.isinf(values).any():
            yield Sample(self.theme.error, "s"), self.tr("overflow")
        if self.beside.isChecked():
            yield Sample(self.theme.accent, "o"), self.tr("update ÷ weights now")

    def _name_layers(self, layers: tuple[str, ...]) -> None:
        """Name as many layers as can be read, the output always."""
        line, height = QFontMetricsF(small_font(self.theme)).height(), self.plot.notes.area.height()
        every = max(ceil(line * len(layers) / max(height, 1.0)), 1)
        ticks = [(i, layers[i]) for i in range(len(layers) - 1, -1, -every)]
        if self.plot.y_axis._tickLevels != [ticks]:
            self.plot.y_axis.setTicks([ticks])

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        if hasattr(self, "bar"):
            self.bar.set_theme(theme)
            self.ratios.set_theme(theme)
            self.ratios.fit(self.width())
        super().set_theme(theme)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the picture its room beside the ratios."""
        super().resizeEvent(event)
        self.ratios.fit(self.width())

    # reading out

    def rows_at(self, history: History, step: int, position: QPointF) -> list[Row]:
        """Return the layer, the steps of its cell, and their numbers: least to greatest where they are many."""
        layer = history.layers[min(max(round(position.y()), 0), len(history.layers) - 1)]
        cell = min(max(int(np.searchsorted(self._cells, step - 1, "right")) - 1, 0), len(self._cells) - 2)
        first, stop = (int(edge) for edge in self._cells[cell : cell + 2])
        steps = f"{format_count(first + 1)} – {format_count(stop)}" if stop - first > 1 else ""
        rows = [Row(layer, steps)]
        for quantity, text in ((NORM, self.tr("norm of the gradient")), (RATIO, self.tr("update ÷ weights"))):
            curve = history.steps.curve(f"{quantity}/{layer}", first, stop, points=1)
            low, mean, high = (float(values[0]) for values in (curve.low, curve.mean, curve.high))
            rows.append(Row(text, _exactly(mean)))
            if steps:
                rows.append(Row(self.tr("least … greatest"), f"{_exactly(low)} … {_exactly(high)}"))
        return rows

    # saving

    def table(self, frame: Frame) -> Table:
        """Return for every layer and point its steps, and least, mean and greatest of both quantities."""
        history = frame.history
        numbers = [f"{quantity}/{kind}" for quantity in (NORM, RATIO) for kind in ("least", "mean", "greatest")]
        if history is None or not len(history.steps):
            return ["layer", "first step", "last step", *numbers], []
        edges, rows = history.steps.edges(points=SAVED), []
        for layer in history.layers:
            curves = [history.steps.curve(f"{quantity}/{layer}", points=SAVED) for quantity in (NORM, RATIO)]
            columns = [values.tolist() for curve in curves for values in (curve.low, curve.mean, curve.high)]
            firsts, lasts = (edges[:-1] + 1).tolist(), edges[1:].tolist()
            rows += [[layer, *row] for row in zip(firsts, lasts, *columns, strict=True)]
        return ["layer", "first step", "last step", *numbers], rows


def _exactly(value: float) -> str:
    """Return a number; one that overflowed as such."""
    return "∞" if np.isposinf(value) else format_number(value, trim=value == 0)
