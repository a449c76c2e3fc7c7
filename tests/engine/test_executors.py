"""Executors: whatever is trained, a replay gives the history that plain calls give, or says why it is not used."""

from __future__ import annotations

import threading
import weakref
from functools import partial
from types import SimpleNamespace
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings

from nnplayground.engine import Trainer, executors, step, torchscript
from nnplayground.engine.activations import ACTIVATIONS
from nnplayground.engine.chunk import Chunk
from nnplayground.engine.executors import EXECUTORS, choose
from nnplayground.engine.losses import LOSSES
from nnplayground.engine.optimizers import RULES, rule_of
from nnplayground.engine.schedules import SCHEDULES
from nnplayground.engine.tape import Recorder
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.catalogue import every_knob, kinds
from nnplayground.experiment.layers import Layer
from nnplayground.experiment.style import InitializerName
from tests.engine.conftest import NORMS, having, in_doubles, make_dataset, make_experiment, make_trainer, same
from tests.engine.reference import lopsided
from tests.strategies import experiments

STEPS = 200
COLUMNS = ("loss", "lr", "gradient_norm", "update_ratio", "epoch")
COLUMNS += ("train_loss", "validation_loss", "train_metrics", "validation_metrics")
SOMETIMES = ("clipped_norm", "averaged_validation_loss", "averaged_validation_metrics")


def assert_same_history(first: Chunk, second: Chunk, rtol: float = 1e-5) -> None:
    """See that two chunks are the same, each column to so much of its largest number."""
    assert (first.start, first.steps, first.divergence) == (second.start, second.steps, second.divergence)
    assert first.stopped_by == second.stopped_by
    there = [name for name in SOMETIMES if getattr(second, name) is not None]
    assert there == [name for name in SOMETIMES if getattr(first, name) is not None]
    for name in (*COLUMNS, *there):
        mine, theirs = getattr(first, name), getattr(second, name)
        assert mine.shape == theirs.shape, name
        scale = np.abs(theirs).max(axis=0, initial=1e-30)
        np.testing.assert_array_less(np.abs(mine - theirs) / scale, rtol, err_msg=name)


def pair(dataset, **knobs) -> tuple[Trainer, Trainer]:
    """Return a compiled trainer and an eager one."""
    compiled, eager = (make_trainer(dataset, executor=name, **knobs) for name in ("compiled", "eager"))
    assert (compiled.executor, compiled.executor_note) == ("compiled", "")
    assert eager.executor == "eager"
    return compiled, eager


def assert_same_training(dataset, steps: int = STEPS, **knobs) -> None:
    knobs = knobs if "optimizer" in knobs else {"optimizer__lr": 0.01, **knobs}
    compiled, eager = pair(dataset, **knobs)
    assert_same_history(compiled.advance(steps=steps), eager.advance(steps=steps))
    state, reference = compiled.snapshot(), eager.snapshot()
    np.testing.assert_allclose(state.parameters, reference.parameters, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(state.buffers, reference.buffers, rtol=1e-4, atol=1e-5)


# all that may be chosen

TASKS = {"two classes": ("classification", 2), "four classes": ("classification", 4), "values": ("regression", 0)}
OPTIMIZERS = {
    **{kind: {"kind": kind} for kind in kinds("optimizer")},
    "nesterov": {"kind": "sgd", "nesterov": True},
    "sgd without momentum": {"kind": "sgd", "momentum": 0.0},
    "nesterov without momentum": {"kind": "sgd", "nesterov": True, "momentum": 0.0},
    "adam without memory": {"kind": "adam", "beta1": 0.0, "beta2": 0.5, "epsilon": 1e-3},
    "adamw without decay": {"kind": "adamw", "weight_decay": 0.0},
    "adamw with much decay": {"kind": "adamw", "weight_decay": 1.0},
    "rmsprop with momentum": {"kind": "rmsprop", "momentum": 0.5},
}
NETWORKS = {
    "no hidden layer": {"network__layers": []},
    "one neuron": {"network__layers": [Layer(width=1)]},
    "deep": {"network__layers": [Layer(width=4)] * 8, "network__activation": "selu"},
    "own settings": {
        "network__layers": [
            Layer(width=7, activation="relu", normalization="batch", dropout=0.2),
            Layer(width=3, activation="sine", normalization="batch", norm_place="after", initializer="uniform"),
            Layer(width=5, dropout=0.0),
        ],
        "network__dropout": 0.4,
        "optimizer__lr": 0.001,  # sines of wide sums make more of every rounding
    },
    "dropout": {"network__dropout": 0.3},
    "input dropout": {"network__input_dropout": 0.3},
    "alpha dropout": {"network__dropout": 0.3, "network__dropout_kind": "alpha", "network__activation": "selu"},
    "input noise": {"network__input_noise": 0.3},
    "noise and dropout": {"network__input_noise": 0.3, "network__input_dropout": 0.2, "network__dropout": 0.2},
    "weight norm": {"network__normalization": "weight", "regularization__l2": 0.01, "network__dropout": 0.2},
    "both dropouts": {"network__input_dropout": 0.1, "network__dropout": 0.5, "network__normalization": "batch"},
    "L1": {"regularization__l1": 0.01},
    "L2": {"regularization__l2": 0.01},
    "both penalties": {
        "regularization__l1": 0.003,
        "regularization__l2": 0.01,
        "network__normalization": "batch",
        "network__norm_place": "after",
    },
    "one sample": {"batches__size": 1},
    "all samples": {"batches__size": 203},
}
LIMITS = {  # by what they say about a training
    **{
        f"clipped by {kind} at {threshold}": {"clipping": {"kind": kind, "threshold": threshold}}
        for kind in ("norm", "layer", "value")
        for threshold in (0.01, 10.0)
    },
    "max-norm": {"network__max_norm": 0.3},
    "max-norm of weight norm": {"network__max_norm": 0.3, "network__normalization": "weight"},
    "decay": {"regularization__decay": 0.5},
    "rates": {"network__layers": [Layer(width=6, lr_factor=0.1), Layer(width=5)], "output__lr_factor": 3.0},
    "frozen": {
        "network__layers": [Layer(width=6, frozen=True), Layer(width=5)],
        "network__normalization": "batch",
        "regularization__l2": 0.1,
        "clipping": {"kind": "norm", "threshold": 0.1},
    },
    "all at once": {
        "clipping": {"kind": "layer", "threshold": 0.05},
        "network__layers": [Layer(width=6, lr_factor=0.1, max_norm=1.0), Layer(width=5, frozen=True)],
        "regularization__decay": 0.1,
        "averaging": {"kind": "ema", "decay": 0.9},
    },
}
AVERAGES = {
    "ema": {"averaging": {"kind": "ema", "decay": 0.9}},
    "swa": {"averaging": {"kind": "swa", "start": 3, "rate": 0.005}},
    "swa with batch norm": {"averaging": {"kind": "swa", "start": 2}, "network__normalization": "batch"},
    "ema with batch norm": {"averaging": {"kind": "ema"}, "network__normalization": "batch", "network__dropout": 0.2},
    "watching the training loss": {"stopping__watch": "train_loss"},
    "watching the metric": {"stopping__watch": "validation_metric"},
}
every = pytest.mark.parametrize


def fits(task: str, loss: str) -> bool:
    try:
        make_experiment(make_dataset(*TASKS[task]), loss__kind=loss)
    except ExperimentError:
        return False
    return True


def test_every_kind_is_there():
    rules = {rule_of(make_experiment(make_dataset(), optimizer=values).optimizer) for values in OPTIMIZERS.values()}
    assert rules == RULES.keys()
    assert kinds("schedule").keys() == SCHEDULES.keys()
    assert kinds("loss").keys() == LOSSES.keys() | {"auto"}


@every("activation", ACTIVATIONS)
def test_each_activation_is_trained_alike(activation):
    assert_same_training(make_dataset(rows=203), network__activation=activation)


@every("initializer", get_args(InitializerName))
def test_each_initializer_is_trained_alike(initializer):
    assert_same_training(make_dataset(rows=203), steps=40, network__initializer=initializer)


@every("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_each_optimizer_trains_alike(optimizer):
    assert_same_training(make_dataset("regression", rows=203), optimizer={**optimizer, "lr": 0.003})


@every("norm", NORMS.values(), ids=NORMS)
@every("task", TASKS.values(), ids=TASKS)
def test_each_normalization_is_trained_alike(norm, task):
    assert_same_training(make_dataset(*task, rows=203), steps=60, network__layers=[8, 5], optimizer__lr=0.003, **norm)


@every(("task", "loss"), [(task, kind) for task in TASKS for kind in kinds("loss") if fits(task, kind)])
def test_each_loss_is_trained_alike(task, loss):
    assert_same_training(make_dataset(*TASKS[task], rows=203), loss__kind=loss)


@every("schedule", kinds("schedule"))
def test_each_schedule_is_trained_alike(schedule):
    assert_same_training(make_dataset(rows=203), schedule__kind=schedule)


@every("knobs", NETWORKS.values(), ids=NETWORKS)
def test_each_network_is_trained_alike(knobs):
    assert_same_training(make_dataset("regression", rows=203), **knobs)


@every("task", TASKS.values(), ids=TASKS)
@every("knobs", [*LIMITS.values(), *AVERAGES.values()], ids=[*LIMITS, *AVERAGES])
def test_limits_and_averages_are_trained_alike(knobs, task):
    assert_same_training(make_dataset(*task, rows=203), steps=80, **knobs)


@every("knobs", LIMITS.values(), ids=LIMITS)
def test_limits_are_trained_alike_in_pieces(knobs, monkeypatch):
    monkeypatch.setattr(step, "WHOLE", 1)
    monkeypatch.setattr(step, "PIECE", 10)
    assert_same_training(make_dataset("regression", rows=203), steps=80, **knobs)


@every("task", ["two classes", "four classes"])
@every("loss", ["cross_entropy", "binary_cross_entropy", "focal", "hinge"])
def test_weighed_classes_are_trained_alike(task, loss):
    sigmoid = {"output__activation": "sigmoid"} if loss == "binary_cross_entropy" else {}
    dataset = lopsided(make_dataset(*TASKS[task], rows=203))
    assert_same_training(dataset, loss={"kind": loss, "class_weights": "balanced"}, **sigmoid)


@every("task", ["two classes", "four classes"])
@every("output", [{"size": 4}, {"size": 9}, {"activation": "softmax"}, {"activation": "tanh"}], ids=str)
def test_each_output_layer_is_trained_alike(output, task):
    assert_same_training(make_dataset(*TASKS[task], rows=203), output=output)


@every("task", ["two classes", "four classes"])
def test_smoothed_labels_are_trained_alike(task):
    assert_same_training(make_dataset(*TASKS[task], rows=203), regularization__smoothing=0.2)


@every("patience", [1, 3])
def test_patience_ends_training_alike(patience):
    knobs = {"stopping__patience": patience, "stopping__min_change": 0.02, "optimizer__lr": 0.05}
    compiled, eager = pair(make_dataset("regression", rows=203), **knobs)
    first, second = compiled.advance(), eager.advance()
    assert first.stopped_by == "patience"
    assert_same_history(first, second)
    assert compiled.best_epoch == eager.best_epoch


@every("optimizer", [*kinds("optimizer"), "nesterov"])
def test_a_network_that_is_updated_in_pieces_is_trained_alike(optimizer, monkeypatch):
    monkeypatch.setattr(step, "WHOLE", 50)
    monkeypatch.setattr(step, "PIECE", 40)
    knobs = {"network__layers": [Layer(width=20), Layer(width=5)], "optimizer": {**OPTIMIZERS[optimizer], "lr": 0.003}}
    penalties = {"regularization__l1": 0.001, "regularization__l2": 0.01}
    assert_same_training(make_dataset("regression", rows=203), **knobs, **penalties)


def test_a_wide_network_is_trained_alike():
    layers = [Layer(width=300, normalization="batch", norm_place="after"), Layer(width=300)]
    compiled, eager = pair(make_dataset(rows=203), network__layers=layers, optimizer={"kind": "adam", "lr": 0.001})
    assert step.PIECE < 300 * 300
    assert len(compiled._blocks[compiled._setup.tuning.shape][0].pieces) > len(compiled.layers)
    assert_same_history(compiled.advance(steps=60), eager.advance(steps=60))


@settings(max_examples=40)
@given(experiment=experiments() | experiments("digits"))
def test_any_experiment_is_trained_alike(experiment):
    compiled, eager = (Trainer(experiment, device="cpu", executor=name) for name in ("compiled", "eager"))
    assert (compiled.executor, compiled.executor_note) == ("compiled", "")
    for _ in range(5):  # each from the same state, since a rate of 10 makes much of a rounding
        first, second = compiled.advance(steps=1), eager.advance(steps=1)
        assert first.stopped_by == second.stopped_by
        assert first.epoch.tolist() == second.epoch.tolist()
        np.testing.assert_allclose(first.loss, second.loss, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(first.gradient_norm, second.gradient_norm, rtol=1e-2, atol=1e-5)
        eager.load_state_dict(compiled.state_dict())


def test_float64_is_trained_alike(doubles):
    dataset = in_doubles(make_dataset("regression", rows=203))
    compiled, eager = pair(dataset, optimizer={"kind": "adam"}, network__normalization="batch", network__dropout=0.2)
    assert_same_history(compiled.advance(steps=STEPS), eager.advance(steps=STEPS), 1e-6)


# one after another


@every("executor", ["compiled", "eager"])
def test_a_run_with_dropout_hangs_on_its_seed_and_not_on_how_it_is_sliced(executor):
    knobs = {
        "executor": executor,
        "network__dropout": 0.4,
        "network__input_dropout": 0.1,
        "network__input_noise": 0.2,
    }
    whole, again, sliced, other = (make_trainer(make_dataset(rows=203), **knobs, seeds__model=s) for s in (1, 1, 1, 2))
    history = whole.advance(steps=60)
    assert same(history, again.advance(steps=60))
    losses = np.concatenate([sliced.advance(steps=n).loss for n in (1, 23, 2, 25, 9)])
    assert same(history.loss, losses)
    assert same(whole.state_dict(), sliced.state_dict())
    assert not same(history.loss, other.advance(steps=60).loss)


def test_a_block_crosses_the_ends_of_epochs_and_evaluates_at_each():
    compiled, eager = pair(make_dataset(rows=203), optimizer__lr=0.01)
    calls = counted(compiled)
    compiled.advance(steps=10)
    compiled._stride.seconds_per_step = 1e-7  # so that all that is asked for is one block
    chunk = compiled.advance(steps=120)
    assert calls == [10, 120]
    assert chunk.epoch.tolist() == [1, 2, 3, 4, 5]
    eager.advance(steps=10)
    assert_same_history(chunk, eager.advance(steps=120))
    assert chunk.validation_loss[-1] != chunk.validation_loss[-2]


def test_a_training_goes_on_alike_with_another_executor():
    compiled, eager = pair(make_dataset(rows=203), network__dropout=0.2, optimizer__kind="adam")
    compiled.advance(steps=37)
    eager.load_state_dict(compiled.state_dict())
    assert_same_history(compiled.advance(steps=60), eager.advance(steps=60))


def counted(trainer: Trainer) -> list[int]:
    """Return a list that is told how many steps the trainer's blocks take from now on."""
    calls: list[int] = []

    def counting(block, numbers, plan):
        calls.append(len(plan))
        return block(numbers, plan)

    for shape, (of, block) in trainer._blocks.items():
        trainer._blocks[shape] = of, partial(counting, block)
    return calls


# where numbers overflow


@every("steps", [1, 7, 100])
def test_a_divergence_is_the_same_and_so_is_the_last_finite_state(steps):
    decay = {"kind": "adamw", "lr": 10.0, "weight_decay": 10.0}  # makes -99 times of every weight
    compiled, eager = pair(make_dataset("regression"), optimizer=decay, loss__kind="mae", network__dropout=0.1)
    compiled._stride.seconds_per_step = 1e-7
    first, second = [], []
    for trainer, chunks in ((compiled, first), (eager, second)):
        while trainer.divergence is None:
            chunks.append(trainer.advance(steps=steps))
    assert compiled.divergence == eager.divergence
    assert compiled.steps_per_epoch == 5
    assert 10 < compiled.step == eager.step == compiled.divergence.step - 1
    assert [chunk.epoch.tolist() for chunk in first] == [chunk.epoch.tolist() for chunk in second]
    assert sum(len(chunk.epoch) for chunk in first) == compiled.step // 5
    np.testing.assert_allclose(compiled.snapshot().parameters, eager.snapshot().parameters, rtol=1e-4)
    for mine, theirs in zip(first, second, strict=True):
        assert_same_history(mine, theirs, 1e-4)


# live knobs

LIVE = {
    f"{kind}:{f.path}" if kind else f.path: (kind, f)
    for kind, f in every_knob()
    if f.knob.live and f.path != "data.points"  # which is tested in test_drawn
}
TERMS = {
    "network__dropout": 0.1,
    "network__input_dropout": 0.1,
    "network__input_noise": 0.1,
    "regularization__l1": 0.01,
    "regularization__l2": 0.01,
}


def turned(field, share: float):
    """Return another value for a knob, so much of the way from its lowest, and not 0."""
    if field.type is bool:
        return not field.value
    if field.type is tuple:
        return (round(4 * share), 50)
    value = field.knob.low + ((field.value or 0.1) - field.knob.low) * share
    return max(field.type(value), 1) if field.type is int else value


@pytest.fixture
def recordings(monkeypatch):
    """A list with an entry for each recording from now on."""
    made = []

    def recorder(*arguments):
        made.append(Recorder(*arguments))
        return made[-1]

    monkeypatch.setattr(executors, "Recorder", recorder)
    return made


@every(("kind", "field"), LIVE.values(), ids=LIVE)
def test_a_live_knob_takes_hold_without_another_recording(kind, field, recordings):
    dataset, chosen = having(kind, field.path, rows=203)
    start = field.path.replace(".", "__")
    if field.path.endswith("lr_factor"):
        chosen[start] = 0.5
    elif not field.value and field.type is not bool and not field.path.endswith(".frozen"):
        chosen.setdefault(start, turned(field, 0.9))  # a term that a zero leaves out is there from the start
    compiled, eager = pair(dataset, **{"network__layers": [Layer(width=5, dropout=0.2), 4], **TERMS, **chosen})
    compiled.advance(steps=10)
    eager.load_state_dict(compiled.state_dict())
    recordings.clear()
    experiment = compiled.experiment
    for share in (0.5, 0.75):
        value = turned(experiment.field(field.path), share)
        assert compiled.retune(experiment.replace(field.path, value))
        assert eager.retune(experiment.replace(field.path, value))
        assert_same_history(compiled.advance(steps=20), eager.advance(steps=20), 1e-4)
        if field.knob.label == "learning rate":
            assert compiled.advance(steps=1).lr == np.float32(value)
            eager.load_state_dict(compiled.state_dict())
    other = field.path == "optimizer.nesterov" or field.path.endswith(".frozen")
    assert len(recordings) == other  # another rule, or other layers that learn, recorded once


@every("term", TERMS)
def test_a_term_that_is_gone_and_comes_back_is_recorded_once(term, recordings):
    compiled, eager = pair(make_dataset("regression", rows=203), **TERMS, optimizer__lr=0.01)
    with_term = compiled.experiment
    without = with_term.replace(term.replace("__", "."), 0.0)
    for turn, experiment in enumerate([without, with_term, without, with_term]):
        assert compiled.retune(experiment)
        assert eager.retune(experiment)
        assert_same_history(compiled.advance(steps=10), eager.advance(steps=10), 1e-4)
        assert len(recordings) == 2, turn


def test_a_reset_records_nothing(recordings):
    trainer = make_trainer(make_dataset(rows=203), network__dropout=0.2)
    history = trainer.advance(steps=60)
    trainer.reset()
    assert same(history, trainer.advance(steps=60))
    assert len(recordings) == 1


# what cannot be recorded


def _reads_a_number(x):
    return x / max(1.0, x.detach().abs().max().item())


def _decides(x):
    return torch.tanh(x) if x.sum() > 0 else torch.relu(x)


def _leaves_for_numpy(x):
    return x * torch.from_numpy(np.tanh(x.detach().numpy()))


def _leaves_for_lists(x):
    return x * torch.tensor([[abs(v) for v in row] for row in x.tolist()])


def _is_complex(x):
    return (x * (1 + 0.5j)).abs()


def _cannot_be_seen(x):
    if torch.utils._python_dispatch._len_torch_dispatch_stack():
        raise RuntimeError("not\nwhile anyone\n looks")
    return torch.tanh(x)


UNTRACEABLE = {
    "the step looks at numbers in Python": [_reads_a_number, _decides],
    "its replay gives other results": [_leaves_for_numpy, _leaves_for_lists],
    "the step hands (1+0.5j) to an operation": [_is_complex],
    "the step could not be recorded: not while anyone looks": [_cannot_be_seen],
}


@every(("activation", "note"), [(activation, note) for note, those in UNTRACEABLE.items() for activation in those])
def test_what_cannot_be_recorded_is_trained_eagerly_and_says_why(activation, note, monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "tanh", activation)
    knobs = {"network__normalization": "batch", "network__dropout": 0.2, "optimizer": {"kind": "adam"}}
    compiled, eager = (make_trainer(make_dataset(), executor=name, **knobs) for name in ("compiled", "eager"))
    assert compiled.executor == "eager"
    assert compiled.executor_note.startswith(note)
    assert len(compiled.executor_note.splitlines()) == 1
    assert same(compiled.state_dict(), eager.state_dict())
    assert same(compiled.advance(steps=30), eager.advance(steps=30))
    assert compiled.retune(compiled.experiment.replace("regularization.l2", 0.1))
    assert eager.retune(compiled.experiment)
    assert same(compiled.advance(steps=30), eager.advance(steps=30))
    assert not compiled.retune(compiled.experiment.replace("network.activation", "relu"))
    assert (compiled.executor, compiled.executor_note) == ("compiled", "")


@every("activation", [_leaves_for_numpy, _leaves_for_lists])
def test_a_constant_that_was_none_is_noticed_also_where_no_weight_moves(activation, monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "tanh", activation)
    trainer = make_trainer(make_dataset(), optimizer__lr=0.0)
    assert (trainer.executor, trainer.executor_note) == ("eager", "its replay gives other results")


def test_what_a_step_makes_once_is_no_part_of_its_recording(monkeypatch):
    lines = []

    def watched(recorder, step, *others):
        lines.extend(operation.function._schema.name for operation in step.step)
        return torchscript.replay(recorder, step, *others)

    monkeypatch.setattr(executors, "torchscript", SimpleNamespace(replay=watched))
    assert make_trainer(make_dataset(), **TERMS).executor == "compiled"
    assert "aten::addmm" in lines
    assert "aten::zeros" not in lines
    assert "aten::fill_" not in lines


OUTCOMES = {
    "other losses": lambda losses, measured, epochs: (losses * 1.01, measured, epochs),
    "other norms": lambda losses, measured, epochs: (losses, measured * 1.01, epochs),
    "other metrics": lambda losses, measured, epochs: (losses, measured, [e * 1.01 for e in epochs]),
    "another type": lambda losses, measured, epochs: (losses.double(), measured, epochs),
    "another shape": lambda losses, measured, epochs: (losses, measured, [e[None] for e in epochs]),
}


@every("outcome", [*OUTCOMES, "an error"])
def test_a_recording_that_fails_while_training_leaves_the_training_as_it_was(outcome, monkeypatch):
    def failing(*arguments):
        def run(numbers, order, series, ends):
            (losses, measured), epochs = replayed(numbers, order, series, ends)
            losses, measured, epochs = OUTCOMES[outcome](losses, measured, epochs)
            return [losses, measured], epochs

        if outcome == "an error":
            raise RuntimeError("out of\nmemory")
        replayed = torchscript.replay(*arguments)
        return run

    compiled, eager = pair(make_dataset(), network__dropout=0.2, optimizer={"kind": "adam"})
    compiled.advance(steps=13)
    eager.load_state_dict(compiled.state_dict())
    monkeypatch.setattr(executors, "torchscript", SimpleNamespace(replay=failing))
    for trainer in (compiled, eager):
        assert trainer.retune(trainer.experiment.replace("regularization.l2", 0.1))
    assert compiled.executor == "eager"
    failed = "the step could not be recorded: out of memory"
    assert compiled.executor_note == (failed if outcome == "an error" else "its replay gives other results")
    assert same(compiled.state_dict(), eager.state_dict())
    assert same(compiled.advance(steps=30), eager.advance(steps=30))


# which there are


@every(
    ("device", "allowed", "auto"),
    [("cpu", ["eager", "compiled"], "compiled"), ("cuda", ["eager", "graph"], "graph"), ("mps", ["eager"], "eager")],
)
def test_each_device_has_its_executors(device, allowed, auto):
    assert choose("auto", device) == auto
    for name in [*EXECUTORS, "jit", "", "a\nb"]:
        if name in allowed:
            assert choose(name, device) == name
            continue
        with pytest.raises(ExperimentError) as caught:
            choose(name, device)
        assert str(caught.value) == (
            f"executor = {name!r} does not run on {device}; allowed there: auto, {', '.join(allowed)}"
        )
        assert len(str(caught.value).splitlines()) == 1


def test_a_trainer_refuses_an_executor_that_its_device_has_not():
    with pytest.raises(ExperimentError, match="executor = 'graph' does not run on cpu; allowed there: auto, "):
        make_trainer(make_dataset(), executor="graph")
    assert make_trainer(make_dataset()).executor == "compiled"


# beside other threads


def test_threads_record_and_train_beside_each_other():
    def train(found):
        found.append(make_trainer(make_dataset(rows=203), network__dropout=0.2).advance(steps=300))

    found: list[Chunk] = []
    threads = [threading.Thread(target=train, args=(found,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    alone: list[Chunk] = []
    train(alone)
    assert len(found) == 4
    assert all(same(chunk, alone[0]) for chunk in found)


def test_other_threads_go_on_while_a_block_runs():
    trainer = make_trainer(make_dataset(rows=203))
    trainer._stride.seconds_per_step = 1e-7
    count, done = [0], threading.Event()

    def counting():
        while not done.is_set():
            count[0] += 1

    _, block = trainer._blocks[trainer._setup.tuning.shape]
    plan, numbers = trainer._plan(range(2000), trainer._noise_generator), trainer._numbers()
    thread = threading.Thread(target=counting)
    thread.start()
    try:
        progress = 0
        for _ in range(100):  # blocks, until the other thread has had its turn in one of them
            before = count[0]
            block(numbers, plan)
            progress = max(progress, count[0] - before)
            if progress > 10_000:
                break
    finally:
        done.set()
        thread.join()
    assert progress > 10_000


@every("activation", [torch.tanh, _reads_a_number, _leaves_for_numpy, _is_complex, _cannot_be_seen])
def test_a_trainer_that_is_gone_leaves_no_memory_behind(activation, monkeypatch):
    monkeypatch.setitem(ACTIVATIONS, "tanh", activation)
    trainer = make_trainer(make_dataset())
    trainer.advance(steps=20)
    assert trainer.executor == ("compiled" if activation is torch.tanh else "eager")
    state = weakref.ref(trainer._state.parameters.untyped_storage())
    del trainer
    assert state() is None  # without a collection of garbage, which the window puts off
