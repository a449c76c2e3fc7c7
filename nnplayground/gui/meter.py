"""The meter: how long the window's frames, training's chunks and its probes take. While it is off it costs nothing."""

from __future__ import annotations

import time
from collections import deque

from PySide6.QtCore import QEvent, QObject, QRectF, QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from nnplayground.gui.live import FRAME_MS, Live
from nnplayground.gui.messages import Delivery
from nnplayground.gui.numbers import NARROW, NOTHING
from nnplayground.gui.theme import SPACING, Theme, small_font
from nnplayground.gui.turns import Turns

KEPT = 100  # of each kind of time: five seconds of frames
SHOWN_EVERY_MS = 500
WIDEST = "000.0"  # that a time is likely to be, in ms


class Watch(QObject):
    """Times what the window does for a frame by standing before its events: the frame's timer, turns, painting."""

    def __init__(self, window: QWidget, live: Live, turns: Turns, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.times: dict[str, deque[float]] = {n: deque(maxlen=KEPT) for n in ("frame", "late", "chunk", "probes")}
        self._frame_timer = live.timer
        self._timed = {window: QEvent.Type.UpdateRequest, live.timer: QEvent.Type.Timer, turns.timer: QEvent.Type.Timer}
        self._spent = 0.0  # on the frame in hand
        self._due: float | None = None
        for place in self._timed:
            place.installEventFilter(self)
        live.delivered.connect(self.take)

    def eventFilter(self, place: QObject, event: QEvent) -> bool:
        """Handle an event in its object's stead, and take the time."""
        if event.type() != self._timed.get(place):
            return False
        begin = time.perf_counter()
        if place is self._frame_timer:
            self._begin_frame(begin)
        place.event(event)
        self._spent += time.perf_counter() - begin
        return True

    def _begin_frame(self, now: float) -> None:
        if self._due is not None:
            self.times["late"].append(max(now - self._due, 0.0) * 1000)
            self.times["frame"].append(self._spent * 1000)
        self._due, self._spent = now + FRAME_MS / 1000, 0.0

    @Slot(object)
    def take(self, delivery: Delivery) -> None:
        """Note the times that the training thread took itself."""
        self.times["chunk"].extend(chunk.seconds * 1000 for chunk in delivery.chunks)
        if delivery.probe_seconds is not None:
            self.times["probes"].append(delivery.probe_seconds * 1000)


class Meter(QWidget):
    """Shows the times of the last seconds in one quiet line of steady width."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("meter.times")
        self.setToolTip(
            self.tr(
                "In milliseconds, over the last seconds. <b>frame</b>: what the window spends on drawing. <b>late</b>: "
                "by how much frames come late, median and 99 %. <b>chunk</b>: training between two looks at what the "
                "window wants. <b>probes</b>: answering what views ask of the network."
            )
        )
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.watch: Watch | None = None
        self.texts: tuple[tuple[str, str], ...] = ()
        self._timer = QTimer(self)
        self._timer.setInterval(SHOWN_EVERY_MS)
        self._timer.timeout.connect(self.show_times)
        self.set_theme(theme)
        self.hide()

    def set_theme(self, theme: Theme) -> None:
        """Take on colours and font."""
        self._theme = theme
        self.setFont(small_font(theme))
        self.updateGeometry()
        self.update()

    def begin(self, window: QWidget, live: Live, turns: Turns) -> None:
        """Measure and show from now on."""
        self.end()
        self.watch = Watch(window, live, turns, self)
        self._timer.start()
        self.show_times()
        self.show()

    def end(self) -> None:
        """Measure no more."""
        self.hide()
        self._timer.stop()
        if self.watch is not None:
            self.watch.deleteLater()
            self.watch = None

    @Slot()
    def show_times(self) -> None:
        """Show what was measured by now."""
        assert self.watch is not None, "the timer runs only while there is a watch"
        times = self.watch.times
        late = f"{_text(times['late'], 0.5)} · {_text(times['late'], 0.99)}"
        self.texts = (
            (self.tr("frame"), _text(times["frame"], 0.5)),
            (self.tr("late"), late),
            (self.tr("chunk"), _text(times["chunk"], 0.5)),
            (self.tr("probes"), _text(times["probes"], 0.5) + f"{NARROW}ms"),
        )
        self.setAccessibleName(", ".join(f"{name} {value}" for name, value in self.texts))
        self.update()

    # looks

    def sizeHint(self) -> QSize:
        """Return the size for times as wide as they are likely to be, so that nothing moves while they change."""
        metrics = QFontMetricsF(self.font())
        return QSize(round(sum(self._widths(metrics))) + SPACING, round(metrics.height()))

    def minimumSizeHint(self) -> QSize:
        """Return the same: a time that is cut is none."""
        return self.sizeHint()

    def _widths(self, metrics: QFontMetricsF) -> list[float]:
        """Return the room of every name with its time, and of the gap before it."""
        samples = (WIDEST, f"{WIDEST} · {WIDEST}", WIDEST, f"{WIDEST}{NARROW}ms")
        names = (self.tr("frame"), self.tr("late"), self.tr("chunk"), self.tr("probes"))
        words = (f"{name} {sample}" for name, sample in zip(names, samples, strict=True))
        return [2 * SPACING + metrics.horizontalAdvance(text) for text in words]

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw names quietly, and the times at the right of their room."""
        del event
        painter, metrics = QPainter(self), QFontMetricsF(self.font())
        left = 0.0
        for (name, value), width in zip(self.texts, self._widths(metrics), strict=False):
            place = QRectF(left + 2 * SPACING, 0, width - 2 * SPACING, self.height())
            painter.setPen(QColor(self._theme.secondary))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(QColor(self._theme.text))
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, value)
            left += width


def _text(times: deque[float], share: float) -> str:
    """Return the time that so large a share of the times does not exceed."""
    if not times:
        return NOTHING
    return f"{sorted(times)[min(int(len(times) * share), len(times) - 1)]:.1f}"
