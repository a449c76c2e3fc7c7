"""The edges of learning: measured in a thread of their own when asked for, drawn where they were measured."""

import csv

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from nnplayground.engine.edges import Edges
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment
from nnplayground.gui import theme
from nnplayground.gui.views import edges
from nnplayground.gui.views.edges import EdgesView, Measured
from nnplayground.runs.history import History
from tests.gui.frames import colours_of, make_frame, make_history

LIGHT = theme.load("light")
FIRST = Measured(Edges(20, 4.0, 60.0, 25.0, 0.5, 250, 10), 0.8)
SECOND = Measured(Edges(70, 16.0, 30.0, np.inf, -0.25, 250, 10), 0.4)


@pytest.fixture
def shown(qtbot):
    made = []

    def make(frame=None, colours=LIGHT):
        view = EdgesView(colours)
        made.append(view)
        qtbot.addWidget(view)
        view.resize(380, 230)
        view.show()
        qtbot.waitExposed(view)
        if frame is not None:
            view.draw(frame)
        return view

    yield make
    for view in made:
        view.study.close()


@pytest.fixture(scope="module")
def trained():
    """A frame of a network that has taken some steps."""
    experiment = Experiment().replace_all({"optimizer.kind": "sgd", "optimizer.momentum": 0.5, "optimizer.lr": 0.04})
    trainer = Trainer(experiment, device="cpu", executor="eager")
    history = History(trainer.layers, trainer.metrics, trainer.steps_per_epoch)
    history.append(trainer.advance(steps=30))
    return make_frame(history, dataset=trainer.dataset, snapshot=trainer.snapshot(), experiment=experiment)


def measured(view, *found):
    """Have a view show these measurements."""
    view.measured = list(found)
    view.draw_again()
    return view


def until_idle(view, qtbot):
    qtbot.waitUntil(lambda: not view.study.working, timeout=30_000)


def test_a_press_measures_the_network_of_the_frame(shown, qtbot, trained):
    view = shown(trained)
    assert view.button.parentWidget() is view.invitation
    assert view.button.text() == "Measure"
    view.button.click()
    assert view.button.text() == "Cancel"
    until_idle(view, qtbot)
    (found,) = view.measured
    assert found.edges.step == 30
    assert found.edges.limit == pytest.approx(2 * 1.5 / 0.04)
    assert np.isfinite(found.edges.sharpness)
    assert found.seconds > 0
    assert "limit 75" in view.numbers.text()
    assert view.button.parentWidget() is view.options
    assert view.button.text() == "Measure"


def test_a_second_press_gives_up(shown, qtbot, trained):
    view = shown(trained)
    view.button.click()
    view.button.click()
    until_idle(view, qtbot)
    assert view.measured == []
    assert view.button.text() == "Measure"


def test_what_was_measured_of_another_run_is_dropped(shown, qtbot, trained):
    view = shown(trained)
    view.button.click()
    view.draw(make_frame(make_history(20)))
    until_idle(view, qtbot)
    assert view.measured == []


def test_what_cannot_be_measured_is_told(shown, qtbot, trained):
    other = make_frame(
        trained.history,
        dataset=trained.dataset,
        snapshot=trained.snapshot,
        experiment=trained.experiment.replace("network.layers", [3]),
    )
    view = shown(other)
    view.button.click()
    until_idle(view, qtbot)
    assert "built anew" in view.message.text()


def test_it_is_measured_again_once_an_epoch_is_over(shown, qtbot, trained):
    view = shown(trained)
    view.again.setChecked(True)
    view.draw(trained)
    assert view.study.working
    until_idle(view, qtbot)
    assert len(view.measured) == 1
    view.draw(trained)  # the same epoch
    assert not view.study.working


def test_without_a_step_there_is_nothing_to_measure(shown):
    view = shown(make_frame(make_history(0)))
    assert not view.button.isEnabled()
    assert view.message.isVisible()
    view.button.click()
    assert not view.study.working


@pytest.mark.parametrize("name", theme.NAMES)
def test_measurements_are_drawn_in_every_theme(shown, name):
    view = measured(shown(make_frame(make_history(100)), theme.load(name)), FIRST, SECOND)
    view.set_theme(theme.load(name))
    assert len(colours_of(view)) > 5
    x, y = view.points.getData()
    np.testing.assert_array_equal(x, [20, 70])
    np.testing.assert_allclose(y, np.log10([4, 16]))


def test_sharpness_stands_beside_the_limit_of_the_last_rate(shown):
    view = measured(shown(make_frame(make_history(100))), FIRST, SECOND)
    assert view.plot.notes.guide.value == 30
    low, high = view.plot.box.viewRange()[1]
    assert low <= np.log10(4)
    assert high >= np.log10(30)


def test_an_optimizer_without_a_limit_has_no_line(shown):
    adam = Measured(Edges(20, 4.0, None, 25.0, 0.5, 250, 10), 0.8)
    view = measured(shown(make_frame(make_history(100))), adam)
    assert view.plot.notes.guide is None
    assert "no line with Adam" in view.numbers.text()


@pytest.mark.parametrize(("quantity", "line"), [("sharpness", 30.0), ("noise_scale", 10.0), ("cosine", 0.0)])
def test_each_quantity_has_its_line_and_what_cannot_be_drawn_is_marked(shown, quantity, line):
    view = measured(shown(make_frame(make_history(100))), FIRST, SECOND)
    next(action for action in view.shown.actions() if action.data() == quantity).trigger()
    assert view.plot.notes.guide.value == line
    x, _ = view.points.getData()
    assert len(x) == (1 if quantity == "noise_scale" else 2)
    assert [edge.x.tolist() for edge in view.plot.notes.edges] == ([[70.0]] if quantity == "noise_scale" else [])
    assert view.plot.y_axis.logarithmic == (quantity != "cosine")


def test_the_nearest_measurement_is_read_out(shown):
    history = make_history(100)
    view = measured(shown(make_frame(history)), FIRST, SECOND)
    found = [(row.text, row.value) for row in view.rows_at(history, 60, QPointF(60, 0))]
    expected = {"sharpness": "16", "noise scale": "∞", "cosine of gradients": "−0.25", "limit": "30"}
    assert dict(found) == {"measured at step": "70", **expected}


def test_another_run_begins_without_measurements(shown):
    view = measured(shown(make_frame(make_history(100))), FIRST)
    view.draw(make_frame(make_history(50)))
    assert view.measured == []
    assert view.button.parentWidget() is view.invitation
    assert not view.numbers.isVisible()


def test_measurements_are_bounded_and_the_first_and_the_latest_stay(shown, monkeypatch):
    monkeypatch.setattr(edges, "KEPT", 20)
    view = shown(make_frame(make_history(100)))
    view._asked = view._of
    for step in range(60):
        view._on_done(Edges(step, 1.0, None, 1.0, 0.0, 10, 10), 0.1)
    assert len(view.measured) <= 20
    assert view.measured[0].edges.step == 0
    assert [m.edges.step for m in view.measured[-5:]] == [55, 56, 57, 58, 59]


def test_measurements_are_saved_as_a_table(shown, tmp_path):
    view = measured(shown(make_frame(make_history(100))), FIRST, SECOND)
    view.save_table(tmp_path / "edges.csv")
    with (tmp_path / "edges.csv").open() as file:
        first, second = csv.DictReader(file)
    assert (first["step"], first["sharpness"], first["limit"], first["seconds"]) == ("20", "4.0", "60.0", "0.8")
    assert (second["noise_scale"], second["cosine"]) == ("inf", "-0.25")
