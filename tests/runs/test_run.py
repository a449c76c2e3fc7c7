"""A run: what it begins with, and what becomes of it."""

from __future__ import annotations

from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment
from nnplayground.runs import History, Run


def test_a_run_begins_with_nothing_but_an_experiment_and_an_empty_history():
    run = Run(Experiment(), History(("output",), (), 5))
    assert (run.first, run.last, run.outcome) == (None, None, "")
    assert len(run.history.steps) == 0


def test_a_run_holds_what_a_training_came_to():
    experiment = Experiment().replace("stopping.epochs", 2)
    trainer = Trainer(experiment, device="cpu")
    history = History(trainer.layers, trainer.metrics, trainer.steps_per_epoch)
    run = Run(experiment, history, trainer.snapshot(), trainer.snapshot())
    while not run.outcome:
        chunk = trainer.advance(steps=20)
        run.history.append(chunk)
        run.last, run.outcome = trainer.snapshot(), chunk.stopped_by or ""
    assert run.outcome == "epochs"
    assert run.first is not None
    assert run.last is not None
    assert (run.first.step, run.last.step) == (0, 2 * trainer.steps_per_epoch)
    assert (len(run.history.epochs), len(run.history.steps)) == (2, run.last.step)
