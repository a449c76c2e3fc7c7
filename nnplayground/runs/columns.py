"""Columns of numbers, one row after another without end, in bounded memory: any range of them as a curve, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Places = NDArray[np.int64]  # of columns, without dimension where it is one

FAN = 4  # buckets of one level that make one of the next
LEVELS = 12  # within the budget: so 48 MiB do for 2 * 10^10 rows of 42 columns, and a 12th more for four times as many
HEAD = 0.25  # the share of a level that keeps the beginning of the run; the rest keeps the latest
SMALLEST = 16  # buckets in a level, below which a budget makes no sense
PIECE = 1024  # rows that are appended at once: what appending needs for a moment stays small, and in the cache

LOW, HIGH, TOTAL, WEIGHT = range(4)  # of a bucket's numbers, NaN left out: least, greatest, sum, and how many they are


def summarized(values: NDArray[np.floating]) -> Doubles:
    """Return values of any shape as buckets of one row each, (4, ...): low, high, total, weight."""
    buckets = np.empty((4, *values.shape))
    buckets[LOW] = buckets[HIGH] = values
    buckets[WEIGHT] = known = ~np.isnan(values)
    buckets[TOTAL] = np.where(known, values, 0.0)
    return buckets


def merged(buckets: Doubles, starts: NDArray[np.int64]) -> Doubles:
    """Return buckets (4, ..., n) merged into those (4, ..., k) that begin at `starts`."""
    result = np.empty((*buckets.shape[:-1], len(starts)))
    with np.errstate(invalid="ignore"):  # NaN is left out, and infinities of both signs add up to NaN
        np.fmin.reduceat(buckets[LOW], starts, axis=-1, out=result[LOW])
        np.fmax.reduceat(buckets[HIGH], starts, axis=-1, out=result[HIGH])
        np.add.reduceat(buckets[TOTAL:], starts, axis=-1, out=result[TOTAL:])
    return result


def folded(buckets: Doubles) -> Doubles:
    """Return what `merged` returns for every `FAN` buckets of (4, ..., FAN * k); several times as quick."""
    a, b, c, d = (buckets[..., i::FAN] for i in range(FAN))
    result = np.empty(a.shape)
    with np.errstate(invalid="ignore"):
        np.fmin(np.fmin(a[LOW], b[LOW]), np.fmin(c[LOW], d[LOW]), out=result[LOW])
        np.fmax(np.fmax(a[HIGH], b[HIGH]), np.fmax(c[HIGH], d[HIGH]), out=result[HIGH])
        np.add(a[TOTAL:] + b[TOTAL:], c[TOTAL:] + d[TOTAL:], out=result[TOTAL:])
    return result


def means(buckets: Doubles) -> Doubles:
    """Return the mean of each bucket of (4, ...); NaN where all its numbers are."""
    total, weight = buckets[TOTAL], buckets[WEIGHT]
    result = np.full(total.shape, np.nan)
    np.divide(total, weight, out=result, where=weight > 0)
    return result


@dataclass(frozen=True, eq=False)
class Curve:
    """A column's course over a range of rows, as points that each stand for one row or for several in succession.

    Of several columns at once, numbers are (columns, k). NaN is left out wherever a point has any other number;
    infinity is kept.
    """

    x: NDArray[np.float64]  # (k,) row index: of the row itself, or the middle of the rows that a point stands for
    low: Floats  # (k,) the least of those rows
    mean: Floats  # (k,)
    high: Floats  # (k,) the greatest
    exact: bool  # every point is one row: low == mean == high


class Level:
    """Buckets of `width` rows each: the first of the run and the latest, `capacity` of them in all.

    Storage grows with the run until it is full. A bucket is kept as low, high, mean, weight in float32; one of a single
    row as that row.
    """

    def __init__(self, columns: int, width: int, capacity: int) -> None:
        self.width = width
        self.count = 0  # buckets ever completed
        self.open: Doubles = np.empty((4, columns, 0))  # of the finer level: too few yet for a bucket of this one
        self._capacity = capacity
        self._head = int(capacity * HEAD)
        self._kept: Floats = np.empty((1 if width == 1 else 4, columns, 0), np.float32)

    @property
    def nbytes(self) -> int:
        """The bytes it holds."""
        return self._kept.nbytes + self.open.nbytes

    def complete(self, finer: Doubles) -> Doubles:
        """Take buckets of the finer level, (4, columns, n); return those of this one that they complete."""
        waiting = np.concatenate([self.open, finer], axis=-1)
        full = waiting.shape[-1] // FAN * FAN
        self.open = waiting[..., full:].copy()
        return folded(waiting[..., :full])

    def store(self, buckets: Doubles) -> None:
        """Keep buckets (4, columns, n) that follow those stored before; n is at most `PIECE`."""
        n = buckets.shape[-1]
        self._grow(self.count + n)
        latest = min(n, self._capacity - self._head)  # what would be overwritten at once need not be written
        first, stop = self.count, self.count + n
        for begin, end in ((first, min(stop, self._head)), (stop - latest, stop)):
            if begin < end:
                self._write(begin, buckets[..., begin - first : end - first])
        self.count = stop

    def _write(self, first: int, buckets: Doubles) -> None:
        slots = self._slots(first, first + buckets.shape[-1])
        if self.width == 1:
            self._kept[0][:, slots] = buckets[LOW]
        else:
            values = (buckets[LOW], buckets[HIGH], means(buckets), buckets[WEIGHT])
            for kept, value in zip(self._kept, values, strict=True):
                kept[:, slots] = value

    def _grow(self, count: int) -> None:
        size = self._kept.shape[-1]
        if size < min(count, self._capacity):
            larger = np.empty((*self._kept.shape[:-1], min(max(count, 2 * size), self._capacity)), np.float32)
            larger[..., :size] = self._kept
            self._kept = larger

    def _slots(self, first: int, stop: int) -> NDArray[np.int64] | slice:
        """Return where buckets are kept; a slice, which is much quicker, as long as none was overwritten."""
        if stop <= self._capacity:
            return slice(first, stop)
        index = np.arange(first, stop)
        return np.where(index < self._head, index, self._head + (index - self._head) % (self._capacity - self._head))

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """Return the first bucket with any of the rows start … stop - 1, and the one after the last."""
        return start // self.width, -(-stop // self.width)

    def serves(self, start: int, stop: int, most: int) -> bool:
        """Whether the rows start … stop - 1 lie in at most so many buckets that, once complete, are all still kept."""
        first, end = self.span(start, stop)
        latest = self.count - (self._capacity - self._head)
        kept = self.count <= self._capacity or end <= self._head or first >= latest
        return kept and end - first <= most

    def read(self, column: Places, first: int, stop: int) -> Doubles:
        """Return the complete buckets first … stop - 1 of columns, (4, …, stop - first). They must be held."""
        slots = self._slots(first, stop)
        place = column if isinstance(slots, slice) else column[..., None]
        kept = self._kept[:, place, slots].astype(np.float64)
        if self.width == 1:
            return summarized(kept[0])
        total, weight = kept[TOTAL], kept[WEIGHT]  # the means as yet
        total *= weight
        total[weight == 0] = 0.0
        return np.asarray(kept)


@dataclass(frozen=True)
class Grain:
    """How finely a curve is read: each of its points is `each` buckets of a level; of `width` rows in all."""

    level: int
    each: int

    @property
    def width(self) -> int:
        """How many rows a point stands for; points begin at multiples of it."""
        return self.each * int(FAN**self.level)


class Columns:
    """Rows of float32 numbers in named columns, as many as ever come, in at most `budget` bytes.

    A pyramid of levels: level 0 keeps rows, level k buckets of 4^k rows with their least, greatest and mean. Each level
    keeps its first and its latest buckets, as many as fit the budget, so that the beginning and what is recent can be
    seen exactly, and what lies between as finely as its distance from either end allows. A curve is drawn from the
    finest level that still has its range, and takes the same time however long the run.
    """

    def __init__(self, names: tuple[str, ...], budget: int = 48 * 2**20) -> None:
        """Raise ValueError where names repeat, there are none, or the budget is too small for them."""
        if not names or len(set(names)) < len(names):
            raise ValueError(f"names = {names} are not allowed; allowed: at least one, each only once")
        each = 4 * len(names) * (1 + 4 * LEVELS)  # bytes of a row, and of a bucket in each level
        waiting = 8 * len(names) * 4 * (FAN - 1) * 2 * LEVELS  # bytes of `open` in twice as many levels
        capacity = (budget - waiting) // each
        if capacity < SMALLEST:
            least = SMALLEST * each + waiting
            raise ValueError(f"budget = {budget} bytes are too few for {len(names)} columns; allowed: {least} or more")
        self.names = names
        self._index = {name: i for i, name in enumerate(names)}
        self._capacity = capacity
        self._levels = [Level(len(names), 1, capacity)]

    def __len__(self) -> int:
        """How many rows were ever appended."""
        return self._levels[0].count

    @property
    def nbytes(self) -> int:
        """The bytes that are held now."""
        return sum(level.nbytes for level in self._levels)

    def append(self, rows: NDArray[np.floating]) -> None:
        """Append rows (n, columns), kept as float32. Raises ValueError where the shape is another."""
        if rows.ndim != 2 or rows.shape[1] != len(self.names):
            raise ValueError(f"rows of shape {rows.shape} do not fit; allowed: (n, {len(self.names)})")
        for begin in range(0, len(rows), PIECE):
            self._append(np.asarray(rows[begin : begin + PIECE], np.float32).T)

    def _append(self, values: Floats) -> None:
        buckets = summarized(values)
        self._levels[0].store(buckets)
        k = 1
        while buckets.shape[-1]:
            if k == len(self._levels):
                self._levels.append(Level(len(self.names), FAN**k, self._capacity))
            buckets = self._levels[k].complete(buckets)
            self._levels[k].store(buckets)
            k += 1

    def last(self, name: str) -> float | None:
        """Return the last row's number, or None before the first row."""
        column, rows = self._places(name), len(self)
        return float(self._levels[0].read(column, rows - 1, rows)[LOW, 0]) if rows else None

    def curve(self, name: str, start: int = 0, stop: int | None = None, points: int = 1000) -> Curve:
        """Return a column's rows start … stop - 1 (as a slice counts) as about `points` points at most.

        The first and the last point may reach beyond the range, where they stand for several rows.
        """
        return self._curve(self._places(name), start, stop, points)

    def curves(self, names: Sequence[str], start: int = 0, stop: int | None = None, points: int = 1000) -> Curve:
        """Return several columns as `curve` returns one, in little more time; its numbers are (columns, k)."""
        return self._curve(self._places(*names).reshape(-1), start, stop, points)

    def read(self, names: Sequence[str], grain: Grain, start: int, stop: int) -> Curve:
        """Return the rows start … stop - 1 of several columns as points of a grain that `grain` returned for them."""
        return self._read(self._places(*names).reshape(-1), grain, start, stop)

    def _curve(self, column: Places, start: int, stop: int | None, points: int) -> Curve:
        start, stop, _ = slice(start, stop).indices(len(self))
        return self._read(column, self.grain(start, stop, points), start, stop)

    def _read(self, column: Places, grain: Grain, start: int, stop: int) -> Curve:
        grain = grain if start < stop else Grain(0, 1)  # of no rows there are no points of any level
        k, bounds = grain.level, self._bounds(grain, start, stop)
        first, end = int(bounds[0]), int(bounds[-1])
        level = self._levels[k]
        buckets = level.read(column, first, min(end, level.count))
        if end > level.count:
            buckets = np.concatenate([buckets, self._unfinished(column, k)], axis=-1)
        if len(bounds) - 1 < end - first:
            buckets = merged(buckets, bounds[:-1] - first)
        edges = self._rows(k, bounds)
        low, mean, high = (v.astype(np.float32) for v in (buckets[LOW], means(buckets), buckets[HIGH]))
        return Curve((edges[:-1] + edges[1:] - 1) / 2, low, mean, high, bool((np.diff(edges) == 1).all()))

    def edges(self, start: int = 0, stop: int | None = None, points: int = 1000) -> NDArray[np.int64]:
        """Return the rows at which the points of such a curve begin, and the row after the last one's, (k + 1,).

        Point i stands for rows edges[i] … edges[i + 1] - 1.
        """
        start, stop, _ = slice(start, stop).indices(len(self))
        grain = self.grain(start, stop, points)
        return self._rows(grain.level, self._bounds(grain, start, stop))

    def grain(self, start: int, stop: int, points: int) -> Grain:
        """Return how the rows start … stop - 1, be they there yet or not, make about `points` points at most.

        The level is the finest that has those that are there and needs no more than four buckets for a point.
        """
        points = max(points, 1)
        if start >= stop:
            return Grain(0, 1)
        k = next((k for k, level in enumerate(self._levels) if level.serves(start, stop, FAN * points)), None)
        k = len(self._levels) - 1 if k is None else k  # so many rows to come that no level that will serve is there
        first, end = self._levels[k].span(start, stop)
        return Grain(k, -(-(end - first) // points))

    def _bounds(self, grain: Grain, start: int, stop: int) -> NDArray[np.int64]:
        """Return where among the buckets of the grain's level each point begins, with the end of the last one.

        Points begin at multiples of their width, so that they stay as they are while the range grows or moves.
        """
        if start >= stop:
            return np.array([start], np.int64)
        first, end = self._levels[grain.level].span(start, stop)
        bounds = np.arange(first // grain.each, -(-end // grain.each) + 1) * grain.each
        return np.clip(bounds, first, end)

    def _rows(self, k: int, bounds: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.minimum(bounds * self._levels[k].width, len(self))

    def _unfinished(self, column: Places, k: int) -> Doubles:
        """Return the rows of columns that do not fill a bucket of level k yet, as one bucket, (4, …, 1)."""
        parts = [level.open[:, column] for level in reversed(self._levels[1 : k + 1])]
        return merged(np.concatenate(parts, axis=-1), np.zeros(1, np.int64))

    def _places(self, *names: str) -> Places:
        """Return where columns stand: of one, a number without dimension."""
        for name in names:
            if name not in self._index:
                raise KeyError(f"there is no column {name!r}; there are {', '.join(self.names)}")
        found = np.array([self._index[name] for name in names], np.int64)
        return found[0:1].reshape(()) if len(names) == 1 else found
