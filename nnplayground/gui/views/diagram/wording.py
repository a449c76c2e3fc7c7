"""The diagram in words: what tiles, edges and marks are called, and what they say."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from nnplayground.gui.numbers import format_number
from nnplayground.gui.views.diagram.headers import layer_summary
from nnplayground.gui.views.diagram.scene import Background, Edge, Mark, Scene, Spot, Tile


def tile_name(scene: Scene, column: int, row: int) -> str:
    """Return what a tile is called: "x₁²", "layer 2, neuron 3", "output: setosa"."""
    structure = scene.structure
    if column == 0:
        return structure.input_names[row]
    if column <= len(structure.layers):
        return _tr("layer {}, neuron {}").format(column, row + 1)
    names = structure.output_names
    return _tr("output: {}").format(names[row]) if row < len(names) else _tr("output")


def source_name(scene: Scene, column: int, row: int) -> str:
    """Return what the tile an edge comes from is called, in brief: "x₁²", "neuron 3"."""
    return scene.structure.input_names[row] if column == 0 else _tr("neuron {}").format(row + 1)


def spot_words(scene: Scene, spot: Spot) -> str:
    """Return one line about a spot, with its number where it has one."""
    if isinstance(spot, Edge):
        weight = scene.weight(spot)
        number = "" if weight is None else format_number(weight)
        end, start = tile_name(scene, spot.gap + 1, spot.end), source_name(scene, spot.gap, spot.start)
        return _tr("{} ← {}: weight {}").format(end, start, number)
    if isinstance(spot, Mark):
        bias = scene.bias(spot.column, spot.row)
        number = "" if bias is None else format_number(bias)
        return _tr("{}: bias {}").format(tile_name(scene, spot.column, spot.row), number)
    if isinstance(spot, Tile):
        return tile_name(scene, spot.column, spot.row)
    return _background_words(scene, spot)


def _background_words(scene: Scene, spot: Background) -> str:
    return layer_summary(scene.structure.layers[spot.column - 1], spot.column - 1)


def _tr(text: str) -> str:
    return QCoreApplication.translate("NetworkView", text)
