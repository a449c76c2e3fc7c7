"""The beginning of a history, as a history of its own: what a run that was forked has behind it."""

from __future__ import annotations

import numpy as np

from nnplayground.engine.chunk import Floats
from nnplayground.runs.columns import Columns
from nnplayground.runs.history import History

PIECE = 1024  # rows that are looked up at once


def until(history: History, step: int) -> History:
    """Return what a history recorded in its first `step` steps, with the knobs that were turned in them."""
    averaging = "averaged_validation_loss" in history.epochs.names
    clipping = any(name.startswith("clipped_norm/") for name in history.steps.names)
    cut = History(history.layers, history.metrics, history.steps_per_epoch, clipping=clipping, averaging=averaging)
    for source, target, count in (
        (history.steps, cut.steps, step),
        (history.epochs, cut.epochs, step // history.steps_per_epoch),
    ):
        for begin in range(0, min(count, len(source)), PIECE):
            target.append(rows(source, begin, min(begin + PIECE, count, len(source))))
    cut.seconds = history.seconds * step / max(len(history.steps), 1)
    cut.recall((mark.step, mark.text) for mark in history.marks if mark.step <= step)
    return cut


def rows(columns: Columns, start: int, stop: int) -> Floats:
    """Return the rows start … stop - 1, (n, columns), to the bit where they are still held.

    Of others only buckets are left; they come as rows with the bucket's least, its greatest and its mean.
    """
    curve = columns.curves(columns.names, start, stop, stop - start)
    edges = columns.edges(start, stop, stop - start)
    counts, several = np.diff(edges), np.diff(edges) > 2
    low, mean, high = (np.asarray(values, np.float64) for values in (curve.low, curve.mean, curve.high))
    with np.errstate(invalid="ignore"):  # infinities of both signs
        rest = np.where(several, (mean * counts - low - high) / np.maximum(counts - 2, 1), mean)
    found = np.repeat(rest, counts, axis=-1)
    begins = (edges[:-1] - edges[0])[several]
    found[:, begins], found[:, begins + 1] = low[:, several], high[:, several]
    return np.asarray(found.T[start - edges[0] : stop - edges[0]], np.float32)
