"""How active every layer is: mean and deviation, saturated and inactive values, dead neurons, now and over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QWidget

from nnplayground.engine.probes import Activity, ActivityRequest, LayerActivity, Reading, Request
from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.activity_rows import ActivityRows, flat_share
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.lines import LinesView
from nnplayground.gui.views.past import Past
from nnplayground.gui.views.picker import Picker
from nnplayground.gui.views.view import Frame, before_training
from nnplayground.runs.history import History

if TYPE_CHECKING:
    from nnplayground.gui.views.traces import Trace, Traces

REQUEST = ActivityRequest()
MEASURES: dict[str, Callable[[LayerActivity], float | None]] = {
    "flat": flat_share,
    "dead": lambda layer: layer.dead,
    "mean": lambda layer: layer.mean,
    "std": lambda layer: layer.std,
}
SHARES = ("flat", "dead")
SHORTEST = 10  # steps that the axis shows at least


class ActivationsView(LinesView):
    """One row per layer, or one line per layer over the steps."""

    title, name, calm = "Activations", "activations", True
    explanation = (
        "What each layer gives, for up to 200 training samples, without dropout: the mean (stroke) and a standard "
        "deviation to both sides (bar). Saturated (tanh beyond ±0.975, sigmoid below 0.013 or above 0.987) and "
        "inactive (ReLU at zero) values lie where the activation's slope is below 5 % of its steepest: they pass "
        "hardly any gradient on. A neuron that is inactive for every sample is dead, and learns no more.\n"
        "Each stripe is a neuron; the stronger, the more samples it is flat for. Much saturation: smaller weights, "
        "Glorot's initialization, normalization. Dead neurons: a smaller rate, leaky ReLU or ELU. About half inactive "
        "is usual for ReLU. The output's raw numbers have neither, and their bar may be cut.\n"
        "What was not in sight is looked up in the networks that were kept."
    )

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        forms = {
            "now": self.tr("now"),
            "flat": self.tr("saturated or inactive over time"),
            "dead": self.tr("dead over time"),
            "mean": self.tr("mean over time"),
            "std": self.tr("deviation over time"),
        }
        self.form = Picker("activations.form", self.tr("Form"), forms, self)
        self.row.insertWidget(0, self.form)
        self.form.changed.connect(self.draw_again)
        self.past: Past[Activity] = Past()
        self.rows = ActivityRows(theme)
        self.pane = QScrollArea(self)
        self.pane.setFrameShape(QFrame.Shape.NoFrame)
        self.pane.setWidgetResizable(True)
        self.pane.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.pane.setAccessibleName(self.tr("Activity of every layer"))
        self.pane.setWidget(self.rows)
        self.message.setWordWrap(True)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.message)
        self.stack.addWidget(self.pane)
        self.column.addWidget(self.stack, 1)
        self.set_theme(theme)

    def place(self, plot: Traces) -> None:
        """Put the plot beside the rows."""
        plot.x_axis.set_unit(self.tr("step"))
        plot.heading = lambda x: (self.tr("step"), format_count(round(x)))
        self.stack.addWidget(plot)

    def needs(self, frame: Frame) -> frozenset[Request]:
        """Ask for the activity of all layers."""
        del frame
        return frozenset({REQUEST})

    def remembers(self, frame: Frame) -> frozenset[Request]:
        """Over time, draw that of earlier moments too."""
        return frozenset() if self.form.chosen == "now" else self.needs(frame)

    def remember(self, history: History, request: Request, readings: Sequence[tuple[int, Reading]]) -> None:
        """Take up the activity of earlier moments."""
        del request
        self.past.fill(history, [(step, reading) for step, reading in readings if isinstance(reading, Activity)])
        self.draw_again()

    def key(self, frame: Frame) -> object:
        """Depend on the activity, and on what is chosen."""
        return frame.readings.get(REQUEST), frame.snapshot is None, self.form.chosen, frame.moment

    def redraw(self, frame: Frame) -> None:
        """Remember the activity, and draw it."""
        found, snapshot = frame.reading(REQUEST, Activity), frame.snapshot
        if found is None or snapshot is None:
            self._say(before_training(frame))
            return
        self.past.add(frame.history, snapshot.step, found, looked_back=frame.moment is not None)
        names = snapshot.layout.layers
        if self.form.chosen == "now":
            self.rows.show_layers(names, found.layers)
            self.stack.setCurrentWidget(self.pane)
            return
        traces = self.traces(names)
        if not traces:
            self._say(self.tr("none of these activations can do that"))
            return
        self._show_traces(traces)
        self.plot.show_moment(frame.moment)

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.stack.setCurrentWidget(self.message)

    def _show_traces(self, traces: list[Trace]) -> None:
        share = self.form.chosen in SHARES
        self.plot.y_axis.percent = share
        self.plot.text = format_percent if share else format_number
        steps = [step for step, _ in self.past.items]
        self.plot.show_traces(traces, (float(steps[0]), float(max(steps[-1], steps[0] + SHORTEST))), logarithmic=False)
        self.stack.setCurrentWidget(self.plot)

    def traces(self, names: tuple[str, ...]) -> list[Trace]:
        """Return a line for each layer that has what was chosen; where colours come round again, dashed."""
        from nnplayground.gui.views.traces import Trace

        measure, items, colours = MEASURES[self.form.chosen], self.past.items, self.theme.series
        steps = np.array([step for step, _ in items], np.float64)
        found = []
        for i, (name, colour) in enumerate(zip(names, cycle(colours), strict=False)):
            values = [measure(reading.layers[i]) for _, reading in items]
            there = [value for value in values if value is not None]
            if len(there) == len(values):
                dashed = i // len(colours) % 2 == 1
                found.append(Trace(name, steps, np.array(there), colour, dashed=dashed, named=True))
        return found

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        if hasattr(self, "rows"):
            self.rows.theme = theme
        super().set_theme(theme)

    def table(self, frame: Frame) -> Table:
        """Return every layer's numbers, now or of each step that is remembered."""
        found, snapshot = frame.reading(REQUEST, Activity), frame.snapshot
        if found is None or snapshot is None:
            return [], []
        items = [(snapshot.step, found)] if self.form.chosen == "now" else self.past.items
        heads = ["step", "layer", "activation", "mean", "std", "saturated", "inactive", "dead"]
        return heads, [
            [
                step,
                name,
                la.activation,
                la.mean,
                la.std,
                *("" if v is None else v for v in (la.saturated, la.inactive, la.dead)),
            ]
            for step, reading in items
            for name, la in zip(snapshot.layout.layers, reading.layers, strict=True)
        ]
