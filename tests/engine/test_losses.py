"""Losses against torch.nn.functional and numpy, and what the last layer's numbers mean."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, log_softmax, softmax
from torch.nn import functional as F

from nnplayground.engine.losses import LINKS, LOSSES, Head, head, numbers_of
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.losses import MSE, AutoLoss, Huber
from tests.engine.conftest import make_dataset

ROWS = 30


def draw(columns, scale=3.0):
    return scale * torch.randn(ROWS, columns, generator=torch.Generator().manual_seed(6), dtype=torch.float64)


def classes(n):
    return torch.arange(ROWS) % n


KNOBS = {"loss.delta": torch.tensor(0.3, dtype=torch.float64)}
VALUES = draw(1, 1.5)[:, 0].flip(0)
IN_NUMPY = {
    "mse": lambda p, t, _: np.mean((p - t) ** 2),
    "mae": lambda p, t, _: np.mean(np.abs(p - t)),
    "huber": lambda p, t, d: np.mean(np.where(abs(p - t) <= d, (p - t) ** 2 / 2, d * (abs(p - t) - d / 2))),
}
IN_TORCH = {"mse": F.mse_loss, "mae": F.l1_loss}


def test_every_kind_of_loss_but_auto_is_there():
    assert LOSSES.keys() == kinds("loss").keys() - {"auto"}
    assert set(LINKS) == {"identity", "sigmoid", "softmax"}


@pytest.mark.parametrize("delta", [0.1, 1.0, 5.0])
@pytest.mark.parametrize("loss", IN_NUMPY)
def test_a_loss_of_values_is_that_of_numpy_and_torch(loss, delta):
    outputs, one = draw(1), Head(1, "identity", loss)
    found = float(one.compute(outputs, VALUES[:, None], {"loss.delta": torch.tensor(delta, dtype=torch.float64)}))
    assert found == pytest.approx(IN_NUMPY[loss](outputs[:, 0].numpy(), VALUES.numpy(), delta), rel=1e-12)
    oracle = IN_TORCH.get(loss, lambda p, t: F.huber_loss(p, t, delta=delta))
    assert found == pytest.approx(float(oracle(outputs, VALUES[:, None])), rel=1e-12)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "binary_cross_entropy"])
def test_a_loss_of_one_probability_is_that_of_numpy(loss):
    logits, y = draw(1), classes(2)
    one = Head(1, "sigmoid", loss)
    found = float(one.compute(logits, one.targets(y), KNOBS))
    p, t = expit(logits.numpy()), y.numpy()[:, None]
    expected = IN_NUMPY.get(loss, lambda p, t, _: -np.mean(t * np.log(p) + (1 - t) * np.log(1 - p)))(p, t, 0.3)
    assert found == pytest.approx(expected, rel=1e-6)  # targets are float32


@pytest.mark.parametrize("n", [2, 5])
@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "cross_entropy"])
def test_a_loss_of_many_probabilities_is_that_of_numpy(loss, n):
    logits, y = draw(n), classes(n)
    many = Head(n, "softmax", loss)
    found = float(many.compute(logits, many.targets(y), KNOBS))
    if loss == "cross_entropy":
        expected = -np.mean(log_softmax(logits.numpy(), axis=1)[np.arange(ROWS), y.numpy()])
    else:
        expected = IN_NUMPY[loss](softmax(logits.numpy(), axis=1), np.eye(n)[y.numpy()], 0.3)
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("delta", [0.1, 1.0, 5.0])
def test_the_gradient_of_huber_s_loss_is_torch_s(delta):
    one, other = draw(1).requires_grad_(), draw(1).requires_grad_()
    LOSSES["huber"](one, VALUES[:, None], {"loss.delta": torch.tensor(delta, dtype=torch.float64)}).backward()
    F.huber_loss(other, VALUES[:, None], delta=delta).backward()
    torch.testing.assert_close(one.grad, other.grad)


def test_cross_entropies_of_sure_answers_stay_finite():
    sure = torch.tensor([[500.0], [-500.0], [500.0]])
    assert float(LOSSES["binary_cross_entropy"](sure, torch.tensor([[1.0], [0.0], [0.0]]), KNOBS)) == pytest.approx(
        500 / 3
    )
    logits = torch.tensor([[500.0, -500.0], [500.0, -500.0]])
    assert float(LOSSES["cross_entropy"](logits, torch.tensor([0, 1]), KNOBS)) == pytest.approx(500.0)


@pytest.mark.parametrize(
    ("task", "n", "kind", "expected"),
    [
        ("regression", 0, "auto", (1, "identity", "mse")),
        ("regression", 0, "mse", (1, "identity", "mse")),
        ("regression", 0, "mae", (1, "identity", "mae")),
        ("regression", 0, "huber", (1, "identity", "huber")),
        ("classification", 2, "auto", (1, "sigmoid", "binary_cross_entropy")),
        ("classification", 2, "mse", (1, "sigmoid", "mse")),
        ("classification", 2, "mae", (1, "sigmoid", "mae")),
        ("classification", 2, "huber", (1, "sigmoid", "huber")),
        ("classification", 2, "binary_cross_entropy", (1, "sigmoid", "binary_cross_entropy")),
        ("classification", 2, "cross_entropy", (2, "softmax", "cross_entropy")),
        ("classification", 5, "auto", (5, "softmax", "cross_entropy")),
        ("classification", 5, "mse", (5, "softmax", "mse")),
        ("classification", 5, "mae", (5, "softmax", "mae")),
        ("classification", 5, "huber", (5, "softmax", "huber")),
        ("classification", 5, "cross_entropy", (5, "softmax", "cross_entropy")),
    ],
)
def test_the_output_layer_suits_task_and_loss(task, n, kind, expected):
    found = head(kinds("loss")[kind](), make_dataset(task, n))
    assert (found.outputs, found.activation, found.loss) == expected
    targets = torch.as_tensor(make_dataset(task, n).train.targets)
    assert torch.isfinite(found.compute(torch.zeros(len(targets), found.outputs), found.targets(targets), KNOBS))


@pytest.mark.parametrize("n", [2, 3, 7])
def test_probabilities_are_one_column_per_class_and_sum_to_one(n):
    for loss in (AutoLoss(), MSE(), kinds("loss")["cross_entropy"]()):
        found = head(loss, make_dataset("classification", n))
        probabilities = found.probabilities(draw(found.outputs))
        assert probabilities.shape == (ROWS, n)
        torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(ROWS, dtype=torch.float64))
        assert bool((probabilities >= 0).all())


def test_a_sigmoid_s_output_is_the_probability_of_the_second_class():
    found = Head(1, "sigmoid", "binary_cross_entropy").probabilities(torch.tensor([[10.0], [-10.0]]))
    assert found.argmax(dim=1).tolist() == [1, 0]


def test_values_are_answered_as_they_are():
    outputs = draw(1)
    assert torch.equal(Head(1, "identity", "mse").probabilities(outputs), outputs)


@given(delta=st.floats(0.001, 1000.0))
def test_only_huber_s_loss_has_a_delta(delta):
    assert numbers_of(Huber(delta=delta)) == {"loss.delta": delta}
    assert not any("loss.delta" in numbers_of(model()) for kind, model in kinds("loss").items() if kind != "huber")
