"""Training of fans: every member is what a trainer of its own gives, stacked or by turns; bad values stop no other."""

import threading

import numpy as np
import pytest

from nnplayground import fan
from nnplayground.data import Cancelled, load
from nnplayground.engine import Trainer
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.fan import training
from nnplayground.gui.fan.mailbox import Mailbox
from nnplayground.gui.fan.outcome import Outcome
from nnplayground.gui.fan.plan import Plan, seeds_of
from nnplayground.gui.fan.training import train
from nnplayground.gui.fan.words import ending_text
from nnplayground.resources import presets

SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 100, "network.layers": [4, 3]})
FANS = {  # the knob, its values, and how many stacks they make
    "stacked": ("optimizer.lr", (0.001, 0.01, 0.1), 1),
    "of other shapes": ("network.layers", ((), SMALL.network.layers[:1], SMALL.network.layers), 3),
    "of other batches": ("batches.size", (5, 10, 50), 3),
    "of other activations": ("network.activation", ("tanh", "relu", "sine"), 3),
    "of other data": ("data.noise", (0.0, 0.3), 2),
    "of seeds": ("seeds", seeds_of(SMALL, 3), 1),
}
LAYERS = {  # the same of one layer's own knobs
    "of a layer's width": ("network.layers.1.width", (2, 3, 8), 3),
    "of a layer's activation": ("network.layers.1.activation", ("tanh", "relu"), 2),
    "of a layer's dropout": ("network.layers.1.dropout", (0.1, 0.2, 0.4), 1),
    "of a layer's rate": ("network.layers.0.lr_factor", (0.1, 0.5, 2.0), 1),
    "of a layer's initialization": ("network.layers.0.initializer", ("zeros", "he_normal"), 1),
    "of a frozen layer": ("network.layers.0.frozen", (False, True), 2),
}
ALL = FANS | LAYERS


def never() -> bool:
    return False


def trained(plan, mailbox=None, cancelled=never, at_hand=None) -> Outcome:
    mailbox = mailbox or Mailbox()
    outcome = Outcome(plan)
    try:
        train(plan, at_hand, mailbox, lambda _share, _text: None, cancelled)
    finally:
        outcome.take(mailbox.drain())
    return outcome


@pytest.mark.parametrize("seeds", [1, 2])
@pytest.mark.parametrize(("path", "values", "stacks"), ALL.values(), ids=ALL)
def test_every_member_is_what_a_trainer_of_its_own_gives(path, values, stacks, seeds):
    plan = Plan(SMALL, path, values, seeds, epochs=4)
    outcome = trained(plan)
    records = {id(members[0].record) for members in outcome.members}
    assert len(records) == stacks
    for value in range(len(values)):
        for seed, member in enumerate(outcome.members[value]):
            trainer = Trainer(plan.member(value, seed), device="cpu")
            chunk = trainer.advance(epochs=4)
            x, y = member.curve("validation_loss")
            assert np.array_equal(x, np.arange(1, 5) * trainer.steps_per_epoch)
            assert y == pytest.approx(chunk.validation_loss, rel=1e-4)
            assert member.curve("loss")[1] == pytest.approx(chunk.loss, rel=1e-3, abs=1e-5)
            trainer.restore_best()
            evaluation = trainer.evaluate()
            assert member.now["validation_loss"] == pytest.approx(evaluation.validation_loss, rel=1e-4)
            assert member.now["train_loss"] == pytest.approx(evaluation.train_loss, rel=1e-4)
            assert member.taken == trainer.step


def test_of_kinds_each_keeps_the_knobs_that_it_shares_with_the_experiments_own():
    base = SMALL.replace("schedule", {"kind": "step", "factor": 0.6, "every": 1})
    plan = Plan(base, "schedule.kind", ("constant", "exponential", "plateau", "step"), epochs=3)
    outcome = trained(plan)
    assert plan.member(1).schedule.factor == 0.6
    for value in range(4):
        trainer = Trainer(plan.member(value), device="cpu")
        expected = trainer.advance(epochs=3).validation_loss
        assert outcome.members[value][0].curve("validation_loss")[1] == pytest.approx(expected, rel=1e-4)


def test_lists_of_epochs_are_stacked_each_with_its_own_rates():
    base = SMALL.replace("schedule", {"kind": "multi_step", "at": [1]})
    plan = Plan(base, "schedule.at", ((1,), (1, 2), (2, 3)), epochs=4)
    outcome = trained(plan)
    assert len({id(members[0].record) for members in outcome.members}) == 1
    for value in range(3):
        expected = Trainer(plan.member(value), device="cpu").advance(epochs=4).validation_loss
        assert outcome.members[value][0].curve("validation_loss")[1] == pytest.approx(expected, rel=1e-4)


def test_seeds_are_the_experiments_own_and_those_that_follow():
    plan = Plan(SMALL, "optimizer.lr", (0.1,), 3)
    seeds = [plan.member(0, seed).seeds for seed in range(3)]
    own = SMALL.seeds
    assert [(s.model, s.order, s.data) for s in seeds] == [(own.model + i, own.order + i, own.data) for i in range(3)]
    last = SMALL.replace("seeds.model", 2**31 - 1)
    assert [pair[0] for pair in Plan(last, "optimizer.lr", (0.1,), 2).pairs] == [2**31 - 1, 0]


def test_a_length_in_steps_ends_within_an_epoch_and_tells_the_losses_there():
    plan = Plan(SMALL.replace("stopping.restore", False), "optimizer.lr", (0.01, 0.1), steps=7)
    outcome = trained(plan)
    trainer = Trainer(plan.member(1), device="cpu")
    trainer.advance(steps=7)
    assert outcome.members[1][0].taken == 7
    assert outcome.members[1][0].now["validation_loss"] == pytest.approx(trainer.evaluate().validation_loss, rel=1e-4)


def test_the_experiments_own_end_is_kept_to():
    outcome = trained(Plan(SMALL.replace("stopping.epochs", 2), "optimizer.lr", (0.01, 0.1), epochs=50))
    assert {len(members[0].curve("train_loss")[0]) for members in outcome.members} == {2}


def test_a_refused_value_is_named_and_the_others_train():
    outcome = trained(Plan(SMALL, "batches.size", (5, 1000, 10), epochs=2))
    assert set(outcome.refusals) == {1}
    assert "batches.size = 1000" in outcome.refusals[1]
    assert np.isfinite([outcome.median(value, "validation_loss") for value in (0, 2)]).all()
    assert np.isnan(outcome.median(1, "validation_loss"))


def test_where_no_value_can_be_trained_one_line_says_so():
    with pytest.raises(ExperimentError, match="none of these values"):
        trained(Plan(SMALL, "batches.size", (1000, 2000), epochs=2))


def test_networks_that_begin_with_weights_are_trained_beside_those_that_do_not():
    base = Experiment.load(presets()["digits-high-transfer"]).replace("network.layers", [4])
    weights = "resource:digits-low", "", "nowhere.safetensors"
    outcome = trained(Plan(base, "transfer.weights", weights, epochs=1))
    assert set(outcome.refusals) == {0, 2}, "none of the file's layers fits"
    assert "nowhere.safetensors" in outcome.refusals[2]
    assert np.isfinite(outcome.median(1, "validation_loss"))


def test_data_that_cannot_be_loaded_are_a_refusal():
    missing = SMALL.replace("data", {"kind": "table", "path": "nowhere.csv"})
    mailbox = Mailbox()
    with pytest.raises(ExperimentError, match="none of these values"):
        train(Plan(missing, "optimizer.lr", (0.1, 0.2), epochs=1), None, mailbox, lambda *_: None, never)
    assert all("nowhere.csv" in line for line in mailbox.drain().refusals.values())


def test_data_at_hand_are_not_loaded_again(monkeypatch):
    dataset = load(SMALL.data, SMALL.seeds.data)
    monkeypatch.setattr("nnplayground.data.load", lambda *_: pytest.fail("they are at hand"))
    outcome = trained(Plan(SMALL, "optimizer.lr", (0.1,), epochs=1), at_hand=(SMALL, dataset))
    assert outcome.datasets[0] is dataset


def test_what_needs_too_much_memory_is_refused_before_it_is_built(monkeypatch):
    monkeypatch.setattr(training, "MOST_BYTES", 10_000)
    with pytest.raises(ExperimentError, match="fewer values or fewer seeds"):
        trained(Plan(SMALL, "optimizer.lr", (0.1, 0.2), 5, epochs=1))


def test_a_diverged_member_says_at_which_step_and_the_others_go_on():
    steep = SMALL.replace_all({"data.kind": "plane", "optimizer.kind": "sgd", "network.activation": "identity"})
    plan = Plan(steep, "optimizer.lr", (0.001, 10.0), epochs=3)
    outcome = trained(plan)
    trainer = Trainer(plan.member(1), device="cpu")
    divergence = trainer.advance(epochs=3).divergence
    assert outcome.members[1][0].diverged == divergence.step
    assert outcome.members[1][0].taken == divergence.step - 1
    assert outcome.median(1, "validation_loss") == np.inf
    assert outcome.best() == 0


def test_maps_of_values_in_sight_alone_are_answered_while_it_trains(monkeypatch):
    monkeypatch.setattr(training, "MAPS_EVERY", 0.0)
    asked = []
    show = training.Stack.show
    monkeypatch.setattr(training.Stack, "show", lambda s, value, box: (asked.append(value), show(s, value, box)))
    mailbox = Mailbox()
    mailbox.want(frozenset({1}))
    monkeypatch.setattr(training, "_conclude", lambda *_: None)
    trained(Plan(SMALL, "optimizer.lr", (0.01, 0.1, 0.2), epochs=60), mailbox)
    assert set(asked) == {1}


@pytest.mark.parametrize("restore", [True, False])
def test_what_is_told_at_the_end_and_the_best_are_those_of_the_command_line(restore):
    noisy = SMALL.replace_all({"data.noise": 0.4, "stopping.restore": restore, "stopping.epochs": 12})
    rates = (0.003, 0.03, 0.3, 1.0)
    outcome = trained(Plan(noisy, "optimizer.lr", rates, epochs=12))
    expected = fan.run(noisy, "optimizer.lr", rates, device="cpu")
    for value, member in enumerate(expected["members"]):
        for name in ("train_loss", "validation_loss"):
            assert outcome.median(value, name) == pytest.approx(member[name], rel=1e-4)
    assert rates[outcome.best()] == expected["best"]
    assert any(member["best_epoch"] < 12 for member in expected["members"]), "else both would be the same"


@pytest.mark.parametrize(
    ("changes", "path", "values", "words"),
    [
        ({}, "optimizer.lr", (0.1, 0.2), "of each one's best epoch"),
        ({"stopping.restore": False}, "optimizer.lr", (0.1, 0.2), "of the last step"),
        ({}, "stopping.restore", (True, False), "of the best epoch where it is restored, else of the last step"),
    ],
)
def test_which_moment_is_told_is_said(changes, path, values, words):
    assert words in ending_text(Plan(SMALL.replace_all(changes), path, values).restores)


def test_at_the_end_every_map_is_of_the_network_that_is_told():
    plan = Plan(SMALL, "network.layers", ((), SMALL.network.layers), 2, epochs=3)
    outcome = trained(plan)
    for value in range(2):
        trainer = Trainer(plan.member(value), device="cpu")
        trainer.advance(epochs=3)
        trainer.restore_best()
        side = training.MAP.resolution
        found = outcome.maps[value].values
        (left, right), (bottom, top) = trainer.dataset.domain
        x = left + (np.arange(side) + 0.5) * (right - left) / side
        y = top - (np.arange(side) + 0.5) * (top - bottom) / side
        points = np.stack([np.tile(x, side), np.repeat(y, side)], axis=1)
        expected = trainer.predict(trainer.dataset.encode(points)).T.reshape(found.shape)
        assert found == pytest.approx(expected, abs=1e-4)


def test_stopping_ends_where_it_is_with_what_there_is():
    mailbox = Mailbox()
    mailbox.stop()
    outcome = trained(Plan(SMALL, "optimizer.lr", (0.01, 0.1), epochs=1_000), mailbox)
    assert outcome.members[0][0].taken == 0
    assert np.isfinite(outcome.median(0, "validation_loss"))
    assert set(outcome.maps) == {0, 1}


def test_cancelling_raises_between_two_turns():
    with pytest.raises(Cancelled):
        trained(
            Plan(SMALL, "optimizer.lr", (0.01, 0.1), epochs=1_000), cancelled=iter([False] * 5 + [True] * 9).__next__
        )


def test_training_waits_for_a_window_that_takes_nothing(monkeypatch):
    monkeypatch.setattr("nnplayground.gui.fan.mailbox.PENDING", 2)
    plan, mailbox, outcome = Plan(SMALL, "batches.size", (5, 10, 20, 25), epochs=2), Mailbox(), None
    thread = threading.Thread(target=train, args=(plan, None, mailbox, lambda *_: None, never))
    thread.start()
    outcome, most = Outcome(plan), 0
    while thread.is_alive():
        delivery = mailbox.drain()
        most = max(most, len(delivery.pieces))
        outcome.take(delivery)
    outcome.take(mailbox.drain())
    assert 1 <= most <= 2
    assert all(len(members[0].curve("train_loss")[0]) == 2 for members in outcome.members)
