"""A kept run in the window: how it comes to be shown and is left again, and what turning its knobs does."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from nnplayground.experiment import Experiment
from nnplayground.gui.knobs.panel import ExperimentPanel
from nnplayground.gui.runs.banner import Banner
from nnplayground.gui.runs.fetching import Kept
from nnplayground.gui.runs.panel import RunsPanel
from nnplayground.gui.runs.stage import Stage
from nnplayground.gui.session import Session
from nnplayground.gui.strip import Strip

if TYPE_CHECKING:
    from nnplayground.runs.store import Row


class Showing(QObject):
    """Stands between the table of runs, the stage, and what the window says of the run that is shown."""

    def __init__(
        self,
        session: Session,
        stage: Stage,
        banner: Banner,
        runs: RunsPanel,
        panel: ExperimentPanel,
        strip: Strip,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._session, self._stage, self._banner = session, stage, banner
        self._runs, self._panel, self._strip = runs, panel, strip
        runs.shown.connect(self.show_run)
        runs.said.connect(strip.say)
        stage.entered.connect(self._on_entered)
        stage.left.connect(banner.hide)
        stage.moved.connect(self._on_moved)
        stage.failed.connect(strip.warn)
        banner.taken_up.connect(self._take_up)
        banner.left.connect(stage.leave)

    @property
    def experiment(self) -> Experiment:
        """The experiment in hand, or that of the kept run that is shown."""
        return self._session.experiment if self._stage.kept is None else self._stage.kept.row.experiment

    # the run that is shown

    @Slot(object)
    def show_run(self, row: Row) -> None:
        """Show a run of the store, at the network that was kept last."""
        if self._runs.shelf is not None:
            self._stage.show(self._runs.shelf.path, row)

    @Slot(object)
    def _on_entered(self, kept: Kept) -> None:
        self._banner.show_run(kept)
        self._panel.show_experiment(kept.row.experiment)
        words = self.tr("Run {0} is shown, as it was kept. Turning a knob begins a new run from its experiment.")
        self._strip.say(words.format(kept.row.id))

    @Slot()
    def _on_moved(self) -> None:
        if self._stage.kept is not None:
            self._banner.show_run(self._stage.kept)

    @Slot()
    def _take_up(self) -> None:
        experiment = self.experiment
        self._stage.leave()
        self._session.replace(experiment)

    # turning its knobs

    @Slot(str, object)
    def edit(self, path: str, value: object) -> None:
        """Turn one knob of the experiment that is shown."""
        self._turn(lambda session: session.edit(path, value))

    @Slot(object)
    def edit_all(self, changes: dict[str, object]) -> None:
        """Turn several knobs at once, by their paths."""
        self._turn(lambda session: session.edit_all(changes))

    def _turn(self, edit: Callable[[Session], bool]) -> None:
        """Turn knobs of the experiment in hand; where a kept run is shown, begin a new one from its experiment."""
        if self._stage.kept is None:
            edit(self._session)
            return
        trial = Session(self.experiment, parent=self)
        trial.rejected.connect(self._session.rejected)
        if edit(trial):
            self._stage.leave()
            self._session.replace(trial.experiment)
        trial.deleteLater()

    def refuses_parameters(self) -> bool:
        """Say that weights of a kept run, or of the past, are as they are, where these are shown."""
        if self._stage.kept is not None:
            self._strip.warn(self.tr("Weights of a kept run stay as they are; those of the run in hand can be set."))
        elif self._stage.looks_back:
            self._strip.warn(self.tr("Weights of the past stay as they are; those of now (Esc) can be set."))
        return self._stage.kept is not None or self._stage.looks_back
