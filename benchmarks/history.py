"""Memory of a history, and the time to append to it and to draw from it, by length of the run.

python benchmarks/history.py [--layers 20] [--longest 10000000]
The reference is one whole column in memory, reduced by numpy to as many points whenever it is drawn.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.chunk import Chunk
from nnplayground.runs import History

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


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--layers", type=int, default=20)
    parser.add_argument("--longest", type=int, default=10_000_000, help="steps of the longest run")
    options = parser.parse_args()
    chunk = np.random.default_rng(0).lognormal(size=(CHUNK, 2 + 2 * options.layers)).astype(np.float32)
    lengths = [n for n in (10**4, 10**5, 10**6, 10**7, 10**8) if n <= options.longest]
    timed: dict[tuple[int, str], Callable[[], object]] = {}
    facts: dict[int, tuple[float, float]] = {}
    for rows in lengths:
        history, append = fill(options.layers, rows, chunk)
        facts[rows] = history.nbytes / 1e6, append * 1e6
        column = np.resize(chunk[:, 0], rows)
        timed |= {(rows, name): call for name, call in drawings(history, column).items()}
    found = medians(timed)
    names = list(dict.fromkeys(name for _, name in timed))
    print(f"{options.layers} layers, {chunk.shape[1]} columns; a curve of {POINTS} points, milliseconds")
    print(f"{'steps':>12} {'MB held':>8} {'MB if whole':>12} {'append, us/step':>16}", *(f"{n:>13}" for n in names))
    for rows in lengths:
        held, append = facts[rows]
        times = (f"{found[rows, name] * 1e3:13.3f}" for name in names)
        print(f"{rows:12,} {held:8.1f} {rows * chunk.shape[1] * 4 / 1e6:12.1f} {append:16.2f}", *times)


if __name__ == "__main__":
    main()
