"""Features that a backbone has computed, kept in the user's cache: the newest up to a limit of room."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from nnplayground.data.dataset import Floats
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.files import write

MOST_BYTES = 1_000_000_000  # of all features that are kept

_ENDING = ".npy"


def folder() -> Path:
    """Return where features are kept."""
    return user_cache_path("nnplayground", appauthor=False) / "features"


def key_of(words: Iterable[object], arrays: Iterable[NDArray[Any]]) -> str:
    """Return a name for what was computed from these words and arrays, which other ones do not have."""
    digest = hashlib.sha256(repr(tuple(words)).encode())
    for array in arrays:
        digest.update(f"{array.shape}{array.dtype}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:40]


def kept(key: str, shape: tuple[int, int]) -> Floats | None:
    """Return features that were computed before, or None where there are none, or damaged ones."""
    path = folder() / f"{key}{_ENDING}"
    try:
        found = np.load(path, allow_pickle=False)
        path.touch()  # it is the newest now
    except (OSError, ValueError, EOFError):
        return None
    fits = isinstance(found, np.ndarray) and found.shape == shape and found.dtype == np.float32
    return found if fits and bool(np.isfinite(found).all()) else None


def keep(key: str, features: Floats) -> None:
    """Keep features, and let go of the oldest where all take too much room. A cache that cannot be written is none."""
    stream = io.BytesIO()
    np.save(stream, features, allow_pickle=False)
    with contextlib.suppress(OSError, ExperimentError):
        folder().mkdir(parents=True, exist_ok=True)
        write(folder() / f"{key}{_ENDING}", stream.getvalue())
        _make_room()


def _make_room() -> None:
    files = [(path.stat(), path) for path in folder().glob(f"*{_ENDING}")]
    total = 0
    for status, path in sorted(files, key=lambda file: file[0].st_mtime_ns, reverse=True):
        total += status.st_size
        if total > MOST_BYTES:
            path.unlink(missing_ok=True)
