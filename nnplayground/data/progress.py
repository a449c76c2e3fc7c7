"""How far a long piece of work is, and whether it is still wanted."""

from __future__ import annotations

from collections.abc import Callable


class Cancelled(Exception):  # noqa: N818 - what the user wanted is no error
    """Raised inside work that the caller no longer wants."""


class Progress:
    """Tells the caller a share that only grows, over stages whose number need not be known beforehand."""

    def __init__(
        self, report: Callable[[float, str], None] | None = None, cancelled: Callable[[], bool] | None = None
    ) -> None:
        self._report = report
        self._cancelled = cancelled
        self._low = self._high = self._told = 0.0

    def begin(self, share: float) -> None:
        """Begin a stage that is to take `share` of what is left."""
        self._low = self._high
        self._high += (1.0 - self._low) * share

    def busy(self, text: str) -> None:
        """Tell what is being done where nobody knows how much of it is left. Raises Cancelled."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
        if self._report is not None:
            self._report(-1.0, text)

    def at(self, done: float, text: str) -> None:
        """Tell that `done`, 0 to 1, of this stage is done. Raises Cancelled where the work is no longer wanted."""
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
        self._told = max(self._told, self._low + (self._high - self._low) * min(done, 1.0))
        if self._report is not None:
            self._report(self._told, text)
