"""What an experiment comes down to before anything is trained: data, network, head, and what every step is given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Generator, Tensor

from nnplayground.data import Dataset, Samples, load
from nnplayground.engine import batches, schedules
from nnplayground.engine.evaluation import Evaluator, Part
from nnplayground.engine.losses import Head, head
from nnplayground.engine.network import Architecture, architecture, initialize
from nnplayground.engine.noise import drawn
from nnplayground.engine.optimizers import rule_of, slots_for
from nnplayground.engine.step import State
from nnplayground.engine.tuning import Tuning, tuning_of
from nnplayground.experiment import Experiment
from nnplayground.experiment.shape import Shape, shape_of


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

    @classmethod
    def of(cls, experiment: Experiment, device: torch.device, dataset: Dataset | None = None) -> Setup:
        """Return the setup; `dataset` saves loading what is at hand. Raises ExperimentError where it does not fit."""
        dataset = load(experiment.data, experiment.seeds.data) if dataset is None else dataset
        rows = len(dataset.train) + len(dataset.validation)
        experiment.check_fit(dataset.task, len(dataset.class_names), rows, _shape(dataset))
        output = head(experiment.loss, dataset)
        built = architecture(experiment.network, len(dataset.input_names), output.outputs, dataset.image_shape)
        parts = (_moved(samples, output, device) for samples in (dataset.train, dataset.validation))
        return cls(experiment, dataset, device, output, built, *parts)

    def retuned(self, experiment: Experiment) -> Setup:
        """Return the same for an experiment that differs in live knobs alone."""
        return replace(self, experiment=experiment)

    def variant(self, experiment: Experiment) -> Setup:
        """Return the setup of another experiment on the same data; samples are shared where they can be."""
        other = head(experiment.loss, self.dataset)
        same = (other.outputs, other.activation, other.loss) == (
            self.head.outputs,
            self.head.activation,
            self.head.loss,
        )
        if not same:
            return Setup.of(experiment, self.device, self.dataset)
        rows = len(self.dataset.train) + len(self.dataset.validation)
        experiment.check_fit(self.dataset.task, len(self.dataset.class_names), rows, _shape(self.dataset))
        inputs, image = len(self.dataset.input_names), self.dataset.image_shape
        built = architecture(experiment.network, inputs, other.outputs, image)
        return replace(self, experiment=experiment, built=built)

    @cached_property
    def tuning(self) -> Tuning:
        """What the live knobs say now."""
        return tuning_of(self.experiment)

    @property
    def evaluator(self) -> Evaluator:
        """What says how good a state is."""
        return Evaluator(self.built, self.head, self.dataset, (self.train, self.validation))

    @property
    def steps_per_epoch(self) -> int:
        """How many whole batches the training set has."""
        return len(self.dataset.train) // self.experiment.batches.size

    @property
    def numbers_per_step(self) -> int:
        """How many numbers a step is given at most: samples, and random ones for dropout."""
        return (self.built.layout.inputs + sum(draw.width for draw in self.built.draws)) * self.experiment.batches.size

    def initial(self) -> State:
        """Return the state before the first step."""
        generator = Generator().manual_seed(self.experiment.seeds.model)
        parameters, buffers = (flat.to(self.device) for flat in initialize(self.built, generator))
        return State(parameters, buffers, slots_for(rule_of(self.experiment.optimizer), parameters))

    def orders(self, steps: range) -> Tensor:
        """Return the (n, batch) samples that these steps see."""
        return batches.orders(self.experiment.seeds.order, len(self.dataset.train), self.experiment.batches.size, steps)

    def rates(self, steps: range) -> list[float]:
        """Return the learning rate at each of these steps."""
        experiment = self.experiment
        return schedules.rates(experiment.schedule, experiment.optimizer.lr, steps, self.steps_per_epoch)

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


def _shape(dataset: Dataset) -> Shape:
    return shape_of(len(dataset.input_names), dataset.image_shape)


def _moved(samples: Samples, output: Head, device: torch.device) -> Part:
    x, plain = (torch.as_tensor(values).to(device) for values in (samples.inputs, samples.targets))
    return Part(x, output.targets(plain), plain)
