"""The network as tensor code over one flat parameter vector."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod

import torch
from torch import Generator
from torch import Tensor as Values

from nnplayground.engine import augmentation
from nnplayground.engine.initializers import draw
from nnplayground.engine.layers.building import stage
from nnplayground.engine.layers.learner import Dense, Learner
from nnplayground.engine.layers.normalization import BATCH_NORM_MOMENTUM
from nnplayground.engine.layers.stage import Drawn, Lengths, Owned, Pass, Stage
from nnplayground.engine.layers.unit import Style
from nnplayground.engine.metrics import LARGEST
from nnplayground.engine.noise import Draw, Noise, drop, jitter
from nnplayground.engine.snapshot import Layout, Tensor
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.network import Network
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


MOST_PARAMETERS = 100_000_000  # 400 MB, and as much again for the gradient and each of the optimizer's averages


@dataclass(frozen=True)
class Architecture:
    """The layers from input to output, and where the tensors of those that learn lie."""

    stages: tuple[Stage, ...]
    layout: Layout

    @property
    def inputs(self) -> Shape:
        """The shape of one sample."""
        return self.stages[0].given

    @cached_property
    def layers(self) -> tuple[Learner, ...]:
        """The layers that learn, as the layout counts them."""
        return tuple(stage for stage in self.stages if isinstance(stage, Learner))

    @property
    def draws(self) -> tuple[Draw, ...]:
        """All that chance may do to a sample, in the order in which `forward` comes to it."""
        inputs, augmented = self.layout.inputs, augmentation.DRAWS if is_image(self.inputs) else ()
        widths = (inputs, *(layer.gives[0] for layer in self.layers[:-1]))
        dropouts = (Draw(f"dropout.{i}", "uniform", width) for i, width in enumerate(widths))
        return (*augmented, Draw("input_noise", "normal", inputs), *dropouts)

    @property
    def form(self) -> object:
        """What networks have in common that can be computed side by side; they may be drawn differently."""
        return tuple(stage.form for stage in self.stages)

    @property
    def work(self) -> int:
        """How many multiply-adds its weights take for one sample, on the way forward."""
        return sum(stage.work for stage in self.stages)

    @property
    def widest(self) -> int:
        """How many numbers it holds of one sample at once, about, where no gradient is wanted."""
        return max(stage.widest for stage in self.stages)


def architecture(network: Network, inputs: int, outputs: int, image_shape: Shape | None = None) -> Architecture:
    """Return the layers of a network between so many inputs and outputs; the output layer is a plain sum.

    `image_shape` is the inputs' (channels, height, width), or (height, width), where they are an image's. Raises
    ExperimentError where a layer does not fit what it is given, or the network is too large.
    """
    shape = shape_of(inputs, image_shape)
    shapes = (shape, *network.shapes(shape))
    pairs = enumerate(pairwise(shapes))
    hidden = [stage(network.resolved(i), given, gives) for i, (given, gives) in pairs]
    output = Dense(shapes[-1], (outputs,), Style("identity", network.initializer, "none", "before", "plain"))
    names = (*(f"layer {i + 1}" for i in network.learning), "output")
    learning = [*(s for s in hidden if isinstance(s, Learner)), output]
    parameters, buffers = (_laid([getattr(layer, name) for layer in learning]) for name in ("parameters", "buffers"))
    layout = Layout(names, inputs, parameters, buffers)
    _check_size(layout)
    return Architecture((*hidden, output), layout)


def _check_size(layout: Layout) -> None:
    if layout.size > MOST_PARAMETERS:
        sizes = [stop - start for start, stop in layout.spans]
        largest = max(range(len(sizes)), key=sizes.__getitem__)
        raise ExperimentError(
            f"network.layers: {layout.size:,} parameters, {sizes[largest]:,} of them of {layout.layers[largest]}; "
            f"allowed: at most {MOST_PARAMETERS:,}"
        )


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
    sums: list[list[Values]] | None = None,
) -> Values:
    """Return the (n, outputs) raw outputs for (n, inputs) inputs.

    In training, batch norm takes the batch's statistics and moves the running ones in `buffers`, and `noise` changes
    images, disturbs inputs and silences neurons; a frozen layer normalizes by its running statistics and leaves them.
    The (n, numbers) output of every layer that learns is appended to `kept` where it is given, and to `sums` what it
    gives to its activation, (n, neurons) or (n, channels, height, width); a block does so several times.
    """
    run, output, place = Pass(parameters, buffers, training), built.stages[-1], 0
    x = augmentation.augment(x, built.inputs, noise)
    x = drop(jitter(x, noise), noise, place)
    for layer in built.stages:
        run.training = training and not (frozen and frozen[place])
        run.sums = None if sums is None else []
        x = layer(x, run)
        if not isinstance(layer, Learner):
            continue
        if layer is not output:
            place += 1
            x = drop(x, noise, place, layer.style.dropout_kind)
        if kept is not None:
            kept.append(x.flatten(1))
        if sums is not None:
            sums.append([values for name, values in run.sums or () if name == layer.style.activation])
    return x
