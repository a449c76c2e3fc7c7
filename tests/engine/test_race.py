"""Two trainings in step, and a training forked at a step: each is what it would be alone."""

import numpy as np
import pytest

from nnplayground.engine.race import Race, forked
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import ExperimentError
from tests.engine.conftest import make_dataset, make_trainer, same

STEPS = 37  # in the midst of an epoch of 25
KNOBS = {
    "momentum": {"optimizer__momentum": 0.9},
    "adam": {"optimizer__kind": "adam"},
    "dropout": {"network__dropout": 0.3, "network__input_noise": 0.1},
    "schedule": {"schedule__kind": "cosine", "stopping__epochs": 6},
    "plateau": {"schedule__kind": "plateau", "schedule__patience": 1},
    "batch norm": {"network__normalization": "batch", "optimizer__kind": "adamw"},
    "average": {"averaging__kind": "ema"},
}


@pytest.fixture(params=KNOBS.values(), ids=KNOBS.keys())
def knobs(request):
    return request.param


def trainer_of(**knobs) -> Trainer:
    """A trainer of 25 batches an epoch."""
    return make_trainer(make_dataset(rows=203), **knobs)


def columns(chunks) -> dict[str, np.ndarray]:
    """Every step's and every epoch's losses, rates and norms."""
    names = ("loss", "lr", "gradient_norm", "update_ratio", "train_loss", "validation_loss")
    return {name: np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in names}


def race(one, other, steps: int, piece: int = 7) -> tuple[list, list]:
    """Race two trainers for so many steps in pieces; return the chunks of each."""
    found, contest = ([], []), Race(one, other)
    for start in range(0, steps, piece):
        for chunks, chunk in zip(found, contest.advance(steps=min(piece, steps - start)), strict=True):
            chunks += [chunk] if chunk is not None else []
    return found


def test_a_fork_with_nothing_changed_is_equal_to_the_bit(knobs):
    trainer = trainer_of(**knobs)
    trainer.advance(steps=STEPS)
    twin = forked(trainer, trainer.experiment)
    one, other = race(trainer, twin, 60)
    assert same(columns(one), columns(other))
    assert same(trainer.state_dict(), twin.state_dict())


def test_a_fork_with_another_rate_is_a_lone_training_whose_rate_was_set_at_that_step(knobs):
    trainer, alone, lone_twin = (trainer_of(**knobs) for _ in range(3))
    for each in (trainer, alone, lone_twin):
        each.advance(steps=STEPS)
    other = trainer.experiment.replace("optimizer.lr", 0.3 * trainer.experiment.optimizer.lr)
    twin = forked(trainer, other)
    lone_twin.retune(other)
    one, two = race(trainer, twin, 60)
    assert same(columns(one), columns([alone.advance(steps=60)])), "being raced changes nothing"
    assert same(columns(two), columns([lone_twin.advance(steps=60)]))
    assert same(twin.state_dict(), lone_twin.state_dict())
    assert not same(columns(one), columns(two))


def test_a_fork_by_a_knob_that_builds_another_network_is_refused():
    trainer = trainer_of()
    with pytest.raises(ExperimentError, match="only where live knobs alone differ"):
        forked(trainer, trainer.experiment.replace("batches.size", 4))


def test_both_are_at_the_same_step_after_every_piece():
    wide = {"network__layers": [64, 64]}
    one, other = trainer_of(), trainer_of(**wide)
    contest = Race(one, other)
    for _ in range(8):
        led, followed = contest.advance(seconds=0.004)
        assert led.steps == followed.steps > 0
        assert one.step == other.step


def test_an_epoch_is_that_of_the_first():
    one, other = trainer_of(), trainer_of(batches__size=4)
    Race(one, other).advance(epochs=2)
    assert one.epoch == 2
    assert other.step == one.step
    assert other.epoch == 1


@pytest.mark.parametrize("diverging", [0, 1])
def test_where_one_diverges_the_other_goes_on_as_it_would_alone(diverging):
    dataset, linear = make_dataset("regression", rows=203), {"network__activation": "identity"}
    tame, alone = (make_trainer(dataset, **linear) for _ in range(2))
    wild = make_trainer(dataset, **linear, optimizer__lr=10.0)
    pair = [wild, tame] if diverging == 0 else [tame, wild]
    chunks = race(*pair, 60)
    assert pair[diverging].stopped_by == "diverged"
    assert pair[diverging].divergence.step == pair[diverging].step + 1
    assert tame.step > wild.step
    assert same(columns(chunks[1 - diverging]), columns([alone.advance(steps=tame.step)]))


@pytest.mark.parametrize("first", [0, 1])
def test_each_ends_by_its_own_rule_and_the_race_with_the_last(first):
    epochs = [2, 3] if first == 0 else [3, 2]
    pair = [trainer_of(stopping__epochs=n) for n in epochs]
    contest = Race(*pair)
    while not contest.stopped:
        contest.advance(steps=10)
    assert [trainer.epoch for trainer in pair] == epochs
    again, none = contest.advance(steps=10)
    assert (again.steps, again.stopped_by, none) == (0, "epochs", None)
