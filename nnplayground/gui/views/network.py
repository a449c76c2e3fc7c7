"""The network as a diagram: what every neuron responds to, every weight, and the controls of its structure."""

from __future__ import annotations

from itertools import pairwise
from typing import ClassVar

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QMessageBox, QScrollArea, QVBoxLayout, QWidget

from nnplayground.engine.probes import (
    Request,
    ResponseRequest,
    Responses,
    Trace,
    WeightGradientRequest,
    WeightGradients,
    WeightUpdateRequest,
    WeightUpdates,
)
from nnplayground.engine.probes.trace import Part
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.architecture.dialog import ArchitectureDialog
from nnplayground.gui.architecture.plan import plan_of
from nnplayground.gui.layer_popover import LayerPopover
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.diagram.bubble import NeuronBubble
from nnplayground.gui.views.diagram.cards import card_of
from nnplayground.gui.views.diagram.diagram import Diagram
from nnplayground.gui.views.diagram.fitting import FOOT
from nnplayground.gui.views.diagram.head import Head
from nnplayground.gui.views.diagram.layout import MOST_TILES
from nnplayground.gui.views.diagram.look import look_of
from nnplayground.gui.views.diagram.quantities import GRADIENTS, UPDATES, Content, Numbers, before
from nnplayground.gui.views.diagram.scene import Background, Edge, Mark, Spot
from nnplayground.gui.views.diagram.structure import Structure, structure_of
from nnplayground.gui.views.diagram.table import weight_table
from nnplayground.gui.views.diagram.tracing import TraceBar
from nnplayground.gui.views.diagram.value_box import ValueBox
from nnplayground.gui.views.diagram.wording import spot_name
from nnplayground.gui.views.info import InfoButton
from nnplayground.gui.views.keeping import KeptView, Table, keeping_its_place
from nnplayground.gui.views.view import Frame

_RESOLUTIONS = (32, 24, 16, 12, 8)  # pixels a side of the neurons' pictures
_PRODUCTS = 2e7  # multiplications that a frame's pictures may cost
_ASKED = {GRADIENTS: WeightGradientRequest(), UPDATES: WeightUpdateRequest()}


class NetworkView(KeptView):
    """The network, which is the control panel of its own structure.

    `edited` carries a knob's path and the value asked for, `fan_asked` the path of a knob of which several values are
    wanted, `weight_edited` (layer, output, input, value) and `bias_edited` (layer, neuron, value). Layers are those
    that learn; they count from 0, the output is the last.
    """

    title: ClassVar[str] = "Network"
    name: ClassVar[str] = "network"
    explanation = (
        "<p>Values flow from left to right. Each <b>tile</b> is a neuron: its picture shows for which data it answers "
        "strongly, blue for positive, orange for negative. Each <b>edge</b> is a weight: colour is its sign, width its "
        "size beside the largest of its layer. The dot at a tile's corner is its bias. Point at anything for its exact "
        "numbers, click an edge or a dot to set it.</p>"
        "<p>Edges may show <b>gradients</b> (the slope of the training loss along each weight, over at most 256 "
        "samples, without dropout and penalties), <b>updates since start</b>, or the <b>latest updates</b>, since the "
        "picture before: one step, if you take them one by one. A layer whose gradients vanish beside the others' "
        "hardly learns: try another activation, initialization or batch norm.</p>"
        "<p><b>Trace</b> follows one sample: inputs, every neuron's value, feature maps of images, the answer. Point "
        "at a neuron to see its sum, term by term; <b>contributions</b> show weight times value on the edges.</p>"
        "<p>Large networks are folded: a column is a layer, its first channels are shown, the rest counted.</p>"
    )

    edited = Signal(str, object)
    fan_asked = Signal(str)
    weight_edited = Signal(int, int, int, float)
    bias_edited = Signal(int, int, float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        experiment = Experiment()
        self._experiment = experiment
        self._drawn: tuple[object, ...] = ()
        self._before: Snapshot | None = None  # of this run, drawn before the last one
        look = look_of(theme)
        self.diagram = Diagram(structure_of(experiment, None), look)
        self.diagram.edited.connect(self.edited)
        self.diagram.pointed.connect(self._on_pointed)
        self.diagram.pressed.connect(self._on_pressed)
        ends = keeping_its_place(InfoButton(self)), self.menu_button()
        self.head = Head(self.tr(self.title), look, ends, self)
        self.head.edited.connect(self.edited)
        self.head.picker.changed.connect(self._on_asked)
        self.head.tracer.toggled.connect(self._on_traced)
        self.tracing = TraceBar(theme, self)
        self.tracing.chosen.connect(self._on_asked)
        self.tracing.hide()
        self.add_keeping()
        self.menu.addSeparator()
        self.add_command("architecture", self.tr("Architecture picture…"), self.show_architecture)
        self._lay_out()
        self._bubble = NeuronBubble(look, self)
        self._popover: LayerPopover | None = None

    def _lay_out(self) -> None:
        self._scroll = scroll = QScrollArea(self)
        scroll.setObjectName("network.scroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        scroll.setWidget(self.diagram)
        self.diagram.setAutoFillBackground(False)  # which setWidget turns on
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, FOOT)
        layout.setSpacing(0)
        layout.addWidget(self.head)
        layout.addWidget(self.tracing)
        layout.addWidget(scroll, 1)
        tracing = self.tracing.part, self.tracing.number, self.tracing.dice
        for first, second in pairwise((*self.head.stops, *tracing, self.diagram)):
            QWidget.setTabOrder(first, second)

    # frames

    def needs(self, frame: Frame) -> frozenset[Request]:
        """Ask for what each neuron responds to, and for what was chosen or is pointed at."""
        asked: set[Request] = {self._request(self._structure(frame))}
        asked |= {_ASKED[quantity] for quantity in self._quantities if quantity in _ASKED}
        if self.is_tracing:
            asked.add(self.tracing.request)
        return frozenset(asked)

    def draw(self, frame: Frame) -> None:
        """Draw the frame's network; nothing is done where the frame holds nothing new."""
        structure, last = self._structure(frame), self._frame
        responses = frame.reading(self._request(structure), Responses)
        readings = self._readings(frame)
        options = self.head.picker.chosen, structure.traced
        seen = (frame.experiment, frame.dataset, frame.snapshot, responses, *readings, *options)
        if self._drawn and all(a is b for a, b in zip(seen, self._drawn, strict=True)):
            return
        if not self._drawn or frame.experiment is not self._drawn[0]:
            self.head.show_experiment(frame.experiment)
            self._experiment = frame.experiment
            if self._popover is not None:
                self._popover.set_experiment(frame.experiment)
        if last is not None and frame.snapshot is not last.snapshot:
            same = frame.history is last.history
            self._before = before(last.snapshot, self._before, frame.snapshot) if same else None
        self._frame, self._drawn = frame, seen
        self.diagram.set_structure(structure)
        self.diagram.take(Content(self._numbers(frame), responses, frame.dataset))
        self.tracing.show_dataset(frame.dataset)
        self.tracing.show_trace(self.diagram.scene.numbers.trace, frame.dataset)
        self._show_card(self.diagram.spot)

    def table(self, frame: Frame) -> Table:
        """Return every weight and bias, with what is known of each."""
        return weight_table(self._structure(frame), self._numbers(frame))

    @property
    def _quantities(self) -> set[str]:
        """Which quantities are looked at: that on the edges, and all of an edge or bias that is pointed at."""
        pointed = isinstance(self.diagram.spot, Edge | Mark)
        return {self.head.picker.chosen, *((GRADIENTS, UPDATES) if pointed else ())}

    def _readings(self, frame: Frame) -> tuple[WeightGradients | None, WeightUpdates | None, Trace | None]:
        return (
            frame.reading(_ASKED[GRADIENTS], WeightGradients),
            frame.reading(_ASKED[UPDATES], WeightUpdates),
            frame.reading(self.tracing.request, Trace) if self.is_tracing else None,
        )

    def _numbers(self, frame: Frame) -> Numbers:
        gradients, updates, trace = self._readings(frame)
        return Numbers(self.head.picker.chosen, frame.snapshot, self._before, gradients, updates, trace)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        super().set_theme(theme)
        self.tracing.set_theme(theme)
        look = look_of(theme)
        for part in (self.head, self.diagram):
            part.set_look(look)
        self._bubble.look = look

    def reject(self, path: str, message: str) -> None:
        """Say in the open popover, where there is one, why an edit was refused."""
        if self._popover is not None:
            self._popover.reject(path, message)

    def _structure(self, frame: Frame) -> Structure:
        structure = self.diagram.structure
        same = self._drawn and frame.experiment is self._drawn[0] and frame.dataset is self._drawn[1]
        if same and structure.traced == self.is_tracing:
            return structure
        return structure_of(frame.experiment, frame.dataset, traced=self.is_tracing)

    def _request(self, structure: Structure) -> ResponseRequest:
        products = structure.parameters if structure.is_dense else _PRODUCTS  # of convolutions, each weight has many
        for resolution in _RESOLUTIONS:
            if products * resolution**2 <= _PRODUCTS:
                break
        return ResponseRequest(resolution=resolution, limit=MOST_TILES)

    # a sample, and what the edges show

    @property
    def is_tracing(self) -> bool:
        """Whether a sample is followed."""
        return self.head.tracer.isChecked()

    def trace(self, part: Part, index: int) -> None:
        """Follow sample `index`, from 0, of a part through the network, from now on."""
        self.tracing.choose(part, index)
        self.head.tracer.setChecked(True)

    @Slot(bool)
    def _on_traced(self, traced: bool) -> None:
        self.tracing.setVisible(traced)
        self._on_asked()

    @Slot()
    def _on_asked(self) -> None:
        """Draw with what there is, and ask for what is missing."""
        if self._frame is not None:
            self.draw(self._frame)
        self.asked.emit()

    def show_architecture(self) -> ArchitectureDialog | None:
        """Open the window that makes a picture of the architecture; None where it is not known yet, which is said."""
        try:
            plan = plan_of(self._experiment, None if self._frame is None else self._frame.dataset)
        except ExperimentError as error:
            QMessageBox.information(self, self.tr("Architecture picture"), str(error))
            return None
        dialog = ArchitectureDialog(plan, self.theme, self)
        dialog.show()
        return dialog

    # pointing and pressing

    @Slot(object)
    def _on_pointed(self, spot: Spot | None) -> None:
        self._show_card(spot)
        if isinstance(spot, Edge | Mark):
            self.asked.emit()
        if spot is not None and not self.diagram.underMouse():  # led there by keys
            middle = self.diagram.place_of(spot).center()
            self._scroll.ensureVisible(middle.x(), middle.y(), 40, 0)

    @Slot(object)
    def _on_pressed(self, spot: Spot) -> None:
        if isinstance(spot, Edge):
            self._edit_weight(spot)
        elif isinstance(spot, Mark):
            self._edit_bias(spot)
        elif 0 < spot.column <= len(self._experiment.network.layers):
            self._open_layer(spot.column)

    def _show_card(self, spot: Spot | None) -> None:
        card = card_of(self.diagram.scene, spot)
        if card is None or spot is None:
            self._bubble.hide()
        else:
            self._bubble.show_card(card, self._own(self.diagram.place_of(spot)))

    def _edit_weight(self, edge: Edge) -> None:
        scene = self.diagram.scene
        weight, layer, output = scene.weight(edge), scene.structure.learners[edge.gap + 1], edge.end
        if weight is None or layer is None:
            return
        source = scene.network_input(edge)
        box = ValueBox(spot_name(scene, edge), weight, self)
        box.changed.connect(lambda value: self.weight_edited.emit(layer, output, source, value))
        box.show_at(self._own(self.diagram.place_of(edge)))

    def _edit_bias(self, mark: Mark) -> None:
        scene = self.diagram.scene
        bias, layer, neuron = scene.bias(mark.column, mark.row), scene.structure.learners[mark.column], mark.row
        if bias is None or layer is None:
            return
        box = ValueBox(spot_name(scene, mark), bias, self)
        box.changed.connect(lambda value: self.bias_edited.emit(layer, neuron, value))
        box.show_at(self._own(self.diagram.place_of(mark)))

    def _open_layer(self, column: int) -> None:
        self._popover = LayerPopover(self._experiment, column - 1, self)
        self._popover.edited.connect(self.edited)
        self._popover.fan_asked.connect(self.fan_asked)
        self._popover.closed.connect(self._on_popover_closed)
        self.diagram.set_open_column(column)
        self._bubble.hide()
        self._popover.show_at(self._own(self.diagram.place_of(Background(column))))

    @Slot()
    def _on_popover_closed(self) -> None:
        self._popover = None
        self.diagram.set_open_column(None)

    def _own(self, place: QRect) -> QRect:
        """Return a rectangle of the diagram's in this view's own pixels."""
        return QRect(self.diagram.mapTo(self, place.topLeft()), place.size())
