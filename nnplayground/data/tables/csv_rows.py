"""The rows of a text table: where they begin and end, and what is wrong with them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator

from nnplayground.experiment import ExperimentError

LONGEST_ROW = 1 << 20  # bytes

_BLANKS = re.compile(r'("[^"\n]*")|[ \t]+')


def records(lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Yield (line, cells) of every row that is not blank; its line counts from 1, and a row may span several.

    Raises ExperimentError where a cell is too long to be one.
    """
    reader = csv.reader(lines if delimiter != " " else map(squeezed, lines), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error:
            raise unclosed(line) if reader.line_num > line else too_long(line) from None
        if cells is None:
            return
        if len(cells) > 1 or (cells and cells[0].strip()):
            yield line, cells


def unclosed(line: int) -> ExperimentError:
    """Say that a quotation mark has no partner."""
    return ExperimentError(
        f'row {line}: a quotation mark (") is opened and never closed; allowed: values between two marks, '
        "and two marks for one inside a value"
    )


def too_long(line: int) -> ExperimentError:
    """Say that a row is no row of a table."""
    return ExperimentError(
        f"row {line} is too long for a row of a table; allowed: {LONGEST_ROW:,} bytes, and values of 131,072 characters"
    )


def squeezed(text: str) -> str:
    """Return lines whose values are parted by runs of blanks with single blanks, and none at either end of a line."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if '"' in text:
        text = _BLANKS.sub(lambda match: match[1] or " ", text)
    else:
        text = text.replace("\t", " ")
        while "  " in text:
            text = text.replace("  ", " ")
    return text.replace("\n ", "\n").replace(" \n", "\n").strip(" ")


def nul_at(line: int) -> ExperimentError:
    """Say that there is a NUL character in a line."""
    return ExperimentError(
        f"row {line} holds a NUL character, so the file is not text, or UTF-16 without its mark; allowed: CSV in UTF-8"
    )


class Lines:
    """The lines of a text with their ends, as an editor counts them; remembers how far it was read."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="")
        self.characters = 0
        self.count = 0

    def __iter__(self) -> Lines:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.characters += len(line)
        self.count += 1
        return line
