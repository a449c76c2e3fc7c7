"""What the store of runs costs: opening many runs, writing and reading very many steps, and a training that is kept.

python benchmarks/store.py [--runs N] [--steps N]: seconds of this process's own time, medians of some rounds.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from report import machine, table

from nnplayground.engine import Trainer
from nnplayground.experiment import Experiment
from nnplayground.runs.filtering import predicate
from nnplayground.runs.store import Keeper, Store
from nnplayground.runs.store.keeper import form_of
from nnplayground.runs.store.records import write_rows

ROUNDS, TRAINED_SECONDS = 5, 2.0


def own_time(function: Callable[[], object]) -> float:
    """Return the median of this process's time that a call takes, in seconds."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        function()
        taken.append(time.process_time() - begin)
    return statistics.median(taken)


def measure(runs: int, steps: int, folder: Path) -> list[list[str]]:
    """Return what is measured as rows of a table."""
    trainer = Trainer(Experiment(), device="cpu")
    form, experiment = form_of(trainer), trainer.experiment
    many = folder / "many.sqlite"
    with Store(many) as store:
        first = store.begin(experiment, form)
        with store.change() as connection:
            copied = "begun, changed, first, experiment, knobs, form, steps, epochs, seconds, results"
            insert = f"INSERT INTO runs (uid, outcome, {copied}) SELECT ?, 'epochs', {copied} FROM runs WHERE id = ?"
            connection.executemany(insert, [(f"copy {i}", first.id) for i in range(runs - 1)])

    def opened() -> int:
        with Store(many, writable=False) as store:
            return len(store.rows())

    def filtered() -> int:
        with Store(many, writable=False) as store:
            found = [row.values for row in store.rows()]
            passes = predicate("lr > 0.001 and optimizer = adam", list(found[0]))
            return sum(passes(values) for values in found)

    rows = np.random.default_rng(0).normal(size=(steps, 2 + 2 * len(form.layers))).astype(np.float32)
    with Store(folder / "long.sqlite") as store:
        run = store.begin(experiment, form)

        def write() -> None:
            with store.change() as connection:
                connection.execute("DELETE FROM chunks")
                write_rows(connection, run.id, "steps", 0, rows)

        written = own_time(write)
        read = own_time(lambda: store.history(run))
    return [
        [f"open {runs:,} runs", f"{own_time(opened):.2f} s"],
        ["filter them by two knobs, all read anew", f"{own_time(filtered):.2f} s"],
        [f"write {steps:,} steps of {rows.shape[1]} columns", f"{written:.2f} s"],
        ["read them into a history", f"{read:.2f} s"],
        ["rate of training while it is kept", f"{kept_rate(folder):.0%}"],
    ]


def kept_rate(folder: Path) -> float:
    """Return the rate of a training that is kept, as a share of that of one that is not; of rounds in turn."""
    shares = []
    for i in range(ROUNDS):
        plain, kept = (Trainer(Experiment(), device="cpu") for _ in range(2))
        keeper = Keeper.begin(folder / f"kept{i}.sqlite", kept)
        rates = []
        for trainer, after in ((plain, lambda _: None), (kept, keeper.after)):
            begin, start = time.perf_counter(), trainer.step
            while time.perf_counter() - begin < TRAINED_SECONDS:
                after(trainer.advance(seconds=0.02))
            rates.append((trainer.step - start) / (time.perf_counter() - begin))
        keeper.finish("interrupted")
        shares.append(rates[1] / rates[0])
    return statistics.median(shares)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(f"{table(['what', 'takes'], measure(options.runs, options.steps, Path(folder)))}\n\n{machine()}")


if __name__ == "__main__":
    main()
