"""What the output view shows one of: a picture of what the network answers, in the form that suits the data."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtWidgets import QWidget

from nnplayground.engine.probes import PredictionRequest, Request
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.symbols import Sample
from nnplayground.gui.views.view import Frame

PREDICTION_REQUEST = PredictionRequest(limit=500)
TALLEST = 16_777_215  # pixels: Qt's own limit of a widget's size


@dataclass(frozen=True)
class OutputOptions:
    """What the user chose to see: validation points too, classes without shades."""

    validation: bool = False
    hard: bool = False


class Picture(QWidget):
    """Draws a network's answers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def needs(self) -> frozenset[Request]:
        """Return the probes whose answers it draws."""
        raise NotImplementedError

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw a frame that has data."""
        raise NotImplementedError

    def table(self, frame: Frame) -> Table:
        """Return the numbers drawn."""
        raise NotImplementedError

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self.theme = theme

    def show_everything(self) -> None:
        """Undo zoom and pan, where there is any."""

    def samples(self) -> tuple[tuple[Sample, str], ...]:
        """Return how the training and the validation part look, for a legend."""
        return ()

    def height_for(self, width: float) -> int:
        """Return the most height that is of use to a picture so wide."""
        del width
        return TALLEST
