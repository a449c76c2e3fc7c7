"""The window keeps every run: what a store holds afterwards, faults of a store, and runs that were cut off."""

import os
import sqlite3
import subprocess
import sys
import threading

import numpy as np
import pytest
from PySide6.QtWidgets import QAbstractButton, QFileDialog, QPushButton

from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment
from nnplayground.gui.messages import ParameterEdit
from nnplayground.runs.store import Keeper, Store, StoreError
from nnplayground.runs.store import store as store_module
from tests.gui.windows import PATIENCE, SMALL, opening, settle

CIRCLE = SMALL.replace("name", "Circle")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "store" / "runs.sqlite"


@pytest.fixture
def hasty(monkeypatch):
    """No recorder waits for long."""
    monkeypatch.setattr("nnplayground.runs.store.database.BUSY_SECONDS", 0.05)
    for name in ("FLUSH_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(f"nnplayground.runs.store.recorder.{name}", 0.05)


@pytest.fixture
def opened(qtbot, tmp_path, path, hasty):
    """Return what opens a window that keeps its runs; all are closed in the end."""
    with opening(qtbot, tmp_path) as open_:
        yield lambda experiment=CIRCLE, store=path: open_(experiment, store)


def train(qtbot, window, steps=60) -> None:
    """Train for at least so many steps more, then pause."""
    wanted = window.live.steps + steps
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.steps >= wanted, timeout=PATIENCE)
    window.live.set_running(False)
    settle(qtbot, window)
    window.live.take()


def let_go(qtbot) -> None:
    """Wait until no recorder has its file open: SQLite would put right what is damaged when it closes it."""
    qtbot.waitUntil(lambda: all(thread.name != "recorder" for thread in threading.enumerate()), timeout=PATIENCE)


def choose(window, name) -> None:
    next(b for b in window.strip.findChildren(QAbstractButton, f"strip.{name}") if b.isVisible()).click()


def losses(history) -> np.ndarray:
    return history.steps.curve("loss", points=10**7).mean


def rows_in(path):
    with Store(path, writable=False) as store:
        return store.rows()


def rows_so_far(path):
    """Return the runs of a store that may be in the making."""
    try:
        return rows_in(path)
    except StoreError:
        return []


def kept_until(path, row) -> int:
    """Return from which step a run may go on."""
    with Store(path, writable=False) as store:
        _, state = store.state(row)
    return 0 if state is None else state["step"]


def history_in(path, row):
    with Store(path, writable=False) as store:
        return store.history(row)


def same(one, other) -> bool:
    return np.array_equal(losses(one), losses(other), equal_nan=True)


# every run


def test_a_network_that_is_never_trained_is_not_kept(qtbot, opened, path):
    window = opened()
    window.session.edit("network.layers", [3])
    settle(qtbot, window)
    window.close()
    assert not path.exists()


def test_a_window_without_a_store_keeps_nothing(qtbot, opened, tmp_path):
    window = opened(store=None)
    train(qtbot, window)
    window.close()
    assert list(tmp_path.rglob("*.sqlite*")) == []


def test_every_training_is_a_run_of_its_own_with_all_that_the_window_knows_of_it(qtbot, opened, path):
    window, histories = opened(), []
    for begin_anew in (window.live.reset, lambda: window.session.edit("network.layers", [5]), None):
        train(qtbot, window)
        histories.append(window.live.run.history)
        if begin_anew is not None:
            built = window.live.built
            begin_anew()
            qtbot.waitUntil(lambda before=built: window.live.built is not before, timeout=PATIENCE)
            settle(qtbot, window)
    window.close()
    rows = rows_in(path)[::-1]
    assert [row.experiment.network.layers[0].neurons for row in rows] == [4, 4, 5]
    assert [row.outcome for row in rows] == ["interrupted"] * 3
    assert [row.owner for row in rows] == [None] * 3
    for row, history in zip(rows, histories, strict=True):
        assert same(history_in(path, row), history)


def test_knobs_that_are_turned_are_kept_with_their_marks(qtbot, opened, path):
    window = opened()
    train(qtbot, window)
    window.session.edit("optimizer.lr", 0.5)
    settle(qtbot, window)
    train(qtbot, window)
    marks = window.live.run.history.marks
    settle(qtbot, window)
    window.close()
    (row,) = rows_in(path)
    assert row.experiment.optimizer.lr == 0.5
    assert Experiment.from_toml(row.first).optimizer.lr == CIRCLE.optimizer.lr
    assert row.marks == tuple((mark.step, mark.text) for mark in marks)
    assert len(marks) == 1


def test_a_run_that_reached_its_end_says_so(qtbot, opened, path):
    window = opened(CIRCLE.replace("stopping.epochs", 3))
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.run.outcome == "epochs", timeout=PATIENCE)
    window.close()
    (row,) = rows_in(path)
    assert (row.outcome, row.epochs) == ("epochs", 3)


@pytest.mark.parametrize("change", ["weight", "best"])
def test_a_state_follows_what_is_changed_by_hand(qtbot, opened, path, change):
    window = opened()
    train(qtbot, window)
    if change == "weight":
        window.live.set_parameter(ParameterEdit(0, "weight", (0, 0), 3.25))
    else:
        window.live.restore_best()
    settle(qtbot, window)
    expected = window.live.thread_._trainer.state_dict()
    uid = window.live.thread_.keeping.uid

    def kept() -> bool:
        with Store(path, writable=False) as store:
            _, state = store.state(store.row(uid))
        return state is not None and bool((state["parameters"] == expected["parameters"]).all())

    qtbot.waitUntil(lambda: path.exists() and kept(), timeout=PATIENCE)


# faults


def break_by_reading_only(monkeypatch, window, path):
    limit(monkeypatch, "PRAGMA query_only = ON")


def break_by_filling_the_disk(monkeypatch, window, path):
    limit(monkeypatch, "PRAGMA max_page_count = 1")


def break_by_locking(monkeypatch, window, path):
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    return other


def break_by_damage(monkeypatch, window, path):
    path.write_bytes(b"\xa5" * path.stat().st_size)


def break_by_deleting(monkeypatch, window, path):
    for file in path.parent.iterdir():
        file.unlink()
    path.parent.rmdir()
    path.parent.write_text("what the disk was mounted on")


def limit(monkeypatch, pragma) -> None:
    """Every connection that is opened from now on to the first store is limited so, as a disk would."""
    connect = store_module.connect

    def limited(path, **how):
        connection = connect(path, **how)
        if path.parent.name == "store":
            connection.execute(pragma).fetchall()
        return connection

    monkeypatch.setattr(store_module, "connect", limited)


FAULTS = {
    break_by_reading_only: "read-only",
    break_by_filling_the_disk: "full",
    break_by_locking: "locked",
    break_by_damage: "damaged|no store of runs",
    break_by_deleting: "cannot be used",
}


@pytest.mark.parametrize("break_it", FAULTS, ids=lambda f: f.__name__)
def test_training_goes_on_where_the_store_fails_and_is_saved_elsewhere_whole(
    qtbot, opened, path, tmp_path, monkeypatch, break_it
):
    window = opened()
    train(qtbot, window)
    window.live.reset()
    let_go(qtbot)
    saved = losses(history_in(path, rows_in(path)[0]))
    said = []
    window.live.unkept.connect(said.append)
    held = break_it(monkeypatch, window, path)
    train(qtbot, window)  # a run that begins while the store has failed
    qtbot.waitUntil(lambda: bool(said), timeout=PATIENCE)
    train(qtbot, window)
    qtbot.wait(300)
    assert len(said) == 1, "it is said once"
    assert FAULTS[break_it] in said[0] or any(word in said[0] for word in FAULTS[break_it].split("|"))
    assert said[0] in window.strip.text
    assert "\n" not in window.strip.text
    assert "Error" not in window.strip.text
    other = tmp_path / "elsewhere" / "runs.sqlite"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(other), ""))
    choose(window, "save_elsewhere")
    qtbot.waitUntil(lambda: len(rows_so_far(other)) == 1, timeout=PATIENCE)
    train(qtbot, window)
    history = window.live.run.history
    window.live.reset()
    settle(qtbot, window)
    train(qtbot, window)
    window.close()
    assert len(said) == 1
    if held is not None:
        held.close()
    rows = rows_in(other)[::-1]
    assert len(rows) == 2, "later runs are kept there too"
    assert same(history_in(other, rows[0]), history)
    if break_it not in (break_by_damage, break_by_deleting):
        first = rows_in(path)[-1]
        assert np.array_equal(losses(history_in(path, first)), saved), "nothing that was stored is lost"


def test_a_store_that_fails_while_a_run_is_kept_gives_what_can_be_read_of_it(qtbot, opened, path, tmp_path, hasty):
    window = opened()
    train(qtbot, window, steps=9000)  # some of which are in the store alone
    qtbot.waitUntil(lambda: [row.steps for row in rows_so_far(path)] == [window.live.steps], timeout=PATIENCE)
    for file in path.parent.iterdir():
        file.unlink()
    with qtbot.waitSignal(window.live.unkept, timeout=PATIENCE):
        pass
    other = tmp_path / "other.sqlite"
    window.storage.move(other)
    qtbot.waitUntil(lambda: len(rows_so_far(other)) == 1, timeout=PATIENCE)
    train(qtbot, window)
    history = window.live.run.history
    window.close()
    (row,) = rows_in(other)
    assert row.steps == len(history.steps)
    with Store(other) as store:
        found = losses(store.history(row))
    assert np.array_equal(found, losses(history))


def test_a_place_that_cannot_be_written_is_told_and_the_choice_stays(qtbot, opened, tmp_path):
    window = opened()
    (tmp_path / "file").write_text("hello")
    window.storage.move(tmp_path / "file")
    assert "is no store of runs" in window.strip.text
    assert window.strip.findChild(QPushButton, "strip.save_elsewhere") is not None
    assert (tmp_path / "file").read_text() == "hello"


# runs that were cut off


def cut_off(path, name="Circle", steps=50, seconds=200.0, **changes):
    """Leave a run in the store as a process that was killed so long ago leaves it; return it and its history."""
    trainer = Trainer(CIRCLE.replace_all({"name": name, **changes}), device="cpu")
    keeper = Keeper.begin(path, trainer)
    keeper.after(trainer.advance(steps=steps))
    keeper.finish("")
    with Store(path) as store:
        row = store.row(keeper.recorder.row.uid)
        with store.change() as connection:
            change = "UPDATE runs SET owner = 'elsewhere:1', alive = 0, changed = changed - ? WHERE id = ?"
            connection.execute(change, (seconds, row.id))
        return row, store.history(row)


def test_a_run_that_was_cut_off_is_offered_and_goes_on_as_if_it_had_not_been(qtbot, opened, path):
    row, before = cut_off(path, **{"optimizer.lr": 0.02})
    window = opened()
    qtbot.waitUntil(lambda: "cut off" in window.strip.text, timeout=PATIENCE)
    assert window.strip.text == "Circle, step 50, was cut off 3 minutes ago."
    choose(window, "resume")
    qtbot.waitUntil(lambda: window.live.steps == 50, timeout=PATIENCE)
    settle(qtbot, window)
    assert not window.live.running
    assert window.session.experiment == row.experiment
    assert "step 50" in window.strip.text
    assert same(window.live.run.history, before)
    train(qtbot, window)
    history = window.live.run.history
    window.close()
    (after,) = rows_in(path)
    assert (after.uid, after.steps, after.outcome) == (row.uid, len(history.steps), "interrupted")
    assert same(history_in(path, after), history)
    trainer = Trainer(row.experiment, device="cpu")
    assert np.array_equal(trainer.advance(steps=len(history.steps)).loss, losses(history))


def test_the_others_that_were_cut_off_stay_offered_when_one_is_resumed(qtbot, opened, path, monkeypatch):
    monkeypatch.setattr("nnplayground.gui.strip.SAID_MS", 1)
    cut_off(path, "first", seconds=4000)
    cut_off(path, "second", seconds=100)
    window = opened()
    qtbot.waitUntil(lambda: "cut off" in window.strip.text, timeout=PATIENCE)
    window.strip.say("something else")
    qtbot.waitUntil(lambda: window.strip.text.startswith("second, step 50"), timeout=PATIENCE)
    choose(window, "resume")
    qtbot.waitUntil(lambda: window.live.steps == 50, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.strip.text == "first, step 50, was cut off an hour ago.", timeout=PATIENCE)
    choose(window, "refuse")
    window.strip.say("something else")
    with Store(path) as store:
        assert [row.name for row in store.killed()] == ["first"], "it is offered again at the next start"


def test_runs_that_were_cut_off_are_counted_and_left_one_by_one(qtbot, opened, path):
    cut_off(path, "first", seconds=4000)
    cut_off(path, "second", seconds=100)
    window = opened()
    qtbot.waitUntil(lambda: "cut off" in window.strip.text, timeout=PATIENCE)
    assert window.strip.text == "second, step 50, was cut off a minute ago. So was another run."
    choose(window, "leave")
    assert window.strip.text == "first, step 50, was cut off an hour ago."
    choose(window, "leave")
    assert "Left" in window.strip.text
    with Store(path) as store:
        assert store.killed() == []
        assert [row.outcome for row in store.rows()] == ["interrupted"] * 2


def test_a_run_whose_state_is_damaged_is_not_resumed_and_says_why(qtbot, opened, path):
    cut_off(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE states SET state = x'00'")
    connection.close()
    window = opened()
    qtbot.waitUntil(lambda: "cut off" in window.strip.text, timeout=PATIENCE)
    choose(window, "resume")
    qtbot.waitUntil(lambda: "cannot be resumed" in window.strip.text, timeout=PATIENCE)
    assert "damaged" in window.strip.text
    train(qtbot, window)
    assert window.live.run.experiment == CIRCLE


TRAINED = """
import sys
from pathlib import Path
from PySide6.QtCore import QSettings
from nnplayground.experiment import Experiment
from nnplayground.gui.app import application, make_window

app = application()
settings = QSettings(sys.argv[1], QSettings.Format.IniFormat)
window = make_window(Experiment.load(sys.argv[2]), settings, Path(sys.argv[3]))
window.live.rebuilt.connect(lambda _: window.live.set_running(True))
window.show()
app.exec()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such signal")
def test_a_window_that_is_killed_while_it_trains_leaves_a_run_that_the_next_one_resumes(qtbot, opened, tmp_path, path):
    experiment = CIRCLE.replace_all({"network.dropout": 0.1, "stopping.epochs": 1_000_000})
    experiment.save(tmp_path / "experiment.toml")
    command = [sys.executable, "-c", TRAINED, str(tmp_path / "first.ini"), str(tmp_path / "experiment.toml"), str(path)]
    process = subprocess.Popen(command, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    qtbot.waitUntil(lambda: [kept_until(path, row) > 100 for row in rows_so_far(path)] == [True], timeout=PATIENCE)
    process.kill()
    process.wait()
    (row,) = rows_in(path)
    assert row.was_killed
    window = opened()
    qtbot.waitUntil(lambda: "cut off just now" in window.strip.text, timeout=PATIENCE)
    choose(window, "resume")
    qtbot.waitUntil(lambda: window.session.experiment == experiment, timeout=PATIENCE)
    settle(qtbot, window)
    assert window.live.steps > 100
    train(qtbot, window)
    found = losses(window.live.run.history)[:2000]
    assert np.array_equal(Trainer(experiment, device="cpu").advance(steps=len(found)).loss, found)
