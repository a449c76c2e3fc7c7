"""Painting edges into pixels: only those whose strength has changed are taken out and put in again. Knows no Qt.

A curve covers each column of pixels as a trapezoid. What is summed is optical depth, one sum for each sign; where signs
cross, the stronger is on top. Strengths have steps and depths are whole numbers, so that what was put in is taken out
to the last bit, and a picture never shows how it came about.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes import Floats
from nnplayground.gui.views.diagram.curves import FAINTEST, Curves

Colour = tuple[int, int, int]

_LEVELS = 128
_DEEPEST = 4.0  # optical depth at which one sees nothing behind: 98 % opaque
_UNITS = 16  # of depth, to a level
_STEPS = 32  # from no strength to all: the next is a twentieth of a pixel wider to either side
_DEPTHS = -np.log1p(-(0.22 + 0.68 * np.arange(_STEPS + 1) / _STEPS)) * ((_LEVELS - 1) / _DEEPEST * _UNITS)
_SOME = 48  # edges that are put in in one go, so that they stay in the processor's cache


class Raster:
    """Where the edges of all gaps, side by side, cross the pixels: for one geometry and one ratio of device pixels."""

    def __init__(self, gaps: Sequence[Curves], top: float, bottom: float, ratio: float, thickness: float) -> None:
        self.top = int(np.floor(top * ratio))  # of the picture, in device pixels
        self.rows = max(int(np.ceil(bottom * ratio)) - self.top, 1)
        self.lefts = [int(np.floor(gap.left * ratio)) for gap in gaps]  # of each gap on the canvas, in device pixels
        self._widths = [
            max(int(np.ceil(gap.right * ratio)) - left, 1) for gap, left in zip(gaps, self.lefts, strict=True)
        ]
        self.columns = sum(self._widths)
        self.sizes = [gap.rises.size for gap in gaps]  # how many edges each gap has
        self.gaps = np.repeat(np.arange(len(gaps)), self.sizes)  # which gap each edge is in
        shape = (len(self.gaps), max(self._widths, default=1))  # gaps are not as wide as each other
        self._y = np.zeros(shape, np.float32)  # where each edge crosses every column of pixels
        self._ramp = np.ones(shape, np.float32)  # how many rows a boundary takes to cross a column, at least one
        self._slant = np.zeros(shape, np.float32)  # half the height of a line that is half a pixel thick at either side
        self._place = np.full(shape, -1, np.int32)  # which column of the picture it is; -1 where the gap has ended
        edge = 0
        for i, (gap, size) in enumerate(zip(gaps, self.sizes, strict=True)):
            self._lay(gap, i, slice(edge, edge + size), ratio, thickness)
            edge += size

    def _lay(self, gap: Curves, index: int, edges: slice, ratio: float, thickness: float) -> None:
        left, width = self.lefts[index], self._widths[index]
        done, growth = gap.share(np.arange(left + 0.5, left + width, dtype=np.float64) / ratio)
        rises = gap.rises.reshape(-1, 1)
        begins = np.broadcast_to(np.array(gap.starts), gap.rises.shape).reshape(-1, 1)
        slope = np.abs(rises * growth)
        self._y[edges, :width] = (begins + rises * done) * ratio - self.top - 0.5
        self._ramp[edges, :width] = np.maximum(slope, 1.0)
        self._slant[edges, :width] = np.sqrt(1 + slope**2) * thickness * ratio
        self._place[edges, :width] = np.arange(self.span(index).start, self.span(index).stop)

    def span(self, gap: int) -> slice:
        """Return which columns of the picture are those of a gap."""
        start = sum(self._widths[:gap])
        return slice(start, start + self._widths[gap])

    def steps(self, strengths: Sequence[Floats | None]) -> NDArray[np.int16]:
        """Return the steps of all edges, signed: (edges,) of (ends, starts) strengths from -1 to 1 in each gap.

        A gap of None, and what is too faint, has none.
        """
        empty = (np.zeros(size, np.float32) for size in self.sizes)
        given = [blank if own is None else own.ravel() for own, blank in zip(strengths, empty, strict=True)]
        flat = np.concatenate(given) if given else np.zeros(0, np.float32)
        return np.where(np.abs(flat) >= FAINTEST, np.rint(flat * _STEPS), 0).astype(np.int16)

    def cover(
        self, edges: NDArray[np.intp], steps: NDArray[np.int16], signs: NDArray[np.int32]
    ) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
        """Return where edges of such steps lie, and how deep there, in units of depth times the edge's sign.

        Places are counted row by row, two to a pixel: the first is of positive edges, the second of negative ones.
        """
        strength = (np.abs(steps) / np.float32(_STEPS))[:, None]
        deep = _DEPTHS[np.abs(steps)][:, None]
        y, ramp = self._y[edges], self._ramp[edges]
        height = (0.5 + 2.9 * strength) * self._slant[edges]
        reach = (height + ramp) / 2
        first = np.maximum(np.floor(y - reach) + 1, 0)
        counts = (np.minimum(np.ceil(y + reach), self.rows) - first).astype(np.intp)
        counts *= (self._place[edges] >= 0) & (steps != 0)[:, None]
        np.maximum(counts, 0, out=counts)
        counts = counts.ravel()
        each = np.repeat(np.arange(len(counts)), counts)
        row, before = np.arange(len(each)), np.cumsum(counts) - counts  # rows are told from each column's first
        away = (np.subtract(first, y, dtype=np.float64).ravel() - before).take(each)
        away += row
        np.abs(away, out=away)
        away *= -1
        away += reach.ravel().take(each)
        away *= (deep / ramp).ravel().take(each)
        np.minimum(away, (deep * np.minimum(height / ramp, 1)).ravel().take(each), out=away)
        start = 2 * (first.astype(np.intp) * self.columns + self._place[edges]) + (steps < 0)[:, None]
        row *= 2 * self.columns
        row += (start.ravel() - 2 * self.columns * before).take(each)
        depths = np.rint(away).astype(np.int32)
        depths *= np.repeat(signs, counts.reshape(len(edges), -1).sum(axis=1))
        return row, depths


class EdgePicture:
    """Edges in the colours of a table made by `tinted`: (rows, columns) premultiplied ARGB."""

    def __init__(self, raster: Raster, table: NDArray[np.uint32]) -> None:
        self._raster, self._table = raster, table
        self.pixels = np.zeros((raster.rows, raster.columns), np.uint32)
        self._steps = np.zeros(len(raster.gaps), np.int16)
        self._depths = np.zeros((self.pixels.size, 2), np.int32)  # of positive and of negative edges
        self._touched = np.zeros(self.pixels.size, bool)  # since pixels were coloured

    def show(self, strengths: Sequence[Floats | None]) -> list[int]:
        """Show edges of (ends, starts) strengths in each gap, none where it is None. Return which gaps changed."""
        steps = self._raster.steps(strengths)
        changed = np.flatnonzero(steps != self._steps)
        if not len(changed):
            return []
        if 2 * len(changed) > np.count_nonzero(steps):  # to begin anew is less work
            self._depths.fill(0)
            self.pixels.fill(0)
            new = np.flatnonzero(steps)
            self._put(new, steps[new], np.ones(len(new), np.int32))
        else:
            signs = np.repeat(np.array([-1, 1], np.int32), len(changed))
            self._put(np.tile(changed, 2), np.append(self._steps[changed], steps[changed]), signs)
        self._steps = steps
        self._colour()
        return sorted(set(self._raster.gaps[changed].tolist()))

    def _put(self, edges: NDArray[np.intp], steps: NDArray[np.int16], signs: NDArray[np.int32]) -> None:
        """Put edges of these steps in, or take them out where the sign is -1."""
        for start in range(0, len(edges), _SOME):
            some = slice(start, start + _SOME)
            places, depths = self._raster.cover(edges[some], steps[some], signs[some])
            np.add.at(self._depths.reshape(-1), places, depths)
            self._touched[places >> 1] = True

    def _colour(self) -> None:
        """Colour the pixels that were touched."""
        own = np.flatnonzero(self._touched)
        self._touched[own] = False
        levels = self._depths[own]
        levels += _UNITS // 2
        levels //= _UNITS
        np.minimum(levels, _LEVELS - 1, out=levels)
        self.pixels.reshape(-1)[own] = self._table.take(levels[:, 0] * _LEVELS + levels[:, 1])


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
