"""One picture file as pixels: what Pillow reads, with its size and colours brought to what is asked for."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from nnplayground.data.images.pictures import Pixels

ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
MAX_SOURCE = 64_000_000  # pixels of a picture as it is in its file

_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
_DAMAGED = (  # what Pillow's readers are known to raise on bytes that make no sense
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    ArithmeticError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    RuntimeError,
    MemoryError,
    Warning,  # where Python is told to raise them
    struct.error,
    zlib.error,
)


class UnreadableError(Exception):
    """A file of which no picture can be made; its text says why in a few words."""


def decode(path: Path, side: int, *, colour: bool) -> Pixels:
    """Return a picture as (3 or 1, side, side) uint8: turned as its camera was held, its middle cut out, resized.

    The first one of several; what is transparent is white. Raises UnreadableError.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with path.open("rb") as file, Image.open(file, formats=_FORMATS) as image:
            _check_source(image)
            image.draft(image.mode, (side, side))  # of a large JPEG, no more is decoded than is needed
            return _array(_fitted(_plain(image, colour=colour), side))
    except Image.DecompressionBombError:
        raise UnreadableError("far too large") from None
    except UnidentifiedImageError:
        raise UnreadableError("no such picture, or damaged") from None
    except _DAMAGED as error:
        raise UnreadableError(getattr(error, "strerror", None) or "damaged") from None


def resize(pixels: Pixels, side: int, *, colour: bool) -> Pixels:
    """Return (n, 3, height, width) pictures as `decode` would of files that hold them."""
    from PIL import Image

    made = [_fitted(_plain(Image.fromarray(one), colour=colour), side) for one in pixels.transpose(0, 2, 3, 1)]
    return np.stack([_array(one) for one in made])


def _check_source(image: Any) -> None:
    if image.width * image.height > MAX_SOURCE:
        raise UnreadableError(f"{image.width:,} × {image.height:,} pixels are too many; allowed: {MAX_SOURCE:,}")


def _plain(image: Any, *, colour: bool) -> Any:
    """Return an image of 8 bits a channel, in colour or grey, without transparency, upright."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits of grey, which Pillow would cut off at 255
        image = Image.fromarray((np.asarray(image).astype(np.int64) >> 8).clip(0, 255).astype(np.uint8))
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        image = ground
    return image.convert("RGB" if colour else "L")


def _fitted(image: Any, side: int) -> Any:
    from PIL import Image, ImageOps

    return ImageOps.fit(image, (side, side), Image.Resampling.BILINEAR)


def _array(image: Any) -> Pixels:
    pixels = np.asarray(image, np.uint8)
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))
