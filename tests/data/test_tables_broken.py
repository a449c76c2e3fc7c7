"""Files that no data set can be made of: one clear line each, that names the file, the row and the column."""

from __future__ import annotations

import os
import random
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from nnplayground.data.tables import inspect_table, load_table
from nnplayground.data.tables.csv_rows import LONGEST_ROW
from nnplayground.data.tables.reading import MAX_VALUES
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Table

HEADER = "x,y,kind\n"


def rows(n=30, sep=","):
    chance = random.Random(1)
    return "".join(f"{chance.random():.3f}{sep}{chance.randint(0, 99) / 3:.2f}{sep}{'ab'[i % 2]}\n" for i in range(n))


def fault(path, **knobs):
    with pytest.raises(ExperimentError) as raised:
        load_table(Table(path=str(path), **knobs), 1)
    line = str(raised.value)
    assert "\n" not in line
    assert len(line) < 400
    assert "allowed: " in line or "did you mean" in line
    return line


def pairs(second, n=20, names="x,y"):
    """Return a table of a number and what `second` makes of the row's number."""
    return f"{names}\n" + "".join(f"{i / 7:.3f},{second(i)}\n" for i in range(n))


QUOTE = 'a quotation mark (") is opened and never closed; allowed: values between two marks'
BROKEN = {
    "empty": (b"", "the file is empty; allowed: a header and at least 10 rows"),
    "blank": (b"\n \r\n\t\n", "the file is empty"),
    "quotes": (b'""\n', "row 1 begins '', and nothing parts it"),
    "header": (HEADER, "no rows of data; allowed: at least 10"),
    "few": (HEADER + rows(9), "9 rows of data; allowed: at least 10"),
    "one": (HEADER + rows(1), "1 row of data"),
    "short": (HEADER + rows(10) + "1,2\n" + rows(10), "row 12 has 2 values, but the header has 3; allowed: 3 in every"),
    "long": (HEADER + rows(10) + "1,2,a,4\n" + rows(10), "row 12 has 4 values, but the header has 3"),
    "short last": (HEADER + rows(10) + "1", "row 12 has 1 value, but the header has 3"),
    "short after two lines": (HEADER + '1,2,"a\nb"\n\n' + rows(10) + "1,2\n", "row 15 has 2 values"),
    "short, no header": (rows(10) + "1,2\n", "row 11 has 2 values, but the first row has 3"),
    "short, old line ends": ((HEADER + rows(10) + "1\n").replace("\n", "\r"), "row 12 has 1 value"),
    "short, semicolons": ("x;y;k\n" + rows(10, ";") + "1;2\n", "row 12 has 2 values"),
    "text": (HEADER + rows(20) + "\nabc,2,a\n" + rows(20), "row 23, column 'x': 'abc' is not a number, as 97.6% of"),
    "text after two lines": (HEADER + '1,2,"a\nb"\n' + rows(20) + "1,abc,a\n", "row 24, column 'y': 'abc' is not"),
    "text, UTF-16": ((HEADER + rows(20) + "1,äöü,a\n").encode("utf-16"), "row 22, column 'y': 'äöü' is not a number"),
    "date": (pairs(lambda i: f"2024-02-{1 + i:02}", 30), "row 31, column 'y': '2024-02-30' is not a date, as 96.7%"),
    "comma": (pairs(lambda i: i).replace(",", "\t") + "1,5\t7\n", "row 22, column 'x': '1,5' is not a number"),
    "open quote": (HEADER + rows(10) + '1,"2,a\n' + rows(10), f"row 12: {QUOTE}"),
    "open quote at the end": (HEADER + rows(10) + '1,2,"a', f"row 12: {QUOTE}"),
    "lone quote at the end": (HEADER + rows(10) + '"', f"row 12: {QUOTE}"),
    "open quote, large": (HEADER + rows(10) + '1,"2,a\n' + rows(500_000), f"row 12: {QUOTE}"),
    "NUL": (HEADER + rows(10) + "1,\0,a\n", "row 12 holds a NUL character"),
    "NUL far down": (HEADER + rows(100_000) + "1,\0,a\n", "row 100002 holds a NUL character"),
    "NUL, UTF-16": ((HEADER + rows(10) + "1,\0,a\n").encode("utf-16"), "row 12 holds a NUL character"),
    "UTF-16, no mark": ((HEADER + rows(10)).encode("utf-16-le"), "row 1 holds a NUL character"),
    "UTF-16, cut": ((HEADER + rows(10)).encode("utf-16")[:-1], "row 11 is not UTF-16, as the rows before it are"),
    "two encodings": ("ö,y\n".encode() + b"1,2\n" * 10 + b"1,\xff\n", "row 12 is not UTF-8, as the rows before it are"),
    "two encodings far down": ("ö,y,k\n".encode() + rows(100_000).encode() + b"1,1,\xff\n", "row 100002 is not UTF-8"),
    "cut in a letter": ((HEADER + rows(10) + "1,2,ä\n1,2,ä").encode()[:-1], "row 13 is not UTF-8"),
    "long row": ("x,y\n" + "1,2\n" * 10 + "1" * (2 * LONGEST_ROW) + "\n", "row 12 is too long for a row of a table"),
    "long only row": ("1" * (2 * LONGEST_ROW), "row 1 is too long for a row of a table"),
    "long value": ("x,y\n" + "1,2\n" * 10 + "a" * 200_000 + "\n", "row 12 is too long for a row of a table"),
    "wide": (",".join(f"c{i}" for i in range(10_000)) + "\n", "row 1 has 10,000 columns; allowed: 2 to 2,000"),
    "one column": ("x\n" + "1\n" * 20, "row 1 begins 'x', and nothing parts it"),
    "one column, told": ("sep=;\nx\n" + "1\n" * 20, "row 2 has 1 column; allowed: 2 to 2,000"),
    "title": (
        "A table of people\n\n" + HEADER + rows(),
        "row 1 is parted into 1 by comma, but those after it into 3; allowed: a first row, header or not, as wide as",
    ),
    "scikit-learn's own": (
        "30,2,a,b\n" + "1,2,3,4,5,6\n" * 30,
        "row 1 is parted into 4 by comma, but those after it into 6",
    ),
    "prose": ("This is text.\nIt goes on, and on.\n\nIt ends.\n", "row 1 begins 'This is text.', and nothing parts it"),
    "one class": (pairs(lambda _: "a"), "column 'y' has one class only, 'a'; allowed: a target of 2 to 100 classes"),
    "one value": (pairs(lambda _: ".5"), "column 'y' is 0.5 in every row, so there is nothing to predict"),
    "101 classes": (pairs(lambda i: f"k{i % 101}", 999), "column 'y' has 101 different values in 999 rows, too many"),
    "20,000 classes": (pairs(lambda i: f"k{i}", 20_000), "column 'y' has more than 10,000 different values in 20,000"),
    "20 of 20 classes": (
        pairs(lambda i: f"k{i}"),
        "column 'y' has 20 different values in 20 rows, too many for classes",
    ),
    "no target": (
        pairs(lambda _: ""),
        "0 of 20 rows can be used: 20 of 20 rows were dropped, having no y; allowed: at",
    ),
    "few targets": (pairs(lambda i: i if i < 9 else ""), "9 of 20 rows can be used"),
    "no inputs": (
        "x,n,y\n" + "".join(f"1,name {i},{i / 7}\n" for i in range(20)),
        "no column is left to predict 'y' from: x (constant), n (identifier-like: every value is different); allowed",
    ),
    "Excel": (b"PK\x03\x04\0\0", "the file is an Excel workbook or a ZIP archive; allowed: CSV or Parquet"),
    "gzip": (b"\x1f\x8b\x08", "the file is compressed by gzip"),
    "binary": (bytes(range(1, 256)) * 9, "the file is not text; allowed: CSV or Parquet"),
    "Parquet's beginning": (b"PAR1" + b"abc" * 10 + b"PAR1", "damaged, or no table: "),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_is_said_in_one_line(tmp_path, name):
    content, expected = BROKEN[name]
    path = tmp_path / "people.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    assert fault(path).startswith(f"people.csv: {expected}"), fault(path)


@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        ({"target": "kinds"}, "data.target = 'kinds': there is no such column; did you mean 'kind'?"),
        ({"target": "weight"}, "data.target = 'weight': there is no such column; allowed: x, y, kind"),
        ({"ignored": ("Y", "x")}, "data.ignored = 'Y': there is no such column; allowed: x, y, kind"),
        ({"target": "y", "ignored": ("y",)}, "data.ignored = 'y' is the target; allowed: the other columns"),
        ({"ignored": ("x", "y", "kind")}, "data.ignored names every column; allowed: all but the target and one more"),
        ({"ignored": ("x", "y")}, "no column is left to predict 'kind' from; allowed: at least one more column"),
        (
            {"target_task": "regression"},
            "data.target_task = 'regression' does not fit column 'kind', which is text ('a', 'b')",
        ),
        ({"target": "x", "target_task": "classification"}, "column 'x' has 1"),
    ],
)
def test_knobs_that_do_not_fit_the_file_are_named(tmp_path, knobs, expected):
    path = tmp_path / "people.csv"
    path.write_text(HEADER + rows(200))
    assert fault(path, **knobs).startswith(f"people.csv: {expected}")


def test_too_many_rows_with_gaps_are_told_with_the_columns_that_have_them(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("x,y,z\n" + "".join(f"{i / 7},{i if i < 5 else ''},{i / 3}\n" for i in range(20)))
    line = fault(path, missing="drop")
    dropped = "15 rows were dropped, having missing values: y 15"
    assert line == f"people.csv: 5 of 20 rows can be used: {dropped}; allowed: at least 10 rows"
    assert len(load_table(Table(path=str(path)), 1).train) == 14


def test_too_many_inputs_are_told_with_the_columns_that_make_them(tmp_path):
    names = [f"c{i}" for i in range(60)]
    text = "\n".join(
        [
            ",".join([*names, "y"]),
            *(",".join([*(f"v{(i + j) % 49}" for j in range(60)), f"{i / 9}"]) for i in range(200)),
        ]
    )
    path = tmp_path / "people.csv"
    path.write_text(text)
    line = fault(path)
    assert re.match(r"people.csv: the columns make 2,\d\d\d inputs of 200 rows, most of them c\d+ \(4\d\), ", line)


def test_names_and_values_of_any_length_make_a_short_line(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text(f"{'x' * 5000},{'y' * 5000}\n" + "1,2\n" * 30 + "z" * 5000 + ",2\n")
    fault(path)
    fault(path, target="y")
    path.write_text(f"{'x' * 5000},{'y' * 5000}\n" + "1,2\n" * 30)
    fault(path)


def test_too_little_memory_is_told(tmp_path, monkeypatch):
    path = tmp_path / "people.csv"
    path.write_text(HEADER + rows())

    def fail(*args, **kwargs):
        raise MemoryError

    monkeypatch.setattr("nnplayground.data.tables.assembly.split", fail)
    assert fault(path) == "people.csv: too large for this computer's memory; allowed: fewer rows or columns"


def test_a_table_larger_than_memory_may_hold_is_refused_while_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("nnplayground.data.tables.reading.MAX_VALUES", 30_000)
    path = tmp_path / "people.csv"
    path.write_text(HEADER + rows(10_001))
    assert MAX_VALUES > 200_000_000
    assert fault(path).startswith("people.csv: more than 10,000 rows of 3 columns; allowed: 30,000 values")


def test_names_that_are_no_files_are_told(tmp_path):
    assert fault("").startswith("data.path = '' is no file; allowed: a CSV or Parquet file")
    assert fault("a\0b").startswith("data.path = 'a\\x00b' is no file")
    assert fault(tmp_path) == f"{tmp_path.name}: is a folder; allowed: a CSV or Parquet file"
    missing = tmp_path / "nothing.csv"
    assert fault(missing) == f"{missing}: cannot be read: no such file or directory; allowed: a CSV or Parquet file"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only Unix has pipes with names")
def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "pipe.csv")
    assert fault(tmp_path / "pipe.csv") == "pipe.csv: is no ordinary file; allowed: a CSV or Parquet file"


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    path = tmp_path / "people.csv"
    path.write_text(HEADER + rows())

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # where tests run as root, no mode of a file would
    assert fault(path) == f"{path}: cannot be read: permission denied; allowed: a CSV or Parquet file"


def test_text_with_a_parquet_name_is_told(tmp_path):
    path = tmp_path / "people.parquet"
    path.write_text(HEADER + rows())
    assert fault(path).startswith("people.parquet: is not Parquet, whatever its name says")


def test_nested_columns_of_parquet_are_told_unless_ignored(tmp_path):
    path = tmp_path / "people.parquet"
    table = pa.table(
        {"x": [i / 7 for i in range(30)], "tags": [[i] for i in range(30)], "y": [i % 5 / 3 for i in range(30)]}
    )
    parquet.write_table(table, path)
    assert fault(path).startswith(
        "people.parquet: column 'tags' is of type list<element: int64>; allowed: numbers, text,"
    )
    assert load_table(Table(path=str(path), ignored=("tags",)), 1).input_names == ("x",)


def test_a_mistake_in_a_text_column_of_parquet_is_told_by_its_row(tmp_path):
    path = tmp_path / "people.parquet"
    parquet.write_table(pa.table({"x": [*map(str, range(40)), "oops"], "y": [i % 7 / 3 for i in range(41)]}), path)
    assert fault(path).startswith("people.parquet: row 41, column 'x': 'oops' is not a number")


def test_parquet_without_rows_or_with_one_column_is_told(tmp_path):
    path = tmp_path / "people.parquet"
    parquet.write_table(pa.table({"x": pa.array([], pa.float64()), "y": pa.array([], pa.float64())}), path)
    assert fault(path) == "people.parquet: no rows of data; allowed: at least 10"
    assert inspect_table(path).rows == 0
    parquet.write_table(pa.table({"x": [1.0] * 20}), path)
    assert fault(path) == "people.parquet: the file has 1 column; allowed: 2 to 2,000"


def test_a_name_in_parquet_that_is_no_text_is_told(tmp_path):
    path = tmp_path / "people.parquet"
    parquet.write_table(pa.table({"x": [i / 7 for i in range(30)], "kind": ["a", "b"] * 15}), path)
    path.write_bytes(path.read_bytes().replace(b"kind", b"kin\xe9"))
    assert fault(path).startswith("people.parquet: damaged, or no table: 'utf-8' codec")


def quiet(path):
    """Load and describe a file; only ExperimentError may come of it, in one line."""
    for use in (lambda: load_table(Table(path=str(path)), 1), lambda: inspect_table(path)):
        try:
            use()
        except ExperimentError as error:
            assert "\n" not in str(error)  # noqa: PT017


@settings(max_examples=150, deadline=None)
@given(content=st.binary(max_size=300), ending=st.sampled_from([".csv", ".parquet"]))
@example(content=b"PAR1", ending=".csv")
@example(content=b"\xff\xfe", ending=".csv")
@example(content=b"\xef\xbb\xbf", ending=".csv")
@example(content=b'sep=;\n"', ending=".csv")
@example(content=b'"\n"', ending=".csv")
@example(content=b"\x04,\x04\n" * 12, ending=".csv")
def test_any_bytes_load_or_end_in_one_line(tmp_path_factory, content, ending):
    path = tmp_path_factory.mktemp("any") / f"t{ending}"
    path.write_bytes(content)
    quiet(path)


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(st.sampled_from("ab1.,;\t|\"' \r\n\x04-äé"), max_size=200),
    encoding=st.sampled_from(["utf-8", "utf-16", "cp1252"]),
)
def test_any_text_loads_or_ends_in_one_line(tmp_path_factory, text, encoding):
    path = tmp_path_factory.mktemp("any") / "t.csv"
    path.write_bytes(text.encode(encoding))
    quiet(path)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_a_table_with_a_damaged_place_loads_or_ends_in_one_line(tmp_path_factory, data):
    content = (HEADER + rows(20)).encode()
    place = data.draw(st.integers(0, len(content)))
    cut = data.draw(st.integers(0, 5))
    path = tmp_path_factory.mktemp("any") / "t.csv"
    path.write_bytes(content[:place] + data.draw(st.binary(max_size=5)) + content[place + cut :])
    quiet(path)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_parquet_file_loads_or_ends_in_one_line(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("any") / "t.parquet"
    parquet.write_table(pa.table({"x": [i / 7 for i in range(30)], "kind": ["a", "b"] * 15}), path)
    content = path.read_bytes()
    length = data.draw(st.integers(0, len(content) - 1))
    path.write_bytes(content[:length] + data.draw(st.sampled_from([b"", b"PAR1", content[-8:]])))
    quiet(path)
