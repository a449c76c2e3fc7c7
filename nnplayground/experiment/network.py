"""The network that an experiment describes: layers, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.knob import Knob
from nnplayground.experiment.layer import LayerKind, Learning
from nnplayground.experiment.layers import AnyLayer, Layer
from nnplayground.experiment.part import Part
from nnplayground.experiment.shape import Shape
from nnplayground.experiment.style import (
    STYLE,
    Activation,
    Dropout,
    DropoutKind,
    Initializer,
    MaxNorm,
    Normalization,
    NormPlace,
)

MOST_NUMBERS = 200_000_000  # that all layers together make of a batch: 800 MB


def _layer(value: Any) -> Any:
    """What names no kind is dense; what is no table is a width: a bare whole number, or an error about the width."""
    if isinstance(value, LayerKind):
        return value
    return {"kind": "dense", **(value if isinstance(value, Mapping) else {"width": value})}


def next_layer(layers: Sequence[AnyLayer]) -> Layer:
    """Return the layer that goes after others: dense, and as wide as the last where that is dense too."""
    last = layers[-1] if layers else None
    return Layer(width=last.width) if isinstance(last, Layer) else Layer()


class Network(Part):
    """A network: its hidden layers, and what holds for each unless it says otherwise."""

    title = "Network"

    layers: Annotated[
        tuple[Annotated[AnyLayer, BeforeValidator(_layer)], ...],
        Field(max_length=24),
        Knob(
            label="hidden layers",
            help="The hidden layers from input to output; a dense one is told by its number of neurons.",
            rule="1 to 5 hidden layers; more layers usually help more than more neurons.",
        ),
    ] = (Layer(), Layer(), Layer())
    activation: Activation = "tanh"
    initializer: Initializer = "auto"
    normalization: Normalization = "none"
    norm_place: NormPlace = "before"
    dropout: Dropout = 0.0
    dropout_kind: DropoutKind = "plain"
    max_norm: MaxNorm = 0.0
    input_dropout: Annotated[
        float,
        Knob(
            label="input dropout",
            help="The share of inputs silenced at random at each training step; imitates noise and missing data.",
            rule="20 % at most.",
            low=0.0,
            high=0.95,
            step=0.05,
            unit="%",
            live=True,
        ),
    ] = 0.0
    input_noise: Annotated[
        float,
        Knob(
            label="input noise",
            help="The standard deviation of Gaussian noise that each input gets at each training step, after scaling.",
            rule="0.05 to 0.3 where inputs are standardized; imitates errors of measurement, and acts like L2.",
            low=0.0,
            high=2.0,
            step=0.05,
            live=True,
        ),
    ] = 0.0

    @property
    def learning(self) -> tuple[int, ...]:
        """Which of the layers learn; these have names, gradients and weights to be shown."""
        return tuple(i for i, layer in enumerate(self.layers) if layer.learns)

    def resolved(self, index: int) -> AnyLayer:
        """Return hidden layer `index` with everything it left out filled in."""
        layer = self.layers[index]
        open_ = [name for name in STYLE if layer.learns and getattr(layer, name) is None]
        return layer.model_copy(update={name: getattr(self, name) for name in open_})

    def learners(self) -> tuple[Learning, ...]:
        """Return the layers that learn, each with everything it left out filled in."""
        resolved = (self.resolved(i) for i in self.learning)
        return tuple(layer for layer in resolved if isinstance(layer, Learning))

    def shapes(self, given: Shape) -> tuple[Shape, ...]:
        """Return what becomes of one sample after each hidden layer. Raises ExperimentError where one does not fit."""
        found = []
        for i, layer in enumerate(self.layers):
            given = layer.gives(given, f"network.layers.{i}")
            found.append(given)
        return tuple(found)

    def check_fit(self, given: Shape | None, batch: int) -> None:
        """Raise ExperimentError where layers do not fit each other, the inputs' shape if it is known, or batches."""
        self._check_normalization(batch)
        if given is None:
            return
        shapes, made = self.shapes(given), 0
        for i, (layer, before) in enumerate(zip(self.layers, (given, *shapes), strict=False)):
            made += layer.makes(before, f"network.layers.{i}")
            if made * batch > MOST_NUMBERS:
                raise ExperimentError(
                    f"network.layers.{i}: up to here, {made:,} numbers are made of each of {batch} samples in a batch; "
                    f"allowed: {MOST_NUMBERS:,} in all, by smaller batches, images, layers, or pooling"
                )

    def _check_normalization(self, batch: int) -> None:
        """Raise ExperimentError where a normalization has but one number to go by."""
        for i, layer in zip(self.learning, self.learners(), strict=True):
            own = getattr(self.layers[i], "normalization", None) is not None
            kind, path = layer.normalization, f"network.layers.{i}.normalization" if own else "network.normalization"
            if kind == "batch" and batch < 2:
                raise ExperimentError(
                    f"batches.size = {batch} does not fit {path} = 'batch': one sample has no variance; "
                    "allowed: batches of at least 2, or another normalization"
                )
            if kind in ("layer", "group") and isinstance(layer, Layer) and layer.width < 2:
                raise ExperimentError(
                    f"{path} = {kind!r} does not fit a layer of 1 neuron, which has no variance; "
                    "allowed: none, batch, weight, or wider layers"
                )
