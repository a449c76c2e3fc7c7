"""What a trainer did in one go, as columns. Knows no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Divergence:
    """Where training stopped making sense: the step whose records were not finite, and what went first."""

    step: int  # the step that was not taken
    layer: str  # "layer 2", or "output"
    quantity: str  # "activations", "running statistics", "loss", "gradients", "weights" or "updates"

    def __str__(self) -> str:
        """One line for the user."""
        where = "the output" if self.layer == "output" else self.layer
        what = "the loss" if self.quantity == "loss" else f"the {self.quantity} of {where}"
        return f"diverged at step {self.step}: {what} overflowed first"


@dataclass(frozen=True, eq=False)
class Chunk:
    """The records of n steps, and of the m epochs that were finished among them, all of them finite.

    A population's have an axis of members after the first, and NaN where a member has no such number.
    """

    start: int  # steps taken before this chunk
    loss: Floats  # (n,) of the batch, before the update, without penalties
    lr: Floats  # (n,) the rate as scheduled
    gradient_norm: Floats  # (n, layers) Euclidean, penalties included, before clipping
    update_ratio: Floats  # (n, layers) norm of all that a step changed by norm of the parameters after it
    epoch: NDArray[np.int64]  # (m,) epochs finished, counting from 1
    train_loss: Floats  # (m,) of the whole training set, in evaluation mode
    validation_loss: Floats  # (m,)
    train_metrics: Floats  # (m, metrics)
    validation_metrics: Floats  # (m, metrics)
    penalty: Floats  # (m,) what l1 and l2 add to the loss that training makes small; 0 where there are none
    seconds: float  # that the chunk took
    clipped_norm: Floats | None = None  # (n, layers) of gradients after clipping, where there is any
    averaged_validation_loss: Floats | None = None  # (m,) of the model of averaged weights, where there is one
    averaged_validation_metrics: Floats | None = None  # (m, metrics)
    stopped_by: str | None = None  # "epochs", "patience" or "diverged", where training cannot go on
    divergence: Divergence | None = None

    @property
    def steps(self) -> int:
        """How many steps were taken."""
        return len(self.loss)


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """Return chunks that follow each other as one."""
    if len(chunks) == 1:
        return chunks[0]
    names = [field.name for field in fields(Chunk) if isinstance(getattr(chunks[0], field.name), np.ndarray)]
    columns: dict[str, Any] = {name: np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in names}
    return replace(chunks[-1], start=chunks[0].start, seconds=sum(chunk.seconds for chunk in chunks), **columns)
