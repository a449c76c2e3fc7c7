"""Points drawn by hand in the window: pressed, dragged and clicked on the real picture, edits and training seen."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from nnplayground.data import load
from nnplayground.data.drawn import held_out
from nnplayground.engine.probes import OutputMap
from nnplayground.experiment import Experiment
from nnplayground.experiment.datasets import Drawn, Table
from nnplayground.experiment.drawn import EXAMPLE, MOST_POINTS, rows_of, text_of
from nnplayground.gui import theme
from nnplayground.gui.views import boundary
from nnplayground.gui.views.output import OutputView
from nnplayground.gui.views.painting_tools import TOOLS
from nnplayground.gui.window import MainWindow
from tests.gui.frames import make_dataset, make_frame
from tests.gui.test_window import PATIENCE, settle

BASE = Experiment().replace_all(
    {"data": {"kind": "drawn"}, "network.layers": [8], "optimizer.lr": 0.02, "name": "mine"}
)
LEFT, PLAIN = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def opened(qapp, tmp_path_factory):
    place = tmp_path_factory.mktemp("settings") / "settings.ini"
    made = MainWindow(BASE, QSettings(str(place), QSettings.Format.IniFormat), theme_name="light")
    made.resize(1440, 900)
    made.show()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def window(qtbot, opened):
    """The window with the example's points and no tool in hand, the experiment before gone from undo."""
    opened.live.set_running(False)
    opened.session.replace(BASE)
    trained(qtbot, opened)
    opened.draw()
    opened.output.painting.tools.leave()
    opened.output.painting.tools.classes[0].click()
    opened.output.painting.tools.leave()
    opened.output.show_everything()
    opened.draw()
    return opened


def trained(qtbot, window):
    """Wait until what is in hand is what is trained."""
    expected = window.session.experiment
    qtbot.waitUntil(lambda: window.live.run is not None and window.live.run.experiment == expected, timeout=PATIENCE)
    settle(qtbot, window)


def rows(window):
    return rows_of(window.session.experiment.data.points)


def pixel(window, place):
    plot = window.output.picture_named("plane").plot
    return plot.mapFromScene(plot.box.mapViewToScene(QPointF(*place)))


def stroke(window, *places):
    """Press at the first place, drag over the others, and let go at the last."""
    target = window.output.picture_named("plane").plot.viewport()
    QTest.mousePress(target, LEFT, PLAIN, pixel(window, places[0]))
    for place in places[1:]:
        QTest.mouseMove(target, pixel(window, place))
    QTest.mouseRelease(target, LEFT, PLAIN, pixel(window, places[-1]))


def take(window, tool, label=0):
    tools = window.output.painting.tools
    tools.classes[label].click()
    tools.choose(tool)
    return tools


def drawn_items(window):
    """How many points are seen: of training, of validation, and of those that wait."""
    picture = window.output.picture_named("plane")
    items = [picture.train, picture.validation, window.output.painting.brush.preview]
    return [int(np.sum(item.data["visible"])) if item.isVisible() else 0 for item in items]


# painting


def test_a_stroke_sprays_points_of_the_class_along_it(window):
    before = rows(window)
    tools = take(window, "paint", 1)
    stroke(window, (-4, 5), (-2, 5), (0, 5))
    fresh = rows(window)[len(before) :]
    assert rows(window)[: len(before)] == before
    assert len(fresh) > 20
    assert {row[2] for row in fresh} == {1}
    assert all(-4 - tools.radius <= x <= tools.radius + 0.1 and abs(y - 5) <= tools.radius + 0.1 for x, y, _ in fresh)
    assert min(x for x, _, _ in fresh) < -3.5 < -0.5 < max(x for x, _, _ in fresh)


def test_a_wider_brush_reaches_further(window):
    tools = take(window, "paint")
    reach = []
    for size in (2, 15):
        tools.size_.setValue(size)
        count = len(rows(window))
        stroke(window, (3, -4), (4, -4))
        reach.append(max(abs(y + 4) for _, y, _ in rows(window)[count:]))
    tools.size_.setValue(6)
    assert reach[0] < 0.25 < 0.7 < reach[1] < 1.6


def test_a_click_sets_one_point_where_it_is(window):
    take(window, "point", 1)
    stroke(window, (3, -2.5))
    assert len(rows(window)) == len(rows_of(EXAMPLE)) + 1
    x, y, label = rows(window)[-1]
    assert np.allclose((x, y), (3, -2.5), atol=0.05)
    assert label == 1


def test_a_point_is_dragged_to_another_place(window):
    before = rows(window)
    take(window, "drag")
    stroke(window, before[30][:2], (4, -3), (5, -5))
    after = rows(window)
    assert [i for i, (one, other) in enumerate(zip(before, after, strict=True)) if one != other] == [30]
    assert np.allclose(after[30][:2], (5, -5), atol=0.05)
    assert after[30][2] == before[30][2]


def test_dragging_where_no_point_is_changes_nothing(window):
    take(window, "drag")
    stroke(window, (5.5, -5.5), (0, 0))
    assert window.session.experiment == BASE


def test_points_under_the_eraser_go_and_no_others(window):
    before = rows(window)
    tools = take(window, "erase")
    stroke(window, (2, 1.8), (4, 1.8))
    gone = set(before) - set(rows(window))
    assert set(rows(window)) <= set(before)
    distance = {row: max(abs(row[1] - 1.8), row[0] - 4, 2 - row[0]) for row in before}
    assert {row for row in before if distance[row] < 0.5 * tools.radius} <= gone
    assert all(distance[row] < tools.radius + 0.1 for row in gone)


def test_an_outlier_is_one_click_and_is_trained_on(window):
    before = rows(window)
    window.output.painting.tools.outlier.click()
    (added,) = set(rows(window)) - set(before)
    own = [row for row in before if row[2] == added[2] == 0]
    assert min(np.hypot(added[0] - x, added[1] - y) for x, y, _ in own) > 4
    held = held_out([row[2] for row in rows(window)], 0.3)
    assert not held[rows(window).index(added)]


def test_what_is_being_painted_is_seen_before_the_button_is_let_go(window):
    take(window, "paint", 1)
    window.draw()
    shown = drawn_items(window)
    target = window.output.picture_named("plane").plot.viewport()
    QTest.mousePress(target, LEFT, PLAIN, pixel(window, (-5, 5)))
    QTest.mouseMove(target, pixel(window, (-2, 5)))
    assert window.session.experiment == BASE
    assert drawn_items(window)[:2] == shown[:2]
    assert drawn_items(window)[2] > 10
    QTest.mouseRelease(target, LEFT, PLAIN, pixel(window, (-2, 5)))
    window.draw()
    assert sum(drawn_items(window)) == len(rows(window))
    assert drawn_items(window)[2] == 0


def test_what_is_being_erased_is_gone_from_sight_at_once(window):
    take(window, "erase")
    window.draw()
    shown = sum(drawn_items(window))
    target = window.output.picture_named("plane").plot.viewport()
    QTest.mousePress(target, LEFT, PLAIN, pixel(window, rows(window)[30][:2]))
    assert sum(drawn_items(window)) < shown
    assert window.session.experiment == BASE
    QTest.mouseRelease(target, LEFT, PLAIN, pixel(window, rows(window)[30][:2]))
    window.draw()
    assert sum(drawn_items(window)) == len(rows(window)) < shown


# edits


def test_each_stroke_is_one_edit_that_is_undone_and_done_again(window):
    take(window, "paint", 1)
    states = [window.session.experiment]
    for y in (5, 4.5, -5):  # quickly one after the other
        stroke(window, (-3, y), (-1, y))
        states.append(window.session.experiment)
    assert len({state.data.points for state in states}) == 4
    for expected in states[-2::-1]:
        window.actions_["undo"].trigger()
        assert window.session.experiment == expected
    for expected in states[1:]:
        window.actions_["redo"].trigger()
        assert window.session.experiment == expected


def test_an_undo_takes_the_points_from_sight(window):
    take(window, "paint", 1)
    stroke(window, (-3, 5), (-1, 5))
    window.actions_["undo"].trigger()
    window.draw()
    assert sum(drawn_items(window)) == len(rows_of(EXAMPLE))


def test_no_more_points_are_painted_than_there_may_be(window):
    window.session.edit("data.points", text_of([*rows_of(EXAMPLE), *[(5.0, 5.0, 1)] * (MOST_POINTS - 51)]))
    window.draw()
    take(window, "paint", 1)
    stroke(window, (-4, -5), (4, -5))
    assert len(rows(window)) == MOST_POINTS


def test_points_are_edited_where_one_has_zoomed_to(window):
    plot = window.output.picture_named("plane").plot
    plot.box.setRange(xRange=(0, 2), yRange=(0, 2), padding=0)
    plot.box.sigRangeChangedManually.emit(plot.box.state["mouseEnabled"])
    seen = plot.box.viewRange()
    take(window, "point", 1)
    stroke(window, (1.25, 0.75))
    window.draw()
    assert np.allclose(rows(window)[-1][:2], (1.25, 0.75), atol=0.01)
    assert np.allclose(plot.box.viewRange(), seen)


# training


def test_training_goes_on_with_the_points_and_the_boundary_moves(qtbot, window):
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.steps > 600, timeout=PATIENCE)
    built, history = window.live.built, window.live.run.history
    before = window.live.frame.reading(boundary.REQUEST, OutputMap).values[1, 8, 50]  # at (0, 5)
    take(window, "paint", 1)
    for y in (4.8, 5.2, 5.5):
        stroke(window, (-3, y), (3, y))
    steps = window.live.steps
    qtbot.waitUntil(lambda: window.live.run.experiment == window.session.experiment, timeout=PATIENCE)
    qtbot.waitUntil(lambda: window.live.steps > steps + 1500, timeout=PATIENCE)
    window.live.set_running(False)
    settle(qtbot, window)
    assert window.live.built is built, "the network stays"
    assert window.live.run.history is history
    assert any(mark.text.startswith("points 49 → ") for mark in history.marks)
    assert len(window.live.frame.dataset.train) == window.session.experiment.data.training_rows
    assert window.live.frame.reading(boundary.REQUEST, OutputMap).values[1, 8, 50] > max(before, 0.5)


def test_while_paused_the_pictures_are_of_the_new_points(qtbot, window):
    steps = window.live.steps
    take(window, "point", 1)
    stroke(window, (3, -2.5))
    trained(qtbot, window)
    frame = window.live.frame
    assert len(frame.dataset.train) + len(frame.dataset.validation) == len(rows(window))
    assert frame.snapshot.step == steps


def test_too_few_points_are_said_in_one_line_and_training_stays(qtbot, window):
    window.live.take_step()
    settle(qtbot, window)
    steps, run = window.live.steps, window.live.run
    window.output.painting.tools.clear.click()
    qtbot.waitUntil(lambda: "Until then" in window.strip.text, timeout=PATIENCE)
    assert "at least 2 of each of the 2 classes" in window.strip.text
    assert rows(window) == (), "what is being painted stays in hand"
    settle(qtbot, window)
    assert (window.live.run, window.live.steps, run.experiment) == (run, steps, BASE)
    window.draw()
    assert sum(drawn_items(window)) == 0
    for label, y in enumerate((3, -3)):
        take(window, "paint", label)
        stroke(window, (-4, y), (4, y))
    trained(qtbot, window)
    assert window.live.run is run
    assert len(window.live.frame.dataset.train) == window.session.experiment.data.training_rows


def test_a_class_without_points_is_refused_and_seen_as_it_is(qtbot, window):
    window.session.edit_all({"data.points": text_of(row for row in rows_of(EXAMPLE) if row[2] == 0)})
    qtbot.waitUntil(lambda: "has 0 of class 1" in window.strip.text, timeout=PATIENCE)
    window.draw()
    assert window.live.run.experiment == BASE
    window.actions_["undo"].trigger()
    trained(qtbot, window)
    assert window.session.experiment == BASE


def test_more_classes_stay_in_hand_until_their_points_are_painted(qtbot, window):
    window.session.edit("data.class_count", 3)
    qtbot.waitUntil(lambda: "has 0 of class 2" in window.strip.text, timeout=PATIENCE)
    assert window.session.experiment.data.class_count == 3
    take(window, "paint", 2)
    stroke(window, (-5, -5), (-4, -5))
    trained(qtbot, window)
    assert len(window.live.frame.dataset.class_names) == 3


def test_a_batch_too_large_is_still_refused_and_taken_back(qtbot, window):
    window.session.edit("batches.size", 500)
    qtbot.waitUntil(lambda: "larger than the training set" in window.strip.text, timeout=PATIENCE)
    assert window.session.experiment == BASE


def test_another_class_is_painted_and_begins_anew(qtbot, window):
    tools = window.output.painting.tools
    tools.more.click()
    assert tools.tool == "paint"
    stroke(window, (-5, -5))
    assert window.session.experiment.data.class_count == 3
    stroke(window, (-4, -5))
    trained(qtbot, window)
    window.draw()
    assert window.live.built.experiment.data.class_count == 3
    assert [not button.isHidden() for button in tools.classes] == [True] * 3 + [False] * 5


def test_one_point_of_another_class_is_seen_while_it_waits_for_a_second(qtbot, window):
    window.session.edit_all({"data.points": f"{EXAMPLE}; -5 -5 2", "data.class_count": 3})
    qtbot.waitUntil(lambda: "has 1 of class 2" in window.strip.text, timeout=PATIENCE)
    window.draw()
    assert drawn_items(window)[2] == 1


# keys and commands


@pytest.mark.parametrize("tool", TOOLS)
def test_escape_lays_a_tool_down_and_the_pointer_pans_again(qtbot, window, tool):
    window.activateWindow()
    tools = take(window, tool)
    stroke(window, (5.8, -5.8))
    state = window.session.experiment
    assert tools.tools[tool].hasFocus()
    QTest.keyClick(tools.tools[tool], Qt.Key.Key_Escape)
    assert tools.tool == ""
    stroke(window, (-3, 3), (-2, 3))
    assert window.session.experiment == state


def test_every_tool_is_reached_by_keys_and_read_aloud(window):
    tools = window.output.painting.tools
    buttons = [
        *tools.classes[:2],
        tools.more,
        *tools.tools.values(),
        tools.size_,
        tools.outlier,
        tools.clear,
        tools.save,
    ]
    for button in buttons:
        assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
        assert button.accessibleName()
        assert button.isVisible()
    tools.tools["erase"].setFocus()
    QTest.keyClick(tools.tools["erase"], Qt.Key.Key_Select)
    assert tools.tool == "erase"


def test_the_points_of_a_data_set_are_taken_over(qtbot, window):
    window.session.replace(BASE.replace("data.kind", "circle"))
    trained(qtbot, window)
    window.draw()
    assert window.output.painting.tools.isHidden()
    source = window.live.frame.dataset
    window.output.painting.pencil.click()
    trained(qtbot, window)
    window.draw()
    data = window.session.experiment.data
    assert isinstance(data, Drawn)
    assert (data.validation_share, data.known_rows) == (0.5, 500)
    assert window.output.painting.tools.isVisible()
    assert window.output.painting.pencil.isHidden()
    raw = np.concatenate([source.train.raw, source.validation.raw])
    assert sorted(map(tuple, np.round(raw.astype(float), 3).tolist())) == sorted(row[:2] for row in rows(window))
    window.actions_["undo"].trigger()
    assert window.session.experiment.data.kind == "circle"


def test_where_there_are_no_points_of_classes_an_example_is_begun_with(qtbot, window):
    for kind in ("plane", "iris"):
        window.session.edit("data.kind", kind)
        trained(qtbot, window)
        window.draw()
        assert window.output.painting.pencil.isHidden()
        window.actions_["draw_points"].trigger()
        assert window.session.experiment.data.points == EXAMPLE
        trained(qtbot, window)


def test_points_that_lie_out_of_sight_are_left_out_and_that_is_said(window):
    window.session.edit_all({"data": {"kind": "circle", "noise": 1.0}})
    window.session.edit("data.kind", "drawn")
    lost = 500 - len(rows(window))
    assert lost > 0
    assert window.strip.text.startswith(f"{lost} of the points")


def test_resetting_every_knob_keeps_the_drawing(window):
    window.session.edit_all({"data.points": f"{EXAMPLE}; 5 5 1", "optimizer.lr": 0.5})
    window.panel.reset.click()
    assert len(rows(window)) == 50
    assert window.session.experiment.optimizer == Experiment().optimizer


def test_saved_points_are_read_back_by_the_import(window, tmp_path, monkeypatch):
    file = tmp_path / "points"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    window.output.painting.tools.save.click()
    table = load(Table(path=str(file.with_suffix(".csv")), target="class"), 1)
    raw = np.concatenate([table.train.raw, table.validation.raw])
    labels = np.concatenate([table.train.targets, table.validation.targets])
    found = [(*np.round(p.astype(float), 3).tolist(), int(c)) for p, c in zip(raw, labels, strict=True)]
    assert sorted(found) == sorted(rows(window))


# looks


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("size", [(340, 430), (250, 260), (600, 240), (330, 200)])
@pytest.mark.parametrize("classes", [2, 8])
def test_tools_stand_beside_the_map_and_over_nothing(qtbot, app, name, size, classes):
    chosen = theme.load(name)
    theme.apply(app, chosen)
    view = OutputView(chosen)
    qtbot.addWidget(view)
    view.resize(*size)
    view.show()
    points = text_of((x / 10, label - 4.0, label) for x in range(5) for label in range(classes))
    data = Drawn(points=points, class_count=classes)
    plane = make_dataset(
        [[0, 0]] * 4, [0, 1, 0, 1], class_names=[f"class {i}" for i in range(classes)], domain=((-6, 6), (-6, 6))
    )
    view.draw(make_frame(dataset=plane, experiment=BASE.replace("data", data)))
    qtbot.wait(20)
    tools, plot = view.painting.tools, view.picture_named("plane").plot
    assert not tools.geometry().intersects(plot.geometry())
    shown = [
        button for button in (*tools.classes, tools.more, *tools.tools.values(), tools.clear) if button.isVisible()
    ]
    assert len(shown) == classes + 5 + (classes < 8)
    places = [button.rect().translated(button.mapTo(tools, button.rect().topLeft())) for button in shown]
    assert all(tools.rect().contains(place) for place in places) or size[1] < 250
    assert not any(one.intersects(other) for i, one in enumerate(places) for other in places[:i])
