"""The network's answers over the domain, and for samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes import Floats, OutputMap, OutputRequest, PredictionRequest, Predictions
from nnplayground.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober

CONFUSION_ROWS = 20_000  # that are judged


def output(prober: Prober, request: OutputRequest, snapshot: Snapshot) -> OutputMap | None:
    """Answer with the network's answer over a plane or a line; None for other data."""
    if not prober.dataset.domain:
        return None
    answers = prober.head.probabilities(prober.forward(snapshot, prober.picture_inputs(request.resolution)))
    return OutputMap(prober.picture(prober.in_units(answers), request.resolution, line=False))


def predictions(prober: Prober, request: PredictionRequest, snapshot: Snapshot) -> Predictions:
    """Answer with the network's answers for samples of both parts."""
    train = prober.answers(snapshot, prober.dataset.train.inputs[: request.limit])
    judged = CONFUSION_ROWS if prober.dataset.task == "classification" else request.limit
    validation = prober.answers(snapshot, prober.dataset.validation.inputs[:judged])
    return Predictions(train, validation[: request.limit], _confusion(prober, validation))


def _confusion(prober: Prober, answers: Floats) -> NDArray[np.int64]:
    classes = len(prober.dataset.class_names)
    counts = np.zeros((classes, classes), np.int64)
    if classes:
        true = prober.dataset.validation.targets[: len(answers)].astype(np.int64)
        np.add.at(counts, (true, answers.argmax(axis=1)), 1)
    return counts
