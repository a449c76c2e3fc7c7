"""What a training without a window says on standard error before it begins."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from nnplayground.experiment import Experiment

if TYPE_CHECKING:
    from nnplayground.data import Dataset
    from nnplayground.engine import Population, Trainer


def load_aloud(experiment: Experiment, cancelled: Callable[[], bool]) -> Dataset:
    """Load what an experiment is trained on, and say what was left out or filled in.

    Raises ExperimentError and Cancelled.
    """
    from nnplayground.data import load

    dataset = load(experiment.data, experiment.seeds.data, cancelled=cancelled)
    sys.stderr.writelines(f"{note}\n" for note in dataset.notes)
    return dataset


def announce(trained: Trainer | Population) -> None:
    """Say which weights of a file it begins with, and why its steps are not run as they were asked to be."""
    sys.stderr.writelines(f"{line}\n" for line in trained.taken)
    if trained.executor_note:
        sys.stderr.write(f"steps run one by one, not compiled: {trained.executor_note}\n")
