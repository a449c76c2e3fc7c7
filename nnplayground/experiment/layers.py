"""The kinds of layers that a network may have, and the knobs of each."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part
from nnplayground.experiment.shape import Shape, is_image, swept
from nnplayground.experiment.style import (
    Activation,
    Dropout,
    DropoutKind,
    Frozen,
    Initializer,
    LrFactor,
    MaxNorm,
    Normalization,
    NormPlace,
)

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


_UNUSUAL = ("lr_factor", "frozen")  # knobs that are told of a layer only where they were turned


class LayerKind(Part):
    """A hidden layer of one kind."""

    learns: ClassVar[bool] = False
    sized_by: ClassVar[str] = ""  # the knob that says how many neurons or filters it has

    @property
    def neurons(self) -> int:
        """How many neurons or filters it has; 1 where it has none of its own."""
        return int(getattr(self, self.sized_by)) if self.sized_by else 1

    def told(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return its values as they are written: the kind, unless it is dense, the kind's own, then what was turned."""
        fields = type(self).model_fields
        kind = {} if values["kind"] == "dense" else {"kind": values["kind"]}
        own = {k: v for k, v in values.items() if k not in Learning.model_fields and k != "kind"}
        rest = {k: v for k, v in values.items() if k in Learning.model_fields and k not in own}
        return kind | own | {k: v for k, v in rest.items() if k not in _UNUSUAL or v != fields[k].get_default()}

    def gives(self, given: Shape, path: str) -> Shape:
        """Return the shape of what becomes of one sample. Raises ExperimentError that names a knob below `path`."""
        raise NotImplementedError

    def makes(self, given: Shape, path: str) -> int:
        """Return how many numbers it makes of one sample, those in between included."""
        return prod(self.gives(given, path))

    def _image(self, given: Shape, path: str) -> Shape:
        """Return the shape of an image that is given. Raises ExperimentError where it is none."""
        if not is_image(given):
            kind = type(self).model_fields["kind"].default
            raise ExperimentError(
                f"{path}.kind = {kind!r} needs an image, and is given {prod(given)} numbers side by side; "
                "allowed there: dense, flatten"
            )
        return given


class Learning(LayerKind):
    """A layer that learns. What it leaves out is as the network says."""

    learns: ClassVar[bool] = True

    activation: Activation | None = None
    initializer: Initializer | None = None
    normalization: Normalization | None = None
    norm_place: NormPlace | None = None
    dropout: Dropout | None = None
    dropout_kind: DropoutKind | None = None
    max_norm: MaxNorm | None = None
    lr_factor: LrFactor = 1.0
    frozen: Frozen = False


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

    def told(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return its values as they are written: the kind, unless it is dense, the kind's own, then what was turned."""
        fields = type(self).model_fields
        kind = {} if values["kind"] == "dense" else {"kind": values["kind"]}
        own = {k: v for k, v in values.items() if k not in Learning.model_fields and k != "kind"}
        rest = {k: v for k, v in values.items() if k in Learning.model_fields and k not in own}
        return kind | own | {k: v for k, v in rest.items() if k not in _UNUSUAL or v != fields[k].get_default()}

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

    def told(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return its values as they are written: the kind, unless it is dense, the kind's own, then what was turned."""
        fields = type(self).model_fields
        kind = {} if values["kind"] == "dense" else {"kind": values["kind"]}
        own = {k: v for k, v in values.items() if k not in Learning.model_fields and k != "kind"}
        rest = {k: v for k, v in values.items() if k in Learning.model_fields and k not in own}
        return kind | own | {k: v for k, v in rest.items() if k not in _UNUSUAL or v != fields[k].get_default()}

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

    def told(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return its values as they are written: the kind, unless it is dense, the kind's own, then what was turned."""
        fields = type(self).model_fields
        kind = {} if values["kind"] == "dense" else {"kind": values["kind"]}
        own = {k: v for k, v in values.items() if k not in Learning.model_fields and k != "kind"}
        rest = {k: v for k, v in values.items() if k in Learning.model_fields and k not in own}
        return kind | own | {k: v for k, v in rest.items() if k not in _UNUSUAL or v != fields[k].get_default()}

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

    def told(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return its values as they are written: the kind, unless it is dense, the kind's own, then what was turned."""
        fields = type(self).model_fields
        kind = {} if values["kind"] == "dense" else {"kind": values["kind"]}
        own = {k: v for k, v in values.items() if k not in Learning.model_fields and k != "kind"}
        rest = {k: v for k, v in values.items() if k in Learning.model_fields and k not in own}
        return kind | own | {k: v for k, v in rest.items() if k not in _UNUSUAL or v != fields[k].get_default()}

    def gives(self, given: Shape, path: str) -> Shape:
        """Return a number for each channel."""
        channels, *_ = self._image(given, path)
        return (channels,)


class Flatten(LayerKind):
    """All of an image's numbers side by side."""

    title, summary = "Flatten", "An image's numbers side by side, as a dense layer takes them in any case."
    kind: Literal["flatten"] = "flatten"

    def told(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return its values as they are written: the kind, unless it is dense, the kind's own, then what was turned."""
        fields = type(self).model_fields
        kind = {} if values["kind"] == "dense" else {"kind": values["kind"]}
        own = {k: v for k, v in values.items() if k not in Learning.model_fields and k != "kind"}
        rest = {k: v for k, v in values.items() if k in Learning.model_fields and k not in own}
        return kind | own | {k: v for k, v in rest.items() if k not in _UNUSUAL or v != fields[k].get_default()}

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

    def told(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return its values as they are written: the kind, unless it is dense, the kind's own, then what was turned."""
        fields = type(self).model_fields
        kind = {} if values["kind"] == "dense" else {"kind": values["kind"]}
        own = {k: v for k, v in values.items() if k not in Learning.model_fields and k != "kind"}
        rest = {k: v for k, v in values.items() if k in Learning.model_fields and k not in own}
        return kind | own | {k: v for k, v in rest.items() if k not in _UNUSUAL or v != fields[k].get_default()}

    def gives(self, given: Shape, path: str) -> Shape:
        """Return the image as a square."""
        channels, *_ = self._image(given, path)
        return channels, self.side, self.side


AnyLayer = Annotated[
    Layer | Conv | MaxPool | AveragePool | GlobalPool | Flatten | Resize,
    Field(discriminator="kind"),
]
