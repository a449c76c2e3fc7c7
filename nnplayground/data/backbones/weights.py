"""Weights of backbones: torchvision's own, fetched once into PyTorch's cache, or a file of the user's."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path, PurePosixPath
from pickle import UnpicklingError
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

from nnplayground.data.aside import wait_for
from nnplayground.data.backbones.vision import HEADS, address
from nnplayground.data.progress import Progress
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.backbones import DRAWN, LEARNED
from nnplayground.experiment.errors import shown
from nnplayground.experiment.files import reason

ALLOWED = f"{LEARNED!r}, {DRAWN!r}, or a .pth or .safetensors file of the same network"

_SUM = re.compile(r"-([0-9a-f]{8,})\.")  # how the names of PyTorch's files tell the beginning of their SHA-256


def put_weights(network: Any, backbone: str, weights: str, progress: Progress) -> None:
    """Give a network the weights that `data.backbone_weights` names, in place. Raises ExperimentError and Cancelled."""
    if weights == DRAWN:
        return
    path = _fetched(backbone, progress) if weights == LEARNED else Path(weights)
    progress.busy(f"reading the weights of {backbone}")
    try:
        network.load_state_dict(_fitting(_read(path), network.state_dict(), HEADS[backbone]), strict=False)
    except ExperimentError as error:
        raise ExperimentError(f"{path}: {error}; allowed: {ALLOWED}") from None


def _fetched(backbone: str, progress: Progress) -> Path:
    """Return the file of torchvision's own weights, fetched where there is none yet."""
    from torch import hub

    url = address(backbone)
    name = PurePosixPath(urlsplit(url).path).name
    path = Path(hub.get_dir()) / "checkpoints" / name
    if path.is_file():
        return path
    found = _SUM.search(name)
    look = partial(progress.busy, f"fetching the weights of {backbone} from {urlsplit(url).netloc}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fetch = partial(hub.download_url_to_file, url, str(path), found and found[1], progress=False)
        wait_for(fetch, look, "backbone").result()
    except (OSError, RuntimeError, http.client.HTTPException) as error:
        raise ExperimentError(
            f"data.backbone_weights = {LEARNED!r} cannot be fetched from {url}: {_why(error)}; allowed: {ALLOWED}"
        ) from None
    return path


def _why(error: Exception) -> str:
    if isinstance(error, HTTPError):
        error.close()  # it is the answer too, whose connection stays open
        return f"{error.code} {error.reason}"
    inner = error.reason if isinstance(error, URLError) else error
    return " ".join((reason(inner) if isinstance(inner, Exception) else str(inner)).split())[:120]


def _read(path: Path) -> Mapping[str, Any]:
    """Return the tensors of a file by name; nothing in it is executed. Raises ExperimentError."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        found = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ExperimentError("there is no such file") from None
    except OSError as error:
        raise ExperimentError(f"cannot be read: {reason(error)}") from None
    except UnpicklingError:
        raise ExperimentError("is no file of weights, or holds more than tensors, and is not opened") from None
    except (SafetensorError, RuntimeError, ValueError, EOFError, LookupError, TypeError, AttributeError) as error:
        raise ExperimentError(f"is damaged: {shown(str(error), 100)}") from None
    if not isinstance(found, Mapping) or not all(isinstance(tensor, torch.Tensor) for tensor in found.values()):
        raise ExperimentError("holds no weights by their names, as torch.save(network.state_dict(), FILE) writes them")
    return found


def _fitting(found: Mapping[str, Any], wanted: Mapping[str, Any], head: str) -> dict[str, Any]:
    """Return what a network takes of a file, which is all but its last layers. Raises ExperimentError."""
    taken = {name: tensor for name, tensor in found.items() if name.partition(".")[0] != head}
    counters = {name for name in wanted if name.endswith("num_batches_tracked")}  # which old files have not
    missing = [name for name in wanted if name not in taken and name not in counters]
    others = [name for name in taken if name not in wanted]
    if missing or others:
        what = f"no {missing[0]}" if missing else f"{shown(others[0])}, which is not of this network"
        raise ExperimentError(f"does not fit: it has {what}")
    for name, tensor in taken.items():
        if tensor.shape != wanted[name].shape:
            sizes = (" × ".join(map(str, t.shape)) or "one number" for t in (tensor, wanted[name]))
            raise ExperimentError("does not fit: {} is {}, this network's {}".format(name, *sizes))
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise ExperimentError(f"{name} holds numbers that are not finite")
    return taken
