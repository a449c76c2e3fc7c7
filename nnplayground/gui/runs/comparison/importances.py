"""The importance of knobs: a bar for each, how much worse a forest foretells the result when it is shuffled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QWidget

from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.runs import columns
from nnplayground.gui.runs.comparison.picture import Chosen, RunsPicture, key_of, offer
from nnplayground.gui.runs.comparison.scales import quantity_of, results_to_choose
from nnplayground.gui.theme import Theme, mix, restyle, small_font
from nnplayground.gui.views.keeping import Table
from nnplayground.gui.views.readout import Readout, Row, paint_box
from nnplayground.gui.views.symbols import line_pen
from nnplayground.runs.importance import FEW, FEWEST, LOW, Importance, importance
from nnplayground.runs.quantities import knobs_of, results_of

FIRST = ("validation_loss", "train_loss")


class Bars(QWidget):
    """A row for each knob: its name, its bar with its spread, its number; as many as there is room for."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("runs.bars")
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.found: Importance | None = None
        self._pointer: QPointF | None = None
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self.theme = theme
        self.setFont(small_font(theme))
        self.update()

    def show_bars(self, found: Importance | None) -> None:
        """Draw these."""
        self.found = found
        words = [f"{columns.title(path)} {format_number(mean, 2)}" for path, mean in self._bars()]
        self.setAccessibleDescription(", ".join(words))
        self.update()

    def _bars(self) -> list[tuple[str, float]]:
        return [] if self.found is None else list(zip(self.found.paths, self.found.means.tolist(), strict=True))

    @property
    def row_height(self) -> float:
        """Return the height of a bar's row, in pixels."""
        return QFontMetricsF(self.font()).height() * 1.25

    @property
    def room(self) -> int:
        """How many bars there is room for."""
        return max(int((self.height() - 4) / self.row_height), 1)

    def _edges(self) -> tuple[float, float, float]:
        """Return where names end and bars begin, where the longest bar ends, and what it stands for."""
        metrics, found = QFontMetricsF(self.font()), self.found
        assert found is not None
        names = max(metrics.horizontalAdvance(columns.title(path)) for path in found.paths[: self.room])
        left = min(names, 0.42 * self.width()) + 14
        right = self.width() - metrics.horizontalAdvance("−0.0000") - 12
        return left, max(right, left + 10), max(float((found.means + found.spreads).max()), 0.01)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw names, bars, spreads and numbers."""
        del event
        found = self.found
        if found is None:
            return
        painter = QPainter(self)
        painter.setFont(self.font())
        metrics, height = QFontMetricsF(self.font()), self.row_height
        left, right, most = self._edges()
        scale = (right - left) / most
        pale = found.is_doubtful
        colour = QColor(mix(self.theme.panel, self.theme.accent, 0.45) if pale else self.theme.accent)
        shown = zip(found.paths, found.means.tolist(), found.spreads.tolist(), strict=True)
        for i, (path, mean, spread) in enumerate(list(shown)[: self.room]):
            middle = 2 + (i + 0.5) * height
            painter.setPen(QColor(self.theme.text))
            place = QRectF(4, middle - height / 2, left - 12, height)
            name = metrics.elidedText(columns.title(path), Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, name)
            painter.fillRect(QRectF(left, middle - 0.3 * height, max(mean, 0.0) * scale, 0.6 * height), colour)
            painter.setPen(line_pen(self.theme.text, 1.0))
            ends = [left + max(value, 0.0) * scale for value in (mean - spread, mean + spread)]
            painter.drawLine(QPointF(ends[0], middle), QPointF(ends[1], middle))
            painter.drawText(
                QRectF(ends[1] + 6, place.top(), self.width(), height),
                Qt.AlignmentFlag.AlignVCenter,
                format_number(mean, 2),
            )
        painter.setPen(line_pen(mix(self.theme.line, self.theme.text, 0.35), 1.0))
        painter.drawLine(QPointF(left, 2), QPointF(left, 2 + min(len(found.paths), self.room) * height))
        if self._pointer is not None and (rows := self.rows_at(self._pointer)):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            paint_box(painter, self.theme, self.font(), Readout(0.0, self._pointer, rows), QRectF(self.rect()))

    def rows_at(self, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about the bar at a pixel."""
        place = int((point.y() - 2) // self.row_height)
        if self.found is None or not 0 <= place < min(len(self.found.paths), self.room):
            return ()
        mean, spread = (format_number(float(values[place]), 3) for values in (self.found.means, self.found.spreads))
        return (
            Row(columns.title(self.found.paths[place]), self.found.paths[place]),
            Row(self.tr("R² falls by"), mean),
            Row(self.tr("spread over rounds"), spread),
        )

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the bar under the pointer."""
        self._pointer = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the read-out away."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()


class Importances(RunsPicture):
    """Bars of knobs, the one that matters most first."""

    title, name, sort = "Importance of knobs", "runs.importance", "importance"
    explanation = (
        "How much each knob matters for the result, over all runs chosen. A random forest learns to foretell the "
        "result from the knobs; then one knob's values are dealt anew among the runs, and the bar says by how much the "
        "forest's R² falls (the thin line is the spread over rounds; above 1 is possible). It says what mattered among "
        "these runs, in the ranges tried, not which value is good: look at parallel or scatter for that. Where the "
        "forest itself foretells little, bars are pale and mean little."
    )

    def __init__(self, path: Path, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(path, theme, parent)
        self._given_up = False  # by the user
        self.result = self.choice("result", self.tr("Result"))
        self.result.activated.connect(self.ask)
        self.button = QToolButton()
        self.button.setObjectName("runs.importance.button")
        restyle(self.button, role="chip")
        self.button.clicked.connect(self._press)
        self.button.hide()
        self.finish(self.result, self.button)
        self.bars = Bars(theme, self)
        self.bars.setAccessibleName(self.tr("Importance of knobs"))
        self.column.insertWidget(1, self.bars, 1)
        self.study.progressed.connect(self._progress)
        self.study.ended.connect(self._ended)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        super().set_theme(theme)
        self.bars.set_theme(theme)

    def key(self, runs: Chosen) -> object:
        """Depend on the runs chosen, those left out that are still trained: their results change every second."""
        return key_of(self._ended_rows(runs))

    @staticmethod
    def _ended_rows(runs: Chosen) -> tuple:
        return tuple(row for row in runs.narrowed if row.outcome or row.owner is None)

    @Slot()
    def ask(self) -> None:
        """Grow the forest."""
        rows = self._ended_rows(self.runs)
        offered = results_to_choose(results_of(rows))
        offer(self.result, offered, *FIRST)
        result = self.result.currentData()

        def work(report: Callable[[float, str], None], cancelled: Callable[[], bool]) -> Importance | None:
            knobs = [quantity_of(rows, path) for path in knobs_of(rows)]
            return importance(knobs, quantity_of(rows, result), report, cancelled)

        self._given_up = False
        self._show_button(self.tr("Cancel"))
        if self.bars.found is None:
            self.say(self.tr("A random forest learns to foretell the result from the knobs."))
        self.study.begin(work)

    def take(self, found: Importance | None) -> None:
        """Draw the bars, and say how far they can be believed."""
        self.bars.show_bars(found)
        self.caption.set_words("" if found is None else self._runs(found))
        self.say(self._said(found))

    def _runs(self, found: Importance) -> str:
        """Say how many runs the forest has learned from, and of how many."""
        count, known = format_count(found.runs), format_count(found.known)
        if found.runs == found.known:
            return self.tr("{0} runs").format(count)
        return self.tr("{0} of {1} runs, drawn at random").format(count, known)

    def _said(self, found: Importance | None) -> str:
        if found is None:
            words = self.tr("Nothing can be said: it takes {0} runs with this result that differ in a knob.")
            return words.format(FEWEST)
        score = self.tr("The forest foretells {0} of the result's variance (R² out of bag {1}, {2}).").format(
            format_percent(max(found.score, 0.0), 0), format_number(found.score, 2), self._runs(found)
        )
        doubts = [
            (found.runs < FEW, self.tr("fewer than {0} runs").format(FEW)),
            (len(found.paths) < 2, self.tr("only one knob differs")),
            (not found.score >= LOW, self.tr("R² is low")),
        ]
        why = ", ".join(words for holds, words in doubts if holds)
        doubt = self.tr("Little can be said: {0}.").format(why) if why else ""
        out = self.tr("{0} runs without this result are left out.").format(found.left_out) if found.left_out else ""
        hidden = len(found.paths) - self.bars.room
        more = self.tr("{0} knobs that matter less are not in sight.").format(hidden) if hidden > 0 else ""
        return " ".join(line for line in (score, doubt, out, more) if line)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say how many bars there is no room for now."""
        super().resizeEvent(event)
        if self.bars.found is not None:
            self.say(self._said(self.bars.found))

    def table_now(self) -> Table:
        """Return each knob's importance and its spread."""
        found = self.bars.found
        if found is None:
            return [], []
        return ["knob", "importance", "spread"], list(
            zip(found.paths, found.means.tolist(), found.spreads.tolist(), strict=True)
        )

    # while it goes on

    @Slot(float, str)
    def _progress(self, share: float, _words: str) -> None:
        self.caption.set_words(self.tr("growing trees: {0}").format(format_percent(max(share, 0.0), 0)))

    def _show_button(self, text: str) -> None:
        self.button.setText(text)
        self.button.setAccessibleName(text)
        self.button.setVisible(bool(text))

    @Slot()
    def _press(self) -> None:
        if self.study.working:
            self._given_up = True
            self.study.cancel()
        else:
            self.ask()

    @Slot()
    def _ended(self) -> None:
        self._show_button(self.tr("Compute") if self._given_up else "")
        if self._given_up:
            self.caption.set_words(self.tr("given up"))
