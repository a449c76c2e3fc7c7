"""The trainer: pulled in pieces of any size, turned while it runs, saved and resumed, always to the bit."""

from __future__ import annotations

import io

import numpy as np
import pytest
import torch

from nnplayground.engine import Trainer
from nnplayground.engine.batches import order_of
from nnplayground.engine.chunk import Chunk
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import every_knob
from nnplayground.experiment.layers import Layer
from tests.engine.conftest import (
    NORMS,
    answers_in_numpy,
    forward_in_numpy,
    having,
    make_dataset,
    make_experiment,
    make_trainer,
    same,
)

STIRRING = {  # everything whose state has to be kept
    "network__dropout": 0.3,
    "network__input_dropout": 0.1,
    "network__normalization": "batch",
    "optimizer": {"kind": "adam", "lr": 0.02},
    "schedule": {"kind": "cosine", "epochs": 4},
}
PLAIN_STATES = {
    "sgd": {"optimizer": {"kind": "sgd", "lr": 0.05, "momentum": 0.9}},
    "rmsprop": {"optimizer": {"kind": "rmsprop", "lr": 0.01, "momentum": 0.5}, "network__dropout": 0.5},
    "adamw": {
        "optimizer": {"kind": "adamw", "lr": 0.01},
        "network__normalization": "batch",
        "network__norm_place": "after",
    },
    "stirring": STIRRING,
}
LIVE = {
    f"{kind}:{f.path}" if kind else f.path: (kind, f)
    for kind, f in every_knob()
    if f.knob.live and f.path != "data.points"  # which is tested in test_drawn
}


def dataset_of_25_batches():
    return make_dataset(rows=203)


def joined(chunks: list[Chunk]) -> Chunk:
    """Return many chunks as one."""
    columns = ("loss", "lr", "gradient_norm", "update_ratio", "epoch")
    columns += ("train_loss", "validation_loss", "train_metrics", "validation_metrics", "penalty")
    values = {name: np.concatenate([getattr(chunk, name) for chunk in chunks]) for name in columns}
    last = chunks[-1]
    return Chunk(chunks[0].start, **values, seconds=0.0, stopped_by=last.stopped_by, divergence=last.divergence)


@pytest.fixture(params=PLAIN_STATES.values(), ids=PLAIN_STATES)
def knobs(request):
    return request.param


# the same again


def test_the_same_seeds_give_the_same_history(knobs):
    one, other = (make_trainer(dataset_of_25_batches(), **knobs) for _ in range(2))
    assert same(one.advance(steps=60), other.advance(steps=60))
    assert same(one.snapshot().parameters, other.snapshot().parameters)
    assert same(one.snapshot().buffers, other.snapshot().buffers)


@pytest.mark.parametrize("slices", [[1] * 60, [7] * 8 + [4], [25, 25, 10], [24, 2, 34], [59, 1]], ids=str)
def test_a_history_does_not_hang_on_how_it_is_sliced(knobs, slices):
    whole, sliced = (make_trainer(dataset_of_25_batches(), **knobs) for _ in range(2))
    chunks = [sliced.advance(steps=n) for n in slices]
    assert [chunk.steps for chunk in chunks] == slices
    assert [chunk.start for chunk in chunks] == [0, *np.cumsum(slices)[:-1]]
    assert same(whole.advance(steps=60), joined(chunks))
    assert same(whole.state_dict(), sliced.state_dict())


def test_a_history_does_not_hang_on_the_clock(knobs, monkeypatch):
    whole, timed = (make_trainer(dataset_of_25_batches(), **knobs) for _ in range(2))
    chunks = []
    while timed.step < 60:
        timed._stride.seconds_per_step = 10.0 ** -(timed.step % 5)  # of any machine
        chunks.append(timed.advance(seconds=0.003, steps=60 - timed.step))
    assert same(whole.advance(steps=60), joined(chunks))


def test_noise_drawn_in_pieces_is_the_same_noise(knobs, monkeypatch):
    whole = make_trainer(dataset_of_25_batches(), **knobs).advance(steps=60)
    monkeypatch.setattr("nnplayground.engine.blocks.BLOCK_NUMBERS", 500)
    monkeypatch.setattr("nnplayground.engine.blocks.BLOCK_STEPS", 7)
    assert same(whole, make_trainer(dataset_of_25_batches(), **knobs).advance(steps=60))


def test_reset_gives_the_same_again(knobs):
    trainer = make_trainer(dataset_of_25_batches(), **knobs)
    first, history = trainer.snapshot(), trainer.advance(steps=60)
    trainer.reset()
    assert (trainer.step, trainer.epoch) == (0, 0)
    assert same(first.parameters, trainer.snapshot().parameters)
    assert same(history, trainer.advance(steps=60))


def test_other_seeds_change_just_what_they_name():
    base = Experiment().replace_all({"data": {"kind": "moons", "samples": 60}, "network.dropout": 0.5})
    base = base.replace("network.layers", [4])

    def what(experiment):
        trainer = Trainer(experiment, device="cpu")
        weights = trainer.snapshot().parameters
        losses = trainer.advance(steps=3).loss
        noise = torch.rand(5, generator=trainer._noise_generator)
        return weights, noise, trainer.dataset.train.inputs, order_of(experiment.seeds.order, 0, 10), losses

    plain = what(base)
    for seed, changed in (("model", {0, 1, 4}), ("data", {2, 4}), ("order", {3, 4})):
        other = what(base.replace(f"seeds.{seed}", 7))
        assert {i for i in range(5) if not same(plain[i], other[i])} == changed, seed


def test_training_leaves_global_generators_and_data_as_they_are(knobs):
    dataset = dataset_of_25_batches()
    inputs, targets = dataset.train.inputs.copy(), dataset.train.targets.copy()
    of_torch, of_numpy = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    make_trainer(dataset, **knobs).advance(steps=30)
    assert same(of_torch, torch.get_rng_state())
    assert same(of_numpy, np.random.get_state()[1])  # noqa: NPY002
    assert same(inputs, dataset.train.inputs)
    assert same(targets, dataset.train.targets)


# how far


def test_advancing_by_epochs_ends_at_an_epoch_s_end():
    trainer = make_trainer(dataset_of_25_batches())
    assert trainer.steps_per_epoch == 25
    assert trainer.advance(epochs=2).steps == 50
    assert trainer.advance(steps=10).steps == 10
    chunk = trainer.advance(epochs=1)
    assert chunk.steps == 15
    assert chunk.epoch.tolist() == [3]
    assert (trainer.step, trainer.epoch) == (75, 3)


def test_whichever_limit_comes_first_ends_the_chunk():
    trainer = make_trainer(dataset_of_25_batches())
    assert trainer.advance(steps=10, epochs=2).steps == 10
    assert trainer.advance(steps=1000, epochs=1).steps == 15
    assert trainer.advance(steps=5, seconds=1e9).steps == 5
    assert trainer.advance(epochs=1, seconds=1e9).steps == 20
    assert trainer.advance(steps=0).steps == 0
    assert trainer.advance(epochs=0).steps == 0


@pytest.mark.parametrize("seconds", [0.0, -1.0, 0.002])
def test_advancing_by_time_takes_at_least_a_step(seconds):
    trainer = make_trainer(dataset_of_25_batches())
    chunk = trainer.advance(seconds=seconds)
    assert chunk.steps >= 1
    assert chunk.steps == trainer.step
    assert chunk.seconds > 0


def test_training_stops_by_itself_after_the_planned_epochs():
    trainer = make_trainer(dataset_of_25_batches(), stopping__epochs=3)
    assert trainer.advance(steps=74).stopped_by is None
    chunk = trainer.advance()
    assert (chunk.steps, chunk.stopped_by, trainer.stopped_by) == (1, "epochs", "epochs")
    for how in ({}, {"steps": 5}, {"epochs": 5}, {"seconds": 0.1}):
        empty = trainer.advance(**how)
        assert (empty.steps, empty.start, empty.stopped_by) == (0, 75, "epochs")
        assert empty.gradient_norm.shape == empty.update_ratio.shape == (0, 3)
        assert empty.train_metrics.shape == empty.validation_metrics.shape == (0, 1)
    assert trainer.retune(trainer.experiment.replace("stopping.epochs", 4))
    assert trainer.advance().steps == 25
    assert trainer.retune(trainer.experiment.replace("stopping.epochs", 2))
    assert trainer.advance().stopped_by == "epochs"


@pytest.mark.parametrize(("task", "classes", "metrics"), [("classification", 3, 1), ("regression", 0, 2)])
def test_columns_have_a_row_for_each_step_and_each_epoch(task, classes, metrics):
    trainer = make_trainer(make_dataset(task, classes, rows=80))
    trainer.advance(steps=5)
    chunk = trainer.advance(steps=30)
    assert (chunk.start, chunk.steps, chunk.stopped_by, chunk.divergence) == (5, 30, None, None)
    assert chunk.loss.shape == chunk.lr.shape == (30,)
    assert chunk.gradient_norm.shape == chunk.update_ratio.shape == (30, len(trainer.layers)) == (30, 3)
    assert chunk.epoch.tolist() == [1, 2, 3]
    assert chunk.train_loss.shape == chunk.validation_loss.shape == (3,)
    assert chunk.train_metrics.shape == chunk.validation_metrics.shape == (3, metrics)
    assert len(trainer.metrics) == metrics
    assert trainer.parameters == len(trainer.snapshot().parameters)
    for name, column in vars(chunk).items():
        if isinstance(column, np.ndarray):
            assert column.dtype == (np.int64 if name == "epoch" else np.float32)


def test_an_epoch_s_losses_are_those_of_evaluation(knobs):
    trainer = make_trainer(dataset_of_25_batches(), **knobs)
    for _ in range(3):
        chunk, evaluation = trainer.advance(epochs=1), trainer.evaluate()
        assert chunk.train_loss[-1] == np.float32(evaluation.train_loss)
        assert chunk.validation_loss[-1] == np.float32(evaluation.validation_loss)
        assert same(chunk.train_metrics[-1], np.float32(evaluation.train_metrics))
        assert same(chunk.validation_metrics[-1], np.float32(evaluation.validation_metrics))


def test_evaluating_changes_nothing(knobs):
    watched, left = (make_trainer(dataset_of_25_batches(), **knobs) for _ in range(2))
    chunks = []
    for _ in range(30):
        chunks.append(watched.advance(steps=1))
        watched.evaluate()
        watched.predict(watched.dataset.train.inputs)
        watched.snapshot()
    assert same(joined(chunks), left.advance(steps=30))


def test_the_loss_falls():
    trainer = make_trainer(make_dataset("regression", rows=200))
    before = trainer.evaluate()
    trainer.advance(epochs=20)
    assert trainer.evaluate().train_loss < before.train_loss / 2
    assert trainer.evaluate().train_metrics[0] > before.train_metrics[0]


# turned while it runs


def turned(field):
    """Return another allowed value for a knob."""
    if field.type is bool:
        return not field.value
    if field.type is tuple:
        return field.value[:-1]
    value = field.value or 0.0
    wanted = field.type(value / 2) if value else min(1 if field.type is int else 0.1, field.knob.high)
    return max(wanted, field.type(field.knob.low))


@pytest.mark.parametrize(("kind", "field"), LIVE.values(), ids=LIVE)
def test_a_live_knob_keeps_the_weights_and_holds_from_the_next_step(kind, field):
    dataset, chosen = having(kind, field.path)
    trainer = make_trainer(dataset, **{"network__layers": [Layer(width=5)], "network__dropout": 0.1, **chosen})
    trainer.advance(steps=12)
    state, weights = trainer.state_dict(), trainer.snapshot()
    changed = trainer.experiment.replace(field.path, turned(trainer.experiment.field(field.path)))
    assert changed != trainer.experiment
    assert trainer.retune(changed)
    assert trainer.experiment == changed
    assert (trainer.step, trainer.epoch) == (12, 2)
    assert same(weights.parameters, trainer.snapshot().parameters)
    fresh = Trainer(changed, device="cpu", dataset=dataset)
    fresh.load_state_dict(state)
    assert same(trainer.advance(steps=12), fresh.advance(steps=12))


@pytest.mark.parametrize(
    "change",
    [
        {"network.layers": [3]},
        {"network.activation": "relu"},
        {"network.initializer": "zeros"},
        {"network.layers.0.normalization": "batch"},
        {"batches.size": 5},
        {"seeds.model": 2},
        {"seeds.order": 7},
        {"optimizer.kind": "adam"},
        {"schedule.kind": "exponential"},
        {"loss.kind": "mse"},
        {"optimizer.lr": 0.5, "batches.size": 9},
    ],
    ids=str,
)
def test_any_other_knob_begins_anew_on_the_same_data(change):
    dataset = make_dataset()
    trainer = make_trainer(dataset)
    trainer.advance(steps=12)
    changed = trainer.experiment.replace_all(change)
    assert not trainer.retune(changed)
    assert trainer.dataset is dataset
    assert (trainer.step, trainer.epoch, trainer.experiment) == (0, 0, changed)
    assert same(trainer.advance(steps=12), Trainer(changed, device="cpu", dataset=dataset).advance(steps=12))


@pytest.mark.parametrize("change", [{"data.noise": 0.5}, {"seeds.data": 3}, {"data.kind": "plane"}], ids=str)
def test_other_data_are_loaded(change):
    base = Experiment().replace_all({"data": {"kind": "moons", "samples": 60}, "network.layers": [4]})
    trainer = Trainer(base, device="cpu")
    trainer.advance(steps=5)
    changed = base.replace_all(change)
    assert not trainer.retune(changed)
    fresh = Trainer(changed, device="cpu")
    assert same(trainer.dataset.train.inputs, fresh.dataset.train.inputs)
    assert same(trainer.advance(steps=12), fresh.advance(steps=12))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"batches.size": 100}, "batches.size = 100 is larger than the training set"),
        ({"loss.kind": "binary_cross_entropy"}, "with 3 classes"),
        ({"data": {"kind": "table", "path": "missing.csv"}}, "missing.csv"),
    ],
    ids=str,
)
def test_what_cannot_be_trained_leaves_the_trainer_as_it_was(change, said):
    dataset = make_dataset(classes=3)
    experiment = Experiment().replace_all({"data": {"kind": "spiral", "samples": 1000}, "network.layers": [4]})
    trainer, twin = (Trainer(experiment, device="cpu", dataset=dataset) for _ in range(2))
    assert same(trainer.advance(steps=12), twin.advance(steps=12))
    with pytest.raises(ExperimentError, match=said):
        trainer.retune(trainer.experiment.replace_all(change))
    assert vars(trainer).keys() == vars(twin).keys()
    assert trainer.experiment == twin.experiment
    assert same(trainer.advance(steps=12), twin.advance(steps=12))


def test_an_experiment_that_does_not_fit_its_data_is_no_training():
    with pytest.raises(ExperimentError, match="which is regression"):
        Trainer(Experiment().replace("loss.kind", "cross_entropy"), device="cpu", dataset=make_dataset("regression"))


# saved and resumed


@pytest.mark.parametrize("steps", [0, 1, 12, 25, 37])
def test_a_resumed_training_goes_on_as_if_never_interrupted(knobs, steps):
    whole, first, second = (make_trainer(dataset_of_25_batches(), **knobs) for _ in range(3))
    whole.advance(steps=steps)
    first.advance(steps=steps)
    file = io.BytesIO()
    torch.save(first.state_dict(), file)
    file.seek(0)
    second.advance(steps=3)  # of which nothing is left
    second.load_state_dict(torch.load(file, weights_only=True))
    assert (second.step, second.epoch) == (whole.step, whole.epoch)
    assert same(whole.advance(steps=60), second.advance(steps=60))
    assert same(whole.state_dict(), second.state_dict())


def test_a_saved_state_is_a_copy(knobs):
    trainer = make_trainer(dataset_of_25_batches(), **knobs)
    trainer.advance(steps=5)
    state, again = trainer.state_dict(), trainer.state_dict()
    trainer.advance(steps=5)
    assert same(state, again)
    trainer.load_state_dict(state)
    trainer.advance(steps=5)
    assert same(state, again)


def test_a_state_of_another_training_is_refused():
    trainer = make_trainer(make_dataset(), **STIRRING)
    trainer.advance(steps=7)
    before = trainer.state_dict()
    state = trainer.state_dict()
    foreign = [
        {},
        {"step": 3},
        {**state, "more": 1},
        {**state, "slots": {}},
        {**state, "slots": {**state["slots"], "mean": torch.zeros(3)}},
        {**state, "parameters": state["parameters"][:-1]},
        {**state, "buffers": state["buffers"][:-1]},
        {**state, "rows": state["rows"] + 1},
        {**state, "epoch": 5},
        {**state, "step": -1, "epoch": -1},
        {**state, "step": "7"},
        {**state, "slots": [1, 2]},
        {**state, "parameters": state["parameters"].double()},
        {**state, "noise_generator": state["noise_generator"][:-1]},
        {**state, "watch": None},
        {**state, "watch": {**state["watch"], "plateau": {}}},
        {**state, "watch": {**state["watch"], "plateau": {**state["watch"]["plateau"], "more": 1}}},
        {**state, "watch": {**state["watch"], "plateau": {**state["watch"]["plateau"], "bad": None}}},
        {**state, "watch": {**state["watch"], "since": torch.zeros(2)}},
        make_trainer(make_dataset(), network__layers=[4]).state_dict(),
        make_trainer(make_dataset(), optimizer__kind="rmsprop", network__normalization="batch").state_dict(),
    ]
    larger = make_trainer(make_dataset(rows=60), **STIRRING)
    larger.advance(steps=3)
    foreign.append(larger.state_dict())
    for values in foreign:
        with pytest.raises(ExperimentError, match=r"^the saved state is damaged, or of another [^\n]*$"):
            trainer.load_state_dict(values)
        assert same(trainer.state_dict(), before)


# answers


@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)
@pytest.mark.parametrize(("task", "classes"), [("classification", 2), ("classification", 4), ("regression", 0)])
def test_predictions_are_those_of_the_snapshot(task, classes, norm):
    trainer = make_trainer(make_dataset(task, classes), **norm)
    trainer.advance(steps=20)
    x = trainer.dataset.validation.inputs
    found = trainer.predict(x)
    outputs = forward_in_numpy(trainer, trainer.snapshot(), x)[-1]
    assert found.dtype == np.float32
    assert found.shape == (len(x), classes or 1)
    np.testing.assert_allclose(found, answers_in_numpy(trainer, outputs), rtol=1e-4, atol=1e-5)
    assert same(found, trainer.predict(x.astype(np.float64)))
    assert trainer.predict(x[:0]).shape == (0, classes or 1)


def test_a_snapshot_is_a_copy_at_its_step():
    trainer = make_trainer(make_dataset(), network__normalization="batch")
    trainer.advance(steps=7)
    snapshot = trainer.snapshot()
    parameters, buffers = snapshot.parameters.copy(), snapshot.buffers.copy()
    trainer.advance(steps=7)
    assert (snapshot.step, snapshot.epoch) == (7, 1)
    assert same(snapshot.parameters, parameters)
    assert same(snapshot.buffers, buffers)
    snapshot.parameters[:] = 0
    assert trainer.snapshot().parameters.any()


def test_one_parameter_can_be_set():
    trainer = make_trainer(make_dataset(), network__normalization="batch")
    before = trainer.snapshot().parameters.copy()
    trainer.set_parameter(1, "weight", (2, 3), 0.25)
    trainer.set_parameter(2, "bias", (0,), -4.0)
    trainer.set_parameter(0, "scale", (5,), 2.0)
    snapshot = trainer.snapshot()
    assert snapshot.weights(1)[2, 3] == 0.25
    assert snapshot.biases(2)[0] == -4.0
    assert np.count_nonzero(snapshot.parameters != before) == 3


@pytest.mark.parametrize(
    ("layer", "role", "index", "value"),
    [
        (3, "weight", (0, 0), 1.0),
        (-1, "weight", (0, 0), 1.0),
        (0, "weight", (0,), 1.0),
        (0, "weight", (6, 0), 1.0),
        (0, "weight", (0, 3), 1.0),
        (0, "weight", (-1, 0), 1.0),
        (0, "bias", (6,), 1.0),
        (0, "mean", (0,), 1.0),
        (0, "variance", (0,), 1.0),
        (2, "scale", (0,), 1.0),
        (0, "nonsense", (0,), 1.0),
        (0, "weight", (0, 0), float("nan")),
        (0, "weight", (0, 0), float("inf")),
        (0, "weight", (0, 0), 1e39),
    ],
)
def test_what_is_no_parameter_cannot_be_set(layer, role, index, value):
    trainer = make_trainer(make_dataset(), network__normalization="batch")
    before = trainer.state_dict()
    with pytest.raises(ExperimentError, match="cannot be set") as caught:
        trainer.set_parameter(layer, role, index, value)
    assert len(str(caught.value).splitlines()) == 1
    assert same(trainer.state_dict(), before)


def test_the_engine_gives_its_trainer_when_asked():
    import nnplayground.engine as engine

    assert engine.Trainer is Trainer
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = engine.Nothing
    assert make_experiment(make_dataset()).batches.size == 8
