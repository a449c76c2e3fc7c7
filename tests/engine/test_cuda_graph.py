"""Steps as a CUDA graph: on the CPU with calls in the place of launches, and as they are where there is a GPU."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from nnplayground.engine import Trainer, cuda_graph, executors
from nnplayground.engine.cuda_graph import WARM_UPS, graph
from nnplayground.experiment.layers import Layer
from tests.engine.conftest import make_dataset, make_experiment, make_trainer, same
from tests.engine.reference import lopsided
from tests.engine.test_executors import assert_same_history

STIRRING = {
    "network__dropout": 0.3,
    "network__input_dropout": 0.1,
    "network__normalization": "batch",
    "optimizer": {"kind": "adam", "lr": 0.003},
    "schedule": {"kind": "cosine", "epochs": 4},
    "regularization__l2": 0.01,
}
TRAININGS = {
    "sgd": {"optimizer": {"kind": "sgd", "lr": 0.01}},
    "rmsprop": {"optimizer": {"kind": "rmsprop", "lr": 0.003}, "loss__kind": "huber"},
    "no hidden layer": {"network__layers": [], "optimizer": {"kind": "adamw", "lr": 0.003}},
    "one sample": {"batches__size": 1, "optimizer__lr": 0.003},
    "stirring": STIRRING,
    "limits": {
        "clipping": {"kind": "norm", "threshold": 0.3},
        "network__layers": [Layer(width=6, lr_factor=0.5, max_norm=1.0), Layer(width=5, frozen=True)],
        "regularization__decay": 0.1,
        "optimizer__lr": 0.01,
    },
    "averages of steps": {**STIRRING, "averaging": {"kind": "ema", "decay": 0.9}},
    "averages of epochs": {**STIRRING, "averaging": {"kind": "swa", "start": 2}},
}


@pytest.fixture
def launches(monkeypatch):
    """Let the executor `compiled` be a graph whose launches are calls; return a list that grows with each of them."""
    made: list[int] = []

    def capture(advance):
        for _ in range(WARM_UPS + 1):
            advance()

        def launch():
            made.append(len(made))
            advance()

        return launch

    monkeypatch.setitem(executors.EXECUTORS, "compiled", partial(executors._checked, partial(graph, capture=capture)))
    return made


def pair(**knobs) -> tuple[Trainer, Trainer]:
    """Return a trainer whose steps are a graph's, and an eager one."""
    dataset = make_dataset("regression", rows=203)
    graphed, eager = (make_trainer(dataset, executor=name, **knobs) for name in ("compiled", "eager"))
    assert (graphed.executor, graphed.executor_note) == ("compiled", "")
    return graphed, eager


@pytest.mark.parametrize("capacity", [1, 3, 7, 1000])
@pytest.mark.parametrize("knobs", TRAININGS.values(), ids=TRAININGS)
def test_launches_train_as_plain_calls_do(knobs, capacity, launches, monkeypatch):
    monkeypatch.setattr(cuda_graph, "CAPACITY", capacity)
    graphed, eager = pair(**knobs)
    del launches[:]
    graphed._stride.seconds_per_step = 1e-7  # so that all that is asked for is one block
    first, second = graphed.advance(steps=60), eager.advance(steps=60)
    assert len(launches) == 60
    assert_same_history(first, second)
    assert len(first.epoch) == 60 // graphed.steps_per_epoch
    assert_same_history(graphed.advance(steps=1), eager.advance(steps=1))


def test_tables_hold_no_more_than_a_block_may(launches, monkeypatch):
    made = []

    def table(values, rows):
        made.append(values.new_zeros(rows, *values.shape[1:]))
        return made[-1]

    monkeypatch.setattr(cuda_graph, "_table", table)
    monkeypatch.setattr(cuda_graph, "BLOCK_NUMBERS", 1_000)
    graphed, eager = pair(**STIRRING)
    wide = 8 * (3 + 6 + 5)  # random numbers of one step
    assert [len(values) for values in made] == [1_000 // wide] * 5
    assert_same_history(graphed.advance(steps=60), eager.advance(steps=60))


def test_knobs_turned_between_blocks_take_hold_of_the_same_graph(launches):
    graphed, eager = pair(**STIRRING)
    blocks = list(graphed._blocks.values())
    for path, value in [("optimizer.lr", 0.001), ("network.dropout", 0.6), ("optimizer.beta1", 0.5)]:
        for trainer in (graphed, eager):
            assert trainer.retune(trainer.experiment.replace(path, value))
        assert_same_history(graphed.advance(steps=15), eager.advance(steps=15))
    assert list(graphed._blocks.values()) == blocks


def test_a_graph_is_made_from_any_state_and_leaves_it(launches):
    graphed, eager = pair(**STIRRING)
    graphed.advance(steps=30)
    eager.load_state_dict(graphed.state_dict())
    for trainer in (graphed, eager):
        assert trainer.retune(trainer.experiment.replace("regularization.l1", 0.01))
    assert len(graphed._blocks) == 2
    assert same(graphed.state_dict(), eager.state_dict())
    assert_same_history(graphed.advance(steps=30), eager.advance(steps=30))


def test_a_divergence_is_found_where_plain_calls_find_it(launches):
    decay = {"kind": "adamw", "lr": 10.0, "weight_decay": 10.0}  # makes -99 times of every weight
    graphed, eager = pair(optimizer=decay, loss__kind="mae")
    graphed._stride.seconds_per_step = 1e-7
    first, second = graphed.advance(steps=500), eager.advance(steps=500)
    assert first.divergence == second.divergence is not None
    assert_same_history(first, second)
    assert same(graphed.snapshot().parameters, eager.snapshot().parameters)


def test_a_capture_that_fails_leaves_training_to_plain_calls(monkeypatch):
    def capture(advance):
        advance()
        raise RuntimeError("CUDA error: operation not permitted\nwhen stream is capturing")

    monkeypatch.setitem(executors.EXECUTORS, "compiled", partial(executors._checked, partial(graph, capture=capture)))
    dataset = make_dataset()
    trainer, eager = (make_trainer(dataset, executor=name, **STIRRING) for name in ("compiled", "eager"))
    assert trainer.executor == "eager"
    assert trainer.executor_note.endswith("CUDA error: operation not permitted when stream is capturing")
    assert same(trainer.advance(steps=30), eager.advance(steps=30))


# where there is a GPU

on_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA on this machine")
ON_GPU = {
    **TRAININGS,
    "wide": {"network__layers": [Layer(width=300), Layer(width=300)], "optimizer": {"kind": "adam", "lr": 0.001}},
}


@on_gpu
@pytest.mark.parametrize("knobs", ON_GPU.values(), ids=ON_GPU)
@pytest.mark.parametrize(("task", "classes"), [("regression", 0), ("classification", 2), ("classification", 4)])
def test_a_graph_trains_as_plain_calls_on_the_gpu_do(knobs, task, classes, monkeypatch):
    monkeypatch.setattr(cuda_graph, "CAPACITY", 40)
    knobs = knobs if task == "regression" else {name: v for name, v in knobs.items() if name != "loss__kind"}
    dataset = make_dataset(task, classes, rows=203)
    experiment = make_experiment(dataset, **knobs)
    graphed, eager = (Trainer(experiment, device="cuda", executor=name, dataset=dataset) for name in ("auto", "eager"))
    assert (graphed.executor, graphed.executor_note) == ("graph", "")
    before = graphed.evaluate().train_loss
    assert_same_history(graphed.advance(steps=200), eager.advance(steps=200), 1e-4)
    assert graphed.evaluate().train_loss < before


@on_gpu
@pytest.mark.parametrize("loss", ["cross_entropy", "focal", "hinge"])
def test_a_graph_weighs_classes_too(loss):
    dataset = lopsided(make_dataset("classification", 4, rows=203))
    experiment = make_experiment(dataset, loss={"kind": loss, "class_weights": "balanced"})
    graphed, eager = (Trainer(experiment, device="cuda", executor=name, dataset=dataset) for name in ("auto", "eager"))
    assert (graphed.executor, graphed.executor_note) == ("graph", "")
    assert_same_history(graphed.advance(steps=200), eager.advance(steps=200), 1e-4)


@on_gpu
def test_a_graph_trains_as_the_cpu_does():
    dataset = make_dataset("regression", rows=203)
    experiment = make_experiment(dataset, **STIRRING)
    graphed, on_cpu = (Trainer(experiment, device=device, dataset=dataset) for device in ("cuda", "cpu"))
    assert_same_history(graphed.advance(steps=60), on_cpu.advance(steps=60), 1e-3)
    np.testing.assert_allclose(graphed.snapshot().parameters, on_cpu.snapshot().parameters, rtol=1e-2, atol=1e-3)
