"""Which pictures of the network's answer there are, which data each suits, and how each is read."""

from __future__ import annotations

from dataclasses import dataclass

from nnplayground.data.dataset import Dataset

PLANE, SURFACE, LINE = "plane of classes", "plane of values", "line"
CLASSES, IMAGES, VALUES = "classes", "images", "values"


@dataclass(frozen=True)
class Choice:
    """A picture that may be chosen for some kinds of data; the first choice of a kind is shown at first."""

    name: str
    text: str  # in the picker
    picture: str  # of output.make
    kinds: tuple[str, ...]
    explanation: str
    ground: str = ""  # under the plane's points, of grounds.GROUNDS; or "residuals"


def kind_of(dataset: Dataset) -> str:
    """Return which kind of data a data set is: those of a kind have the same choices."""
    if len(dataset.domain) == 2:
        return PLANE if dataset.task == "classification" else SURFACE
    if dataset.task == "classification":
        return CLASSES if dataset.image_shape is None else IMAGES
    return LINE if dataset.domain else VALUES


def choices_for(dataset: Dataset) -> tuple[Choice, ...]:
    """Return the pictures that suit a data set."""
    kind = kind_of(dataset)
    return tuple(choice for choice in CHOICES if kind in choice.kinds)


_OF_CLASSES = (PLANE, CLASSES, IMAGES)
_OF_VALUES = (SURFACE, LINE, VALUES)

CHOICES = (
    Choice(
        "probability",
        "probability",
        "plane",
        (PLANE,),
        "What the network answers at every place of the plane: the colour is the class, paler the less sure it is. "
        "Points are samples. Good is a boundary that follows the points and no further. Jagged islands around single "
        "points: too many neurons for so few samples, try L2 or dropout. A straight boundary through a mixture: more "
        "neurons, or another layer.",
        "probability",
    ),
    Choice(
        "class",
        "class",
        "plane",
        (PLANE,),
        "The class that the network would answer at every place, without how sure it is. Look at where the boundary "
        "runs; how sure the network is beside it, probability and uncertainty tell.",
        "class",
    ),
    Choice(
        "uncertainty",
        "uncertainty",
        "plane",
        (PLANE,),
        "How undecided the network is: the entropy of its probabilities, 0 where one class has all, 1 where all have "
        "the same. Good is a narrow dark band along the boundary, wider where points of classes mix. No band at "
        "all between mixed points: the network is surer than it can know, look at calibration.",
        "uncertainty",
    ),
    Choice(
        "surface",
        "surface",
        "plane",
        (SURFACE,),
        "The value that the network answers at every place of the plane, in the colours of the bar. Points are samples "
        "in the colour of their true value: good is where they vanish into the ground.",
        "surface",
    ),
    Choice(
        "change",
        "change",
        "plane",
        (PLANE, SURFACE),
        "What training changed since a moment: the answer now less the answer then. Blue rose, orange fell. "
        "Of two classes it is the second one's probability; of more, the probability of the class that is likeliest "
        "now; else the value. The moment is the first weights until you mark another (key M). The bar's "
        "ends follow the largest change.",
        "change",
    ),
    Choice(
        "residual_map",
        "residual map",
        "plane",
        (SURFACE,),
        "How far off each point is: true less predicted value. Blue: the network answers too little; orange: too "
        "much; pale: about right. Good is a mixture without order. Whole regions of one colour are a shape that the "
        "network has not learned: more neurons, or more epochs. The bar's ends follow the largest residual.",
        "residuals",
    ),
    Choice(
        "function",
        "function",
        "line",
        (LINE,),
        "The function that the network is, over the points it learns from. Good is a curve through their middle. One "
        "that misses bends has too few neurons or too little training; one that visits single points has too many.",
    ),
    Choice(
        "confusion",
        "confusion",
        "confusion",
        _OF_CLASSES,
        "Which classes are taken for which. A row is a true class, a column what the network said, a cell counts "
        "validation samples; colours are shares of the row. All on the diagonal is best. Two classes that are taken "
        "for each other look alike to the network: give it inputs that tell them apart, or more capacity.",
    ),
    Choice(
        "calibration",
        "calibration",
        "calibration",
        _OF_CLASSES,
        "Whether stated probabilities hold. Validation samples are put into ten bins by the probability stated (of the "
        "second class, where there are two, else of the class answered); a point says how often it was so. On the "
        "diagonal is best; below it the network is too sure: try weight decay, label smoothing, fewer epochs. Grey "
        "is the share of samples in a bin: points above little grey mean little. ECE is the mean distance from the "
        "diagonal, Brier the mean squared error of probabilities; 0 is best for both.",
    ),
    Choice(
        "scores",
        "precision and recall",
        "scores",
        _OF_CLASSES,
        "Class by class: precision is the share of answers for a class that are right, recall the share of its "
        "samples that are found, F1 their harmonic mean. The last row is the mean over classes, each counting alike. A "
        "class of low recall is overlooked: balanced class weights may help. A dash: never answered, or no samples.",
    ),
    Choice(
        "predicted",
        "predicted and true",
        "predicted",
        _OF_VALUES,
        "Predicted over true values, point by point. On the dashed diagonal is best. A flatter cloud: the network "
        "answers near the mean and has not learned enough. Hollow points (validation) much wider than filled ones: it "
        "overfits.",
    ),
    Choice(
        "residuals",
        "residuals",
        "residuals",
        _OF_VALUES,
        "How far off each point is, true less predicted, over the predicted value. Good is an even band about the "
        "dashed line. A bend: something has not been learned. A funnel: errors grow with the value, try the target's "
        "logarithm. A few points far off: outliers, for which Huber's loss is made. Triangles lie off the axis.",
    ),
    Choice(
        "mistakes",
        "worst mistakes",
        "mistake_rows",
        (PLANE, CLASSES),
        "The validation samples whose true class got the least probability, the worst first, with their values. What "
        "have they in common? Wrong labels, odd values and classes that overlap show here. Point at one for all its "
        "values.",
    ),
    Choice(
        "mistakes",
        "worst mistakes",
        "mistake_rows",
        _OF_VALUES,
        "The validation samples with the largest residuals (true less predicted), the worst first, with their values. "
        "What have they in common? Point at one for all its values.",
    ),
    Choice(
        "mistakes",
        "worst mistakes",
        "mistake_tiles",
        (IMAGES,),
        "The validation images whose true class got the least probability, the worst first: true class → what the "
        "network said, and how sure it was. Would you have known? If so, look for what the network cannot see; if not, "
        "the label may be wrong. Point at one for its probabilities.",
    ),
    Choice(
        "recalls",
        "by class",
        "recalls",
        _OF_CLASSES,
        "The share of each class's validation samples that is recognized, over the epochs. Classes that come late are "
        "the hard or the rare ones; one that falls while others rise pays for them. It is taken down while this "
        "picture, confusion or precision and recall is in sight; what went on meanwhile is a straight line.",
    ),
)
