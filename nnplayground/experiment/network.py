"""The network that an experiment describes: layers, and what holds for all of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StrictBool

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part

ActivationName = Literal[
    "identity", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus", "sine"
]
InitializerName = Literal[
    "auto",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "lecun_uniform",
    "orthogonal",
    "normal",
    "uniform",
    "zeros",
]

Activation = Annotated[
    ActivationName,
    Knob(
        label="activation",
        help="The function that bends each neuron's weighted sum; without one, any depth stays a straight line.",
        rule="ReLU to begin with; ELU or SELU for deep plain stacks; tanh for smooth boundaries in small networks.",
        names={
            "relu": "ReLU",
            "leaky_relu": "leaky ReLU",
            "elu": "ELU",
            "selu": "SELU",
            "gelu": "GELU",
            "silu": "SiLU",
        },
    ),
]
Initializer = Annotated[
    InitializerName,
    Knob(
        label="initialization",
        help="How the weights are drawn before the first step. Biases begin at zero.",
        rule="He for ReLU and its kin, LeCun for SELU, Glorot for tanh and sigmoid. Zeros never break symmetry.",
        names={
            "auto": "by activation",
            "zeros": "zeros",
            "normal": "normal(0, 1)",
            "uniform": "uniform(−1, 1)",
            "glorot_normal": "Glorot, normal",
            "glorot_uniform": "Glorot, uniform",
            "he_normal": "He, normal",
            "he_uniform": "He, uniform",
            "lecun_normal": "LeCun, normal",
            "lecun_uniform": "LeCun, uniform",
        },
    ),
]
BatchNorm = Annotated[
    Literal["none", "before", "after"],
    Knob(
        label="batch norm",
        help="Centres and scales each neuron over the batch, before or after the activation.",
        rule="Before the activation; allows higher rates, and needs batches of more than a few samples.",
        names={"none": "off", "before": "before activation", "after": "after activation"},
    ),
]
Dropout = Annotated[
    float,
    Knob(
        label="dropout",
        help="The share of a layer's neurons silenced at random at each training step.",
        rule="20 to 50 % in hidden layers, in networks large enough to spare them.",
        low=0.0,
        high=0.95,
        step=0.05,
        unit="%",
        live=True,
    ),
]


MaxNorm = Annotated[
    float,
    Knob(
        label="max-norm",
        help="The longest that each neuron's incoming weights may get, all together; 0 sets no limit.",
        rule="5, beside dropout (Srivastava et al. 2014).",
        low=0.0,
        high=100.0,
        log=True,
        smallest=0.01,
        live=True,
    ),
]
LrFactor = Annotated[
    float,
    Knob(
        label="rate ×",
        help="This layer's learning rate, as a factor of the optimizer's.",
        rule="1; small for layers that were trained before.",
        low=0.0,
        high=100.0,
        log=True,
        smallest=0.001,
        live=True,
    ),
]
Frozen = Annotated[
    StrictBool,
    Knob(
        label="frozen",
        help="The layer stays as it is: nothing is learned in it, and its batch norm keeps its statistics.",
        rule="For first layers that were trained on something alike.",
        live=True,
    ),
]


class Layer(Part):
    """One hidden layer. What is left out is as the network says."""

    title = "Layer"

    width: Annotated[
        int,
        Knob(
            label="neurons",
            help="How many neurons the layer has.",
            rule="1 to 100 to begin with; grow until it overfits, then regularize.",
            low=1,
            high=4096,
            log=True,
        ),
    ] = 8
    activation: Activation | None = None
    initializer: Initializer | None = None
    batch_norm: BatchNorm | None = None
    dropout: Dropout | None = None
    max_norm: MaxNorm | None = None
    lr_factor: LrFactor = 1.0
    frozen: Frozen = False


def _layer(value: Any) -> Any:
    """What is no table is the width of a layer: a bare whole number, or an error about the width."""
    return value if isinstance(value, (Mapping, Layer)) else {"width": value}


class Network(Part):
    """A fully connected network: its hidden layers, and what holds for each unless it says otherwise."""

    title = "Network"

    layers: Annotated[
        tuple[Annotated[Layer, BeforeValidator(_layer)], ...],
        Field(max_length=16),
        Knob(
            label="hidden layers",
            help="The hidden layers from input to output, by their number of neurons.",
            rule="1 to 5 hidden layers; more layers usually help more than more neurons.",
        ),
    ] = (Layer(), Layer(), Layer())
    activation: Activation = "tanh"
    initializer: Initializer = "auto"
    batch_norm: BatchNorm = "none"
    dropout: Dropout = 0.0
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

    def resolved(self, index: int) -> Layer:
        """Return hidden layer `index` with everything it left out filled in."""
        layer = self.layers[index]
        wider = {
            name: getattr(self, name) for name in ("activation", "initializer", "batch_norm", "dropout", "max_norm")
        }
        return layer.model_copy(update={name: v for name, v in wider.items() if getattr(layer, name) is None})
