"""Layers of images that learn nothing: pooling, flattening, another size."""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal

from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.knob import Knob
from nnplayground.experiment.layer import LayerKind
from nnplayground.experiment.shape import Shape, swept


class Pool(LayerKind):
    """What puts one number in the place of several that are neighbours in the image."""

    size: Annotated[
        int,
        Knob(
            label="size",
            help="The side, in pixels, of what becomes one.",
            rule="2 halves the image's sides.",
            low=1,
            high=8,
            step=1,
        ),
    ] = 2
    stride: (
        Annotated[
            int,
            Knob(
                label="stride",
                help="By how many pixels the pooling moves on; left out, by its size.",
                rule="As far as its size.",
                low=1,
                high=8,
                step=1,
            ),
        ]
        | None
    ) = None

    @property
    def pace(self) -> int:
        """By how many pixels it moves on."""
        return self.size if self.stride is None else self.stride

    def gives(self, given: Shape, path: str) -> Shape:
        """Return smaller images, as many as are given."""
        channels, *sides = self._image(given, path)
        if self.size > min(sides):
            raise ExperimentError(
                f"{path}.size = {self.size} does not fit an image of {sides[0]}×{sides[1]}; "
                f"allowed: at most {min(sides)}"
            )
        height, width = (swept(side, self.size, self.pace) for side in sides)
        return channels, height, width


class MaxPool(Pool):
    """The largest of neighbours."""

    title, summary = "Max pooling", "Of each square of neighbours, the largest stays."
    kind: Literal["max_pool"] = "max_pool"


class AveragePool(Pool):
    """The mean of neighbours."""

    title, summary = "Average pooling", "Of each square of neighbours, their mean stays."
    kind: Literal["average_pool"] = "average_pool"


class GlobalPool(LayerKind):
    """The mean over each channel."""

    title, summary = "Global pooling", "Of each channel, its mean stays: how much of its pattern there is."
    kind: Literal["global_pool"] = "global_pool"

    def gives(self, given: Shape, path: str) -> Shape:
        """Return a number for each channel."""
        channels, *_ = self._image(given, path)
        return (channels,)


class Flatten(LayerKind):
    """All of an image's numbers side by side."""

    title, summary = "Flatten", "An image's numbers side by side, as a dense layer takes them in any case."
    kind: Literal["flatten"] = "flatten"

    def gives(self, given: Shape, path: str) -> Shape:  # noqa: ARG002
        """Return as many numbers as are given."""
        return (prod(given),)


class Resize(LayerKind):
    """The image at another size."""

    title, summary = "Resize", "The image at another size: more pixels let filters look more closely."
    kind: Literal["resize"] = "resize"
    side: Annotated[
        int,
        Knob(
            label="side",
            help="The image's new height and width, in pixels, by bilinear interpolation.",
            rule="Of the image's own size, or somewhat larger for a deeper network.",
            low=1,
            high=256,
            log=True,
        ),
    ] = 16

    def gives(self, given: Shape, path: str) -> Shape:
        """Return the image as a square."""
        channels, *_ = self._image(given, path)
        return channels, self.side, self.side
