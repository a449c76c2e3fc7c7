"""The race in its window: asked for by key or by a knob's menu, watched, decided, left; nothing of it stays behind."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QSettings, Qt, QTimer
from PySide6.QtWidgets import QMenu, QPushButton, QToolButton

from nnplayground.engine import Trainer
from nnplayground.experiment import Experiment
from nnplayground.gui import app, theme
from nnplayground.gui.numbers import format_number
from nnplayground.gui.race.popover import ForkPopover
from nnplayground.gui.window import MainWindow
from nnplayground.runs.store import Store
from tests.gui.stores import keep_run

PATIENCE = 60_000  # ms
SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 100, "network.layers": [4, 3]})
RATE = SMALL.optimizer.lr


@pytest.fixture(scope="session", autouse=True)
def _named_application(qapp):
    assert app.application() is qapp


def own_threads() -> set[str]:
    return {thread.name for thread in threading.enumerate() if not thread.name.startswith("Dummy")}


@pytest.fixture
def window(qtbot, tmp_path):
    before = own_threads()
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    made = MainWindow(SMALL, settings, theme_name="light")
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(lambda: made.live.built is not None, timeout=PATIENCE)
    settle(qtbot, made)
    yield made
    made.close()
    assert made.live.thread_.isFinished()
    assert not [timer for timer in made.live.findChildren(QTimer) if timer.isActive()]
    assert own_threads() == before


def settle(qtbot, window) -> None:
    qtbot.waitUntil(lambda: not window.live.thread_.busy, timeout=PATIENCE)
    window.live.take()


def step(qtbot, window, steps: int) -> None:
    for _ in range(steps):
        window.actions_["step"].trigger()
    settle(qtbot, window)


def asked(qtbot, window, path: str = "") -> ForkPopover:
    """The little window that the command opens, at a knob."""
    window.actions_["fork"].trigger()
    popover = window.findChild(ForkPopover)
    if path:
        popover.choice.setCurrentIndex(popover.choice.findData(path))
    return popover


def race(qtbot, window, path: str = "", value=None) -> None:
    popover = asked(qtbot, window, path)
    if value is not None:
        popover.row.editor.edited.emit(value)
    qtbot.mouseClick(popover.findChild(QPushButton, "fork.go"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.live.racing.forked is not None, timeout=PATIENCE)
    settle(qtbot, window)


def losses(history) -> np.ndarray:
    return history.steps.curve("loss", points=10**6).mean


def test_the_learning_rate_is_offered_first_at_a_third(qtbot, window):
    popover = asked(qtbot, window)
    assert popover.path == "optimizer.lr"
    assert popover.value == pytest.approx(RATE / 3, rel=0.02)
    popover.close()


def test_the_knob_touched_last_is_offered(qtbot, window):
    window.session.edit("regularization.l2", 0.01)
    settle(qtbot, window)
    popover = asked(qtbot, window)
    assert popover.path == "regularization.l2"
    popover.close()


def test_every_knob_of_the_panel_can_be_raced(qtbot, window):
    popover = asked(qtbot, window)
    offered = [popover.choice.itemData(i) for i in range(popover.choice.count())]
    assert sorted(offered) == sorted(window.panel.rows)
    for i in range(popover.choice.count()):
        popover.choice.setCurrentIndex(i)
        assert popover.row.field.path == offered[i]
    popover.close()


def test_a_knobs_menu_asks_for_a_race_of_that_knob(qtbot, window):
    row = window.panel.row("optimizer.lr")
    window.panel.customContextMenuRequested.emit(row.label.mapTo(window.panel, QPoint(3, 3)))
    menu = window.panel.findChild(QMenu, "experiment.menu")
    (action,) = menu.actions()
    action.trigger()
    menu.close()
    assert window.findChild(ForkPopover).path == "optimizer.lr"
    window.findChild(ForkPopover).close()


def test_a_value_that_is_refused_is_said_at_the_knob(qtbot, window):
    popover = asked(qtbot, window, "batches.size")
    before = popover.value
    popover.row.editor.edited.emit(1_000_000)
    assert "batches.size = 1000000" in popover.row.message.text()
    assert popover.value == before
    popover.close()


def test_a_race_is_seen_with_both_values_curves_and_numbers(qtbot, window):
    step(qtbot, window, 7)
    assert not window.docks["race"].isVisible()
    race(qtbot, window, "optimizer.lr", 0.002)
    assert window.docks["race"].isVisible()
    window.actions_["epoch"].trigger()
    settle(qtbot, window)
    window.actions_["epoch"].trigger()
    settle(qtbot, window)
    window.draw()
    view, racing = window.race, window.live.racing
    assert view.sides["one"].title._words == f"A · learning rate {RATE:g}"
    assert view.sides["other"].title._words == "B · learning rate 0.002"
    assert "Parted at step 7" in view.caption._words
    one, other = window.live.frame, racing.frame
    assert one.snapshot.step == other.snapshot.step == len(other.history.steps) > 7
    assert set(one.readings) & set(other.readings) == set(other.readings) != set()
    for side, frame in (("one", one), ("other", other)):
        _, number = view.sides[side].numbers["train"]
        assert float(number._words) == pytest.approx(frame.history.epochs.last("train_loss"), rel=5e-3)
    for line in view.curves._lines.values():
        assert line.curve is not None
        assert len(line.curve.x) == len(one.history.epochs)
    gap = view.curves.gaps["train_loss"]
    means = [frame.history.epochs.curve("train_loss").mean for frame in (one, other)]
    np.testing.assert_allclose(gap.mean, means[1] - means[0], rtol=1e-5, atol=1e-8)


def test_keeping_the_twin_makes_it_the_run_in_hand_and_its_knob_the_panels(qtbot, window):
    step(qtbot, window, 7)
    race(qtbot, window, "optimizer.lr", 0.002)
    step(qtbot, window, 5)
    keep = window.race.findChild(QToolButton, "race.other.keep")
    qtbot.mouseClick(keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.live.racing.forked is None, timeout=PATIENCE)
    settle(qtbot, window)
    assert window.session.experiment == SMALL.replace("optimizer.lr", 0.002)
    assert not window.docks["race"].isVisible()
    assert window.docks["loss"].isVisible()
    step(qtbot, window, 5)
    alone = Trainer(SMALL, device="cpu")
    first = alone.advance(steps=7).loss
    alone.retune(SMALL.replace("optimizer.lr", 0.002))
    assert np.array_equal(losses(window.live.run.history), np.concatenate([first, alone.advance(steps=10).loss]))
    (mark,) = window.live.run.history.marks
    assert (mark.step, mark.text) == (7, f"learning rate {RATE:g} → 0.002")
    assert "B is the run in hand now" in window.strip.text


def keep_twin(qtbot, window) -> None:
    qtbot.mouseClick(window.race.findChild(QToolButton, "race.other.keep"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.live.racing.forked is None, timeout=PATIENCE)
    settle(qtbot, window)


def undo(qtbot, window) -> None:
    window.actions_["undo"].trigger()
    settle(qtbot, window)


@pytest.mark.parametrize(("path", "value", "before"), [("optimizer.lr", 0.002, 7), ("batches.size", 5, 0)])
def test_undo_after_keeping_the_twin_brings_back_the_other_as_it_was_then(qtbot, window, path, value, before):
    step(qtbot, window, 7)
    race(qtbot, window, path, value)
    step(qtbot, window, 5)
    keep_twin(qtbot, window)
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.steps > before + 25, timeout=PATIENCE)
    undo(qtbot, window)
    assert window.session.experiment == window.live.run.experiment == SMALL
    assert not window.live.running
    assert f"from step {before + 5} of the one before, paused" in window.strip.text
    step(qtbot, window, 6)
    expected = Trainer(SMALL, device="cpu").advance(steps=before + 11).loss
    assert np.array_equal(losses(window.live.run.history), expected)


def test_undo_takes_back_later_edits_first_and_a_knob_turned_back_by_hand_brings_no_one_back(qtbot, window):
    step(qtbot, window, 7)
    race(qtbot, window, "optimizer.lr", 0.002)
    step(qtbot, window, 5)
    keep_twin(qtbot, window)
    window.session.edit("optimizer.lr", RATE)
    settle(qtbot, window)
    weights = window.live.frame.snapshot.parameters
    undo(qtbot, window)
    assert window.session.experiment.optimizer.lr == 0.002
    assert np.array_equal(window.live.frame.snapshot.parameters, weights), "of the twin"
    undo(qtbot, window)
    assert window.session.experiment == SMALL
    alone = Trainer(SMALL, device="cpu")
    alone.advance(steps=12)
    assert np.array_equal(window.live.frame.snapshot.parameters, alone.snapshot().parameters)
    assert not np.array_equal(alone.snapshot().parameters, weights)


def test_after_keeping_a_undo_is_that_of_the_edit_before(qtbot, window):
    window.session.edit("regularization.l2", 0.01)
    settle(qtbot, window)
    race(qtbot, window, "optimizer.lr", 0.002)
    step(qtbot, window, 3)
    qtbot.mouseClick(window.race.findChild(QToolButton, "race.one.keep"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.live.racing.forked is None, timeout=PATIENCE)
    built = window.live.built
    undo(qtbot, window)
    assert window.session.experiment == SMALL
    assert window.live.built is built


def test_ending_the_race_keeps_the_run_in_hand(qtbot, window):
    step(qtbot, window, 3)
    race(qtbot, window, "optimizer.lr", 0.002)
    step(qtbot, window, 3)
    qtbot.mouseClick(window.race.findChild(QToolButton, "race.end"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.live.racing.forked is None, timeout=PATIENCE)
    step(qtbot, window, 2)
    assert window.session.experiment == SMALL
    assert np.array_equal(losses(window.live.run.history), Trainer(SMALL, device="cpu").advance(steps=8).loss)
    assert "A goes on alone" in window.strip.text


def test_hidden_nothing_is_asked_of_either(qtbot, window):
    race(qtbot, window, "optimizer.lr", 0.002)
    step(qtbot, window, 2)
    assert window.live.thread_._mail.orders.twin_requests
    window.docks["race"].hide()
    assert window.live.thread_._mail.orders.twin_requests == frozenset()
    before = window.live.racing.frame.snapshot
    step(qtbot, window, 2)
    assert window.live.racing.frame.snapshot is before
    window.docks["race"].show()
    settle(qtbot, window)
    qtbot.waitUntil(lambda: window.live.racing.frame.snapshot.step == 4, timeout=PATIENCE)


@pytest.mark.parametrize("data", ["wave", "plane", "blobs", "wine", "digits"])
def test_data_of_any_kind_are_raced_with_the_output_views_pictures(qtbot, window, data):
    window.session.edit("data.kind", data)
    qtbot.waitUntil(lambda: window.live.frame.experiment == window.live.run.experiment, timeout=PATIENCE)
    settle(qtbot, window)
    race(qtbot, window, "network.activation", "relu")
    assert "this knob builds the network anew" in window.race.caption._words
    step(qtbot, window, 3)
    window.draw()
    shown = window.output.choice(window.live.frame.dataset).picture
    for side in window.race.sides.values():
        assert [name for name, picture in side._pictures.items() if picture.isVisible()] == [shown]
    assert window.race.sides["other"].title._words.endswith("ReLU")


def test_a_new_data_set_is_raced_on_from_the_start(qtbot, window):
    step(qtbot, window, 3)
    race(qtbot, window, "optimizer.lr", 0.002)
    step(qtbot, window, 3)
    window.session.edit("data.kind", "xor")
    qtbot.waitUntil(lambda: window.live.racing.frame.experiment.data.kind == "xor", timeout=PATIENCE)
    settle(qtbot, window)
    step(qtbot, window, 4)
    assert len(window.live.run.history.steps) == len(window.live.racing.frame.history.steps) == 4


def test_one_that_diverges_is_said_and_the_other_goes_on(qtbot, window):
    steep = {"data.kind": "plane", "network.activation": "identity", "optimizer.kind": "sgd", "loss.kind": "mse"}
    window.session.replace(SMALL.replace_all(steep))
    qtbot.waitUntil(lambda: window.live.run.experiment.data.kind == "plane", timeout=PATIENCE)
    settle(qtbot, window)
    race(qtbot, window, "optimizer.lr", 10.0)
    window.live.set_running(True)
    qtbot.waitUntil(lambda: bool(window.live.racing.verdicts["other"]), timeout=PATIENCE)
    before = len(window.live.run.history.steps)
    qtbot.waitUntil(lambda: len(window.live.run.history.steps) > before + 20, timeout=PATIENCE)
    assert window.live.running
    window.draw()
    assert "diverged at step" in window.race.sides["other"].verdict._words
    assert window.live.racing.verdicts["one"] == ""


def test_a_race_is_drawn_in_every_theme(qtbot, window):
    race(qtbot, window, "optimizer.lr", 0.002)
    step(qtbot, window, 20)
    for name in theme.NAMES:
        window.set_theme(name)
        window.draw()
        assert not window.race.grab().isNull()
    assert len(window.race.curves._lines) == 4


def test_the_window_is_closed_in_the_midst_of_a_race(qtbot, window):
    race(qtbot, window, "optimizer.lr", 0.002)
    window.actions_["run"].trigger()
    qtbot.waitUntil(lambda: len(window.live.racing.frame.history.steps) > 10, timeout=PATIENCE)
    window.close()
    assert window.live.thread_.isFinished()


def test_the_plots_give_way_to_the_race_and_come_back_as_they_were(qtbot, window):
    window.docks["update_ratio"].raise_()
    before = {name: dock.size() for name, dock in window.docks.items() if dock.isVisible()}
    race(qtbot, window, "optimizer.lr", 0.002)
    assert not window.docks["loss"].isVisible()
    window.actions_["runs"].trigger()
    qtbot.waitUntil(lambda: window.docks["runs"] in window.tabifiedDockWidgets(window.docks["race"]), timeout=PATIENCE)
    window.actions_["runs"].trigger()
    qtbot.mouseClick(window.race.findChild(QToolButton, "race.end"), Qt.MouseButton.LeftButton)
    names = ("loss", "histograms", "network", "output")
    kept = [window.docks[name] for name in names if name in before]
    qtbot.waitUntil(lambda: all(dock.size() == before[dock.objectName()[5:]] for dock in kept), timeout=PATIENCE)
    assert not window.docks["update_ratio"].visibleRegion().isEmpty(), "what was in front is in front"


@pytest.mark.parametrize("side", ["one", "other"])
def test_while_a_kept_run_is_shown_the_race_is_of_the_run_in_hand_and_says_so(qtbot, window, tmp_path, side):
    keep_run(tmp_path / "runs.sqlite", 7, **{"network.layers": [5, 2], "optimizer.lr": 0.3})
    with Store(tmp_path / "runs.sqlite") as store:
        (row,) = store.rows()
    step(qtbot, window, 3)
    race(qtbot, window, "optimizer.lr", 0.002)
    window.draw()
    alone = window.race.caption.accessibleName()
    window.stage.show(tmp_path / "runs.sqlite", row)
    qtbot.waitUntil(lambda: window.stage.kept is not None and not window.stage.working, timeout=PATIENCE)
    window.live.take_epoch()
    qtbot.waitUntil(lambda: len(window.live.racing.frame.history.epochs) == 1, timeout=PATIENCE)
    settle(qtbot, window)
    window.draw()
    assert len(window.stage.frame.history.steps) == 7
    assert window.race.caption.accessibleName().startswith("This is the run in hand")
    assert window.race.caption.accessibleName().endswith(alone)
    assert "0.01" in window.race.sides["one"].title.accessibleName()
    for name, history in (("one", window.live.run.history), ("other", window.live.racing.frame.history)):
        expected = format_number(history.epochs.last("validation_loss"), 3)
        assert window.race.sides[name].numbers["validation"][1].accessibleName() == expected
    qtbot.mouseClick(window.race.sides[side].keep, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: window.live.racing.forked is None, timeout=PATIENCE)
    settle(qtbot, window)
    window.stage.leave()
    window.draw()
    assert window.live.steps == window.live.built.steps_per_epoch
    assert window.session.experiment.optimizer.lr == (0.01 if side == "one" else 0.002)


def test_a_layout_is_remembered_without_its_race(qtbot, window, tmp_path):
    race(qtbot, window, "optimizer.lr", 0.002)
    window.close()
    settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    again = MainWindow(SMALL, settings, theme_name="light")
    qtbot.addWidget(again)
    again.show()
    assert not again.docks["race"].isVisible()
    assert again.docks["loss"].isVisible()
    again.close()
