"""What every action of the window does."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QInputDialog

from nnplayground.experiment import Experiment
from nnplayground.experiment.datasets import Drawn
from nnplayground.experiment.families import MOST, efficientnet
from nnplayground.gui import help, theme
from nnplayground.gui.numbers import format_count

if TYPE_CHECKING:
    from nnplayground.gui.window import MainWindow


class Commands(QObject):
    """Carries out actions on what the window has brought together; holds no state of its own."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        table = self._table()
        for name, action in window.actions_.items():
            action.triggered.connect(table[name])

    def _table(self) -> Mapping[str, Callable[[], object]]:
        """Return what is done for each of `actions.DECLARED`."""
        window = self._window
        imports = dict.fromkeys(("import_table", "import_folder", "import_idx", "import_openml"), self._import)
        return imports | {
            "run": self._run,
            "reset": self._reset,
            "step": self._step,
            "epoch": self._epoch,
            "best": self._best,
            "mark": self._mark,
            "new_seed": self._new_seed,
            "fan_seeds": self._fan_seeds,
            "undo": window.forking.undo,
            "redo": window.session.redo,
            "new": self._new,
            "open": window.files.ask_to_open,
            "save": window.files.ask_to_save,
            "save_weights": self._save_weights,
            "copy_text": window.sharing.copy,
            "paste_text": window.sharing.paste,
            "open_text": window.sharing.ask_to_open,
            "store": window.storage.ask_for_another,
            "draw_points": window.output.edit_points,
            "family": self._family,
            "fork": self._fork,
            "runs": window.show_runs,
            "theme": self._theme,
            "projector": self._projector,
            "meter": self._meter,
            "restore_layout": window.restore_layout,
            "keys": self._keys,
            "about": self._about,
            "quit": window.close,
        }

    # training

    def _run(self) -> None:
        live, stage = self._window.live, self._window.stage
        shown, running = stage.step is not None, live.running
        stage.leave()
        live.set_running(not running or shown)
        if not live.running:
            self._say(self.tr("Paused."))
        elif live.steps:
            self._say(self.tr("Training, from step {0}.").format(format_count(live.steps)))
        else:
            self._say(self._window.begun)

    def _reset(self) -> None:
        self._window.stage.leave()
        self._window.live.reset()
        self._say(self.tr("Back at the same initial weights."))

    def _step(self) -> None:
        self._window.stage.leave()
        self._window.live.take_step()

    def _epoch(self) -> None:
        self._window.stage.leave()
        self._window.live.take_epoch()

    def _best(self) -> None:
        self._window.stage.leave()
        self._window.live.restore_best()

    def _mark(self) -> None:
        step = self._window.output.mark()
        if step is not None:
            self._say(self.tr("Marked: the output's change is now since step {0}.").format(format_count(step)))

    def _fork(self) -> None:
        self._window.stage.leave()
        self._window.forking.ask()

    # experiments

    def _new_seed(self) -> None:
        seeds = self._window.showing.experiment.seeds
        model, order = (random.randrange(1, 100_000) for _ in range(2))
        self._window.showing.edit("seeds", {"model": model, "order": order, "data": seeds.data})

    @Slot(str)
    def open_fan(self, path: str) -> None:
        """Ask what of a knob is to be trained side by side."""
        self._window.fans.open(self._window.showing.experiment, path, self._window.theme)

    def _fan_seeds(self) -> None:
        self.open_fan("seeds")

    def _new(self) -> None:
        self.choose_preset("spiral")

    @Slot()
    def restore_defaults(self) -> None:
        """Take every knob back to its default; data stay of their kind, and the user's own stay."""
        experiment = self._window.showing.experiment
        data = experiment.data
        own = data.outside or isinstance(data, Drawn)
        known = data if own else type(data).model_validate({})
        self._window.session.replace(Experiment(data=known, name=experiment.name))

    @Slot(str)
    def choose_preset(self, name: str) -> None:
        """Take up a preset."""
        self._window.session.replace(self._window.presets[name])

    def _family(self) -> None:
        words = self.tr("φ, by which depth, width and resolution grow together:")
        title = self.tr("EfficientNet")
        phi, chosen = QInputDialog.getDouble(self._window, title, words, 0.0, 0.0, MOST, 1)
        if chosen:
            self._window.showing.edit("network", efficientnet(phi))

    # files

    def _save_weights(self) -> None:
        run, stage = self._window.live.run, self._window.stage
        frame = stage.frame
        if run is None or frame.snapshot is None or frame.dataset is None:
            self._say(self.tr("There is no network yet."))
        else:
            experiment = run.experiment if stage.kept is None else frame.experiment
            self._window.files.ask_to_save_weights(frame.snapshot, experiment, frame.dataset)

    @Slot()
    def _import(self) -> None:
        self.import_data(self.sender().objectName().removeprefix("import_"))

    @Slot(str)
    def import_data(self, kind: str) -> None:
        """Ask for data of the user's own: "table", "folder", "idx" or "openml"."""
        self._window.files.ask_for_data(kind, self._window.theme)

    # looks

    def _theme(self) -> None:
        names = theme.NAMES
        self._window.set_theme(names[(names.index(self._window.theme.name) + 1) % len(names)])

    def _projector(self) -> None:
        self._window.set_theme("light" if self._window.theme.name == "projector" else "projector")

    def _meter(self) -> None:
        window = self._window
        on = window.actions_["meter"].isChecked()
        window.settings.setValue("meter", on)
        if on:
            window.meter.begin(window, window.live, window.turns)
        else:
            window.meter.end()

    def _keys(self) -> None:
        help.show_keys(self._window)

    def _about(self) -> None:
        help.show_about(self._window)

    def _say(self, line: str) -> None:
        self._window.strip.say(line)
