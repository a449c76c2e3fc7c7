"""Views that draw earlier moments know what they did not see: it is looked up in the networks that were kept."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from nnplayground.engine.probes import ActivityRequest, ConfusionRequest
from nnplayground.experiment import ExperimentError
from nnplayground.gui.runs.fetching import spread
from nnplayground.gui.runs.recollection import MOST, Recollection
from nnplayground.gui.runs.stage import Stage
from nnplayground.gui.views.past import KEPT
from nnplayground.runs.store import Store
from tests.gui.frames import make_frame, make_history
from tests.gui.stores import BASE, keep_run

PATIENCE = 60_000


class Asked:
    """A view that draws what was, as far as `wanted` says, and notes what it is told."""

    def __init__(self, *requests) -> None:
        self.wanted, self.told = frozenset(requests), []

    def remembers(self, _frame):
        return self.wanted

    def remember(self, history, request, readings) -> None:
        self.told.append((history, request, readings))


class Source:
    """A run with networks at some steps; where `broken`, none can be asked."""

    def __init__(self, steps=(0, 5, 9)) -> None:
        self.frame, self.steps, self.broken = make_frame(make_history(10)), steps, False

    def networks(self, most):
        assert most == MOST == KEPT
        prober = SimpleNamespace(answer=self.answer)
        return (lambda: ((prober, SimpleNamespace(step=step)) for step in self.steps)) if self.steps else None

    def answer(self, request, snapshot):
        if self.broken:
            raise ExperimentError("broken")
        return f"{type(request).__name__} at {snapshot.step}" if snapshot.step != 5 else None


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def recollection(qapp, source):
    parent = QObject()
    made = Recollection(source, parent)
    yield made
    made._study.close()


def settle(qtbot, recollection) -> None:
    qtbot.waitUntil(lambda: not recollection._study.working, timeout=PATIENCE)
    QApplication.processEvents()
    qtbot.waitUntil(lambda: not recollection._study.working and not recollection._waiting, timeout=PATIENCE)


def test_a_view_is_told_once_as_long_as_it_is_in_sight_and_again_when_it_comes_back(qtbot, recollection, source):
    view = Asked(ActivityRequest(), ConfusionRequest())
    for _ in range(3):
        recollection.ask([view])
        settle(qtbot, recollection)
    assert {request for _, request, _ in view.told} == view.wanted
    assert len(view.told) == 2
    names = {type(request).__name__: readings for _, request, readings in view.told}
    assert names["ActivityRequest"] == [(0, "ActivityRequest at 0"), (9, "ActivityRequest at 9")]
    assert all(history is source.frame.history for history, *_ in view.told)
    recollection.ask([])
    recollection.ask([view])
    settle(qtbot, recollection)
    assert len(view.told) == 4


def test_of_another_run_is_told_anew_and_of_the_one_before_no_more(qtbot, recollection, source):
    view = Asked(ActivityRequest())
    recollection.ask([view])
    source.frame = make_frame(make_history(20))
    recollection.ask([view])
    settle(qtbot, recollection)
    assert [history for history, *_ in view.told] == [source.frame.history]


@pytest.mark.parametrize("fault", ["broken", "nothing kept"])
def test_where_nothing_can_be_looked_up_nothing_is_told(qtbot, recollection, source, fault):
    source.broken, source.steps = fault == "broken", (0, 5) if fault == "broken" else ()
    view = Asked(ActivityRequest(), ConfusionRequest())
    recollection.ask([view])
    settle(qtbot, recollection)
    assert view.told == []


@given(steps=st.sets(st.integers(0, 10_000), min_size=2, max_size=300), most=st.integers(2, 64))
def test_networks_are_chosen_evenly_over_the_run_with_the_first_and_the_last(steps, most):
    steps = sorted(steps)
    found = spread(steps, most)
    assert set(found) <= set(steps)
    assert len(found) <= most
    assert found[0] == steps[0]
    assert found[-1] == steps[-1]
    apart = (steps[-1] - steps[0]) / (most - 1)
    assert all(min(abs(step - near) for near in found) <= apart for step in steps)


# in the window


@pytest.fixture
def window(qtbot, open_main, tmp_path):
    with open_main(BASE, tmp_path / "settings.ini") as made:
        qtbot.waitUntil(lambda: made.live.built is not None, timeout=PATIENCE)
        yield made


def train(qtbot, window, steps: int) -> None:
    window.live.set_running(True)
    qtbot.waitUntil(lambda: window.live.steps >= steps, timeout=PATIENCE)
    window.live.set_running(False)
    qtbot.waitUntil(lambda: not window.live.thread_.busy, timeout=PATIENCE)
    window.live.take()


def over_time(window, name: str, form: str):
    view = next(view for view in window.views if view.name == name)
    view.form.choose(form)
    view.form.changed.emit()
    window.docks[name].raise_()
    return view


def test_histograms_over_time_know_what_went_on_out_of_sight(qtbot, window):
    window.docks["activations"].raise_()
    QApplication.processEvents()
    train(qtbot, window, 60)
    view = over_time(window, "histograms", "heat")
    kept = {stop.step: window.live.built.moments.at(stop.step) for stop in window.stage.stops}
    assert len(kept) > 20
    qtbot.waitUntil(lambda: "weights" in view.past and len(view.past["weights"].items) > 10, timeout=PATIENCE)
    assert view.past["weights"].items[0][0] == 0
    for step, reading in view.past["weights"].items:
        if step in kept:
            snapshot = kept[step].snapshot
            tensors = [t for t in snapshot.layout.parameters if t.role == "weight"]
            for tensor, histogram in zip(tensors, reading.layers, strict=True):
                weights = snapshot.parameters[tensor.start : tensor.stop].astype(np.float64)
                assert histogram.mean == pytest.approx(weights.mean(), abs=1e-6)
                assert (
                    histogram.counts.tolist() == np.histogram(weights, histogram.edges.astype(np.float64))[0].tolist()
                )
    known = len(view.past["weights"].items)
    qtbot.waitUntil(lambda: [len(strata.steps) for strata in view.heat.strata] == [known] * 2, timeout=PATIENCE)


def test_a_kept_run_is_known_over_time_at_every_network_that_was_kept(qtbot, open_main, tmp_path):
    path = tmp_path / "runs.sqlite"
    trainer = keep_run(path, 20)
    with Store(path) as store:
        row = store.rows()[0]
        with store.change() as connection:  # as if it had been kept more often
            network = connection.execute("SELECT network FROM snapshots WHERE run = ?", (row.id,)).fetchone()[0]
            for step in range(1, 20):
                values = row.id, step, step // 10, "kept", network
                connection.execute("INSERT OR IGNORE INTO snapshots VALUES (?, ?, ?, ?, ?)", values)
        steps = sorted({step for step, *_ in store.snapshots(row)})
    assert len(steps) >= 20
    assert trainer.step == steps[-1]
    with open_main(BASE, tmp_path / "settings.ini") as window:
        qtbot.waitUntil(lambda: window.live.built is not None, timeout=PATIENCE)
        view = over_time(window, "activations", "mean")
        window.stage.show(path, row)
        qtbot.waitUntil(lambda: [step for step, _ in view.past.items] == steps, timeout=PATIENCE)
        qtbot.waitUntil(lambda: view.stack.currentWidget() is view.plot, timeout=PATIENCE)


def test_recall_by_class_goes_back_to_the_first_step(qtbot, window):
    train(qtbot, window, 40)
    window.output.choose("recalls")
    qtbot.waitUntil(lambda: len(window.output.course.steps) > 5, timeout=PATIENCE)
    assert window.output.course.steps[0] == 0


def test_no_view_is_told_that_is_out_of_sight(qtbot, window, monkeypatch):
    asked = []
    monkeypatch.setattr(Stage, "networks", lambda *_: asked.append(1))
    over_time(window, "histograms", "heat")
    window.docks["signal"].raise_()
    QApplication.processEvents()
    asked.clear()
    train(qtbot, window, 30)
    assert asked == []
