"""The clock of a run: when each step was taken, however unevenly, and whatever becomes of the run's store."""

import sqlite3
from dataclasses import replace

import numpy as np
import pytest

from nnplayground.runs.store import Keeper, Store
from nnplayground.runs.store.carrying import export_run, import_run
from nnplayground.runs.store.clock import SHARE, read_clock
from tests.runs.store.test_store import kept, make_trainer


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.sqlite"


def keep_unevenly(path, trainer, pieces) -> None:
    """Train and keep pieces of (steps, seconds that they are said to take), each written before the next."""
    keeper = Keeper.begin(path, trainer)
    for steps, seconds in pieces:
        keeper.after(replace(trainer.advance(steps=steps), seconds=seconds))
        assert keeper.recorder.settle(30)
    keeper.finish("interrupted")


def clock_in(path):
    with Store(path, writable=False) as store:
        return read_clock(store, store.rows()[0])


def test_steps_have_the_time_at_which_they_were_taken(path):
    keep_unevenly(path, make_trainer(), [(10, 1.0), (10, 9.0), (20, 2.0)])
    assert np.allclose(clock_in(path).at([0, 5, 10, 15, 20, 30, 40, 50]), [0, 0.5, 1, 5.5, 10, 11, 12, 12])


def test_a_time_is_written_only_where_it_is_worth_it(path):
    keep_unevenly(path, make_trainer(), [(10, 1.0), (10, SHARE / 2), (10, SHARE)])
    with Store(path) as store:
        assert [step for step, _ in store.times(store.rows()[0])] == [10, 30]
        assert store.rows()[0].seconds == pytest.approx(1 + 1.5 * SHARE)


def test_a_store_of_the_second_version_goes_evenly_and_is_brought_up_to_date(path):
    trainer = make_trainer()
    keep_unevenly(path, trainer, [(10, 1.0), (10, 9.0)])
    with Store(path) as store:
        store.settle()
    with sqlite3.connect(path) as connection:  # as the second version left it
        connection.execute("DROP TABLE clock")
        connection.execute("PRAGMA user_version = 2")
    connection.close()
    assert np.allclose(clock_in(path).at([5, 10, 20]), [2.5, 5, 10])
    with Store(path) as store:
        (row,) = store.rows()
    keeper = Keeper.resume(path, row, trainer)
    keeper.after(replace(trainer.advance(steps=10), seconds=1.0))
    keeper.finish("interrupted")
    assert np.allclose(clock_in(path).at([10, 20, 25, 30]), [5, 10, 10.5, 11])


def test_a_run_that_goes_back_has_the_time_of_then(path):
    keep_unevenly(path, make_trainer(), [(10, 1.0), (10, 9.0)])
    with Store(path) as store:
        row = store.rewind(store.rows()[0], 15)
        assert row.seconds == pytest.approx(5.5)
        assert np.allclose(read_clock(store, row).at([10, 15, 20]), [1, 5.5, 5.5])


def test_a_fork_has_its_parent_s_time_up_to_its_step(path):
    trainer = make_trainer()
    keep_unevenly(path, trainer, [(10, 1.0), (10, 9.0), (20, 1.0)])
    again = make_trainer()
    again.advance(steps=12)
    with Store(path) as store:
        parent = store.rows()[0]
    keeper = Keeper.fork(path, parent.uid, again)
    keeper.after(replace(again.advance(steps=8), seconds=4.0))
    keeper.finish("interrupted")
    assert np.allclose(clock_in(path).at([5, 10, 12, 16, 20]), [0.5, 1, 2.8, 4.8, 6.8])


def test_a_run_as_a_file_takes_its_clock_with_it(path, tmp_path):
    keep_unevenly(path, make_trainer(), [(10, 1.0), (10, 9.0)])
    with Store(path) as store, Store(tmp_path / "other.sqlite") as other:
        export_run(store, store.rows()[0], tmp_path / "one.nnrun")
        import_run(other, tmp_path / "one.nnrun")
    assert np.allclose(clock_in(tmp_path / "other.sqlite").at([5, 10, 20]), [0.5, 1, 10])


def test_a_run_that_goes_over_to_another_store_takes_its_clock_with_it(path, tmp_path):
    trainer = make_trainer()
    keeper = Keeper.begin(path, trainer)
    keeper.after(replace(trainer.advance(steps=10), seconds=1.0))
    assert keeper.recorder.settle(30)
    keeper.recorder.move(tmp_path / "other.sqlite")
    assert keeper.recorder.settle(30)
    keeper.after(replace(trainer.advance(steps=10), seconds=9.0))
    keeper.finish("interrupted")
    assert np.allclose(clock_in(tmp_path / "other.sqlite").at([5, 10, 15, 20]), [0.5, 1, 5.5, 10])


def test_a_run_without_a_step_has_no_time(path):
    kept(path, make_trainer(), steps=0)
    assert np.array_equal(clock_in(path).at([0, 3]), [0, 0])
