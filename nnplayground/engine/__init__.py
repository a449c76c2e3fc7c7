"""Training: network, step, trainer and probes, in torch. Importing this package alone does not import torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnplayground.engine.chunk import Chunk, Divergence
from nnplayground.engine.snapshot import Layout, Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.population import Population
    from nnplayground.engine.trainer import Trainer

__all__ = ["Chunk", "Divergence", "Layout", "Population", "Snapshot", "Trainer"]


def __getattr__(name: str) -> Any:
    """Import trainer or population, and torch with it, when it is first asked for."""
    if name == "Trainer":
        from nnplayground.engine.trainer import Trainer

        return Trainer
    if name == "Population":
        from nnplayground.engine.population import Population

        return Population
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
