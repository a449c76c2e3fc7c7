"""Data of the user's own and of openml.org: tables, files of images, folders of images."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from nnplayground.experiment.backbones import LEARNED, Backbone, BackboneWeights, SeenAt
from nnplayground.experiment.datasets.data import Data, Scaling, ValidationShare
from nnplayground.experiment.knob import Knob

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
    backbone: Backbone = "none"
    backbone_weights: BackboneWeights = LEARNED
    seen_at: SeenAt = 224
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
    backbone: Backbone = "none"
    backbone_weights: BackboneWeights = LEARNED
    seen_at: SeenAt = 224
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
