"""One column of a table, taken in block by block: numbers, dates or text, found out on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.tables.block import Numbers
from nnplayground.data.tables.cells import (
    MISSING,
    date_of,
    date_text,
    is_missing,
    number_pattern,
    number_text,
    thousands,
)
from nnplayground.data.tables.columns import MAX_TEXTS, Doubles, Fault, Mode, RawColumn

ENOUGH = 0.95  # of the values of a column are of one mode: then the others are mistakes
_SAMPLES = 5
_LARGEST = float(np.finfo(np.float32).max)


class ColumnReader:
    """Takes in a column. Its mode is that of most values of its first block; `settled` tells whether it holds."""

    def __init__(self, name: str, decimal: str = ".", mode: Mode | None = None) -> None:
        self.name = name
        self._mode = mode
        self._forced = mode is not None
        self._decimal = decimal
        self._rows = 0
        self._before = 0  # rows, all of them missing, before the mode was known
        self._values: list[Doubles] = []
        self._codes: list[NDArray[np.int32]] = []
        self._texts: dict[str, int] = {}
        self._samples: dict[str, None] = {}
        self._fitting = 0  # values that are of the column's mode; in a column of text, those that are numbers
        self._others = 0
        self._first_other: tuple[int, str] | None = None

    def add(self, cells: Numbers | Any) -> None:
        """Take in a block: numbers or dates as they are, or an Arrow array of strings."""
        if isinstance(cells, Numbers):
            self._add_numbers(cells)
        else:
            self._add_strings(cells)

    def _add_strings(self, strings: Any) -> None:
        if self._mode in (None, "number") and self._decimal == ".":
            values = _cast(strings)
            if values is not None:
                self._sample(strings)
                self._add_numbers(Numbers(values, "number"))
                return
        present = _present(strings)
        self._sample(present)
        if self._mode is None:
            self._mode = self._guess(present)
        if self._mode is None:
            self._before += len(present)
        elif self._mode == "text":
            self._add_text(present)
        else:
            self._add_parsed(present)
        self._rows += len(present)

    @property
    def settled(self) -> bool:
        """Whether the column can stay as it was read; else it has to be read again as text."""
        return self._forced or self._mode in (None, "text") or not self._others or self._is_mistaken

    def finish(self) -> RawColumn:
        """Return the column, and let its blocks go."""
        fault = None
        if self._first_other is not None and self._is_mistaken and not self._forced:
            row, text = self._first_other
            expected = "date" if self._mode == "date" else "number"
            fault = Fault(row, text, expected, self._fitting / (self._fitting + self._others))
        is_text = self._mode == "text"
        numbers = None if is_text else np.concatenate([np.full(self._before, np.nan), *self._values])
        codes = np.concatenate([np.full(self._before, -1, np.int32), *self._codes]) if is_text else None
        self._values, self._codes = [], []
        return RawColumn(
            name=self.name,
            mode=self._mode or "number",
            rows=self._rows,
            present=self._fitting + self._others if is_text else self._fitting,
            values=numbers,
            codes=codes if len(self._texts) <= MAX_TEXTS else None,
            texts=tuple(self._texts),
            samples=tuple(self._samples),
            numbers=self._fitting if is_text else 0,
            fault=fault,
        )

    def _add_numbers(self, numbers: Numbers) -> None:
        if self._mode is None and not np.isnan(numbers.values).all():
            self._mode = numbers.mode
        if self._mode is None:
            self._before += len(numbers.values)
        else:
            self._store(numbers.values)
        self._rows += len(numbers.values)
        if not self._samples:
            show = date_text if numbers.mode == "date" else number_text
            found = numbers.values[:200]
            self._samples = dict.fromkeys([*dict.fromkeys(map(show, found[np.isfinite(found)]))][:_SAMPLES])

    @property
    def _is_mistaken(self) -> bool:
        """Whether the values of another mode are so few that they are mistakes: one in all, or 5 in a hundred."""
        return self._fitting >= ENOUGH * (self._fitting + self._others) or (self._others == 1 and self._fitting >= 9)

    def _guess(self, present: Any) -> Mode | None:
        """Return what most values are, or None where there is none."""
        found = present.drop_null()
        if not len(found):
            return None
        if 2 * int(_matches(found, self._decimal).sum()) >= len(found):
            return "number"
        some = found.slice(0, 200).to_pylist()
        return "date" if 2 * sum(date_of(text) is not None for text in some) >= len(some) else "text"

    def _add_parsed(self, present: Any) -> None:
        values = _cast(present) if self._decimal == "." and self._mode == "number" else None
        if values is None:
            values = _parse_numbers(present, self._decimal) if self._mode == "number" else _parse_dates(present)
            other = np.isnan(values) & present.is_valid().to_numpy(zero_copy_only=False)
            if other.any():
                self._note_other(present, int(np.argmax(other)), int(other.sum()))
        self._store(values)

    def _store(self, values: Doubles) -> None:
        """Keep numbers, NaN where missing; what is larger than a float32 holds counts as missing."""
        with np.errstate(invalid="ignore"):  # signalling NaN, in a damaged file
            missing = ~(np.abs(values) <= _LARGEST)
        self._fitting += len(values) - int(missing.sum())
        self._values.append(np.where(missing, np.nan, values) if missing.any() else values)

    def _add_text(self, present: Any) -> None:
        encoded = present.dictionary_encode()
        codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        is_number = np.append(_matches(encoded.dictionary, self._decimal), True)  # the last stands for code -1
        other = ~is_number[codes]
        if other.any():
            self._note_other(present, int(np.argmax(other)), int(other.sum()))
        self._fitting += int((~other & (codes >= 0)).sum())
        if len(self._texts) > MAX_TEXTS:
            return
        known = [self._texts.setdefault(text, len(self._texts)) for text in encoded.dictionary.to_pylist()]
        self._codes.append(np.array([*known, -1], np.int32)[codes])
        if len(self._texts) > MAX_TEXTS:
            self._codes.clear()

    def _note_other(self, present: Any, first: int, count: int) -> None:
        self._others += count
        if self._first_other is None:
            self._first_other = self._rows + first, present[first].as_py()

    def _sample(self, strings: Any) -> None:
        if len(self._samples) < _SAMPLES:
            found = (t.strip() for t in strings.slice(0, 200).to_pylist() if t is not None and not is_missing(t))
            self._samples = dict.fromkeys([*self._samples, *dict.fromkeys(found)][:_SAMPLES])


def _present(strings: Any) -> Any:
    """Return the strings without blanks at either end, null where they say that there is no value."""
    import pyarrow as pa
    import pyarrow.compute as pc

    trimmed = pc.utf8_trim_whitespace(strings)
    missing = pc.is_in(trimmed, value_set=pa.array(sorted(MISSING), pa.string()))
    return pc.if_else(missing, pa.scalar(None, pa.string()), trimmed)


def _cast(strings: Any) -> Doubles | None:
    """Return strings that are all plain numbers as float64, null as NaN; None where one is anything else."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        return _doubles(pc.cast(strings, pa.float64()))
    except pa.ArrowInvalid:
        return None


def _parse_numbers(present: Any, decimal: str) -> Doubles:
    """Return numbers in whatever notation as float64, NaN for null and for what is no number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    matching = pc.match_substring_regex(present, number_pattern(decimal))
    plain = pc.if_else(matching, present, pa.scalar(None, pa.string()))
    plain = pc.replace_substring(plain, thousands(decimal), "")
    return _doubles(pc.cast(pc.replace_substring(plain, decimal, "."), pa.float64()))


def _parse_dates(present: Any) -> Doubles:
    """Return dates as days since 1970, NaN for null and for what is no date."""
    encoded = present.dictionary_encode()
    days = [date_of(text) for text in encoded.dictionary.to_pylist()]
    table = np.array([*(np.nan if day is None else day for day in days), np.nan])
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return np.asarray(table[codes], np.float64)


def _matches(strings: Any, decimal: str) -> NDArray[np.bool_]:
    import pyarrow.compute as pc

    found = pc.match_substring_regex(strings, number_pattern(decimal))
    return np.asarray(found.to_numpy(zero_copy_only=False), np.bool_)


def _doubles(array: Any) -> Doubles:
    return np.asarray(array.to_numpy(zero_copy_only=False), np.float64)
