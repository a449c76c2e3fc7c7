"""The best model and patience: against copies at every epoch, and a count over the recorded columns."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from nnplayground.engine import Population, Trainer
from nnplayground.engine.chunk import joined
from tests.engine.conftest import make_dataset, make_experiment, make_trainer, same

ROUGH = {  # validation losses and metrics that rise and fall
    "regression": {"optimizer": {"kind": "sgd", "lr": 0.12, "momentum": 0.5}, "network__normalization": "batch"},
    "classification": {"optimizer": {"kind": "adam", "lr": 0.1}, "network__dropout": 0.3},
}
WATCHES = {"train_loss": "train_loss", "validation_loss": "validation_loss", "validation_metric": "validation_metrics"}
EPOCHS = 60
every = pytest.mark.parametrize


def rough(task="classification", executor="auto", **knobs):
    return make_trainer(make_dataset(task), executor, **{"stopping__epochs": EPOCHS, **ROUGH[task], **knobs})


def watched(chunk, watch):
    """Return the column that is watched, the smaller the better."""
    column = getattr(chunk, WATCHES[watch])
    return -column[:, 0] if column.ndim == 2 else column


def ends_after(column, patience, min_change=0.0):
    """Return after which epoch patience is over, counting from 1; all of them where it never is."""
    best, bad = math.inf, 0
    for epoch, value in enumerate(column.tolist(), 1):
        if value < best - min_change:
            best, bad = value, 0
        else:
            bad += 1
        if patience and bad >= patience:
            return epoch
    return len(column)


def growing(scale=1.0, **knobs):
    """Return a training whose every epoch is one step, and whose loss grows until something overflows."""
    steep = {"optimizer": {"kind": "sgd", "lr": 2.0, "momentum": 0.0}, "network__layers": [], "batches__size": 40}
    dataset = make_dataset("regression")
    train = replace(dataset.train, inputs=dataset.train.inputs * np.float32(scale))
    return make_trainer(replace(dataset, train=train), **{**steep, **knobs})


# the best


@every("watch", WATCHES)
@every("task", ROUGH)
def test_the_best_model_is_the_copy_of_the_epoch_at_which_it_was_best(task, watch):
    trainer = rough(task, stopping__watch=watch)
    assert trainer.best_epoch == 0
    copies, chunks = [], []
    for epoch in range(1, EPOCHS + 1):
        chunks.append(trainer.advance(epochs=1))
        copies.append(trainer.snapshot())
        values = watched(joined(chunks), watch)
        assert trainer.best_epoch == 1 + int(np.argmin(values))
        best = trainer.snapshot("best")
        expected = copies[trainer.best_epoch - 1]
        assert same(best.parameters, expected.parameters), epoch
        assert same(best.buffers, expected.buffers)
        assert (best.step, best.epoch) == (expected.step, expected.epoch)
    assert 1 < trainer.best_epoch < EPOCHS


@every("executor", ["compiled", "eager"])
@every("task", ROUGH)
def test_the_best_model_does_not_hang_on_how_training_is_sliced(task, executor):
    whole, sliced = rough(task, executor), rough(task, executor)
    whole.advance()
    while sliced.stopped_by is None:
        sliced.advance(steps=7)
    assert whole.best_epoch == sliced.best_epoch
    assert same(whole.state_dict(), sliced.state_dict())


def test_going_back_gives_the_best_epoch_s_numbers_and_training_may_go_on():
    trainer = rough("regression")
    chunk = trainer.advance()
    step, last = trainer.step, trainer.evaluate()
    assert trainer.restore_best() == trainer.best_epoch == 1 + int(np.argmin(chunk.validation_loss))
    found = trainer.evaluate()
    place = trainer.best_epoch - 1
    assert found.train_loss == pytest.approx(chunk.train_loss[place], rel=1e-6)
    assert found.validation_loss == pytest.approx(chunk.validation_loss[place], rel=1e-6)
    assert found.validation_loss < last.validation_loss
    assert found.validation_metrics == pytest.approx(chunk.validation_metrics[place].tolist(), rel=1e-5)
    assert same(trainer.snapshot().parameters, trainer.snapshot("best").parameters)
    assert (trainer.step, trainer.stopped_by) == (step, "epochs")
    trainer.retune(trainer.experiment.replace("stopping.epochs", EPOCHS + 5))
    assert trainer.advance().epoch.tolist() == list(range(EPOCHS + 1, EPOCHS + 6))


def test_a_snapshot_says_to_which_epoch_training_went_back_until_it_goes_on():
    trainer = rough("regression", stopping__patience=3)
    trainer.advance()
    step, best = trainer.step, trainer.best_epoch
    assert trainer.restore_best() == best < trainer.epoch
    assert trainer.advance().steps == 0
    again = rough("regression", stopping__patience=3)
    again.load_state_dict(trainer.state_dict())
    for one in (trainer, again):
        there = one.snapshot()
        assert (there.step, there.epoch) == (best * one.steps_per_epoch, best)
        assert (one.step, one.epoch) == (step, step // one.steps_per_epoch)
        assert one.retune(one.experiment.replace("stopping.patience", 9))
        assert one.snapshot().epoch == best
        assert one.advance(steps=1).start == step
        assert (one.snapshot().step, one.snapshot().epoch) == (step + 1, one.epoch)
        one.restore_best()
        one.reset()
        assert (one.snapshot().step, one.snapshot().epoch) == (0, 0)


def test_averaged_weights_stay_at_their_step_when_training_goes_back():
    trainer = rough("regression", averaging__kind="ema")
    trainer.advance()
    assert trainer.restore_best() < trainer.epoch
    assert (trainer.snapshot("average").step, trainer.snapshot().epoch) == (trainer.step, trainer.best_epoch)


def test_before_the_first_epoch_ends_there_is_no_best():
    trainer = rough()
    trainer.advance(steps=trainer.steps_per_epoch - 1)
    before = trainer.snapshot()
    assert trainer.restore_best() == 0
    assert same(trainer.snapshot().parameters, before.parameters)
    best = trainer.snapshot("best")
    assert (best.step, best.epoch) == (before.step, 0)
    assert same(best.parameters, before.parameters)


def test_of_epochs_that_are_equally_good_the_first_is_the_best():
    trainer = rough(optimizer__lr=0.0, network__dropout=0.0)
    trainer.advance(epochs=5)
    assert trainer.best_epoch == 1


def test_a_training_that_diverges_keeps_its_best():
    trainer = growing()
    chunk = trainer.advance()
    assert chunk.stopped_by == "diverged"
    assert chunk.steps > 10
    assert trainer.restore_best() == 1 + int(np.argmin(chunk.validation_loss))
    assert trainer.evaluate().validation_loss == pytest.approx(chunk.validation_loss.min(), rel=1e-6)


def test_a_reset_forgets_the_best_and_patience():
    trainer = rough(stopping__patience=3)
    first = trainer.advance()
    assert first.stopped_by == "patience"
    trainer.reset()
    assert (trainer.best_epoch, trainer.stopped_by) == (0, None)
    assert same(trainer.advance(), first)


# patience


@every("min_change", [0.0, 0.003, 0.2])
@every("patience", [1, 2, 5, 1000])
@every("watch", WATCHES)
@every("task", ROUGH)
def test_training_stops_where_a_count_over_its_column_says(task, watch, patience, min_change):
    free = rough(task, stopping__watch=watch).advance()
    wanted = ends_after(watched(free, watch), patience, min_change)
    knobs = {"stopping__watch": watch, "stopping__patience": patience, "stopping__min_change": min_change}
    trainer = rough(task, **knobs)
    chunk = trainer.advance()
    assert len(chunk.epoch) == trainer.epoch == wanted
    assert chunk.stopped_by == trainer.stopped_by == ("patience" if wanted < EPOCHS else "epochs")
    assert trainer.step == wanted * trainer.steps_per_epoch
    assert same(chunk.loss, free.loss[: trainer.step])
    assert same(chunk.validation_loss, free.validation_loss[:wanted])
    for how in ({}, {"steps": 3}, {"epochs": 1}, {"seconds": 0.1}):
        again = trainer.advance(**how)
        assert (again.steps, again.stopped_by) == (0, trainer.stopped_by)


@every("executor", ["compiled", "eager"])
@every("slices", [{"steps": 1}, {"steps": 7}, {"epochs": 2}, {"seconds": 0.001}], ids=str)
@every("task", ROUGH)
def test_patience_does_not_hang_on_how_training_is_sliced(task, slices, executor):
    whole, sliced = (rough(task, executor, stopping__patience=4) for _ in range(2))
    whole._stride.seconds_per_step = 1e-7  # so that it is one block
    chunks = []
    while sliced.stopped_by is None:
        chunks.append(sliced.advance(**slices))
    chunk = whole.advance()
    assert chunk.stopped_by == "patience"
    assert same(joined(chunks), chunk)
    assert same(whole.state_dict(), sliced.state_dict())
    assert all(chunk.stopped_by is None for chunk in chunks[:-1])


@every("patience", [1, 3, 6])
def test_a_training_goes_on_from_a_saved_state_in_the_middle_of_its_patience(patience):
    whole = rough(stopping__patience=patience)
    history = whole.advance()
    middle = len(history.epoch) * whole.steps_per_epoch - whole.steps_per_epoch * patience // 2 - 1
    first, second = rough(stopping__patience=patience), rough(stopping__patience=patience)
    begun = first.advance(steps=middle)
    second.load_state_dict(first.state_dict())
    rest = second.advance()
    assert rest.stopped_by == history.stopped_by == "patience"
    assert same(joined([begun, rest]), history)
    assert same(second.state_dict(), whole.state_dict())
    assert second.best_epoch == whole.best_epoch


def test_more_patience_lets_a_training_go_on_and_less_ends_it():
    free = rough().advance()
    trainer = rough(stopping__patience=2)
    first = trainer.advance()
    assert first.stopped_by == "patience"
    assert trainer.retune(trainer.experiment.replace("stopping.patience", 5))
    assert trainer.stopped_by is None
    second = trainer.advance()
    assert trainer.epoch == ends_after(free.validation_loss, 5) > len(first.epoch)
    assert same(joined([first, second]).loss, free.loss[: trainer.step])
    assert trainer.retune(trainer.experiment.replace("stopping.patience", 0))
    trainer.advance(epochs=1)
    assert trainer.stopped_by is None
    assert trainer.retune(trainer.experiment.replace("stopping.patience", 1))
    assert trainer.stopped_by == "patience"


def test_patience_that_is_over_before_the_step_that_diverges_ends_training():
    diverged = growing()
    diverged.advance()
    assert diverged.stopped_by == "diverged"
    best = diverged.best_epoch
    whole, sliced = (growing(stopping__patience=diverged.step - best) for _ in range(2))
    whole._stride.seconds_per_step = 1e-7
    chunk = whole.advance()
    while sliced.stopped_by is None:
        sliced.advance(steps=1)
    for trainer in (whole, sliced):
        assert (trainer.stopped_by, trainer.divergence, trainer.step) == ("patience", None, diverged.step)
    assert (chunk.stopped_by, chunk.divergence) == ("patience", None)
    assert same(whole.state_dict(), sliced.state_dict())


def test_a_rate_that_is_reduced_before_the_step_that_would_diverge_saves_training():
    decay = {"optimizer": {"kind": "adamw", "lr": 10.0, "weight_decay": 10.0}}  # makes -99 times of every weight
    diverged = growing(1e-4, **decay, loss__kind="mae")
    assert diverged.advance().divergence.quantity == "weights"  # and not the loss, which no rate would save
    patience = diverged.step - diverged.best_epoch - 1
    plateau = {"kind": "plateau", "patience": patience, "factor": 0.01, "lowest": 0.0}
    whole, sliced = (growing(1e-4, **decay, loss__kind="mae", schedule=plateau) for _ in range(2))
    whole._stride.seconds_per_step = 1e-7
    chunk = whole.advance(steps=diverged.step + 20)
    chunks = [sliced.advance(steps=1) for _ in range(diverged.step + 20)]
    assert chunk.lr[diverged.step] == np.float32(0.1)
    assert chunk.lr[diverged.step - 1] == 10
    assert chunk.stopped_by is None
    assert same(joined(chunks), chunk)
    assert same(whole.state_dict(), sliced.state_dict())


# side by side


def beside(task, over, values, **knobs):
    dataset = make_dataset(task)
    experiment = make_experiment(dataset, **{"stopping__epochs": EPOCHS, **ROUGH[task], **knobs})
    population = Population(experiment, over=over, values=values, device="cpu", dataset=dataset)
    return population, [Trainer(member, device="cpu", dataset=dataset) for member in population.members]


SIDE_BY_SIDE = {
    "patience": ("stopping.patience", [0, 1, 2, 5], {}),
    "least change": ("stopping.min_change", [0.0, 0.003, 0.2], {"stopping__patience": 3}),
    "rates": ("optimizer.lr", [0.01, 0.1, 0.3], {"stopping__patience": 3}),
    "one": ("seeds.model", [1], {"stopping__patience": 2}),
    "what is watched": ("stopping.watch", list(WATCHES), {"stopping__patience": 3}),
    "groups": ("network.layers", [[4], [4, 4], [4]], {"stopping__patience": 3}),
}


@every(("over", "values", "knobs"), SIDE_BY_SIDE.values(), ids=SIDE_BY_SIDE)
@every("task", ROUGH)
def test_each_network_side_by_side_stops_where_it_does_alone(task, over, values, knobs):
    population, trainers = beside(task, over, values, **knobs)
    chunk = population.advance()
    for place, trainer in enumerate(trainers):
        alone = trainer.advance()
        took = np.isfinite(chunk.loss[:, place])
        assert took.sum() == trainer.step
        assert took[: trainer.step].all()
        assert population.epochs[place] == trainer.epoch
        ended = np.isfinite(chunk.validation_loss[:, place])
        np.testing.assert_allclose(chunk.validation_loss[ended, place], alone.validation_loss, rtol=1e-3)
        snapshot = population.snapshot(place)
        assert snapshot.step == trainer.step
        np.testing.assert_allclose(snapshot.parameters, trainer.snapshot().parameters, rtol=1e-2, atol=3e-2)
    stopped = {trainer.stopped_by for trainer in trainers}
    assert "patience" in stopped
    assert population.step == max(trainer.step for trainer in trainers)
    assert chunk.stopped_by == population.stopped_by == ("epochs" if "epochs" in stopped else "patience")
    assert population.advance().steps == 0


@every(("over", "values", "knobs"), SIDE_BY_SIDE.values(), ids=SIDE_BY_SIDE)
@every("task", ROUGH)
def test_each_network_side_by_side_goes_back_to_the_epoch_to_which_it_does_alone(task, over, values, knobs):
    population, trainers = beside(task, over, values, **knobs)
    assert population.best_epochs == (0,) * len(values)
    population.restore_best()
    population.advance()
    last = [population.snapshot(place) for place in range(len(values))]
    population.restore_best()
    for place, trainer in enumerate(trainers):
        trainer.advance()
        assert population.best_epochs[place] == trainer.restore_best()
        mine, alone = population.snapshot(place), trainer.snapshot()
        assert (mine.step, mine.epoch) == (alone.step, alone.epoch)
        np.testing.assert_allclose(mine.parameters, alone.parameters, rtol=1e-2, atol=1e-3)
        np.testing.assert_allclose(mine.buffers, alone.buffers, rtol=1e-2, atol=1e-3)
        found = trainer.evaluate().validation_loss
        assert population.evaluate()[1][place] == pytest.approx(found, rel=1e-3)
    assert any(not same(last[place].parameters, population.snapshot(place).parameters) for place in range(len(values)))


def test_members_go_back_each_as_its_experiment_says_and_count_on_from_where_they_were():
    population, trainers = beside("regression", "stopping.restore", [True, False, True], stopping__epochs=20)
    population.advance(epochs=10)
    population.restore_best()
    best = trainers[0].steps_per_epoch * population.best_epochs[0]
    assert [population.snapshot(place).step for place in range(3)] == [best, population.step, best]
    for trainer in trainers:
        trainer.advance(epochs=10)
    trainers[0].restore_best()
    trainers[2].restore_best()
    population.advance(steps=1)
    for place, trainer in enumerate(trainers):
        trainer.advance(steps=1)
        mine, alone = population.snapshot(place), trainer.snapshot()
        assert mine.step == alone.step == population.step
        np.testing.assert_allclose(mine.parameters, alone.parameters, rtol=1e-2, atol=1e-3)


def test_a_population_whose_members_stop_is_sliced_as_one_likes():
    (whole, _), (sliced, _) = (beside("classification", "stopping.patience", [0, 1, 2, 5]) for _ in range(2))
    chunk, chunks = whole.advance(), []
    while sliced.stopped_by is None:
        chunks.append(sliced.advance(steps=7))
    found = joined(chunks)
    for name, column in vars(chunk).items():
        if isinstance(column, np.ndarray):
            assert np.array_equal(getattr(found, name), column, equal_nan=True), name
    for place in range(4):
        assert same(whole.snapshot(place).parameters, sliced.snapshot(place).parameters)


def test_a_member_whose_patience_is_over_before_the_step_that_diverges_has_not_diverged():
    diverged = growing()
    diverged.advance()
    patience = diverged.step - diverged.best_epoch
    experiment, dataset = diverged.experiment, diverged.dataset
    values = [0, patience - 1, patience, patience + 1]
    population = Population(experiment, over="stopping.patience", values=values, device="cpu", dataset=dataset)
    population.advance()
    step = diverged.divergence.step
    assert population.diverged.tolist() == [step, 0, 0, step]
    assert [population.snapshot(place).step for place in range(4)] == [step - 1, step - 2, step - 1, step - 1]


def test_rates_that_are_reduced_at_every_epoch_are_so_in_a_population_too():
    plateau = {"kind": "plateau", "patience": 0, "factor": 0.999, "lowest": 0.0}
    dataset = make_dataset("regression")
    knobs = {"schedule": plateau, "batches__size": 40, "optimizer__lr": 0.0, "network__layers": []}
    experiment = make_experiment(dataset, **knobs)  # of rate 0, no epoch is better than the first
    population = Population(experiment, over="seeds.model", values=[1, 2], device="cpu", dataset=dataset)
    chunk = population.advance(steps=3)
    assert same(chunk.lr, np.zeros((3, 2), np.float32))
    (group,) = population.groups
    found = group.advance(range(3, 1203))
    assert found.steps == 1200
    assert group._watches[0].plateau.reduced == pytest.approx(0.999**1202)
