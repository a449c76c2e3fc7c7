"""What is asked for before a fan is trained: its values, seeds of each, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from nnplayground.experiment import Experiment, ExperimentError, Field
from nnplayground.experiment.shorthand import read_layers
from nnplayground.gui.fan import proposals
from nnplayground.gui.fan.plan import SEEDS, Plan, seeds_of
from nnplayground.gui.fan.words import brief_text, value_text
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.box import Box
from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.knobs.choice import Chip, Choice
from nnplayground.gui.knobs.editors import form
from nnplayground.gui.knobs.flow import FlowLayout
from nnplayground.gui.knobs.text import read_numbers
from nnplayground.gui.theme import SPACING, restyle

MOST_SEEDS = 10
WIDEST = 40  # characters of a value that can be ticked
LONGEST = 1_000_000  # epochs or steps
EPOCHS = 100  # proposed at most
NETWORK_STEPS = 40_000  # of a small network: a few seconds
WORK = 4_000_000_000  # parameters times samples that are looked at in a few seconds


READERS: Mapping[str, Callable[[Field, str], Any]] = MappingProxyType(
    {
        "layers": lambda field, text: read_layers(text, field.value),
        "numbers": read_numbers,
        "path": lambda _, text: text.strip(),
    }
)
"""By the form of a knob whose values are typed: what is read of the text. Raise ExperimentError."""


class FanForm(QWidget):
    """Asks for a plan. `started` and `stopped` carry what the button was pressed for."""

    started = Signal()
    stopped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fan.form")
        self.experiment = Experiment()
        self.field = self.experiment.field("optimizer.lr")
        self.low, self.high = (self._box(name) for name in ("low", "high"))
        self.count = self._spin("count", 2, proposals.MOST, self.tr("How many values"))
        self.seeds = self._spin("seeds", 1, MOST_SEEDS, self.tr("Seeds of weights and order that each value is given"))
        self.length = self._spin("length", 1, LONGEST, self.tr("How long each network is trained"))
        self.unit = Choice(self)
        self.unit.setObjectName("fan.unit")
        self.unit.setAccessibleName(self.tr("Unit of the length"))
        self.unit.addItems([self.tr("epochs"), self.tr("steps")])
        self.unit.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.keep = QCheckBox(self.tr("Keep every network as a run"), self)
        self.keep.setObjectName("fan.keep")
        self.keep.setToolTip(self.tr("Each is entered into the store with the tag “fan”, to be filtered and compared"))
        self.start = QPushButton(self.tr("Start"), self)
        self.start.setObjectName("fan.start")
        restyle(self.start, role="primary")
        self.start.clicked.connect(self._press)
        self.chips: list[tuple[Any, Chip]] = []
        self.own = Box(self)
        self.own.setObjectName("fan.own")
        self.own.setAccessibleName(self.tr("Another value to be added"))
        self.own.entered.connect(self._add_own)
        self.choose = IconButton("open", self.tr("Choose files…"), self)
        self.choose.setObjectName("fan.choose")
        self.choose.clicked.connect(self._ask_for_files)
        self.training = False
        self._lay_out()

    def _box(self, name: str) -> Box:
        box = Box(self, number=True)
        box.setObjectName(f"fan.{name}")
        box.setAccessibleName({"low": self.tr("From"), "high": self.tr("To")}[name])
        return box

    def _spin(self, name: str, low: int, high: int, said: str) -> QSpinBox:
        spin = QSpinBox(self)
        spin.setObjectName(f"fan.{name}")
        spin.setRange(low, high)
        spin.setAccessibleName(said)
        spin.setToolTip(said)
        return spin

    def _lay_out(self) -> None:
        self.range = QWidget(self)
        row = QHBoxLayout(self.range)
        row.setContentsMargins(0, 0, SPACING, 0)
        row.setSpacing(SPACING // 2)
        self.names = [QLabel(text, self.range) for text in (self.tr("from"), self.tr("to"), self.tr("values"))]
        for name, part in zip(self.names, (self.low, self.high, self.count), strict=True):
            row.addWidget(name)
            row.addWidget(part)
        self.ticks = QWidget(self)
        self._flow = FlowLayout(self.ticks, spacing=4)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.ticks.setSizePolicy(policy)
        head = QHBoxLayout()
        head.setSpacing(SPACING // 2)
        head.addWidget(self.range)
        head.addWidget(self.own)
        head.addWidget(self.choose)
        self.each = QLabel(self.tr("seeds of each"), self)
        for widget in (self.each, self.seeds):
            head.addWidget(widget)
        head.addSpacing(SPACING)
        head.addWidget(QLabel(self.tr("for"), self))
        head.addWidget(self.length)
        head.addWidget(self.unit)
        head.addStretch(1)
        head.addWidget(self.start)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING // 2)
        column.addLayout(head)
        column.addWidget(self.ticks)
        column.addWidget(self.keep)

    # showing

    def show_field(self, experiment: Experiment, field: Field, size: tuple[int, int] | None) -> None:
        """Propose values of a knob; `size` is how many parameters the network has, and how many steps an epoch."""
        self.experiment, self.field = experiment, field
        numbers, chance = proposals.is_range(field), field.path.startswith(SEEDS)
        self.range.setVisible(numbers)
        self.ticks.setVisible(not numbers)
        self.own.setVisible(form(field) in READERS)
        example = "" if field.knob.file else value_text(field, field.value)
        self.own.setPlaceholderText(self.tr("others: {0}").format(example) if example else self.tr("others"))
        self.choose.setVisible(bool(field.knob.file))
        self._clear()
        if numbers:
            low, high, count = proposals.ends(field, experiment)
            for box, value in ((self.low, low), (self.high, high)):
                box.show_text(wording.shown(field, value), force=True)
                box.setFixedWidth(box.fontMetrics().horizontalAdvance("0.0000000") + 14)
            self.count.setValue(count)
        else:
            for i, value in enumerate(proposals.listed(field, experiment)):
                self._tick(value, on=i < proposals.MOST)
        for widget in (self.low, self.high, *self.names[:2]):
            widget.setVisible(field.path != SEEDS)
        self.names[2].setText(self.tr("seeds") if field.path == SEEDS else self.tr("values"))
        for widget in (self.each, self.seeds):
            widget.setVisible(not chance)
        self.seeds.setValue(1)
        self.unit.setCurrentIndex(0)
        self.length.setValue(self._epochs(size))

    def _epochs(self, size: tuple[int, int] | None) -> int:
        """Return for how many epochs to train, so that it takes a few seconds and no longer than the experiment."""
        parameters, steps = size or (200, 25)
        networks = self.count.value() if proposals.is_range(self.field) else max(len(self.chips), 1)
        affordable = min(NETWORK_STEPS, WORK // (parameters * self.experiment.batches.size)) // networks
        wanted = max(1, min(EPOCHS, affordable // steps))
        return min(wanted, self.experiment.stopping.epochs)

    def _clear(self) -> None:
        for _, chip in self.chips:
            self._flow.removeWidget(chip)
            chip.hide()
            chip.setObjectName("")
            chip.deleteLater()
        self.chips = []
        self.own.show_text("", force=True)

    def _tick(self, value: Any, *, on: bool) -> None:
        whole, text = value_text(self.field, value), brief_text(self.field, value, WIDEST)
        chip = Chip(text, self.ticks)
        chip.setObjectName(f"fan.value.{len(self.chips)}")
        chip.setAccessibleName(f"{wording.label(self.field)}: {whole}")
        chip.setToolTip(str(value) if self.field.knob.file else whole if whole != text else "")
        chip.setChecked(on)
        self.chips.append((value, chip))
        self._flow.addWidget(chip)
        chip.show()

    @Slot(str)
    def _add_own(self, text: str) -> None:
        """Add a value that was typed to those that can be ticked."""
        if not text.strip():
            return
        try:
            value = READERS[form(self.field)](self.field, text)
            self.experiment.replace(self.field.path, value)
        except ExperimentError as error:
            self.own.set_invalid(True, str(error))
            return
        self._add(value)
        self.own.show_text("", force=True)

    @Slot()
    def _ask_for_files(self) -> None:
        """Ask for files, and add them to the values that can be ticked."""
        name, ending = wording.label(self.field), self.field.knob.file
        paths, _ = QFileDialog.getOpenFileNames(self.window(), name, "", f"{name} ({ending})")
        for path in paths:
            self._add(path)

    def _add(self, value: Any) -> None:
        """Have a value ticked, which may be there already."""
        known = next((chip for other, chip in self.chips if other == value), None)
        if known is None:
            self._tick(value, on=True)
        else:
            known.setChecked(True)

    def show_training(self, training: bool) -> None:
        """Offer to stop, or to start."""
        self.training = training
        self.start.setText(self.tr("Stop") if training else self.tr("Start"))

    # what is asked for

    def plan(self) -> Plan:
        """Return what is asked for. Raises ExperimentError, one line that says what is wrong."""
        length = self.length.value()
        epochs, steps = (length, None) if self.unit.currentIndex() == 0 else (None, length)
        return Plan(self.experiment, self.field.path, self._values(), self.seeds.value(), epochs, steps)

    def _values(self) -> tuple[Any, ...]:
        if self.field.path == SEEDS:
            return seeds_of(self.experiment, self.count.value())
        if proposals.is_range(self.field):
            low, high = (wording.read(self.field, box.text()) for box in (self.low, self.high))
            if low >= high:
                line = self.tr("from {0} to {1} is no range; allowed: from a smaller to a larger value")
                raise ExperimentError(line.format(wording.shown(self.field, low), wording.shown(self.field, high)))
            return self.field.spread(low, high, self.count.value())
        values = tuple(value for value, chip in self.chips if chip.isChecked())
        if not 1 <= len(values) <= proposals.MOST:
            line = self.tr("{0} values are ticked; allowed: 1 to {1}")
            raise ExperimentError(line.format(len(values), proposals.MOST))
        return values

    @Slot()
    def _press(self) -> None:
        (self.stopped if self.training else self.started).emit()
