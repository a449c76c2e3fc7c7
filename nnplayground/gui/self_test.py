"""The self-test: opens the window, trains, draws every view, takes pictures of it, quits."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEventLoop, QSettings
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from nnplayground import resources
from nnplayground.experiment import Experiment
from nnplayground.gui import theme
from nnplayground.gui.window import MainWindow

SIZES = ((1440, 900), (1100, 700))
SHOWN = ("spiral", "three-arms", "bumps", "sine", "digits", "diabetes")  # each another kind of output
PATIENCE_SECONDS = 120.0


def self_test(folder: str | None) -> int:
    """Run the self-test, with pictures to `folder` where it is given; return the exit status, 1 where it failed."""
    try:
        pictures = Path(folder) if folder is not None else None
        if pictures is not None:
            pictures.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as place:
            settings = QSettings(str(Path(place) / "settings.ini"), QSettings.Format.IniFormat)
            faults = _test(settings, pictures)
    except OSError as error:
        sys.stderr.write(f"nnplayground: {folder}: cannot be written: {(error.strerror or str(error)).lower()}\n")
        return 2
    for fault in faults:
        sys.stderr.write(f"self-test: {fault}\n")
    sys.stdout.write("self-test: failed\n" if faults else "self-test: passed\n")
    return 1 if faults else 0


def _test(settings: QSettings, pictures: Path | None) -> list[str]:
    window = MainWindow(Experiment(), settings, theme_name="light")
    window.resize(*SIZES[0])
    window.show()
    faults: list[str] = []
    hook, sys.excepthook = sys.excepthook, lambda kind, error, _: faults.append(f"{kind.__name__}: {error}")
    try:
        if not _wait(lambda: window.live.built is not None):
            return [*faults, "the network was not built"]
        for name in SHOWN:
            faults += _show(window, name)
            if pictures is not None:
                _picture(window, pictures / f"{name}.png")
        faults += _show(window, SHOWN[0])
        faults += _draw_every_view(window)
        for name in theme.NAMES if pictures is not None else ():
            window.set_theme(name)
            for width, height in SIZES:
                window.resize(width, height)
                window.restore_layout()
                _settle(window)
                assert pictures is not None
                _picture(window, pictures / f"{name}-{width}x{height}.png")
    finally:
        window.close()
        sys.excepthook = hook
    return faults


def _show(window: MainWindow, preset: str) -> list[str]:
    """Train a preset until it has made some epochs; return what went wrong."""
    experiment = Experiment.load(resources.presets()[preset])
    window.session.replace(experiment)
    built = _wait(lambda: window.live.run is not None and window.live.run.experiment == experiment)
    if not built:
        return [f"{preset}: the network was not built: {window.strip.text}"]
    wanted = min(300, experiment.stopping.epochs)
    window.live.set_running(True)
    trained = _wait(lambda: window.live.run is not None and len(window.live.run.history.epochs) >= wanted)
    window.live.set_running(False)
    _settle(window)
    return [] if trained else [f"{preset}: training did not reach epoch {wanted}: {window.strip.text}"]


def _draw_every_view(window: MainWindow) -> list[str]:
    """Bring every dock to the front once; return the views that stay blank."""
    faults = []
    for dock in window.docks.values():
        dock.show()
        dock.raise_()
        _settle(window)
        if _is_blank(dock.grab().toImage()):
            faults.append(f"{dock.windowTitle()}: nothing is drawn")
    for group in window.plots:
        window.docks[group[0].name].raise_()
    return faults


def _is_blank(image: QImage) -> bool:
    small = image.scaled(64, 64)
    return len({small.pixel(x, y) for x in range(64) for y in range(64)}) < 4


def _picture(window: MainWindow, path: Path) -> None:
    if not window.grab().save(str(path)):
        raise OSError(f"no picture could be written to {path}")


def _settle(window: MainWindow) -> None:
    """Let everything that is under way come to the screen."""
    _wait(lambda: not window.live.thread_.busy)
    end = time.monotonic() + 0.2
    _wait(lambda: time.monotonic() >= end)


def _wait(condition: Callable[[], bool]) -> bool:
    """Let the window live until `condition` holds; return whether it came to hold."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            return False
        QApplication.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)
        time.sleep(0.005)
    return True
