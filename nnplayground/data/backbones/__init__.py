"""Features of images by a large network of torchvision's: computed once in pieces, then kept in the user's cache.

The only place in data/ that knows torch, which it imports where a backbone was asked for.
"""

from __future__ import annotations

from nnplayground.data.backbones.dataset import make_dataset

__all__ = ["make_dataset"]
