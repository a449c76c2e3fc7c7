"""The store: what is written is read again to the bit, whatever happens to the file is told in one line."""

import sqlite3
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.runs import History
from nnplayground.runs.store import Keeper, Store, StoreError, coding
from nnplayground.runs.store.carrying import export_run, import_run
from nnplayground.runs.store.database import MIGRATIONS
from nnplayground.runs.store.row import Form
from nnplayground.runs.thinning import superfluous

FORM = Form(("layer 1", "output"), ("accuracy",), 10, False, False, 7)


def make_trainer(**changes) -> Trainer:
    values = {"network.layers": [4], "data.samples": 60, "stopping.epochs": 40, **changes}
    return Trainer(Experiment().replace_all(values), device="cpu", executor="eager")


def kept(path, trainer, steps=50, chunk=7):
    """Train so many steps while they are kept; return the history that a window would have."""
    keeper = Keeper.begin(path, trainer)
    history = History(trainer.layers, trainer.metrics, trainer.steps_per_epoch)
    while trainer.step < steps:
        found = trainer.advance(steps=min(chunk, steps - trainer.step))
        history.append(found)
        keeper.after(found)
    keeper.finish("interrupted")
    assert keeper.recorder.fault == ""
    return history


def same(one: History, other: History) -> bool:
    return all(
        np.array_equal(getattr(mine, part), getattr(theirs, part), equal_nan=True)
        for columns, others in ((one.steps, other.steps), (one.epochs, other.epochs))
        for name in columns.names
        for mine, theirs in [(columns.curve(name, points=10**6), others.curve(name, points=10**6))]
        for part in ("x", "mean")
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.sqlite"


@given(
    rows=st.integers(0, 50),
    columns=st.integers(1, 5),
    seed=st.integers(0, 2**32 - 1),
)
def test_rows_are_unpacked_as_they_were_packed(rows, columns, seed):
    numbers = np.random.default_rng(seed).integers(0, 2**32, (rows, columns), np.uint32).view(np.float32)
    found = coding.unpack(coding.pack(numbers), rows, columns)
    assert found.shape == (rows, columns)
    assert np.array_equal(found.view(np.uint32), numbers.view(np.uint32)) or np.isnan(numbers).any()
    assert np.array_equal(found, numbers, equal_nan=True)


def test_a_run_is_read_as_it_was_recorded(path):
    trainer = make_trainer()
    history = kept(path, trainer)
    with Store(path) as store:
        (row,) = store.rows()
        assert same(store.history(row), history)
        assert (row.steps, row.epochs, row.outcome) == (50, trainer.epoch, "interrupted")
        assert row.experiment == trainer.experiment
        assert row.results["validation/accuracy"] == pytest.approx(history.epochs.last("validation/accuracy"))
        assert row.owner is None
        snapshot = store.snapshot(row, trainer.built.layout, 50)
    assert np.array_equal(snapshot.parameters, trainer.snapshot().parameters)


def test_extremes_are_known_without_the_rows(path):
    history = kept(path, make_trainer())
    with Store(path) as store:
        low, high = store.extremes(store.rows()[0], "steps")
    curve = history.steps.curve("loss", points=10**6)
    assert (low[0], high[0]) == (curve.mean.min(), curve.mean.max())


def test_marks_and_experiment_are_those_of_the_latest_turn(path):
    trainer = make_trainer()
    history = History(trainer.layers, trainer.metrics, trainer.steps_per_epoch)
    keeper = Keeper.begin(path, trainer)
    history.append(chunk := trainer.advance(steps=20))
    keeper.after(chunk)
    trainer.retune(trainer.experiment.replace("optimizer.lr", 0.5))
    history.mark("optimizer.lr", "learning rate", "0.01", "0.5")
    keeper.retuned(history.marks)
    keeper.finish("interrupted")
    with Store(path) as store:
        (row,) = store.rows()
        assert row.experiment.optimizer.lr == 0.5
        assert store.history(row).marks == history.marks
        assert Experiment.from_toml(row.first).optimizer.lr == 0.01


@pytest.mark.parametrize("changes", [{}, {"network.dropout": 0.3, "optimizer.kind": "sgd", "optimizer.momentum": 0.9}])
def test_a_resumed_run_is_the_very_run_that_was_not_interrupted(path, changes):
    whole = kept(path.with_name("other"), make_trainer(**changes), steps=90)
    kept(path, make_trainer(**changes), steps=37)
    with Store(path) as store:
        (row,) = store.rows()
        experiment, state = store.state(row)
    trainer = Trainer(experiment, device="cpu", executor="eager")
    trainer.load_state_dict(state)
    keeper = Keeper.resume(path, row, trainer)
    keeper.after(trainer.advance(steps=90 - 37))
    keeper.finish("interrupted")
    with Store(path) as store:
        (row,) = store.rows()
        assert same(store.history(row), whole)
        assert row.steps == 90


def test_what_was_recorded_after_the_state_is_forgotten_when_resumed(path):
    history = kept(path, make_trainer(), steps=50)
    trainer = make_trainer()
    trainer.advance(steps=23)
    with Store(path) as store:
        row = store.rewind(store.rows()[0], 23)
        assert (row.steps, row.epochs) == (23, 23 // trainer.steps_per_epoch)
        found = store.history(row)
        assert len(found.steps) == 23
        assert np.array_equal(found.steps.curve("loss").mean, history.steps.curve("loss", 0, 23).mean)
        assert all(step <= 23 for step, _, _ in store.snapshots(row))


def test_a_million_rows_are_read_in_pieces_and_as_they_were(path):
    rows = np.random.default_rng(0).normal(size=(1_200_000, 6)).astype(np.float32)
    from nnplayground.runs.store.records import write_rows

    with Store(path) as store:
        row = store.begin(Experiment(), FORM)
        begin = time.process_time()
        with store.change() as connection:
            write_rows(connection, row.id, "steps", 0, rows)
            connection.execute("UPDATE runs SET steps = ? WHERE id = ?", (len(rows), row.id))
        assert time.process_time() - begin < 30
        history = store.history(store.row(str(row.id)))
    assert len(history.steps) == len(rows)
    assert history.steps.last("loss") == rows[-1, 0]


# notes, deleting


def test_notes_tags_stars_and_deleting_with_its_undo(path):
    kept(path, make_trainer(), steps=5)
    with Store(path) as store:
        rows = store.rows()
        store.set_note(rows, "first try")
        store.set_tags(rows, ["a", "b", "a"])
        store.set_star(rows, True)
        (row,) = store.rows()
        assert (row.note, row.tags, row.star) == ("first try", ("a", "b"), True)
        store.delete(rows)
        assert store.rows() == []
        store.undelete(rows)
        assert [r.id for r in store.rows()] == [row.id]
        store.delete(rows)
        assert store.purge(time.time() - 60) == 0
        assert store.purge(time.time() + 60) == 1
        assert store.rows(deleted=True) == []
        with store.change() as connection:
            tables = ("chunks", "snapshots", "states")
            left = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
    assert left == [0, 0, 0]


# files that are no stores, and disks that fail


@pytest.mark.parametrize("content", [b"hello", b"SQLite format 3\0" + b"\0" * 200, b"\0" * 4096])
def test_a_file_that_is_no_store_is_refused_and_left_as_it_is(path, content):
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        Store(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


def test_another_program_s_database_is_refused_and_left_as_it_is(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE mails (text)")
    before = path.read_bytes()
    with pytest.raises(StoreError, match="is no store of runs"):
        Store(path)
    assert path.read_bytes() == before


def test_a_newer_store_is_refused(path):
    Store(path).close()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(StoreError, match="newer version"):
        Store(path)


def test_a_store_that_is_not_there_is_not_made_by_reading(path):
    with pytest.raises(StoreError, match="there is no such store"):
        Store(path, writable=False)
    assert not path.exists()


def test_a_place_that_is_a_folder_or_cannot_be_written_is_told(tmp_path):
    with pytest.raises(StoreError, match="is a folder"):
        Store(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be used"):
        Store(tmp_path / "file" / "runs.sqlite")


def test_a_locked_store_lets_training_go_on_and_is_written_when_it_can_be(path, monkeypatch):
    monkeypatch.setattr("nnplayground.runs.store.database.BUSY_SECONDS", 0.05)
    monkeypatch.setattr("nnplayground.runs.store.recorder.FLUSH_SECONDS", 0.05)
    monkeypatch.setattr("nnplayground.runs.store.recorder.RETRY_SECONDS", 0.05)
    trainer = make_trainer()
    keeper = Keeper.begin(path, trainer)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    keeper.after(trainer.advance(steps=12))
    until = time.monotonic() + 20
    while not keeper.recorder.fault and time.monotonic() < until:
        time.sleep(0.01)
    assert "locked" in keeper.recorder.fault
    keeper.after(trainer.advance(steps=8))
    other.execute("ROLLBACK")
    other.close()
    keeper.finish("interrupted")
    assert keeper.recorder.fault == ""
    with Store(path) as store:
        assert len(store.history(store.rows()[0]).steps) == 20


def test_two_trainings_write_to_one_store_in_turn(path):
    trainers = [make_trainer(), make_trainer()]
    keepers = [Keeper.begin(path, trainer) for trainer in trainers]
    for _ in range(5):
        for trainer, keeper in zip(trainers, keepers, strict=True):
            keeper.after(trainer.advance(steps=6))
    for keeper in keepers:
        keeper.finish("interrupted")
    with Store(path) as store:
        one, other = store.rows()
        assert same(store.history(one), store.history(other))
        assert one.uid != other.uid


# runs as files


def test_a_run_is_carried_from_store_to_store_by_a_file(path, tmp_path):
    history = kept(path, make_trainer())
    file = tmp_path / "run.nnrun"
    with Store(path) as store:
        (row,) = store.rows()
        store.set_note([row], "take me with you")
        export_run(store, row, file)
    assert sorted(p.name for p in tmp_path.iterdir() if p.name.startswith(".")) == []
    with Store(tmp_path / "other.sqlite") as other:
        found = import_run(other, file)
        assert same(other.history(found), history)
        assert (found.uid, found.note) == (row.uid, "take me with you")
        assert other.state(found)[1]["step"] == 50
        with pytest.raises(StoreError, match="already"):
            import_run(other, file)


@pytest.mark.parametrize("seed", [*range(30), 93, 99])
def test_a_damaged_file_is_refused_in_one_line_and_nothing_of_it_is_taken(path, tmp_path, seed):
    kept(path, make_trainer(), steps=10)
    file = tmp_path / "run.nnrun"
    with Store(path) as store:
        export_run(store, store.rows()[0], file)
    generator = np.random.default_rng(seed)
    data = bytearray(file.read_bytes())
    if seed % 3 == 0:
        data = data[: int(generator.integers(1, len(data)))]
    else:
        for place in generator.integers(0, len(data), 20 if seed % 3 == 1 else 2000):
            data[place] = int(generator.integers(0, 256))
    file.write_bytes(data)
    with Store(tmp_path / "other.sqlite") as other:
        said = ""
        try:
            import_run(other, file)
        except StoreError as error:
            said = str(error)
        assert "\n" not in said
        assert not said or other.rows(deleted=True) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE runs SET form = '{}'",
        "UPDATE runs SET form = 'nonsense'",
        "UPDATE runs SET experiment = 'import os'",
        "UPDATE runs SET results = '[1, 2]'",
        "UPDATE runs SET marks = '[[1]]'",
        "UPDATE chunks SET rows = x'00'",
        "UPDATE chunks SET count = 1000000000",
        "UPDATE chunks SET start = start + 1",
        "UPDATE snapshots SET network = x'80044b01'",
        "UPDATE runs SET id = NULL",
        "UPDATE clock SET seconds = 'noon'",
        "UPDATE clock SET seconds = 9e999",
        "UPDATE clock SET seconds = -1",
        "DROP TABLE chunks",
        "ALTER TABLE runs RENAME COLUMN uid TO other",
    ],
)
def test_a_hostile_file_is_refused(path, tmp_path, statement):
    kept(path, make_trainer(), steps=10)
    file = tmp_path / "run.nnrun"
    with Store(path) as store:
        export_run(store, store.rows()[0], file)
    with sqlite3.connect(file) as connection:
        try:
            connection.execute(statement)
        except sqlite3.Error:
            pytest.skip("SQLite refuses that itself")
    connection.close()
    with Store(tmp_path / "other.sqlite") as other:
        with pytest.raises(ExperimentError) as caught:
            import_run(other, file)
        assert "\n" not in str(caught.value)
        assert other.rows(deleted=True) == []


# thinning


@given(
    steps=st.lists(st.integers(0, 10**6), unique=True, max_size=60).map(sorted),
    most=st.integers(2, 20),
)
def test_what_is_kept_is_bounded_and_has_both_ends(steps, most):
    gone = set(superfluous([(step, 10) for step in steps], most, 10**9))
    left = [step for step in steps if step not in gone]
    assert len(left) == min(len(steps), most)
    assert left[:1] == steps[:1]
    assert left[-1:] == steps[-1:]


def test_the_best_network_is_in_the_store_while_the_run_goes_on(path, monkeypatch):
    monkeypatch.setattr("nnplayground.runs.store.keeper.SNAPSHOT_SECONDS", 0.0)
    trainer = make_trainer()
    keeper = Keeper.begin(path, trainer)
    for _ in range(5):
        keeper.after(trainer.advance(steps=13))
        assert keeper.recorder.settle(30)
        with Store(path, writable=False) as store:
            (row,) = store.rows()
            found = [step for step, _, why in store.snapshots(row) if why == "best"]
            assert found == ([trainer.best_epoch * trainer.steps_per_epoch] if trainer.best_epoch else [])
            if found:
                best = store.snapshot(row, trainer.built.layout, found[0])
                assert np.array_equal(best.parameters, trainer.snapshot("best").parameters)
    assert found
    keeper.finish("")


def test_large_networks_are_kept_less_often():
    kept_ = [(step, 100) for step in range(20)]
    assert len(kept_) - len(superfluous(kept_, 64, 500)) == 5


# going over to another store


def settle(keeper, condition) -> None:
    until = time.monotonic() + 20
    while not condition(keeper.recorder) and time.monotonic() < until:
        time.sleep(0.01)
    assert condition(keeper.recorder), keeper.recorder.fault


@pytest.fixture
def hasty(monkeypatch):
    """No one waits for long."""
    monkeypatch.setattr("nnplayground.runs.store.database.BUSY_SECONDS", 0.05)
    for name in ("FLUSH_SECONDS", "RETRY_SECONDS"):
        monkeypatch.setattr(f"nnplayground.runs.store.recorder.{name}", 0.02)
    monkeypatch.setattr("nnplayground.runs.store.recorder.LEAST_ROWS", 16)


def advance(keeper, trainer, history, steps) -> None:
    history.append(chunk := trainer.advance(steps=steps))
    keeper.after(chunk)


def begun(path):
    trainer = make_trainer()
    keeper = Keeper.begin_at_once(path, trainer)
    history = History(trainer.layers, trainer.metrics, trainer.steps_per_epoch)
    advance(keeper, trainer, history, 40)
    return keeper, trainer, history


def test_a_run_begins_at_once_and_is_entered_by_the_recorder(path, hasty):
    keeper, trainer, history = begun(path)
    advance(keeper, trainer, history, 20)
    keeper.finish("interrupted")
    with Store(path) as store:
        (row,) = store.rows()
        assert (row.uid, row.owner) == (keeper.recorder.row.uid, None)
        assert same(store.history(row), history)
        assert store.state(row)[1]["step"] == 60


def test_a_run_whose_store_is_deleted_goes_over_to_another_whole(path, tmp_path, hasty):
    keeper, trainer, history = begun(path)
    settle(keeper, lambda recorder: recorder.row.id and not recorder._tails["steps"].rows)
    for file in tmp_path.iterdir():
        file.unlink()
    settle(keeper, lambda recorder: "gone" in recorder.fault)
    trainer.retune(trainer.experiment.replace("optimizer.lr", 0.5))
    history.mark("optimizer.lr", "learning rate", "0.01", "0.5")
    keeper.retuned(history.marks)
    assert not path.exists(), "a store that was deleted is not made anew without being asked"
    advance(keeper, trainer, history, 20)
    other = tmp_path / "elsewhere" / "runs.sqlite"
    keeper.recorder.move(other)
    settle(keeper, lambda recorder: recorder.path == other and not recorder.fault)
    advance(keeper, trainer, history, 20)
    keeper.finish("interrupted")
    with Store(other) as store:
        (row,) = store.rows()
        assert same(store.history(row), history)
        assert (row.steps, row.outcome) == (80, "interrupted")
        assert (row.experiment, store.history(row).marks) == (trainer.experiment, history.marks)
        assert row.knobs["optimizer.lr"] == 0.5
        assert [why for _, _, why in store.snapshots(row)][:1] == ["first"]


def test_rows_that_cannot_be_read_any_more_are_told_as_unknown(path, tmp_path, hasty):
    keeper, trainer, history = begun(path)
    settle(keeper, lambda recorder: recorder.row.id and not recorder._tails["steps"].rows)
    with sqlite3.connect(path) as other:
        other.execute("UPDATE chunks SET rows = x'00' WHERE kind = 'steps'")
    other.close()
    advance(keeper, trainer, history, 10)
    keeper.recorder.move(tmp_path / "other.sqlite")
    keeper.finish("interrupted")
    with Store(tmp_path / "other.sqlite") as store:
        found = store.history(store.rows()[0]).steps.curve("loss", points=10**6).mean
    assert np.isnan(found[:40]).all()
    assert np.array_equal(found[40:], history.steps.curve("loss", points=10**6).mean[40:])


def test_a_store_that_comes_back_is_written_on(path, tmp_path, hasty):
    keeper, trainer, history = begun(path)
    settle(keeper, lambda recorder: recorder.row.id and not recorder._tails["steps"].rows)
    away = tmp_path / "away"
    away.mkdir()
    for file in list(tmp_path.glob("runs.sqlite*")):
        file.rename(away / file.name)
    settle(keeper, lambda recorder: "gone" in recorder.fault)
    advance(keeper, trainer, history, 20)
    for file in list(away.iterdir()):
        file.rename(tmp_path / file.name)
    settle(keeper, lambda recorder: not recorder.fault)
    keeper.finish("interrupted")
    with Store(path) as store:
        assert same(store.history(store.rows()[0]), history)


def test_a_run_that_was_killed_is_found_until_it_is_left(path):
    with Store(path) as store:
        row = store.begin(Experiment(), FORM)
        assert store.killed() == [], "it is this process that trains it"
        with store.change() as connection:
            connection.execute("UPDATE runs SET alive = alive - 1e6")
        assert [killed.uid for killed in store.killed()] == [row.uid], "another process of that number trained it"
        store.leave(store.killed())
        assert store.killed() == []
        assert store.rows()[0].outcome == "interrupted"


def test_a_recorder_that_settles_has_written_all_that_it_was_given(path):
    trainer = make_trainer()
    keeper = Keeper.begin_at_once(path, trainer)
    for steps in (7, 30):
        keeper.after(trainer.advance(steps=steps))
        assert keeper.recorder.settle(30.0)
        with Store(path) as store:
            assert store.rows()[0].steps == trainer.step
    keeper.finish("interrupted")


def test_a_recorder_that_cannot_write_says_so_when_it_is_to_settle(tmp_path):
    trainer = make_trainer()
    keeper = Keeper.begin_at_once(tmp_path, trainer)  # a folder is no store
    keeper.after(trainer.advance(steps=3))
    assert not keeper.recorder.settle(30.0)
    assert keeper.recorder.fault
    keeper.recorder.close()


@pytest.mark.parametrize("step", [0, 23, 50])
def test_a_fork_has_all_that_its_parent_had_up_to_its_step(path, step):
    history = kept(path, make_trainer(), steps=50)
    twin = make_trainer()
    twin.advance(steps=step)
    with Store(path) as store:
        parent = store.rows()[0]
    keeper = Keeper.fork(path, parent.uid, twin)
    keeper.after(twin.advance(steps=5))
    keeper.finish("interrupted")
    with Store(path) as store:
        row = next(row for row in store.rows() if row.parent)
        found = store.history(row)
        assert (row.parent, row.parent_step, row.steps) == (parent.uid, step, step + 5)
        own = found.steps.curve("loss", 0, step).mean
        assert np.array_equal(own, history.steps.curve("loss", 0, step).mean)
        assert all(at <= step + 5 for at, _, _ in store.snapshots(row))
