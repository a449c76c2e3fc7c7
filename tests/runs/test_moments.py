"""Moments of a run: bounded, the ones that matter always kept; and gone on from to the bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnplayground.engine.snapshot import Layout, Snapshot, Tensor
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment
from nnplayground.gui.reel import Reel, begun, go_on, moment_of
from nnplayground.runs import cutting, moments
from nnplayground.runs.history import History
from nnplayground.runs.moments import Moment, Moments, Stop, stops_of

LAYOUT = Layout(("output",), 1, (Tensor(0, "output weight", (4, 1), 0),), ())
BASE = Experiment().replace_all({"network.layers": [4], "data.samples": 60, "stopping.epochs": 1000})


def moment(step, *, why=(), state=0):
    snapshot = Snapshot(LAYOUT, step, step // 10, np.full(4, step, np.float32), np.empty(0, np.float32))
    kept = {"slots": {}, "own": np.zeros(state, np.uint8)} if state else None
    return Moment(snapshot, BASE, kept, frozenset(why))


@settings(max_examples=40)
@given(
    gaps=st.lists(st.integers(1, 30), min_size=30, max_size=90),
    marked=st.sets(st.integers(1, 89), max_size=6),
    most=st.integers(3, 12),
    most_bytes=st.integers(200, 2000),
)
def test_whatever_comes_moments_are_bounded_and_those_that_matter_stay(gaps, marked, most, most_bytes):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(moments, "MOST", most)
        patch.setattr(moments, "STATE_BYTES", most_bytes)
        kept, steps = Moments(), [0, *np.cumsum(gaps).tolist()]
        kept.add(moment(0, why=("first",), state=100))
        for i, step in enumerate(steps[1:], 1):
            kept.add(moment(step, state=100))
            if i in marked:
                assert kept.mark(moment(step))
            if i == 20:
                kept.set_best(moment(steps[13]))
    stops = {stop.step: stop for stop in kept.stops}
    own = {steps[i] for i in marked if i < len(steps)}
    assert list(stops) == sorted(stops)
    assert {0, steps[-1], steps[13]} | own <= stops.keys()
    assert "first" in stops[0].why
    assert "best" in stops[steps[13]].why
    assert {step for step, stop in stops.items() if "marked" in stop.why} == own
    assert len(stops) <= most + len(own) + 1
    assert sum(100 for stop in stops.values() if stop.whole) <= max(most_bytes, 200)
    for step in stops:
        assert kept.at(step).snapshot.parameters[0] == step


def test_networks_are_given_up_before_they_take_too_much_memory(monkeypatch):
    monkeypatch.setattr(moments, "NETWORK_BYTES", 16 * 5)
    kept = Moments()
    for step in range(100):
        kept.add(moment(step, why=("first",) if not step else ()))
    assert len(kept.stops) == 5
    assert kept.nbytes == 16 * 5


def test_no_more_are_marked_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(moments, "MARKED_BYTES", 16 * 3)
    kept = Moments()
    assert [kept.mark(moment(step)) for step in range(5)] == [True, True, True, False, False]
    assert kept.mark(moment(1))  # again: it is kept already


def test_a_step_back_forgets_what_came_after_it():
    kept = Moments()
    for step in (0, 10, 20, 30, 15):
        kept.add(moment(step))
    assert [stop.step for stop in kept.stops] == [0, 10, 15]


def test_networks_of_a_store_are_one_stop_for_each_step():
    kept = [(0, 0, "first"), (20, 2, "best"), (20, 2, "kept"), (30, 3, "last")]
    assert stops_of(kept, frozenset({20})) == (
        Stop(0, 0, frozenset({"first"}), False),
        Stop(20, 2, frozenset({"best"}), True),
        Stop(30, 3, frozenset({"last"}), False),
    )


# a history's beginning


def columns_of(history, name, count):
    return history.steps.curve(name, 0, count, count).mean


def test_the_beginning_of_a_history_is_the_history_of_a_run_that_was_as_short():
    long, short = (Trainer(BASE, device="cpu", executor="eager") for _ in range(2))
    whole, expected = (History(t.layers, t.metrics, t.steps_per_epoch) for t in (long, short))
    whole.append(long.advance(steps=100))
    expected.append(short.advance(steps=33))
    whole.mark("optimizer.lr", "rate", 1.0, 2.0)
    cut = cutting.until(whole, 33)
    assert cut.marks == ()
    for name in ("steps", "epochs"):
        mine, theirs = getattr(cut, name), getattr(expected, name)
        assert len(mine) == len(theirs)
        for column in mine.names:
            got, wanted = (c.curve(column, 0, len(c), max(len(c), 1)).mean for c in (mine, theirs))
            assert np.array_equal(got, wanted, equal_nan=True)


def test_what_is_held_as_buckets_alone_keeps_its_extremes_and_means():
    from nnplayground.runs.columns import Columns

    values = np.random.default_rng(0).normal(size=(20_000, 2)).astype(np.float32)
    columns = Columns(("a", "b"), 200_000)
    columns.append(values)
    assert not columns.curve("a", 8000, 9000, 1000).exact
    found = np.concatenate([cutting.rows(columns, i, i + 1000) for i in range(0, 20_000, 1000)])
    assert found.shape == values.shape
    assert np.array_equal(cutting.rows(columns, 19_700, 20_000), values[-300:])
    assert np.array_equal(cutting.rows(columns, 0, 100), values[:100])
    blocks, expected = (array.reshape(-1, 1000, 2) for array in (found, values))
    np.testing.assert_allclose(blocks.mean(axis=1), expected.mean(axis=1), atol=0.02)
    assert found.min() == values.min()
    assert found.max() == values.max()


# going on


@pytest.mark.parametrize("executor", ["eager", "compiled"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"optimizer.kind": "sgd", "optimizer.momentum": 0.9, "network.dropout": 0.3},
        {"schedule.kind": "cosine", "network.normalization": "batch", "averaging.kind": "ema"},
    ],
)
def test_a_run_that_goes_on_from_a_moment_has_the_history_of_the_unbroken_one_to_the_bit(executor, changes):
    experiment = BASE.replace_all(changes)
    unbroken = Trainer(experiment, device="cpu", executor=executor)
    kept = begun(unbroken, unbroken.snapshot(), ())
    reel = Reel(kept)
    reel.after(unbroken, unbroken.advance(steps=200), unbroken.snapshot())
    rest = unbroken.advance(steps=200)
    again = Trainer(experiment, device="cpu", executor=executor)
    assert kept.at(200).stop.whole
    go_on(again, kept.at(200))
    assert again.step == 200
    chunk = again.advance(steps=200)
    for name in ("loss", "lr", "gradient_norm", "update_ratio", "train_loss", "validation_loss", "epoch"):
        assert np.array_equal(getattr(chunk, name), getattr(rest, name)), name
    assert np.array_equal(again.snapshot().parameters, unbroken.snapshot().parameters)
    assert np.array_equal(again.snapshot("best").parameters, unbroken.snapshot("best").parameters)


@pytest.mark.parametrize("executor", ["eager", "compiled"])
@pytest.mark.parametrize(
    "changes",
    [
        {"optimizer.kind": "sgd", "optimizer.momentum": 0.9},
        {"optimizer.kind": "adam", "network.dropout": 0.3},
        {"schedule.kind": "cosine", "network.normalization": "batch"},
    ],
)
def test_a_run_that_goes_on_from_its_best_moment_is_the_unbroken_one_to_the_bit(executor, changes):
    experiment = BASE.replace_all({"optimizer.lr": 0.3, **changes})
    whole, unbroken, again = (Trainer(experiment, device="cpu", executor=executor) for _ in range(3))
    kept = begun(whole, whole.snapshot(), ())
    reel = Reel(kept)
    while not 0 < whole.best_epoch < whole.epoch - 1:
        reel.after(whole, whole.advance(epochs=5), None)
    reel.look_for_best(whole, still=False)
    best = kept.at(whole.best_epoch * whole.steps_per_epoch)
    assert best.stop.whole
    assert best.experiment == experiment
    assert [stop.whole for stop in kept.stops if "best" in stop.why] == [True]
    unbroken.advance(epochs=whole.best_epoch)
    go_on(again, best)
    one, other = (trainer.advance(steps=200) for trainer in (again, unbroken))
    for name in ("loss", "lr", "gradient_norm", "update_ratio", "train_loss", "validation_loss", "epoch"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert np.array_equal(again.snapshot().parameters, unbroken.snapshot().parameters)


def test_where_there_is_no_time_for_the_best_moments_state_it_is_taken_once_training_stands_still(monkeypatch):
    monkeypatch.setattr("nnplayground.gui.reel.ALLOWANCE", -1.0)
    trainer = Trainer(BASE, device="cpu", executor="eager")
    trainer.advance(epochs=3)
    kept = Moments()
    reel = Reel(kept)
    reel.look_for_best(trainer, still=False)
    assert kept.best.state is None
    first, version = kept.best, kept.version
    reel.look_for_best(trainer, still=False)
    assert (kept.best, kept.version) == (first, version)
    reel.look_for_best(trainer, still=True)
    assert kept.best.state["step"] == first.snapshot.step
    version = kept.version
    reel.look_for_best(trainer, still=True)
    assert kept.version == version


def test_a_best_moment_that_is_marked_keeps_its_state_once_another_is_best():
    kept = Moments()
    kept.set_best(moment(10, state=5))
    kept.mark(moment(10))
    kept.set_best(moment(20, state=5))
    assert kept.at(10).state is not None
    assert [(stop.step, stop.whole) for stop in kept.stops] == [(10, True), (20, True)]


def test_of_a_network_alone_training_goes_on_with_a_fresh_optimizer_and_counts_on():
    unbroken = Trainer(BASE, device="cpu", executor="eager")
    unbroken.advance(steps=200)
    alone = Moment(unbroken.snapshot(), BASE)
    fresh = Trainer(BASE, device="cpu", executor="eager")
    go_on(fresh, alone)
    assert (fresh.step, fresh.epoch, fresh.best_epoch) == (200, unbroken.epoch, 0)
    assert np.array_equal(fresh.snapshot().parameters, alone.snapshot.parameters)
    assert float(fresh.state_dict()["slots"]["mean"].abs().max()) == 0.0
    chunk = fresh.advance(epochs=3)
    assert chunk.start == 200
    best = int(chunk.epoch[np.argmin(chunk.validation_loss)])
    assert fresh.best_epoch == best
    assert fresh.snapshot("best").step == best * fresh.steps_per_epoch
    assert fresh.restore_best() == best
    assert fresh.snapshot().step == best * fresh.steps_per_epoch


def test_a_moment_that_was_passed_has_the_network_alone():
    trainer = Trainer(BASE, device="cpu", executor="eager")
    before = trainer.snapshot()
    trainer.advance(steps=1)
    assert moment_of(trainer, before).state is None
    assert moment_of(trainer, trainer.snapshot()).state is not None
    weight = trainer.snapshot()
    trainer.set_parameter(0, "weight", (0, 0), 3.0)
    assert moment_of(trainer, weight).state is None
