"""The history of a run: every step and epoch as columns, in bounded memory, and the knobs turned on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from nnplayground.engine.chunk import Chunk, Floats
from nnplayground.runs.columns import Columns, Curve

__all__ = ["Columns", "Curve", "History", "Mark"]

STEPS_BUDGET = 48 * 2**20  # bytes; with that of epochs under 64 MB, whatever the run's length
EPOCHS_BUDGET = 8 * 2**20
MARKS = 256  # kept at most
NEAR_STEPS = 10  # a knob turned again within so many steps, or so many seconds of training, is still the same turn
NEAR_SECONDS = 0.5


@dataclass(frozen=True)
class Mark:
    """A live knob turned while training went on, after `step` steps."""

    step: int
    text: str  # "learning rate 0.1 → 0.03"


@dataclass(frozen=True)
class Turn:
    """One knob's way from one value to another, in one movement."""

    path: str
    label: str
    before: object
    after: object
    step: int  # where it began
    last_step: int  # where it ended
    seconds: float  # of training, when it ended

    def to_mark(self) -> Mark:
        """Return what is shown of it."""
        if self.before == self.after:
            return Mark(self.step, f"{self.label} changed")
        return Mark(self.step, f"{self.label} {words(self.before)} → {words(self.after)}")


def words(value: object) -> str:
    """Return a knob's value as text: "on", "0.03", "1e-5", "–" where it is left to a wider setting; text as it is."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:.12g}".replace("e-0", "e-")
    return "–" if value is None else str(value)


def names_of(
    layers: tuple[str, ...], metrics: tuple[str, ...], *, clipping: bool, averaging: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of the columns of steps and of epochs."""
    quantities = ("gradient_norm", "update_ratio", *(["clipped_norm"] if clipping else []))
    parts = ("train", "validation", *(["averaged_validation"] if averaging else []))
    per_layer = [f"{quantity}/{layer}" for quantity in quantities for layer in layers]
    per_metric = [f"{part}/{metric}" for part in parts for metric in metrics]
    return ("loss", "lr", *per_layer), (*(f"{part}_loss" for part in parts), *per_metric, "penalty")


def rows_of(chunk: Chunk) -> tuple[Floats, Floats]:
    """Return a chunk's (n, columns) rows of steps and (m, columns) rows of epochs, in the order of `names_of`."""
    by_step = _side_by_side(chunk.loss, chunk.lr, chunk.gradient_norm, chunk.update_ratio, chunk.clipped_norm)
    losses = (chunk.train_loss, chunk.validation_loss, chunk.averaged_validation_loss)
    metrics = (chunk.train_metrics, chunk.validation_metrics, chunk.averaged_validation_metrics)
    return by_step, _side_by_side(*losses, *metrics, chunk.penalty)


def _side_by_side(*columns: Floats | None) -> Floats:
    return np.column_stack([column for column in columns if column is not None])


class History:
    """What a run recorded: row i of `steps` is step i + 1, row i of `epochs` is epoch i + 1."""

    def __init__(
        self,
        layers: tuple[str, ...],
        metrics: tuple[str, ...],
        steps_per_epoch: int,
        *,
        clipping: bool = False,
        averaging: bool = False,
    ) -> None:
        """Make one without rows; `clipping` and `averaging` say whether chunks tell of them."""
        self.layers = layers
        self.metrics = metrics
        self.steps_per_epoch = steps_per_epoch
        by_step, by_epoch = names_of(layers, metrics, clipping=clipping, averaging=averaging)
        self.steps = Columns(by_step, STEPS_BUDGET)
        self.epochs = Columns(by_epoch, EPOCHS_BUDGET)
        self.marks: tuple[Mark, ...] = ()
        self.seconds = 0.0  # of training
        self._turns: list[Turn] = []
        self._recalled: tuple[Mark, ...] = ()

    @property
    def nbytes(self) -> int:
        """The bytes that its columns hold."""
        return self.steps.nbytes + self.epochs.nbytes

    def append(self, chunk: Chunk) -> None:
        """Append what a trainer did. Raises ValueError, and appends nothing, where the chunk does not follow on."""
        steps, epochs = len(self.steps), len(self.epochs)
        if chunk.start != steps:
            raise ValueError(f"a chunk that starts after {chunk.start} steps does not follow on {steps} steps")
        if not np.array_equal(chunk.epoch, np.arange(epochs + 1, epochs + 1 + len(chunk.epoch))):
            raise ValueError(f"a chunk of the epochs {chunk.epoch.tolist()} does not follow on {epochs} epochs")
        by_step, by_epoch = rows_of(chunk)
        for rows, columns in ((by_step, self.steps), (by_epoch, self.epochs)):
            if rows.shape[1] != len(columns.names):
                raise ValueError(f"a chunk of {rows.shape[1]} columns does not fit {', '.join(columns.names)}")
        self.steps.append(by_step)
        self.epochs.append(by_epoch)
        self.seconds += chunk.seconds

    def recall(self, marks: Iterable[tuple[int, str]]) -> None:
        """Show marks that were made in an earlier session, before any that are made in this one."""
        self._recalled = tuple(Mark(step, text) for step, text in marks)
        self.marks = self._recalled

    def mark(self, path: str, label: str, before: object, after: object) -> None:
        """Note that the live knob at `path` was turned; values are shown as they are where they are text.

        Turns of the same knob in quick succession count as one, from the first value to the last. Of too many marks,
        every other one of the older half is forgotten.
        """
        step = len(self.steps)
        turn = Turn(path, label, before, after, step, step, self.seconds)
        i = next((i for i in reversed(range(len(self._turns))) if self._turns[i].path == path), None)
        if i is not None and self._continues(self._turns[i], turn):
            whole = replace(self._turns[i], after=after, last_step=step, seconds=self.seconds)
            self._turns[i : i + 1] = [whole] if whole.before != after else []
        else:
            self._turns.append(turn)
        if len(self._turns) > MARKS:
            del self._turns[1 : MARKS // 2 : 2]
        self.marks = (*self._recalled, *(t.to_mark() for t in self._turns))

    @staticmethod
    def _continues(old: Turn, new: Turn) -> bool:
        """Whether two turns of a knob are one movement; a way back to the start, with steps taken on it, is another."""
        near = new.step - old.last_step <= NEAR_STEPS or new.seconds - old.seconds <= NEAR_SECONDS
        return near and (old.before != new.after or old.step == new.step)
