"""What the header of each section says while its knobs are folded away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from nnplayground.experiment import Experiment, Field
from nnplayground.gui.knobs.wording import translated
from nnplayground.gui.numbers import format_count, format_exact


def data(experiment: Experiment) -> str:
    """Say how many samples there are, and of how many classes: "500 points, 2 classes"."""
    chosen = experiment.data
    rows, classes, task = chosen.known_rows, chosen.known_classes, chosen.known_task
    if rows is None:
        return translated(chosen.title)
    drawn = hasattr(chosen, "samples")
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
    """Say the widths of the hidden layers: "8-8-8"; of others than dense ones, their kinds."""
    widths = [str(layer) for layer in experiment.network.layers]
    return "-".join(widths) if widths else translated("no hidden layer")


def loss(experiment: Experiment) -> str:
    """Name the loss."""
    return translated(experiment.loss.title)


def optimizer(experiment: Experiment) -> str:
    """Name the optimizer and its rate."""
    return translated("{}, rate {}").format(
        translated(experiment.optimizer.title), format_exact(experiment.optimizer.lr)
    )


def schedule(experiment: Experiment) -> str:
    """Name the schedule."""
    return translated(experiment.schedule.title)


def regularization(experiment: Experiment) -> str:
    """Say which penalties there are: "L2 0.001"."""
    found = [
        f"{field.knob.label} {format_exact(field.value)}"
        for field in experiment.fields()
        if field.path.startswith("regularization.") and field.value
    ]
    return ", ".join(found) or translated("none")


def seeds(experiment: Experiment) -> str:
    """Say the seeds: "1, 1, 1"."""
    values = experiment.seeds.model_dump().values()
    return ", ".join(format_count(value) for value in values)


def stopping(experiment: Experiment) -> str:
    """Say when training ends: "after 10 000 epochs"."""
    return translated("after {} epochs").format(format_count(experiment.stopping.epochs))


SUMMARIES: Mapping[str, Callable[[Experiment], str]] = MappingProxyType(
    {
        "data": data,
        "augmentation": augmentation,
        "network": network,
        "loss": loss,
        "optimizer": optimizer,
        "schedule": schedule,
        "regularization": regularization,
        "seeds": seeds,
        "stopping": stopping,
    }
)
