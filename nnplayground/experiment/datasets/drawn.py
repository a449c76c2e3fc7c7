"""Data sets that are drawn at random: points on a plane, and values over a plane or along a line."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnplayground.experiment.datasets.data import Data, Scaling, Task, ValidationShare
from nnplayground.experiment.knob import Knob

PlaneFeature = Literal["x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)"]
LineFeature = Literal["x1", "x1^2", "sin(x1)"]

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
PlaneFeatures = Annotated[tuple[PlaneFeature, ...], Field(min_length=1, max_length=7), _FEATURES]
LineFeatures = Annotated[tuple[LineFeature, ...], Field(min_length=1, max_length=3), _FEATURES]


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


class Units(PlaneRegression):
    """A tilted plane under a narrow band of points."""

    title, summary = "Two units", "One input spreads ten times as wide as the other, as metres beside kilometres do."
    kind: Literal["units"] = "units"


class Bumps(PlaneRegression):
    """Gaussian hills and valleys."""

    title, summary = "Gaussian bumps", "Hills and valleys over the plane: regression that needs hidden neurons."
    kind: Literal["bumps"] = "bumps"


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
