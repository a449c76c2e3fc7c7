"""Small data sets, trainers and a plain network in numpy for the engine's tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import prod

import numpy as np
import pytest
import torch
from scipy.special import erf, expit, softmax

from nnplayground.data import Dataset, Samples
from nnplayground.engine.layers.normalization import groups_of
from nnplayground.engine.snapshot import Snapshot
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment
from nnplayground.experiment.layers import Layer
from nnplayground.experiment.losses import AutoLoss
from nnplayground.experiment.optimizers import SGD
from nnplayground.experiment.schedules import Constant

torch.set_num_threads(1)

SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
CLOSED_FORMS = {
    "identity": lambda x: x,
    "sigmoid": expit,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.01 * x),
    "elu": lambda x: np.where(x > 0, x, np.expm1(np.minimum(x, 0))),
    "selu": lambda x: SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0))),
    "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "silu": lambda x: x * expit(x),
    "softplus": lambda x: np.logaddexp(x, 0),
    "sine": np.sin,
}
NORMS = {  # every normalization at every place, as knobs
    "none": {},
    **{
        f"{kind} {place}": {"network__normalization": kind, "network__norm_place": place}
        for kind in ("batch", "layer", "group")
        for place in ("before", "after")
    },
    "weight": {"network__normalization": "weight"},
}
LINKS = {"identity": lambda x: x, "sigmoid": expit, "softmax": lambda x: softmax(x, axis=1)}


def make_dataset(
    task: str = "classification",
    classes: int = 2,
    inputs: int = 3,
    rows: int = 40,
    domain: int = 0,
    image: tuple[int, int, int] | None = None,
) -> Dataset:
    """Return random data of any shape, half for training, half for validation; a value has a mean and a scale."""
    random = np.random.default_rng(5)
    inputs = prod(image) if image else inputs
    x = random.normal(size=(2 * rows, inputs)).astype(np.float32)
    if task == "classification":
        y = np.arange(2 * rows) % classes
        targets, names, unit = y.astype(np.int64), tuple(f"class {i}" for i in range(classes)), (0.0, 1.0)
    else:
        targets, names = (x.sum(axis=1) + random.normal(size=2 * rows)).astype(np.float32), ()
        unit = (7.0, 2.5)
    parts = [Samples(x[s], targets[s], x[s]) for s in (slice(0, rows), slice(rows, None))]
    columns = tuple(f"x{i}" for i in range(inputs))
    limits = ((-6.0, 6.0), (-3.0, 3.0))[:domain]
    return Dataset("random", task, columns, "y", names, *parts, _same, limits, *unit, image_shape=image)


def _same(raw: np.ndarray) -> np.ndarray:
    return raw


def make_experiment(dataset: Dataset, **knobs) -> Experiment:
    """Return an experiment for that data set: plain SGD on two layers, with knobs turned (`optimizer__lr=0.1`)."""
    kind = "plane" if dataset.task == "regression" else "spiral" if len(dataset.class_names) == 2 else "blobs"
    drawn = {"kind": kind, "samples": len(dataset.train) + len(dataset.validation)}
    plain = {
        "data": {"kind": "digits"} if dataset.image_shape else drawn,
        "loss": AutoLoss(),
        "optimizer": SGD(),
        "schedule": Constant(),
        "network.layers": (Layer(width=6), Layer(width=5)),
        "network.activation": "tanh",
        "batches.size": 8,
    }
    return Experiment().replace_all(plain).replace_all({k.replace("__", "."): v for k, v in knobs.items()})


def make_trainer(dataset: Dataset, executor: str = "auto", **knobs) -> Trainer:
    """Return a trainer of such an experiment, on the CPU."""
    return Trainer(make_experiment(dataset, **knobs), device="cpu", executor=executor, dataset=dataset)


def having(kind: str, path: str, rows: int = 40) -> tuple[Dataset, dict[str, object]]:
    """Return data, and the knobs of an experiment on them, in which the knob at `path` has an effect."""
    group = path.split(".")[0]
    if path.startswith("network.layers.0."):
        return make_dataset(image=(1, 4, 4), rows=rows), {"network__layers": [{"kind": kind, "dropout": 0.2}, 4]}
    if group == "augmentation":
        return make_dataset(image=(1, 4, 4), rows=rows), {f"augmentation__{path.split('.')[1]}": 0.1}
    return make_dataset("regression", rows=rows), {group: {"kind": kind}} if kind else {}


def in_doubles(dataset: Dataset) -> Dataset:
    """Return the same data with inputs in float64, for a comparison that rounding does not blur."""
    train, validation = (replace(s, inputs=s.inputs.astype(np.float64)) for s in (dataset.train, dataset.validation))
    return replace(dataset, train=train, validation=validation)


def forward_in_numpy(trainer: Trainer, snapshot: Snapshot, x: np.ndarray) -> list[np.ndarray]:
    """Return every layer's (n, width) output in float64, in evaluation mode; the last are raw outputs."""
    layout, found = snapshot.layout, []
    flat = {False: snapshot.parameters.astype(np.float64), True: snapshot.buffers.astype(np.float64)}

    def get(layer: int, role: str) -> np.ndarray:
        tensor = layout.find(layer, role)
        return flat[role in ("mean", "variance")][tensor.start : tensor.stop].reshape(tensor.shape)

    def normalize(i: int, kind: str, values: np.ndarray) -> np.ndarray:
        if kind == "batch":
            mean, variance, shaped = get(i, "mean"), get(i, "variance"), values
        else:
            groups = groups_of(values.shape[1]) if kind == "group" else 1
            shaped = values.reshape(len(values), groups, -1)
            mean, variance = shaped.mean(axis=2, keepdims=True), shaped.var(axis=2, keepdims=True)
        scaled = ((shaped - mean) / np.sqrt(variance + 1e-5)).reshape(values.shape)
        return scaled * get(i, "scale") + get(i, "shift")

    def weights(i: int) -> np.ndarray:
        if layout.find(i, "weight") is not None:
            return get(i, "weight")
        rows = get(i, "direction")
        return rows / np.sqrt((rows**2).sum(axis=1, keepdims=True)) * get(i, "length")[:, None]

    values = x.astype(np.float64)
    for i, layer in enumerate(trainer.built.layers):
        style = layer.style
        place = style.norm_place if style.normalization not in ("none", "weight") else ""
        values = values @ weights(i).T + get(i, "bias")
        values = normalize(i, style.normalization, values) if place == "before" else values
        values = CLOSED_FORMS[style.activation](values)
        values = normalize(i, style.normalization, values) if place == "after" else values
        found.append(values)
    return found


def answers_in_numpy(trainer: Trainer, outputs: np.ndarray) -> np.ndarray:
    """Return probabilities of each class, or values in the target's own unit, for raw outputs."""
    answers = LINKS[trainer.head.activation](outputs)
    if trainer.dataset.task == "regression":
        return answers * trainer.dataset.target_scale + trainer.dataset.target_mean
    return np.concatenate([1 - answers, answers], axis=1) if answers.shape[1] == 1 else answers


def same(first, second) -> bool:
    """Whether two arrays, chunks or state dictionaries hold the same numbers to the bit; seconds do not count."""
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, torch.Tensor):
        return torch.equal(first, second)
    if isinstance(first, np.ndarray):
        return np.array_equal(first, second)
    if hasattr(first, "train_loss"):
        return all(same(v, getattr(second, k)) for k, v in vars(first).items() if k != "seconds")
    return first == second


@pytest.fixture
def dataset() -> Dataset:
    """Two classes."""
    return make_dataset()


@pytest.fixture
def doubles() -> Iterator[None]:
    """Let torch make float64 tensors where nothing else is said, so that trainers work in float64."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)
