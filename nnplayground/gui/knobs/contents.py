"""What the experiment's panel holds: which knobs stand in which section, in what order, and which have been turned."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from nnplayground.experiment import Experiment, ExperimentError, Field, Knob
from nnplayground.experiment.catalogue import GROUPS, kinds
from nnplayground.experiment.datasets import training_rows_of


@dataclass(frozen=True)
class Section:
    """A section of the panel: the parts of an experiment whose knobs stand in it."""

    name: str
    title: str
    parts: tuple[str, ...]
    open: bool = True  # at first


SECTIONS = (
    Section("data", "Data", ("data", "batches")),
    Section("augmentation", "Augmentation", ("augmentation",), open=False),
    Section("network", "Network", ("network",)),
    Section("transfer", "Transfer", ("transfer",), open=False),
    Section("loss", "Loss and output", ("loss", "output"), open=False),
    Section("optimizer", "Optimizer", ("optimizer", "clipping")),
    Section("schedule", "Schedule", ("schedule",)),
    Section("regularization", "Regularization", ("regularization",)),
    Section("averaging", "Averaging", ("averaging",), open=False),
    Section("seeds", "Seeds", ("seeds",), open=False),
    Section("stopping", "Stopping", ("stopping",), open=False),
)

_KINDS = {  # what the choice of a kind is called, and what it is
    "data": Knob(label="data set", help="What is learned."),
    "loss": Knob(label="loss", help="What training makes small."),
    "optimizer": Knob(label="method", help="The rule that turns gradients into updates."),
    "schedule": Knob(label="shape", help="How the learning rate changes with the epochs."),
    "clipping": Knob(label="clipping", help="What is done to gradients that are too large."),
    "averaging": Knob(label="average", help="Which second model, of averaged weights, is kept beside the trained one."),
    "layers": Knob(label="kind", help="What the layer does."),
}
_AFTER = {"batches.size": "data.validation_share"}  # knobs that stand among those of another part


def knobs(experiment: Experiment) -> dict[str, list[Field]]:
    """Return the knobs of each section, top to bottom, the choice of a kind first; single layers' own left out."""
    fields: dict[str, list[Field]] = {part: [] for part in Experiment.model_fields}
    for part in GROUPS:
        fields[part].append(kind_field(experiment, part))
    for field in experiment.fields():
        part, *rest = field.path.split(".")
        if len(rest) == 1:
            fields[part].append(field)
    return {s.name: _ordered([field for part in s.parts for field in fields[part]]) for s in SECTIONS}


def kind_field(experiment: Experiment, path: str) -> Field:
    """Return the choice among the members of a union as a knob: "optimizer.kind", "network.layers.0.kind"."""
    group, value = _group(path), experiment.get(path)
    titles = {kind: model.title for kind, model in kinds(group).items()}
    base = _KINDS[group]
    knob = Knob(label=base.label, help=base.help, rule=f"{value.title}: {value.summary}", names=titles)
    default = None if group != path else Experiment.model_fields[path].get_default().kind
    return Field(f"{path}.kind", Literal[tuple(titles)], knob, value.kind, default)


def inherited(experiment: Experiment, path: str) -> Any:
    """Return what a knob is where it is left open: the network's, or a pooling's pace; None where there is no wider."""
    part, _, name = path.rpartition(".")
    if name == "stride":
        return getattr(experiment.get(part), "pace", None)
    return getattr(experiment.network, name, None) if part.startswith("network.layers.") else None


def turned(experiment: Experiment) -> tuple[str, ...]:
    """Return the paths of the knobs, kinds included, that are not at their default."""
    fields = (field for section in knobs(experiment).values() for field in section)
    return tuple(f.path for f in fields if f.default is not None and f.value != f.default)


def highest(experiment: Experiment) -> dict[str, float]:
    """Return the largest value that makes sense for knobs whose limit hangs on others."""
    rows = experiment.data.known_rows
    return {} if rows is None else {"batches.size": training_rows_of(experiment.data, rows)}


def refusals(experiment: Experiment, path: str) -> dict[str, str]:
    """Return {kind: why} for the members of a union that this experiment cannot have at a path."""
    found = {}
    for kind in kinds(_group(path)):
        try:
            experiment.replace(f"{path}.kind", kind)
        except ExperimentError as error:
            found[kind] = str(error)
    return found


def _group(path: str) -> str:
    """Return which kinds there may be at a path: "layers" for a hidden layer, else the part's own."""
    return "layers" if path.startswith("network.layers.") else path


def _ordered(fields: list[Field]) -> list[Field]:
    moved = [field for field in fields if field.path in _AFTER]
    ordered = [field for field in fields if field.path not in _AFTER]
    for field in moved:
        at = next((i + 1 for i, f in enumerate(ordered) if f.path == _AFTER[field.path]), len(ordered))
        ordered.insert(at, field)
    return ordered
