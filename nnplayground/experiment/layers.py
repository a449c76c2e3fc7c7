"""The kinds of layers that a network may have, and the knobs of those that learn."""

from __future__ import annotations

from math import prod
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.knob import Knob
from nnplayground.experiment.layer import Learning
from nnplayground.experiment.pooling import AveragePool, Flatten, GlobalPool, MaxPool, Resize
from nnplayground.experiment.shape import Shape, swept

Filters = Annotated[
    int,
    Knob(
        label="filters",
        help="How many patterns the layer looks for everywhere in the image; each gives a channel.",
        rule="8 to 64; more where the image has become smaller.",
        low=1,
        high=512,
        log=True,
    ),
]
Kernel = Annotated[
    Literal[1, 3, 5, 7],
    Knob(
        label="kernel",
        help="The side, in pixels, of what a filter looks at; 1 mixes channels alone.",
        rule="3; two layers of it see as far as one of 5, with fewer weights.",
    ),
]
Stride = Annotated[
    int,
    Knob(
        label="stride",
        help="By how many pixels a filter moves on: 2 halves the image's sides.",
        rule="1, or 2 in the place of a pooling.",
        low=1,
        high=4,
        step=1,
    ),
]


class Layer(Learning):
    """A fully connected layer."""

    title, summary = "Dense", "Every neuron sees all that comes in."
    sized_by: ClassVar[str] = "width"
    kind: Literal["dense"] = "dense"
    width: Annotated[
        int,
        Knob(
            label="neurons",
            help="How many neurons the layer has.",
            rule="1 to 100 to begin with; grow until it overfits, then regularize.",
            low=1,
            high=4096,
            log=True,
        ),
    ] = 8

    def gives(self, given: Shape, path: str) -> Shape:  # noqa: ARG002
        """Return the number of neurons, whatever is given."""
        return (self.width,)


class Conv(Learning):
    """A convolution: few weights, used everywhere in the image."""

    title, summary = "Convolution", "Filters that look for the same pattern everywhere in an image."
    sized_by: ClassVar[str] = "filters"
    kind: Literal["conv"] = "conv"
    filters: Filters = 8
    kernel: Kernel = 3
    stride: Stride = 1
    padding: Annotated[
        Literal["same", "valid"],
        Knob(
            label="padding",
            help="Zeros around the image, so that it keeps its size, or none, so that its edges are lost.",
            rule="Same, unless the image is to become smaller.",
            names={"same": "same size", "valid": "none"},
        ),
    ] = "same"

    def gives(self, given: Shape, path: str) -> Shape:
        """Return a channel for each filter."""
        _, *sides = self._image(given, path)
        if self.padding == "valid" and self.kernel > min(sides):
            raise ExperimentError(
                f"{path}.kernel = {self.kernel} does not fit an image of {sides[0]}×{sides[1]}; "
                f"allowed: at most {min(sides)}, or padding = 'same'"
            )
        around = self.kernel // 2 if self.padding == "same" else 0
        height, width = (swept(side, self.kernel, self.stride, around) for side in sides)
        return self.filters, height, width


class Residual(Learning):
    """Two convolutions, and a way past them."""

    title = "Residual block"
    summary = "Two 3×3 convolutions whose result is added to what came in, so that depth does no harm (He et al. 2016)."
    sized_by: ClassVar[str] = "filters"
    kind: Literal["residual"] = "residual"
    filters: Filters = 8
    stride: Stride = 1

    def gives(self, given: Shape, path: str) -> Shape:
        """Return a channel for each filter."""
        _, *sides = self._image(given, path)
        height, width = (swept(side, 3, self.stride, 1) for side in sides)
        return self.filters, height, width

    def makes(self, given: Shape, path: str) -> int:
        """Return what two convolutions and the sum make."""
        return 3 * prod(self.gives(given, path))


class Inception(Learning):
    """Convolutions of several sizes beside each other."""

    title = "Inception block"
    summary = (
        "Filters of 1×1, 3×3 and 5×5 beside each other, and a pooling: the block picks its size (Szegedy et al. 2015)."
    )
    sized_by: ClassVar[str] = "filters"
    kind: Literal["inception"] = "inception"
    filters: Annotated[
        int,
        Knob(
            label="filters",
            help="How many there are in all: a quarter of 1×1, half of 3×3, an eighth of 5×5, the rest after pooling.",
            rule="16 to 64; more where the image has become smaller.",
            low=8,
            high=512,
            log=True,
        ),
    ] = 16

    @property
    def shares(self) -> tuple[int, int, int, int]:
        """How many filters there are of 1×1, 3×3, 5×5, and after pooling."""
        parts = self.filters // 4, self.filters // 2, self.filters // 8
        return (*parts, self.filters - sum(parts))

    def gives(self, given: Shape, path: str) -> Shape:
        """Return a channel for each filter."""
        _, *sides = self._image(given, path)
        return self.filters, *sides

    def makes(self, given: Shape, path: str) -> int:
        """Return what the branches make, and the pooling."""
        return 2 * prod(self.gives(given, path)) + prod(given)


class MBConv(Learning):
    """An inverted bottleneck: wide inside, narrow at both ends."""

    title = "Inverted bottleneck"
    summary = "Widens, filters each channel alone, weighs the channels, and narrows again (Tan and Le 2019)."
    sized_by: ClassVar[str] = "filters"
    kind: Literal["mbconv"] = "mbconv"
    filters: Filters = 8
    expansion: Annotated[
        int,
        Knob(
            label="expansion",
            help="How many times as many channels there are inside as are given.",
            rule="4 to 6; 1 in the first block.",
            low=1,
            high=8,
            step=1,
        ),
    ] = 4
    kernel: Kernel = 3
    stride: Stride = 1

    def gives(self, given: Shape, path: str) -> Shape:
        """Return a channel for each filter."""
        _, *sides = self._image(given, path)
        height, width = (swept(side, self.kernel, self.stride, self.kernel // 2) for side in sides)
        return self.filters, height, width

    def makes(self, given: Shape, path: str) -> int:
        """Return what is made inside, before and after the stride, and at the end."""
        gives = self.gives(given, path)
        return self.expansion * (prod(given) + 2 * given[0] * prod(gives[1:])) + prod(gives)


AnyLayer = Annotated[
    Layer | Conv | MaxPool | AveragePool | GlobalPool | Flatten | Resize | Residual | Inception | MBConv,
    Field(discriminator="kind"),
]
