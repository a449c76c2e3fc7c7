"""Windows opened by tests: the program's, and what takes deliveries of the training thread as a window would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PySide6.QtCore import QSettings

from nnplayground.experiment import Experiment
from nnplayground.gui.training import TrainingThread
from nnplayground.gui.window import MainWindow

PATIENCE = 60_000  # ms; a machine may be slow, and no test measures time
SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 60, "network.layers": [4]})


@contextmanager
def opening(qtbot, folder: Path) -> Iterator[Callable[..., MainWindow]]:
    """Give what opens a window on an experiment and a store, with its network built; all are closed in the end."""
    made = []

    def open_(experiment: Experiment, store: Path | None = None) -> MainWindow:
        settings = QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(experiment, settings, "light", store)
        made.append(window)
        qtbot.addWidget(window)
        window.show()
        qtbot.waitUntil(lambda: window.live.built is not None, timeout=PATIENCE)
        settle(qtbot, window)
        return window

    yield open_
    for window in made:
        window.close()
        assert not window.stage.working
        assert not window.scrubbing.bar.playback.timer.isActive()


def settle(qtbot, window: MainWindow) -> None:
    """Wait until nothing more is to be done, and take what was."""
    qtbot.waitUntil(lambda: not window.live.thread_.busy, timeout=PATIENCE)
    window.live.take()


class Taker:
    """Takes deliveries of a thread, and keeps all of them."""

    def __init__(self, qtbot, store: Path | None = None) -> None:
        self.qtbot, self.thread = qtbot, TrainingThread(store=store)
        self.built, self.refusals, self.chunks, self.failures = [], [], [], []

    @classmethod
    @contextmanager
    def started(cls, qtbot, store: Path | None = None) -> Iterator[Taker]:
        """Give one whose thread holds SMALL, ready to be trained; it has ended in the end, and nothing has failed."""
        taker = cls(qtbot, store)
        taker.thread.train(SMALL)
        taker.thread.start()
        taker.wait(lambda: taker.built)
        yield taker
        taker.thread.quit_and_wait()
        assert not taker.thread.isRunning()
        assert taker.failures == []

    def take(self):
        """Take what happened; return it for others to keep more of it."""
        delivery = self.thread.drain()
        if delivery.built is not None:
            self.built.append(delivery.built)
            self.chunks = []
        self.chunks += delivery.chunks
        self.refusals += [delivery.refusal] if delivery.refusal else []
        self.failures += [delivery.failure] if delivery.failure else []
        return delivery

    def wait(self, condition: Callable[[], object]) -> None:
        """Take until something holds."""

        def holds() -> bool:
            self.take()
            return bool(condition())

        self.qtbot.waitUntil(holds, timeout=PATIENCE)

    def settle(self) -> None:
        """Take until nothing more is to be done."""
        self.wait(lambda: not self.thread.busy)
