"""Where tensors may live on this machine."""

from __future__ import annotations

import os

import torch

from nnplayground.experiment import ExperimentError

SMALL = 3_200_000  # multiply-adds of a step's forward pass up to which more than one thread costs more than it brings


def threads_for(work: int) -> int:
    """Return on how many threads to take steps of so many multiply-adds on the CPU (see `Setup.work`).

    One core is left over: threads that have to wait for a core wait actively, and all others with them.
    """
    return 1 if work <= SMALL else max(1, (os.cpu_count() or 1) - 1)


def precise(device: torch.device) -> torch.dtype:
    """Return the type of numbers that want care: float64, where the device knows it."""
    return torch.float32 if device.type == "mps" else torch.float64


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
