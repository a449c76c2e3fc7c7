"""Where everything in the diagram lies: pure geometry in logical pixels. Knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_TILES = 16  # of one column; what is beyond is counted in words
_FILL = 0.74  # of a row that its tile takes


@dataclass(frozen=True)
class Sizes:
    """Lengths that the theme, the font and the names decide, in pixels."""

    tile: float = 36.0  # the largest side of a tile
    smallest: float = 16.0  # the smallest
    gap: float = 5.0  # between tiles, at least
    channel: float = 24.0  # between columns, at least: where edges run
    margin: float = 14.0
    header: float = 40.0  # above the columns
    footer: float = 34.0  # below them
    more: float = 18.0  # height of the words "+112 more"
    left: float = 0.0  # width of the inputs' names
    right: float = 0.0  # width of the outputs' names
    mark: float = 3.5  # radius of a bias mark
    picture: float = 0.0  # side of the inputs' one tile where it is an image, else 0


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """The right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """The bottom edge."""
        return self.top + self.height

    def contains(self, x: float, y: float, around: float = 0.0) -> bool:
        """Whether a point lies in the rectangle, or within `around` of it."""
        return self.left - around <= x <= self.right + around and self.top - around <= y <= self.bottom + around


@dataclass(frozen=True)
class PlacedColumn:
    """One column: its middle, the side of its tiles, their middles from top to bottom, and what is left out."""

    x: float
    tile: float
    ys: tuple[float, ...]
    left_out: int = 0
    more_y: float = 0.0  # middle of the words that say how many are left out
    half: float = 0.0  # from the middle to either edge of the background

    def box(self, row: int) -> Box:
        """Return where the tile in `row` lies."""
        return Box(self.x - self.tile / 2, self.ys[row] - self.tile / 2, self.tile, self.tile)


@dataclass(frozen=True)
class Geometry:
    """The diagram laid out; `width` is more than was given where the columns need it."""

    width: float
    height: float
    columns: tuple[PlacedColumn, ...]
    spacing: float  # from column to column
    top: float  # below the headers
    bottom: float  # above what is under the columns
    mark: float

    def background(self, column: int) -> Box:
        """Return the background of a column, from its header down to the end of its foot."""
        placed = self.columns[column]
        return Box(placed.x - placed.half, 0.0, 2 * placed.half, self.height)

    def mark_at(self, column: int, row: int) -> tuple[float, float]:
        """Return the middle of a neuron's bias mark: the lower left corner of its tile."""
        box = self.columns[column].box(row)
        return box.left, box.bottom


def arrange(counts: Sequence[int], width: float, height: float, sizes: Sizes) -> Geometry:
    """Lay out columns of `counts` tiles each, the first the inputs and the last the outputs.

    Columns are the same distance apart, tiles shrink where they are many, and are left out where they would be too
    small to be seen. Everything lies inside the width, which grows where it cannot.
    """
    gaps = len(counts) - 1
    around = 2 * sizes.margin + sizes.left + sizes.right
    narrow = (width - around) / (gaps + 0.5)  # tiles shrink too where columns are many
    tile = _whole(max(sizes.smallest * 1.25, min(sizes.tile, narrow - sizes.channel)))
    room = Box(0.0, sizes.header, width, max(height - sizes.footer - sizes.header, sizes.smallest))
    rows = [_rows(count, tile, room.height, sizes) for count in counts]
    tile = min(tile, _whole(1.3 * min(row.tile for row in rows)))  # no giants among dwarfs
    first = max(sizes.picture, tile)
    spacing = max((width - around - (first + tile) / 2) / gaps, (first + tile) / 2 + sizes.channel)
    start = sizes.margin + sizes.left + first / 2
    half = min(spacing / 2 - 1, tile / 2 + 14)
    columns = [_placed(start + i * spacing, count, tile, room, half, sizes) for i, count in enumerate(counts)]
    if sizes.picture:
        columns[0] = PlacedColumn(
            _on_pixel(start, first), first, (_on_pixel(room.top + room.height / 2, first),), half=first / 2
        )
    return Geometry(
        width=max(width, around + (first + tile) / 2 + gaps * spacing),
        height=max(height, room.bottom + sizes.footer),
        columns=tuple(columns),
        spacing=spacing,
        top=room.top,
        bottom=room.bottom,
        mark=sizes.mark,
    )


@dataclass(frozen=True)
class _Rows:
    shown: int
    pitch: float
    tile: float


def _rows(count: int, largest: float, room: float, sizes: Sizes) -> _Rows:
    """Return how many tiles of a column are shown, how far apart, and how large."""
    shown = count
    if count > MOST_TILES or count * (sizes.smallest + sizes.gap) > room:
        easy = max(largest / 1.25, sizes.smallest) + sizes.gap
        shown = min(count, MOST_TILES, max(int((room - sizes.more) / easy), 1))
    more = sizes.more if shown < count else 0.0
    pitch = min((room - more) / shown, max(largest * 1.4, sizes.tile * 1.2))
    tile = max(min(largest, pitch * _FILL, pitch - sizes.gap), min(sizes.smallest, pitch - 1))
    return _Rows(shown, pitch, _whole(tile))


def _placed(x: float, count: int, largest: float, room: Box, half: float, sizes: Sizes) -> PlacedColumn:
    rows = _rows(count, largest, room.height, sizes)
    more = sizes.more if rows.shown < count else 0.0
    start = room.top + (room.height - more - rows.shown * rows.pitch) / 2
    end = start + rows.shown * rows.pitch
    middles = tuple(_on_pixel(start + (row + 0.5) * rows.pitch, rows.tile) for row in range(rows.shown))
    return PlacedColumn(_on_pixel(x, rows.tile), rows.tile, middles, count - rows.shown, end + more / 2, half)


def _whole(length: float) -> float:
    return float(max(int(length), 1))


def _on_pixel(middle: float, length: float) -> float:
    """Return the middle nearest to `middle` of a whole length whose ends lie on whole pixels."""
    return round(middle - length / 2) + length / 2
