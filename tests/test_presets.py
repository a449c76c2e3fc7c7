"""The presets: each can be read, trains, and those with a promise keep it."""

import pytest
import torch

from nnplayground import resources
from nnplayground.engine import Trainer
from nnplayground.experiment import Experiment

PRESETS = sorted(resources.presets())


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
