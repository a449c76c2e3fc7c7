"""Activations: a row per layer now, a line per layer over time, and only what applies."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from nnplayground.engine.probes import Activity, LayerActivity
from nnplayground.gui import theme
from nnplayground.gui.views.activations import REQUEST, ActivationsView
from nnplayground.gui.views.activity_rows import pooled
from tests.gui.frames import colours_of, make_frame, make_history, make_snapshot

LIGHT = theme.load("light")


def layer(activation="relu", shares=(0.0, 0.5, 1.0, 1.0), mean=0.5, std=0.25) -> LayerActivity:
    shares = np.array(shares, float)
    if activation in ("identity", "sine"):
        shares = np.full(len(shares), np.nan)
    return LayerActivity(activation, mean, std, np.arange(len(shares)) / 8, np.full(len(shares), 0.125), shares)


@pytest.fixture
def shown(qtbot):
    def make(*layers, colours=LIGHT, size=(380, 230), form="now", step=0, history=None, view=None):
        if view is None:
            view = ActivationsView(colours)
            qtbot.addWidget(view)
            view.resize(*size)
            view.show()
            qtbot.waitExposed(view)
        view.form.choose(form)
        names = (*(f"layer {i + 1}" for i in range(len(layers) - 1)), "output")
        snapshot = replace(make_snapshot(names), step=step)
        view.draw(make_frame(history, snapshot=snapshot, readings={REQUEST: Activity(layers)} if layers else {}))
        view.grab()
        return view

    return make


def test_without_a_reading_the_view_says_what_to_do(shown):
    view = shown()
    assert view.needs(make_frame()) == {REQUEST}
    assert view.message.text() == "press space to train"
    assert view.stack.currentWidget() is view.message


@pytest.mark.parametrize(
    ("activation", "columns", "title"),
    [
        ("relu", {"flat", "dead", "neurons"}, "inactive"),
        ("leaky_relu", {"flat", "neurons"}, "inactive"),
        ("tanh", {"flat", "neurons"}, "saturated"),
        ("sine", set(), ""),
    ],
)
def test_what_does_not_apply_to_an_activation_is_not_shown(shown, activation, columns, title):
    view = shown(layer(activation), layer("identity"), size=(700, 230))
    found = view.rows.columns()
    assert found.keys() & {"flat", "dead", "neurons"} == columns
    assert (found["flat"].title if "flat" in found else "") == title


def test_columns_lie_beside_each_other_and_in_the_pane_however_narrow_it_is(shown):
    layers = (layer("relu"), layer("tanh"), layer("identity"))
    for width in (700, 380, 300, 200):
        view = shown(*layers, size=(width, 230))
        columns = list(view.rows.columns().values())
        assert all(a.left + a.width < b.left for a, b in pairwise(columns))
        assert columns[-1].left + columns[-1].width <= view.rows.width() + 1
        assert {"layer", "value", "flat", "neurons"} <= view.rows.columns().keys()


def test_shares_are_bars_as_long_as_they_say_and_dead_neurons_full_stripes(shown):
    view = shown(layer("relu"), layer("identity"))
    image, columns, row = view.rows.grab().toImage(), view.rows.columns(), view.rows.row(0)
    y = round(row.center().y())

    def colours(name):
        left, width = columns[name].left, columns[name].width
        return [image.pixelColor(x, y).name() for x in range(round(left), round(left + width))]

    flat, full = colours("flat"), LIGHT.negative.lower()
    assert flat.count(full) / len(flat) == pytest.approx(0.625, abs=0.03)
    neurons = colours("neurons")
    assert neurons.count(full) / len(neurons) == pytest.approx(0.5, abs=0.1)
    assert view.rows.dead_text(view.rows.layers[0]) == "2 / 4"


def test_the_read_out_tells_the_layer_and_the_neuron_under_the_pointer(shown):
    view = shown(layer("relu"), layer("identity"))
    middle, column = view.rows.row(0).center().y(), view.rows.columns()["neurons"]
    rows = view.rows.rows_at(QPointF(column.left + column.width - 2, middle))
    assert [row.value for row in rows] == ["neuron 4", "always: dead", "0.3750", "0.1250"]
    rows = view.rows.rows_at(QPointF(5, middle))
    assert [(r.text, r.value) for r in rows[3:]] == [("inactive", "62.5\u202f%"), ("dead neurons", "50.0\u202f%")]
    assert rows[1].value == "0.5000"
    rows = view.rows.rows_at(QPointF(5, view.rows.row(1).center().y()))
    assert len(rows) == 3  # of the output neither share
    assert view.rows.rows_at(QPointF(5, 1)) == ()


@pytest.mark.parametrize("name", theme.NAMES)
def test_rows_are_drawn_in_the_theme_s_colours(shown, name):
    colours = theme.load(name)
    found = colours_of(shown(layer("relu"), layer("identity"), colours=colours))
    assert {QColor(colours.negative).rgb(), QColor(theme.mix(colours.panel, colours.accent, 0.45)).rgb()} <= found


def test_many_layers_in_a_low_pane_are_scrolled(shown):
    view = shown(*[layer("relu")] * 24, layer("identity"), size=(380, 200))
    assert view.rows.height() > view.pane.viewport().height()
    assert view.rows.row(24).bottom() <= view.rows.height() + 1


def test_of_neurons_that_share_a_pixel_the_largest_share_is_shown():
    assert pooled(np.array([0.1, 0.9, 0.2, 0.3, 1.0]), 2).tolist() == [0.9, 1.0]
    assert pooled(np.array([0.1, 0.9]), 5).tolist() == [0.1, 0.9]


@pytest.mark.parametrize(
    ("form", "values", "lines"),
    [("flat", [0.625, 1.0], 1), ("dead", [0.5, 1.0], 1), ("mean", [0.5, 0.75], 2), ("std", [0.25, 0.5], 2)],
)
def test_over_time_each_layer_that_has_it_is_a_line(shown, form, values, lines):
    history = make_history(10)
    view = shown(layer(), layer("identity"), form=form, history=history)
    later = layer(shares=(1.0,) * 4, mean=0.75, std=0.5)
    shown(later, layer("identity"), form=form, history=history, step=40, view=view)
    assert len(view.plot.traces) == lines
    first = view.plot.traces[0]
    assert first.label == "layer 1"
    assert first.xs.tolist() == [0, 40]
    assert first.ys.tolist() == values
    assert view.plot.y_axis.percent == (form in ("flat", "dead"))
    readout = view.plot.hover(QPointF(37, 0), QPointF(9, 9))
    assert readout.rows[0].value == "40"
    assert len(readout.rows) == 1 + lines


def test_where_no_activation_can_die_the_view_says_so(shown):
    view = shown(layer("tanh"), layer("identity"), form="dead")
    assert "none of these activations" in view.message.text()
    assert view.stack.currentWidget() is view.message


def test_another_run_forgets_the_lines_of_the_one_before(shown):
    view = shown(layer(), form="mean", step=10, history=make_history(10))
    shown(layer(), form="mean", step=20, history=make_history(10), view=view)
    assert view.plot.traces[0].xs.tolist() == [20]


def test_a_layer_that_overflowed_is_drawn_without_its_spread(shown):
    view = shown(layer(mean=np.inf, std=np.nan), layer("identity"))
    assert view.rows.rows_at(QPointF(5, view.rows.row(0).center().y()))[1].value == "–"


@pytest.mark.parametrize("form", ["now", "mean"])
def test_the_table_holds_every_layer(shown, tmp_path, form):
    history = make_history(10)
    view = shown(layer(), layer("identity"), form=form, history=history)
    shown(layer(), layer("identity"), form=form, history=history, step=5, view=view)
    view.save_table(tmp_path / "activity.csv")
    lines = (tmp_path / "activity.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "step,layer,activation,mean,std,saturated,inactive,dead"
    assert len(lines) == (3 if form == "now" else 5)
    assert lines[-2] == "5,layer 1,relu,0.5,0.25,,0.625,0.5"
