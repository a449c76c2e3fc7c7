"""Transfer: beginning with weights that were learned before, and how much of them may change."""

from __future__ import annotations

from typing import Annotated, Literal

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part

SHIPPED = "resource:"
"""How the name of weights begins that come with the program."""


class Transfer(Part):
    """Which weights a network begins with, and how its old part is trained beside the new one."""

    title = "Transfer"

    weights: Annotated[
        str,
        Knob(
            label="weights",
            help="A .safetensors file, saved from an earlier run, that the network begins with; or "
            "resource:digits-low, which comes with the program. Layers of the same name and shape are taken.",
            rule="Few samples: begin with what was learned on many samples of something alike.",
            file="*.safetensors",
        ),
    ] = ""
    output: Annotated[
        Literal["auto", "new"],
        Knob(
            label="output layer",
            help="Whether the output layer is taken as well where it answers the same classes or value, or is always "
            "drawn anew.",
            rule="New for new classes: then nothing is to be unlearned.",
            names={"auto": "taken where it fits", "new": "new"},
        ),
    ] = "auto"
    frozen: Annotated[
        int,
        Knob(
            label="frozen layers",
            help="How many of the hidden layers, counted from the input, stay as they are.",
            rule="The fewer samples there are, the more layers; let go of them one by one from the last.",
            low=0,
            high=16,
            step=1,
            live=True,
        ),
    ] = 0
    old_rate: Annotated[
        float,
        Knob(
            label="old rate ×",
            help="The learning rate of the layers that were taken, as a factor of the optimizer's; new layers have the "
            "optimizer's own.",
            rule="0.1, so that new layers learn before old ones forget.",
            low=0.0,
            high=100.0,
            log=True,
            smallest=0.001,
            live=True,
        ),
    ] = 1.0
