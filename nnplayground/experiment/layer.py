"""What all layers of a network have in common."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.part import Part
from nnplayground.experiment.shape import Shape, is_image
from nnplayground.experiment.style import Activation, Dropout, DropoutKind, Initializer, Normalization, NormPlace


class LayerKind(Part):
    """A hidden layer of one kind."""

    learns: ClassVar[bool] = False
    sized_by: ClassVar[str] = ""  # the knob that says how many neurons or filters it has

    def __str__(self) -> str:
        """Say what it is in few characters: "8" for eight neurons, "conv 8", "max pool"."""
        kind = type(self).model_fields["kind"].default
        size = [str(self.neurons)] if self.sized_by else []
        return " ".join(size if kind == "dense" else [kind.replace("_", " "), *size])

    @property
    def neurons(self) -> int:
        """How many neurons or filters it has; 1 where it has none of its own."""
        return int(getattr(self, self.sized_by)) if self.sized_by else 1

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
