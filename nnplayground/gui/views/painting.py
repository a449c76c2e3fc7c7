"""Painting on the output: the tools in sight where points are drawn by hand, a brush on the plane's picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from nnplayground.data.dataset import Dataset
from nnplayground.data.drawn import Flags, with_points
from nnplayground.experiment.datasets import Drawn
from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.theme import Theme
from nnplayground.gui.views.painting_tools import PaintingTools
from nnplayground.gui.views.picture import OutputOptions, Picture
from nnplayground.gui.views.view import Frame

if TYPE_CHECKING:
    from nnplayground.gui.views.brush import Brush


class Painting(QObject):
    """Stands between the output view and its picture of the plane.

    `edited` carries what becomes of the data set's knobs, `asked_for` that the points in sight are to be edited,
    `changed` that a tool was taken up or laid down.
    """

    edited = Signal(object)  # {path: value}
    asked_for = Signal()
    changed = Signal()
    reshaped = Signal()  # the picture is to be higher, or may be less high

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme
        self._seen: tuple[Dataset, Drawn, Dataset, tuple[Flags, Flags]] | None = None
        self.tools: PaintingTools | None = None  # made when they are needed first
        self.brush: Brush | None = None
        self.pencil = IconButton("pencil", self.tr("Draw: edit these points by hand"))
        self.pencil.setObjectName("output.draw")
        self.pencil.clicked.connect(self.asked_for)
        self.pencil.hide()

    def key(self, frame: Frame) -> object:
        """Return what the picture depends on beside the frame's data set: the points as they are now."""
        data = frame.experiment.data
        return (data, self._tool) if isinstance(data, Drawn) else None

    @property
    def _tool(self) -> str:
        return self.tools.tool if self.tools is not None else ""

    def begin(self, frame: Frame, picture: Picture, options: OutputOptions) -> tuple[Frame, OutputOptions]:
        """Return what a picture is to draw, and have the tools beside it where it is of points drawn by hand.

        That is the points as they are now, whether they can be trained on already or not, and all of them while one
        paints.
        """
        from nnplayground.gui.views.boundary import PlanePicture  # and pyqtgraph, which a picture has brought along

        data, dataset = frame.experiment.data, frame.dataset
        plane = isinstance(picture, PlanePicture) and dataset is not None and dataset.task == "classification"
        self.pencil.setVisible(plane and not isinstance(data, Drawn))
        if not (plane and isinstance(data, Drawn)):
            self._end()
            return frame, options
        assert dataset is not None
        assert isinstance(picture, PlanePicture)
        tools, brush = self._made(picture)
        tools.show_data(data)
        if tools.isHidden():
            tools.show()
            tools.reshaped.emit()
        if self._seen is None or (self._seen[0], self._seen[1]) != (dataset, data):
            found, *parts = with_points(dataset, data)
            self._seen = dataset, data, found, (parts[0], parts[1])
        brush.show_points(*self._seen[3])
        everything = options.validation or bool(tools.tool)
        return replace(frame, dataset=self._seen[2]), replace(options, validation=everything)

    def _end(self) -> None:
        if self.tools is not None and self.brush is not None and not self.tools.isHidden():
            self.tools.hide()
            self.tools.reshaped.emit()
            self.tools.leave()
            self.brush.show_nothing()

    def _made(self, picture: Picture) -> tuple[PaintingTools, Brush]:
        if self.tools is None or self.brush is None:
            from nnplayground.gui.views.boundary import PlanePicture
            from nnplayground.gui.views.brush import Brush

            assert isinstance(picture, PlanePicture)
            self.tools = PaintingTools(self._theme, picture)
            self.tools.edited.connect(self.edited)
            self.tools.chosen.connect(self.changed)
            self.tools.reshaped.connect(self.reshaped)
            picture.stand_beside(self.tools)
            self.brush = Brush(picture, self.tools)
        return self.tools, self.brush

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self._theme = theme
        if self.tools is not None:
            self.tools.set_theme(theme)
