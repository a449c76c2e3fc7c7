"""Dropout and noise: what is silenced or added, how often, and that answers are given without it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from torch.nn import functional as F

from nnplayground.engine.network import architecture, forward, initialize, views
from nnplayground.engine.noise import Draw, Noise, drawn, drop
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


# alpha dropout


def selu_values():
    """Return what SELU makes of normal sums: mean 0 and variance 1 (Klambauer et al. 2017)."""
    sums = torch.randn(ROWS, 8, generator=torch.Generator().manual_seed(5), dtype=torch.float64)
    return torch.selu(sums)


def alpha_dropped(x, rate, seed=6):
    uniform = torch.rand(x.shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    noise = Noise({"uniform": uniform}, {"dropout.1": torch.tensor(rate, dtype=torch.float64)})
    return drop(x, noise, 1, "alpha"), uniform >= rate


@pytest.mark.parametrize("rate", [0.05, 0.2, 0.5, 0.95])
def test_alpha_dropout_keeps_mean_and_variance(rate):
    x = selu_values()
    dropped, _ = alpha_dropped(x, rate)
    count = x.numel()
    kurtosis = float((dropped**4).mean())
    assert float(dropped.mean()) == pytest.approx(float(x.mean()), abs=5 / np.sqrt(count))
    assert float(dropped.var()) == pytest.approx(float(x.var()), abs=5 * np.sqrt(kurtosis / count))


@pytest.mark.parametrize("rate", [0.0, 0.3, 0.9])
def test_alpha_dropout_is_that_of_torch(rate):
    """Where F.alpha_dropout silences is seen from what it makes of two inputs with the same random state."""
    x = selu_values()[:500]
    torch.manual_seed(7)
    theirs = F.alpha_dropout(x, rate, training=True)
    torch.manual_seed(7)
    shifted = F.alpha_dropout(x + 1, rate, training=True)
    kept = (theirs - shifted).abs() > 1e-9
    noise = Noise({"uniform": kept.double()}, {"dropout.1": torch.tensor(max(rate, 1e-300), dtype=torch.float64)})
    torch.testing.assert_close(drop(x, noise, 1, "alpha"), theirs)


def test_alpha_dropout_silences_by_one_value():
    x = selu_values()
    dropped, kept = alpha_dropped(x, 0.3)
    silent = dropped[~kept]
    torch.testing.assert_close(silent, silent[0].expand(len(silent)))
    assert float(silent[0]) < float(dropped[kept].min()) + 1e-9


def test_the_kind_of_dropout_is_the_layer_s_own_or_the_network_s():
    layers = [{"width": 4, "dropout_kind": "plain"}, 4]
    built = architecture(Network.model_validate({"layers": layers, "dropout_kind": "alpha"}), 2, 1)
    assert [layer.style.dropout_kind for layer in built.layers] == ["plain", "alpha", "plain"]


# noise


@pytest.mark.parametrize("std", [0.1, 1.0])
def test_input_noise_is_normal_and_of_that_deviation(std):
    built = architecture(Network(layers=()), INPUTS, INPUTS)
    chance = torch.Generator().manual_seed(8)
    noise = drawn(built.draws, ["input_noise"], (ROWS,), chance)
    x = torch.randn(ROWS, INPUTS, generator=chance)
    parameters = [torch.eye(INPUTS), torch.zeros(INPUTS)]
    dealt = Noise(noise, {"input_noise": torch.tensor(std)})
    added = (forward(built, parameters, [], x, training=True, noise=dealt) - x).double().numpy() / std
    assert stats.kstest(added.ravel(), stats.norm.cdf).pvalue > 1e-3
    assert np.abs(np.corrcoef(np.concatenate([added, x.numpy()], axis=1).T) - np.eye(2 * INPUTS)).max() < 0.05


def test_normal_numbers_are_finite_at_both_ends_and_of_mean_zero(monkeypatch):
    draws = (Draw("input_noise", "normal", 1),)
    for dtype in (torch.float32, torch.float64):
        below = torch.nextafter(torch.ones((), dtype=dtype), torch.zeros((), dtype=dtype))
        ends = torch.stack([torch.zeros_like(below), below])
        monkeypatch.setattr(torch, "rand", lambda *shape, ends=ends, **_: ends.view(shape))
        found = drawn(draws, ["input_noise"], (2,), torch.Generator())["normal"].ravel()
        assert torch.isfinite(found).all()
        assert 5 < float(found[1]) < 9
        assert float(found.sum()) == pytest.approx(0, abs=0.2)


def test_what_is_drawn_for_a_step_does_not_hang_on_how_many_are_drawn():
    draws = (Draw("input_noise", "normal", 3), Draw("dropout.0", "uniform", 2))
    terms = [draw.term for draw in draws]
    whole = drawn(draws, terms, (9, 4), torch.Generator().manual_seed(1))
    generator = torch.Generator().manual_seed(1)
    parts = [drawn(draws, terms, (count, 4), generator) for count in (2, 1, 6)]
    assert {name: values.shape for name, values in whole.items()} == {"uniform": (9, 4, 2), "normal": (9, 4, 3)}
    for name, values in whole.items():
        assert torch.equal(values, torch.cat([part[name] for part in parts]))


def test_answers_are_given_without_noise():
    dataset = make_dataset()
    noisy, plain = make_trainer(dataset, network__input_noise=0.5), make_trainer(dataset)
    assert same(noisy.predict(dataset.train.inputs), plain.predict(dataset.train.inputs))
    assert vars(noisy.evaluate()) == vars(plain.evaluate())
    assert not same(noisy.advance(steps=20), plain.advance(steps=20))
