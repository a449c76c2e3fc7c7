"""What the header of each section says while its knobs are folded away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from types import MappingProxyType

from nnplayground.experiment import Experiment, Field
from nnplayground.experiment.layers import Layer
from nnplayground.experiment.shorthand import brief
from nnplayground.experiment.transfer import SHIPPED
from nnplayground.gui.knobs.wording import translated
from nnplayground.gui.numbers import format_count, format_exact

MOST_LAYERS = 8  # that a summary names one by one


def data(experiment: Experiment) -> str:
    """Say how many samples there are, and of how many classes: "500 points, 2 classes"."""
    chosen = experiment.data
    rows, classes, task = chosen.known_rows, chosen.known_classes, chosen.known_task
    if rows is None:
        return translated(chosen.title)
    drawn = hasattr(chosen, "samples") or hasattr(chosen, "points")
    size = (translated("{} points") if drawn else translated("{} rows")).format(format_count(rows))
    if task == "regression":
        return translated("{}, values").format(size)
    return translated("{}, {} classes").format(size, classes) if classes else size


def augmentation(experiment: Experiment) -> str:
    """Name what is done to images."""
    found = [translated(field.knob.label) for field in experiment.fields() if _augments(field)]
    return ", ".join(found) or translated("none")


def _augments(field: Field) -> bool:
    return field.path.startswith("augmentation.") and bool(field.value)


def network(experiment: Experiment) -> str:
    """Say the widths of the hidden layers: "8-8-8"; where there are others than dense ones: "conv 16 · pool · 32"."""
    layers = experiment.network.layers
    if not layers:
        return translated("no hidden layer")
    words = [brief(layer) for layer in layers]
    if all(isinstance(layer, Layer) for layer in layers):
        return "-".join(words)
    if len(words) > MOST_LAYERS:
        return translated("{} layers: {} … {}").format(len(words), words[0], words[-1])
    return " · ".join(words)


def transfer(experiment: Experiment) -> str:
    """Name the file that the network begins with, and say how many layers are frozen: "digits-low, 2 frozen"."""
    chosen = experiment.transfer
    name = PurePath(chosen.weights.removeprefix(SHIPPED)).stem or translated("none")
    return translated("{}, {} frozen").format(name, chosen.frozen) if chosen.frozen else name


def loss(experiment: Experiment) -> str:
    """Name the loss, and how many outputs there are where it is not the task's number."""
    title, size = translated(experiment.loss.title), experiment.output.size
    return translated("{}, {} outputs").format(title, size) if size else title


def optimizer(experiment: Experiment) -> str:
    """Name the optimizer and its rate, and whether gradients are clipped."""
    title, rate = translated(experiment.optimizer.title), format_exact(experiment.optimizer.lr)
    clipped = experiment.clipping.kind != "none"
    return (translated("{}, rate {}, clipped") if clipped else translated("{}, rate {}")).format(title, rate)


def schedule(experiment: Experiment) -> str:
    """Name the schedule, and say how long its warm-up is: "cosine, warm-up 5"."""
    title, warmup = translated(experiment.schedule.title), experiment.schedule.warmup
    return translated("{}, warm-up {}").format(title, format_count(warmup)) if warmup else title


def regularization(experiment: Experiment) -> str:
    """Say which penalties there are: "L2 0.001"."""
    found = [
        f"{field.knob.label} {format_exact(field.value)}"
        for field in experiment.fields()
        if field.path.startswith("regularization.") and field.value
    ]
    return ", ".join(found) or translated("none")


def averaging(experiment: Experiment) -> str:
    """Name the averaging."""
    return translated(experiment.averaging.title)


def seeds(experiment: Experiment) -> str:
    """Say the seeds: "1, 1, 1"."""
    values = experiment.seeds.model_dump().values()
    return ", ".join(format_count(value) for value in values)


def stopping(experiment: Experiment) -> str:
    """Say when training ends: "after 10 000 epochs", "patience 20"."""
    if experiment.stopping.patience:
        return translated("patience {}").format(format_count(experiment.stopping.patience))
    return translated("after {} epochs").format(format_count(experiment.stopping.epochs))


SUMMARIES: Mapping[str, Callable[[Experiment], str]] = MappingProxyType(
    {
        "data": data,
        "augmentation": augmentation,
        "network": network,
        "transfer": transfer,
        "loss": loss,
        "optimizer": optimizer,
        "schedule": schedule,
        "regularization": regularization,
        "averaging": averaging,
        "seeds": seeds,
        "stopping": stopping,
    }
)
