"""A run as the store's table tells of it, without its history."""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import time
import uuid
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from nnplayground.experiment import Experiment
from nnplayground.runs.history import names_of

SILENT_SECONDS = 20.0  # after which an owner that cannot be asked counts as gone
STARTED = time.time()  # this process: what another of the same number left behind is older


@dataclass(frozen=True)
class Form:
    """What a run's columns are called, and how large its network is."""

    layers: tuple[str, ...]
    metrics: tuple[str, ...]
    steps_per_epoch: int
    clipping: bool
    averaging: bool
    parameters: int

    @property
    def columns(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The names of the columns of steps and of epochs."""
        return names_of(self.layers, self.metrics, clipping=self.clipping, averaging=self.averaging)

    def to_json(self) -> str:
        """Return it as text."""
        return json.dumps(vars(self), ensure_ascii=False)

    @classmethod
    @lru_cache(maxsize=256)
    def of(cls, text: str) -> Form:
        """Read it; of most runs it is the same. Raises ValueError, TypeError or KeyError where it is damaged."""
        values = json.loads(text)
        layers, metrics = (tuple(map(str, values[name])) for name in ("layers", "metrics"))
        every, parameters = (int(values[name]) for name in ("steps_per_epoch", "parameters"))
        if not layers or len(set(layers)) < len(layers) or min(every, parameters) < 1:
            raise ValueError("a run has layers, parameters and steps")
        return cls(layers, metrics, every, bool(values["clipping"]), bool(values["averaging"]), parameters)


@dataclass(frozen=True, eq=False)
class Row:
    """One run."""

    id: int
    uid: str
    begun: float  # seconds since 1970
    changed: float
    first: str  # TOML
    toml: str  # of the experiment as it is now
    told: str  # JSON: its values by path
    form: Form
    outcome: str  # "" while it goes on, or where it was killed
    steps: int
    epochs: int
    seconds: float  # of training
    results: dict[str, float]  # the last epoch's
    marks: tuple[tuple[int, str], ...]
    parent: str | None
    parent_step: int | None
    star: bool
    note: str
    tags: tuple[str, ...]
    deleted: float | None
    owner: str | None
    alive: float | None

    @classmethod
    def new(
        cls, experiment: Experiment, form: Form, *, parent: str | None = None, parent_step: int | None = None
    ) -> Row:
        """Return a run that this process is about to train, and that no store knows yet: its number is 0."""
        now, is_now = time.time(), told(experiment)
        return cls(
            id=0,
            uid=uuid.uuid4().hex,
            begun=now,
            changed=now,
            first=is_now["experiment"],
            toml=is_now["experiment"],
            told=is_now["knobs"],
            form=form,
            outcome="",
            steps=0,
            epochs=0,
            seconds=0.0,
            results={},
            marks=(),
            parent=parent,
            parent_step=parent_step,
            star=False,
            note="",
            tags=(),
            deleted=None,
            owner=owner(),
            alive=now,
        )

    @classmethod
    def of(cls, record: sqlite3.Row) -> Row:
        """Read a row of the table. Raises ValueError, TypeError or KeyError where it is damaged."""
        values = dict(record)
        values["toml"], values["told"] = values.pop("experiment"), values.pop("knobs")
        values["form"] = Form.of(values["form"])
        values["results"] = {str(k): float(v) for k, v in dict(json.loads(values["results"])).items()}
        values["marks"] = tuple((int(step), str(text)) for step, text in json.loads(values["marks"]))
        values["tags"] = tuple(map(str, json.loads(values["tags"])))
        values["star"] = bool(values["star"])
        return cls(**values)

    @cached_property
    def experiment(self) -> Experiment:
        """What is trained. Raises ExperimentError where this program cannot read it."""
        return Experiment.from_toml(self.toml)

    @cached_property
    def knobs(self) -> dict[str, Any]:
        """Every value of the experiment by its path: quicker than the experiment itself. Empty where damaged."""
        try:
            return dict(json.loads(self.told))
        except (ValueError, TypeError, RecursionError):
            return {}

    @property
    def name(self) -> str:
        """What the experiment is called."""
        return str(self.knobs.get("name", ""))

    @cached_property
    def values(self) -> dict[str, Any]:
        """All that runs are chosen and sorted by: knobs by their path, and what became of it by name."""
        names = ("id", "outcome", "steps", "epochs", "seconds", "star", "note", "tags")
        own = {name: getattr(self, name) for name in names}
        return {**self.knobs, **own, **self.results, "begun": self.begun, "parameters": self.form.parameters}

    @property
    def status(self) -> str:
        """What became of it, in a word."""
        return self.outcome or ("training" if self.is_trained else "killed" if self.was_killed else "paused")

    @property
    def is_trained(self) -> bool:
        """Whether some process is training it now, as far as can be known."""
        if self.owner is None:
            return False
        host, _, process = self.owner.rpartition(":")
        if self.owner == owner():
            return self.alive is not None and self.alive >= STARTED
        if host == socket.gethostname() and os.name == "posix" and process.isdecimal():
            return _runs(int(process))
        return self.alive is not None and time.time() - self.alive < SILENT_SECONDS

    @property
    def was_killed(self) -> bool:
        """Whether it neither came to an end nor goes on."""
        return not self.outcome and self.owner is not None and not self.is_trained


def told(experiment: Experiment) -> dict[str, str]:
    """Return the columns that tell of an experiment as it is now."""
    return {"experiment": experiment.to_toml(), "knobs": json.dumps(dict(_leaves(experiment.told(), "")))}


def owner() -> str:
    """Return who this process is, to others that look at the same store."""
    return f"{socket.gethostname()}:{os.getpid()}"


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it is another user's
        return True
    return True


def _leaves(value: Any, path: str) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [leaf for name, inner in value.items() for leaf in _leaves(inner, f"{path}.{name}" if path else name)]
    return [(path, value)]
