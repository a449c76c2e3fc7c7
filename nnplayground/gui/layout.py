"""Where the docks lie: at first, after moving them, and at the next start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QSettings, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QMainWindow, QTabBar, QWidget

from nnplayground.gui.docks import Dock
from nnplayground.gui.theme import tab_font, tab_side

VERSION = 1  # of what is remembered
FIRST_SIZE = (1440, 900)
SETTLING = 6  # times that widgets may ask for another layout in answer to one: three were seen
FIRST_HEIGHT = 256  # pixels of the plots
RUNS_HEIGHT = 240  # pixels of the runs at least, for plain text of 10 points
RUNS_SHARE = 0.3  # of the window's height that they take where that is more: they are compared in it
ABOVE_HEIGHT = 150  # pixels of the plots above them: the network and its output are to be seen too
RACE_HEIGHT = 340
LEAST_FOR_BOTH = 600  # pixels of a window, at plain type, that has room for plots and runs
BELOW = {"runs": RUNS_HEIGHT, "race": RACE_HEIGHT}  # docks below the plots that are shown when asked for
NARROW, LOW = 1300, 800  # pixels: windows smaller than that give their docks less


class Layout:
    """Places a window's docks: the experiment at the left, the output at the right, the plots below in groups; the runs
    and a race below all of these, hidden until they are asked for.

    Docks can be placed only once the window is shown: tabs that are made before leave ghosts of themselves behind.
    """

    def __init__(
        self, window: QMainWindow, docks: Mapping[str, Dock], plots: Sequence[Sequence[str]], settings: QSettings
    ) -> None:
        self._window, self._docks, self._plots, self._settings = window, docks, plots, settings
        self._placed = False
        self._heights: list[int] | None = None  # of the plots before anything was shown below them
        self._crowded = False  # whether there is no room for plots and what is below them
        self._covered: list[Dock] = []  # plots, by a race, or by the runs where it is crowded
        self._raised: list[Dock] = []  # of them, those that were in front
        self._widths_covered: list[int] = []  # of the groups
        for name in BELOW:
            docks[name].hide()
            docks[name].visibilityChanged.connect(self._give_back)
        geometry = settings.value("geometry")
        if not (isinstance(geometry, QByteArray) and window.restoreGeometry(geometry)):
            window.resize(*FIRST_SIZE)

    def begin(self, scale: float) -> bool:
        """Place the docks as they were left, or for the first time; return False where that was done before."""
        if self._placed:
            return False
        self._place()
        state = self._settings.value("state")
        if not (isinstance(state, QByteArray) and self._window.restoreState(state, VERSION)):
            self.set_sizes(scale)
        self._docks["race"].hide()  # the last one's is over
        self._placed = True
        return True

    @staticmethod
    def settle() -> None:
        """Lay out now all that asks to be, so that the window is right when it is painted first."""
        for _ in range(SETTLING):
            QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)

    def restore(self, scale: float) -> None:
        """Put every dock back where it lay at first; a race is in the menu of docks then."""
        self._heights = None
        self._covered = self._raised = []
        for dock in self._docks.values():
            dock.setFloating(False)
            self._window.removeDockWidget(dock)
        self._place()
        self.set_sizes(scale)

    def remember(self) -> None:
        """Keep the layout for the next start, with all plots in their place."""
        self._docks["race"].hide()
        self._uncover_plots()
        self._settings.setValue("geometry", self._window.saveGeometry())
        if self._placed:
            self._settings.setValue("state", self._window.saveState(VERSION))

    def raise_plot(self, index: int) -> None:
        """Bring a plot to the front, counted through all groups."""
        names = [name for group in self._plots for name in group]
        self._docks[names[index]].show()
        self._docks[names[index]].raise_()

    def show_focus(self, widget: QWidget | None) -> None:
        """Bring the plot to the front that the tab key has led into."""
        for dock in self._docks.values():
            if widget is not None and dock.isAncestorOf(widget) and widget.visibleRegion().isEmpty():
                dock.raise_()

    def toggle_runs(self, scale: float) -> None:
        """Show the dock of runs, or hide it."""
        self.show_below("runs", scale, shown=not self._docks["runs"].isVisible())

    def show_below(self, name: str, scale: float, *, shown: bool) -> None:
        """Show one of the docks below, or hide it."""
        dock, plots = self._docks[name], [self._docks[group[0]] for group in self._plots]
        before = [other for other in BELOW if self._docks[other].isVisible()]
        if not shown:
            dock.hide()
            return
        tabs = max((bar.height() for bar in self._tab_bars() if bar.isVisible()), default=0)
        if not before:
            self._heights = [plot.height() + tabs * bool(self._window.tabifiedDockWidgets(plot)) for plot in plots]
        self._crowded = self._window.height() < LEAST_FOR_BOTH * scale
        if self._takes_the_plots_place(name):
            self._cover_plots()
        dock.show()
        for other in before:
            if other != name and not self._docks[other].isFloating():  # one place is enough for both
                self._window.tabifyDockWidget(self._docks[other], dock)
        dock.raise_()
        heights = [round(BELOW[name] * scale), *(round(ABOVE_HEIGHT * scale) for _ in plots)]
        if name == "runs":
            heights[0] = max(heights[0], round(RUNS_SHARE * self._window.height()))
        self._window.resizeDocks([dock, *plots], heights, Qt.Orientation.Vertical)

    def _give_back(self, visible: bool) -> None:
        """Give the plots back what a dock below them took, however it was closed."""
        if visible:
            return
        if not any(self._takes_the_plots_place(name) for name in BELOW if not self._docks[name].isHidden()):
            self._uncover_plots()
        heights = self._heights
        if heights is not None and all(self._docks[name].isHidden() for name in BELOW):
            self._heights = None
            plots = [self._docks[group[0]] for group in self._plots]
            self._window.resizeDocks(plots, heights, Qt.Orientation.Vertical)

    def _takes_the_plots_place(self, name: str) -> bool:
        """Whether a dock below stands where the plots do; what is compared in it has curves of its own."""
        return name == "race" or self._crowded

    def _cover_plots(self) -> None:
        """Hide the plots that lie in the window."""
        docks = [self._docks[name] for group in self._plots for name in group]
        found = [dock for dock in docks if not (dock.isHidden() or dock.isFloating())]
        if found:
            self._covered, self._widths_covered = found, [self._docks[group[0]].width() for group in self._plots]
            self._raised = [dock for dock in found if not dock.visibleRegion().isEmpty()]
        for dock in found:
            dock.hide()

    def _uncover_plots(self) -> None:
        covered, self._covered = self._covered, []
        raised, self._raised = self._raised, []
        for dock in covered:
            dock.show()
        for dock in raised:
            dock.raise_()
        if covered:
            firsts = [self._docks[group[0]] for group in self._plots]
            self._window.resizeDocks(firsts, self._widths_covered, Qt.Orientation.Horizontal)

    def update_titles(self) -> None:
        """Show each dock's title once: on its tab, or on its title bar."""
        for dock in self._docks.values():
            dock.update_title(tabbed=bool(self._window.tabifiedDockWidgets(dock)))
        for bar in self._tab_bars():
            bar.setElideMode(Qt.TextElideMode.ElideRight)  # where even narrow tabs have no room
            bar.setUsesScrollButtons(False)
            bar.setAccessibleName(self._window.tr("Plots"))

    def _tab_bars(self) -> list[QTabBar]:
        return self._window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)

    def set_sizes(self, scale: float) -> None:
        """Give each dock its share of the window, for type `scale` times as large as usual."""
        narrow, low = self._window.width() < NARROW * scale, self._window.height() < LOW * scale
        sides = [self._docks["experiment"], self._docks["output"]]
        widths = [round((290 if narrow else 300) * scale), round((292 if narrow else 372) * scale)]
        if sum(widths) > 0.55 * self._window.width():  # large type in a small window: the network needs its half
            widths = [round(self._window.width() * share) for share in (0.29, 0.275)]
        firsts = [self._docks[group[0]] for group in self._plots]
        self._window.resizeDocks(sides, widths, Qt.Orientation.Horizontal)
        self._window.resizeDocks(firsts, [200 if low else FIRST_HEIGHT] * len(firsts), Qt.Orientation.Vertical)
        self._window.resizeDocks(firsts, self._widths(self._window.width() - widths[0]), Qt.Orientation.Horizontal)

    def _widths(self, room: int) -> list[int]:
        """Share a width among the groups of plots: to each what its tabs take, and as much as is left."""
        font = self._window.font()
        side = tab_side(font.pointSizeF())
        font.setPointSizeF(tab_font(font.pointSizeF()))
        metrics = QFontMetrics(font)
        titles = [[self._docks[name].windowTitle() for name in group] for group in self._plots]
        tabs = [sum(metrics.horizontalAdvance(title) + 2 * side for title in group) for group in titles]
        return [width + max(room - sum(tabs), 0) // len(tabs) for width in tabs]

    def _place(self) -> None:
        window, area = self._window, Qt.DockWidgetArea
        window.addDockWidget(area.LeftDockWidgetArea, self._docks["experiment"])
        window.addDockWidget(area.RightDockWidgetArea, self._docks["output"])
        for group in self._plots:
            window.addDockWidget(area.BottomDockWidgetArea, self._docks[group[0]])
            for before, name in pairwise(group):
                window.tabifyDockWidget(self._docks[before], self._docks[name])
        for name in BELOW:
            window.addDockWidget(area.BottomDockWidgetArea, self._docks[name], Qt.Orientation.Vertical)
        for name, dock in self._docks.items():
            dock.setVisible(name not in BELOW)  # which take their room only where they are asked for
        for group in self._plots:
            self._docks[group[0]].raise_()
