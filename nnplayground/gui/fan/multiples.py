"""The values of a fan as small pictures in a field that scrolls."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.fan.curves import sample_of
from nnplayground.gui.fan.outcome import Outcome
from nnplayground.gui.fan.plan import Plan
from nnplayground.gui.fan.tile import Tile
from nnplayground.gui.knobs.contents import inherited
from nnplayground.gui.knobs.flow import FlowLayout
from nnplayground.gui.theme import SPACING, Theme


class Multiples(QScrollArea):
    """A tile for each value. `chosen` carries that of a tile which is pressed.

    `looked_at` carries the value of the tile that is pointed at or has the focus, and None when it no longer is.
    """

    chosen = Signal(int)
    looked_at = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.tiles: list[Tile] = []
        self._content = QWidget(self)
        self._content.setProperty("role", "content")
        self._flow = FlowLayout(self._content, spacing=SPACING // 2)
        self.setWidget(self._content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def show_values(self, titles: Sequence[str], wholes: Sequence[str]) -> None:
        """Show a tile for each of these values, told in short and as a whole, in place of those there were."""
        self.forget()
        for value, (title, whole) in enumerate(zip(titles, wholes, strict=True)):
            tile = Tile(value, title, sample_of(self.theme, value), self.theme, self._content)
            tile.whole = whole
            tile.clicked.connect(self._choose)
            tile.installEventFilter(self)
            self._flow.addWidget(tile)
            tile.show()
            self.tiles.append(tile)

    def forget(self) -> None:
        """Take all tiles away."""
        for tile in self.tiles:
            self._flow.removeWidget(tile)
            tile.hide()
            tile.setObjectName("")
            tile.deleteLater()
        self.tiles = []

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; `draw` redraws the pictures."""
        self.theme = theme
        for tile in self.tiles:
            tile.sample = sample_of(theme, tile.value)
            tile.set_theme(theme)

    @property
    def in_sight(self) -> frozenset[int]:
        """The values whose tiles are in sight."""
        return frozenset(tile.value for tile in self.tiles if not tile.visibleRegion().isEmpty())

    def draw(self, outcome: Outcome, changed: Collection[int]) -> None:
        """Draw the tiles of values that have changed, and of the one that is best from now on, or no longer."""
        best = outcome.best()
        for tile in self.tiles:
            if tile.value in changed or tile.is_best != (tile.value == best):
                tile.show_outcome(outcome, best=tile.value == best, now=tile.is_now)

    def mark(self, outcome: Outcome, experiment: Experiment) -> None:
        """Mark the value that an experiment has."""
        best = outcome.best()
        for tile in self.tiles:
            now = _has(experiment, outcome.plan, tile.value)
            if now != tile.is_now:
                tile.show_outcome(outcome, best=tile.value == best, now=now)

    @Slot()
    def _choose(self) -> None:
        tile = self.sender()
        assert isinstance(tile, Tile)
        self.chosen.emit(tile.value)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Say which tile is looked at."""
        if isinstance(watched, Tile) and event.type() in (QEvent.Type.Enter, QEvent.Type.FocusIn):
            self.looked_at.emit(watched.value)
        elif isinstance(watched, Tile) and event.type() in (QEvent.Type.Leave, QEvent.Type.FocusOut):
            self.looked_at.emit(None)
        return super().eventFilter(watched, event)


def _has(experiment: Experiment, plan: Plan, value: int) -> bool:
    """Whether an experiment has a plan's value at its knob, be it by a wider setting."""
    try:
        found = experiment.get(plan.path)
        if found is None:
            found = inherited(experiment, plan.path)
        return bool(experiment.replace(plan.path, plan.values[value]).get(plan.path) == found)
    except ExperimentError:
        return False
