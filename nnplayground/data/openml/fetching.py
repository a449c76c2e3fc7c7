"""Fetching a data set from openml.org through scikit-learn, which checks its sum."""

from __future__ import annotations

import contextlib
import http.client
import re
import shutil
import socket
import tempfile
import warnings
from functools import partial
from gzip import BadGzipFile
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

from nnplayground.data.aside import wait_for
from nnplayground.data.progress import Progress
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Openml

TIMEOUT = 30.0  # seconds without a byte, after which a connection is given up
RETRY_SECONDS = 0.5

_UNKNOWN = re.compile(r"No active dataset|not found")
_UNREACHABLE = (URLError, TimeoutError, ConnectionError, http.client.HTTPException)


def fetch(data: Openml, folder: Path, progress: Progress) -> Any:
    """Return what scikit-learn makes of a data set, every column of it; see `sklearn.datasets.fetch_openml`.

    `folder` is where data sets are kept, for the line that says so. Raises ExperimentError, and Cancelled at once.
    """
    home = Path(tempfile.mkdtemp(prefix="nnplayground-"))
    future = wait_for(partial(_fetch, data, home), lambda: progress.busy(_stage(data.name, home)), "openml")
    error = future.exception()
    if error is not None:
        raise _refusal(error, data, folder) from error
    return future.result()


def _stage(name: str, home: Path) -> str:
    """Say what scikit-learn is at, by the files that it has made so far."""
    size, fetching = 0, True
    with contextlib.suppress(OSError):  # files come and go
        made = list(home.rglob("*"))
        size = sum(path.stat().st_size for path in made if path.is_file())
        fetching = not made or any(path.is_dir() and path.name.startswith("tmp") for path in made)
    return f"{'fetching' if fetching else 'reading'} {name} from OpenML: {size / 1e6:.1f} MB"


def _fetch(data: Openml, home: Path) -> Any:
    """Fetch into a folder, which is gone afterwards."""
    from sklearn.datasets import fetch_openml

    asked: dict[str, Any] = {"name": data.name, "version": data.version or "active", "target_column": None}
    asked |= {"data_home": home, "n_retries": 1, "delay": RETRY_SECONDS}
    warnings.filterwarnings("ignore", module=r"sklearn\.datasets\._openml")  # what matters becomes a line or a note
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT)  # scikit-learn sets none, and would wait for ever
    try:
        return fetch_openml(**asked, as_frame=False, parser="liac-arff")
    except ValueError as error:
        if "STRING attributes" not in str(error):
            raise
        return fetch_openml(**asked, as_frame=True, parser="pandas")
    finally:
        socket.setdefaulttimeout(before)
        shutil.rmtree(home, ignore_errors=True)


def _refusal(error: BaseException, data: Openml, folder: Path) -> ExperimentError:
    """Return what went wrong as one line."""
    text = " ".join(str(error).split())
    kept = f"data sets used before are in {folder} and open offline"
    if isinstance(error, HTTPError):
        error.close()  # it is the answer too, whose connection stays open
        return ExperimentError(f"OpenML does not give it out: it answers {error.code} {error.reason}; {kept}")
    if isinstance(error, _UNREACHABLE):
        reason = getattr(error, "reason", error)
        reason = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        return ExperimentError(f"OpenML cannot be reached: {' '.join(reason.split()).lower()}; {kept}")
    if _UNKNOWN.search(text):
        version = f"no version {data.version} of it" if data.version else "no active data set of this name"
        return ExperimentError(f"OpenML has {version}; allowed: what openml.org lists, such as mnist_784")
    if "md5" in text or isinstance(error, (BadGzipFile, EOFError)):
        return ExperimentError("came damaged: its checksum is not the one that OpenML tells; try again later")
    if isinstance(error, ImportError):
        return ExperimentError("has columns of text, for which pandas is needed; allowed: pip install pandas")
    if isinstance(error, MemoryError):
        return ExperimentError("too large for this computer's memory; allowed: a smaller data set")
    return ExperimentError(f"cannot be read as OpenML gives it: {text[:160] or type(error).__name__}")
