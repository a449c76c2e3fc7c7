"""Filters of runs: what they choose is what their words say; what cannot be read is told in one line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.experiment import ExperimentError
from nnplayground.runs.filtering import predicate

RUNS = [
    {
        "id": 1,
        "optimizer.kind": "adam",
        "optimizer.lr": 0.1,
        "star": True,
        "tags": ("good", "old"),
        "name": "Spiral, two",
    },
    {"id": 2, "optimizer.kind": "sgd", "optimizer.lr": 0.01, "star": False, "tags": (), "name": "Digits"},
    {
        "id": 3,
        "optimizer.kind": "adam",
        "optimizer.lr": 1e-3,
        "schedule.kind": "cosine",
        "star": False,
        "tags": ("old",),
    },
]
KNOWN = list(dict.fromkeys(path for run in RUNS for path in run))


def chosen(text: str) -> list[int]:
    passes = predicate(text, KNOWN)
    return [run["id"] for run in RUNS if passes(run)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [1, 2, 3]),
        ("lr > 0.01", [1]),
        ("lr >= 1e-2", [1, 2]),
        ("lr > 0.01 and optimizer = adam", [1]),
        ("optimizer = Adam", [1, 3]),
        ("optimizer.kind != adam", [2]),
        ("optimizer=sgd or lr<0.005", [2, 3]),
        ("not star", [2, 3]),
        ("star and not (lr < 0.05 or optimizer = sgd)", [1]),
        ("tags = old", [1, 3]),
        ("tags != old", [2]),
        ("name ~ spiral", [1]),
        ('name = "spiral, two"', [1]),
        ("schedule = cosine", [3]),
        ("schedule != cosine", []),
        ("lr < 1 and lr < 0.05 and lr < 0.005", [3]),
        ("star = yes", [1]),
    ],
)
def test_a_filter_chooses_what_its_words_say(text, expected):
    assert chosen(text) == expected


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("lrr > 1", "did you mean lr?"),
        ("lr >", "a value after > is missing"),
        ("lr > 1 and", "a name is missing"),
        ("(lr > 1", "a bracket is not closed"),
        ("lr > 1 lr", "'lr' is more than was expected"),
        ("= 3", "'=' stands where a name is expected"),
        ("lr = (", "stands where a value is expected"),
        ('name = "spiral', "cannot be read"),
        ("kind = adam", "means several"),
        ("(" * 500, "too many brackets"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(text, said):
    with pytest.raises(ExperimentError) as caught:
        predicate(text, KNOWN)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.text(alphabet="lrstanoptimizer=<>!~()\"' .0123eé", max_size=40))
def test_any_text_chooses_or_is_told(text):
    said = ""
    try:
        passes = predicate(text, KNOWN)
        assert {passes(run) for run in RUNS} <= {True, False}
    except ExperimentError as error:
        said = str(error)
    assert "\n" not in said
