"""Knobs in words: labels, values, limits and help, as a person reads them."""

from __future__ import annotations

from html import escape
from typing import Any

from PySide6.QtCore import QCoreApplication

from nnplayground.experiment import ExperimentError, Field
from nnplayground.experiment.drawn import rows_of
from nnplayground.experiment.layer import LayerKind
from nnplayground.experiment.layers import Layer
from nnplayground.experiment.shorthand import own_fields, text
from nnplayground.gui.numbers import format_count, format_exact, format_percent, parse_number


def translated(text: str) -> str:
    """Return a text of an experiment's knobs in the user's language."""
    return QCoreApplication.translate("Knob", text) if text else ""


def label(field: Field) -> str:
    """Return what the knob is called, with its unit where its numbers do not carry it."""
    unit = field.knob.unit
    return translated(field.knob.label) + (f" ({translated(unit)})" if unit not in ("", "%") else "")


def shown(field: Field, value: Any) -> str:
    """Return a value of the knob as it is written on screen: "tanh", "off", "5 %", "0.03"."""
    if value is None:
        return translated("as network")
    if field.path == "data.points":
        return format_count(len(rows_of(value)))
    if isinstance(value, str) and value in field.knob.names:
        return translated(field.knob.names[value])
    if isinstance(value, bool):
        return translated("on") if value else translated("off")
    if isinstance(value, (int, float)):
        return format_percent(value, 10, trim=True) if field.knob.unit == "%" else format_exact(value)
    if isinstance(value, tuple):
        return ", ".join(text(v) if isinstance(v, LayerKind) else shown(field, v) for v in value)
    return str(value).replace("_", " ") if field.choices else str(value)


def allowed(field: Field) -> str:
    """Say which values the knob takes, numbers written as on screen."""
    low, high = field.knob.low, field.knob.high
    if low is None or high is None:
        return field.knob.allowed(field.annotation)
    words = translated("a whole number from {} to {}") if field.type is int else translated("{} to {}")
    return words.format(shown(field, low), shown(field, high))


def read(field: Field, text: str) -> int | float:
    """Return the number that was typed for the knob. Raises ExperimentError that says what is allowed."""
    percent = field.knob.unit == "%"
    plain = text.strip().removesuffix(field.knob.unit or "\n") if not percent else text
    value = parse_number(plain, percent=percent)
    low, high = field.knob.low, field.knob.high
    inside = (low is None or value >= low) and (high is None or value <= high)
    if not inside or (field.type is int and value != int(value)):
        line = translated("{} = {} is not allowed; allowed: {}")
        raise ExperimentError(line.format(label(field), text.strip(), allowed(field)))
    return int(value) if field.type is int else value


def explanation(field: Field) -> str:
    """Return what the knob does as rich text: help, rule of thumb, limits, and how the command line sets it."""
    knob = field.knob
    hold = translated("Takes hold in a running training.") if knob.live else translated("A change starts the run anew.")
    setting = f"--set {field.path}={_set_value(field)}"
    parts = [f"<b>{escape(label(field))}</b>", escape(translated(knob.help))]
    if knob.rule:
        parts.append(f"<i>{escape(translated('Rule of thumb:'))}</i> {escape(translated(knob.rule))}")
    if not field.path.endswith(".kind"):
        parts.append(escape(f"{translated('Allowed:')} {allowed(field)}. {hold}"))
    parts.append(f"<code>{escape(setting)}</code>")
    return "".join(f'<p style="margin: 0 0 6px 0">{part}</p>' for part in parts)


def _set_value(field: Field) -> str:
    value = field.value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "[" + ",".join(_element(v) for v in value) + "]"
    return "…" if value in ("", None) or field.path == "data.points" else str(value)


def _element(value: Any) -> str:
    """Return what stands in a list as the command line takes it: a dense layer by its width, others as tables."""
    if not isinstance(value, LayerKind):
        return str(value)
    if isinstance(value, Layer):
        return str(value.width)
    names = ("kind", *(n for n in own_fields(value) if getattr(value, n) is not None))
    settings = ((name, getattr(value, name)) for name in names)
    return "{" + ",".join(f'{n}="{v}"' if isinstance(v, str) else f"{n}={str(v).lower()}" for n, v in settings) + "}"
