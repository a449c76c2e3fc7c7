"""Dropout: what is silenced, how often, and that answers are given without it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnplayground.engine.network import Noise, architecture, forward, initialize, views
from nnplayground.experiment.network import Network
from tests.engine.conftest import make_dataset, make_trainer, same

ROWS = 20_000
INPUTS = 4


def silenced(rates, layers=(6, 5)):
    """Return inputs, raw outputs with and without dropout, and hidden activations, of a linear network."""
    built = architecture(Network.model_validate({"layers": layers, "activation": "identity"}), INPUTS, 3)
    chance = torch.Generator().manual_seed(2)
    flat, buffers = initialize(built, chance)
    flat += 0.1 * torch.randn(flat.shape, generator=chance)
    parameters, running = views(flat, built.layout.parameters), views(buffers, built.layout.buffers)
    x = torch.ones(ROWS, INPUTS)
    knobs = {f"dropout.{i}": torch.tensor(rate) for i, rate in enumerate(rates) if rate is not None}
    width = sum(draw.width for draw in built.draws if draw.term in knobs)
    noise, kept = Noise({"uniform": torch.rand(ROWS, width, generator=chance)}, knobs), []
    dropped = forward(built, parameters, running, x, training=True, noise=noise, kept=kept)
    return dropped, forward(built, parameters, running, x), kept


@pytest.mark.parametrize("rate", [0.05, 0.3, 0.5, 0.95])
def test_the_share_of_silent_neurons_is_the_rate(rate):
    _, _, kept = silenced((None, rate, None))
    silent = (kept[0] == 0).double()
    deviation = np.sqrt(rate * (1 - rate) / ROWS)
    assert float(silent.mean()) == pytest.approx(rate, abs=5 * deviation / np.sqrt(6))
    assert np.allclose(silent.mean(dim=0), rate, atol=5 * deviation)
    assert np.allclose(silent.mean(dim=1).var(), rate * (1 - rate) / 6, rtol=0.1)  # neurons fall silent independently


@pytest.mark.parametrize("rates", [(0.3, None, None), (None, 0.5, None), (None, None, 0.4), (0.2, 0.5, 0.1)])
def test_a_linear_network_answers_on_average_as_without_dropout(rates):
    dropped, plain, _ = silenced(rates)
    deviation = dropped.std(dim=0) / np.sqrt(ROWS)
    assert bool(((dropped.mean(dim=0) - plain[0]).abs() < 5 * deviation).all())
    assert bool((deviation > 0).all())


def test_input_dropout_silences_inputs():
    built = architecture(Network(layers=()), INPUTS, INPUTS)
    parameters = [torch.eye(INPUTS), torch.zeros(INPUTS)]
    noise = torch.rand(ROWS, INPUTS, generator=torch.Generator().manual_seed(3))
    dealt = Noise({"uniform": noise}, {"dropout.0": torch.tensor(0.25)})
    seen = forward(built, parameters, [], torch.ones(ROWS, INPUTS), training=True, noise=dealt)
    assert torch.equal(seen == 0, noise < 0.25)
    torch.testing.assert_close(seen[seen != 0].unique(), torch.tensor([4 / 3]))


def test_layers_have_chances_of_their_own():
    _, _, kept = silenced((None, 0.5, 0.5), layers=(5, 5))
    first, second = ((k == 0).double().numpy() for k in kept[:2])
    correlation = np.corrcoef(first.T, second.T)
    assert np.abs(correlation - np.eye(10)).max() < 0.05


def test_a_rate_of_zero_is_no_dropout():
    dropped, plain, _ = silenced((0.0, 0.0, 0.0))
    assert torch.equal(dropped, plain)
    plain_run, zero_run = (make_trainer(make_dataset(), network__dropout=rate) for rate in (0.0, 0.5))
    zero_run.retune(zero_run.experiment.replace("network.dropout", 0.0))
    assert same(plain_run.advance(steps=20), zero_run.advance(steps=20))


@pytest.mark.parametrize("knobs", [{"network__dropout": 0.5}, {"network__input_dropout": 0.5}], ids=str)
def test_answers_are_given_without_dropout(knobs):
    dataset = make_dataset()
    dropped, plain = make_trainer(dataset, **knobs), make_trainer(dataset)
    assert same(dropped.predict(dataset.train.inputs), plain.predict(dataset.train.inputs))
    assert vars(dropped.evaluate()) == vars(plain.evaluate())
    assert not same(dropped.advance(steps=20), plain.advance(steps=20))
    assert same(dropped.predict(dataset.train.inputs), dropped.predict(dataset.train.inputs))


def test_a_layer_s_own_rate_goes_before_the_network_s():
    trainer = make_trainer(
        make_dataset(), network__layers=[{"width": 5, "dropout": 0.0}, {"width": 4}], network__dropout=0.3
    )
    assert [name for name in trainer._setup.tuning.names if name.startswith("dropout")] == ["dropout.2"]
    assert trainer._setup.noise(7, trainer._noise_generator)["uniform"].shape == (7, 8, 4)


def test_dropout_may_be_turned_while_training():
    trainer, other = (make_trainer(make_dataset(), network__dropout=0.2) for _ in range(2))
    assert same(trainer.advance(steps=10), other.advance(steps=10))
    trainer.retune(trainer.experiment.replace("network.dropout", 0.7))
    assert trainer.step == 10
    assert not np.allclose(trainer.advance(steps=10).loss, other.advance(steps=10).loss)


def test_steps_see_different_neurons_silent():
    trainer = make_trainer(make_dataset(), network__dropout=0.5)
    noise = trainer._setup.noise(50, trainer._noise_generator)["uniform"]
    assert len(noise.unique()) > 0.99 * noise.numel()
