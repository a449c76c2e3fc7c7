"""The diagram in words: what tiles, edges and marks are called, and what they say."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from nnplayground.gui.numbers import format_number
from nnplayground.gui.views.diagram.headers import layer_summary
from nnplayground.gui.views.diagram.scene import Background, Edge, Mark, Scene, Spot


def tile_name(scene: Scene, column: int, row: int) -> str:
    """Return what a tile is called: "x₁²", "layer 2, neuron 3", "output: setosa"."""
    structure = scene.structure
    if column == 0:
        return structure.input_names[row]
    if column <= len(structure.layers):
        form = structure.forms[column]
        if form == "slab":
            return layer_summary(structure.layers[column - 1], column - 1)
        words = _tr("layer {}, neuron {}") if form == "tiles" else _tr("layer {}, channel {}")
        return words.format(column, row + 1)
    names = structure.output_names
    return _tr("output: {}").format(names[row]) if row < len(names) else _tr("output")


def source_name(scene: Scene, column: int, row: int) -> str:
    """Return what the tile an edge comes from is called, in brief: "x₁²", "neuron 3"."""
    return scene.structure.input_names[row] if column == 0 else _tr("neuron {}").format(row + 1)


def place_name(scene: Scene, spot: Spot) -> str:
    """Return where a spot is: "layer 2, neuron 3 ← x₁", "layer 2, neuron 3", "Layer 2: max pool 2"."""
    if isinstance(spot, Edge):
        end, start = tile_name(scene, spot.gap + 1, spot.end), source_name(scene, spot.gap, spot.start)
        return f"{end} ← {start}"
    if isinstance(spot, Background):
        return layer_summary(scene.structure.layers[spot.column - 1], spot.column - 1)
    return tile_name(scene, spot.column, spot.row)


def spot_name(scene: Scene, spot: Spot) -> str:
    """Return what a spot is: "layer 2, neuron 3 ← x₁: weight", "layer 2, neuron 3: bias"."""
    words = {Edge: _tr("{}: weight"), Mark: _tr("{}: bias")}.get(type(spot), "{}")
    return words.format(place_name(scene, spot))


def spot_words(scene: Scene, spot: Spot) -> str:
    """Return one line about a spot, with its number where it has one."""
    number = None
    if isinstance(spot, Edge):
        number = scene.weight(spot)
    elif isinstance(spot, Mark):
        number = scene.bias(spot.column, spot.row)
    name = spot_name(scene, spot)
    return name if number is None else f"{name} {format_number(number)}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("NetworkView", text)
