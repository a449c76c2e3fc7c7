"""What of a run waits to be written: rows that fill no chunk yet, networks, states, and columns of its row."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from nnplayground.engine.snapshot import Snapshot
from nnplayground.runs.moments import network_bytes, state_bytes
from nnplayground.runs.store import coding
from nnplayground.runs.thinning import superfluous


@dataclass(eq=False)
class Tail:
    """The rows of a kind that are not in a whole chunk yet."""

    start: int  # rows before them
    rows: list[coding.Floats] = field(default_factory=list)
    written: int = 0  # of them, how many the store has


@dataclass(eq=False)
class Pending:
    """What waits to be written, beside rows."""

    snapshots: list[tuple[Snapshot, str]] = field(default_factory=list)
    moments: dict[int, tuple[Mapping[str, Any], str]] = field(default_factory=dict)  # states and experiments by step
    state: tuple[Mapping[str, Any], str] | None = None
    values: dict[str, object] = field(default_factory=dict)  # columns of the run's row

    @property
    def waits(self) -> bool:
        """Whether there is anything."""
        return bool(self.snapshots or self.moments or self.state or self.values)

    @property
    def size(self) -> int:
        """Bytes of networks and of moments' states."""
        networks = sum(network_bytes(snapshot) for snapshot, _ in self.snapshots)
        return networks + sum(state_bytes(state) for state, _ in self.moments.values())

    def put_first(self, earlier: Pending) -> None:
        """Put what could not be written before what came meanwhile."""
        self.snapshots = earlier.snapshots + self.snapshots
        self.state = self.state or earlier.state
        self.moments = earlier.moments | self.moments
        self.values = {**earlier.values, **self.values}

    def shrink(self, most: int) -> None:
        """Let go of moments and then of networks, the oldest first, until the rest takes at most so many bytes.

        The first network stays.
        """
        while self.moments and self.size > most:
            del self.moments[min(self.moments)]
        while len(self.snapshots) > 1 and self.size > most:
            del self.snapshots[1]

    def write(self, connection: sqlite3.Connection, run: int) -> None:
        """Write networks and states of a run; those that were kept and are too many by now are thinned out."""
        for snapshot, why in self.snapshots:
            if why in ("best", "last"):
                connection.execute("DELETE FROM snapshots WHERE run = ? AND why = ?", (run, why))
            connection.execute(
                "INSERT OR REPLACE INTO snapshots (run, step, epoch, why, network) VALUES (?, ?, ?, ?, ?)",
                (run, snapshot.step, snapshot.epoch, why, coding.pack_snapshot(snapshot)),
            )
        for step, (state, experiment) in self.moments.items():
            connection.execute(
                "INSERT OR REPLACE INTO moments (run, step, experiment, state) VALUES (?, ?, ?, ?)",
                (run, step, experiment, coding.pack_state(state)),
            )
        if any(why in ("kept", "best") for _, why in self.snapshots):
            _thin(connection, run)
        if self.state is not None:
            state, experiment = self.state
            connection.execute(
                "INSERT OR REPLACE INTO states (run, step, experiment, state) VALUES (?, ?, ?, ?)",
                (run, state["step"], experiment, coding.pack_state(state)),
            )


def forget_moments(connection: sqlite3.Connection, run: int) -> None:
    """Give up the states of a run whose networks are not kept any more."""
    gone = "run = ?1 AND step NOT IN (SELECT step FROM snapshots WHERE run = ?1)"
    connection.execute(f"DELETE FROM moments WHERE {gone}", (run,))


def _thin(connection: sqlite3.Connection, run: int) -> None:
    query = "SELECT step, length(network) FROM snapshots WHERE run = ? AND why = 'kept' ORDER BY step"
    kept = [(step, size) for step, size in connection.execute(query, (run,))]
    pairs = [(run, step) for step in superfluous(kept)]
    connection.executemany("DELETE FROM snapshots WHERE run = ? AND why = 'kept' AND step = ?", pairs)
    forget_moments(connection, run)
    query = "SELECT step, length(state) FROM moments WHERE run = ? ORDER BY step"
    states = [(step, size) for step, size in connection.execute(query, (run,))]
    query = "SELECT step FROM snapshots WHERE run = ? AND why = 'best'"
    held = [step for (step,) in connection.execute(query, (run,))]
    pairs = [(run, step) for step in superfluous(states, most=len(states), held=held)]
    connection.executemany("DELETE FROM moments WHERE run = ? AND step = ?", pairs)
