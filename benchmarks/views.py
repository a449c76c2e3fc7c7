"""What a frame costs the window's thread: each view's drawing and painting, in the default layout and in others.

Run it: QT_QPA_PLATFORM=offscreen python benchmarks/views.py [--json] [SITUATION …]; the first situation, the default
layout, is the reference. Time is the thread's own (`time.thread_time`), so that other processes do not count.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from report import machine
from report import table as as_table
from window import live_for, opened

if TYPE_CHECKING:
    from nnplayground.gui.views.view import Frame, View
    from nnplayground.gui.window import MainWindow

BETWEEN_S = 0.05  # frames, in which training goes on
UNTIL_PAINTED_S = 0.01  # Qt gathers for 5 ms what is to be painted
TAKING = "frame"  # what is done once for all views: to take what training did, ask for probes, show progress
QUICK, FULL = (0.0, 2), (3.0, 60)  # seconds of training before, and frames
OPERATION = "in operation"
ROUNDS, ROUND_S = 5, 2.0  # how often, and for how long, it is watched in operation; the median is told

Figures = dict[str, Any]


@dataclass(frozen=True)
class Situation:
    """One state of the window, and the view whose cost is told; all that are in sight where it is empty."""

    view: str = ""
    arrange: Callable[[MainWindow], None] | None = None
    changes: dict[str, Any] = field(default_factory=dict)  # of the experiment


def _plot(name: str) -> Situation:
    return Situation(name, lambda window: _front(window, name))


def _front(window: MainWindow, name: str) -> None:
    window.docks[name].raise_()
    live_for(0.2)


def _press(window: MainWindow, name: str) -> None:
    """Press the button or choose the command of this object name."""
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QAbstractButton

    found = window.findChild(QAction, name) or window.findChild(QAbstractButton, name)
    (found.trigger if isinstance(found, QAction) else found.click)()
    live_for(0.2)


def _chosen(view: str, *names: str, changes: dict[str, Any] | None = None) -> Situation:
    """Bring a view to the front and press what is named."""

    def arrange(window: MainWindow) -> None:
        if view in window.docks:
            _front(window, view)
        for name in names:
            _press(window, name)

    return Situation(view, arrange, changes or {})


def _pictures(changes: dict[str, Any], names: Sequence[str]) -> dict[str, Situation]:
    return {f"output, {name}": _chosen("output", f"output.picture.{name}", changes=changes) for name in names}


NINE = {"network.layers": [8] * 8}
BUMPS = {"data.kind": "bumps"}
SINE = {"data.kind": "sine"}
DIGITS = {"data.kind": "digits"}
CLASSES = ("confusion", "calibration", "scores", "mistakes", "recalls")

SITUATIONS: dict[str, Situation] = {
    "default layout": Situation(),
    **{name: _plot(name) for name in ("metric", "gradient_flow", "update_ratio", "learning_rate")},
    "loss_surface": _chosen("loss_surface", "loss_surface.compute"),
    "edges": _chosen("edges", "edges.measure"),
    **{name: _plot(name) for name in ("activations", "signal")},
    "histograms, ridges": _chosen("histograms", "histograms.form.ridges"),
    "histograms, heat map": _chosen("histograms", "histograms.form.heat"),
    "histograms, 9 layers": Situation("histograms", changes=NINE),
    "histograms, ridges, 9 layers": _chosen("histograms", "histograms.form.ridges", changes=NINE),
    "histograms, heat map, 9 layers": _chosen("histograms", "histograms.form.heat", changes=NINE),
    "activations, 9 layers": _chosen("activations", changes=NINE),
    "activations, over time": _chosen("activations", "activations.form.mean"),
    "gradient_flow, 9 layers": _chosen("gradient_flow", changes=NINE),
    "network, 9 layers": Situation("network", changes=NINE),
    "network, gradients": _chosen("network", "network.edges.gradients"),
    "network, latest updates": _chosen("network", "network.edges.latest"),
    "network, traced": _chosen("network", "network.trace"),
    "network, contributions": _chosen("network", "network.trace", "network.edges.contributions"),
    "network, images": Situation("network", changes=DIGITS),
    **_pictures({}, ("class", "uncertainty", "change", *CLASSES)),
    **_pictures(BUMPS, ("surface", "residual_map", "predicted", "residuals")),
    "output, function": Situation("output", changes=SINE),
    "output, images' mistakes": _chosen("output", "output.picture.mistakes", changes=DIGITS),
    "output, images' confusion": Situation("output", changes=DIGITS),
}


# measuring


def rounds_in_operation(window: MainWindow, seconds: float) -> dict[str, float]:
    """Let the window draw by turns while training goes on; return ms of its thread for a round of all views, medians.

    Also how many rounds a second there were, and what is left for the views without that which is done as well where
    none is drawn: taking what training did, showing progress. All that the thread does counts, painting with it.
    """
    draw, views = window.network.draw, window.turns._views
    begun: list[float] = []  # rounds, in seconds that the thread has worked

    def counted(frame: Frame) -> None:
        begun.append(time.thread_time())
        draw(frame)

    window.network.draw = counted  # type: ignore[method-assign]
    live_for(seconds)
    window.network.draw = draw  # type: ignore[method-assign]
    whole, rate = _median_between(begun), len(begun) / seconds
    begun.clear()
    window.turns._views = ()
    window.live.advanced.connect(count := lambda: begun.append(time.thread_time()))
    live_for(seconds)
    window.live.advanced.disconnect(count)
    window.turns._views = views
    return {"both_ms": whole, "per_second": rate, "views_ms": whole - _median_between(begun)}


def _median_between(times: Sequence[float]) -> float:
    """Return the median of what lies between one time and the next, in ms; NaN where there are not two."""
    return statistics.median(np.diff(times).tolist() or [math.nan]) * 1000


def frame_costs(window: MainWindow) -> dict[str, tuple[float, float]]:
    """Draw one frame, view by view as the window does; return ms of drawing and of painting each, and `TAKING`."""
    from PySide6.QtWidgets import QApplication

    costs = {}

    def timed(name: str, work: Callable[[], None]) -> None:
        QApplication.processEvents()
        begin = time.thread_time()
        work()
        drawn = time.thread_time()
        time.sleep(UNTIL_PAINTED_S)
        QApplication.processEvents()  # painting is what comes of it
        costs[name] = (drawn - begin) * 1000, (time.thread_time() - drawn) * 1000

    def take() -> None:
        window.live.take()
        window.turns.end()  # the turns are taken here

    timed(TAKING, take)
    for view in in_sight(window):
        timed(view.name, lambda view=view: view.draw(window.live.frame))
    return costs


def in_sight(window: MainWindow) -> list[View]:
    """Return the views that can be seen."""
    return [view for view in window.views if view.isVisible() and not view.visibleRegion().isEmpty()]


def costs_in(situation: Situation, warm: float, frames: int) -> dict[str, dict[str, float]]:
    """Return medians over frames by view: ms of drawing, of painting and of both; and of the whole frame, `total`.

    Where all views are meant, also `OPERATION`: what a round took, all in all, while nothing was measured singly.
    """
    with opened(situation.changes) as window:
        window.live.set_running(True)
        live_for(0.3)
        if situation.arrange is not None:
            situation.arrange(window)
        live_for(warm)
        rounds = [] if situation.view else [rounds_in_operation(window, ROUND_S) for _ in range(ROUNDS if warm else 1)]
        window.live.timer.stop()
        window.turns.end()
        found = []
        for _ in range(frames):
            live_for(BETWEEN_S)
            found.append(frame_costs(window))
    if situation.view:
        found = [{situation.view: costs[situation.view]} for costs in found]
    more = {key: statistics.median(own[key] for own in rounds) for key in rounds[0]} if rounds else {}
    return _medians(found) | ({OPERATION: more} if more else {})


def _medians(found: Sequence[dict[str, tuple[float, float]]]) -> dict[str, dict[str, float]]:
    totals = [(sum(d for d, _ in costs.values()), sum(p for _, p in costs.values())) for costs in found]
    pairs = {name: [costs[name] for costs in found] for name in found[0]} | {"total": totals}
    return {
        name: {
            "draw_ms": statistics.median(draw for draw, _ in own),
            "paint_ms": statistics.median(paint for _, paint in own),
            "both_ms": statistics.median(draw + paint for draw, paint in own),
        }
        for name, own in pairs.items()
    }


def measure(quick: bool = False, names: Sequence[str] = tuple(SITUATIONS)) -> Figures:
    """Measure the situations named; takes about 8 seconds for each."""
    found = {}
    for name in names:
        found[name] = costs_in(SITUATIONS[name], *(QUICK if quick else FULL))
        print(f"{name}: {found[name]['total']['both_ms']:.1f} ms", file=sys.stderr, flush=True)
    return found


def tell(found: Figures) -> str:
    """Return the figures as tables in Markdown."""
    parts, head = [], ("drawing", "painting", "both")
    keys = ("draw_ms", "paint_ms", "both_ms")
    for name in (name for name in found if not SITUATIONS[name].view):
        rows = [(view, *(f"{own[key]:.2f}" if key in own else "" for key in keys)) for view, own in found[name].items()]
        parts.append(f"One frame of the {name}, in ms of the window's thread, medians:\n\n")
        parts[-1] += as_table(("view", *head), rows)
        if rounds := found[name].get(OPERATION, {}).get("per_second"):
            alone = found[name][OPERATION]["views_ms"]
            parts[-1] += f"\n\nIn operation: all that the thread did by round, {rounds:.0f} rounds a second; "
            parts[-1] += f"of it for views {alone:.2f} ms."
    others = [(name, found[name]["total"]) for name in found if SITUATIONS[name].view]
    if others:
        rows = [(name, *(f"{own[key]:.2f}" for key in keys)) for name, own in others]
        parts.append("One view of others alone:\n\n" + as_table(("situation", *head), rows))
    return "\n\n".join(parts)


def main() -> None:
    """Measure, and print tables or one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("situations", nargs="*", metavar="SITUATION", help="; ".join(SITUATIONS))
    parser.add_argument("--json", action="store_true", help="print one object")
    parser.add_argument("--quick", action="store_true", help="few frames, for trying it out")
    options = parser.parse_args()
    unknown = sorted(set(options.situations) - set(SITUATIONS))
    if unknown:
        parser.error(f"{', '.join(unknown)}: no such situation; allowed: {'; '.join(SITUATIONS)}")
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    found = measure(options.quick, options.situations or tuple(SITUATIONS))
    print(json.dumps(found) if options.json else f"{tell(found)}\n\n{machine()}")


if __name__ == "__main__":
    main()
