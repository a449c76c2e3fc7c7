"""What became of a fan so far: every member's losses by step, where it diverged, and what its networks answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import OutputMap
from nnplayground.gui.fan.mailbox import Delivery, Piece, Result
from nnplayground.gui.fan.plan import Plan
from nnplayground.runs.columns import Columns
from nnplayground.runs.comparing import Band, band

Doubles = NDArray[np.float64]

BUDGET = 2**18  # bytes of one member's losses by epoch, and by step
POINTS = 300  # of a curve
EPOCHS = ("validation_loss", "train_loss")
QUANTITIES = (*EPOCHS, "loss")


class Record:
    """The losses of networks that are trained together, one beside the other: appended at once, they cost little."""

    def __init__(self, members: int) -> None:
        self.epochs = Columns(tuple(f"{name}/{i}" for name in EPOCHS for i in range(members)), BUDGET * members)
        self.steps = Columns(tuple(f"loss/{i}" for i in range(members)), BUDGET * members)
        self.pace = 1  # steps of an epoch

    def append(self, piece: Piece) -> None:
        """Take what was trained."""
        self.pace = piece.steps_per_epoch
        self.epochs.append(np.concatenate([getattr(piece.chunk, name) for name in EPOCHS], axis=1))
        self.steps.append(piece.chunk.loss)

    def curve(self, name: str, place: int) -> tuple[Doubles, Doubles]:
        """Return a member's loss by step, x and y (k,)."""
        columns, every = (self.steps, 1) if name == "loss" else (self.epochs, self.pace)
        found = columns.curve(f"{name}/{place}", points=POINTS)
        return (found.x + 1) * every, found.mean.astype(np.float64)


class Member:
    """One network, and how far it is."""

    def __init__(self) -> None:
        self.record: Record | None = None
        self.place = 0  # among those that are trained together
        self.now = dict.fromkeys(QUANTITIES, float("nan"))
        self.diverged = 0  # the step that it could not take; 0 where all is well
        self.taken = 0  # steps

    def advance(self, piece: Piece) -> None:
        """Take what was trained, but for the curves."""
        chunk, place = piece.chunk, self.place
        self.diverged = piece.diverged[place]
        self.taken = self.diverged - 1 if self.diverged else chunk.start + int(np.isfinite(chunk.loss[:, place]).sum())
        for name in QUANTITIES:
            values = getattr(chunk, name)[:, place]
            known = values[np.isfinite(values)]
            if len(known):
                self.now[name] = float(known[-1])

    def curve(self, name: str) -> tuple[Doubles, Doubles]:
        """Return a loss by step, x and y (k,)."""
        return (np.empty(0), np.empty(0)) if self.record is None else self.record.curve(name, self.place)


class Outcome:
    """All members of a plan, by value and seed."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.members = [[Member() for _ in plan.pairs] for _ in plan.values]
        self.datasets: dict[int, Dataset] = {}
        self.refusals: dict[int, str] = {}
        self.maps: dict[int, OutputMap] = {}
        self.kept: str | None = None  # all were kept as runs: empty; or why that could not be done

    def take(self, delivery: Delivery) -> set[int]:
        """Take what happened; return the values of which there is anything new."""
        self.datasets.update(delivery.datasets)
        self.refusals.update(delivery.refusals)
        self.maps.update(delivery.maps)
        self.kept = delivery.kept if delivery.kept is not None else self.kept
        changed = {*delivery.datasets, *delivery.refusals, *delivery.maps}
        for piece in delivery.pieces:
            self._record(piece)
            changed |= set(piece.values)
        for result in delivery.results:
            self._conclude(result)
            changed |= set(result.values)
        return changed

    def _record(self, piece: Piece) -> None:
        members = self._own(piece.values)
        record = members[0].record or Record(len(members))
        record.append(piece)
        for place, member in enumerate(members):
            member.record, member.place = record, place
            member.advance(piece)

    def _own(self, values: Sequence[int]) -> list[Member]:
        return [member for value in values for member in self.members[value]]

    def _conclude(self, result: Result) -> None:
        for place, member in enumerate(self._own(result.values)):
            for name in EPOCHS:
                loss = float(getattr(result, name)[place])
                if np.isfinite(loss):
                    member.now[name] = loss

    # what is told

    @property
    def quantity(self) -> str:
        """What values are judged by: the validation loss, or the training loss where there is no other."""
        known = any(np.isfinite(m.now["validation_loss"]) for members in self.members for m in members)
        trained = any(np.isfinite(m.now["train_loss"]) for members in self.members for m in members)
        return "validation_loss" if known or not trained else "train_loss"

    def losses(self, value: int, name: str) -> Doubles:
        """Return (seeds,) the latest loss of each of a value's members; infinite where it diverged, NaN before any."""
        return np.array([np.inf if m.diverged else m.now[name] for m in self.members[value]])

    def median(self, value: int, name: str) -> float:
        """Return the median of a value's members."""
        found = self.losses(value, name)
        with np.errstate(invalid="ignore"):  # of two infinities
            return float(np.median(found)) if not np.isnan(found).any() else float("nan")

    def best(self) -> int | None:
        """Return the value whose median is least, the first of equals; None as long as none has any loss."""
        name = self.quantity
        known = [(self.median(value, name), value) for value in range(len(self.members))]
        found = [(loss, value) for loss, value in known if np.isfinite(loss)]
        return min(found)[1] if found else None

    def course(self, value: int, name: str) -> Band:
        """Return the course of a value's members together."""
        return band([member.curve(name) for member in self.members[value]], POINTS)

    def whole_course(self, name: str) -> Band:
        """Return the course of all members together."""
        return band([member.curve(name) for members in self.members for member in members], POINTS)
