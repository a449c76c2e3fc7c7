"""One file of MNIST's format (IDX): what it announces, checked against its size, and what it holds.

The format is that of http://yann.lecun.com/exdb/mnist: two zero bytes, the type of the numbers, how many sizes there
are, the sizes as big-endian 32-bit numbers, then the numbers.
"""

from __future__ import annotations

import gzip
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from nnplayground.data.images.faults import size_of
from nnplayground.data.images.pictures import Pixels
from nnplayground.data.progress import Progress
from nnplayground.experiment import ExperimentError

ALLOWED = "a file of MNIST's format (IDX), plain or by gzip"
MAX_ITEMS = 20_000_000

_GZIP = b"\x1f\x8b"
_MOST_PACKED = 1040  # gzip makes no more than 1032 bytes of one
_BYTES = 0x08
_TYPES = {0x09: "signed bytes", 0x0B: "16-bit numbers", 0x0C: "32-bit numbers", 0x0D: "floats", 0x0E: "doubles"}
_BLOCK = 1 << 20  # bytes


@dataclass(frozen=True)
class IdxFile:
    """A file whose header makes sense: `sizes` begins with the number of items, images or labels."""

    path: Path
    sizes: tuple[int, ...]
    packed: bool  # by gzip

    @property
    def item(self) -> int:
        """How many bytes an item has."""
        return math.prod(self.sizes[1:])

    def blocks(self, progress: Progress) -> Iterator[Pixels]:
        """Yield all items as arrays (some, item) uint8, in order.

        No more is read than was announced. Raises ExperimentError where the file holds less or more, what gzip raises
        where it is damaged, OSError, and Cancelled.
        """
        count, some = self.sizes[0], max(_BLOCK // self.item, 1)
        what = "labels" if len(self.sizes) == 1 else "images"
        with _opened(self.path, self.packed) as file:
            file.seek(4 + 4 * len(self.sizes))
            for start in range(0, count, some):
                progress.at(start / count, f"reading {what}: {start:,}")
                wanted = min(some, count - start) * self.item
                content = file.read(wanted)
                if len(content) < wanted:
                    whole = start + len(content) // self.item
                    raise ExperimentError(f"cut off after {whole:,} of {count:,} {what}; allowed: {ALLOWED}")
                yield np.frombuffer(content, np.uint8).reshape(-1, self.item)
            if file.read(1):
                raise ExperimentError(f"holds more than the {count:,} {what} that it announces; allowed: {ALLOWED}")


def open_idx(path: Path, dimensions: tuple[int, ...]) -> IdxFile:
    """Read a file's header, of items of bytes with so many sizes. Raises ExperimentError, what gzip raises, OSError."""
    size = size_of(path, ALLOWED)
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    with _opened(path, packed) as file:
        begin = file.read(4)
        if len(begin) < 4 or begin[:2] != b"\0\0" or begin[2] not in (_BYTES, *_TYPES) or not 1 <= begin[3] <= 16:
            raise ExperimentError(f"does not begin as such files do; allowed: {ALLOWED}")
        if begin[2] != _BYTES:
            raise ExperimentError(f"holds {_TYPES[begin[2]]}; allowed: unsigned bytes, from 0 to 255")
        if begin[3] not in dimensions:
            raise ExperimentError(_other(begin[3], dimensions))
        header = file.read(4 * begin[3])
    if len(header) < 4 * begin[3]:
        raise ExperimentError(f"cut off within its header; allowed: {ALLOWED}")
    found = IdxFile(path, struct.unpack(f">{begin[3]}I", header), packed)
    _check_sizes(found, size)
    return found


def _opened(path: Path, packed: bool) -> BinaryIO:
    return gzip.open(path) if packed else path.open("rb")  # type: ignore[return-value]  # both read and seek bytes


def _other(found: int, wanted: tuple[int, ...]) -> str:
    if found == 1:
        return "holds labels, not images; allowed: the file of images"
    if 1 in wanted and found in (3, 4):
        return "holds images, not labels; allowed: the file of labels"
    return f"holds numbers of {found} sizes; allowed: {' or '.join(map(str, wanted))}"


def _check_sizes(file: IdxFile, size: int) -> None:
    """Hold what a header announces against the size of the file, before anything is allocated."""
    sizes = " × ".join(f"{one:,}" for one in file.sizes)
    if 0 in file.sizes:
        raise ExperimentError(f"announces {sizes} numbers, which is none; allowed: at least one image")
    if file.sizes[0] > MAX_ITEMS:
        raise ExperimentError(f"announces {file.sizes[0]:,} images or labels; allowed: {MAX_ITEMS:,}")
    announced = 4 + 4 * len(file.sizes) + math.prod(file.sizes)
    if file.packed and announced > _MOST_PACKED * size:
        raise ExperimentError(f"announces {sizes} numbers, more than gzip can pack into {size:,} bytes; allowed: fewer")
    if not file.packed and announced != size:
        fault = "cut off, or no such file" if size < announced else "more than announced"
        raise ExperimentError(
            f"announces {sizes} numbers, {announced:,} bytes in all, but has {size:,}: {fault}; allowed: {ALLOWED}"
        )
