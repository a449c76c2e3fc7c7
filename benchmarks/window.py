"""The window under load: its start, training rate (kept or not), how punctual it stays, how soon an order takes hold.

Run it: QT_QPA_PLATFORM=offscreen python benchmarks/window.py [--json]. Every figure stands beside a reference of the
same run: `import torch` alone, the trainer without a window, the window at rest.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # Qt and torch are imported where they are used: a start is measured from nothing
    from PySide6.QtCore import QSettings

    from nnplayground.engine.chunk import Chunk
    from nnplayground.gui.window import MainWindow

SIZE = (1440, 900)
BEAT_MS = 10
IN_TIME_MS = 5.0  # late by less is in time
PEERS = {"4-2": ([4, 2], 60.0), "8-8": ([8, 8], 37.0), "8x6": ([8] * 6, 13.5)}  # TensorFlow Playground's epochs/s

Figures = dict[str, Any]


# start


def starts(rounds: int) -> Figures:
    """Return medians over fresh processes, in seconds: `import torch` alone, window painted, first loss on screen.

    `standstill` is the longest time that the window's event loop stood still on the way to the first loss.
    """
    found: list[Figures] = []
    for _ in range(rounds):
        alone = "import time; begin = time.perf_counter(); import torch; print(time.perf_counter() - begin)"
        torch = json.loads(_fresh("-c", alone))
        found.append({"torch": torch, **json.loads(_fresh(__file__, "--start", repr(time.time())))})
    return {name: statistics.median(start[name] for start in found) for name in found[0]}


def _fresh(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def start_once(begin: float) -> Figures:
    """Open the window with training ordered, in this process, which began at `begin`; see `starts`."""
    from PySide6.QtCore import QTimer

    with _settings() as settings:
        window = _open(settings)
        loss, found, beats = window.plots[0][0], {}, [time.perf_counter()]

        def on_painted() -> None:
            found["painted"] = time.time() - begin

        def beat() -> None:
            beats.append(time.perf_counter())
            if loss.lines and "first_loss" not in found:
                loss.repaint()
                found["first_loss"] = time.time() - begin
                window.close()

        timer = QTimer()
        timer.timeout.connect(beat)
        timer.start(5)
        window.painted.connect(on_painted)
        window.live.set_running(True)
        window.show()
        _wait(lambda: "first_loss" in found)
        found["standstill"] = max(after - before for before, after in pairwise(beats))
        return found


# the window while it trains


@contextmanager
def opened(changes: dict[str, Any] | None = None, store: Path | None = None) -> Iterator[MainWindow]:
    """Open the window on the spiral, with no end of epochs; it is paused."""
    with _settings() as settings:
        window = _open(settings, changes, store)
        window.show()
        _wait(lambda: window.live.built is not None)
        live_for(1.0)
        try:
            yield window
        finally:
            window.close()


def live_for(seconds: float) -> None:
    """Let the window live for so long."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    loop.exec()


def punctuality(window: MainWindow, seconds: float, rounds: int) -> Figures:
    """Return how late the event loop comes, in ms, while training and, in turn, while paused: median and 99 %.

    `in_time` is the share of due times that were late by less than 5 ms.
    """
    late: dict[str, list[float]] = {"training": [], "paused": []}
    for _ in range(rounds):
        for name, found in late.items():
            window.live.set_running(name == "training")
            live_for(0.5)
            found += lateness(seconds)
    window.live.set_running(False)
    return {name: _lateness_figures(found) for name, found in late.items()}


def lateness(seconds: float) -> list[float]:
    """Return by how many ms each due time was late: one every 10 ms, those that passed during a standstill too."""
    from PySide6.QtCore import Qt, QTimer

    beats: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: beats.append(time.perf_counter() * 1000))
    timer.start(BEAT_MS)
    live_for(seconds)
    timer.stop()
    late = []
    for before, after in pairwise(beats):
        due = before + BEAT_MS
        late.append(max(after - due, 0.0))
        late += [after - missed for missed in _missed(due, after)]
    return late


def _missed(due: float, came: float) -> list[float]:
    """Return the due times after `due` that passed before the beat came."""
    return [due + i * BEAT_MS for i in range(1, int((came - due) // BEAT_MS) + 1)]


def _lateness_figures(late: list[float]) -> Figures:
    return {
        "median_ms": statistics.median(late),
        "p99_ms": _percentile(late, 0.99),
        "worst_ms": max(late),
        "in_time": sum(ms < IN_TIME_MS for ms in late) / len(late),
    }


def rates(window: MainWindow, seconds: float, rounds: int) -> Figures:
    """Return steps per second in the window, and of the same trainer without it in turn: medians, and their ratio."""
    import torch

    from nnplayground.engine import Trainer

    torch.set_num_threads(1)
    trainer = Trainer(window.session.experiment, device="cpu")
    trainer.advance(seconds=0.5)
    live, alone = [], []
    for _ in range(rounds):
        live.append(window_rate(window, seconds))
        alone.append(trainer_rate(trainer, seconds))
    ours, theirs = statistics.median(live), statistics.median(alone)
    return {"window": ours, "trainer": theirs, "ratio": ours / theirs, "executor": trainer.executor}


def window_rate(window: MainWindow, seconds: float) -> float:
    """Return the steps per second that the window trains, which is paused before and after."""
    window.live.set_running(True)
    live_for(0.3)
    steps, begin = window.live.steps, time.perf_counter()
    live_for(seconds)
    taken, passed = window.live.steps - steps, time.perf_counter() - begin
    window.live.set_running(False)
    live_for(0.2)
    return taken / passed


def kept_rates(seconds: float, rounds: int) -> Figures:
    """Return steps per second in a window that keeps its runs, and in one that does not in turn; the median ratio."""
    with (
        tempfile.TemporaryDirectory() as folder,
        opened() as plain,
        opened(store=Path(folder, "runs.sqlite")) as keeping,
    ):
        pairs = [(window_rate(keeping, seconds), window_rate(plain, seconds)) for _ in range(rounds)]
    kept, alone = (statistics.median(rates) for rates in zip(*pairs, strict=True))
    return {"kept": kept, "alone": alone, "ratio": statistics.median(a / b for a, b in pairs)}


def trainer_rate(trainer: Any, seconds: float) -> float:
    """Return the steps per second of a trainer that the command line's loop advances."""
    steps, begin = 0, time.perf_counter()
    while time.perf_counter() - begin < seconds:
        steps += trainer.advance(seconds=0.1).steps
    return steps / (time.perf_counter() - begin)


def latencies(window: MainWindow, times: int) -> Figures:
    """Return how long an order takes from the user's act until training obeys, in ms: median and worst.

    A pause has taken hold when the last step is taken, a live knob when the first step with it begins.
    """
    trainer = window.live.thread_._trainer
    assert trainer is not None
    spans: list[tuple[float, float, float]] = []  # of each chunk: begin, end, learning rate
    advance = trainer.advance

    def timed(**amount: Any) -> Chunk:
        begin, rate = time.perf_counter(), trainer.experiment.optimizer.lr
        chunk = advance(**amount)
        spans.append((begin, time.perf_counter(), rate))
        return chunk

    trainer.advance = timed
    pauses, knobs = [], []
    for i in range(times):
        window.live.set_running(True)
        live_for(0.2 + 0.0037 * i)  # at any moment of a frame
        begin, rate = time.perf_counter(), 0.01 + 0.0001 * (i + 1)
        window.session.edit("optimizer.lr", rate)
        _wait(lambda rate=rate: any(r == rate for _, _, r in spans))
        knobs.append((next(b for b, _, r in spans if r == rate) - begin) * 1000)
        live_for(0.1 + 0.0037 * i)
        begin = time.perf_counter()
        window.actions_["run"].trigger()
        live_for(0.3)
        pauses.append(max(spans[-1][1] - begin, 0.0) * 1000)
    del trainer.advance
    return {"pause": _latency_figures(pauses), "knob": _latency_figures(knobs)}


def _latency_figures(ms: list[float]) -> Figures:
    return {"median_ms": statistics.median(ms), "worst_ms": max(ms)}


def epoch_rates(window: MainWindow, seconds: float, rounds: int) -> Figures:
    """Return epochs per second on TensorFlow Playground's three networks, of 25 steps each, beside its own."""
    found: dict[str, list[float]] = {name: [] for name in PEERS}
    for _ in range(rounds):
        for name, (layers, _) in PEERS.items():
            window.session.edit("network.layers", layers)
            _wait(lambda: not window.live.thread_.busy)
            assert window.live.built is not None
            assert window.live.built.steps_per_epoch == 25
            found[name].append(window_rate(window, seconds) / 25)
    rates = {name: statistics.median(values) for name, values in found.items()}
    return {name: {"ours": rates[name], "theirs": theirs} for name, (_, theirs) in PEERS.items()}


# all of it


def measure(*, rounds: int, seconds: float, report: Callable[[str], None] = lambda _: None) -> Figures:
    """Measure everything; figures as in the functions above. Takes about a minute at 5 rounds of 2 seconds."""
    found: Figures = {"load_before": os.getloadavg() if hasattr(os, "getloadavg") else None}
    report("start")
    found["start"] = starts(rounds)
    with opened() as window:
        report("punctuality")
        found["punctuality"] = punctuality(window, seconds, rounds)
        report("rates")
        found["rates"] = rates(window, seconds, rounds)
        report("latencies")
        found["latencies"] = latencies(window, 4 * rounds)
        report("epochs")
        found["epochs"] = epoch_rates(window, seconds, rounds)
    report("store")
    found["store"] = kept_rates(seconds, rounds)
    return found


def table(found: Figures) -> str:
    """Return the figures as lines to read."""
    start, late, rate = found["start"], found["punctuality"], found["rates"]
    lines = [
        f"import torch alone     {start['torch']:8.2f} s",
        f"window painted         {start['painted']:8.2f} s",
        f"first loss on screen   {start['first_loss']:8.2f} s      {start['first_loss'] / start['torch']:.2f} x import",
        f"longest standstill     {start['standstill'] * 1000:8.0f} ms     until then",
        "",
        "event loop              median     99 %    worst   within 5 ms",
    ]
    for name, own in late.items():
        numbers = "".join(f"{own[key]:9.1f}" for key in ("median_ms", "p99_ms", "worst_ms"))
        lines.append(f"  {name:18} {numbers}   {own['in_time']:9.1%}")
    lines += ["", "order                   median    worst   ms until training obeys"]
    for name, own in found["latencies"].items():
        lines.append(f"  {name:18} {own['median_ms']:9.1f}{own['worst_ms']:9.1f}")
    lines += [
        "",
        f"steps/s, {rate['executor']:14} {rate['window']:7.0f} in the window, {rate['trainer']:.0f} without: "
        f"{rate['ratio']:.0%}",
        f"steps/s while it is kept  {found['store']['kept']:7.0f} in the window, {found['store']['alone']:.0f} if not: "
        f"{found['store']['ratio']:.0%}",
        "",
        "epochs/s in the window    ours   TensorFlow Playground",
    ]
    for name, own in found["epochs"].items():
        lines.append(f"  {name:18} {own['ours']:9.1f}{own['theirs']:9.1f}   {own['ours'] / own['theirs']:5.1f} x")
    return "\n".join(lines)


def main() -> None:
    """Measure, and print a table or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each rate and each watch of the event loop")
    parser.add_argument("--start", type=float, help=argparse.SUPPRESS)  # when this process began
    options = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    if options.start is not None:
        print(json.dumps(start_once(options.start)))
        return
    found = measure(
        rounds=options.rounds,
        seconds=options.seconds,
        report=lambda what: print(f"{what} …", file=sys.stderr, flush=True),
    )
    print(json.dumps(found) if options.json else table(found))


@contextmanager
def _settings() -> Iterator[QSettings]:
    from PySide6.QtCore import QSettings

    with tempfile.TemporaryDirectory() as place:
        yield QSettings(str(Path(place) / "settings.ini"), QSettings.Format.IniFormat)


def _open(settings: QSettings, changes: dict[str, Any] | None = None, store: Path | None = None) -> MainWindow:
    from nnplayground.experiment.catalogue import find
    from nnplayground.gui import app

    experiment = find("spiral").replace_all({"stopping.epochs": 1_000_000, **(changes or {})})
    window = app.make_window(experiment, settings, store)
    window.resize(*SIZE)
    return window


def _wait(condition: Callable[[], bool]) -> None:
    """Let the window live until `condition` holds, for two minutes at most."""
    from PySide6.QtCore import QEventLoop, QTimer

    loop, end = QEventLoop(), time.monotonic() + 120

    def look() -> None:
        if condition() or time.monotonic() > end:
            loop.quit()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(5)
    loop.exec()
    assert condition(), "it takes for ever"


def _percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


if __name__ == "__main__":
    main()
