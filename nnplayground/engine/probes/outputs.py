"""What a network answers: over the data's domain, and for samples."""

from __future__ import annotations

from dataclasses import dataclass

from nnplayground.engine.probes.request import Floats, Reading, Request
from nnplayground.engine.snapshot import Snapshot


@dataclass(frozen=True)
class OutputRequest(Request):
    """The network's answer over the data's domain."""

    resolution: int = 100


@dataclass(frozen=True, eq=False)
class OutputMap(Reading):
    """The answer over a plane, (outputs, height, width) with row 0 at the top, or along a line, (outputs, width).

    Classification: the probability of each class (two rows for two classes). Regression: one row, the value in the
    target's own unit.
    """

    values: Floats


@dataclass(frozen=True)
class ChangeRequest(Request):
    """The network's answer over the data's domain, now and as it was at a snapshot of the same run.

    None is the first snapshot, step 0. A snapshot of another network has no answer.
    """

    resolution: int = 100
    since: Snapshot | None = None


@dataclass(frozen=True, eq=False)
class OutputChange(Reading):
    """Both answers, each as in `OutputMap`, and the step of the earlier one."""

    now: Floats
    before: Floats
    step: int


@dataclass(frozen=True)
class PredictionRequest(Request):
    """The network's answer for at most `limit` samples of each part."""

    limit: int = 2000


@dataclass(frozen=True, eq=False)
class Predictions(Reading):
    """Answers for the first samples of each part: (n, classes) probabilities, or (n, 1) values in the target's unit."""

    train: Floats
    validation: Floats
