"""All buttons of the diagram: kept, placed and put in order as the structure changes."""

from __future__ import annotations

from itertools import chain, pairwise

from PySide6.QtCore import QObject, QRect, Signal, Slot
from PySide6.QtWidgets import QWidget

from nnplayground.experiment.knob import annotation_of, knob_of
from nnplayground.experiment.layers import Layer
from nnplayground.gui.views.diagram.controls import DiagramButton, FeatureButton, HeaderButton, SignButton
from nnplayground.gui.views.diagram.headers import layer_summary
from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.scene import Scene
from nnplayground.gui.views.diagram.structure import Structure

_LEAST = 20  # pixels of a column below which a plus and a minus could not be hit; its popover has the knob too


class Buttons(QObject):
    """The features' switches, and each hidden column's header, fewer and more.

    `edited` carries the path and value that a button asks for, `column_pressed` the column whose header was pressed.
    """

    edited = Signal(str, object)
    column_pressed = Signal(int)

    def __init__(self, canvas: QWidget, look: Look) -> None:
        super().__init__(canvas)
        self._canvas, self._look = canvas, look
        self._features: list[FeatureButton] = []
        self._headers: list[HeaderButton] = []
        self._fewer: list[SignButton] = []
        self._more: list[SignButton] = []
        self._structure: Structure | None = None
        self._upright = False

    def set_look(self, look: Look) -> None:
        """Take on another look."""
        self._look = look
        for button in self._all():
            button.set_look(look)

    def place(self, scene: Scene, headers: tuple[tuple[str, ...], ...], *, upright: bool = False) -> None:
        """Have just the buttons that a scene needs, where it needs them; headers may stand upright."""
        self._upright = upright
        self._structure = scene.structure
        self._keep(len(scene.structure.layers), scene.structure.features)
        self._place_features(scene)
        for index in range(len(scene.structure.layers)):
            self._place_layer(scene, index, headers[index + 1])

    def _order(self) -> None:
        """Have the tab key go on from the diagram through its buttons, column by column, whatever was made since."""
        layers = chain.from_iterable(zip(self._headers, self._fewer, self._more, strict=True))
        for before, after in pairwise((self._canvas, *self._features, *layers)):
            QWidget.setTabOrder(before, after)

    def _all(self) -> list[DiagramButton]:
        return [*self._features, *self._headers, *self._fewer, *self._more]

    def _keep(self, layers: int, features: tuple[str, ...]) -> None:
        names = [f"data.features.{feature}" for feature in features]
        before = self._all()
        if [button.objectName() for button in self._features] != names:
            _drop(self._features, 0)
            for name in names:
                switch = FeatureButton(name, self._look, self._canvas)
                switch.clicked.connect(self._switch)
                self._show(switch, self._features)
        for buttons in (self._headers, self._fewer, self._more):
            _drop(buttons, layers)
        for index in range(len(self._headers), layers):
            path = f"network.layers.{index}"
            header = HeaderButton(f"{path}.header", self._look, self._canvas)
            header.clicked.connect(self._open)
            self._show(header, self._headers)
            for buttons, name, plus in ((self._fewer, "fewer", False), (self._more, "more", True)):
                button = SignButton(f"{path}.{name}", plus=plus, look=self._look, parent=self._canvas)
                button.clicked.connect(self._resize)
                self._show(button, buttons)
        if self._all() != before:
            self._order()

    def _show(self, button: DiagramButton, among: list) -> None:
        among.append(button)
        button.show()

    def _place_features(self, scene: Scene) -> None:
        structure, column = scene.structure, scene.geometry.columns[0]
        on = structure.sizes[0]
        for row, button in enumerate(self._features):
            button.setVisible(row < len(column.ys))
            if row >= len(column.ys):
                continue
            box, margin = column.box(row), round(self._look.px(4))
            left = round(self._look.px(4))
            button.setGeometry(
                QRect(left, round(box.top) - margin, round(box.right) + margin - left, round(box.height) + 2 * margin)
            )
            is_on = structure.places[row] is not None
            button.setChecked(is_on)
            last = is_on and on == 1
            button.setEnabled(not last)
            name = structure.input_names[row]
            asked = self.tr("Turn {} off") if is_on else self.tr("Turn {} on")
            tip = self.tr("{}: at least one feature stays on").format(name) if last else asked.format(name)
            button.set_words(name, tip)

    def _place_layer(self, scene: Scene, index: int, lines: tuple[str, ...]) -> None:
        look, geometry = self._look, scene.geometry
        layer, placed = scene.structure.layers[index], geometry.columns[index + 1]
        header, room = self._headers[index], geometry.rooms[index + 1]
        widest = max((look.width(line) for line in lines), default=placed.tile) + look.px(14)
        half = min(widest, room - 2) / 2
        height = round(max(len(lines), 1) * look.line_height + look.px(8))
        if self._upright:
            height = round(geometry.top - look.px(12))
        header.setGeometry(QRect(round(placed.x - half), round(look.px(6)), round(2 * half), height))
        header.set_lines(lines, upright=self._upright)
        header.set_words(layer_summary(layer, index))
        knob = knob_of(annotation_of(type(layer), layer.sized_by)) if layer.sized_by else None
        fewer, more = self._fewer[index], self._more[index]
        one = self.tr("neuron") if isinstance(layer, Layer) else self.tr("filter")
        fewer.set_words(self.tr("One {} fewer in layer {}").format(one, index + 1))
        more.set_words(self.tr("One {} more in layer {}").format(one, index + 1))
        for button in (fewer, more):
            button.setVisible(knob is not None and room >= look.px(_LEAST))
            button.setEnabled(knob is not None)
        if knob is None:
            return
        side = min(fewer.sizeHint().width(), int(room / 2) - 1)
        foot = geometry.bottom + (
            0.0 if scene.structure.is_dense else look.line_height + look.px(3)
        )  # below the blocks' shapes
        top = round(foot + (geometry.height - foot - side) / 2)
        fewer.setGeometry(QRect(round(placed.x) - side, top, side, side))
        more.setGeometry(QRect(round(placed.x), top, side, side))
        fewer.setEnabled(knob.low is None or layer.neurons > knob.low)
        more.setEnabled(knob.high is None or layer.neurons < knob.high)

    @Slot()
    def _switch(self) -> None:
        structure, button = self._structure, self.sender()
        if structure is None or not isinstance(button, FeatureButton):
            return
        row = self._features.index(button)
        switched = [(p is not None) != (i == row) for i, p in enumerate(structure.places)]
        button.setChecked(structure.places[row] is not None)  # the experiment decides, not the button
        chosen = tuple(feature for feature, on in zip(structure.features, switched, strict=True) if on)
        self.edited.emit("data.features", chosen)

    @Slot()
    def _resize(self) -> None:
        structure, button = self._structure, self.sender()
        if structure is None or not isinstance(button, SignButton):
            return
        by = 1 if button in self._more else -1
        index = (self._more if by > 0 else self._fewer).index(button)
        layer = structure.layers[index]
        self.edited.emit(f"network.layers.{index}.{layer.sized_by}", layer.neurons + by)

    @Slot()
    def _open(self) -> None:
        button = self.sender()
        if isinstance(button, HeaderButton):
            self.column_pressed.emit(self._headers.index(button) + 1)


def _drop(buttons: list, after: int) -> None:
    for button in buttons[after:]:
        button.hide()
        button.setObjectName("")  # the name may go to another button before this one is gone
        button.deleteLater()
    del buttons[after:]
