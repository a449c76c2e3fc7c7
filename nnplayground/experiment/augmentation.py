"""How images are changed at random while training."""

from __future__ import annotations

from typing import Annotated

from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part
from nnplayground.experiment.shape import Shape, is_image


class Augmentation(Part):
    """Other images of the same class, made of each image anew at every training step."""

    title = "Augmentation"

    flip: Annotated[
        float,
        Knob(
            label="mirror",
            help="How often an image is mirrored, left to right.",
            rule="50 % for photographs, 0 % where left and right matter: letters and digits.",
            low=0.0,
            high=1.0,
            step=0.05,
            unit="%",
            live=True,
        ),
    ] = 0.0
    shift: Annotated[
        float,
        Knob(
            label="shift",
            help="How far an image is shifted at most, up, down and sideways, as a share of its side.",
            rule="5 to 15 %.",
            low=0.0,
            high=0.5,
            step=0.05,
            unit="%",
            live=True,
        ),
    ] = 0.0
    rotate: Annotated[
        float,
        Knob(
            label="rotation",
            help="By how many degrees an image is turned at most, to either side.",
            rule="5 to 15; a six that is turned by 180 is a nine.",
            low=0.0,
            high=180.0,
            step=1.0,
            unit="°",
            live=True,
        ),
    ] = 0.0
    cutout: Annotated[
        float,
        Knob(
            label="cutout",
            help="The side of a square that is cut out of an image somewhere, as a share of the image's side.",
            rule="25 to 50 % (DeVries and Taylor 2017).",
            low=0.0,
            high=0.75,
            step=0.05,
            unit="%",
            live=True,
        ),
    ] = 0.0

    def check_fit(self, shape: Shape, what: str) -> None:
        """Raise ExperimentError where data, of which `what` says what they are, are no images to be changed."""
        for name, value in self:
            if value and not is_image(shape):
                raise ExperimentError(f"augmentation.{name} = {value:g} does not fit {what}: no images; allowed: 0")
