"""Points drawn by hand as a text that an experiment can hold: "x₁ x₂ class; x₁ x₂ class", each a few digits."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import isfinite
from typing import Annotated

from pydantic import AfterValidator

from nnplayground.experiment.errors import ExperimentError, shown
from nnplayground.experiment.knob import Knob

Row = tuple[float, float, int]  # x₁, x₂, class

MOST_POINTS = 2000
MOST_CLASSES = 8
REACH = 6.0  # of the plane, to either side of 0
DIGITS = 3  # after the point: finer than any screen

EXAMPLE = (  # an S, and points in its two bays
    "2.6 3.1 0; 2 3.6 0; 1.3 4 0; 0.5 4.1 0; -0.3 4.1 0; -1 3.8 0; -1.7 3.4 0; -2.1 2.8 0; -2.2 2.1 0; -1.9 1.5 0; "
    "-1.4 0.9 0; -0.7 0.5 0; 0 0.1 0; 0.8 -0.2 0; 1.5 -0.7 0; 2 -1.3 0; 2.2 -2 0; 2.1 -2.8 0; 1.7 -3.4 0; 1 -3.9 0; "
    "0.3 -4.1 0; -0.5 -4.1 0; -1.3 -3.9 0; -2 -3.5 0; -2.6 -3 0; 0.2 2.3 1; 0.9 2 1; 1.7 1.8 1; 2.6 1.5 1; 3.3 1.9 1; "
    "4 1.2 1; 2.9 0.7 1; 3.6 0.3 1; 1 2.6 1; 1.9 2.4 1; 4.4 2.1 1; 3.8 2.7 1; -0.2 -2.2 1; -1 -2 1; -1.7 -1.7 1; "
    "-2.5 -1.6 1; -3.3 -2 1; -4 -1.3 1; -2.9 -0.8 1; -3.7 -0.4 1; -1.1 -2.7 1; -1.9 -2.4 1; -4.3 -2.2 1; -3.8 -2.8 1"
)


@lru_cache(maxsize=8)
def rows_of(text: str) -> tuple[Row, ...]:
    """Return the points of a text. Raises ExperimentError where one is none, or there are too many."""
    pieces = [piece.strip() for piece in text.split(";")]
    pieces = [piece for piece in pieces if piece]
    if len(pieces) > MOST_POINTS:
        raise ExperimentError(f"data.points has {len(pieces)} points; allowed: at most {MOST_POINTS}")
    return tuple(_row(number, piece) for number, piece in enumerate(pieces, 1))


def _row(number: int, piece: str) -> Row:
    try:
        first, second, label = piece.split()
        row = round(float(first), DIGITS) + 0.0, round(float(second), DIGITS) + 0.0, int(label)
    except (ValueError, OverflowError):
        row = float("nan"), 0.0, 0
    if not (all(isfinite(value) and abs(value) <= REACH for value in row[:2]) and 0 <= row[2] < MOST_CLASSES):
        allowed = f"two numbers from {-REACH:g} to {REACH:g} and a class from 0 to {MOST_CLASSES - 1}"
        raise ExperimentError(f"data.points: point {number} is {shown(piece)}; allowed: {allowed}")
    return row


def text_of(rows: Iterable[Row]) -> str:
    """Return points as text, rounded to `DIGITS`; that of what `rows_of` returns leads back to the very same."""
    return "; ".join(f"{_number(x)} {_number(y)} {label}" for x, y, label in rows)


def _number(value: float) -> str:
    return f"{round(value, DIGITS) + 0.0:.{DIGITS}f}".rstrip("0").rstrip(".")  # + 0.0: no "-0"


@lru_cache(maxsize=8)  # every edit of any knob validates all points, and more than once
def _checked(text: str) -> str:
    return text_of(rows_of(text))


Points = Annotated[
    str,
    AfterValidator(_checked),
    Knob(
        label="points",
        help="The points themselves: x₁, x₂ and class of each, with semicolons between them. Draw them on the output.",
        rule="Add one point far out of its class, and see how far the boundary bends for it.",
        live=True,
    ),
]
