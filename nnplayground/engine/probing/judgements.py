"""How right the network is on validation samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes import (
    Calibration,
    CalibrationRequest,
    Confusion,
    ConfusionRequest,
    Floats,
    Mistakes,
    MistakesRequest,
)
from nnplayground.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober

Integers = NDArray[np.int64]


def confusion(prober: Prober, request: ConfusionRequest, snapshot: Snapshot) -> Confusion | None:
    """Answer with counts, true by predicted; None for values."""
    classes = len(prober.dataset.class_names)
    if not classes:
        return None
    _, answers, true = _judged(prober, snapshot, request.limit)
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (true.astype(np.int64), answers.argmax(axis=1)), 1)
    return Confusion(counts)


def calibration(prober: Prober, request: CalibrationRequest, snapshot: Snapshot) -> Calibration | None:
    """Answer with the reliability diagram; None for values, and where no answer is a number."""
    classes = len(prober.dataset.class_names)
    _, answers, true = _judged(prober, snapshot, request.limit)
    if not classes or not len(answers):
        return None
    shares, said = answers.astype(np.float64), answers.argmax(axis=1)
    errors = ((shares - np.eye(classes)[true.astype(np.int64)]) ** 2).sum(axis=1)
    if classes == 2:
        stated, right = shares[:, 1], true == 1
        errors = (stated - right) ** 2
    else:
        stated, right = shares[np.arange(len(said)), said], said == true
    edges = np.linspace(0.0, 1.0, request.bins + 1)
    places = np.searchsorted(edges[1:-1], stated)
    counts, sums, hits = (np.bincount(places, weights, request.bins) for weights in (None, stated, right))
    nothing = np.full(request.bins, np.nan)
    mean, observed = (np.divide(total, counts, out=nothing.copy(), where=counts > 0) for total in (sums, hits))
    ece = float(np.abs(sums - hits).sum() / len(stated))
    return Calibration(mean, observed, counts.astype(np.int64), ece, float(errors.mean()))


def mistakes(prober: Prober, request: MistakesRequest, snapshot: Snapshot) -> Mistakes:
    """Answer with the samples done worst on."""
    rows, answers, true = _judged(prober, snapshot, request.limit)
    dataset, wrong = prober.dataset, 0
    if dataset.task == "classification":
        classes = true.astype(np.int64)
        merit = answers[np.arange(len(answers)), classes]
        wrong = int((answers.argmax(axis=1) != classes).sum())
    else:
        merit = -np.abs(answers[:, 0] - (true * dataset.target_scale + dataset.target_mean))
    worst = np.argsort(merit, kind="stable")[: request.count]
    return Mistakes(rows[worst], answers[worst], wrong, len(answers))


def _judged(prober: Prober, snapshot: Snapshot, limit: int) -> tuple[Integers, Floats, Integers | Floats]:
    """Return rows of the validation part, the network's answers and the targets; answers that are no numbers left out.

    Answers are (n, classes) or (n, 1), as `Prober.answers` gives them, targets (n,).
    """
    validation = prober.dataset.validation
    answers = prober.answers(snapshot, validation.inputs[:limit])
    rows = np.flatnonzero(np.isfinite(answers).all(axis=1)).astype(np.int64)
    return rows, answers[rows], validation.targets[rows]
