"""How a signal fares on its way through the layers, forward and backward."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes.request import Reading, Request


@dataclass(frozen=True)
class SignalRequest(Request):
    """The signal before the first step for the first `samples` training samples, fewer where layers are wide.

    `against` names an initializer by which all weights are drawn instead, to compare with; "" is none. `now` asks for
    the signal of the snapshot as well.
    """

    samples: int = 200
    against: str = ""
    now: bool = False


@dataclass(frozen=True, eq=False)
class Signal:
    """Variances over samples and neurons, without dropout, with batch norm by the samples' own statistics."""

    forward: NDArray[np.float64]  # (1 + layers,) of the inputs, and of what each layer gives, the output raw
    backward: NDArray[np.float64]  # (layers,) of gradients of each sample's loss to what is given to each activation


@dataclass(frozen=True, eq=False)
class Signals(Reading):
    """The signal before the first step, now, and with other initial weights; None where it was not asked for."""

    first: Signal
    now: Signal | None
    against: Signal | None
