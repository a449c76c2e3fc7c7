"""Every way to get an experiment wrong, and the one line that says how."""

from __future__ import annotations

import pickle

import pytest

from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import GROUPS, kinds
from nnplayground.experiment.errors import shown
from nnplayground.experiment.optimizers import SGD
from nnplayground.experiment.style import ActivationName

ACTIVATIONS = ", ".join(ActivationName.__args__)
NUMBER_OF_LAYERS = "a list of 0 to 24"
HUGE = 10**5000

LAYERS = "dense, conv, max_pool, average_pool, global_pool, flatten, resize, residual, inception, mbconv"


def images(*layers):
    """Return values of an experiment on images of 8 by 8 pixels, with these layers."""
    return {"data": {"kind": "digits"}, "network": {"layers": [*layers]}}


# (values, the whole line)
CASES = [
    ({"batchs": {}}, "batchs = {}: there is no such knob; did you mean 'batches'?"),
    ({"batches": {"sise": 8}}, "batches.sise = 8: there is no such knob; did you mean 'size'?"),
    ({"batches": {"q": 8}}, "batches.q = 8: there is no such knob; there are size"),
    (
        {"optimizer": {"kind": "sgd", "momemtum": 0.9}},
        "optimizer.momemtum = 0.9: there is no such knob; did you mean 'momentum'?",
    ),
    (
        {"optimizer": {"kind": "adam", "momentum": 0.9}},
        "optimizer.momentum = 0.9: there is no such knob; there are kind, lr, beta1, beta2, epsilon",
    ),
    (
        {"network": {"layers": [8, {"widht": 4}]}},
        "network.layers.1.widht = 4: there is no such knob; did you mean 'width'?",
    ),
    (
        {"network": {"activation": "rleu"}},
        f"network.activation = 'rleu' is not allowed; allowed: one of {ACTIVATIONS}",
    ),
    (
        {"network": {"layers": [8, {"activation": 3}]}},
        f"network.layers.1.activation = 3 is not allowed; allowed: one of {ACTIVATIONS}, or left out",
    ),
    (
        {"network": {"layers": [8.5]}},
        "network.layers.0.width = 8.5 is not allowed; allowed: a whole number from 1 to 4096",
    ),
    (
        {"network": {"layers": [True]}},
        "network.layers.0.width = true is not allowed; allowed: a whole number from 1 to 4096",
    ),
    (
        {"network": {"layers": [8, 0]}},
        "network.layers.1.width = 0 is not allowed; allowed: a whole number from 1 to 4096",
    ),
    ({"network": {"layers": 8}}, f"network.layers = 8 is not allowed; allowed: {NUMBER_OF_LAYERS}"),
    (
        {"network": {"layers": [1] * 25}},
        f"network.layers = {str([1] * 25)[:59]}… is not allowed; allowed: {NUMBER_OF_LAYERS}",
    ),
    (
        {"network": {"layers": [{"kind": "convolution"}]}},
        f"network.layers.0.kind = 'convolution' is not allowed; allowed: one of {LAYERS}",
    ),
    (
        {"network": {"layers": [8, {"kind": "conv", "width": 8}]}},
        "network.layers.1.width = 8: there is no such knob; there are activation, initializer, normalization, "
        "norm_place, dropout, dropout_kind, max_norm, lr_factor, frozen, kind, filters, kernel, stride, padding",
    ),
    (
        {"network": {"layers": [{"kind": "conv", "kernel": 2}]}},
        "network.layers.0.kernel = 2 is not allowed; allowed: one of 1, 3, 5, 7",
    ),
    (
        {"network": {"layers": [{"kind": "max_pool", "stride": 9}]}},
        "network.layers.0.stride = 9 is not allowed; allowed: a whole number from 1 to 8, or left out",
    ),
    (
        {"network": {"layers": [8, {"kind": "conv"}]}},
        "network.layers.1.kind = 'conv' needs an image, and is given 8 numbers side by side; "
        "allowed there: dense, flatten",
    ),
    (
        {"data": {"kind": "digits", "form": "inputs"}, "network": {"layers": [{"kind": "max_pool"}]}},
        "network.layers.0.kind = 'max_pool' needs an image, and is given 64 numbers side by side; "
        "allowed there: dense, flatten",
    ),
    (
        images({"kind": "max_pool", "size": 6}, {"kind": "conv", "padding": "valid"}),
        "network.layers.1.kernel = 3 does not fit an image of 1×1; allowed: at most 1, or padding = 'same'",
    ),
    (
        images({"kind": "conv", "stride": 4}, {"kind": "average_pool", "size": 3}),
        "network.layers.1.size = 3 does not fit an image of 2×2; allowed: at most 2",
    ),
    (
        images({"kind": "global_pool"}, {"kind": "resize"}),
        "network.layers.1.kind = 'resize' needs an image, and is given 1 numbers side by side; "
        "allowed there: dense, flatten",
    ),
    (
        images({"kind": "resize", "side": 256}, {"kind": "conv", "filters": 512}),
        "network.layers.1: up to here, 33,619,968 numbers are made of each of 10 samples in a batch; "
        "allowed: 200,000,000 in all, by smaller batches, images, layers, or pooling",
    ),
    ({"network": 8}, "network = 8 is not allowed; allowed: a table of knobs"),
    (
        {"data": {"kind": "circle", "features": []}},
        "data.features = [] is not allowed; allowed: a list of 1 to 7 of x1, x2, x1^2, x2^2, x1*x2, sin(x1), sin(x2)",
    ),
    (
        {"data": {"kind": "sine", "features": ["x2"]}},
        "data.features.0 = 'x2' is not allowed; allowed: one of x1, x1^2, sin(x1)",
    ),
    ({"data": {"kind": "table"}}, "data.path is missing"),
    (
        {"data": {"kind": "table", "path": "a.csv", "ignored": [3]}},
        "data.ignored.0 = 3 is not allowed; allowed: a valid string",
    ),
    ({"name": 3}, "name = 3 is not allowed; allowed: text"),
    ({"format": 2}, "format = 2 is not allowed; allowed: one of 1"),
    ({"seeds": {"model": -1}}, "seeds.model = -1 is not allowed; allowed: a whole number from 0 to 2.14748e+09"),
    (
        {"batches": {"size": HUGE}},
        "batches.size = (int too long to be shown) is not allowed; allowed: a whole number from 1 to 65536",
    ),
]


def line_of(action, *arguments):
    with pytest.raises(ExperimentError) as caught:
        action(*arguments)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    return line


@pytest.mark.parametrize(("values", "said"), CASES, ids=lambda value: str(value)[:50] if isinstance(value, str) else "")
def test_what_is_wrong_is_said_in_one_line(values, said):
    assert line_of(Experiment.of, values) == said


def test_the_first_of_several_faults_is_told_and_the_rest_counted():
    line = line_of(Experiment.of, {"batches": {"size": 0}, "seeds": {"model": True, "order": None}})
    assert line.startswith("batches.size = 0 is not allowed; allowed: a whole number from 1 to 65536")
    assert line.endswith("(and 2 more)")


@pytest.mark.parametrize("group", GROUPS)
def test_a_kind_is_one_of_those_there_are(group):
    there = f"allowed: one of {', '.join(kinds(group))}"
    assert line_of(Experiment.of, {group: {"kind": "best"}}) == f"{group}.kind = 'best' is not allowed; {there}"
    assert line_of(Experiment.of, {group: {}}) == f"{group}.kind is missing; {there}"
    assert line_of(Experiment.of, {group: "best"}) == f"{group} = 'best' is not allowed; allowed: a table of knobs"
    for kind in ("best", 1, None, [], {}, 0.5, True):
        line = line_of(Experiment().replace, f"{group}.kind", kind)
        assert line.startswith(f"{group}.kind ")
        assert line.endswith(there)


@pytest.mark.parametrize("values", [None, 3, "text", [], [1], True, {1: 2}, {None: 2}])
def test_what_is_no_table_is_no_experiment(values):
    assert "allowed: a table of knobs" in line_of(Experiment.of, values)


@pytest.mark.parametrize("kind", ["plane", "bumps", "sine", "step", "diabetes"])
@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy", "focal", "hinge"])
def test_a_regression_has_no_loss_of_classes(kind, loss):
    line = line_of(Experiment.of, {"data": {"kind": kind}, "loss": {"kind": loss}})
    fits = "allowed: auto, mse, mae, huber, log_cosh, quantile"
    assert line == f"loss.kind = '{loss}' does not fit data.kind = '{kind}', which is regression; {fits}"


@pytest.mark.parametrize(("kind", "classes"), [("spiral3", 3), ("blobs", 4), ("iris", 3), ("wine", 3), ("digits", 10)])
def test_binary_cross_entropy_needs_two_classes(kind, classes):
    line = line_of(Experiment.of, {"data": {"kind": kind}, "loss": {"kind": "binary_cross_entropy"}})
    assert line == (
        f"loss.kind = 'binary_cross_entropy' does not fit data.kind = '{kind}' with {classes} classes; "
        "allowed: another loss, or output.activation = 'sigmoid'"
    )
    sigmoid = {"data": {"kind": kind}, "loss": {"kind": "binary_cross_entropy"}, "output": {"activation": "sigmoid"}}
    assert Experiment.of(sigmoid).data.known_classes == classes
    two = {"data": {"kind": "blobs", "clouds": 2}, "loss": {"kind": "binary_cross_entropy"}}
    assert Experiment.of(two).data.known_classes == 2


CLASSES = "auto, mse, mae, huber, log_cosh, binary_cross_entropy, cross_entropy, focal, hinge"
UNFIT = {  # (data, changes, the whole line)
    "a quantile of classes": (
        "xor",
        {"loss.kind": "quantile"},
        f"loss.kind = 'quantile' does not fit data.kind = 'xor', which is classification; allowed: {CLASSES}",
    ),
    "smoothed values": (
        "plane",
        {"regularization.smoothing": 0.1},
        "regularization.smoothing = 0.1 does not fit the loss 'mse'; "
        "allowed: 0, or one of cross_entropy, binary_cross_entropy",
    ),
    "smoothed margins": (
        "iris",
        {"loss.kind": "hinge", "regularization.smoothing": 0.05},
        "regularization.smoothing = 0.05 does not fit the loss 'hinge'; "
        "allowed: 0, or one of cross_entropy, binary_cross_entropy",
    ),
    "smoothed focus": (
        "iris",
        {"loss.kind": "focal", "regularization.smoothing": 0.5},
        "regularization.smoothing = 0.5 does not fit the loss 'focal'; "
        "allowed: 0, or one of cross_entropy, binary_cross_entropy",
    ),
    "smoothed answers of an activation that no cross-entropy has": (
        "iris",
        {"output.activation": "tanh", "regularization.smoothing": 0.5},
        "regularization.smoothing = 0.5 does not fit the loss 'mse'; "
        "allowed: 0, or one of cross_entropy, binary_cross_entropy",
    ),
    "two values": (
        "plane",
        {"output.size": 2},
        "output.size = 2 does not fit data.kind = 'plane', which has one value; allowed: 0, 1",
    ),
    "a softmax of values": (
        "plane",
        {"output.activation": "softmax"},
        "output.activation = 'softmax' does not fit data.kind = 'plane', which is regression; allowed: any other",
    ),
    "fewer outputs than classes": (
        "digits",
        {"output.size": 9},
        "output.size = 9 is fewer than the 10 classes of data.kind = 'digits'; allowed: 0, or 10 and more",
    ),
    "one output for three classes": (
        "iris",
        {"output.size": 1},
        "output.size = 1 is fewer than the 3 classes of data.kind = 'iris'; allowed: 0, or 3 and more",
    ),
    "a softmax of one": (
        "xor",
        {"output.size": 1, "output.activation": "softmax"},
        "output.size = 1 does not fit a softmax, which needs two; allowed: 0, or 2 and more",
    ),
    "a cross-entropy of one": (
        "xor",
        {"output.size": 1, "loss.kind": "cross_entropy"},
        "output.size = 1 does not fit a softmax, which needs two; allowed: 0, or 2 and more",
    ),
    "an activation that a loss has not": (
        "iris",
        {"output.activation": "sigmoid", "loss.kind": "cross_entropy"},
        "output.activation = 'sigmoid' does not fit loss.kind = 'cross_entropy'; allowed: auto, softmax",
    ),
    "an activation of margins": (
        "xor",
        {"output.activation": "tanh", "loss.kind": "hinge"},
        "output.activation = 'tanh' does not fit loss.kind = 'hinge'; allowed: auto",
    ),
    "an activation of binary cross-entropy": (
        "xor",
        {"output.activation": "softmax", "loss.kind": "binary_cross_entropy"},
        "output.activation = 'softmax' does not fit loss.kind = 'binary_cross_entropy'; allowed: auto, sigmoid",
    ),
}


@pytest.mark.parametrize(("data", "changes", "said"), UNFIT.values(), ids=UNFIT)
def test_loss_output_and_smoothing_fit_each_other_and_the_task(data, changes, said):
    assert line_of(Experiment().replace("data", {"kind": data}).replace_all, changes) == said


def test_a_batch_is_no_larger_than_the_training_set():
    values = {"data": {"kind": "moons", "samples": 100, "validation_share": 0.3}, "batches": {"size": 71}}
    what = "batches.size = 71 is larger than the training set of data.kind = 'moons'"
    assert line_of(Experiment.of, values) == f"{what}; allowed: 1 to 70"
    values["batches"]["size"] = 70
    assert Experiment.of(values).batches.size == 70
    assert line_of(Experiment.of, {"data": {"kind": "iris"}, "batches": {"size": 106}}).endswith("allowed: 1 to 105")


def test_a_feature_is_given_once():
    line = line_of(Experiment.of, {"data": {"kind": "moons", "features": ["x1", "x2", "x1"]}})
    assert line == "data.features = ('x1', 'x2', 'x1') names one twice; allowed: each feature once"


def test_batch_norm_needs_batches_of_two():
    of_one, norm = {"batches": {"size": 1}}, {"normalization": "batch"}
    reason = "one sample has no variance; allowed: batches of at least 2, or another normalization"
    line = line_of(Experiment.of, of_one | {"network": norm})
    assert line == f"batches.size = 1 does not fit network.normalization = 'batch': {reason}"
    line = line_of(Experiment.of, of_one | {"network": {"layers": [4, {"width": 4, **norm}]}})
    assert line == f"batches.size = 1 does not fit network.layers.1.normalization = 'batch': {reason}"
    off = {**norm, "layers": [{"width": 4, "normalization": "none"}, {"width": 4, "normalization": "layer"}]}
    assert Experiment.of(of_one | {"network": off}).network.normalization == "batch"
    assert Experiment.of(of_one | {"network": {**norm, "layers": []}}).batches.size == 1


@pytest.mark.parametrize("norm", ["layer", "group"])
def test_layer_and_group_norm_need_layers_of_two_neurons(norm):
    reason = "which has no variance; allowed: none, batch, weight, or wider layers"
    line = line_of(Experiment.of, {"network": {"layers": [4, 1], "normalization": norm}})
    assert line == f"network.normalization = '{norm}' does not fit a layer of 1 neuron, {reason}"
    line = line_of(Experiment.of, {"network": {"layers": [{"width": 1, "normalization": norm}]}})
    assert line == f"network.layers.0.normalization = '{norm}' does not fit a layer of 1 neuron, {reason}"
    assert Experiment.of({"network": {"layers": [{"width": 1, "normalization": "weight"}], "normalization": norm}})


def test_a_table_is_judged_once_it_is_loaded():
    table = {"data": {"kind": "table", "path": "a.csv"}, "loss": {"kind": "cross_entropy"}, "batches": {"size": 500}}
    experiment = Experiment.of(table)
    experiment.check_fit("classification", 3, 1000)
    assert "which is regression" in line_of(experiment.check_fit, "regression", 0, 1000)
    assert "allowed: 1 to 70" in line_of(experiment.check_fit, "classification", 3, 100)
    experiment = experiment.replace("loss.kind", "binary_cross_entropy")
    assert "with 3 classes" in line_of(experiment.check_fit, "classification", 3, 1000)


def test_a_path_that_is_not_there_is_told_with_the_nearest():
    experiment = Experiment().replace("optimizer", SGD())
    for action in (experiment.get, experiment.field, lambda path: experiment.replace(path, 0.1)):
        assert line_of(action, "optimiser.lr").endswith("there is no such knob here; did you mean optimizer.lr?")
        assert line_of(action, "zzz").endswith("there is no such knob here; nnplayground show knobs lists them all")
    for group in GROUPS:
        assert line_of(experiment.replace, f"x{group}.kind", "x").endswith(f"did you mean {group}.kind?")
    assert line_of(experiment.replace, "optimizer.beta1", 0.5).startswith(
        "optimizer.beta1 = 0.5: there is no such knob"
    )
    for path in ("network.kind", "seeds.kind", "kind", "name.kind", "network.layers.kind", "optimizer.lr.kind", ""):
        assert "there is no such knob here" in line_of(experiment.replace, path, "sgd")


def test_an_error_is_one_line_whatever_it_quotes():
    assert str(ExperimentError("a\nb\r\nc\u2028d\x0be")) == "a b c d e"
    assert line_of(Experiment.of, {"a\nb": "c\nd"}).startswith("a b = 'c\\nd': ")
    assert str(pickle.loads(pickle.dumps(ExperimentError("a\nb")))) == "a b"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "true"),
        (1.0, "1.0"),
        ("text", "'text'"),
        ([1, "a"], "[1, 'a']"),
        ("x" * 100, "'" + "x" * 58 + "…"),
        ({"a": 1}, "{'a': 1}"),
        (SGD(), "'sgd'"),
        (Experiment(), "'Experiment'"),
        (HUGE, "(int too long to be shown)"),
        ([HUGE], "(list too long to be shown)"),
    ],
    ids=lambda value: "" if isinstance(value, (int, list)) else None,
)
def test_values_are_shown_short(value, words):
    assert shown(value) == words
