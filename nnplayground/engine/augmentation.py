"""Images changed at random: mirrored, shifted, turned, with a hole in them. What comes from outside is zero."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from nnplayground.engine.noise import Draw, Noise
from nnplayground.experiment.shape import Shape, is_image

DRAWS = (
    Draw("augment.flip", "uniform", 1),
    Draw("augment.shift", "uniform", 2),
    Draw("augment.rotate", "uniform", 1),
    Draw("augment.cutout", "uniform", 2),
)

Found = tuple[Tensor, Tensor] | None  # of Noise.take


def augment(x: Tensor, shape: Shape, noise: Noise | None) -> Tensor:
    """Return (n, inputs) images of that shape as `noise` changes them; what is no image stays as it is."""
    if noise is None or not is_image(shape):
        return x
    flip, shift, rotate, cutout = (noise.take(draw.term, draw.series, draw.width) for draw in DRAWS)
    images = x.view(x.shape[0], *shape)
    if flip is not None:
        mirrored = flip[0] < flip[1]
        images = torch.where(mirrored[:, :, None, None], images.flip(-1), images)
    if shift is not None or rotate is not None:
        grid = _turned(images, rotate) if shift is None else _turned(images, rotate) - _offsets(shift)
        images = F.grid_sample(images, grid.to(x.dtype), mode="bilinear", padding_mode="zeros", align_corners=False)
    if cutout is not None:
        images = images * _left(images, *cutout)
    return images.reshape(x.shape)


def _turned(images: Tensor, rotate: Found) -> Tensor:
    """Return (n, height, width, 2): where in the image, from -1 to 1, each pixel (x, y) of the turned one is from."""
    n, _, height, width = images.shape
    x, y = (_middles(size, images) * 2 / size - 1 for size in (width, height))
    x, y = x.expand(n, height, width), y[:, None].expand(n, height, width)
    if rotate is None:
        return torch.stack([x, y], dim=-1)
    angle = (2 * rotate[0] - 1)[:, :, None] * (rotate[1] * (math.pi / 180))
    across, upright = angle.sin(), angle.cos()
    turned = [upright * x + across * y * (height / width), upright * y - across * x * (width / height)]
    return torch.stack(turned, dim=-1)


def _offsets(shift: tuple[Tensor, Tensor]) -> Tensor:
    """Return (n, 1, 1, 2): how far to shift; an image's side is 2."""
    uniform, share = shift
    return (2 * (2 * uniform - 1) * share)[:, None, None]


def _left(images: Tensor, uniform: Tensor, share: Tensor) -> Tensor:
    """Return (n, 1, height, width), 0 in a square around a point anywhere in the image, and 1 elsewhere."""
    *_, height, width = images.shape
    down = (_middles(height, images) - uniform[:, :1] * height).abs() < share * (height / 2)
    across = (_middles(width, images) - uniform[:, 1:] * width).abs() < share * (width / 2)
    return (~(down[:, :, None] & across[:, None])).to(images.dtype)[:, None]


def _middles(size: int, like: Tensor) -> Tensor:
    """Return the middles of so many pixels: 0.5, 1.5, …"""
    return torch.arange(size, dtype=like.dtype, device=like.device) + 0.5
