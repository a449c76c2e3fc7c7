"""What every picture of several runs is: options in a row, a plot, a line of words, and what takes time in a study."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from nnplayground.gui.knobs.choice import Choice
from nnplayground.gui.study import Study
from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.chart import Caption
from nnplayground.gui.views.info import InfoButton
from nnplayground.gui.views.keeping import KeptView, Table, keeping_its_place
from nnplayground.runs.comparing import SEEDS
from nnplayground.runs.quantities import Quantity

if TYPE_CHECKING:
    from nnplayground.runs.store import Row


@dataclass(frozen=True, eq=False)
class Chosen:
    """The runs that are compared."""

    rows: tuple[Row, ...] = ()  # all of them: those selected by hand, or all that are shown where these are not two
    selected: tuple[Row, ...] = ()  # in the table, be it by hand or by a picture: among `rows`
    by: str = ""  # the knob or result by which they are grouped
    every: tuple[Row, ...] = ()  # all runs of the store

    @property
    def narrowed(self) -> tuple[Row, ...]:
        """Those selected, where these are two or more; else all."""
        return self.selected if len(self.selected) > 1 else self.rows


class RunsPicture(KeptView):
    """A picture of several runs. Others implement `key`, `ask`, `take`, `draw_runs` and `table_now`."""

    picked = Signal(object)  # {numbers of runs}: they are to be selected in the table
    opened = Signal(object)  # Row: it is to be shown in every view
    sort: ClassVar[str] = ""  # in the picker: "curves"

    def __init__(self, path: Path, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.path = path
        self.runs = Chosen()
        self._shown: object = None
        self.study = Study(f"{self.name}.study", self)
        self.study.done.connect(self._take)
        self.study.failed.connect(self.say)
        self.row = QHBoxLayout()
        self.row.setSpacing(SPACING)
        self.caption = Caption(self)
        self.remark = QLabel()
        self.remark.setObjectName(f"{self.name}.remark")
        self.remark.setWordWrap(True)
        self.remark.hide()
        restyle(self.remark, role="secondary")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(SPACING, 0, 0, 0)
        self.column.setSpacing(SPACING // 2)
        self.column.addLayout(self.row)
        self.column.addWidget(self.remark)

    def finish(self, *options: QWidget, caption: bool = True) -> None:
        """Put options into the row, and after them what every picture has; a caption where it has any words."""
        for option in options:
            self.row.addWidget(option, 1 if isinstance(option, Choice) else 0)
        self.row.addWidget(self.caption, 1)
        self.caption.setVisible(caption)
        self.row.addWidget(keeping_its_place(InfoButton(self)))
        self.row.addWidget(self.menu_button())
        self.add_keeping()

    def choice(self, name: str, said: str) -> Choice:
        """Return a list to choose from, for the row of options."""
        choice = Choice()
        choice.setObjectName(f"{self.name}.{name}")
        choice.setAccessibleName(said)
        choice.setToolTip(said)
        return choice

    @property
    def working(self) -> bool:
        """Whether something is being read or computed for it."""
        return self.study.working

    # what others implement

    def key(self, runs: Chosen) -> object:
        """Return what the picture depends on; where it is as it was, nothing is read again."""
        raise NotImplementedError

    def ask(self) -> None:
        """Begin to read and compute what is drawn."""
        raise NotImplementedError

    def take(self, found: Any) -> None:
        """Take what was found, and draw it."""
        raise NotImplementedError

    def table_now(self) -> Table:
        """Return the numbers of the picture."""
        raise NotImplementedError

    def mark(self) -> None:
        """Draw other runs as selected; others than those drawn are not."""

    # showing

    def show_runs(self, runs: Chosen) -> None:
        """Show these runs, unless they are shown already."""
        before, self.runs = self.runs, runs
        key = self.key(runs)
        if key != self._shown:
            self._shown = key
            self.ask()
        elif [row.id for row in before.selected] != [row.id for row in runs.selected]:
            self.mark()

    def rest(self) -> None:
        """Give up what goes on: another picture is in sight."""
        if self.study.working:
            self.study.cancel()
            self._shown = None

    @Slot(object, float)
    def _take(self, found: object, _seconds: float) -> None:
        self.take(found)

    @Slot(str)
    def say(self, words: str) -> None:
        """Say something below the picture, or nothing."""
        self.remark.setText(words)
        self.remark.setVisible(bool(words))


def key_of(rows: tuple[Row, ...]) -> object:
    """Return what tells rows apart from others, and from what they were."""
    return tuple((row.id, row.changed) for row in rows)


def usual(knobs: Mapping[str, Quantity], most: int) -> list[str]:
    """Return the knobs that tell most runs from each other, as many as `most`, in their order; seeds where alone."""
    paths = [path for path in knobs if not path.startswith(SEEDS)] or list(knobs)
    chosen = sorted(paths, key=lambda path: _sameness(knobs[path]))[:most]
    return [path for path in paths if path in chosen]


def _sameness(found: Quantity) -> float:
    """Return the share of runs that have the commonest value; 1 of one value alone, which some runs lack."""
    values = found.values[found.known]
    _, counts = np.unique(values, return_counts=True)
    most = max(int(counts.max(initial=0)), len(found.values) - len(values))
    return most / len(found.values) if len(counts) > 1 else 1.0


def offer(choice: Choice, options: dict[str, str], *wanted: str) -> None:
    """Let the user choose among texts by path; keep what is chosen, or else choose the first of `wanted` there is."""
    chosen = choice.currentData()
    if {choice.itemData(i): choice.itemText(i) for i in range(choice.count())} != options:
        choice.clear()
        for path, text in options.items():
            choice.addItem(text, path)
    found = next((path for path in (chosen, *wanted, *options) if path in options), None)
    choice.setCurrentIndex(choice.findData(found))
