"""What may be chosen for every layer that learns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StrictBool

from nnplayground.experiment.knob import Knob

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
NormalizationName = Literal["none", "batch", "layer", "group", "weight"]

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
Normalization = Annotated[
    NormalizationName,
    Knob(
        label="normalization",
        help="Centres and scales each neuron over the batch, or each sample over the layer or groups of its neurons; "
        "weight norm learns the length of each neuron's weights apart from their direction.",
        rule="Batch norm allows higher rates, and needs batches of more than a few samples; the others do without.",
        names={
            "none": "off",
            "batch": "batch norm",
            "layer": "layer norm",
            "group": "group norm",
            "weight": "weight norm",
        },
    ),
]
NormPlace = Annotated[
    Literal["before", "after"],
    Knob(
        label="norm's place",
        help="Whether batch, layer and group norm stand before or after the activation.",
        rule="Before, as batch norm was published.",
        names={"before": "before activation", "after": "after activation"},
    ),
]
Dropout = Annotated[
    float,
    Knob(
        label="dropout",
        help="The share of a layer's neurons silenced at random at each training step; of an image, whole channels.",
        rule="20 to 50 % in hidden layers, in networks large enough to spare them.",
        low=0.0,
        high=0.95,
        step=0.05,
        unit="%",
        live=True,
    ),
]
DropoutKind = Annotated[
    Literal["plain", "alpha"],
    Knob(
        label="dropout's kind",
        help="Plain dropout sets neurons to zero; alpha dropout to SELU's lowest value, and keeps mean and variance.",
        rule="Alpha with SELU, which it was made for; plain with any other activation.",
        names={"plain": "plain", "alpha": "alpha"},
    ),
]

STYLE = ("activation", "initializer", "normalization", "norm_place", "dropout", "dropout_kind", "max_norm")
"""The names of what a layer may leave to its network."""
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
