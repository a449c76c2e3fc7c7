"""Short forms of words that recur, for places with little room."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

_BRIEF = (("validation", "val"), ("accuracy", "acc"), ("Only what differs", "Differing"), ("Compare all", "All"))


def brief(words: str) -> str:
    """Return `words`, with the short forms of those that have one."""
    for long, short in _BRIEF:
        words = words.replace(QCoreApplication.translate("brief", long), QCoreApplication.translate("brief", short))
    return words
