"""The row of controls by which a sample is chosen that is followed through the network."""

from __future__ import annotations

from PySide6.QtCore import QRandomGenerator, Signal, Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QSpinBox, QToolButton, QWidget

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Trace, TraceRequest
from nnplayground.engine.probes.trace import Part
from nnplayground.gui.icons import icon
from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.chart import Caption

PARTS: tuple[Part, ...] = ("validation", "train")


class TraceBar(QWidget):
    """A part, a sample of it by number (from 1, as people count), one at random, and what became of it.

    `chosen` says that another sample is asked for.
    """

    chosen = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("network.tracing")
        self._counts = dict.fromkeys(PARTS, 0)
        self.part = QComboBox(self)
        self.part.setObjectName("network.tracing.part")
        self.part.setAccessibleName(self.tr("Which samples to choose from"))
        self.part.addItems([self.tr("validation"), self.tr("training")])
        self.number = QSpinBox(self)
        self.number.setObjectName("network.tracing.number")
        self.number.setAccessibleName(self.tr("Number of the sample"))
        self.number.setWrapping(True)
        self.number.setKeyboardTracking(False)
        self.dice = QToolButton(self)
        self.dice.setObjectName("network.tracing.random")
        self.dice.setToolTip(self.tr("A sample at random"))
        self.dice.setAccessibleName(self.dice.toolTip())
        restyle(self.dice, role="small")
        self.words = Caption(self)
        self.words.setObjectName("network.tracing.words")
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * SPACING - 2, SPACING // 2, SPACING, 0)
        row.setSpacing(SPACING // 2)
        for widget in (self.part, self.number, self.dice):
            row.addWidget(widget)
        row.addSpacing(SPACING // 2)
        row.addWidget(self.words, 1)
        self.set_theme(theme)
        self._limit()
        self.part.currentIndexChanged.connect(self._turn_part)
        self.number.valueChanged.connect(self._turn_number)
        self.dice.clicked.connect(self._throw)

    @property
    def request(self) -> TraceRequest:
        """What is asked for."""
        return TraceRequest(PARTS[self.part.currentIndex()], self.number.value() - 1)

    def choose(self, part: Part, index: int) -> None:
        """Ask for a sample by its part and its index, from 0; one beyond the last is the last."""
        for widget in (self.part, self.number):
            widget.blockSignals(True)
        self.part.setCurrentIndex(PARTS.index(part))
        self._limit(index + 1)
        for widget in (self.part, self.number):
            widget.blockSignals(False)
        self.chosen.emit()

    def show_dataset(self, dataset: Dataset | None) -> None:
        """Offer as many samples as there are."""
        counts = {part: 0 if dataset is None else len(getattr(dataset, part)) for part in PARTS}
        if counts != self._counts:
            self._counts = counts
            self.number.blockSignals(True)
            self._limit()
            self.number.blockSignals(False)

    def show_trace(self, trace: Trace | None, dataset: Dataset | None) -> None:
        """Say what the sample is, and what the network takes it for."""
        self.words.set_words("" if trace is None or dataset is None else self._told(trace, dataset))

    def set_theme(self, theme: Theme) -> None:
        """Take on the theme's icons."""
        self.dice.setIcon(icon("dice", theme.text))

    def _told(self, trace: Trace, dataset: Dataset) -> str:
        if not dataset.class_names:
            numbers = (format_number(float(value), trim=True) for value in (trace.target, trace.answer[0]))
            return self.tr("{name}: {0}, answered {1}").format(*numbers, name=dataset.target_name)
        names, taken, answer = dataset.class_names, trace.taken, trace.answer
        shares = (1 - answer[0], answer[0]) if len(answer) == 1 else answer
        share = float(shares[taken])
        name = names[taken] if taken < len(names) else self.tr("none")
        right = "✓" if taken == int(trace.target) else "✗"
        words = self.tr("{true}, taken for {name} ({share}) {mark}")
        return words.format(true=names[int(trace.target)], name=name, share=format_percent(share), mark=right)

    def _limit(self, value: int | None = None) -> None:
        count = self._counts[PARTS[self.part.currentIndex()]]
        self.number.setRange(1, count or value or 1)
        self.number.setSuffix(self.tr(" of {}").format(format_count(count)) if count else "")
        if value is not None:
            self.number.setValue(value)

    @Slot()
    def _turn_part(self) -> None:
        self.number.blockSignals(True)
        self._limit()
        self.number.blockSignals(False)
        self.chosen.emit()

    @Slot()
    def _turn_number(self) -> None:
        self.chosen.emit()

    @Slot()
    def _throw(self) -> None:
        self.number.setValue(QRandomGenerator.global_().bounded(self.number.maximum()) + 1)
