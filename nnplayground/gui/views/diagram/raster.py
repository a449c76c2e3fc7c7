"""Painting edges into pixels, all at once: some hundred smooth curves in about a millisecond. Knows no Qt.

A curve's upper and lower boundary cross each column of pixels as a ramp. A ramp is four numbers in the second
difference along that column, so that summing twice from top to bottom gives what all curves cover (font rasterizers
sum signed areas likewise). What is summed is optical depth, one sum for each sign; where signs cross, the stronger
is on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes import Floats
from nnplayground.gui.views.diagram.curves import FAINTEST, Curves

Colour = tuple[int, int, int]

_LEVELS = 128
_DEEPEST = 4.0  # optical depth at which one sees nothing behind: 98 % opaque
_BLOCK = 32  # rows that are summed and coloured in one go, so that they stay in the processor's cache
_CELLS = 8192  # edges by columns of pixels that are added in one go, for the same reason


@dataclass(frozen=True, eq=False)
class _Fall:
    """The edges of one gap in device pixels: where each crosses every column of pixels, (edges, columns) float32."""

    start: int  # first column of the gap in the whole picture
    y: Floats
    ramp: Floats  # how many rows a boundary takes to cross a column, at least one
    slant: Floats  # height of a line of thickness 1

    @property
    def columns(self) -> int:
        """How many columns of pixels the gap has."""
        return self.y.shape[1]


class Raster:
    """A picture of the edges of all gaps, side by side, for one geometry and one ratio of device pixels to pixels."""

    def __init__(self, gaps: Sequence[Curves], top: float, bottom: float, ratio: float, thickness: float) -> None:
        self.top = int(np.floor(top * ratio))  # of the picture, in device pixels
        self.rows = max(int(np.ceil(bottom * ratio)) - self.top, 1)
        self.lefts: list[int] = []  # of each gap on the canvas, in device pixels
        self._ratio, self._thickness = ratio, thickness
        self._falls: list[_Fall] = []
        columns = 0
        for gap in gaps:
            left, fall = _fall(gap, self.top, ratio, columns)
            self.lefts.append(left)
            self._falls.append(fall)
            columns += fall.columns
        self._sums = np.zeros((self.rows + 3, 2, columns), np.float32)

    def span(self, gap: int) -> slice:
        """Return which columns of the picture are those of a gap."""
        fall = self._falls[gap]
        return slice(fall.start, fall.start + fall.columns)

    def paint(
        self, strengths: Sequence[Floats | None], table: NDArray[np.uint32], out: NDArray[np.uint32] | None = None
    ) -> NDArray[np.uint32]:
        """Return the picture, (rows, columns) premultiplied ARGB, of edges of (ends, starts) strengths in each gap.

        Strengths are from -1 to 1; the sign is the colour's. `table` is made by `tinted`. A gap of None stays empty.
        `out` is an earlier picture of this raster whose memory may be used again.
        """
        self._sums.fill(0.0)
        for fall, own in zip(self._falls, strengths, strict=True):
            if own is not None:
                self._add(fall, own.ravel())
        picture = np.empty((self.rows, self._sums.shape[2]), np.uint32) if out is None else out
        slope = np.zeros_like(self._sums[0])
        above = np.full_like(slope, 0.5)  # so that levels are rounded
        for top in range(0, self.rows, _BLOCK):
            block = self._sums[top : min(top + _BLOCK, self.rows)]
            for row in block:
                slope += row
                above = np.add(above, slope, out=row)
            levels = np.clip(block, 0, _LEVELS - 1).astype(np.intp)
            table.take(levels[:, 0] * _LEVELS + levels[:, 1], out=picture[top : top + len(block)], mode="clip")
        return picture

    def _add(self, fall: _Fall, strengths: Floats) -> None:
        """Add the second differences of one gap's edges."""
        drawn = np.flatnonzero(np.abs(strengths) >= FAINTEST)
        some = max(_CELLS // fall.columns, 1)
        for start in range(0, len(drawn), some):
            self._add_some(fall, drawn[start : start + some], strengths)

    def _add_some(self, fall: _Fall, drawn: NDArray[np.intp], strengths: Floats) -> None:
        signed = strengths[drawn, None]
        strength = np.abs(signed)
        half = (0.25 + 1.45 * strength) * np.float32(self._thickness * self._ratio) * fall.slant[drawn]
        depth = -np.log1p(-(0.22 + 0.68 * strength)) * np.float32((_LEVELS - 1) / _DEEPEST) / fall.ramp[drawn]
        y, ramp = fall.y[drawn], fall.ramp[drawn] / 2
        at = np.stack([y - half - ramp, y - half + ramp, y + half - ramp, y + half + ramp])
        np.clip(at, 0, self.rows - 1, out=at)
        place = at.astype(np.intp)
        at -= place
        change = np.stack([depth, -depth, -depth, depth])
        at *= change
        change -= at
        width = self._sums.shape[2]
        place *= 2 * width
        place += np.arange(fall.start, fall.start + fall.columns) + (signed < 0) * width + 2 * width
        sums = self._sums.reshape(-1)
        np.add.at(sums, place.ravel(), change.ravel())
        place += 2 * width
        np.add.at(sums, place.ravel(), at.ravel())


def tinted(positive: Colour, negative: Colour) -> NDArray[np.uint32]:
    """Return the colour of every pair of optical depths, positive by negative, as premultiplied ARGB, flattened."""
    depth = np.arange(_LEVELS) * (_DEEPEST / (_LEVELS - 1))
    more, less = depth[:, None], depth[None, :]
    opacity = 1 - np.exp(-(more + less))
    share = more**2 / np.maximum(more**2 + less**2, 1e-12)
    channels = [opacity * (n + (p - n) * share) for p, n in zip(positive, negative, strict=True)]
    return packed(opacity * 255, *channels).ravel()


def packed(
    alpha: NDArray[np.floating], red: NDArray[np.floating], green: NDArray[np.floating], blue: NDArray[np.floating]
) -> NDArray[np.uint32]:
    """Return channels, 0 to 255 and premultiplied, as pixels of Qt's ARGB32."""
    whole = [np.rint(channel).astype(np.uint32) for channel in (alpha, red, green, blue)]
    return (whole[0] << 24) | (whole[1] << 16) | (whole[2] << 8) | whole[3]


def _fall(gap: Curves, top: int, ratio: float, start: int) -> tuple[int, _Fall]:
    left = int(np.floor(gap.left * ratio))
    columns = max(int(np.ceil(gap.right * ratio)) - left, 1)
    done, growth = gap.share(np.arange(left + 0.5, left + columns, dtype=np.float64) / ratio)
    rises = gap.rises.reshape(-1, 1)
    begins = np.broadcast_to(np.array(gap.starts), gap.rises.shape).reshape(-1, 1)
    slope = np.abs(rises * growth)
    y = (begins + rises * done) * ratio - top - 0.5
    as_floats = [values.astype(np.float32) for values in (y, np.maximum(slope, 1.0), np.sqrt(1 + slope**2))]
    return left, _Fall(start, *as_floats)
