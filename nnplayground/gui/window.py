"""The main window: brings together session, live run, panel and views; holds no state of its own but the layout."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QPaintEvent, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QMainWindow,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from nnplayground import resources
from nnplayground.experiment import Experiment
from nnplayground.experiment.datasets import Drawn
from nnplayground.gui import actions, theme, told
from nnplayground.gui.answer import Answer
from nnplayground.gui.commands import Commands
from nnplayground.gui.docks import Dock, prepare
from nnplayground.gui.fan.opening import Fans
from nnplayground.gui.files import Files
from nnplayground.gui.knobs.panel import ExperimentPanel
from nnplayground.gui.layout import Layout
from nnplayground.gui.live import Live
from nnplayground.gui.messages import Built, ParameterEdit
from nnplayground.gui.meter import Meter
from nnplayground.gui.news import News
from nnplayground.gui.plots import KEYS, PLOTS
from nnplayground.gui.race.forking import Forking
from nnplayground.gui.race.view import RaceView
from nnplayground.gui.runs.banner import Banner
from nnplayground.gui.runs.panel import RunsPanel
from nnplayground.gui.runs.showing import Showing
from nnplayground.gui.runs.stage import Stage
from nnplayground.gui.session import Session
from nnplayground.gui.sharing import Sharing
from nnplayground.gui.storage import Storage
from nnplayground.gui.strip import Strip
from nnplayground.gui.study import Study
from nnplayground.gui.timeline.scrubbing import Scrubbing
from nnplayground.gui.transport import Transport
from nnplayground.gui.turns import Turns
from nnplayground.gui.views.network import NetworkView
from nnplayground.gui.views.numbers import NumbersView
from nnplayground.gui.views.output import OutputView
from nnplayground.gui.views.view import View


class MainWindow(QMainWindow):
    """The playground's window."""

    painted = Signal()  # it is seen for the first time

    def __init__(
        self, experiment: Experiment, settings: QSettings, theme_name: str | None = None, store: Path | None = None
    ) -> None:
        """Show an experiment; every run is kept in a store, where one is named."""
        chosen = theme.load(theme_name or _known_theme(settings.value("theme")))
        theme.prepare(_application(), chosen)
        super().__init__()
        self.setObjectName("window")
        self.theme = chosen
        self.settings = settings
        self._seen = False
        self.presets = {name: Experiment.load(path) for name, path in resources.presets().items()}
        self.session = Session(experiment, parent=self)
        self.live = Live(experiment, self, store)
        self.runs = RunsPanel(self.theme, settings, store)
        self._make_widgets()
        self._connect()
        self._arrange()
        theme.apply(_application(), self.theme)
        self._dress()
        self._show_experiment(experiment)
        self._greeting = self.tr("Press the space bar to train. Every knob can be turned while it does.")
        self.begun = self.tr("Training. The space bar pauses; every knob can be turned meanwhile.")
        self.strip.say(self._greeting)

    # making

    def _make_widgets(self) -> None:
        self.actions_ = actions.make(self)
        self.addActions(list(self.actions_.values()))
        for i, key in enumerate(KEYS[: sum(map(len, PLOTS))]):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setObjectName(f"plot.{i}")
            shortcut.activated.connect(self._raise_plot)
        self._menu = QMenu(self)
        titles = {name: experiment.name for name, experiment in self.presets.items()}
        self.transport = Transport(self.actions_, titles, self._menu, self)
        head = QWidget()
        head_row = QVBoxLayout(head)
        head_row.setContentsMargins(0, 8, 0, 8)
        head_row.addWidget(self.transport)
        self.setMenuWidget(head)
        self.panel = ExperimentPanel(self.theme, self.session.experiment)
        self.strip = Strip()
        self.files = Files(self, self.session, self.strip)
        self.storage = Storage(self, self.live, self.strip)
        self.fans = Fans(self, self.live, self.strip, [self.actions_[name] for name in ("undo", "redo")])
        self.sharing = Sharing(self, self.session, self.strip)
        self.network, self.output = NetworkView(self.theme), OutputView(self.theme)
        self.numbers = NumbersView(self.theme)
        self.plots = [[kind(self.theme) for kind in group] for group in PLOTS]
        self.race = RaceView(self.theme, self.live, self.output, self.actions_["fork"])
        self.forking = Forking(self, self.session, self.live, self.panel, self.strip)
        self.news = News(self.session, self.live, self.panel, self.network, self.strip, self)
        self.stage, self.banner = Stage(self.live, self), Banner()
        self.showing = Showing(self.session, self.stage, self.banner, self.runs, self.panel, self.strip, self)
        self.scrubbing = Scrubbing(self.stage, self.live, self.theme, self)
        self.turns = Turns(self.views, self.stage, self)
        for view in self.views:
            view.asked.connect(self.turns.begin)
        self.meter = Meter(self.theme)
        self.strip.add(self.meter)
        self.commands = Commands(self)
        if self.settings.value("meter", False, bool):
            self.actions_["meter"].trigger()

    @property
    def views(self) -> list[View]:
        """Every view of the window."""
        return [self.network, self.output, self.numbers, *(view for group in self.plots for view in group), self.race]

    def _connect(self) -> None:
        session, live = self.session, self.live
        session.changed.connect(self._on_changed)
        self.panel.edited.connect(self.showing.edit)
        self.panel.reset_requested.connect(self.commands.restore_defaults)
        self.panel.data_asked_for.connect(self.commands.import_data)
        self.panel.fan_asked.connect(self.commands.open_fan)
        self.fans.taken.connect(self.showing.edit)
        session.rejected.connect(self.fans.reject)
        self.network.edited.connect(self.showing.edit)
        self.network.fan_asked.connect(self.commands.open_fan)
        self.output.edited.connect(self.showing.edit)
        self.output.drawn.connect(self.showing.edit_all)
        self.network.weight_edited.connect(self._on_weight_edited)
        self.network.bias_edited.connect(self._on_bias_edited)
        live.advanced.connect(self._on_advanced)
        live.rebuilt.connect(self._on_rebuilt)
        live.running_changed.connect(self._on_running_changed)
        self.race.decided.connect(self.forking.decide)
        self.forking.shown.connect(self._show_race)
        self._connect_runs()
        self.transport.preset_chosen.connect(self.commands.choose_preset)
        self.transport.device_chosen.connect(live.thread_.use_device)

    def _connect_runs(self) -> None:
        self.storage.moved.connect(self.runs.use_store)
        self.stage.left.connect(self._on_left)
        self.stage.changed.connect(self.turns.begin)
        self.scrubbing.failed.connect(self.strip.warn)
        self.output.marked.connect(self.scrubbing.mark)

    def _arrange(self) -> None:
        prepare(self)
        self.setContentsMargins(8, 0, 8, 0)
        answer = Answer(self.output, self.numbers)
        titles = [("experiment", self.tr("Experiment"), self.panel), ("output", self.tr("Output"), answer)]
        titles += [(view.name, view.tr(view.title), view) for group in self.plots for view in group]
        titles += [("runs", self.tr("Runs"), self.runs), ("race", self.tr("Race"), self.race)]
        tools = {"experiment": self.panel.take_tools()}
        self.docks = {name: self._dock(name, title, content, tools.get(name)) for name, title, content in titles}
        names = [[view.name for view in group] for group in self.plots]
        self.layout_ = Layout(self, self.docks, names, self.settings)
        self.setCentralWidget(self._centre())
        foot = QWidget()
        row = QVBoxLayout(foot)
        row.setContentsMargins(0, 0, 0, 8)
        row.setSpacing(theme.SPACING // 2)
        row.addWidget(self.scrubbing.bar)
        row.addWidget(self.strip)
        self.statusBar().setSizeGripEnabled(False)
        self.statusBar().addWidget(foot, 1)
        self._fill_menu()
        _application().focusChanged.connect(self._on_focus_changed)

    def _dock(self, name: str, title: str, content: QWidget, tools: QWidget | None) -> Dock:
        dock = Dock(name, content, title, self, tools)
        dock.visibilityChanged.connect(self._on_docks_moved, Qt.ConnectionType.QueuedConnection)
        dock.topLevelChanged.connect(self._on_docks_moved, Qt.ConnectionType.QueuedConnection)
        dock.dockLocationChanged.connect(self._on_docks_moved, Qt.ConnectionType.QueuedConnection)
        return dock

    def _centre(self) -> QWidget:
        panel = QFrame()
        panel.setProperty("role", "panel")
        inner = QVBoxLayout(panel)
        inner.setContentsMargins(1, 1, 1, 1)
        inner.addWidget(self.network)
        centre = QWidget()
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.banner)
        column.addWidget(panel)
        return centre

    def _fill_menu(self) -> None:
        own = ("draw_points", "import_table", "import_folder", "import_idx", "import_openml")
        files, edits = ("new", "open", "save", "save_weights", "family"), ("undo", "redo")
        shared = ("copy_text", "paste_text", "open_text", "store")
        looks = ("fork", "runs", "theme", "projector", "meter")
        for names in (files, shared, own, ("best", "mark", "fan_seeds"), edits, looks):
            self._menu.addActions([self.actions_[name] for name in names])
            self._menu.addSeparator()
        docks = self._menu.addMenu(self.tr("Docks"))
        docks.addActions([dock.toggleViewAction() for dock in self.docks.values()])
        docks.addSeparator()
        docks.addAction(self.actions_["restore_layout"])
        self._menu.addSeparator()
        self._menu.addActions([self.actions_[name] for name in ("keys", "about", "quit")])

    # showing

    @Slot()
    def draw(self) -> None:
        """Draw what is in sight, all at once."""
        self.turns.draw_all()

    def set_theme(self, name: str) -> None:
        """Show everything in the theme `name`."""
        self.theme = theme.load(name)
        theme.apply(_application(), self.theme)
        self._dress()

    def _dress(self) -> None:
        """Give the theme, which has been applied to the program, to all that draws itself."""
        self.settings.setValue("theme", self.theme.name)
        self.transport.set_theme(self.theme, running=self.live.running)
        self.panel.set_theme(self.theme)
        self.meter.set_theme(self.theme)
        self.fans.set_theme(self.theme)
        self.scrubbing.bar.set_theme(self.theme)
        self.runs.set_theme(self.theme)
        for dock in self.docks.values():
            dock.title_bar.set_theme(self.theme)
        for view in self.views:
            view.set_theme(self.theme)
        self.draw()

    def _show_experiment(self, experiment: Experiment) -> None:
        self.panel.show_experiment(experiment)
        self.fans.show_experiment(experiment)
        self.actions_["undo"].setEnabled(self.session.can_undo)
        self.actions_["redo"].setEnabled(self.session.can_redo)
        preset = next((name for name, other in self.presets.items() if other == experiment), None)
        title = experiment.name or self.tr("own experiment")
        self.transport.show_preset(preset, title if preset else self.tr("{0}, changed").format(title))
        self.setWindowTitle(self.tr("{0} · Neural Network Playground").format(title))

    @Slot(QWidget, QWidget)
    def _on_focus_changed(self, _before: QWidget | None, now: QWidget | None) -> None:
        self.layout_.show_focus(now)

    @Slot()
    def _on_docks_moved(self) -> None:
        self.layout_.update_titles()
        self.draw()

    # what happened

    @Slot()
    def _on_advanced(self) -> None:
        self.turns.begin()
        history, built = self.live.frame.history, self.live.built
        if history is not None and built is not None:
            self.transport.show_progress(
                len(history.epochs), len(history.steps), self.live.steps_per_second, built.executor
            )

    @Slot(object, object)
    def _on_changed(self, before: Experiment, after: Experiment) -> None:
        self.stage.leave()
        self._show_experiment(after)
        self.live.show_experiment(after)
        if isinstance(after.data, Drawn) and after.data != before.data:
            self.output.draw(self.live.frame)  # at once: the next stroke goes on from these points
        self.strip.say(told.edit(before, after, self.live.steps))

    @Slot(object)
    def _on_rebuilt(self, built: Built) -> None:
        self.transport.show_devices(built.devices, built.device)
        if built.history is not None:
            self.session.replace(built.experiment)

    @Slot(bool)
    def _on_running_changed(self, running: bool) -> None:
        self.actions_["run"].setText(self.tr("Pause") if running else self.tr("Run"))
        actions.set_icons(self.actions_, self.theme, running=running)
        self.turns.begin()  # of the last frame not every view may have had a turn
        if running:
            self.strip.correct(self._greeting, self.begun)

    # a run that was kept

    @Slot()
    def _on_left(self) -> None:
        self._show_experiment(self.session.experiment)

    @Slot(int, int, int, float)
    def _on_weight_edited(self, layer: int, output: int, source: int, value: float) -> None:
        if self.showing.refuses_parameters():
            return
        self.live.set_parameter(ParameterEdit(layer, "weight", (output, source), value))

    @Slot(int, int, float)
    def _on_bias_edited(self, layer: int, neuron: int, value: float) -> None:
        if self.showing.refuses_parameters():
            return
        self.live.set_parameter(ParameterEdit(layer, "bias", (neuron,), value))

    # layout

    @Slot(bool)
    def _show_race(self, shown: bool) -> None:
        self.layout_.show_below("race", self._scale, shown=shown)

    def show_runs(self) -> None:
        """Show the dock of runs, or hide it."""
        self.layout_.toggle_runs(self._scale)

    def restore_layout(self) -> None:
        """Put every dock back in its place, at sizes that suit the window."""
        self.layout_.restore(self._scale)

    @Slot()
    def _raise_plot(self) -> None:
        self.layout_.raise_plot(int(self.sender().objectName().removeprefix("plot.")))

    @property
    def _scale(self) -> float:
        return self.theme.scaled(100) / 100

    def showEvent(self, event: QShowEvent) -> None:
        """Lay out for the first time once sizes are known."""
        super().showEvent(event)
        first = self.layout_.begin(self._scale)
        self._on_docks_moved()
        if first:
            self.network.diagram.setFocus()
            self.layout_.settle()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Begin with what takes its time once the window is seen."""
        super().paintEvent(event)
        if not self._seen:
            self._seen = True
            QTimer.singleShot(0, self._on_painted)

    def _on_painted(self) -> None:
        self.painted.emit()
        self.live.take()  # says what is waited for
        QTimer.singleShot(0, self._start)

    def _start(self) -> None:
        import_module("nnplayground.gui.views.plotting")  # pyqtgraph: by now no one waits for it
        self.live.start()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout and end every thread."""
        self.layout_.remember()
        self.fans.close()
        for study in self.findChildren(Study):
            study.close()
        self.runs.end()
        self.scrubbing.end()
        self.turns.end()
        self.meter.end()
        self.live.close()
        super().closeEvent(event)


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def _known_theme(name: Any) -> str:
    return name if name in theme.NAMES else "light"
