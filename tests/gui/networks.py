"""Networks to be drawn in tests: snapshots and responses of any structure, made by numpy alone."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from math import prod

import numpy as np

from nnplayground.data import Dataset, load
from nnplayground.data.images.assembly import make_dataset
from nnplayground.data.images.pictures import Pictures
from nnplayground.data.progress import Progress
from nnplayground.engine.probes import ResponseRequest, Responses
from nnplayground.engine.snapshot import Layout, Snapshot, Tensor
from nnplayground.experiment import Experiment
from nnplayground.experiment.shorthand import read_layers
from nnplayground.gui.views.diagram.structure import Structure, structure_of
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
    "colour images": {"data": {"kind": "idx", "images": "made"}, "network.layers": [20, 8]},
    "64 inputs": {"data.kind": "digits", "data.form": "inputs", "network.layers": [12]},
    "regression": {"data.kind": "diabetes", "network.layers": [4]},
    "convolutions": {
        "data.kind": "digits",
        "network.layers": read_layers("conv 6 5×5, max pool 2, conv 20, flatten, 12, 5"),
    },
    "deep convolutions": {
        "data.kind": "digits",
        "network.normalization": "batch",
        "network.layers": read_layers("conv 16, " * 7 + "max pool 2, " + "conv 32, " * 7 + "global pool"),
    },
    "blocks of several": {
        "data.kind": "digits",
        "network.layers": read_layers("conv 8, residual 16 /2, inception 16, mbconv 12 ×6, global pool, 8"),
    },
    "colour convolutions": {
        "data": {"kind": "idx", "images": "made"},
        "network.layers": read_layers("conv 4, resize 3, conv 2"),
    },
}


def experiment_of(name: str) -> Experiment:
    """The experiment of one of `STRUCTURES`."""
    return Experiment().replace_all(STRUCTURES[name])


@lru_cache
def frame_of(name: str) -> Frame:
    """A frame of one of `STRUCTURES`, with its data set, a snapshot, and responses to any request."""
    experiment = experiment_of(name)
    made = experiment.data.kind == "idx"
    dataset = colourful(experiment.data) if made else load(experiment.data, experiment.seeds.data)
    return full_frame(experiment, dataset)


def colourful(data, count: int = 60) -> Dataset:
    """Colour images of 5 by 4 pixels and three classes, as if they had been read from a file."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, 3, 5, 4), np.uint8)
    pictures = Pictures("made", pixels, np.arange(count) % 3, ("ape", "cat", "dog"))
    return make_dataset(pictures, data, 0, Progress())


def full_frame(experiment: Experiment, dataset=None) -> Frame:
    """A frame of an experiment with numbers that fit its structure."""
    structure = structure_of(experiment, dataset)
    line = dataset is not None and len(dataset.domain) == 1
    if structure.is_dense:
        return Frame(
            experiment, dataset, None, make_snapshot(structure.sizes), make_readings(structure.sizes, line=line)
        )
    counts = [count for count, learner in zip(structure.counts, structure.learners, strict=True) if learner is not None]
    return Frame(experiment, dataset, None, snapshot_of(structure), make_readings((structure.sizes[0], *counts)))


def snapshot_of(structure: Structure, seed: int = 0) -> Snapshot:
    """A snapshot of any structure's layers, whose shapes are known."""
    shapes, prefixes = [], []
    for layer, before, after in zip(structure.layers, structure.shapes, structure.shapes[1:], strict=False):
        if layer.learns:
            side = getattr(layer, "kernel", 3)
            dense = layer.kind == "dense"
            shapes.append((after[0], prod(before)) if dense else (after[0], before[0], side, side))
            prefixes.append("" if layer.kind in ("dense", "conv") else "1 ")  # others have several weights
    return filled((*shapes, (structure.outputs, structure.sizes[-2])), structure.sizes[0], seed, (*prefixes, ""))


def make_snapshot(sizes, seed: int = 0) -> Snapshot:
    """A snapshot of layers from size to size, with normally distributed parameters."""
    return filled([(outputs, inputs) for inputs, outputs in pairwise(sizes)], sizes[0], seed)


def filled(shapes, inputs: int, seed: int, prefixes=()) -> Snapshot:
    """A snapshot of layers whose weights have these shapes, with normally distributed parameters."""
    prefixes = prefixes or [""] * len(shapes)
    tensors, start = [], 0
    for layer, shape in enumerate(shapes):
        for role, own in (("weight", shape), ("bias", shape[:1])):
            tensors.append(Tensor(layer, prefixes[layer] + role, own, start))
            start = tensors[-1].stop
    names = (*(f"layer {i + 1}" for i in range(len(shapes) - 1)), "output")
    values = np.random.default_rng(seed).standard_normal(start, np.float32)
    return Snapshot(Layout(names, inputs, tuple(tensors), ()), 0, 0, values, np.zeros(0, np.float32))


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
