"""The network as tensor code over one flat parameter vector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from math import prod

import torch
from torch import Generator
from torch import Tensor as Values

from nnplayground.engine import augmentation
from nnplayground.engine.initializers import draw
from nnplayground.engine.layers.dense import Dense
from nnplayground.engine.layers.normalization import BATCH_NORM_MOMENTUM
from nnplayground.engine.layers.stage import Drawn, Lengths, Owned, Pass, Style
from nnplayground.engine.metrics import LARGEST
from nnplayground.engine.noise import Draw, Noise, drop, jitter
from nnplayground.engine.snapshot import Layout, Tensor
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.network import SHARED, Network
from nnplayground.experiment.shape import Shape, is_image, shape_of

__all__ = [
    "BATCH_NORM_MOMENTUM",
    "Architecture",
    "Draw",
    "Noise",
    "architecture",
    "assign",
    "forward",
    "initialize",
    "views",
]


@dataclass(frozen=True)
class Architecture:
    """The layers from input to output, and where their tensors lie."""

    inputs: Shape
    layers: tuple[Dense, ...]
    layout: Layout

    @property
    def draws(self) -> tuple[Draw, ...]:
        """All that chance may do to a sample, in the order in which `forward` comes to it."""
        inputs, augmented = self.layout.inputs, augmentation.DRAWS if is_image(self.inputs) else ()
        widths = (inputs, *(layer.outputs for layer in self.layers[:-1]))
        dropouts = (Draw(f"dropout.{i}", "uniform", width) for i, width in enumerate(widths))
        return (*augmented, Draw("input_noise", "normal", inputs), *dropouts)

    @property
    def form(self) -> object:
        """What networks have in common that can be computed side by side; they may be drawn differently."""
        layers = tuple(replace(layer, style=replace(layer.style, initializer="")) for layer in self.layers)
        return self.inputs, layers


def architecture(network: Network, inputs: int, outputs: int, image_shape: Shape | None = None) -> Architecture:
    """Return the layers of a network between so many inputs and outputs; the output layer is a plain sum.

    `image_shape` is the inputs' (channels, height, width), or (height, width), where they are an image's.
    """
    dense: list[Dense] = []
    width = inputs
    for i in range(len(network.layers)):
        layer = network.resolved(i)
        dense.append(Dense(width, layer.width, _style(layer)))
        width = layer.width
    dense.append(Dense(width, outputs, Style("identity", network.initializer, "none", "before", "plain")))
    names = (*(f"layer {i + 1}" for i in range(len(network.layers))), "output")
    parameters, buffers = (_laid([getattr(d, name) for d in dense]) for name in ("parameters", "buffers"))
    return Architecture(shape_of(inputs, image_shape), tuple(dense), Layout(names, inputs, parameters, buffers))


def _style(layer: object) -> Style:
    chosen = {name: getattr(layer, name) for name in SHARED if name not in ("dropout", "max_norm")}
    return Style(**chosen)


def _laid(owned: Iterable[Sequence[Owned]]) -> tuple[Tensor, ...]:
    """Return where each layer's tensors lie, side by side in a flat vector."""
    found: list[Tensor] = []
    for i, tensors in enumerate(owned):
        for tensor in tensors:
            found.append(Tensor(i, tensor.role, tensor.shape, found[-1].stop if found else 0))
    return tuple(found)


def initialize(built: Architecture, generator: Generator) -> tuple[Values, Values]:
    """Return flat float32 (parameters, buffers) before the first step."""
    parameters, buffers = ([getattr(layer, name) for layer in built.layers] for name in ("parameters", "buffers"))
    return _begun(parameters, generator), _begun(buffers, generator)


def _begun(owned: Iterable[Sequence[Owned]], generator: Generator) -> Values:
    """Return what layers' tensors hold at first, flat and side by side."""
    found = [torch.zeros(0)]
    for tensor in (tensor for tensors in owned for tensor in tensors):
        if isinstance(tensor.begin, Drawn):
            found.append(draw(tensor.begin.initializer, tensor.begin.activation, tensor.shape, generator).flatten())
        elif isinstance(tensor.begin, Lengths):
            found.append(found[-1].view(*tensor.shape, -1).norm(dim=-1))
        else:
            found.append(torch.full((prod(tensor.shape),), tensor.begin))
    return torch.cat(found)


def views(flat: Values, tensors: Sequence[Tensor]) -> list[Values]:
    """Return each tensor as a view of the flat vector that holds it; leading axes of the vector stay."""
    lead = flat.shape[:-1]
    return [flat[..., t.start : t.stop].view(*lead, *t.shape) for t in tensors]


def assign(layout: Layout, flat: Values, layer: int, role: str, index: tuple[int, ...], value: float) -> None:
    """Set one of the learned numbers in the flat vector that holds them, by its layer, role and place.

    A weight that is kept as direction and length is set by both. Raises ExperimentError where there is none such.
    """
    learned = {tensor.role: tensor for tensor in layout.parameters if tensor.layer == layer}
    prefix = role.removesuffix("weight")
    tensor = learned.get(role) or learned.get(f"{prefix}direction")
    inside = (
        tensor is not None
        and len(index) == len(tensor.shape)
        and all(0 <= i < n for i, n in zip(index, tensor.shape, strict=True))
    )
    if tensor is None or not inside or not abs(value) <= LARGEST:
        raise ExperimentError(f"{role} {index} of layer {layer} cannot be set to {value}: no such finite parameter")
    (values,) = views(flat, [tensor])
    if role in learned:
        values[index] = value
    else:
        (lengths,) = views(flat, [learned[f"{prefix}length"]])
        _assign_row(values[index[0]], lengths[index[0]], index[1:], value)


def _assign_row(direction: Values, length: Values, index: tuple[int, ...], value: float) -> None:
    """Set one number of length times direction; the direction is kept as long as it was."""
    before = direction.norm().double()
    weights = direction.double() * length / before.clamp_min(torch.finfo(torch.float32).tiny)
    weights[index] = value
    after = weights.norm()
    direction.copy_(weights * ((before if before > 0 else 1.0) / after.clamp_min(torch.finfo(torch.float32).tiny)))
    length.fill_(after.clamp_max(LARGEST))


def forward(
    built: Architecture,
    parameters: Sequence[Values],
    buffers: Sequence[Values],
    x: Values,
    *,
    training: bool = False,
    noise: Noise | None = None,
    frozen: Sequence[bool] = (),
    kept: list[Values] | None = None,
) -> Values:
    """Return the (n, outputs) raw outputs for (n, inputs) inputs.

    In training, batch norm takes the batch's statistics and moves the running ones in `buffers`, and `noise` changes
    images, disturbs inputs and silences neurons; a frozen layer normalizes by its running statistics and leaves them.
    Every layer's output is appended to `kept` where it is given.
    """
    run = Pass(parameters, buffers, training)
    x = augmentation.augment(x, built.inputs, noise)
    x = drop(jitter(x, noise), noise, 0)
    for i, layer in enumerate(built.layers):
        run.training = training and not (frozen and frozen[i])
        x = layer(x, run)
        if i < len(built.layers) - 1:
            x = drop(x, noise, i + 1, layer.style.dropout_kind)
        if kept is not None:
            kept.append(x)
    return x
