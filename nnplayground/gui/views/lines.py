"""What the views share that hand lines over whole: words until there is something to draw, and then a plot."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from nnplayground.gui.theme import Theme, restyle
from nnplayground.gui.views.chart import ChartView

if TYPE_CHECKING:
    from nnplayground.gui.views.traces import Traces


class LinesView(ChartView):
    """A view with a plot of traces. Others put `message` into its place, and implement `place`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.message = QLabel(self)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        restyle(self.message, role="secondary")

    @cached_property
    def plot(self) -> Traces:
        """The plot, made when there is something to draw: pyqtgraph takes its time."""
        from nnplayground.gui.views.traces import Traces

        plot = Traces(self.theme, self)
        plot.setObjectName(f"{self.name}.plot")
        plot.setAccessibleName(self.tr(self.title))
        self.place(plot)
        return plot

    @property
    def has_plot(self) -> bool:
        """Whether the plot has been made."""
        return "plot" in vars(self)

    def place(self, plot: Traces) -> None:
        """Put the plot into its place, and say what its axes and read-out tell."""
        raise NotImplementedError

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        if self.has_plot:
            self.plot.set_theme(theme)
        super().set_theme(theme)

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        if self.has_plot:
            self.plot.follow()
