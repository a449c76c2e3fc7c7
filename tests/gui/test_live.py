"""What the window makes of the thread's deliveries."""

import numpy as np
import pytest

from nnplayground.experiment import Experiment
from nnplayground.gui.live import Live, joined
from nnplayground.gui.views.view import before_training
from tests.gui.frames import make_chunk, make_history


@pytest.mark.parametrize("sizes", [(7,), (7, 5), (1, 30, 9)])
def test_chunks_appended_as_one_are_the_same_history(sizes):
    one_by_one, chunks = make_history(0), []
    for size in sizes:
        chunks.append(make_chunk(one_by_one, size))
        one_by_one.append(chunks[-1])
    at_once = make_history(0)
    at_once.append(joined(chunks))
    for ours, theirs in ((at_once.steps, one_by_one.steps), (at_once.epochs, one_by_one.epochs)):
        assert len(ours) == len(theirs)
        for name in ours.names:
            np.testing.assert_array_equal(ours.curve(name).mean, theirs.curve(name).mean)
    assert at_once.seconds == one_by_one.seconds


def test_a_frame_says_what_training_waits_for_once_it_is_asked_for_and_no_longer_once_it_trains(qtbot):
    live = Live(Experiment())
    told = []
    live.advanced.connect(lambda: told.append(before_training(live.frame)))
    live.take()
    assert before_training(live.frame) == "press space to train"
    live.set_running(True)
    assert told == ["starting PyTorch"]
    live.set_running(False)
    assert told[-1] == "press space to train"
    live.set_running(True)
    live.start()
    qtbot.waitUntil(lambda: live.steps > 0, timeout=60_000)
    assert live.frame.awaited == ""
    assert before_training(live.frame) == "press space to train"
    live.close()
