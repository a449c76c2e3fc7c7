"""Every neuron's picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor

from nnplayground.engine.probes import ResponseRequest, Responses
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment.shape import Shape, is_image

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober


def responses(prober: Prober, request: ResponseRequest, snapshot: Snapshot) -> Responses:
    """Answer with every neuron's picture; see `Responses`."""
    x = prober.picture_inputs(request.resolution)
    kept: list[Tensor] = []
    outputs = prober.forward(snapshot, x, kept)
    kept[-1] = prober.in_units(prober.head.link(outputs))
    kept[:-1] = [_by_neuron(k, layer.gives) for k, layer in zip(kept, prober.built.layers[:-1], strict=False)]
    pictures = tuple(prober.picture(k[:, : request.limit], request.resolution) for k in kept)
    return Responses(prober.picture(x[:, : request.limit], request.resolution), pictures)


def _by_neuron(values: Tensor, shape: Shape) -> Tensor:
    """Return (n, neurons): of an image, the mean of each channel."""
    return values.view(len(values), shape[0], -1).mean(dim=2) if is_image(shape) else values
