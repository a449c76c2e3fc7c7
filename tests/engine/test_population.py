"""Populations against trainers: every member's numbers are those of a trainer of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnplayground.data import load
from nnplayground.engine import Population, Trainer
from nnplayground.engine.population import BY_EPOCH, BY_LAYER
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import every_knob, kinds
from nnplayground.experiment.shape import is_image
from tests.engine.conftest import in_doubles, make_dataset, make_experiment, same
from tests.strategies import experiments, numbers

STEPS = 30
KNOBS = {(kind, field.path): field for kind, field in every_knob()}
LIVE = {
    f"{kind}:{path}": (kind, path)
    for (kind, path), field in KNOBS.items()
    if field.knob.live and path != "data.points"  # which are other samples
}
VALUES = {  # of every live knob; a zero leaves out a term of the step
    "augmentation.cutout": (0.0, 0.25, 0.5),
    "augmentation.flip": (0.5, 0.0, 1.0),
    "augmentation.rotate": (0.0, 10.0, 180.0),
    "augmentation.shift": (0.1, 0.0, 0.3),
    "averaging.decay": (0.0, 0.9, 0.99),
    "averaging.rate": (0.0, 0.01, 0.1),
    "averaging.start": (1, 2, 50),
    "clipping.threshold": (0.01, 0.1, 10.0),
    "loss.delta": (0.1, 1.0, 3.0),
    "loss.gamma": (0.0, 1.0, 2.5),
    "loss.quantile": (0.1, 0.5, 0.9),
    "network.dropout": (0.0, 0.2, 0.5),
    "network.input_dropout": (0.1, 0.0, 0.4),
    "network.input_noise": (0.0, 0.1, 1.0),
    "network.layers.0.dropout": (0.3, 0.1, 0.0),
    "network.layers.0.frozen": (False, True, True),
    "network.layers.0.lr_factor": (1.0, 0.1, 2.0),
    "network.layers.0.max_norm": (0.0, 0.5, 1.0),
    "network.max_norm": (0.5, 0.0, 1.0),
    "optimizer.alpha": (0.5, 0.9, 0.99),
    "optimizer.beta1": (0.0, 0.5, 0.9),
    "optimizer.beta2": (0.9, 0.99, 0.999),
    "optimizer.epsilon": (1e-8, 1e-4, 0.1),
    "optimizer.grow": (1.1, 1.5, 2.0),
    "optimizer.initial": (0.0, 0.1, 10.0),
    "optimizer.largest": (1.0, 5.0, 100.0),
    "optimizer.lr": (0.0, 0.001, 0.02),
    "optimizer.momentum": (0.0, 0.5, 0.9),
    "optimizer.momentum_decay": (0.0, 0.004, 0.5),
    "optimizer.nesterov": (False, True, True),
    "optimizer.rho": (0.0, 0.9, 0.99),
    "optimizer.shrink": (0.1, 0.5, 0.9),
    "optimizer.smallest": (1e-4, 0.1, 1.0),
    "optimizer.weight_decay": (0.0, 0.01, 0.5),
    "output.lr_factor": (1.0, 0.1, 2.0),
    "regularization.decay": (0.0, 0.01, 0.5),
    "regularization.l1": (0.0, 1e-4, 0.01),
    "regularization.l2": (0.01, 0.0, 0.1),
    "regularization.smoothing": (0.1, 0.0, 0.5),
    "schedule.at": ((1, 2, 4), (3,), (1, 50)),
    "schedule.cooldown": (0, 1, 2),
    "schedule.epochs": (2, 5, 50),
    "schedule.every": (1, 2, 3),
    "schedule.factor": (0.5, 0.9, 1.0),
    "schedule.first": (1, 2, 50),
    "schedule.half": (1, 2, 50),
    "schedule.halving": (False, True, True),
    "schedule.lowest": (0.0, 0.1, 1.0),
    "schedule.momentum_high": (0.9, 0.95, 0.99),
    "schedule.momentum_low": (0.0, 0.5, 0.85),
    "schedule.multiply": (1, 2, 3),
    "schedule.patience": (0, 1, 3),
    "schedule.power": (0.5, 1.0, 3.0),
    "schedule.rising": (0.05, 0.3, 0.9),
    "schedule.start": (0.0, 0.04, 1.0),
    "schedule.threshold": (0.0, 1e-4, 0.5),
    "schedule.warmup": (0, 1, 4),
    "stopping.epochs": (50, 60, 70),
    "stopping.min_change": (0.0, 0.01, 0.1),
    "stopping.patience": (0, 1, 3),
    "stopping.restore": (True, False, True),
    "transfer.frozen": (0, 1, 2),
    "transfer.old_rate": (0.1, 1.0, 2.0),
}
LIMITED = {  # whatever moves weights that their gradient does not
    "network.normalization": "batch",
    "network.max_norm": 0.3,
    "regularization.decay": 0.1,
    "regularization.l2": 0.1,
}
STACKED = {  # networks that are stacked as one, by the seed of their weights
    **{f"activation {name}": {"network.activation": name} for name in KNOBS["", "network.activation"].choices},
    **{f"initializer {name}": {"network.initializer": name} for name in KNOBS["", "network.initializer"].choices},
    **{f"optimizer {kind}": {"optimizer.kind": kind} for kind in kinds("optimizer")},
    **{
        f"{task} loss {kind}": {"data.kind": data, "loss.kind": kind}
        for task, data in {"classification": "circle", "regression": "plane"}.items()
        for kind, loss in kinds("loss").items()
        if task in loss.tasks
    },
    "many classes": {"data.kind": "blobs"},
    "norm before": {"network.normalization": "batch"},
    "norm after": {"network.normalization": "batch", "network.norm_place": "after", "network.activation": "relu"},
    "layer norm": {"network.normalization": "layer"},
    "group norm": {"network.normalization": "group", "network.layers": [8, 5]},
    "weight norm": {"network.normalization": "weight", "regularization.l2": 0.01},
    "alpha dropout": {"network.activation": "selu", "network.dropout": 0.3, "network.dropout_kind": "alpha"},
    "norm and dropout": {"network.normalization": "batch", "network.dropout": 0.3},
    "no hidden layer": {"network.layers": []},
    "one sample a batch": {"batches.size": 1},
    "all samples a batch": {"batches.size": 40},
    "wide": {"network.layers": [80, 80]},  # too large to be updated and measured at once
    **{f"clipping {kind}": {"clipping": {"kind": kind, "threshold": 0.02}} for kind in ("norm", "layer", "value")},
    **{
        f"clipping {kind}, wide": {"clipping": {"kind": kind, "threshold": 0.02}, "network.layers": [80, 80]}
        for kind in ("norm", "layer", "value")
    },
    "max-norm": {"network.max_norm": 0.3},
    "decay": {"regularization.decay": 0.3, "optimizer.kind": "adam"},
    "rates of their own": {"network.layers": [{"width": 4, "lr_factor": 0.1}, 3], "output.lr_factor": 2.0},
    "frozen": {"network.layers": [{"width": 4, "frozen": True}, 3], **LIMITED},
    "averages of steps": {"averaging": {"kind": "ema", "decay": 0.8}, "network.normalization": "batch"},
    "averages of epochs": {"averaging": {"kind": "swa", "start": 2, "rate": 0.01}, "network.normalization": "batch"},
    "smoothed": {"regularization.smoothing": 0.2},
    "smoothed classes": {"regularization.smoothing": 0.2, "data.kind": "blobs"},
    **{
        f"balanced {loss}": {"data.kind": "wine", "loss": {"kind": loss, "class_weights": "balanced"}}
        for loss in ("cross_entropy", "focal", "hinge")
    },
    "balanced pair": {"data.kind": "breast_cancer", "loss": {"kind": "focal", "class_weights": "balanced"}},
    "outputs beyond classes": {"output.size": 5, "data.kind": "blobs"},
    "activation of the output": {"output.activation": "tanh"},
    "patience": {"stopping.patience": 1, "stopping.min_change": 0.02},
    "plateau": {"schedule": {"kind": "plateau", "patience": 0, "threshold": 0.1}},
}
APART = {  # what makes groups, some of several members
    "network.activation": ["tanh", "relu", "tanh", "sine", "relu"],
    "network.initializer": ["auto", "zeros", "he_normal"],
    "network.normalization": ["none", "batch", "layer", "weight", "batch", "group"],
    "network.norm_place": ["before", "after"],
    "network.dropout_kind": ["plain", "alpha"],
    "network.layers": [[4], [4, 3], [], [5, 4, 3], [4], [16]],
    "network.layers.0.width": [1, 2, 4, 2],
    "batches.size": [5, 8, 5, 13, 40],
    "seeds.model": [1, 2, 3],
    "seeds.order": [1, 2, 3],
    "seeds.data": [1, 2, 1, 3],
    "seeds": [{"model": 1, "data": 1, "order": 2}, {"model": 2, "data": 1, "order": 3}, {"data": 4}],
    "data.noise": [0.0, 0.1],
    "data.kind": ["circle", "moons", "xor"],
    "loss.kind": ["auto", "mse", "cross_entropy", "mse", "auto"],
    "loss": [{"kind": "focal"}, {"kind": "focal", "class_weights": "balanced"}, {"kind": "focal", "gamma": 1.0}],
    "output": [{}, {"size": 3}, {"activation": "softmax"}, {"lr_factor": 2.0}, {"size": 3}],
    "clipping": [{"kind": "none"}, *({"kind": kind, "threshold": 0.02} for kind in ("norm", "value", "layer", "norm"))],
    "averaging": [{"kind": "none"}, {"kind": "ema"}, {"kind": "swa", "start": 2}, {"kind": "ema", "decay": 0.5}],
    "stopping": [{"patience": 1}, {"patience": 2, "min_change": 0.01}, {"patience": 1, "watch": "train_loss"}, {}],
    "optimizer.kind": ["sgd", "adam", "rmsprop", "adam"],
    "schedule.kind": ["constant", "cosine", "exponential"],
}


def small(**knobs) -> Experiment:
    """Return an experiment on 40 training samples, five batches an epoch, with knobs turned (`optimizer__lr=0.1`)."""
    plain = {
        "data.kind": "circle",
        "data.samples": 50,
        "data.validation_share": 0.2,
        "optimizer": {"kind": "sgd", "lr": 0.05},
        "network.layers": [4, 3],
        "batches.size": 8,
    }
    return Experiment().replace_all(plain).replace_all({k.replace("__", "."): v for k, v in knobs.items()})


def grown(values, **knobs) -> Population:
    """Return a population that diverges at large rates: a plain sum of sums, on values."""
    steep = {"data__kind": "plane", "network__activation": "identity", **knobs}
    return Population(small(**steep), over="optimizer.lr", values=values, device="cpu")


def agrees(population: Population, chunk, tolerance: float) -> None:
    """Assert that in a chunk from the start on every member has done what a trainer of its own does."""
    for place, member in enumerate(population.members):
        trainer = Trainer(member, device="cpu", executor="eager")
        alone = trainer.advance(steps=chunk.steps)
        taken = slice(alone.steps)
        close(chunk.loss[taken, place], alone.loss, tolerance)
        close(chunk.lr[taken, place], alone.lr, tolerance)
        own = [name in trainer.layers for name in population.layers]
        for name in present(chunk, BY_LAYER):
            column = getattr(chunk, name)[taken, place]
            close(column[:, own], of_one(alone, name, column[:, own]), tolerance)
            assert np.isnan(column[:, np.logical_not(own)]).all()
        for name in present(chunk, BY_EPOCH):
            column = getattr(chunk, name)[:, place]
            ended = ~np.isnan(chunk.train_loss[:, place])
            close(column[ended], of_one(alone, name, column[ended]), tolerance)
            assert np.isnan(column[~ended]).all()
        assert not present(alone, BY_LAYER + BY_EPOCH) - present(chunk, BY_LAYER + BY_EPOCH)
        mine, theirs = population.snapshot(place), trainer.snapshot()
        assert (mine.layout, mine.step, mine.epoch) == (theirs.layout, theirs.step, theirs.epoch)
        close(mine.parameters, theirs.parameters, tolerance)
        close(mine.buffers, theirs.buffers, tolerance)
        assert population.parameters[place] == trainer.parameters


def present(chunk, names) -> set[str]:
    """Return which columns a chunk has."""
    return {name for name in names if getattr(chunk, name) is not None}


def of_one(alone, name: str, like):
    """Return a trainer's column; where it has none, since another member's has, numbers that are none."""
    column = getattr(alone, name)
    return np.full_like(like, np.nan) if column is None else column


def close(mine, theirs, tolerance: float) -> None:
    """Assert equality, of what a chunk holds in float32 as far as that goes."""
    tolerance = max(tolerance, 1e-6) if mine.dtype == np.float32 else tolerance
    np.testing.assert_allclose(mine, theirs, rtol=tolerance, atol=tolerance)


@pytest.fixture
def precise(doubles, monkeypatch) -> float:
    """Let all be in float64, where rounding blurs nothing; return how near numbers then are."""
    monkeypatch.setattr("nnplayground.engine.setup.load", lambda data, seed: in_doubles(load(data, seed)))
    return 1e-9


# as alone


@pytest.mark.parametrize("executor", ["compiled", "eager"])
@pytest.mark.parametrize(("kind", "path"), LIVE.values(), ids=LIVE)
def test_a_live_knob_works_as_alone(precise, kind, path, executor):
    group, own = path.split(".")[0], path.startswith("network.layers.0.")
    data = "digits" if group == "augmentation" or own else "plane" if kind == "quantile" else "circle"
    knobs = {"network__layers": [{"kind": kind}, 3]} if own else {f"{group}__kind": kind} if kind else {}
    experiment = small(data__kind=data, **knobs)
    population = Population(experiment, over=path, values=VALUES[path], device="cpu", executor=executor)
    assert (population.executor, population.executor_note) == (executor, "")
    agrees(population, population.advance(steps=STEPS), precise)


@pytest.mark.parametrize("knobs", STACKED.values(), ids=STACKED)
def test_stacked_networks_learn_as_alone(precise, knobs):
    population = Population(small(**knobs), over="seeds.model", values=[1, 2, 3], device="cpu")
    assert population.executor_note == ""
    agrees(population, population.advance(steps=STEPS), precise)


@pytest.mark.parametrize("over", ["optimizer.lr", "network.layers"])
def test_each_value_learns_with_each_seed_as_alone(precise, over):
    values, seeds = {**VALUES, **APART}[over][:2], ((1, 5), (2, 6), (3, 7))
    population = Population(small(), over=over, values=values, seeds=seeds, device="cpu")
    own = [(member.get(over), member.seeds.model, member.seeds.order) for member in population.members]
    assert own == [(small().replace(over, value).get(over), *pair) for value in values for pair in seeds]
    agrees(population, population.advance(steps=STEPS), precise)


@pytest.mark.parametrize("over", APART)
def test_networks_that_differ_learn_as_alone(precise, over):
    population = Population(small(), over=over, values=APART[over], device="cpu")
    chunk = population.advance(steps=STEPS)
    agrees(population, chunk, precise)


def test_own_batches_own_noise_and_own_statistics_at_once(precise):
    noisy = small(
        network__dropout=0.2, network__input_dropout=0.1, network__normalization="batch", network__norm_place="after"
    )
    for over in ("seeds.order", "seeds.model"):
        population = Population(noisy, over=over, values=[1, 2, 3], device="cpu")
        agrees(population, population.advance(steps=STEPS), precise)


def test_in_single_precision_numbers_are_as_near_as_rounding_lets_them():
    population = Population(small(), over="optimizer.lr", values=[0.001, 0.01, 0.1], device="cpu")
    agrees(population, population.advance(steps=STEPS), 1e-5)


def test_a_population_of_one_is_a_trainer_to_the_bit():
    for knobs in ({}, {"network__dropout": 0.2, "network__normalization": "batch"}, {"optimizer__kind": "adam"}):
        population = Population(small(**knobs), over="optimizer.lr", values=[0.01], device="cpu")
        trainer = Trainer(population.members[0], device="cpu")
        mine, theirs = population.advance(epochs=6), trainer.advance(epochs=6)
        assert mine.loss.shape == (30, 1)
        for name, column in vars(theirs).items():
            if isinstance(column, np.ndarray):
                one = getattr(mine, name)
                assert same(one if name == "epoch" else one[:, 0], column), name
        assert same(population.snapshot(0).parameters, trainer.snapshot().parameters)
        assert same(population.snapshot(0).buffers, trainer.snapshot().buffers)


def test_a_data_set_handed_in_is_what_members_are_trained_on():
    dataset = make_dataset("regression", inputs=5)
    experiment = make_experiment(dataset)
    population = Population(experiment, over="optimizer.lr", values=[0.01, 0.1], device="cpu", dataset=dataset)
    chunk = population.advance(steps=10)
    for place, member in enumerate(population.members):
        trainer = Trainer(member, device="cpu", dataset=dataset)
        close(chunk.loss[:, place], trainer.advance(steps=10).loss, 1e-5)
    assert population.metrics == ("R²", "MAE")


@settings(max_examples=30)
@given(data=st.data(), experiment=experiments() | experiments("digits"))
def test_any_live_knob_of_any_experiment_may_differ(data, experiment):
    live = [f for f in experiment.fields() if f.knob.live and f.type in (int, float)]
    images = is_image(experiment.data.known_shape)
    field = data.draw(st.sampled_from([f for f in live if images or not f.path.startswith("augmentation.")]))
    values = numbers(field.knob, whole=field.type is int, high=field.knob.high)
    two = data.draw(st.lists(values, min_size=2, max_size=2))
    if field.path == "regularization.smoothing":  # which only cross-entropies have
        experiment = experiment.replace_all({"loss.kind": "auto", "output": {}, "data.kind": "digits"})
    population = Population(experiment, over=field.path, values=two, device="cpu")
    chunk = population.advance(steps=5)
    for place, member in enumerate(population.members):
        trainer = Trainer(member, device="cpu")
        alone = trainer.advance(steps=1)  # from the second step on, chaos blows up what rounds
        assert (alone.steps == 0) == (population.diverged[place] == 1)
        np.testing.assert_allclose(chunk.loss[: alone.steps, place], alone.loss, rtol=1e-4, atol=1e-6)
        own = [*range(alone.gradient_norm.shape[1] - 1), -1]
        mine = chunk.gradient_norm[: alone.steps, place][:, own]
        np.testing.assert_allclose(mine, alone.gradient_norm, rtol=1e-3, atol=1e-5)
        assert np.isfinite(population.snapshot(place).parameters).all()
        failed = int(population.diverged[place])
        last = min(chunk.steps, member.stopping.epochs * trainer.steps_per_epoch)
        assert np.isfinite(chunk.loss[:, place]).sum() == (failed - 1 if failed else last)


# members that diverge

RATES = [0.01, 10.0, 0.02, 0.4, 2.0]


def test_a_member_diverges_at_the_step_at_which_its_own_trainer_does():
    population = grown(RATES)
    chunk = population.advance(steps=40)
    assert (chunk.steps, chunk.stopped_by) == (40, None)
    for place, member in enumerate(population.members):
        trainer = Trainer(member, device="cpu")
        alone = trainer.advance(steps=40)
        assert population.diverged[place] == (trainer.divergence.step if trainer.divergence else 0)
        close(chunk.loss[: alone.steps, place], alone.loss, 1e-4)
        close(chunk.train_loss[: len(alone.epoch), place], alone.train_loss, 1e-4)
        mine, theirs = population.snapshot(place), trainer.snapshot()
        assert (mine.step, mine.epoch) == (theirs.step, theirs.epoch)
        close(mine.parameters, theirs.parameters, 1e-4)
    assert list(population.diverged > 0) == [False, True, False, True, True]


def test_numbers_are_nan_from_the_step_on_that_was_not_taken():
    population = grown(RATES)
    chunk = population.advance(steps=40)
    for place, failed in enumerate(population.diverged):
        steps = np.arange(1, 41) < (failed or 41)
        for column in (chunk.loss, chunk.lr, chunk.gradient_norm, chunk.update_ratio):
            assert (steps == np.isfinite(column[:, place]).reshape(40, -1).T).all()
        ended = 5 * chunk.epoch < (failed or 41)
        for column in (chunk.train_loss, chunk.validation_loss, chunk.train_metrics, chunk.validation_metrics):
            assert (ended == np.isfinite(column[:, place]).reshape(8, -1).T).all()
    for column in population.evaluate():
        assert ((population.diverged > 0) == np.isnan(column).reshape(5, -1).T).all()


@pytest.mark.parametrize("knobs", [{}, {"network__dropout": 0.2, "seeds__order": 7}], ids=["plain", "dropout"])
def test_a_member_that_diverges_disturbs_no_other(knobs):
    population, calm = grown(RATES, **knobs), grown([0.01, 0.02], **knobs)
    chunk, other = population.advance(steps=40), calm.advance(steps=40)
    close(chunk.loss[:, [0, 2]], other.loss, 1e-5)
    close(chunk.validation_metrics[:, [0, 2]], other.validation_metrics, 1e-5)
    close(population.evaluate()[0][[0, 2]], calm.evaluate()[0], 1e-5)
    close(population.snapshot(2).parameters, calm.snapshot(1).parameters, 1e-5)


def test_a_member_of_another_group_that_diverges_disturbs_no_other():
    experiment = small(data__kind="plane", network__activation="identity", optimizer__lr=10.0)
    population = Population(experiment, over="optimizer.kind", values=["sgd", "adam", "sgd"], device="cpu")
    chunk = population.advance(steps=20)
    assert list(population.diverged > 0) == [True, False, True]
    adam = Trainer(population.members[1], device="cpu")
    close(chunk.loss[:, 1], adam.advance(steps=20).loss, 1e-5)


def test_where_all_have_diverged_training_has_stopped():
    population = grown([10.0, 2.0, 0.4])
    chunk = population.advance(epochs=10)
    assert population.diverged.all()
    assert population.step == chunk.steps == population.diverged.max() - 1
    assert population.stopped_by == chunk.stopped_by == "diverged"
    assert np.isfinite(chunk.loss[-1]).any()
    assert len(chunk.epoch) == chunk.steps // 5
    for how in ({}, {"steps": 3}, {"epochs": 1}, {"seconds": 0.1}):
        assert (population.advance(**how).steps, population.advance(**how).stopped_by) == (0, "diverged")
    assert np.isnan(population.evaluate()[0]).all()
    assert all(np.isfinite(population.snapshot(place).parameters).all() for place in range(3))


# advancing


SLICED = {
    "plain": (small(), "optimizer.lr", [0.001, 0.1]),
    "noise": (small(network__dropout=0.3), "network.input_dropout", [0.1, 0.2, 0.0]),
    "orders": (small(schedule__kind="cosine", optimizer__kind="adam"), "seeds.order", [1, 2, 3]),
    "groups": (small(network__normalization="batch"), "batches.size", [5, 8, 9, 40]),
    "ends": (small(), "stopping.epochs", [2, 9, 5]),
    "group that ends": (small(stopping__epochs=3), "batches.size", [5, 20, 8, 20]),
    "divergence": (small(data__kind="plane", network__activation="identity"), "optimizer.lr", RATES),
    "all diverged": (small(data__kind="plane", network__activation="identity"), "optimizer.lr", [10.0, 2.0, 0.4]),
    "patience": (small(stopping__patience=1, stopping__min_change=0.02), "seeds.model", [1, 2, 3]),
    "plateau": (small(schedule={"kind": "plateau", "patience": 0, "threshold": 0.1}), "optimizer.lr", [0.01, 0.1]),
    "averaging": (small(averaging={"kind": "swa", "start": 2, "rate": 0.02}), "averaging.start", [1, 2, 50]),
    "clipping": (small(clipping={"kind": "layer"}), "clipping.threshold", [0.01, 0.1, 10.0]),
}


@pytest.mark.parametrize(("experiment", "over", "values"), SLICED.values(), ids=SLICED)
def test_slicing_does_not_matter(experiment, over, values):
    whole, sliced = (Population(experiment, over=over, values=values, device="cpu") for _ in range(2))
    chunk = whole.advance(steps=30)
    parts = [sliced.advance(**how) for how in ({"steps": 1}, {"seconds": 1e-9}, {"epochs": 2}, {"steps": 3})]
    parts.append(sliced.advance(steps=30 - sliced.step))
    assert [part.start for part in parts] == list(np.cumsum([0, *(part.steps for part in parts[:-1])]))
    for name, column in vars(chunk).items():
        if isinstance(column, np.ndarray):
            joined = np.concatenate([getattr(part, name) for part in parts])
            assert np.array_equal(joined, column, equal_nan=True), name
    assert same(whole.diverged, sliced.diverged)
    for place in range(len(values)):
        mine, theirs = whole.snapshot(place), sliced.snapshot(place)
        assert mine.step == theirs.step
        assert same(mine.parameters, theirs.parameters)
        assert same(mine.buffers, theirs.buffers)


def test_epochs_are_the_first_members():
    population = Population(small(), over="batches.size", values=[10, 5], device="cpu")
    population.advance(steps=1)
    chunk = population.advance(epochs=2)  # one of them has begun
    assert population.step == 8
    assert list(chunk.epoch) == [1, 2]
    assert np.isfinite(chunk.train_loss).tolist() == [[True, False], [True, True]]


def test_seconds_end_training_after_at_least_one_step():
    population = Population(small(), over="optimizer.lr", values=[0.1, 0.2], device="cpu")
    assert population.advance(seconds=1e-9).steps == 1
    assert population.advance(seconds=1000.0, steps=5).steps == 5


@pytest.mark.parametrize(("over", "values"), [("stopping.epochs", [7, 3, 9]), ("batches.size", [8, 20, 5, 20])])
def test_a_member_that_has_finished_its_epochs_rests(over, values):
    population = Population(small(stopping__epochs=6), over=over, values=values, device="cpu")
    lengths = [
        trainer.experiment.stopping.epochs * trainer.steps_per_epoch for trainer in map(Trainer, population.members)
    ]
    chunk = population.advance()
    assert chunk.steps == population.step == population.last_step == max(lengths)
    assert chunk.stopped_by == population.stopped_by == "epochs"
    assert not population.diverged.any()
    for place, member in enumerate(population.members):
        assert np.isfinite(chunk.loss[:, place]).sum() == lengths[place]
        trainer = Trainer(member, device="cpu")
        trainer.advance()
        assert population.epochs[place] == trainer.epoch
        close(population.evaluate()[1][place], np.float32(trainer.evaluate().validation_loss), 1e-5)
    agrees(population, chunk, 1e-4)
    assert (population.advance().steps, population.advance(steps=5).stopped_by) == (0, "epochs")


def test_members_that_have_diverged_keep_none_from_finishing():
    population = grown(RATES, stopping__epochs=3)
    assert population.advance().stopped_by == "epochs"
    trainers = [Trainer(member, device="cpu") for member in population.members]
    stopped = [trainer.advance().stopped_by for trainer in trainers]
    assert set(stopped) == {"epochs", "diverged"}
    assert (population.step, population.epochs) == (15, tuple(trainer.epoch for trainer in trainers))


def test_a_chunk_has_an_axis_of_members():
    population = Population(small(data__kind="plane"), over="network.layers", values=[[4], [4, 3]], device="cpu")
    assert population.layers == ("layer 1", "layer 2", "output")
    for steps, epochs in ((0, 0), (12, 2)):
        chunk = population.advance(steps=steps)
        assert chunk.loss.shape == chunk.lr.shape == (steps, 2)
        assert chunk.gradient_norm.shape == chunk.update_ratio.shape == (steps, 2, 3)
        assert chunk.train_loss.shape == chunk.validation_loss.shape == (epochs, 2)
        assert chunk.train_metrics.shape == chunk.validation_metrics.shape == (epochs, 2, 2)
        assert (chunk.epoch.shape, chunk.epoch.dtype) == ((epochs,), np.int64)
    assert np.isnan(chunk.gradient_norm).tolist() == [[[False, True, False], [False] * 3]] * 12


def test_an_evaluation_is_that_of_each_member():
    population = Population(small(), over="network.layers", values=[[4], [3], [4], []], device="cpu")
    population.advance(steps=7)
    train_loss, validation_loss, train_metrics, validation_metrics = population.evaluate()
    assert (train_loss.shape, validation_metrics.shape) == ((4,), (4, 1))
    for place, member in enumerate(population.members):
        trainer = Trainer(member, device="cpu")
        trainer.advance(steps=7)
        own = trainer.evaluate()
        close(train_loss[place], np.float32(own.train_loss), 1e-5)
        close(validation_loss[place], np.float32(own.validation_loss), 1e-5)
        close(train_metrics[place], np.array(own.train_metrics, np.float32), 1e-5)
        close(validation_metrics[place], np.array(own.validation_metrics, np.float32), 1e-5)


# what is there


def test_members_on_the_same_data_share_it():
    population = Population(small(), over="optimizer.lr", values=[0.1, 0.2, 0.3], device="cpu")
    (group,) = population.groups
    assert len({id(setup.train.x) for setup in group.setups}) == 1
    assert len({id(setup.validation.y) for setup in group.setups}) == 1
    values = ["auto", "mse", "binary_cross_entropy", "mse"]
    population = Population(small(), over="loss.kind", values=values, device="cpu")
    setups = [setup for group in population.groups for setup in group.setups]
    assert len({id(setup.dataset) for setup in setups}) == 1
    assert len({setup.train.x.data_ptr() for setup in setups}) == 1
    assert len({id(setup.train.y) for setup in setups if setup.head.loss == "mse"}) == 1


def test_networks_of_the_same_shape_are_one_group():
    def groups(over, values, **knobs):
        return len(Population(small(**knobs), over=over, values=values, device="cpu", executor="eager").groups)

    for path in ("optimizer.momentum", "network.dropout", "regularization.l1"):
        assert groups(path, [0.1, 0.2, 0.3]) == 1
    for path in ("seeds.model", "seeds.order"):
        assert groups(path, [1, 2, 3], network__dropout=0.2) == 1
    assert groups("network.initializer", ["zeros", "auto"]) == 1
    assert groups("network.dropout", [0.0, 0.2, 0.3]) == 2
    assert groups("network.layers", [[4], [4, 4], [4]]) == 2


def test_values_may_be_numpys():
    population = Population(small(), over="batches.size", values=np.array([5, 8]), device="cpu")
    assert population.values == (5, 8)
    assert [member.batches.size for member in population.members] == [5, 8]
    assert len(population) == 2


def test_the_caller_may_go_on_with_what_it_handed_in():
    values = [0.1, 0.2]
    population = Population(small(), over="optimizer.lr", values=values, device="cpu")
    snapshot = population.snapshot(1)
    values.clear()
    before = snapshot.parameters.copy()
    chunk = population.advance(steps=10)
    first = chunk.loss.copy()
    population.advance(steps=10)
    assert same(snapshot.parameters, before)
    assert same(chunk.loss, first)
    assert population.values == (0.1, 0.2)


WRONG = {
    "too large": ("optimizer.lr", [0.1, 11.0], "optimizer.lr = 11.0 is not allowed; allowed: a number from 0 to 10"),
    "no number": ("optimizer.lr", ["fast"], "optimizer.lr = 'fast' is not allowed; allowed: a number from 0 to 10"),
    "not whole": ("batches.size", [2.5], "batches.size = 2.5 is not allowed; allowed: a whole number from 1 to 65536"),
    "no choice": ("network.activation", ["tanh", "tan"], "network.activation = 'tan' is not allowed; allowed: one of "),
    "too many": ("batches.size", [8, 41], "batches.size = 41 is larger than the training set of data.kind = 'circle'"),
    "no knob": ("optimizer.rate", [0.1], "optimizer.rate = 0.1: there is no such knob; "),
    "nothing": ("optimizer.lr", [], "a population over optimizer.lr has no values; allowed: one or more"),
    "two tasks": ("data.kind", ["circle", "plane"], "data.kind: members of a population must have one task, not "),
}


@pytest.mark.parametrize(("over", "values", "line"), WRONG.values(), ids=WRONG)
def test_what_no_population_can_be_made_of_is_told_in_one_line(over, values, line):
    with pytest.raises(ExperimentError) as caught:
        Population(small(), over=over, values=values, device="cpu")
    assert str(caught.value).startswith(line)
    assert len(str(caught.value).splitlines()) == 1


def test_an_executor_or_a_device_that_is_not_there_is_refused():
    for wrong in ({"executor": "fast"}, {"device": "abacus"}, {"executor": "graph", "device": "cpu"}):
        with pytest.raises(ExperimentError, match="allowed"):
            Population(small(), over="optimizer.lr", values=[0.1], **wrong)
