"""How a text table is written, found out from the file."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.data.tables.csv_format import DELIMITERS, ENCODINGS, distinct_names, find_format
from nnplayground.data.tables.csv_rows import records, squeezed
from nnplayground.experiment import ExperimentError

ROWS = [["5.1", "3", "rot"], ["4.9", "2", "grün"], ["4.7", "3", "blau"], ["0.5", "4", "rot"]]


def written(rows, delimiter=",", quoting=csv.QUOTE_MINIMAL, end="\r\n"):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=end).writerows(rows)
    return text.getvalue()


def format_of(tmp_path, text, encoding="utf-8"):
    path = tmp_path / "table.csv"
    path.write_bytes(text.encode(encoding))
    return find_format(path)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_delimiter_encoding_and_header_are_found_out(tmp_path, delimiter, encoding):
    text = written([["länge", "anzahl", "farbe"], *ROWS], delimiter)
    found = format_of(tmp_path, text, encoding)
    assert found.delimiter == delimiter
    assert found.encoding == {"latin-1": "cp1252"}.get(encoding, encoding)  # the same for these letters
    assert found.has_header
    assert found.names == ("länge", "anzahl", "farbe")
    assert found.decimal == "."
    assert found.first_line == 2


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_without_a_header_columns_are_numbered(tmp_path, delimiter):
    found = format_of(tmp_path, written(ROWS, delimiter))
    assert not found.has_header
    assert found.names == found.renamed == ("column 1", "column 2", "column 3")
    assert (found.start, found.first_line) == (0, 1)


def test_bytes_that_windows_1252_lacks_make_it_latin_1(tmp_path):
    path = tmp_path / "table.csv"
    path.write_bytes(b"a,b\n\x81,1\n\xe9,2\n")
    assert find_format(path).encoding == "latin-1"


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_a_decimal_comma_is_found_out(tmp_path, delimiter):
    text = written([["x", "y", "z"], ["1,5", "-2,25", "a"], ["0,123", "7", "b"], [",5", "3", "b"]], delimiter)
    found = format_of(tmp_path, text)
    assert (found.delimiter, found.decimal) == (delimiter, ",")


def test_numbers_with_a_decimal_comma_between_quotation_marks_do_not_make_more_columns(tmp_path):
    found = format_of(tmp_path, 'x,y\n"1,5","2,75"\n"3,25","4,5"\n')
    assert (found.delimiter, found.decimal, found.names) == (",", ",", ("x", "y"))


@pytest.mark.parametrize(("delimiter", "decimal"), [(";", ","), ("\t", "."), ("|", ".")])
def test_a_comma_before_three_digits_is_decimal_after_semicolons_and_parts_thousands_elsewhere(
    tmp_path, delimiter, decimal
):
    text = written([["x", "y"], ["1,234", "2,345"], ["5,678", "9,876"]], delimiter)
    assert format_of(tmp_path, text).decimal == decimal


def test_more_cells_decide_on_the_decimal_mark(tmp_path):
    assert format_of(tmp_path, "x;y\n1.5;2\n2.5;1\n3,5;1\n").decimal == "."
    assert format_of(tmp_path, "x;y\n1,5;2\n2,5;1\n3.5;1\n").decimal == ","


@pytest.mark.parametrize(
    ("text", "has_header"),
    [
        ("a,b\n1,2\n3,4\n", True),
        ("1,2\n3,4\n", False),
        (",a,b\n0,1,2\n1,3,4\n", True),  # as pandas writes it, with the row's number first
        ("0,1,2\n0.5,1.5,a\n2.5,3.5,b\n", True),  # as pandas names columns without names
        ("0,1,2\n1,2,3\n2,3,4\n", False),
        ("country,2019,2020\nDE,1.5,2.5\nFR,2.5,1.5\n", True),
        ("DE,1.5,2.5\nFR,2.5,1.5\n", False),
        ("colour,shape\nred,round\nblue,square\n", True),
        ("red,round\nblue,square\nred,square\n", False),
        ("?,5,a\n1,2,b\n", False),
        ("when,much\n2024-01-01,high\n2024-02-01,low\n", True),
        (",,\n1,2,3\n", False),
    ],
)
def test_a_header_is_told_from_data(tmp_path, text, has_header):
    assert format_of(tmp_path, text).has_header is has_header


def test_a_header_may_span_lines_and_follow_blank_ones(tmp_path):
    found = format_of(tmp_path, '\n\n"a\nb",c\n1,2\n')
    assert found.names == ("a b", "c")
    assert found.first_line == 5
    assert found.start == len('\n\n"a\nb",c\n')


def test_excels_own_first_line_names_the_delimiter(tmp_path):
    found = format_of(tmp_path, "sep=;\r\nx;y\r\n1;2\r\n")
    assert (found.delimiter, found.names, found.first_line, found.start) == (
        ";",
        ("x", "y"),
        3,
        len("sep=;\r\nx;y\r\n"),
    )


def test_text_with_other_delimiters_in_it_does_not_mislead(tmp_path):
    rows = [["name", "note"], ["Smith, John", "a; b"], ["Doe, Jane", "c, d"], ["x", "y | z"]]
    for delimiter in ",;|":
        assert format_of(tmp_path, written(rows, delimiter)).delimiter == delimiter


def test_a_tab_among_blanks_is_a_blank(tmp_path):
    """The form of UCI's auto-mpg.data."""
    text = '18.0   8   307.0\t"chevrolet chevelle"\n15.0   8   350.0\t"buick skylark"\n16.0   8   304.0\t"amc rebel"\n'
    found = format_of(tmp_path, text)
    assert (found.delimiter, len(found.names)) == (" ", 4)


def test_a_blank_after_each_comma_does_not_part_columns(tmp_path):
    assert format_of(tmp_path, "1, 2, a\n3, 4, b\n5, 6, a\n").delimiter == ","


@given(
    names=st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=4), min_size=1, max_size=12)
)
def test_names_of_columns_are_distinct_and_kept_where_they_can_be(names):
    found, changed = distinct_names(names)
    assert len(set(found)) == len(found) == len(names)
    assert all(found)
    for name, given_ in zip(found, names, strict=True):
        assert (name == " ".join(given_.split())) == (name not in changed)


def test_taken_and_empty_names_are_made_up():
    assert distinct_names(["a", "a", "", "a (2)", " b  c "]) == (
        ("a", "a (3)", "column 3", "a (2)", "b c"),
        ("a (3)", "column 3"),
    )


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_rows_know_the_line_they_begin_in(end):
    text = io.StringIO(f'a,b{end}{end}"x{end}y",1{end}  {end}2,3{end}', newline="")
    assert list(records(text, ",")) == [(1, ["a", "b"]), (3, [f"x{end}y", "1"]), (6, ["2", "3"])]


def test_runs_of_blanks_are_one_and_those_between_quotation_marks_stay():
    assert squeezed('  1.5   "a  b"\t2 \r\n\t3  4  5\n') == '1.5 "a  b" 2\n3 4 5\n'


def test_what_nothing_parts_into_columns_is_no_table(tmp_path):
    with pytest.raises(
        ExperimentError, match=r"row 1 begins 'x', and nothing parts it and the next into columns; allowed: comma"
    ):
        format_of(tmp_path, "x\n1\n2\n3\n")
