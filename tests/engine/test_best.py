"""The best epoch's whole state: a training that goes on from it is the unbroken one, to the bit."""

import io

import numpy as np
import pytest
import torch

from nnplayground.engine import best, trainer
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import ExperimentError
from tests.engine.conftest import make_dataset, make_trainer, same

# each of them alone, and with what else a state is made of
KNOBS = {
    "momentum": {"optimizer__kind": "sgd", "optimizer__momentum": 0.9},
    "adam": {"optimizer__kind": "adam"},
    "nadam": {"optimizer__kind": "nadam"},
    "dropout": {"network__dropout": 0.4, "network__input_noise": 0.1},
    "schedule": {"schedule__kind": "cosine"},
    "plateau": {"schedule": {"kind": "plateau", "patience": 1}},
    "batch norm": {"network__normalization": "batch"},
    "averaging": {"averaging": {"kind": "swa", "start": 2}, "optimizer__kind": "rmsprop"},
    "all": {"network__dropout": 0.2, "network__normalization": "batch", "schedule__kind": "one_cycle"},
}


def made(executor="eager", **knobs) -> Trainer:
    """Return a training whose best epoch is not its last: the rate is too large for that."""
    changes = {
        "optimizer__kind": "adam",
        "optimizer__lr": 0.3,
        "network__layers": [6],
        "stopping__epochs": 200,
        **knobs,
    }
    return make_trainer(make_dataset(rows=50), executor=executor, **changes)


def unlike_the_last(whole: Trainer) -> None:
    """Train until the best epoch is some way back, in the middle of a block."""
    while not 0 < whole.best_epoch < whole.epoch - 1:
        whole.advance(epochs=7)


@pytest.mark.parametrize("executor", ["eager", "compiled"])
@pytest.mark.parametrize("knobs", KNOBS.values(), ids=KNOBS)
def test_a_training_that_goes_on_from_its_best_epoch_is_the_unbroken_one_to_the_bit(executor, knobs):
    whole, unbroken, again = (made(executor, **knobs) for _ in range(3))
    assert whole.executor == executor
    unlike_the_last(whole)
    state, experiment = whole.best_state_dict()
    assert experiment == whole.experiment
    unbroken.advance(epochs=whole.best_epoch)
    assert same(state, unbroken.state_dict())
    again.load_state_dict(state)
    assert (again.step, again.best_epoch) == (unbroken.step, unbroken.epoch)
    for _ in range(3):
        assert same(again.advance(steps=41), unbroken.advance(steps=41))
    assert same(again.state_dict(), unbroken.state_dict())


def test_asking_for_the_best_state_changes_nothing_and_it_stays_the_same_until_another_is_better():
    asked, silent = made(network__dropout=0.4), made(network__dropout=0.4)
    unlike_the_last(asked)
    state, _ = asked.best_state_dict()
    while silent.step < asked.step:
        silent.advance(steps=1)
    assert same(silent.best_state_dict()[0], state)
    first = asked.best_epoch
    assert same(asked.advance(steps=3), silent.advance(steps=3))
    assert asked.best_epoch == first
    assert same(asked.best_state_dict()[0], state)


def test_before_an_epoch_ends_no_best_state_is_known():
    fresh = made()
    assert fresh.best_state_dict() is None
    fresh.advance(epochs=1)
    assert fresh.best_state_dict()[0]["step"] == fresh.step
    fresh.reset()
    assert fresh.best_state_dict() is None


def test_a_knob_that_is_turned_after_the_best_epoch_is_no_part_of_it():
    whole, unbroken = made(network__dropout=0.4), made(network__dropout=0.4)
    unlike_the_last(whole)
    before = whole.experiment
    whole.retune(before.replace_all({"network.dropout": 0.0, "optimizer.lr": 0.9}))
    whole.advance(steps=3)
    state, experiment = whole.best_state_dict()
    assert experiment == before
    unbroken.advance(epochs=whole.best_epoch)
    assert same(state, unbroken.state_dict())


def test_a_resumed_training_still_knows_its_best_epochs_state():
    whole, again = made(network__dropout=0.4), made(network__dropout=0.4)
    unlike_the_last(whole)
    file = io.BytesIO()
    torch.save(whole.state_dict(), file)
    file.seek(0)
    again.load_state_dict(torch.load(file, weights_only=True))
    assert same(again.best_state_dict()[0], whole.best_state_dict()[0])


def test_a_state_that_was_kept_before_the_best_epochs_was_is_gone_on_from():
    whole, again = made(), made()
    unlike_the_last(whole)
    state = whole.state_dict()
    of_before = {name: value for name, value in state.items() if name not in ("best", "best_random")}
    own = ("best", "best_buffers", "best_value", "best_t")
    slots = {n: slot for n, slot in state["slots"].items() if n in own or not n.startswith("best")}
    again.load_state_dict({**of_before, "slots": slots})
    assert again.best_state_dict() is None
    assert again.best_epoch == whole.best_epoch
    assert np.array_equal(again.snapshot("best").parameters, whole.snapshot("best").parameters)
    assert same(again.advance(steps=20), whole.advance(steps=20))


@pytest.mark.parametrize(
    "damage",
    [
        lambda told, random: ({**told, "step": -5}, random),
        lambda told, random: ({**told, "step": "5"}, random),
        lambda told, random: ({**told, "step": 10**6}, random),
        lambda told, random: ({**told, "experiment": "optimizer = 7"}, random),
        lambda told, random: ({**told, "watch": {}}, random),
        lambda told, random: ({"step": told["step"]}, random),
        lambda told, random: (told, random[:-1]),
        lambda told, _: (told, None),
        lambda _, random: (None, random),
    ],
)
def test_a_best_epoch_that_is_damaged_is_refused(damage):
    whole = made(network__dropout=0.4)
    unlike_the_last(whole)
    before = whole.state_dict()
    told, random = damage(before["best"], before["best_random"])
    with pytest.raises(ExperimentError, match=r"^the saved state is damaged, or of another [^\n]*$"):
        whole.load_state_dict({**whole.state_dict(), "best": told, "best_random": random})
    assert same(whole.state_dict(), before)


def test_of_too_large_a_network_the_best_weights_alone_are_kept(monkeypatch):
    for module in (best, trainer):
        monkeypatch.setattr(module, "LARGEST", 10)
    whole = made()
    unlike_the_last(whole)
    assert not any(name in whole.state_dict()["slots"] for name in ("best_mean", "best_square"))
    assert whole.best_state_dict() is None
    assert whole.snapshot("best").epoch == whole.best_epoch


def test_a_slot_that_has_overflowed_is_no_state_to_go_on_from():
    whole = made()
    whole.advance(epochs=1)
    whole._state.slots["best_square"][0] = torch.inf
    assert whole.best_state_dict() is None
