"""What the diagram shows of an experiment: which inputs, layers and outputs there are. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import get_args

from annotated_types import MaxLen

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Floats, Responses
from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from nnplayground.experiment.datasets import Line, Plane, Table
from nnplayground.experiment.knob import annotation_of
from nnplayground.experiment.layers import AnyLayer, Layer
from nnplayground.experiment.network import Network

UNKNOWN = "…"  # stands for what only loading the data will tell


@dataclass(frozen=True)
class Structure:
    """The columns from left to right: inputs, hidden layers, output. Equal structures look the same."""

    features: tuple[str, ...]  # of which inputs can be switched on and off: "x1^2"; empty where they cannot
    input_names: tuple[str, ...]  # of every tile in the column of inputs, as shown
    places: tuple[int | None, ...]  # which of the network's inputs each of these tiles is; None is off, or not known
    layers: tuple[AnyLayer, ...]  # hidden, with what they leave to the network filled in
    outputs: int
    output_names: tuple[str, ...]  # one per output, or empty
    link: str  # identity, sigmoid or softmax: what makes an answer of the output's sums
    input_dropout: float = 0.0
    image: tuple[int, int] | None = None  # (height, width) where the inputs are an image, which is one tile

    @property
    def is_dense(self) -> bool:
        """Whether all layers are fully connected: then each tile is a neuron, and each gap full of weights."""
        return all(isinstance(layer, Layer) for layer in self.layers)

    @property
    def counts(self) -> tuple[int, ...]:
        """How many tiles each column would have, had it room for all."""
        return (len(self.places), *(layer.neurons for layer in self.layers), self.outputs)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many numbers go from layer to layer: inputs that are on, widths, outputs."""
        given = self.image[0] * self.image[1] if self.image else sum(place is not None for place in self.places)
        return (given, *(layer.neurons for layer in self.layers), self.outputs)

    @property
    def parameters(self) -> int:
        """How many weights and biases there are."""
        pairs = zip(self.sizes, self.sizes[1:], strict=False)
        return sum((inputs + 1) * outputs for inputs, outputs in pairs)

    def weights(self, snapshot: Snapshot | None, layer: int) -> Floats | None:
        """Return a layer's (outputs, inputs) weights, or None where the snapshot is of another structure."""
        if snapshot is None or not self._fits(snapshot, layer, "bias", (self.sizes[layer + 1],)):
            return None
        found = snapshot.weights(layer)
        return found if found.shape == (self.sizes[layer + 1], self.sizes[layer]) else None

    def biases(self, snapshot: Snapshot | None, layer: int) -> Floats | None:
        """Return a layer's (outputs,) biases, or None where the snapshot is of another structure."""
        fits = self._fits(snapshot, layer, "bias", (self.sizes[layer + 1],))
        return snapshot.biases(layer) if fits and snapshot else None

    def pictures(self, responses: Responses | None, layer: int, limit: int) -> Floats | None:
        """Return the pictures of a layer's first `limit` neurons, or None where they are of another structure."""
        if responses is None or not self.is_dense or len(responses.layers) != len(self.layers) + 1:
            return None
        found = responses.layers[layer]
        return found if found.ndim == 3 and len(found) == min(self.sizes[layer + 1], limit) else None

    def input_pictures(self, responses: Responses | None, limit: int) -> Floats | None:
        """Return the pictures of the first `limit` inputs, or None where they are of another structure."""
        found = None if responses is None else responses.inputs
        return found if found is not None and found.ndim == 3 and len(found) == min(self.sizes[0], limit) else None

    def _fits(self, snapshot: Snapshot | None, layer: int, role: str, shape: tuple[int, ...]) -> bool:
        if snapshot is None or not self.is_dense or len(snapshot.layout.layers) != len(self.layers) + 1:
            return False
        tensor = snapshot.layout.find(layer, role)
        return tensor is not None and tensor.shape == shape


def structure_of(experiment: Experiment, dataset: Dataset | None) -> Structure:
    """Return what is to be shown of an experiment; a data set that is not the experiment's own is not looked at."""
    data, network = experiment.data, experiment.network
    own = dataset if dataset is not None and _belongs(dataset, experiment) else None
    features: tuple[str, ...] = ()
    if isinstance(data, Plane | Line):
        field = experiment.field("data.features")
        features = field.choices
        names = tuple(str(field.knob.names[feature]) for feature in features)
        chosen: tuple[str, ...] = data.features
        places = tuple(chosen.index(feature) if feature in chosen else None for feature in features)
    elif own is not None and own.image_shape is not None:
        names, places = ("{} × {}".format(*own.image_shape),), (None,)
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
        output_names=_output_names(experiment, own, outputs, link),
        link=link,
        input_dropout=network.input_dropout,
        image=None if own is None or features else own.image_shape,
    )


def most_layers() -> int:
    """Return how many hidden layers a network may have at most."""
    limits = get_args(annotation_of(Network, "layers"))
    return next((limit.max_length for limit in limits if isinstance(limit, MaxLen)), 1)


def _belongs(dataset: Dataset, experiment: Experiment) -> bool:
    if isinstance(experiment.data, Table):
        return not dataset.domain  # its title is the file's
    return dataset.title == experiment.data.title


def _outputs(experiment: Experiment, dataset: Dataset | None) -> tuple[int, str]:
    """Return how many outputs there are and their link: one sigmoid for two classes, else a softmax."""
    task, classes = experiment.data.known_task, experiment.data.known_classes
    if dataset is not None:
        task, classes = task or dataset.task, classes or len(dataset.class_names)
    if task != "classification":
        return 1, "identity"
    if classes in (None, 2) and experiment.loss.kind != "cross_entropy":
        return 1, "sigmoid"
    return classes or 1, "softmax"


def _output_names(experiment: Experiment, dataset: Dataset | None, outputs: int, link: str) -> tuple[str, ...]:
    if dataset is None:
        return (UNKNOWN,) if experiment.data.known_task is None else ()
    names = (dataset.target_name,) if link == "identity" else dataset.class_names
    return names if len(names) == outputs else ()  # a sigmoid is one output for two classes
