"""The session: edits validated, merged, undone, reverted."""

import pytest

from nnplayground.experiment import Experiment
from nnplayground.experiment.shorthand import read_layers
from nnplayground.gui.session import Session
from tests.strategies import inside


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def session(clock) -> Session:
    return Session(Experiment(), clock)


def test_an_edit_changes_the_experiment_and_says_so(session, qtbot):
    before = session.experiment
    with qtbot.waitSignal(session.changed) as caught:
        assert session.edit("optimizer.lr", 0.5)
    assert session.experiment == before.replace("optimizer.lr", 0.5)
    assert caught.args == [before, session.experiment]


def test_a_value_that_is_not_allowed_changes_nothing_and_is_rejected_in_one_line(session, qtbot):
    before = session.experiment
    with qtbot.waitSignal(session.rejected) as caught:
        assert not session.edit("optimizer.lr", 50)
    path, message = caught.args
    assert session.experiment is before
    assert path == "optimizer.lr"
    assert "from 0 to 10" in message
    assert "\n" not in message
    assert not session.can_undo


def test_every_edit_can_be_undone_and_done_again(session):
    states = [session.experiment]
    for path, value in [("optimizer.lr", 0.5), ("network.activation", "relu"), ("data.kind", "iris")]:
        session.edit(path, value)
        states.append(session.experiment)
    for state in reversed(states[:-1]):
        session.undo()
        assert session.experiment == state
    assert not session.can_undo
    for state in states[1:]:
        session.redo()
        assert session.experiment == state
    assert not session.can_redo


def test_undo_with_nothing_to_undo_does_nothing(session):
    before = session.experiment
    session.undo()
    session.redo()
    assert session.experiment is before


def test_a_drag_of_one_slider_is_one_edit(session, clock):
    before = session.experiment
    for i in range(10):
        clock.now += 0.1
        session.edit("optimizer.lr", 0.1 + i / 100)
    session.undo()
    assert session.experiment == before


def test_two_turns_of_the_same_knob_with_time_between_are_two_edits(session, clock):
    session.edit("optimizer.lr", 0.5)
    first = session.experiment
    clock.now += 10
    session.edit("optimizer.lr", 0.6)
    session.undo()
    assert session.experiment == first


def test_a_new_edit_forgets_what_was_undone(session):
    session.edit("optimizer.lr", 0.5)
    session.undo()
    session.edit("optimizer.lr", 0.7)
    assert not session.can_redo


def test_an_edit_to_the_same_value_is_none(session):
    assert session.edit("optimizer.lr", session.experiment.optimizer.lr)
    assert not session.can_undo


@pytest.mark.parametrize("kind", inside("data"))
@pytest.mark.parametrize("loss", ["auto", "mse", "binary_cross_entropy", "cross_entropy"])
def test_any_data_set_can_be_chosen_whatever_loss_and_batch_size_went_before(session, kind, loss):
    session.edit("batches.size", 250)
    session.edit("loss.kind", loss)
    assert session.edit("data.kind", kind)
    assert session.experiment.data.kind == kind


def test_an_experiment_is_called_after_the_data_chosen_for_it(session):
    session.edit("data.kind", "iris")
    assert session.experiment.name == "Iris"
    session.undo()
    before = session.experiment
    assert session.edit("data.kind", before.data.kind)
    assert session.experiment is before


def test_a_loss_that_fits_the_new_data_stays(session):
    session.edit("loss.kind", "huber")
    session.edit("loss.delta", 0.25)
    session.edit("data.kind", "diabetes")
    assert session.experiment.loss.delta == 0.25


def test_a_refused_experiment_is_taken_back_for_good(session):
    good = session.experiment
    session.edit("optimizer.lr", 0.5)
    refused = session.experiment
    session.revert(refused, good)
    assert session.experiment == good
    session.undo()
    assert session.experiment == good


def test_a_refusal_of_something_else_than_the_experiment_changes_nothing(session, qtbot):
    with qtbot.assertNotEmitted(session.changed):
        session.revert(session.experiment, session.experiment)


def test_a_refusal_that_comes_too_late_changes_nothing(session):
    good = session.experiment
    session.edit("optimizer.lr", 0.5)
    refused = session.experiment
    session.edit("network.activation", "relu")
    now = session.experiment
    session.revert(refused, good)
    assert session.experiment == now


def test_data_that_are_no_images_take_along_the_dense_layers_alone(session):
    session.edit("data.kind", "digits")
    session.edit("network.layers", read_layers("conv 4, max pool 2, 16, 8"))
    before = session.experiment
    assert session.edit("data.kind", "spiral")
    assert session.experiment.network.layers == before.network.layers[-2:]
    session.undo()
    assert session.experiment == before
