"""The strip at the bottom: what happened last, what is loading, and what can be done about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractButton,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from nnplayground.gui.knobs.label import ElidedLabel
from nnplayground.gui.theme import restyle

SAID_MS, WARNED_MS = 6000, 12_000  # that a line stays where an offer waits for its place


@dataclass(frozen=True, eq=False)
class Line:
    """What the strip says at a time."""

    text: str = ""
    warning: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)  # texts on buttons by their names
    offer: str = ""  # the name of what is offered


class Strip(QFrame):
    """One line of text, a progress bar while something loads, and buttons where there is a choice.

    What is offered stands until it is withdrawn: another line takes its place for some seconds only.
    """

    chosen = Signal(str)  # the name of the button pressed
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("strip")
        self.setProperty("role", "panel")
        self._text = ElidedLabel()
        self._text.setObjectName("strip.text")
        self._text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._bar = QProgressBar()
        self._bar.setObjectName("strip.progress")
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(160)
        self._bar.hide()
        self._cancel = QPushButton(self.tr("Cancel"))
        self._cancel.setObjectName("strip.cancel")
        self._cancel.hide()
        self._cancel.clicked.connect(self.cancelled)
        self._buttons: list[QAbstractButton] = []
        self._line = Line()
        self._offers: dict[str, Line] = {}  # the one that is to be shown first comes last
        self._return = QTimer(self)
        self._return.setSingleShot(True)
        self._return.timeout.connect(self._show_offer)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(12, 4, 8, 4)
        self._layout.setSpacing(8)
        self._layout.addWidget(self._text, 1)
        self._layout.addWidget(self._bar)
        self._layout.addWidget(self._cancel)

    def add(self, widget: QWidget) -> None:
        """Put a widget at the right end, after what the strip has to say."""
        self._layout.addWidget(widget)

    @property
    def text(self) -> str:
        """What the strip says."""
        return self._text.text()

    def say(self, text: str) -> None:
        """Say quietly what happened: at once, or after what is loading."""
        self._show(Line(text))

    def correct(self, before: str, text: str) -> None:
        """Say another text where `before` is what was said last and still stands."""
        if self._line.text == before:
            self._show(Line(text))

    @Slot(str)
    def warn(self, text: str, choices: Mapping[str, str] | None = None) -> None:
        """Say what went wrong, and offer choices until something else is said: {name: text on its button}."""
        self._show(Line(text, True, choices or {}))

    def offer(self, name: str, text: str, choices: Mapping[str, str]) -> None:
        """Offer choices until they are withdrawn or refused, in place of what was offered by that name."""
        self._offers.pop(name, None)
        self._offers[name] = Line(text, True, choices, name)
        self._show_offer()

    def withdraw(self, name: str) -> None:
        """Offer something no more; where it was seen, the next offer is, or nothing."""
        self._offers.pop(name, None)
        if self._line.offer == name:
            self._show(Line())
            self._show_offer()

    def show_loading(self, progress: tuple[float, str] | None, *, cancellable: bool) -> None:
        """Show what is loading and how far it is, or that nothing is. Where there is a choice, its line stays."""
        self._bar.setVisible(progress is not None)
        self._cancel.setVisible(progress is not None and cancellable)
        if progress is None:
            self._text.setText(self._line.text)
            return
        share, what = progress
        self._bar.setRange(0, 0 if share < 0 else 1000)
        self._bar.setValue(0 if share < 0 else round(share * 1000))
        self._bar.setToolTip(what)
        if not self._line.choices:
            self._text.setText(what)

    @Slot()
    def _show_offer(self) -> None:
        if self._offers:
            self._show(next(reversed(self._offers.values())))

    def _show(self, line: Line) -> None:
        for button in self._buttons:
            self._layout.removeWidget(button)
            button.hide()
            button.deleteLater()
        self._buttons = []
        self._line = line
        restyle(self, role="notice" if line.warning else "panel")
        if self._bar.isHidden() or line.warning:
            self._text.setText(line.text)
        self._text.setToolTip(line.text)
        self._text.setAccessibleName(line.text)
        for name, label in line.choices.items():
            button = QPushButton(label)
            button.setObjectName(f"strip.{name}")
            button.clicked.connect(self._choose)
            self._put(button)
        if line.offer:
            self._put(self._refusal())
        if self._offers and not line.choices:
            self._return.start(WARNED_MS if line.warning else SAID_MS)
        else:
            self._return.stop()

    def _refusal(self) -> QToolButton:
        button = QToolButton()
        button.setObjectName("strip.refuse")
        button.setText("×")
        button.setToolTip(self.tr("Not now"))
        button.setAccessibleName(self.tr("Not now"))
        restyle(button, role="link")
        button.clicked.connect(self._refuse)
        return button

    def _put(self, button: QAbstractButton) -> None:
        self._layout.insertWidget(self._layout.indexOf(self._cancel) + 1 + len(self._buttons), button)
        self._buttons.append(button)
        button.show()

    def _choose(self) -> None:
        self.chosen.emit(self.sender().objectName().removeprefix("strip."))

    def _refuse(self) -> None:
        self.withdraw(self._line.offer)
