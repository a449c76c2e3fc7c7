"""Real data sets that come with scikit-learn."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from nnplayground.experiment.datasets.data import Data, Scaling, Task, ValidationShare
from nnplayground.experiment.knob import Knob
from nnplayground.experiment.shape import Shape, shape_of


class Bundled(Data):
    """A real data set that comes with scikit-learn."""

    validation_share: ValidationShare = 0.3
    scaling: Scaling = "standard"


class Iris(Bundled):
    """Three species of iris by four measures of the flower."""

    title, summary = "Iris", "150 flowers, 4 measures, 3 species (Fisher 1936)."
    classes: ClassVar[int] = 3
    rows: ClassVar[int] = 150
    inputs: ClassVar[int] = 4
    kind: Literal["iris"] = "iris"


class Wine(Bundled):
    """Three cultivars of wine by thirteen chemical measures."""

    title, summary = "Wine", "178 wines, 13 chemical measures, 3 cultivars."
    classes: ClassVar[int] = 3
    rows: ClassVar[int] = 178
    inputs: ClassVar[int] = 13
    kind: Literal["wine"] = "wine"


class BreastCancer(Bundled):
    """Malignant or benign by thirty measures of cell nuclei."""

    title, summary = "Breast cancer", "569 samples, 30 measures of cell nuclei, malignant or benign."
    classes: ClassVar[int] = 2
    rows: ClassVar[int] = 569
    inputs: ClassVar[int] = 30
    kind: Literal["breast_cancer"] = "breast_cancer"


class Diabetes(Bundled):
    """Progress of a disease by ten measures of the patient."""

    title, summary = "Diabetes", "442 patients, 10 measures, progress of the disease after a year: regression."
    task: ClassVar[Task] = "regression"
    rows: ClassVar[int] = 442
    inputs: ClassVar[int] = 10
    kind: Literal["diabetes"] = "diabetes"


_EACH_DIGIT = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)  # samples of 0, 1, 2 and so on


class Digits(Bundled):
    """Ten handwritten digits of 8x8 pixels."""

    title, summary = "Digits", "1 797 handwritten digits of 8×8 pixels, 10 classes."
    classes: ClassVar[int] = 10
    rows: ClassVar[int] = 1797
    inputs: ClassVar[int] = 64
    kind: Literal["digits"] = "digits"
    form: Annotated[
        Literal["inputs", "images"],
        Knob(
            label="form",
            help="As 64 inputs without order, or as images of 8×8 pixels that are shown as pictures.",
            names={"inputs": "64 inputs", "images": "8×8 images"},
        ),
    ] = "images"
    digits: Annotated[
        Literal["all", "0 to 4", "5 to 9"],
        Knob(
            label="digits",
            help="Which digits there are to be told apart: one half for learning, the other for what comes of it.",
            rule="Learn 0 to 4, save the weights, and begin with them on few samples of 5 to 9.",
        ),
    ] = "all"
    per_class: Annotated[
        int,
        Knob(
            label="of each digit",
            help="How many samples of each digit there are, for training and validation together; 0 is all.",
            rule="Few samples show what regularization, and weights learned elsewhere, are worth.",
            low=0,
            high=170,
            log=True,
            smallest=5,
        ),
    ] = 0

    @property
    def known_classes(self) -> int:
        """Ten, or the five of a half."""
        return len(self.chosen)

    @property
    def known_rows(self) -> int:
        """How many samples there are of the digits chosen."""
        return sum(min(self.per_class or _EACH_DIGIT[digit], _EACH_DIGIT[digit]) for digit in self.chosen)

    @property
    def chosen(self) -> range:
        """The digits there are."""
        return {"all": range(10), "0 to 4": range(5), "5 to 9": range(5, 10)}[self.digits]

    @property
    def known_shape(self) -> Shape:
        """An image of one channel, or inputs without order."""
        return shape_of(self.inputs, (8, 8) if self.form == "images" else None)
