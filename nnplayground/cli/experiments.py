"""The experiment that a command is asked for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.assignment import value_of
from nnplayground.experiment.catalogue import find
from nnplayground.experiment.families import FAMILIES


def chosen(arguments: argparse.Namespace) -> Experiment:
    """Return the experiment that `new` is asked for: a preset, which a family has one of too, with its network."""
    if arguments.family is None:
        if arguments.phi is not None:
            families = " or ".join(f"--family {name}" for name in FAMILIES)
            raise ExperimentError(f"--phi {arguments.phi:g} is of no family; allowed: with {families}")
        return find(arguments.preset) if arguments.preset else Experiment()
    phi = arguments.phi or 0.0
    network = FAMILIES[arguments.family](phi)
    experiment = find(arguments.preset or arguments.family)
    return experiment.replace_all({"name": f"{experiment.name}, φ = {phi:g}", "network": network})


def changes(texts: Sequence[str]) -> dict[str, Any]:
    """Parse PATH=VALUE texts; a value is TOML, or else text. Raises ExperimentError."""
    parsed: dict[str, Any] = {}
    for text in texts:
        path, separator, value = text.partition("=")
        if not separator or not path.strip():
            raise ExperimentError(f"--set {text!r} is not allowed; allowed: PATH=VALUE, as in optimizer.lr=0.1")
        parsed[path.strip()] = value_of(value)
    return parsed


def changed(arguments: argparse.Namespace) -> Experiment:
    """Return the experiment that is named, with what is changed about it. Raises ExperimentError."""
    return find(arguments.experiment).replace_all(changes(arguments.changes))


def trained(arguments: argparse.Namespace) -> Experiment:
    """Return the experiment that is to be trained, for as many epochs as is said. Raises ExperimentError."""
    experiment = changed(arguments)
    return experiment if arguments.epochs is None else experiment.replace("stopping.epochs", arguments.epochs)
