"""From what an experiment says of a layer to the layer as it is computed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnplayground.engine.layers.composed import Inception, MBConv, Residual
from nnplayground.engine.layers.learner import Conv, Dense
from nnplayground.engine.layers.pooling import AveragePool, Flatten, GlobalPool, MaxPool, Resize
from nnplayground.engine.layers.stage import Stage
from nnplayground.engine.layers.unit import Style
from nnplayground.experiment.layers import AnyLayer
from nnplayground.experiment.shape import Shape
from nnplayground.experiment.style import STYLE


def _style(layer: Any) -> Style:
    return Style(**{name: getattr(layer, name) for name in STYLE if name not in ("dropout", "max_norm")})


def _conv(layer: Any, given: Shape, gives: Shape) -> Stage:
    around = layer.kernel // 2 if layer.padding == "same" else 0
    return Conv(given, gives, _style(layer), layer.kernel, layer.stride, around)


STAGES: dict[str, Callable[[Any, Shape, Shape], Stage]] = {  # of a layer, and the shapes that it is given and gives
    "dense": lambda layer, given, gives: Dense(given, gives, _style(layer)),
    "conv": _conv,
    "max_pool": lambda layer, given, gives: MaxPool(given, gives, layer.size, layer.pace),
    "average_pool": lambda layer, given, gives: AveragePool(given, gives, layer.size, layer.pace),
    "global_pool": lambda _, given, gives: GlobalPool(given, gives),
    "flatten": lambda _, given, gives: Flatten(given, gives),
    "resize": lambda _, given, gives: Resize(given, gives),
    "residual": lambda layer, given, gives: Residual(given, gives, _style(layer), layer.stride),
    "inception": lambda layer, given, gives: Inception(given, gives, _style(layer), layer.shares),
    "mbconv": lambda layer, given, gives: MBConv(
        given, gives, _style(layer), layer.expansion, layer.kernel, layer.stride
    ),
}


def stage(layer: AnyLayer, given: Shape, gives: Shape) -> Stage:
    """Return a layer, with all that it left to the network filled in, as it is computed between two shapes."""
    return STAGES[layer.kind](layer, given, gives)
