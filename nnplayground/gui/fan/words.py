"""A fan in words: its knob, its values, its losses."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from PySide6.QtCore import QCoreApplication

from nnplayground.experiment import Experiment, Field, Knob
from nnplayground.gui.fan.plan import SEEDS
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.contents import kind_field
from nnplayground.gui.numbers import format_count, format_number, format_percent

DIGITS = 3  # of a value where there is little room
BRIEF = 14  # characters of a list there


def field_of(experiment: Experiment, path: str) -> Field:
    """Return the knob of a fan: one of the experiment's, the choice of a kind, or all seeds of chance at once.

    Raises ExperimentError where the experiment has none such.
    """
    part, _, name = path.rpartition(".")
    if name == "kind":
        experiment.get(path)  # tells where there is none
        return kind_field(experiment, part)
    if path == SEEDS:
        knob = Knob(label="seeds", help="Seeds of the initial weights and of the order of batches.", low=0)
        return Field(SEEDS, Annotated[int, knob], knob, experiment.seeds.model, None)
    return experiment.field(path)


def name_of(field: Field) -> str:
    """Return what a fan's knob is called, and which layer's it is: "learning rate", "layer 2: activation"."""
    layers = [int(name) + 1 for name in field.path.split(".") if name.isdigit()]
    words = wording.label(field)
    return translated("layer {0}: {1}").format(layers[0], words) if layers else words


def value_text(field: Field, value: Any) -> str:
    """Return a value as it is told where there is room: "0.00316", "tanh", "conv 6 5×5, average pool 2, 84"."""
    if isinstance(value, dict):
        return format_count(value["model"])
    if isinstance(value, float):
        short = format_percent(value, 2, trim=True) if field.knob.unit == "%" else None
        return short or format_number(value, DIGITS, trim=True)
    if field.knob.file:
        value = "/".join(Path(value).parts[-2:])  # files of the same name may lie in different folders
    return wording.shown(field, value) or translated("none")


def brief_text(field: Field, value: Any, most: int = BRIEF) -> str:
    """Return a value in few characters: of a long list its length, and how it begins: "9: conv 6 5×5, a…"."""
    text = value_text(field, value)
    if not isinstance(value, tuple) or len(text) <= most:
        return text
    return f"{len(value)}: {text[: most - 1]}…"


def quantity_text(name: str) -> str:
    """Return what a loss is called."""
    return translated({"validation_loss": "validation loss", "train_loss": "training loss", "loss": "batch loss"}[name])


def ending_text(restores: frozenset[bool]) -> str:
    """Return of which moment losses and pictures are, where training has ended."""
    if len(restores) > 1:
        return translated("Losses and pictures are of the best epoch where it is restored, else of the last step.")
    best, last = translated("of each one's best epoch"), translated("of the last step")
    return translated("Losses and pictures are {0}.").format(best if True in restores else last)


def kept_text(fault: str | None) -> str:
    """Return what became of keeping a fan's members as runs; nothing where that was not asked for."""
    if fault is None:
        return ""
    if fault:
        return translated("They are not kept: {0}").format(fault)
    return translated("They are kept as runs, with the tag “fan”.")


def translated(text: str) -> str:
    """Return a text of this package in the user's language."""
    return QCoreApplication.translate("fan", text)
