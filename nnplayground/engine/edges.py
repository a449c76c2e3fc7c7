"""The edges of learning: how sharply the loss bends against the size of steps, and how noisy its gradient is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import inf, nan

import numpy as np
import torch
from torch import Tensor

from nnplayground.data.progress import Progress
from nnplayground.engine.batches import order_of
from nnplayground.engine.network import forward, views
from nnplayground.engine.optimizers import momentum_of
from nnplayground.engine.penalties import penalty
from nnplayground.engine.setup import Setup
from nnplayground.engine.snapshot import Snapshot
from nnplayground.engine.tuning import IN_THE_LOSS

ROWS = 1_024  # training samples looked at, at most
NUMBERS = 20_000_000  # of all layers' outputs held at once: some four times as many are needed for a Hessian
ITERATIONS = 60  # of Lanczos at most, each of one product with the Hessian
TOLERANCE = 1e-3  # of an eigenvalue, relative
PARTS = 32  # into which the samples are cut for the gradient's noise
BATCHES = 9  # in succession, for the angle between their gradients
DISTURBING = ("dropout.", "input_noise", "augment.")  # terms that are left out, so that the loss is a function


@dataclass(frozen=True)
class Edges:
    """What was measured at one step."""

    step: int
    sharpness: float  # the largest eigenvalue of the loss's Hessian
    limit: float | None  # the sharpness beyond which steps overshoot; None where no such line is known
    noise_scale: float  # samples; infinite where no direction can be told from the noise, NaN of too few samples
    cosine: float  # mean of successive batches' gradients; NaN where one is zero
    rows: int  # samples that were looked at
    batch: int  # samples of a batch


@dataclass(frozen=True, eq=False)
class Objective:
    """What the optimizer makes small, penalties included, as a function of the weights alone.

    It is the training loss without dropout, noise and augmentation; batch norm takes the statistics of the samples at
    hand, as it does while training. Frozen layers' weights do not count as variables.
    """

    setup: Setup
    snapshot: Snapshot

    @cached_property
    def weights(self) -> Tensor:
        """(size,) the parameters, of which gradients can be taken."""
        return torch.from_numpy(self.snapshot.parameters).to(self.setup.train.x.dtype).requires_grad_()

    @cached_property
    def learning(self) -> Tensor:
        """(size,) 1 where parameters are learned, 0 in frozen layers."""
        mask = torch.ones_like(self.weights, requires_grad=False)
        for (start, stop), frozen in zip(self.snapshot.layout.spans, self.setup.tuning.frozen, strict=True):
            mask[start:stop] = float(not frozen)
        return mask

    def loss(self, weights: Tensor, rows: Tensor) -> Tensor:
        """Return the loss of these training samples, with penalties."""
        setup, layout, tuning = self.setup, self.snapshot.layout, self.setup.tuning
        numbers = [torch.tensor(number, dtype=torch.float64) for number in tuning.numbers]
        knobs = {n: v for n, v in tuning.knobs(numbers).items() if not n.startswith(DISTURBING)}
        buffers = views(
            torch.from_numpy(self.snapshot.buffers).to(weights.dtype), layout.buffers
        )  # a copy or read-only
        x, y = setup.train.x[rows], setup.train.y[rows]
        parameters = views(weights, layout.parameters)
        own = [buffer.clone() for buffer in buffers]
        outputs = forward(setup.built, parameters, own, x, training=True, frozen=tuning.frozen)
        loss = setup.head.compute(outputs, y, {n: v for n, v in knobs.items() if n.startswith(IN_THE_LOSS)})
        return loss + penalty(weights, layout, tuning.frozen, knobs).to(loss.dtype)

    def gradient(self, rows: Tensor) -> Tensor:
        """Return the (size,) gradient of these samples' loss in float64; 0 in frozen layers."""
        (found,) = torch.autograd.grad(self.loss(self.weights, rows), self.weights)
        return (found * self.learning).double()

    def curvature(self, rows: Tensor) -> Callable[[Tensor], Tensor]:
        """Return what multiplies a (size,) vector with the Hessian of these samples' loss (Pearlmutter 1994)."""
        (gradient,) = torch.autograd.grad(self.loss(self.weights, rows), self.weights, create_graph=True)

        def product(vector: Tensor) -> Tensor:
            along = (vector * self.learning).to(gradient.dtype)
            if gradient.grad_fn is None:  # a loss without curvature
                return torch.zeros_like(vector)
            (found,) = torch.autograd.grad(gradient, self.weights, along, retain_graph=True, allow_unused=True)
            return torch.zeros_like(vector) if found is None else (found * self.learning).to(vector.dtype)

        return product


def largest_eigenvalue(
    product: Callable[[Tensor], Tensor], size: int, at: Callable[[float], None] | None = None
) -> float:
    """Return the largest eigenvalue of a symmetric matrix of which only products with (size,) vectors are known.

    By the method of Lanczos (1950), without keeping its vectors: that repeats eigenvalues, but the largest stays right
    (Paige 1972). Stops once its error is below `TOLERANCE`, or after `ITERATIONS` products; `at` is told the share.
    """
    vector = torch.randn(size, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    vector, before, beta = vector / vector.norm(), torch.zeros(size, dtype=torch.float64), 0.0
    diagonal: list[float] = []
    beside: list[float] = []
    largest = 0.0
    for i in range(ITERATIONS):
        if at is not None:
            at(i / ITERATIONS)
        found = product(vector) - beta * before
        diagonal.append(float(found @ vector))
        found -= diagonal[-1] * vector
        values, vectors = np.linalg.eigh(np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1))
        largest, beta = float(values[-1]), float(found.norm())
        if beta * abs(vectors[-1, -1]) <= TOLERANCE * max(abs(largest), 1e-30):
            break
        beside.append(beta)
        vector, before = found / beta, vector
    return largest


class Scatter:
    """How far gradients of batches of `size` samples each lie apart; none of them is kept."""

    def __init__(self, size: int) -> None:
        self.size, self._count, self._squares = size, 0, 0.0
        self._total: Tensor | None = None

    def add(self, gradient: Tensor) -> None:
        """Count one more (size,) gradient in, float64."""
        self._total = gradient.clone() if self._total is None else self._total.add_(gradient)
        self._squares += float(gradient @ gradient)
        self._count += 1

    @property
    def noise_scale(self) -> float:
        """tr(Σ) / |G|², in samples: the batch size up to which larger batches are well worth it.

        McCandlish et al. 2018, "An Empirical Model of Large-Batch Training", appendix A: without bias, from gradients
        of batches and of all of them together. Infinite where the noise hides the gradient.
        """
        if self._total is None or self._count < 2:
            return nan
        square = float(self._total @ self._total) / self._count**2
        trace = self.size * (self._squares - self._count * square) / (self._count - 1)
        square -= trace / (self.size * self._count)
        return max(trace, 0.0) / square if square > 0 else (inf if trace > 0 else nan)


def stable_limit(rule: str, lr: float, momentum: float) -> float | None:
    """Return the sharpness above which steps along its direction overshoot and grow; None where it is not known.

    2 / rate for plain gradient descent, 2 (1 + momentum) / rate with momentum, and with Nesterov's that by
    1 + 2 momentum (Cohen et al. 2021, "Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability").
    Optimizers that scale every weight's step have no such line.
    """
    if rule not in ("sgd", "nesterov") or lr <= 0:
        return None
    return 2 * (1 + momentum) / (lr * (1 + 2 * momentum if rule == "nesterov" else 1))


def measure(
    setup: Setup,
    snapshot: Snapshot,
    lr: float,
    report: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Edges:
    """Measure a network that is trained at a rate `lr` now, on a CPU. Raises `Cancelled` where no longer wanted."""
    progress, objective = Progress(report, cancelled), Objective(setup, snapshot)
    count, size = len(setup.train.x), snapshot.layout.size
    rows = min(count, ROWS, max(NUMBERS // sum(stage.widest for stage in setup.built.stages), PARTS))
    progress.begin(0.7)
    progress.at(0.0, "sharpness")
    spread = torch.linspace(0, count - 1, rows).long()  # the same at every step, so that steps can be compared
    product = objective.curvature(spread)
    sharpness = largest_eigenvalue(product, size, lambda share: progress.at(share, "sharpness"))
    progress.begin(0.7)
    order = order_of(setup.experiment.seeds.order, snapshot.epoch, count)[:rows]
    scatter = Scatter(min(max(rows // PARTS, 2), count))
    parts = [part for part in torch.split(order, scatter.size) if len(part) == scatter.size]
    for i, part in enumerate(parts):
        progress.at(i / len(parts), "gradient noise")
        scatter.add(objective.gradient(part))
    progress.begin(1.0)
    following = setup.orders(range(snapshot.step, snapshot.step + BATCHES))[:, :rows]
    cosines, before = [], None
    for i, batch in enumerate(following):
        progress.at(i / BATCHES, "successive gradients")
        gradient = objective.gradient(batch)
        if before is not None:
            cosines.append(float(before @ gradient / (before.norm() * gradient.norm())))
        before = gradient
    limit = stable_limit(setup.tuning.rule, lr, momentum_at(setup, snapshot.step))
    cosine = float(np.mean(cosines))
    return Edges(snapshot.step, sharpness, limit, scatter.noise_scale, cosine, rows, setup.experiment.batches.size)


def momentum_at(setup: Setup, step: int) -> float:
    """Return the momentum of the next step, as a schedule turns it or as it is set; 0 where there is none."""
    name = momentum_of(setup.tuning.rule)
    if name is None:
        return 0.0
    scheduled = setup.momenta(range(step, step + 1))
    return float(scheduled[0]) if scheduled is not None else dict(setup.tuning.terms).get(name, 0.0)
