"""Signal: two lines over the layers, and those that are compared with."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from nnplayground.engine.probes import Signal, SignalRequest, Signals
from nnplayground.gui import theme
from nnplayground.gui.views.signal import SignalView
from tests.gui.frames import LAYERS, colours_of, make_frame, make_snapshot

LIGHT = theme.load("light")


def signal(factor: float = 1.0) -> Signal:
    return Signal(np.array([1.0, 0.5, 0.25, 0.125]) * factor, np.array([0.01, 0.1, 1.0]) * factor)


def draw(view, found: Signals) -> None:
    view.draw(make_frame(snapshot=make_snapshot(LAYERS), readings={view.request: found}))
    view.grab()


@pytest.fixture
def shown(qtbot):
    def make(found=None, *, against="normal", now=False, colours=LIGHT):
        view = SignalView(colours)
        qtbot.addWidget(view)
        view.resize(380, 230)
        view.against.choose(against)
        view.now.setChecked(now)
        view.show()
        qtbot.waitExposed(view)
        if found is None:
            view.draw(make_frame())
        else:
            draw(view, found)
        return view

    return make


def test_without_a_reading_the_view_says_what_to_do(shown):
    view = shown()
    assert view.message.isVisible()
    assert "plot" not in vars(view)


def test_what_is_not_shown_is_not_asked_for(shown, qtbot):
    view = shown(against="")
    assert view.needs(make_frame()) == {SignalRequest()}
    with qtbot.waitSignal(view.asked):
        view.now.trigger()
    with qtbot.waitSignal(view.asked):
        view.against.menu().actions()[1].trigger()
    assert view.needs(make_frame()) == {SignalRequest(against="he_normal", now=True)}


def test_forward_begins_at_the_inputs_and_backward_at_the_first_layer(shown):
    view = shown(Signals(signal(), None, None), against="")
    forward, backward = view.plot.traces
    assert forward.xs.tolist() == [0, 1, 2, 3]
    assert forward.ys.tolist() == [1.0, 0.5, 0.25, 0.125]
    assert backward.xs.tolist() == [1, 2, 3]
    assert backward.ys.tolist() == [0.01, 0.1, 1.0]
    np.testing.assert_allclose(view.plot.lines[1].mean.ys, [-2, -1, 0], atol=1e-6)
    assert view.plot.y_axis.logarithmic
    assert view.plot.x_axis.tickStrings([0.0, 1.0, 2.0, 3.0], 1.0, 1.0) == ["in", "1", "2", "out"]


def test_what_is_compared_with_is_dashed_and_now_is_pale(shown):
    view = shown(Signals(signal(), signal(2), signal(30)), now=True)
    looks = {trace.label: (trace.dashed, trace.faint, trace.ys[0]) for trace in view.plot.traces}
    assert looks["forward"] == (False, False, 1.0)
    assert looks["forward, now"] == (False, True, 2.0)
    assert looks["forward, N(0, 1)"] == (True, False, 30.0)
    assert len(looks) == 6


def test_the_read_out_tells_every_variance_of_the_nearest_layer(shown):
    view = shown(Signals(signal(), None, signal(2)))
    rows = view.plot.hover(QPointF(2.2, 0), QPointF(9, 9)).rows
    assert rows[0].text == "layer 2"
    assert [row.value for row in rows[1:]] == ["0.5000", "0.2000", "0.2500", "0.1000"]
    assert view.plot.hover(QPointF(-1, 0), QPointF(9, 9)).rows[0].text == "inputs"


def test_variances_that_are_off_the_axis_are_marked(shown):
    lost = Signal(np.array([1.0, 0.5, 0.0, 0.0]), np.array([0.0, 0.0, np.inf]))
    view = shown(Signals(lost, None, None), against="")
    assert [(edge.x.tolist(), edge.top) for edge in view.plot.notes.edges] == [
        ([2.0, 3.0], False),
        ([1.0, 2.0], False),
        ([3.0], True),
    ]
    assert np.isfinite(view.plot.y_axis.range).all()


@pytest.mark.parametrize("name", theme.NAMES)
def test_both_directions_have_their_colours_in_every_theme(shown, name):
    colours = theme.load(name)
    view = shown(Signals(signal(), None, None), against="")
    view.set_theme(colours)
    found = colours_of(view)
    assert {trace.colour for trace in view.plot.traces} == {colours.accent, colours.negative}
    assert QColor(colours.panel).rgb() in found
    assert len(found) > 5


def test_the_table_holds_every_layer(shown, tmp_path):
    view = shown(Signals(signal(), None, signal(2)))
    view.save_table(tmp_path / "signal.csv")
    lines = (tmp_path / "signal.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "layer,forward first,backward first,forward normal,backward normal"
    assert lines[1] == "inputs,1.0,,2.0,"
    assert lines[2] == "layer 1,0.5,0.01,1.0,0.02"
    assert len(lines) == 5


def test_a_double_click_shows_everything_again(shown):
    view = shown(Signals(signal(), None, None), against="")
    view.plot.box.setXRange(1, 2, padding=0)
    view.plot.following_x = False
    view.show_everything()
    assert view.plot.x_sight() == pytest.approx((-0.15, 3.15))
