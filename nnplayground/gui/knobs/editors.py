"""Which editor a knob gets, by what kind of value it takes."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from PySide6.QtWidgets import QWidget

from nnplayground.experiment import Field
from nnplayground.gui.knobs.choice import ChipsEditor, ChoiceEditor, ToggleEditor
from nnplayground.gui.knobs.editor import Editor
from nnplayground.gui.knobs.number import NumberEditor, SeedEditor
from nnplayground.gui.knobs.path import PathEditor
from nnplayground.gui.knobs.points import PointsEditor
from nnplayground.gui.knobs.text import LayersEditor, NamesEditor, NumbersEditor, TextEditor

EDITORS: Mapping[str, type[Editor]] = MappingProxyType(
    {
        "choice": ChoiceEditor,
        "chips": ChipsEditor,
        "toggle": ToggleEditor,
        "number": NumberEditor,
        "seed": SeedEditor,
        "text": TextEditor,
        "path": PathEditor,
        "points": PointsEditor,
        "names": NamesEditor,
        "numbers": NumbersEditor,
        "layers": LayersEditor,
    }
)


def editor_for(field: Field, inherited: Any = None, parent: QWidget | None = None) -> Editor:
    """Return a new editor of a knob. `inherited` is what an optional knob is while its value is None."""
    return EDITORS[form(field)](field, inherited, parent)


def offers(field: Field) -> bool:
    """Whether there are values to fan out: not for names, texts and points, of which none is near another."""
    return form(field) not in ("names", "text", "points")


def form(field: Field) -> str:
    """Return which of `EDITORS` suits a knob."""
    if field.path == "network.layers":
        return "layers"
    if field.path == "data.points":
        return "points"
    if field.path.startswith("seeds."):
        return "seed"
    if field.choices:
        return "chips" if field.type is tuple else "choice"
    if field.type is bool:
        return "choice" if field.optional else "toggle"
    if field.type is tuple and field.element is not None and field.element.type is int:
        return "numbers"
    if field.knob.file:
        return "path"
    return {int: "number", float: "number", str: "text", tuple: "names"}[field.type]
