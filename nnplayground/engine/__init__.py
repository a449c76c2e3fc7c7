"""Training: network, step, trainer and probes, in torch. Importing this package alone does not import torch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnplayground.engine.chunk import Chunk, Divergence
from nnplayground.engine.snapshot import Layout, Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.trainer import Trainer

__all__ = ["Chunk", "Divergence", "Layout", "Snapshot", "Trainer"]


def __getattr__(name: str) -> Any:
    """Import the trainer, and torch with it, when it is first asked for."""
    if name == "Trainer":
        from nnplayground.engine.trainer import Trainer

        return Trainer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
