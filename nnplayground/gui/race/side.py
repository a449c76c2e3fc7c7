"""One side of a race: what it is called, its numbers, and the picture of its answer."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from nnplayground.gui.numbers import format_number, format_percent
from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.chart import Caption
from nnplayground.gui.views.choices import Choice
from nnplayground.gui.views.output import make
from nnplayground.gui.views.picture import OutputOptions, Picture
from nnplayground.gui.views.recall import RecallCourse
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History


class Side(QWidget):
    """A or B. Its picture is one of the output view's."""

    kept = Signal(str)  # the side's name: it is to go on, and the other is to be dropped

    def __init__(self, name: str, letter: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.letter, self._theme = name, letter, theme
        self.setObjectName(f"race.{name}")
        self.title, self.numbers = QLabel(self), Caption(self)
        self.title.setObjectName(f"race.{name}.title")
        restyle(self.title, role="title")
        self.title.setSizePolicy(self.numbers.sizePolicy())
        self.numbers.setObjectName(f"race.{name}.numbers")
        self.keep = QToolButton(self)
        self.keep.setObjectName(f"race.{name}.keep")
        self.keep.setText(self.tr("Keep this one"))
        self.keep.setToolTip(self.tr("Go on with {0} alone, as it is now").format(letter))
        self.keep.setAccessibleName(self.tr("Keep {0}").format(letter))
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
        self._column.addWidget(self.numbers)

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

    def say(self, value: str, history: History, verdict: str) -> None:
        """Show the raced knob's value, the latest numbers, and how training has ended if it has."""
        self.title.setText(f"{self.letter} · {value}")
        self.title.setToolTip(self.title.text())
        self.numbers.set_words(" · ".join([*([verdict] if verdict else []), *self._numbers(history)]))

    def _numbers(self, history: History) -> list[str]:
        epochs, rows = history.epochs, len(history.epochs)
        if not rows:
            return [self.tr("no epoch is finished yet")]
        metric = f"validation/{history.metrics[0]}"
        names = {"train_loss": self.tr("train"), "validation_loss": self.tr("validation"), metric: history.metrics[0]}
        means = epochs.curves([*names], rows - 1, rows, points=1).mean
        shown = []
        for (column, name), mean in zip(names.items(), means, strict=True):
            value = float(mean[0])
            shown.append(f"{name} {format_percent(value) if column.endswith('accuracy') else format_number(value)}")
        return shown

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes; the next `draw` shows them."""
        self._theme = theme
        for picture in self._pictures.values():
            picture.set_theme(theme)
