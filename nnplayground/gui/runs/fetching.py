"""What the stage's studies do, in threads of their own: read kept runs, bring moments, answer questions about them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from nnplayground.data import Cancelled, Dataset
from nnplayground.engine.probes import Reading, Request
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.messages import Built
from nnplayground.gui.views.view import Frame
from nnplayground.runs.moments import Stop, stops_of
from nnplayground.runs.trajectory import Trajectory, room

if TYPE_CHECKING:
    from nnplayground.engine.probing import Prober
    from nnplayground.engine.setup import Setup
    from nnplayground.engine.snapshot import Layout, Snapshot
    from nnplayground.runs.store import Row, Store

Networks = Callable[[], "Iterator[tuple[Prober, Snapshot]]"]


@dataclass(frozen=True, eq=False)
class Kept:
    """A run of the store as it is shown: at one of the networks that were kept of it."""

    path: Path
    row: Row
    prober: Prober
    stops: tuple[Stop, ...]  # of every network that was kept
    step: int  # of the one that is shown


@dataclass(frozen=True, eq=False)
class Seen:
    """One moment with the answers about it, as a study found them."""

    step: int
    frame: Frame
    prober: Prober


def opened(path: Path, row: Row, step: int | None, at_hand: tuple[Experiment, Dataset] | None) -> tuple[Kept, Frame]:
    """Read a run. Raises ExperimentError."""
    from nnplayground.engine.probing import Prober
    from nnplayground.runs.store import Store

    setup = _setup(row.experiment, at_hand)
    with Store(path, writable=False) as store:
        history, layout = store.history(row), setup.built.layout
        if not (stops := stops_of(store.snapshots(row), store.whole(row))):
            raise ExperimentError("no network of it was kept")
        first = store.snapshot(row, layout, 0)
        snapshot = store.snapshot(row, layout, row.steps if step is None else step)
        been = _trajectory(store, row, layout, stops)
    kept = Kept(path, row, Prober(setup, first), stops, snapshot.step)
    return kept, Frame(row.experiment, setup.dataset, history, snapshot, trajectory=been, moment=snapshot.step)


def _trajectory(store: Store, row: Row, layout: Layout, stops: Sequence[Stop]) -> Trajectory:
    """Return where the weights of a run have been, by the networks that were kept, as far as there is room."""
    trajectory, most = Trajectory(), room(layout.size)
    for stop in stops[:: max(-(-len(stops) // most), 1)] if most else ():
        with contextlib.suppress(ExperimentError):  # one that is damaged is told when it is looked at
            trajectory.add(store.snapshot(row, layout, stop.step))
    return trajectory


def seen_of_store(
    kept: Kept, base: Frame, step: int, requests: frozenset[Request], cancelled: Callable[[], bool]
) -> Seen:
    """Read another moment of a kept run. Raises ExperimentError."""
    from nnplayground.runs.store import Store

    with Store(kept.path, writable=False) as store:
        snapshot = store.snapshot(kept.row, kept.prober.built.layout, step)
    return _seen(kept.prober, base, snapshot, requests, cancelled)


def seen_in_hand(
    built: Built,
    prober: Prober | None,
    base: Frame,
    step: int,
    requests: frozenset[Request],
    cancelled: Callable[[], bool],
) -> Seen:
    """Look up a moment of the run in hand. Raises ExperimentError."""
    moment = built.moments.at(step)
    if moment is None:
        raise ExperimentError("it is not kept any more, to make room for later ones")
    return _seen(prober or _prober_of(built, base), base, moment.snapshot, requests, cancelled)


def spread(steps: Sequence[int], most: int) -> list[int]:
    """Return of ascending steps those nearest to so many that lie evenly between the first and the last."""
    even = np.linspace(steps[0], steps[-1], most)
    return sorted({min(steps, key=lambda step: abs(step - at)) for at in even.tolist()})


def _prober_of(built: Built, base: Frame) -> Prober:
    """Return what answers questions about the run in hand. Raises ExperimentError."""
    from nnplayground.engine.probing import Prober

    at_hand = (base.experiment, base.dataset) if base.dataset is not None else None
    return Prober(_setup(base.experiment, at_hand), built.first)


def networks_in_hand(
    built: Built, prober: Prober | None, base: Frame, steps: Sequence[int]
) -> Iterator[tuple[Prober, Snapshot]]:
    """Yield the networks of the run in hand that are kept of these steps."""
    prober = prober.alone() if prober is not None else _prober_of(built, base)
    for moment in map(built.moments.at, steps):
        if moment is not None:
            yield prober, moment.snapshot


def networks_of_store(kept: Kept, steps: Sequence[int]) -> Iterator[tuple[Prober, Snapshot]]:
    """Yield the networks of a kept run at these steps, but those that are damaged."""
    from nnplayground.runs.store import Store

    prober = kept.prober.alone()
    with Store(kept.path, writable=False) as store:
        for step in steps:
            snapshot = None
            with contextlib.suppress(ExperimentError):
                snapshot = store.snapshot(kept.row, prober.built.layout, step)
            if snapshot is not None:
                yield prober, snapshot


def _seen(
    prober: Prober, base: Frame, snapshot: Snapshot, requests: frozenset[Request], cancelled: Callable[[], bool]
) -> Seen:
    readings = answers_of(prober, snapshot, requests, cancelled)
    return Seen(snapshot.step, replace(base, snapshot=snapshot, readings=readings, moment=snapshot.step), prober)


def _setup(experiment: Experiment, at_hand: tuple[Experiment, Dataset] | None) -> Setup:
    """Return what an experiment comes down to; weights of a file, with which it began, need not be there any more."""
    import torch

    from nnplayground.engine.setup import Setup, data_of

    same = at_hand is not None and data_of(at_hand[0]) == data_of(experiment)
    dataset = at_hand[1] if at_hand is not None and same else None
    return Setup.of(experiment.replace("transfer.weights", ""), torch.device("cpu"), dataset)


def answers_of(
    prober: Prober, snapshot: Snapshot, requests: frozenset[Request], cancelled: Callable[[], bool]
) -> dict[Request, Reading]:
    """Return the answers that there are. Raises Cancelled."""
    found = {}
    for request in requests:
        if cancelled():
            raise Cancelled
        answer = prober.answer(request, snapshot)
        if answer is not None:
            found[request] = answer
    return found
