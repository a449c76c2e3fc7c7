"""The presets: each can be read, trains, and those with a promise keep it."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from nnplayground import resources
from nnplayground.engine import Trainer
from nnplayground.engine.slices import Area, has_two_weights
from nnplayground.engine.surface import explore
from nnplayground.experiment import Experiment

PRESETS = sorted(resources.presets())
BOWLS = ("long-bowl", "long-bowl-momentum", "long-bowl-adam", "round-bowl")


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_to_look_for_and_trains(name):
    experiment = Experiment.load(resources.presets()[name])
    assert experiment.name
    assert experiment.note.endswith((".", "?"))
    trainer = Trainer(experiment, device="cpu")
    chunk = trainer.advance(steps=50)
    assert chunk.steps == 50
    assert trainer.divergence is None


def test_the_default_experiment_is_the_preset_spiral():
    preset = Experiment.load(resources.presets()["spiral"])
    assert set(preset.diff(Experiment())) <= {"name", "note"}


@pytest.mark.parametrize(
    ("name", "metric", "epochs"),
    [
        ("digits", 0.96, 60),
        ("spiral", 0.99, 400),
        ("diabetes", 0.4, 60),
        ("circle", 0.99, 200),
        ("iris", 0.9, 200),
        ("lenet-5", 0.94, 15),
        ("vgg", 0.95, 12),
        ("resnet-8", 0.96, 4),
        ("inception", 0.93, 5),
        ("efficientnet", 0.94, 4),
    ],
)
def test_a_preset_reaches_what_it_promises(name, metric, epochs):
    """Digits in some seconds here: 60 epochs of 39 steps; the promise is 96 % within a minute on two cores."""
    experiment = Experiment.load(resources.presets()[name])
    trainer = Trainer(experiment, device="cpu")
    trainer.advance(epochs=epochs)
    assert trainer.evaluate().validation_metrics[0] >= metric


def test_dead_relu_shows_dead_neurons():
    """The preset's claim: neurons of the last hidden layer that answer to no training sample."""
    trainer = Trainer(Experiment.load(resources.presets()["dead-relu"]), device="cpu")
    trainer.advance(epochs=50)
    snapshot, x = trainer.snapshot(), torch.as_tensor(trainer.dataset.train.inputs)
    dead = []
    for layer in range(len(snapshot.layout.layers) - 1):
        weights, biases = torch.as_tensor(snapshot.weights(layer)), torch.as_tensor(snapshot.biases(layer))
        x = torch.relu(x @ weights.T + biases)
        dead.append(int((x <= 0).all(dim=0).sum()))
    assert sum(dead) >= 3, dead


def test_vanishing_gradients_fan_out_and_a_cure_cures():
    """The preset's claim: the first layer's gradient is far smaller than the last's; tanh and batch norm cure it."""
    preset = Experiment.load(resources.presets()["vanishing-gradients"])

    def fan(experiment: Experiment) -> float:
        norms = Trainer(experiment, device="cpu").advance(steps=50).gradient_norm.mean(axis=0)
        return float(norms[0] / norms[-1])

    assert fan(preset) < 1e-3
    assert fan(preset.replace_all({"network.activation": "tanh", "network.normalization": "batch"})) > 0.01


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("normalized-gradient", {"optimizer": {"kind": "sgd", "lr": 0.03, "momentum": 0.0}}),
        ("rprop-full-batch", {"batches.size": 10}),
        ("one-cycle", {"schedule.kind": "constant"}),
        ("warm-up", {"schedule.warmup": 0}),
    ],
)
def test_a_preset_learns_what_it_says_it_would_not_learn_otherwise(name, change):
    preset = Experiment.load(resources.presets()[name])

    def loss(experiment: Experiment) -> float:
        trainer = Trainer(experiment, device="cpu")
        trainer.advance(steps=4_000)
        return trainer.evaluate().train_loss

    assert loss(preset) < 0.1 < loss(preset.replace_all(change))


def test_unscaled_inputs_make_a_long_bowl_of_the_loss_and_scaling_makes_it_round():
    """The presets' claim, by the second derivatives of the mean squared error: twice the inputs' mean products."""
    found = {}
    for name in ("long-bowl", "round-bowl"):
        trainer = Trainer(Experiment.load(resources.presets()[name]), device="cpu")
        x = trainer.dataset.train.inputs.astype(np.float64)
        steep, flat = np.linalg.eigvalsh(2 * x.T @ x / len(x))[::-1]
        surface = explore(trainer.setup, trainer.snapshot(), Area("weights", resolution=5), [])
        assert surface.condition == pytest.approx(steep / flat, rel=1e-6)
        found[name] = surface.condition
    assert found["long-bowl"] > 50
    assert found["round-bowl"] < 1.5


def test_in_the_long_bowl_plain_descent_needs_many_times_the_steps():
    def steps(name: str) -> int:
        trainer = Trainer(Experiment.load(resources.presets()[name]), device="cpu")
        assert has_two_weights(trainer.snapshot().layout)
        losses = trainer.advance(steps=600).loss
        return int((losses > 1e-4).sum())

    plain, momentum, adam, scaled = (steps(name) for name in BOWLS)
    assert scaled * 5 < plain
    assert max(momentum, adam) * 1.5 < plain < 600


def test_the_weights_that_come_with_the_program_do_well_on_what_they_were_learned_on():
    preset = Experiment.load(resources.presets()["digits-low"])
    trainer = Trainer(preset.replace("transfer.weights", "resource:digits-low"), device="cpu")
    assert all(": taken (" in line for line in trainer.taken)
    assert trainer.evaluate().validation_metrics[0] > 0.97
    assert sum(path.stat().st_size for path in resources.weights().values()) < 100_000


def test_transfer_gains_at_least_five_points_of_accuracy_on_few_samples():
    """The presets' claim, over samples, drawn weights and orders of nine seeds; alike but for their beginning.

    After four epochs it is ahead of scratch at the best of three rates, by its own median; some of that stays.
    """
    files, names = resources.presets(), ("transfer", "scratch")
    transfer, scratch = (Experiment.load(files[f"digits-high-{name}"]) for name in names)
    differing = {"name", "note"} | {f"transfer.{knob}" for knob in ("weights", "output", "frozen")}
    assert set(transfer.diff(scratch)) == differing

    def accuracies(preset: Experiment, *epochs: int) -> NDArray[np.float64]:
        """Return the medians over the seeds after so many epochs, and after so many more."""
        found = []
        for seed in range(1, 10):
            of_seed = preset.replace("seeds", {"model": seed, "data": seed, "order": seed})
            trainer = Trainer(of_seed, device="cpu", executor="eager")
            assert len(trainer.dataset.train) == 25
            found.append([])
            for more in epochs:
                trainer.advance(epochs=more)
                found[-1].append(trainer.evaluate().validation_metrics[0])
        return np.median(found, axis=0)

    early, late = accuracies(transfer, 4, 16)
    own, caught_up = accuracies(scratch, 4, 16)
    others = [accuracies(scratch.replace("optimizer.lr", lr), 4)[0] for lr in (0.0025, 0.01)]
    assert early > max(own, *others) + 0.05
    assert 0 <= late - caught_up < early - own
