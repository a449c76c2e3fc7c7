"""The shape of what flows through a network, of one sample."""

from __future__ import annotations

Shape = tuple[int, ...]
"""(numbers,) side by side, or (channels, height, width) of an image."""


def shape_of(inputs: int, image: Shape | None = None) -> Shape:
    """Return the shape of so many inputs; `image` is theirs where they are an image's, with or without channels."""
    if image is None:
        return (inputs,)
    return (1, *image) if len(image) == 2 else image


def is_image(shape: Shape) -> bool:
    """Whether a shape is an image's."""
    return len(shape) == 3


def swept(side: int, window: int, stride: int, padding: int = 0) -> int:
    """Return in how many places a window stands along a side that is padded at both ends."""
    return (side + 2 * padding - window) // stride + 1
