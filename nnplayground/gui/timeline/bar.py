"""The time bar: play, the track of moments, what the one that is shown was like, and what can be done from there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from nnplayground.gui import icons
from nnplayground.gui.numbers import format_number
from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.timeline.playback import RATE, SPEEDS, Playback
from nnplayground.gui.timeline.track import Track
from nnplayground.gui.views.chart import Caption
from nnplayground.gui.views.picker import Picker
from nnplayground.runs.moments import Stop

WORDS = 64  # pixels about a moment at least, at plain type
FEWEST = 2  # moments, below which there is nowhere to go


class TimeBar(QFrame):
    """Quiet while there is nothing to go back to."""

    moved = Signal(int)  # to the moment of that place, by the user or by playing
    forked = Signal()  # a new run is to go on from the moment that is shown
    returned = Signal()  # the run in hand is to be shown as it is now

    def __init__(self, theme: Theme, words: Callable[[Stop], str], parent: QWidget | None = None) -> None:
        """`words` tells of a moment."""
        super().__init__(parent)
        self.setObjectName("timeline")
        restyle(self, role="panel")
        self._words = words
        self.playback = Playback(self)
        self.track = Track(theme, words, self)
        self.track.setEnabled(False)
        self.text = Caption(self)
        self.play = self._button("play", "", self.tr("Play the run back from here"), "tool")
        names = {f"{speed:g}": f"{speed:g}×" for speed in SPEEDS}
        tips = {f"{speed:g}": self._told_of(speed) for speed in SPEEDS}
        self.speed = Picker("timeline.speed", self.tr("Speed of playing back"), names, self, tips)
        self.speed.choose("1")
        self.best = self._button("best", self.tr("Best"), self.tr("To the network of the best epoch"))
        self.fork = self._button("fork", self.tr("Continue from here"), "")
        self.now = self._button("now", self.tr("Now (Esc)"), self.tr("Back to the run in hand as it is now"))
        self.now.setShortcut(QKeySequence(Qt.Key.Key_Escape))
        row = QHBoxLayout(self)
        row.setContentsMargins(SPACING // 2, 0, SPACING * 3 // 2, 0)
        row.setSpacing(SPACING)
        for widget in (self.play, self.speed):
            row.addWidget(widget)
        row.addWidget(self.track, 4)
        row.addWidget(self._make_tail(), 3)
        self._connect()
        self._tell_speed()
        self.set_theme(theme)
        self.show_stops((), 0, live=True)

    def _make_tail(self) -> QWidget:
        """Return what follows the track, of a width that none of it changes: else the track would, while dragged."""
        self._tail = tail = QWidget(self)
        tail.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(tail)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING * 3 // 2)
        row.addWidget(self.text, 1)
        for button in (self.best, self.fork, self.now):
            row.addWidget(button)
        return tail

    def _fit_tail(self) -> None:
        """Have room for all buttons, whatever they say, and some words."""
        buttons, texts = (self.best, self.fork, self.now), self._fork_texts()
        longest = max(map(self.fork.fontMetrics().horizontalAdvance, texts))
        more = longest - self.fork.fontMetrics().horizontalAdvance(self.fork.text())
        taken = sum(button.sizeHint().width() + SPACING * 3 // 2 for button in buttons)
        self._tail.setMinimumWidth(taken + more + self._theme.scaled(WORDS))

    def _fork_texts(self) -> tuple[str, str]:
        """Return what the button says that goes on from a moment with all its state, and from its network alone."""
        return self.tr("Continue from here"), self.tr("Continue, fresh optimizer")

    def _connect(self) -> None:
        self.track.valueChanged.connect(self._on_moved)
        self.track.sliderPressed.connect(self.playback.stop)
        self.play.clicked.connect(self._toggle)
        self.speed.changed.connect(self._choose_speed)
        self.playback.due.connect(self._go_on)
        self.playback.running_changed.connect(self._show_playing)
        self.best.clicked.connect(self._go_to_best)
        self.fork.clicked.connect(self.forked)
        self.now.clicked.connect(self.returned)

    def _button(self, name: str, text: str, tip: str, role: str = "link") -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"timeline.{name}")
        button.setText(text)
        button.setToolTip(tip)
        restyle(button, role=role)
        return button

    # showing

    def show_stops(self, stops: Sequence[Stop], index: int, *, live: bool) -> None:
        """Show these moments, and which one is shown; `live`: the last of them is now, and is followed."""
        self._live = live
        usable = len(stops) >= FEWEST
        self.track.setEnabled(usable)
        if not self.track.isSliderDown() or not usable:  # under the pointer nothing moves
            self.track.show_stops(stops, index)
        past = usable and not (live and self.track.value() == len(self.track.stops) - 1)
        stop = self.track.stops[self.track.value()] if usable else None
        self.text.set_words(self._words(stop) if stop is not None else self.tr("nothing to go back to yet"))
        for widget in (self.play, self.speed):
            widget.setEnabled(usable)
        self.best.setVisible(usable and any("best" in other.why for other in stops))
        self.fork.setVisible(past)
        self.now.setVisible(past and live)
        if stop is not None:
            self._tell_of_fork(whole=stop.whole)
        if not usable:
            self.playback.stop()

    def _tell_of_fork(self, *, whole: bool) -> None:
        plain, fresh = self._fork_texts()
        if whole:
            text = plain
            tip = self.tr("A new run goes on from this moment, with the optimizer's state of then: to the bit")
        else:
            text = fresh
            tip = self.tr("Only the network of this moment was kept: a new run goes on from it with a fresh optimizer")
        self.fork.setText(text)
        self.fork.setToolTip(tip)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self._theme = theme
        self.track.set_theme(theme)
        self._show_playing(self.playback.running)
        for button in (self.best, self.fork, self.now):
            button.ensurePolished()
        self._fit_tail()

    # moving

    @Slot(int)
    def _on_moved(self, index: int) -> None:
        self.moved.emit(index)

    @Slot(bool)
    def _show_playing(self, playing: bool) -> None:
        self.play.setIcon(icons.icon("pause" if playing else "play", self._theme.text, self._theme.scaled(14)))
        words = self.tr("Pause playing back") if playing else self.tr("Play the run back from here")
        self.play.setToolTip(words)
        self.play.setAccessibleName(words)

    @Slot()
    def _toggle(self) -> None:
        if self.playback.running:
            self.playback.stop()
            return
        if self.track.value() == self.track.maximum():
            self.track.setValue(0)
        self.playback.start()

    @Slot(int)
    def _go_on(self, count: int) -> None:
        self.track.setValue(self.track.value() + count)
        if self.track.value() == self.track.maximum():
            self.playback.stop()

    @Slot()
    def _choose_speed(self) -> None:
        self.playback.set_speed(float(self.speed.chosen))
        self._tell_speed()

    def _tell_speed(self) -> None:
        words = self._told_of(self.playback.speed)
        self.speed.setToolTip(self.tr("Speed of playing back: {0}").format(words))
        self.speed.setAccessibleDescription(words)

    def _told_of(self, speed: float) -> str:
        """Return a speed in words."""
        rate = speed * RATE
        words = self.tr("one moment a second") if rate == 1 else self.tr("{0} moments a second")
        return words.format(format_number(rate, 2, trim=True))

    @Slot()
    def _go_to_best(self) -> None:
        self.playback.stop()
        for i, stop in enumerate(self.track.stops):
            if "best" in stop.why:
                self.track.setValue(i)
