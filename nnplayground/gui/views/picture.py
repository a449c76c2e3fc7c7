"""What the output view shows one of: a picture of what the network answers, in the form that suits the data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import ConfusionRequest, PredictionRequest, Request
from nnplayground.engine.snapshot import Snapshot
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.palette import Levels
from nnplayground.gui.views.symbols import Sample
from nnplayground.gui.views.view import Frame

PREDICTION_REQUEST = PredictionRequest(limit=500)
CONFUSION_REQUEST = ConfusionRequest()
TALLEST = 16_777_215  # pixels: Qt's own limit of a widget's size


@dataclass(frozen=True)
class OutputOptions:
    """What the user chose to see."""

    validation: bool = False  # validation points too
    ground: str = "probability"  # under the plane's points, of grounds.GROUNDS; or "residuals"
    shares: bool = False  # of the row, in place of counts
    mark: Snapshot | None = None  # since which changes are shown; None is the first


@dataclass(frozen=True, eq=False)
class Scale:
    """What a bar of colours says: the values at its ends, its (n, 4) uint8 colours, and their meaning."""

    levels: Levels
    table: NDArray[np.uint8]
    meaning: str


class Picture(QWidget):
    """Draws a network's answers."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def needs(self, options: OutputOptions) -> frozenset[Request]:
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

    def words(self) -> str:
        """Return what is to be said above what was drawn last."""
        return ""

    def entries(self) -> tuple[tuple[Sample, str], ...]:
        """Return the legend of what was drawn last."""
        return ()

    def scale(self) -> Scale | None:
        """Return what the colours of what was drawn last stand for, where they stand for values."""
        return None

    def height_for(self, width: float) -> int:
        """Return the most height that is of use to a picture so wide."""
        del width
        return TALLEST


def sample_names(dataset: Dataset) -> tuple[str, ...]:
    """Return what the columns of raw samples are called."""
    if dataset.domain:
        return ("x₁", "x₂") if len(dataset.domain) == 2 else ("x",)
    return dataset.input_names
