"""Editors of numbers: a slider with an exact box, and a seed with its dice."""

from __future__ import annotations

import random
from typing import Any

from PySide6.QtCore import QEvent, QSignalBlocker, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QToolButton, QWidget

from nnplayground.experiment import ExperimentError, Field
from nnplayground.gui.knobs import wording
from nnplayground.gui.knobs.box import Box
from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.knobs.editor import Editor, row_layout
from nnplayground.gui.knobs.scale import scale_of
from nnplayground.gui.knobs.slider import KnobSlider
from nnplayground.gui.theme import restyle

_WIDEST = "0.00000"  # what a box has room for
_GAP = 6  # pixels between parts side by side
_LEAST = 44  # pixels of a slider that is worth having, at plain type of 10 points
_WIDE = 16_777_215  # pixels: Qt knows no wider widget
_BESIDE, _BELOW = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.BottomToTop
_SEEDS = 10_000  # drawn seeds are below this: short enough to be told to somebody


class NumberEditor(Editor):
    """A slider in the knob's scale and a box for the exact number, below which the slider goes where it is narrow.

    An optional knob has a button "own" before them: while it is up, the value is None and what is inherited shows.
    """

    def __init__(self, field: Field, inherited: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(field, inherited, parent)
        self._value: int | float | None = field.value
        self._high: float | None = None
        self.own = QToolButton(self)
        self.own.setVisible(field.optional)
        scale = scale_of(field)
        self.slider = KnobSlider(scale, self) if scale is not None else None
        self.box = Box(self, number=True)
        parts = [self.own, self.slider, self.box] if self.slider is not None else [self.own, self.box]
        self.line = row_layout(self, *parts)
        self.setFocusProxy(self.slider or self.box)
        self._prepare()
        self.set_value(field.value)

    def _prepare(self) -> None:
        name, path = wording.label(self.field), self.field.path
        self.own.setText(self.tr("own"))
        self.own.setCheckable(True)
        self.own.setProperty("role", "chip")
        self.own.setAccessibleName(self.tr("{} of its own").format(name))
        self.own.setToolTip(self.tr("A value of its own, instead of the network's"))
        self.own.setObjectName(f"{path}.own")
        self.own.toggled.connect(self._take_own)
        self.box.setObjectName(f"{path}.box")
        self.box.setAccessibleName(name)
        self.box.entered.connect(self._enter)
        self.box.stepped.connect(self._step)
        self.box.abandoned.connect(self.relented)
        if self.slider is not None:
            self.slider.setObjectName(f"{path}.slider")
            self.slider.setAccessibleName(self.tr("{}, slider").format(name))
            self.slider.moved.connect(self._change)
            self.box.page = self.slider.knob_scale.page
        self._fit()

    @property
    def value(self) -> int | float | None:
        """The number, or None where it is inherited."""
        return self._value

    def set_value(self, value: Any) -> None:
        """Show `value`; None shows what is inherited."""
        self._show(value, force=False)

    def restore(self, value: Any) -> None:
        """Show `value`, even over what is being typed or dragged."""
        self._show(value, force=True)

    def _show(self, value: Any, *, force: bool) -> None:
        self._value = value
        given = value is not None or not self.field.optional
        number = value if value is not None else self.inherited
        with QSignalBlocker(self.own):
            self.own.setChecked(given)
        self.box.setEnabled(given)
        self.box.show_text("" if number is None else wording.shown(self.field, number), force=force)
        if self.slider is not None:
            self.slider.setEnabled(given)
            if number is not None and (force or not self.slider.isSliderDown()):
                self.slider.set_value(number)

    def set_high(self, high: float | None) -> None:
        """Let the slider end at `high`; the box still takes what the knob takes."""
        scale = scale_of(self.field, high)
        if self.slider is not None and scale is not None:
            self.slider.set_scale(scale)

    def changeEvent(self, event: QEvent) -> None:
        """Keep the box as wide as its numbers."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "box"):
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the slider where there is room for it."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self.slider is None:
            return
        width = self.box.fontMetrics().horizontalAdvance(_WIDEST) + 14
        taken = width + _GAP + (self.own.sizeHint().width() + _GAP) * self.field.optional
        beside = self.width() - taken >= _LEAST * self.font().pointSizeF() / 10
        self.line.setDirection(_BESIDE if beside else _BELOW)
        self.line.setSpacing(_GAP if beside else 0)
        restyle(self.slider, below=not beside)
        self.box.setMinimumWidth(width)
        self.box.setMaximumWidth(width if beside else _WIDE)

    def _enter(self, text: str) -> None:
        try:
            value = wording.read(self.field, text)
        except ExperimentError as error:
            self.box.set_invalid(True, str(error))
            self.refused.emit(str(error))
            return
        self._change(value)

    def _step(self, count: int) -> None:
        if self.slider is not None and self._value is not None:
            self._change(self.slider.knob_scale.stepped(self._value, count))

    def _take_own(self, own: bool) -> None:
        number = self.inherited if self.inherited is not None else self.field.knob.low
        self._change(number if own else None)

    def _change(self, value: int | float | None) -> None:
        changed = value != self._value
        dragging = self.slider is not None and self.slider.isSliderDown()
        self._show(value, force=not dragging)
        self.relented.emit()
        if changed:
            self.edited.emit(value)


class SeedEditor(NumberEditor):
    """A box for a seed, and a dice that throws another one."""

    def __init__(self, field: Field, inherited: Any = None, parent: QWidget | None = None) -> None:
        super().__init__(field, inherited, parent)
        assert self.slider is not None, "a seed has two ends"
        self.slider.hide()
        self.setFocusProxy(self.box)
        self.box.setMinimumWidth(0)
        self.dice = IconButton("dice", self.tr("Throw another seed: {}").format(wording.label(field)), self, share=1.1)
        self.dice.setObjectName(f"{field.path}.dice")
        self.dice.clicked.connect(self._throw)
        self.line.addWidget(self.dice, 0, Qt.AlignmentFlag.AlignRight)

    def _fit(self) -> None:
        """A seed's box takes the room that its slider leaves."""

    def _throw(self) -> None:
        seed = self._value
        while seed == self._value:
            seed = random.SystemRandom().randrange(1, _SEEDS)
        self._change(seed)
