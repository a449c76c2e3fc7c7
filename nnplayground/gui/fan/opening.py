"""Fans as the main window knows them: opened for a knob, told of edits, and the run in hand paused meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.live import Live
from nnplayground.gui.strip import Strip
from nnplayground.gui.theme import Theme

if TYPE_CHECKING:
    from nnplayground.gui.fan.panel import FanPanel


class Fans(QObject):
    """Holds the fan's window, which is made when it is opened first.

    `taken` carries a knob's path and the value that is to be taken over.
    """

    taken = Signal(str, object)

    def __init__(self, window: QWidget, live: Live, strip: Strip, actions: Sequence[QAction]) -> None:
        """`actions` are those of the main window whose keys count in the fan's too."""
        super().__init__(window)
        self._window, self._live, self._strip, self._actions = window, live, strip, actions
        self._paused = False  # the run in hand, by this
        self.panel: FanPanel | None = None

    def open(self, experiment: Experiment, path: str, theme: Theme) -> None:
        """Open a fan of one of an experiment's knobs."""
        from nnplayground.gui.fan.panel import FanPanel  # here, so that the window opens without it

        if self.panel is None:
            self.panel = FanPanel(theme, self._window)
            self.panel.addActions(self._actions)
            self.panel.taken.connect(self.taken)
            self.panel.training_changed.connect(self._on_training_changed)
        built = self._live.built
        known = (built.experiment, built.dataset) if built is not None else None
        size = (built.parameters, built.steps_per_epoch) if built is not None else None
        try:
            self.panel.open(experiment, path, known, size, self._live.thread_.keeping.path)
        except ExperimentError as error:
            self._strip.warn(str(error))

    @Slot(object)
    def show_experiment(self, experiment: Experiment) -> None:
        """Tell an open fan which experiment is in hand now."""
        if self.panel is not None:
            self.panel.show_experiment(experiment)

    @Slot(str, str)
    def reject(self, path: str, message: str) -> None:
        """Say in an open fan why its knob could not be turned to a value."""
        if self.panel is not None:
            self.panel.reject(path, message)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        if self.panel is not None:
            self.panel.set_theme(theme)

    def close(self) -> None:
        """Close the fan with the main window."""
        if self.panel is not None:
            self.panel.close()

    @Slot(bool)
    def _on_training_changed(self, training: bool) -> None:
        """Pause the run in hand while a fan trains: both at once would take each other's core."""
        if training and self._live.running:
            self._paused = True
            self._live.set_running(False)
            self._strip.say(self.tr("Paused while the fan trains."))
        elif not training and self._paused:
            self._paused = False
            self._live.set_running(True)
