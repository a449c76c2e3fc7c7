"""Which of a run's networks and states are given up, so that what is kept of it stays bounded."""

from __future__ import annotations

from collections.abc import Collection, Sequence

MOST, MOST_BYTES = 64, 256 * 2**20


def superfluous(
    kept: Sequence[tuple[int, int]], most: int = MOST, most_bytes: int = MOST_BYTES, held: Collection[int] = ()
) -> list[int]:
    """Return the steps that are given up of (step, bytes) in their order: few enough stay, and evenly spaced.

    Again and again the one goes whose neighbours lie nearest to each other, as a share of the run: so the beginning,
    where most happens, stays finer. The first and the last stay, and those whose steps are `held`.
    """
    left, gone = list(kept), []
    while len(left) > most or sum(size for _, size in left) > most_bytes:
        gaps = {
            i: (left[i + 1][0] - left[i - 1][0]) / (left[i][0] + 1)
            for i in range(1, len(left) - 1)
            if left[i][0] not in held
        }
        if not gaps:
            break
        gone.append(left.pop(min(gaps, key=lambda i: gaps[i]))[0])
    return gone
