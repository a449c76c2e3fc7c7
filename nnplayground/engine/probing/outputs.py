"""The network's answers over the domain, and for samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnplayground.engine.probes import (
    ChangeRequest,
    Floats,
    OutputChange,
    OutputMap,
    OutputRequest,
    PredictionRequest,
    Predictions,
)
from nnplayground.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober


def output(prober: Prober, request: OutputRequest, snapshot: Snapshot) -> OutputMap | None:
    """Answer with the network's answer over a plane or a line; None for other data."""
    return OutputMap(_map(prober, request.resolution, snapshot)) if prober.dataset.domain else None


def change(prober: Prober, request: ChangeRequest, snapshot: Snapshot) -> OutputChange | None:
    """Answer with the answers now and before; None for data without a domain, and where "before" is another network."""
    since = prober.first if request.since is None else request.since
    if not prober.dataset.domain or since.layout != prober.first.layout:
        return None
    if request not in prober.earlier:
        prober.earlier.clear()  # one is looked at
        prober.earlier[request] = _map(prober, request.resolution, since)
    return OutputChange(_map(prober, request.resolution, snapshot), prober.earlier[request], since.step)


def _map(prober: Prober, resolution: int, snapshot: Snapshot) -> Floats:
    answers = prober.head.probabilities(prober.forward(snapshot, prober.picture_inputs(resolution)))
    return prober.picture(prober.in_units(answers), resolution, line=False)


def predictions(prober: Prober, request: PredictionRequest, snapshot: Snapshot) -> Predictions:
    """Answer with the network's answers for samples of both parts."""
    train, validation = (
        prober.answers(snapshot, part.inputs[: request.limit])
        for part in (prober.dataset.train, prober.dataset.validation)
    )
    return Predictions(train, validation)
