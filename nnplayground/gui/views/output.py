"""What the network answers, in one of the pictures that suit the data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Confusion, Reading, Request
from nnplayground.engine.snapshot import Snapshot
from nnplayground.gui.theme import SPACING, Theme, restyle, small_font
from nnplayground.gui.views.chart import ChartView, Table
from nnplayground.gui.views.choices import Choice, choices_for, kind_of
from nnplayground.gui.views.colourbar import ColourBar
from nnplayground.gui.views.legend import Legend
from nnplayground.gui.views.painting import Painting
from nnplayground.gui.views.picker import Picker
from nnplayground.gui.views.picture import CONFUSION_REQUEST, TALLEST, OutputOptions, Picture
from nnplayground.gui.views.recall import RecallCourse
from nnplayground.gui.views.tick_box import TickBox
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History

BESIDE = 2  # classes whose legend has room beside the bar of colours
LOW = 210  # pixels of height, at plain type, below which a picture stands alone


def make(name: str, theme: Theme, course: RecallCourse) -> Picture:
    """Return the picture `name`. Imported here: pyqtgraph takes its time, and without data no picture is seen."""
    from nnplayground.gui.views.boundary import PlanePicture
    from nnplayground.gui.views.calibration import CalibrationPicture
    from nnplayground.gui.views.confusion import ConfusionPicture
    from nnplayground.gui.views.fit import LinePicture, PredictedPicture, ResidualPicture
    from nnplayground.gui.views.mistakes import MistakeRows, MistakeTiles
    from nnplayground.gui.views.recall_curves import RecallPicture
    from nnplayground.gui.views.scores import ScoresPicture

    if name == "recalls":
        return RecallPicture(theme, course)
    kinds: dict[str, type[Picture]] = {
        "plane": PlanePicture,
        "line": LinePicture,
        "confusion": ConfusionPicture,
        "calibration": CalibrationPicture,
        "scores": ScoresPicture,
        "predicted": PredictedPicture,
        "residuals": ResidualPicture,
        "mistake_rows": MistakeRows,
        "mistake_tiles": MistakeTiles,
    }
    return kinds[name](theme)


class OutputView(ChartView):
    """The network's answer, in the picture that the user chose of those that suit the data."""

    title, name = "Output", "output"
    explanation = "What the network answers: over the plane, along the line, or sample by sample."

    drawn = Signal(object)  # {path: value}: what becomes of points that are drawn by hand
    edited = Signal(str, object)  # path and value of a knob
    marked = Signal(object)  # Snapshot: changes are shown since it

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.legend.hide()
        self.pictures: dict[str, Picture] = {}  # those that were needed by now
        self.course = RecallCourse()
        self._chosen: dict[str, str] = {}  # name of a choice by kind of data
        self._mark: tuple[History | None, Snapshot | None] = (None, None)  # the run that it belongs to
        self._dressing: object = None
        self.empty = QLabel(self.tr("the data are being loaded"))
        restyle(self.empty, role="secondary")
        self.empty.setWordWrap(True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.stack.setMinimumWidth(1)  # of many pictures, the widest is not to say how narrow all can be
        self.bar = ColourBar(theme, self)
        self._has_levels = False
        self.classes = Legend(theme, self, wrap=True)
        self.shares = self.add_switch("shares", self.tr("Counts as shares of the row"), on=False)
        self.marking = QAction(self.tr("Mark this moment"), self.menu)
        self.marking.setObjectName("output.mark")
        self.marking.triggered.connect(self.mark)
        self.menu.insertAction(self._commands, self.marking)
        self._add_options()
        self._add_painting()
        self.footer = footer = QHBoxLayout()
        footer.setSpacing(SPACING * 2)
        footer.addWidget(self.bar, 3)
        footer.addWidget(self.classes, 2, Qt.AlignmentFlag.AlignTop)
        self._body = body = QVBoxLayout()
        body.setSpacing(self.column.spacing())
        body.addWidget(self.stack, 1)
        body.addLayout(footer)
        body.addStretch(0)
        self.column.addLayout(body, 1)
        self.set_theme(theme)

    def _add_options(self) -> None:
        """Put the picker, the mark and the validation points into the row of options."""
        self.picker = Picker("output.picture", self.tr("Picture of the answer"), {}, self)
        self.picker.changed.connect(self._on_picked)
        self.mark_button = QToolButton(self)
        self.mark_button.setObjectName("output.mark_button")
        self.mark_button.setText(self.tr("mark"))
        self.mark_button.setToolTip(self.tr("Show changes since now (M)"))
        self.mark_button.setAccessibleName(self.tr("Mark this moment"))
        self.mark_button.clicked.connect(self.mark)
        self.validation_points = TickBox(self.tr("validation"), self)
        self.validation_points.setToolTip(self.tr("Show the validation points too"))
        self.validation_points.setObjectName("output.validation_points")
        self.validation_points.toggled.connect(self.draw_again)
        for place, widget in enumerate((self.picker, self.caption, self.mark_button, self.validation_points)):
            self.row.insertWidget(place, widget, 1 if widget is self.caption else 0)
        restyle(self.mark_button, role="chip")

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

    # what the user chooses

    def choice(self, dataset: Dataset) -> Choice:
        """Return the picture that is shown of a data set: the last that was chosen for its kind, or the first."""
        offered = choices_for(dataset)
        wanted = self._chosen.get(kind_of(dataset))
        return next((choice for choice in offered if choice.name == wanted), offered[0])

    def choose(self, name: str) -> None:
        """Show another picture of these data, and of others of their kind."""
        dataset = self._frame.dataset if self._frame is not None else None
        if dataset is None or name not in (choice.name for choice in choices_for(dataset)):
            return
        self._chosen[kind_of(dataset)] = name
        self.draw_again()
        self.asked.emit()

    @Slot()
    def _on_picked(self) -> None:
        self.choose(self.picker.chosen)

    def mark(self) -> int | None:
        """Show changes since the snapshot in sight; return its step, or None where there is none yet."""
        frame = self._frame
        if frame is None or frame.snapshot is None:
            return None
        self._mark = frame.history, frame.snapshot
        self.draw_again()
        self.asked.emit()
        self.marked.emit(frame.snapshot)
        return frame.snapshot.step

    def options_for(self, frame: Frame, choice: Choice) -> OutputOptions:
        """Return what the user chose to see; a mark is forgotten with its run."""
        options = OutputOptions(self.validation_points.isChecked(), choice.ground, self.shares.isChecked())
        history, snapshot = self._mark
        return replace(options, mark=snapshot) if history is frame.history else options

    # drawing

    def picture_named(self, name: str) -> Picture:
        """Return the picture `name`, made when it is needed first."""
        if name not in self.pictures:
            self.pictures[name] = made = make(name, self.theme, self.course)
            self.stack.addWidget(made)
        return self.pictures[name]

    def needs(self, frame: Frame) -> frozenset[Request]:
        """Ask for what the picture chosen for these data draws."""
        if frame.dataset is None:
            return frozenset()
        choice = self.choice(frame.dataset)
        return self.picture_named(choice.picture).needs(self.options_for(frame, choice))

    def remembers(self, frame: Frame) -> frozenset[Request]:
        """Draw the recall of classes at earlier moments too."""
        recalls = frame.dataset is not None and self.choice(frame.dataset).picture == "recalls"
        return frozenset({CONFUSION_REQUEST} if recalls else ())

    def remember(self, history: History, request: Request, readings: Sequence[tuple[int, Reading]]) -> None:
        """Take up what was confused at earlier moments."""
        del request
        self.course.fill(history, [(step, reading) for step, reading in readings if isinstance(reading, Confusion)])
        self.draw_again()

    def key(self, frame: Frame) -> object:
        """Depend on data, answers, choice and options."""
        answers = tuple(frame.readings.get(request) for request in self.needs(frame))
        choice = self.choice(frame.dataset) if frame.dataset is not None else None
        options = self.options_for(frame, choice) if choice is not None else None
        return frame.dataset, frame.history, answers, choice, options, self.painting.key(frame)

    def redraw(self, frame: Frame) -> None:
        """Draw the picture chosen, and what stands around it."""
        self.course.take(frame)
        dataset = frame.dataset
        if dataset is None:
            self._dress(None, None)
            return
        choice = self.choice(dataset)
        picture = self.picture_named(choice.picture)
        picture.draw(*self.painting.begin(frame, picture, self.options_for(frame, choice)))
        self.caption.set_words(picture.words())
        scale, entries = picture.scale(), picture.entries()
        if scale is not None:
            self.bar.show_levels(scale.levels, scale.table, scale.meaning)
        dressing = dataset, choice, entries, scale is not None, self.theme
        if dressing != self._dressing:
            self._dressing = dressing
            self._has_levels = scale is not None
            self.classes.set_entries(entries)
            stacked = QBoxLayout.Direction.TopToBottom if len(entries) > BESIDE else QBoxLayout.Direction.LeftToRight
            self.footer.setDirection(stacked)
            self.footer.setSpacing(SPACING // 2 if len(entries) > BESIDE else SPACING * 2)
            self._dress(dataset, choice)

    def _dress(self, dataset: Dataset | None, choice: Choice | None) -> None:
        """Show the picture chosen with the options that it has; nothing but a line while data load."""
        offered = {c.name: self.tr(c.text) for c in choices_for(dataset)} if dataset is not None else {}
        self.picker.offer(offered)
        if choice is not None:
            self.picker.choose(choice.name)
        picture = choice.picture if choice is not None else ""
        plane = picture == "plane"
        self.stack.setCurrentWidget(self.picture_named(picture) if picture else self.empty)
        self.picker.setVisible(choice is not None)
        self.validation_points.setVisible(plane or picture == "line")
        self.mark_button.setVisible(choice is not None and choice.ground == "change")
        self.marking.setVisible("change" in offered)
        self.shares.setVisible(picture == "confusion")
        if choice is None:
            self._dressing, self._has_levels = None, False
            self.classes.set_entries(())
            self.caption.set_words("")
        self.explanation = choice.explanation if choice is not None else OutputView.explanation
        self._limit_height()

    def _limit_height(self) -> None:
        """Keep what stands below the plane's square close to it, and give the square the room where there is little."""
        roomy = self.height() >= self.theme.scaled(LOW)
        self.bar.setVisible(self._has_levels and roomy)
        self.classes.setVisible(bool(self.classes.entries) and roomy)
        shown = self.stack.currentWidget()
        self.stack.setMaximumHeight(shown.height_for(self.stack.width()) if isinstance(shown, Picture) else TALLEST)

    @property
    def top(self) -> int:
        """The pixels above the picture."""
        return self.column.contentsMargins().top() + self.options.sizeHint().height() + self.column.spacing()

    def reserve(self, width: int) -> None:
        """Leave so many pixels at the picture's right to others."""
        if width != self._body.contentsMargins().right():
            self._body.setContentsMargins(0, 0, width, 0)
            self.column.activate()
            self._limit_height()

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
        if frame.dataset is None:
            return [], []
        return self.picture_named(self.choice(frame.dataset).picture).table(frame)
