"""What answers probes: a network and its data at hand, and the means that all answers are made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from nnplayground.data import Dataset
from nnplayground.engine.evaluation import answer
from nnplayground.engine.losses import Head
from nnplayground.engine.network import Architecture, forward, views
from nnplayground.engine.probes import (
    ActivityRequest,
    CalibrationRequest,
    ChangeRequest,
    ConfusionRequest,
    Floats,
    HistogramRequest,
    MistakesRequest,
    OutputRequest,
    PredictionRequest,
    Reading,
    Request,
    ResponseRequest,
    SignalRequest,
    TraceRequest,
    WeightGradientRequest,
    WeightUpdateRequest,
)
from nnplayground.engine.probing.activity import activity
from nnplayground.engine.probing.histograms import histograms
from nnplayground.engine.probing.judgements import calibration, confusion, mistakes
from nnplayground.engine.probing.outputs import change, output, predictions
from nnplayground.engine.probing.points import domain_points
from nnplayground.engine.probing.responses import responses
from nnplayground.engine.probing.signal import signals
from nnplayground.engine.probing.trace import trace
from nnplayground.engine.probing.weights import weight_gradients, weight_updates
from nnplayground.engine.setup import Setup
from nnplayground.engine.snapshot import Snapshot


@dataclass(eq=False)
class Prober:
    """Answers requests about snapshots of one experiment's network on the CPU; `first` is its snapshot at step 0."""

    setup: Setup
    first: Snapshot
    earlier: dict[ChangeRequest, Floats] = field(default_factory=dict)  # the map of the snapshot that is compared with
    _inputs: dict[tuple[str, int], Tensor] = field(default_factory=dict)  # encoded once: the data stay the same
    begun: dict[object, Any] = field(default_factory=dict)  # what answers found once of the network's beginning

    def retuned(self, setup: Setup) -> Prober:
        """Return the same after live knobs were turned; not what was found of other samples or losses."""
        if setup is self.setup:
            return self
        if setup.dataset is not self.dataset:
            return Prober(setup, self.first)
        same_loss = setup.experiment.loss == self.setup.experiment.loss
        return replace(self, setup=setup, begun=self.begun if same_loss else {})

    def alone(self) -> Prober:
        """Return one for another thread: what answers are made with is found once by each."""
        return Prober(self.setup, self.first)

    @property
    def built(self) -> Architecture:
        """The network's layers."""
        return self.setup.built

    @property
    def head(self) -> Head:
        """What its last numbers mean."""
        return self.setup.head

    @property
    def dataset(self) -> Dataset:
        """What it learns from."""
        return self.setup.dataset

    def answer(self, request: Request, snapshot: Snapshot) -> Reading | None:
        """Answer one request, or None where the data have no such picture (an output map of a table)."""
        with torch.no_grad():
            return _ANSWERS[type(request)](self, request, snapshot)

    # what answers are made with

    @staticmethod
    def tensors(snapshot: Snapshot) -> tuple[list[Tensor], list[Tensor]]:
        """Return a snapshot's parameters and buffers, each tensor a view."""
        layout = snapshot.layout
        parameters = views(torch.from_numpy(snapshot.parameters), layout.parameters)
        return parameters, views(torch.from_numpy(snapshot.buffers), layout.buffers)

    def forward(self, snapshot: Snapshot, x: Tensor, kept: list[Tensor] | None = None) -> Tensor:
        """Return (n, outputs) raw outputs in evaluation mode; see `network.forward`."""
        return forward(self.built, *self.tensors(snapshot), x, kept=kept)

    def answers(self, snapshot: Snapshot, inputs: Floats) -> Floats:
        """Return (n, classes) probabilities, or (n, 1) values in the target's unit, for (n, inputs) scaled inputs."""
        x = torch.as_tensor(np.ascontiguousarray(inputs))
        outputs = answer(self.built, *self.tensors(snapshot), x)
        return np.asarray(self.in_units(self.head.probabilities(outputs)).numpy(), np.float32)

    def in_units(self, answers: Tensor) -> Tensor:
        """Return values in the target's own unit; probabilities as they are."""
        if self.dataset.task == "classification":
            return answers
        return answers * self.dataset.target_scale + self.dataset.target_mean

    def picture_inputs(self, resolution: int) -> Tensor:
        """Return the inputs of a picture of the domain; of data without one, validation samples by target."""
        key = ("picture", resolution)
        if key not in self._inputs:
            if self.dataset.domain:
                inputs = self.dataset.encode(domain_points(self.dataset.domain, resolution))
            else:
                validation = self.dataset.validation
                rows = np.argsort(validation.targets[: resolution**2], kind="stable")
                inputs = validation.inputs[rows]
            self._inputs[key] = torch.as_tensor(np.ascontiguousarray(inputs, np.float32))
        return self._inputs[key]

    def picture(self, values: Tensor, resolution: int, *, line: bool = True) -> Floats:
        """Return (n, neurons) values as (neurons, height, width) pictures; a line as (neurons, 1, width) if `line`."""
        columns = np.ascontiguousarray(values.numpy().T)
        dimensions = len(self.dataset.domain)
        if dimensions == 1:
            return columns[:, None, :] if line else columns
        if columns.shape[1] < resolution**2:
            padding = np.full((len(columns), resolution**2 - columns.shape[1]), np.nan, np.float32)
            columns = np.concatenate([columns, padding], axis=1)
        return columns.reshape(len(columns), resolution, resolution)


_ANSWERS: dict[type[Request], Callable[[Prober, Any, Snapshot], Reading | None]] = {
    ResponseRequest: responses,
    OutputRequest: output,
    ChangeRequest: change,
    PredictionRequest: predictions,
    ConfusionRequest: confusion,
    CalibrationRequest: calibration,
    MistakesRequest: mistakes,
    HistogramRequest: histograms,
    ActivityRequest: activity,
    SignalRequest: signals,
    TraceRequest: trace,
    WeightGradientRequest: weight_gradients,
    WeightUpdateRequest: weight_updates,
}
