"""The best epoch of a training: its network, and all that training was in then, so that it can go on from there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any

import torch
from torch import Generator, Tensor

from nnplayground.engine.optimizers import Slots
from nnplayground.engine.watch import Watch
from nnplayground.experiment import Experiment

if TYPE_CHECKING:
    from nnplayground.engine.setup import Setup
    from nnplayground.engine.step import State

LARGEST = 1 << 22  # parameters: of larger networks the best epoch's own are kept, and not the rest of its state


def slots_for_best(parameters: Tensor, buffers: Tensor, number: Tensor) -> Slots:
    """Return what is kept of the best network, before the first epoch ends; `number` is a zero of numbers' shape."""
    return {
        "best": parameters.clone(),
        "best_buffers": buffers.clone(),
        "best_value": torch.full_like(number, inf),
        "best_t": number.clone(),
    }


def slots_beside_best(state: State) -> Slots:
    """Return where the best epoch's other slots are kept, before the first epoch ends; none of too large a network."""
    if state.parameters.numel() > LARGEST:
        return {}
    return {f"best_{name}": slot.clone() for name, slot in state.slots.items() if not name.startswith("best")}


def keep_best(state: State, value: Tensor) -> None:
    """Keep a state's network, and the slots that there is room for, where `value` is less than of any epoch before."""
    slots = state.slots
    better = value < slots["best_value"]
    now = {"best": state.parameters, "best_buffers": state.buffers}
    now |= {f"best_{name}": slot for name, slot in slots.items() if f"best_{name}" in slots}
    for name, mine in now.items():
        slots[name].lerp_(mine, better.to(mine.dtype))  # in one pass: all of it, or nothing
    slots["best_value"].copy_(torch.where(better, value, slots["best_value"]))


@dataclass(frozen=True, eq=False)
class Best:
    """What training was in at the end of its best epoch, beside the tensors of its state."""

    step: int
    watch: Watch
    experiment: Experiment
    random: Tensor  # the state of the source of noise after the step, or as many steps before as are still
    undrawn: int = 0

    def drawn(self, setup: Setup) -> Best:
        """Return the same with the source of noise as it was after the step; `setup` is as it was then."""
        if not self.undrawn:
            return self
        generator = Generator()
        generator.set_state(self.random)
        setup.noise(self.undrawn, generator)
        return replace(self, random=generator.get_state(), undrawn=0)

    def state_of(self, state: State) -> State | None:
        """Return a copy of what a training's state was then; None where a slot had overflowed by then, or since."""
        slots = {name: state.slots.get(f"best_{name}", slot) for name, slot in state.slots.items()}
        found = type(state)(state.slots["best"], state.slots["best_buffers"], slots)
        return found.clone() if all(bool(torch.isfinite(slot).all()) for slot in slots.values()) else None

    def to_dict(self, now: Experiment) -> dict[str, Any]:
        """Return it as plain values, without the source of noise, and without the experiment where that is as `now`."""
        told = "" if self.experiment == now else self.experiment.to_toml()
        return {"step": self.step, "watch": asdict(self.watch), "experiment": told}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], random: Tensor, now: Experiment) -> Best:
        """Return what `to_dict` was called on. Raises ExperimentError where its experiment is damaged."""
        told = values["experiment"]
        experiment = Experiment.from_toml(told) if told else now
        return cls(values["step"], Watch.from_dict(values["watch"]), experiment, random)
