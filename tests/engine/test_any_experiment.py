"""Whatever a person may set trains without an error, or diverges and says so."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnplayground.engine import Trainer
from nnplayground.engine.chunk import joined
from nnplayground.engine.probes import (
    QUANTITIES,
    ActivityRequest,
    CalibrationRequest,
    ChangeRequest,
    ConfusionRequest,
    HistogramRequest,
    MistakesRequest,
    OutputRequest,
    PredictionRequest,
    ResponseRequest,
    SignalRequest,
)
from nnplayground.engine.probing import Prober
from nnplayground.experiment import Experiment
from tests.engine.conftest import same
from tests.strategies import experiments

REQUESTS = (
    ResponseRequest(8, 4),
    OutputRequest(8),
    ChangeRequest(8),
    PredictionRequest(20),
    ConfusionRequest(20),
    CalibrationRequest(limit=20),
    MistakesRequest(5, 20),
    *(HistogramRequest(10, quantity, 20) for quantity in QUANTITIES),
    ActivityRequest(20),
    SignalRequest(20, "normal", now=True),
)
EXPERIMENTS = experiments() | experiments("digits")
EXECUTORS = st.sampled_from(["compiled", "eager"])


def assert_it_trains(experiment: Experiment, executor: str, steps: int) -> None:
    """See that steps are taken, or that it is said why not, and that all that is told of them is finite."""
    trainer = Trainer(experiment, device="cpu", executor=executor)
    assert (trainer.executor, trainer.executor_note) == (executor, "")
    first = trainer.snapshot()
    chunk = trainer.advance(steps=steps)
    assert chunk.steps == steps or chunk.stopped_by is not None
    assert (chunk.stopped_by == "diverged") == (chunk.divergence is not None)
    for name, column in vars(chunk).items():
        if isinstance(column, np.ndarray):
            assert np.isfinite(column).all(), name
    for which in ("now", "best", "average"):
        snapshot = trainer.snapshot(which)
        assert np.isfinite(snapshot.parameters).all(), which
        assert np.isfinite(snapshot.buffers).all(), which
    prober = Prober(trainer.setup, first)
    for request in REQUESTS:
        prober.answer(request, trainer.snapshot())
    assert trainer.restore_best() == trainer.best_epoch <= trainer.epoch


@settings(max_examples=40)
@given(experiment=EXPERIMENTS, executor=EXECUTORS)
def test_any_experiment_trains(experiment, executor):
    assert_it_trains(experiment, executor, 20)


@pytest.mark.slow
@settings(max_examples=300)
@given(experiment=EXPERIMENTS, executor=EXECUTORS)
def test_three_hundred_experiments_train_fifty_steps(experiment, executor):
    """Whatever is drawn takes them all, unless it diverges or its patience is over: no epoch is the last."""
    longest = experiment.field("stopping.epochs").knob.high
    assert_it_trains(experiment.replace("stopping.epochs", int(longest)), executor, 50)


@settings(max_examples=30)
@given(
    experiment=EXPERIMENTS,
    executor=EXECUTORS,
    patience=st.integers(0, 3),
    slices=st.lists(st.integers(1, 30), min_size=1, max_size=6),
)
def test_any_training_is_the_same_however_it_is_sliced(experiment, executor, patience, slices):
    experiment = experiment.replace("stopping.patience", patience)
    whole, sliced = (Trainer(experiment, device="cpu", executor=executor) for _ in range(2))
    whole._stride.seconds_per_step = 1e-7  # so that all that is asked for is one block
    chunk, parts = whole.advance(steps=sum(slices)), [sliced.advance(steps=count) for count in slices]
    assert same(joined(parts), chunk)
    assert same(sliced.state_dict(), whole.state_dict())


@settings(max_examples=20)
@given(experiment=experiments(), other=experiments())
def test_any_training_can_become_any_other(experiment, other):
    trainer = Trainer(experiment, device="cpu")
    trainer.advance(steps=3)
    live = trainer.retune(other)
    assert trainer.experiment == other
    assert live == experiment.is_live(other)
    if not live:
        assert same(trainer.advance(steps=3), Trainer(other, device="cpu").advance(steps=3))
