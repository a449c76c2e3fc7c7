"""What is told of a fan: medians and bands against numpy, the best, and of which experiment it is."""

import numpy as np
import pytest

from nnplayground.engine.chunk import Chunk
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import every_knob
from nnplayground.gui.fan import proposals
from nnplayground.gui.fan.against import places
from nnplayground.gui.fan.mailbox import Delivery, Piece, Result
from nnplayground.gui.fan.outcome import Outcome
from nnplayground.gui.fan.plan import Plan, seeds_of
from nnplayground.gui.fan.words import brief_text, field_of, name_of, value_text
from nnplayground.gui.knobs.contents import inherited, knobs
from nnplayground.gui.knobs.editors import offers

BASE = Experiment()


def made(values=(0.01, 0.1), seeds=3, epochs=5, diverged=(), validation=True) -> tuple[Outcome, np.ndarray]:
    """A fan of random losses, (epochs, values, seeds)."""
    plan = Plan(BASE, "optimizer.lr", values, seeds, epochs=epochs)
    outcome = Outcome(plan)
    members = len(values) * seeds
    losses = np.random.default_rng(1).uniform(0.1, 2.0, (epochs, members)).astype(np.float32)
    missing = losses if validation else np.full_like(losses, np.nan)
    steps = np.repeat(losses, 4, axis=0)
    blank = np.zeros((len(steps), members, 1), np.float32)
    chunk = Chunk(
        0, steps, steps, blank, blank, np.arange(1, epochs + 1), losses, missing, *(losses[..., None],) * 2, losses, 0.0
    )
    stopped = tuple(7 if i in diverged else 0 for i in range(members))
    outcome.take(Delivery(pieces=[Piece(tuple(range(len(values))), chunk, 4, stopped)]))
    return outcome, losses.reshape(epochs, len(values), seeds).astype(float)


def test_courses_are_the_median_and_the_band_of_the_seeds():
    outcome, losses = made()
    for value in range(2):
        course = outcome.course(value, "validation_loss")
        assert np.array_equal(course.x, 4 * np.arange(1, 6))
        assert np.allclose(course.median, np.median(losses[:, value], axis=1))
        assert np.allclose(course.low, losses[:, value].min(axis=1))
        assert np.allclose(course.high, losses[:, value].max(axis=1))
    whole = outcome.whole_course("train_loss")
    assert np.allclose(whole.median, np.median(losses.reshape(5, 6), axis=1))


def test_the_best_is_the_value_with_the_least_median():
    outcome, losses = made(values=(0.1, 0.2, 0.3, 0.4))
    medians = np.median(losses[-1], axis=1)
    assert [outcome.median(value, "train_loss") for value in range(4)] == pytest.approx(medians)
    assert outcome.best() == medians.argmin()


def test_a_value_whose_seeds_mostly_diverged_is_never_the_best():
    _, losses = made()
    good = int(np.median(losses[-1], axis=1).argmin())
    outcome, _ = made(diverged=[3 * good, 3 * good + 1])
    assert outcome.median(good, "validation_loss") == np.inf
    assert outcome.best() == 1 - good


def test_without_validation_values_are_judged_by_the_training_loss():
    outcome, losses = made(validation=False)
    assert outcome.quantity == "train_loss"
    assert outcome.best() == np.median(losses[-1], axis=1).argmin()


def test_where_training_ended_the_losses_there_count():
    outcome, _ = made()
    end = np.arange(6, dtype=np.float32)
    outcome.take(Delivery(results=[Result((0, 1), end, end + 1)]))
    assert outcome.losses(1, "validation_loss").tolist() == [4.0, 5.0, 6.0]


def test_nothing_is_best_before_there_is_any_loss():
    outcome = Outcome(Plan(BASE, "optimizer.lr", (0.1, 0.2)))
    assert outcome.best() is None
    assert outcome.quantity == "validation_loss"
    assert len(outcome.course(0, "validation_loss").x) == 0


def test_a_fan_is_of_every_experiment_that_differs_in_its_knob_alone():
    plan = Plan(BASE, "optimizer.lr", (0.1,))
    assert plan.describes(BASE)
    assert plan.describes(BASE.replace("optimizer.lr", 0.5))
    assert plan.describes(BASE.replace_all({"name": "another", "optimizer.lr": 0.1}))
    assert not plan.describes(BASE.replace("network.layers", [3]))
    assert not Plan(BASE, "optimizer.beta1", (0.1,)).describes(BASE.replace("optimizer.kind", "sgd"))
    assert Plan(BASE, "seeds", seeds_of(BASE, 2)).describes(BASE.replace("seeds.model", 77))


PATHS = [(kind, f) for kind, f in every_knob() if offers(f) and not f.path.startswith("data.")]


def base_of(kind, path) -> Experiment:
    """An experiment that has a knob."""
    if path.startswith("network.layers.0."):
        return BASE.replace_all({"data.kind": "digits", "network.layers": [{"kind": kind}, 8]})
    if path.startswith("augmentation."):
        return BASE.replace("data.kind", "digits")
    base = BASE.replace("data.kind", "plane") if kind in ("quantile", "huber", "mse", "mae", "log_cosh") else BASE
    return base.replace(f"{path.split('.')[0]}.kind", kind) if kind else base


@pytest.mark.parametrize(
    ("kind", "path"), [(k, f.path) for k, f in PATHS], ids=[f"{f.path} {k}".strip() for k, f in PATHS]
)
def test_of_every_knob_values_are_proposed_that_its_declaration_allows(kind, path):
    base = base_of(kind, path)
    field = base.field(path)
    if proposals.is_range(field):
        low, high, count = proposals.ends(field, base)
        assert low < high
        values = field.spread(low, high, count)
        assert 2 <= len(values) <= proposals.MOST
    else:
        values = proposals.listed(field, base)
        assert (inherited(base, path) if field.value is None else field.value) in values
        assert len(values) >= 2 or path in ("transfer.output", "transfer.weights", "data.backbone_weights")
    assert len(set(map(str, values))) == len(values)
    assert None not in values
    for value in values:
        assert base.replace(path, value).get(path) == value


def test_kinds_are_fanned_out_too():
    for path in ("optimizer.kind", "schedule.kind", "loss.kind"):
        assert BASE.get(path) in proposals.listed(field_of(BASE, path), BASE)


def test_of_a_layers_kinds_those_alone_are_proposed_that_fit_the_data():
    images = BASE.replace("data.kind", "digits")
    assert proposals.listed(field_of(BASE, "network.layers.1.kind"), BASE) == ("dense", "flatten")
    kinds = proposals.listed(field_of(images, "network.layers.0.kind"), images)
    assert {"dense", "conv", "max_pool"} <= set(kinds)
    for kind in kinds:
        images.replace("network.layers.0.kind", kind)


def test_a_range_ends_at_the_values_that_the_experiment_can_have():
    base = BASE.replace_all({"network.layers": [3, 3], "network.normalization": "layer"})
    low, high, count = proposals.ends(base.field("network.layers.1.width"), base)
    assert low >= 2
    values = base.field("network.layers.1.width").spread(low, high, count)
    assert [base.replace("network.layers.1.width", value) for value in values]


def test_a_range_is_around_the_networks_value_where_a_layer_leaves_it_open():
    base = BASE.replace("network.max_norm", 5.0)
    low, high, _ = proposals.ends(base.field("network.layers.0.max_norm"), base)
    assert (low, high) == proposals.ends(base.field("network.max_norm"), base)[:2]
    assert low < 5 < high


@pytest.mark.parametrize(
    ("path", "name"), [("optimizer.lr", "learning rate"), ("network.layers.1.kind", "layer 2: kind")]
)
def test_a_fans_knob_is_called_by_its_layer_where_it_is_one_of_a_layer(path, name):
    assert name_of(field_of(BASE, path)) == name


@pytest.mark.parametrize("path", ["network.layers.9.width", "network.layers.9.kind", "nothing.kind", "batches.kind"])
def test_a_knob_that_is_not_there_has_no_fan(path):
    with pytest.raises(ExperimentError, match="no such knob"):
        field_of(BASE, path)


def test_proposed_rates_are_those_of_the_command_line_around_the_present_one():
    low, high, count = proposals.ends(BASE.field("optimizer.lr"), BASE)
    assert (low, high) == (BASE.optimizer.lr / 100, BASE.optimizer.lr * 100)
    assert BASE.optimizer.lr in BASE.field("optimizer.lr").spread(low, high, count)


def test_layers_are_proposed_from_none_to_more_and_each_can_be_had():
    found = proposals.listed(BASE.field("network.layers"), BASE)
    assert found[0] == ()
    assert BASE.network.layers in found
    assert [len(layers) for layers in found] == sorted(len(layers) for layers in found)


@pytest.mark.parametrize("depth", [0, 1, 3, 8, 20, 24])
def test_of_depths_there_are_shallower_and_deeper_ones_as_many_as_a_network_may_have(depth):
    base = BASE.replace("network.layers", [8] * depth)
    found = proposals.listed(base.field("network.layers"), base)
    depths = {len(layers) for layers in found}
    assert base.network.layers in found
    assert len(found) <= proposals.MOST
    assert depths >= {0, depth}
    assert depths >= {count for count in (depth + 1, depth + 2, 2 * depth) if count <= 24}


def test_places_follow_the_knobs_own_scale():
    rate, l2, noise = (BASE.field(path) for path in ("optimizer.lr", "regularization.l2", "data.noise"))
    assert places(rate, (0.001, 0.01, 1.0)) == pytest.approx([-3, -2, 0])
    assert places(l2, (0.0, 0.001, 0.01)) == pytest.approx([-4, -3, -2])
    assert places(noise, (0.0, 0.1, 0.5)) == pytest.approx([0, 0.1, 0.5])
    assert places(BASE.field("network.activation"), ("tanh", "relu")).tolist() == [0, 1]


def test_every_row_of_the_panel_with_values_offers_a_fan():
    offered = {f.path for section in knobs(BASE).values() for f in section if offers(f)}
    assert {"optimizer.lr", "network.layers", "network.activation", "batches.size", "seeds.model"} <= offered
    assert {field.path for _, field in every_knob() if not offers(field)} == {
        *("data.points", "data.path", "data.target", "data.ignored", "data.images", "data.labels", "data.name"),
    }


def test_lists_of_epochs_are_proposed_earlier_later_and_shorter_in_order():
    base = BASE.replace("schedule", {"kind": "multi_step", "at": [4, 8, 20]})
    found = proposals.listed(base.field("schedule.at"), base)
    assert found == ((4,), (4, 8), (1, 2, 5), (2, 4, 10), (4, 8, 20), (8, 16, 40), (16, 32, 80))


def test_files_are_proposed_beside_what_there_is_without_them():
    own = BASE.replace("transfer.weights", "runs/a/network.safetensors")
    field = own.field("transfer.weights")
    assert proposals.listed(field, own) == ("runs/a/network.safetensors", "")
    assert [value_text(field, value) for value in proposals.listed(field, own)] == ["a/network.safetensors", "none"]


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("network.layers", (), "none"),
        ("network.layers", (8, 8, 8), "8, 8, 8"),
        ("network.layers", (16,) * 6, "6: 16, 16, 16, 1…"),
        ("network.activation", "leaky_relu", "leaky ReLU"),
        ("optimizer.lr", 0.0031623, "0.00316"),
    ],
)
def test_values_are_told_in_few_characters_and_long_lists_by_their_length_first(path, value, text):
    base = BASE.replace(path, value)
    assert brief_text(base.field(path), base.get(path)) == text


def test_data_sets_are_proposed_that_the_experiment_can_be_of():
    base = BASE.replace("batches.size", 200)
    found = proposals.listed(field_of(base, "data.kind"), base)
    assert "iris" in proposals.listed(field_of(BASE, "data.kind"), BASE)
    assert "iris" not in found
    assert "spiral" in found
