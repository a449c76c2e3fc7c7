"""Pieces of the sentences that tell a user what was done with their data."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str], limit: int = 10) -> str:
    """Return names as one piece of a sentence, the first ones where there are many."""
    every = [name if len(name) <= 80 else name[:79] + "…" for name in names]
    more = f" and {len(every) - limit:,} more" if len(every) > limit else ""
    return ", ".join(every[:limit]) + more
