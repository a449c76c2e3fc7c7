"""What the network answers: over the plane, along a line, sample by sample, or as a matrix of confusion."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QActionGroup, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QMenu, QStackedWidget, QToolButton, QWidget

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Request
from nnplayground.gui.theme import SPACING, Theme, class_colours, diverging, restyle, small_font
from nnplayground.gui.views.chart import ChartView, Table
from nnplayground.gui.views.colourbar import ColourBar
from nnplayground.gui.views.legend import Legend
from nnplayground.gui.views.painting import Painting
from nnplayground.gui.views.palette import levels_of
from nnplayground.gui.views.picture import TALLEST, OutputOptions, Picture
from nnplayground.gui.views.symbols import Sample, class_symbol
from nnplayground.gui.views.view import Frame

LOW = 210  # pixels of height, at plain type, below which a picture stands alone


def picture_for(dataset: Dataset) -> str:
    """Return the name of the picture that suits a data set: plane, line, confusion or predicted."""
    if len(dataset.domain) == 2:
        return "plane"
    if dataset.task == "classification":
        return "confusion"
    return "line" if dataset.domain else "predicted"


def make(name: str, theme: Theme) -> Picture:
    """Return the picture `name`. Imported here: pyqtgraph takes its time, and without data no picture is seen."""
    from nnplayground.gui.views.boundary import PlanePicture
    from nnplayground.gui.views.confusion import ConfusionPicture
    from nnplayground.gui.views.fit import LinePicture, PredictedPicture

    kinds = {"plane": PlanePicture, "line": LinePicture, "confusion": ConfusionPicture, "predicted": PredictedPicture}
    return kinds[name](theme)


class OutputView(ChartView):
    """The network's answer, in the picture that suits the data."""

    title, name = "Output", "output"
    explanation = (
        "What the network answers. Over a plane: colour is the class, paler where it is less sure, and points are "
        "samples. Along a line: the curve should follow the points. A matrix: rows are true classes, columns what "
        "was said; all on the diagonal is best."
    )

    drawn = Signal(object)  # {path: value}: what becomes of points that are drawn by hand
    edited = Signal(str, object)  # path and value of a knob

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.legend.hide()
        self.pictures: dict[str, Picture] = {}  # those that were needed by now
        self._dressing: object = None
        self.empty = QLabel(self.tr("the data are being loaded"))
        restyle(self.empty, role="secondary")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.bar = ColourBar(theme, self)
        self._has_levels = False
        self.classes = Legend(theme, self, wrap=True)
        self._add_options()
        self._add_painting()
        footer = QHBoxLayout()
        footer.setSpacing(SPACING * 2)
        footer.addWidget(self.bar, 3)
        footer.addWidget(self.classes, 2, Qt.AlignmentFlag.AlignTop)
        self.column.addWidget(self.stack, 1)
        self.column.addLayout(footer)
        self.column.addStretch(0)
        self.set_theme(theme)

    def _add_options(self) -> None:
        """Put shading and validation points into the row of options."""
        self.shading = QToolButton(self)
        self.shading.setObjectName("output.shading")
        self.shading.setAccessibleName(self.tr("Shading"))
        self.shading.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self.shading)
        self.soft, self.hard = menu.addAction(self.tr("probability")), menu.addAction(self.tr("class"))
        group = QActionGroup(menu)
        for action, name in ((self.soft, "probability"), (self.hard, "class")):
            action.setObjectName(f"output.shading.{name}")
            action.setCheckable(True)
            group.addAction(action)
        self.soft.setChecked(True)
        group.triggered.connect(self.draw_again)
        self.shading.setMenu(menu)
        restyle(self.shading, role="link")
        self.validation_points = QCheckBox(self.tr("validation"), self)
        self.validation_points.setToolTip(self.tr("Show the validation points too"))
        self.validation_points.setObjectName("output.validation_points")
        self.validation_points.toggled.connect(self.draw_again)
        self.row.insertWidget(1, self.shading)
        self.row.insertWidget(2, self.validation_points)

    def _add_painting(self) -> None:
        """Have points of the plane drawn by hand."""
        self.painting = Painting(self.theme, self)
        self.painting.edited.connect(self.drawn)
        self.painting.asked_for.connect(self.edit_points)
        self.painting.changed.connect(self.draw_again)
        self.painting.reshaped.connect(self._limit_height)
        self.row.insertWidget(self.row.count() - 2, self.painting.pencil)

    def edit_points(self) -> None:
        """Ask for the points in sight to be edited by hand."""
        self.edited.emit("data.kind", "drawn")

    @property
    def chosen(self) -> OutputOptions:
        """What the user chose to see."""
        return OutputOptions(self.validation_points.isChecked(), self.hard.isChecked())

    def picture_named(self, name: str) -> Picture:
        """Return the picture `name`, made when it is needed first."""
        if name not in self.pictures:
            self.pictures[name] = made = make(name, self.theme)
            self.stack.addWidget(made)
        return self.pictures[name]

    def needs(self, frame: Frame) -> frozenset[Request]:
        """Ask for what the picture of these data draws."""
        return self.picture_named(picture_for(frame.dataset)).needs() if frame.dataset is not None else frozenset()

    def key(self, frame: Frame) -> object:
        """Depend on data, answers and options."""
        answers = tuple(frame.readings.get(request) for request in self.needs(frame))
        return frame.dataset, answers, self.chosen, self.painting.key(frame)

    def redraw(self, frame: Frame) -> None:
        """Draw the picture that suits the data."""
        dressing = frame.dataset, self.chosen, self.theme
        if dressing != self._dressing:
            self._dressing = dressing
            self._dress(frame.dataset)
        if frame.dataset is not None:
            picture = self.picture_named(picture_for(frame.dataset))
            picture.draw(*self.painting.begin(frame, picture, self.chosen))

    def _dress(self, dataset: Dataset | None) -> None:
        """Show the picture that suits the data, with the options, colour bar and legend that it needs."""
        name = picture_for(dataset) if dataset is not None else ""
        classes = len(dataset.class_names) if dataset is not None else 0
        plane = name == "plane"
        self.stack.setCurrentWidget(self.picture_named(name) if name else self.empty)
        self.validation_points.setVisible(name in ("plane", "line"))
        self.shading.setVisible(plane and classes > 0)
        self.shading.setText(f"{(self.hard if self.hard.isChecked() else self.soft).text()} ▾")
        self._has_levels = plane and (classes == 0 or (classes == 2 and not self.chosen.hard))
        self.classes.set_entries(self._entries(dataset, name) if dataset is not None else ())
        self.caption.set_words(self._words(dataset, name) if dataset is not None else "")
        if dataset is not None and plane:
            meaning = dataset.target_name
            if classes == 2:
                meaning = self.tr("probability of {name}").format(name=dataset.class_names[1])
            self.bar.show_levels(levels_of(dataset), diverging(self.theme), meaning)
        self._limit_height()

    def _words(self, dataset: Dataset, name: str) -> str:
        words = {
            "confusion": self.tr("validation samples"),
            "predicted": self.tr("predicted {target}").format(target=dataset.target_name),
            "line": dataset.target_name,
        }
        return words.get(name, "")

    def _entries(self, dataset: Dataset, name: str) -> tuple[tuple[Sample, str], ...]:
        if name == "plane":
            colours = class_colours(self.theme, len(dataset.class_names))
            names = zip(colours, dataset.class_names, strict=True)
            return tuple((Sample(colour, class_symbol(i)), text) for i, (colour, text) in enumerate(names))
        if name == "confusion":
            return ()
        if name == "line":
            parts = self.picture_named(name).samples()[: 2 if self.chosen.validation else 1]
            return (*parts, (Sample(self.theme.text), self.tr("network")))
        return (
            *self.picture_named(name).samples(),
            (Sample(self.theme.secondary, "dash"), self.tr("predicted = true")),
        )

    def _limit_height(self) -> None:
        """Keep what stands below the plane's square close to it, and give the square the room where there is little."""
        roomy = self.height() >= self.theme.scaled(LOW)
        self.bar.setVisible(self._has_levels and roomy)
        self.classes.setVisible(bool(self.classes.entries) and roomy)
        shown = self.stack.currentWidget()
        self.stack.setMaximumHeight(shown.height_for(self.stack.width()) if isinstance(shown, Picture) else TALLEST)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out the square anew."""
        super().resizeEvent(event)
        self._limit_height()

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        if hasattr(self, "bar"):
            for picture in self.pictures.values():
                picture.set_theme(theme)
            self.bar.set_theme(theme)
            self.classes.set_theme(theme)
            self.painting.set_theme(theme)
            self.validation_points.setFont(small_font(theme))
        super().set_theme(theme)

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        for picture in self.pictures.values():
            picture.show_everything()

    def table(self, frame: Frame) -> Table:
        """Return the numbers of the picture shown."""
        return self.picture_named(picture_for(frame.dataset)).table(frame) if frame.dataset is not None else ([], [])
