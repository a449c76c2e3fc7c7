"""The bar at the top: run and its kin, how far training is, what is trained and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QToolButton, QVBoxLayout, QWidget

from nnplayground.gui import actions as declared
from nnplayground.gui.knobs.choice import Choice
from nnplayground.gui.numbers import NOTHING, format_count
from nnplayground.gui.theme import Theme

DEVICE_NAMES = {"cpu": "CPU", "cuda": "GPU", "mps": "GPU (Metal)"}


READING_MS = 100  # from one number to the next: what changes more often cannot be read


class Counter(QWidget):
    """A number with its unit below, of steady width."""

    def __init__(self, name: str, unit: str, sample: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._number, self._unit, self._sample = QLabel(NOTHING), QLabel(unit), sample
        self._number.setProperty("role", "number")
        self._unit.setProperty("role", "secondary")
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(8, 0, 8, 0)
        layout.setSpacing(0)
        layout.addWidget(self._number)
        layout.addWidget(self._unit)

    def show_number(self, text: str, unit: str) -> None:
        """Show a number; the widget never becomes narrower while it runs."""
        if (unit, text) == (self._unit.text(), self._number.text()):
            return
        wider = unit != self._unit.text()
        self._number.setText(text)
        self._unit.setText(unit)
        self.setAccessibleName(f"{unit} {text}")
        self._keep_width()
        if wider:
            self._column.activate()  # at once: the bar asks next whether there is room

    def _keep_width(self) -> None:
        metrics = self._number.fontMetrics()
        wanted = max(metrics.horizontalAdvance(self._sample), metrics.horizontalAdvance(self._number.text()))
        self._number.setMinimumWidth(max(self._number.minimumWidth() if wanted > 0 else 0, wanted))

    def fit(self) -> None:
        """Measure again, after the type has changed."""
        self._number.ensurePolished()
        self._number.setMinimumWidth(0)
        self._keep_width()


class Transport(QFrame):
    """Run, reset, step, epoch, new seed; counters; preset and device; undo, redo, theme, menu."""

    preset_chosen = Signal(str)
    device_chosen = Signal(str)

    def __init__(
        self, actions: Mapping[str, QAction], presets: Mapping[str, str], menu: QMenu, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("transport")
        self.setProperty("role", "panel")
        self._actions = actions
        self._title = QLabel(self.tr("Neural Network Playground"))
        self._title.setProperty("role", "application")
        self.epochs = Counter("epochs", self.tr("epoch"), "00\u202f000")
        self.steps = Counter("steps", self.tr("step"), "0\u202f000\u202f000")
        self.rate = Counter("rate", self.tr("steps/s"), "00\u202f000")
        self._progress = self._shown = (0, 0, 0.0, "")
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.setInterval(READING_MS)
        self._reading.timeout.connect(self._show_latest)
        self.presets = self._combo("presets", self.tr("Preset"), presets)
        self.devices = self._combo("device", self.tr("Device"), {"cpu": "CPU"})
        self.presets.activated.connect(self._choose_preset)
        self.devices.activated.connect(self._choose_device)
        self._buttons: list[QToolButton] = []
        self._fill(menu)

    def _fill(self, menu: QMenu) -> None:
        row = self._row = QHBoxLayout(self)
        row.setContentsMargins(13, 4, 9, 4)
        row.setSpacing(6)
        row.addWidget(self._title)
        for name in ("reset", "run", "step", "epoch", "new_seed"):
            row.addWidget(self._button(self._actions[name], "run" if name == "run" else ""))
        row.addWidget(self._line())
        for counter in (self.epochs, self.steps, self.rate):
            row.addWidget(counter)
        row.addStretch(1)
        row.addWidget(self.presets, 1000)  # shrinks and grows between its limits before the stretch does
        row.addWidget(self.devices, 1)
        row.addWidget(self._line())
        for name in ("undo", "redo", "theme"):
            row.addWidget(self._button(self._actions[name], ""))
        self._menu = QToolButton()
        self._menu.setObjectName("menu")
        self._menu.setText("☰")
        self._menu.setAccessibleName(self.tr("Menu"))
        self._menu.setToolTip(self.tr("Files, docks, help"))
        self._menu.setMenu(menu)
        self._menu.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row.addWidget(self._menu)

    def _button(self, action: QAction, role: str) -> QToolButton:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setObjectName(f"button.{action.objectName()}")
        button.setAccessibleName(action.text())
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if role:
            button.setProperty("role", role)
        self._buttons.append(button)
        return button

    def _combo(self, name: str, label: str, items: Mapping[str, str]) -> Choice:
        combo = Choice()
        combo.setObjectName(name)
        combo.setAccessibleName(label)
        combo.setToolTip(label)
        for key, text in items.items():
            combo.addItem(text, key)
        combo.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return combo

    @staticmethod
    def _line() -> QFrame:
        line = QFrame()
        line.setProperty("role", "separator")
        line.setFixedSize(1, 28)
        return line

    def _choose_preset(self, index: int) -> None:
        self.preset_chosen.emit(self.presets.itemData(index))

    def _choose_device(self, index: int) -> None:
        self.device_chosen.emit(self.devices.itemData(index))

    def show_preset(self, name: str | None, title: str) -> None:
        """Show which preset is in hand, or by `title` that it is an experiment of the user's own."""
        self.presets.setPlaceholderText(title)
        self.presets.setCurrentIndex(-1 if name is None else self.presets.findData(name))

    def show_devices(self, devices: Sequence[str], chosen: str) -> None:
        """Show the devices of this machine, and the one in use."""
        if [self.devices.itemData(i) for i in range(self.devices.count())] != list(devices):
            self.devices.clear()
            for device in devices:
                self.devices.addItem(DEVICE_NAMES.get(device, device), device)
        self.devices.setCurrentIndex(self.devices.findData(chosen))

    def show_progress(self, epoch: int, step: int, steps_per_second: float, executor: str) -> None:
        """Show how far training is and how fast it goes: at once, but where it is shown already a moment later."""
        self._progress = epoch, step, steps_per_second, executor
        if not self._reading.isActive() or executor != self._shown[-1]:
            self._show()
            self._reading.start()

    @Slot()
    def _show_latest(self) -> None:
        if self._progress != self._shown:
            self._show()
            self._reading.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Wait for no one to read."""
        super().hideEvent(event)
        if self._reading.isActive():
            self._reading.stop()
            self._show()

    def _show(self) -> None:
        self._shown = epoch, step, steps_per_second, executor = self._progress
        self.epochs.show_number(format_count(epoch, 4), self.tr("epoch"))
        self.steps.show_number(format_count(step, 4), self.tr("step"))
        rounded = int(round(steps_per_second, -2 if steps_per_second >= 1000 else 0))
        self.rate.show_number(format_count(rounded), self.tr("steps/s") + (f" · {executor}" if executor else ""))
        if self._row.minimumSize().width() > self.width():
            self._make_room()

    def set_theme(self, theme: Theme, *, running: bool) -> None:
        """Take on the theme's icons and sizes."""
        declared.set_icons(self._actions, theme, running=running)
        for button in self._buttons:
            button.setIconSize(QSize(theme.scaled(20), theme.scaled(20)))
        for combo, least, most in ((self.presets, 130, 240), (self.devices, 64, 84)):
            combo.setMinimumWidth(theme.scaled(least))
            combo.setMaximumWidth(theme.scaled(most))
        for counter in (self.epochs, self.steps, self.rate):
            counter.fit()
        self._make_room()

    def minimumSizeHint(self) -> QSize:
        """Return the size without what may be left out."""
        least = super().minimumSizeHint()
        for optional in (self._title, self.rate):
            if not optional.isHidden():
                least -= QSize(optional.minimumSizeHint().width() + self._row.spacing(), 0)
        return least

    def showEvent(self, event: QShowEvent) -> None:
        """Measure in the type that is seen, which the first style sheet of all brings."""
        super().showEvent(event)
        for counter in (self.epochs, self.steps, self.rate):
            counter.fit()
        self._make_room()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what there is no room for."""
        super().resizeEvent(event)
        self._make_room()

    def _make_room(self) -> None:
        """Hide the program's name, then the rate, where the bar is too narrow for them."""
        for optional in (self._title, self.rate):
            optional.setVisible(True)
        for optional in (self._title, self.rate):
            self._row.activate()
            if self._row.minimumSize().width() <= self.width():
                return
            optional.setVisible(False)
