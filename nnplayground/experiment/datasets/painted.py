"""Points that a person painted."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import model_validator

from nnplayground.experiment.datasets.data import Data, training_rows
from nnplayground.experiment.datasets.drawn import PlaneFeatures
from nnplayground.experiment.drawn import EXAMPLE, MOST_CLASSES, Points, rows_of
from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.knob import Knob


class Drawn(Data):
    """Points that a person painted on the plane [-6, 6]².

    It may have too few of them for now: they are being painted, and only training refuses it.
    """

    title, summary = "Drawn by hand", "Your own points on the plane: paint, move and erase them while it trains."
    kind: Literal["drawn"] = "drawn"

    points: Points = EXAMPLE
    class_count: Annotated[
        int,
        Knob(
            label="classes",
            help="How many classes there are; each needs two points, one to learn and one to validate on.",
            low=2,
            high=MOST_CLASSES,
            step=1,
        ),
    ] = 2
    validation_share: Annotated[
        float,
        Knob(
            label="validation",
            help="The share of the points kept away from training: each class is dealt out in the order of painting, "
            "so that a point stays where it is when others come.",
            rule="20 to 50 % where there are few points, less where there are many.",
            low=0.05,
            high=0.9,
            step=0.05,
            unit="%",
        ),
    ] = 0.3
    scaling: Annotated[
        Literal["none", "standard", "unit", "symmetric"],
        Knob(
            label="scaling",
            help="How each input is scaled: as the whole plane is, so that a new point moves no other.",
            rule="Scale features alike: unscaled ones make the loss a long bowl, and training slow.",
            names={"none": "none", "standard": "standardize", "unit": "to [0, 1]", "symmetric": "to [−1, 1]"},
        ),
    ] = "standard"
    features: PlaneFeatures = ("x1", "x2")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        largest = max((label for _, _, label in rows_of(self.points)), default=0)
        if largest >= self.class_count:
            raise ExperimentError(
                f"data.points has class {largest}, which does not fit data.class_count = {self.class_count}; "
                f"allowed: 0 to {self.class_count - 1}"
            )
        return self

    @property
    def known_classes(self) -> int:
        """As many as are said, whether painted yet or not."""
        return self.class_count

    @property
    def known_rows(self) -> int:
        """How many points there are."""
        return len(rows_of(self.points))

    @property
    def training_rows(self) -> int:
        """How many points are trained on: of each class its share."""
        counts = Counter(label for _, _, label in rows_of(self.points))
        return sum(training_rows(count, self.validation_share) for count in counts.values())
