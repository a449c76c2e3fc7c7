"""The flow of gradients: every cell has the colour of its number, and the read-out says what it stands for."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from nnplayground.gui import theme
from nnplayground.gui.theme import diverging, sequential
from nnplayground.gui.views.flow import GradientFlowView, shades, widened
from nnplayground.gui.views.palette import Levels, rgb
from nnplayground.gui.views.ratios import Ratios
from tests.gui.frames import LAYERS, colours_of, make_chunk, make_frame, make_history

LIGHT = theme.load("light")


@pytest.fixture
def shown(qtbot):
    def make(history=None, colours=LIGHT, size=(380, 230)):
        view = GradientFlowView(colours)
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        qtbot.waitExposed(view)
        view.draw(make_frame(history))
        return view

    return make


def pixels(view):
    """The picture's cells, (layers, cells, 4)."""
    return np.asarray(view.image.image)


def names(view):
    return [text for _, text in view.plot.y_axis._tickLevels[0]]


def rows(view, history, step, layer):
    found = view.rows_at(history, step, QPointF(step, layer))
    return [(row.text, row.value) for row in found]


@pytest.mark.parametrize("name", theme.NAMES)
def test_a_history_is_drawn_in_every_theme(shown, name):
    view = shown(make_history(200), theme.load(name))
    assert len(colours_of(view)) > 20
    assert view.bar.isVisible()
    assert view.ratios.isVisible()


@pytest.mark.parametrize("history", [None, make_history(0)], ids=["none", "empty"])
def test_without_a_step_it_says_what_to_do(shown, history):
    view = shown(history)
    assert view.message.isVisible()
    assert not view.bar.isVisible()
    assert not view.ratios.isVisible()
    assert not view.has_plot


def test_each_cell_has_the_colour_of_its_logarithm_at_its_step_and_layer(shown):
    norms = 10.0 ** np.random.default_rng(1).uniform(-6, 0, (50, 3))
    norms[0, 0], norms[0, 1] = 1e-6, 1.0
    view = shown(make_history(50, gradient_norm=norms))
    table = sequential(LIGHT).astype(int)
    places = np.rint((np.log10(norms.astype(np.float32).astype(float)) + 6) / 6 * 255).astype(int)
    assert np.abs(pixels(view).astype(int) - table[places.T]).max() <= 1
    place = view.image.mapRectToParent(view.image.boundingRect())
    assert (place.left(), place.right(), place.top(), place.bottom()) == (0.5, 50.5, -0.5, 2.5)
    assert view.bar.texts()[::2] == ("1e-6", "1")


def test_the_output_stands_on_top(shown):
    view = shown(make_history(20))
    assert view.plot.y_axis._tickLevels == [[(2, "output"), (1, "layer 2"), (0, "layer 1")]]


@pytest.mark.parametrize("layers", [1, 24, 150])
def test_of_many_layers_as_many_are_named_as_can_be_read_the_output_always(shown, layers):
    every = (*(f"layer {i + 1}" for i in range(layers - 1)), "output")
    view = shown(
        make_history(60, layers=every, gradient_norm=np.ones((60, layers)), update_ratio=np.ones((60, layers)))
    )
    assert names(view)[0] == "output"
    ticks = [place for place, _ in view.plot.y_axis._tickLevels[0]]
    apart = view.plot.notes.area.height() / layers * -np.diff(ticks)
    assert (apart >= 10).all()
    assert pixels(view).shape[:2] == (layers, 60)


def test_zero_overflow_and_what_is_missing_have_colours_of_their_own(shown):
    norms = np.ones((10, 3))
    norms[3, 0], norms[4, 1], norms[5, 2] = 0, np.inf, np.nan
    view = shown(make_history(10, gradient_norm=norms))
    found = pixels(view)
    assert tuple(found[0, 3]) == (*rgb(LIGHT.negative), 255)
    assert tuple(found[1, 4]) == (*rgb(LIGHT.error), 255)
    assert found[2, 5, 3] == 0
    assert [text for _, text in view.legend.entries][:2] == ["zero", "overflow"]
    assert QColor(LIGHT.negative).rgb() in colours_of(view)


def test_the_levels_hold_for_a_run_and_begin_anew_with_the_next(shown):
    history = make_history(10, gradient_norm=np.full((10, 3), 1e-7))
    view = shown(history)
    assert view.bar.levels == Levels(-11.0, -7.0)
    history.append(make_chunk(history, 10, gradient_norm=np.full((10, 3), 1e-5)))
    view.draw(make_frame(history))
    assert view.bar.levels == Levels(-11.0, -5.0)
    history.append(make_chunk(history, 10, gradient_norm=np.full((10, 3), 50.0)))
    view.draw(make_frame(history))
    wide = view.bar.levels
    assert wide == Levels(-11.0, 2.0)
    view.plot.box.setXRange(1, 10, padding=0)
    view.plot.following_x = False
    view.draw_again()
    assert view.bar.levels == wide
    view.draw(make_frame(make_history(10, gradient_norm=np.full((10, 3), 0.5))))
    assert view.bar.levels == Levels(-4.0, 0.0)


@pytest.mark.parametrize(
    ("values", "levels", "centred", "expected"),
    [
        ([0.5], None, False, Levels(-4.0, 0.0)),
        ([], None, False, Levels(-4.0, 0.0)),
        ([0.0, np.inf, np.nan, 2.0], None, False, Levels(-3.0, 1.0)),
        ([1e-30, 1.0], None, False, Levels(-16.0, 0.0)),
        ([0.5], Levels(-9.0, 3.0), False, Levels(-9.0, 3.0)),
        ([1e-3], None, True, Levels(-5.0, -1.0)),
        ([1e-7], None, True, Levels(-7.0, 1.0)),
        ([5.0], Levels(-5.0, -1.0), True, Levels(-7.0, 1.0)),
    ],
)
def test_levels_are_whole_decades_that_hold_every_value(values, levels, centred, expected):
    assert widened(levels, np.array(values, np.float32), centred=centred) == expected


def test_colours_between_the_levels_grow_with_the_value():
    values = np.logspace(-4, 0, 50)
    found = shades(values, Levels(-4.0, 0.0), sequential(LIGHT), LIGHT).astype(int).sum(axis=1)
    assert (np.diff(found) < 0).all()


def test_update_ratios_are_coloured_about_the_rule_of_thumb(shown):
    ratios = np.tile([1e-5, 1e-3, 1e-1], (10, 1))
    view = shown(make_history(10, update_ratio=ratios))
    view.by_ratio.trigger()
    table, found = diverging(LIGHT), pixels(view)[:, 0]
    assert tuple(found[0]) == tuple(table[0])
    assert np.abs(found[1].astype(int) - [*rgb(LIGHT.neutral), 255]).max() < 6
    assert tuple(found[2]) == tuple(table[255])
    assert view.bar.texts()[::2] == ("1e-5", "0.1")


def test_a_single_spike_among_many_steps_is_seen_as_the_greatest_and_read_out(shown):
    norms = np.full((20_000, 3), 1e-2)
    norms[12_345, 0], norms[12_346, 0] = 1e3, 0.0
    history = make_history(20_000, gradient_norm=norms)
    view = shown(history)
    assert pixels(view).shape[1] <= view._points()
    assert rows(view, history, 12_346, 0)[2] == ("least … greatest", "0 … 1\u202f000")
    for action in view.shown.actions():
        action.trigger()
        strongest = {"mean": 0, "low": 0, "high": 1}[action.data()]
        darkest = shades(np.array([1e3]), view.bar.levels, sequential(LIGHT), LIGHT)[0]
        assert (pixels(view)[0] == darkest).all(axis=1).sum() == strongest
        zero = (*rgb(LIGHT.negative), 255)
        assert (pixels(view)[0] == zero).all(axis=1).sum() == (action.data() == "low")


def test_the_read_out_says_layer_step_norm_and_ratio(shown):
    norms, ratios = np.full((30, 3), 0.5), np.full((30, 3), 2e-3)
    norms[6, 1], ratios[6, 1] = 0.125, 4e-3
    history = make_history(30, gradient_norm=norms, update_ratio=ratios)
    view = shown(history)
    expected = [("layer 2", ""), ("norm of the gradient", "0.1250"), ("update ÷ weights", "0.004000")]
    assert rows(view, history, 7, 1) == expected
    readout = view._read_out(QPointF(7.2, 1.3), QPointF())
    assert [row.text for row in readout.rows][:2] == ["step 7", "layer 2"]


def test_zooming_shows_single_steps_again(shown):
    history = make_history(20_000)
    view = shown(history)
    wide = pixels(view).shape[1]
    view.plot.box.setXRange(5_000, 5_050, padding=0)
    view.plot._zoomed(None)
    assert (np.diff(view._cells) == 1).all()
    assert pixels(view).shape[1] < wide
    place = view.image.mapRectToParent(view.image.boundingRect())
    assert place.left() <= 5_000
    assert place.right() >= 5_050
    view.show_everything()
    assert pixels(view).shape[1] == wide


def test_a_million_steps_make_no_more_cells_than_thousands(shown):
    sizes = []
    for rows_ in (10_000, 1_000_000):
        history = make_history(0)
        chunk = make_chunk(history, 10_000)
        values = np.column_stack([chunk.loss, chunk.lr, chunk.gradient_norm, chunk.update_ratio])
        for _ in range(rows_ // 10_000):
            history.steps.append(values)
        sizes.append(pixels(shown(history)).shape[1])
    assert max(sizes) <= 400


def test_the_ratios_of_now_stand_beside_their_layers(qtbot, shown):
    ratios = np.tile([1e-5, 1e-3, 1e-1], (10, 1))
    view = shown(make_history(10, update_ratio=ratios))
    np.testing.assert_allclose(view.ratios.curve.mean[:, 0], [1e-5, 1e-3, 1e-1], rtol=1e-6)
    assert QColor(LIGHT.accent).rgb() in colours_of(view.ratios)
    view.beside.trigger()
    assert not view.ratios.isVisible()


def test_ratios_off_the_scale_stand_at_its_edges(qtbot):
    strip = Ratios(LIGHT, None)
    qtbot.addWidget(strip)
    at = [strip.x_of(ratio) for ratio in (0.0, 1e-9, 1e-7, 1e-3, 1.0, 1e4)]
    assert at[0] == at[1] == at[2] < at[3] < at[4] == at[5]
    assert at[3] == pytest.approx(at[2] + 4 / 7 * (at[4] - at[2]))


def test_numbers_are_saved_by_layer_and_step(shown, tmp_path):
    history = make_history(12)
    view = shown(history)
    view.save_table(tmp_path / "flow.csv")
    with (tmp_path / "flow.csv").open() as file:
        found = list(csv.DictReader(file))
    assert [row["layer"] for row in found] == [layer for layer in LAYERS for _ in range(12)]
    for layer in LAYERS:
        own = [row for row in found if row["layer"] == layer]
        assert [int(row["first step"]) for row in own] == list(range(1, 13))
        for kind in ("least", "mean", "greatest"):
            values = [float(row[f"gradient_norm/{kind}"]) for row in own]
            np.testing.assert_allclose(values, history.steps.curve(f"gradient_norm/{layer}").mean)
