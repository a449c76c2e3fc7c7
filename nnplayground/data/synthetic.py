"""Data sets that are drawn: points of the plane [-6, 6]² or of the line [-6, 6], with a class or a value each.

Each is a pure function of samples, noise and generator; `draw` finds the one that a data set names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from nnplayground.data.dataset import Floats
from nnplayground.experiment.datasets import Line, Plane

Doubles = NDArray[np.float64]
Classes = NDArray[np.int64]

LIMIT = 6.0  # of the domain, to either side of 0
STRAY = 1.5  # standard deviation by which noise 1 moves a point in each direction
BLUR = 0.5  # standard deviation of what noise 1 adds to a value


def draw(data: Plane | Line, generator: Generator) -> tuple[Floats, Classes | Floats]:
    """Return points (samples, 1 or 2) float32 and targets (samples,) of a data set, int64 classes or float32 values.

    Classes are as equal in number as can be, and clearly apart at noise 0; values are within [-1, 1] then. Geometry
    is drawn before noise, so that turning the noise moves the same points along the same way.
    """
    fields = type(data).model_fields
    common = {*Plane.model_fields, *Line.model_fields, "kind"}
    own = {name: getattr(data, name) for name in fields if name not in common}  # blobs: how many clouds
    return DRAWN[fields["kind"].default](data.samples, data.noise, generator, **own)


# two or more classes over the plane


def circle(samples: int, noise: float, generator: Generator) -> tuple[Floats, Classes]:
    """Draw class 1 in a disc of radius 2.5, and class 0 in a ring around it of radius 3.5 to 5; even by area."""
    return _bands(np.array([[[3.5, 5.0]], [[0.0, 2.5]]]), samples, noise, generator)


def rings(samples: int, noise: float, generator: Generator) -> tuple[Floats, Classes]:
    """Draw a disc and three rings around it, 0.8 wide and 0.6 apart, of alternating class; even by area."""
    radii = np.array([[[1.4, 2.2], [4.2, 5.0]], [[0.0, 0.8], [2.8, 3.6]]])
    return _bands(radii, samples, noise, generator)


def xor(samples: int, noise: float, generator: Generator) -> tuple[Floats, Classes]:
    """Draw squares of side 4.6 in the four quadrants, 0.4 off the axes; class 1 where x₁ and x₂ have the same sign."""
    quadrant = np.arange(samples) % 4
    signs = np.array([[-1, 1], [1, 1], [1, -1], [-1, -1]])[quadrant]
    points = signs * generator.uniform(0.4, 5.0, (samples, 2))
    return _strayed(points, noise, generator), quadrant % 2


def checkerboard(samples: int, noise: float, generator: Generator) -> tuple[Floats, Classes]:
    """Draw four by four squares over [-5.6, 5.6]², 0.4 apart, of alternating class."""
    index = np.arange(samples)
    classes, square = index % 2, index // 2 % 8
    row = square // 2
    column = 2 * (square % 2) + (row + classes) % 2
    corner = np.stack([column, row], axis=1) * 2.9 - 5.6
    return _strayed(corner + generator.uniform(0.0, 2.5, (samples, 2)), noise, generator), classes


def gaussians(samples: int, noise: float, generator: Generator) -> tuple[Floats, Classes]:
    """Draw class 1 around (2, 2) and class 0 around (-2, -2), with a standard deviation of 0.6."""
    classes = np.arange(samples) % 2
    centres = np.array([[-2.0, -2.0], [2.0, 2.0]])[classes]
    return _strayed(centres + generator.normal(0.0, 0.6, (samples, 2)), noise, generator), classes


def blobs(samples: int, noise: float, generator: Generator, clouds: int = 4) -> tuple[Floats, Classes]:
    """Draw one round cloud per class, centres spread evenly on a circle of radius 4.

    The standard deviation is 0.7, or less where neighbours would come nearer than nine of it.
    """
    classes = np.arange(samples) % clouds
    angle = np.pi / 4 + classes * (2 * np.pi / clouds)
    deviation = min(0.7, 8 * np.sin(np.pi / clouds) / 9)
    points = _polar(4.0, angle) + generator.normal(0.0, deviation, (samples, 2))
    return _strayed(points, noise, generator), classes


def spiral(samples: int, noise: float, generator: Generator) -> tuple[Floats, Classes]:
    """Draw two arms of 1.75 turns, one per class, from radius 0.5 to 5, opposite each other."""
    return _arms(2, 1.75, samples, noise, generator)


def spiral3(samples: int, noise: float, generator: Generator) -> tuple[Floats, Classes]:
    """Draw three arms of 1.25 turns, one per class, from radius 0.5 to 5, a third of a turn apart."""
    return _arms(3, 1.25, samples, noise, generator)


def moons(samples: int, noise: float, generator: Generator) -> tuple[Floats, Classes]:
    """Draw two half circles of radius 3.2, each with an end at the other's centre, 1.6 below or above it."""
    classes, along = _along(2, samples, generator)
    points = _polar(3.2, np.pi * along) - np.array([1.6, 0.8])
    points[classes == 1] *= -1
    return _strayed(points, noise, generator), classes


# a value over the plane


def plane(samples: int, noise: float, generator: Generator) -> tuple[Floats, Floats]:
    """Draw points evenly over [-5, 5]², with the value (x₁ + x₂) / 10."""
    points = generator.uniform(-5.0, 5.0, (samples, 2))
    return _blurred(points, points.sum(axis=1) / 10, noise, generator)


def units(samples: int, noise: float, generator: Generator) -> tuple[Floats, Floats]:
    """Draw points evenly over [-5, 5] by [-0.5, 0.5], with the value x₁ / 10 + x₂: both inputs count alike."""
    points = generator.uniform(-5.0, 5.0, (samples, 2)) * np.array([1.0, 0.1])
    return _blurred(points, points @ np.array([0.1, 1.0]), noise, generator)


def bumps(samples: int, noise: float, generator: Generator) -> tuple[Floats, Floats]:
    """Draw points evenly over [-6, 6]², with hills of 1 and valleys of -1 alternating.

    They are Gaussian with a standard deviation of 1.2, at x₁ = -4, 0 and 4, and x₂ = -2.5 and 2.5.
    """
    points = generator.uniform(-LIMIT, LIMIT, (samples, 2))
    centres = np.array([(x1, x2) for x2 in (-2.5, 2.5) for x1 in (-4.0, 0.0, 4.0)])
    heights = np.array([-1.0, 1.0, -1.0, 1.0, -1.0, 1.0])
    distance = np.square(points[:, None] - centres).sum(axis=2)
    return _blurred(points, np.exp(-distance / (2 * 1.2**2)) @ heights, noise, generator)


# a value along a line


def sine(samples: int, noise: float, generator: Generator) -> tuple[Floats, Floats]:
    """Draw points evenly along [-6, 6], with the value sin x."""
    x = _even(samples, generator)
    return _blurred(x, np.sin(x[:, 0]), noise, generator)


def step(samples: int, noise: float, generator: Generator) -> tuple[Floats, Floats]:
    """Draw points evenly along [-6, 6], with the value -1 left of 0 and 1 from there on."""
    x = _even(samples, generator)
    return _blurred(x, np.where(x[:, 0] < 0, -1.0, 1.0), noise, generator)


def _bands(radii: Doubles, samples: int, noise: float, generator: Generator) -> tuple[Floats, Classes]:
    """Draw each class in its rings: `radii` (classes, rings, 2), inner and outer, even by area over a class."""
    classes, along = _along(len(radii), samples, generator)
    squares = np.square(radii)
    ends = np.cumsum(squares[:, :, 1] - squares[:, :, 0], axis=1)  # area over π up to the end of each ring
    area = along * ends[classes, -1]
    ring = (area[:, None] >= ends[classes, :-1]).sum(axis=1)
    radius = np.sqrt(squares[classes, ring, 1] - (ends[classes, ring] - area))
    return _strayed(_polar(radius, generator.uniform(0.0, 2 * np.pi, samples)), noise, generator), classes


def _arms(arms: int, turns: float, samples: int, noise: float, generator: Generator) -> tuple[Floats, Classes]:
    """Draw one arm per class, whose radius grows with the angle from 0.5 to 5; nearly even along the arm."""
    classes, along = _along(arms, samples, generator)
    radius = np.sqrt(0.5**2 + (5.0**2 - 0.5**2) * along)  # an arm's length goes with the square of its radius
    angle = turns * 2 * np.pi * radius / 5.0 + classes * (2 * np.pi / arms)
    return _strayed(_polar(radius, angle), noise, generator), classes


def _along(classes: int, samples: int, generator: Generator) -> tuple[Classes, Doubles]:
    """Return the class of each sample, and how far along it lies in its class, in [0, 1).

    Each sample lies at chance within its own equal stretch, so that none is left empty.
    """
    index = np.arange(samples)
    stretches = -(-samples // classes)
    return index % classes, (index // classes + generator.uniform(size=samples)) / stretches


def _even(samples: int, generator: Generator) -> Doubles:
    """Return (samples, 1) places over the line, evenly and at chance like `_along`."""
    along = _along(1, samples, generator)[1]
    return (LIMIT * (2 * along - 1))[:, None]


def _polar(radius: Doubles | float, angle: NDArray[np.floating[Any]]) -> Doubles:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _strayed(points: Doubles, noise: float, generator: Generator) -> Floats:
    return (points + STRAY * noise * generator.standard_normal(points.shape)).astype(np.float32)


def _blurred(points: Doubles, values: Doubles, noise: float, generator: Generator) -> tuple[Floats, Floats]:
    values = values + BLUR * noise * generator.standard_normal(values.shape)
    return points.astype(np.float32), values.astype(np.float32)


DRAWN: Mapping[str, Callable[..., tuple[Floats, Any]]] = {
    "circle": circle,
    "xor": xor,
    "gaussians": gaussians,
    "spiral": spiral,
    "moons": moons,
    "rings": rings,
    "checkerboard": checkerboard,
    "spiral3": spiral3,
    "blobs": blobs,
    "plane": plane,
    "units": units,
    "bumps": bumps,
    "sine": sine,
    "step": step,
}
