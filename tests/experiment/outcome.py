"""What came of an attempt on an experiment: a value, or an error in one line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnplayground.experiment import ExperimentError


def outcome(action: Callable[..., Any], *arguments: Any) -> tuple[Any, str]:
    """Return (value, "") or (None, the error's line); any other exception is passed on and fails the test."""
    try:
        return action(*arguments), ""
    except ExperimentError as error:
        line = str(error)
    assert line
    assert len(line.splitlines()) == 1, line
    return None, line
