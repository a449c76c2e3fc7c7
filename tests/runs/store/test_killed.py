"""A training that is killed loses a second at most, and becomes, resumed, the run that it would have been."""

import random
import signal
import sqlite3
import subprocess
import sys
import time

import numpy as np
import pytest

from nnplayground.runs.store import Store

ARGUMENTS = ["spiral", "--set", "network.dropout=0.1", "--set", "data.samples=100", "--set", "stopping.epochs=1000000"]


def call(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "nnplayground", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def columns_of(store: Store, row) -> dict[str, np.ndarray]:
    history = store.history(row)
    tables = {"steps": history.steps, "epochs": history.epochs}
    return {f"{kind}/{name}": t.curve(name, points=10**7).mean for kind, t in tables.items() for name in t.names}


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_a_run_that_is_killed_again_and_again_becomes_the_run_that_it_would_have_been(tmp_path):
    path, said, generator = tmp_path / "runs.sqlite", tmp_path / "said", random.Random(3)
    with said.open("w") as stderr:
        process = begin(stderr, "train", *ARGUMENTS, "--store", str(path))
        for _ in range(20):
            await_steps(path, steps_in(path), process)
            time.sleep(generator.uniform(0, 0.9))
            assert process.poll() is None, said.read_text()
            process.send_signal(signal.SIGKILL)
            process.wait()
            with Store(path, writable=False) as store:
                (row,) = store.rows()
                assert row.was_killed
            process = begin(stderr, "runs", "resume", "1", "--store", str(path))
        await_steps(path, steps_in(path), process)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130, said.read_text()
    with Store(path, writable=False) as store:
        (row,) = store.rows()
        assert row.outcome == "interrupted"
        found = columns_of(store, row)
    other = tmp_path / "whole.sqlite"
    done = call("train", *ARGUMENTS, "--steps", str(row.steps), "--store", str(other))
    assert done.returncode == 0, done.stderr
    with Store(other, writable=False) as store:
        expected = columns_of(store, store.rows()[0])
    assert found.keys() == expected.keys()
    for name, values in expected.items():
        assert np.array_equal(values, found[name]), name


def begin(stderr, *arguments: str) -> subprocess.Popen:
    command = [sys.executable, "-m", "nnplayground", *arguments]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stderr)


def await_steps(path, before: int, process) -> None:
    """Wait until the store knows of more steps than before."""
    until = time.monotonic() + 60
    while steps_in(path) <= before and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)


def steps_in(path) -> int:
    """How many steps a store knows of its one run; -1 where there is none yet."""
    if not path.exists():
        return -1
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
        try:
            found = connection.execute("SELECT steps FROM runs").fetchone()
        finally:
            connection.close()
    except sqlite3.Error:
        return -1
    return -1 if found is None else found[0]
