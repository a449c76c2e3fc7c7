"""The moments of a run that can be returned to: its network, and where memory allows its training's whole state."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from nnplayground.engine.snapshot import Snapshot
from nnplayground.experiment import Experiment
from nnplayground.runs.thinning import superfluous

MOST = 256  # moments: about 16 for each doubling of the steps
NETWORK_BYTES, STATE_BYTES = 64 * 2**20, 128 * 2**20  # of all networks, and of all states, that are not marked
MOST_MARKED, MARKED_BYTES = 64, 256 * 2**20  # marked ones are always kept; beyond these no more can be marked


@dataclass(frozen=True)
class Stop:
    """A moment as it is chosen from: when it was, why it is kept, and whether training goes on from it to the bit."""

    step: int
    epoch: int
    why: frozenset[str]  # of "first", "best", "last", "marked"; empty where it is one of many
    whole: bool  # the state of training was kept, not the network alone


@dataclass(frozen=True, eq=False)
class Moment:
    """A network that was kept, and from where its training can go on."""

    snapshot: Snapshot
    experiment: Experiment  # as it was then: live knobs may have been turned since
    state: Mapping[str, Any] | None = None  # a trainer's `state_dict`, never written to again; None: the network alone
    why: frozenset[str] = field(default_factory=frozenset)

    @property
    def stop(self) -> Stop:
        """What is told of it."""
        return Stop(self.snapshot.step, self.snapshot.epoch, self.why, self.state is not None)


def stops_of(kept: Iterable[tuple[int, int, str]], whole: frozenset[int]) -> tuple[Stop, ...]:
    """Return the stops of (step, epoch, why) of networks, one for each step; `whole` are those whose state was kept."""
    found: dict[int, Stop] = {}
    for step, epoch, why in sorted(kept):
        before = found[step].why if step in found else frozenset()
        found[step] = Stop(step, epoch, before | ({why} - {"kept"}), step in whole)
    return tuple(found.values())


class Moments:
    """Those of one run, in bounded memory, in the order of their steps. Any thread may ask, and any may add.

    Thinned as a store's are: the first, the best, the newest and the marked ones stay. States are given up before
    networks, since a state takes several times the room.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[int, Moment] = {}
        self._best: Moment | None = None
        self.version = 0  # another one whenever anything has changed

    def add(self, moment: Moment) -> None:
        """Keep a moment, in place of another of the same step. Those after it are forgotten: it was gone back."""
        with self._lock:
            step = moment.snapshot.step
            before = self._kept.get(step)
            if before is not None:
                moment = replace(moment, why=moment.why | before.why)
            self._kept = {at: kept for at, kept in self._kept.items() if at < step} | {step: moment}
            self._thin()
            self.version += 1

    def set_best(self, moment: Moment) -> None:
        """Keep the best epoch's, in place of the one before."""
        with self._lock:
            self._best = moment
            self.version += 1

    @property
    def best(self) -> Moment | None:
        """That of the best epoch, as far as it is known."""
        return self._best

    def mark(self, moment: Moment) -> bool:
        """Keep a moment for good, with the state that is known of it; return False where no more can be marked."""
        with self._lock:
            step = moment.snapshot.step
            before, best = self._kept.get(step), self._best
            known = (before, best if best is not None and best.snapshot.step == step else None, moment)
            state = next((each.state for each in known if each is not None and each.state is not None), None)
            marked = [kept for kept in self._kept.values() if "marked" in kept.why and kept is not before]
            room = sum(map(_size, marked)) + network_bytes(moment.snapshot) <= MARKED_BYTES
            if len(marked) >= MOST_MARKED or not room:
                return False
            why = (before.why if before is not None else frozenset()) | {"marked"}
            self._kept[step] = replace(moment, state=state, why=why)
            self._kept = dict(sorted(self._kept.items()))
            self._thin()
            self.version += 1
            return True

    def at(self, step: int) -> Moment | None:
        """Return the moment of that step, or None where it is not kept any more."""
        with self._lock:
            best = self._best
            found = self._kept.get(step)
            if best is not None and best.snapshot.step == step:
                whole = best if found is None or found.state is None else found
                return replace(whole, why=(found.why if found is not None else best.why) | {"best"})
            return found

    def until(self, step: int) -> list[Moment]:
        """Return those up to a step, the best one only where it is among them."""
        with self._lock:
            return [moment for at, moment in self._kept.items() if at <= step]

    @property
    def stops(self) -> tuple[Stop, ...]:
        """What can be chosen from, in the order of steps."""
        with self._lock:
            found = {step: moment.stop for step, moment in self._kept.items()}
            if self._best is not None:
                own = self._best.stop
                known = found.get(own.step, own)
                found[own.step] = replace(known, why=known.why | {"best"}, whole=known.whole or own.whole)
            return tuple(found[step] for step in sorted(found))

    @property
    def nbytes(self) -> int:
        """The bytes that are held."""
        with self._lock:
            return sum(map(_size, [*self._kept.values(), *([self._best] if self._best is not None else [])]))

    def _thin(self) -> None:
        held = frozenset(step for step, moment in self._kept.items() if moment.why)
        networks = [(step, network_bytes(m.snapshot)) for step, m in self._kept.items() if "marked" not in m.why]
        for step in superfluous(networks, MOST, NETWORK_BYTES, held):
            del self._kept[step]
        states = [(step, state_bytes(m.state)) for step, m in self._kept.items() if m.state is not None]
        for step in superfluous(states, MOST + MOST_MARKED, STATE_BYTES):
            self._kept[step] = replace(self._kept[step], state=None)


def network_bytes(snapshot: Snapshot) -> int:
    """Return the bytes of a network."""
    return int(snapshot.parameters.nbytes + snapshot.buffers.nbytes)


def state_bytes(state: Mapping[str, Any]) -> int:
    """Return the bytes of a training's state: of its tensors, beside which the rest is nothing."""
    tensors: Sequence[Any] = [*state.values(), *state["slots"].values()]
    return sum(int(value.nbytes) for value in tensors if hasattr(value, "nbytes"))


def _size(moment: Moment) -> int:
    return network_bytes(moment.snapshot) + (state_bytes(moment.state) if moment.state is not None else 0)
