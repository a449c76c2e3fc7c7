"""Experiments as values: read, replaced, compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import GROUPS, kinds
from nnplayground.experiment.datasets import Blobs, Openml, Spiral, Table, training_rows
from nnplayground.experiment.layer import LayerKind, Learning
from nnplayground.experiment.layers import Layer, MaxPool
from nnplayground.experiment.losses import CrossEntropy
from nnplayground.experiment.network import Network
from nnplayground.experiment.optimizers import SGD, Adam
from tests.experiment.outcome import outcome
from tests.strategies import experiments, field, numbers, of_kind

# What these tests are about does not hang on the program's defaults.
BASE = Experiment().replace_all(
    {
        "data": Spiral(),
        "optimizer": SGD(),
        "network.layers": [8, 8, 8],
        "loss.kind": "auto",
        "schedule.kind": "constant",
    }
)
KNOWN_NAMES = [*Experiment.model_fields, *Network.model_fields, *Layer.model_fields, *SGD.model_fields]
NAMES = st.sampled_from(KNOWN_NAMES) | st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["sgd", "spiral"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
KNOWN = [f.path for f in BASE.fields()] + [f"{group}.kind" for group in GROUPS] + list(GROUPS)
PATHS = st.sampled_from(KNOWN) | st.lists(NAMES | st.sampled_from("0123"), max_size=4).map(".".join) | st.text()


def owner(experiment, path):
    """Return the model that holds the knob at `path`, and the knob's name."""
    *parents, name = path.split(".")
    return type(experiment.get(".".join(parents)) if parents else experiment), name


def two_values(knob):
    """Return two values, at least, that a knob may have."""
    if knob.type is bool:
        return (False, True)
    return knob.choices or (knob.knob.low, knob.type(min(knob.knob.low + 1, knob.knob.high)))


@given(experiment=experiments(), data=st.data())
def test_replacing_changes_that_path_alone(experiment, data):
    knob = data.draw(st.sampled_from([f for f in experiment.fields() if f.type is not tuple]))
    value = data.draw(field(*owner(experiment, knob.path)))
    changed, line = outcome(experiment.replace, knob.path, value)
    if line:
        assert "does not fit" in line or "larger than the training set" in line or "fewer than the" in line
        return
    assert changed.get(knob.path) == value
    assert experiment.diff(changed) == ({} if value == knob.value else {knob.path: (knob.value, value)})
    assert changed.diff(experiment) == ({} if value == knob.value else {knob.path: (value, knob.value)})
    assert changed.replace(knob.path, knob.value) == experiment


@given(first=experiments(), second=experiments())
def test_a_difference_read_backwards_is_the_difference(first, second):
    forth, back = first.diff(second), second.diff(first)
    assert forth == {path: (here, there) for path, (there, here) in back.items()}
    assert (forth == {}) == (first == second)
    assert first.diff(first) == {}


@given(first=experiments(), second=experiments())
def test_replacing_every_group_makes_the_other_experiment(first, second):
    groups = {name: getattr(second, name) for name in Experiment.model_fields}
    assert first.replace_all(groups) == second


@given(experiment=experiments(), data=st.data())
def test_changes_are_live_where_every_changed_knob_is(experiment, data):
    changes, live = {}, True
    for knob in data.draw(st.lists(st.sampled_from(list(experiment.fields())), max_size=3, unique_by=lambda f: f.path)):
        value = data.draw(field(*owner(experiment, knob.path)))
        if knob.type is tuple or value == knob.value:
            continue
        changes[knob.path] = value
        live = live and (knob.knob.live or knob.path in ("name", "note"))
    other, line = outcome(experiment.replace_all, changes)
    if not line:
        assert experiment.is_live(other) == live
        assert other.is_live(experiment) == live


def test_each_knob_alone_is_live_as_declared():
    kinds = {"schedule": "cosine", "loss": "huber", "clipping": "norm", "averaging": "swa"}
    experiment = BASE.replace_all({f"{group}.kind": kind for group, kind in kinds.items()})
    of_images, elsewhere = (
        experiment.replace("data.kind", "digits"),
        {"name", "note", "network.layers", "data.features", "transfer.weights"},
    )
    elsewhere.add("regularization.smoothing")  # which only cross-entropies have
    for knob in experiment.fields():
        if knob.path not in elsewhere:
            host = of_images if knob.path.startswith("augmentation.") else experiment
            value = next(value for value in two_values(knob) if value != knob.value)
            assert host.is_live(host.replace(knob.path, value)) == knob.knob.live, knob.path
    assert BASE.is_live(BASE.replace("regularization.smoothing", 0.5))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("optimizer.kind", "adam"),
        ("schedule.kind", "exponential"),
        ("loss.kind", "mse"),
        ("output.size", 5),
        ("output.activation", "sigmoid"),
        ("clipping.kind", "norm"),
        ("averaging.kind", "ema"),
        ("stopping.watch", "train_loss"),
        ("data.kind", "circle"),
        ("network.layers", [8, 8]),
        ("network.layers", [8, 8, 8, 8]),
        ("network.layers", []),
        ("network.layers.1.activation", "relu"),
        ("seeds.model", 2),
        ("seeds.order", 7),
        ("batches.size", 11),
    ],
)
def test_what_needs_another_network_or_other_data_is_not_live(path, value):
    assert not BASE.is_live(BASE.replace(path, value))


def test_names_and_notes_are_changed_without_a_rebuild():
    assert BASE.is_live(BASE.replace_all({"name": "mine", "note": "look at layer 2"}))


def test_an_experiment_cannot_be_changed_in_place():
    experiment = BASE
    for part in (experiment, experiment.optimizer, experiment.network.layers[0]):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(part, next(iter(type(part).model_fields)), 1)
    assert len({experiment, BASE, experiment.replace("optimizer.lr", 0.1)}) == 2


def test_another_kind_keeps_what_was_turned_and_both_have():
    turned = BASE.replace_all({"optimizer.lr": 0.5, "optimizer.momentum": 0.7})
    assert turned.replace("optimizer.kind", "rmsprop").optimizer.model_dump() == {
        **kinds("optimizer")["rmsprop"]().model_dump(),
        "lr": 0.5,
        "momentum": 0.7,
    }
    assert BASE.replace("optimizer.kind", "adam").optimizer == Adam()
    data = BASE.replace_all({"data.noise": 0.2, "data.features": ["x1^2"]}).replace("data.kind", "sine").data
    assert (data.noise, data.features, data.samples) == (0.2, ("x1",), 200)  # a line has features of its own


def test_another_kind_of_layer_keeps_what_both_have():
    layers = [{"kind": "conv", "filters": 4, "stride": 2, "activation": "relu", "dropout": 0.2}, 8]
    experiment = BASE.replace_all({"data.kind": "digits", "network.layers": layers})
    changed = experiment.replace("network.layers.0.kind", "dense")
    assert changed.network.layers == (Layer(activation="relu", dropout=0.2), Layer())
    assert not experiment.is_live(changed)
    pooled = experiment.replace_all({"network.layers.0.kind": "max_pool", "network.layers.0.size": 4})
    assert pooled.network.layers == (MaxPool(size=4, stride=2), Layer())
    assert pooled.diff(changed)["network.layers.0.kind"] == ("max_pool", "dense")


def test_the_same_kind_again_changes_nothing():
    experiment = BASE.replace("optimizer.lr", 0.5)
    assert experiment.replace("optimizer.kind", "sgd") == experiment


def test_a_kind_is_set_before_its_knobs_whatever_the_order():
    changes = {"data.clouds": 5, "data.noise": 0.2, "data.kind": "blobs"}
    for order in (changes, dict(reversed(changes.items()))):
        assert BASE.replace_all(order).data == Blobs(clouds=5, noise=0.2)


def test_changes_are_judged_together():
    changes = {"data.samples": 20, "batches.size": 5}
    assert BASE.replace("batches.size", 200).replace_all(changes).batches.size == 5
    assert BASE.replace_all({"loss.kind": "cross_entropy", "data.kind": "spiral3"}).loss == CrossEntropy()


@pytest.mark.parametrize("kind", [LayerKind, Learning])
def test_a_kind_of_layer_that_does_not_say_its_shape_cannot_be_made(kind):
    with pytest.raises(TypeError, match=r"abstract method.*gives"):
        kind()


def test_what_is_given_stays_as_it_is_when_a_knob_is_turned_within_it():
    optimizer, layers = {"kind": "sgd", "lr": 0.5}, [{"width": 3}, 4]
    given = {"optimizer": optimizer, "optimizer.lr": 0.1, "network.layers": layers, "network.layers.0.width": 7}
    experiment = BASE.replace_all(given)
    assert (experiment.optimizer.lr, experiment.network.layers[0].width) == (0.1, 7)
    assert (optimizer, layers) == ({"kind": "sgd", "lr": 0.5}, [{"width": 3}, 4])


def test_a_group_can_be_replaced_whole():
    assert BASE.replace("optimizer", SGD(lr=1.0)).optimizer == SGD(lr=1.0)
    assert BASE.replace("optimizer", {"kind": "adam"}).optimizer == Adam()
    assert BASE.replace("network.layers", [Layer(width=3), 4]).network.layers == (Layer(width=3), Layer(width=4))


def test_a_knob_of_one_layer_can_be_turned():
    changed = BASE.replace("network.layers.1.width", 5)
    assert [layer.width for layer in changed.network.layers] == [8, 5, 8]
    assert changed.get("network.layers.1") == Layer(width=5)


@pytest.mark.parametrize("path", ["network.layers.3.width", "network.layers.-1.width", "network.layers.x.width"])
def test_a_layer_that_is_not_there_has_no_knobs(path):
    for attempt in (lambda: BASE.get(path), lambda: BASE.replace(path, 3)):
        with pytest.raises(ExperimentError, match=f"{path}.*there is no such knob here"):
            attempt()


def test_a_layer_has_what_the_network_says_unless_it_says_otherwise():
    own = Layer(activation="relu", dropout=0.0, max_norm=0.0, frozen=True)
    network = Network(layers=(Layer(), own), activation="sine", dropout=0.5, max_norm=3.0)
    same = {"initializer": "auto", "normalization": "none", "norm_place": "before", "dropout_kind": "plain"}
    assert network.resolved(0) == Layer(activation="sine", dropout=0.5, max_norm=3.0, **same)
    assert network.resolved(1) == Layer(activation="relu", dropout=0.0, max_norm=0.0, frozen=True, **same)


@given(experiment=experiments())
def test_a_resolved_layer_leaves_nothing_open(experiment):
    for i, layer in enumerate(experiment.network.layers):
        resolved = experiment.network.resolved(i)
        assert type(resolved) is type(layer)
        for name in type(layer).model_fields:
            own = getattr(layer, name)
            wider = getattr(experiment.network, name, None)
            assert getattr(resolved, name) == (wider if own is None else own)
            assert getattr(resolved, name) is not None or not layer.learns


@pytest.mark.parametrize("kind", kinds("data"))
def test_data_say_what_is_known_of_them(kind):
    data = of_kind("data", kind).data
    if data.outside:
        task = None if "target_task" in type(data).model_fields else "classification"
        assert (data.known_task, data.known_classes, data.known_rows) == (task, None, None)
        return
    assert data.known_rows > 1
    assert data.known_classes == 0 if data.known_task == "regression" else data.known_classes >= 2


@pytest.mark.parametrize("data", [Table(path="own.csv"), Openml(name="iris")], ids=lambda data: data.kind)
def test_columns_are_of_the_task_that_they_are_told_to_be(data):
    values = data.model_copy(update={"target_task": "regression"})
    assert (values.known_task, values.known_classes) == ("regression", 0)
    classes = data.model_copy(update={"target_task": "classification"})
    assert (classes.known_task, classes.known_classes) == ("classification", None)


@given(values=JSON | st.dictionaries(NAMES, JSON))
def test_any_values_are_an_experiment_or_an_experiment_error(values):
    experiment, line = outcome(Experiment.of, values)
    assert line or isinstance(experiment, Experiment)


@given(path=PATHS, value=JSON)
def test_any_change_is_an_experiment_or_an_experiment_error(path, value):
    changed, line = outcome(BASE.replace, path, value)
    assert isinstance(changed, Experiment) or "allowed" in line or "no such knob" in line or "is missing" in line


@given(path=PATHS)
def test_any_path_has_a_value_or_an_experiment_error(path):
    for read in (BASE.get, BASE.field):
        _, line = outcome(read, path)
        assert line == "" or line.startswith(" ".join(path.splitlines()))


@given(value=numbers(BASE.field("batches.size").knob, whole=True, high=1000), samples=st.integers(20, 2000))
def test_a_batch_is_never_larger_than_the_training_set(value, samples):
    changes = {"batches.size": value, "data.samples": samples}
    if value <= training_rows(samples, 0.5):
        assert BASE.replace_all(changes).batches.size == value
    else:
        with pytest.raises(ExperimentError, match=f"batches.size = {value} is larger than the training set"):
            BASE.replace_all(changes)
