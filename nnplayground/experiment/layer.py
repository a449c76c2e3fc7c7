"""What all layers of a network have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from math import prod
from typing import Any, ClassVar

from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.part import Part
from nnplayground.experiment.shape import Shape, is_image
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

    @abstractmethod
    def gives(self, given: Shape, path: str) -> Shape:
        """Return the shape of what becomes of one sample. Raises ExperimentError that names a knob below `path`."""

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
