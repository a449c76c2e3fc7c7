"""The strip at the bottom: what happened last, what is loading, and what can be done about it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QWidget

from nnplayground.gui.knobs.label import ElidedLabel
from nnplayground.gui.theme import restyle


class Strip(QFrame):
    """One line of text, a progress bar while something loads, and buttons where there is a choice."""

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
        self._buttons: list[QPushButton] = []
        self._before = ""
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
        if self._before:
            restyle(self, role="panel")
            self._before = text or " "
        else:
            self._show(text, warning=False)

    def correct(self, before: str, text: str) -> None:
        """Say another text where `before` is what was said last and still stands."""
        if self._before == before:
            self._before = text
        elif self.text == before:
            self._show(text, warning=False)

    @Slot(str)
    def warn(self, text: str, choices: dict[str, str] | None = None) -> None:
        """Say what went wrong, and offer choices: {name: text on its button}."""
        self._show(text, warning=True)
        for name, label in (choices or {}).items():
            button = QPushButton(label)
            button.setObjectName(f"strip.{name}")
            button.clicked.connect(self._choose)
            self._layout.insertWidget(self._layout.indexOf(self._cancel) + 1 + len(self._buttons), button)
            self._buttons.append(button)

    def show_loading(self, progress: tuple[float, str] | None, *, cancellable: bool) -> None:
        """Show what is loading and how far it is, or that nothing is."""
        self._bar.setVisible(progress is not None)
        self._cancel.setVisible(progress is not None and cancellable)
        if progress is None:
            if self._before:
                self._say_it(self._before)
                self._before = ""
            return
        share, what = progress
        if not self._before and not self._buttons:
            self._before = self._text.text() or " "
        self._bar.setRange(0, 0 if share < 0 else 1000)
        self._bar.setValue(0 if share < 0 else round(share * 1000))
        self._text.setText(what)

    def _show(self, text: str, *, warning: bool) -> None:
        for button in self._buttons:
            self._layout.removeWidget(button)
            button.deleteLater()
        self._buttons = []
        self._before = ""
        restyle(self, role="notice" if warning else "panel")
        self._say_it(text)

    def _say_it(self, text: str) -> None:
        self._text.setText(text)
        self._text.setToolTip(text)
        self._text.setAccessibleName(text)

    def _choose(self) -> None:
        self.chosen.emit(self.sender().objectName().removeprefix("strip."))
