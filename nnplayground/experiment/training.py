"""How an experiment is trained beside loss, optimizer and schedule: penalties, batches, seeds, stopping."""

from __future__ import annotations

from typing import Annotated

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part


class Regularization(Part):
    """Penalties on large weights."""

    title = "Regularization"

    l1: Annotated[
        float,
        Knob(
            label="L1",
            help="Adds this times the sum of |w| to the loss: drives weights to exactly zero (LASSO).",
            rule="1e-5 to 1e-3.",
            low=0.0,
            high=10.0,
            log=True,
            smallest=1e-6,
            live=True,
        ),
    ] = 0.0
    l2: Annotated[
        float,
        Knob(
            label="L2",
            help="Adds half of this times the sum of w² to the loss: keeps weights small (ridge).",
            rule="1e-4 to 1e-2.",
            low=0.0,
            high=10.0,
            log=True,
            smallest=1e-6,
            live=True,
        ),
    ] = 0.0


class Batches(Part):
    """How the training set is dealt out."""

    title = "Batches"

    size: Annotated[
        int,
        Knob(
            label="batch size",
            help="How many samples each step sees. What does not fill a batch waits for another epoch's shuffle.",
            rule="2 to 32 generalize best; start small and grow.",
            low=1,
            high=65_536,
            log=True,
        ),
    ] = 10


class Seeds(Part):
    """Where chance begins: same seeds, same machine, same history."""

    title = "Seeds"

    model: Annotated[
        int, Knob(label="weights", help="Seed of the initial weights and of dropout.", low=0, high=2**31 - 1, step=1)
    ] = 3
    data: Annotated[
        int, Knob(label="data", help="Seed of the points, and of the split.", low=0, high=2**31 - 1, step=1)
    ] = 1
    order: Annotated[
        int, Knob(label="order", help="Seed of the order of the batches.", low=0, high=2**31 - 1, step=1)
    ] = 2


class Stopping(Part):
    """When training ends by itself."""

    title = "Stopping"

    epochs: Annotated[
        int,
        Knob(
            label="epochs",
            help="Training stops after this many passes over the training set.",
            low=1,
            high=1_000_000,
            log=True,
            live=True,
        ),
    ] = 10_000
