"""What each column of a table is taken for, and which of them are used."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.data.tables.block import Numbers
from nnplayground.data.tables.cells import date_of
from nnplayground.data.tables.column_reading import ColumnReader
from nnplayground.data.tables.columns import (
    CONSTANT,
    EMPTY,
    IDENTIFIER,
    MAX_CATEGORIES,
    MAX_TEXTS,
    RUNNING,
    describe,
    guess_task,
    has_id_name,
    remark_on,
    suggest_target,
)


def column(texts, name="x", decimal=".", mode=None, block=7):
    """Return a column as read from text in small blocks."""
    reader = ColumnReader(name, decimal, mode)
    for start in range(0, len(texts), block):
        reader.add(pa.array(texts[start : start + block], pa.string()))
    assert reader.settled or mode is None
    return reader.finish()


def is_settled(texts, block=7):
    reader = ColumnReader("x")
    for start in range(0, len(texts), block):
        reader.add(pa.array(texts[start : start + block], pa.string()))
    return reader.settled


cells = st.one_of(st.floats(allow_nan=False, width=32).map(repr), st.sampled_from(["", "NA", "?", " 7 ", "+.5", "1e3"]))


@given(texts=st.lists(cells, min_size=1, max_size=60), block=st.integers(1, 20))
def test_numbers_are_read_as_python_reads_them_whatever_the_blocks(texts, block):
    raw = column(texts, block=block)
    assert raw.mode == "number"
    expected = [np.nan if t in ("", "NA", "?", "inf", "-inf") else float(t) for t in texts]
    assert np.array_equal(raw.values, expected, equal_nan=True)
    assert raw.present == np.isfinite(expected).sum()


@given(values=st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=40))
def test_a_decimal_comma_and_parted_thousands_are_read(values):
    texts = [f"{value:,.3f}".translate(str.maketrans(",.", ".,")) for value in values]
    texts = [text if not text.startswith(("0.", "-0.")) else text.replace(".", "") for text in texts]
    raw = column(texts, decimal=",")
    assert np.array_equal(raw.values, [float(f"{value:.3f}") for value in values])
    assert np.array_equal(column([f"{value:,.3f}" for value in values]).values, raw.values)


def test_what_is_infinite_or_too_large_for_a_float32_counts_as_missing():
    raw = column(["1", "inf", "-Infinity", "1e39", "-1e300", "1e999", "3e38"])
    assert np.array_equal(raw.values, [1, *[np.nan] * 5, 3e38], equal_nan=True)


@given(texts=st.lists(st.sampled_from(["rot", "grün", " blau ", "", "NA", "?", "x y"]), min_size=1, max_size=60))
def test_text_is_coded_by_its_first_appearance(texts):
    raw = column(texts, mode="text")
    found = [raw.texts[code] if code >= 0 else "" for code in raw.codes]
    assert found == ["" if t in ("", "NA", "?") else t.strip() for t in texts]
    assert list(raw.texts) == list(dict.fromkeys(t for t in found if t))


def test_any_kind_of_nan_is_missing():
    reader = ColumnReader("x")
    reader.add(Numbers(np.array([0x7FF0000000000001, 0x3FF0000000000000], np.uint64).view(np.float64), "number"))
    raw = reader.finish()
    assert raw.present == 1
    assert raw.is_whole


def test_dates_are_read_as_days_and_may_be_missing():
    texts = ["2024-01-31", "", "2024-02-01 12:00", "31.12.2023"] * 5
    raw = column(texts)
    assert (raw.mode, raw.kind) == ("date", "date")
    assert np.array_equal(raw.values, [date_of(t) if t else np.nan for t in texts], equal_nan=True)


def test_a_column_that_begins_without_values_is_what_follows():
    assert np.array_equal(column([""] * 20 + ["1", "2"]).values, [*[np.nan] * 20, 1, 2], equal_nan=True)
    assert column([""] * 20 + ["a", "b"]).codes.tolist() == [-1] * 20 + [0, 1]
    assert column([""] * 20 + ["2024-01-01"]).mode == "date"


@pytest.mark.parametrize("mistakes", [1, 5])
def test_a_few_texts_among_numbers_are_mistakes_and_the_first_is_told(mistakes):
    raw = column([str(i) for i in range(100)] + ["abc"] * mistakes)
    assert (raw.fault.row, raw.fault.text, raw.fault.expected) == (100, "abc", "number")
    assert raw.fault.share == 100 / (100 + mistakes)
    assert str(raw.fault.at(102, "x")).startswith("row 102, column 'x': 'abc' is not a number, as ")


def test_one_text_among_ten_values_is_a_mistake_and_two_are_not():
    assert column([*"123456789", "o"]).fault is not None
    assert is_settled([*"123456789", "o"])
    assert not is_settled([*"12345678", "o", "p"])
    assert not is_settled([*"12345678", "o"])


def test_a_text_before_the_numbers_is_a_mistake_as_well():
    raw = column(["abc", "def", "ghi", "jkl", "mno", "pqr", "stu"] + [str(i) for i in range(200)])
    assert (raw.mode, raw.fault.row, raw.fault.text) == ("text", 0, "abc")


def test_what_is_wanted_as_text_has_no_mistakes():
    raw = column([str(i % 3) for i in range(100)] + ["abc"], mode="text")
    assert raw.fault is None
    assert raw.texts == ("0", "1", "2", "abc")


def test_a_wrong_date_among_dates_is_a_mistake():
    raw = column([f"2024-01-{day:02}" for day in range(1, 31)] + ["2024-02-30"])
    assert (raw.fault.row, raw.fault.expected) == (30, "date")


@pytest.mark.parametrize(
    ("texts", "kind", "remark"),
    [
        (["", "NA", "?"] * 4, "number", EMPTY),
        (["5", "5.0", ""] * 4, "number", CONSTANT),
        (["a", "a", ""] * 4, "category", CONSTANT),
        (["2024-01-01"] * 9, "date", CONSTANT),
        ([str(i) for i in range(7, 40)], "number", RUNNING),
        ([str(i * i) for i in range(40)], "number", IDENTIFIER),
        ([str(i / 2) for i in range(40)], "number", ""),
        ([str(i) for i in range(40)] + [""], "number", ""),
        ([f"n{i}" for i in range(40)], "text", IDENTIFIER),
        ([f"n{i // 2}" for i in range(40)], "category", ""),
        ([f"n{i // 2}" for i in range(39)], "text", "text: 20 different values"),
        ([f"n{i % (MAX_CATEGORIES + 1)}" for i in range(400)], "text", "text: 51 different values"),
        ([f"n{i % MAX_CATEGORIES}" for i in range(400)], "category", ""),
        ([f"n{i}" for i in range(MAX_TEXTS + 1)], "text", "text: more than 10,000 different values"),
        (["a", "b"] * 5, "category", ""),
        (["True", "False", ""] * 3, "category", ""),
        (["true", "false"], "category", ""),
        (
            [str(i / 2) for i in range(40)] + ["k.A.", "n.v."] * 5,
            "text",
            "text: 42 different values, though 80% are numbers",
        ),
    ],
)
def test_what_a_column_is_taken_for(texts, kind, remark):
    mode = "text" if not is_settled(texts) else None
    raw = column(texts, mode=mode, block=1000)
    assert raw.kind == kind
    assert remark_on(raw) == remark


@pytest.mark.parametrize(
    ("texts", "task"),
    [
        (["a", "b"] * 9, "classification"),
        (["true", "false"] * 9, "classification"),
        (["0", "1"] * 9, "classification"),
        (["3.0", "1.0", "2.0"] * 9, "classification"),
        ([str(i % 20) for i in range(200)], "classification"),
        ([str(i % 21) for i in range(200)], "regression"),
        ([str(i) for i in range(12)], "regression"),
        (["0.5", "1"] * 9, "regression"),
        ([f"2024-01-{1 + i % 3:02}" for i in range(20)], "regression"),
        ([f"n{i}" for i in range(20)], "classification"),
    ],
)
def test_the_task_is_guessed_from_the_target(texts, task):
    assert guess_task(describe(column(texts))) == task


@pytest.mark.parametrize(
    "name", ["id", "ID", "customer_id", "customerId", "Nr.", "row", "Unnamed: 0", "key", "__index_level_0__"]
)
def test_names_of_identifiers(name):
    assert has_id_name(name)


@pytest.mark.parametrize("name", ["width", "paid", "monkey", "Grid", "number of rooms", "x", "column 1", "casino"])
def test_names_of_no_identifiers(name):
    assert not has_id_name(name)


def test_the_suggested_target_is_the_last_column_that_can_be_predicted():
    columns = [
        describe(column(["a", "b"] * 10, "class")),
        describe(column([str(i * 7 % 50) for i in range(20)], "customer_id")),
        describe(column([f"n{i}" for i in range(20)], "name")),
        describe(column(["1"] * 20, "one")),
        describe(column([f"2024-01-{1 + i:02}" for i in range(20)], "day")),
    ]
    assert suggest_target(columns) == "class"
    assert suggest_target([*columns, describe(column([str(i * 7 % 50) for i in range(20)], "price"))]) == "price"
    assert suggest_target(columns[2:]) == "day"


def test_a_description_counts_values_and_shows_some():
    found = describe(column(["3", "", "1", "3", "2", "5", "4", "9"]))
    assert (found.distinct, found.missing, found.rows, found.is_whole) == (6, 1, 8, True)
    assert found.samples == ("3", "1", "2", "5", "4")


def test_numbers_that_need_no_reading_are_taken_as_they_are():
    reader = ColumnReader("x")
    reader.add(Numbers(np.array([np.nan, np.nan]), "date"))
    reader.add(Numbers(np.array([0.0, np.nan, 19_000.5]), "date"))
    raw = reader.finish()
    assert np.array_equal(raw.values, [np.nan, np.nan, 0, np.nan, 19_000.5], equal_nan=True)
    assert (raw.mode, raw.present) == ("date", 2)
    assert raw.samples == ("1970-01-01", "2022-01-08 12:00:00")
