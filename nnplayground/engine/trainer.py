"""The trainer: advances one experiment, pulled by its caller, and records every step."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from nnplayground.data import Dataset, load
from nnplayground.engine import devices, schedules
from nnplayground.engine.chunk import Chunk, Divergence
from nnplayground.engine.diagnosis import diagnose
from nnplayground.engine.losses import Head, delta_of, head
from nnplayground.engine.metrics import LARGEST, METRICS, bounded, measure
from nnplayground.engine.network import Architecture, architecture, forward, initialize, views
from nnplayground.engine.optimizers import hyper_of, slots_for
from nnplayground.engine.snapshot import Snapshot
from nnplayground.engine.step import State, Step, Tuning
from nnplayground.experiment import Experiment, ExperimentError

EVALUATION_ROWS = 65_536  # evaluated at once
NOISE_NUMBERS = 4_000_000  # drawn at once for dropout
BLOCK_STEPS = 5_000
BLOCK_SECONDS = 0.02
NOISE_SEED = 0x5EED  # keeps dropout's numbers apart from those that drew the weights

Executor = Literal["auto", "eager"]


@dataclass(frozen=True, eq=False)
class _Part:
    """Training or validation samples on the device."""

    x: Tensor
    y: Tensor  # as the head takes them
    plain: Tensor  # (n,) classes or values


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Loss and metrics of both parts in evaluation mode."""

    train_loss: float
    validation_loss: float
    train_metrics: tuple[float, ...]
    validation_metrics: tuple[float, ...]


class Trainer:
    """Advances one experiment. Owns network, optimizer state and random state; nothing runs unless it is pulled."""

    def __init__(
        self,
        experiment: Experiment,
        *,
        device: str = "auto",
        executor: Executor = "auto",
        dataset: Dataset | None = None,
    ) -> None:
        """Build the network on `device`; `dataset` saves loading what is at hand. Raises ExperimentError."""
        self.device = devices.choose(device)
        self.executor: Executor = "eager" if executor == "auto" else executor
        self._build(experiment, dataset)

    def _build(self, experiment: Experiment, dataset: Dataset | None) -> None:
        dataset = load(experiment.data, experiment.seeds.data) if dataset is None else dataset
        rows = len(dataset.train) + len(dataset.validation)
        experiment.check_fit(dataset.task, len(dataset.class_names), rows)
        self.experiment, self.dataset = experiment, dataset
        self.head: Head = head(experiment.loss, dataset)
        self.built: Architecture = architecture(experiment.network, len(dataset.input_names), self.head.outputs)
        self.steps_per_epoch = len(dataset.train) // experiment.batches.size
        self._parts = {name: self._move(part) for name, part in self._samples().items()}
        mask = torch.zeros(self.built.layout.size)
        for tensor in self.built.layout.parameters:
            mask[tensor.start : tensor.stop] = float(tensor.role == "weight")
        self._step = Step(self.built, self.head, experiment.optimizer.kind, mask.to(self.device))
        self.reset()

    def _samples(self) -> dict[str, Any]:
        return {"train": self.dataset.train, "validation": self.dataset.validation}

    def _move(self, samples: Any) -> _Part:
        x = torch.as_tensor(samples.inputs).to(self.device)
        plain = torch.as_tensor(samples.targets).to(self.device)
        return _Part(x, self.head.targets(plain), plain)

    def reset(self) -> None:
        """Go back to the very beginning: the same initial weights, the same order of batches."""
        seeds = self.experiment.seeds
        parameters, buffers = initialize(self.built, Generator().manual_seed(seeds.model))
        parameters, buffers = parameters.to(self.device), buffers.to(self.device)
        self._state = State(parameters, buffers, slots_for(self.experiment.optimizer.kind, parameters))
        self._order_generator = Generator().manual_seed(seeds.order)
        self._noise_generator = Generator().manual_seed(seeds.model ^ NOISE_SEED)
        self._order: Tensor = torch.empty(0, dtype=torch.int64)
        self.step, self.epoch = 0, 0
        self.divergence: Divergence | None = None
        self._seconds_per_step = 1e-3

    # what is known

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
    def stopped_by(self) -> str | None:
        """Why training cannot go on: "diverged", "epochs", or None."""
        if self.divergence is not None:
            return "diverged"
        return "epochs" if self.epoch >= self.experiment.stopping.epochs else None

    # training

    def advance(self, *, steps: int | None = None, epochs: int | None = None, seconds: float | None = None) -> Chunk:
        """Train for so many steps, until so many more epochs are finished, or for about so long, whichever is first.

        Returns at once with an empty chunk where training has stopped. Takes at least one step otherwise.
        """
        begin = time.perf_counter()
        start = self.step
        last = start + steps if steps is not None else None
        last_epoch = min(self.experiment.stopping.epochs, self.epoch + epochs if epochs is not None else 10**12)
        blocks: list[Tensor] = []
        rates: list[float] = []
        finished: list[tuple[int, Evaluation]] = []
        while self.divergence is None and self.epoch < last_epoch and (last is None or self.step < last):
            left = BLOCK_SECONDS if seconds is None else begin + seconds - time.perf_counter()
            if left <= 0 and self.step > start:
                break
            count = self._block_size(left, None if last is None else last - self.step)
            records, lr = self._advance_block(count)
            blocks.append(records)
            rates += lr
            if self.divergence is None and self.step % self.steps_per_epoch == 0:
                self.epoch += 1
                finished.append((self.epoch, self.evaluate()))
        return self._chunk(start, blocks, rates, finished, time.perf_counter() - begin)

    def _block_size(self, seconds: float, steps: int | None) -> int:
        """Return how many steps to take before looking at the clock again: never past an epoch's end."""
        widths = sum(self.built.noise_widths)
        limits = [
            self.steps_per_epoch - self.step % self.steps_per_epoch,
            max(1, int(min(seconds, BLOCK_SECONDS) / self._seconds_per_step)),
            max(1, NOISE_NUMBERS // (widths * self.experiment.batches.size)),
            BLOCK_STEPS,
        ]
        return max(1, min(limits + ([steps] if steps is not None else [])))

    def _advance_block(self, count: int) -> tuple[Tensor, list[float]]:
        """Take `count` steps within one epoch; return their records (n, 1 + 2 layers) on the CPU, and their rates.

        Where a record is not finite, the block is taken back and taken again up to the step before.
        """
        begin = time.perf_counter()
        before = self._state.clone()
        position = self.step % self.steps_per_epoch
        if position == 0:
            rows = len(self.dataset.train)
            self._order = torch.randperm(rows, generator=self._order_generator).to(self.device)
        size, tuning = self.experiment.batches.size, self._tuning()
        order = self._order[position * size : (position + count) * size].view(count, size)
        noise = self._noise(count, tuning)
        schedule, rate = self.experiment.schedule, self.experiment.optimizer.lr
        rates = [rate * schedules.factor(schedule, self.step + i, self.steps_per_epoch) for i in range(count)]
        records = self._run(order, rates, tuning, noise)
        good = self._finite(records)
        if good < count:
            self._state.copy_(before)
            records = self._run(order[:good], rates[:good], tuning, noise)
            batch_noise = None if noise is None else noise[good]
            self.divergence = self._diagnose(self.step + good + 1, order[good], rates[good], tuning, batch_noise)
        self.step += good
        self._seconds_per_step = max((time.perf_counter() - begin) / count, 1e-7)
        return records, rates[:good]

    def _run(self, order: Tensor, rates: list[float], tuning: Tuning, noise: Tensor | None) -> Tensor:
        part, records = self._parts["train"], []
        for i, rows in enumerate(order.unbind()):
            x, y = part.x.index_select(0, rows), part.y.index_select(0, rows)
            records.append(self._step(self._state, x, y, rates[i], tuning, None if noise is None else noise[i]))
        columns = 1 + 2 * len(self.layers)
        return torch.stack(records).cpu() if records else torch.empty(0, columns)

    def _tuning(self) -> Tuning:
        experiment = self.experiment
        network = experiment.network
        hidden = [network.resolved(i).dropout or 0.0 for i in range(len(network.layers))]
        rates = tuple(rate if rate > 0 else None for rate in (network.input_dropout, *hidden))
        penalties = experiment.regularization
        hyper = hyper_of(experiment.optimizer)
        return Tuning(hyper, delta_of(experiment.loss), float(penalties.l1), float(penalties.l2), rates)

    def _noise(self, count: int, tuning: Tuning) -> Tensor | None:
        pairs = zip(self.built.noise_widths, tuning.rates, strict=True)
        width = sum(w for w, rate in pairs if rate is not None)
        if width == 0:
            return None
        shape = (count, self.experiment.batches.size, width)
        return torch.rand(shape, generator=self._noise_generator).to(self.device)

    @staticmethod
    def _finite(records: Tensor) -> int:
        """Return how many records come before the first that is not finite."""
        bad = (~torch.isfinite(records).all(dim=1)).nonzero()
        return int(bad[0]) if len(bad) else len(records)

    def _diagnose(self, step: int, rows: Tensor, lr: float, tuning: Tuning, noise: Tensor | None) -> Divergence:
        """Find what overflowed first in a step from the last finite state, without taking it."""
        part = self._parts["train"]
        layer, quantity = diagnose(self._step, self._state.clone(), part.x[rows], part.y[rows], lr, tuning, noise)
        return Divergence(step, self.layers[layer], quantity)

    def _chunk(
        self,
        start: int,
        blocks: list[Tensor],
        rates: list[float],
        finished: list[tuple[int, Evaluation]],
        seconds: float,
    ) -> Chunk:
        layers, metrics = len(self.layers), len(self.metrics)
        records = torch.cat(blocks).numpy() if blocks else np.empty((0, 1 + 2 * layers), np.float32)
        table = [e for _, e in finished]
        return Chunk(
            start=start,
            loss=records[:, 0],
            lr=np.asarray(rates, np.float32),
            gradient_norm=records[:, 1 : 1 + layers],
            update_ratio=records[:, 1 + layers :],
            epoch=np.asarray([epoch for epoch, _ in finished], np.int64),
            train_loss=np.asarray([e.train_loss for e in table], np.float32),
            validation_loss=np.asarray([e.validation_loss for e in table], np.float32),
            train_metrics=np.asarray([e.train_metrics for e in table], np.float32).reshape(-1, metrics),
            validation_metrics=np.asarray([e.validation_metrics for e in table], np.float32).reshape(-1, metrics),
            seconds=seconds,
            stopped_by=self.stopped_by,
            divergence=self.divergence,
        )

    def retune(self, experiment: Experiment) -> bool:
        """Train on as `experiment`: in place where only live knobs differ (True), else from the start (False).

        In place, a training that has diverged may try again from its last finite state.

        Raises ExperimentError, and leaves the trainer as it was, where no training can be made of it.
        """
        if self.experiment.is_live(experiment):
            self.divergence = None if experiment != self.experiment else self.divergence
            self.experiment = experiment
            return True
        data = self.dataset_for(experiment)
        fresh = Trainer(experiment, device=self.device.type, executor=self.executor, dataset=data)
        self.__dict__.update(fresh.__dict__)
        return False

    def dataset_for(self, experiment: Experiment) -> Dataset | None:
        """Return the data set in hand where `experiment` is trained on the very same, else None."""
        mine = self.experiment
        same = (mine.data, mine.seeds.data) == (experiment.data, experiment.seeds.data)
        return self.dataset if same else None

    def set_parameter(self, layer: int, role: str, index: tuple[int, ...], value: float) -> None:
        """Set one weight or bias of the running network. Raises ExperimentError where there is none such."""
        learned = (t for t in self.built.layout.parameters if (t.layer, t.role) == (layer, role))
        tensor = next(learned, None)
        inside = (
            tensor is not None
            and len(index) == len(tensor.shape)
            and all(0 <= i < n for i, n in zip(index, tensor.shape, strict=True))
        )
        if tensor is None or not inside or not abs(value) <= LARGEST:
            raise ExperimentError(f"{role} {index} of layer {layer} cannot be set to {value}: no such finite parameter")
        views(self._state.parameters, [tensor])[0][index] = value

    # answers

    @torch.no_grad()
    def outputs(self, x: Tensor) -> Tensor:
        """Return (n, outputs) raw outputs in evaluation mode for (n, inputs) inputs on the device."""
        parameters = views(self._state.parameters, self.built.layout.parameters)
        buffers = views(self._state.buffers, self.built.layout.buffers)
        pieces = [forward(self.built, parameters, buffers, piece) for piece in torch.split(x, EVALUATION_ROWS)]
        return torch.cat(pieces) if len(pieces) != 1 else pieces[0]

    @torch.no_grad()
    def evaluate(self) -> Evaluation:
        """Return loss and metrics of the whole training and validation part, in evaluation mode, without penalties."""
        losses: dict[str, float] = {}
        metrics: dict[str, tuple[float, ...]] = {}
        delta = delta_of(self.experiment.loss)
        for name, part in self._parts.items():
            outputs = self.outputs(part.x)
            losses[name] = bounded(float(self.head.compute(outputs, part.y, delta)))
            metrics[name] = tuple(measure(self.head.probabilities(outputs), part.plain, self.dataset))
        return Evaluation(losses["train"], losses["validation"], metrics["train"], metrics["validation"])

    def predict(self, x: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Return (n, classes) probabilities, or (n, 1) values in the target's unit, for (n, inputs) scaled inputs."""
        tensor = torch.as_tensor(np.ascontiguousarray(x, np.float32)).to(self.device)
        with torch.no_grad():
            answers = self.head.probabilities(self.outputs(tensor)).cpu().numpy()
        if self.dataset.task == "regression":
            answers = answers * np.float32(self.dataset.target_scale) + np.float32(self.dataset.target_mean)
        return np.asarray(answers, np.float32)

    # state

    def snapshot(self) -> Snapshot:
        """Return a copy of the network at this step."""
        state = self._state
        parameters, buffers = (t.detach().cpu().numpy().copy() for t in (state.parameters, state.buffers))
        return Snapshot(self.built.layout, self.step, self.epoch, parameters, buffers)

    def state_dict(self) -> dict[str, Any]:
        """Return copies of everything that training on depends on, beside experiment and data."""
        state = self._state.clone()
        return {
            "step": self.step,
            "epoch": self.epoch,
            "parameters": state.parameters,
            "buffers": state.buffers,
            "slots": state.slots,
            "order": self._order.clone(),
            "order_generator": self._order_generator.get_state(),
            "noise_generator": self._noise_generator.get_state(),
        }

    def load_state_dict(self, values: Mapping[str, Any]) -> None:
        """Go on from a `state_dict` of the same experiment. Raises ExperimentError where it does not fit."""
        mine = self.state_dict()
        fits = values.keys() == mine.keys() and values["slots"].keys() == mine["slots"].keys()
        for name in ("parameters", "buffers"):
            fits = fits and values[name].shape == mine[name].shape
        fits = fits and all(values["slots"][k].shape == slot.shape for k, slot in mine["slots"].items())
        fits = fits and values["epoch"] == values["step"] // self.steps_per_epoch
        if fits and values["step"] % self.steps_per_epoch > 0:
            fits = len(values["order"]) == len(self.dataset.train)
        if not fits:
            raise ExperimentError("the saved state is of another training than the experiment describes")
        self._state.copy_(State(values["parameters"], values["buffers"], values["slots"]))
        self.step, self.epoch, self._order = values["step"], values["epoch"], values["order"].clone().to(self.device)
        self._order_generator.set_state(values["order_generator"])
        self._noise_generator.set_state(values["noise_generator"])
        self.divergence = None
