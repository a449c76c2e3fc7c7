"""The history of a run: what chunks leave in it, and the marks of knobs that were turned."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnplayground.engine.chunk import Chunk
from nnplayground.engine.trainer import Trainer
from nnplayground.experiment import Experiment
from nnplayground.runs.history import MARKS, NEAR_SECONDS, NEAR_STEPS, History, Mark

LAYERS, METRICS = ("layer 1", "output"), ("accuracy",)


def make_chunk(start=0, steps=4, epochs=(), layers=2, metrics=1, seconds=0.25, clipping=False, averaging=False):
    """Return a chunk of random numbers."""
    random = np.random.default_rng(start)

    def drawn(*shape):
        return random.random(shape, np.float32)

    return Chunk(
        clipped_norm=drawn(steps, layers) if clipping else None,
        averaged_validation_loss=drawn(len(epochs)) if averaging else None,
        averaged_validation_metrics=drawn(len(epochs), metrics) if averaging else None,
        start=start,
        loss=drawn(steps),
        lr=drawn(steps),
        gradient_norm=drawn(steps, layers),
        update_ratio=drawn(steps, layers),
        epoch=np.array(epochs, np.int64),
        train_loss=drawn(len(epochs)),
        validation_loss=drawn(len(epochs)),
        train_metrics=drawn(len(epochs), metrics),
        validation_metrics=drawn(len(epochs), metrics),
        penalty=drawn(len(epochs)),
        seconds=seconds,
    )


def make_history(steps=0, **told):
    """Return a history that has taken so many steps in no time."""
    history = History(LAYERS, METRICS, steps_per_epoch=5, **told)
    go_on(history, steps, **told)
    return history


def go_on(history, steps, seconds=0.0, **told):
    history.append(make_chunk(len(history.steps), steps, seconds=seconds, **told))


def texts(history):
    return [mark.text for mark in history.marks]


# columns


def test_columns_are_named_by_layer_and_by_metric():
    history = History(("layer 1", "layer 2", "output"), ("R²", "MAE"), 25)
    assert history.steps.names == (
        "loss",
        "lr",
        "gradient_norm/layer 1",
        "gradient_norm/layer 2",
        "gradient_norm/output",
        "update_ratio/layer 1",
        "update_ratio/layer 2",
        "update_ratio/output",
    )
    assert history.epochs.names == (
        "train_loss",
        "validation_loss",
        "train/R²",
        "train/MAE",
        "validation/R²",
        "validation/MAE",
        "penalty",
    )
    assert (history.layers, history.metrics) == (("layer 1", "layer 2", "output"), ("R²", "MAE"))
    assert history.steps_per_epoch == 25


def test_clipping_and_averaging_have_columns_of_their_own():
    clipped, averaged = make_history(clipping=True), make_history(averaging=True)
    plain = make_history()
    assert clipped.steps.names == (*plain.steps.names, "clipped_norm/layer 1", "clipped_norm/output")
    assert clipped.epochs.names == plain.epochs.names
    assert averaged.steps.names == plain.steps.names
    losses, metrics, penalty = plain.epochs.names[:2], plain.epochs.names[2:-1], plain.epochs.names[-1]
    second = ("averaged_validation_loss",), ("averaged_validation/accuracy",)
    assert averaged.epochs.names == (*losses, *second[0], *metrics, *second[1], penalty)


TOLD = [{}, {"clipping": True}, {"averaging": True}, {"clipping": True, "averaging": True}]


@pytest.mark.parametrize("told", TOLD, ids=str)
def test_every_column_holds_what_its_chunks_held(told):
    history = make_history(**told)
    places = [(0, 7, (1,)), (7, 0, ()), (7, 9, (2, 3)), (16, 1, ())]
    chunks = [make_chunk(*place, **told) for place in places]
    for chunk in chunks:
        history.append(chunk)
    expected = {
        "loss": np.concatenate([c.loss for c in chunks]),
        "lr": np.concatenate([c.lr for c in chunks]),
        "train_loss": np.concatenate([c.train_loss for c in chunks]),
        "validation_loss": np.concatenate([c.validation_loss for c in chunks]),
        "train/accuracy": np.concatenate([c.train_metrics[:, 0] for c in chunks]),
        "validation/accuracy": np.concatenate([c.validation_metrics[:, 0] for c in chunks]),
        "penalty": np.concatenate([c.penalty for c in chunks]),
    }
    for i, layer in enumerate(LAYERS):
        expected[f"gradient_norm/{layer}"] = np.concatenate([c.gradient_norm[:, i] for c in chunks])
        expected[f"update_ratio/{layer}"] = np.concatenate([c.update_ratio[:, i] for c in chunks])
        if "clipping" in told:
            expected[f"clipped_norm/{layer}"] = np.concatenate([c.clipped_norm[:, i] for c in chunks])
    if "averaging" in told:
        expected["averaged_validation_loss"] = np.concatenate([c.averaged_validation_loss for c in chunks])
        metrics = np.concatenate([c.averaged_validation_metrics[:, 0] for c in chunks])
        expected["averaged_validation/accuracy"] = metrics
    assert set(expected) == {*history.steps.names, *history.epochs.names}
    for name, values in expected.items():
        columns = history.steps if name in history.steps.names else history.epochs
        curve = columns.curve(name)
        assert curve.exact
        np.testing.assert_array_equal(curve.mean, values, err_msg=name)
        np.testing.assert_array_equal(curve.x, np.arange(len(values)))
        assert columns.last(name) == values[-1]


@pytest.mark.parametrize("told", TOLD, ids=str)
def test_a_trainer_fills_it(told):
    kinds = {"clipping": "norm", "averaging": "ema"}
    trainer = Trainer(Experiment().replace_all({f"{name}.kind": kinds[name] for name in told}), device="cpu")
    history = History(trainer.layers, trainer.metrics, trainer.steps_per_epoch, **told)
    chunks = [trainer.advance(steps=13), trainer.advance(epochs=2), trainer.advance(steps=1)]
    for chunk in chunks:
        history.append(chunk)
    assert (len(history.steps), len(history.epochs)) == (trainer.step, trainer.epoch)
    np.testing.assert_array_equal(history.steps.curve("loss").mean, np.concatenate([c.loss for c in chunks]))
    assert history.epochs.last("validation_loss") == chunks[1].validation_loss[-1]
    assert history.seconds == pytest.approx(sum(c.seconds for c in chunks))


def test_seconds_of_training_add_up():
    history = make_history()
    for start in (0, 4, 8):
        history.append(make_chunk(start, seconds=1.5))
    assert history.seconds == 4.5


@pytest.mark.parametrize(
    ("chunk", "words"),
    [
        (make_chunk(start=3), "starts after 3 steps does not follow on 4 steps"),
        (make_chunk(start=5), "starts after 5 steps does not follow on 4 steps"),
        (make_chunk(start=4, epochs=(1,)), "epochs \\[1\\] does not follow on 1 epochs"),
        (make_chunk(start=4, epochs=(2, 4)), "epochs \\[2, 4\\] does not follow on 1 epochs"),
        (make_chunk(start=4, layers=3), "8 columns does not fit loss, lr"),
        (make_chunk(start=4, epochs=(2,), metrics=2), "7 columns does not fit train_loss"),
        (make_chunk(start=4, clipping=True), "8 columns does not fit loss, lr"),
        (make_chunk(start=4, epochs=(2,), averaging=True), "7 columns does not fit train_loss"),
    ],
)
def test_a_chunk_that_does_not_follow_on_is_refused_and_changes_nothing(chunk, words):
    history = make_history()
    history.append(make_chunk(0, 4, (1,), seconds=2.0))
    with pytest.raises(ValueError, match=words):
        history.append(chunk)
    assert (len(history.steps), len(history.epochs), history.seconds) == (4, 1, 2.0)


def test_all_of_it_stays_under_64_megabytes():
    layers = tuple(f"layer {i}" for i in range(20))
    history = History(layers, ("R²", "MAE"), 5)
    for i in range(60):
        first = 5000 * i
        epochs = tuple(range(first // 5 + 1, first // 5 + 1001))
        history.append(make_chunk(first, 5000, epochs, layers=20, metrics=2))
        assert history.nbytes <= 56 * 2**20 < 64e6
    assert history.nbytes == history.steps.nbytes + history.epochs.nbytes


def test_reading_a_history_needs_neither_torch_nor_qt():
    code = "import sys, nnplayground.runs; print([m for m in ('torch', 'PySide6', 'sklearn') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# marks


def test_a_turned_knob_leaves_a_mark_where_it_was_turned():
    history = make_history(40)
    assert history.marks == ()
    history.mark("optimizer.lr", "learning rate", 0.1, 0.03)
    assert history.marks == (Mark(40, "learning rate 0.1 → 0.03"),)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (0.1, 0.03, "0.1 → 0.03"),
        (1e-05, 2.5e-10, "1e-5 → 2.5e-10"),
        (0.1 + 0.2, 1000000.0, "0.3 → 1000000"),
        (10, 20, "10 → 20"),
        (False, True, "off → on"),
        (None, 0.5, "– → 0.5"),
        ("5 %", "10 %", "5 % → 10 %"),
    ],
)
def test_values_are_written_as_short_as_they_are(before, after, text):
    history = make_history()
    history.mark("path", "knob", before, after)
    assert texts(history) == [f"knob {text}"]


def test_turning_on_and_on_is_one_mark_from_the_first_value_to_the_last():
    history = make_history(100)
    for before, after in ((0.1, 0.2), (0.2, 0.3), (0.3, 0.4)):
        history.mark("optimizer.lr", "rate", before, after)
        go_on(history, NEAR_STEPS, seconds=1000.0)
    assert history.marks == (Mark(100, "rate 0.1 → 0.4"),)


def test_turning_on_while_many_steps_are_taken_in_a_moment_is_one_mark():
    history = make_history(100)
    for before, after in ((0.1, 0.2), (0.2, 0.3), (0.3, 0.4)):
        history.mark("optimizer.lr", "rate", before, after)
        go_on(history, 700, seconds=NEAR_SECONDS)
    assert history.marks == (Mark(100, "rate 0.1 → 0.4"),)


def test_turning_again_later_is_another_mark():
    history = make_history(100)
    history.mark("optimizer.lr", "rate", 0.1, 0.2)
    go_on(history, NEAR_STEPS + 1, seconds=2 * NEAR_SECONDS)
    history.mark("optimizer.lr", "rate", 0.2, 0.3)
    assert history.marks == (Mark(100, "rate 0.1 → 0.2"), Mark(111, "rate 0.2 → 0.3"))


def test_knobs_turned_together_keep_a_mark_each():
    history = make_history()
    for i in range(3):
        history.mark("optimizer.lr", "rate", i, i + 1)
        history.mark("optimizer.momentum", "momentum", 10 * i, 10 * (i + 1))
        go_on(history, 1)
    assert history.marks == (Mark(0, "rate 0 → 3"), Mark(0, "momentum 0 → 30"))


def test_turning_back_before_a_step_was_taken_leaves_no_mark():
    history = make_history(7)
    history.mark("optimizer.lr", "rate", 0.1, 0.2)
    history.mark("optimizer.lr", "rate", 0.2, 0.1)
    assert history.marks == ()


def test_turning_back_after_steps_were_taken_is_a_mark_of_its_own():
    history = make_history(7)
    history.mark("optimizer.lr", "rate", 0.1, 0.2)
    go_on(history, 1)
    history.mark("optimizer.lr", "rate", 0.2, 0.1)
    assert history.marks == (Mark(7, "rate 0.1 → 0.2"), Mark(8, "rate 0.2 → 0.1"))


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("xyz"), st.integers(0, 3), st.integers(0, 30)), max_size=60))
def test_the_marks_of_a_knob_lead_from_its_first_value_to_its_last(turns):
    history, values = make_history(), dict.fromkeys("xyz", 0)
    for knob, value, steps in turns:
        if value != values[knob]:
            history.mark(knob, knob, values[knob], value)
            values[knob] = value
        go_on(history, steps, seconds=steps / 40)
    assert [m.step for m in history.marks] == sorted(m.step for m in history.marks)
    for knob, last in values.items():
        ways = [m.text.split()[1::2] for m in history.marks if m.text.startswith(knob)]
        value = "0"
        for before, after in ways:
            assert before == value
            assert after != value
            value = after
        assert value == str(last)


def test_marks_are_bounded_and_the_first_and_the_latest_are_kept():
    history = make_history()
    for i in range(5 * MARKS):
        history.mark("optimizer.lr", "rate", i, i + 1)
        go_on(history, 100, seconds=1.0)
        assert len(history.marks) <= MARKS
    steps = [mark.step for mark in history.marks]
    assert steps[0] == 0
    assert steps[-MARKS // 2 :] == list(range(500 * MARKS - 50 * MARKS, 500 * MARKS, 100))
    assert len(steps) > MARKS // 2
