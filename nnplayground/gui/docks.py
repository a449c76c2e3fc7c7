"""Docks: one per view, that move, tab and float."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QEnterEvent, QMouseEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnplayground.gui import icons
from nnplayground.gui.theme import Theme


class TitleBar(QFrame):
    """A dock's title; drag it to move the dock, double click it to float. Its buttons show under the pointer."""

    def __init__(self, dock: QDockWidget, tools: QWidget | None) -> None:
        super().__init__(dock)
        self.setProperty("role", "docktitle")
        self._buttons = []
        layout = QHBoxLayout(self)
        layout.setContentsMargins(13, 6, 8, 4)
        layout.setSpacing(4)
        self._label = QLabel(dock.windowTitle())
        self._label.setProperty("role", "title")
        layout.addWidget(self._label)
        layout.addStretch(1)
        for name, tip, slot in (
            ("float", self.tr("Float, or dock again"), self._toggle_floating),
            ("close", self.tr("Close; the menu's Docks bring it back"), dock.close),
        ):
            button = QToolButton()
            button.setObjectName(f"{dock.objectName()}.{name}")
            button.setProperty("role", "small")
            button.setToolTip(tip)
            button.setAccessibleName(f"{tip}: {dock.windowTitle()}")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(slot)
            button.setVisible(False)
            layout.addWidget(button)
            self._buttons.append(button)
        if tools is not None:
            layout.addWidget(tools)
        self._dock = dock

    def set_theme(self, theme: Theme) -> None:
        """Draw the buttons in the theme's colours."""
        side = theme.scaled(14)
        for button, name in zip(self._buttons, ("projector", "close"), strict=True):
            button.setIcon(icons.icon(name, theme.secondary, side))
            button.setIconSize(QSize(side, side))

    def enterEvent(self, event: QEnterEvent) -> None:
        """Show the buttons."""
        super().enterEvent(event)
        for button in self._buttons:
            button.show()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the buttons."""
        super().leaveEvent(event)
        for button in self._buttons:
            button.hide()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Leave the press to the dock, which is dragged by it."""
        event.ignore()

    def _toggle_floating(self) -> None:
        self._dock.setFloating(not self._dock.isFloating())


class Dock(QDockWidget):
    """A dock whose title bar gives way to its tab where it shares a place with others."""

    def __init__(
        self, name: str, content: QWidget, title: str, parent: QMainWindow, tools: QWidget | None = None
    ) -> None:
        super().__init__(title, parent)
        self.setObjectName(f"dock.{name}")
        panel = QFrame()
        panel.setProperty("role", "dock")
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(1, 0, 1, 1)
        layout.addWidget(content)
        self.setWidget(panel)
        self.title_bar = TitleBar(self, tools)
        self._no_title = QFrame(self)
        self._no_title.setProperty("role", "docktitle")
        self._no_title.setFixedHeight(2)  # the upper edge of the pane below the tabs
        self._no_title.hide()
        self.setTitleBarWidget(self.title_bar)

    def update_title(self, *, tabbed: bool) -> None:
        """Show the title bar, unless a tab says the same."""
        wanted = self._no_title if tabbed and not self.isFloating() else self.title_bar
        if self.titleBarWidget() is not wanted:
            self.titleBarWidget().hide()
            self.setTitleBarWidget(wanted)
            wanted.show()


def prepare(window: QMainWindow) -> None:
    """Let docks of a window nest, tab and float; plots lie below network and output, the experiment at the side."""
    options, area, corner = QMainWindow.DockOption, Qt.DockWidgetArea, Qt.Corner
    window.setDockOptions(
        options.AnimatedDocks | options.AllowNestedDocks | options.AllowTabbedDocks | options.GroupedDragging
    )
    window.setTabPosition(area.AllDockWidgetAreas, QTabWidget.TabPosition.North)
    window.setCorner(corner.BottomLeftCorner, area.LeftDockWidgetArea)
    window.setCorner(corner.TopLeftCorner, area.LeftDockWidgetArea)
    window.setCorner(corner.BottomRightCorner, area.BottomDockWidgetArea)
    window.setCorner(corner.TopRightCorner, area.RightDockWidgetArea)
