"""The data sets that an experiment can name, and the knobs of each."""

from typing import Annotated

from pydantic import Field

from nnplayground.experiment.datasets.bundled import BreastCancer, Bundled, Diabetes, Digits, Iris, Wine
from nnplayground.experiment.datasets.data import Data, Scaling, Task, ValidationShare, training_rows
from nnplayground.experiment.datasets.drawn import (
    Blobs,
    Bumps,
    Checkerboard,
    Circle,
    Gaussians,
    Line,
    LineFeatures,
    Moons,
    Plane,
    PlaneFeatures,
    PlaneRegression,
    Rings,
    Sine,
    Slope,
    Spiral,
    Spiral3,
    Step,
    Units,
    Xor,
)
from nnplayground.experiment.datasets.outside import Folder, Idx, Openml, Table
from nnplayground.experiment.datasets.painted import Drawn

__all__ = [
    "AnyData",
    "AnyTable",
    "Blobs",
    "BreastCancer",
    "Bumps",
    "Bundled",
    "Checkerboard",
    "Circle",
    "Data",
    "Diabetes",
    "Digits",
    "Drawn",
    "Folder",
    "Gaussians",
    "Idx",
    "Iris",
    "Line",
    "LineFeatures",
    "Moons",
    "Openml",
    "Plane",
    "PlaneFeatures",
    "PlaneRegression",
    "Rings",
    "Scaling",
    "Sine",
    "Slope",
    "Spiral",
    "Spiral3",
    "Step",
    "Table",
    "Task",
    "Units",
    "ValidationShare",
    "Wine",
    "Xor",
    "training_rows",
    "training_rows_of",
]

AnyTable = Table | Openml
AnyData = Annotated[
    Circle
    | Xor
    | Gaussians
    | Spiral
    | Moons
    | Rings
    | Checkerboard
    | Spiral3
    | Blobs
    | Drawn
    | Slope
    | Units
    | Bumps
    | Sine
    | Step
    | Iris
    | Wine
    | BreastCancer
    | Diabetes
    | Digits
    | Table
    | Idx
    | Folder
    | Openml,
    Field(discriminator="kind"),
]


def training_rows_of(data: AnyData, rows: int) -> int:
    """Return how many of the `rows` samples of a data set are trained on."""
    return data.training_rows if isinstance(data, Drawn) else training_rows(rows, data.validation_share)
