"""Where everything in the diagram lies: pure geometry in logical pixels. Knows no Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

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
    tiny: float = 8.0  # the smallest tile where there are blocks, whose columns are many
    band: float = 9.0  # between columns, at least, where a folded band runs beside tiles of 15 pixels
    frame: float = 4.0  # around the tiles of a block, where these have 20 pixels
    slab: float = 18.0  # width of a slim block
    tall: float = 90.0  # its height


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
    frame: float = 0.0  # around the tiles of a block
    tall: float = 0.0  # height of a slim block, which is its one tile; 0 where tiles are squares

    def box(self, row: int) -> Box:
        """Return where the tile in `row` lies."""
        height = self.tall or self.tile
        return Box(self.x - self.tile / 2, self.ys[row] - height / 2, self.tile, height)

    @property
    def block(self) -> Box:
        """What encloses all tiles: a block's frame, where the column is one."""
        first, last = self.box(0), self.box(len(self.ys) - 1)
        left, top, reach = first.left - self.frame, first.top - self.frame, self.frame
        return Box(left, top, first.width + 2 * reach, last.bottom + reach - top)


@dataclass(frozen=True)
class Geometry:
    """The diagram laid out; `width` is more than was given where the columns need it."""

    width: float
    height: float
    columns: tuple[PlacedColumn, ...]
    rooms: tuple[float, ...]  # how wide what is written above and below each column may be
    top: float  # below the headers
    bottom: float  # above what is under the columns
    mark: float

    @property
    def middle(self) -> float:
        """The height that all columns have their middle at."""
        return (self.top + self.bottom) / 2

    def background(self, column: int) -> Box:
        """Return the background of a column, from its header down to the end of its foot."""
        placed = self.columns[column]
        return Box(placed.x - placed.half, 0.0, 2 * placed.half, self.height)

    def mark_at(self, column: int, row: int) -> tuple[float, float]:
        """Return the middle of a neuron's bias mark: the lower left corner of its tile."""
        box = self.columns[column].box(row)
        return box.left, box.bottom


def arrange(counts: Sequence[int], width: float, height: float, sizes: Sizes, forms: Sequence[str] = ()) -> Geometry:
    """Lay out columns of `counts` tiles each, the first the inputs and the last the outputs.

    Columns are the same distance apart, tiles shrink where they are many, and are left out where they would be too
    small to be seen. Everything lies inside the width, which grows where it cannot. `forms` are the columns'
    `structure.Form`; where some are blocks, columns move closer together than edges of weights would allow.
    """
    forms = forms or ("tiles",) * len(counts)
    room = Box(0.0, sizes.header, width, max(height - sizes.footer - sizes.header, sizes.smallest))
    blocks = set(forms) != {"tiles"}
    tile, spacings = (_folded if blocks else _even)(counts, width, room.height, sizes, forms)
    sizes = _shrunk(sizes, tile) if blocks else sizes
    first = max(sizes.picture, tile)
    around = 2 * sizes.margin + sizes.left + sizes.right
    start = sizes.margin + sizes.left + first / 2
    rooms = _rooms(spacings)
    columns = []
    for i, (count, form) in enumerate(zip(counts, forms, strict=True)):
        x, half = start + sum(spacings[:i]), min(rooms[i] / 2 - 1, tile / 2 + 14)
        columns.append(
            _slab(x, room, half, sizes) if form == "slab" else _placed(x, count, tile, room, half, sizes, form)
        )
    if sizes.picture:
        columns[0] = PlacedColumn(
            _on_pixel(start, first), first, (_on_pixel(room.top + room.height / 2, first),), half=first / 2
        )
    return Geometry(
        width=max(width, around + (first + tile) / 2 + sum(spacings)),
        height=max(height, room.bottom + sizes.footer),
        columns=tuple(columns),
        rooms=rooms,
        top=room.top,
        bottom=room.bottom,
        mark=min(sizes.mark, tile / 5) if blocks else sizes.mark,
    )


def _even(
    counts: Sequence[int], width: float, height: float, sizes: Sizes, forms: Sequence[str]
) -> tuple[float, list[float]]:
    """Return the largest side of tiles, and the distances of columns, all the same."""
    del forms
    gaps = len(counts) - 1
    around = 2 * sizes.margin + sizes.left + sizes.right
    narrow = (width - around) / (gaps + 0.5)  # tiles shrink too where columns are many
    tile = _whole(max(sizes.smallest * 1.25, min(sizes.tile, narrow - sizes.channel)))
    tile = _not_giant(counts, tile, height, sizes)
    first = max(sizes.picture, tile)
    spacing = max((width - around - (first + tile) / 2) / gaps, (first + tile) / 2 + sizes.channel)
    return tile, [spacing] * gaps


def _folded(
    counts: Sequence[int], width: float, height: float, sizes: Sizes, forms: Sequence[str]
) -> tuple[float, list[float]]:
    """Return the largest side of tiles, and the distances of columns: the same as far as all fit into the width."""
    largest = _whole(sizes.tile)
    tiled = [count for count, form in zip(counts, forms, strict=True) if form != "slab"]
    tile, least = largest, [0.0]
    while True:
        small = _shrunk(sizes, tile)
        tile = _not_giant(tiled, tile, height, small)
        widths = [_width(form, tile, small) for form in forms]
        widths[0] = max(sizes.picture, tile)
        bands = [set(pair) != {"tiles"} for pair in pairwise(forms)]
        least = [
            (a + b) / 2 + (small.band if band else sizes.channel)
            for (a, b), band in zip(pairwise(widths), bands, strict=True)
        ]
        room = width - 2 * sizes.margin - sizes.left - sizes.right - (widths[0] + widths[-1]) / 2
        if sum(least) <= room or tile <= sizes.tiny:
            return tile, _levelled(least, room)
        tile -= 1


def _shrunk(sizes: Sizes, tile: float) -> Sizes:
    """Return lengths that go with tiles of a side, which is less than what there may be without blocks."""
    band, frame = min(sizes.band, 0.6 * tile), min(sizes.frame, 0.2 * tile)
    return replace(sizes, smallest=min(sizes.smallest, tile), band=band, frame=frame)


def _levelled(least: Sequence[float], total: float) -> list[float]:
    """Return distances that sum up to `total` where that is enough: as equal as their least values allow."""
    level, raised = 0.0, sorted(least)
    for i, value in enumerate(raised):  # all up to here could be raised to the level of this one
        spent = value * (i + 1) + sum(raised[i + 1 :])
        if spent > total:
            break
        level = (total - sum(raised[i + 1 :])) / (i + 1)
    return [max(value, level) for value in least]


def _rooms(spacings: Sequence[float]) -> tuple[float, ...]:
    """Return for each column the least distance to a neighbour, which is what may be written above it."""
    return tuple(min(spacings[max(i - 1, 0) : i + 1]) for i in range(len(spacings) + 1))


def _width(form: str, tile: float, sizes: Sizes) -> float:
    return sizes.slab if form == "slab" else tile + (2 * sizes.frame if form == "maps" else 0.0)


def _not_giant(counts: Sequence[int], tile: float, height: float, sizes: Sizes) -> float:
    """Return how large tiles may be beside those of the fullest column: no giants among dwarfs."""
    return min(tile, _whole(1.3 * min(_rows(count, tile, height, sizes).tile for count in counts)))


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


def _placed(
    x: float, count: int, largest: float, room: Box, half: float, sizes: Sizes, form: str = "tiles"
) -> PlacedColumn:
    rows = _rows(count, largest, room.height, sizes)
    more = sizes.more if rows.shown < count else 0.0
    start = room.top + (room.height - more - rows.shown * rows.pitch) / 2
    end = start + rows.shown * rows.pitch
    middles = tuple(_on_pixel(start + (row + 0.5) * rows.pitch, rows.tile) for row in range(rows.shown))
    frame = sizes.frame if form == "maps" else 0.0
    return PlacedColumn(_on_pixel(x, rows.tile), rows.tile, middles, count - rows.shown, end + more / 2, half, frame)


def _slab(x: float, room: Box, half: float, sizes: Sizes) -> PlacedColumn:
    width, tall = _whole(sizes.slab), _whole(min(sizes.tall, room.height))
    return PlacedColumn(
        _on_pixel(x, width), width, (_on_pixel(room.top + room.height / 2, tall),), half=half, tall=tall
    )


def _whole(length: float) -> float:
    return float(max(int(length), 1))


def _on_pixel(middle: float, length: float) -> float:
    """Return the middle nearest to `middle` of a whole length whose ends lie on whole pixels."""
    return round(middle - length / 2) + length / 2
