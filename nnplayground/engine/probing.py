"""Answers to probes: pure functions of a snapshot and the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from nnplayground.data import Dataset
from nnplayground.engine.evaluation import answer
from nnplayground.engine.losses import Head
from nnplayground.engine.network import Architecture, forward, views
from nnplayground.engine.probes import (
    Histogram,
    HistogramRequest,
    OutputMap,
    OutputRequest,
    PredictionRequest,
    Predictions,
    Reading,
    Request,
    ResponseRequest,
    Responses,
)
from nnplayground.engine.snapshot import Floats, Snapshot
from nnplayground.experiment.shape import Shape, is_image

CONFUSION_ROWS = 20_000


def domain_points(domain: tuple[tuple[float, float], ...], resolution: int) -> Floats:
    """Return the points of a picture of the domain, row by row from the top: (resolution², 2) or (resolution, 1).

    Points are the middles of the picture's pixels.
    """
    axes = []
    for low, high in domain:
        edges = np.linspace(low, high, resolution + 1)
        axes.append((edges[:-1] + edges[1:]) / 2)
    if len(axes) == 1:
        return axes[0][:, None].astype(np.float32)
    columns, rows = np.meshgrid(axes[0], axes[1][::-1])
    return np.stack([columns.ravel(), rows.ravel()], axis=1).astype(np.float32)


@dataclass(eq=False)
class Prober:
    """Answers requests about snapshots of one network on one data set; `first` is its snapshot at step 0."""

    built: Architecture
    head: Head
    dataset: Dataset
    first: Snapshot
    _inputs: dict[tuple[str, int], Tensor] = field(default_factory=dict)  # encoded once: the data stay the same

    def answer(self, request: Request, snapshot: Snapshot) -> Reading | None:
        """Answer one request, or None where the data have no such picture (an output map of a table)."""
        with torch.no_grad():
            return _ANSWERS[type(request)](self, request, snapshot)

    def responses(self, request: ResponseRequest, snapshot: Snapshot) -> Responses:
        """Answer with every neuron's picture; see `Responses`."""
        x = self._picture_inputs(request.resolution)
        kept: list[Tensor] = []
        outputs = self._forward(snapshot, x, kept)
        kept[-1] = self._shown(outputs)
        kept[:-1] = [self._by_neuron(k, layer.gives) for k, layer in zip(kept, self.built.layers[:-1], strict=False)]
        pictures = tuple(self._picture(k[:, : request.limit], request.resolution) for k in kept)
        return Responses(self._picture(x[:, : request.limit], request.resolution), pictures)

    def output(self, request: OutputRequest, snapshot: Snapshot) -> OutputMap | None:
        """Answer with the network's answer over a plane or a line; None for other data."""
        if not self.dataset.domain:
            return None
        answers = self.head.probabilities(self._forward(snapshot, self._picture_inputs(request.resolution)))
        return OutputMap(self._picture(self._in_units(answers), request.resolution, line=False))

    def predictions(self, request: PredictionRequest, snapshot: Snapshot) -> Predictions:
        """Answer with the network's answers for samples of both parts."""
        train = self._answers(snapshot, self.dataset.train.inputs[: request.limit])
        judged = CONFUSION_ROWS if self.dataset.task == "classification" else request.limit
        validation = self._answers(snapshot, self.dataset.validation.inputs[:judged])
        return Predictions(train, validation[: request.limit], self._confusion(validation))

    def histograms(self, request: HistogramRequest, snapshot: Snapshot) -> tuple[Histogram, ...]:
        """Answer with each layer's weights in bins that hold the initial ones too, with zero at an edge."""
        found = []
        for layer in range(len(snapshot.layout.layers)):
            now, before = snapshot.all_weights(layer), self.first.all_weights(layer)
            limit = float(max(np.abs(now).max(), np.abs(before).max())) or 1.0
            half = (request.bins + 1) // 2
            edges = np.arange(-half, half + 1) / half * limit  # linspace would miss zero by a rounding error
            counts, initial = np.histogram(now, edges)[0], np.histogram(before, edges)[0]
            statistics = float(now.mean(dtype=np.float64)), float(now.std(dtype=np.float64))
            found.append(Histogram(edges.astype(np.float32), counts, initial, *statistics))
        return tuple(found)

    def _forward(self, snapshot: Snapshot, x: Tensor, kept: list[Tensor] | None = None) -> Tensor:
        return forward(self.built, *self._tensors(snapshot), x, kept=kept)

    @staticmethod
    def _tensors(snapshot: Snapshot) -> tuple[list[Tensor], list[Tensor]]:
        layout = snapshot.layout
        parameters = views(torch.from_numpy(snapshot.parameters), layout.parameters)
        return parameters, views(torch.from_numpy(snapshot.buffers), layout.buffers)

    def _picture_inputs(self, resolution: int) -> Tensor:
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

    def _picture(self, values: Tensor, resolution: int, *, line: bool = True) -> Floats:
        """Return (n, neurons) values as (neurons, height, width) pictures; a line as (neurons, 1, width) if `line`."""
        columns = np.ascontiguousarray(values.numpy().T)
        dimensions = len(self.dataset.domain)
        if dimensions == 1:
            return columns[:, None, :] if line else columns
        if columns.shape[1] < resolution**2:
            padding = np.full((len(columns), resolution**2 - columns.shape[1]), np.nan, np.float32)
            columns = np.concatenate([columns, padding], axis=1)
        return columns.reshape(len(columns), resolution, resolution)

    @staticmethod
    def _by_neuron(values: Tensor, shape: Shape) -> Tensor:
        """Return (n, neurons): of an image, the mean of each channel."""
        return values.view(len(values), shape[0], -1).mean(dim=2) if is_image(shape) else values

    def _shown(self, outputs: Tensor) -> Tensor:
        """Return the output neurons as probability or value, one column each."""
        return self._in_units(self.head.link(outputs))

    def _in_units(self, answers: Tensor) -> Tensor:
        if self.dataset.task == "classification":
            return answers
        return answers * self.dataset.target_scale + self.dataset.target_mean

    def _answers(self, snapshot: Snapshot, inputs: Floats) -> Floats:
        x = torch.as_tensor(np.ascontiguousarray(inputs))
        outputs = answer(self.built, *self._tensors(snapshot), x)
        return np.asarray(self._in_units(self.head.probabilities(outputs)).numpy(), np.float32)

    def _confusion(self, answers: Floats) -> NDArray[np.int64]:
        classes = len(self.dataset.class_names)
        counts = np.zeros((classes, classes), np.int64)
        if classes:
            true = self.dataset.validation.targets[: len(answers)].astype(np.int64)
            np.add.at(counts, (true, answers.argmax(axis=1)), 1)
        return counts


_ANSWERS: dict[type, Callable[[Prober, Any, Snapshot], Reading | None]] = {
    ResponseRequest: Prober.responses,
    OutputRequest: Prober.output,
    PredictionRequest: Prober.predictions,
    HistogramRequest: Prober.histograms,
}
