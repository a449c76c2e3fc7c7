"""The experiment: everything that determines a training, as one frozen value and a TOML file."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import BaseModel, ValidationError, model_validator

from nnplayground.experiment import files
from nnplayground.experiment.answers import check_answers
from nnplayground.experiment.augmentation import Augmentation
from nnplayground.experiment.averaging import AnyAveraging, NoAveraging
from nnplayground.experiment.clipping import AnyClipping, NoClipping
from nnplayground.experiment.datasets import AnyData, Drawn, Spiral, Task, training_rows_of
from nnplayground.experiment.errors import ExperimentError, explain, shown
from nnplayground.experiment.knob import Field, Knob, annotation_of, bare, element_of, knob_of, members
from nnplayground.experiment.losses import AnyLoss, AutoLoss
from nnplayground.experiment.network import Network
from nnplayground.experiment.optimizers import Adam, AnyOptimizer
from nnplayground.experiment.output import Output
from nnplayground.experiment.part import Part
from nnplayground.experiment.schedules import AnySchedule, Constant
from nnplayground.experiment.shape import Shape
from nnplayground.experiment.training import Batches, Regularization, Seeds, Stopping
from nnplayground.experiment.transfer import Transfer

FORMAT: Literal[1] = 1


class Experiment(Part):
    """Everything that determines a training. Frozen: a changed one is a new one (`replace`)."""

    format: Literal[1] = FORMAT
    name: Annotated[str, Knob(label="name", help="What the experiment is called.")] = "Spiral, two arms"
    note: Annotated[str, Knob(label="note", help="What to look for.")] = ""
    data: AnyData = Spiral()
    augmentation: Augmentation = Augmentation()
    network: Network = Network()
    transfer: Transfer = Transfer()
    loss: AnyLoss = AutoLoss()
    output: Output = Output()
    optimizer: AnyOptimizer = Adam()
    schedule: AnySchedule = Constant()
    clipping: AnyClipping = NoClipping()
    regularization: Regularization = Regularization()
    averaging: AnyAveraging = NoAveraging()
    batches: Batches = Batches()
    seeds: Seeds = Seeds()
    stopping: Stopping = Stopping()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        data = self.data
        rows = None if isinstance(data, Drawn) else data.known_rows  # a drawing may have too few points for now
        self.check_fit(data.known_task, data.known_classes, rows, data.known_shape)
        return self

    def check_fit(self, task: Task | None, classes: int | None, rows: int | None, shape: Shape | None = None) -> None:
        """Raise ExperimentError where knobs do not fit each other or the data; None is what is not known yet.

        `shape` is the inputs'.
        """
        features = getattr(self.data, "features", ())
        if len(set(features)) < len(features):
            raise ExperimentError(f"data.features = {shown(features)} names one twice; allowed: each feature once")
        what = f"data.kind = {self.data.kind!r}"
        check_answers(self.loss, self.output, self.regularization.smoothing, task, classes, what)
        if rows is not None:
            training = training_rows_of(self.data, rows)
            if self.batches.size > training:
                raise ExperimentError(
                    f"batches.size = {self.batches.size} is larger than the training set of {what}; "
                    f"allowed: 1 to {training}"
                )
        self.network.check_fit(shape, self.batches.size)
        if shape is not None:
            self.augmentation.check_fit(shape, what)

    # files

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read an experiment from a TOML file. Raises ExperimentError, one line that begins with the file's name."""
        file = Path(path)
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ExperimentError(f"{file}: not a text file (byte {error.start} is not UTF-8)") from None
        except (OSError, ValueError) as error:
            raise ExperimentError(f"{file}: cannot be read: {files.reason(error)}") from None
        try:
            return cls.from_toml(text)
        except ExperimentError as error:
            raise ExperimentError(f"{file}: {error}") from None

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Make an experiment of TOML text. Raises ExperimentError."""
        try:
            values = tomllib.loads(text)
        except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: a number may have too many digits
            raise ExperimentError(f"not valid TOML: {error}") from None
        version = values.get("format", FORMAT)
        if version != FORMAT:
            raise ExperimentError(f"format = {shown(version)} is not one this program reads; allowed: {FORMAT}")
        return cls.of(values)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """Make an experiment of nested mappings. Raises ExperimentError, one line that names the knob."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise explain(error, cls) from None

    def to_toml(self) -> str:
        """Return the experiment as TOML; what is left to a wider setting is left out."""
        return tomli_w.dumps(self.told())

    def told(self) -> dict[str, Any]:
        """Return the experiment as plain nested values, kinds first, without what is left to a wider setting."""
        values = self.model_dump(mode="json", exclude_none=True)
        for name, part in values.items():
            if isinstance(part, dict) and "kind" in part:
                values[name] = _kind_first(part)
        layers = zip(self.network.layers, values["network"]["layers"], strict=True)
        values["network"]["layers"] = [layer.told(told) for layer, told in layers]
        return values

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the experiment as TOML, whole or not at all. Raises ExperimentError where it cannot be written."""
        files.write(path, self.to_toml())

    # values

    def fields(self) -> Iterator[Field]:
        """Yield every knob of this experiment in the order of declaration."""
        yield from _fields(self, "")

    def field(self, path: str) -> Field:
        """Return the knob at `path`. Raises ExperimentError that names what there is."""
        found = next((f for f in self.fields() if f.path == path), None)
        if found is None:
            raise self._unknown(path)
        return found

    def get(self, path: str) -> Any:
        """Return the value at a dotted path. Raises ExperimentError where there is none."""
        value: Any = self
        for name in path.split("."):
            if isinstance(value, tuple) and name in map(str, range(len(value))):
                value = value[int(name)]
            elif isinstance(value, BaseModel) and name in type(value).model_fields:
                value = getattr(value, name)
            else:
                raise self._unknown(path)
        return value

    def replace(self, path: str, value: Any) -> Self:
        """Return this experiment with the knob at `path` set to `value`. Raises ExperimentError."""
        return self.replace_all({path: value})

    def replace_all(self, changes: Mapping[str, Any]) -> Self:
        """Return this experiment with several knobs set at once, validated once. Raises ExperimentError.

        A new `kind` keeps the knobs that the old and the new kind share and that were turned from their default; it
        is set before all others, wherever it stands among them.
        """
        values = self.model_dump()
        for path, value in sorted(changes.items(), key=lambda change: not change[0].endswith(".kind")):
            *parents, name = path.split(".")
            place: Any = values
            for parent in parents:
                if isinstance(place, (list, tuple)):
                    place = place[int(parent)] if parent in map(str, range(len(place))) else None
                else:
                    place = place.get(parent) if isinstance(place, dict) else None
            if not isinstance(place, dict):
                raise self._unknown(path)
            if name not in place and "kind" not in place:  # of a kind, validation says it better
                raise self._unknown(path, value)
            if name == "kind" and value != place["kind"]:
                switched = _switched(_options(type(self), parents), place, value)
                place.clear()
                place.update(switched)
            place[name] = _plain(value)
        return type(self).of(values)

    def diff(self, other: Experiment) -> dict[str, tuple[Any, Any]]:
        """Return {path: (value here, value there)} for each leaf that differs; None where one has no such leaf."""
        mine, others = dict(_leaves(self.model_dump(), "")), dict(_leaves(other.model_dump(), ""))
        paths = [*mine, *(path for path in others if path not in mine)]
        return {p: (mine.get(p), others.get(p)) for p in paths if mine.get(p) != others.get(p)}

    def is_live(self, other: Experiment) -> bool:
        """Whether a training of this experiment can go on as one of `other`: only live knobs, or names, differ."""
        changed = self.diff(other)
        if any(path.endswith(".kind") for path in changed):
            return False
        knobs = {f.path: f.knob for f in self.fields()}
        theirs = {f.path: f.knob for f in other.fields()}
        return all(
            path in ("name", "note") or (path in knobs and path in theirs and knobs[path].live) for path in changed
        )

    def _unknown(self, path: str, value: Any = None) -> ExperimentError:
        """Say that there is no knob at `path`, by the error that pydantic gives for such a field where it can."""
        groups = [name for name in type(self).model_fields if hasattr(getattr(self, name), "kind")]
        paths = [f.path for f in self.fields()] + [f"{group}.kind" for group in groups]
        close = difflib.get_close_matches(path, paths, n=1)
        hint = f"did you mean {close[0]}?" if close else "nnplayground show knobs lists them all"
        given = f" = {shown(value)}" if value is not None else ""
        return ExperimentError(f"{path}{given}: there is no such knob here; {hint}")


def _kind_first(part: dict[str, Any]) -> dict[str, Any]:
    """Return the values of a part, its kind first of all."""
    return {"kind": part.pop("kind"), **part}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump()
    if isinstance(value, Mapping):  # a copy, into which what is set after it may be written
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(v) for v in value] if isinstance(value, (list, tuple)) else value


def _options(model: type[BaseModel], names: Sequence[str]) -> dict[str, type[BaseModel]]:
    """Return by their kind the models of which one stands at a path of names."""
    annotation: Any = model
    for name in names:
        inner = element_of(annotation)
        annotation = annotation_of(members(annotation)[0], name) if inner is None else inner
    return {m.model_fields["kind"].default: m for m in members(annotation)}


def _switched(options: Mapping[str, type[BaseModel]], old: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    """Return the values of a part for another kind: shared knobs that were turned from their default stay."""
    if kind not in list(options):  # validation will say so; a list, for what is given may have no hash
        return {"kind": kind}
    before, after = options[old["kind"]].model_fields, options[kind].model_fields
    kept: dict[str, Any] = {"kind": kind}
    for name, value in old.items():
        same = (
            name in after
            and name != "kind"
            and bare(annotation_of(options[kind], name)) == bare(annotation_of(options[old["kind"]], name))
        )
        if same and value != _plain(before[name].get_default()):
            kept[name] = value
    return kept


def _fields(part: BaseModel, prefix: str) -> Iterator[Field]:
    for name, info in type(part).model_fields.items():
        path, value = prefix + name, getattr(part, name)
        annotation = annotation_of(type(part), name)
        knob = knob_of(annotation)
        if knob is not None:
            default = None if info.is_required() else info.get_default()
            yield Field(path, annotation, knob, value, default)
        if isinstance(value, BaseModel):
            yield from _fields(value, f"{path}.")
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                if isinstance(item, BaseModel):
                    yield from _fields(item, f"{path}.{i}.")


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, (list, tuple)) and value and isinstance(value[0], dict):
        for i, inner in enumerate(value):
            yield from _leaves(inner, f"{path}.{i}")
    else:
        yield path, value
