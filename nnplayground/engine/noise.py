"""What chance does to samples in training: random numbers, and what becomes of values by them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

import torch
from torch import Generator, Tensor

from nnplayground.experiment import Experiment

LOWEST = -1.7580993408473766  # what SELU goes to for ever smaller sums (Klambauer et al. 2017)


@dataclass(frozen=True)
class Draw:
    """Random numbers for each sample of a batch: drawn where a tuning has the term, in the order of Architecture.draws.

    Series are "uniform", in [0, 1), and "normal", with mean 0 and variance 1.
    """

    term: str
    series: str
    width: int


def strengths(experiment: Experiment) -> dict[str, float]:
    """Return how strong everything is that chance may do to a sample, by its term; 0 leaves it out."""
    network = experiment.network
    rates = (network.input_dropout, *(layer.dropout or 0.0 for layer in network.learners()))
    dropout = {f"dropout.{place}": rate for place, rate in enumerate(rates)}
    augmentation = {f"augment.{name}": strength for name, strength in experiment.augmentation}
    return {**augmentation, "input_noise": network.input_noise, **dropout}


def drawn(
    draws: Iterable[Draw], terms: Collection[str], shape: tuple[int, ...], generator: Generator
) -> dict[str, Tensor]:
    """Draw the numbers of those draws that have a term, by series: (*shape, width) each.

    All come from one series of uniform ones, so that a step's do not hang on how many steps are drawn for at once.
    """
    widths = dict.fromkeys(SERIES, 0)
    for draw in draws:
        widths[draw.series] += draw.width * (draw.term in terms)
    uniform = torch.rand(*shape, sum(widths.values()), generator=generator)
    parts = zip(widths.items(), torch.split(uniform, list(widths.values()), dim=-1), strict=True)
    return {series: SERIES[series](part) for (series, width), part in parts if width}


def _uniform(uniform: Tensor) -> Tensor:
    return uniform


def _normal(uniform: Tensor) -> Tensor:
    middle = torch.finfo(uniform.dtype).eps / 2  # of the steps in which they come: else the lowest were infinite
    return torch.erfinv(2 * uniform - 1 + middle) * sqrt(2)


SERIES: dict[str, Callable[[Tensor], Tensor]] = {"uniform": _uniform, "normal": _normal}


class Noise:
    """The random numbers of one batch, dealt out in the order in which they are asked for."""

    def __init__(self, series: Mapping[str, Tensor], knobs: Mapping[str, Tensor]) -> None:
        """`series` are (batch, columns), as wide as all draws together that have a term among `knobs`."""
        self._series, self._knobs = series, knobs
        self._used = dict.fromkeys(series, 0)

    def take(self, term: str, series: str, width: int) -> tuple[Tensor, Tensor] | None:
        """Return the next (batch, width) numbers, and the term's own; None where there is no such term."""
        strength = self._knobs.get(term)
        if strength is None:
            return None
        begin = self._used[series]
        self._used[series] = begin + width
        return self._series[series][:, begin : begin + width], strength


def jitter(x: Tensor, noise: Noise | None) -> Tensor:
    """Add Gaussian noise to (n, inputs)."""
    found = noise.take("input_noise", "normal", x.shape[1]) if noise is not None else None
    return x if found is None else x + found[0] * found[1]


def drop(x: Tensor, noise: Noise | None, place: int, kind: str = "plain") -> Tensor:
    """Silence neurons of (n, neurons), or channels of (n, channels, height, width) (Tompson et al. 2015).

    Place 0 is of the inputs, then come the layers that learn.
    """
    found = noise.take(f"dropout.{place}", "uniform", x.shape[1]) if noise is not None else None
    if found is None:
        return x
    uniform, rate = found
    kept = (uniform >= rate).to(x.dtype)
    return DROPOUTS[kind](x, kept if x.dim() == 2 else kept[:, :, None, None], rate)


def _plain(x: Tensor, kept: Tensor, rate: Tensor) -> Tensor:
    return x * kept / (1 - rate)  # inverted, so that evaluation needs no factor (Srivastava et al. 2014)


def _alpha(x: Tensor, kept: Tensor, rate: Tensor) -> Tensor:
    """Put SELU's lowest value in the place of what is silenced, then keep mean 0 and variance 1 (Klambauer 2017)."""
    factor = ((1 - rate) * (1 + rate * LOWEST**2)).rsqrt()
    return (x * kept + (1 - kept) * LOWEST) * factor - factor * rate * LOWEST


DROPOUTS: dict[str, Callable[[Tensor, Tensor, Tensor], Tensor]] = {"plain": _plain, "alpha": _alpha}
