"""The network view: what it draws, what its buttons and edges ask for."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolButton

from nnplayground.experiment import Experiment
from nnplayground.gui import theme as themes
from nnplayground.gui.views.diagram.scene import Background, Edge, Mark, Tile
from nnplayground.gui.views.diagram.structure import most_layers
from nnplayground.gui.views.diagram.value_box import ValueBox
from nnplayground.gui.views.network import NetworkView
from nnplayground.gui.views.view import Frame

from .frames import colours_of
from .networks import STRUCTURES, experiment_of, frame_of, full_frame, make_readings, make_snapshot

LIGHT = themes.load("light")


@pytest.fixture
def make_view(qtbot):
    def make(frame, *, size=(717, 500), theme=LIGHT):
        view = NetworkView(theme)
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        view.draw(frame)
        QApplication.processEvents()
        return view

    return make


def place_of(view, spot) -> QPoint:
    """A point of the diagram where a spot lies."""
    scene = view.diagram.scene
    if isinstance(spot, Edge):
        curves = scene.curves[spot.gap]
        for x in np.arange(curves.left + 2, curves.right - 2):
            y = round(float(curves.at(x)[0][spot.end, spot.start]))
            if scene.spot_at(round(x), y) == spot:
                return QPoint(round(x), y)
        raise AssertionError(f"{spot} lies under others")
    if isinstance(spot, Mark):
        x, y = scene.geometry.mark_at(spot.column, spot.row)
    elif isinstance(spot, Background):
        x, y = scene.geometry.columns[spot.column].x, scene.geometry.top - 2
    else:
        x, y = scene.geometry.columns[spot.column].x, scene.geometry.columns[spot.column].ys[spot.row]
    return QPoint(round(x), round(y))


def press(qtbot, view, spot) -> None:
    qtbot.mouseClick(view.diagram, Qt.MouseButton.LeftButton, pos=place_of(view, spot))


def hover(qtbot, view, spot) -> None:
    qtbot.mouseMove(view.diagram, place_of(view, spot))
    QApplication.processEvents()


def asked_by(qtbot, view, name):
    """Press a button, and return the path and value that the view asks for."""
    button = view.findChild(QToolButton, name)
    with qtbot.waitSignal(view.edited) as caught:
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    return caught.args


# drawing


@pytest.mark.parametrize("theme", themes.NAMES)
@pytest.mark.parametrize("name", STRUCTURES)
def test_every_structure_is_drawn_in_every_theme(make_view, name, theme):
    view = make_view(frame_of(name), theme=themes.load(theme))
    assert len(colours_of(view.diagram)) > 100


@pytest.mark.parametrize("size", [(420, 360), (717, 500), (1000, 700)])
@pytest.mark.parametrize("name", STRUCTURES)
def test_every_structure_is_drawn_at_every_size_without_its_numbers(make_view, name, size):
    frame = frame_of(name)
    view = make_view(Frame(frame.experiment, None, None, None, {}), size=size)
    assert len(colours_of(view.diagram)) > 10


def test_new_weights_change_the_picture_and_the_same_frame_does_not_paint_again(make_view):
    frame = frame_of("spiral")
    view = make_view(frame)
    first, painting = view.diagram.grab().toImage(), view.diagram._painting
    sheets = painting._edges
    view.draw(frame)
    assert painting._edges is sheets
    other = dataclasses.replace(frame.snapshot, parameters=-frame.snapshot.parameters)
    view.draw(dataclasses.replace(frame, snapshot=other))
    assert view.diagram.grab().toImage() != first


def on_screen(view) -> QImage:
    """What is on the screen, where only what was updated has been painted."""
    while view.diagram._later.isActive():
        QTest.qWait(1)
    QApplication.sendEvent(view, QEvent(QEvent.Type.UpdateRequest))  # paint what is to be updated now
    return view.screen().grabWindow(view.winId()).toImage()


def later(frame, seed: int) -> Frame:
    """A frame of the same network with other weights, most a little, and other responses of some layers."""
    generator = np.random.default_rng(seed)
    snapshot, readings = frame.snapshot, frame.readings
    size = snapshot.parameters.shape
    moved = snapshot.parameters + generator.normal(0, 0.02, size) + 2.0 * (generator.random(size) < 0.02)
    if seed % 2:
        readings = {
            request: dataclasses.replace(
                reading, layers=tuple(layer[:, ::-1] if seed % 3 else layer for layer in reading.layers)
            )
            for request, reading in readings.items()
        }
    snapshot = dataclasses.replace(snapshot, parameters=moved.astype(np.float32))
    return dataclasses.replace(frame, snapshot=snapshot, readings=readings)


SEEN = [(name, None) for name in ("four classes", "regression", "images", "convolutions")]
SEEN += [("spiral", spot) for spot in (None, Tile(1, 2), Tile(0, 1), Edge(1, 2, 1), Mark(1, 1), Background(1))]


@pytest.mark.parametrize(("name", "spot"), SEEN)
def test_after_many_frames_the_screen_shows_the_last_one_alone(make_view, name, spot):
    frame = frame_of(name)
    view = make_view(frame)
    view.diagram._point(spot)
    for seed in range(8):
        frame = later(frame, seed)
        view.draw(frame)
        shown = on_screen(view)
    fresh = make_view(frame)
    fresh.diagram._point(spot)
    assert shown == on_screen(fresh)


def test_what_was_not_known_and_is_no_longer_is_seen_at_once(make_view):
    frame = frame_of("spiral")
    nothing = dataclasses.replace(frame, snapshot=None, readings={})
    view = make_view(nothing)
    for shown in (frame, nothing, later(frame, 1)):
        view.draw(shown)
        assert on_screen(view) == on_screen(make_view(shown))


def test_another_theme_changes_colours_and_sizes(make_view):
    view = make_view(frame_of("spiral"))
    light, tile = colours_of(view), view.diagram.scene.geometry.columns[0].tile
    view.set_theme(themes.load("dark"))
    view.draw(frame_of("spiral"))
    assert len(colours_of(view) & light) < len(light) / 2
    view.set_theme(themes.load("projector"))
    view.resize(1400, 1000)
    assert view.diagram.scene.geometry.columns[0].tile > tile


@pytest.mark.parametrize("sizes", [(2, 8, 8, 1), (2, 8, 9, 8, 1), (5, 8, 8, 8, 3), (2, 4096, 1)])
def test_numbers_of_another_structure_are_ignored(make_view, sizes):
    stale = Frame(Experiment(), None, None, make_snapshot(sizes), make_readings(sizes))
    view = make_view(stale)
    assert len(colours_of(view.diagram)) > 10
    view.draw(full_frame(Experiment()))
    assert view.diagram.scene.weights[1] is not None


def test_a_change_of_structure_shows_at_once(make_view):
    view = make_view(frame_of("spiral"))
    frame = frame_of("spiral")
    wider = dataclasses.replace(frame, experiment=frame.experiment.replace("network.layers.1.width", 3))
    view.draw(wider)
    assert [len(column.ys) for column in view.diagram.scene.geometry.columns] == [7, 8, 3, 8, 1]
    assert view.diagram.scene.weights[0] is not None
    assert view.diagram.scene.weights[1] is None


def test_wide_columns_count_what_they_leave_out(make_view):
    columns = make_view(frame_of("very wide")).diagram.scene.geometry.columns
    assert columns[1].left_out == 4096 - len(columns[1].ys) > 4000


def test_device_pixels_are_used(make_view, monkeypatch):
    view = make_view(frame_of("spiral"))
    one = view.diagram._fresh_painting()._raster.rows
    monkeypatch.setattr(view.diagram, "devicePixelRatioF", lambda: 2.0)
    assert abs(view.diagram._fresh_painting()._raster.rows - 2 * one) <= 2


# probes


@pytest.mark.parametrize("name", STRUCTURES)
def test_pictures_are_asked_for_in_a_size_that_a_frame_can_pay_for(make_view, name):
    view = make_view(frame_of(name))
    (request,) = view.needs(frame_of(name))
    assert request.limit == 16
    structure = view.diagram.structure
    assert (structure.is_dense and request.resolution**2 * structure.parameters <= 2e7) or request.resolution == 8


def test_a_small_network_gets_fine_pictures_and_a_huge_one_coarse_ones(make_view):
    view = make_view(frame_of("spiral"))
    (fine,) = view.needs(Frame(Experiment(), None, None, None))
    (coarse,) = view.needs(Frame(Experiment().replace("network.layers", [4096, 4096]), None, None, None))
    assert fine.resolution == 32
    assert coarse.resolution == 8


# buttons


@pytest.mark.parametrize("name", STRUCTURES)
def test_every_button_asks_for_what_the_experiment_accepts(qtbot, make_view, name):
    view, experiment = make_view(frame_of(name), size=(1400, 700)), experiment_of(name)
    others = ("network.edges", "network.trac", "network.info", "network.menu")  # these ask the view, not the experiment
    buttons = [button for button in view.findChildren(QToolButton) if not button.objectName().startswith(others)]
    names = [button.objectName() for button in buttons if button.isEnabled()]
    assert "network.add_layer" in names or len(experiment.network.layers) == most_layers()
    for button in names:
        if button.startswith(("network.", "data.")) and not button.endswith(".header"):
            path, value = asked_by(qtbot, view, button)
            assert experiment.replace(path, value) != experiment


@pytest.mark.parametrize(("button", "by"), [("fewer", -1), ("more", 1)])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_the_signs_below_a_column_change_its_width_by_one(qtbot, make_view, index, button, by):
    view = make_view(frame_of("spiral"))
    assert asked_by(qtbot, view, f"network.layers.{index}.{button}") == [f"network.layers.{index}.width", 8 + by]


def test_a_new_layer_is_as_wide_as_the_last_and_the_first_one_has_the_default(qtbot, make_view):
    experiment = Experiment().replace("network.layers", [4, 7])
    view = make_view(full_frame(experiment))
    path, value = asked_by(qtbot, view, "network.add_layer")
    assert [layer.width for layer in experiment.replace(path, value).network.layers] == [4, 7, 7]
    view.draw(frame_of("no hidden layer"))
    path, value = asked_by(qtbot, view, "network.add_layer")
    assert [layer.width for layer in experiment.replace(path, value).network.layers] == [8]


def test_the_last_layer_is_the_one_to_go(qtbot, make_view):
    experiment = Experiment().replace("network.layers", [4, 7])
    path, value = asked_by(qtbot, make_view(full_frame(experiment)), "network.remove_layer")
    assert [layer.width for layer in experiment.replace(path, value).network.layers] == [4]


@pytest.mark.parametrize(
    ("name", "button"),
    [
        ("no hidden layer", "network.remove_layer"),
        ("most layers", "network.add_layer"),
        ("one neuron", "network.layers.0.fewer"),
        ("very wide", "network.layers.0.more"),
        ("line", "data.features.x1"),
    ],
)
def test_at_a_limit_the_button_is_off(make_view, name, button):
    assert not make_view(frame_of(name)).findChild(QToolButton, button).isEnabled()


def test_a_click_on_an_input_switches_it_and_features_keep_their_order(qtbot, make_view):
    view = make_view(frame_of("spiral"))
    assert asked_by(qtbot, view, "data.features.x1^2") == ["data.features", ("x1", "x2", "x1^2")]
    assert asked_by(qtbot, view, "data.features.x1") == ["data.features", ("x2",)]
    assert view.findChild(QToolButton, "data.features.x1").isChecked()  # until the experiment says otherwise


def test_inputs_that_cannot_be_switched_have_no_buttons(make_view):
    view = make_view(frame_of("iris"))
    assert not [b for b in view.findChildren(QToolButton) if b.objectName().startswith("data.") and b.isVisible()]


@pytest.mark.parametrize("name", STRUCTURES)
def test_every_button_has_a_name_for_screen_readers_and_is_reached_by_tab(make_view, name):
    for button in make_view(frame_of(name)).findChildren(QToolButton):
        if button.objectName().startswith(("network.", "data.")):
            assert button.accessibleName()
            assert button.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_buttons_do_not_take_the_focus_from_the_diagram_when_clicked(qtbot, make_view):
    view = make_view(frame_of("spiral"))
    view.diagram.setFocus()
    qtbot.mouseClick(view.findChild(QToolButton, "network.layers.0.more"), Qt.MouseButton.LeftButton)
    assert not view.findChild(QToolButton, "network.layers.0.more").hasFocus()


# edges, biases, neurons


def test_an_edge_is_edited_in_place(qtbot, make_view):
    view, edge = make_view(frame_of("spiral")), Edge(1, 3, 5)
    weights = np.zeros((8, 8), np.float32)
    weights[3, 5] = 0.5
    view.diagram.scene.weights[1] = weights
    press(qtbot, view, edge)
    box = view.findChild(ValueBox)
    assert box.box.value() == 0.5
    assert "layer 2, neuron 4 ← neuron 6" in box.accessibleName()
    with qtbot.waitSignal(view.weight_edited) as caught:
        box.box.setValue(-1.25)
    assert caught.args == [1, 3, 5, -1.25]
    box.close()


def test_an_edge_from_a_feature_is_that_of_its_input(qtbot, make_view):
    experiment = Experiment().replace_all({"data.features": ["sin(x1)", "x2"], "network.layers": []})
    view = make_view(full_frame(experiment))
    press(qtbot, view, Edge(0, 0, 5))
    box = view.findChild(ValueBox)
    with qtbot.waitSignal(view.weight_edited) as caught:
        box.box.setValue(2.0)
    assert caught.args == [0, 0, 0, 2.0]
    box.close()


def test_a_bias_is_edited_at_its_mark_and_enter_closes_the_box(qtbot, make_view):
    view = make_view(frame_of("spiral"))
    press(qtbot, view, Mark(4, 0))
    box = view.findChild(ValueBox)
    assert box.box.value() == pytest.approx(float(frame_of("spiral").snapshot.biases(3)[0]), abs=1e-4)
    with qtbot.waitSignal(view.bias_edited) as caught:
        box.box.clear()
        qtbot.keyClicks(box.box, "0.75")
        qtbot.keyClick(box.box, Qt.Key.Key_Return)
    assert caught.args == [3, 0, 0.75]
    assert not box.isVisible()


def test_opening_and_closing_the_box_edits_nothing(qtbot, make_view):
    view = make_view(frame_of("spiral"))
    with qtbot.assertNotEmitted(view.bias_edited):
        press(qtbot, view, Mark(1, 0))
        qtbot.keyClick(view.findChild(ValueBox).box, Qt.Key.Key_Escape)


def test_a_neuron_under_the_pointer_is_shown_large(qtbot, make_view):
    view = make_view(frame_of("spiral"))
    hover(qtbot, view, Tile(2, 3))
    assert view._bubble.isVisible()
    assert view._bubble.card.title == "layer 2, neuron 4"
    assert view._bubble.card.lines[-1][0] == "bias"
    hover(qtbot, view, Tile(0, 2))
    assert view._bubble.card.title == "x₁²"
    QApplication.sendEvent(view.diagram, QEvent(QEvent.Type.Leave))
    assert not view._bubble.isVisible()


def test_the_pointer_is_noticed_through_the_buttons(qtbot, make_view):
    view = make_view(frame_of("spiral"))
    button = view.findChild(QToolButton, "data.features.x2^2")
    qtbot.mouseMove(button, QPoint(button.width() - 20, button.height() // 2))
    assert view.diagram.spot == Tile(0, 3)
    qtbot.mouseMove(view.findChild(QToolButton, "network.layers.1.more"))
    assert view.diagram.spot == Background(2)


def test_a_press_counts_only_where_it_is_released(qtbot, make_view):
    view = make_view(frame_of("spiral"))
    qtbot.mousePress(view.diagram, Qt.MouseButton.LeftButton, pos=place_of(view, Mark(1, 0)))
    qtbot.mouseRelease(view.diagram, Qt.MouseButton.LeftButton, pos=place_of(view, Tile(3, 3)))
    assert view.findChild(ValueBox) is None


@pytest.mark.parametrize("name", STRUCTURES)
def test_every_kind_of_spot_can_be_pointed_at(qtbot, make_view, name):
    view = make_view(frame_of(name))
    for column, placed in enumerate(view.diagram.scene.geometry.columns):
        hover(qtbot, view, Tile(column, len(placed.ys) - 1))
        assert view.rect().contains(view._bubble.geometry())
        assert len(colours_of(view)) > 100
        if 0 < column <= len(view.diagram.structure.layers):
            hover(qtbot, view, Background(column))
            assert not view._bubble.isVisible()


def test_keys_walk_over_the_diagram_and_open_what_they_stand_on(qtbot, make_view):
    view = make_view(frame_of("spiral"))
    view.diagram.setFocus()
    for key in (Qt.Key.Key_Down, Qt.Key.Key_Right, Qt.Key.Key_Down):
        qtbot.keyClick(view.diagram, key)
    tile = view.diagram.spot
    assert isinstance(tile, Tile)
    assert tile.column == 1
    assert view.diagram.accessibleDescription() == f"layer 1, neuron {tile.row + 1}"
    qtbot.keyClick(view.diagram, Qt.Key.Key_PageDown)
    assert view.diagram.spot == Edge(0, tile.row, 0)
    qtbot.keyClick(view.diagram, Qt.Key.Key_PageDown)
    assert view.diagram.spot == Edge(0, tile.row, 1)
    qtbot.keyClick(view.diagram, Qt.Key.Key_PageDown)
    assert view.diagram.spot == Edge(0, tile.row, 0)  # the features that are off are passed over
    qtbot.keyClick(view.diagram, Qt.Key.Key_Return)
    box = view.findChild(ValueBox)
    assert "x₁" in box.accessibleName()
    box.close()


# a layer's own settings


def open_layer(qtbot, view, index):
    qtbot.mouseClick(view.findChild(QToolButton, f"network.layers.{index}.header"), Qt.MouseButton.LeftButton)
    return view._popover


def test_the_header_and_the_background_open_the_layers_own_settings(qtbot, make_view):
    view = make_view(frame_of("spiral"))
    popover = open_layer(qtbot, view, 1)
    assert popover.isVisible()
    assert popover.index == 1
    popover.close()
    assert view._popover is None
    press(qtbot, view, Background(3))
    assert view._popover.index == 2
    view._popover.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("activation", "relu"),
        ("initializer", "he_normal"),
        ("normalization", "layer"),
        ("norm_place", "after"),
        ("dropout", 0.2),
        ("dropout_kind", "alpha"),
        ("width", 5),
    ],
)
def test_a_layers_own_setting_is_asked_for_at_its_path(qtbot, make_view, name, value):
    view, experiment = make_view(frame_of("spiral")), experiment_of("spiral")
    popover = open_layer(qtbot, view, 1)
    with qtbot.waitSignal(view.edited) as caught:
        popover.rows[name].editor.edited.emit(value)
    assert caught.args == [f"network.layers.1.{name}", value]
    assert experiment.replace(*caught.args).get(caught.args[0]) == value
    popover.close()


def test_the_popover_follows_the_experiment_and_closes_with_its_layer(qtbot, make_view):
    frame = frame_of("spiral")
    view = make_view(frame)
    popover = open_layer(qtbot, view, 2)
    changed = frame.experiment.replace("network.layers.2.activation", "relu")
    view.draw(dataclasses.replace(frame, experiment=changed))
    assert popover.rows["activation"].field.value == "relu"
    view.draw(dataclasses.replace(frame, experiment=changed.replace("network.layers", [8])))
    assert not popover.isVisible()


@pytest.mark.parametrize(("button", "widths"), [("duplicate", [4, 5, 5, 6]), ("remove", [4, 6])])
def test_a_layer_is_duplicated_or_removed_where_it_is(qtbot, make_view, button, widths):
    experiment = Experiment().replace("network.layers", [4, 5, 6])
    view = make_view(full_frame(experiment))
    popover = open_layer(qtbot, view, 1)
    with qtbot.waitSignal(view.edited) as caught:
        {"duplicate": popover.copy, "remove": popover.remove}[button].click()
    assert [layer.width for layer in experiment.replace(*caught.args).network.layers] == widths


def test_what_was_being_typed_is_asked_for_when_the_popover_closes_and_not_of_a_layer_that_is_gone(qtbot, make_view):
    frame = frame_of("spiral")
    view, asked = make_view(frame), []
    view.edited.connect(lambda *edit: asked.append(edit))
    for gone in (False, True):
        popover = open_layer(qtbot, view, 2)
        box = popover.rows["width"].editor.box
        box.setFocus()
        box.selectAll()
        qtbot.keyClicks(box, "5")
        if gone:
            view.draw(dataclasses.replace(frame, experiment=frame.experiment.replace("network.layers", [8])))
        popover.close()
        assert asked == [("network.layers.2.width", 5)]


def test_what_was_refused_is_said_at_the_knob(qtbot, make_view):
    view = make_view(frame_of("spiral"))
    popover = open_layer(qtbot, view, 0)
    view.reject("network.layers.0.normalization", "one sample has no variance")
    assert popover.rows["normalization"].message.text() == "one sample has no variance"
    popover.close()


def popover_of(qtbot, make_view, name, index):
    view = make_view(frame_of(name))
    return experiment_of(name), open_layer(qtbot, view, index)


@pytest.mark.parametrize("index", range(6))
def test_a_popover_has_the_knobs_of_its_layers_kind(qtbot, make_view, index):
    experiment, popover = popover_of(qtbot, make_view, "convolutions", index)
    layer = experiment.network.layers[index]
    assert set(popover.rows) == set(type(layer).model_fields)
    assert next(iter(popover.rows)) == "kind"
    popover.close()


def test_another_kind_is_chosen_in_place_and_keeps_what_both_kinds_have(qtbot, make_view):
    experiment = experiment_of("convolutions").replace("network.layers.0.activation", "elu")
    view = make_view(full_frame(experiment, frame_of("convolutions").dataset))
    popover = open_layer(qtbot, view, 0)
    with qtbot.waitSignal(view.edited) as caught:
        popover.rows["kind"].editor.edited.emit("max_pool")
    assert caught.args == ["network.layers.0.kind", "max_pool"]
    pooled = experiment.replace(*caught.args)
    view.draw(full_frame(pooled, frame_of("convolutions").dataset))
    assert popover.isVisible()
    assert list(popover.rows) == ["kind", "size", "stride"]
    dense = experiment_of("spiral").replace_all({"network.layers.0.activation": "elu", "data.kind": "digits"})
    assert dense.replace("network.layers.0.kind", "conv").network.layers[0].activation == "elu"
    popover.close()


def test_kinds_that_do_not_fit_the_data_are_out_of_reach_and_say_why(qtbot, make_view):
    _, popover = popover_of(qtbot, make_view, "spiral", 1)
    combo = popover.rows["kind"].editor.combo
    off = {combo.itemText(i): combo.model().item(i) for i in range(combo.count())}
    assert off["Dense"].isEnabled()
    assert not off["Convolution"].isEnabled()
    assert "needs an image" in off["Convolution"].toolTip()
    popover.close()


@pytest.mark.parametrize(
    ("name", "index", "place", "kinds"),
    [
        ("spiral", 0, "before", ["dense"] * 4),
        ("spiral", 2, "after", ["dense"] * 4),
        ("convolutions", 0, "before", ["conv", "conv", "max_pool", "conv", "flatten", "dense", "dense"]),
        ("convolutions", 3, "after", ["conv", "max_pool", "conv", "flatten", "dense", "dense", "dense"]),
        ("convolutions", 3, "before", ["conv", "max_pool", "conv", "conv", "flatten", "dense", "dense"]),
    ],
)
def test_a_layer_is_inserted_of_a_kind_that_fits(qtbot, make_view, name, index, place, kinds):
    experiment, popover = popover_of(qtbot, make_view, name, index)
    with qtbot.waitSignal(popover.edited) as caught:
        {"before": popover.before, "after": popover.after}[place].click()
    assert [layer.kind for layer in experiment.replace(*caught.args).network.layers] == kinds


def test_without_room_no_layer_is_added(qtbot, make_view):
    _, popover = popover_of(qtbot, make_view, "most layers", 0)
    assert not popover.before.isEnabled()
    assert not popover.after.isEnabled()
    assert not popover.copy.isEnabled()
    assert popover.remove.isEnabled()
    popover.close()


# blocks


@pytest.mark.parametrize(("button", "by"), [("fewer", -1), ("more", 1)])
def test_the_signs_below_a_block_change_its_filters_by_one(qtbot, make_view, button, by):
    view = make_view(frame_of("convolutions"))
    assert asked_by(qtbot, view, f"network.layers.2.{button}") == ["network.layers.2.filters", 20 + by]
    assert not view.findChild(QToolButton, f"network.layers.1.{button}").isVisible()


def test_an_edge_or_bias_after_blocks_is_that_of_its_own_layer(qtbot, make_view):
    view = make_view(frame_of("convolutions"))
    press(qtbot, view, Mark(5, 2))
    box = view.findChild(ValueBox)
    assert box.box.value() == pytest.approx(float(frame_of("convolutions").snapshot.biases(2)[2]), abs=1e-4)
    with qtbot.waitSignal(view.bias_edited) as caught:
        box.box.setValue(0.5)
    assert caught.args == [2, 2, 0.5]
    box.close()


def test_a_slim_block_opens_its_layer_and_says_what_it_gives(qtbot, make_view):
    view = make_view(frame_of("convolutions"))
    hover(qtbot, view, Tile(2, 0))
    assert view._bubble.card.title == "Layer 2: max pool 2"
    assert view._bubble.card.lines == (("gives", "6 × 4 × 4"),)
    press(qtbot, view, Tile(2, 0))
    assert view._popover.index == 1
    view._popover.close()


def test_a_channel_without_a_picture_is_numbered_and_none_is_invented(make_view):
    frame = frame_of("convolutions")
    view = make_view(dataclasses.replace(frame, snapshot=None, readings={}))
    scene = view.diagram.scene
    assert [scene.picture(3, row) for row in range(len(scene.geometry.columns[3].ys))] == [None] * len(
        scene.geometry.columns[3].ys
    )
    blank = view.diagram.grab().toImage()
    view.draw(frame)
    assert view.diagram.grab().toImage() != blank


@pytest.mark.parametrize("size", [(470, 390), (717, 500)])
def test_a_deep_network_of_blocks_needs_no_scrolling(make_view, size):
    view = make_view(frame_of("deep convolutions"), size=size)
    assert view.diagram.width() <= size[0]
    assert view.diagram.scene.geometry.width <= size[0]


# the engine


@pytest.mark.parametrize("name", STRUCTURES)
def test_what_the_engine_answers_fits_every_tile(make_view, name):
    from nnplayground.engine import Trainer
    from nnplayground.engine.probing import Prober

    frame = frame_of(name)
    trainer = Trainer(frame.experiment, dataset=frame.dataset, executor="eager")
    snapshot = trainer.snapshot()
    view = make_view(dataclasses.replace(frame, snapshot=None, readings={}))
    (request,) = view.needs(frame)
    answer = Prober(trainer.setup, snapshot).answer(request, snapshot)
    view.draw(dataclasses.replace(frame, snapshot=snapshot, readings={request: answer}))
    scene = view.diagram.scene
    for column, placed in enumerate(scene.geometry.columns):
        for row in range(0 if placed.tall else len(placed.ys)):
            picture = scene.picture(column, row)
            assert picture is not None
            assert np.nanmax(np.abs(picture.values)) <= 1
    known = [weights is not None for weights in scene.weights]
    bands = scene.structure.bands
    assert known == [scene.structure.image is None and not bands[0], *(not band for band in bands[1:])]
    plain = [p is not None and snapshot.layout.find(p, "bias") is not None for p in scene.structure.learners[1:]]
    assert [biases is not None for biases in scene.biases] == plain
