"""Planes through the space of a network's weights, along which its loss is looked at. Knows no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.snapshot import Floats, Layout, Tensor
from nnplayground.experiment import ExperimentError

Doubles = NDArray[np.float64]

COLUMNS = 65_536  # of a path's points that are multiplied at once


@dataclass(frozen=True)
class Area:
    """What is to be looked at: which plane, how finely, how far to each side."""

    kind: str = "random"  # or "path", or "weights" of a network that has two
    resolution: int = 41  # points to each side
    reach: float = 1.0  # times what suits the plane
    seed: int = 0  # of random directions


@dataclass(frozen=True, eq=False)
class Slice:
    """A plane: `origin` + a · `directions[0]` + b · `directions[1]`, two directions at right angles to each other."""

    kind: str  # "random", "path" or "weights"
    origin: Floats  # (parameters,)
    directions: Floats  # (2, parameters)
    shares: tuple[float, float] | None = None  # of the path's variance, that each direction holds

    def coordinates(self, parameters: Floats) -> tuple[float, float]:
        """Return (a, b) of the point of the plane nearest to these weights."""
        lengths = np.einsum("ij,ij->i", self.directions, self.directions, dtype=np.float64)
        a, b = (self.directions @ (parameters - self.origin)) / lengths
        return float(a), float(b)


def random_slice(layout: Layout, parameters: Floats, seed: int, frozen: Sequence[bool] = ()) -> Slice:
    """Return a plane through `parameters` along two random directions, each filter's part as long as its weights.

    So that 1 means a change as large as the weights themselves, whatever the scale of a layer (Li, Xu, Taylor, Studer
    and Goldstein 2018, "Visualizing the loss landscape of neural nets"). As there, biases and what normalization has
    learned stay as they are, and so do layers that are frozen. Raises ExperimentError where no weight can be moved.
    """
    generator = np.random.default_rng(seed)
    directions = np.zeros((2, layout.size), np.float32)
    single: list[int] = []  # weights that are a filter of their own: taken together as one
    for tensor in layout.parameters:
        if not _is_filtered(tensor) or (frozen and frozen[tensor.layer]):
            continue
        span = slice(tensor.start, tensor.stop)
        rows = parameters[span].reshape(tensor.shape[0], -1)
        if rows.shape[1] == 1:
            single += range(tensor.start, tensor.stop)
        else:
            directions[:, span] = _filtered(rows, generator).reshape(2, -1)
    if len(single) > 1:
        directions[:, single] = _filtered(parameters[single][None], generator).reshape(2, -1)
    if not directions.any(axis=1).all():
        raise ExperimentError("a surface needs two weights or more that are not 0")
    return Slice("random", parameters, directions)


def _is_filtered(tensor: Tensor) -> bool:
    return len(tensor.shape) > 1 and tensor.role.split()[-1] in ("weight", "direction")


def _filtered(rows: Floats, generator: np.random.Generator) -> Floats:
    """Return (2, n, m) random directions of (n, m) filters, each as long as its filter, the two at right angles."""
    first, second = generator.standard_normal((2, *rows.shape))
    first /= np.linalg.norm(first, axis=1, keepdims=True)
    second -= np.einsum("ij,ij->i", first, second)[:, None] * first
    second /= np.linalg.norm(second, axis=1, keepdims=True)
    lengths = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)
    return np.stack([first * lengths, second * lengths]).astype(np.float32)


def path_slice(points: Sequence[Floats], origin: Floats) -> Slice:
    """Return the plane through `origin` along the two main directions of a path's points, each (parameters,).

    They have length 1, and point from the path's beginning to its end. Principal components of the centred points, by
    way of their inner products, since points are few and weights are many. Raises ExperimentError where the points
    lie on a line.
    """
    short = ExperimentError("the path is too short yet, or straight: train some steps more")
    if len(points) < 3:
        raise short
    inner, middle = np.zeros((len(points), len(points))), np.asarray(np.mean(points, axis=0, dtype=np.float64))
    for start in range(0, len(origin), COLUMNS):
        block = _centred(points, middle, start)
        inner += block @ block.T
    variances, turned = np.linalg.eigh(inner)
    if variances[-2] <= 1e-10 * variances[-1]:
        raise short
    weights = turned[:, :-3:-1] / np.sqrt(variances[:-3:-1])
    weights *= np.where(turned[-1, :-3:-1] < turned[0, :-3:-1], -1.0, 1.0)
    blocks = [weights.T @ _centred(points, middle, start) for start in range(0, len(origin), COLUMNS)]
    first, second = (variances[:-3:-1] / variances.clip(min=0).sum()).tolist()
    return Slice("path", origin, np.concatenate(blocks, axis=1).astype(np.float32), (first, second))


def _centred(points: Sequence[Floats], middle: Doubles, start: int) -> Doubles:
    """Return some columns of the points, less their middle."""
    span = slice(start, start + COLUMNS)
    return np.stack([point[span] for point in points]).astype(np.float64) - middle[span]


def has_two_weights(layout: Layout) -> bool:
    """Whether a network is one neuron with two weights, so that a plane shows all of its loss, but for the bias."""
    return len(layout.layers) == 1 and [t.shape for t in layout.parameters if t.role == "weight"] == [(1, 2)]


def weight_slice(layout: Layout, parameters: Floats) -> Slice:
    """Return the plane of a network's two weights: a and b are the weights themselves, all else is as it is."""
    weight = layout.find(0, "weight")
    assert weight is not None, "only of a network that has two weights"
    origin, directions = parameters.copy(), np.zeros((2, layout.size), np.float32)
    origin[weight.start : weight.stop] = 0.0
    directions[0, weight.start] = directions[1, weight.start + 1] = 1.0
    return Slice("weights", origin, directions)


def grid(area: Area, places: Doubles, lowest: tuple[float, float] | None = None) -> tuple[Doubles, Doubles]:
    """Return the places along both axes at which the loss is wanted, around (n, 2) places of a path.

    Along random directions as far as the weights themselves are long, to each side; else as far as the path goes and a
    quarter more. Two weights have one scale, around the lowest loss, or around 0 and twice as far where none is known.
    """
    low, high = places.min(axis=0), places.max(axis=0)
    middle, half = (low + high) / 2, (high - low) / 2 * 1.25
    if area.kind == "random":
        middle, half = np.zeros(2), np.ones(2)
    elif area.kind == "weights":
        middle = np.zeros(2) if lowest is None else np.array(lowest)
        half = np.full(2, np.abs(places - middle).max() * (2.0 if lowest is None else 1.25))
    half = np.where(half > 0, half, 1.0) * area.reach
    x, y = (np.linspace(m - h, m + h, area.resolution) for m, h in zip(middle, half, strict=True))
    return x, y
