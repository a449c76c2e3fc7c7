"""The training loss over a plane through the space of a network's weights, as one batch of networks."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import torch
from torch import Tensor

from nnplayground.data.progress import Progress
from nnplayground.engine.network import forward, views
from nnplayground.engine.setup import Setup
from nnplayground.engine.slices import Area, Doubles, Slice, grid, path_slice, random_slice, weight_slice
from nnplayground.engine.snapshot import Floats, Snapshot

SAMPLES, FEWEST = 2_000, 200  # of the training part at most; and for networks that take long, at least
WORK = 1_000_000  # numbers that one network holds of all samples, above which it sees fewer of them
NUMBERS = 4_000_000  # held at once, about: 16 MB
ROWS = 500_000  # numbers of one network held at once: between two such pieces it can be cancelled
NEWTON_STEPS = 30
LEVEL = 1e-9  # a slope that counts as none, and a curvature, of the largest there
FLAT = 1e-4  # a curvature, of that where it began, at which the loss only levels out
PIECE_SECONDS = 0.02  # that a piece should take: between pieces it is told how far, and can be cancelled


@dataclass(frozen=True, eq=False)
class Surface:
    """The loss over a plane: in evaluation mode, without penalties, with the running statistics of `step`.

    What overflows is infinite or NaN.
    """

    slice: Slice
    x: Doubles  # (n,) along the first direction
    y: Doubles  # (m,) along the second
    loss: Doubles  # (m, n)
    step: int  # of the snapshot that lies in the plane
    samples: int  # of the training part, on which the loss was measured
    of: int  # samples of the training part
    lowest: tuple[float, float] | None = None  # where the loss is least, where that is known: of two weights
    condition: float | None = None  # how long the bowl is there: the ratio of its two curvatures


def explore(
    setup: Setup,
    snapshot: Snapshot,
    area: Area,
    path: Sequence[Floats],
    report: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Surface:
    """Return the loss over an area about a snapshot and the (parameters,) points of the path that led there.

    Raises ExperimentError where there is no such plane, and Cancelled.
    """
    points, layout = [*path, snapshot.parameters], snapshot.layout
    if area.kind == "weights":
        return _bowl(setup, snapshot, area, points, report, cancelled)
    if area.kind == "path":
        plane = path_slice(points, snapshot.parameters)
    else:
        plane = random_slice(layout, snapshot.parameters, area.seed, setup.tuning.frozen)
    places = np.array([plane.coordinates(point) for point in points])
    return surface(setup, snapshot, plane, *grid(area, places), report, cancelled)


def _bowl(
    setup: Setup,
    snapshot: Snapshot,
    area: Area,
    points: Sequence[Floats],
    report: Callable[[float, str], None] | None,
    cancelled: Callable[[], bool] | None,
) -> Surface:
    """Return the loss over two weights, the bias where it is best if that is known, else where it is."""
    found = Losses(setup, snapshot).lowest(snapshot.parameters)
    plane = weight_slice(snapshot.layout, snapshot.parameters if found is None else found[0])
    places = np.array([plane.coordinates(point) for point in points])
    lowest = None if found is None else plane.coordinates(found[0])
    drawn = surface(setup, snapshot, plane, *grid(area, places, lowest), report, cancelled)
    if found is None:
        return drawn
    weights = plane.directions.any(axis=0)
    curvatures = np.linalg.eigvalsh(found[1][np.ix_(weights, weights)])
    return replace(drawn, lowest=lowest, condition=float(curvatures[1] / curvatures[0]))


def surface(
    setup: Setup,
    snapshot: Snapshot,
    plane: Slice,
    x: Doubles,
    y: Doubles,
    report: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Surface:
    """Return the mean loss of training samples at every point of the grid `x` by `y` of a plane.

    The samples are the first 2 000, or fewer for networks that take long; their order is at chance. Raises Cancelled.
    """
    progress = Progress(report, cancelled)
    progress.begin(1.0)
    losses = Losses(setup, snapshot)
    places = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    found, done = np.empty(len(places)), 0
    while done < len(places):
        look = partial(progress.at, done / len(places), f"{done} / {len(places)}")
        look()
        values = losses.some(plane, places[done:], look)
        found[done : done + len(values)] = values
        done += len(values)
    return Surface(plane, x, y, found.reshape(len(y), len(x)), snapshot.step, losses.samples, len(setup.dataset.train))


class Losses:
    """Losses of networks that differ in their parameters alone, as many at a time as take about `PIECE_SECONDS`."""

    def __init__(self, setup: Setup, snapshot: Snapshot) -> None:
        self._setup = setup
        widest = setup.built.widest
        samples = min(SAMPLES, max(FEWEST, WORK // widest))
        self._x, self._y = setup.train.x[:samples], setup.train.y[:samples]
        self._buffers = views(torch.from_numpy(snapshot.buffers), setup.built.layout.buffers)
        self._knobs = {name: torch.tensor(value) for name, value in setup.tuning.terms if name.startswith("loss.")}
        self._rows = max(1, min(len(self._x), ROWS // widest))
        self._most = max(1, NUMBERS // (setup.built.layout.size + self._rows * widest))
        self._count = 1

    @property
    def samples(self) -> int:
        """On how many samples losses are measured."""
        return len(self._x)

    def some(self, plane: Slice, places: Doubles, look: Callable[[], None]) -> Doubles:
        """Return the losses at the first of (n, 2) places of a plane: at one or more, as time allows.

        `look` is called between pieces, and may raise Cancelled.
        """
        begin = time.perf_counter()
        chosen = torch.from_numpy(places[: self._count].astype(np.float32))
        found = self.at(torch.from_numpy(plane.origin) + chosen @ torch.from_numpy(plane.directions), look)
        seconds = time.perf_counter() - begin
        if seconds < PIECE_SECONDS / 2:
            self._count = min(2 * self._count, self._most)
        elif seconds > 2 * PIECE_SECONDS:
            self._count = max(self._count // 2, 1)
        return found

    @torch.no_grad()
    def at(self, parameters: Tensor, look: Callable[[], None]) -> Doubles:
        """Return the (k,) losses of networks with (k, parameters) parameters; see `some`."""
        tensors = views(parameters, self._setup.built.layout.parameters)
        total = torch.zeros(len(parameters), dtype=torch.float64)
        for x, y in self._pieces():
            look()
            total += len(x) * torch.vmap(self._loss, in_dims=(0, None, None))(tensors, x, y).double()
        return np.asarray((total / self.samples).numpy())

    @torch.enable_grad()
    def lowest(self, parameters: Floats) -> tuple[Floats, Doubles] | None:
        """Return the parameters of the least loss, and its matrix of second derivatives there, by Newton's method.

        To be asked of a few parameters only. None where there is no such place, or it is too far away: classes that a
        line separates are told apart the better the larger the weights.
        """
        layout, buffers = self._setup.built.layout, [buffer.double() for buffer in self._buffers]
        x, y = self._x.double(), self._y.double() if self._y.is_floating_point() else self._y

        def loss(flat: Tensor) -> Tensor:
            outputs = forward(self._setup.built, views(flat, layout.parameters), buffers, x)
            return self._setup.head.compute(outputs, y, self._knobs)

        at, first = torch.from_numpy(parameters).double(), 0.0
        for _ in range(NEWTON_STEPS):
            found = _curved(loss, at)
            if found is None:
                return None
            value, slope, bend = found
            steepest = float(bend.abs().max())
            first = first or steepest
            if not steepest >= FLAT * first or torch.linalg.eigvalsh(bend)[0] <= LEVEL * steepest:
                return None
            if slope.norm() <= LEVEL * (1 + value):
                return at.numpy().astype(np.float32), np.asarray(bend.numpy())
            at = at - torch.linalg.solve(bend, slope)
        return None

    def _pieces(self) -> Iterator[tuple[Tensor, Tensor]]:
        return zip(torch.split(self._x, self._rows), torch.split(self._y, self._rows), strict=True)

    def _loss(self, parameters: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
        outputs = forward(self._setup.built, parameters, self._buffers, x)
        return self._setup.head.compute(outputs, y, self._knobs)


def _curved(loss: Callable[[Tensor], Tensor], at: Tensor) -> tuple[float, Tensor, Tensor] | None:
    """Return a loss, its slope and its matrix of second derivatives; None where it is straight, or not finite."""
    at = at.clone().requires_grad_()
    value = loss(at)
    (slope,) = torch.autograd.grad(value, at, create_graph=True)
    if not slope.requires_grad:
        return None
    bend = torch.stack([torch.autograd.grad(part, at, retain_graph=True)[0] for part in slope])
    return (value.item(), slope.detach(), bend) if torch.isfinite(bend).all() else None
