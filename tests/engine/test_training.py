"""Whole trainings against a plain PyTorch loop of modules and torch.optim, in float64."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.engine.conftest import NORMS, make_dataset, make_trainer
from tests.engine.reference import STEPS, TASKS, Reference, assert_same_training, lopsided, trainer_of

LOSSES = [
    *((task, loss) for task in TASKS for loss in ("mse", "mae", "huber")),
    ("two classes", "binary_cross_entropy"),
    ("two classes", "cross_entropy"),
    ("three classes", "cross_entropy"),
]
OF_CLASSES = {  # losses that may weigh classes, and what else there is to say about each
    "binary_cross_entropy": {},
    "cross_entropy": {},
    "focal": {"loss__gamma": 1.5},
    "hinge": {},
}
OPTIMIZERS = {
    "sgd": {"optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.8}},
    "nesterov": {"optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.8, "nesterov": True}},
    "adam": {"optimizer": {"kind": "adam", "lr": 0.02, "beta1": 0.8, "beta2": 0.95}},
    "adamw": {"optimizer": {"kind": "adamw", "lr": 0.02, "weight_decay": 0.1}},
    "rmsprop": {"optimizer": {"kind": "rmsprop", "lr": 0.01, "alpha": 0.9, "momentum": 0.5}},
}


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize(("task", "loss"), LOSSES)
@pytest.mark.parametrize("norm", ["none", "batch before", "batch after"])
@pytest.mark.parametrize("optimizer", [name for name in OPTIMIZERS if name != "nesterov"])
def test_a_training_is_that_of_plain_pytorch(optimizer, norm, task, loss):
    loss = {"kind": "huber", "delta": 0.3} if loss == "huber" else {"kind": loss}
    assert_same_training(trainer_of(task, **NORMS[norm], loss=loss, **OPTIMIZERS[optimizer]))


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("norm", [norm for norm in NORMS if norm != "weight"])
@pytest.mark.parametrize("task", TASKS)
def test_a_training_with_nesterov_s_momentum_and_the_task_s_own_loss_is_that_of_plain_pytorch(task, norm):
    assert_same_training(trainer_of(task, network__layers=[8, 8], **NORMS[norm], **OPTIMIZERS["nesterov"]))


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("penalties", [{"l1": 0.01}, {"l2": 0.1}, {"l1": 0.02, "l2": 0.05}], ids=str)
@pytest.mark.parametrize("task", TASKS)
def test_penalties_are_added_to_the_gradient_of_weights_alone(task, penalties):
    knobs = {f"regularization__{name}": value for name, value in penalties.items()}
    assert_same_training(trainer_of(task, network__normalization="batch", **knobs))
    plain = trainer_of(task).advance(steps=STEPS)
    assert not np.allclose(trainer_of(task, **knobs).advance(steps=STEPS).loss, plain.loss, rtol=1e-3)


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("weights", ["equal", "balanced"])
@pytest.mark.parametrize("loss", OF_CLASSES)
@pytest.mark.parametrize("task", ["two classes", "three classes"])
def test_a_loss_of_classes_weighs_samples_by_how_rare_their_class_is(task, loss, weights):
    knobs = {"loss": {"kind": loss, "class_weights": weights}, **OF_CLASSES[loss]}
    if (task, loss) == ("three classes", "binary_cross_entropy"):
        knobs["output__activation"] = "sigmoid"
    assert_same_training(trainer_of(task, lopsided(make_dataset(*TASKS[task], rows=43)), **knobs))


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("loss", [{"kind": "log_cosh"}, {"kind": "quantile", "quantile": 0.9}], ids=str)
def test_a_loss_of_values_is_made_small(task, loss):
    if task == "regression" or loss["kind"] == "log_cosh":
        assert_same_training(trainer_of(task, loss=loss))


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize(
    ("task", "loss"), [("two classes", "auto"), ("two classes", "cross_entropy"), ("three classes", "auto")]
)
def test_smoothed_labels_are_trained_on_and_not_evaluated(task, loss):
    reference, chunk = assert_same_training(trainer_of(task, loss__kind=loss, regularization__smoothing=0.2))
    plain = trainer_of(task, loss__kind=loss).advance(steps=1)
    assert chunk.loss[0] != plain.loss[0]
    assert reference.evaluate(reference.dataset.train) != reference.loss[-1]


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("activation", ["identity", "sigmoid", "tanh", "relu", "softplus"])
@pytest.mark.parametrize("task", TASKS)
def test_any_activation_of_the_output_is_trained_through(task, activation):
    assert_same_training(trainer_of(task, loss__kind="mse", output__activation=activation))


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("loss", ["auto", "mse", "focal", "hinge"])
@pytest.mark.parametrize(("task", "size"), [("two classes", 2), ("two classes", 5), ("three classes", 12)])
def test_outputs_beyond_the_classes_are_trained_as_classes_that_never_come(task, size, loss):
    trainer = trainer_of(task, loss__kind=loss, output__size=size)
    assert trainer.built.layers[-1].outputs == size
    assert_same_training(trainer)


# layers of their own


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_factor_of_the_rate_is_a_group_of_parameters_with_that_rate(optimizer):
    layers = [{"width": 5, "lr_factor": 0.1}, {"width": 5, "lr_factor": 3.0}]
    trainer = trainer_of("three classes", network__layers=layers, output__lr_factor=0.5, **OPTIMIZERS[optimizer])
    assert_same_training(trainer)


@pytest.mark.usefixtures("doubles")
def test_a_layer_of_rate_zero_stays_where_it_is_and_still_measures_its_gradient():
    trainer = trainer_of("two classes", network__layers=[{"width": 5, "lr_factor": 0.0}, 5])
    before = trainer.snapshot()
    _, chunk = assert_same_training(trainer)
    assert (chunk.gradient_norm > 0).all()
    assert (chunk.update_ratio[:, 0] == 0).all()
    np.testing.assert_array_equal(trainer.snapshot().weights(0), before.weights(0))


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("norm", ["none", "batch before", "batch after"])
@pytest.mark.parametrize("frozen", [(True, False), (False, True), (True, True)])
def test_a_frozen_layer_is_one_that_requires_no_gradient(frozen, norm):
    layers = [{"width": 5, "frozen": first} for first in frozen]
    trainer = trainer_of("three classes", network__layers=layers, **NORMS[norm], regularization__l2=0.1)
    before = trainer.snapshot()
    _, chunk = assert_same_training(trainer)
    after = trainer.snapshot()
    for i, still in enumerate((*frozen, False)):
        assert (chunk.gradient_norm[:, i] == 0).all() == (chunk.update_ratio[:, i] == 0).all() == still
        assert np.array_equal(before.weights(i), after.weights(i)) == still


STIRRING = {  # whatever moves weights other than their gradient
    "momentum": {"optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.9}},
    "decay of AdamW": {"optimizer": {"kind": "adamw", "lr": 0.05, "weight_decay": 0.5}},
    "decay of Lion": {"optimizer": {"kind": "lion", "lr": 0.05, "weight_decay": 0.5}},
    "decay": {"regularization__decay": 0.5},
    "penalties": {"regularization__l1": 0.1, "regularization__l2": 0.1},
    "max-norm": {"network__max_norm": 0.05},
    "clipping": {"clipping": {"kind": "layer", "threshold": 0.01}},
    "all at once": {"regularization__decay": 0.5, "network__max_norm": 0.05, "regularization__l1": 0.1},
}


@pytest.mark.parametrize("executor", ["compiled", "eager"])
@pytest.mark.parametrize("knobs", STIRRING.values(), ids=STIRRING)
def test_a_layer_that_is_frozen_while_training_stays_to_the_bit(knobs, executor):
    norm = {"network__normalization": "batch", "network__layers": [5, 5]}
    trainer = make_trainer(make_dataset(rows=43), executor=executor, **norm, **knobs)
    trainer.advance(steps=20)
    before = trainer.snapshot()
    assert trainer.retune(trainer.experiment.replace("network.layers.0.frozen", True))
    chunk, after = trainer.advance(steps=20), trainer.snapshot()
    (_, stop), *_ = before.layout.spans
    np.testing.assert_array_equal(after.parameters[:stop], before.parameters[:stop])
    assert (after.parameters[stop:] != before.parameters[stop:]).any()
    np.testing.assert_array_equal(after.buffers[:10], before.buffers[:10])
    assert (after.buffers[10:] != before.buffers[10:]).all()
    assert not chunk.gradient_norm[:, 0].any()
    assert not chunk.update_ratio[:, 0].any()
    assert trainer.retune(trainer.experiment.replace("network.layers.0.frozen", False))
    trainer.advance(steps=1)
    assert (trainer.snapshot().parameters[:stop] != before.parameters[:stop]).any()


def test_a_frozen_layer_s_penalty_does_not_lengthen_the_gradient_that_is_normalized():
    """The normalized rule divides by the norm of what is learned alone: each step is as long as the rate."""
    layers = [{"width": 5, "frozen": True}, 5]
    knobs = {"optimizer": {"kind": "normalized", "lr": 0.01}, "regularization__l2": 10.0}
    trainer = make_trainer(make_dataset(), network__layers=layers, **knobs)
    for _ in range(3):
        before = trainer.snapshot().parameters
        trainer.advance(steps=1)
        assert np.linalg.norm(trainer.snapshot().parameters - before) == pytest.approx(0.01, rel=1e-4)


# weight decay


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_decay_takes_a_share_of_every_parameter_before_the_update(optimizer):
    knobs = {"regularization__decay": 0.3, "network__layers": [{"width": 5, "lr_factor": 0.5}, 5]}
    assert_same_training(trainer_of("three classes", **NORMS["batch before"], **knobs, **OPTIMIZERS[optimizer]))


@pytest.mark.usefixtures("doubles")
def test_adam_with_decay_is_torch_s_adamw():
    decay = {"optimizer": {"kind": "adam", "lr": 0.02}, "regularization__decay": 0.1}
    adamw = {"optimizer": {"kind": "adamw", "lr": 0.02, "weight_decay": 0.1}}
    trainer, expected = trainer_of("two classes", **decay), Reference(trainer_of("two classes", **adamw)).run()
    np.testing.assert_allclose(trainer.advance(steps=STEPS).loss, expected.loss, rtol=1e-9)


@pytest.mark.usefixtures("doubles")
def test_decay_beside_plain_descent_is_an_l2_penalty_of_every_parameter():
    plain = {"optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.0}}
    trainer = trainer_of("two classes", regularization__decay=0.3, **plain)
    reference = Reference(trainer_of("two classes", **plain))
    groups = [{"params": list(block.parameters())} for block in reference.blocks]
    reference.optimizer = torch.optim.SGD(groups, lr=0.05, weight_decay=0.3)
    np.testing.assert_allclose(trainer.advance(steps=STEPS).loss, reference.run().loss, rtol=1e-9)


@pytest.mark.usefixtures("doubles")
@pytest.mark.parametrize("norm", ["none", "batch before", "batch after"])
def test_dropout_silences_what_its_generator_says(norm):
    assert_same_training(trainer_of("two classes", network__dropout=0.4, **NORMS[norm]))


@pytest.mark.usefixtures("doubles")
def test_a_network_without_hidden_layers_is_trained_too():
    assert_same_training(trainer_of("three classes", network__layers=[], optimizer__kind="adam"))


@pytest.mark.parametrize("task", TASKS)
def test_a_training_in_float32_is_that_of_plain_pytorch(task):
    kind, classes = TASKS[task]
    trainer = make_trainer(make_dataset(kind, classes, rows=43), network__layers=[5, 5], **OPTIMIZERS["sgd"])
    reference, chunk = Reference(trainer).run(), trainer.advance(steps=STEPS)
    assert chunk.loss.dtype == chunk.gradient_norm.dtype == chunk.update_ratio.dtype == np.float32
    np.testing.assert_allclose(chunk.loss, reference.loss, rtol=1e-5)
    np.testing.assert_allclose(chunk.gradient_norm, reference.norms, rtol=1e-5)
    np.testing.assert_allclose(chunk.update_ratio, reference.ratios, rtol=1e-5)
