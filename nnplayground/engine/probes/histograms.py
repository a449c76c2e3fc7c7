"""How a layer's weights, biases, gradients, activations and pre-activations are distributed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes.request import Floats, Reading, Request

Quantity = Literal["weights", "biases", "gradients", "activations", "pre-activations"]
QUANTITIES: tuple[Quantity, ...] = ("weights", "biases", "gradients", "activations", "pre-activations")


@dataclass(frozen=True)
class HistogramRequest(Request):
    """The distribution of a quantity in each layer, in so many bins, one more where that is odd: zero is an edge.

    Gradients are those of the loss without penalties with respect to all that the layer learns. They, activations (what
    a layer gives, normalized where that comes last) and pre-activations (what is given to its activation) are of the
    first `samples` training samples, fewer where layers are wide, in evaluation mode.
    """

    bins: int = 40
    quantity: Quantity = "weights"
    samples: int = 200

    @property
    def logarithmic(self) -> bool:
        """Whether bins are as wide as their distance from zero: gradients shrink by decades while training."""
        return self.quantity == "gradients"


@dataclass(frozen=True, eq=False)
class Histogram:
    """One layer's values in bins that hold for the initial values as well.

    Bins of a run fit into each other: linear ones reach as far as the initial values, or twice as far as often as is
    needed; logarithmic ones always lie between the same powers of ten. So `on_edges` loses nothing.
    """

    edges: Floats  # (bins + 1,)
    counts: NDArray[np.int64]  # (bins,)
    initial: NDArray[np.int64]  # (bins,) at step 0
    mean: float  # NaN of no values
    std: float


@dataclass(frozen=True, eq=False)
class Histograms(Reading):
    """Those of all layers."""

    layers: tuple[Histogram, ...]


def on_edges(counts: NDArray[np.int64], edges: Floats, wider: Floats) -> NDArray[np.int64]:
    """Return counts between `edges` as counts between wider ones, whose bins hold the others' whole."""
    if edges is wider or np.array_equal(edges, wider):
        return counts
    middles = (edges[:-1].astype(np.float64) + edges[1:]) / 2
    found = np.zeros(len(wider) - 1, np.int64)
    np.add.at(found, np.searchsorted(wider, middles) - 1, counts)
    return found
