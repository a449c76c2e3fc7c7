"""Networks to be drawn in tests: snapshots and responses of any structure, made by numpy alone."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

import numpy as np

from nnplayground.data import load
from nnplayground.engine.probes import ResponseRequest, Responses
from nnplayground.engine.snapshot import Layout, Snapshot, Tensor
from nnplayground.experiment import Experiment
from nnplayground.gui.views.diagram.structure import structure_of
from nnplayground.gui.views.view import Frame

STRUCTURES = {
    "spiral": {},
    "every feature": {"data.features": ["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]},
    "own settings": {
        "network.layers": [{"width": 5, "normalization": "batch", "dropout": 0.2}, {"activation": "relu"}]
    },
    "no hidden layer": {"network.layers": []},
    "most layers": {"network.layers": [6] * 24},
    "very wide": {"network.layers": [4096]},
    "one neuron": {"network.layers": [1]},
    "four classes": {"data.kind": "blobs"},
    "line": {"data.kind": "sine", "network.layers": [3, 4]},
    "iris": {"data.kind": "iris", "network.layers": [8]},
    "images": {"data.kind": "digits", "network.layers": [128, 64]},
    "64 inputs": {"data.kind": "digits", "data.form": "inputs", "network.layers": [12]},
    "regression": {"data.kind": "diabetes", "network.layers": [4]},
}


def experiment_of(name: str) -> Experiment:
    """The experiment of one of `STRUCTURES`."""
    return Experiment().replace_all(STRUCTURES[name])


@lru_cache
def frame_of(name: str) -> Frame:
    """A frame of one of `STRUCTURES`, with its data set, a snapshot, and responses to any request."""
    experiment = experiment_of(name)
    dataset = load(experiment.data, experiment.seeds.data)
    return full_frame(experiment, dataset)


def full_frame(experiment: Experiment, dataset=None) -> Frame:
    """A frame of an experiment with numbers that fit its structure."""
    structure = structure_of(experiment, dataset)
    line = dataset is not None and len(dataset.domain) == 1
    return Frame(experiment, dataset, None, make_snapshot(structure.sizes), make_readings(structure.sizes, line=line))


def make_snapshot(sizes, seed: int = 0) -> Snapshot:
    """A snapshot of layers from size to size, with normally distributed parameters."""
    tensors, start = [], 0
    for layer, (inputs, outputs) in enumerate(pairwise(sizes)):
        for role, shape in (("weight", (outputs, inputs)), ("bias", (outputs,))):
            tensors.append(Tensor(layer, role, shape, start))
            start = tensors[-1].stop
    names = (*(f"layer {i + 1}" for i in range(len(sizes) - 2)), "output")
    values = np.random.default_rng(seed).standard_normal(start, np.float32)
    return Snapshot(Layout(names, sizes[0], tuple(tensors), ()), 0, 0, values, np.zeros(0, np.float32))


def make_responses(sizes, *, side: int = 8, line: bool = False, limit: int = 16, seed: int = 0) -> Responses:
    """Responses of so many inputs and neurons; the last layer's are probabilities."""
    generator = np.random.default_rng(seed)
    shape = (1, side) if line else (side, side)
    made = [generator.standard_normal((min(n, limit), *shape), np.float32) for n in sizes]
    return Responses(made[0], (*(np.tanh(m) for m in made[1:-1]), 1 / (1 + np.exp(-made[-1]))))


def make_readings(sizes, **how) -> dict:
    """The same responses to every request that a view may make."""
    responses = make_responses(sizes, **how)
    return {ResponseRequest(resolution, 16): responses for resolution in (32, 24, 16, 12, 8)}
