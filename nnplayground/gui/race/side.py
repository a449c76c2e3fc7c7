"""One side of a race: what it is called, its numbers, and the picture of its answer."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from nnplayground.gui.numbers import format_number, format_percent
from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.chart import Caption
from nnplayground.gui.views.choices import Choice
from nnplayground.gui.views.output import make
from nnplayground.gui.views.picture import OutputOptions, Picture
from nnplayground.gui.views.recall import RecallCourse
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History

NUMBERS = ("train", "validation", "metric")


class Side(QWidget):
    """A or B. Its picture is one of the output view's."""

    kept = Signal(str)  # the side's name: it is to go on, and the other is to be dropped

    def __init__(self, name: str, letter: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.letter, self._theme = name, letter, theme
        self.setObjectName(f"race.{name}")
        self.title, self.verdict = Caption(self), Caption(self)
        self.title.setObjectName(f"race.{name}.title")
        restyle(self.title, role="title")
        self.verdict.setObjectName(f"race.{name}.verdict")
        self.verdict.hide()
        self.numbers: dict[str, tuple[Caption, Caption]] = {}  # words and number, by what they are of
        for what in NUMBERS:
            number = Caption(self)
            self.numbers[what] = Caption(self), number
            number.setObjectName(f"race.{name}.{what}")
            restyle(number, role="value")
        self.keep = QToolButton(self)
        self.keep.setObjectName(f"race.{name}.keep")
        self.keep.setText(self.tr("Keep {0}").format(letter))
        self.keep.setToolTip(self.tr("Go on with {0} alone, as it is now").format(letter))
        restyle(self.keep, role="chip")
        self.keep.clicked.connect(self._on_kept)
        self._course = RecallCourse()
        self._pictures: dict[str, Picture] = {}
        self._lay_out()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(SPACING)
        head.addWidget(self.title, 1)
        head.addWidget(self.keep)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(SPACING // 4)
        self._column.addLayout(head)
        table = QGridLayout()
        table.setHorizontalSpacing(SPACING // 2)
        table.setVerticalSpacing(0)
        for column, pair in enumerate(self.numbers.values()):
            table.setColumnStretch(column, 1)
            for row, label in enumerate(pair):
                table.addWidget(label, row, column)
        self._column.addLayout(table)
        self._column.addWidget(self.verdict)

    def _on_kept(self) -> None:
        self.kept.emit(self.name)

    def picture(self, choice: Choice) -> Picture:
        """Return the picture of a choice, and show it in place of any other; made when it is needed first."""
        if choice.picture not in self._pictures:
            self._pictures[choice.picture] = made = make(choice.picture, self._theme, self._course)
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            self._column.addWidget(made, 1)
        for name, picture in self._pictures.items():
            picture.setVisible(name == choice.picture)
        return self._pictures[choice.picture]

    def draw(self, frame: Frame, choice: Choice, options: OutputOptions) -> None:
        """Draw the answer."""
        self._course.take(frame)
        self.picture(choice).draw(frame, options)

    def say(self, label: str, value: str, history: History, verdict: str) -> None:
        """Show the raced knob's value, the latest numbers, and how training has ended if it has."""
        words, short = f"{self.letter} · {label} {value}", f"{self.letter} · {value}"
        fits = self.title.fontMetrics().horizontalAdvance(words) <= self.title.width()
        self.title.set_words(words if fits else short)
        self.verdict.set_words(verdict)
        self.verdict.setVisible(bool(verdict))
        metric = history.metrics[0]
        columns, rows = ("train_loss", "validation_loss", f"validation/{metric}"), len(history.epochs)
        names = (self.tr("train"), self.tr("validation"), metric)
        means = history.epochs.curves(columns, rows - 1, rows, points=1).mean[:, 0] if rows else [None] * len(columns)
        for (label_of, number), name, mean in zip(self.numbers.values(), names, means, strict=True):
            label_of.set_words(name)
            metrics, room = number.fontMetrics(), number.width()
            texts = [_text(name, mean, digits) for digits in (3, 2, 1)]
            number.set_words(next((t for t in texts if metrics.horizontalAdvance(t) <= room), texts[-1]))

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; the next `draw` shows them."""
        self._theme = theme
        for picture in self._pictures.values():
            picture.set_theme(theme)


def _text(name: str, value: float | None, digits: int) -> str:
    """Return a number of so many digits, a share as per cent, or a dash where nothing is known yet."""
    if value is None:
        return "–"
    return format_percent(float(value)) if name == "accuracy" else format_number(float(value), digits)
