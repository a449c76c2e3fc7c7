"""A backbone at work: from pixels to features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.backbones import keeping
from nnplayground.data.backbones.vision import build
from nnplayground.data.backbones.weights import put_weights
from nnplayground.data.dataset import Floats
from nnplayground.data.images.pictures import Pixels
from nnplayground.data.progress import Progress
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.backbones import FEATURES

PIECE = 16  # images that are looked at in one go
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
"""Of red, green and blue in ImageNet, from 0 to 1, by which torchvision's networks have their inputs standardized."""


@dataclass(frozen=True, eq=False)
class Backbone:
    """A frozen network that gives features of images."""

    name: str
    seen_at: int  # the shorter side of images as it sees them
    network: Any  # torch.nn.Module

    @classmethod
    def of(cls, name: str, weights: str, seen_at: int, seed: int, progress: Progress) -> Backbone:
        """Return a backbone with its weights. Raises ExperimentError and Cancelled."""
        progress.busy(f"building {name}")
        network = build(name, seed)
        put_weights(network, name, weights, progress)
        return cls(name, seen_at, network)

    def features(self, pixels: Pixels | Floats, tell: Callable[[int], None] = lambda _: None) -> Floats:
        """Return (n, features) of (n, 1 or 3, height, width) pixels from 0 to 255; `tell` gets how many are done.

        Grey images are seen as such in all three colours. Raises ExperimentError where a feature is not finite.
        """
        import torch

        out = np.empty((len(pixels), FEATURES[self.name]), np.float32)
        for start in range(0, len(pixels), PIECE):
            tell(start)
            piece = torch.as_tensor(np.ascontiguousarray(pixels[start : start + PIECE], np.float32))
            with torch.inference_mode():
                out[start : start + PIECE] = self.network(self._seen(piece)).numpy()
        if not np.isfinite(out).all():
            raise ExperimentError(f"{self.name} overflows with these weights; allowed: those of a trained network")
        return out

    def _seen(self, pixels: Any) -> Any:
        """Return images as the network is given them: in colour, resized, standardized."""
        import torch
        from torch.nn.functional import interpolate

        height, width = pixels.shape[2:]
        larger = self.seen_at / min(height, width)
        size = [max(round(side * larger), self.seen_at) for side in (height, width)]
        mean, deviation = (torch.tensor(values).reshape(1, 3, 1, 1) for values in (MEAN, DEVIATION))
        sized = interpolate(pixels / 255, size, mode="bilinear", antialias=True)
        return (sized.expand(-1, 3, -1, -1) - mean) / deviation

    def kept_or_computed(self, pixels: Pixels, progress: Progress) -> Floats:
        """Return the features of images, computed where they are not kept. Raises ExperimentError and Cancelled."""

        def tell(done: int) -> None:
            progress.at(done / len(pixels), f"{self.name} looks at image {done + 1:,} of {len(pixels):,}")

        numbers: list[NDArray[Any]] = [tensor.numpy() for tensor in self.network.state_dict().values()]
        key = keeping.key_of((self.name, self.seen_at), [pixels, *numbers])
        found = keeping.kept(key, (len(pixels), FEATURES[self.name]))
        if found is None:
            found = self.features(pixels, tell)
            keeping.keep(key, found)
        return found
