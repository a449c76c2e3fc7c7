"""A slider that goes along a knob's scale."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QStyle, QStyleOptionSlider, QWidget

from nnplayground.gui.knobs.scale import Scale

_POSITIONS = 1000
_NOTCH = 120  # of a wheel, in eighths of a degree


class KnobSlider(QSlider):
    """A horizontal slider over a `Scale`. The handle comes to where one presses; keys go by the scale's steps.

    `moved` carries the value that the user went to. The wheel turns it only while it has the focus.
    """

    moved = Signal(object)

    def __init__(self, scale: Scale, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(0, _POSITIONS)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(24)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.knob_scale = scale
        self._value = scale.value(0.0)
        self._turned = 0
        self.valueChanged.connect(self._move_to_position)

    def set_value(self, value: float) -> None:
        """Show `value`, without a signal."""
        self._value = value
        with QSignalBlocker(self):
            self.setValue(round(self.knob_scale.position(value) * _POSITIONS))

    def set_scale(self, scale: Scale) -> None:
        """Go along another scale, at the same value."""
        if scale != self.knob_scale:
            self.knob_scale = scale
            if not self.isSliderDown():
                self.set_value(self._value)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the scale's next value, or to an end."""
        scale, key = self.knob_scale, Qt.Key
        counts = {
            key.Key_Right: 1,
            key.Key_Up: 1,
            key.Key_Left: -1,
            key.Key_Down: -1,
            key.Key_PageUp: scale.page,
            key.Key_PageDown: -scale.page,
        }
        ends = {key.Key_Home: 0.0, key.Key_End: 1.0}
        pressed = Qt.Key(event.key())
        if pressed in counts:
            self._go(scale.stepped(self._value, counts[pressed]))
        elif pressed in ends:
            self._go(scale.value(ends[pressed]))
        else:
            event.ignore()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Turn by steps while focused; else leave the wheel to whatever scrolls around."""
        if not self.hasFocus():
            event.ignore()
            return
        self._turned += event.angleDelta().y()
        count, self._turned = int(self._turned / _NOTCH), self._turned - int(self._turned / _NOTCH) * _NOTCH
        if count:
            self._go(self.knob_scale.stepped(self._value, count))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring the handle to the pointer."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._drag(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the handle along."""
        if self.isSliderDown():
            self._drag(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go, and settle on the value gone to."""
        if event.button() == Qt.MouseButton.LeftButton and self.isSliderDown():
            self.setSliderDown(False)
            self.set_value(self._value)

    def _drag(self, event: QMouseEvent) -> None:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        handle = self.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, self
        )
        room = max(self.width() - handle.width(), 1)
        share = (event.position().x() - handle.width() / 2) / room
        self.setValue(round(min(max(share, 0.0), 1.0) * _POSITIONS))

    def _move_to_position(self, position: int) -> None:
        """Take on the value at a position that a pointer or a screen reader chose."""
        value = self.knob_scale.value(position / _POSITIONS)
        if value != self._value:
            self._value = value
            self.moved.emit(value)

    def _go(self, value: float) -> None:
        if value != self._value:
            self.set_value(value)
            self.moved.emit(value)
