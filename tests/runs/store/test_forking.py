"""Runs that go on from a moment of another: with all that came before it, and by themselves from there."""

import sqlite3
from functools import partial
from threading import Event

import numpy as np
import pytest

from nnplayground.runs.store import Keeper, Store, StoreError, pending, recorder
from nnplayground.runs.store.carrying import export_run, import_run
from nnplayground.runs.store.coding import pack_state
from nnplayground.runs.store.database import MIGRATIONS
from nnplayground.runs.store.labels import Label
from nnplayground.runs.thinning import superfluous
from tests.engine.conftest import same as same_chunk
from tests.runs.store.test_store import kept, make_trainer, same


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.sqlite"


def test_a_fork_has_what_came_before_it_and_goes_on_to_the_bit(path):
    trainer = make_trainer()
    keeper = Keeper.begin(path, trainer)
    keeper.after(trainer.advance(steps=25))
    keeper.recorder.keep_snapshot(trainer.snapshot(), "marked")
    keeper.keep_moment()
    keeper.after(trainer.advance(steps=30))
    keeper.finish("interrupted")
    with Store(path) as store:
        (parent,) = store.rows()
        moment = store.moment(parent, trainer.built.layout, 25)
    again = make_trainer()
    again.load_state_dict(moment.state)
    other = Keeper.fork(path, parent.uid, again)
    other.after(again.advance(steps=30))
    other.finish("interrupted")
    with Store(path) as store:
        child, before = store.rows()
        assert (child.parent, child.parent_step, child.steps, before.steps) == (parent.uid, 25, 55, 55)
        assert (child.epochs, child.first) == (before.epochs, before.first)
        assert same(store.history(child), store.history(before))
        assert {step for step, _, why in store.snapshots(child) if why == "marked"} == {25}
        assert {0, 25, 55} <= store.whole(child)
        ends = [store.snapshot(row, trainer.built.layout, 55).parameters for row in (child, before)]
    assert np.array_equal(*ends)


def test_a_run_goes_on_from_the_best_moment_in_its_store_to_the_bit(path):
    whole, unbroken, again = make_trainer(), make_trainer(), make_trainer()
    for trainer in (whole, unbroken):
        trainer.retune(trainer.experiment.replace("optimizer.lr", 0.9))
    keeper = Keeper.begin(path, whole)
    while not 0 < whole.best_epoch < whole.epoch - 1:
        keeper.after(whole.advance(epochs=3))
    keeper.finish("interrupted")
    step = whole.best_epoch * whole.steps_per_epoch
    with Store(path) as store:
        (row,) = store.rows()
        assert step in store.whole(row)
        best = store.moment(row, whole.built.layout, step)
    unbroken.advance(steps=step)
    again.retune(best.experiment)
    again.load_state_dict(best.state)
    fork = Keeper.fork(path, row.uid, again)
    chunk = again.advance(steps=12)
    assert same_chunk(chunk, unbroken.advance(steps=12))
    fork.after(chunk)
    fork.finish("interrupted")
    with Store(path) as store:
        child = store.rows()[0]
        assert store.whole(child) <= {step for step, _, _ in store.snapshots(child)}


def test_a_state_is_forgotten_with_the_network_that_is_not_the_best_any_more(path):
    trainer = make_trainer()
    keeper = Keeper.begin(path, trainer)
    for _ in range(2):
        trainer.advance(epochs=1)
        keeper.recorder.keep_snapshot(trainer.snapshot("best"), "best")
        keeper.recorder.keep_moment(*trainer.best_state_dict())
        assert keeper.recorder.settle(60)
    with Store(path) as store:
        (row,) = store.rows()
        assert store.whole(row) == {step for step, _, _ in store.snapshots(row)} == {0, 2 * trainer.steps_per_epoch}
    keeper.finish("interrupted")


def test_a_fork_of_a_run_that_is_gone_is_told_in_a_line(path):
    trainer = make_trainer()
    kept(path, trainer)
    with pytest.raises(StoreError, match="is no run of this store"):
        Keeper.fork(path, "0123456789", trainer)


def test_a_run_as_a_file_has_the_moments_to_go_on_from(path, tmp_path):
    kept(path, make_trainer())
    with Store(path) as store, Store(tmp_path / "other.sqlite") as other:
        (row,) = store.rows()
        export_run(store, row, tmp_path / "one.nnrun")
        taken = import_run(other, tmp_path / "one.nnrun")
        assert other.whole(taken) == store.whole(row) >= {0, 50}


def test_a_store_of_the_first_version_is_read_as_it_is_and_brought_up_to_date(path, tmp_path):
    trainer = make_trainer()
    history = kept(path, trainer)
    with Store(path) as store:
        store.settle()
    with sqlite3.connect(path) as connection:  # as the first version left it
        connection.execute("DROP TABLE moments")
        connection.execute("DROP TABLE clock")
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with Store(path, writable=False) as store:
        (row,) = store.rows()
        assert store.whole(row) == frozenset()
        last = store.moment(row, trainer.built.layout, row.steps)
        assert last.state is None
        assert np.array_equal(last.snapshot.parameters, trainer.snapshot().parameters)
        export_run(store, row, tmp_path / "one.nnrun")
    with Store(path) as store:
        assert same(store.history(store.rows()[0]), history)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        assert connection.execute("SELECT count(*) FROM moments").fetchone() == (0,)
    connection.close()


def test_states_of_moments_are_given_up_before_they_take_too_much_room(path, monkeypatch):
    trainer = make_trainer()
    most = 5 * len(pack_state(trainer.state_dict())) + 500
    monkeypatch.setattr("nnplayground.runs.store.keeper.SNAPSHOT_SECONDS", 0.0)
    monkeypatch.setattr(pending, "superfluous", partial(superfluous, most_bytes=most))
    keeper = Keeper.begin(path, trainer)
    for _ in range(12):
        keeper.recorder.rest = keeper._cost = 0.0
        keeper.after(trainer.advance(steps=5))
    keeper.finish("interrupted")
    with Store(path) as store:
        (row,) = store.rows()
        whole, steps = store.whole(row), {step for step, _, _ in store.snapshots(row)}
    assert whole <= steps
    assert len(steps) > 12
    assert len(whole) <= 6  # the last one comes after the thinning
    assert 0 in whole


@pytest.mark.parametrize(("small", "least", "most"), [(10_000, 20, 64), (5, 2, 2)])
def test_the_beginning_of_a_small_networks_run_is_kept_finely_before_any_second_is_over(
    path, monkeypatch, small, least, most
):
    monkeypatch.setattr("nnplayground.runs.store.keeper.SNAPSHOT_SECONDS", float("inf"))
    monkeypatch.setattr("nnplayground.runs.store.keeper.SMALL", small)
    trainer = make_trainer(**{"stopping.epochs": 1000})
    keeper = Keeper.begin(path, trainer)
    for _ in range(600):
        keeper.after(trainer.advance(steps=1))
    keeper.finish("interrupted")
    with Store(path) as store:
        (row,) = store.rows()
        steps = [step for step, _, why in store.snapshots(row) if why in ("first", "kept", "last")]
        assert store.whole(row) >= set(steps)
    assert (steps[0], steps[-1]) == (0, 600)
    assert least <= len(steps) <= most
    inner = np.array(steps[1:-1], np.float64)
    assert (inner[1:] >= 1.2 * inner[:-1] - 1e-9).all()
    assert (inner[1:] <= 1.2 * inner[:-1] + 1).all()


def test_a_fork_made_at_once_waits_for_what_came_before_it(path, monkeypatch):
    there, opened = Event(), recorder.Recorder._opened
    monkeypatch.setattr(recorder.Recorder, "_opened", lambda self: there.wait(60) and opened(self))
    trainer, again = make_trainer(), make_trainer()
    keeper = Keeper.begin(path, trainer)
    keeper.after(trainer.advance(steps=25))
    again.load_state_dict(trainer.state_dict())
    other = Keeper.fork_at_once(path, keeper.recorder, again)
    other.after(again.advance(steps=30))
    keeper.after(trainer.advance(steps=30))
    with Store(path) as store:
        assert [(row.uid, row.steps) for row in store.rows()] == [(keeper.recorder.row.uid, 0)]
    there.set()
    other.finish("interrupted")
    keeper.finish("interrupted")
    assert other.recorder.fault == keeper.recorder.fault == ""
    with Store(path) as store:
        child, before = store.rows()
        assert (child.parent, child.parent_step, child.steps, before.steps) == (before.uid, 25, 55, 55)
        assert same(store.history(child), store.history(before))


def test_a_fork_whose_run_cannot_be_written_is_kept_once_it_can_be(path, tmp_path, monkeypatch):
    monkeypatch.setattr(recorder, "RETRY_SECONDS", 0.05)
    monkeypatch.setattr(recorder.Recorder, "_opened", lambda _: (_ for _ in ()).throw(StoreError("full")))
    trainer, again = make_trainer(), make_trainer()
    keeper = Keeper.begin_at_once(path, trainer)
    keeper.after(trainer.advance(steps=25))
    again.load_state_dict(trainer.state_dict())
    other = Keeper.fork_at_once(path, keeper.recorder, again)
    other.after(again.advance(steps=30))
    assert not other.recorder.settle(60)
    assert other.recorder.fault == "full"
    monkeypatch.undo()
    elsewhere = tmp_path / "other.sqlite"
    for each in (keeper, other):
        each.recorder.move(elsewhere)
        each.finish("interrupted")
    with Store(elsewhere) as store:
        rows = {row.parent is None: row for row in store.rows()}
        assert rows[True].steps == 25
        assert (rows[False].steps, rows[False].parent) == (55, rows[True].uid)


def test_a_label_is_written_once_beside_what_the_user_wrote(path):
    trainer = make_trainer()
    keeper = Keeper.begin(path, trainer)
    with Store(path) as store:
        (row,) = store.rows()
        store.set_tags([row], ["mine", "race"])
        store.set_note([row], "a good one")
    for label in (Label("race", "one against two"), Label("race", "one against two"), Label("fan", "of three")):
        keeper.recorder.keep_label(label)
        assert keeper.recorder.settle(60)
    keeper.finish("interrupted")
    with Store(path) as store:
        (row,) = store.rows()
        assert row.tags == ("mine", "race", "fan")
        assert row.note == "a good one; one against two; of three"
