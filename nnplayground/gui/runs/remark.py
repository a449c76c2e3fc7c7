"""What is to be remarked of runs that are compared: whether they lie further apart than chance alone takes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QCoreApplication

from nnplayground.gui.numbers import format_number
from nnplayground.gui.runs import columns
from nnplayground.runs.comparing import difference, grouped, recipe_of

if TYPE_CHECKING:
    from nnplayground.runs.store import Row


def remark(quantity: str, rows: Sequence[Row], path: str, every: Sequence[Row]) -> str:
    """Return a sentence about the best two groups by a knob, or about two runs where there are no groups.

    Of two runs, those that differ from either in seeds and names alone tell how far chance goes; empty where there is
    nothing to be said of this quantity.
    """
    if path:
        named = {columns.text(columns.value_of(group[0], path)): group for group in grouped(rows, path).values()}
    elif len(rows) == 2:
        first, second = recipe_of(rows[0]), recipe_of(rows[1])
        if first == second:
            return _tr("The two runs differ in their seeds alone: how they differ is chance.")
        kin = [(recipe_of(row), row) for row in every]
        named = {
            _tr("run {0}").format(row.id): [other for recipe, other in kin if recipe == own]
            for row, own in zip(rows, (first, second), strict=True)
        }
    else:
        return ""
    results = {
        name: [row.results[quantity] for row in group if quantity in row.results] for name, group in named.items()
    }
    chance = _tr("runs of one group") if path else _tr("runs that differ in their seeds alone")
    return _said(quantity, {name: values for name, values in results.items() if values}, chance)


def _said(quantity: str, results: dict[str, list[float]], chance: str) -> str:
    if len(results) < 2:
        return ""
    upward = quantity.endswith(("accuracy", "R²"))
    names = sorted(results, key=lambda name: float(np.mean(results[name])), reverse=upward)
    found = difference([results[name] for name in names])
    if found is None:
        return _tr("How far chance alone takes runs apart is not known: train some again with other seeds.")
    words = (
        _tr("{0}: {1} and {2} lie {3} apart, less than {5} ({4}): this may be chance.")
        if found.is_chance
        else _tr("{0}: {1} and {2} lie {3} apart; {5}, {4}.")
    )
    apart, spread = (format_number(value, 3, trim=True) for value in (found.between, found.spread))
    return words.format(columns.title(quantity), *names[:2], apart, spread, chance)


def _tr(text: str) -> str:
    return QCoreApplication.translate("runs", text)
