"""What the network answers and how good that is: a picture, with the numbers below or beside it."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from nnplayground.gui.views.numbers import NumbersView
from nnplayground.gui.views.output import OutputView

LEAST = 104  # pixels of height, at plain type, that a picture keeps whatever stands around it


class Answer(QWidget):
    """Puts the numbers where they leave the picture's shorter side the longer: below it, or at its right."""

    def __init__(self, output: OutputView, numbers: NumbersView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._output, self._numbers = output, numbers
        output.setParent(self)
        numbers.setParent(self)
        numbers.reshaped.connect(self._place)

    def minimumSizeHint(self) -> QSize:
        """Return the size in which there is still something to be seen of a picture."""
        output, numbers = self._output.minimumSizeHint(), self._numbers.minimumSizeHint()
        least, column = self._output.theme.scaled(LEAST), self._numbers.column_width()
        return QSize(max(output.width(), column + least), max(self._output.top + least, numbers.height()))

    def sizeHint(self) -> QSize:
        """Return the size with the numbers below the picture."""
        output, numbers = self._output.sizeHint(), self._numbers.sizeHint()
        return QSize(max(output.width(), numbers.width()), output.height() + numbers.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place both anew."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        width, height, top = self.width(), self.height(), self._output.top
        column, rows = self._numbers.column_width(), self._numbers.height_for(width)
        inner = width - self._output.sides
        below, beside = min(inner, height - top - rows), min(inner - column, height - top)
        if below >= beside and width >= self._numbers.minimumSizeHint().width():
            self._output.reserve(0)
            self._output.setGeometry(0, 0, width, max(height - rows, 0))
            self._numbers.setGeometry(0, height - rows, width, rows)
        else:
            self._output.reserve(column)
            self._output.setGeometry(0, 0, width, height)
            self._numbers.setGeometry(width - column, top, column, height - top)
            self._numbers.raise_()
