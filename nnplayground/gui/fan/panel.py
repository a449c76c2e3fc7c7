"""The window of a fan: what it is to train, its values as small pictures, and its losses against the knob."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeyEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from nnplayground.data import Dataset
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.fan.against import LossAgainstKnob
from nnplayground.gui.fan.curves import Curves
from nnplayground.gui.fan.form import FanForm
from nnplayground.gui.fan.mailbox import Mailbox
from nnplayground.gui.fan.multiples import Multiples
from nnplayground.gui.fan.outcome import EPOCHS, QUANTITIES, Outcome
from nnplayground.gui.fan.tile import PAD, SIDE
from nnplayground.gui.fan.training import train
from nnplayground.gui.fan.words import brief_text, ending_text, field_of, kept_text, name_of, quantity_text, value_text
from nnplayground.gui.knobs.choice import Choice
from nnplayground.gui.numbers import format_percent
from nnplayground.gui.study import Study
from nnplayground.gui.theme import SPACING, Theme, restyle

LOOK_MS = 66  # between two looks at what was trained, at each of which tiles or one of the plots are drawn
SIZE = (1000, 620)  # of the window, at plain text of 10 points


class FanPanel(QWidget):
    """A window beside the main one, that stays until it is closed.

    `taken` carries the knob's path and the value that is to be taken over; `training_changed` whether it trains.
    """

    taken = Signal(str, object)
    training_changed = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("fan")
        self.theme = theme
        self.experiment = Experiment()
        self.outcome: Outcome | None = None
        self._at_hand: tuple[Experiment, Dataset] | None = None
        self._store: Path | None = None
        self._mailbox = Mailbox()
        self._changed: set[int] = set()
        self._turn = 0
        self.study = Study("fan.training", self)
        self.study.done.connect(self._finish)
        self.study.failed.connect(self._fail)
        self.study.ended.connect(self._end)
        self.study.progressed.connect(self._tell_progress)
        self.timer = QTimer(self)
        self.timer.setInterval(LOOK_MS)
        self.timer.timeout.connect(self.look)
        self._make()
        self._lay_out()
        room = parent.size() if parent is not None else QSize(*SIZE)
        self.resize(QSize(*map(theme.scaled, SIZE)).boundedTo(room))

    # making

    def _make(self) -> None:
        self.form = FanForm(self)
        self.form.started.connect(self.start)
        self.form.stopped.connect(self.stop)
        self.status = self._label("status", "secondary")
        self.notice = self._label("notice", "secondary")
        self.problems = self._label("problems", "error")
        self.quantity = Choice(self)
        self.quantity.setObjectName("fan.quantity")
        self.quantity.setAccessibleName(self.tr("Loss that is drawn"))
        for name in QUANTITIES:
            self.quantity.addItem(quantity_text(name), name)
        self.quantity.activated.connect(self.draw_plots)
        self.logarithmic = QCheckBox(self.tr("Logarithmic"), self)
        self.logarithmic.setObjectName("fan.logarithmic")
        self.logarithmic.setChecked(True)
        self.logarithmic.toggled.connect(self.draw_plots)
        self.against, self.curves = LossAgainstKnob(self.theme, self), Curves(self.theme, self)
        self.against.setAccessibleName(self.tr("Loss against the knob"))
        self.curves.setAccessibleName(self.tr("Loss by step"))
        self.against.chosen.connect(self.take)
        self.multiples = Multiples(self.theme, self)
        self.multiples.chosen.connect(self.take)
        self.multiples.looked_at.connect(self.curves.emphasize)

    def _label(self, name: str, role: str) -> QLabel:
        label = QLabel(self)
        label.setObjectName(f"fan.{name}")
        label.setWordWrap(True)
        label.hide()
        restyle(label, role=role)
        return label

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.addWidget(self.quantity)
        tools.addWidget(self.logarithmic)
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(tools)
        column.addWidget(self.against, 1)
        column.addWidget(self.curves, 1)
        self.split = QSplitter(Qt.Orientation.Horizontal, self)
        self.split.setChildrenCollapsible(False)
        self.split.addWidget(self.multiples)
        self.split.addWidget(right)
        self.split.setStretchFactor(1, 1)
        columns = 4 * (self.theme.scaled(SIDE) + 2 * PAD + SPACING // 2)
        self.split.setSizes([columns + self.theme.scaled(12), self.theme.scaled(SIZE[0]) - columns])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.setSpacing(SPACING)
        layout.addWidget(self.form)
        for label in (self.status, self.notice, self.problems):
            layout.addWidget(label)
        layout.addWidget(self.split, 1)
        self.invitation = QLabel(self.tr("Every value gets a network of its own; all are trained side by side."), self)
        self.invitation.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.invitation.setWordWrap(True)
        restyle(self.invitation, role="secondary")
        layout.addWidget(self.invitation, 1)
        self.split.hide()

    # opening

    def open(
        self,
        experiment: Experiment,
        path: str,
        at_hand: tuple[Experiment, Dataset] | None = None,
        size: tuple[int, int] | None = None,
        store: Path | None = None,
    ) -> None:
        """Ask what of a knob is to be trained; what was trained before is forgotten.

        `at_hand` is a data set and whose it is; `size` the parameters of the network, and the steps of an epoch;
        `store` is where its members may be kept as runs.
        Raises ExperimentError where the experiment has no such knob.
        """
        field = field_of(experiment, path)
        self.study.cancel()
        self.timer.stop()
        self._forget()
        self.experiment, self.field, self._at_hand = experiment, field, at_hand
        self._store = store
        self.form.show_field(experiment, field, size)
        self.form.keep.setVisible(store is not None)
        self.setWindowTitle(self.tr("Fan over {0}").format(name_of(field)))
        self.show()
        self.raise_()
        self.activateWindow()
        self.form.start.setFocus()

    def _forget(self) -> None:
        self.outcome = None
        self.multiples.forget()
        self.split.hide()
        self.invitation.show()
        for label in (self.status, self.notice, self.problems):
            label.hide()

    def show_experiment(self, experiment: Experiment) -> None:
        """Say of which experiment the fan is, where another one has been taken up; mark the value that it has."""
        self.experiment = experiment
        self._say(self.problems, self._refusals())
        self._mark()

    def reject(self, path: str, message: str) -> None:
        """Say why the knob at `path`, where it is this fan's, could not be turned: it may be there no more."""
        if self.outcome is not None and path == self.outcome.plan.path:
            self._say(self.problems, message)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self.theme = theme
        self.multiples.set_theme(theme)
        self.against.set_theme(theme)
        self.curves.set_theme(theme)
        self._draw_all()

    # training

    @Slot()
    def start(self) -> None:
        """Train what is asked for."""
        try:
            plan = self.form.plan()
        except ExperimentError as error:
            self._say(self.problems, str(error))
            return
        self._forget()
        outcome = self.outcome = Outcome(plan)
        titles = [brief_text(self.field, value) for value in plan.values]
        self.multiples.show_values(titles, [value_text(self.field, value) for value in plan.values])
        self.against.show_plan(self.field, outcome, titles)
        self.curves.show_plan(outcome, titles)
        self.invitation.hide()
        self.split.show()
        self._mark()
        mailbox, at_hand = Mailbox(), self._at_hand
        self._mailbox = mailbox
        self._draw_all()
        self.form.show_training(True)
        self._say(self.status, self.tr("Building the networks."))
        store = self._store if self.form.keep.isChecked() else None
        self.study.begin(lambda report, cancelled: train(plan, at_hand, mailbox, report, cancelled, store))
        self.timer.start()
        self.training_changed.emit(True)

    @Slot()
    def stop(self) -> None:
        """End training where it is; what was trained stays."""
        self._mailbox.stop()

    @Slot()
    def look(self) -> None:
        """Take what was trained since the last look, ask for the maps in sight, and draw a part of it."""
        outcome = self.outcome
        if outcome is None:
            return
        self._mailbox.want(self.multiples.in_sight)
        self._changed |= outcome.take(self._mailbox.drain())
        if not self._changed:
            return
        self._turn += 1
        if self._turn % 3 == 0:
            self._draw_tiles()
            self._changed.clear()
        else:
            self._draw_plot(self.against if self._turn % 3 == 1 else self.curves)

    def _draw_tiles(self) -> None:
        if self.outcome is not None:
            self.multiples.draw(self.outcome, self._changed)
            self._say(self.problems, self._refusals())

    @Slot()
    def draw_plots(self) -> None:
        """Draw both plots."""
        for plot in (self.against, self.curves):
            self._draw_plot(plot)

    def _draw_plot(self, plot: LossAgainstKnob | Curves) -> None:
        if self.outcome is None:
            return
        name = self.quantity.currentData()
        if name == EPOCHS[0]:
            name = self.outcome.quantity  # where there are no validation samples, another one
        plot.draw(name, logarithmic=self.logarithmic.isChecked())

    def _draw_all(self) -> None:
        if self.outcome is not None:
            self._changed = set(range(len(self.multiples.tiles)))
            self._draw_tiles()
            self._changed.clear()
            self.draw_plots()

    @Slot(object, float)
    def _finish(self, _result: object, seconds: float) -> None:
        self._take_rest()
        outcome = self.outcome
        if outcome is None:
            return
        taken = sum(member.taken for members in outcome.members for member in members)
        best = outcome.best()
        words = self.tr("Trained {0} networks in {1:.1f} s.").format(sum(map(len, outcome.members)), seconds)
        if best is not None and taken:
            words += " " + self.tr("Best: {0}. Click a picture to take its value over.").format(self._title(best))
        if (seeds := len(outcome.plan.pairs)) > 1:
            words += " " + self.tr("Losses are medians of {0} seeds, pictures are of the first.").format(seeds)
        told = words, ending_text(outcome.plan.restores), kept_text(outcome.kept)
        self._say(self.status, " ".join(part for part in told if part))

    @Slot(str)
    def _fail(self, line: str) -> None:
        self._take_rest()
        self.status.hide()
        told = self._refusals()
        self._say(self.problems, f"{told}\n{line}" if told else line)

    def _take_rest(self) -> None:
        if self.outcome is not None:
            self.outcome.take(self._mailbox.drain())
            self._draw_all()

    @Slot()
    def _end(self) -> None:
        self.timer.stop()
        self.form.show_training(False)
        self.training_changed.emit(False)

    @Slot(float, str)
    def _tell_progress(self, share: float, text: str) -> None:
        if text or share < 0:
            self._say(self.status, text or self.tr("Building the networks."))
        else:
            self._say(self.status, self.tr("Training: {0}").format(format_percent(share, 0)))

    # what is said

    def _say(self, label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    def _refusals(self) -> str:
        """Return why values are refused, a line for each reason."""
        lines: dict[str, list[str]] = {}
        for value, line in sorted(self.outcome.refusals.items() if self.outcome is not None else ()):
            lines.setdefault(line, []).append(self._title(value))
        told = [self.tr("{0} is refused: {1}").format("; ".join(titles), line) for line, titles in lines.items()]
        return "\n".join(told)

    def _title(self, value: int) -> str:
        return self.multiples.tiles[value].whole

    def _mark(self) -> None:
        """Mark the value that the experiment in hand has, and say where the fan is of another one."""
        outcome = self.outcome
        if outcome is None:
            return
        self.multiples.mark(outcome, self.experiment)
        earlier = not outcome.plan.describes(self.experiment)
        words = self.tr("This fan is of the experiment as it was: something else than {0} has been turned since.")
        self._say(self.notice, words.format(name_of(self.field)) if earlier else "")

    # taking over

    @Slot(int)
    def take(self, value: int) -> None:
        """Ask for the knob to be turned to a value."""
        if self.outcome is not None and value not in self.outcome.refusals:
            self.taken.emit(self.outcome.plan.path, self.outcome.plan.values[value])

    # events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Give up what is being trained."""
        self.study.cancel()
        self.timer.stop()
        super().closeEvent(event)
