"""The whole window: editors to session to training thread, keys, files, layout, and what it leaves behind."""

import random
import threading

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QDialog, QFileDialog, QInputDialog, QPushButton, QWidget

from nnplayground import resources
from nnplayground.engine.executors import EXECUTORS
from nnplayground.engine.tape import UntraceableError
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import GROUPS, every_knob
from nnplayground.experiment.families import efficientnet
from nnplayground.gui import app, theme
from nnplayground.gui.images.dialog import ImagesImport
from nnplayground.gui.knobs.editors import form
from nnplayground.gui.numbers import format_count, format_number
from nnplayground.gui.views.histograms import REQUESTS, HistogramsView
from nnplayground.gui.views.view import View
from nnplayground.gui.window import MainWindow
from tests.gui.test_editors import TURNS
from tests.strategies import OUTSIDE, inside

PATIENCE = 60_000  # ms; a machine may be slow, and no test measures time
SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 100, "network.layers": [4, 3]})
KNOBS = [  # a layer's own are in its popover, and tested with it; data from outside, with them; weights, with a file
    (kind, field.path)
    for kind, field in every_knob()
    if kind not in OUTSIDE
    and not field.path.startswith("network.layers.0.")
    and not field.knob.file
    and field.path != "data.class_count"  # which needs points that are painted, and is tested with them
]


@pytest.fixture(scope="session", autouse=True)
def _named_application(qapp):
    assert app.application() is qapp


@pytest.fixture
def window(qtbot, open_main, tmp_path):
    """A window of its own; when it is closed, nothing of it goes on."""
    before = own_threads()
    with open_main(SMALL, tmp_path / "settings.ini") as made:
        qtbot.addWidget(made)
        qtbot.waitUntil(lambda: made.live.built is not None, timeout=PATIENCE)
        settle(qtbot, made)
        yield made
    assert made.live.thread_.isFinished()
    assert not [timer for timer in made.live.findChildren(QTimer) if timer.isActive()]
    assert own_threads() == before


@pytest.fixture(scope="module")
def opened(open_main, tmp_path_factory):
    with open_main(SMALL, tmp_path_factory.mktemp("settings") / "settings.ini") as made:
        yield made


@pytest.fixture
def shared(qtbot, opened):
    """One window for the many tests of single knobs, put back to the same experiment before each."""
    opened.live.set_running(False)
    opened.session.replace(SMALL)
    qtbot.waitUntil(lambda: opened.live.run is not None and opened.live.run.experiment == SMALL, timeout=PATIENCE)
    settle(qtbot, opened)
    return opened


def own_threads() -> set[str]:
    """The threads that Python started; one that Qt started leaves a stand-in behind, alive or not."""
    return {thread.name for thread in threading.enumerate() if not thread.name.startswith("Dummy")}


def settle(qtbot, window: MainWindow) -> None:
    """Wait until nothing is under way any more."""
    qtbot.waitUntil(lambda: not window.live.thread_.busy, timeout=PATIENCE)
    window.live.take()


def train(qtbot, window: MainWindow, steps: int = 30) -> None:
    """Let it train for some steps, then pause."""
    taken = len(window.live.run.history.steps)
    window.actions_["run"].trigger()
    assert window.live.running
    qtbot.waitUntil(lambda: len(window.live.run.history.steps) >= taken + steps, timeout=PATIENCE)
    window.actions_["run"].trigger()
    settle(qtbot, window)


def test_the_strip_greets_until_training_begins_and_then_says_how_to_pause(qtbot, window):
    assert "Press the space bar" in window.strip.text
    window.live.set_running(True)  # however it was begun
    assert window.strip.text.startswith("Training.")
    window.actions_["run"].trigger()
    settle(qtbot, window)
    assert window.strip.text == "Paused."
    train(qtbot, window)
    assert window.strip.text == "Paused."


# knobs


@pytest.mark.parametrize(("kind", "path"), KNOBS, ids=[f"{path} {kind}".strip() for kind, path in KNOBS])
def test_every_editor_changes_the_session_and_a_live_one_the_running_training(qtbot, shared, kind, path):
    group = path.split(".")[0]
    if group == "loss":
        shared.session.replace(SMALL.replace("data.kind", "plane" if kind == "quantile" else "circle"))
    if kind and group in GROUPS and getattr(shared.session.experiment, group).kind != kind:
        assert shared.session.edit(f"{group}.kind", kind), shared.strip.text
    if group == "augmentation":
        shared.session.edit("data.kind", "digits")
    settle(qtbot, shared)
    shared.live.take_step()
    settle(qtbot, shared)
    before, built = shared.session.experiment, shared.live.built
    row = shared.panel.rows[path]
    TURNS[form(row.field)](row)
    after = shared.session.experiment
    assert after.get(path) != before.get(path)
    settle(qtbot, shared)
    assert shared.live.run.experiment == after
    if row.field.knob.live:
        assert shared.live.built is built, "a live knob keeps the network"
        assert shared.live.run.history.marks
    else:
        assert shared.live.built is not built
        assert shared.live.built.experiment == after


@pytest.mark.parametrize("kind", inside("data"))
def test_every_data_set_is_one_click_away_and_trains(qtbot, shared, kind):
    shared.session.edit("data.kind", "wine" if kind == "circle" else "circle")
    shared.findChild(QWidget, f"data.kind.{kind}").click()
    assert shared.session.experiment.data.kind == kind
    settle(qtbot, shared)
    assert shared.live.built.experiment.data.kind == kind
    shared.live.take_step()
    settle(qtbot, shared)
    assert len(shared.live.run.history.steps) == 1


def test_what_cannot_be_is_refused_with_a_line_and_the_panel_shows_what_holds(qtbot, window):
    before = window.session.experiment
    window.panel.edited.emit("batches.size", 5000)
    assert window.session.experiment is before
    assert "batches.size = 5000" in window.strip.text
    assert window.panel.rows["batches.size"].editor.value == before.batches.size


# training


def test_it_runs_and_pauses_by_the_space_bar(qtbot, window):
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: window.live.running and len(window.live.run.history.steps) > 20, timeout=PATIENCE)
    QTest.keyClick(window, Qt.Key.Key_Space)
    assert not window.live.running
    settle(qtbot, window)
    taken = len(window.live.run.history.steps)
    settle(qtbot, window)
    assert len(window.live.run.history.steps) == taken


def test_step_takes_one_step_and_epoch_finishes_one_epoch(qtbot, window):
    window.actions_["step"].trigger()
    settle(qtbot, window)
    assert len(window.live.run.history.steps) == 1
    window.actions_["epoch"].trigger()
    settle(qtbot, window)
    assert len(window.live.run.history.epochs) == 1
    assert len(window.live.run.history.steps) == window.live.built.steps_per_epoch


def test_reset_restarts_from_the_same_weights_and_a_new_seed_does_not(qtbot, window):
    first = window.live.run.first.parameters
    train(qtbot, window)
    window.actions_["reset"].trigger()
    settle(qtbot, window)
    np.testing.assert_array_equal(window.live.frame.snapshot.parameters, first)
    assert len(window.live.run.history.steps) == 0
    window.actions_["new_seed"].trigger()
    settle(qtbot, window)
    assert not np.array_equal(window.live.run.first.parameters, first)
    assert window.session.experiment.seeds.data == SMALL.seeds.data


def test_undo_and_redo_go_through_to_the_training(qtbot, window):
    window.session.edit("network.activation", "relu")
    window.session.edit("optimizer.lr", 0.5)
    for action, activation, rate in (("undo", "relu", 0.01), ("undo", "tanh", 0.01), ("redo", "relu", 0.01)):
        window.actions_[action].trigger()
        settle(qtbot, window)
        trained = window.live.run.experiment
        assert (trained.network.activation, trained.optimizer.lr) == (activation, rate)
    assert window.actions_["undo"].isEnabled()
    assert window.actions_["redo"].isEnabled()


def test_turning_a_live_knob_while_training_neither_stops_nor_restarts_it(qtbot, window):
    window.live.set_running(True)
    qtbot.waitUntil(lambda: len(window.live.run.history.steps) > 20, timeout=PATIENCE)
    window.session.edit("optimizer.lr", 0.002)
    qtbot.waitUntil(lambda: window.live.run.experiment.optimizer.lr == 0.002, timeout=PATIENCE)
    steps = len(window.live.run.history.steps)
    qtbot.waitUntil(lambda: len(window.live.run.history.steps) > steps, timeout=PATIENCE)
    assert window.live.running
    assert window.live.run.history.marks[-1].text == "learning rate 0.01 → 0.002"
    assert window.live.run.history.steps.last("lr") == np.float32(0.002)


def test_divergence_is_told_and_a_smaller_rate_is_offered(qtbot, window):
    wild = {"data.kind": "plane", "optimizer.kind": "sgd", "optimizer.lr": 10.0, "network.activation": "relu"}
    window.session.replace(SMALL.replace_all(wild))
    settle(qtbot, window)
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.run.outcome == "diverged", timeout=PATIENCE)
    settle(qtbot, window)
    assert not window.live.running
    assert "step" in window.strip.text
    assert np.isfinite(window.live.frame.snapshot.parameters).all()
    window.findChild(QPushButton, "strip.smaller_rate").click()
    assert window.session.experiment.optimizer.lr == pytest.approx(1.0)
    assert window.live.running


def test_run_after_the_end_says_again_why_there_is_nothing_to_run(qtbot, window):
    window.session.edit("stopping.epochs", 1)
    for _ in range(2):
        window.actions_["run"].trigger()
        qtbot.waitUntil(lambda: window.live.run.outcome == "epochs" and not window.live.running, timeout=PATIENCE)
        assert "Training is done" in window.strip.text
    window.session.edit("stopping.epochs", 3)
    window.actions_["run"].trigger()
    qtbot.waitUntil(lambda: len(window.live.run.history.epochs) == 3, timeout=PATIENCE)


def test_training_that_is_done_says_so(qtbot, window):
    window.session.edit("stopping.epochs", 2)
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.run.outcome == "epochs", timeout=PATIENCE)
    assert not window.live.running
    assert "2 epochs" in window.strip.text


def test_the_best_epoch_is_a_key_away(qtbot, window):
    window.actions_["best"].trigger()
    qtbot.waitUntil(lambda: "No epoch" in window.strip.text, timeout=PATIENCE)
    train(qtbot, window, steps=200)
    window.actions_["best"].trigger()
    qtbot.waitUntil(lambda: "best epoch so far" in window.strip.text, timeout=PATIENCE)
    settle(qtbot, window)
    assert not window.live.running
    history = window.live.run.history
    losses = history.epochs.curve("validation_loss", points=len(history.epochs)).mean
    best = window.strip.text.rsplit(" ", 1)[1].rstrip(".")
    assert int(best) == int(np.argmin(losses)) + 1
    assert_numbers_are_those_of(window, int(best))


def assert_numbers_are_those_of(window, epoch):
    """See that the pictures and the numbers are of this epoch, whatever came after it."""
    window.draw()
    assert window.live.frame.snapshot.epoch == epoch
    for name, cell in window.numbers.cells.items():
        if name.endswith("_loss"):
            column = window.live.run.history.epochs.curve(name, points=10_000).mean
            assert cell.number.text() == format_number(float(column[epoch - 1]))


def test_a_picture_chosen_while_paused_is_answered_and_a_key_marks_the_moment(qtbot, window):
    train(qtbot, window)
    for name in ("change", "calibration", "scores", "mistakes", "uncertainty", "change"):
        window.output.picker.options[name].trigger()
        qtbot.waitUntil(
            lambda: window.output.needs(window.live.frame) <= window.live.frame.readings.keys(), timeout=PATIENCE
        )
    plane = window.output.picture_named("plane")
    window.draw()
    assert plane.words() == "since step 0"
    window.actions_["mark"].trigger()
    step = window.live.frame.snapshot.step
    assert window.strip.text.endswith(f"since step {format_count(step)}.")
    qtbot.waitUntil(lambda: plane.words() == f"since step {format_count(step)}", timeout=PATIENCE)
    assert not plane.image.image.any()  # no step was taken since
    window.actions_["reset"].trigger()
    settle(qtbot, window)
    qtbot.waitUntil(lambda: plane.words() == "since step 0", timeout=PATIENCE)


def test_patience_ends_a_training_at_its_best_epoch(qtbot, window):
    window.session.edit("stopping.patience", 1)
    window.session.edit("optimizer.lr", 5.0)
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.run.outcome == "patience", timeout=PATIENCE)
    assert "no improvement for 1" in window.strip.text
    assert "Back at the best, epoch" in window.strip.text
    settle(qtbot, window)
    epochs = len(window.live.run.history.epochs)
    assert_numbers_are_those_of(window, epochs - 1)
    window.session.edit("stopping.patience", 0)
    window.actions_["epoch"].trigger()
    qtbot.waitUntil(lambda: len(window.live.run.history.epochs) == epochs + 1, timeout=PATIENCE)
    settle(qtbot, window)
    assert_numbers_are_those_of(window, epochs + 1)


def test_outputs_beyond_the_classes_are_named(qtbot, window):
    window.session.replace(Experiment().replace_all({"data.kind": "iris", "output.size": 5, "batches.size": 10}))
    settle(qtbot, window)
    assert "2 of the outputs stand for no class" in window.strip.text
    window.draw()
    assert window.network.diagram.structure.output_names[3:] == ("–", "–")


def test_a_weight_set_by_hand_arrives_in_the_network(qtbot, window):
    window.network.weight_edited.emit(0, 1, 0, 2.5)
    window.network.bias_edited.emit(1, 2, -1.5)
    settle(qtbot, window)
    snapshot = window.live.frame.snapshot
    assert snapshot.weights(0)[1, 0] == 2.5
    assert snapshot.biases(1)[2] == -1.5


def test_the_diagram_edits_the_experiment(qtbot, window):
    window.findChild(QWidget, "network.add_layer").click()
    assert len(window.session.experiment.network.layers) == 3
    window.findChild(QWidget, "network.layers.0.more").click()
    assert window.session.experiment.network.layers[0].width == 5
    settle(qtbot, window)
    assert window.live.built.experiment == window.session.experiment


def test_two_hundred_random_edits_while_training_leave_the_window_alive_and_training(qtbot, window):
    draw = random.Random(7)
    window.live.set_running(True)
    done = 0
    while done < 200:
        path, value = random_edit(draw, window.session.experiment)
        try:
            changed = window.session.experiment.replace(path, value)
        except ExperimentError:
            continue  # two knobs that do not fit each other: refused, as tested above
        if sum(layer.width for layer in changed.network.layers) > 80:
            continue
        assert window.session.edit(path, value)
        done += 1
        if done % 10 == 0:
            qtbot.wait(15)
        if not window.live.running:  # it diverged, or its epochs were over
            window.live.set_running(True)
    window.session.replace(SMALL)
    qtbot.waitUntil(lambda: window.live.run.experiment == SMALL, timeout=PATIENCE)
    window.live.set_running(True)
    steps = len(window.live.run.history.steps)
    qtbot.waitUntil(lambda: len(window.live.run.history.steps) > steps, timeout=PATIENCE)
    assert window.isVisible()


def random_edit(draw: random.Random, experiment: Experiment) -> tuple[str, object]:
    """Draw a knob of this experiment, or a kind, and a value within its limits."""
    if draw.random() < 0.15:
        group = draw.choice(GROUPS)
        return f"{group}.kind", draw.choice(inside(group))
    field = draw.choice(
        [f for f in experiment.fields() if f.path not in ("name", "note", "data.samples") and not f.knob.file]
    )
    knob = field.knob
    if field.type is bool:
        return field.path, draw.random() < 0.5
    if field.type in (int, float):
        high = min(knob.high, 30) if field.type is int else knob.high
        value = draw.uniform(knob.low, max(high, knob.low))
        return field.path, int(value) if field.type is int else value
    if field.path == "network.layers":
        return field.path, [draw.randint(1, 12) for _ in range(draw.randint(0, 4))]
    if field.type is tuple and not field.choices:
        return field.path, sorted(draw.sample(range(1, 100), 2))
    if field.type is tuple:
        return field.path, draw.sample(field.choices, draw.randint(1, len(field.choices)))
    return field.path, draw.choice(field.choices)


# views


@pytest.mark.parametrize("preset", sorted(resources.presets()))
def test_every_view_draws_every_preset(qtbot, shared, preset):
    shared.session.replace(Experiment.load(resources.presets()[preset]))
    settle(qtbot, shared)
    shared.live.take_epoch()
    settle(qtbot, shared)
    for view in shared.views:
        dock = next((d for d in shared.docks.values() if d.isAncestorOf(view)), None)
        if dock is not None and dock.isHidden():  # it is shown when there is a race
            assert view is shared.race
            continue
        if dock is not None:
            dock.raise_()
        qtbot.waitUntil(view.isVisible, timeout=PATIENCE)
        settle(qtbot, shared)
        shared.draw()
        assert colours(view) > 3, f"{view.name} is blank"


def colours(view: View) -> int:
    image = view.grab().toImage().scaled(80, 80)
    return len({QColor(image.pixel(x, y)).name() for x in range(80) for y in range(80)})


def test_a_hidden_view_is_neither_drawn_nor_asked(qtbot, window, monkeypatch):
    metric = next(view for view in window.views if view.name == "metric")
    drawn = []
    monkeypatch.setattr(metric, "draw", drawn.append)
    assert metric.visibleRegion().isEmpty()
    window.draw()
    assert drawn == []
    QTest.keyClick(window, Qt.Key.Key_2)
    qtbot.waitUntil(lambda: bool(drawn), timeout=PATIENCE)


def test_another_quantity_is_asked_for_while_training_rests(qtbot, window):
    view = window.findChild(HistogramsView)
    window.docks["histograms"].raise_()
    qtbot.waitUntil(lambda: REQUESTS["weights"] in window.live.frame.readings, timeout=PATIENCE)
    view.quantity.menu().actions()[2].trigger()
    qtbot.waitUntil(lambda: REQUESTS["gradients"] in window.live.frame.readings, timeout=PATIENCE)
    qtbot.waitUntil(lambda: bool(view.bars.layers), timeout=PATIENCE)


@pytest.mark.parametrize("name", theme.NAMES)
def test_every_theme_can_be_put_on_while_training(qtbot, window, name):
    window.live.set_running(True)
    window.set_theme(name)
    qtbot.waitUntil(lambda: len(window.live.run.history.epochs) > 3, timeout=PATIENCE)
    assert window.grab().toImage().pixelColor(2, window.height() // 2).name().upper() == window.theme.window


def test_every_widget_that_takes_the_focus_has_a_name_to_be_read_aloud(window):
    nameless = [
        widget.objectName() or type(widget).__name__
        for widget in window.findChildren(QWidget)
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and widget.isVisible()
        and not widget.accessibleName()
        and not getattr(widget, "text", str)()
    ]
    assert not nameless, nameless


# files, presets, layout


def test_presets_are_chosen_from_the_bar(qtbot, window):
    presets = window.findChild(QComboBox, "presets")
    index = presets.findData("digits")
    presets.setCurrentIndex(index)
    presets.activated.emit(index)
    settle(qtbot, window)
    assert window.live.built.dataset.image_shape == (1, 8, 8)
    assert window.strip.text == window.session.experiment.note
    window.session.edit("network.layers", [5])
    assert presets.currentIndex() == -1
    assert presets.placeholderText() == "Digits, changed"
    named = presets.grab().toImage()
    presets.setPlaceholderText("")
    assert presets.grab().toImage() != named, "the name of an experiment of one's own is seen"


def test_an_experiment_is_saved_and_opened_again(qtbot, window, tmp_path):
    window.session.edit("network.layers", [3, 2])
    saved = window.session.experiment
    window.files.save(str(tmp_path / "mine.toml"))
    window.session.edit("network.layers", [1])
    window.files.open(str(tmp_path / "mine.toml"))
    assert window.session.experiment == saved


def test_a_broken_file_is_refused_with_a_line_and_nothing_changes(qtbot, window, tmp_path):
    broken = tmp_path / "broken.toml"
    broken.write_text("[optimizer]\nkind = 'adam'\nlr = -1\n")
    before = window.session.experiment
    window.files.open(str(broken))
    assert window.session.experiment is before
    assert "optimizer.lr = -1" in window.strip.text


def test_a_place_where_nothing_can_be_written_is_told(window, tmp_path):
    window.files.save(str(tmp_path / "nowhere" / "mine.toml"))
    assert "nowhere" in window.strip.text


def test_a_table_of_ones_own_is_trained_on(qtbot, window, tmp_path):
    path = tmp_path / "flowers.csv"
    rows = [f"{i % 7},{i % 5 + (i % 2) * 3},{'red' if i % 2 else 'blue'}" for i in range(60)]
    path.write_text("length,width,colour\n" + "\n".join(rows) + "\n")
    window.files.take_data({"kind": "table", "path": str(path), "target": "colour"})
    qtbot.waitUntil(lambda: window.live.built.experiment.data.kind == "table", timeout=PATIENCE)
    assert window.live.built.dataset.class_names == ("blue", "red")
    train(qtbot, window)


def test_images_of_ones_own_are_asked_for_shown_and_trained_on(qtbot, window, tmp_path, monkeypatch):
    chance = np.random.default_rng(0)
    for name, bright in (("day", 200), ("night", 20)):
        (tmp_path / "sky" / name).mkdir(parents=True)
        for i in range(6):
            pixels = chance.integers(bright, bright + 50, (9, 9, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "sky" / name / f"{i}.png")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "sky"))
    window.session.edit("batches.size", 20)
    window.actions_["import_folder"].trigger()
    dialog = window.findChild(ImagesImport, "images")
    qtbot.waitUntil(lambda: not dialog.reading, timeout=PATIENCE)
    dialog.findChild(QComboBox, "images.colour.choice").setCurrentIndex(1)
    dialog.findChild(QPushButton, "images.train").click()
    qtbot.waitUntil(lambda: window.live.built.experiment.data.kind == "folder", timeout=PATIENCE)
    assert window.live.built.dataset.image_shape == (3, 28, 28)
    assert window.session.experiment.name == "sky"
    assert window.session.experiment.batches.size == 10  # as many as there are to train on
    train(qtbot, window)
    qtbot.waitUntil(lambda: window.network.diagram.structure.image == (3, 28, 28), timeout=PATIENCE)
    window.session.undo()
    assert window.session.experiment.data.kind == SMALL.data.kind


def test_images_that_are_gone_leave_the_experiment_in_hand_as_it_was(qtbot, window, tmp_path):
    before = window.session.experiment
    window.files.take_data({"kind": "idx", "images": str(tmp_path / "train-images-idx3-ubyte")})
    qtbot.waitUntil(lambda: window.session.experiment == before, timeout=PATIENCE)
    assert "train-images-idx3-ubyte: cannot be read: no such file" in window.strip.text


@pytest.mark.parametrize("kind", OUTSIDE)
def test_no_data_are_taken_up_where_none_are_chosen(window, monkeypatch, kind):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    before = window.session.experiment
    window.actions_[f"import_{kind}"].trigger()
    for dialog in window.findChildren(QDialog):
        dialog.reject()
    assert window.session.experiment == before


def test_a_table_that_cannot_be_read_leaves_the_experiment_in_hand_as_it_was(qtbot, window, tmp_path):
    train(qtbot, window)
    steps, before = len(window.live.run.history.steps), window.session.experiment
    path = tmp_path / "noise.csv"
    path.write_bytes(bytes(random.Random(1).randrange(256) for _ in range(500)))
    window.files.take_data({"kind": "table", "path": str(path)})
    qtbot.waitUntil(lambda: window.session.experiment == before, timeout=PATIENCE)
    assert "noise.csv" in window.strip.text
    settle(qtbot, window)
    assert len(window.live.run.history.steps) == steps
    window.live.take_step()
    settle(qtbot, window)
    assert len(window.live.run.history.steps) == steps + 1


def test_weights_are_saved_and_begun_with_and_the_strip_says_what_was_taken(qtbot, window, tmp_path, monkeypatch):
    path = str(tmp_path / "mine.safetensors")
    train(qtbot, window)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (path, ""))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (path, ""))
    window.actions_["save_weights"].trigger()
    saved = window.live.run.last
    assert window.strip.text == f"Weights of step {saved.step} saved as mine.safetensors"
    window.panel.open_section("transfer")
    window.findChild(QWidget, "transfer.weights.choose").click()
    assert window.session.experiment.transfer.weights == path
    settle(qtbot, window)
    np.testing.assert_array_equal(window.live.run.first.parameters, saved.parameters)
    assert window.strip.text == "Weights: layer 1: taken (4×2); layer 2: taken (3×4); output: taken (1×3)."


def test_weights_that_cannot_be_taken_are_told_at_the_knob_and_the_training_goes_on(qtbot, window, tmp_path):
    train(qtbot, window)
    steps, path = len(window.live.run.history.steps), tmp_path / "noise.safetensors"
    path.write_bytes(bytes(100))
    window.session.edit("transfer.weights", str(path))
    qtbot.waitUntil(lambda: window.session.experiment.transfer.weights == "", timeout=PATIENCE)
    assert "noise.safetensors: is no safetensors file" in window.strip.text
    row = window.panel.rows["transfer.weights"]
    assert "noise.safetensors" in row.message.text()
    assert row.editor.value == ""
    settle(qtbot, window)
    assert len(window.live.run.history.steps) == steps


def test_a_place_where_weights_cannot_be_written_is_told(qtbot, window, tmp_path, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "w.safetensors"), ""))
    window.actions_["save_weights"].trigger()
    assert "cannot be written" in window.strip.text


def test_the_layout_is_remembered(qtbot, window):
    loss = window.docks["loss"]
    loss.close()
    window.set_theme("dark")
    window.close()
    again = MainWindow(SMALL, window.settings)
    qtbot.addWidget(again)
    again.show()
    try:
        assert again.theme.name == "dark"
        assert not again.docks["loss"].isVisible()
        again.restore_layout()
        assert again.docks["loss"].isVisible()
    finally:
        again.close()


def test_a_dock_floats_and_comes_back(qtbot, window):
    output = window.docks["output"]
    output.setFloating(True)
    qtbot.waitUntil(lambda: output.isFloating() and window.output.isVisible(), timeout=PATIENCE)
    train(qtbot, window, 5)
    output.setFloating(False)
    settle(qtbot, window)
    assert not output.isFloating()
    assert colours(window.output) > 3


def test_a_step_that_cannot_be_compiled_runs_plainly_and_the_window_says_why(qtbot, shared, monkeypatch):
    def refuse(*_):
        raise UntraceableError("its replay gives other results")

    monkeypatch.setitem(EXECUTORS, "compiled", refuse)
    shared.session.edit("network.activation", "relu")
    qtbot.waitUntil(lambda: shared.live.built.experiment.network.activation == "relu", timeout=PATIENCE)
    qtbot.waitUntil(lambda: "other results" in shared.strip.text, timeout=PATIENCE)
    shared.live.take_step()
    qtbot.waitUntil(lambda: shared.live.steps == 1, timeout=PATIENCE)
    assert shared.live.built.executor == "eager"
    assert "eager" in shared.transport.rate.accessibleName()


def test_an_efficientnet_is_taken_up_at_the_size_that_was_asked_for(window, monkeypatch):
    window.session.replace(Experiment().replace("data.kind", "digits"))
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_: (1.0, True))
    window.actions_["family"].trigger()
    assert window.session.experiment.network == efficientnet(1.0)
    window.session.undo()
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_: (2.0, False))
    window.actions_["family"].trigger()
    assert window.session.experiment == Experiment().replace("data.kind", "digits")


def test_an_efficientnet_for_data_that_are_no_images_is_refused_at_the_layers(window, monkeypatch):
    window.session.replace(Experiment())
    monkeypatch.setattr(QInputDialog, "getDouble", lambda *_: (0.0, True))
    window.actions_["family"].trigger()
    assert window.session.experiment == Experiment()
    assert "needs an image" in window.panel.rows["network.layers"].message.text()


def test_a_paused_window_answers_what_the_network_view_asks_for(qtbot, window):
    window.network.trace("validation", 1)
    window.network.head.picker.options["gradients"].trigger()
    diagram = window.network.diagram
    qtbot.waitUntil(lambda: diagram.scene.numbers.trace is not None, timeout=PATIENCE)
    qtbot.waitUntil(lambda: diagram.scene.numbers.gradients is not None, timeout=PATIENCE)
    assert diagram.scene.numbers.trace.index == 1


def test_the_tab_key_leads_from_the_diagram_into_its_own_features_and_layers(qtbot, window):
    window.session.edit("network.layers", [4, 3, 2])  # buttons that were made after everything else
    settle(qtbot, window)
    window.draw()
    widget, names = window.network.diagram, []
    while len(names) < 12:
        widget = widget.nextInFocusChain()
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisible():
            names.append(widget.objectName())
    features, layers = names[:7], names[7:]
    assert all(name.startswith("data.features.") for name in features)
    assert layers[:3] == [f"network.layers.0.{part}" for part in ("header", "fewer", "more")]
    assert layers[3] == "network.layers.1.header"
