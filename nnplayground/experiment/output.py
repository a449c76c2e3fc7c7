"""The output layer, where it is to be another than the task asks for."""

from __future__ import annotations

from typing import Annotated, Literal

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part


class Output(Part):
    """The last layer: how many neurons, and what makes answers of their sums."""

    title = "Output layer"

    size: Annotated[
        int,
        Knob(
            label="outputs",
            help="How many neurons answer; 0 is as many as the task needs. Those beyond the classes have no meaning.",
            rule="One for each class. More than that, 12 for ten digits, is told as a help: try it.",
            low=0,
            high=1000,
            step=1,
        ),
    ] = 0
    activation: Annotated[
        Literal["auto", "identity", "sigmoid", "softmax", "tanh", "relu", "softplus"],
        Knob(
            label="output activation",
            help="What makes answers of the outputs' sums: probabilities, or values in some range.",
            rule="Softmax for several classes, sigmoid for two, nothing for values.",
            names={"auto": "by task", "identity": "none", "relu": "ReLU"},
        ),
    ] = "auto"
    lr_factor: Annotated[
        float,
        Knob(
            label="output rate ×",
            help="The output layer's learning rate, as a factor of the optimizer's.",
            rule="1; more where a new output is put on layers that were trained before.",
            low=0.0,
            high=100.0,
            log=True,
            smallest=0.001,
            live=True,
        ),
    ] = 1.0
