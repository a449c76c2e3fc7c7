"""Losses against torch.nn.functional, scikit-learn and numpy, and what the last layer's numbers mean."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sklearn.metrics
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, softmax
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional as F

from nnplayground.engine.losses import LINKS, LOSSES, Head, head, numbers_of
from nnplayground.experiment import Experiment
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.output import Output
from tests.engine.conftest import make_dataset, make_experiment, make_trainer

ROWS = 30


NUMBERS = {"delta": 0.3, "gamma": 1.5, "quantile": 0.8}


def draw(columns, scale=3.0):
    return scale * torch.randn(ROWS, columns, generator=torch.Generator().manual_seed(6), dtype=torch.float64)


def classes(n):
    return torch.arange(ROWS) % n


KNOBS = {f"loss.{name}": torch.tensor(value, dtype=torch.float64) for name, value in NUMBERS.items()}
VALUES = draw(1, 1.5)[:, 0].flip(0)
IN_NUMPY = {
    "mse": lambda p, t: (p - t) ** 2,
    "mae": lambda p, t: np.abs(p - t),
    "huber": lambda p, t: np.where(abs(p - t) <= 0.3, (p - t) ** 2 / 2, 0.3 * (abs(p - t) - 0.15)),
    "log_cosh": lambda p, t: np.log(np.cosh(p - t)),
    "quantile": lambda p, t: np.where(t > p, 0.8 * (t - p), 0.2 * (p - t)),
}
IN_TORCH = {"mse": F.mse_loss, "mae": F.l1_loss, "huber": lambda p, t: F.huber_loss(p, t, delta=0.3)}
OF_VALUES = [kind for kind, model in kinds("loss").items() if kind != "auto" and "regression" in model.tasks]
OF_CLASSES = [kind for kind, model in kinds("loss").items() if model.tasks == ("classification",)]


def test_every_kind_of_loss_but_auto_is_there():
    assert LOSSES.keys() == kinds("loss").keys() - {"auto"} == {*OF_VALUES, *OF_CLASSES}
    assert IN_NUMPY.keys() == set(OF_VALUES)
    assert {"auto", *LINKS} == set(Experiment().field("output.activation").choices)


# of values


@pytest.mark.parametrize("loss", IN_NUMPY)
def test_a_loss_of_values_is_that_of_numpy_and_torch(loss):
    outputs, one = draw(1), Head(1, "identity", loss)
    found = float(one.compute(outputs, VALUES[:, None], KNOBS))
    assert found == pytest.approx(np.mean(IN_NUMPY[loss](outputs[:, 0].numpy(), VALUES.numpy())), rel=1e-12)
    if loss in IN_TORCH:
        assert found == pytest.approx(float(IN_TORCH[loss](outputs, VALUES[:, None])), rel=1e-12)


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.99])
def test_the_loss_of_a_quantile_is_scikit_learn_s(share):
    outputs, knobs = draw(1), {"loss.quantile": torch.tensor(share, dtype=torch.float64)}
    found = float(Head(1, "identity", "quantile").compute(outputs, VALUES[:, None], knobs))
    expected = sklearn.metrics.mean_pinball_loss(VALUES.numpy(), outputs[:, 0].numpy(), alpha=share)
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_least_loss_of_a_quantile_is_at_the_quantile():
    knobs, answers = {"loss.quantile": torch.tensor(0.8)}, torch.linspace(-2, 2, 4001, dtype=torch.float64)
    targets = torch.randn(1001, 1, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    losses = [float(LOSSES["quantile"](answer.expand(1001, 1), targets, knobs, "mean")) for answer in answers]
    assert float(answers[int(np.argmin(losses))]) == pytest.approx(float(targets.quantile(0.8)), abs=1e-3)


ERRORS = np.concatenate([np.geomspace(1e-6, 1e4, 201), [np.nextafter(np.float32(4), 5), 4.0]]).astype(np.float32)


def log_cosh(errors):
    """Return in float64 log cosh, by its series where it would lose digits."""
    size = np.abs(np.float64(errors))
    return np.where(size < 1e-3, size**2 / 2 - size**4 / 12, np.logaddexp(size, -size) - np.log(2))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_log_cosh_and_its_slope_are_exact_however_small_or_large_the_error(dtype, sign):
    errors = torch.tensor(sign * ERRORS, dtype=dtype).requires_grad_()
    losses = LOSSES["log_cosh"](errors, torch.zeros_like(errors), KNOBS, "none")
    losses.sum().backward()
    assert losses.dtype == errors.grad.dtype == dtype
    rtol = 1e-6 if dtype == torch.float32 else 1e-9
    np.testing.assert_allclose(losses.detach(), log_cosh(sign * ERRORS), rtol=rtol)
    np.testing.assert_allclose(errors.grad, np.tanh(np.float64(sign * ERRORS)), rtol=rtol)


def test_log_cosh_of_no_error_is_zero_and_flat():
    error = torch.zeros(1, requires_grad=True)
    loss = LOSSES["log_cosh"](error, torch.zeros(1), KNOBS, "mean")
    loss.backward()
    assert (float(loss.detach()), float(error.grad)) == (0.0, 0.0)


@pytest.mark.parametrize("executor", ["compiled", "eager"])
def test_a_training_s_log_cosh_and_its_slope_are_exact_too(executor):
    whole = make_dataset("regression", inputs=1)
    train = replace(whole.train, inputs=np.zeros_like(whole.train.inputs), targets=np.zeros_like(whole.train.targets))
    trainer = make_trainer(
        replace(whole, train=train), executor, loss__kind="log_cosh", network__layers=[], optimizer__lr=0.0
    )
    assert trainer.executor == executor
    for error in [*ERRORS[::10], *-ERRORS[::10]]:
        trainer.set_parameter(0, "bias", (0,), float(error))
        chunk = trainer.advance(steps=1)
        assert chunk.loss[0] == pytest.approx(log_cosh(error), rel=1e-6)
        assert chunk.gradient_norm[0, 0] == pytest.approx(abs(np.tanh(np.float64(error))), rel=1e-6)


# of classes


def probability_of_truth(loss, logits, y):
    """Return (n,) the probability of the right class, in numpy."""
    if logits.shape[1] == 1:
        return np.where(y == 1, expit(logits[:, 0]), expit(-logits[:, 0]))
    return softmax(logits, axis=1)[np.arange(ROWS), y]


def plain_loss(loss, logits, y):
    """Return the mean loss of classes in numpy, from raw outputs."""
    n = logits.shape[1]
    truth = probability_of_truth(loss, logits, y)
    if loss == "focal":
        return np.mean(-((1 - truth) ** 1.5) * np.log(truth))
    if loss == "hinge":
        scores = {1: lambda: logits[:, 0], 2: lambda: logits[:, 1] - logits[:, 0]}.get(n, lambda: logits)()
        return sklearn.metrics.hinge_loss(y, scores, labels=np.arange(max(n, 2)))
    if loss == "binary_cross_entropy" and n > 1:
        return -np.mean(np.where(np.eye(n)[y] == 1, np.log(expit(logits)), np.log(expit(-logits))))
    return -np.mean(np.log(truth))


@pytest.mark.parametrize("loss", [*OF_CLASSES, *OF_VALUES])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_loss_of_classes_is_that_of_numpy_and_scikit_learn(loss, n):
    if (loss, n) == ("cross_entropy", 1) or loss == "quantile":
        return  # which there are not
    one, logits, y = Head(n, "sigmoid" if n == 1 else "softmax", loss, max(n, 2)), draw(n), classes(max(n, 2))
    found = float(one.compute(logits, one.targets(y), KNOBS))
    if loss in OF_CLASSES:
        expected = plain_loss(loss, logits.numpy(), y.numpy())
    else:
        answers = expit(logits.numpy()) if n == 1 else softmax(logits.numpy(), axis=1)
        expected = np.mean(IN_NUMPY[loss](answers, y.numpy()[:, None] if n == 1 else np.eye(n)[y.numpy()]))
    rounded = n == 1 or loss == "binary_cross_entropy"  # as targets in float32 are
    assert found == pytest.approx(expected, rel=1e-6 if rounded else 1e-12)


@pytest.mark.parametrize("delta", [0.1, 1.0, 5.0])
def test_the_gradient_of_huber_s_loss_is_torch_s(delta):
    one, other = draw(1).requires_grad_(), draw(1).requires_grad_()
    knobs = {"loss.delta": torch.tensor(delta, dtype=torch.float64)}
    LOSSES["huber"](one, VALUES[:, None], knobs, "mean").backward()
    F.huber_loss(other, VALUES[:, None], delta=delta).backward()
    torch.testing.assert_close(one.grad, other.grad)


@pytest.mark.parametrize(("n", "like"), [(1, "binary_cross_entropy"), (2, "cross_entropy"), (5, "cross_entropy")])
def test_without_gamma_focal_loss_and_its_gradient_are_those_of_cross_entropy(n, like):
    y, knobs = classes(max(n, 2)), {"loss.gamma": torch.tensor(0.0)}
    found = []
    for loss in ("focal", like):
        logits, one = draw(n).requires_grad_(), Head(n, "softmax", loss)
        value = one.compute(logits, one.targets(y), knobs)
        value.backward()
        found.append((value.detach().double(), logits.grad))
    torch.testing.assert_close(*found, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("gamma", [0.0, 0.1, 1.0, 2.0, 5.0])
@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_focal_loss_s_gradient_is_finite_however_sure_the_answer(n, gamma):
    one, y, knobs = Head(n, "softmax", "focal"), classes(max(n, 2)), {"loss.gamma": torch.tensor(gamma)}
    for scale in (0.0, 1e-6, 1.0, 100.0, 1e6):
        logits = (draw(n) * scale).float().requires_grad_()
        value = one.compute(logits, one.targets(y), knobs)
        value.backward()
        assert torch.isfinite(value)
        assert torch.isfinite(logits.grad).all()


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_a_focal_loss_s_gradient_is_that_of_its_formula(gamma):
    y = classes(5)
    one, other = draw(5).requires_grad_(), draw(5).requires_grad_()
    LOSSES["focal"](one, F.one_hot(y), {"loss.gamma": torch.tensor(gamma)}, "mean").backward()
    truth = torch.softmax(other, dim=1)[torch.arange(ROWS), y]
    (-((1 - truth) ** gamma) * truth.log()).mean().backward()
    torch.testing.assert_close(one.grad, other.grad)


@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_margin_of_one_costs_nothing_and_pulls_at_nothing(n):
    one, y = Head(n, "softmax", "hinge"), classes(max(n, 2))
    right = (2.0 * y - 1)[:, None] if n == 1 else F.one_hot(y, n).double()
    scores = (1.0001 * right).requires_grad_()
    value = one.compute(scores, one.targets(y), KNOBS)
    value.backward()
    assert value.detach() == 0
    assert not scores.grad.any()


def test_cross_entropies_of_sure_answers_stay_finite():
    sure = torch.tensor([[500.0], [-500.0], [500.0]])
    found = LOSSES["binary_cross_entropy"](sure, torch.tensor([[1.0], [0.0], [0.0]]), KNOBS, "mean")
    assert float(found) == pytest.approx(500 / 3)
    logits = torch.tensor([[500.0, -500.0], [500.0, -500.0]])
    assert float(LOSSES["cross_entropy"](logits, torch.tensor([0, 1]), KNOBS, "mean")) == pytest.approx(500.0)


# smoothed labels


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
@pytest.mark.parametrize("n", [2, 5])
def test_smoothing_is_torch_s(n, share):
    one, other, y = draw(n).requires_grad_(), draw(n).requires_grad_(), classes(n)
    found = Head(n, "softmax", "cross_entropy").compute(one, y, {"smoothing": torch.tensor(share).double()})
    expected = F.cross_entropy(other, y, label_smoothing=share)
    torch.testing.assert_close(found, expected)
    found.backward()
    expected.backward()
    torch.testing.assert_close(one.grad, other.grad)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_smoothing_one_probability_is_smoothing_two(share):
    logits, y, knobs = draw(1), classes(2), {"smoothing": torch.tensor(share).double()}
    one = Head(1, "sigmoid", "binary_cross_entropy")
    found = one.compute(logits, one.targets(y), knobs)
    certain = np.where(y.numpy() == 1, 1 - share / 2, share / 2)
    p = expit(logits[:, 0].numpy())
    assert float(found) == pytest.approx(-np.mean(certain * np.log(p) + (1 - certain) * np.log(1 - p)), rel=1e-6)
    both = torch.cat([torch.zeros_like(logits), logits], dim=1)  # a softmax of these is that sigmoid
    assert float(found) == pytest.approx(float(F.cross_entropy(both, y, label_smoothing=share)), rel=1e-6)


# classes that count more


def lopsided_dataset(n):
    """Return data in which each class is rarer than the one before, in the training part."""
    dataset = make_dataset("classification", n, rows=60)
    targets = np.sort(np.minimum(np.random.default_rng(3).geometric(0.5, 60) - 1, n - 1))
    return replace(dataset, train=replace(dataset.train, targets=targets))


@pytest.mark.parametrize("n", [2, 3, 5])
def test_balanced_weights_are_scikit_learn_s(n):
    dataset = lopsided_dataset(n)
    found = head(kinds("loss")["hinge"](class_weights="balanced"), Output(), dataset)
    seen = dataset.train.targets
    expected = compute_class_weight("balanced", classes=np.arange(n), y=seen)
    np.testing.assert_allclose(found.class_weights, expected)
    assert np.mean(np.array(found.class_weights)[seen]) == pytest.approx(1.0)
    assert head(kinds("loss")["hinge"](), Output(), dataset).class_weights == ()


def test_a_class_that_is_not_seen_makes_no_weight_infinite():
    dataset = make_dataset("classification", 3)
    dataset = replace(dataset, train=replace(dataset.train, targets=np.zeros(40, np.int64)))
    found = head(kinds("loss")["focal"](class_weights="balanced"), Output(), dataset)
    assert np.isfinite(found.class_weights).all()


@pytest.mark.parametrize("loss", OF_CLASSES)
@pytest.mark.parametrize("n", [1, 2, 5])
def test_a_weighed_loss_is_the_mean_of_each_sample_s_times_its_class_s_weight(loss, n):
    if (loss, n) == ("cross_entropy", 1):
        return
    weights = np.arange(1.0, max(n, 2) + 1) ** 2
    y, logits, shown = classes(max(n, 2)), draw(n), max(n, 2)
    weighed = Head(n, "softmax", loss, shown, tuple(weights.tolist()))
    each = [
        float(Head(n, "softmax", loss, shown).compute(logits[[i]], weighed.targets(y[[i]]), KNOBS)) for i in range(ROWS)
    ]
    found = float(weighed.compute(logits, weighed.targets(y), KNOBS))
    assert found == pytest.approx(np.mean(weights[y.numpy()] * each), rel=1e-6)
    assert found != pytest.approx(np.mean(each), rel=1e-3)


def test_a_weighed_cross_entropy_is_torch_s_sum_by_the_number_of_samples():
    weights, logits, y = torch.tensor([0.5, 1.0, 4.0], dtype=torch.float64), draw(3), classes(3)
    found = Head(3, "softmax", "cross_entropy", 3, tuple(weights.tolist())).compute(logits, y, KNOBS)
    expected = F.cross_entropy(logits, y, weight=weights, reduction="sum") / ROWS
    torch.testing.assert_close(found, expected, rtol=1e-6, atol=0)


# the output layer


HEADS = [
    *(("regression", 0, kind, {}, (1, "identity", kind)) for kind in OF_VALUES),
    ("regression", 0, "auto", {}, (1, "identity", "mse")),
    ("regression", 0, "mse", {"size": 1, "activation": "tanh"}, (1, "tanh", "mse")),
    ("regression", 0, "auto", {"activation": "softplus"}, (1, "softplus", "mse")),
    *(
        ("classification", 2, kind, {}, (1, "sigmoid", kind))
        for kind in (*OF_VALUES, *OF_CLASSES)
        if kind not in ("quantile", "cross_entropy")
    ),
    ("classification", 2, "auto", {}, (1, "sigmoid", "binary_cross_entropy")),
    ("classification", 2, "auto", {"size": 1}, (1, "sigmoid", "binary_cross_entropy")),
    ("classification", 2, "auto", {"size": 2}, (2, "softmax", "cross_entropy")),
    ("classification", 2, "auto", {"activation": "softmax"}, (2, "softmax", "cross_entropy")),
    ("classification", 2, "auto", {"size": 4, "activation": "sigmoid"}, (4, "sigmoid", "binary_cross_entropy")),
    ("classification", 2, "auto", {"activation": "tanh"}, (1, "tanh", "mse")),
    ("classification", 2, "cross_entropy", {}, (2, "softmax", "cross_entropy")),
    ("classification", 2, "binary_cross_entropy", {"size": 3}, (3, "sigmoid", "binary_cross_entropy")),
    ("classification", 2, "hinge", {"size": 2}, (2, "softmax", "hinge")),
    ("classification", 2, "focal", {"activation": "softmax"}, (2, "softmax", "focal")),
    *(
        ("classification", 5, kind, {}, (5, "softmax", kind))
        for kind in (*OF_VALUES, *OF_CLASSES)
        if kind not in ("quantile", "binary_cross_entropy")
    ),
    ("classification", 5, "auto", {}, (5, "softmax", "cross_entropy")),
    ("classification", 5, "auto", {"size": 12}, (12, "softmax", "cross_entropy")),
    ("classification", 5, "auto", {"activation": "sigmoid"}, (5, "sigmoid", "binary_cross_entropy")),
    ("classification", 5, "binary_cross_entropy", {"activation": "sigmoid"}, (5, "sigmoid", "binary_cross_entropy")),
    ("classification", 5, "mae", {"size": 7, "activation": "identity"}, (7, "identity", "mae")),
]


@pytest.mark.parametrize(("task", "n", "kind", "output", "expected"), HEADS)
def test_the_output_layer_suits_task_and_loss(task, n, kind, output, expected):
    dataset = make_dataset(task, n)
    make_experiment(dataset, loss__kind=kind, output=output, **({"data__clouds": n} if n == 5 else {}))  # as it may be
    found = head(kinds("loss")[kind](), Output(**output), dataset)
    assert (found.outputs, found.activation, found.loss) == expected
    targets = torch.as_tensor(dataset.train.targets)
    assert torch.isfinite(found.compute(torch.zeros(len(targets), found.outputs), found.targets(targets), KNOBS))


@pytest.mark.parametrize("activation", LINKS)
@pytest.mark.parametrize("outputs", [1, 2, 3, 7])
def test_probabilities_are_one_column_per_class_and_sum_to_one(outputs, activation):
    if (outputs, activation) == (1, "softmax"):
        return
    n, logits = max(outputs, 2), draw(outputs)
    probabilities = Head(outputs, activation, "mse", n).probabilities(logits)
    assert probabilities.shape == (ROWS, n)
    torch.testing.assert_close(probabilities.sum(dim=1), torch.ones(ROWS, dtype=torch.float64))
    assert bool((probabilities >= 0).all())
    if outputs > 1 and activation != "relu":  # of which many are 0
        assert torch.equal(probabilities.argmax(dim=1), logits.argmax(dim=1))


def test_outputs_beyond_the_classes_take_their_share_of_a_softmax():
    logits, y = draw(12), classes(10)
    found = head(kinds("loss")["auto"](), Output(size=12), make_dataset("classification", 10))
    expected = F.cross_entropy(logits, y)
    torch.testing.assert_close(found.compute(logits, found.targets(y), {}), expected)
    probabilities = found.probabilities(logits)
    torch.testing.assert_close(probabilities, torch.softmax(logits, dim=1)[:, :10])
    assert (probabilities.sum(dim=1) < 1).all()


def test_a_sigmoid_s_output_is_the_probability_of_the_second_class():
    found = Head(1, "sigmoid", "binary_cross_entropy", 2).probabilities(torch.tensor([[10.0], [-10.0]]))
    assert found.argmax(dim=1).tolist() == [1, 0]
    torch.testing.assert_close(found[:, 1], torch.sigmoid(torch.tensor([10.0, -10.0])))


def test_an_output_that_is_no_probability_is_cut_off_to_be_one():
    found = Head(1, "identity", "mse", 2).probabilities(torch.tensor([[-0.5], [0.3], [1.7]]))
    torch.testing.assert_close(found, torch.tensor([[1.0, 0.0], [0.7, 0.3], [0.0, 1.0]]))


@pytest.mark.parametrize(
    ("activation", "expected"),
    [("identity", lambda x: x), ("tanh", np.tanh), ("softplus", lambda x: np.logaddexp(x, 0))],
)
def test_values_are_answered_as_the_activation_makes_them(activation, expected):
    outputs = draw(1)
    found = Head(1, activation, "mse").probabilities(outputs)
    np.testing.assert_allclose(found, expected(outputs.numpy()), rtol=1e-12)


@given(value=st.floats(0.01, 0.99))
def test_only_what_a_loss_owns_is_among_its_numbers(value):
    owners = {"delta": "huber", "gamma": "focal", "quantile": "quantile"}
    for name, kind in owners.items():
        assert numbers_of(kinds("loss")[kind](**{name: value})) == {f"loss.{name}": value}
    assert not any(numbers_of(model()) for kind, model in kinds("loss").items() if kind not in owners.values())
