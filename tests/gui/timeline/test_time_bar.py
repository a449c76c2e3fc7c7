"""The time bar in its window: every moment of a run in every view, played, marked, gone on from."""

import sqlite3

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from nnplayground.engine.trainer import Trainer
from nnplayground.gui import app
from nnplayground.runs.store import Store
from tests.gui.stores import BASE, keep_run
from tests.gui.windows import PATIENCE, opening, settle

LONG = BASE.replace("stopping.epochs", 100_000)


@pytest.fixture(scope="session", autouse=True)
def _named_application(qapp):
    assert app.application() is qapp


@pytest.fixture
def open_window(qtbot, tmp_path):
    """Open windows; when they are closed, nothing of them goes on."""
    with opening(qtbot, tmp_path) as open_:
        yield lambda store=None, experiment=LONG: open_(experiment, store)


def train(qtbot, window, steps) -> None:
    window.live.thread_.take_steps(steps)
    settle(qtbot, window)
    assert window.live.steps >= steps


def arrive(qtbot, window, step) -> None:
    qtbot.waitUntil(lambda: window.stage.frame.moment == step and not window.stage.working, timeout=PATIENCE)


def go_to(qtbot, window, step) -> None:
    track = window.scrubbing.bar.track
    track.setValue([stop.step for stop in track.stops].index(step))
    arrive(qtbot, window, step)


def button(window, name) -> QToolButton:
    return window.findChild(QToolButton, f"timeline.{name}")


def losses(history, start, stop):
    return history.steps.curve("loss", start, stop, stop - start).mean


def test_the_bar_is_quiet_until_there_is_something_to_go_back_to(qtbot, open_window):
    window = open_window()
    bar = window.scrubbing.bar
    assert bar.isVisible()
    assert not bar.track.isEnabled()
    assert not bar.play.isEnabled()
    assert not button(window, "fork").isVisible()
    train(qtbot, window, 1)
    assert bar.track.isEnabled()
    assert [stop.step for stop in bar.track.stops] == [0, 1]
    assert not button(window, "now").isVisible()


def test_every_moment_shows_the_network_of_then_while_curves_stay_whole(qtbot, open_window):
    window = open_window()
    train(qtbot, window, 100)
    twin = Trainer(LONG, device="cpu", executor="eager")
    history = window.live.run.history
    go_to(qtbot, window, 40)
    twin.advance(steps=40)
    frame = window.stage.frame
    np.testing.assert_allclose(frame.snapshot.parameters, twin.snapshot().parameters, atol=1e-5)
    assert frame.history is history
    needed = frozenset().union(*(view.needs(frame) for view in window.views if view.isVisible()))
    assert frame.readings.keys() & needed
    window.draw()
    loss = next(view for view in window.views if view.name == "loss")
    assert loss.plot.notes.moment == 40
    assert window.live.frame.snapshot.step == 100
    button(window, "now").click()
    window.draw()
    assert window.stage.frame is window.live.frame
    assert loss.plot.notes.moment is None


def test_keys_go_from_moment_to_moment_and_what_is_shown_is_told(qtbot, open_window):
    window = open_window()
    train(qtbot, window, 64)
    track = window.scrubbing.bar.track
    steps = [stop.step for stop in track.stops]
    assert track.accessibleName() == "Moment of the run"
    QTest.keyClick(track, Qt.Key.Key_Left)
    arrive(qtbot, window, steps[-2])
    QTest.keyClick(track, Qt.Key.Key_PageDown)
    arrive(qtbot, window, steps[-12])
    QTest.keyClick(track, Qt.Key.Key_Right)
    arrive(qtbot, window, steps[-11])
    assert track.accessibleDescription().startswith(f"step {steps[-11]} · epoch")
    assert "loss" in track.accessibleDescription()
    QTest.keyClick(track, Qt.Key.Key_Home)
    arrive(qtbot, window, 0)
    QTest.keyClick(track, Qt.Key.Key_End)
    assert window.stage.frame is window.live.frame
    QTest.keyClick(track, Qt.Key.Key_Left)
    arrive(qtbot, window, steps[-2])
    assert button(window, "now").isVisible()
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.stage.step is None, timeout=PATIENCE)


def test_dragging_shows_the_latest_place_and_none_piles_up(qtbot, open_window):
    window = open_window()
    train(qtbot, window, 300)
    track, shown = window.scrubbing.bar.track, []
    window.stage.moved.connect(lambda: shown.append(window.stage.frame.moment))
    at = [QPoint(round(track.place(i)), track.height() // 2) for i in range(len(track.stops))]
    QTest.mousePress(track, Qt.MouseButton.LeftButton, pos=at[0])
    for place in at[:-1]:
        QTest.mouseMove(track, place)
    last = track.stops[-2].step
    arrive(qtbot, window, last)
    QTest.mouseRelease(track, Qt.MouseButton.LeftButton, pos=at[-2])
    assert shown[-1] == last
    assert len(shown) < len(at) / 2
    assert window.stage.step == last


def test_what_comes_while_the_handle_is_held_is_shown_when_it_is_let_go(qtbot, open_window):
    window = open_window()
    train(qtbot, window, 20)
    track = window.scrubbing.bar.track
    place = QPoint(round(track.place(5)), track.height() // 2)
    QTest.mousePress(track, Qt.MouseButton.LeftButton, pos=place)
    held = track.stops
    train(qtbot, window, 20)
    assert track.stops == held
    QTest.mouseRelease(track, Qt.MouseButton.LeftButton, pos=place)
    assert track.stops[-1].step == 40
    assert track.stops[track.value()].step == held[5].step


def test_training_goes_on_unseen_and_the_bar_leads_back_to_it(qtbot, open_window):
    window = open_window()
    train(qtbot, window, 50)
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.steps > 60, timeout=PATIENCE)
    assert window.scrubbing.bar.track.value() == window.scrubbing.bar.track.maximum()
    go_to(qtbot, window, 20)
    frame, steps = window.stage.frame, window.live.steps
    qtbot.waitUntil(lambda: window.live.steps > steps, timeout=PATIENCE)
    assert window.stage.frame.snapshot is frame.snapshot
    assert window.scrubbing.bar.track.stops[window.scrubbing.bar.track.value()].step == 20
    button(window, "now").click()
    assert window.stage.running
    window.live.set_running(False)
    settle(qtbot, window)


def test_the_best_and_marked_moments_are_told_apart_and_kept(qtbot, open_window):
    window = open_window()
    train(qtbot, window, 100)
    window.draw()
    window.output.mark()
    settle(qtbot, window)
    train(qtbot, window, 100)
    stops = {stop.step: stop for stop in window.scrubbing.bar.track.stops}
    assert "marked" in stops[100].why
    assert stops[100].whole
    assert window.scrubbing.words(stops[100]).endswith("marked")
    best = next(step for step, stop in stops.items() if "best" in stop.why)
    button(window, "best").click()
    if best < 200:
        arrive(qtbot, window, best)
    track = window.scrubbing.bar.track
    with_flags, flagged = track.grab().toImage(), track.stops
    track.show_stops([type(stop)(stop.step, stop.epoch, frozenset(), stop.whole) for stop in flagged], track.value())
    assert track.grab().toImage() != with_flags


def test_a_run_goes_on_from_a_moment_to_the_bit(qtbot, open_window):
    window = open_window()
    train(qtbot, window, 400)
    unbroken = window.live.run.history
    steps = [stop.step for stop in window.scrubbing.bar.track.stops]
    half = min(steps, key=lambda step: abs(step - 200))
    go_to(qtbot, window, half)
    button(window, "fork").click()
    qtbot.waitUntil(lambda: window.live.run.history is not unbroken, timeout=PATIENCE)
    settle(qtbot, window)
    assert f"from step {half} of the one before" in window.strip.text
    assert "afresh" not in window.strip.text
    assert window.stage.step is None
    assert window.live.steps == half
    assert [stop.step for stop in window.scrubbing.bar.track.stops] == [step for step in steps if step <= half]
    train(qtbot, window, 400 - half)
    history = window.live.run.history
    assert len(history.steps) == 400
    for name in history.steps.names:
        mine, theirs = (h.steps.curve(name, 0, 400, 400).mean for h in (history, unbroken))
        assert np.array_equal(mine, theirs), name
    for name in history.epochs.names:
        mine, theirs = (h.epochs.curve(name, 0, 100, 100).mean for h in (history, unbroken))
        assert np.array_equal(mine, theirs, equal_nan=True), name


def test_where_only_the_network_was_kept_that_is_said_before_and_after(qtbot, open_window):
    window = open_window()
    train(qtbot, window, 100)
    moments = window.live.built.moments
    moments._kept[40] = type(moments.at(40))(moments.at(40).snapshot, LONG)
    moments.version += 1
    window.scrubbing.refresh()
    go_to(qtbot, window, 40)
    assert button(window, "fork").text() == "Continue, fresh optimizer"
    assert "Only the network" in button(window, "fork").toolTip()
    network = window.stage.frame.snapshot
    button(window, "fork").click()
    qtbot.waitUntil(lambda: window.live.steps == 40, timeout=PATIENCE)
    settle(qtbot, window)
    assert "optimizer begins afresh" in window.strip.text
    assert np.array_equal(window.live.frame.snapshot.parameters, network.parameters)
    train(qtbot, window, 10)
    assert window.live.steps == 50


def test_a_fork_is_a_run_of_its_own_in_the_store_and_says_whence_it_came(qtbot, open_window, tmp_path):
    path = tmp_path / "runs.sqlite"
    window = open_window(path)
    train(qtbot, window, 200)
    unbroken = window.live.run.history
    go_to(qtbot, window, 120)
    button(window, "fork").click()
    qtbot.waitUntil(lambda: window.live.run.history is not unbroken, timeout=PATIENCE)
    settle(qtbot, window)
    assert "from step 120 of run 1" in window.strip.text
    train(qtbot, window, 80)
    window.close()
    with Store(path, writable=False) as store:
        child, parent = store.rows()
        assert (child.parent, child.parent_step, child.steps) == (parent.uid, 120, 200)
        mine, theirs = store.history(child), store.history(parent)
        assert np.array_equal(losses(mine, 0, 200), losses(theirs, 0, 200))
        assert np.array_equal(losses(theirs, 0, 200), losses(unbroken, 0, 200))
        assert {0, 120, 200} <= store.whole(child)


# a run of the store


def show(qtbot, window, path, number=1) -> None:
    with Store(path, writable=False) as store:
        row = store.row(str(number))
    window.stage.show(path, row)
    qtbot.waitUntil(lambda: window.stage.kept is not None and not window.stage.working, timeout=PATIENCE)


@pytest.fixture
def kept(tmp_path):
    path = tmp_path / "kept.sqlite"
    return path, keep_run(path, 60, **{"stopping.epochs": 100_000})


def test_a_kept_run_goes_on_from_its_last_moment_to_the_bit(qtbot, open_window, kept):
    path, trainer = kept
    window = open_window()
    show(qtbot, window, path)
    assert button(window, "fork").isVisible()
    assert not button(window, "now").isVisible()
    button(window, "fork").click()
    qtbot.waitUntil(lambda: window.live.steps == 60, timeout=PATIENCE)
    settle(qtbot, window)
    assert window.stage.kept is None
    assert window.session.experiment == trainer.experiment
    rest = trainer.advance(steps=40)
    train(qtbot, window, 40)
    np.testing.assert_allclose(losses(window.live.run.history, 60, 100), rest.loss, rtol=1e-4)


def test_a_moment_of_a_kept_run_is_marked_in_its_store(qtbot, open_window, kept):
    path, _ = kept
    window = open_window()
    show(qtbot, window, path)
    go_to(qtbot, window, 0)
    window.draw()
    window.output.mark()
    track = window.scrubbing.bar.track
    qtbot.waitUntil(lambda: "marked" in track.stops[0].why, timeout=PATIENCE)
    assert track.value() == 0
    with Store(path, writable=False) as store:
        assert (0, 0, "marked") in store.snapshots(store.row("1"))


def test_a_store_that_vanishes_is_told_in_a_line_and_the_bar_stays_usable(qtbot, open_window, kept):
    path, _ = kept
    window = open_window()
    show(qtbot, window, path)
    track, aside = window.scrubbing.bar.track, path.with_name("aside.sqlite")
    path.rename(aside)
    track.setValue(0)
    qtbot.waitUntil(lambda: "Step 0 cannot be shown" in window.strip.text, timeout=PATIENCE)
    assert track.stops[track.value()].step == 60
    aside.rename(path)
    track.setValue(0)
    arrive(qtbot, window, 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [("UPDATE snapshots SET network = x'00'", "damaged"), ("DELETE FROM runs", "no network of run 1 was kept")],
)
def test_a_damaged_network_and_a_deleted_run_are_told_in_a_line(qtbot, open_window, kept, change, said):
    path, _ = kept
    window = open_window()
    show(qtbot, window, path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute(change)
    connection.close()
    window.scrubbing.bar.track.setValue(0)
    qtbot.waitUntil(lambda: said in window.strip.text, timeout=PATIENCE)
    button(window, "fork").click()
    qtbot.waitUntil(lambda: not window.scrubbing._study.working, timeout=PATIENCE)
    assert window.stage.kept is not None
    assert window.scrubbing.bar.track.isEnabled()


# playing


def test_a_run_is_played_from_its_beginning_to_now_and_stops_there(qtbot, open_window):
    window = open_window()
    train(qtbot, window, 30)
    bar = window.scrubbing.bar
    now = [0.0]
    bar.playback._clock = lambda: now[0]
    button(window, "play").click()
    assert bar.track.value() == 0
    assert bar.playback.running
    count = len(bar.track.stops)
    for i in range(1, count):
        now[0] += 0.25
        bar.playback.look()
        assert bar.track.value() == i
    assert not bar.playback.running
    assert not bar.playback.timer.isActive()
    assert window.stage.step is None


def test_another_place_and_a_second_click_stop_playing(qtbot, open_window):
    window = open_window()
    train(qtbot, window, 30)
    bar = window.scrubbing.bar
    button(window, "play").click()
    button(window, "play").click()
    assert not bar.playback.running
    button(window, "play").click()
    QTest.mousePress(bar.track, Qt.MouseButton.LeftButton, pos=QPoint(round(bar.track.place(3)), 10))
    QTest.mouseRelease(bar.track, Qt.MouseButton.LeftButton)
    assert not bar.playback.running
    button(window, "play").click()
    assert bar.playback.running
    bar.speed.choose("16")
    bar.speed.changed.emit()
    assert bar.playback.speed == 16.0
    assert "64 moments a second" in bar.speed.toolTip()
