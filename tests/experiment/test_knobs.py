"""What every knob declares, and that each declaration holds."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import GROUPS, every_knob, kinds
from nnplayground.experiment.datasets import training_rows
from nnplayground.experiment.knob import Knob, annotation_of, knob_of, members
from nnplayground.experiment.layers import Layer
from tests.strategies import experiments, of_kind

KNOBS = {f"{kind}:{field.path}" if kind else field.path: (kind, field) for kind, field in every_knob()}
NUMBERS = {name: place for name, place in KNOBS.items() if place[1].type in (int, float)}
WHOLE = {name: place for name, place in NUMBERS.items() if place[1].type is int}
SWITCHES = {name: place for name, place in KNOBS.items() if place[1].type is bool}
CHOICES = {name: place for name, place in KNOBS.items() if place[1].choices}
HUGE = pytest.param(10**5000, id="huge")  # Python refuses to write it out
PLANE = {"x2", "x2^2", "x1*x2", "sin(x2)"}  # features that a line has not, though it shares their knob
KINDS = [(group, kind) for group in (*GROUPS, "layers") for kind in kinds(group)]


def host(kind, field):
    """Return an experiment that has this knob."""
    group = field.path.split(".")[0]
    if group == "augmentation":
        return Experiment().replace("data", {"kind": "digits"})
    if group == "network" and kind:
        return of_kind("layers", kind)
    return of_kind(group, kind) if kind else Experiment()


@pytest.fixture(params=KNOBS.values(), ids=KNOBS)
def place(request):
    return request.param


@pytest.fixture(params=NUMBERS.values(), ids=NUMBERS)
def number(request):
    return request.param


@pytest.fixture(params=CHOICES.values(), ids=CHOICES)
def choice(request):
    return request.param


def refused(kind, field, value):
    with pytest.raises(ExperimentError) as caught:
        host(kind, field).replace(field.path, value)
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    assert line.startswith(f"{field.path} = ")
    assert line.endswith(f" is not allowed; allowed: {field.knob.allowed(field.annotation)}")
    return line


def test_every_knob_tells_what_it_is(place):
    knob = place[1].knob
    assert knob.label
    assert knob.label == knob.label.strip()
    assert knob.help.endswith(".")
    assert knob.help[0].isupper()
    assert knob.rule == "" or knob.rule.endswith(".")


def test_every_knob_stands_in_an_experiment_of_its_kind(place):
    kind, field = place
    experiment = host(kind, field)
    assert experiment.field(field.path).knob == field.knob
    assert experiment.get(field.path) == experiment.field(field.path).value


@pytest.mark.parametrize("kind", KINDS, ids=":".join)
def test_the_catalogue_leaves_out_no_knob(kind):
    group, name = kind
    experiment = of_kind(group, name)
    experiment = experiment if group == "layers" else experiment.replace("network.layers", [8])
    chosen = {g: f"{experiment.get(g).kind}:" for g in GROUPS}
    chosen = {f"{g}.": kind for g, kind in chosen.items()} | {
        "network.layers.0.": f"{experiment.network.layers[0].kind}:"
    }
    paths = {next((k for g, k in chosen.items() if f.path.startswith(g)), "") + f.path for f in experiment.fields()}
    assert paths - KNOBS.keys() == {"name", "note"}


def test_every_number_has_limits_and_a_way_to_slide(number):
    knob = number[1].knob
    assert knob.low is not None
    assert knob.high is not None
    assert knob.low < knob.high
    if knob.log:
        first = knob.low if knob.smallest is None else knob.smallest
        assert 0 < first < knob.high
        assert knob.low >= 0
    else:
        assert knob.step is not None
        assert knob.smallest is None


def test_defaults_are_allowed(place):
    kind, field = place
    experiment = host(kind, field)
    assert experiment.replace(field.path, experiment.get(field.path)) == experiment


def test_limits_are_allowed_and_reach_no_further(number):
    kind, field = number
    knob, whole = field.knob, field.type is int
    if field.path != "batches.size":  # limited by the samples too
        for value in (knob.low, knob.high):
            value = int(value) if whole else float(value)
            experiment = host(kind, field).replace("batches.size", 1)
            assert experiment.replace(field.path, value).get(field.path) == value
    for value in (knob.low - 1 if whole else math.nextafter(knob.low, -math.inf), knob.high + 1):
        refused(kind, field, value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "1", True, None, [1], {"a": 1}, HUGE])
def test_what_is_no_number_is_refused(number, value):
    kind, field = number
    if not (value is None and field.optional):
        refused(kind, field, value)


@pytest.mark.parametrize("value", [1.0, 8.5, "8"])
@pytest.mark.parametrize(("kind", "field"), WHOLE.values(), ids=WHOLE)
def test_a_whole_number_has_no_point(kind, field, value):
    limits = f"a whole number from {field.knob.low:g} to {field.knob.high:g}"
    assert f"allowed: {limits}" in refused(kind, field, value)


def test_a_number_may_be_given_without_a_point():
    for kind, field in NUMBERS.values():
        whole = math.ceil(field.knob.low)
        if whole <= field.knob.high:
            value = host(kind, field).replace(field.path, whole).get(field.path)
            assert value == whole
            assert type(value) is field.type


@pytest.mark.parametrize("value", ["unheard-of", 1, 0.5, True, {}])
def test_what_is_no_choice_is_refused(choice, value):
    kind, field = choice
    if field.type is not tuple:
        if value not in field.choices:  # which True is where 1 is one
            refused(kind, field, value)
        return
    with pytest.raises(ExperimentError, match=f"{field.path}.1 = .* allowed: one of {', '.join(field.choices[:1])}"):
        host(kind, field).replace(field.path, [field.choices[0], value])


def test_every_choice_is_allowed_and_every_name_is_of_a_choice(choice):
    kind, field = choice
    for option in field.choices:
        value = (option,) if field.type is tuple else option
        assert host(kind, field).replace(field.path, value).get(field.path) == value
    assert set(field.knob.names) <= set(field.choices) | PLANE


@pytest.mark.parametrize("value", ["true", 1, 0, 1.0, None, []])
@pytest.mark.parametrize(("kind", "field"), SWITCHES.values(), ids=SWITCHES)
def test_a_switch_is_true_or_false(kind, field, value):
    assert refused(kind, field, value).endswith("allowed: true or false")
    for allowed in (True, False):
        assert host(kind, field).replace(field.path, allowed).get(field.path) is allowed


def test_live_knobs_are_these():
    assert {field.path for _, field in KNOBS.values() if field.knob.live} == {
        "augmentation.cutout",
        "augmentation.flip",
        "augmentation.rotate",
        "augmentation.shift",
        "averaging.decay",
        "averaging.rate",
        "averaging.start",
        "clipping.threshold",
        "data.points",
        "loss.delta",
        "loss.gamma",
        "loss.quantile",
        "network.dropout",
        "network.input_dropout",
        "network.input_noise",
        "network.layers.0.dropout",
        "network.layers.0.frozen",
        "network.layers.0.lr_factor",
        "network.layers.0.max_norm",
        "network.max_norm",
        "optimizer.alpha",
        "optimizer.beta1",
        "optimizer.beta2",
        "optimizer.epsilon",
        "optimizer.grow",
        "optimizer.initial",
        "optimizer.largest",
        "optimizer.lr",
        "optimizer.momentum",
        "optimizer.momentum_decay",
        "optimizer.nesterov",
        "optimizer.rho",
        "optimizer.shrink",
        "optimizer.smallest",
        "optimizer.weight_decay",
        "output.lr_factor",
        "regularization.decay",
        "regularization.l1",
        "regularization.l2",
        "regularization.smoothing",
        "schedule.at",
        "schedule.cooldown",
        "schedule.epochs",
        "schedule.every",
        "schedule.factor",
        "schedule.first",
        "schedule.half",
        "schedule.halving",
        "schedule.lowest",
        "schedule.momentum_high",
        "schedule.momentum_low",
        "schedule.multiply",
        "schedule.patience",
        "schedule.power",
        "schedule.rising",
        "schedule.start",
        "schedule.threshold",
        "schedule.warmup",
        "stopping.epochs",
        "stopping.min_change",
        "stopping.patience",
        "stopping.restore",
        "transfer.frozen",
        "transfer.old_rate",
    }


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_every_kind_says_what_it_is(group, kind):
    model = kinds(group)[kind]
    assert model.title
    assert model.summary.endswith(".")
    assert model.model_fields["kind"].default == kind


def test_kinds_have_titles_of_their_own():
    for group in (*GROUPS, "layers"):
        titles = [model.title for model in kinds(group).values()]
        assert len(set(titles)) == len(titles)


def test_a_knob_found_through_optional_and_nested_annotations_is_the_same():
    outer, inner = Knob(label="outer", help="Outer."), knob_of(annotation_of(Layer, "dropout"))
    assert inner is not None
    assert inner.label == "dropout"
    assert knob_of(float) is None
    assert outer.allowed(str) == "text"
    assert members(float) == ()


@given(rows=st.integers(2, 10**6), share=st.floats(0.05, 0.9))
@example(rows=2, share=0.9)
@example(rows=2, share=0.05)
def test_each_part_of_a_split_has_a_sample(rows, share):
    assert 1 <= training_rows(rows, share) <= rows - 1
    assert abs(training_rows(rows, share) - rows * (1 - share)) <= 1


@given(experiment=experiments())
def test_fields_agree_with_get(experiment):
    paths = [field.path for field in experiment.fields()]
    assert len(set(paths)) == len(paths)
    for field in experiment.fields():
        assert experiment.get(field.path) == field.value
        assert experiment.field(field.path) == field
