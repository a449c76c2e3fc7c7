"""Neurons' responses as small pictures with round corners, in device pixels. Knows no Qt."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes import Floats
from nnplayground.gui.views.diagram.raster import packed

_NOTHING = 256  # index of the colour of a pixel without a value


def tinted_tiles(table: NDArray[np.uint8], opacity: float = 1.0) -> NDArray[np.uint32]:
    """Return (257,) premultiplied ARGB of a diverging (256, 4) RGBA table; the last colour is transparent."""
    channels = table.astype(np.float64)
    alpha = channels[:, 3] / 255 * opacity
    colours = packed(alpha * 255, *(channels[:, i] * alpha for i in range(3)))
    return np.append(colours, np.uint32(0))


def paint_tiles(
    values: Floats, side: int, radius: float, colours: NDArray[np.uint32], *, sharp: bool = False
) -> NDArray[np.uint32]:
    """Return pictures of (n, height, width) values in [-1, 1] as (n, side, side) premultiplied ARGB.

    Values over a plane are interpolated; a line, of height 1, is drawn as bars from zero; `sharp` keeps
    them squares. NaN is transparent. `colours` are made by `tinted_tiles`; (n, 3, height, width) values are the colours
    themselves, of squares.
    """
    if values.ndim == 4:
        return _cut(_coloured(values, side), radius)
    known = np.clip(values, -1, 1)
    line = values.shape[1] == 1 and not sharp
    shown = _bars(known, side) if line else _squares(known, side) if sharp else _smooth(known, side)
    level = shown * np.float32(127.5)
    level += np.float32(128 + 1e-4)  # rounded as it is cut to whole numbers
    if np.isnan(values).any():
        level[np.isnan(level)] = _NOTHING
    return _cut(colours.take(level.astype(np.intp)), radius)


def _smooth(values: Floats, side: int) -> Floats:
    _, height, width = values.shape
    return np.asarray(_resampling(height, side) @ values @ _resampling(width, side).T, np.float32)


def _squares(values: Floats, side: int) -> Floats:
    height, width = values.shape[-2:]
    rows, columns = (np.arange(side) * height) // side, (np.arange(side) * width) // side
    return values[..., rows[:, None], columns]


def _coloured(values: Floats, side: int) -> NDArray[np.uint32]:
    shown = np.ascontiguousarray(_squares(values, side))
    known = np.asarray(np.isfinite(shown).all(axis=1, keepdims=True))
    levels = np.where(known, np.clip(shown, -1, 1) * 127.5 + 127.5, 0)
    return packed(known[:, 0] * np.float64(255), levels[:, 0], levels[:, 1], levels[:, 2])


def _bars(values: Floats, side: int) -> Floats:
    along = values[:, 0] @ _resampling(values.shape[2], side).T  # (n, side)
    level = np.linspace(1, -1, side, dtype=np.float32)[None, :, None]
    reached = along[:, None, :]
    covered = np.where(reached >= 0, (level >= 0) & (level <= reached), (level <= 0) & (level >= reached))
    return np.where(covered, reached, np.float32(0))


@lru_cache(maxsize=64)
def _resampling(length: int, side: int) -> Floats:
    """Return the (side, length) matrix that interpolates between the middles of pixels, and holds the border's."""
    at = np.clip((np.arange(side) + 0.5) * length / side - 0.5, 0, length - 1)
    before = np.minimum(at.astype(np.intp), max(length - 2, 0))
    matrix = np.zeros((side, length), np.float32)
    matrix[np.arange(side), before] += 1 - (at - before)
    matrix[np.arange(side), np.minimum(before + 1, length - 1)] += at - before
    return matrix


def _cut(pixels: NDArray[np.uint32], radius: float) -> NDArray[np.uint32]:
    """Round the corners of (n, side, side) pictures."""
    side = pixels.shape[1]
    corner = min(int(np.ceil(radius)), side // 2)
    channels = pixels.view(np.uint8).reshape(*pixels.shape, 4)
    for rows in (slice(0, corner), slice(side - corner, side)):
        for columns in (slice(0, corner), slice(side - corner, side)):
            part = channels[:, rows, columns]
            part[...] = part * _mask(side, radius)[rows, columns, None] // 255
    return pixels


@lru_cache(maxsize=16)
def _mask(side: int, radius: float) -> NDArray[np.uint16]:
    """Return (side, side) opacity, 0 to 255, of a square with round corners, smooth at the edge."""
    out = np.maximum(np.abs(np.arange(side) + 0.5 - side / 2) - (side / 2 - radius), 0)
    beyond = np.hypot(out[:, None], out[None, :]) - radius
    return np.rint(np.clip(0.5 - beyond, 0, 1) * 255).astype(np.uint16)
