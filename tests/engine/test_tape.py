"""Functions recorded once: a replay gives what calling them again gives, and runs no more than it has to."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from nnplayground.engine.tape import Recorder, Tape, UntraceableError
from nnplayground.engine.torchscript import replay

ATEN = torch.ops.aten
SIZE, STEPS = 3, 4
CONSTANT = torch.linspace(-1, 1, SIZE * SIZE).view(SIZE, SIZE)

Function = Callable[
    [Tensor, Tensor, Tensor], Tensor | tuple[Tensor, ...]
]  # of a persistent one, a knob, a changing one


def chance(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def listed(outputs: Tensor | Sequence[Tensor]) -> tuple[Tensor, ...]:
    return (outputs,) if isinstance(outputs, Tensor) else tuple(outputs)


def recorded(function: Function) -> tuple[Recorder, Tape, Tensor]:
    """Return the recorder, the tape, and the persistent tensor, as it was before."""
    kept, knob, changing = chance(1, SIZE, SIZE), torch.tensor(0.25, dtype=torch.float64), chance(2, SIZE, SIZE)
    before = kept.clone()
    recorder = Recorder([kept], [knob], [changing])
    tape = recorder.record(lambda: listed(function(kept, knob, changing)))
    kept.copy_(before)
    return recorder, tape, kept


def called(function: Function, kept: Tensor, knob: Tensor, series: Tensor) -> list[Tensor]:
    """Call a function for each of a series; return its outputs, stacked, and what became of the persistent tensor."""
    found = [[output.detach().clone() for output in listed(function(kept, knob, x))] for x in series.clone()]
    return [*(torch.stack(column) for column in zip(*found, strict=True)), kept]


def assert_replayed(function: Function) -> Tape:
    """See that replays with other inputs and other knobs than those recorded are what plain calls are."""
    recorder, tape, kept = recorded(function)
    other = Recorder([kept], [], [])
    run = replay(recorder, tape, other.record(lambda: (kept.sum(),)), ())
    reference = kept.clone()
    for block, value in enumerate((0.5, -1.5)):
        knob, series = torch.tensor(value, dtype=torch.float64), chance(10 + block, STEPS, SIZE, SIZE)
        expected = called(function, reference, knob.clone(), series)
        order, ends = torch.zeros(STEPS, 1, dtype=torch.int64), [i % 2 == 1 for i in range(STEPS)]
        outputs, sums = run([knob.clone()], order, [series.clone()], ends)
        for mine, theirs in zip([*outputs, kept], expected, strict=True):
            assert mine.dtype == theirs.dtype
            torch.testing.assert_close(mine, theirs, equal_nan=True)
        assert len(sums) == sum(ends)
        torch.testing.assert_close(sums[-1], reference.sum(), equal_nan=True)
    return tape


def functions(operations) -> list[str]:
    return [operation.function._schema.name.removeprefix("aten::") for operation in operations]


# small functions by what is tricky about them


def _numbered(w, k, x):
    total = torch.tensor(1.0)
    total.add_(x.sum())
    return total * k


def _cleared_view(w, k, x):
    whole = torch.zeros(SIZE, SIZE)
    whole[1].add_(x[0])
    return whole


def _unsafely_viewed(w, k, x):
    whole = k * CONSTANT
    ATEN._unsafe_view(whole, [SIZE * SIZE]).add_(x.flatten())
    return whole


def _filled(w, k, x):
    whole = torch.ones_like(x)
    whole.mul_(x).sub_(k)
    return whole


def _turned(w, k, x):
    scaled = k * CONSTANT
    first = scaled.sum()
    scaled.add_(x)
    return first, scaled.sum()


def _read_around_a_write(w, k, x):
    view = w.view(-1)
    before = view * 2
    w.add_(x)
    return before, view * 2, w.t() @ x


def _written_through_a_view(w, k, x):
    total = w.sum()
    w[0].mul_(0.5)
    w.t()[2].copy_(x[1])
    return total, w.sum()


def _written_through_detach(w, k, x):
    w.detach().detach().add_(x)
    return w * k


def _norm_of_its_own(w, k, x):
    mean, variance = torch.zeros(SIZE), torch.ones(SIZE)
    outputs = F.batch_norm(x, mean, variance, training=True)
    return outputs, mean, variance


def _norm_that_stays(w, k, x):
    outputs = F.batch_norm(x, w[0], w[1].abs_(), w[2], None, training=True)
    return outputs, F.batch_norm(x, w[0], w[1])


def _norm_nobody_looks_at(w, k, x):
    F.batch_norm(x, w[0], w[1], training=True)
    return w.sum()


def _learned(w, k, x):
    leaf = w.detach().requires_grad_()
    loss = (torch.tanh(x @ leaf.t()) ** 2).mean() * k
    (gradient,) = torch.autograd.grad(loss, [leaf])
    w.sub_(gradient)
    return loss.detach()


def _learned_by_parts(w, k, x):
    leaves = [part.detach().requires_grad_() for part in (w[:2], w[2:])]
    loss = torch.sigmoid(x @ leaves[0].t()).sum() * k + (x @ leaves[1].t()).square().sum()
    gradient = torch.cat([part.reshape(-1) for part in torch.autograd.grad(loss, leaves)])
    gradient.add_(w.view(-1))
    w.view(-1).sub_(gradient * 0.1)
    return gradient.norm(), gradient.clone()


def _unwanted_gradients(w, k, x):
    leaf = w.detach().requires_grad_()
    outputs = F.batch_norm(x * leaf, None, None, training=True)
    return torch.autograd.grad(outputs.square().sum() * k, [leaf])[0]


def _stacked(w, k, x):
    return torch.vmap(lambda row, other: torch.outer(row, other).sum(0) * k)(w, x)


def _gathered(w, k, x):
    return torch.cat([(w @ x).reshape(-1), x.sum(0), torch.linalg.vector_norm(x).reshape(1)]) * k


def _gathered_and_used(w, k, x):
    product = w @ x
    return torch.cat([product, x]) * k, product + 1


def _gathered_twice(w, k, x):
    product = w @ x
    return torch.cat([product, product]) * k + torch.cat([x, product], dim=1).sum()


def _gathered_within(w, k, x):
    inner = torch.cat([w @ x, x @ w])
    return torch.cat([inner, x]) * k


def _gathered_and_written(w, k, x):
    whole = torch.cat([w @ x, x])
    whole.mul_(2)[0].add_(1)
    return whole.sum(0)


def _gathered_and_handed_out(w, k, x):
    return torch.cat([w @ x, x]), torch.cat([x @ w, x])[1:].t(), torch.cat([x @ x, x]).view(-1).view(2, -1)


def _gathered_from_types(w, k, x):
    return torch.cat([w @ x, x.double()]) * k


def _gathered_beside(w, k, x):
    return torch.cat([(w @ x).view(-1).view(SIZE, SIZE), x.sum(0).view(SIZE, 1), x], dim=-1).sin()


def _gathered_in_another_shape(w, k, x):
    sums = torch.stack([x, x]).sum(0).sum([0], True).view(SIZE, 1)
    return torch.cat([sums, (w @ x).sum([1], True)], dim=1).cos()


def _gathered_constants(w, k, x):
    return torch.cat([CONSTANT @ CONSTANT, k * CONSTANT.float(), w]) * 2


def _turned_over(w, k, x):
    return x.t().t() + w.t().t().t(), x[0].t().t()


def _reshaped_to_the_same(w, k, x):
    return x.view(SIZE, SIZE).reshape(SIZE, SIZE).mul_(2), x.unsqueeze(0).view(1, SIZE, SIZE)


def _cut(w, k, x):
    first, second, third = x.unbind(0)
    left, *_ = (x * w).split([1, 2], dim=1)
    return first * third + second, left, *x.chunk(2), F.glu(torch.cat([x, x]), 0)


def _extremes(w, k, x):
    masked = x.masked_fill(x > 0, float("nan"))
    return masked, x.clamp(min=float("-inf")) * float("inf"), x.clamp(max=0.25), torch.full_like(x, -0.0) + 1e-45


def _numbers_of_all_kinds(w, k, x):
    rooted = (x**2).sum(-1, keepdim=True).sqrt().to(torch.float64) + torch.arange(SIZE)
    return rooted, x.argmax(1), x > 0, (x > 0).any(), x.to(torch.int64), torch.where(x > 0, x, 0.0), 1 - x / 3


def _inputs(w, k, x):
    return x, k, CONSTANT


CASES = [value for name, value in list(globals().items()) if name.startswith("_") and getattr(value, "__code__", None)]


@pytest.mark.parametrize("function", CASES, ids=[function.__name__.strip("_") for function in CASES])
def test_a_replay_is_what_calling_again_is(function):
    assert_replayed(function)


# and any others

NEW = {
    "sum": lambda a, b: a + 0.5 * b,
    "product": lambda a, b: torch.tanh(a * b),
    "matrix product": lambda a, b: torch.tanh(a @ b),
    "transpose": lambda a, _b: a.t(),
    "detach": lambda a, _b: a.detach(),
    "clone": lambda a, _b: a.clone(),
    "reshape": lambda a, _b: a.reshape(-1).view(SIZE, SIZE),
    "unsafe view": lambda a, _b: ATEN._unsafe_view(a.contiguous(), [SIZE, SIZE]),
    "rows": lambda a, b: torch.cat([a, b])[1 : 1 + SIZE],
    "numbers": lambda a, b: torch.cat([a.reshape(-1), (a @ b).reshape(-1)])[SIZE * SIZE :].view(SIZE, SIZE),
    "columns": lambda a, b: torch.cat([a @ b, b], dim=1)[:, 1 : 1 + SIZE],
    "sums": lambda a, b: torch.cat([a.sum([0]), b.sum([1]), b[1]]).view(SIZE, SIZE),
    "zeros": lambda a, _b: torch.zeros_like(a),
    "full": lambda a, _b: torch.full_like(a, 0.25),
    "number": lambda _a, _b: torch.tensor(0.5).expand(SIZE, SIZE).clone(),
    "list": lambda a, b: torch.stack([a, b]).unbind(0)[1],
}
IN_PLACE = {
    "scale": lambda a, b: a.mul_(0.5).add_(b),
    "row": lambda a, b: a[1].sub_(b[0]),
    "copy": lambda a, b: a.copy_(b),
    "tanh": lambda a, _b: torch.tanh_(a.t()),
    "within": lambda a, b: a.detach().view(SIZE, SIZE).add_(b.sum()).mul_(0.25),
}
LINES = st.tuples(st.sampled_from([*NEW, *IN_PLACE]), st.integers(0, 20), st.integers(0, 20))


def memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr()


def program(lines: list[tuple[str, int, int]]) -> Function:
    """Return a function that takes these lines, each with results of earlier ones, and hands out the last ones.

    It writes to its own tensors and to the persistent and changing one, but neither to the knob's nor to constants.
    """

    def function(w, k, x):
        pool = [w, x, CONSTANT, k * torch.ones(SIZE, SIZE).double()]
        pool[-1] = pool[-1].float()
        for name, i, j in lines:
            first, second = pool[-1 - i % len(pool)], pool[-1 - j % len(pool)]
            if name in NEW:
                pool.append(NEW[name](first, second))
            elif memory(first) != memory(CONSTANT) and first.is_contiguous():
                IN_PLACE[name](first, second.clone() if memory(second) == memory(first) else second)
        stays = (memory(w), memory(CONSTANT))  # what is handed out is to be new at every step
        return tuple(tensor.clone() if memory(tensor) in stays else tensor for tensor in pool[-3:])

    return function


@settings(max_examples=150)
@given(st.lists(LINES, min_size=1, max_size=12))
def test_any_function_is_replayed_as_it_is_called(lines):
    assert_replayed(program(lines))


# no more than has to be


def _constants(w, k, x):
    return x * (CONSTANT.exp() + 1).sum()


def test_what_hangs_on_constants_alone_is_computed_once():
    tape = assert_replayed(_constants)
    assert (functions(tape.block), functions(tape.step)) == ([], ["mul"])


def _knobs(w, k, x):
    return x * (k.exp() + 1).view(1)


def test_what_hangs_on_knobs_is_computed_once_a_block():
    tape = assert_replayed(_knobs)
    assert (functions(tape.block), functions(tape.step)) == (["exp", "add", "view"], ["mul"])


def _views(w, k, x):
    return w.t()[1].view(1, SIZE) * x


def test_a_view_of_what_stays_in_its_place_is_made_once():
    assert functions(assert_replayed(_views).step) == ["mul"]


def _unused(w, k, x):
    w.exp()
    x.detach().sum()
    w.add_(x).neg()
    return x.neg()


def test_what_nobody_looks_at_is_left_out_but_not_what_it_changes():
    assert functions(assert_replayed(_unused).step) == ["add_", "neg"]


def test_transposing_twice_and_reshaping_to_the_same_are_left_out():
    assert functions(assert_replayed(_turned_over).step) == ["add", "select"]
    assert functions(assert_replayed(_reshaped_to_the_same).step) == ["mul_", "unsqueeze"]


def test_what_is_made_to_be_concatenated_is_written_to_its_place():
    assert functions(assert_replayed(_gathered).step) == ["mm", "sum", "linalg_vector_norm", "mul"]
    assert functions(assert_replayed(_gathered_beside).step) == ["mm", "sum", "copy_", "sin"]


def test_what_others_look_at_too_is_copied_to_its_place():
    assert functions(assert_replayed(_gathered_and_used).step) == ["mm", "copy_", "copy_", "mul", "add"]


def _shapes(w, k, x):
    return torch.ones_like(x) * 2, torch.zeros_like(w) + x


def test_what_looks_at_shapes_alone_is_made_once():
    assert functions(assert_replayed(_shapes).step) == ["add"]


def test_random_numbers_are_drawn_at_every_step():
    recorder, tape, kept = recorded(lambda _w, _k, _x: (torch.rand(2), torch.rand_like(CONSTANT)))
    run = replay(recorder, tape, Recorder([], [], []).record(lambda: (kept.sum(),)), ())
    series = [chance(3, STEPS, SIZE, SIZE)]
    found, _ = run([torch.tensor(1.0)], torch.zeros(STEPS, 1, dtype=torch.int64), series, [False] * STEPS)
    for numbers in found:
        assert len(numbers.unique()) == numbers.numel()


def test_a_recording_keeps_no_results_in_memory():
    made: list[weakref.ref[Tensor]] = []

    def function(w, k, x):
        result = torch.tanh(x @ w)
        made.append(weakref.ref(result.untyped_storage()))
        return result * 2

    _, tape, _ = recorded(function)
    gc.collect()
    assert functions(tape.step) == ["mm", "tanh", "mul"]
    assert made[0]() is None


# what cannot be recorded


@pytest.mark.parametrize(
    "look",
    [
        lambda x: x * x.sum().item(),
        lambda x: x if x.sum() > 0 else -x,
        lambda x: x * float(x.max()),
        lambda x: x[: int(x.argmax())],
        lambda x: x if torch.equal(x, x + 1) else -x,
    ],
)
def test_a_function_that_looks_at_numbers_in_python_is_not_recorded(look):
    with pytest.raises(UntraceableError, match="looks at numbers in Python"):
        recorded(lambda _w, _k, x: look(x))


def test_two_functions_share_what_stays_in_its_place():
    kept, knob, x = chance(1, SIZE, SIZE), torch.tensor(2.0), chance(2, SIZE, SIZE)
    recorder = Recorder([kept], [knob], [x])
    tape = recorder.record(lambda: (kept.add_(x).sum(),))
    look = recorder.record(lambda: (kept.t().sum() * knob + CONSTANT.sum(),))
    before = kept.clone()
    series = chance(3, STEPS, SIZE, SIZE)
    _, looks = replay(recorder, tape, look, ())([knob * 2], torch.zeros(STEPS, 1).long(), [series], [True] * STEPS)
    expected = [(before + series[: i + 1].sum(0)).sum() * 4 + CONSTANT.sum() for i in range(STEPS)]
    torch.testing.assert_close(torch.stack(looks), torch.stack(expected))
