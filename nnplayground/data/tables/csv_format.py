"""How a text table is written, found out from its beginning: encoding, delimiter, header, decimal mark."""

from __future__ import annotations

import codecs
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, pairwise
from pathlib import Path

from nnplayground.data.tables.cells import date_of, is_missing, is_number
from nnplayground.data.tables.csv_rows import Lines, nul_at, records, too_long
from nnplayground.experiment import ExperimentError

DELIMITERS = {"\t": "tab", ";": "semicolon", "|": "vertical bar", ",": "comma", " ": "blanks"}
ENCODINGS = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8", "utf-16": "UTF-16", "cp1252": "Windows-1252", "latin-1": "Latin-1"}
MAX_COLUMNS = 2000

_SAMPLE = 1 << 20  # bytes; a header of 2,000 long names fits
_RECORDS = 200  # that are looked at to tell one format from another
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BINARY = (
    (b"PK\x03\x04", "an Excel workbook or a ZIP archive"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\x1f\x8b", "compressed by gzip"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"%PDF", "a PDF document"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
)
_CONTROL = bytes({*range(32), 127} - {*b"\t\n\v\f\r"})  # bytes that no text holds
_SEPARATOR_LINE = re.compile(r'"?sep=([,;|\t])"?[ \t]*(\r\n|\r|\n)', re.IGNORECASE)  # Excel's own first line
_TWO_NUMBERS = re.compile(r"[0-9]\s+[+-]?[0-9]")


@dataclass(frozen=True)
class CsvFormat:
    """How a text table is written."""

    delimiter: str  # " " stands for any run of blanks
    encoding: str  # as Python calls it
    has_header: bool
    decimal: str  # "." or ","
    names: tuple[str, ...]  # of the columns, each different, none empty
    renamed: tuple[str, ...]  # those of the names that are not the file's
    start: int  # where the rows begin: bytes of the text as UTF-8
    first_line: int  # the line of the file in which the rows begin, from 1
    is_ascii: bool  # nothing at the file's beginning tells one encoding from another


def find_format(path: Path, encodings: Sequence[str] = ("utf-8", "cp1252", "latin-1")) -> CsvFormat:
    """Find out how a text table is written; the first of `encodings` that fits its beginning is taken.

    Raises ExperimentError where it is no table, OSError where it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(_SAMPLE)
        whole = not file.read(1)
    encoding, text = _decoded(data, whole, encodings)
    if not whole:
        text = text[: max(text.rfind("\n"), text.rfind("\r")) + 1]
        if not text:
            raise too_long(1)
    told = _SEPARATOR_LINE.match(text)
    begin = told.end() if told else 0
    delimiter = told[1] if told else _find_delimiter(text)
    lines = Lines(text[begin:])
    found = records(lines, delimiter)
    line, first = next(found, (1, [""]))
    header_end = lines.characters, lines.count
    rest = [cells for _, cells in islice(found, _RECORDS)]
    if not 2 <= len(first) <= MAX_COLUMNS:
        raise ExperimentError(
            f"row {line + bool(told)} has {len(first):,} column{'s' * (len(first) > 1)}; allowed: 2 to {MAX_COLUMNS:,}"
        )
    decimal = _find_decimal([first, *rest], delimiter)
    has_header = _is_header(first, rest, decimal)
    names, renamed = distinct_names(first if has_header else [""] * len(first))
    characters, count = header_end if has_header else (0, 0)
    return CsvFormat(
        delimiter=delimiter,
        encoding=encoding,
        has_header=has_header,
        decimal=decimal,
        names=names,
        renamed=renamed,
        start=len(text[: begin + characters].encode()),
        first_line=1 + bool(told) + count,
        is_ascii=data.isascii(),
    )


def distinct_names(written: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return a name for every column, and those of them that were empty or taken and had to be made up."""
    names: dict[str, None] = {}
    changed = []
    given = {name.strip() for name in written}
    for number, text in enumerate(written, 1):
        base = " ".join(text.split())
        name, k = base or f"column {number}", 2
        while name in names or (name != base and name in given):
            name, k = f"{base or f'column {number}'} ({k})", k + 1
        if name != base:
            changed.append(name)
        names[name] = None
    return tuple(names), tuple(changed)


def _decoded(data: bytes, whole: bool, encodings: Sequence[str]) -> tuple[str, str]:
    """Return (encoding, text) of the beginning of a file."""
    what = next((what for mark, what in _BINARY if data.startswith(mark)), None)
    if what is not None:
        raise ExperimentError(f"the file is {what}; allowed: CSV or Parquet")
    marked = next((encoding for mark, encoding in _MARKS if data.startswith(mark)), None)
    if not marked and b"\0" in data:
        raise nul_at(1 + data[: data.index(b"\0")].count(b"\n"))
    if not marked and len(data.translate(None, _CONTROL)) < 0.99 * len(data):
        raise ExperimentError("the file is not text; allowed: CSV or Parquet")
    for encoding in [marked] if marked else encodings:
        try:
            text = codecs.getincrementaldecoder(encoding)().decode(data, final=whole)
            break
        except UnicodeDecodeError as error:
            before = error.object[: error.start]
            if marked or (encoding == "utf-8" and not before.isascii()):
                raise wrongly_encoded(1 + before.decode(encoding).count("\n"), encoding) from None
    if not text.strip():
        raise ExperimentError("the file is empty; allowed: a header and at least 10 rows")
    return encoding, text


def wrongly_encoded(line: int, encoding: str) -> ExperimentError:
    """Say that a line is not in the encoding of those before it."""
    return ExperimentError(
        f"row {line} is not {ENCODINGS[encoding]}, as the rows before it are; allowed: one encoding throughout"
    )


def _find_delimiter(text: str) -> str:
    """Return the delimiter that parts the first rows into the same number of whole values."""
    short = text[: max(1 << 16, text.find("\n", 1 << 16) + 1)]
    rows = {delimiter: _first_rows(short, delimiter) for delimiter in DELIMITERS}
    scores = {d: _score(rows[d], d) * (0.9 if d == " " else 1.0) for d in rows}  # blanks are in most text as well
    best = max(scores, key=lambda d: scores[d])
    if scores[best] == 0:
        raise _no_delimiter(rows, next(records(Lines(text), ","), (1, [""])))
    return best


def _first_rows(text: str, delimiter: str) -> list[list[str]]:
    rows: list[list[str]] = []
    with suppress(ExperimentError):  # of a row that this delimiter makes no sense of
        rows.extend(cells for _, cells in islice(records(Lines(text), delimiter), _RECORDS))
    return rows


def _no_delimiter(rows: Mapping[str, Sequence[Sequence[str]]], first: tuple[int, Sequence[str]]) -> ExperimentError:
    """Say why no delimiter was found: the first row is not like the others, or there is none."""
    line, cells = first
    for delimiter, name in DELIMITERS.items():
        widths = Counter(len(row) for row in rows[delimiter][1:])
        width, count = widths.most_common(1)[0] if widths else (0, 0)
        if width > 1 and count > 1 and count >= 0.8 * widths.total():
            return ExperimentError(
                f"row {line} is parted into {len(rows[delimiter][0])} by {name}, but those after it into {width}; "
                "allowed: a first row, header or not, as wide as the others"
            )
    return ExperimentError(
        f"row {line} begins {cells[0][:30]!r}, and nothing parts it and the next into columns; "
        "allowed: comma, semicolon, tab, vertical bar or blanks between at least 2 columns"
    )


def _score(rows: Sequence[Sequence[str]], delimiter: str) -> float:
    """Return how well a delimiter does, 0 to 1: the share of rows as wide as the first, times that of whole values."""
    alike = sum(len(cells) == len(rows[0]) for cells in rows)
    if not rows or len(rows[0]) < 2 or (2 * alike < len(rows) and len(rows) > 2):
        return 0.0
    cells = [cell.strip() for row in rows for cell in row]
    return alike / len(rows) * sum(_is_one_value(cell, delimiter) for cell in cells) / len(cells)


def _is_one_value(cell: str, delimiter: str) -> bool:
    """Whether nothing in a cell looks like a delimiter or a value of its own."""
    if (is_number(cell, ".") or is_number(cell, ",")) and cell[-1] not in ".,":
        return True
    others = (d for d in DELIMITERS if d not in (delimiter, " "))
    return not (any(d in cell for d in others) or '"' in cell or _TWO_NUMBERS.search(cell))


def _find_decimal(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    """Return the decimal mark: the one that makes numbers of more cells.

    1,234 is a number either way: semicolons stand where the comma is the decimal mark, elsewhere it parts thousands.
    """
    comma = point = either = 0
    for cell in (cell for row in rows for cell in row):
        with_comma, with_point = is_number(cell, ","), is_number(cell, ".")
        comma += with_comma and not with_point
        point += with_point and not with_comma
        if with_comma and with_point:
            either += ("," in cell) - ("." in cell)
    if comma != point:
        return "," if comma > point else "."
    return "," if delimiter == ";" and either > 0 else "."


def _is_header(first: Sequence[str], rest: Sequence[Sequence[str]], decimal: str) -> bool:
    """Whether the first row holds names: text above numbers, or text that is not found again below."""
    cells = [cell.strip() for cell in first]
    if not any(cells) or any(cell and is_missing(cell) for cell in cells):
        return False
    if any(_is_value(cell, decimal) for cell in cells):
        return _is_series(cells) and not any(_is_series(row) for row in rest[:2])
    rows = [row for row in rest if len(row) == len(cells)]
    if any(_is_value(cell, decimal) for row in rows for cell in row):
        return True
    return not any(cell and cell == row[j].strip() for row in rows for j, cell in enumerate(cells))


def _is_value(cell: str, decimal: str) -> bool:
    return is_number(cell, decimal) or date_of(cell) is not None


def _is_series(cells: Sequence[str]) -> bool:
    """Whether the numbers among the cells are names: 0, 1, 2 … as programs write them, or years one after another."""
    numbers = [int(cell) for cell in cells if cell.strip().isdecimal()]
    steps = all(after - before == 1 for before, after in pairwise(numbers))
    others = [cell for cell in cells if cell.strip() and not cell.strip().isdecimal()]
    if not steps or any(_is_value(cell, ".") for cell in others):
        return False
    return (len(numbers) > 1 and 1800 <= numbers[0] <= 2200) or (len(numbers) > 2 and numbers[0] in (0, 1))
