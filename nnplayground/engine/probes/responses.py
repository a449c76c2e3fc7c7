"""What every neuron responds to."""

from __future__ import annotations

from dataclasses import dataclass

from nnplayground.engine.probes.request import Floats, Reading, Request


@dataclass(frozen=True)
class ResponseRequest(Request):
    """Every neuron's activation over the data's domain, as small pictures of `resolution` pixels a side."""

    resolution: int = 24
    limit: int = 16  # neurons of a layer that are answered for, from the first


@dataclass(frozen=True, eq=False)
class Responses(Reading):
    """Pictures, one per neuron, of shape (neurons, height, width), row 0 at the top (largest x₂).

    Of a layer that gives images, each channel is a neuron, and answers with its mean.

    Over a plane: height = width = resolution. Along a line: height 1, width resolution. For any other data: the
    first resolution² validation samples at most, ordered by target, row by row; unused pixels are NaN.
    """

    inputs: Floats  # of every feature that could be given, in the order of the network's inputs
    layers: tuple[Floats, ...]  # that learn, after their activation; last, the output as probability or value
