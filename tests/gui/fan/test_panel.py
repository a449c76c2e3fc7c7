"""A fan in the window: asked for at a knob, trained beside the run in hand, taken over by a click, left at once."""

import subprocess
import sys

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QToolButton

from nnplayground.engine import Trainer
from nnplayground.experiment import Experiment
from nnplayground.gui import theme
from nnplayground.gui.fan.panel import FanPanel
from nnplayground.runs.store import Store

PATIENCE = 60_000  # ms
SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 100, "network.layers": [4, 3]})
LONG = 1_000_000  # epochs: longer than any test waits


@pytest.fixture
def window(qtbot, app, open_main, tmp_path):
    with open_main(SMALL, tmp_path / "settings.ini") as made:
        qtbot.addWidget(made)
        qtbot.waitUntil(lambda: made.live.built is not None, timeout=PATIENCE)
        yield made
    assert not [timer for timer in made.findChildren(QTimer) if timer.isActive()]


@pytest.fixture
def panel(qtbot, app):
    """A fan's window alone."""
    light = theme.load("light")
    theme.apply(app, light)
    made = FanPanel(light)
    qtbot.addWidget(made)
    yield made
    made.close()
    made.study.close()


def fan(window, path) -> FanPanel:
    """The fan that a knob's button opens."""
    window.panel.row(path).findChild(QToolButton, f"{path}.fan").click()
    return window.fans.panel


def ended(qtbot, panel):
    qtbot.waitUntil(lambda: not panel.study.working, timeout=PATIENCE)


def trained(qtbot, panel, epochs=3):
    """Start, and wait until it has come to its end."""
    panel.form.length.setValue(epochs)
    panel.form.start.click()
    assert panel.study.working
    ended(qtbot, panel)
    return panel.outcome


def test_a_rates_fan_is_trained_and_a_click_takes_a_value_over_to_be_undone(qtbot, window):
    panel = fan(window, "optimizer.lr")
    assert panel.isVisible()
    panel.form.count.setValue(5)
    outcome = trained(qtbot, panel)
    assert outcome.plan.values == (1e-4, 1e-3, 0.01, 0.1, 1.0)
    for value, tile in enumerate(panel.multiples.tiles):
        trainer = Trainer(outcome.plan.member(value), device="cpu")
        trainer.advance(epochs=3)
        trainer.restore_best()
        assert outcome.median(value, "validation_loss") == pytest.approx(trainer.evaluate().validation_loss, rel=1e-4)
        assert tile.accessibleName().startswith(tile.title)
    assert "of each one's best epoch" in panel.status.text()
    assert [tile.value for tile in panel.multiples.tiles if tile.is_now] == [2]
    assert [tile.value for tile in panel.multiples.tiles if tile.is_best] == [outcome.best()]
    QTest.mouseClick(panel.multiples.tiles[3], Qt.MouseButton.LeftButton)
    assert window.session.experiment.optimizer.lr == 0.1
    assert [tile.value for tile in panel.multiples.tiles if tile.is_now] == [3]
    assert panel.notice.isHidden()
    QTest.keyClick(panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.experiment == SMALL


def test_the_window_opens_without_what_a_fan_is_made_of():
    code = (
        "import sys, nnplayground.gui.window; print([m for m in sys.modules if m.startswith('nnplayground.gui.fan.')])"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "['nnplayground.gui.fan.opening']"


def test_data_sets_are_fanned_out_in_one_task_and_those_that_need_a_file_are_left_out(qtbot, window):
    QTest.keyClick(window.panel.row("data.kind").pictures["circle"], Qt.Key.Key_F2)
    panel = window.fans.panel
    kinds = [value for value, _ in panel.form.chips]
    assert {"circle", "spiral", "iris", "digits"} <= set(kinds)
    assert not {"sine", "plane", "table", "folder", "drawn"} & set(kinds)
    for value, chip in panel.form.chips:
        chip.setChecked(value in ("circle", "blobs"))
    outcome = trained(qtbot, panel, 2)
    assert {len(outcome.datasets[value].class_names) for value in range(2)} == {2, 4}
    panel.multiples.tiles[outcome.plan.values.index("blobs")].click()
    assert window.session.experiment.data.kind == "blobs"


def test_enter_on_a_tile_takes_its_value_over(qtbot, window):
    panel = fan(window, "network.activation")
    trained(qtbot, panel, 1)
    names = [tile.title for tile in panel.multiples.tiles]
    QTest.keyClick(panel.multiples.tiles[names.index("ReLU")], Qt.Key.Key_Return)
    assert window.session.experiment.network.activation == "relu"


def test_a_press_on_a_point_takes_its_value_over(qtbot, window):
    panel = fan(window, "network.layers")
    outcome = trained(qtbot, panel, 2)
    x, y, which = panel.against.points
    last = len(outcome.plan.values) - 1
    at = next(i for i in range(len(x)) if which[i] == last)
    place = panel.against.box.mapViewToScene(QPointF(x[at], y[at]))
    assert panel.against.value_at(place) == last
    QTest.mouseClick(panel.against.viewport(), Qt.MouseButton.LeftButton, pos=place.toPoint())
    qtbot.waitUntil(lambda: window.session.experiment.network.layers == outcome.plan.values[last], timeout=PATIENCE)


def test_a_fan_over_seeds_has_one_median_and_all_its_networks(qtbot, window):
    window.actions_["fan_seeds"].trigger()
    panel = window.fans.panel
    panel.form.count.setValue(3)
    outcome = trained(qtbot, panel)
    assert [line[0] for line in panel.curves.lines] == ["median"]
    assert len(panel.curves.pale) == 3
    panel.multiples.tiles[2].click()
    seeds = window.session.experiment.seeds
    assert seeds.model_dump() == outcome.plan.values[2]


def test_the_run_in_hand_is_paused_while_a_fan_trains_and_goes_on_after_it(qtbot, window):
    window.live.set_running(True)
    panel = fan(window, "optimizer.lr")
    panel.form.length.setValue(LONG)
    panel.form.start.click()
    assert not window.live.running
    assert panel.form.start.text() == "Stop"
    qtbot.waitUntil(lambda: panel.outcome.members[0][0].taken > 0, timeout=PATIENCE)
    panel.form.start.click()
    ended(qtbot, panel)
    assert window.live.running
    assert panel.form.start.text() == "Start"
    assert panel.outcome.best() is not None


def test_a_run_that_stood_still_does_not_begin_after_a_fan(qtbot, window):
    trained(qtbot, fan(window, "optimizer.lr"), 1)
    assert not window.live.running


def test_closing_the_fan_while_it_trains_ends_its_thread(qtbot, window):
    panel = fan(window, "optimizer.lr")
    panel.form.length.setValue(LONG)
    panel.form.start.click()
    qtbot.waitUntil(lambda: panel.outcome.members[0][0].taken > 0, timeout=PATIENCE)
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    ended(qtbot, panel)
    assert not panel.timer.isActive()


def test_closing_the_window_while_a_fan_trains_leaves_nothing(qtbot, window):
    panel = fan(window, "optimizer.lr")
    panel.form.length.setValue(LONG)
    panel.form.start.click()
    qtbot.waitUntil(lambda: panel.outcome.members[0][0].taken > 0, timeout=PATIENCE)
    window.close()
    assert not panel.study.working
    assert not panel.isVisible()


def test_a_fan_says_when_the_experiment_has_become_another(qtbot, window):
    panel = fan(window, "optimizer.lr")
    trained(qtbot, panel, 1)
    window.session.edit("optimizer.lr", 0.5)
    assert panel.notice.isHidden()
    window.session.edit("network.layers", [2])
    assert not panel.notice.isHidden()
    assert "learning rate" in panel.notice.text()
    window.session.undo()
    assert panel.notice.isHidden()


def test_a_refused_value_is_named_and_cannot_be_taken_over(qtbot, window):
    panel = fan(window, "batches.size")
    panel.form.high.setText("400")
    outcome = trained(qtbot, panel, 1)
    refused = max(outcome.refusals)
    assert "400 is refused: batches.size = 400" in panel.problems.text()
    panel.multiples.tiles[refused].click()
    assert window.session.experiment == SMALL
    assert "refused" in panel.multiples.tiles[refused].accessibleName()


@pytest.mark.parametrize(
    ("low", "high", "word"), [("0.1", "0.1", "no range"), ("1", "0.1", "no range"), ("x", "1", "not a number")]
)
def test_ends_that_make_no_range_are_said_to_be_so_and_nothing_trains(panel, low, high, word):
    panel.open(SMALL, "optimizer.lr")
    panel.form.low.setText(low)
    panel.form.high.setText(high)
    panel.form.start.click()
    assert word in panel.problems.text()
    assert not panel.study.working


def test_at_least_one_value_is_to_be_ticked(panel):
    panel.open(SMALL, "network.activation")
    for _, chip in panel.form.chips:
        chip.setChecked(False)
    panel.form.start.click()
    assert "allowed: 1 to 16" in panel.problems.text()


def test_layers_can_be_typed_and_what_is_no_layer_is_refused(panel):
    panel.open(SMALL, "network.layers")
    before = len(panel.form.chips)
    panel.form.own.entered.emit("5, 5")
    assert [layer.width for layer in panel.form.chips[-1][0]] == [5, 5]
    panel.form.own.entered.emit("nonsense")
    assert panel.form.own.toolTip()
    assert len(panel.form.chips) == before + 1


def test_a_tile_of_a_long_list_tells_all_of_it_where_it_is_pointed_at(qtbot, panel):
    panel.open(SMALL.replace("network.layers", [16] * 6), "network.layers")
    deepest = panel.form.chips[-1][1]
    assert deepest.text().startswith("12: 16, 16")
    assert deepest.toolTip() == ", ".join(["16"] * 12)
    for value, chip in panel.form.chips:
        chip.setChecked(len(value) == 6)
    trained(qtbot, panel, 1)
    tile = next(tile for tile in panel.multiples.tiles if tile.is_now)
    assert tile.title.startswith("6: 16")
    assert "16, 16, 16, 16, 16, 16" in tile.toolTip()
    assert tile.accessibleName().startswith("16, 16, 16, 16, 16, 16")


def test_epochs_of_a_schedule_can_be_typed_and_what_is_out_of_order_is_refused(panel):
    stepped = SMALL.replace("schedule", {"kind": "multi_step", "at": [4, 8]})
    panel.open(stepped, "schedule.at")
    panel.form.own.entered.emit("3, 9")
    assert panel.form.chips[-1][0] == (3, 9)
    assert (3, 9) in panel.form.plan().values
    before = len(panel.form.chips)
    panel.form.own.entered.emit("9, 3")
    assert "in order" in panel.form.own.toolTip()
    panel.form.own.entered.emit("nine")
    assert "not a number" in panel.form.own.toolTip()
    assert len(panel.form.chips) == before


def test_files_are_chosen_several_at_once_and_none_twice(panel, monkeypatch):
    panel.open(SMALL, "optimizer.lr")
    assert panel.form.choose.isHidden()
    panel.open(SMALL, "transfer.weights")
    assert not panel.form.choose.isHidden()
    chosen = ["one/a.safetensors", "two/a.safetensors"]
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (chosen, ""))
    panel.form.choose.click()
    panel.form.choose.click()
    assert panel.form.plan().values == ("", *chosen)
    assert [chip.text() for _, chip in panel.form.chips] == ["none", *chosen]


def test_a_diverged_value_says_at_which_step(qtbot, panel):
    steep = SMALL.replace_all({"data.kind": "plane", "optimizer.kind": "sgd", "network.activation": "identity"})
    panel.open(steep, "optimizer.lr")
    panel.form.low.setText("0.001")
    panel.form.high.setText("10")
    panel.form.count.setValue(2)
    outcome = trained(qtbot, panel)
    gone = outcome.members[1][0].diverged
    assert gone
    assert f"step {gone}" in panel.multiples.tiles[1].accessibleName()
    assert panel.multiples.tiles[0].is_best


@pytest.mark.parametrize("kind", ["sine", "iris", "plane", "blobs"])
@pytest.mark.parametrize("name", theme.NAMES)
def test_tiles_of_any_data_are_painted_in_every_theme(qtbot, app, panel, kind, name):
    panel.open(Experiment().replace_all({"data.kind": kind, "batches.size": 5}), "optimizer.lr")
    panel.form.count.setValue(2)
    panel.form.seeds.setValue(2)
    trained(qtbot, panel)
    other = theme.load(name)
    theme.apply(app, other)
    panel.set_theme(other)
    pictures = [tile.grab().toImage() for tile in panel.multiples.tiles]
    assert len({pictures[0].pixel(x, 40) for x in range(pictures[0].width())}) > 2


def test_f2_on_a_focused_knob_opens_its_fan_and_hovering_shows_the_button(qtbot, window):
    row = window.panel.row("optimizer.lr")
    assert row.fan.isHidden()
    app_event = QEvent(QEvent.Type.FocusIn)
    row.eventFilter(row.editor, app_event)
    assert not row.fan.isHidden()
    assert "F2" in row.fan.toolTip()
    assert row.fan.accessibleName()
    QTest.keyClick(row.editor.slider, Qt.Key.Key_F2)
    assert window.fans.panel.field.path == "optimizer.lr"


def test_a_knob_that_the_experiment_has_no_more_is_said_not_to_be_there(window):
    window.commands.open_fan("optimizer.nesterov")
    assert "optimizer.nesterov" in window.strip.text


def test_opening_another_fan_forgets_the_one_before(qtbot, window):
    panel = fan(window, "optimizer.lr")
    panel.form.length.setValue(LONG)
    panel.form.start.click()
    assert fan(window, "network.activation") is panel
    ended(qtbot, panel)
    assert panel.outcome is None
    assert not panel.multiples.tiles
    assert panel.form.start.text() == "Start"
    assert trained(qtbot, panel, 1).plan.path == "network.activation"


def popover_of(qtbot, window, index):
    """The popover of a hidden layer, as its header opens it once the network is drawn."""
    qtbot.waitUntil(lambda: window.network._experiment == window.session.experiment, timeout=PATIENCE)
    header = window.findChild(QToolButton, f"network.layers.{index}.header")
    QTest.mouseClick(header, Qt.MouseButton.LeftButton)
    return window.network._popover


@pytest.mark.parametrize("ask", ["button", "F2"])
def test_a_layers_own_knob_is_fanned_out_over_its_closed_popover(qtbot, window, ask):
    popover = popover_of(qtbot, window, 1)
    assert all(row.fan is not None for row in popover.rows.values())
    row = popover.rows["width"]
    if ask == "F2":
        QTest.keyClick(row.editor.slider, Qt.Key.Key_F2)
    else:
        row.fan.click()
    assert window.network._popover is None
    panel = window.fans.panel
    assert panel.isVisible()
    assert panel.windowTitle() == "Fan over layer 2: neurons"
    panel.form.low.setText("2")
    panel.form.high.setText("4")
    panel.form.count.setValue(3)
    outcome = trained(qtbot, panel, 2)
    assert outcome.plan.path == "network.layers.1.width"
    assert [tile.value for tile in panel.multiples.tiles if tile.is_now] == [1]
    QTest.mouseClick(panel.multiples.tiles[2], Qt.MouseButton.LeftButton)
    assert [layer.width for layer in window.session.experiment.network.layers] == [4, 4]
    QTest.keyClick(panel, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.session.experiment == SMALL


def test_what_was_being_typed_in_a_popover_holds_in_the_fan_that_is_asked_for(qtbot, window):
    box = popover_of(qtbot, window, 1).rows["width"].editor.box
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "12")
    QTest.keyClick(box, Qt.Key.Key_F2)
    assert [layer.width for layer in window.session.experiment.network.layers] == [4, 12]
    assert window.fans.panel.form.experiment == window.session.experiment
    assert window.fans.panel.form.high.text() == "48"


def test_what_a_layer_leaves_open_stands_in_its_fan_as_the_network_has_it(qtbot, window):
    popover_of(qtbot, window, 0).rows["activation"].fan.click()
    panel = window.fans.panel
    kinds = [value for value, _ in panel.form.chips]
    assert kinds.count("tanh") == 1
    assert None not in kinds
    for value, chip in panel.form.chips:
        chip.setChecked(value in ("tanh", "relu"))
    trained(qtbot, panel, 1)
    assert [(tile.title, tile.is_now) for tile in panel.multiples.tiles] == [("tanh", True), ("ReLU", False)]
    panel.multiples.tiles[1].click()
    assert [layer.activation for layer in window.session.experiment.network.layers] == ["relu", None]
    assert [tile.is_now for tile in panel.multiples.tiles] == [False, True]
    window.session.edit("network.layers.0.activation", None)
    window.session.edit("network.activation", "relu")
    assert [tile.is_now for tile in panel.multiples.tiles] == [False, True]


def test_a_layer_that_is_gone_leaves_its_fan_as_it_was_and_says_so_where_a_value_is_wanted(qtbot, window):
    window.session.edit("network.layers", [4, 3, 2])
    popover_of(qtbot, window, 2).rows["dropout"].fan.click()
    panel = window.fans.panel
    panel.form.count.setValue(2)
    panel.form.length.setValue(LONG)
    panel.form.start.click()
    qtbot.waitUntil(lambda: panel.outcome.members[0][0].taken > 0, timeout=PATIENCE)
    window.session.undo()
    panel.form.start.click()
    ended(qtbot, panel)
    assert "layer 3: dropout" in panel.notice.text()
    assert not any(tile.is_now for tile in panel.multiples.tiles)
    before = window.session.experiment
    panel.multiples.tiles[1].click()
    assert window.session.experiment == before
    assert "network.layers.2.dropout" in panel.problems.text()
    window.session.redo()
    assert panel.problems.isHidden()
    assert panel.notice.isHidden()
    panel.multiples.tiles[1].click()
    assert window.session.experiment.network.layers[2].dropout == panel.outcome.plan.values[1]


def test_members_are_kept_as_runs_where_that_is_ticked_and_there_is_a_store(qtbot, panel, tmp_path):
    panel.open(SMALL, "optimizer.lr")
    assert not panel.form.keep.isVisible(), "there is no store"
    store = tmp_path / "runs.sqlite"
    panel.open(SMALL, "optimizer.lr", store=store)
    assert panel.form.keep.isVisible()
    assert not panel.form.keep.isChecked()
    panel.form.count.setValue(3)
    trained(qtbot, panel)
    assert not store.exists()
    assert "kept" not in panel.status.text()
    panel.form.keep.click()
    trained(qtbot, panel)
    assert "kept as runs" in panel.status.text()
    with Store(store) as opened:
        assert {row.experiment.optimizer.lr for row in opened.rows()} == set(panel.outcome.plan.values)
    panel.open(SMALL, "optimizer.lr", store=tmp_path)
    panel.form.count.setValue(2)
    trained(qtbot, panel)
    assert "not kept" in panel.status.text()
    assert "is a folder" in panel.status.text()
