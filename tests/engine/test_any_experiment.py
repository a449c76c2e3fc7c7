"""Whatever a person may set trains without an error, or diverges and says so."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings

from nnplayground.engine import Trainer
from nnplayground.engine.probes import HistogramRequest, OutputRequest, PredictionRequest, ResponseRequest
from nnplayground.engine.probing import Prober
from tests.engine.conftest import same
from tests.strategies import experiments

REQUESTS = (ResponseRequest(8, 4), OutputRequest(8), PredictionRequest(20), HistogramRequest(10))
STEPS = 20


@settings(max_examples=80)
@given(experiment=experiments() | experiments("digits"))
def test_any_experiment_trains(experiment):
    trainer = Trainer(experiment, device="cpu")
    first = trainer.snapshot()
    chunk = trainer.advance(steps=STEPS)
    assert chunk.steps == STEPS or chunk.stopped_by is not None
    assert (chunk.stopped_by == "diverged") == (chunk.divergence is not None)
    for name, column in vars(chunk).items():
        if isinstance(column, np.ndarray):
            assert np.isfinite(column).all(), name
    snapshot = trainer.snapshot()
    assert np.isfinite(snapshot.parameters).all()
    assert np.isfinite(snapshot.buffers).all()
    prober = Prober(trainer.built, trainer.head, trainer.dataset, first)
    for request in REQUESTS:
        prober.answer(request, snapshot)


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
