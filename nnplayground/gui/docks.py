"""Docks: one per view, that move, tab and float."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QVBoxLayout, QWidget


class Dock(QDockWidget):
    """A dock whose title bar gives way to its tab where it shares a place with others."""

    def __init__(self, name: str, title: str, content: QWidget, parent: QMainWindow) -> None:
        super().__init__(title, parent)
        self.setObjectName(f"dock.{name}")
        self.content = content
        panel = QFrame()
        panel.setProperty("role", "dock")
        layout = QVBoxLayout(panel)
        layout.setContentsMargins(1, 0, 1, 1)
        layout.addWidget(content)
        self.setWidget(panel)
        self._no_title = QWidget(self)

    def update_title(self, *, tabbed: bool) -> None:
        """Show the title bar, unless a tab says the same."""
        bare = tabbed and not self.isFloating()
        if bare and self.titleBarWidget() is None:
            self.setTitleBarWidget(self._no_title)
        elif not bare and self.titleBarWidget() is not None:
            self.setTitleBarWidget(None)  # type: ignore[arg-type]


def prepare(window: QMainWindow) -> None:
    """Let docks of a window nest, tab and float; the side docks own the corners that are theirs."""
    options = QMainWindow.DockOption
    window.setDockOptions(options.AnimatedDocks | options.AllowNestedDocks | options.AllowTabbedDocks)
    window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, window.tabPosition(Qt.DockWidgetArea.TopDockWidgetArea).North)
    window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.TopLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.BottomDockWidgetArea)
    window.setCorner(Qt.Corner.TopRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
