"""How far stated probabilities hold: a reliability diagram."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnplayground.engine.probes import Calibration, CalibrationRequest, Request
from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.theme import Theme, mix
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.picture import OutputOptions, Picture
from nnplayground.gui.views.plotting import Plot
from nnplayground.gui.views.readout import Readout, Row
from nnplayground.gui.views.strokes import Stroke
from nnplayground.gui.views.symbols import Sample, line_pen
from nnplayground.gui.views.view import Frame, before_training

CALIBRATION_REQUEST = CalibrationRequest()
LONGEST = 12  # letters of a class that has room beside the axis
SMALLEST = 0.6  # of the usual size: a point of a bin with hardly a sample
MARGIN = 0.03  # beyond none and all: points there are seen whole


class CalibrationPicture(Picture):
    """Observed share over stated probability, bin by bin, with the diagonal of one who knows what it does not know."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.plot = Plot(theme, self)
        self.plot.setObjectName("output.calibration")
        self.plot.box.wheel_axis = None
        self.plot.x_axis.percent = self.plot.y_axis.percent = True
        self.plot.hover = self._read_out
        self.plot.reserve(top=4)
        self.counts = pg.BarGraphItem(x=[], height=[], width=0.1)
        self.ideal, self.curve = Stroke(line_pen(theme.secondary, 1.0)), Stroke(line_pen(theme.accent, 1.0))
        self.points = pg.ScatterPlotItem(pxMode=True)
        for item in (self.counts, self.points):
            self.plot.box.addItem(item, ignoreBounds=True)
        for shape in (self.ideal, self.curve):
            self.plot.drawing.add(shape)
        self.plot.set_limits((-MARGIN, 1 + MARGIN), (-MARGIN, 1 + MARGIN))
        self.found: Calibration | None = None
        self.names: tuple[str, ...] = ()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.plot)

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for the diagram."""
        del options
        return frozenset({CALIBRATION_REQUEST})

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw a point for each bin that has samples, and how many it has."""
        del options
        self.names = frame.dataset.class_names if frame.dataset is not None else ()
        self.found = found = frame.reading(CALIBRATION_REQUEST, Calibration)
        self.plot.set_message("" if found is not None else before_training(frame))
        if found is None:
            return
        two = len(self.names) == 2 and len(self.names[1]) <= LONGEST
        self.plot.x_axis.set_unit(f"P({self.names[1]})" if two else self.tr("stated"))
        known, bins = found.counts > 0, len(found.counts)
        shares = found.counts / max(int(found.counts.sum()), 1)
        grey = mix(self.theme.panel, self.theme.text, 0.14)
        middles = (np.arange(bins) + 0.5) / bins
        self.counts.setOpts(x=middles, height=shares, width=0.92 / bins, brush=grey, pen=pg.mkPen(None))
        self.ideal.set_pen(line_pen(self.theme.secondary, 1.0, dashed=True))
        self.ideal.set_points(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        x, y = found.stated[known], found.observed[known]
        self.curve.set_pen(line_pen(self.theme.accent, self.theme.pen_width))
        self.curve.set_points(x, y)
        sizes = SMALLEST + np.sqrt(shares[known])  # by area, so that bins of a few samples weigh little on the eye
        rim = pg.mkPen(self.theme.panel, width=1)
        self.points.setData(x=x, y=y, size=self.theme.marker_size * sizes, brush=pg.mkBrush(self.theme.accent), pen=rim)
        self.plot.read_out()

    def words(self) -> str:
        """Return the two numbers."""
        if self.found is None:
            return ""
        ece, brier = format_number(self.found.ece, 2), format_number(self.found.brier, 2)
        return self.tr("ECE {ece} · Brier {brier}").format(ece=ece, brier=brier)

    def entries(self) -> tuple[tuple[Sample, str], ...]:
        """Return how observed shares, counts and the diagonal look."""
        grey = mix(self.theme.panel, self.theme.text, 0.25)
        return (
            (Sample(self.theme.accent, "o"), self.tr("observed")),
            (Sample(grey, "s"), self.tr("share of samples")),
            (Sample(self.theme.secondary, "dash"), self.tr("stated = observed")),
        )

    def _read_out(self, position: QPointF, pixel: QPointF) -> Readout | None:
        found = self.found
        if found is None:
            return None
        bins = len(found.counts)
        place = min(max(int(position.x() * bins), 0), bins - 1)
        between = [format_percent(edge / bins, 0) for edge in (place, place + 1)]
        rows = (
            Row(self.tr("stated {low} to {high}").format(low=between[0], high=between[1])),
            Row(self.tr("mean stated"), format_percent(float(found.stated[place]))),
            Row(self.tr("observed"), format_percent(float(found.observed[place])), Sample(self.theme.accent, "o")),
            Row(self.tr("samples"), format_count(int(found.counts[place]))),
        )
        return Readout(position.x(), pixel, rows, line=False)

    def table(self, frame: Frame) -> Table:
        """Return each bin's limits, mean probability, observed share and number of samples."""
        del frame
        if self.found is None:
            return [], []
        bins = len(self.found.counts)
        columns = zip(self.found.stated.tolist(), self.found.observed.tolist(), self.found.counts.tolist(), strict=True)
        rows = [
            (i / bins, (i + 1) / bins, *((s, o) if count else ("", "")), count)
            for i, (s, o, count) in enumerate(columns)
        ]
        return ["from", "to", "stated", "observed", "samples"], rows

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        self.plot.follow()

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; the next `draw` shows them."""
        super().set_theme(theme)
        self.plot.set_theme(theme)
