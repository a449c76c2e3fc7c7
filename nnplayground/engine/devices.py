"""Where tensors may live on this machine."""

from __future__ import annotations

import torch

from nnplayground.experiment import ExperimentError


def available() -> tuple[str, ...]:
    """Return the devices of this machine, the fastest for wide networks first."""
    found = [name for name, there in (("cuda", torch.cuda), ("mps", torch.backends.mps)) if there.is_available()]
    return (*found, "cpu")


def choose(name: str) -> torch.device:
    """Return the device of that name. Raises ExperimentError where this machine has none such."""
    here = available()
    if name == "auto":
        return torch.device("cuda" if "cuda" in here else "cpu")
    if name not in here:
        raise ExperimentError(f"device = {name!r} is not there on this machine; allowed: auto, {', '.join(here)}")
    return torch.device(name)
