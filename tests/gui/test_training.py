"""The training thread, driven from the window's side."""

import threading

import numpy as np
import pytest

from nnplayground.engine import Trainer
from nnplayground.engine.probes import HistogramRequest, OutputRequest, ResponseRequest
from nnplayground.gui.messages import ParameterEdit
from nnplayground.gui.training import TrainingThread
from tests.gui.windows import SMALL, Taker


class Window(Taker):
    """Keeps what is told of one training."""

    def __init__(self, qtbot, store=None) -> None:
        super().__init__(qtbot, store)
        self.snapshot, self.readings, self.retuned, self.probe_seconds, self.path = None, {}, [], None, []

    def take(self):
        delivery = super().take()
        self.retuned += [delivery.retuned] if delivery.retuned else []
        self.path += delivery.path
        if delivery.snapshot is not None:
            self.snapshot, self.readings = delivery.snapshot, delivery.readings
            self.probe_seconds = delivery.probe_seconds
        return delivery

    @property
    def steps(self) -> int:
        return sum(chunk.steps for chunk in self.chunks)


@pytest.fixture
def window(qtbot):
    with Window.started(qtbot) as window:
        yield window


def test_a_network_is_built_and_waits(window):
    window.settle()
    assert window.built[0].experiment == SMALL
    assert window.steps == 0
    assert window.snapshot.step == 0


def test_it_trains_between_run_and_pause(window):
    window.thread.set_running(True)
    window.wait(lambda: window.steps > 50)
    window.thread.set_running(False)
    window.settle()
    steps = window.steps
    window.settle()
    assert window.steps == steps
    assert window.snapshot.step == steps, "paused, the picture is that of the last step"


@pytest.fixture
def held(monkeypatch):
    """Training is held at the beginning of its first chunk, until it is let go."""
    entered, let_go, advance = threading.Event(), threading.Event(), Trainer.advance

    def wait(trainer, **amount):
        entered.set()
        assert let_go.wait(60)
        return advance(trainer, **amount)

    monkeypatch.setattr(Trainer, "advance", wait)
    yield entered, let_go
    let_go.set()


def test_a_pause_takes_hold_after_the_chunk_in_hand(window, held):
    entered, let_go = held
    window.thread.set_running(True)
    assert entered.wait(60)
    window.thread.set_running(False)
    let_go.set()
    window.settle()
    assert len(window.chunks) == 1


def test_a_live_knob_takes_hold_after_the_chunk_in_hand(window, held):
    entered, let_go = held
    window.thread.set_running(True)
    assert entered.wait(60)
    window.thread.train(SMALL.replace("optimizer.lr", 0.25))
    let_go.set()
    window.wait(lambda: len(window.chunks) >= 2)
    window.thread.set_running(False)
    assert (window.chunks[0].lr == np.float32(SMALL.optimizer.lr)).all()
    assert (window.chunks[1].lr == np.float32(0.25)).all()


def test_orders_are_taken_at_once_while_a_chunk_is_under_way(window, held):
    entered, let_go = held
    window.thread.set_running(True)
    assert entered.wait(60)
    window.thread.request(
        frozenset({HistogramRequest()})
    )  # each would wait for ever, were there a lock around training
    window.thread.set_parameter(ParameterEdit(0, "weight", (0, 0), 1.0))
    assert window.thread.busy
    assert window.thread.drain().chunks == []
    let_go.set()


def test_steps_and_epochs_are_taken_exactly(window):
    window.thread.take_steps(1)
    window.settle()
    assert window.steps == 1
    window.thread.take_epochs(2)
    window.settle()
    assert window.steps == 2 * window.built[0].steps_per_epoch
    assert window.snapshot.step == window.steps


def test_the_weights_are_told_at_each_of_the_first_steps_however_they_are_taken(window):
    window.thread.take_steps(7)
    window.settle()
    window.thread.take_epochs(2)
    window.settle()
    window.thread.set_running(True)
    window.wait(lambda: window.steps > 40)
    window.thread.set_running(False)
    window.settle()
    assert [snapshot.step for snapshot in window.path[:36]] == [*range(1, 33), 34, 36, 38, 40]
    weights = np.array([snapshot.parameters for snapshot in window.path])
    assert (np.abs(np.diff(weights, axis=0)).max(axis=1) > 0).all()


def test_a_live_knob_is_turned_without_a_rebuild(window):
    window.thread.take_steps(5)
    window.settle()
    window.thread.train(SMALL.replace("optimizer.lr", 0.25))
    window.wait(lambda: window.retuned)
    window.thread.take_steps(5)
    window.settle()
    assert len(window.built) == 1
    assert window.steps == 10
    assert np.concatenate([c.lr for c in window.chunks])[-1] == np.float32(0.25)


def test_another_knob_rebuilds_and_training_goes_on(window):
    window.thread.set_running(True)
    wider = SMALL.replace("network.layers", [7])
    window.thread.train(wider)
    window.wait(lambda: len(window.built) == 2 and window.steps > 10)
    assert window.built[-1].experiment == wider
    assert window.chunks[0].start == 0


def test_the_latest_of_many_experiments_wins(window):
    for width in range(1, 30):
        window.thread.train(SMALL.replace("network.layers", [width]))
    window.wait(lambda: window.built[-1].experiment.network.layers[0].width == 29)
    window.settle()
    assert window.built[-1].experiment.network.layers[0].width == 29


def test_reset_goes_back_to_the_same_weights(window):
    first = window.built[0].first
    window.thread.take_steps(20)
    window.settle()
    assert not np.array_equal(window.snapshot.parameters, first.parameters)
    window.thread.reset()
    window.wait(lambda: len(window.built) == 2)
    window.settle()
    np.testing.assert_array_equal(window.snapshot.parameters, first.parameters)
    assert window.steps == 0


def test_what_is_asked_is_answered_even_when_paused(window):
    requests = frozenset({ResponseRequest(8, 4), OutputRequest(10), HistogramRequest(20)})
    window.thread.request(requests)
    window.wait(lambda: set(window.readings) == requests)
    assert window.readings[OutputRequest(10)].values.shape == (2, 10, 10)
    assert window.probe_seconds > 0


def test_nothing_is_computed_that_was_not_asked(window):
    window.thread.take_steps(3)
    window.settle()
    assert window.readings == {}


def test_a_weight_set_by_hand_is_the_networks(window):
    window.thread.set_parameter(ParameterEdit(0, "weight", (2, 1), 3.5))
    window.wait(lambda: window.snapshot is not None and window.snapshot.weights(0)[2, 1] == 3.5)


def test_a_weight_of_a_network_that_is_gone_is_refused_and_training_goes_on(window):
    window.thread.train(SMALL.replace("network.layers", [2]))
    window.thread.set_parameter(ParameterEdit(0, "weight", (3, 1), 3.5))
    window.wait(lambda: window.refusals)
    assert "weight" in window.refusals[0].message
    window.thread.take_steps(3)
    window.settle()
    assert window.steps == 3


def test_an_experiment_that_cannot_be_is_refused_and_the_one_in_hand_stays(window, tmp_path):
    missing = SMALL.replace_all({"data": {"kind": "table", "path": str(tmp_path / "nothing.csv")}})
    window.thread.train(missing)
    window.wait(lambda: window.refusals)
    assert window.refusals[0].good == SMALL
    assert "nothing.csv" in window.refusals[0].message
    window.thread.take_steps(3)
    window.settle()
    assert window.steps == 3
    assert len(window.built) == 1


def test_training_ends_at_the_last_epoch_and_goes_on_when_the_limit_is_raised(window):
    short = SMALL.replace("stopping.epochs", 2)
    window.thread.train(short)
    window.thread.set_running(True)
    window.wait(lambda: window.chunks and window.chunks[-1].stopped_by == "epochs")
    window.thread.train(short.replace("stopping.epochs", 4))
    window.thread.set_running(True)
    window.wait(lambda: sum(len(c.epoch) for c in window.chunks) == 4)


def test_divergence_stops_at_the_last_finite_state(window):
    wild = SMALL.replace_all(
        {"data.kind": "plane", "optimizer.kind": "sgd", "optimizer.lr": 10.0, "network.activation": "relu"}
    )
    window.thread.train(wild)
    window.thread.set_running(True)
    window.wait(lambda: window.chunks and window.chunks[-1].stopped_by == "diverged")
    window.settle()
    assert np.isfinite(window.snapshot.parameters).all()
    assert "step" in str(window.chunks[-1].divergence)


def test_quitting_leaves_no_thread_behind(qtbot):
    before = threading.active_count()
    thread = TrainingThread()
    thread.train(SMALL)
    thread.start()
    thread.quit_and_wait()
    assert thread.isFinished()
    assert threading.active_count() == before
