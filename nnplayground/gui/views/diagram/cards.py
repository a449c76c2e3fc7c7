"""What the card beside the pointer says of tiles, edges and marks."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QCoreApplication

from nnplayground.engine.probes import Floats, TracedLayer
from nnplayground.experiment.layer import Learning
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.views.diagram.bubble import Card, Line
from nnplayground.gui.views.diagram.headers import shown
from nnplayground.gui.views.diagram.quantities import CONTRIBUTIONS, GRADIENTS, LATEST, UPDATES, WEIGHTS
from nnplayground.gui.views.diagram.scene import Edge, Mark, Scene, Spot, Tile
from nnplayground.gui.views.diagram.wording import place_name, source_name

_MOST_TERMS = 10  # of a neuron's sum that are told one by one, the largest first


def card_of(scene: Scene, spot: Spot | None) -> Card | None:
    """Return what is to be said of a spot, or None where there is nothing."""
    if isinstance(spot, Tile):
        picture, terms = scene.picture(spot.column, spot.row), _terms(scene, spot)
        return Card(place_name(scene, spot), (*_tile_lines(scene, spot), *terms), None if terms else picture)
    if isinstance(spot, Edge):
        return Card(place_name(scene, spot), _edge_lines(scene, spot), None)
    if isinstance(spot, Mark):
        return Card(place_name(scene, spot), _mark_lines(scene, spot), None)
    return None


def _tile_lines(scene: Scene, tile: Tile) -> tuple[Line, ...]:
    lines: list[Line] = []
    picture = scene.picture(tile.column, tile.row)
    traced = scene.values[tile.column] is not None
    if picture is not None:
        low, high = format_number(picture.low, 3, trim=True), format_number(picture.high, 3, trim=True)
        lines.append((_kind_words(scene, tile, picture.kind), _tr("{} to {}").format(low, high)))
    bias = scene.bias(tile.column, tile.row)
    if bias is not None and not traced:
        lines.append((_tr("bias"), format_number(bias)))
    shapes = scene.structure.shapes
    if shapes and scene.structure.forms[tile.column] != "tiles":
        lines.append((_tr("gives"), " × ".join(map(format_count, shapes[tile.column]))))
    return tuple(lines)


def _kind_words(scene: Scene, tile: Tile, kind: str) -> str:
    structure = scene.structure
    words = {
        "weights": _quantity_words(scene, scene.numbers.shown),
        "image": _tr("mean image"),
        "sample": _tr("this sample"),
        "map": _tr("map of this sample"),
    }
    if kind in words:
        return words[kind]
    if tile.column <= len(structure.layers):
        return _tr("input") if tile.column == 0 else _tr("response")
    return _tr("value") if structure.link == "identity" else _tr("probability")


# single numbers


def _quantity_words(scene: Scene, quantity: str) -> str:
    steps = scene.numbers.steps
    latest = _tr("update, last step") if steps == 1 else _tr("update, last {} steps").format(format_count(steps))
    return {
        WEIGHTS: _tr("weights"),
        GRADIENTS: _tr("gradient"),
        UPDATES: _tr("update since the start"),
        LATEST: latest,
        CONTRIBUTIONS: _tr("weight × input"),
    }[quantity]


def _changes(scene: Scene, numbers: dict[str, float | None]) -> tuple[Line, ...]:
    known = [(quantity, value) for quantity, value in numbers.items() if value is not None]
    return tuple((_quantity_words(scene, quantity), format_number(value)) for quantity, value in known)


def _edge_lines(scene: Scene, edge: Edge) -> tuple[Line, ...]:
    weight = scene.weight(edge)
    lines = [] if weight is None else [(_tr("weight"), format_number(weight))]
    changes = _changes(scene, {q: scene.weight(edge, q) for q in (GRADIENTS, UPDATES, LATEST)})
    values = scene.values[edge.gap]
    if values is None or weight is None:
        return (*lines, *changes)
    value = float(values[edge.start])
    carried = ((_tr("times this sample's"), format_number(value)), (_tr("contributes"), format_number(weight * value)))
    return (*lines, *changes, *carried)


def _mark_lines(scene: Scene, mark: Mark) -> tuple[Line, ...]:
    bias = scene.bias(mark.column, mark.row)
    lines = [] if bias is None else [(_tr("bias"), format_number(bias))]
    return (*lines, *_changes(scene, {q: scene.bias(mark.column, mark.row, q) for q in (GRADIENTS, UPDATES, LATEST)}))


# a neuron's sum, of one sample


def _terms(scene: Scene, tile: Tile) -> tuple[Line, ...]:
    """Return how the traced sample's value of a neuron comes about: inputs times weights, bias, sum, activation."""
    values, trace = scene.values[tile.column], scene.numbers.trace
    if values is None or trace is None or not np.isfinite(values[tile.row]):
        return ()
    if tile.column == 0:
        return _input_lines(scene, tile)
    layer = trace.layers[tile.column - 1]
    weights, given = scene.structure.weights(scene.numbers.weights, tile.column - 1), _given(scene, tile.column)
    hidden = scene.structure.layers[tile.column - 1] if tile.column <= len(scene.structure.layers) else None
    bent = shown("activation", hidden.activation) if isinstance(hidden, Learning) else scene.structure.link
    lines = [] if weights is None or given is None else _products(scene, tile, weights[tile.row], given)
    bias = scene.bias(tile.column, tile.row)
    if bias is not None:
        lines.append((_tr("bias"), format_number(bias)))
    return (*lines, *_sum_lines(layer, tile.row), (_tr("= after {}").format(bent), format_number(values[tile.row])))


def _input_lines(scene: Scene, tile: Tile) -> tuple[Line, ...]:
    values, trace, place = scene.values[0], scene.numbers.trace, scene.structure.places[tile.row]
    assert values is not None, "a traced sample has inputs"
    lines = [(_tr("this sample, scaled"), format_number(float(values[tile.row])))]
    if trace is not None and place is not None and not scene.structure.features and len(trace.raw) == len(trace.inputs):
        lines.insert(0, (_tr("this sample"), format_number(float(trace.raw[place]))))
    return tuple(lines)


def _given(scene: Scene, column: int) -> Floats | None:
    """Return all numbers that the neurons of a column see of the sample; None where channels were left out."""
    structure = scene.structure
    found = structure.traced_values(scene.numbers.trace, column - 1)
    if found is None or found.size != structure.sizes[column - 1]:
        return None
    return found.ravel()


def _products(scene: Scene, tile: Tile, weights: Floats, given: Floats) -> list[Line]:
    products = weights.astype(np.float64) * given
    order = np.argsort(-np.abs(products), kind="stable")
    told = np.sort(order[:_MOST_TERMS]) if len(order) > _MOST_TERMS else np.arange(len(order))
    lines = []
    for i in told:
        factors = f"{format_number(float(given[i]), 3)} × {format_number(float(weights[i]), 3)}"
        lines.append((f"{_source(scene, tile.column - 1, int(i))}:  {factors}", format_number(float(products[i]))))
    rest = len(products) - len(told)
    if rest:
        others = float(products.sum() - products[told].sum())
        lines.append((_tr("{} others").format(format_count(rest)), format_number(others)))
    return lines


def _source(scene: Scene, column: int, index: int) -> str:
    structure = scene.structure
    if column == 0 and structure.image is not None:
        channels, height, width = structure.image
        channel, row, across = np.unravel_index(index, (channels, height, width))
        words = _tr("pixel {}, {}").format(row + 1, across + 1)
        return words if channels == 1 else f"{words} ({'RGB'[channel] if channels == 3 else channel + 1})"
    if column == 0:
        return structure.input_names[structure.places.index(index)]
    if structure.forms[column] == "tiles":
        return source_name(scene, column, index)
    return _tr("number {}").format(format_count(index + 1))


def _sum_lines(layer: TracedLayer, row: int) -> tuple[Line, ...]:
    if layer.sums is None:
        return ()
    lines = [(_tr("= sum"), format_number(float(layer.sums[row])))]
    if layer.bent is not None and layer.bent is not layer.sums:
        lines.append((_tr("= normalized"), format_number(float(layer.bent[row]))))
    return tuple(lines)


def _tr(text: str) -> str:
    return QCoreApplication.translate("NetworkView", text)
