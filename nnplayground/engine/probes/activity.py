"""How active neurons are: what a layer gives, and how often its neurons lie where their activation is flat."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.probes.request import Reading, Request

SATURATING = ("sigmoid", "tanh")  # flat at both ends
RECTIFYING = ("relu", "leaky_relu", "elu", "selu", "gelu", "silu", "softplus")  # flat below
DYING = tuple(name for name in RECTIFYING if name != "leaky_relu")  # which keeps a slope that it can learn by


@dataclass(frozen=True)
class ActivityRequest(Request):
    """The activity of each layer for the first `samples` training samples, fewer where layers are wide."""

    samples: int = 200


@dataclass(frozen=True, eq=False)
class LayerActivity:
    """One layer's; its neurons are what it bends: of an image channels, of a block those of all its units.

    A neuron is flat for a sample where its activation's slope is below 5 % of the steepest: for tanh beyond ±0.975, for
    sigmoid below 0.013 or above 0.987, for ReLU at zero. Glorot and Bengio 2010 show what follows from saturation; the
    5 % are ours.
    """

    activation: str
    mean: float  # of what the layer gives, over samples and neurons
    std: float
    means: NDArray[np.float64]  # (neurons,) of what each neuron's activation gives, over samples and an image's places
    stds: NDArray[np.float64]  # (neurons,)
    shares: NDArray[np.float64]  # (neurons,) of samples and places for which each is flat; NaN where that says nothing

    @property
    def saturated(self) -> float | None:
        """The share of saturated values; None where the activation has no bounds on both sides."""
        return float(self.shares.mean()) if self.activation in SATURATING else None

    @property
    def inactive(self) -> float | None:
        """The share of inactive values, for ReLU those of zero; None where the activation rectifies nothing."""
        return float(self.shares.mean()) if self.activation in RECTIFYING else None

    @property
    def dead(self) -> float | None:
        """The share of neurons that are inactive for all samples; None where the activation cannot die."""
        return float((self.shares == 1).mean()) if self.activation in DYING else None


@dataclass(frozen=True, eq=False)
class Activity(Reading):
    """That of all layers, the output as raw numbers."""

    layers: tuple[LayerActivity, ...]
