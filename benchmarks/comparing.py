"""What comparing many runs costs: reading their knobs, drawing them along axes and as points, telling what matters.

python benchmarks/comparing.py [--runs N …]: milliseconds, medians of some rounds, without a screen.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication
from report import machine, table

from nnplayground.gui import theme
from nnplayground.gui.runs.comparison.parallel import Parallel
from nnplayground.gui.runs.comparison.picture import Chosen
from nnplayground.gui.runs.comparison.quantified import read_quantities
from nnplayground.gui.runs.comparison.scatter import Scatter
from nnplayground.runs.importance import importance

ROUNDS, SIZE = 7, (760, 320)


class Run:
    """A run as the pictures see it, with knobs that are drawn."""

    def __init__(self, number: int, generator: np.random.Generator) -> None:
        rate = float(10 ** generator.uniform(-4, 0))
        self.id, self.changed, self.outcome, self.owner, self.name = number, 0.0, "epochs", None, "made"
        self.knobs = {
            "optimizer.kind": str(generator.choice(["adam", "sgd"])),
            "optimizer.lr": rate,
            "network.activation": str(generator.choice(["tanh", "relu", "gelu"])),
            "network.dropout": float(generator.choice([0.0, 0.2, 0.5])),
            "regularization.l2": float(generator.choice([0.0, 1e-4, 1e-3, 0.01])),
            "batches.size": int(generator.choice([5, 10, 30])),
            "data.noise": float(generator.uniform()),
            "optimizer.beta1": float(generator.uniform()),
        }
        self.results = {"validation_loss": 0.05 + np.log10(rate / 0.01) ** 2 + float(generator.uniform(0, 0.05))}
        self.values = {**self.knobs, **self.results}


def taken(function: Callable[[], object]) -> str:
    """Return the median of the times that a call takes."""
    times = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        function()
        times.append(time.perf_counter() - begin)
    return f"{statistics.median(times) * 1e3:.1f} ms"


def measure(count: int) -> list[str]:
    """Return what is measured of so many runs."""
    generator, light = np.random.default_rng(0), theme.load("light")
    rows = tuple(Run(i, generator) for i in range(count))
    read = read_quantities(rows, lambda: False)
    parallel, scatter = Parallel(Path(), light), Scatter(Path(), light)
    for picture in (parallel, scatter):
        picture.resize(*SIZE)
        picture.runs = Chosen(rows, (), "", rows)
        picture.show()
        picture.take(read)
        QApplication.processEvents()

    strings = parallel.strings

    def draw() -> None:
        strings.redraw()
        parallel.grab()

    def brush() -> None:
        strings.set_ranges({"optimizer.lr": (0.2, float(generator.uniform(0.3, 0.9)))})
        parallel.grab()

    def rest() -> None:
        strings.settle()
        parallel.grab()

    def points() -> None:
        scatter.draw_runs()
        scatter.grab()

    shown = [
        f"{count:,}",
        taken(lambda: read_quantities(rows, lambda: False)),
        taken(draw),
        taken(brush),
        taken(rest),
        taken(parallel.grab),
        taken(points),
        taken(scatter.grab),
        taken(lambda: importance(list(read.knobs.values()), read.results["validation_loss"])) if count <= 1000 else "–",
    ]
    for picture in (parallel, scatter):
        picture.close()
    return shown


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, nargs="+", default=[100, 1_000, 10_000])
    options = parser.parse_args()
    app = QApplication([])
    theme.apply(app, theme.load("light"))
    names = [
        "runs",
        "read",
        "lines",
        "a move of the brush",
        "at rest",
        "lines again",
        "points",
        "points again",
        "importance",
    ]
    print(f"{table(names, [measure(count) for count in options.runs])}\n\n{machine()}")


if __name__ == "__main__":
    main()
