"""Members of a fan that are kept as runs: each is the run that its experiment alone would have been."""

import numpy as np
import pytest

from nnplayground.data import Cancelled
from nnplayground.engine import Trainer
from nnplayground.gui.fan import keeping
from nnplayground.gui.fan.mailbox import Mailbox
from nnplayground.gui.fan.outcome import Outcome
from nnplayground.gui.fan.plan import Plan
from nnplayground.gui.fan.training import train
from nnplayground.runs.store import Store, StoreError
from tests.gui.fan.test_training import FANS, SMALL, never

CLIPPED = {"clipping.kind": "norm", "averaging.kind": "ema"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.sqlite"


def keep(plan, path, cancelled=never) -> Outcome:
    mailbox, outcome = Mailbox(), Outcome(plan)
    try:
        train(plan, None, mailbox, lambda _share, _text: None, cancelled, path)
    finally:
        outcome.take(mailbox.drain())
    return outcome


def rows_by_experiment(path):
    with Store(path, writable=False) as store:
        return {row.experiment: row for row in store.rows()}


def column(store, row, kind, name):
    return np.concatenate([np.empty(0, np.float32), *store.column(row, kind, name)])


@pytest.mark.parametrize("changes", [{}, CLIPPED], ids=["plain", "clipped and averaged"])
@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize(("knob", "values", "stacks"), FANS.values(), ids=FANS)
def test_every_member_is_a_run_as_of_a_trainer_of_its_own(path, knob, values, stacks, seeds, changes):
    plan = Plan(SMALL.replace_all({"stopping.epochs": 4, **changes}), knob, values, seeds, epochs=4)
    assert keep(plan, path).kept == ""
    found = rows_by_experiment(path)
    members = [plan.member(value, seed) for value in range(len(values)) for seed in range(len(plan.pairs))]
    assert found.keys() == set(members)
    with Store(path, writable=False) as store:
        for member in members:
            trainer, row = Trainer(member, device="cpu", executor="eager"), found[member]
            first, chunk = trainer.snapshot(), trainer.advance(epochs=4)
            assert (row.steps, row.epochs, row.outcome, row.owner) == (trainer.step, 4, "epochs", None)
            assert row.form.layers == trainer.layers
            for name, expected in (("loss", chunk.loss), ("lr", chunk.lr)):
                assert column(store, row, "steps", name) == pytest.approx(expected, rel=1e-3, abs=1e-5)
            for i, layer in enumerate(trainer.layers):
                norms = column(store, row, "steps", f"gradient_norm/{layer}")
                assert norms == pytest.approx(chunk.gradient_norm[:, i], rel=2e-2, abs=1e-4)
            found_losses = column(store, row, "epochs", "validation_loss")
            assert found_losses == pytest.approx(chunk.validation_loss, rel=1e-3)
            assert row.results["train_loss"] == pytest.approx(chunk.train_loss[-1], rel=1e-3)
            layout = trainer.built.layout
            kept = {why: step for step, _, why in store.snapshots(row)}
            assert kept["last"] == trainer.step
            assert store.snapshot(row, layout, 0).parameters == pytest.approx(first.parameters, abs=1e-6)
            best = trainer.snapshot("best")
            assert kept["best"] == best.step
            assert store.snapshot(row, layout, best.step).parameters == pytest.approx(best.parameters, abs=1e-3)
            assert store.history(row).steps.curve("loss", points=10**6).mean[-1] == pytest.approx(
                chunk.loss[-1], rel=1e-3, abs=1e-5
            )


def test_runs_of_a_fan_say_that_they_are(path):
    keep(Plan(SMALL, "optimizer.lr", (0.01, 0.1), epochs=1), path)
    for row in rows_by_experiment(path).values():
        assert (row.tags, row.note) == (("fan",), "Fan over learning rate, 2 values")
        assert row.outcome == "interrupted", "the experiment has more epochs than the fan"
        assert row.seconds > 0


def test_rows_are_written_in_pieces_that_follow_each_other(path, monkeypatch):
    monkeypatch.setattr(keeping, "ROWS", 7)
    plan = Plan(SMALL.replace("stopping.restore", False), "optimizer.lr", (0.01, 0.1), epochs=30)
    keep(plan, path)
    for member, row in rows_by_experiment(path).items():
        trainer = Trainer(member, device="cpu")
        with Store(path) as store:
            losses = column(store, row, "steps", "loss")
            assert {why for _, _, why in store.snapshots(row)} == {"first", "last"}
        assert losses == pytest.approx(trainer.advance(epochs=30).loss, rel=1e-2, abs=1e-4)


def test_a_member_that_diverged_or_lost_its_patience_says_so_and_has_its_own_steps_alone(path):
    steep = SMALL.replace_all({"data.kind": "plane", "optimizer.kind": "sgd", "network.activation": "identity"})
    outcome = keep(Plan(steep, "optimizer.lr", (0.0, 10.0), epochs=3), path)
    rows = {row.experiment.optimizer.lr: row for row in rows_by_experiment(path).values()}
    assert rows[10.0].outcome == "diverged"
    assert rows[10.0].steps == outcome.members[1][0].diverged - 1
    impatient = SMALL.replace_all({"stopping.patience": 2, "optimizer.lr": 0.0})
    keep(Plan(impatient, "optimizer.lr", (0.0, 0.01), epochs=9), path)
    stopped = next(row for row in rows_by_experiment(path).values() if row.experiment == impatient)
    assert (stopped.outcome, stopped.epochs) == ("patience", 3)


def test_where_the_store_cannot_be_written_the_fan_is_trained_and_says_so(tmp_path):
    outcome = keep(Plan(SMALL, "optimizer.lr", (0.01, 0.1), epochs=3), tmp_path)
    assert "is a folder" in outcome.kept
    assert outcome.best() is not None


def test_where_the_store_fails_on_the_way_the_fan_goes_on(path, monkeypatch):
    def fail(*_):
        raise StoreError("the disk is full")

    monkeypatch.setattr(keeping, "ROWS", 1)
    monkeypatch.setattr(keeping, "write_rows", fail)
    outcome = keep(Plan(SMALL, "optimizer.lr", (0.01, 0.1), epochs=3), path)
    assert outcome.kept == "the disk is full"
    assert [members[0].taken for members in outcome.members] == [15, 15]


def test_a_fan_that_is_given_up_leaves_runs_that_were_interrupted(path):
    with pytest.raises(Cancelled):
        keep(Plan(SMALL, "optimizer.lr", (0.01, 0.1), epochs=10**5), path, iter([False] * 6 + [True] * 9).__next__)
    rows = rows_by_experiment(path).values()
    assert [(row.outcome, row.owner) for row in rows] == [("interrupted", None)] * 2
