"""The text of a replay: what is gathered before it, what is handed in, and what cannot be written down."""

from __future__ import annotations

import pytest
import torch
from torch import Generator

from nnplayground.engine.tape import Recorder, UntraceableError
from nnplayground.engine.torchscript import replay

X = torch.randn(10, 3, generator=Generator().manual_seed(1))
Y = torch.arange(10)


def one(*_) -> tuple[torch.Tensor]:
    return (torch.ones(2),)


@pytest.mark.parametrize("shape", [(7, 4), (7, 2, 4), (1, 1), (7, 3, 1)], ids=str)
def test_samples_are_gathered_by_rows_of_any_shape(shape):
    order = torch.randint(10, shape, generator=Generator().manual_seed(2))
    x, y = X[order[0]], Y[order[0]]
    recorder = Recorder([], [], [x, y])
    step = recorder.record(lambda: (x * 2, y + 1))
    (twice, more), epochs = replay(recorder, step, recorder.record(one), (X, Y))([], order, [], [False] * len(order))
    assert torch.equal(twice, X[order] * 2)
    assert torch.equal(more, Y[order] + 1)
    assert epochs == []


def test_series_are_cut_into_steps_and_evaluations_made_where_they_are_asked_for():
    total, rate, noise = torch.zeros(()), torch.tensor(0.5, dtype=torch.float64), torch.rand(2, 3)
    recorder = Recorder([total], [], [rate, noise])
    step = recorder.record(lambda: (total.add_(rate * noise.sum()) * 1,))
    evaluation = recorder.record(lambda: (total * 10,))
    rates, noises = torch.arange(1.0, 6.0, dtype=torch.float64), torch.rand(5, 2, 3)
    total.zero_()
    ends = [False, True, False, True, True]
    run = replay(recorder, step, evaluation, ())
    (totals,), epochs = run([], torch.zeros(5, 1, dtype=torch.int64), [rates, noises], ends)
    expected = (rates * noises.sum((1, 2))).cumsum(0).float()
    torch.testing.assert_close(totals, expected)
    torch.testing.assert_close(torch.stack(epochs), expected[torch.tensor(ends)] * 10)
    torch.testing.assert_close(total, expected[-1])


def test_blocks_of_any_length_follow_one_another():
    total, x = torch.zeros(2), torch.ones(2)
    recorder = Recorder([total], [], [x])
    step = recorder.record(lambda: (total.mul_(0.5).add_(x).sum(),))
    run = replay(recorder, step, recorder.record(one), ())
    series, found = torch.rand(20, 2), []
    for slices in ([20], [1] * 20, [3, 1, 16]):
        total.zero_()
        parts = [run([], torch.zeros(len(p), 1).long(), [p], [True] * len(p))[0][0] for p in series.split(slices)]
        found.append(torch.cat(parts))
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])


def test_what_is_made_in_a_block_wants_no_gradient():
    weight, x = torch.ones(3, requires_grad=True), torch.ones(3)
    recorder = Recorder([weight], [], [x])
    step = recorder.record(lambda: (weight * x,))
    (found,), _ = replay(recorder, step, recorder.record(one), ())([], torch.zeros(1, 1).long(), [x[None]], [True])
    assert not found.requires_grad
    assert not (found + 1).requires_grad


@pytest.mark.parametrize(
    "make",
    [
        lambda x: x * 1j,
        lambda x: torch.rand(3, generator=Generator().manual_seed(1)) + x,
        lambda x: x.view(1, 3, 1, 1, 1).clone(memory_format=torch.channels_last_3d),
    ],
)
def test_what_has_no_way_to_be_written_down_is_told(make):
    x = torch.ones(3)
    recorder = Recorder([], [], [x])
    step = recorder.record(lambda: (make(x),))
    with pytest.raises(UntraceableError, match=r"the step hands .* to an operation, which has no way to be written"):
        replay(recorder, step, recorder.record(one), ())
