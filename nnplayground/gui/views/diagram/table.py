"""All weights of a network as a table, with what is known of them. Knows no Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nnplayground.engine.probes import Floats
from nnplayground.engine.snapshot import Snapshot, Tensor
from nnplayground.gui.views.diagram.quantities import GRADIENTS, LATEST, UPDATES, Numbers
from nnplayground.gui.views.diagram.structure import Structure

COLUMNS = ["layer", "kind", "to", "from", "value", "gradient", "update since start", "latest update", "contribution"]


def weight_table(structure: Structure, numbers: Numbers) -> tuple[list[str], Iterator[Sequence[object]]]:
    """Return the names of columns, and one row for every learned number; what is not known is left empty.

    Neurons, filters and inputs count from 1; where an input has a name, that is told. Of a filter's weights, `from` is
    channel, row and column.
    """
    return COLUMNS, _rows(structure, numbers)


def _rows(structure: Structure, numbers: Numbers) -> Iterator[Sequence[object]]:
    if numbers.weights is None:
        return
    plain = numbers.weights.plain()
    others = [numbers.of(quantity) for quantity in (GRADIENTS, UPDATES, LATEST)]
    known = [None if other is None or other.layout != plain.layout else other.parameters for other in others]
    for tensor in plain.layout.parameters:
        given = _given(structure, numbers, tensor)
        for place, index in enumerate(np.ndindex(*tensor.shape), start=tensor.start):
            value = float(plain.parameters[place])
            rest = ["" if other is None else float(other[place]) for other in known]
            carried = "" if given is None else value * float(given[index[1]])
            source = _source(structure, plain, tensor, index)
            yield (plain.layout.layers[tensor.layer], tensor.role, index[0] + 1, source, value, *rest, carried)


def _given(structure: Structure, numbers: Numbers, tensor: Tensor) -> Floats | None:
    """Return what the inputs of fully connected weights are for the traced sample, where it is known."""
    if tensor.role != "weight" or len(tensor.shape) != 2 or tensor.layer not in structure.learners:
        return None
    found = structure.traced_values(numbers.trace, structure.learners.index(tensor.layer) - 1)
    return found.ravel() if found is not None and found.size == tensor.shape[1] else None


def _source(structure: Structure, plain: Snapshot, tensor: Tensor, index: tuple[int, ...]) -> object:
    if len(index) == 1:
        return ""
    named = tensor.layer == 0 and len(index) == 2 and structure.image is None
    if named and plain.layout.inputs == structure.sizes[0]:
        return structure.input_names[structure.places.index(index[1])]
    return index[1] + 1 if len(index) == 2 else " ".join(str(i + 1) for i in index[1:])
