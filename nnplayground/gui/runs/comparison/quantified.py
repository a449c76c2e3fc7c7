"""What every picture of knobs and results of many runs is: it reads them all, once for all that it may draw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from nnplayground.data.progress import Cancelled
from nnplayground.gui.runs.comparison.picture import Chosen, RunsPicture, key_of
from nnplayground.gui.runs.comparison.scales import quantity_of, results_to_choose
from nnplayground.gui.theme import Theme
from nnplayground.runs.quantities import Quantity, knobs_of, results_of

if TYPE_CHECKING:
    from nnplayground.runs.store import Row


@dataclass(frozen=True, eq=False)
class Read:
    """What was read of runs: the knobs that differ, and the results that there are."""

    rows: tuple[Row, ...]
    knobs: dict[str, Quantity]
    results: dict[str, Quantity]


def read_quantities(rows: Sequence[Row], cancelled: Callable[[], bool]) -> Read:
    """Return all that can be drawn of runs. Raises Cancelled."""
    made: tuple[dict[str, Quantity], dict[str, Quantity]] = {}, {}
    for found, paths in zip(made, (knobs_of(rows), results_to_choose(results_of(rows))), strict=True):
        for path in paths:
            if cancelled():
                raise Cancelled
            found[path] = quantity_of(rows, path)
    return Read(tuple(rows), *made)


class Quantified(RunsPicture):
    """A picture of all runs, be they selected or not. Others implement `offer_read` and `draw_runs`."""

    def __init__(self, path: Path, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(path, theme, parent)
        self.read = Read((), {}, {})

    def key(self, runs: Chosen) -> object:
        """Depend on all runs, be they selected or not."""
        return key_of(runs.rows)

    def ask(self) -> None:
        """Read knobs and results."""
        rows = self.runs.rows
        self.study.begin(lambda _report, cancelled: read_quantities(rows, cancelled))

    def take(self, found: Read) -> None:
        """Offer what was read, and draw it."""
        self.read = found
        self.offer_read()
        self.draw_runs()

    # what others implement

    def offer_read(self) -> None:
        """Let the user choose among the knobs and results that were read."""
        raise NotImplementedError

    def draw_runs(self) -> None:
        """Draw what was read and chosen."""
        raise NotImplementedError
