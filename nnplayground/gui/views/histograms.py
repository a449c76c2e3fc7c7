"""The distribution of every layer's weights, biases, gradients, activations and pre-activations, now and over time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QStackedWidget, QWidget

from nnplayground.engine.probes import QUANTITIES, HistogramRequest, Histograms, Reading, Request
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.bars import Bars
from nnplayground.gui.views.cells import Cells, Pane
from nnplayground.gui.views.chart import ChartView, Table
from nnplayground.gui.views.past import Past
from nnplayground.gui.views.picker import Picker
from nnplayground.gui.views.strata import HeatMaps, Ridges
from nnplayground.gui.views.view import Frame, before_training
from nnplayground.runs.history import History

REQUESTS = {quantity: HistogramRequest(quantity=quantity) for quantity in QUANTITIES}


class HistogramsView(ChartView):
    """One quantity of each layer, side by side."""

    title, name, calm = "Histograms", "histograms", True
    explanation = (
        "How many values of each layer lie where: orange negative, blue positive. Now: grey is how it was at the "
        "start; bars that hardly left the grey mean that the layer has learned little. Ridges: one line for each step, "
        "the newest in front. Heat map: steps from left to right; the stronger the colour, the more values. Both go by "
        "the root of the number, so that rare values are seen. Bins stay the same, or are joined by pairs.\n"
        "Weights far out: large rates or no weight decay. Gradients are those of the loss, without penalties, on a "
        "logarithmic axis: all near zero in early layers means that they vanish. Activations heaped at both ends are "
        "saturated; pre-activations of ReLU all below zero are dead. The last three are of up to 200 training samples, "
        "without dropout. What was not in sight is looked up in the networks that were kept.\n"
        "Click a layer to see it alone. Over time, the wheel zooms in on steps, with Shift it goes on to others. "
        "Double click to see all."
    )

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        words = {
            "weights": self.tr("weights"),
            "biases": self.tr("biases"),
            "gradients": self.tr("gradients"),
            "activations": self.tr("activations"),
            "pre-activations": self.tr("pre-activations"),
        }
        forms = {"now": self.tr("now"), "ridges": self.tr("ridges"), "heat": self.tr("heat map")}
        self.quantity = Picker("histograms.quantity", self.tr("Quantity"), words, self)
        self.form = Picker("histograms.form", self.tr("Form"), forms, self)
        for place, choice in enumerate((self.quantity, self.form)):
            self.row.insertWidget(place, choice)
        self.quantity.changed.connect(self._choose_quantity)
        self.form.changed.connect(self.draw_again)
        self.past: dict[str, Past[Histograms]] = {}
        self.bars, self.ridges, self.heat = Bars(theme), Ridges(theme), HeatMaps(theme)
        self.pictures: dict[str, Cells] = {"now": self.bars, "ridges": self.ridges, "heat": self.heat}
        self.stack = QStackedWidget(self)
        self.panes = {key: Pane(cells, forms[key], self.stack) for key, cells in self.pictures.items()}
        for pane in self.panes.values():
            self.stack.addWidget(pane)
        self.column.addWidget(self.stack, 1)
        self.set_theme(theme)

    @property
    def pane(self) -> Pane:
        """What scrolls the pictures in sight."""
        return self.panes[self.form.chosen]

    @property
    def cells(self) -> Cells:
        """The pictures in sight."""
        return self.pictures[self.form.chosen]

    @property
    def request(self) -> HistogramRequest:
        """What is asked for: the chosen quantity alone."""
        return REQUESTS[self.quantity.chosen]  # type: ignore[index]

    def needs(self, frame: Frame) -> frozenset[Request]:
        """Ask for the histograms of the chosen quantity."""
        del frame
        return frozenset({self.request})

    def remembers(self, frame: Frame) -> frozenset[Request]:
        """Over time, draw those of earlier moments too."""
        return frozenset() if self.form.chosen == "now" else self.needs(frame)

    def remember(self, history: History, request: Request, readings: Sequence[tuple[int, Reading]]) -> None:
        """Take up histograms of earlier moments."""
        if isinstance(request, HistogramRequest):
            found = [
                (step, reading) for step, reading in readings if isinstance(reading, Histograms) and reading.layers
            ]
            self.past.setdefault(request.quantity, Past()).fill(history, found)
            self.draw_again()

    def key(self, frame: Frame) -> object:
        """Depend on the histograms, and on what is chosen."""
        return frame.readings.get(self.request), frame.snapshot is None, self.request, self.form.chosen

    def redraw(self, frame: Frame) -> None:
        """Remember the histograms, and draw them in the chosen form."""
        found, snapshot = frame.reading(self.request, Histograms), frame.snapshot
        past = self.past.setdefault(self.request.quantity, Past())
        self.stack.setCurrentWidget(self.pane)
        if found is None or not found.layers or snapshot is None:
            self.cells.show_layers((), before_training(frame))
            self.caption.set_words("")
            return
        past.add(frame.history, snapshot.step, found, looked_back=frame.moment is not None)
        if self.form.chosen == "now":
            self.bars.show_histograms(snapshot.layout.layers, found.layers)
        else:
            shown = self.ridges if self.form.chosen == "ridges" else self.heat
            shown.show_past(snapshot.layout.layers, past.items)
        self.caption.set_words(self._words())

    def _words(self) -> str:
        words = {
            "now": self.tr("initial behind"),
            "ridges": self.tr("newest in front"),
            "heat": self.tr("value by step"),
        }[self.form.chosen]
        return words + (self.tr(", logarithmic") if self.request.logarithmic else "")

    def _choose_quantity(self) -> None:
        self.draw_again()
        self.asked.emit()

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        for cells in getattr(self, "pictures", {}).values():
            cells.theme = theme
        super().set_theme(theme)

    def show_everything(self) -> None:
        """Show all layers and all steps again."""
        self.cells.show_alone(None)
        for layered in (self.ridges, self.heat):
            layered.show_steps(None)

    def table(self, frame: Frame) -> Table:
        """Return every bin of every layer: now and at the start, or of each step that is remembered."""
        found = frame.reading(self.request, Histograms)
        if found is None or frame.snapshot is None:
            return [], []
        layers = frame.snapshot.layout.layers
        if self.form.chosen == "now":
            return ["layer", "from", "to", "now", "initial"], [
                (layer, float(h.edges[i]), float(h.edges[i + 1]), int(h.counts[i]), int(h.initial[i]))
                for layer, h in zip(layers, found.layers, strict=True)
                for i in range(len(h.counts))
            ]
        past = self.past[self.request.quantity].items
        return ["step", "layer", "from", "to", "count"], [
            (step, layer, float(h.edges[i]), float(h.edges[i + 1]), int(h.counts[i]))
            for step, reading in past
            for layer, h in zip(layers, reading.layers, strict=True)
            for i in range(len(h.counts))
        ]
