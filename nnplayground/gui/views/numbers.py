"""The run in a few numbers, which stand still while they change."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QPalette, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from nnplayground.gui.numbers import NOTHING, format_count, format_number, format_percent
from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.view import Frame, View

WIDEST = "0.001234"  # that a number is likely to be: a cell is never narrower


class Cell(QWidget):
    """A number under its name."""

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.words, self.number = QLabel(self), QLabel(NOTHING, self)
        self._widest = WIDEST
        restyle(self.words, role="secondary")
        restyle(self.number, role="number")
        self.number.setObjectName(f"numbers.{name}")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.words)
        column.addWidget(self.number)

    def show_number(self, words: str, number: str) -> None:
        """Show another number, or the same one under another name."""
        if (words, number) == (self.words.text(), self.number.text()):
            return
        self.words.setText(words)
        self.number.setText(number)
        self._widest = max(self._widest, number, key=self.number.fontMetrics().horizontalAdvance)
        self.number.setAccessibleName(f"{words} {number}")

    def sizeHint(self) -> QSize:
        """Return the size for the widest number that there was, so that none moves its neighbour."""
        needed = self.number.fontMetrics().horizontalAdvance(self._widest)
        hint = super().sizeHint()
        return QSize(max(needed, self.words.sizeHint().width()), hint.height())


MOST_ROWS = 2  # of numbers below a picture: a third row would take its height from it


class NumbersView(View):
    """Losses, metrics, the gap between training and validation, and how many parameters are learned.

    In rows as wide as the view; or, where that is no wider than one number, in a column as long as there is room for.
    """

    title, name, calm = "Numbers", "numbers", True

    reshaped = Signal()  # it needs another height or width than before

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(SPACING * 3 // 2, SPACING, SPACING, SPACING)
        self.grid.setHorizontalSpacing(SPACING * 3 // 2)
        self.grid.setVerticalSpacing(SPACING // 2)
        names = ("train_loss", "validation_loss", "metric", "second_metric", "gap", "parameters")
        self.cells = {name: Cell(name, self) for name in names}
        self._shown: tuple[str, ...] = tuple(name for name in names if name != "second_metric")
        self._arrangement: object = None
        self._lay_out()

    def draw(self, frame: Frame) -> None:
        """Write the numbers of the network that the pictures show: the latest, unless training went back to it."""
        shown, before = self.numbers(frame), self._widths()
        for name, cell in self.cells.items():
            if name in shown:
                cell.show_number(*shown[name])
        if tuple(shown) != self._shown or self._widths() != before:
            self._shown = tuple(shown)
            self._lay_out()
            self.reshaped.emit()

    def numbers(self, frame: Frame) -> dict[str, tuple[str, str]]:
        """Return {cell: (words, number)}; a dash where nothing is known yet."""
        history = frame.history
        metrics = history.metrics if history is not None else ("accuracy",)
        losses = ["train_loss", "validation_loss"]
        train, validation, *values = _known(frame, [*losses, *(f"validation/{metric}" for metric in metrics)])
        found = {
            "train_loss": (self.tr("train loss"), _number(train)),
            "validation_loss": (self.tr("validation loss"), _number(validation)),
        }
        for cell, metric, value in zip(("metric", "second_metric"), metrics, values, strict=False):
            text = NOTHING if value is None else format_percent(value) if metric == "accuracy" else format_number(value)
            found[cell] = (self.tr(metric), text)
        gap = validation - train if train is not None and validation is not None else None
        size = frame.snapshot.layout.size if frame.snapshot is not None else None
        found["gap"] = (self.tr("gap"), _number(gap, 3))  # with its sign no wider than the losses
        found["parameters"] = (self.tr("parameters"), NOTHING if size is None else format_count(size))
        return found

    def set_theme(self, theme: Theme) -> None:
        """Take on other sizes."""
        super().set_theme(theme)
        self._arrangement = None
        self._lay_out()
        self.reshaped.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the cells into one row where they fit, else into several."""
        super().resizeEvent(event)
        self._lay_out()

    def minimumSizeHint(self) -> QSize:
        """Return the size of two columns, whatever the arrangement is now: the view may always become that narrow."""
        return QSize(self._width(2), self._height(1))

    def sizeHint(self) -> QSize:
        """Return the size of two columns and of as many rows as these take."""
        return QSize(self._width(2), self._height(MOST_ROWS))

    def column_width(self) -> int:
        """Return the width of a column of numbers."""
        return self._width(1)

    def height_for(self, width: int) -> int:
        """Return the height of the rows in that width."""
        return self._height(min(ceil(len(self._shown) / self._columns(width)), MOST_ROWS))

    def _width(self, columns: int) -> int:
        margins, widths = self.grid.contentsMargins(), self._widths()
        taken = sum(max(widths[i::columns]) for i in range(columns))
        return taken + (columns - 1) * self.grid.horizontalSpacing() + margins.left() + margins.right()

    def _height(self, rows: int) -> int:
        margins, cell = self.grid.contentsMargins(), self.cells["train_loss"].sizeHint().height()
        return rows * cell + (rows - 1) * self.grid.verticalSpacing() + margins.top() + margins.bottom()

    def _widths(self) -> list[int]:
        return [self.cells[name].sizeHint().width() for name in self._shown]

    def _columns(self, width: int) -> int:
        widths, margins, gap = self._widths(), self.grid.contentsMargins(), self.grid.horizontalSpacing()
        if sum(widths) + gap * (len(widths) - 1) <= width - margins.left() - margins.right():
            return len(widths)
        return next((columns for columns in (3, 2) if self._width(columns) <= width), 1)

    def _lay_out(self) -> None:
        columns = self._columns(self.width())
        rows = next((r for r in range(len(self._shown), 1, -1) if self._height(r) <= self.height()), 1)
        count = columns * min(rows, MOST_ROWS) if columns > 1 else rows
        visible = [self.cells[name] for name in self._shown][:count]
        arrangement = (columns, len(visible), tuple(self._shown))
        if arrangement == self._arrangement:
            return
        self._arrangement = arrangement
        for cell in self.cells.values():
            self.grid.removeWidget(cell)
            cell.setVisible(cell in visible)
        for i, cell in enumerate(visible):
            self.grid.addWidget(cell, i // columns, i % columns)
        for column in range(self.grid.columnCount()):
            self.grid.setColumnStretch(column, int(column < columns))
        for row in range(len(self.cells) + 1):
            self.grid.setRowStretch(row, int(row == len(visible) and columns == 1))  # a column stands at the top


def _known(frame: Frame, columns: list[str]) -> list[float | None]:
    """Return what the history has of the snapshot's epoch; its last epoch's without a snapshot, None before any."""
    if frame.history is None:
        return [None] * len(columns)
    epochs = frame.history.epochs
    row = min(frame.snapshot.epoch if frame.snapshot is not None else len(epochs), len(epochs)) - 1
    if row < 0:
        return [None] * len(columns)
    return [float(mean[0]) for mean in epochs.curves(columns, row, row + 1, points=1).mean]


def _number(value: float | None, digits: int = 4) -> str:
    return NOTHING if value is None else format_number(value, digits)
