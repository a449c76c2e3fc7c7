"""What there is to choose: kinds of data, loss, optimizer and schedule, every knob, and the presets."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from nnplayground import resources
from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.experiment import Experiment
from nnplayground.experiment.knob import Field, annotation_of, element_of, knob_of, members
from nnplayground.experiment.network import Network
from nnplayground.experiment.part import Part
from nnplayground.experiment.sharing import BEGINNING, from_text

GROUPS = ("data", "loss", "optimizer", "schedule", "clipping", "averaging")


def kinds(group: str) -> dict[str, type[Part]]:
    """Return the models that `group` (one of GROUPS, or "layers", of which each is one) may be, by their kind."""
    layers = element_of(annotation_of(Network, "layers"))
    models = members(layers if group == "layers" else annotation_of(Experiment, group))
    return {str(m.model_fields["kind"].default): m for m in models if issubclass(m, Part)}


def every_knob() -> Iterator[tuple[str, Field]]:
    """Yield (kind, knob) for every knob of every kind; kind is "" where there are no kinds."""
    for name in Experiment.model_fields:
        if name in GROUPS:
            for kind, model in kinds(name).items():
                for field in _declared(model, f"{name}."):
                    yield kind, field
            continue
        for part in members(annotation_of(Experiment, name)):
            for field in _declared(part, f"{name}."):
                yield "", field
    for kind, model in kinds("layers").items():
        for field in _declared(model, "network.layers.0."):
            yield kind, field


def _declared(model: type[BaseModel], prefix: str) -> Iterator[Field]:
    for name, info in model.model_fields.items():
        annotation = annotation_of(model, name)
        knob = knob_of(annotation)
        if knob is not None:
            default = None if info.is_required() else info.get_default()
            yield Field(prefix + name, annotation, knob, default, default)


def find(name: str) -> Experiment:
    """Return the experiment of a file, of a preset by its name, or of a shared text. Raises ExperimentError."""
    if name.lstrip().startswith(BEGINNING):
        return from_text(name)
    presets = resources.presets()
    if name in presets and not Path(name).exists():
        return Experiment.load(presets[name])
    if Path(name).exists() or name.endswith(".toml") or "/" in name or "\\" in name:
        return Experiment.load(name)
    close = difflib.get_close_matches(name, presets, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"there are {', '.join(presets)}"
    raise ExperimentError(f"{name}: neither a file nor a preset; {hint}")
