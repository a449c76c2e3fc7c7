"""Whether the columns of a table are the pixels of images, and those images."""

from __future__ import annotations

import re
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.images.pictures import MAX_CLASSES, Pictures
from nnplayground.data.progress import Progress
from nnplayground.data.tables.columns import RawColumn
from nnplayground.data.tables.reading import RawTable
from nnplayground.data.tables.target import Target

_PIXEL = re.compile(r"pixel_?(\d+)", re.IGNORECASE)
_LEAST = 2  # pixels to a side


def pictures_of(
    title: str, table: RawTable, target: Target, rows: NDArray[np.int64], progress: Progress
) -> Pictures | None:
    """Return the images that `rows` of a table hold, grey and square, or None where they hold none.

    They do where every column but the target is called pixel1, pixel2 and so on (or from pixel0), in this order, they
    are as many as a square has, all their values are whole numbers from 0 to 255, and the target is a class.
    """
    columns = [column for column in table.columns.values() if column.name != target.name]
    side = isqrt(len(columns))
    if target.task != "classification" or len(target.class_names) > MAX_CLASSES or not _are_pixels(columns, side):
        return None
    pixels = np.empty((len(rows), len(columns)), np.uint8)
    for number, column in enumerate(columns):
        progress.at(0.3 * number / len(columns), f"gathering column {column.name}")
        assert column.values is not None, "seen before"
        pixels[:, number] = column.values[rows]
    return Pictures(title, pixels.reshape(-1, 1, side, side), target.values.astype(np.int64), target.class_names)


def _are_pixels(columns: list[RawColumn], side: int) -> bool:
    numbers = [int(found[1]) if (found := _PIXEL.fullmatch(column.name)) else -1 for column in columns]
    square = side >= _LEAST and side**2 == len(columns)
    return square and numbers[0] in (0, 1) and bool(np.all(np.diff(numbers) == 1)) and all(map(_is_byte, columns))


def _is_byte(column: RawColumn) -> bool:
    """Whether a column is whole numbers from 0 to 255, without gaps."""
    if column.values is None or column.present < column.rows or not column.is_whole:
        return False
    return bool(column.values.min() >= 0 and column.values.max() <= 255)
