"""What a picture of an architecture shows: blocks from input to output, with shapes and counted parameters. No Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from math import prod

from nnplayground.data.dataset import Dataset
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.layer import Learning
from nnplayground.experiment.layers import AnyLayer, Layer
from nnplayground.experiment.shape import Shape, is_image
from nnplayground.experiment.shorthand import text
from nnplayground.gui.numbers import format_percent
from nnplayground.gui.views.diagram.headers import shown
from nnplayground.gui.views.diagram.structure import Structure, structure_of


@dataclass(frozen=True)
class Block:
    """One layer, or several equal ones in a row."""

    kind: str  # a layer's, "input" or "output"
    name: str
    gives: Shape
    activation: str = ""  # with normalization and dropout, in their order; empty where there is none
    parameters: int = 0  # of one of them
    count: int = 1


@dataclass(frozen=True)
class Plan:
    """An architecture."""

    blocks: tuple[Block, ...]

    @property
    def parameters(self) -> int:
        """How many numbers are learned."""
        return sum(block.count * block.parameters for block in self.blocks)

    def folded(self) -> Plan:
        """Return the same with equal neighbours as one block each."""
        groups = [(block, len(list(same))) for block, same in groupby(self.blocks)]
        return Plan(tuple(replace(block, count=block.count * count) for block, count in groups))

    @property
    def is_small(self) -> bool:
        """Whether every neuron can be drawn as a circle."""
        return all(not is_image(b.gives) and b.gives[0] <= MOST_CIRCLES for b in self.blocks)


MOST_CIRCLES = 12  # neurons of a layer that are drawn one by one


def plan_of(experiment: Experiment, dataset: Dataset | None) -> Plan:
    """Return the plan of an experiment's network. Raises ExperimentError where the data's shape is not known."""
    structure = structure_of(experiment, dataset)
    if not structure.shapes:
        raise ExperimentError("network: the shape of the data is not known before they are loaded")
    counts = _parameters(experiment, structure)
    blocks = [Block("input", "input", structure.shapes[0])]
    for i, layer in enumerate(structure.layers):
        name = f"dense {layer.neurons}" if isinstance(layer, Layer) else text(layer)
        blocks.append(Block(layer.kind, name, structure.shapes[i + 1], _activation(layer), counts[i]))
    link = "linear" if structure.link == "identity" else structure.link
    return Plan((*blocks, Block("output", f"output {structure.outputs}", (structure.outputs,), link, counts[-1])))


def _parameters(experiment: Experiment, structure: Structure) -> Sequence[int]:
    """Return how many numbers each hidden layer learns, and the output, as the engine lays them out."""
    from nnplayground.engine.network import architecture

    given = structure.shapes[0]
    image = given if is_image(given) else None
    layout = architecture(experiment.network, prod(given), structure.outputs, image).layout
    sizes = [stop - start for start, stop in layout.spans]
    return [0 if place is None else sizes[place] for place in structure.learners[1:]]


def _activation(layer: AnyLayer) -> str:
    if not isinstance(layer, Learning):
        return ""
    words = [shown("activation", layer.activation)]
    if layer.normalization not in (None, "none"):
        norm = shown("normalization", layer.normalization)
        words.insert(0 if layer.norm_place == "before" or layer.normalization == "weight" else 1, norm)
    if layer.dropout:
        words.append(f"dropout {format_percent(layer.dropout, trim=True)}")
    return " · ".join(words)
