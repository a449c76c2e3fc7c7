"""How an experiment is trained beside loss, optimizer and schedule: penalties, batches, seeds, stopping."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StrictBool

from nnplayground.experiment.knob import Knob
from nnplayground.experiment.part import Part


class Regularization(Part):
    """What keeps weights small and answers modest."""

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
    decay: Annotated[
        float,
        Knob(
            label="weight decay",
            help="The share of every weight taken away at each step, times the learning rate, apart from the gradient.",
            rule="0.01 to begin with; beside plain SGD it is what L2 is. AdamW and Lion have their own.",
            low=0.0,
            high=10.0,
            log=True,
            smallest=1e-6,
            live=True,
        ),
    ] = 0.0
    smoothing: Annotated[
        float,
        Knob(
            label="smoothing",
            help="The share of certainty taken from the true class and dealt out to all (Szegedy et al. 2016).",
            rule="0.1: keeps the network from being too sure. Only with cross-entropy.",
            low=0.0,
            high=0.9,
            step=0.05,
            unit="%",
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
    watch: Annotated[
        Literal["validation_loss", "validation_metric", "train_loss"],
        Knob(
            label="watched",
            help="By what the best model is told, and whether training still gets anywhere.",
            rule="The validation loss.",
            names={
                "validation_loss": "validation loss",
                "validation_metric": "validation accuracy, or R²",
                "train_loss": "training loss",
            },
        ),
    ] = "validation_loss"
    patience: Annotated[
        int,
        Knob(
            label="patience",
            help="Training stops after so many epochs without improvement; 0 is never.",
            rule="10 to 50 epochs, more where the curve is noisy.",
            low=0,
            high=100_000,
            log=True,
            smallest=1,
            live=True,
        ),
    ] = 0
    min_change: Annotated[
        float,
        Knob(
            label="least change",
            help="By how much what is watched has to improve for patience to begin anew.",
            rule="0, or about what the curve jumps from epoch to epoch.",
            low=0.0,
            high=10.0,
            log=True,
            smallest=1e-6,
            live=True,
        ),
    ] = 0.0
    restore: Annotated[
        StrictBool,
        Knob(
            label="keep the best",
            help="When training ends, the network goes back to where it was best.",
            rule="Always, whether or not it stopped early.",
            live=True,
        ),
    ] = True
