"""The race in its dock: both answers side by side, both losses over each other, and their difference."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QPalette, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from nnplayground.gui.live import Live
from nnplayground.gui.race.racing import field_of, parting, value_of
from nnplayground.gui.race.side import Side
from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.chart import Caption
from nnplayground.gui.views.choices import Choice, choices_for
from nnplayground.gui.views.output import OutputView
from nnplayground.gui.views.picture import OutputOptions
from nnplayground.gui.views.view import Frame, View, is_seen

if TYPE_CHECKING:
    from nnplayground.gui.race.curves import RaceCurves

LETTERS = {"one": "A", "other": "B"}


class RaceView(View):
    """Draws the run in hand and its twin, whatever other run the window shows. Hidden, it asks nothing of either."""

    title, name = "Race", "race"
    explanation = ""

    decided = Signal(str)  # the side that goes on

    def __init__(self, theme: Theme, live: Live, output: OutputView, fork: QAction) -> None:
        """Take the picture that the output view shows, and `fork` for what begins a race."""
        super().__init__(theme)
        self._live, self._output = live, output
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.caption = Caption(self)
        self.caption.setObjectName("race.caption")
        self.end = QToolButton(self)
        self.end.setObjectName("race.end")
        self.end.setText(self.tr("End the race"))
        self.end.setToolTip(self.tr("Go on with A alone"))
        self.end.clicked.connect(self._on_end)
        self.fork = QToolButton(self)
        self.fork.setObjectName("race.fork")
        self.fork.setDefaultAction(fork)
        for button in (self.end, self.fork):
            restyle(button, role="chip")
        self.nothing = QLabel(self.tr("A race trains a twin beside the network in hand, with one knob changed."), self)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setWordWrap(True)
        restyle(self.nothing, role="secondary")
        self.sides = {name: Side(name, letter, theme, self) for name, letter in LETTERS.items()}
        for side in self.sides.values():
            side.kept.connect(self.decided)
        self._lay_out()
        live.racing.begun.connect(self._follow)
        live.racing.ended.connect(self._follow)
        live.racing.advanced.connect(self._ask)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACING)
        head.addWidget(self.caption, 1)
        head.addWidget(self.fork)
        head.addWidget(self.end)
        self._body = QWidget(self)
        self._row = QHBoxLayout(self._body)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(SPACING * 2)
        for side in self.sides.values():
            self._row.addWidget(side, 3)
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING, SPACING // 2)
        column.setSpacing(SPACING // 2)
        column.addLayout(head)
        column.addWidget(self._body, 1)
        column.addWidget(self.nothing, 1)
        self._show_parts(racing=False)

    @cached_property
    def curves(self) -> RaceCurves:
        """The curves, made with the first race."""
        from nnplayground.gui.race.curves import RaceCurves

        curves = RaceCurves(self.theme, self._body)
        self._row.addWidget(curves, 4)
        return curves

    def _show_parts(self, *, racing: bool) -> None:
        for widget in (self._body, self.end, self.caption):
            widget.setVisible(racing)
        self.nothing.setVisible(not racing)

    # what is asked for

    @property
    def choice(self) -> Choice | None:
        """The picture of the output view, or the first that suits where it shows other data; None while data load."""
        dataset = self._live.frame.dataset
        return self._output.choice(dataset) if dataset is not None else None

    @Slot()
    def _ask(self) -> None:
        """Ask for what the pictures of both draw, while they are in sight."""
        choice, racing = self.choice, self._live.racing
        if racing.forked is None:
            return
        wanted = choice is not None and is_seen(self)
        options = self._options(choice) if choice is not None else OutputOptions()
        pictures = [side.picture(choice) for side in self.sides.values()] if wanted and choice is not None else []
        racing.request(frozenset().union(*(picture.needs(options) for picture in pictures)))

    def _options(self, choice: Choice) -> OutputOptions:
        """Return what is shown: changes of each are those since its own first weights."""
        return OutputOptions(self._output.validation_points.isChecked(), choice.ground, self._output.shares.isChecked())

    @Slot()
    def _follow(self) -> None:
        """Show that a race has begun, or that there is none any more."""
        self._show_parts(racing=self._live.racing.forked is not None)
        self._ask()
        self.draw(self._live.frame)

    def showEvent(self, event: QShowEvent) -> None:
        """Ask for what is drawn."""
        super().showEvent(event)
        self._ask()

    def hideEvent(self, event: QHideEvent) -> None:
        """Ask nothing any more."""
        super().hideEvent(event)
        if self._live.racing.forked is not None:
            self._live.racing.request(frozenset())

    @Slot()
    def _on_end(self) -> None:
        self.decided.emit("one")

    # drawing

    def draw(self, frame: Frame) -> None:
        """Draw both as they are now; the frame, which may be of a kept run, says only whether other views do so too."""
        racing, one = self._live.racing, self._live.frame
        other, forked = racing.frame, racing.forked
        if forked is None or other is None or one.history is None or other.history is None:
            return
        self._ask()
        path = forked.challenge.path
        run = self._live.run
        experiments = {"one": run.experiment if run is not None else one.experiment, "other": other.experiment}
        field = field_of(other.experiment, path)
        label = field.knob.label if field is not None else path
        values = {side: value_of(experiment, path) for side, experiment in experiments.items()}
        for name, (its, side) in {"one": (one, self.sides["one"]), "other": (other, self.sides["other"])}.items():
            assert its.history is not None
            side.say(label, values[name], its.history, racing.verdicts[name])
            if its.dataset is not None and (choice := self._choice_for(its)) is not None:
                side.draw(its, choice, self._options(choice))
        letters = {side: f"{letter} {values[side]}" for side, letter in LETTERS.items()}
        self.curves.draw({"one": one.history, "other": other.history}, letters)
        words = parting(path, forked.step, live=forked.beside.is_live(forked.built.experiment))
        elsewhere = self.tr("This is the run in hand as it is now, not what the other views show.")
        self.caption.set_words(f"{elsewhere} {words}" if frame.moment is not None else words)

    def _choice_for(self, frame: Frame) -> Choice | None:
        choice = self.choice
        suits = choice is not None and frame.dataset is not None and choice in choices_for(frame.dataset)
        return choice if suits else None

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        super().set_theme(theme)
        for side in self.sides.values():
            side.set_theme(theme)
        if "curves" in vars(self):
            self.curves.set_theme(theme)
        self.draw(self._live.frame)
