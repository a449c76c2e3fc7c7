"""What is wrong with a file or folder of images, in one line."""

from __future__ import annotations

import gzip
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnplayground.experiment import ExperimentError
from nnplayground.experiment.errors import shown


@contextmanager
def naming(path: Path, allowed: str) -> Iterator[None]:
    """Turn whatever reading raises into an ExperimentError whose one line begins with the name of file or folder."""
    try:
        yield
    except ExperimentError as error:
        raise ExperimentError(f"{path.name or path}: {error}") from None
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise ExperimentError(f"{path.name}: damaged, or cut off: {_plain(error)}; allowed: {allowed}") from None
    except OSError as error:
        place = error.filename or path  # which may be something inside of it
        raise ExperimentError(f"{_cut(str(place), 200)}: cannot be read: {_plain(error)}; allowed: {allowed}") from None
    except MemoryError:
        raise ExperimentError(
            f"{path.name}: too large for this computer's memory; allowed: fewer or smaller images"
        ) from None


def path_of(text: str, knob: str, allowed: str) -> Path:
    """Return the path that a knob names. Raises ExperimentError where it can be none."""
    if not text.strip() or "\0" in text:
        raise ExperimentError(f"{knob} = {shown(text)} is none; allowed: {allowed}")
    return Path(text)


def size_of(path: Path, allowed: str) -> int:
    """Return the size in bytes of an ordinary file. Raises ExperimentError where it is none, and OSError."""
    status = path.stat()
    if stat.S_ISDIR(status.st_mode):
        raise ExperimentError(f"is a folder; allowed: {allowed}")
    if not stat.S_ISREG(status.st_mode):
        raise ExperimentError(f"is no ordinary file; allowed: {allowed}")
    return status.st_size


def _plain(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return _cut(" ".join(reason.split()), 160).rstrip(".").lower()


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length // 2]}…{text[-length // 2 :]}"
