"""All that going on with a training depends on, beside experiment and data, and as the plain values that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from nnplayground.engine.best import Best
from nnplayground.engine.step import State
from nnplayground.engine.watch import Watch
from nnplayground.experiment import Experiment, ExperimentError

_DAMAGED = "the saved state is damaged, or of another training than the experiment describes"
_OF_BEST = ("best", "best_random")  # which there may be or not


@dataclass(frozen=True, eq=False)
class Saved:
    """A training at one moment."""

    experiment: Experiment  # as it was then, which is kept beside this
    step: int
    restored: int  # after which step the weights were as they are, where training went back to them; else 0
    rows: int  # samples that are trained on
    pace: int  # steps of an epoch where training went on with other points; else 0
    own_pace: int  # of an epoch of these samples
    state: State
    random: Tensor  # the state of the source of noise
    watch: Watch
    best: Best | None  # where it is known

    def to_dict(self) -> dict[str, Any]:
        """Return it as tensors and plain values by name. The tensors are shared."""
        best, none = self.best, torch.empty(0, dtype=torch.uint8)
        return {
            "step": self.step,
            "epoch": self.step // (self.pace or self.own_pace),
            "restored": self.restored,
            "rows": self.rows,
            "pace": self.pace,
            "parameters": self.state.parameters,
            "buffers": self.state.buffers,
            "slots": self.state.slots,
            "noise_generator": self.random,
            "watch": asdict(self.watch),
            "best": best.to_dict(self.experiment) if best is not None else {},
            "best_random": none if best is None or torch.equal(best.random, self.random) else best.random.clone(),
        }

    def like(self, values: Mapping[str, Any]) -> Saved:
        """Return what `to_dict` was called on, where it is of the same training as this; else raises ExperimentError.

        Of a state kept before the best epoch's was, that is not known.
        """
        values, mine = self._completed(values), self.to_dict()
        plain, own = ({**each, **dict.fromkeys(_OF_BEST, 0)} for each in (values, mine))
        fits = _alike(own, plain) and values["rows"] == self.rows and min(values["pace"], values["step"]) >= 0
        if not fits or values["epoch"] != values["step"] // (values["pace"] or self.own_pace):
            raise ExperimentError(_DAMAGED)
        state = State(values["parameters"], values["buffers"], values["slots"])
        counts = {name: values[name] for name in ("step", "restored", "rows", "pace")}
        watch, random = Watch.from_dict(values["watch"]), values["noise_generator"]
        return replace(self, **counts, state=state, random=random, watch=watch, best=self._best(values))

    def _completed(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        if _OF_BEST[0] in values or not isinstance(values.get("slots"), Mapping):
            return values
        beside = {name: slot for name, slot in self.state.slots.items() if name.startswith("best_")}
        unknown = dict(zip(_OF_BEST, ({}, torch.empty(0, dtype=torch.uint8)), strict=True))
        return {**values, **unknown, "slots": {**beside, **values["slots"]}}

    def _best(self, values: Mapping[str, Any]) -> Best | None:
        """Return what was best in such values. Raises ExperimentError where it is damaged."""
        told, random = (values[name] for name in _OF_BEST)
        if told == {}:
            return None
        if isinstance(random, Tensor) and not len(random):  # no chance was needed since
            random = values["noise_generator"]
        expected = {"step": 0, "watch": asdict(self.watch), "experiment": ""}
        if not _alike(expected, told) or not _alike(self.random, random) or not 0 < told["step"] <= values["step"]:
            raise ExperimentError(_DAMAGED)
        try:
            return Best.from_dict(told, random, self.experiment)
        except ExperimentError as error:
            raise ExperimentError(_DAMAGED) from error


def _alike(mine: object, theirs: Any) -> bool:
    """Whether two states are made of the same: names all the way down, shapes, and kinds of numbers."""
    if isinstance(mine, dict):
        same = isinstance(theirs, Mapping) and theirs.keys() == mine.keys()
        return same and all(_alike(value, theirs[name]) for name, value in mine.items())
    if isinstance(mine, Tensor):
        return isinstance(theirs, Tensor) and (theirs.shape, theirs.dtype) == (mine.shape, mine.dtype)
    return isinstance(theirs, type(mine))
