"""Which of a run's networks are given up, so that what is kept of it stays bounded."""

from __future__ import annotations

from collections.abc import Sequence

MOST, MOST_BYTES = 64, 256 * 2**20


def superfluous(kept: Sequence[tuple[int, int]], most: int = MOST, most_bytes: int = MOST_BYTES) -> list[int]:
    """Return the steps that are given up of (step, bytes) in their order: few enough stay, and evenly spaced.

    Again and again the one goes whose neighbours lie nearest to each other, as a share of the run: so the beginning,
    where most happens, stays finer. The first and the last stay.
    """
    left, gone = list(kept), []
    while len(left) > 2 and (len(left) > most or sum(size for _, size in left) > most_bytes):
        gaps = [(left[i + 1][0] - left[i - 1][0]) / (left[i][0] + 1) for i in range(1, len(left) - 1)]
        i = 1 + gaps.index(min(gaps))
        gone.append(left.pop(i)[0])
    return gone
