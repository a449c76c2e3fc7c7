"""What the diagram shows of an experiment: which inputs, layers and outputs there are. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import prod
from typing import Literal, get_args

from annotated_types import MaxLen

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Floats, Responses, Trace
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.answers import outputs_for
from nnplayground.experiment.datasets import Drawn, Line, Plane
from nnplayground.experiment.knob import annotation_of
from nnplayground.experiment.layers import AnyLayer, Layer
from nnplayground.experiment.network import Network
from nnplayground.experiment.shape import Shape, is_image, shape_of

UNKNOWN = "…"  # stands for what only loading the data will tell
NO_CLASS = "–"  # an output beyond the classes

Form = Literal["tiles", "maps", "slab"]
"""How a column is drawn: a tile for each neuron, a block of a tile for each channel, or one slim block."""


@dataclass(frozen=True)
class Structure:
    """The columns from left to right: inputs, hidden layers, output. Equal structures look the same."""

    features: tuple[str, ...]  # of which inputs can be switched on and off: "x1^2"; empty where they cannot
    input_names: tuple[str, ...]  # of every tile in the column of inputs, as shown
    places: tuple[int | None, ...]  # which of the network's inputs each of these tiles is; None is off, or not known
    layers: tuple[AnyLayer, ...]  # hidden, with what they leave to the network filled in
    outputs: int
    output_names: tuple[str, ...]  # one per output, or empty
    link: str  # what makes an answer of the output's sums: identity, sigmoid, softmax or another
    input_dropout: float = 0.0
    image: tuple[int, int, int] | None = None  # (channels, height, width) where the inputs are an image: one tile

    shapes: tuple[Shape, ...] = ()  # of one sample, as given and after each hidden layer; empty where not known
    traced: bool = False  # whether a sample is followed: then what pooling leaves of it is shown too

    @property
    def is_dense(self) -> bool:
        """Whether all layers are fully connected: then each tile is a neuron, and each gap full of weights."""
        return all(isinstance(layer, Layer) for layer in self.layers)

    @cached_property
    def forms(self) -> tuple[Form, ...]:
        """How each column is drawn."""
        return ("tiles", *(self._form(i) for i in range(len(self.layers))), "tiles")

    @cached_property
    def bands(self) -> tuple[bool, ...]:
        """Of each gap, whether what goes from column to column is one folded band instead of an edge per weight."""
        return tuple(set(pair) != {"tiles"} for pair in pairwise(self.forms))

    @cached_property
    def learners(self) -> tuple[int | None, ...]:
        """Which of the layers that learn each column is, as snapshots count them; None where it learns nothing."""
        learning = [*(layer.learns for layer in self.layers), True]
        return (None, *(sum(learning[:i]) if learns else None for i, learns in enumerate(learning)))

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """How many tiles each column would have, had it room for all."""
        pairs = zip(self.layers, self.forms[1:], strict=False)
        inner = (1 if form == "slab" else self._neurons(i) for i, (_, form) in enumerate(pairs))
        return (len(self.places), *inner, self.outputs)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers go from layer to layer: inputs that are on, widths, outputs; 0 where that is not known."""
        given = prod(self.image) if self.image else sum(place is not None for place in self.places)
        inner = (prod(self.shapes[i + 1]) if self.shapes else self._neurons(i) for i in range(len(self.layers)))
        return (given, *inner, self.outputs)

    @cached_property
    def parameters(self) -> int:
        """How many weights and biases there are."""
        pairs = zip(self.sizes, self.sizes[1:], strict=False)
        return sum((inputs + 1) * outputs for inputs, outputs in pairs)

    def weights(self, snapshot: Snapshot | None, gap: int) -> Floats | None:
        """Return a gap's (outputs, inputs) weights, or None where there is a band or the snapshot does not fit."""
        wanted = (self.sizes[gap + 1], self.sizes[gap])
        place = None if self.bands[gap] else self._place_in(snapshot, gap + 1)
        if snapshot is None or place is None or "weight" not in snapshot.layout.weights(place):
            return None
        found = snapshot.weights(place)
        return found if found.shape == wanted else None

    def kernels(self, snapshot: Snapshot | None) -> Floats | None:
        """Return the (filters, channels, side, side) weights of a first layer that looks at the image; else None."""
        place = self._place_in(snapshot, 1) if self.image and self.forms[1] == "maps" else None
        if snapshot is None or place is None or "weight" not in snapshot.layout.weights(place):
            return None
        found = snapshot.weights(place)
        fits = found.ndim == 4 and found.shape[:2] == (self.counts[1], self.image[0] if self.image else 0)
        return found if fits else None

    def traced_values(self, trace: Trace | None, column: int) -> Floats | None:
        """Return what a column makes of a sample, (neurons,) or (channels, …); None where the trace does not fit."""
        if trace is None or len(trace.layers) != len(self.layers) + 1 or len(trace.inputs) != self.sizes[0]:
            return None
        if column == 0:
            return trace.inputs
        found = trace.layers[column - 1].values
        most = self.counts[column] if found.ndim == 1 else min(self.counts[column], trace.request.channels)
        return found if self.forms[column] == "slab" or len(found) == most else None

    def biases(self, snapshot: Snapshot | None, gap: int) -> Floats | None:
        """Return the (outputs,) biases of the column after a gap, or None where the snapshot does not fit."""
        place = self._place_in(snapshot, gap + 1)
        tensor = None if snapshot is None or place is None else snapshot.layout.find(place, "bias")
        if snapshot is None or place is None or tensor is None or tensor.shape != (self.counts[gap + 1],):
            return None
        return snapshot.biases(place)

    def pictures(self, responses: Responses | None, gap: int, limit: int) -> Floats | None:
        """Return the pictures of the first `limit` neurons or channels after a gap; None where they do not fit."""
        place = self.learners[gap + 1]
        if responses is None or place is None or len(responses.layers) != self._learning:
            return None
        found = responses.layers[place]
        return found if found.ndim == 3 and len(found) == min(self.counts[gap + 1], limit) else None

    def input_pictures(self, responses: Responses | None, limit: int) -> Floats | None:
        """Return the pictures of the first `limit` inputs, or None where they are of another structure."""
        found = None if responses is None else responses.inputs
        return found if found is not None and found.ndim == 3 and len(found) == min(self.sizes[0], limit) else None

    @cached_property
    def _learning(self) -> int:
        """How many layers learn, the output among them."""
        return sum(place is not None for place in self.learners)

    def _neurons(self, index: int) -> int:
        """How many neurons or channels a hidden layer gives, as its shape says where that is known."""
        return self.shapes[index + 1][0] if self.shapes else self.layers[index].neurons

    def _form(self, index: int) -> Form:
        if isinstance(self.layers[index], Layer):
            return "tiles"
        unfolded = self.traced and self.shapes and is_image(self.shapes[index + 1])
        return "maps" if self.layers[index].learns or unfolded else "slab"

    def _place_in(self, snapshot: Snapshot | None, column: int) -> int | None:
        """Return which layer of a snapshot's a column is; None where it learns nothing or there are other layers."""
        fits = snapshot is not None and len(snapshot.layout.layers) == self._learning
        return self.learners[column] if fits else None


def structure_of(experiment: Experiment, dataset: Dataset | None, *, traced: bool = False) -> Structure:
    """Return what is to be shown of an experiment; a data set that is not the experiment's own is not looked at."""
    data, network = experiment.data, experiment.network
    own = dataset if dataset is not None and _belongs(dataset, experiment) else None
    features: tuple[str, ...] = ()
    if isinstance(data, Plane | Line | Drawn):
        field = experiment.field("data.features")
        features = field.choices
        names = tuple(str(field.knob.names[feature]) for feature in features)
        chosen: tuple[str, ...] = data.features
        places = tuple(chosen.index(feature) if feature in chosen else None for feature in features)
    elif own is not None and own.image_shape is not None:
        names, places = (_size_words(own.image_shape),), (None,)
    elif own is not None:
        names, places = own.input_names, tuple(range(len(own.input_names)))
    else:
        names, places = (UNKNOWN,), (None,)
    outputs, link = _outputs(experiment, own)
    return Structure(
        features=features,
        input_names=names,
        places=places,
        layers=tuple(network.resolved(i) for i in range(len(network.layers))),
        outputs=outputs,
        output_names=_output_names(experiment, own, outputs),
        link=link,
        input_dropout=network.input_dropout,
        image=None if own is None or features else own.image_shape,
        shapes=_shapes(network, own, data.known_shape),
        traced=traced,
    )


def _shapes(network: Network, dataset: Dataset | None, known: Shape | None) -> tuple[Shape, ...]:
    """Return the shape of a sample as it is given and after each layer; none where that is not known, or cannot be."""
    given = known if dataset is None else shape_of(dataset.train.inputs.shape[1], dataset.image_shape)
    try:
        return () if given is None else (given, *network.shapes(given))
    except ExperimentError:  # the data turned out to be others than the layers were made for
        return ()


def most_layers() -> int:
    """Return how many hidden layers a network may have at most."""
    limits = get_args(annotation_of(Network, "layers"))
    return next((limit.max_length for limit in limits if isinstance(limit, MaxLen)), 1)


def _size_words(image: tuple[int, int, int]) -> str:
    """Return the size of an image: "8 × 8", or "32 × 32 × 3" where it has colours."""
    channels, height, width = image
    return f"{height} × {width}" + (f" × {channels}" if channels > 1 else "")


def _belongs(dataset: Dataset, experiment: Experiment) -> bool:
    if experiment.data.outside:
        return not dataset.domain  # its title is its own
    return dataset.title == experiment.data.title


def _outputs(experiment: Experiment, dataset: Dataset | None) -> tuple[int, str]:
    """Return how many outputs there are and their link; two classes where it is not known yet."""
    task, classes = experiment.data.known_task, experiment.data.known_classes
    if dataset is not None:
        task, classes = task or dataset.task, classes or len(dataset.class_names)
    return outputs_for(experiment.loss, experiment.output, task or "regression", classes or 2)


def _output_names(experiment: Experiment, dataset: Dataset | None, outputs: int) -> tuple[str, ...]:
    if dataset is None:
        return (UNKNOWN,) if experiment.data.known_task is None else ()
    if not dataset.class_names:
        return (dataset.target_name,)
    more = outputs - len(dataset.class_names)
    return () if more < 0 else (*dataset.class_names, *[NO_CLASS] * more)  # a sigmoid is one output for two classes
