"""What blocks of steps recorded, as the chunk that a trainer hands out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from nnplayground.engine.blocks import Records
from nnplayground.engine.chunk import Chunk
from nnplayground.engine.metrics import METRICS
from nnplayground.engine.setup import Setup


def chunk_of(setup: Setup, start: int, blocks: Sequence[Records], rates: Sequence[float], **rest: Any) -> Chunk:
    """Return the chunk of blocks whose first step follows on `start` others, with their rates; `rest` is as it is."""
    layers, metrics = len(setup.built.layout.layers), len(METRICS[setup.dataset.task])
    clipping = setup.experiment.clipping.kind != "none"
    empty = torch.empty(0, 1 + (3 if clipping else 2) * layers)
    records = torch.cat([empty, *(block.steps.cpu() for block in blocks)]).numpy()
    table = [setup.evaluator.read(values) for b in blocks for values in b.epochs]
    epochs = (start + len(records)) // setup.steps_per_epoch - len(table) + 1 + np.arange(len(table))
    averaged = [(e.averaged_validation_loss, *e.averaged_validation_metrics) for e in table]
    second = np.asarray(averaged, np.float32).reshape(-1, 1 + metrics) if setup.evaluator.models > 1 else None
    return Chunk(
        start=start,
        loss=records[:, 0],
        lr=np.asarray(rates, np.float32),
        gradient_norm=records[:, 1 : 1 + layers],
        update_ratio=records[:, 1 + layers : 1 + 2 * layers],
        clipped_norm=records[:, 1 + 2 * layers :] if clipping else None,
        epoch=epochs,
        train_loss=np.asarray([e.train_loss for e in table], np.float32),
        validation_loss=np.asarray([e.validation_loss for e in table], np.float32),
        train_metrics=np.asarray([e.train_metrics for e in table], np.float32).reshape(-1, metrics),
        validation_metrics=np.asarray([e.validation_metrics for e in table], np.float32).reshape(-1, metrics),
        penalty=np.asarray([e.penalty for e in table], np.float32),
        averaged_validation_loss=None if second is None else second[:, 0],
        averaged_validation_metrics=None if second is None else second[:, 1:],
        **rest,
    )
