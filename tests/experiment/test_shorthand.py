"""Hidden layers in one line of text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import kinds
from nnplayground.experiment.layer import Learning
from nnplayground.experiment.layers import Conv, Flatten, Inception, Layer, MaxPool, MBConv, Residual
from nnplayground.experiment.shorthand import brief, own_fields, read, read_layers, text
from tests.strategies import parts

KINDS = kinds("layers")
LAYERS = st.sampled_from(list(KINDS.values())).flatmap(lambda model: parts(model).map(model.model_validate))


def plain(layer):
    """The layer with nothing but what its kind alone has."""
    return type(layer)(**{name: getattr(layer, name) for name in own_fields(layer)})


@given(LAYERS)
def test_what_is_written_is_read_again(layer):
    assert read(text(layer)) == plain(layer)


@given(st.lists(LAYERS, max_size=6))
def test_a_line_of_layers_is_read_again_with_all_their_settings(layers):
    line = ", ".join(map(text, layers))
    assert read_layers(line) == tuple(map(plain, layers))
    assert read_layers(line, layers) == tuple(layers)


@given(st.lists(LAYERS, min_size=1, max_size=6), st.data())
def test_layers_keep_their_settings_where_one_is_taken_out(layers, data):
    gone = data.draw(st.integers(0, len(layers) - 1))
    left = [layer for i, layer in enumerate(layers) if i != gone]
    if len({text(layer) for layer in layers}) == len(layers):  # else it cannot be told which of two alike is gone
        assert read_layers(", ".join(map(text, left)), layers) == tuple(left)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_written_in_short(kind):
    layer = KINDS[kind]()
    assert read(text(layer)) == layer
    assert len(brief(layer)) <= len(text(layer))
    assert not set(own_fields(layer)) & {"kind", *Learning.model_fields}


@pytest.mark.parametrize(
    ("line", "layers"),
    [
        ("", ()),
        ("8, 8, 8", (Layer(width=8),) * 3),
        ("8 4", (Layer(width=8), Layer(width=4))),
        ("8-4", (Layer(width=8), Layer(width=4))),
        ("1 000; 8", (Layer(width=1000), Layer(width=8))),
        ("dense 4", (Layer(width=4),)),
        ("conv 16, max pool 2, 32", (Conv(filters=16), MaxPool(), Layer(width=32))),
        ("Conv 6 5x5 /2 VALID", (Conv(filters=6, kernel=5, stride=2, padding="valid"),)),
        ("mbconv 24 x6 5x5 /2", (MBConv(filters=24, expansion=6, kernel=5, stride=2),)),
        ("residual 32 /2, inception 16", (Residual(filters=32, stride=2), Inception(filters=16))),
        ("conv kernel 7", (Conv(kernel=7),)),
        ("max pool 3 /2,flatten,", (MaxPool(size=3, stride=2), Flatten())),
    ],
)
def test_lines_are_read_as_they_are_meant(line, layers):
    assert read_layers(line) == layers


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("8, many", "'many' is no layer; allowed: 8, conv 8, max pool 2, "),
        ("2.5", "'2.5' is no layer; "),
        ("8, 0", "'0': width = 0 is not allowed; allowed: a whole number from 1 to 4096"),
        ("conv 8 9x9", "'conv 8 9x9': kernel = 9 is not allowed; allowed: one of 1, 3, 5, 7"),
        ("conv 8 3x5", "'3x5' is not understood there; allowed: conv [filters] [3×3] [/2] [same or valid]"),
        ("conv 8 8", "'8' is not understood there; "),
        ("flatten 3", "'3' is not understood there; allowed: flatten"),
    ],
)
def test_what_is_not_understood_is_refused_with_what_is(line, said):
    with pytest.raises(ExperimentError) as caught:
        read_layers(line)
    assert said in str(caught.value)


def outcome_of(line):
    try:
        return read_layers(line)
    except ExperimentError as error:
        return str(error)


@given(st.text(max_size=30))
def test_any_line_gives_layers_or_one_line_about_it(line):
    outcome = outcome_of(line)
    if isinstance(outcome, str):
        assert len(outcome.splitlines()) == 1
    else:
        assert read_layers(", ".join(map(text, outcome))) == outcome


def test_a_layer_put_between_others_takes_nothing_from_them():
    first, last = Conv(filters=8, activation="relu"), Layer(width=32, dropout=0.5)
    found = read_layers("conv 8, max pool 2, 32", (first, last))
    assert found == (first, MaxPool(), last)


def test_a_layer_that_is_resized_keeps_its_settings_and_one_of_another_kind_takes_none():
    own = Layer(width=4, activation="relu")
    assert read_layers("6", (own,)) == (own.model_copy(update={"width": 6}),)
    assert read_layers("conv 4", (own,)) == (Conv(filters=4),)


def test_what_is_read_is_what_an_experiment_takes():
    layers = read_layers("conv 4, max pool 2, 16")
    experiment = Experiment().replace_all({"data.kind": "digits", "network.layers": layers})
    assert experiment.network.layers == layers
