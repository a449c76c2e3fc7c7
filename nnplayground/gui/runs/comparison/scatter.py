"""Runs as points: any knob or result over any other, coloured by a third."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Slot
from PySide6.QtWidgets import QHBoxLayout, QWidget

from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.runs import columns
from nnplayground.gui.runs.comparison.picture import offer, usual
from nnplayground.gui.runs.comparison.quantified import Quantified
from nnplayground.gui.runs.comparison.scales import AxisScale
from nnplayground.gui.theme import SPACING, Theme, class_colours
from nnplayground.gui.views.colourbar import ColourBar
from nnplayground.gui.views.keeping import Table
from nnplayground.gui.views.legend import Legend
from nnplayground.gui.views.palette import Levels, diverging_colour, even
from nnplayground.gui.views.readout import Readout
from nnplayground.gui.views.readout import Row as Line
from nnplayground.gui.views.symbols import Sample
from nnplayground.runs.correlation import spearman
from nnplayground.runs.quantities import Quantity

if TYPE_CHECKING:
    from nnplayground.gui.runs.comparison.points import Points

FIRST = ("validation_loss", "train_loss")
GRADES = 48  # of colours: points of one are drawn from one picture
APART = 0.3  # of the way to the next choice, over which points of one choice are spread
GOLDEN = 0.6180339887  # multiples of which are spread evenly, whatever their number
MARGIN = 0.04  # of an axis beyond its ends: points there are seen whole


class Scatter(Quantified):
    """A point for each run."""

    title, name, sort = "Scatter of runs", "runs.scatter", "scatter"
    explanation = (
        "Each run is a point: a knob or a result over another, in the colour of a third. Click one to see the run in "
        "every view. ρ is Spearman's correlation of ranks: 1 where one grows whenever the other does, −1 where it "
        "falls, 0 where neither says anything of the other; it does not see a valley, so look at the points. Points of "
        "one choice are spread a little so that all can be seen. Arrow keys walk from point to point, left and right "
        "along one axis, up and down along the other; Enter shows the run."
    )

    def __init__(self, path: Path, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(path, theme, parent)
        self.places: NDArray[np.float64] = np.empty((0, 2))  # of each run, NaN where it has none
        self.across = self.choice("x", self.tr("Across"))
        self.upward = self.choice("y", self.tr("Upward"))
        self.colour = self.choice("colour", self.tr("Colour"))
        for choice in (self.across, self.upward, self.colour):
            choice.activated.connect(self.draw_runs)
        self.finish(self.across, self.upward, self.colour, caption=False)
        self.bar, self.legend = ColourBar(theme, self), Legend(theme, self)
        footer = QHBoxLayout()
        footer.setSpacing(2 * SPACING)
        footer.addWidget(self.bar, 1)
        footer.addWidget(self.legend, 1)
        footer.addWidget(self.caption, 1)
        self.caption.show()
        self.column.insertLayout(1, footer)

    @cached_property
    def plot(self) -> Points:
        """The plot, made with the first runs."""
        from nnplayground.gui.runs.comparison.points import Points

        plot = Points(self.theme, self._read, self)
        plot.setObjectName("runs.scatter.plot")
        plot.setAccessibleName(self.tr("Runs as points; arrow keys go from one to the next, Enter shows it"))
        plot.chosen.connect(self.open_run)
        self.column.insertWidget(1, plot, 1)
        return plot

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        super().set_theme(theme)
        self.bar.set_theme(theme)
        self.legend.set_theme(theme)
        if "plot" in vars(self):
            self.plot.set_theme(theme)
            self.draw_runs()

    def offer_read(self) -> None:
        """Offer all that was read for either axis, and for colours."""
        found = self.read
        knobs, results = ({p: columns.title(p) for p in part} for part in (found.knobs, found.results))
        first = usual(found.knobs, 2)
        widest = usual(found.knobs, 1)
        offer(self.across, knobs | results, *widest, *results)
        offer(self.upward, results | knobs, *FIRST)
        others = [path for path in first if path not in widest]
        offer(self.colour, {"": self.tr("one colour")} | knobs | results, *others, "")

    def quantity(self, path: str) -> Quantity | None:
        """Return what was read of a path."""
        return self.read.knobs.get(path) or self.read.results.get(path)

    # drawing

    @Slot()
    def draw_runs(self) -> None:
        """Draw a point for each run that has both."""
        x, y = (self.quantity(choice.currentData()) for choice in (self.across, self.upward))
        if x is None or y is None:
            return
        plot = self.plot
        self.places = np.stack([self._spread(x), self._spread(y)], axis=1)
        plot.set_logarithmic(y.logarithmic)
        for axis, quantity in ((plot.x_axis, x), (plot.y_axis, y)):
            axis.logarithmic, axis.names, axis.zero = quantity.logarithmic, quantity.names, quantity.zero
            axis.percent = quantity.path.endswith("accuracy")
            axis.picture = None
        plot.x_axis.set_unit("" if x.names else columns.title(x.path))
        plot.set_limits(_limits(x), _limits(y))
        both = int(np.isfinite(self.places).all(axis=1).sum())
        plot.set_message("" if both else self.tr("no run has both"))
        plot.show_points([row.id for row in self.read.rows], self.places, self._brushes)
        self.caption.set_words(self._said(x, y, both))
        self.mark()

    def _spread(self, found: Quantity) -> NDArray[np.float64]:
        """Return where runs lie; those of one choice beside each other."""
        if not found.names:
            return found.positions
        numbers = np.array([row.id for row in self.read.rows], np.float64)
        return found.positions + APART * (numbers * GOLDEN % 1.0 - 0.5)

    def _brushes(self, which: NDArray[np.bool_]) -> list[Any]:
        """Return each point's colour, and say what colours mean."""
        import pyqtgraph as pg

        found = self.quantity(self.colour.currentData() or "")
        self.bar.setVisible(found is not None and not found.names)
        self.legend.setVisible(found is not None and bool(found.names))
        if found is None:
            return [pg.mkBrush(self.theme.accent)] * int(which.sum())
        unknown, title = pg.mkBrush(self.theme.secondary), columns.title(found.path)
        if found.names:
            colours = class_colours(self.theme, max(len(found.names), 3))
            self.legend.set_entries(
                tuple((Sample(c, "o"), name) for c, name in zip(colours, found.names, strict=False))
            )
            kinds = [pg.mkBrush(colour) for colour in colours]
            places = np.where(found.known, np.nan_to_num(found.values), -1).astype(int)
        else:
            scale, table = AxisScale(found), even(self.theme)
            meaning = title if found.zero is None else self.tr("{0} (left end: 0)").format(title)
            self.bar.show_levels(Levels(*scale.limits), table, meaning, logarithmic=found.logarithmic)
            kinds = [pg.mkBrush(diverging_colour(table, i / (GRADES - 1))) for i in range(GRADES)]
            shares = np.clip(scale.shares, 0, 1)
            places = np.where(found.known, np.rint(shares * (GRADES - 1)), -1).astype(int)
        return [kinds[place] if place >= 0 else unknown for place in places[which].tolist()]

    def _said(self, x: Quantity, y: Quantity, count: int) -> str:
        every = len(self.read.rows)
        runs = self.tr("{0} runs") if count == every else self.tr("{0} of {1} runs")
        words = runs.format(format_count(count), format_count(every))
        if any(len(quantity.names) > 2 for quantity in (x, y)):
            return words  # choices have no ranks
        rho, _ = spearman(x.positions, y.positions)
        return f"ρ {format_number(rho, 2)} · {words}"

    def mark(self) -> None:
        """Draw a ring about the runs selected."""
        chosen = {row.id for row in self.runs.selected}
        if len(self.places):
            self.plot.ring([i for i, row in enumerate(self.read.rows) if row.id in chosen])

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        self.plot.follow()

    # single runs

    def _read(self, run: int, pixel: QPointF) -> Readout:
        """Return what is read out of a run."""
        paths = dict.fromkeys(choice.currentData() for choice in (self.across, self.upward, self.colour))
        found = [quantity for path in paths if path and (quantity := self.quantity(path)) is not None]
        rows = [Line(columns.title(quantity.path), AxisScale(quantity).text(run)) for quantity in found]
        name = self.tr("run {0}").format(self.read.rows[run].id)
        return Readout(0.0, pixel, (Line(name, self.read.rows[run].name), *rows), line=False)

    @Slot(int)
    def open_run(self, place: int) -> None:
        """Select a run, and show it in every view."""
        row = self.read.rows[place]
        self.picked.emit(frozenset({row.id}))
        self.opened.emit(row)

    def table_now(self) -> Table:
        """Return what was drawn of each run."""
        found = [self.quantity(choice.currentData() or "") for choice in (self.across, self.upward, self.colour)]
        shown = [AxisScale(quantity) for quantity in found if quantity is not None]
        rows = [(row.id, *(axis.cell(i) for axis in shown)) for i, row in enumerate(self.read.rows)]
        return ["run", *(axis.quantity.path for axis in shown)], rows


def _limits(found: Quantity) -> tuple[float, float]:
    if found.names:
        return -0.5, len(found.names) - 0.5
    low, high = AxisScale(found).limits
    margin = MARGIN * (high - low)
    return low - margin, high + margin
