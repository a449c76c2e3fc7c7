"""What an experiment comes down to before anything is trained: data, network, head, and what every step is given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor

from nnplayground.data import Dataset, Samples, load
from nnplayground.engine import batches, schedules
from nnplayground.engine.averages import slots_for_average
from nnplayground.engine.best import slots_for_best
from nnplayground.engine.blocks import Job, Plan
from nnplayground.engine.devices import precise
from nnplayground.engine.evaluation import Evaluator, Part
from nnplayground.engine.losses import Head, head
from nnplayground.engine.network import Architecture, architecture, initialize
from nnplayground.engine.noise import drawn
from nnplayground.engine.optimizers import momentum_of, rule_of, slots_for
from nnplayground.engine.step import State, Step
from nnplayground.engine.tuning import Tuning, tuning_of
from nnplayground.engine.watch import Watch
from nnplayground.engine.weights import Taken, load_weights
from nnplayground.experiment import Experiment
from nnplayground.experiment.shape import Shape, shape_of

Floats = NDArray[np.float64]

UPDATE = 32  # multiply-adds forward that updating and measuring one parameter is worth, about


def data_of(experiment: Experiment) -> object:
    """Return what says which data set an experiment is trained on."""
    return experiment.data, experiment.seeds.data


@dataclass(frozen=True, eq=False)
class Setup:
    """An experiment with all that follows from it, on a device."""

    experiment: Experiment
    dataset: Dataset
    device: torch.device
    head: Head
    built: Architecture
    train: Part
    validation: Part
    taken: Taken | None  # what the network begins with instead of drawn weights
    pace: int | None = None  # steps of an epoch where training went on with other points, so that epochs stay as long

    @classmethod
    def of(cls, experiment: Experiment, device: torch.device, dataset: Dataset | None = None) -> Setup:
        """Return the setup; `dataset` saves loading what is at hand. Raises ExperimentError where it does not fit."""
        dataset = load(experiment.data, experiment.seeds.data) if dataset is None else dataset
        _check_fit(experiment, dataset)
        output = head(experiment.loss, experiment.output, dataset)
        built = architecture(experiment.network, len(dataset.input_names), output.outputs, dataset.image_shape)
        taken = _taken(experiment, built, dataset)
        train, validation = (_moved(samples, output, device) for samples in (dataset.train, dataset.validation))
        return cls(experiment, dataset, device, output, built, train, validation, taken)

    def retuned(self, experiment: Experiment) -> Setup:
        """Return the same for an experiment that differs in live knobs alone. Raises ExperimentError.

        Where its points were drawn anew, it has other samples, and epochs of as many steps as before.
        """
        if data_of(experiment) == data_of(self.experiment):
            return replace(self, experiment=experiment)
        dataset = load(experiment.data, experiment.seeds.data)
        _check_fit(experiment, dataset)
        output = head(experiment.loss, experiment.output, dataset)
        train, validation = (_moved(samples, output, self.device) for samples in (dataset.train, dataset.validation))
        other = replace(self, experiment=experiment, dataset=dataset, head=output, train=train, validation=validation)
        return replace(other, pace=self.steps_per_epoch)

    def variant(self, experiment: Experiment) -> Setup:
        """Return the setup of another experiment on the same data; samples are shared where they can be."""
        other = head(experiment.loss, experiment.output, self.dataset)
        if other != self.head:
            return Setup.of(experiment, self.device, self.dataset)
        _check_fit(experiment, self.dataset)
        inputs, image = len(self.dataset.input_names), self.dataset.image_shape
        built = architecture(experiment.network, inputs, other.outputs, image)
        before, given = self.experiment.transfer, experiment.transfer
        same = (before.weights, before.output, self.built.layout) == (given.weights, given.output, built.layout)
        taken = self.taken if same else _taken(experiment, built, self.dataset)
        return replace(self, experiment=experiment, built=built, taken=taken)

    @cached_property
    def tuning(self) -> Tuning:
        """What the live knobs say now."""
        return tuning_of(self.experiment, self.steps_per_epoch, self.taken.layers if self.taken is not None else ())

    @cached_property
    def evaluator(self) -> Evaluator:
        """What says how good a state is."""
        experiment, parts = self.experiment, (self.train, self.validation)
        watch, tuning = experiment.stopping.watch, self.tuning
        return Evaluator(self.built, self.head, self.dataset, parts, tuning.averaging, tuning.frozen, watch)

    @property
    def steps_per_epoch(self) -> int:
        """How many whole batches the training set has, or had when training began."""
        return self.pace or self.own_pace

    @property
    def own_pace(self) -> int:
        """How many whole batches the training set has now."""
        return len(self.dataset.train) // self.experiment.batches.size

    @property
    def numbers_per_step(self) -> int:
        """How many numbers a step is given at most: samples, and random ones for dropout."""
        return (self.built.layout.inputs + sum(draw.width for draw in self.built.draws)) * self.experiment.batches.size

    @property
    def work(self) -> int:
        """How many multiply-adds a step's forward pass takes, or as many as its update is worth, where that is more."""
        return max(self.built.work * self.experiment.batches.size, UPDATE * self.built.layout.size)

    def initial(self) -> State:
        """Return the state before the first step."""
        generator = Generator().manual_seed(self.experiment.seeds.model)
        drawn = initialize(self.built, generator)
        if self.taken is not None:
            self.taken.put(*drawn)
        return self.begun(*(flat.to(self.device) for flat in drawn))

    def begun(self, parameters: Tensor, buffers: Tensor) -> State:
        """Return the state of a network that has these weights and was not trained yet."""
        slots = slots_for(rule_of(self.experiment.optimizer), parameters)
        number = torch.zeros_like(slots["t"])
        average = slots_for_average(self.experiment.averaging.kind, parameters, number)
        return State(parameters, buffers, {**slots, **average, **slots_for_best(parameters, buffers, number)})

    def orders(self, steps: range) -> Tensor:
        """Return the (n, batch) samples that these steps see."""
        seed, size = self.experiment.seeds.order, self.experiment.batches.size
        return batches.orders(seed, len(self.dataset.train), size, steps, self.pace)

    def rates(self, steps: range, watch: Watch) -> Floats:
        """Return the learning rate at each of these steps."""
        experiment, averaging = self.experiment, self.experiment.averaging
        given = experiment.schedule, experiment.optimizer.lr, steps, self.steps_per_epoch
        rates = schedules.rates(*given, watch.plateau.reduced)
        if averaging.kind == "swa" and averaging.rate > 0:
            begun = np.arange(steps.start, steps.stop) >= (averaging.start - 1) * self.steps_per_epoch
            rates = np.where(begun, averaging.rate, rates)
        return rates

    def momenta(self, steps: range) -> Floats | None:
        """Return the momentum at each of these steps, where the schedule turns it and the optimizer has any."""
        if momentum_of(self.tuning.rule) is None:
            return None
        return schedules.momenta(self.experiment.schedule, steps, self.steps_per_epoch)

    def decided(self, watch: Watch, evaluations: Sequence[Tensor], steps: range) -> tuple[Watch, int | None]:
        """Return the watch after the epochs that end in these steps, and after how many of them its plan is void.

        `evaluations` are the first such epochs'. A plan is void after an epoch at whose end training stops, or its rate
        is reduced; None where it holds to the end.
        """
        ended = [step + 1 for step, ends in zip(steps, self.ends(steps), strict=True) if ends]
        for step, values in zip(ended, evaluations, strict=False):
            before, watch = watch, watch.after(self.experiment, step // self.steps_per_epoch, *self._watched(values))
            if watch.stops(self.experiment) or watch.plateau.reduced != before.plateau.reduced:
                return watch, step - steps.start
        return watch, None

    def _watched(self, values: Tensor) -> tuple[float, float]:
        return self.evaluator.watched(values), float(values[0, 1, 0])

    def ends(self, steps: range) -> tuple[bool, ...]:
        """Return for each of these steps whether it finishes an epoch."""
        return tuple((step + 1) % self.steps_per_epoch == 0 for step in steps)

    def noise_generator(self) -> Generator:
        """Return the source of what chance does to samples, as it is before the first step."""
        return batches.noise_generator(self.experiment.seeds.model)

    def noise(self, count: int, generator: Generator) -> dict[str, Tensor]:
        """Draw what the next n steps need of chance, by Draw.series: (n, batch, width) each."""
        shape = count, self.experiment.batches.size
        return drawn(self.built.draws, self.tuning.names, shape, generator)

    # what a block of steps is given

    def job(self, step: Step, state: State) -> Job:
        """Return what an executor runs: the step on a state, and on these samples."""
        return Job(step, state, self.train.x, self.train.y, self.evaluator.finish)

    def numbers(self) -> list[Tensor]:
        """Return what the live knobs say now, on the device."""
        return [self._tensor(number) for number in self.tuning.numbers]

    def plan(
        self, steps: range, generator: Generator, given: Mapping[str, Floats | None], ends: tuple[bool, ...]
    ) -> Plan:
        """Return the inputs of these steps: their samples, chance drawn from a generator, and (n,) given numbers.

        Those are "lr" and, where anything turns it, "momentum"; `ends` says after which steps there is an evaluation.
        """
        series = {name: self._tensor(values) for name, values in given.items() if values is not None}
        noise = {name: values.to(self.device) for name, values in self.noise(len(steps), generator).items()}
        return Plan(self.orders(steps).to(self.device), {**series, **noise}, ends)

    def _tensor(self, values: float | Floats) -> Tensor:
        return torch.as_tensor(values, dtype=precise(self.device), device=self.device)


def _check_fit(experiment: Experiment, dataset: Dataset) -> None:
    rows = len(dataset.train) + len(dataset.validation)
    experiment.check_fit(dataset.task, len(dataset.class_names), rows, _shape(dataset))


def _shape(dataset: Dataset) -> Shape:
    return shape_of(len(dataset.input_names), dataset.image_shape)


def _taken(experiment: Experiment, built: Architecture, dataset: Dataset) -> Taken | None:
    transfer = experiment.transfer
    if not transfer.weights:
        return None
    return load_weights(transfer.weights, built.layout, dataset, output=transfer.output == "auto")


def _moved(samples: Samples, output: Head, device: torch.device) -> Part:
    x, plain = (torch.as_tensor(values).to(device) for values in (samples.inputs, samples.targets))
    return Part(x, output.targets(plain), plain)
