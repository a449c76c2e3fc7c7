"""Numbers as text: how they are shown, and how what a user typed is read."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from nnplayground.experiment import ExperimentError

NARROW = "\u202f"  # a narrow no-break space: between thousands, and before %
MINUS = "\u2212"
NOTHING = "\u2013"  # stands where there is no number

_SPACES = re.compile(r"(?<=\d)[ \u00a0\u2007\u2009\u202f'’_](?=\d{3}(\D|$))")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)


def format_number(value: float, digits: int = 4, *, trim: bool = False) -> str:
    """Return `value` with `digits` significant digits, always that many unless `trim`, so that its width is steady.

    Below 0.001 and from a million on with an exponent: "2.100e-4". NaN and infinity are "–".
    """
    if not math.isfinite(value):
        return NOTHING
    if value == 0:
        return "0" if trim else f"{0:.{digits - 1}f}"
    mantissa, exponent = f"{abs(value):.{digits - 1}e}".split("e")  # rounded first: 0.99999 is written as 1
    power = int(exponent)
    if -3 <= power < 6:
        text = f"{float(f'{mantissa}e{power}'):.{max(digits - 1 - power, 0)}f}"
        text = _trimmed(text) if trim else text
    else:
        text = f"{_trimmed(mantissa) if trim else mantissa}e{power}"
    return (MINUS if value < 0 else "") + _grouped(text)


def format_exact(value: float) -> str:
    """Return a number as a field shows it: each of its digits (12 at most), and none that says nothing."""
    return format_count(value) if isinstance(value, int) else format_number(value, 12, trim=True)


def format_count(value: int, digits: int = 1) -> str:
    """Return a whole number, thousands apart, with leading zeros up to `digits` digits: "0 123"."""
    return (MINUS if value < 0 else "") + _grouped(f"{abs(value):0{digits}d}")


def format_percent(share: float, decimals: int = 1, *, trim: bool = False) -> str:
    """Return a share in [0, 1] as per cent: "98.4 %". NaN and infinity are "–"."""
    if not math.isfinite(share):
        return NOTHING
    text = f"{abs(share) * 100:.{decimals}f}"
    text = _trimmed(text) if trim else text
    return (MINUS if share < 0 and float(text) else "") + _grouped(text) + f"{NARROW}%"


def parse_number(text: str, *, percent: bool = False) -> float:
    """Return the number in `text`: "0.1", "0,1", "1e-3", "12 345"; "10 %" is 0.1, and so is "10" where `percent`.

    Raises ExperimentError, one line that says what can be read.
    """
    plain = text.strip().replace(MINUS, "-")
    share = plain.endswith("%")
    plain = _SPACES.sub("", plain.removesuffix("%").rstrip())
    if not _NUMBER.fullmatch(plain):
        given = f"{text.strip()!r} is not a number" if text.strip() else "there is no number"
        raise ExperimentError(f"{given}; allowed: one such as 0.1, 1e-3, 12 345{' or 10 %' if percent else ''}")
    plain = plain.replace(",", ".")
    value = float(plain)
    if not math.isfinite(value):
        raise ExperimentError(f"{text.strip()!r} is too large a number")
    return float(Decimal(plain) / 100) if share or percent else value  # in binary, 0.7 / 100 is not 0.007


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _grouped(text: str) -> str:
    whole, point, rest = text.partition(".")
    if "e" in whole:
        return text
    groups = [whole[max(end - 3, 0) : end] for end in range(len(whole), 0, -3)]
    return NARROW.join(reversed(groups)) + point + rest
