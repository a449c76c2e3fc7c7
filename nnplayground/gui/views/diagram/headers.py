"""What stands above a column: activation and width, normalization and dropout, as short as the room asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from PySide6.QtCore import QCoreApplication

from nnplayground.experiment import Field
from nnplayground.experiment.knob import annotation_of, knob_of
from nnplayground.experiment.layer import Learning
from nnplayground.experiment.layers import AnyLayer, Layer
from nnplayground.experiment.network import Network
from nnplayground.experiment.shorthand import brief, text
from nnplayground.gui.knobs import wording
from nnplayground.gui.numbers import format_count, format_percent
from nnplayground.gui.views.diagram.structure import Structure

_SHORT = {"batch": "BN", "layer": "LN", "group": "GN", "weight": "WN"}  # normalizations where room is scarce


def header_lines(structure: Structure, column: int, room: float, width: Callable[[str], float]) -> tuple[str, ...]:
    """Return the lines above a column, each fitting into `room` where it can; `width` measures a text."""
    if 0 < column <= len(structure.layers):
        layer = structure.layers[column - 1]
        if structure.forms[column] == "maps" and not layer.learns:
            words = slab_words(layer)
            return (words,) if width(words) <= room else tuple(words.split(" ", 1))
        return _layer_lines(layer, room, width)
    if column > 0:
        return (_tr("linear") if structure.link == "identity" else _tr(structure.link),)
    name = _tr("features") if structure.features else _tr("image") if structure.image else _tr("inputs")
    rate = structure.input_dropout
    return (name, _first([_tr("dropout {}"), "{}"], room, width, format_percent(rate, trim=True))) if rate else (name,)


def upright_line(layer: AnyLayer, room: float, width: Callable[[str], float]) -> str:
    """Return what stands along a column where there is no room above it: "conv 16 5×5 · BN", as far as it fits."""
    if not isinstance(layer, Learning):
        return _first([slab_words(layer), brief(layer)], room, width, "")
    dense = isinstance(layer, Layer)
    whole, short = (
        (f"{shown('activation', layer.activation)} {layer.neurons}",) * 2 if dense else (text(layer), brief(layer))
    )
    norm = _SHORT.get(str(layer.normalization), "")
    rate = format_percent(layer.dropout, trim=True) if layer.dropout else ""
    dropped = rate and _tr("drop {}").format(rate)
    parts = ((whole, norm, dropped), (whole, norm, rate), (whole, norm), (whole,), (short, norm), (short,))
    return _first([" · ".join(filter(None, some)) for some in parts], room, width, "")


def layer_summary(layer: AnyLayer, index: int) -> str:
    """Return a hidden layer in words: "Layer 1: 8 neurons, tanh, dropout 20 %", "Layer 2: max pool 2"."""
    if not isinstance(layer, Learning):
        return _tr("Layer {}: {}").format(index + 1, slab_words(layer))
    parts = [_count(layer), shown("activation", layer.activation)]
    if layer.normalization == "weight":
        parts.append(shown("normalization", layer.normalization))
    elif layer.normalization != "none":
        words = (shown("normalization", layer.normalization), shown("norm_place", layer.norm_place))
        parts.append(" ".join(words))
    if layer.dropout:
        parts.append(_tr("dropout {}").format(format_percent(layer.dropout, trim=True)))
    return _tr("Layer {}: {}").format(index + 1, ", ".join(parts))


def slab_words(layer: AnyLayer, room: float = inf, width: Callable[[str], float] = len) -> str:
    """Return what a layer that learns nothing does: "average pool 2", in little room "pool", of "flatten" "flat"."""
    return _first([text(layer), brief(layer), brief(layer)[:4]], room, width, "")


def _count(layer: AnyLayer) -> str:
    if not isinstance(layer, Layer):
        return text(layer)
    return _tr("1 neuron") if layer.width == 1 else _tr("{} neurons").format(format_count(layer.width))


def shown(name: str, value: object) -> str:
    """Return what a choice of the network's knob `name` is called on screen: "leaky ReLU"."""
    annotation = annotation_of(Network, name)
    knob = knob_of(annotation)
    return str(value) if knob is None else wording.shown(Field(f"network.{name}", annotation, knob, value, None), value)


def _layer_lines(layer: AnyLayer, room: float, width: Callable[[str], float]) -> tuple[str, ...]:
    if not isinstance(layer, Learning):
        return ()  # its words stand along it
    if isinstance(layer, Layer):
        first, count = shown("activation", layer.activation), format_count(layer.neurons)
    else:
        first, count = _fitting(text(layer).split()[0], room, width), format_count(layer.neurons)
    together = f"{first} · {count}"
    lines: tuple[str, ...] = (together,) if width(together) <= room else (first, count)
    lines += () if isinstance(layer, Layer) else _block_lines(layer, room, width)
    rate = format_percent(layer.dropout, trim=True) if layer.dropout else ""
    if layer.normalization not in (None, "none"):
        norm, short = shown("normalization", layer.normalization), _SHORT[layer.normalization]
        if rate:
            texts = [_tr("{}, dropout {}").format(norm, rate), _tr("norm, drop {}").format(rate)]
            return (*lines, _first([*texts, f"{short} · {rate}", _tr("{}+D").format(short)], room, width, ""))
        return (*lines, _first([norm, short], room, width, ""))
    if rate:
        return (*lines, _first([_tr("dropout {}"), _tr("drop {}"), "{}"], room, width, rate))
    return lines


def _block_lines(layer: Learning, room: float, width: Callable[[str], float]) -> tuple[str, ...]:
    """Return what a block looks at and its activation: "3×3 · ReLU", or one of both where room is scarce."""
    kernel = getattr(layer, "kernel", None)
    side = "" if kernel is None else f"{kernel}×{kernel}"
    bent = shown("activation", layer.activation)
    if not side:
        return (_fitting(bent, room, width),)
    return (_first([f"{side} · {bent}", side], room, width, ""),)


def _fitting(word: str, room: float, width: Callable[[str], float]) -> str:
    """Return a word, or its first three letters where it does not fit."""
    return _first([word, word[:3]], room, width, "")


def _first(patterns: Sequence[str], room: float, width: Callable[[str], float], value: str) -> str:
    texts = [pattern.format(value) for pattern in patterns]
    return next((text for text in texts if width(text) <= room), texts[-1])


def _tr(text: str) -> str:
    return QCoreApplication.translate("NetworkView", text)
