"""What `show` lists: all that there is to choose."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from nnplayground import resources
from nnplayground.experiment import Experiment
from nnplayground.experiment.catalogue import every_knob, kinds
from nnplayground.experiment.network import Network

KINDS = {"datasets": "data"} | {f"{name}s": name for name in ("optimizer", "schedule", "clipping", "averaging")}
KINDS |= {"losses": "loss", "layers": "layers"}


def _preset_rows() -> Iterator[dict[str, Any]]:
    for name, path in resources.presets().items():
        experiment = Experiment.load(path)
        yield {"name": name, "title": experiment.name, "note": experiment.note}


def _kind_rows(group: str) -> Iterator[dict[str, Any]]:
    for kind, model in kinds(group).items():
        yield {"name": kind, "title": model.title, "summary": model.summary}


def _knob_rows() -> Iterator[dict[str, Any]]:
    for kind, field in every_knob():
        knob = field.knob
        yield {
            "name": field.path,
            "kind": kind,
            "allowed": knob.allowed(field.annotation),
            "default": list(field.default) if isinstance(field.default, tuple) and field.choices else _json(field),
            "live": knob.live,
            "help": knob.help,
            "rule": knob.rule,
        }


def _json(field: Any) -> Any:
    if isinstance(field.default, tuple):
        return [layer.width if hasattr(layer, "width") else layer for layer in field.default]
    return field.default


def _choice_rows(path: str) -> Iterator[dict[str, Any]]:
    field = Experiment(network=Network()).field(path)
    for choice in field.choices:
        yield {"name": choice, "title": field.knob.names.get(choice, choice)}


ROWS: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "presets": _preset_rows,
    "knobs": _knob_rows,
    **{topic: partial(_kind_rows, group) for topic, group in KINDS.items()},
    "activations": lambda: _choice_rows("network.activation"),
    "initializers": lambda: _choice_rows("network.initializer"),
}
TOPICS = tuple(ROWS)


# as text


def lines(topic: str, rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Return the rows of a topic as text."""
    return _TEXTS.get(topic, _plain)(rows)


def _plain(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        told = [str(v) for k, v in row.items() if k != "name" and v]
        yield f"{row['name']:{width}}  {' – '.join(told)}"


def _knob_lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    width = max(len(str(row["name"])) for row in rows)
    kinds_of: dict[str, list[str]] = {}
    for row in rows:
        live = ", live" if row["live"] else ""
        default = json.dumps(row["default"], ensure_ascii=False) if row["default"] is not None else "left out"
        line = f"{row['name']:{width}}  {row['help']} Allowed: {row['allowed']}; default {default}{live}."
        kinds_of.setdefault(line, []).append(row["kind"])
    for line, found in kinds_of.items():
        yield line + (f" ({', '.join(found)})" if any(found) else "")


_TEXTS = {"knobs": _knob_lines}
