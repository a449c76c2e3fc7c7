"""The network view's edges and tiles beyond weights: gradients, updates, one sample traced, and what is saved."""

from __future__ import annotations

import csv
import dataclasses
from xml.etree import ElementTree

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QToolButton

from nnplayground.engine import Trainer
from nnplayground.engine.probes import TraceRequest, WeightGradientRequest, WeightUpdateRequest
from nnplayground.engine.probing import Prober
from nnplayground.gui import theme as themes
from nnplayground.gui.numbers import format_number
from nnplayground.gui.views.diagram.badges import brief
from nnplayground.gui.views.diagram.quantities import CONTRIBUTIONS, GRADIENTS, LATEST, QUANTITIES, UPDATES, WEIGHTS
from nnplayground.gui.views.diagram.scene import Edge, Mark, Tile
from nnplayground.gui.views.diagram.table import COLUMNS
from nnplayground.gui.views.network import NetworkView
from nnplayground.runs.history import History

from .networks import STRUCTURES, frame_of

LIGHT = themes.load("light")
SOME = ["spiral", "iris", "images", "convolutions", "blocks of several", "regression"]


class Run:
    """A training at hand that answers what a view asks for."""

    def __init__(self, view: NetworkView, name: str, **knobs) -> None:
        frame = frame_of(name)
        self.view, self.experiment = view, frame.experiment.replace_all(knobs)
        self.trainer = Trainer(self.experiment, dataset=frame.dataset, executor="eager")
        self.dataset, self.first = frame.dataset, self.trainer.snapshot()
        self.prober = Prober(self.trainer.setup, self.first)
        self.history = History(self.first.layout.layers, ("accuracy",), 10)
        view.asked.connect(self.draw)
        self.draw()

    @property
    def scene(self):
        return self.view.diagram.scene

    def frame(self):
        snapshot = self.trainer.snapshot()
        frame = dataclasses.replace(frame_of("spiral"), experiment=self.experiment, dataset=self.dataset)
        frame = dataclasses.replace(frame, snapshot=snapshot, history=self.history, readings={})
        readings = {request: self.prober.answer(request, snapshot) for request in self.view.needs(frame)}
        return dataclasses.replace(frame, readings=readings)

    def draw(self) -> None:
        self.view.draw(self.frame())
        QApplication.processEvents()

    def train(self, steps: int) -> None:
        self.trainer.advance(steps=steps)
        self.draw()


@pytest.fixture
def make_run(qtbot):
    def make(name, *, size=(760, 560), theme=LIGHT, **knobs):
        view = NetworkView(theme)
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        return Run(view, name, **knobs)

    return make


def lines_at(run, spot) -> dict[str, str]:
    """What the card says of a spot."""
    run.view.diagram._point(spot)
    assert run.view._bubble.isVisible()
    return dict(run.view._bubble.card.lines)


# what edges show


def test_gradients_and_updates_are_asked_for_only_where_they_are_looked_at(make_run):
    run = make_run("spiral")
    plain = run.view.needs(run.frame())
    assert len(plain) == 1
    run.view.head.picker.options[GRADIENTS].trigger()
    assert run.view.needs(run.frame()) - plain == {WeightGradientRequest()}
    run.view.head.picker.options[UPDATES].trigger()
    assert run.view.needs(run.frame()) - plain == {WeightUpdateRequest()}
    run.view.head.picker.options[LATEST].trigger()
    assert run.view.needs(run.frame()) == plain
    run.view.diagram._point(Edge(1, 0, 0))
    assert run.view.needs(run.frame()) - plain == {WeightGradientRequest(), WeightUpdateRequest()}


@pytest.mark.parametrize("quantity", [GRADIENTS, UPDATES, LATEST])
def test_edges_show_the_quantity_that_is_chosen(make_run, quantity):
    run = make_run("spiral")
    run.train(5)
    run.train(7)
    pictures = run.view.diagram.grab().toImage()
    run.view.head.picker.options[quantity].trigger()
    before = Trainer(run.experiment, dataset=run.dataset, executor="eager")
    before.advance(steps=5)
    now = run.trainer.snapshot()
    expected = {
        GRADIENTS: run.prober.answer(WeightGradientRequest(), now).values.weights(1),
        UPDATES: now.weights(1) - run.first.weights(1),
        LATEST: now.weights(1) - before.snapshot().weights(1),
    }[quantity]
    np.testing.assert_allclose(run.scene.shown[1], expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(run.scene.weights[1], now.weights(1))
    assert run.view.diagram.grab().toImage() != pictures


def test_before_the_first_step_nothing_is_updated_and_edges_are_drawn_as_unknown(make_run):
    run = make_run("spiral")
    run.view.head.picker.options[UPDATES].trigger()
    assert [run.scene.drawn(gap) for gap in range(4)] == [None] * 4
    assert isinstance(run.scene.spot_at(*_on(run, Edge(1, 3, 3))), Edge)
    run.train(1)
    assert all(run.scene.drawn(gap) is not None for gap in range(4))


def _on(run, edge):
    curves = run.scene.curves[edge.gap]
    x = (curves.left + curves.right) / 2
    return x, float(curves.at(x)[0][edge.end, edge.start])


def test_the_latest_updates_are_forgotten_when_the_run_begins_anew_or_goes_back(make_run):
    run = make_run("spiral")
    run.train(3)
    assert run.scene.numbers.steps == 3
    run.trainer.set_parameter(0, "weight", (0, 0), 5.0)  # by hand, at the same step
    run.draw()
    assert run.scene.numbers.steps == 3
    run.history = History(run.first.layout.layers, ("accuracy",), 10)
    run.train(2)
    assert run.scene.numbers.latest is None
    run.train(2)
    assert run.scene.numbers.steps == 2
    run.trainer = Trainer(run.experiment, dataset=run.dataset, executor="eager")
    run.draw()
    assert run.scene.numbers.latest is None


def test_an_edge_and_a_bias_tell_weight_gradient_and_updates_exactly(make_run):
    run = make_run("spiral")
    run.train(4)
    now = run.trainer.snapshot()
    slopes = run.prober.answer(WeightGradientRequest(), now).values
    lines = lines_at(run, Edge(1, 3, 5))
    assert lines["weight"] == format_number(float(now.weights(1)[3, 5]))
    assert lines["gradient"] == format_number(float(slopes.weights(1)[3, 5]))
    difference = format_number(float(now.weights(1)[3, 5] - run.first.weights(1)[3, 5]))
    assert lines["update since the start"] == lines["update, last 4 steps"] == difference
    lines = lines_at(run, Mark(2, 3))
    assert lines["bias"] == format_number(float(now.biases(1)[3]))
    assert lines["gradient"] == format_number(float(slopes.biases(1)[3]))
    run.train(1)
    assert "update, last step" in lines_at(run, Edge(1, 3, 5))


@pytest.mark.parametrize("name", SOME)
def test_every_quantity_is_drawn_of_every_kind_of_network(make_run, name):
    run = make_run(name)
    run.train(2)
    run.view.trace("train", 1)
    for quantity in QUANTITIES:
        run.view.head.picker.options[quantity].trigger()
        image = run.view.diagram.grab().toImage().scaled(80, 80)
        assert len({image.pixel(x, y) for x in range(80) for y in range(80)}) > 60
        if run.scene.images:
            assert run.scene.images[0].high != run.scene.images[0].low


# one sample


@pytest.mark.parametrize("name", STRUCTURES)
def test_every_structure_can_be_traced(make_run, name):
    run = make_run(name, size=(1000, 600))
    run.view.trace("validation", 2)
    structure, geometry = run.view.diagram.structure, run.scene.geometry
    assert structure.traced
    assert run.scene.numbers.trace.index == 2
    for column, form in enumerate(structure.forms):
        rows = len(geometry.columns[column].ys)
        if form == "maps":
            assert len(run.scene.maps[column]) == rows
        elif form == "tiles" and not (column == 0 and structure.image):
            assert len(run.scene.values[column]) == rows
    for column, placed in enumerate(geometry.columns):
        run.view.diagram._point(Tile(column, len(placed.ys) - 1))
        assert run.view.rect().contains(run.view._bubble.geometry())
    run.view.head.tracer.setChecked(False)
    assert not run.view.diagram.structure.traced
    assert all(values is None for values in run.scene.values)


def test_a_neurons_card_adds_up(make_run):
    run = make_run("iris")
    run.train(5)
    run.view.trace("validation", 3)
    lines = run.view.diagram, lines_at(run, Tile(1, 2))
    told = {
        name: float(value.replace("\N{MINUS SIGN}", "-")) for name, value in lines[1].items() if " to " not in value
    }
    products = [value for name, value in told.items() if "×" in name]
    assert len(products) == 4
    assert sum(products) + told["bias"] == pytest.approx(told["= sum"], abs=2e-3)
    assert np.tanh(told["= sum"]) == pytest.approx(told["= after tanh"], abs=2e-3)
    assert any(name.startswith("petal length (cm):") for name in lines[1])


def test_a_neuron_of_many_inputs_tells_the_largest_terms_and_sums_up_the_rest(make_run):
    run = make_run("64 inputs")
    run.view.trace("train", 0)
    lines = lines_at(run, Tile(1, 0))
    told = {name: float(value.replace("\N{MINUS SIGN}", "-")) for name, value in lines.items() if " to " not in value}
    assert "54 others" in told
    terms = [value for name, value in told.items() if "×" in name or "others" in name]
    assert sum(terms) + told["bias"] == pytest.approx(told["= sum"], abs=5e-3)


def test_an_inputs_card_has_the_value_in_the_tables_own_unit(make_run):
    run = make_run("iris")
    run.view.trace("validation", 4)
    lines = lines_at(run, Tile(0, 1))
    assert lines["this sample"] == format_number(float(run.dataset.validation.raw[4, 1]))
    assert lines["this sample, scaled"] == format_number(float(run.dataset.validation.inputs[4, 1]))


def test_contributions_are_weights_times_values_and_need_a_sample(make_run):
    run = make_run("spiral")
    assert not run.view.head.picker.options[CONTRIBUTIONS].isEnabled()
    run.view.trace("train", 5)
    run.view.head.picker.options[CONTRIBUTIONS].trigger()
    trace, snapshot = run.scene.numbers.trace, run.trainer.snapshot()
    np.testing.assert_allclose(run.scene.shown[1], snapshot.weights(1) * trace.layers[0].values, rtol=1e-5)
    inputs = run.scene.shown[0]
    np.testing.assert_allclose(inputs[:, :2], snapshot.weights(0) * trace.inputs, rtol=1e-5)
    assert not inputs[:, 2:].any()  # features that are off
    carried = float(snapshot.weights(1)[3, 5] * trace.layers[0].values[5])
    assert lines_at(run, Edge(1, 3, 5))["contributes"] == format_number(carried)
    run.view.head.tracer.setChecked(False)
    assert run.view.head.picker.chosen == WEIGHTS


def test_a_traced_image_is_on_the_input_and_its_maps_on_channels_and_pooled_ones(make_run):
    run = make_run("convolutions")
    kernels = run.scene.picture(1, 0)
    assert kernels.kind == "weights"
    assert run.view.diagram.structure.forms[2] == "slab"
    run.view.trace("validation", 6)
    trace = run.scene.numbers.trace
    image = run.scene.picture(0, 0)
    assert image.kind == "sample"
    raw = run.dataset.validation.raw[6].reshape(8, 8)
    np.testing.assert_allclose(image.values, raw / raw.max(), atol=1e-6)
    for column in (1, 2, 3):
        maps = trace.layers[column - 1].values
        np.testing.assert_allclose(run.scene.picture(column, 1).values, maps[1] / np.abs(maps).max(), atol=1e-6)
    run.view.head.tracer.setChecked(False)
    assert run.scene.picture(1, 0).kind == "weights"


def test_the_bar_says_what_the_sample_is_and_what_it_is_taken_for(make_run):
    run = make_run("iris")
    run.view.trace("validation", 3)
    trace, names = run.scene.numbers.trace, run.dataset.class_names
    words = run.view.tracing.words.accessibleName() or run.view.tracing.words.text()
    assert words.startswith(names[int(trace.target)])
    assert names[trace.taken] in words
    regression = make_run("regression")
    regression.view.trace("train", 0)
    assert "answered" in regression.view.tracing.words.accessibleName()


def test_a_sample_is_chosen_by_keys_by_part_and_at_random(qtbot, make_run):
    run = make_run("iris")
    bar, count = run.view.tracing, len(run.dataset.validation)
    qtbot.keyClick(run.view.head.tracer, Qt.Key.Key_Space)
    assert bar.isVisible()
    assert bar.request == TraceRequest("validation", 0)
    qtbot.keyClick(bar.number, Qt.Key.Key_Up)
    assert run.scene.numbers.trace.index == 1
    for _ in range(2):
        qtbot.keyClick(bar.number, Qt.Key.Key_Down)
    assert run.scene.numbers.trace.index == count - 1  # around the end
    bar.part.setCurrentIndex(1)
    assert run.scene.numbers.trace.request.part == "train"
    seen = set()
    for _ in range(20):
        qtbot.mouseClick(bar.dice, Qt.MouseButton.LeftButton)
        seen.add(run.scene.numbers.trace.index)
    assert len(seen) > 5
    assert max(seen) < len(run.dataset.train)


def test_a_trace_of_another_network_is_left_out(make_run):
    run = make_run("spiral")
    run.view.trace("train", 1)
    frame = run.frame()
    other = run.experiment.replace("network.layers.1.width", 3)
    run.view.draw(dataclasses.replace(frame, experiment=other))
    assert run.scene.values[1] is not None
    assert run.scene.values[2] is None
    run.view.draw(dataclasses.replace(frame, experiment=run.experiment.replace("network.layers", [8])))
    assert run.scene.values == [None] * 3


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.123, "0.12"),
        (-0.5, "−0.50"),
        (-0.001, "0.00"),
        (12.34, "12.3"),
        (345.6, "346"),
        (123456, "1e5"),
        (np.nan, "–"),
    ],
)
def test_values_on_tiles_are_short(value, text):
    assert brief(value) == text
    assert len(brief(-abs(value) * 1e3)) <= 5


# what is taken along


def test_the_menu_copies_and_saves_and_the_view_says_how_to_read_it(qtbot, make_run, tmp_path):
    run = make_run("spiral")
    names = {action.objectName() for action in run.view.menu.actions() if action.objectName()}
    commands = ("copy", "save_picture", "save_drawing", "save_table", "architecture")
    assert names == {f"network.{command}" for command in commands}
    run.view.save_picture(tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 10_000
    run.view.save_drawing(tmp_path / "a.svg")
    assert ElementTree.parse(tmp_path / "a.svg").getroot().tag.endswith("svg")
    run.view.copy_picture()
    assert QApplication.clipboard().pixmap().width() == 2 * run.view.width()
    assert run.view.findChild(QToolButton, "network.info").isVisible()


@pytest.mark.parametrize("name", ["spiral", "convolutions", "blocks of several"])
@pytest.mark.parametrize("norm", ["none", "weight", "batch"])
def test_the_table_has_every_number_that_is_learned(make_run, tmp_path, name, norm):
    run = make_run(name, **{"network.normalization": norm})
    run.view.trace("train", 0)
    run.view.head.picker.options[GRADIENTS].trigger()
    run.view.save_table(tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as stream:
        head, *rows = csv.reader(stream)
    assert head == COLUMNS
    plain = run.trainer.snapshot().plain()
    np.testing.assert_allclose([float(row[4]) for row in rows], plain.parameters, rtol=1e-6)
    slopes = run.prober.answer(WeightGradientRequest(), run.trainer.snapshot()).values.parameters
    np.testing.assert_allclose([float(row[5]) for row in rows], slopes, rtol=1e-6, atol=1e-12)
    assert all(row[6] == "" for row in rows)  # not asked for
    if name == "spiral":
        assert rows[1][:4] == ["layer 1", "weight", "1", "x₂"]
        assert float(rows[1][8]) == pytest.approx(float(rows[1][4]) * run.dataset.train.inputs[0, 1], rel=1e-5)


def test_a_name_that_is_cut_is_told_in_full(qtbot, make_run):
    run = make_run("iris", size=(420, 400))
    box = run.scene.geometry.columns[0].box(2)
    assert (
        run.view.diagram.name_at(QPoint(round(box.left) - 12, round(box.top + box.height / 2))) == "petal length (cm)"
    )
    last = run.scene.geometry.columns[-1].box(1)
    assert run.view.diagram.name_at(QPoint(round(last.right) + 12, round(last.top + 4))) == "versicolor"
    assert run.view.diagram.name_at(QPoint(round(box.right) + 30, 5)) == ""
