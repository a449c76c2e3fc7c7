"""The dock of runs in its window: found, starred, noted, deleted and taken back, shown in every view, left again."""

from contextlib import ExitStack, contextmanager

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QToolButton

from nnplayground.gui import app
from nnplayground.gui.runs import columns
from nnplayground.gui.views.surface import SurfaceView
from nnplayground.gui.views.view import is_seen
from nnplayground.runs.store import Store
from tests.gui.stores import BASE, keep_run

PATIENCE = 60_000  # ms
HAND = BASE.replace_all({"data.kind": "circle", "network.layers": [3], "optimizer.lr": 0.07})


@pytest.fixture(scope="session", autouse=True)
def _named_application(qapp):
    assert app.application() is qapp


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A store of three runs, and the trainers that made them; each test has a copy."""
    path = tmp_path_factory.mktemp("store") / "runs.sqlite"
    trainers = [keep_run(path, 30), keep_run(path, 21, **{"optimizer.lr": 0.5}), keep_run(path, 9, **SGD)]
    with Store(path) as store:
        store.settle()
    return path.read_bytes(), trainers


SGD = {"optimizer.kind": "sgd", "optimizer.lr": 0.1, "network.layers": [5, 2]}


@pytest.fixture(scope="module")
def path(trained, tmp_path_factory):
    made = tmp_path_factory.mktemp("shared") / "runs.sqlite"
    made.write_bytes(trained[0])
    return made


@pytest.fixture
def open_window(qtbot, open_main, tmp_path):
    """Open windows on a store; when they are closed, nothing of them goes on."""
    with ExitStack() as made:

        def open_(store):
            window = made.enter_context(reading(open_main, store, tmp_path / "settings.ini"))
            qtbot.addWidget(window)
            qtbot.waitUntil(lambda: window.live.built is not None, timeout=PATIENCE)
            settle(qtbot, window)
            return window

        yield open_


@contextmanager
def reading(open_main, store, settings):
    """Open a window on a store whose runs are read, and to which none comes."""
    with open_main(HAND, settings, store) as window:
        window.live.thread_.keeping._path = None
        yield window
    assert not window.stage.working
    assert window.runs.shelf is None or not window.runs.shelf.busy


@pytest.fixture(scope="module")
def opened(open_main, path):
    with reading(open_main, path, path.with_name("settings.ini")) as made:
        yield made


@pytest.fixture
def window(qtbot, opened, path):
    """One window for most tests, and its store: both are as at first before each."""
    with Store(path) as store:
        rows = store.rows(deleted=True)
        store.undelete(rows)
        store.set_star(rows, False)
        store.set_note(rows, "")
        store.set_tags(rows, [])
        with store.change() as connection:
            connection.execute("UPDATE runs SET owner = NULL, outcome = 'interrupted'")
    qtbot.waitUntil(lambda: opened.live.built is not None, timeout=PATIENCE)
    opened.stage.leave()
    opened.live.set_running(False)
    opened.session.replace(HAND)
    qtbot.waitUntil(lambda: opened.live.run is not None and opened.live.run.experiment == HAND, timeout=PATIENCE)
    opened.live.reset()
    settle(qtbot, opened)
    if not opened.docks["runs"].isVisible():
        opened.actions_["runs"].trigger()
    panel = opened.runs
    panel.changes._deleted.clear()
    panel.changes._show_undo()
    panel._choose_columns(columns.FIRST)
    panel._group("")
    panel.differing.setChecked(False)
    panel.filter.clear()
    panel._faults.clear()
    panel._say("change", "")
    panel.model.sort(1, Qt.SortOrder.DescendingOrder)
    panel.table.clearSelection()
    qtbot.waitUntil(lambda: not any(row.star or row.owner or row.note for row in panel.model.rows), timeout=PATIENCE)
    await_runs(qtbot, opened, 3)
    return opened


def settle(qtbot, window) -> None:
    qtbot.waitUntil(lambda: not window.live.thread_.busy, timeout=PATIENCE)
    window.live.take()


def await_runs(qtbot, window, count: int) -> None:
    qtbot.waitUntil(lambda: window.runs.model.rowCount() == count, timeout=PATIENCE)
    qtbot.waitUntil(lambda: not window.runs.shelf.busy, timeout=PATIENCE)


def read(path):
    with Store(path, writable=False) as store:
        return {row.id: row for row in store.rows()}


def click(window, number: int, column: str, modifier=Qt.KeyboardModifier.NoModifier) -> None:
    table, model = window.runs.table, window.runs.model
    index = model.index(model.place(number), model.paths.index(column))
    table.scrollTo(index)
    place = table.visualRect(index).center()
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, modifier, QPoint(place))


def show(qtbot, window, number: int) -> None:
    click(window, number, "id")
    qtbot.waitUntil(lambda: window.stage.kept is not None and window.stage.kept.row.id == number, timeout=PATIENCE)
    answered = window.stage
    qtbot.waitUntil(lambda: not answered.working and bool(answered.frame.readings), timeout=PATIENCE)


def test_the_dock_is_hidden_at_first_and_nothing_is_read(open_window, path):
    window = open_window(path)
    assert not window.docks["runs"].isVisible()
    assert not window.runs.shelf.busy
    assert window.findChild(QToolButton, "runs.columns") is None


def test_the_dock_takes_its_room_only_while_it_is_shown(qtbot, open_window, path):
    window = open_window(path)
    plot, before = window.docks["loss"], window.docks["loss"].height()
    window.actions_["runs"].trigger()
    qtbot.waitUntil(lambda: window.docks["runs"].height() > 100 and plot.height() < before, timeout=PATIENCE)
    window.actions_["runs"].trigger()
    qtbot.waitUntil(lambda: plot.height() == before, timeout=PATIENCE)
    window.actions_["runs"].trigger()
    window.restore_layout()
    assert not window.docks["runs"].isVisible()
    qtbot.waitUntil(lambda: plot.height() == before, timeout=PATIENCE)


def test_closing_the_dock_by_its_title_bar_gives_the_plots_their_height_back_too(qtbot, open_window, path):
    window = open_window(path)
    plot, before = window.docks["loss"], window.docks["loss"].height()
    window.actions_["runs"].trigger()
    qtbot.waitUntil(lambda: plot.height() < before, timeout=PATIENCE)
    window.docks["runs"].title_bar.findChild(QToolButton, "dock.runs.close").click()
    assert not window.docks["runs"].isVisible()
    qtbot.waitUntil(lambda: plot.height() == before, timeout=PATIENCE)


def test_without_a_store_the_dock_says_that_nothing_is_kept(open_window):
    window = open_window(None)
    window.actions_["runs"].trigger()
    assert window.docks["runs"].isVisible()
    assert "No runs are kept" in window.findChild(object, "runs.nothing").text()


def test_a_store_that_is_not_there_yet_is_empty_and_filled_once_there_is_one(qtbot, open_window, tmp_path, trained):
    path = tmp_path / "later.sqlite"
    window = open_window(path)
    window.actions_["runs"].trigger()
    qtbot.waitUntil(lambda: not window.runs.shelf.busy, timeout=PATIENCE)
    assert window.runs.model.rowCount() == 0
    assert not window.runs.error.isVisible()
    assert not path.exists()
    assert window.runs.empty.isVisible()
    assert window.runs.empty.text().startswith("No run is kept yet")
    path.write_bytes(trained[0])
    await_runs(qtbot, window, 3)
    assert not window.runs.empty.isVisible()


def test_a_store_without_runs_says_how_one_comes_to_be(qtbot, open_window, tmp_path):
    path = tmp_path / "empty.sqlite"
    Store(path).close()
    window = open_window(path)
    window.actions_["runs"].trigger()
    qtbot.waitUntil(lambda: window.runs.empty.isVisible(), timeout=PATIENCE)
    assert window.runs.empty.text().startswith("No run is kept yet")
    assert window.runs.count.text() == "0 runs"


def test_another_store_is_shown_in_place_of_the_first(qtbot, open_window, tmp_path, path, trained):
    window = open_window(None)
    window.actions_["runs"].trigger()
    window.runs.use_store(path)
    await_runs(qtbot, window, 3)
    window.runs.table.selectAll()
    qtbot.waitUntil(lambda: len(window.runs.comparing.comparison.picture.traces) == 3, timeout=PATIENCE)
    window.runs.use_store(tmp_path / "none.sqlite")
    qtbot.waitUntil(lambda: not window.runs.shelf.busy, timeout=PATIENCE)
    assert window.runs.model.rowCount() == 0
    window.runs.use_store(path)
    await_runs(qtbot, window, 3)


def test_a_store_that_cannot_be_read_is_told_in_a_line_until_it_can_be(qtbot, open_window, tmp_path, trained):
    path = tmp_path / "other.sqlite"
    path.write_bytes(b"no store at all")
    window = open_window(path)
    window.actions_["runs"].trigger()
    qtbot.waitUntil(lambda: window.runs.error.isVisible(), timeout=PATIENCE)
    assert "is no store of runs" in window.runs.error.text()
    assert "\n" not in window.runs.error.text()
    path.write_bytes(trained[0])
    await_runs(qtbot, window, 3)
    assert not window.runs.error.isVisible()


def test_the_filter_is_a_line_and_its_fault_stands_beneath(qtbot, window):
    panel = window.runs
    QTest.keyClicks(panel.filter, "optimizer = sgd")
    qtbot.waitUntil(lambda: panel.model.rowCount() == 1, timeout=PATIENCE)
    assert panel.count.text() == "1 of 3 runs"
    QTest.keyClicks(panel.filter, " or nosuch > 3")
    qtbot.waitUntil(lambda: panel.error.isVisible(), timeout=PATIENCE)
    assert "nosuch" in panel.error.text()
    assert panel.filter.property("invalid")
    assert panel.model.rowCount() == 1
    panel.filter.clear()
    assert panel.model.rowCount() == 3
    assert not panel.error.isVisible()


def test_a_click_on_a_title_sorts_and_another_turns_it_round(window):
    table, model = window.runs.table, window.runs.model
    header, section = table.horizontalHeader(), model.paths.index("optimizer.lr")
    table.scrollTo(model.index(0, section))
    for expected in ([1, 3, 2], [2, 3, 1]):
        x = header.sectionViewportPosition(section) + header.sectionSize(section) // 2
        QTest.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(x, header.height() // 2))
        assert [row.id for row in model.rows] == expected


def test_columns_are_chosen_and_remembered(window):
    menu = window.findChild(QToolButton, "runs.columns").menu()
    menu.aboutToShow.emit()
    action = menu.findChild(object, "runs.column.network.activation")
    action.trigger()
    assert "network.activation" in window.runs.model.paths
    assert "network.activation" in window.settings.value("runs/columns")


def test_only_what_differs_and_groups_are_chosen_by_their_buttons(window):
    window.runs.differing.click()
    assert {"optimizer.kind", "optimizer.lr", "network.layers"} <= set(window.runs.model.paths)
    assert "network.activation" not in window.runs.model.paths
    menu = window.findChild(QToolButton, "runs.group").menu()
    menu.aboutToShow.emit()
    menu.findChild(object, "runs.group.optimizer.kind").trigger()
    assert window.runs.model.headings() == [0, 3]
    assert window.runs.table.columnSpan(0, 0) == len(window.runs.model.paths)


def test_a_click_on_its_star_stars_a_run_and_shows_none(qtbot, window, path):
    click(window, 2, "star")
    qtbot.waitUntil(lambda: read(path)[2].star, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.runs.model.rows[1].star, timeout=PATIENCE)
    click(window, 2, "star")
    qtbot.waitUntil(lambda: not read(path)[2].star, timeout=PATIENCE)
    assert window.stage.kept is None


def test_notes_and_tags_are_edited_in_place(qtbot, window, path):
    model = window.runs.model
    for column, text, kept in (("note", "mine", "mine"), ("tags", "a, b", ("a", "b"))):
        editor = edited(window, 2, column)
        QTest.keyClicks(editor, text)
        QTest.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda kept=kept, column=column: getattr(read(path)[2], column) == kept, timeout=PATIENCE)
        qtbot.waitUntil(lambda kept=kept, column=column: getattr(model.row(2), column) == kept, timeout=PATIENCE)
    assert read(path)[2].note == "mine"
    assert model.index(model.place(2), model.paths.index("tags")).data() == "a, b"


def test_what_is_being_typed_stays_when_the_run_changes_in_the_store(qtbot, window, path):
    editor = edited(window, 2, "note")
    QTest.keyClicks(editor, "mi")
    with Store(path) as store:
        store.set_star([store.row("2")], True)
    qtbot.waitUntil(lambda: window.runs.model.row(2).star, timeout=PATIENCE)
    assert editor.text() == "mi"
    QTest.keyClicks(editor, "ne")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: read(path)[2].note == "mine", timeout=PATIENCE)


def edited(window, number: int, column: str) -> QLineEdit:
    """Begin to edit a cell of a run; return its editor."""
    table, model = window.runs.table, window.runs.model
    index = model.index(model.place(number), model.paths.index(column))
    table.setCurrentIndex(index)
    before = set(table.viewport().findChildren(QLineEdit))
    table.edit(index)
    (editor,) = set(table.viewport().findChildren(QLineEdit)) - before
    return editor


def test_runs_are_deleted_at_once_and_taken_back(qtbot, window, path):
    table = window.runs.table
    table.selectAll()
    QTest.keyClick(table, Qt.Key.Key_Delete)
    await_runs(qtbot, window, 0)
    assert read(path) == {}
    assert window.runs.changes.isVisible()
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    override.ignore()
    QApplication.sendEvent(table, override)
    assert override.isAccepted()  # the window's undo is left alone
    QTest.keyClick(table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    await_runs(qtbot, window, 3)
    assert set(read(path)) == {1, 2, 3}
    assert not window.runs.changes.isVisible()


def test_deleting_is_taken_back_step_by_step_by_the_button(qtbot, window):
    for number in (1, 2):
        window.runs.table.select_run(number)
        QTest.keyClick(window.runs.table, Qt.Key.Key_Delete)
        await_runs(qtbot, window, 3 - number)
    for count in (2, 3):
        window.findChild(QPushButton, "runs.undo").click()
        await_runs(qtbot, window, count)


def test_a_run_that_is_being_trained_is_not_deleted(qtbot, window, path):
    with Store(path) as store:
        store.take_over(store.row("2"))
    qtbot.waitUntil(lambda: window.runs.model.rows[1].owner is not None, timeout=PATIENCE)
    window.runs.table.selectAll()
    QTest.keyClick(window.runs.table, Qt.Key.Key_Delete)
    await_runs(qtbot, window, 1)
    assert "Run 2 is being trained" in window.runs.error.text()


def test_a_second_window_sees_what_the_first_one_does(qtbot, window, open_window, path):
    other = open_window(path)
    other.actions_["runs"].trigger()
    await_runs(qtbot, other, 3)
    click(window, 3, "star")
    qtbot.waitUntil(lambda: other.runs.model.rows[0].star, timeout=PATIENCE)
    other.runs.table.select_run(1)
    QTest.keyClick(other.runs.table, Qt.Key.Key_Delete)
    await_runs(qtbot, window, 2)


def test_a_run_is_saved_to_a_file_and_taken_over_from_it(qtbot, window, path, tmp_path):
    file, panel = tmp_path / "one.nnrun", window.runs
    panel.changes.export(panel.model.rows[0], file)
    qtbot.waitUntil(lambda: not panel.shelf.busy, timeout=PATIENCE)
    assert file.exists()
    assert window.strip.text == "Run 3 saved as one.nnrun"
    panel.changes.import_(file)
    qtbot.waitUntil(lambda: panel.error.isVisible(), timeout=PATIENCE)
    assert "is in the store already" in panel.error.text()
    with Store(path) as store, store.change() as connection:
        connection.execute("UPDATE runs SET uid = 'another', changed = 1 WHERE id = 3")
    panel.changes.import_(file)
    await_runs(qtbot, window, 4)
    assert not panel.error.isVisible()
    with Store(path) as store:
        store.delete([store.row("4")])
        store.purge(1e12)
    await_runs(qtbot, window, 3)


# shown in every view


def test_a_click_shows_a_run_with_its_own_history_network_and_readings(qtbot, window, trained):
    show(qtbot, window, 3)
    trainer, frame = trained[1][2], window.stage.frame
    assert frame.experiment == trainer.experiment
    assert len(frame.history.steps) == 9
    assert np.array_equal(frame.snapshot.parameters, trainer.snapshot().parameters)
    assert frame.dataset.title == trainer.dataset.title
    needed = frozenset().union(*(view.needs(frame) for view in window.views if is_seen(view)))
    assert needed <= frame.readings.keys()
    assert window.panel.row("optimizer.lr").editor.field.value == 0.1
    assert window.banner.isVisible()
    assert window.session.experiment == HAND


def test_first_best_and_last_networks_of_a_run_are_shown(qtbot, window, path, trained):
    show(qtbot, window, 1)
    trainer = trained[1][0]
    track = window.scrubbing.bar.track
    assert track.value() == track.maximum()
    QTest.keyClick(track, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: window.stage.kept.step == 0, timeout=PATIENCE)
    assert window.stage.frame.snapshot.step == 0
    assert "at step 0 of 30" in window.banner.text.accessibleName()
    window.findChild(QToolButton, "timeline.best").click()
    best = trainer.best_epoch * trainer.steps_per_epoch
    qtbot.waitUntil(lambda: window.stage.kept.step == best, timeout=PATIENCE)
    assert np.array_equal(window.stage.frame.snapshot.parameters, trainer.snapshot("best").parameters)


def test_a_kept_run_has_the_path_of_its_kept_networks(qtbot, window, path, trained):
    show(qtbot, window, 3)
    trajectory, row = window.stage.frame.trajectory, read(path)[3]
    with Store(path, writable=False) as store:
        steps = sorted({step for step, _, _ in store.snapshots(row)})
        expected = [store.snapshot(row, trained[1][2].built.layout, step).parameters for step in steps]
    assert trajectory.steps == steps
    assert len(steps) > 1
    assert np.array_equal(trajectory.points, expected)
    surface = next(view for group in window.plots for view in group if isinstance(view, SurfaceView))
    surface.draw(window.stage.frame)
    surface.compute()
    qtbot.waitUntil(lambda: not surface.study.working, timeout=PATIENCE)
    assert surface._places.track(surface.journey, window.stage.frame.snapshot).steps == tuple(steps)


@pytest.mark.parametrize(("points", "expected"), [(100, 3), (2, 2), (0, 0)])
def test_the_path_of_a_kept_run_takes_no_more_room_than_there_is(qtbot, window, path, monkeypatch, points, expected):
    monkeypatch.setattr("nnplayground.gui.runs.fetching.room", lambda _: points)
    show(qtbot, window, 2)
    assert len(window.stage.frame.trajectory) == expected


def test_the_run_in_hand_goes_on_unseen_and_is_shown_again(qtbot, window):
    window.session.replace(HAND.replace("stopping.epochs", 1_000_000))  # so that it does not end meanwhile
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.steps > 5, timeout=PATIENCE)
    show(qtbot, window, 3)
    frame, steps = window.stage.frame, window.live.steps
    qtbot.waitUntil(lambda: window.live.steps > steps, timeout=PATIENCE)
    assert window.stage.frame is frame
    window.findChild(QToolButton, "runs.banner.back").click()
    assert window.stage.kept is None
    assert window.stage.frame is window.live.frame
    assert not window.banner.isVisible()
    assert window.panel.row("optimizer.lr").editor.field.value == HAND.optimizer.lr
    window.live.set_running(False)
    settle(qtbot, window)


def test_turning_a_knob_leaves_the_kept_run_and_begins_a_new_one_from_its_experiment(qtbot, window, trained, path):
    show(qtbot, window, 3)
    before = read(path)[3].toml
    window.panel.edited.emit("network.activation", "relu")
    assert window.stage.kept is None
    expected = trained[1][2].experiment.replace("network.activation", "relu")
    assert window.session.experiment == expected
    qtbot.waitUntil(lambda: window.live.run.experiment == expected, timeout=PATIENCE)
    settle(qtbot, window)
    window.session.undo()
    assert window.session.experiment == HAND
    assert read(path)[3].toml == before


def test_a_knob_that_is_not_allowed_leaves_the_kept_run_where_it_is(qtbot, window):
    show(qtbot, window, 3)
    window.panel.edited.emit("optimizer.lr", -1.0)
    assert window.stage.kept is not None
    assert window.session.experiment == HAND
    assert "optimizer.lr" in window.strip.text


def test_weights_of_a_kept_run_stay_as_they_are(qtbot, window):
    show(qtbot, window, 3)
    window.network.weight_edited.emit(0, 0, 0, 5.0)
    assert "kept run" in window.strip.text
    settle(qtbot, window)
    assert np.array_equal(window.live.run.last.parameters, window.live.run.first.parameters)


@pytest.mark.parametrize("action", ["run", "step", "epoch", "reset", "undo"])
def test_actions_are_the_run_in_hand_s_and_lead_back_to_it(qtbot, window, action):
    window.session.edit("optimizer.lr", 0.01)
    settle(qtbot, window)
    show(qtbot, window, 3)
    window.actions_[action].trigger()
    assert window.stage.kept is None
    window.live.set_running(False)
    settle(qtbot, window)


def test_its_experiment_can_be_trained_anew(qtbot, window, trained):
    show(qtbot, window, 3)
    window.findChild(QToolButton, "runs.banner.take_up").click()
    assert window.stage.kept is None
    assert window.session.experiment == trained[1][2].experiment


def test_a_run_that_cannot_be_shown_is_told_in_a_line(qtbot, window, path):
    with Store(path) as store, store.change() as connection:
        connection.execute("UPDATE snapshots SET run = 3, step = step + 1000 WHERE run = 2")
    click(window, 2, "id")
    qtbot.waitUntil(lambda: "Run 2 cannot be shown" in window.strip.text, timeout=PATIENCE)
    with Store(path) as store, store.change() as connection:
        connection.execute("UPDATE snapshots SET run = 2, step = step - 1000 WHERE step >= 1000")
    assert window.stage.kept is None


def test_all_runs_are_compared_and_those_brushed_are_selected_without_leaving_the_others(qtbot, window):
    panel = window.runs
    panel.every.click()
    qtbot.waitUntil(lambda: panel.comparing.comparison.isVisible(), timeout=PATIENCE)
    panel.comparing.comparison.choose("parallel")
    picture = panel.comparing.comparison.picture
    qtbot.waitUntil(lambda: len(picture.read.rows) == 3 and not picture.working, timeout=PATIENCE)
    picture.strings.brush("optimizer.kind", 0.9, 1.0)
    qtbot.waitUntil(lambda: [row.id for row in panel.table.selected] == [3], timeout=PATIENCE)
    qtbot.waitUntil(lambda: [row.id for row in picture.runs.selected] == [3], timeout=PATIENCE)
    assert len(picture.read.rows) == 3
    assert picture.strings.ranges
    picture.show_everything()
    qtbot.waitUntil(lambda: not panel.table.selected, timeout=PATIENCE)
    panel.comparing.comparison.choose("scatter")
    scatter = panel.comparing.comparison.picture
    qtbot.waitUntil(lambda: len(scatter.places) == 3, timeout=PATIENCE)
    scatter.open_run(0)
    qtbot.waitUntil(lambda: window.stage.kept is not None and window.stage.kept.row.id == scatter.read.rows[0].id)
    qtbot.waitUntil(lambda: not window.stage.working and not scatter.working, timeout=PATIENCE)
    assert len(scatter.read.rows) == 3
    panel.every.click()
    click(window, 2, "id")
    qtbot.waitUntil(lambda: not panel.comparing.comparison.isVisible(), timeout=PATIENCE)
    qtbot.waitUntil(lambda: not window.stage.working, timeout=PATIENCE)


def test_runs_selected_by_hand_are_selected_again_when_what_is_brushed_among_them_is_let_go(qtbot, window):
    panel = window.runs
    panel.table.selectAll()
    qtbot.waitUntil(lambda: panel.comparing.comparison.isVisible(), timeout=PATIENCE)
    panel.comparing.comparison.choose("parallel")
    picture = panel.comparing.comparison.picture
    qtbot.waitUntil(lambda: len(picture.strings.inside) == 3 and not picture.working, timeout=PATIENCE)
    picture.strings.brush("optimizer.kind", 0.9, 1.0)
    qtbot.waitUntil(lambda: [row.id for row in picture.runs.selected] == [3], timeout=PATIENCE)
    assert panel.comparing.comparison.isVisible()
    picture.show_everything()
    assert len(panel.table.selected) == 3
    qtbot.waitUntil(lambda: len(picture.runs.selected) == 3, timeout=PATIENCE)
    assert picture.strings.inside.all()
    panel.comparing.comparison.choose("curves")


def test_two_runs_selected_are_seen_side_by_side(qtbot, window):
    panel = window.runs
    panel.table.select_runs(frozenset({1, 3}))
    qtbot.waitUntil(lambda: panel.comparing.comparison.isVisible(), timeout=PATIENCE)
    panel.comparing.comparison.choose("two runs")
    picture = panel.comparing.comparison.picture
    qtbot.waitUntil(lambda: picture.sides is not None and not picture.working, timeout=PATIENCE)
    assert [label._words.split(",")[0] for label in picture.titles] == ["A: run 1", "B: run 3", "B − A"]
    assert all(part.isVisible() for part in picture.pictures)
    panel.comparing.comparison.choose("curves")
