"""What a person's texts mean as values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.experiment.assignment import value_of, values_of

NAMES = st.text(st.characters(codec="ascii", categories=("L",)), min_size=1, max_size=8).filter(
    lambda name: name not in ("true", "false", "inf", "nan")
)
VALUES = st.recursive(
    st.booleans() | st.integers(-(2**60), 2**60) | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("1", (1,)),
        ("0.1, 0.2,0.3", (0.1, 0.2, 0.3)),
        ("tanh,relu", ("tanh", "relu")),
        ("true,false", (True, False)),
        ("[8],[16, 8],[]", ([8], [16, 8], [])),
        ('{width=4,activation="relu"},[{width=2},3]', ({"width": 4, "activation": "relu"}, [{"width": 2}, 3])),
        ("\"a,b\",'c,d'", ("a,b", "c,d")),
        ("1,,2", (1, "", 2)),
        ("[1,2", ("[1,2",)),
        ("1],2", ("1]", 2)),
        ('"it\'s",2', ("it's", 2)),
        ("9" * 5000, ("9" * 5000,)),
    ],
)
def test_commas_part_values_but_for_those_in_brackets_and_quotes(text, values):
    assert values_of(text) == values


@given(values=st.lists(VALUES | NAMES, min_size=1, max_size=5))
def test_values_that_are_written_are_read_again(values):
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    assert values_of(",".join(texts)) == tuple(values)


@given(text=st.text(max_size=40))
def test_any_text_means_something(text):
    values = values_of(text)
    assert len(values) <= text.count(",") + 1
    if "," not in text:
        assert repr(values) == repr((value_of(text),))  # nan is not equal to itself
