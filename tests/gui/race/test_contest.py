"""A race in the training thread, driven from the window's side."""

from threading import Event

import numpy as np
import pytest

from nnplayground.engine import Trainer
from nnplayground.engine.chunk import joined
from nnplayground.engine.probes import OutputRequest
from nnplayground.gui.messages import Challenge
from nnplayground.gui.race.racing import Racing
from nnplayground.runs.store import Recorder, Store, StoreError
from tests.gui.windows import SMALL, Taker

LR = Challenge("optimizer.lr", 0.002, False)


class Window(Taker):
    """Keeps what is told of both in a race."""

    def __init__(self, qtbot, store=None) -> None:
        super().__init__(qtbot, store)
        self.twin, self.forked, self.overs, self.ended = [], [], [], 0
        self.snapshots, self.kept, self.left = {}, None, None

    def take(self):
        delivery = super().take()
        lap = delivery.lap
        if lap.forked is not None:
            self.forked.append(lap.forked)
            self.twin = []
        self.twin += lap.chunks
        self.overs += [lap.over] if lap.over is not None else []
        self.kept, self.left = lap.kept or self.kept, lap.left or self.left
        self.ended += delivery.ended
        if delivery.snapshot is not None:
            self.snapshots = {"one": delivery.snapshot, "other": lap.snapshot}
            self.readings = {"one": delivery.readings, "other": lap.readings}
        return delivery

    @property
    def refused(self) -> list[str]:
        return [refusal.message for refusal in self.refusals]

    def fork(self, fork: Challenge) -> None:
        begun = len(self.forked)
        self.thread.race(fork)
        self.wait(lambda: len(self.forked) > begun)

    def step(self, steps: int) -> None:
        self.thread.take_steps(steps)
        self.settle()


@pytest.fixture
def window(qtbot):
    with Window.started(qtbot) as window:
        yield window


def alone(experiment, steps, changes=None, more=0):
    """The losses of a training of its own, with knobs changed on the way."""
    trainer = Trainer(experiment, device="cpu")
    found = [trainer.advance(steps=steps)]
    if changes:
        trainer.retune(experiment.replace_all(changes))
    return np.concatenate([found[0].loss, trainer.advance(steps=more).loss])


def losses(chunks):
    return joined(chunks).loss


def test_a_twin_with_another_rate_trains_as_a_lone_training_whose_rate_was_set_then(window):
    window.step(30)
    window.fork(LR)
    assert (window.forked[0].step, window.forked[0].beside) == (30, SMALL)
    window.step(50)
    assert np.array_equal(losses(window.chunks), alone(SMALL, 80))
    assert np.array_equal(losses(window.twin), alone(SMALL, 30, {"optimizer.lr": 0.002}, 50)[30:])


def test_with_the_same_value_both_are_equal_to_the_bit(window):
    window.step(30)
    window.fork(Challenge("optimizer.lr", SMALL.optimizer.lr, False))
    window.step(50)
    assert np.array_equal(losses(window.chunks)[30:], losses(window.twin))


@pytest.mark.parametrize("fork", [Challenge("batches.size", 6, True), Challenge("optimizer.lr", 0.002, True)])
def test_from_the_start_both_begin_anew_with_the_same_seeds(window, fork):
    window.step(30)
    window.fork(fork)
    assert window.forked[0].step == 0
    assert len(window.built) == 2
    window.step(40)
    assert np.array_equal(losses(window.chunks), alone(SMALL, 40))
    assert np.array_equal(losses(window.twin), alone(SMALL.replace(fork.path, fork.value), 40))


def test_a_knob_that_builds_anew_begins_at_step_0_whatever_was_asked_for(window):
    window.step(30)
    window.fork(Challenge("network.layers", [6], False))
    assert window.forked[0].step == 0


def test_while_running_both_are_seen_at_the_same_step(window):
    window.fork(LR)
    window.thread.request_of_both(frozenset({OutputRequest()}))
    window.thread.set_running(True)
    for least in (20, 60, 100):
        window.wait(lambda least=least: window.snapshots and window.snapshots["one"].step > least)
        one, other = window.snapshots.values()
        assert one.step == other.step
    assert {OutputRequest()} <= window.readings["one"].keys() & window.readings["other"].keys()
    window.thread.set_running(False)
    window.settle()
    assert sum(c.steps for c in window.chunks) == sum(c.steps for c in window.twin)


def test_nothing_is_asked_of_the_twin_unless_something_is_wanted(window):
    window.fork(LR)
    window.step(5)
    assert window.snapshots["one"].step == 5
    assert window.snapshots["other"] is None


def test_an_epoch_and_a_reset_are_of_both(window):
    window.step(7)
    window.fork(LR)
    window.thread.take_epochs(2)
    window.settle()
    steps = 7 + sum(c.steps for c in window.twin)
    assert steps == sum(c.steps for c in window.chunks) == 4 * window.built[0].steps_per_epoch, "two more"
    window.thread.reset()
    window.wait(lambda: len(window.forked) == 2)
    assert window.forked[1].step == 0
    window.step(9)
    assert np.array_equal(losses(window.twin), alone(SMALL.replace("optimizer.lr", 0.002), 9))


def test_another_live_knob_is_turned_in_both_and_the_raced_one_in_the_first_alone(window):
    window.fork(LR)
    window.thread.train(SMALL.replace_all({"regularization.l2": 0.01, "optimizer.lr": 0.2}))
    window.step(3)
    worker = window.thread._worker
    assert worker.hand.trainer.experiment == SMALL.replace_all({"regularization.l2": 0.01, "optimizer.lr": 0.2})
    twin = worker._contest.trainer.experiment
    assert twin == SMALL.replace_all({"regularization.l2": 0.01, "optimizer.lr": 0.002})
    assert len(window.built) == len(window.forked) == 1


def test_a_knob_that_builds_anew_begins_the_race_anew(window):
    window.step(5)
    window.fork(LR)
    window.step(5)
    changed = SMALL.replace("network.layers", [5])
    window.thread.train(changed)
    window.wait(lambda: len(window.forked) == 2)
    window.step(8)
    assert np.array_equal(losses(window.chunks), alone(changed, 8))
    assert np.array_equal(losses(window.twin), alone(changed.replace("optimizer.lr", 0.002), 8))


def test_the_race_is_over_where_the_twin_cannot_be_beside_what_is_trained(window):
    window.fork(Challenge("optimizer.beta1", 0.5, False))
    window.thread.train(SMALL.replace("optimizer.kind", "sgd"))
    window.wait(lambda: window.overs)
    assert "beta1" in window.overs[0]
    window.step(4)
    assert window.twin == []
    assert sum(c.steps for c in window.chunks) == 4


def test_other_data_are_taken_up_by_both(window):
    window.fork(LR)
    other = SMALL.replace("data.kind", "xor")
    window.thread.train(other)
    window.wait(lambda: len(window.forked) == 2)
    assert window.built[-1].experiment == other
    assert window.forked[-1].built.dataset.title == window.built[-1].dataset.title


def test_where_one_has_ended_the_other_goes_on_to_its_own_end(window):
    window.thread.train(SMALL.replace("stopping.epochs", 2))
    window.fork(Challenge("stopping.epochs", 4, False))
    window.thread.set_running(True)
    window.wait(lambda: window.ended)
    window.settle()
    every = window.built[0].steps_per_epoch
    assert [sum(c.steps for c in chunks) for chunks in (window.chunks, window.twin)] == [2 * every, 4 * every]
    assert (window.chunks[-1].stopped_by, window.twin[-1].stopped_by) == ("epochs", "epochs")
    assert len([c for c in window.chunks if c.stopped_by]) == 1, "it is said once"


@pytest.mark.parametrize("side", ["one", "other"])
def test_the_one_that_is_kept_goes_on_as_it_would_have(window, side):
    window.step(10)
    window.fork(LR)
    window.step(10)
    window.thread.decide(side)
    window.wait(lambda: window.overs)
    assert (window.kept is None) == (side == "one")
    before = len(losses(window.chunks))
    window.step(20)
    expected = alone(SMALL, 40) if side == "one" else alone(SMALL, 10, {"optimizer.lr": 0.002}, 30)
    assert np.array_equal(losses(window.chunks)[before:], expected[20:])
    assert sum(chunk.steps for chunk in window.twin) == 10, "the other took no more steps"


def test_what_was_dropped_comes_back_with_the_steps_that_the_window_had_not_taken(window, qtbot):
    window.step(10)
    window.fork(LR)
    thread, history = window.thread, window.built[0].new_history()
    history.append(joined(window.chunks))
    thread.take_steps(10)
    qtbot.waitUntil(lambda: not thread._worker.has_work() and not thread._worker.busy, timeout=60_000)
    thread.decide("other")
    qtbot.waitUntil(lambda: thread._mail.outbox.lap.kept is not None, timeout=60_000)
    left = thread.drain().lap.left
    other = window.built[0].new_history()
    assert left.fork(other) is None, "a history of another run"
    fork = left.fork(history)
    assert np.array_equal(fork.history.steps.curve("loss", points=100).mean, alone(SMALL, 20))
    window.built.clear()
    thread.fork(fork)
    window.wait(lambda: window.built)
    window.step(15)
    assert np.array_equal(losses(window.chunks), alone(SMALL, 35)[20:])


def test_a_value_that_is_not_allowed_begins_no_race(window):
    window.thread.race(Challenge("optimizer.lr", 99.0, False))
    window.wait(lambda: window.refusals)
    assert window.refused == ["No race: optimizer.lr = 99.0 is not allowed; allowed: a number from 0 to 10"]
    window.step(3)
    assert (window.forked, window.twin) == ([], [])


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("not enough memory: you tried to allocate 4 TB")])
@pytest.mark.parametrize("fork", [LR, Challenge("network.layers", [6], False)])
def test_where_memory_does_not_do_for_two_networks_the_one_goes_on(window, monkeypatch, error, fork):
    window.step(5)
    monkeypatch.setattr(Trainer, "__init__", lambda *_a, **_k: (_ for _ in ()).throw(error))
    window.thread.race(fork)
    window.wait(lambda: window.refusals)
    monkeypatch.undo()
    assert window.refused == ["There is not enough memory for this network or data set."]
    window.step(5)
    assert np.array_equal(losses(window.chunks), alone(SMALL, 10))


def test_a_training_that_fails_ends_the_race(window, monkeypatch):
    window.fork(LR)
    monkeypatch.setattr(Trainer, "advance", lambda *_a, **_k: (_ for _ in ()).throw(OSError("gone")))
    window.thread.take_steps(1)
    window.wait(lambda: window.failures)
    monkeypatch.undo()
    assert [str(failure) for failure in window.failures] == ["gone"]
    assert window.overs == [""]
    window.failures.clear()
    window.thread.train(SMALL)
    window.wait(lambda: len(window.built) == 2)
    window.step(3)
    assert np.array_equal(losses(window.chunks), alone(SMALL, 3))


def test_a_race_can_be_left_by_closing(window):
    window.fork(LR)
    window.thread.set_running(True)
    window.wait(lambda: len(window.twin) > 3)
    window.thread.quit_and_wait()
    assert not window.thread.isRunning()


@pytest.fixture
def stored(qtbot, tmp_path):
    """A window whose runs are kept, and the store's path."""
    path = tmp_path / "runs.sqlite"
    with Window.started(qtbot, path) as window:
        yield window, path


@pytest.mark.parametrize("side", ["one", "other"])
def test_both_are_runs_of_their_own_in_the_store_with_all_that_they_share(stored, side):
    window, path = stored
    window.step(30)
    window.fork(LR)
    window.step(20)
    window.thread.decide(side)
    window.wait(lambda: window.overs)
    window.step(10)
    window.thread.quit_and_wait()
    with Store(path) as store:
        one, other = sorted(store.rows(), key=lambda row: row.id)
        assert (other.parent, other.parent_step) == (one.uid, 30)
        assert (one.experiment, other.experiment) == (SMALL, SMALL.replace("optimizer.lr", 0.002))
        assert [one.steps, other.steps] == ([60, 50] if side == "one" else [50, 60])
        found = [np.concatenate(list(store.column(row, "steps", "loss"))) for row in (one, other)]
    assert np.array_equal(found[0], alone(SMALL, one.steps))
    assert np.array_equal(found[1], alone(SMALL, 30, {"optimizer.lr": 0.002}, other.steps - 30))


def test_a_race_from_the_start_is_two_new_runs(stored):
    window, path = stored
    window.step(5)
    window.fork(Challenge("batches.size", 6, True))
    window.step(20)
    window.thread.quit_and_wait()
    with Store(path) as store:
        rows = sorted(store.rows(), key=lambda row: row.id)
        found = {(row.experiment.batches.size, row.steps) for row in rows}
    assert found == {(SMALL.batches.size, 5), (SMALL.batches.size, 20), (6, 20)}


def test_a_run_that_was_kept_of_a_race_can_be_resumed(stored):
    window, path = stored
    window.step(30)
    window.fork(LR)
    window.step(20)
    window.thread.decide("other")
    window.wait(lambda: window.overs)
    window.thread.reset()
    window.wait(lambda: len(window.built) == 2)

    def left() -> list:
        with Store(path) as store:
            return [row for row in store.rows() if row.parent and row.owner is None]

    window.wait(left)
    (row,) = left()
    window.thread.resume(row)
    window.wait(lambda: len(window.built) == 3)
    window.step(15)
    assert window.refused == []
    assert np.array_equal(losses(window.chunks), alone(SMALL, 30, {"optimizer.lr": 0.002}, 35)[50:])


def test_one_that_is_brought_back_is_a_run_that_goes_on_from_the_one_dropped(stored):
    window, path = stored
    window.step(30)
    window.fork(LR)
    window.step(20)
    history = window.built[0].new_history()
    history.append(joined(window.chunks))
    window.wait(lambda: window.thread.keeping.number)
    window.thread.decide("other")
    window.wait(lambda: window.overs)
    fork = window.left.fork(history)
    window.thread.fork(fork)
    window.wait(lambda: len(window.built) == 2)
    assert window.built[1].fork.number == 1
    window.step(10)
    window.thread.quit_and_wait()
    with Store(path) as store:
        rows = {row.parent_step: row for row in store.rows()}  # the twin of step 30 may have been entered last
        one, back = rows[None], rows[50]
        assert (one.steps, back.steps, back.parent) == (50, 60, one.uid)
        assert np.array_equal(np.concatenate(list(store.column(back, "steps", "loss"))), alone(SMALL, 60))


def test_a_race_waits_for_no_disk_and_its_twin_is_kept_once_there_is_one(stored, monkeypatch):
    window, path = stored
    there, open_store = Event(), Recorder._opened
    monkeypatch.setattr(Recorder, "_opened", lambda recorder: there.wait(60) and open_store(recorder))
    window.step(30)
    window.fork(LR)
    window.step(20)
    assert sum(chunk.steps for chunk in window.twin) == 20
    assert not path.exists()
    there.set()
    window.thread.quit_and_wait()
    with Store(path) as store:
        one, other = sorted(store.rows(), key=lambda row: row.id)
        assert (one.steps, other.steps, other.parent, other.parent_step) == (50, 50, one.uid, 30)
        found = np.concatenate(list(store.column(other, "steps", "loss")))
    assert np.array_equal(found, alone(SMALL, 30, {"optimizer.lr": 0.002}, 20))


def test_a_race_goes_on_where_neither_can_be_kept_and_says_so(stored, monkeypatch):
    window, path = stored
    window.step(30)
    window.wait(path.exists)
    monkeypatch.setattr(Recorder, "_opened", lambda _: (_ for _ in ()).throw(StoreError("the disk is full")))
    window.fork(LR)
    window.step(20)
    assert sum(chunk.steps for chunk in window.twin) == 20
    twin = window.thread.keeping._twin
    window.wait(lambda: twin.fault == "the disk is full")
    window.thread.decide("one")
    window.wait(lambda: window.overs)
    window.wait(lambda: window.thread.keeping.fault == "the disk is full")


def labels(path):
    with Store(path) as store:
        return [(row.tags, row.note) for row in sorted(store.rows(), key=lambda row: row.id)]


def test_both_of_a_race_are_told_apart_by_tag_and_note_and_what_the_user_wrote_stays(stored):
    window, path = stored
    window.step(30)
    window.wait(lambda: path.exists() and labels(path))
    with Store(path) as store:
        store.set_tags(store.rows(), ["mine"])
        store.set_note(store.rows(), "a good one")
    window.fork(LR)
    window.step(20)
    window.thread.quit_and_wait()
    assert labels(path) == [
        (("mine", "race"), "a good one; Race: learning rate 0.01 against 0.002"),
        (("race",), "Race: learning rate 0.002 against 0.01"),
    ]


def test_both_of_a_race_from_the_start_are_labelled_and_runs_after_it_are_not(stored):
    window, path = stored
    window.fork(Challenge("batches.size", 6, True))
    window.step(20)
    window.thread.decide("one")
    window.wait(lambda: window.overs)
    window.thread.reset()
    window.wait(lambda: len(window.built) == 3)
    window.step(5)
    window.thread.quit_and_wait()
    assert sorted(labels(path)) == [
        ((), ""),
        (("race",), "Race: batch size 10 against 6"),
        (("race",), "Race: batch size 6 against 10"),
    ]


@pytest.mark.parametrize("fork", [Challenge("optimizer.lr", 99.0, False), Challenge("batches.size", -1, True)])
def test_a_race_goes_on_where_another_is_refused(window, fork):
    window.fork(LR)
    window.step(20)
    window.thread.race(fork)
    window.wait(lambda: window.refusals)
    window.step(20)
    assert (len(window.forked), window.overs) == (1, [])
    assert sum(chunk.steps for chunk in window.twin) == 40


def test_a_race_gives_way_to_another_that_is_allowed(window):
    window.step(10)
    window.fork(LR)
    window.step(20)
    window.fork(Challenge("optimizer.lr", 0.005, False))
    assert [forked.step for forked in window.forked] == [10, 30]
    window.step(20)
    assert np.array_equal(losses(window.twin), alone(SMALL, 30, {"optimizer.lr": 0.005}, 20)[30:])


def test_a_run_that_began_and_was_forked_within_one_frame_has_its_history(window, qtbot):
    thread = window.thread
    thread.reset()
    thread.take_steps(5)
    qtbot.waitUntil(lambda: len(thread._mail.outbox.chunks) and not thread._worker.has_work(), timeout=60_000)
    thread.race(LR)
    qtbot.waitUntil(lambda: thread._mail.outbox.lap.forked is not None, timeout=60_000)
    thread.take_steps(4)
    qtbot.waitUntil(lambda: bool(thread._mail.outbox.lap.chunks) and not thread._worker.has_work(), timeout=60_000)
    delivery, racing = thread.drain(), Racing(thread)
    assert delivery.built is not None
    assert racing.take(delivery, None) is None
    found = racing.frame.history.steps.curve("loss", points=100).mean
    assert np.array_equal(found, alone(SMALL, 5, {"optimizer.lr": 0.002}, 4))
