"""A bounded sample of the training data, and what becomes of it in every layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from nnplayground.engine.network import forward

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober

NUMBERS = 100_000  # of the widest layer that are looked at
FEWEST = 16  # samples, however wide the layers


@dataclass(eq=False)
class Sample:
    """The first training samples, and by layer what a network makes of them."""

    x: Tensor  # (n, inputs)
    y: Tensor  # as the head takes them
    kept: list[Tensor] = field(default_factory=list)  # (n, numbers) of each layer
    sums: list[list[Tensor]] = field(default_factory=list)  # what each gives to its activation

    def pass_through(
        self, prober: Prober, parameters: Sequence[Tensor], buffers: Sequence[Tensor], *, training: bool = False
    ) -> Tensor:
        """Pass through a network, keeping what every layer makes of it; return the mean loss without penalties.

        There is no dropout. In training, batch norm takes the sample's own statistics, and changes `buffers`.
        """
        frozen = prober.setup.tuning.frozen
        run = {"training": training, "frozen": frozen, "kept": self.kept, "sums": self.sums}
        outputs = forward(prober.built, parameters, buffers, self.x, **run)  # type: ignore[arg-type]
        knobs = {name: torch.tensor(number) for name, number in prober.setup.tuning.terms}
        return prober.head.compute(outputs, self.y, knobs)


def sample(prober: Prober, limit: int) -> Sample:
    """Return at most `limit` of the first training samples, fewer where layers are wide."""
    rows = min(limit, max(NUMBERS // prober.built.widest, FEWEST))
    part = prober.dataset.train
    x = torch.as_tensor(np.ascontiguousarray(part.inputs[:rows]))
    return Sample(x, prober.head.targets(torch.as_tensor(part.targets[:rows])))
