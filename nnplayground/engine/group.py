"""Networks of the same shapes, stacked: every tensor has an axis of members, and one step trains them all."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnplayground.engine import batches, executors
from nnplayground.engine.blocks import Plan, Records
from nnplayground.engine.chunk import Chunk, joined
from nnplayground.engine.devices import precise
from nnplayground.engine.metrics import LARGEST, METRICS, readable
from nnplayground.engine.noise import SERIES
from nnplayground.engine.setup import Setup, data_of
from nnplayground.engine.snapshot import Snapshot
from nnplayground.engine.step import State, Step
from nnplayground.engine.watch import Watch
from nnplayground.experiment.schedules import ReduceOnPlateau

Floats = NDArray[np.float32]
Counts = NDArray[np.int64]


def kind_of(setup: Setup) -> object:
    """Return what networks must have in common to be stacked; those that are drawn differently may be."""
    experiment, watch = setup.experiment, setup.experiment.stopping.watch
    scheduled = setup.momenta(range(1)) is None
    alike = setup.head, setup.tuning.shape, experiment.batches.size, watch, scheduled
    return data_of(experiment), setup.built.form, *alike


class Group:
    """Trains stacked networks. `places` are their members' places in the population."""

    def __init__(self, places: Sequence[int], setups: Sequence[Setup], executor: str) -> None:
        first = setups[0]
        self.places, self.setups, self.first = tuple(places), tuple(setups), first
        self.diverged = np.zeros(len(setups), np.int64)
        """(members,) the step that each could not take, counting from 1; 0 where all is well."""
        self.last_steps = np.array([s.experiment.stopping.epochs * s.steps_per_epoch for s in setups])
        """(members,) after how many steps each has finished its epochs, or its patience was over."""
        self._restored = np.zeros(len(setups), np.int64)
        """(members,) after which step the weights of each were as they are, where it went back to them; else 0."""
        self._watches = [Watch()] * len(setups)
        self._shape, self._device = first.tuning.shape, first.device
        self._alone = len(setups) == 1  # then its step has no axis of members, which makes it faster
        self._own_orders = len({setup.experiment.seeds.order for setup in setups}) > 1
        self._generators = [setup.noise_generator() for setup in setups]
        self._state = _stacked([setup.initial() for setup in setups])
        step = Step(first.built, first.head, self._shape, first.device, own_batches=self._own_orders)
        state = _only(self._state) if self._alone else self._state
        job = first.job(step, state)
        columns = [self._column(numbers) for numbers in zip(*(s.tuning.numbers for s in setups), strict=True)]
        self._numbers = [column.squeeze() for column in columns] if self._alone else columns
        example = self._plan(range(1), [setup.noise_generator() for setup in setups])
        self._block, self.executor, self.executor_note = executors.prepare(executor, job, self._numbers, example)

    @property
    def numbers_per_step(self) -> int:
        """How many numbers all members together are given for a step at most."""
        return self.first.numbers_per_step * len(self.setups)

    def taken(self, step: int) -> NDArray[np.int64]:
        """Return (members,) how many steps each has taken by a step of the population: fewer where it has stopped."""
        return np.where(self.diverged > 0, self.diverged - 1, np.minimum(self.last_steps, step))

    def can_go_on(self, step: int) -> bool:
        """Whether any member trains on after a step."""
        return bool(((self.diverged == 0) & (self.last_steps > step)).any())

    @property
    def impatient(self) -> NDArray[np.bool_]:
        """(members,) whether the patience of each is over."""
        pairs = zip(self._watches, self.setups, strict=True)
        return np.array([watch.stops(setup.experiment) for watch, setup in pairs])

    # training

    def advance(self, steps: range) -> Chunk:
        """Take these steps; the chunk has an axis of members after that of steps or epochs.

        A member that diverges, or has finished its epochs, stays where it is from then on, and its numbers are NaN.
        """
        chunks = [self._advance(steps)]
        while steps := steps[chunks[-1].steps :]:
            chunks.append(self._advance(steps[: 2 * chunks[-1].steps]))  # the next rate may be reduced as soon
        return joined(chunks)

    def _advance(self, steps: range) -> Chunk:
        """Take these steps, or the first of them, up to where a member's rate is reduced."""
        undrawn = [generator.get_state() for generator in self._generators]
        plan = self._plan(steps, self._generators)
        before = self._state.clone()
        records = self._block(self._numbers, plan)
        finite = torch.isfinite(records.steps).all(dim=-1).view(len(steps), -1).cpu().numpy()
        wanted = np.maximum(self.taken(steps.stop) - steps.start, 0)
        taken = np.minimum(finite.cumprod(axis=0).sum(axis=0), wanted)
        watches, planned = self._decided(records, steps, taken)
        if planned < len(steps):
            self._state.copy_(before)
            for generator, state in zip(self._generators, undrawn, strict=True):
                generator.set_state(state)
            return self._advance(steps[:planned])
        self.diverged = np.where(taken < wanted, steps.start + taken + 1, self.diverged)
        taken = self._watched(watches, steps, taken)
        if (taken < len(steps)).any():
            self._stay(before, plan, taken)
        self._restored[taken > 0] = 0
        return self._chunk(steps, plan, records, taken)

    def _decided(self, records: Records, steps: range, taken: Counts) -> tuple[list[tuple[Watch, int]], int]:
        """Return each member's watch and how far it goes by it, and how many steps are as they were planned for all."""
        members = [setup.experiment for setup in self.setups]
        if not any(isinstance(m.schedule, ReduceOnPlateau) or m.stopping.patience for m in members):
            return [], len(steps)
        tables = [values.cpu().view(len(self), *values.shape[-3:]) for values in records.epochs]
        watches, planned = [], len(steps)
        for i, setup in enumerate(self.setups):
            reach = range(steps.start, steps.start + int(taken[i]))
            watch, void = setup.decided(self._watches[i], [table[i] for table in tables], reach)
            good = len(reach) if void is None else void
            watches.append((watch, good))
            if watch.plateau.reduced != self._watches[i].plateau.reduced:
                planned = min(planned, good)
        return watches, planned

    def _watched(self, watches: Sequence[tuple[Watch, int]], steps: range, taken: Counts) -> Counts:
        """Take note of what was decided; return how many steps each member takes."""
        taken = taken.copy()
        for i, (watch, good) in enumerate(watches):
            self._watches[i], taken[i] = watch, good
            if watch.stops(self.setups[i].experiment):
                self.last_steps[i] = min(self.last_steps[i], steps.start + good)
                self.diverged[i] = 0 if self.diverged[i] > steps.start + good else self.diverged[i]
        return taken

    def __len__(self) -> int:
        """How many networks."""
        return len(self.setups)

    def _stay(self, before: State, plan: Plan, taken: NDArray[np.int64]) -> None:
        """Leave each member where it was after as many steps as it has taken of a plan."""
        after, reached = self._state.clone(), 0
        self._state.copy_(before)
        for count in np.unique(taken[taken < len(plan)]).tolist():
            if count > reached:
                self._block(self._numbers, plan.between(reached, count))
            reached = count
            which = torch.from_numpy(taken == count).to(self._device)
            for kept, now in zip(after.tensors, self._state.tensors, strict=True):
                if kept.dim():  # the count of steps is everybody's
                    kept[which] = now[which]
        self._state.copy_(after)

    def _chunk(self, steps: range, plan: Plan, records: Records, taken: NDArray[np.int64]) -> Chunk:
        took = np.arange(1, len(steps) + 1)[:, None] <= taken
        ended = np.array(plan.ends) & took.any(axis=1)
        measured = np.where(took[..., None], records.steps.view(*took.shape, -1).cpu().numpy(), np.nan)
        rates = plan.series["lr"].view(took.shape).cpu().numpy().astype(np.float32)
        found = self._readable(records.epochs)[: ended.sum()]
        found = np.where(took[ended][..., None, None, None], found, np.nan)
        evaluated, averaged = found[:, :, 0], found[:, :, 1, 1, :-1] if found.shape[2] > 1 else None
        layers, clipping = len(self.first.built.layers), self._shape.clipping != "none"
        return Chunk(
            start=steps.start,
            loss=measured[..., 0],
            lr=np.where(took, rates, np.nan),
            gradient_norm=measured[..., 1 : 1 + layers],
            update_ratio=measured[..., 1 + layers : 1 + 2 * layers],
            clipped_norm=measured[..., 1 + 2 * layers :] if clipping else None,
            averaged_validation_loss=None if averaged is None else averaged[..., 0],
            averaged_validation_metrics=None if averaged is None else averaged[..., 1:],
            epoch=(steps.start + 1 + np.flatnonzero(ended)) // self.first.steps_per_epoch,
            train_loss=evaluated[:, :, 0, 0],
            validation_loss=evaluated[:, :, 1, 0],
            train_metrics=evaluated[:, :, 0, 1:-1],
            validation_metrics=evaluated[:, :, 1, 1:-1],
            penalty=evaluated[:, :, 0, -1],
            seconds=0.0,
        )

    def _plan(self, steps: range, generators: Sequence[torch.Generator]) -> Plan:
        rates = {"lr": [s.rates(steps, watch) for s, watch in zip(self.setups, self._watches, strict=True)]}
        if self.first.momenta(steps) is not None:
            rates["momentum"] = [found for s in self.setups if (found := s.momenta(steps)) is not None]
        numbers = {name: self._columns(values) for name, values in rates.items()}
        series = {**numbers, **self._noise(len(steps), generators)}
        if self._alone:
            series = {name: values[:, 0] if name in SERIES else values.view(-1) for name, values in series.items()}
        return Plan(self._orders(steps), series, self.first.ends(steps))

    def _orders(self, steps: range) -> Tensor:
        """Return the (n, batch) samples of these steps, or (n, members, batch) where members have their own."""
        if not self._own_orders:
            return self.first.orders(steps).to(self._device)
        seeds = [setup.experiment.seeds.order for setup in self.setups]
        size = self.first.experiment.batches.size
        return batches.own_orders(seeds, len(self.first.dataset.train), size, steps).to(self._device)

    def _noise(self, count: int, generators: Sequence[torch.Generator]) -> dict[str, Tensor]:
        """Draw (n, members, batch, width) random numbers of each series, each member's from its own generator."""
        drawn = [setup.noise(count, own) for setup, own in zip(self.setups, generators, strict=True)]
        return {name: torch.stack([own[name] for own in drawn], dim=1).to(self._device) for name in drawn[0]}

    def _columns(self, values: Sequence[NDArray[np.float64]]) -> Tensor:
        """Return (n, members, 1) numbers from each member's (n,)."""
        table = np.stack(values, axis=1)
        return torch.from_numpy(table).unsqueeze(-1).to(self._device, precise(self._device))

    def _column(self, numbers: Sequence[float]) -> Tensor:
        return torch.tensor(numbers, dtype=precise(self._device), device=self._device).unsqueeze(-1)

    # the best

    @property
    def best_epochs(self) -> Counts:
        """(members,) the finished epoch at whose end each was best by what is watched; 0 before the first."""
        steps: Counts = self._state.slots["best_t"].view(-1).cpu().numpy().astype(np.int64)
        return steps // self.first.steps_per_epoch

    def restore_best(self) -> None:
        """Go back to the weights of the best epoch, in each member whose experiment says that the best is kept."""
        wanted = np.array([setup.experiment.stopping.restore for setup in self.setups])
        found, state = wanted & (self.best_epochs > 0), self._state
        which = torch.from_numpy(found).to(self._device)
        for now, best in ((state.parameters, "best"), (state.buffers, "best_buffers")):
            now[which] = state.slots[best][which]
        self._restored = np.where(found, self.best_epochs * self.first.steps_per_epoch, self._restored)

    # answers

    def evaluate(self) -> Floats:
        """Return (members, parts, 1 + metrics + 1), as an evaluation, of each as it is; NaN where it has diverged."""
        state = _only(self._state) if self._alone else self._state
        (found,) = self._readable([self.first.evaluator(state, self._shape.knobs(self._numbers))])
        return np.where(self.diverged[:, None, None] > 0, np.nan, found[:, 0])

    def snapshot(self, member: int, step: int) -> Snapshot:
        """Return a copy of one network after a step of the population, after its own last step, or at its best."""
        step = int(self._restored[member] or self.taken(step)[member])
        state = self._state
        flat = (t[member].detach().cpu().numpy().copy() for t in (state.parameters, state.buffers))
        return Snapshot(self.first.built.layout, step, step // self.first.steps_per_epoch, *flat)

    def _readable(self, evaluations: Sequence[Tensor]) -> Floats:
        """Return (m, members, models, parts, 1 + metrics + 1); what overflowed becomes the worst there is."""
        task = self.first.dataset.task
        loss, metrics = readable([math.nan] * (1 + len(METRICS[task])), task)
        evaluator = self.first.evaluator
        shape = len(evaluations), len(self), evaluator.models, len(evaluator.parts), 2 + len(metrics)
        found = np.array([values.cpu().numpy() for values in evaluations], np.float32).reshape(shape)
        return np.where(np.abs(found) <= LARGEST, found, np.array([loss, *metrics, LARGEST], np.float32))


def _only(state: State) -> State:
    """Return the only network of a stack, in the same memory."""
    slots = {name: slot if name == "t" else slot[0] for name, slot in state.slots.items()}
    return State(state.parameters[0], state.buffers[0], slots)


def _stacked(states: Sequence[State]) -> State:
    parameters, buffers = (torch.stack([getattr(s, name) for s in states]) for name in ("parameters", "buffers"))
    first = states[0].slots
    slots = {name: first[name] if name == "t" else _column_of([s.slots[name] for s in states]) for name in first}
    return State(parameters, buffers, slots)


def _column_of(slots: Sequence[Tensor]) -> Tensor:
    stacked = torch.stack(list(slots))
    return stacked.unsqueeze(-1) if stacked.dim() == 1 else stacked
