"""What the text of one cell means: a missing value, a number, a date."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_ABSENT = ("na", "n/a", "#n/a", "<na>", "null", "nan", "NaN")
_INFINITE = tuple(sign + word for sign in ("", "+", "-") for word in ("inf", "infinity", "∞"))
MISSING = frozenset({"", "?", "-"}.union(*((w, w.upper(), w.title()) for w in (*_ABSENT, *_INFINITE))))

_EPOCH = datetime(1970, 1, 1)
_TIME = r"([ T]\d{2}:\d{2}(:\d{2}([.]\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?"
_DATES = (
    (re.compile(r"(\d{4}-\d{2}-\d{2})" + _TIME, re.ASCII), "{0}"),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})" + _TIME, re.ASCII), "{2}-{1:0>2}-{0:0>2}"),
    (re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})" + _TIME, re.ASCII), "{0}-{1:0>2}-{2:0>2}"),
)


def number_pattern(decimal: str) -> str:
    """Return the regular expression, of Python's `re` and of RE2 alike, of a number whose decimal mark is `decimal`.

    The other one of comma and full stop may part thousands.
    """
    point, group = re.escape(decimal), re.escape(thousands(decimal))
    whole = rf"([0-9]+|[1-9][0-9]{{0,2}}({group}[0-9]{{3}})+)"
    return rf"^[+-]?({whole}({point}[0-9]*)?|{point}[0-9]+)([eE][+-]?[0-9]+)?$"


def thousands(decimal: str) -> str:
    """Return the mark between thousands that goes with a decimal mark."""
    return "." if decimal == "," else ","


def is_missing(cell: str) -> bool:
    """Whether a cell says that there is no value."""
    return cell.strip() in MISSING


def is_number(cell: str, decimal: str) -> bool:
    """Whether a cell is a number."""
    return re.match(number_pattern(decimal), cell.strip()) is not None


def date_of(cell: str) -> float | None:
    """Return a date as days since 1970, or None.

    Dates are 2024-12-31, 31.12.2024 and 2024/12/31, each with or without a time; a time with an offset becomes UTC.
    Dates with slashes that end in the year are none: they mean two things.
    """
    text = cell.strip()
    for pattern, order in _DATES:
        if match := pattern.fullmatch(text):
            *day, time, _, _, _ = match.groups()
            try:
                moment = datetime.fromisoformat(order.format(*day) + (time or ""))
                moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
            except (ValueError, OverflowError):
                return None
            return (moment - _EPOCH) / timedelta(days=1)
    return None


def date_text(days: float) -> str:
    """Return days since 1970 as 2024-12-31, or 2024-12-31 23:59:59 where it is not midnight."""
    try:
        moment = _EPOCH + timedelta(seconds=round(days * 86_400))
    except OverflowError:
        return f"{days:g} days"
    return str(moment.date() if moment == datetime(moment.year, moment.month, moment.day) else moment)


def number_text(value: float) -> str:
    """Return a number as a person would write it: 3 for 3.0."""
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"
