"""Memory of a history, and the time to append to it and to draw from it, by length of the run.

python benchmarks/history.py [--quick] [--layers 20] [--longest 10000000]
The reference is one whole column in memory, reduced by numpy to as many points whenever it is drawn.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from report import machine, table

from nnplayground.engine.chunk import Chunk
from nnplayground.runs import History

LAYERS, LONGEST, QUICK_LONGEST = 20, 10**7, 10**6
POINTS = 1000
ROUNDS = 101
CHUNK = 500  # steps: what comes in a frame at 15 000 steps a second
STEPS_PER_EPOCH = 25

Floats = NDArray[np.float32]


def make_chunk(start: int, columns: Floats) -> Chunk:
    """Return `CHUNK` steps of these numbers, (CHUNK, 2 + 2 layers)."""
    layers = (columns.shape[1] - 2) // 2
    epochs = np.arange(start // STEPS_PER_EPOCH, (start + CHUNK) // STEPS_PER_EPOCH, dtype=np.int64) + 1
    by_epoch = columns[: len(epochs)]
    return Chunk(
        start=start,
        loss=columns[:, 0],
        lr=columns[:, 1],
        gradient_norm=columns[:, 2 : 2 + layers],
        update_ratio=columns[:, 2 + layers :],
        epoch=epochs,
        train_loss=by_epoch[:, 0],
        validation_loss=by_epoch[:, 1],
        train_metrics=by_epoch[:, :1],
        validation_metrics=by_epoch[:, 1:2],
        penalty=np.zeros(len(epochs), np.float32),
        seconds=0.0,
    )


def fill(layers: int, rows: int, chunk: Floats) -> tuple[History, float]:
    """Return a history of so many steps, and the seconds that appending took for each of them."""
    history = History(tuple(f"layer {i + 1}" for i in range(layers)), ("accuracy",), STEPS_PER_EPOCH)
    begin = time.perf_counter()
    for start in range(0, rows, CHUNK):
        history.append(make_chunk(start, chunk))
    return history, (time.perf_counter() - begin) / rows


def reduce_whole(column: Floats) -> tuple[Floats, Floats, Floats]:
    """Return least, mean and greatest of `POINTS` parts of a whole column: the reference."""
    starts = np.linspace(0, len(column), POINTS, endpoint=False).astype(np.int64)
    sums = np.add.reduceat(column, starts, dtype=np.float64)
    means = sums / np.diff(starts, append=len(column))
    return np.minimum.reduceat(column, starts), means.astype(np.float32), np.maximum.reduceat(column, starts)


def drawings(history: History, column: Floats) -> dict[str, Callable[[], object]]:
    """Return what is timed: the whole run, parts of it, and the reference."""
    steps, rows = history.steps, len(history.steps)
    middle = rows // 2
    return {
        "whole": lambda: steps.curve("loss", 0, rows, POINTS),
        "middle tenth": lambda: steps.curve("loss", middle, middle + rows // 10, POINTS),
        "latest 1000": lambda: steps.curve("loss", rows - 1000, rows, POINTS),
        "numpy, whole": lambda: reduce_whole(column),
    }


def medians(timed: dict[tuple[int, str], Callable[[], object]]) -> dict[tuple[int, str], float]:
    """Return the median seconds of each call; calls alternate, so that a busy moment hits all of them alike."""
    seconds: dict[tuple[int, str], list[float]] = {key: [] for key in timed}
    for i in range(ROUNDS):
        for key, call in timed.items():
            if key[1] == "numpy, whole" and i % 10:
                continue  # slow, and steady enough
            begin = time.perf_counter()
            call()
            seconds[key].append(time.perf_counter() - begin)
    return {key: statistics.median(values) for key, values in seconds.items()}


@dataclass(frozen=True)
class Row:
    """What was found for one length."""

    steps: int
    held: float  # MB in memory
    whole: float  # MB if every number were kept
    append: float  # microseconds a step
    draw: dict[str, float]  # milliseconds of each drawing


def measure(quick: bool = False, layers: int = LAYERS, longest: int | None = None) -> list[Row]:
    """Measure runs of 10 000 steps and more, and return a row for each length."""
    longest = (QUICK_LONGEST if quick else LONGEST) if longest is None else longest
    chunk = np.random.default_rng(0).lognormal(size=(CHUNK, 2 + 2 * layers)).astype(np.float32)
    lengths = [n for n in (10**4, 10**5, 10**6, 10**7, 10**8) if n <= longest]
    timed: dict[tuple[int, str], Callable[[], object]] = {}
    facts: dict[int, tuple[float, float]] = {}
    for rows in lengths:
        sys.stderr.write(f"history: {rows:,} steps …\n")
        history, append = fill(layers, rows, chunk)
        facts[rows] = history.nbytes / 1e6, append * 1e6
        column = np.resize(chunk[:, 0], rows)
        timed |= {(rows, name): call for name, call in drawings(history, column).items()}
    found = medians(timed)
    names = list(dict.fromkeys(name for _, name in timed))
    return [
        Row(n, facts[n][0], n * chunk.shape[1] * 4 / 1e6, facts[n][1], {k: found[n, k] * 1e3 for k in names})
        for n in lengths
    ]


def tell(rows: Sequence[Row]) -> str:
    """Return rows as Markdown."""
    head = ["steps", "MB held", "MB if whole", "append, µs/step", *(f"draw {name}, ms" for name in rows[0].draw)]
    cells = []
    for row in rows:
        facts = [f"{row.steps:,}", f"{row.held:.1f}", f"{row.whole:,.1f}", f"{row.append:.2f}"]
        cells.append([*facts, *(f"{value:.3f}" for value in row.draw.values())])
    return table(head, cells)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="no run longer than a million steps")
    parser.add_argument("--layers", type=int, default=LAYERS)
    parser.add_argument("--longest", type=int, help="steps of the longest run")
    options = parser.parse_args()
    print(f"{tell(measure(options.quick, options.layers, options.longest))}\n\n{machine()}")


if __name__ == "__main__":
    main()
