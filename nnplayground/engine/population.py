"""Many variants of one experiment, trained side by side: stacked as one network where their shapes agree."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnplayground.data import Dataset
from nnplayground.engine import devices, executors
from nnplayground.engine.blocks import Stride
from nnplayground.engine.chunk import Chunk, joined
from nnplayground.engine.group import Group, kind_of
from nnplayground.engine.metrics import METRICS
from nnplayground.engine.setup import Setup, data_of
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment, ExperimentError

Floats = NDArray[np.float32]

BY_STEP = ("loss", "lr")  # columns of a chunk, by what their rows and axes after that of members are
BY_LAYER = ("gradient_norm", "update_ratio", "clipped_norm")
_PARTS = ("train", "validation", "averaged_validation")
BY_EPOCH = (*(f"{part}_{what}" for part in _PARTS for what in ("loss", "metrics")), "penalty")

BLOCK_SECONDS = 0.1  # many networks have many things to be prepared for a block
GROUP_SECONDS = 0.01  # and so has each group


class Population:
    """Trains an experiment with one knob at each of many values, each network as a trainer would train it alone.

    Chunks have one more axis, of the members, after that of steps or epochs: loss (n, members), gradient_norm
    (n, members, layers), train_metrics (m, members, metrics). A number is NaN where a member has none: of a layer that
    it lacks, of an epoch that it does not finish at that step, of a step that it did not take since it had diverged or
    had finished its epochs. Epochs are counted as the first member's.
    """

    def __init__(
        self,
        experiment: Experiment,
        *,
        over: str,
        values: Sequence[Any],
        seeds: Sequence[tuple[int, int]] = (),
        device: str = "auto",
        executor: str = "auto",
        dataset: Dataset | None = None,
    ) -> None:
        """Build the networks; `dataset` is the experiment's where it is at hand. Raises ExperimentError.

        With `seeds`, of the weights and of the order, each value has a member for each of them, value by value.
        """
        self.over = over
        self.values = tuple(value.item() if isinstance(value, np.generic) else value for value in values)
        if not self.values:
            raise ExperimentError(f"a population over {over} has no values; allowed: one or more")
        members = [experiment.replace(over, value) for value in self.values]
        if seeds:
            members = [m.replace_all({"seeds.model": a, "seeds.order": b}) for m in members for a, b in seeds]
        self.members = tuple(members)
        self.device = devices.choose(device)
        name = executors.choose(executor, self.device.type)
        setups = self._setups({} if dataset is None else {data_of(experiment): dataset})
        kinds: dict[object, list[int]] = {}
        for place, setup in enumerate(setups):
            kinds.setdefault(kind_of(setup), []).append(place)
        self.groups = tuple(Group(places, [setups[i] for i in places], name) for places in kinds.values())
        self.block_seconds = max(BLOCK_SECONDS, GROUP_SECONDS * len(self.groups))
        """About how long steps are best taken in one go; much shorter ones are mostly preparation."""
        self._stride = Stride(max(group.numbers_per_step for group in self.groups), self.block_seconds)
        self.step = 0

    def _setups(self, datasets: dict[object, Dataset]) -> list[Setup]:
        """Return each member's setup; those on the same data share it."""
        known: dict[object, Setup] = {}
        setups = []
        for member in self.members:
            data = data_of(member)
            like = known.get((data, member.loss, member.output))
            setup = Setup.of(member, self.device, datasets.get(data)) if like is None else like.variant(member)
            known.setdefault((data, member.loss, member.output), setup)
            datasets.setdefault(data, setup.dataset)
            setups.append(setup)
        tasks = dict.fromkeys(setup.dataset.task for setup in setups)
        if len(tasks) > 1:
            raise ExperimentError(f"{self.over}: members of a population must have one task, not {' and '.join(tasks)}")
        return setups

    def __len__(self) -> int:
        """How many networks."""
        return len(self.members)

    # what is known

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the deepest member's layers; one with fewer has none of the last before the output."""
        return max((group.first.built.layout.layers for group in self.groups), key=len)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics in a chunk's columns."""
        return METRICS[self.groups[0].first.dataset.task]

    @property
    def parameters(self) -> tuple[int, ...]:
        """How many numbers each member learns."""
        return tuple(self._by_member(lambda group: group.first.built.layout.size).tolist())

    @property
    def work(self) -> int:
        """How much a step of all members is to compute, in multiply-adds."""
        return sum(setup.work for group in self.groups for setup in group.setups)

    @property
    def executor(self) -> str:
        """How steps are run; both names where groups differ."""
        return ", ".join(dict.fromkeys(group.executor for group in self.groups))

    @property
    def executor_note(self) -> str:
        """Why it is not the executor that was asked for."""
        return "; ".join(dict.fromkeys(group.executor_note for group in self.groups if group.executor_note))

    @property
    def taken(self) -> tuple[str, ...]:
        """What became of layers' weights in any member that begins with those of a file, each line once."""
        taken = [setup.taken for group in self.groups for setup in group.setups if setup.taken is not None]
        return tuple(dict.fromkeys(line for found in taken for line in found.lines))

    @property
    def steps_per_epoch(self) -> int:
        """How many steps the first member's epoch has."""
        group, _ = self._find(0)
        return group.first.steps_per_epoch

    @property
    def epochs(self) -> tuple[int, ...]:
        """How many epochs each member has finished."""
        finished = self._by_member(lambda group: group.taken(self.step) // group.first.steps_per_epoch)
        return tuple(finished.tolist())

    @property
    def last_step(self) -> int:
        """The step after which every member has finished its epochs."""
        return max(int(group.last_steps.max()) for group in self.groups)

    @property
    def diverged(self) -> NDArray[np.int64]:
        """(members,) the step that each could not take, counting from 1; 0 where all is well."""
        return self._by_member(lambda group: group.diverged)

    @property
    def stopped_by(self) -> str | None:
        """Why training cannot go on: "diverged" where all have, of the others "patience" or "epochs"; or None.

        It is "epochs" where any has finished them.
        """
        if self._can_go_on:
            return None
        diverged = self.diverged > 0
        impatient = self._by_member(lambda group: group.impatient) > 0
        return "diverged" if diverged.all() else "patience" if (diverged | impatient).all() else "epochs"

    @property
    def _can_go_on(self) -> bool:
        return any(group.can_go_on(self.step) for group in self.groups)

    # training

    def advance(self, *, steps: int | None = None, epochs: int | None = None, seconds: float | None = None) -> Chunk:
        """Train all members for so many steps or epochs more, or for about so long, whichever is first.

        Epochs are the first member's. Takes at least one step, unless training has stopped.
        """
        begin, start = time.perf_counter(), self.step
        last = self.last_step if steps is None else min(self.last_step, start + steps)
        if epochs is not None:
            last = min(last, (start // self.steps_per_epoch + epochs) * self.steps_per_epoch)
        chunks = [self._blank(range(start, start), np.empty(0, np.int64))]
        while self.step < last and self._can_go_on:
            left = self.block_seconds if seconds is None else begin + seconds - time.perf_counter()
            if left <= 0 and self.step > start:
                break
            chunks.append(self._block(self._stride.steps(left, last - self.step)))
        return replace(joined(chunks), seconds=time.perf_counter() - begin, stopped_by=self.stopped_by)

    def _block(self, count: int) -> Chunk:
        """Take so many steps, or as many as anyone takes."""
        begin, steps = time.perf_counter(), range(self.step, self.step + count)
        groups = [group for group in self.groups if group.can_go_on(self.step)]
        chunks = [(group, group.advance(steps)) for group in groups]
        self._stride.learn(count, time.perf_counter() - begin)
        self.step = max(int(group.taken(steps.stop).max()) for group in groups)
        return self._side_by_side(range(steps.start, self.step), chunks)

    def _side_by_side(self, steps: range, chunks: Sequence[tuple[Group, Chunk]]) -> Chunk:
        """Return a chunk of all members' columns in these steps."""
        ended = [chunk.epoch * group.first.steps_per_epoch for group, chunk in chunks]
        ends = np.unique(np.concatenate(ended))
        whole = self._blank(steps, ends)
        for (group, chunk), own in zip(chunks, ended, strict=True):
            places, rows = np.array(group.places), np.searchsorted(ends, own)
            layers = np.array([*range(len(group.first.built.layers) - 1), -1])  # the output is everybody's last
            for names, place, count in (
                (BY_STEP, (slice(None), places), len(steps)),
                (BY_LAYER, (slice(None), places[:, None], layers), len(steps)),
                (BY_EPOCH, (rows[:, None], places), None),
            ):
                for name in names:
                    if getattr(chunk, name) is not None:
                        getattr(whole, name)[place] = getattr(chunk, name)[:count]
        return whole

    def _blank(self, steps: range, ends: NDArray[np.int64]) -> Chunk:
        """Return a chunk of these steps, and of epochs that end after so many, in which no member has any number."""

        def blank(*shape: int) -> Floats:
            return np.full(shape, np.nan, np.float32)

        n, m, size, layers, metrics = len(steps), len(ends), len(self), len(self.layers), len(self.metrics)
        tunings = [group.first.tuning for group in self.groups]
        clipping = any(tuning.clipping != "none" for tuning in tunings)
        averaging = any(tuning.averaging != "none" for tuning in tunings)
        return Chunk(
            start=steps.start,
            loss=blank(n, size),
            lr=blank(n, size),
            gradient_norm=blank(n, size, layers),
            update_ratio=blank(n, size, layers),
            epoch=ends // self.steps_per_epoch,
            train_loss=blank(m, size),
            validation_loss=blank(m, size),
            train_metrics=blank(m, size, metrics),
            validation_metrics=blank(m, size, metrics),
            penalty=blank(m, size),
            seconds=0.0,
            clipped_norm=blank(n, size, layers) if clipping else None,
            averaged_validation_loss=blank(m, size) if averaging else None,
            averaged_validation_metrics=blank(m, size, metrics) if averaging else None,
        )

    # the best

    @property
    def best_epochs(self) -> tuple[int, ...]:
        """The finished epoch at whose end each member was best by what it watches; 0 before its first."""
        return tuple(self._by_member(lambda group: group.best_epochs).tolist())

    def restore_best(self) -> None:
        """Go back to the weights of the best epoch, in each member whose experiment says that the best is kept."""
        for group in self.groups:
            group.restore_best()

    # answers

    def snapshot(self, member: int) -> Snapshot:
        """Return a copy of one network as it is: at this step, the last that it took, or the end of its best epoch."""
        group, place = self._find(member)
        return group.snapshot(place, self.step)

    def evaluate(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Return (members,) train and validation losses, and (members, metrics) metrics of both, as they are now.

        NaN where a member has diverged.
        """
        found = np.concatenate([group.evaluate() for group in self.groups])
        table = found[np.argsort([place for group in self.groups for place in group.places])]
        return table[:, 0, 0], table[:, 1, 0], table[:, 0, 1:-1], table[:, 1, 1:-1]

    def _by_member(self, told: Callable[[Group], Any]) -> NDArray[np.int64]:
        found = np.zeros(len(self), np.int64)
        for group in self.groups:
            found[list(group.places)] = told(group)
        return found

    def _find(self, member: int) -> tuple[Group, int]:
        """Return the group of a member, and its place in there."""
        group = next(group for group in self.groups if member in group.places)
        return group, group.places.index(member)
