"""Which loss, output layer and label smoothing fit each other, and the task."""

from __future__ import annotations

from nnplayground.experiment.datasets import Task
from nnplayground.experiment.errors import ExperimentError, shown
from nnplayground.experiment.knob import members
from nnplayground.experiment.losses import AnyLoss, Loss
from nnplayground.experiment.output import Output

_ACTIVATIONS = {
    "cross_entropy": ("auto", "softmax"),
    "binary_cross_entropy": ("auto", "sigmoid"),
    "focal": ("auto", "softmax"),
    "hinge": ("auto",),
}
"""The output activations that a loss goes with, where it does not go with all."""
SMOOTHED = ("cross_entropy", "binary_cross_entropy")


def loss_for(loss: Loss, output: Output, task: Task, classes: int) -> str:
    """Return the kind of loss that is computed: where it is left to the task, the one that it means."""
    kind = str(getattr(loss, "kind", "auto"))
    if kind != "auto":
        return kind
    if task == "regression":
        return "mse"
    _, activation = outputs_for(loss, output, task, classes)
    return {"sigmoid": "binary_cross_entropy", "softmax": "cross_entropy"}.get(activation, "mse")


def outputs_for(loss: Loss, output: Output, task: Task, classes: int) -> tuple[int, str]:
    """Return how many outputs there are, and their activation: one sigmoid for two classes, else a softmax.

    Several outputs of binary cross-entropy have a sigmoid each.
    """
    activation = output.activation
    if task == "regression":
        return 1, "identity" if activation == "auto" else activation
    kind = getattr(loss, "kind", "auto")
    single = classes == 2 and output.size < 2 and activation != "softmax" and kind != "cross_entropy"
    if activation == "auto":
        activation = "sigmoid" if single or kind == "binary_cross_entropy" else "softmax"
    return 1 if single else max(output.size, classes), activation


def check_answers(
    loss: Loss, output: Output, smoothing: float, task: Task | None, classes: int | None, what: str
) -> None:
    """Raise ExperimentError where these do not fit each other or the task of `what`; None is what is not known yet."""
    if task is None or (task == "classification" and classes is None):
        return
    if task not in loss.tasks:
        kind = getattr(loss, "kind", "auto")
        models = (model for model in members(AnyLoss) if issubclass(model, Loss) and task in model.tasks)
        fitting = ", ".join(str(model.model_fields["kind"].default) for model in models)
        raise ExperimentError(f"loss.kind = {kind!r} does not fit {what}, which is {task}; allowed: {fitting}")
    _check_size(loss, output, task, classes or 0, what)
    kind = loss_for(loss, output, task, classes or 0)
    if smoothing and kind not in SMOOTHED:
        raise ExperimentError(
            f"regularization.smoothing = {smoothing:g} does not fit the loss {kind!r}; "
            f"allowed: 0, or one of {', '.join(SMOOTHED)}"
        )


def _check_size(loss: Loss, output: Output, task: Task, classes: int, what: str) -> None:
    kind, size, activation = str(getattr(loss, "kind", "auto")), output.size, output.activation
    if task == "regression":
        if size > 1:
            raise ExperimentError(f"output.size = {size} does not fit {what}, which has one value; allowed: 0, 1")
        if activation == "softmax":
            raise ExperimentError(
                f"output.activation = 'softmax' does not fit {what}, which is regression; allowed: any other"
            )
        return
    if kind == "binary_cross_entropy" and classes != 2 and activation != "sigmoid":
        raise ExperimentError(
            f"loss.kind = 'binary_cross_entropy' does not fit {what} with {classes} classes; "
            "allowed: another loss, or output.activation = 'sigmoid'"
        )
    if size and size < classes and (size, classes) != (1, 2):
        fitting = f"allowed: 0, or {classes} and more"
        raise ExperimentError(f"output.size = {size} is fewer than the {classes} classes of {what}; {fitting}")
    if size == 1 and "softmax" in (activation, "softmax" if kind == "cross_entropy" else ""):
        raise ExperimentError("output.size = 1 does not fit a softmax, which needs two; allowed: 0, or 2 and more")
    allowed = _ACTIVATIONS.get(kind)
    if allowed is not None and activation not in allowed:
        raise ExperimentError(
            f"output.activation = {shown(activation)} does not fit loss.kind = {kind!r}; allowed: {', '.join(allowed)}"
        )
