"""Frames to be drawn in tests: histories, data sets and answers made by numpy alone."""

from __future__ import annotations

import numpy as np
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QWidget

from nnplayground.data.dataset import Dataset, Samples
from nnplayground.engine.chunk import Chunk
from nnplayground.engine.snapshot import Layout, Snapshot, Tensor
from nnplayground.experiment import Experiment
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History

LAYERS = ("layer 1", "layer 2", "output")


def make_chunk(history: History, steps: int, *, seed: int = 0, **columns) -> Chunk:
    """A chunk that follows on a history: losses that fall, norms of a factor ten from layer to layer."""
    generator, start, every = np.random.default_rng(seed), len(history.steps), history.steps_per_epoch
    step = np.arange(start, start + steps)
    epoch = np.arange(start // every, (start + steps) // every) + 1
    layers, metrics = len(history.layers), len(history.metrics)
    loss = np.exp(-step / 500) * generator.lognormal(0, 0.2, steps)
    norms = loss[:, None] * 10.0 ** np.arange(layers)
    by_epoch = np.exp(-epoch * every / 500)
    shares = np.tile(1 - by_epoch[:, None] / 2, metrics)
    made = {
        "loss": loss,
        "lr": np.full(steps, 0.03),
        "gradient_norm": norms,
        "update_ratio": norms * 1e-3,
        "train_loss": by_epoch,
        "validation_loss": by_epoch * 1.1,
        "train_metrics": shares,
        "validation_metrics": shares * 0.9,
        "penalty": np.zeros(len(epoch)),
    } | columns
    arrays = {name: np.asarray(values, np.float32) for name, values in made.items()}
    return Chunk(start=start, epoch=epoch.astype(np.int64), seconds=1.0, **arrays)


def make_history(
    steps: int = 100, *, layers=LAYERS, metrics=("accuracy",), steps_per_epoch: int = 10, **columns
) -> History:
    """A history of so many steps; columns replace those of `make_chunk`."""
    history = History(layers, metrics, steps_per_epoch)
    if steps:
        history.append(make_chunk(history, steps, **columns))
    return history


def make_frame(history=None, *, dataset=None, snapshot=None, readings=None, experiment=None) -> Frame:
    """A frame of what is given."""
    return Frame(experiment or Experiment(), dataset, history, snapshot, readings or {})


def make_snapshot(layers=LAYERS, width: int = 4, epoch: int = 0) -> Snapshot:
    """A snapshot of layers of `width` inputs and outputs each, after an epoch of ten steps."""
    tensors, start = [], 0
    for layer in range(len(layers)):
        for role, shape in (("weight", (width, width)), ("bias", (width,))):
            tensors.append(Tensor(layer, role, shape, start))
            start = tensors[-1].stop
    layout = Layout(tuple(layers), width, tuple(tensors), ())
    return Snapshot(layout, 10 * epoch, epoch, np.zeros(start, np.float32), np.zeros(0, np.float32))


def make_dataset(
    raw, targets, *, class_names=(), domain=(), mean: float = 0.0, scale: float = 1.0, target_name: str = "y"
) -> Dataset:
    """A data set whose first half of the rows is trained on; inputs are the raw values."""
    raw = np.asarray(raw, np.float32)
    targets = np.asarray(targets, np.int64 if class_names else np.float32)
    half = len(raw) // 2
    parts = [Samples(raw[p], targets[p], raw[p]) for p in (slice(None, half), slice(half, None))]
    return Dataset(
        title="made",
        task="classification" if class_names else "regression",
        input_names=tuple(f"x{i + 1}" for i in range(raw.shape[1])),
        target_name=target_name,
        class_names=tuple(class_names),
        train=parts[0],
        validation=parts[1],
        encode=lambda rows: rows,
        domain=tuple(domain),
        target_mean=mean,
        target_scale=scale,
    )


def colours_of(widget) -> set[int]:
    """The colours that a widget shows, sampled at every third pixel."""
    image = widget.grab().toImage()
    return {image.pixel(x, y) for x in range(0, image.width(), 3) for y in range(0, image.height(), 3)}


def on_screen(widget: QWidget) -> QImage:
    """What has really been painted, piece by piece: `grab` would paint all of it anew."""
    return QGuiApplication.primaryScreen().grabWindow(widget.window().winId()).toImage()


def differing(one: QImage, other: QImage) -> int:
    """How many pixels two pictures of the same size differ in."""
    pixels = [np.frombuffer(i.convertToFormat(i.Format.Format_RGB32).constBits(), np.uint32) for i in (one, other)]
    return int((pixels[0] != pixels[1]).sum())
