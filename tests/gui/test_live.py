"""What the window makes of the thread's deliveries."""

import numpy as np
import pytest

from nnplayground.gui.live import joined
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
