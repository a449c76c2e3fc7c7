"""The network as tensor code over one flat parameter vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Generator
from torch import Tensor as Values

from nnplayground.engine.activations import ACTIVATIONS
from nnplayground.engine.initializers import draw
from nnplayground.engine.snapshot import Layout, Tensor
from nnplayground.experiment.network import Network

BATCH_NORM_MOMENTUM = 0.1  # of the running statistics, torch.nn.BatchNorm1d's default


@dataclass(frozen=True)
class Dense:
    """One fully connected layer, with all that it left to the network filled in."""

    inputs: int
    outputs: int
    activation: str
    initializer: str
    batch_norm: str  # none, before or after the activation


@dataclass(frozen=True)
class Draw:
    """Random numbers for each sample of a batch: drawn where a tuning has the term, in the order of Architecture.draws.

    Series are "uniform", in [0, 1), and "normal", with mean 0 and variance 1.
    """

    term: str
    series: str
    width: int


@dataclass(frozen=True)
class Architecture:
    """The layers from input to output, and where their tensors lie."""

    layers: tuple[Dense, ...]
    layout: Layout

    @property
    def draws(self) -> tuple[Draw, ...]:
        """All that chance may do to a sample, in the order in which `forward` comes to it."""
        widths = (self.layers[0].inputs, *(layer.outputs for layer in self.layers[:-1]))
        return tuple(Draw(f"dropout.{i}", "uniform", width) for i, width in enumerate(widths))


def architecture(network: Network, inputs: int, outputs: int) -> Architecture:
    """Return the layers of a network between so many inputs and outputs; the output layer is a plain sum."""
    dense: list[Dense] = []
    width = inputs
    for i in range(len(network.layers)):
        layer = network.resolved(i)
        assert layer.activation is not None
        assert layer.initializer is not None
        assert layer.batch_norm is not None
        dense.append(Dense(width, layer.width, layer.activation, layer.initializer, layer.batch_norm))
        width = layer.width
    dense.append(Dense(width, outputs, "identity", network.initializer, "none"))
    return Architecture(tuple(dense), _layout(dense))


def _layout(layers: Sequence[Dense]) -> Layout:
    parameters: list[Tensor] = []
    buffers: list[Tensor] = []
    for i, layer in enumerate(layers):
        wide = (layer.outputs,)
        roles: list[tuple[str, tuple[int, ...]]] = [("weight", (layer.outputs, layer.inputs)), ("bias", wide)]
        if layer.batch_norm != "none":
            roles += [("scale", wide), ("shift", wide)]
            for role in ("mean", "variance"):
                buffers.append(Tensor(i, role, wide, buffers[-1].stop if buffers else 0))
        for role, shape in roles:
            parameters.append(Tensor(i, role, shape, parameters[-1].stop if parameters else 0))
    names = (*(f"layer {i + 1}" for i in range(len(layers) - 1)), "output")
    return Layout(names, layers[0].inputs, tuple(parameters), tuple(buffers))


def initialize(built: Architecture, generator: Generator) -> tuple[Values, Values]:
    """Return flat float32 (parameters, buffers) before the first step.

    Weights are drawn, scales and variances are 1, and all else is 0.
    """
    parameters, buffers = torch.zeros(built.layout.size), torch.zeros(built.layout.buffer_size)
    for tensor in built.layout.parameters:
        layer, place = built.layers[tensor.layer], slice(tensor.start, tensor.stop)
        if tensor.role == "weight":
            shape = (layer.outputs, layer.inputs)
            parameters[place] = draw(layer.initializer, layer.activation, shape, generator).flatten()
        elif tensor.role == "scale":
            parameters[place] = 1.0
    for tensor in built.layout.buffers:
        buffers[tensor.start : tensor.stop] = 1.0 if tensor.role == "variance" else 0.0
    return parameters, buffers


def views(flat: Values, tensors: Sequence[Tensor]) -> list[Values]:
    """Return each tensor as a view of the flat vector that holds it; leading axes of the vector stay."""
    lead = flat.shape[:-1]
    return [flat[..., t.start : t.stop].view(*lead, *t.shape) for t in tensors]


class Noise:
    """The random numbers of one batch, dealt out in the order in which they are asked for."""

    def __init__(self, series: Mapping[str, Values], knobs: Mapping[str, Values]) -> None:
        """`series` are (batch, columns), as wide as all draws together that have a term among `knobs`."""
        self._series, self._knobs = series, knobs
        self._used = dict.fromkeys(series, 0)

    def take(self, term: str, series: str, width: int) -> tuple[Values, Values] | None:
        """Return the next (batch, width) numbers, and the term's own; None where there is no such term."""
        strength = self._knobs.get(term)
        if strength is None:
            return None
        begin = self._used[series]
        self._used[series] = begin + width
        return self._series[series][:, begin : begin + width], strength


def forward(
    built: Architecture,
    parameters: Sequence[Values],
    buffers: Sequence[Values],
    x: Values,
    *,
    training: bool = False,
    noise: Noise | None = None,
    kept: list[Values] | None = None,
) -> Values:
    """Return the (n, outputs) raw outputs for (n, inputs) inputs.

    In training, batch norm takes the batch's statistics and moves the running ones in `buffers`, and dropout silences
    what `noise` says (inverted, so that evaluation needs no factor; Srivastava et al. 2014). Every layer's output
    is appended to `kept` where it is given.
    """
    tensors, running = iter(parameters), iter(buffers)
    x = _drop(x, noise, 0)
    for i, layer in enumerate(built.layers):
        weight, bias = next(tensors), next(tensors)
        x = F.linear(x, weight, bias)
        norm = (next(tensors), next(tensors), next(running), next(running)) if layer.batch_norm != "none" else None
        if norm is not None and layer.batch_norm == "before":
            x = _batch_norm(x, *norm, training)
        x = ACTIVATIONS[layer.activation](x)
        if norm is not None and layer.batch_norm == "after":
            x = _batch_norm(x, *norm, training)
        if i < len(built.layers) - 1:
            x = _drop(x, noise, i + 1)
        if kept is not None:
            kept.append(x)
    return x


def _batch_norm(x: Values, scale: Values, shift: Values, mean: Values, variance: Values, training: bool) -> Values:
    return F.batch_norm(x, mean, variance, scale, shift, training, BATCH_NORM_MOMENTUM)  # Ioffe and Szegedy 2015


def _drop(x: Values, noise: Noise | None, place: int) -> Values:
    found = noise.take(f"dropout.{place}", "uniform", x.shape[1]) if noise is not None else None
    if found is None:
        return x
    uniform, rate = found
    return x * (uniform >= rate).to(x.dtype) / (1 - rate)
