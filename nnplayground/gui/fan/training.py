"""The training of a fan, in a study's thread: values whose networks fit are stacked, the stacks go on by turns."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nnplayground.data import Cancelled, Dataset
from nnplayground.engine.probes import OutputMap, OutputRequest
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.fan.mailbox import Mailbox, Piece, Result
from nnplayground.gui.fan.plan import Plan
from nnplayground.gui.fan.words import field_of, name_of, translated

if TYPE_CHECKING:
    from nnplayground.engine import Population
    from nnplayground.engine.chunk import Chunk
    from nnplayground.engine.probing import Prober
    from nnplayground.engine.setup import Setup
    from nnplayground.gui.fan.keeping import KeptMembers

TURN_SECONDS = 0.05  # that a stack is trained before the next one has its turn
MAPS_EVERY = 0.1  # seconds
MAPS_SECONDS = 0.02  # of answering in one go
MAP = OutputRequest(60)
MOST_BYTES = 4 * 2**30
COPIES = 12  # of the parameters that a member needs: state, best, averages, gradients, and what is taken back

Report = Callable[[float, str], None]


@dataclass(eq=False)
class Stack:
    """Values whose networks have the same shapes, all seeds of each, trained as one."""

    values: tuple[int, ...]
    seeds: int
    population: Population
    last: int  # step
    probers: dict[int, Prober]
    shown: dict[int, int] = field(default_factory=dict)  # the step of each value's map

    @property
    def share(self) -> float:
        """How far it is, from 0 to 1."""
        done = self.population.step >= self.last or self.population.stopped_by is not None
        return 1.0 if done else self.population.step / self.last

    def advance(self, mailbox: Mailbox) -> Chunk:
        """Train for a turn, and tell of it; return what was done."""
        population = self.population
        chunk = population.advance(steps=self.last - population.step, seconds=TURN_SECONDS)
        mailbox.post(Piece(self.values, chunk, population.steps_per_epoch, tuple(population.diverged.tolist())))
        return chunk

    def conclude(self, mailbox: Mailbox) -> None:
        """Tell how good its members are at their end: of the best epoch, where the experiment says that it is kept."""
        self.population.restore_best()
        self.shown.clear()
        train, validation, _, _ = self.population.evaluate()
        mailbox.conclude(Result(self.values, train, validation))

    def show(self, value: int, mailbox: Mailbox) -> None:
        """Tell what a value's first network answers now."""
        snapshot = self.population.snapshot(self.values.index(value) * self.seeds)
        found = self.probers[value].answer(MAP, snapshot)
        self.shown[value] = self.population.step
        if isinstance(found, OutputMap):
            mailbox.show(value, found)


def train(
    plan: Plan,
    at_hand: tuple[Experiment, Dataset] | None,
    mailbox: Mailbox,
    report: Report,
    cancelled: Callable[[], bool],
    store: Path | None = None,
) -> None:
    """Train every member of a plan until its end, or until the mailbox says so. `at_hand` saves loading data.

    Where there is a `store`, every member is kept as a run of it; why that cannot be done, the mailbox is told.
    Raises Cancelled, and ExperimentError where no value can be trained, or not all together.
    """
    import torch

    torch.set_num_threads(1)
    stacks = _stacks(plan, at_hand, mailbox, report, cancelled)
    torch.set_num_threads(_threads(stacks))
    kept = _kept(plan, stacks, store)
    try:
        _advance(stacks, mailbox, report, cancelled, kept)
        _conclude(stacks, mailbox, cancelled, kept)
    finally:
        if kept is not None:
            kept.finish([stack.population for stack in stacks])
            mailbox.tell_kept(kept.fault)


def _kept(plan: Plan, stacks: Sequence[Stack], store: Path | None) -> KeptMembers | None:
    """Enter all members into a store, where there is one."""
    if store is None:
        return None
    from nnplayground.gui.fan.keeping import TAG, KeptMembers
    from nnplayground.runs.store.labels import Label

    words = translated("Fan over {0}, {1} values").format(
        name_of(field_of(plan.experiment, plan.path)), len(plan.values)
    )
    kept = KeptMembers(store, Label(TAG, words))
    for stack in stacks:
        kept.begin(stack.population)
    return kept


def _advance(
    stacks: Sequence[Stack],
    mailbox: Mailbox,
    report: Report,
    cancelled: Callable[[], bool],
    kept: KeptMembers | None,
) -> None:
    """Train all to their ends by turns. Raises Cancelled."""
    answered = time.monotonic()
    while not mailbox.stopped:
        if cancelled():
            raise Cancelled
        if not mailbox.has_room():
            continue
        stack = min(stacks, key=lambda stack: stack.share)
        if stack.share >= 1:
            break
        chunk = stack.advance(mailbox)
        if kept is not None:
            kept.after(stack.population, chunk)
        if time.monotonic() - answered >= MAPS_EVERY:
            _answer(stacks, mailbox)
            answered = time.monotonic()
        report(sum(stack.share for stack in stacks) / len(stacks), "")


def _answer(stacks: Sequence[Stack], mailbox: Mailbox) -> None:
    """Answer what is wanted, what is oldest first, for a moment."""
    until, wanted = time.monotonic() + MAPS_SECONDS, mailbox.wanted
    own = [(stack, value) for stack in stacks for value in stack.values if value in wanted]
    for stack, value in sorted(own, key=lambda pair: pair[0].shown.get(pair[1], -1)):
        if time.monotonic() > until:
            return
        if stack.shown.get(value) != stack.population.step:
            stack.show(value, mailbox)


def _conclude(
    stacks: Sequence[Stack], mailbox: Mailbox, cancelled: Callable[[], bool], kept: KeptMembers | None
) -> None:
    """Tell of every member where it ended: nobody can be asked any more, so also of those out of sight."""
    for stack in stacks:
        if kept is not None:
            kept.keep_networks(stack.population, "last")
        stack.conclude(mailbox)
        if kept is not None:
            kept.keep_networks(stack.population, "best")
        for value in stack.values:
            if cancelled():
                raise Cancelled
            if stack.shown.get(value) != stack.population.step or value in mailbox.wanted:
                stack.show(value, mailbox)


def _threads(stacks: Sequence[Stack]) -> int:
    from nnplayground.engine.devices import threads_for

    return threads_for(max(stack.population.work for stack in stacks))


# building


def _stacks(
    plan: Plan,
    at_hand: tuple[Experiment, Dataset] | None,
    mailbox: Mailbox,
    report: Report,
    cancelled: Callable[[], bool],
) -> list[Stack]:
    """Build all networks, those first together that fit each other."""
    from nnplayground.engine.group import kind_of

    setups = _setups(plan, at_hand, mailbox, report, cancelled)
    kinds: dict[object, list[int]] = {}
    for value, setup in setups.items():
        kinds.setdefault(kind_of(setup), []).append(value)
    _check_memory(setups, len(plan.pairs))
    stacks: list[Stack] = []
    for values in kinds.values():
        if cancelled():
            raise Cancelled
        report(-1.0, "")
        try:
            stacks.append(_stack(plan, values, setups))
        except ExperimentError as error:
            for value in values:
                mailbox.refuse(value, str(error))
            continue
        for value in values:
            mailbox.begin(value, setups[value].dataset)
    if not stacks:
        raise ExperimentError("none of these values can be trained")
    return stacks


def _setups(
    plan: Plan,
    at_hand: tuple[Experiment, Dataset] | None,
    mailbox: Mailbox,
    report: Report,
    cancelled: Callable[[], bool],
) -> dict[int, Setup]:
    """Return what each value that can be trained comes down to; those on the same data share it."""
    import torch

    from nnplayground.data import load
    from nnplayground.engine.setup import Setup, data_of

    known: dict[object, Setup] = {}
    datasets: dict[object, Dataset] = {} if at_hand is None else {data_of(at_hand[0]): at_hand[1]}
    found = {}
    for value in range(len(plan.values)):
        if cancelled():
            raise Cancelled
        try:
            member = plan.member(value)
            data = data_of(member)
            if data not in datasets:
                datasets[data] = load(member.data, member.seeds.data, report, cancelled)
            key = data, member.loss, member.output
            like = known.get(key)
            device = torch.device("cpu")
            found[value] = Setup.of(member, device, datasets[data]) if like is None else like.variant(member)
            known.setdefault(key, found[value])
        except ExperimentError as error:
            mailbox.refuse(value, str(error))
    return found


def _stack(plan: Plan, values: Sequence[int], setups: dict[int, Setup]) -> Stack:
    from nnplayground.engine import Population
    from nnplayground.engine.probing import Prober
    from nnplayground.engine.setup import data_of

    own, seeds = [plan.values[value] for value in values], plan.own_pairs
    first = setups[values[0]]
    same = data_of(first.experiment) == data_of(plan.experiment)  # else all values of the stack are one data set
    base = plan.experiment if same else first.experiment
    population = Population(base, over=plan.path, values=own, seeds=seeds, device="cpu", dataset=first.dataset)
    last = plan.steps if plan.steps is not None else (plan.epochs or 1) * population.steps_per_epoch
    count = len(plan.pairs)
    probers = {value: Prober(setups[value], population.snapshot(i * count)) for i, value in enumerate(values)}
    return Stack(tuple(values), count, population, min(last, population.last_step), probers)


def _check_memory(setups: dict[int, Setup], seeds: int) -> None:
    """Raise ExperimentError where all networks together would need more memory than a fan may take."""
    from nnplayground.engine.evaluation import rows_for

    needed = 0
    for setup in setups.values():
        rows = max(len(setup.dataset.train), len(setup.dataset.validation))
        state = COPIES * setup.built.layout.size
        needed += 4 * seeds * (state + 2 * min(rows, rows_for(setup.built)) * setup.built.widest)
    if needed > MOST_BYTES:
        gigabytes = needed / 2**30
        raise ExperimentError(
            f"these networks would need about {gigabytes:.1f} GB of memory together; allowed: "
            f"{MOST_BYTES / 2**30:.0f} GB, so fewer values or fewer seeds"
        )
