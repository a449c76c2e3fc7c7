"""Training that goes on with other points: the same weights, epochs as long, and the same again from its state."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from nnplayground.engine import Trainer
from nnplayground.engine.batches import order_of, orders
from nnplayground.engine.chunk import joined
from nnplayground.engine.probes import HistogramRequest, PredictionRequest, SignalRequest
from nnplayground.engine.probing import Prober
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.drawn import EXAMPLE
from tests.engine.conftest import same

BASE = Experiment().replace_all({"data": {"kind": "drawn"}, "network.layers": [6, 5], "optimizer.lr": 0.02})
OUTLIER = "0 2.3 0; 0.1 2.2 0"
MORE = "; ".join(f"{x:.2f} 5 1" for x in np.linspace(-5, 5, 60))


def trained(epochs: int = 150, executor: str = "auto", **knobs) -> Trainer:
    chosen = BASE.replace_all({name.replace("__", "."): value for name, value in knobs.items()})
    trainer = Trainer(chosen, device="cpu", executor=executor)
    trainer.advance(epochs=epochs)
    return trainer


def with_points(trainer: Trainer, text: str) -> Experiment:
    return trainer.experiment.replace("data.points", f"{trainer.experiment.data.points}; {text}")


@pytest.mark.parametrize("executor", ["compiled", "eager"])
@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_weights_and_optimizer_go_on_with_other_points(executor, kind):
    trainer = trained(executor=executor, optimizer__kind=kind)
    before = trainer.state_dict()
    assert trainer.retune(with_points(trainer, MORE))
    after = trainer.state_dict()
    assert same(before["parameters"], after["parameters"])
    kept = [name for name in before["slots"] if not name.startswith("best")]
    assert all(same(before["slots"][name], after["slots"][name]) for name in kept)
    assert (after["step"], after["epoch"]) == (before["step"], before["epoch"])
    assert (trainer.executor, trainer.executor_note) == (executor, "")


def test_the_loss_goes_on_near_where_it_was_and_not_at_its_beginning():
    trainer = trained()
    begin, before = Trainer(BASE, device="cpu").evaluate().train_loss, trainer.evaluate().train_loss
    trainer.retune(with_points(trainer, "2.3 3.3 0; 1.5 3.8 0; 2.2 1.7 1; 3.4 1.5 1"))
    after = trainer.evaluate().train_loss
    assert before < 0.3 * begin
    assert before != after < 2 * before
    assert trainer.advance(epochs=30).train_loss[-1] < 2 * before


def test_the_new_points_are_learned_and_judged():
    trainer = trained()
    trainer.retune(with_points(trainer, MORE))
    assert trainer.dataset.train.raw.shape[0] > 60
    reading = trainer.evaluate().train_metrics
    trainer.advance(epochs=400)
    assert trainer.evaluate().train_metrics > reading
    x = trainer.dataset.encode(np.array([[0, 5]], np.float32))
    assert trainer.predict(x)[0, 1] > 0.9


@pytest.mark.parametrize("executor", ["compiled", "eager"])
def test_going_on_is_the_same_from_the_experiment_and_the_state(executor):
    trainer = trained(epochs=20, executor=executor, network__dropout=0.1, stopping__patience=400)
    trainer.advance(steps=2)  # within an epoch
    trainer.retune(with_points(trainer, MORE))
    trainer.advance(steps=7)
    again = Trainer(trainer.experiment, device="cpu", executor=executor)
    assert again.steps_per_epoch != trainer.steps_per_epoch
    again.load_state_dict(trainer.state_dict())
    assert again.steps_per_epoch == trainer.steps_per_epoch
    assert same(trainer.advance(steps=40), again.advance(steps=40))
    assert same(trainer.state_dict(), again.state_dict())


def test_going_on_does_not_hang_on_how_it_is_sliced():
    whole, sliced = trained(epochs=3), trained(epochs=3)
    for trainer in (whole, sliced):
        trainer.retune(with_points(trainer, MORE))
    assert same(whole.advance(steps=40), joined([sliced.advance(steps=n) for n in (1, 7, 25, 7)]))


def test_compiled_and_plain_steps_go_on_alike():
    compiled, eager = (trained(epochs=5, executor=executor) for executor in ("compiled", "eager"))
    eager.load_state_dict(compiled.state_dict())
    for trainer in (compiled, eager):
        trainer.retune(with_points(trainer, OUTLIER))
    mine, theirs = compiled.advance(steps=20), eager.advance(steps=20)
    np.testing.assert_allclose(mine.loss, theirs.loss, rtol=1e-4)
    np.testing.assert_allclose(mine.validation_loss, theirs.validation_loss, rtol=1e-4)


def test_epochs_stay_as_long_and_begin_anew_with_a_reset():
    trainer = trained(epochs=10)
    assert (trainer.steps_per_epoch, trainer.step) == (3, 30)
    trainer.retune(with_points(trainer, MORE))
    chunk = trainer.advance(epochs=2)
    assert (chunk.start, chunk.epoch.tolist(), trainer.step) == (30, [11, 12], 36)
    trainer.reset()
    assert trainer.steps_per_epoch == trainer.experiment.data.training_rows // 10 > 3
    assert same(trainer.advance(steps=20), Trainer(trainer.experiment, device="cpu").advance(steps=20))


def test_the_best_epoch_and_patience_are_judged_anew():
    trainer = trained(epochs=10, stopping__patience=5, stopping__min_change=10.0)
    assert trainer.stopped_by == "patience"
    assert trainer.best_epoch > 0
    trainer.retune(with_points(trainer, OUTLIER))
    assert (trainer.best_epoch, trainer.stopped_by) == (0, None)
    epoch = trainer.epoch
    trainer.advance(epochs=1)
    assert trainer.best_epoch == epoch + 1


def test_balanced_class_weights_are_those_of_the_new_points():
    trainer = trained(epochs=2, loss={"kind": "cross_entropy", "class_weights": "balanced"})
    trainer.retune(with_points(trainer, MORE))
    fresh = Trainer(trainer.experiment, device="cpu")
    assert trainer.head == fresh.head
    assert trainer.head.class_weights[0] > trainer.head.class_weights[1]


@pytest.mark.parametrize(
    ("points", "line"),
    [
        ("0 0 0; 1 1 0; 2 2 0", "data.points has 0 of class 1; allowed: at least 2"),
        ("0 0 0; 1 1 0; 2 2 1; 3 3 1", "batches.size = 10 is larger than the training set of data.kind = 'drawn'"),
    ],
)
def test_too_few_points_leave_the_training_as_it_was(points, line):
    trainer, other = trained(epochs=5), trained(epochs=5)
    with pytest.raises(ExperimentError) as caught:
        trainer.retune(trainer.experiment.replace("data.points", points))
    assert str(caught.value).startswith(line)
    assert trainer.experiment == other.experiment
    assert same(trainer.advance(steps=10), other.advance(steps=10))


def test_another_class_begins_anew():
    trainer = trained(epochs=5)
    changes = {"data.points": f"{EXAMPLE}; 5 5 2; 5 4 2", "data.class_count": 3}
    assert not trainer.retune(trainer.experiment.replace_all(changes))
    assert trainer.step == 0


def test_probes_are_of_the_new_points():
    trainer = trained(epochs=5)
    prober, request = Prober(trainer.setup, trainer.snapshot()), PredictionRequest(limit=500)
    prober.answer(request, trainer.snapshot())
    trainer.retune(with_points(trainer, MORE))
    found = prober.retuned(trainer.setup).answer(request, trainer.snapshot())
    assert len(found.train) == len(trainer.dataset.train)
    assert len(found.validation) == len(trainer.dataset.validation)


def test_what_probes_found_of_the_beginning_is_of_the_new_points():
    trainer, first = trained(epochs=5), Trainer(BASE, device="cpu").snapshot()
    signal, histogram = SignalRequest(200, "normal"), HistogramRequest(quantity="activations")

    def found(prober):
        answers = prober.answer(signal, trainer.snapshot())
        layers = prober.answer(histogram, trainer.snapshot()).layers
        return [answers.first.forward, answers.against.backward, *(layer.initial for layer in layers)]

    prober = Prober(trainer.setup, first)
    before = found(prober)
    trainer.retune(with_points(trainer, MORE))
    after, anew = found(prober.retuned(trainer.setup)), found(Prober(trainer.setup, first))
    assert all(np.array_equal(*pair) for pair in zip(after, anew, strict=True))
    assert not any(np.array_equal(*pair) for pair in zip(after, before, strict=True))


def test_gradients_at_the_beginning_are_of_the_loss_as_it_was_turned():
    trainer = trained(epochs=5, loss__kind="focal")
    prober, request = Prober(trainer.setup, trainer.snapshot()), HistogramRequest(quantity="gradients")
    prober.answer(request, trainer.snapshot())
    trainer.retune(trainer.experiment.replace("loss.gamma", 4.0))
    after = prober.retuned(trainer.setup).answer(request, trainer.snapshot()).layers
    assert all(np.array_equal(layer.initial, layer.counts) for layer in after)


@pytest.mark.parametrize(("rows", "per_epoch"), [(23, 2), (23, 4), (23, 5), (23, 11), (5, 3)])
def test_batches_of_epochs_of_any_length_are_well_defined(rows, per_epoch):
    size = 5
    whole = orders(1, rows, size, range(6 * per_epoch), per_epoch)
    assert whole.shape == (6 * per_epoch, size)
    for start, stop in [(0, 1), (1, per_epoch + 1), (3, 3 * per_epoch), (5 * per_epoch - 1, 5 * per_epoch + 1)]:
        assert torch.equal(orders(1, rows, size, range(start, stop), per_epoch), whole[start:stop])
    for number, epoch in enumerate(whole.view(6, -1)):
        counts = torch.bincount(epoch, minlength=rows)
        assert counts.max() - counts.min() <= 1
        first = order_of(1, number, rows)[: len(epoch)]
        assert torch.equal(epoch[: len(first)], first)
    if per_epoch == rows // size:
        assert torch.equal(whole, orders(1, rows, size, range(6 * per_epoch)))


def test_a_state_of_other_epochs_is_refused_where_they_do_not_add_up():
    trainer = trained(epochs=5)
    with pytest.raises(ExperimentError, match="another training"):
        trainer.load_state_dict({**trainer.state_dict(), "pace": 7})
