"""The window: when it is painted and shows its first loss, how fast it trains, how punctual it stays.

Run it: QT_QPA_PLATFORM=offscreen python benchmarks/window.py. Each figure stands beside a reference of the same run.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BEGIN = time.perf_counter()

from PySide6.QtCore import QEventLoop, QSettings, QTimer  # noqa: E402

from nnplayground.experiment.catalogue import find  # noqa: E402
from nnplayground.gui.app import application  # noqa: E402
from nnplayground.gui.window import MainWindow  # noqa: E402

WARM_MS, MEASURED_MS, BEAT_MS = 2_000, 6_000, 10


def live_for(milliseconds: int) -> None:
    """Let the window live for so long."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def seconds_to_import_torch() -> float:
    """Return the time that another process takes to import torch."""
    code = "import time; begin = time.perf_counter(); import torch; print(time.perf_counter() - begin)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def start(settings: QSettings) -> MainWindow:
    """Open the window with training ordered at once; print when it was painted and had a first loss."""
    app = application()
    window = MainWindow(find("spiral"), settings, theme_name="light")
    window.resize(1440, 900)
    window.show()
    window.grab()
    painted = time.perf_counter() - BEGIN
    window.live.set_running(True)
    while not window.live.steps:
        app.processEvents()
        time.sleep(0.002)
    first = time.perf_counter() - BEGIN
    torch = statistics.median(seconds_to_import_torch() for _ in range(3))
    print(f"painted after {painted:.2f} s, first loss after {first:.2f} s; import torch alone {torch:.2f} s")
    return window


def main() -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as place:
        window = start(QSettings(str(Path(place) / "settings.ini"), QSettings.Format.IniFormat))
        live_for(WARM_MS)
        late: list[float] = []
        last = time.perf_counter()

        def beat() -> None:
            nonlocal last
            now = time.perf_counter()
            late.append((now - last) * 1000 - BEAT_MS)
            last = now

        timer = QTimer()
        timer.timeout.connect(beat)
        timer.start(BEAT_MS)
        steps, begin = window.live.steps, time.perf_counter()
        live_for(MEASURED_MS)
        rate = (window.live.steps - steps) / (time.perf_counter() - begin)
        timer.stop()
        window.close()
        late.sort()
        most = late[len(late) * 99 // 100]
        print(f"event loop while training: median {statistics.median(late):.1f} ms late, 99 % within {most:.1f} ms")
        from nnplayground.engine import Trainer

        trainer = Trainer(window.session.experiment, device="cpu")
        alone = statistics.median((chunk := trainer.advance(seconds=1.5)).steps / chunk.seconds for _ in range(3))
        print(f"training: {rate:.0f} steps/s in the window, {alone:.0f} without: {rate / alone:.0%}")


if __name__ == "__main__":
    main()
