"""One sample followed through a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from nnplayground.engine.probes.request import Floats, Reading, Request

Part = Literal["train", "validation"]


@dataclass(frozen=True)
class TraceRequest(Request):
    """Every value that sample `index` of a part leaves behind; an index beyond the last is the last."""

    part: Part = "validation"
    index: int = 0
    channels: int = 16  # of an image that are answered for, from the first


@dataclass(frozen=True, eq=False)
class TracedLayer:
    """What one layer makes of the sample."""

    values: Floats  # what leaves it: (neurons,), or (channels, height, width)
    sums: Floats | None = None  # of a fully connected layer: weights times inputs plus bias, (neurons,)
    bent: Floats | None = None  # and what its activation is given: the sums, or normalized where that comes first


@dataclass(frozen=True, eq=False)
class Trace(Reading):
    """The sample and every layer's values, as the network in evaluation mode makes them."""

    request: TraceRequest
    index: int  # of the sample in its part
    inputs: Floats  # (inputs,), as the network is given them
    raw: Floats  # (dimensions,), before features and scaling
    layers: tuple[TracedLayer, ...]  # every hidden layer, then the output as probability or value in its unit
    target: float  # the class, or the value in its unit

    @property
    def answer(self) -> Floats:
        """(outputs,) what the network answers."""
        return self.layers[-1].values

    @property
    def taken(self) -> int:
        """The class that it takes the sample for; two classes may share one output."""
        return int(self.answer[0] > 0.5) if len(self.answer) == 1 else int(np.argmax(self.answer))
