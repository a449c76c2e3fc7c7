"""The data sets that an experiment can name, and the knobs of each."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, model_validator

from nnplayground.experiment.drawn import EXAMPLE, MOST_CLASSES, Points, rows_of
from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part
from nnplayground.experiment.shape import Shape, shape_of

Task = Literal["classification", "regression"]
PlaneFeature = Literal["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]
LineFeature = Literal["x1", "x1^2", "sin(x1)"]

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
Samples = Annotated[
    int,
    Knob(
        label="samples",
        help="How many points are drawn, for training and validation together.",
        rule="Too many parameters for the samples overfit; 500 points are plenty for a plane.",
        low=20,
        high=100_000,
        log=True,
    ),
]
Noise = Annotated[
    float,
    Knob(
        label="noise",
        help="How far points stray from their true place, or their target from its true value.",
        rule="0 % shows what the network can represent, 10 to 50 % what it makes of chance.",
        low=0.0,
        high=1.0,
        step=0.05,
        unit="%",
    ),
]
_FEATURES = Knob(
    label="features",
    help="What the network is given of each point: one input neuron per feature.",
    rule="A fitting feature can replace a layer: x₁² and x₂² make the circle a straight line.",
    names={
        "x1": "x₁",
        "x2": "x₂",
        "x1^2": "x₁²",
        "x2^2": "x₂²",
        "x1*x2": "x₁x₂",
        "sin(x1)": "sin x₁",
        "sin(x2)": "sin x₂",
    },
)
PixelScaling = Annotated[
    Literal["none", "standard", "unit", "symmetric"],
    Knob(
        label="scaling",
        help="How pixels are scaled before training: all alike, each colour by itself where they are standardized.",
        rule="To [0, 1] or to [−1, 1]; as they are, from 0 to 255, they make every gradient far too large.",
        names={"none": "none", "standard": "standardize", "unit": "to [0, 1]", "symmetric": "to [−1, 1]"},
    ),
]
ImageLimit = Annotated[
    int,
    Knob(
        label="at most",
        help="How many images are used, picked by the seed of the data, each class in proportion; 0 for all.",
        rule="Some thousand show soon what a network can do; more of them make it better.",
        low=0,
        high=1_000_000,
        log=True,
        smallest=10,
    ),
]
TargetTask = Annotated[
    Literal["auto", "classification", "regression"],
    Knob(
        label="task",
        help="Whether the target is a class or a value; guessed from the column unless set.",
        rule="Text and few whole numbers are classes, anything else a value.",
        names={"auto": "guess"},
    ),
]
Missing = Annotated[
    Literal["impute", "drop"],
    Knob(
        label="missing values",
        help="Fill them with the training part's median or most frequent category, or drop their rows.",
        rule="Impute where few values are missing, drop where few rows have any.",
        names={"impute": "impute", "drop": "drop rows"},
    ),
]
Ignored = Annotated[
    tuple[str, ...],
    Knob(
        label="ignored",
        help="Columns that are not used.",
        rule="Drop what does not generalize: identifiers, names, running numbers.",
    ),
]
PlaneFeatures = Annotated[tuple[PlaneFeature, ...], Field(min_length=1, max_length=7), _FEATURES]
LineFeatures = Annotated[tuple[LineFeature, ...], Field(min_length=1, max_length=3), _FEATURES]


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
        inputs = len(getattr(self, "features", ())) or self.inputs
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


class Plane(Data):
    """Points on the plane [-6, 6]², of two classes."""

    classes: ClassVar[int] = 2

    samples: Samples = 500
    noise: Noise = 0.0
    validation_share: ValidationShare = 0.5
    scaling: Scaling = "standard"
    features: PlaneFeatures = ("x1", "x2")


class Circle(Plane):
    """A disc of one class inside a ring of the other."""

    title, summary = "Circle", "A disc inside a ring: the first task that no straight line solves."
    kind: Literal["circle"] = "circle"


class Xor(Plane):
    """Opposite quadrants share a class."""

    title, summary = "Exclusive or", "Opposite quadrants belong together: one neuron can never do it, three can."
    kind: Literal["xor"] = "xor"


class Gaussians(Plane):
    """Two bell-shaped clouds."""

    title, summary = "Two gaussians", "Two clouds that one straight line separates: even no hidden layer will do."
    kind: Literal["gaussians"] = "gaussians"


class Spiral(Plane):
    """Two arms wound around each other."""

    title, summary = "Spiral, two arms", "Two arms wound around each other: needs depth, width or fitting features."
    kind: Literal["spiral"] = "spiral"


class Moons(Plane):
    """Two interleaved half circles."""

    title, summary = "Moons", "Two half circles that interlock: a gentle bend is enough."
    kind: Literal["moons"] = "moons"


class Rings(Plane):
    """Concentric rings of alternating class."""

    title, summary = "Rings", "Rings of alternating class: distance from the centre is all that counts."
    kind: Literal["rings"] = "rings"


class Checkerboard(Plane):
    """Squares of alternating class."""

    title, summary = "Checkerboard", "Squares of alternating class: many straight cuts, a test of width."
    kind: Literal["checkerboard"] = "checkerboard"


class Spiral3(Plane):
    """Three arms, three classes."""

    title, summary = "Spiral, three arms", "Three arms and three classes: softmax at work."
    classes: ClassVar[int] = 3
    kind: Literal["spiral3"] = "spiral3"


class Blobs(Plane):
    """Round clouds, one per class."""

    title, summary = "Blobs", "One round cloud per class, as many as you like."
    kind: Literal["blobs"] = "blobs"
    clouds: Annotated[
        int,
        Knob(label="classes", help="How many clouds, each a class of its own.", low=2, high=8, step=1),
    ] = 4

    @property
    def known_classes(self) -> int:
        """One class per cloud."""
        return self.clouds


class PlaneRegression(Plane):
    """A value over the plane [-6, 6]²."""

    task: ClassVar[Task] = "regression"
    classes: ClassVar[int] = 0


class Slope(PlaneRegression):
    """A tilted plane."""

    title, summary = "Plane", "A value that rises steadily across the plane: linear regression."
    kind: Literal["plane"] = "plane"


class Bumps(PlaneRegression):
    """Gaussian hills and valleys."""

    title, summary = "Gaussian bumps", "Hills and valleys over the plane: regression that needs hidden neurons."
    kind: Literal["bumps"] = "bumps"


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


class Line(Data):
    """A value along a line, x in [-6, 6]."""

    task: ClassVar[Task] = "regression"

    samples: Samples = 200
    noise: Noise = 0.1
    validation_share: ValidationShare = 0.5
    scaling: Scaling = "standard"
    features: LineFeatures = ("x1",)


class Sine(Line):
    """A sine wave."""

    title, summary = "Sine", "One wave along a line: watch the curve being fitted."
    kind: Literal["sine"] = "sine"


class Step(Line):
    """A jump from one value to another."""

    title, summary = "Step", "A sudden jump: smooth activations round it off, ReLU cuts it straight."
    kind: Literal["step"] = "step"


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


class Table(Data):
    """A CSV or Parquet file of the user's own."""

    title, summary = "Own table", "A CSV or Parquet file of your own: choose the column to be predicted."
    kind: Literal["table"] = "table"
    outside: ClassVar[bool] = True
    classes: ClassVar[int | None] = None
    path: Annotated[str, Knob(label="file", help="The CSV or Parquet file.")]
    target: Annotated[str, Knob(label="target", help="The column to be predicted; left empty, the last one.")] = ""
    target_task: TargetTask = "auto"
    missing: Missing = "impute"
    ignored: Ignored = ()
    validation_share: ValidationShare = 0.3
    scaling: Scaling = "standard"


class Idx(Data):
    """Images in files of MNIST's format."""

    title, summary = "IDX images", "Images and labels in two files of MNIST's format (IDX), plain or by gzip."
    kind: Literal["idx"] = "idx"
    outside: ClassVar[bool] = True
    classes: ClassVar[int | None] = None
    images: Annotated[
        str, Knob(label="images", help="The file of images, or a folder that holds it and its labels by their names.")
    ]
    labels: Annotated[
        str,
        Knob(label="labels", help="The file of labels; left empty, the one beside the images that fits by its name."),
    ] = ""
    limit: ImageLimit = 0
    validation_share: ValidationShare = 0.2
    scaling: PixelScaling = "unit"


class Folder(Data):
    """A folder of images by class."""

    title, summary = (
        "Image folder",
        "A folder with one folder of images for each class: PNG, JPEG, BMP, GIF, WebP.",
    )
    kind: Literal["folder"] = "folder"
    outside: ClassVar[bool] = True
    classes: ClassVar[int | None] = None
    path: Annotated[str, Knob(label="folder", help="The folder whose folders are the classes.")]
    size: Annotated[
        int,
        Knob(
            label="size",
            help="The side in pixels that images are brought to: their middle is cut out as a square, then resized.",
            rule="As small as classes can be told apart at: a fully connected layer has a weight for every pixel.",
            low=4,
            high=128,
            log=True,
            unit="px",
        ),
    ] = 28
    colour: Annotated[
        Literal["grey", "rgb"],
        Knob(
            label="colour",
            help="Grey has one number for each pixel, colour three: red, green, blue.",
            names={"grey": "grey", "rgb": "colour"},
        ),
    ] = "grey"
    limit: ImageLimit = 0
    validation_share: ValidationShare = 0.2
    scaling: PixelScaling = "unit"


class Openml(Data):
    """A data set of openml.org."""

    title, summary = "OpenML", "A data set of openml.org by its name: mnist_784, adult, credit-g; kept for offline use."
    kind: Literal["openml"] = "openml"
    outside: ClassVar[bool] = True
    classes: ClassVar[int | None] = None
    name: Annotated[str, Knob(label="name", help="Its name on openml.org.")]
    version: Annotated[
        int,
        Knob(label="version", help="Its version there; 0 for the oldest one that is active.", low=0, high=1000, step=1),
    ] = 0
    target: Annotated[
        str, Knob(label="target", help="The column to be predicted; left empty, the one that OpenML names.")
    ] = ""
    target_task: TargetTask = "auto"
    missing: Missing = "impute"
    ignored: Ignored = ()
    validation_share: ValidationShare = 0.3
    scaling: Scaling = "standard"


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


def training_rows(rows: int, validation_share: float) -> int:
    """Return how many of `rows` samples are trained on; at least one, and at least one is left to validate."""
    return rows - min(max(round(rows * validation_share), 1), rows - 1)


def training_rows_of(data: AnyData, rows: int) -> int:
    """Return how many of the `rows` samples of a data set are trained on."""
    return data.training_rows if isinstance(data, Drawn) else training_rows(rows, data.validation_share)
