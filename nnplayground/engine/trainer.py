"""The trainer: advances one experiment, pulled by its caller, and records every step."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from nnplayground.data import Dataset
from nnplayground.engine import devices, executors
from nnplayground.engine.backup import Backup
from nnplayground.engine.best import LARGEST, Best, slots_beside_best, slots_for_best
from nnplayground.engine.blocks import BLOCK_SECONDS, Block, Plan, Records, Stride
from nnplayground.engine.chunk import Chunk, Divergence
from nnplayground.engine.diagnosis import diagnose
from nnplayground.engine.evaluation import Evaluation, answer
from nnplayground.engine.losses import Head
from nnplayground.engine.metrics import METRICS
from nnplayground.engine.network import Architecture, assign, views
from nnplayground.engine.recording import chunk_of
from nnplayground.engine.saved import Saved
from nnplayground.engine.setup import Setup, data_of
from nnplayground.engine.snapshot import Snapshot
from nnplayground.engine.step import State, Step
from nnplayground.engine.tuning import Tuning
from nnplayground.engine.watch import Watch
from nnplayground.experiment import Experiment, ExperimentError


class Trainer:
    """Advances one experiment. Owns network, optimizer state and random state; nothing runs unless it is pulled."""

    def __init__(
        self,
        experiment: Experiment,
        *,
        device: str = "auto",
        executor: str = "auto",
        dataset: Dataset | None = None,
    ) -> None:
        """Build the network on `device`; `dataset` saves loading what is at hand. Raises ExperimentError.

        `executor` says how steps are run: auto, or one of executors.EXECUTORS.
        """
        self.device = devices.choose(device)
        self.executor = executors.choose(executor, self.device.type)
        self._asked = executor
        self.executor_note = ""  # why it is not the one that was asked for
        self._setup = Setup.of(experiment, self.device, dataset)
        self._blocks: dict[Tuning, tuple[Step, Block]] = {}
        self._state = self._roomy(self._setup.initial())
        self._backup = Backup(self._state)
        self.reset()
        self._prepare()

    def reset(self) -> None:
        """Go back to the very beginning: the same initial weights, the same order of batches."""
        if self._setup.pace is not None:
            self._setup = replace(self._setup, pace=None)
        self._state.copy_(self._roomy(self._setup.initial()))
        self._noise_generator = self._setup.noise_generator()
        self._stride = Stride(self._setup.numbers_per_step)
        self._watch = Watch()
        self._best: Best | None = None  # where its state is kept too
        self._backup.forget()
        self.step = 0
        self._restored = 0  # after which step the weights were as they are, where training went back to them; else 0
        self.divergence: Divergence | None = None

    @staticmethod
    def _roomy(state: State) -> State:
        """Return a state that has room for the whole of what it is at the best epoch."""
        return State(state.parameters, state.buffers, {**state.slots, **slots_beside_best(state)})

    def begin_at(self, snapshot: Snapshot) -> None:
        """Go on from a network after its step, of which nothing else is known: optimizer and random state are fresh.

        Steps and epochs are counted on. Raises ExperimentError where the network is of another shape.
        """
        if snapshot.layout != self.built.layout:
            raise ExperimentError("the network that was kept is of another shape than the experiment's")
        self.reset()
        if snapshot.step:
            flat = (torch.from_numpy(values).to(self.device) for values in (snapshot.parameters, snapshot.buffers))
            self._state.copy_(self._roomy(self._setup.begun(*flat)))
            self.step = snapshot.step

    # what is known

    @property
    def experiment(self) -> Experiment:
        """What is trained now."""
        return self._setup.experiment

    @property
    def setup(self) -> Setup:
        """What the experiment comes down to, as its live knobs are now."""
        return self._setup

    @property
    def dataset(self) -> Dataset:
        """What it is trained on."""
        return self._setup.dataset

    @property
    def head(self) -> Head:
        """What the network's last numbers mean."""
        return self._setup.head

    @property
    def built(self) -> Architecture:
        """The network's layers, and where their tensors lie."""
        return self._setup.built

    @property
    def taken(self) -> tuple[str, ...]:
        """What became of each layer's weights where it begins with those of a file; else empty."""
        return self._setup.taken.lines if self._setup.taken is not None else ()

    @property
    def steps_per_epoch(self) -> int:
        """How many whole batches the training set has, or had when training began."""
        return self._setup.steps_per_epoch

    @property
    def epoch(self) -> int:
        """How many epochs are finished."""
        return self.step // self.steps_per_epoch

    @property
    def layers(self) -> tuple[str, ...]:
        """The names of the layers, the output last."""
        return self.built.layout.layers

    @property
    def metrics(self) -> tuple[str, ...]:
        """The names of the metrics in a chunk's columns."""
        return METRICS[self.dataset.task]

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return self.built.layout.size

    @property
    def work(self) -> int:
        """How much a step is to compute, in multiply-adds: what `devices.threads_for` goes by."""
        return self._setup.work

    @property
    def stopped_by(self) -> str | None:
        """Why training cannot go on: "diverged", "patience", "epochs", or None."""
        if self.divergence is not None:
            return "diverged"
        if self._watch.stops(self.experiment):
            return "patience"
        return "epochs" if self.epoch >= self.experiment.stopping.epochs else None

    # training

    def advance(self, *, steps: int | None = None, epochs: int | None = None, seconds: float | None = None) -> Chunk:
        """Train for so many steps, until so many more epochs are finished, or for about so long, whichever is first.

        Returns at once with an empty chunk where training has stopped. Takes at least one step otherwise.
        """
        begin = time.perf_counter()
        start = self.step
        limit = self.experiment.stopping.epochs
        last = min(limit, self.epoch + epochs if epochs is not None else limit) * self.steps_per_epoch
        last = last if steps is None else min(last, start + steps)
        blocks: list[Records] = []
        rates: list[float] = []
        while self.stopped_by is None and self.step < last:
            left = BLOCK_SECONDS if seconds is None else begin + seconds - time.perf_counter()
            if left <= 0 and self.step > start:
                break
            records, lr = self._advance_block(self._stride.steps(left, last - self.step))
            blocks.append(records)
            rates += lr
        told = {"seconds": time.perf_counter() - begin, "stopped_by": self.stopped_by, "divergence": self.divergence}
        return chunk_of(self._setup, start, blocks, rates, **told)

    def _advance_block(self, count: int) -> tuple[Records, list[float]]:
        """Take `count` steps; return their records, and their rates.

        The block is taken back, and taken again up to the step before, where a record is not finite; and likewise up
        to the end of an epoch at which training stops or its rate is reduced.
        """
        step, block = self._blocks[self._setup.tuning.shape]
        self._backup.keep(self.step, self._state, self._noise_generator)
        start, before, random = self.step, self._watch, self._noise_generator.get_state()
        plan, numbers = self._plan(range(self.step, self.step + count), self._noise_generator), self._setup.numbers()
        begin = time.perf_counter()
        records = block(numbers, plan)
        finite = self._finite(records.steps)
        watch, void = self._setup.decided(self._watch, records.epochs, range(self.step, self.step + finite))
        good = finite if void is None else void
        if good < count:
            self._take_back(block, numbers, count)
            self._setup.noise(good, self._noise_generator)  # what was drawn for steps that are not taken is drawn again
            records = block(numbers, plan.until(good)) if good else Records(records.steps[:0], ())
        if void is None and finite < count:
            batch = plan.batch(self._setup.job(step, self._state), good)
            layer, quantity = diagnose(step, self._state.clone(), batch, step.shape.knobs(numbers))
            self.divergence = Divergence(self.step + good + 1, self.layers[layer], quantity)
        if good < count or watch.plateau.reduced != self._watch.plateau.reduced:
            self._backup.forget()
        self._watch = watch
        self.step += good
        self._restored = 0 if good else self._restored
        if self._best_step > start and self.parameters <= LARGEST:
            watch, _ = self._setup.decided(before, records.epochs, range(start, self._best_step))
            self._best = Best(self._best_step, watch, self.experiment, random, self._best_step - start)
        self._stride.learn(count, time.perf_counter() - begin)
        return records, plan.series["lr"][:good].tolist()

    def _take_back(self, block: Block, numbers: Sequence[Tensor], stride: int) -> None:
        """Return to this step from some way beyond it, by way of what was kept."""
        kept = self._backup.restore(self._state, self._noise_generator)
        for start in range(kept, self.step, stride):
            block(numbers, self._plan(range(start, min(start + stride, self.step)), self._noise_generator))

    def _plan(self, steps: range, generator: Generator) -> Plan:
        """Draw the inputs of these steps."""
        setup = self._setup
        given = {"lr": setup.rates(steps, self._watch), "momentum": setup.momenta(steps)}
        return setup.plan(steps, generator, given, setup.ends(steps))

    def _prepare(self) -> None:
        """Make the block for the terms that the step now has, unless it has been made before."""
        shape = self._setup.tuning.shape
        if shape in self._blocks:
            return
        step = Step(self.built, self.head, shape, self.device)
        example = self._plan(range(1), self._setup.noise_generator())
        block, self.executor, self.executor_note = executors.prepare(
            self.executor, self._setup.job(step, self._state), self._setup.numbers(), example
        )
        self._blocks[shape] = step, block

    @staticmethod
    def _finite(records: Tensor) -> int:
        """Return how many records come before the first that is not finite."""
        bad = (~torch.isfinite(records).all(dim=1)).nonzero()
        return int(bad[0]) if len(bad) else len(records)

    def retune(self, experiment: Experiment) -> bool:
        """Train on as `experiment`: in place where only live knobs differ (True), else from the start (False).

        In place, a training that has diverged may try again from its last finite state; where points were drawn anew,
        weights and optimizer go on as they are, while the best epoch and patience are judged from here on.

        Raises ExperimentError, and leaves the trainer as it was, where no training can be made of it.
        """
        if self.experiment.is_live(experiment):
            setup, changed = self._setup.retuned(experiment), experiment != self.experiment
            self._drawn_best()  # while it is known what was drawn
            if setup.dataset is not self.dataset:
                self._judge_anew()
            self.divergence = None if changed else self.divergence
            self._setup = setup
            self._backup.forget()
            self._prepare()
            return True
        data = self.dataset_for(experiment)
        fresh = Trainer(experiment, device=self.device.type, executor=self._asked, dataset=data)
        self.__dict__.update(fresh.__dict__)
        return False

    def _judge_anew(self) -> None:
        """Forget what hangs on the samples: blocks, in which they are, and what was best on them."""
        self._blocks.clear()
        self._watch, self._best = self._watch.anew(), None
        state = self._state
        for name, slot in slots_for_best(state.parameters, state.buffers, torch.zeros_like(state.slots["t"])).items():
            state.slots[name].copy_(slot)

    def dataset_for(self, experiment: Experiment) -> Dataset | None:
        """Return the data set in hand where `experiment` is trained on the very same, else None."""
        return self.dataset if data_of(self.experiment) == data_of(experiment) else None

    def set_parameter(self, layer: int, role: str, index: tuple[int, ...], value: float) -> None:
        """Set one weight or bias of the running network. Raises ExperimentError where there is none such."""
        assign(self.built.layout, self._state.parameters, layer, role, index, value)
        self._backup.forget()

    # answers

    @torch.no_grad()
    def outputs(self, x: Tensor) -> Tensor:
        """Return (n, outputs) raw outputs in evaluation mode for (n, inputs) inputs on the device."""
        parameters = views(self._state.parameters, self.built.layout.parameters)
        return answer(self.built, parameters, views(self._state.buffers, self.built.layout.buffers), x)

    def evaluate(self) -> Evaluation:
        """Return loss and metrics of the whole training and validation part, in evaluation mode, without penalties."""
        evaluator = self._setup.evaluator
        return evaluator.read(evaluator(self._state, self._setup.tuning.knobs(self._setup.numbers())))

    @torch.no_grad()
    def extra_share(self) -> float | None:
        """Return the mean probability that outputs beyond the classes take on validation samples; None without any."""
        if not 0 < self.head.classes < self.head.outputs:
            return None
        return 1 - float(self.head.probabilities(self.outputs(self._setup.validation.x)).sum(dim=1).mean())

    def predict(self, x: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return (n, classes) probabilities, or (n, 1) values in the target's unit, for (n, inputs) scaled inputs."""
        tensor = torch.as_tensor(np.ascontiguousarray(x, np.float32)).to(self.device)
        with torch.no_grad():
            answers = self.head.probabilities(self.outputs(tensor)).cpu().numpy()
        if self.dataset.task == "regression":
            answers = answers * np.float32(self.dataset.target_scale) + np.float32(self.dataset.target_mean)
        return np.asarray(answers, np.float32)

    # state

    @property
    def best_epoch(self) -> int:
        """The finished epoch at whose end the network was best by what is watched; 0 before the first."""
        return self._best_step // self.steps_per_epoch

    @property
    def _best_step(self) -> int:
        """After which step the network was best; 0 before the first epoch ends. Updates count from where it began."""
        slots = self._state.slots
        updates = int(slots["best_t"])
        return updates + self.step - int(slots["t"]) if updates else 0

    def restore_best(self) -> int:
        """Go back to the weights of the best epoch, and return it; 0 changes nothing.

        Steps are counted on, and the optimizer's state stays; snapshots are of the best epoch until the next step.
        """
        state = self._state
        if self.best_epoch:
            state.parameters.copy_(state.slots["best"])
            state.buffers.copy_(state.slots["best_buffers"])
            self._restored = self._best_step
            self._backup.forget()
        return self.best_epoch

    def snapshot(self, which: str = "now") -> Snapshot:
        """Return a copy of the network as it is, "best" at its best epoch, or "average" of its averaged weights.

        It says after which step the network was so: the latest, or where training went back to it, the best epoch's.
        """
        state, slots, step = self._state, self._state.slots, self._restored or self.step
        parameters, buffers = state.parameters, state.buffers
        if which == "best" and self.best_epoch:
            parameters, buffers, step = slots["best"], slots["best_buffers"], self._best_step
        elif which == "average" and "average" in slots:
            parameters, buffers = slots["average"], self._setup.evaluator.refreshed(slots["average"], buffers)
            step = self.step
        flat = (t.detach().cpu().numpy().copy() for t in (parameters, buffers))
        return Snapshot(self.built.layout, step, step // self.steps_per_epoch, *flat)

    def state_dict(self) -> dict[str, Any]:
        """Return copies of everything that training on depends on, beside experiment and data."""
        return self._saved(self._state.clone()).to_dict()

    def best_state_dict(self) -> tuple[dict[str, Any], Experiment] | None:
        """Return what `state_dict` was at the end of the best epoch, and the experiment then; None if not known."""
        best = self._drawn_best()
        state = best.state_of(self._state) if best is not None else None
        if best is None or state is None:
            return None
        then = replace(self._saved(state), step=best.step, restored=0, experiment=best.experiment)
        return replace(then, watch=best.watch, random=best.random.clone()).to_dict(), best.experiment

    def load_state_dict(self, values: Mapping[str, Any]) -> None:
        """Go on from a `state_dict` of the same experiment. Raises ExperimentError where it does not fit."""
        saved = self._saved(self._state).like(values)
        self._state.copy_(saved.state)
        self.step, self._restored, self._watch, self._best = saved.step, saved.restored, saved.watch, saved.best
        if self._setup.pace != (saved.pace or None):
            self._setup = replace(self._setup, pace=saved.pace or None)
        self._noise_generator.set_state(saved.random)
        self._backup.forget()
        self.divergence = None

    def _saved(self, state: State) -> Saved:
        setup = self._setup
        return Saved(
            self.experiment,
            self.step,
            self._restored,
            len(self.dataset.train),
            setup.pace or 0,
            setup.own_pace,
            state,
            self._noise_generator.get_state(),
            self._watch,
            self._drawn_best(),
        )

    def _drawn_best(self) -> Best | None:
        if self._best is not None:
            self._best = self._best.drawn(self._setup)
        return self._best
