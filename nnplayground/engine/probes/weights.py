"""What becomes of single weights: where the loss would move them, and how far they have come."""

from __future__ import annotations

from dataclasses import dataclass

from nnplayground.engine.probes.request import Reading, Request
from nnplayground.engine.snapshot import Snapshot


@dataclass(frozen=True)
class WeightGradientRequest(Request):
    """The gradient of the training loss with respect to every weight and bias, in evaluation mode.

    The loss is the mean over at most `limit` training samples, spread over all of them; fewer where a network holds
    many numbers for each. Dropout, noise and penalties do not count.
    """

    limit: int = 256


@dataclass(frozen=True, eq=False)
class WeightGradients(Reading):
    """`values` is laid out as the network with its weights in one piece (`Snapshot.plain`): numbers are gradients."""

    values: Snapshot
    samples: int  # the mean is over so many


@dataclass(frozen=True)
class WeightUpdateRequest(Request):
    """What training has added to every weight and bias since step 0."""


@dataclass(frozen=True, eq=False)
class WeightUpdates(Reading):
    """`values` is laid out as that of `WeightGradients`: numbers are the snapshot's less those at step 0."""

    values: Snapshot
