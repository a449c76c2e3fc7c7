"""The network as a diagram: what every neuron responds to, every weight, and the controls of its structure."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from nnplayground.engine.probes import Request, ResponseRequest, Responses
from nnplayground.experiment import Experiment
from nnplayground.experiment.network import next_layer
from nnplayground.gui.layer_popover import LayerPopover
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.theme import SPACING, Theme
from nnplayground.gui.views.diagram.bubble import Card, NeuronBubble
from nnplayground.gui.views.diagram.controls import SignButton
from nnplayground.gui.views.diagram.diagram import FOOT, Diagram
from nnplayground.gui.views.diagram.layout import MOST_TILES
from nnplayground.gui.views.diagram.look import look_of
from nnplayground.gui.views.diagram.scene import Background, Edge, Mark, Spot, Tile
from nnplayground.gui.views.diagram.structure import Structure, most_layers, structure_of
from nnplayground.gui.views.diagram.value_box import ValueBox
from nnplayground.gui.views.diagram.wording import spot_name, tile_name
from nnplayground.gui.views.view import Frame, View

_RESOLUTIONS = (32, 24, 16, 12, 8)  # pixels a side of the neurons' pictures
_PRODUCTS = 2e7  # multiplications that a frame's pictures may cost


class NetworkView(View):
    """The network, which is the control panel of its own structure.

    `edited` carries a knob's path and the value asked for, `weight_edited` (layer, output, input, value) and
    `bias_edited` (layer, neuron, value). Layers are those that learn; they count from 0, the output is the last.
    """

    title: ClassVar[str] = "Network"
    name: ClassVar[str] = "network"

    edited = Signal(str, object)
    weight_edited = Signal(int, int, int, float)
    bias_edited = Signal(int, int, float)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        experiment = Experiment()
        self._experiment = experiment
        self._drawn: tuple[object, ...] = ()
        look = look_of(theme)
        self.diagram = Diagram(structure_of(experiment, None), look)
        self.diagram.edited.connect(self.edited)
        self.diagram.pointed.connect(self._on_pointed)
        self.diagram.pressed.connect(self._on_pressed)
        self._fewer = SignButton("network.remove_layer", plus=False, look=look, parent=self)
        self._more = SignButton("network.add_layer", plus=True, look=look, parent=self)
        self._count = QLabel(self)
        self._fewer.clicked.connect(self._remove_layer)
        self._more.clicked.connect(self._add_layer)
        self._lay_out()
        self._bubble = NeuronBubble(look, self)
        self._popover: LayerPopover | None = None
        self._show_count()

    def _lay_out(self) -> None:
        title = QLabel(self.tr(self.title), self)
        title.setProperty("role", "title")
        self._count.setProperty("role", "secondary")
        self._count.setAlignment(Qt.AlignmentFlag.AlignCenter)
        head = QHBoxLayout()
        head.setContentsMargins(2 * SPACING - 2, SPACING, SPACING, 0)
        head.setSpacing(2)
        head.addWidget(title)
        head.addStretch()
        for widget in (self._fewer, self._count, self._more):
            head.addWidget(widget)
        self._scroll = scroll = QScrollArea(self)
        scroll.setObjectName("network.scroll")
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.viewport().setAutoFillBackground(False)
        scroll.setWidget(self.diagram)
        self.diagram.setAutoFillBackground(False)  # which setWidget turns on
        self.setFocusProxy(self.diagram)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, FOOT)
        layout.setSpacing(0)
        layout.addLayout(head)
        layout.addWidget(scroll, 1)

    # frames

    def needs(self, frame: Frame) -> frozenset[Request]:
        """Ask for what each neuron responds to."""
        return frozenset({self._request(self._structure(frame))})

    def draw(self, frame: Frame) -> None:
        """Draw the frame's network; nothing is done where the frame holds nothing new."""
        structure = self._structure(frame)
        responses = frame.reading(self._request(structure), Responses)
        seen = (frame.experiment, frame.dataset, frame.snapshot, responses)
        if self._drawn and all(a is b for a, b in zip(seen, self._drawn, strict=True)):
            return
        if frame.experiment is not self._experiment:
            self._experiment = frame.experiment
            if self._popover is not None:
                self._popover.set_experiment(frame.experiment)
        self.diagram.set_structure(structure)
        self.diagram.take(frame.snapshot, responses, frame.dataset)
        self._show_count()
        self._drawn = seen
        self._show_card(self.diagram.spot)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        super().set_theme(theme)
        look = look_of(theme)
        for part in (self._fewer, self._more, self.diagram):
            part.set_look(look)
        self._bubble.look = look
        self._show_count()

    def reject(self, path: str, message: str) -> None:
        """Say in the open popover, where there is one, why an edit was refused."""
        if self._popover is not None:
            self._popover.reject(path, message)

    def _structure(self, frame: Frame) -> Structure:
        if self._drawn and frame.experiment is self._drawn[0] and frame.dataset is self._drawn[1]:
            return self.diagram.structure
        return structure_of(frame.experiment, frame.dataset)

    def _request(self, structure: Structure) -> ResponseRequest:
        products = structure.parameters if structure.is_dense else _PRODUCTS  # of convolutions, each weight has many
        for resolution in _RESOLUTIONS:
            if products * resolution**2 <= _PRODUCTS:
                break
        return ResponseRequest(resolution=resolution, limit=MOST_TILES)

    def _show_count(self) -> None:
        count = len(self._experiment.network.layers)
        words = {0: self.tr("no hidden layer"), 1: self.tr("1 hidden layer")}
        many = self.tr("{} hidden layers")
        self._count.setText(words.get(count, many.format(format_count(count))))
        self._count.setMinimumWidth(self._count.fontMetrics().horizontalAdvance(many.format(most_layers())) + 4)
        self._fewer.setEnabled(count > 0)
        self._more.setEnabled(count < most_layers())
        self._fewer.set_words(self.tr("Remove the last hidden layer"))
        self._more.set_words(self.tr("Add a hidden layer"))

    # structure

    @Slot()
    def _add_layer(self) -> None:
        layers = self._experiment.network.layers
        self.edited.emit("network.layers", (*layers, next_layer(layers)))

    @Slot()
    def _remove_layer(self) -> None:
        self.edited.emit("network.layers", self._experiment.network.layers[:-1])

    # pointing and pressing

    @Slot(object)
    def _on_pointed(self, spot: Spot | None) -> None:
        self._show_card(spot)
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
        scene = self.diagram.scene
        if not isinstance(spot, Tile):
            self._bubble.hide()
            return
        picture = scene.picture(spot.column, spot.row)
        lines = []
        if picture is not None:
            low, high = format_number(picture.low, 3, trim=True), format_number(picture.high, 3, trim=True)
            lines.append((self._kind_words(spot, picture.kind), self.tr("{} to {}").format(low, high)))
        bias = scene.bias(spot.column, spot.row)
        if bias is not None:
            lines.append((self.tr("bias"), format_number(bias)))
        shapes = scene.structure.shapes
        if shapes and scene.structure.forms[spot.column] != "tiles":
            lines.append((self.tr("gives"), " × ".join(map(format_count, shapes[spot.column]))))
        card = Card(tile_name(scene, spot.column, spot.row), tuple(lines), picture)
        self._bubble.show_card(card, self._own(self.diagram.place_of(spot)))

    def _kind_words(self, tile: Tile, kind: str) -> str:
        words = {"weights": self.tr("weights"), "image": self.tr("mean image")}
        if kind in words:
            return words[kind]
        structure = self.diagram.structure
        if tile.column <= len(structure.layers):
            return self.tr("input") if tile.column == 0 else self.tr("response")
        return self.tr("value") if structure.link == "identity" else self.tr("probability")

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
