"""Writing files whole or not at all."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from nnplayground.experiment.errors import ExperimentError


def write(path: str | os.PathLike[str], content: str | bytes) -> None:
    """Write a file, whole or not at all; text as UTF-8. Raises ExperimentError where it cannot be written."""
    file = Path(path)
    try:
        temporary = file.with_name(f".{secrets.token_hex(8)}.tmp")
        try:
            with temporary.open("xb") as stream:
                stream.write(content.encode() if isinstance(content, str) else content)
            temporary.replace(file)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
    except (OSError, ValueError) as error:
        raise ExperimentError(f"{file}: cannot be written: {reason(error)}") from None


def reason(error: Exception) -> str:
    """Return the system's words for why a file could not be handled."""
    return str(getattr(error, "strerror", None) or error).lower()
