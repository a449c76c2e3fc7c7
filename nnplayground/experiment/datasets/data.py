"""What all data sets have in common, and what each says of itself before it is loaded."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from nnplayground.experiment.backbones import FEATURES
from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part
from nnplayground.experiment.shape import Shape, shape_of

Task = Literal["classification", "regression"]

ValidationShare = Annotated[
    float,
    Knob(
        label="validation",
        help="The share of the samples kept away from training, on which the network is judged.",
        rule="20 to 50 % where there are few samples, less where there are many.",
        low=0.05,
        high=0.9,
        step=0.05,
        unit="%",
    ),
]
Scaling = Annotated[
    Literal["none", "standard", "unit", "symmetric"],
    Knob(
        label="scaling",
        help="How each input is scaled before training, measured on the training part alone.",
        rule="Scale features alike: unscaled ones make the loss a long bowl, and training slow.",
        names={"none": "none", "standard": "standardize", "unit": "to [0, 1]", "symmetric": "to [−1, 1]"},
    ),
]


class Data(Part):
    """What a data set says of itself before it is loaded."""

    outside: ClassVar[bool] = False  # whether it is the user's own or a server's, and has to be named first
    task: ClassVar[Task] = "classification"  # unless a knob says what it is
    classes: ClassVar[int | None] = 0  # 0 for regression, None where only loading tells
    rows: ClassVar[int] = 0  # 0 where a knob or only loading tells
    inputs: ClassVar[int] = 0  # 0 where a knob or only loading tells

    @property
    def known_shape(self) -> Shape | None:
        """The shape of the inputs, or None where only loading tells."""
        given = FEATURES[getattr(self, "backbone", "none")]
        inputs = given or len(getattr(self, "features", ())) or self.inputs
        return shape_of(inputs) if inputs else None

    @property
    def known_rows(self) -> int | None:
        """The number of samples, or None where only loading tells."""
        return getattr(self, "samples", None) or self.rows or None

    @property
    def known_task(self) -> Task | None:
        """The task, or None where only loading tells."""
        told: Task | Literal["auto"] = getattr(self, "target_task", self.task)
        return None if told == "auto" else told

    @property
    def known_classes(self) -> int | None:
        """The number of classes, 0 for regression, or None where only loading tells."""
        return 0 if self.known_task == "regression" else self.classes


def training_rows(rows: int, validation_share: float) -> int:
    """Return how many of `rows` samples are trained on; at least one, and at least one is left to validate."""
    return rows - min(max(round(rows * validation_share), 1), rows - 1)
