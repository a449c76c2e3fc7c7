"""The row above the diagram: what its edges show, whether a sample is traced, and how many hidden layers there are."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QWidget

from nnplayground.experiment import Experiment
from nnplayground.experiment.network import next_layer
from nnplayground.gui.numbers import format_count
from nnplayground.gui.theme import SPACING, restyle
from nnplayground.gui.views.diagram.controls import SignButton
from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.picker import QuantityPicker
from nnplayground.gui.views.diagram.structure import most_layers


class Head(QWidget):
    """Title, `picker` and `tracer`, then fewer or more layers; where it is narrow, their number stands alone."""

    edited = Signal(str, object)  # path and value of a knob

    def __init__(self, title: str, look: Look, ends: tuple[QWidget, ...], parent: QWidget) -> None:
        """`ends` are what stands at its right end."""
        super().__init__(parent)
        self.setObjectName("network.head")
        self._experiment = Experiment()
        self.picker = QuantityPicker(self)
        self.tracer = self._trace_button()
        self._fewer = SignButton("network.remove_layer", plus=False, look=look, parent=self)
        self._more = SignButton("network.add_layer", plus=True, look=look, parent=self)
        self._fewer.clicked.connect(self._remove_layer)
        self._more.clicked.connect(self._add_layer)
        self._count = QLabel(self)
        self._count.setObjectName("network.layers")
        self._count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        restyle(self._count, role="secondary")
        self.stops = self.picker, self.tracer, self._fewer, self._more, *ends  # of the tab key, in this order
        self._lay_out(title, ends)
        self.show_experiment(self._experiment)

    def _lay_out(self, title: str, ends: tuple[QWidget, ...]) -> None:
        name = QLabel(title, self)
        restyle(name, role="title")
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACING - 2, SPACING, SPACING, 0)
        row.setSpacing(2)
        row.addWidget(name)
        for choice in (self.picker, self.tracer):
            row.addSpacing(SPACING)
            row.addWidget(choice)
        row.addStretch()
        for widget in (self._fewer, self._count, self._more):
            row.addWidget(widget)
        for end in ends:
            row.addSpacing(SPACING)
            row.addWidget(end)

    def _trace_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName("network.trace")
        button.setText(self.tr("trace"))
        button.setToolTip(self.tr("Follow one sample through the network, with every value"))
        button.setAccessibleName(button.toolTip())
        button.setCheckable(True)
        restyle(button, role="chip")
        button.toggled.connect(self._on_traced)
        return button

    @Slot(bool)
    def _on_traced(self, traced: bool) -> None:
        self.picker.set_traced(traced=traced)

    def show_experiment(self, experiment: Experiment) -> None:
        """Show how many hidden layers an experiment has."""
        self._experiment = experiment
        count = len(experiment.network.layers)
        self._fewer.setEnabled(count > 0)
        self._more.setEnabled(count < most_layers())
        self._fewer.set_words(self.tr("Remove the last hidden layer"))
        self._more.set_words(self.tr("Add a hidden layer"))
        self._show_count()

    def set_look(self, look: Look) -> None:
        """Take on another look."""
        for button in (self._fewer, self._more):
            button.set_look(look)
        self._show_count()

    def minimumSizeHint(self) -> QSize:
        """Return the size with the number of layers alone."""
        return super().minimumSizeHint() - QSize(self._count.minimumWidth() - self._widths()[0], 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self._show_count()

    def _widths(self) -> tuple[int, int]:
        """Return the widths of the largest number of layers, alone and in words, so that nothing jumps."""
        number, metrics = format_count(most_layers()), self._count.fontMetrics()
        texts = number, self.tr("{} hidden layers").format(number)
        return metrics.horizontalAdvance(texts[0]) + 4, metrics.horizontalAdvance(texts[1]) + 4

    def _show_count(self) -> None:
        count = len(self._experiment.network.layers)
        short, long = self._widths()
        words = {0: self.tr("no hidden layer"), 1: self.tr("1 hidden layer")}
        text = words.get(count, self.tr("{} hidden layers").format(format_count(count)))
        roomy = self.minimumSizeHint().width() + long - short <= self.width()
        self._count.setText(text if roomy else format_count(count))
        self._count.setToolTip("" if roomy else text)
        self._count.setAccessibleName(text)
        self._count.setMinimumWidth(long if roomy else short)

    @Slot()
    def _add_layer(self) -> None:
        layers = self._experiment.network.layers
        self.edited.emit("network.layers", (*layers, next_layer(layers)))

    @Slot()
    def _remove_layer(self) -> None:
        self.edited.emit("network.layers", self._experiment.network.layers[:-1])
