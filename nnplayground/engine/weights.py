"""Weights to and from .safetensors files: which of a file's layers a network takes over, and why not the others."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor as Values

from nnplayground import __version__, resources
from nnplayground.data import Dataset
from nnplayground.engine.snapshot import Layout, Snapshot, Tensor
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.errors import shown
from nnplayground.experiment.files import reason, write
from nnplayground.experiment.transfer import SHIPPED

Opened = Any  # a file that safetensors, which declares no types, has opened
ENDING = ".safetensors"
LARGEST_HEADER = 10_000_000  # bytes; that of a network with 10 000 tensors has one tenth
TYPES = ("F64", "F32", "F16", "BF16")
PICKLES = (b"\x80", b"PK\x03\x04", b"\x1f\x8b")  # how pickles begin, and archives that hold them
SAVED = "nnplayground train --save FILE.safetensors"


@dataclass(frozen=True, eq=False)
class Taken:
    """What a network takes over from a file."""

    lines: tuple[str, ...]  # one for each layer: what was taken, or why it was not
    layers: tuple[bool, ...]  # whether each was taken
    parameters: tuple[tuple[Tensor, Values], ...]  # float32, each of its tensor's shape
    buffers: tuple[tuple[Tensor, Values], ...]

    def put(self, parameters: Values, buffers: Values) -> None:
        """Put what was taken into flat vectors of a network that has just been drawn."""
        for flat, taken in ((parameters, self.parameters), (buffers, self.buffers)):
            for tensor, values in taken:
                flat[tensor.start : tensor.stop] = values.flatten()


# saving


def check_place(path: str) -> None:
    """Raise ExperimentError where weights cannot be saved under that name."""
    if not path.endswith(ENDING):
        raise ExperimentError(f"{path}: weights are saved as safetensors; allowed: a name that ends in {ENDING}")


def save_weights(path: str, snapshot: Snapshot, experiment: Experiment, dataset: Dataset) -> None:
    """Write a network's parameters and buffers by name ("layer 1/weight"), and what it was trained as.

    The file's metadata are the experiment, the names of the layers, what the output answers, and the program's
    version. Raises ExperimentError where it cannot be written.
    """
    from safetensors.numpy import save as written

    check_place(path)
    layout, arrays = snapshot.layout, {}
    for flat, tensors in ((snapshot.parameters, layout.parameters), (snapshot.buffers, layout.buffers)):
        for tensor in tensors:
            values = flat[tensor.start : tensor.stop].reshape(tensor.shape)
            arrays[_name(layout, tensor)] = np.ascontiguousarray(values)
    metadata = {
        "program": f"nnplayground {__version__}",
        "experiment": experiment.to_toml(),
        "layers": json.dumps(layout.layers, ensure_ascii=False),
        "answers": json.dumps(answers(dataset), ensure_ascii=False),
    }
    write(path, written(arrays, metadata))


def answers(dataset: Dataset) -> list[str]:
    """Return what a network answers on this data: its classes, or the name of the value."""
    return list(dataset.class_names) or [dataset.target_name]


def _name(layout: Layout, tensor: Tensor) -> str:
    return f"{layout.layers[tensor.layer]}/{tensor.role}"


# loading


def load_weights(weights: str, layout: Layout, dataset: Dataset, *, output: bool = True) -> Taken:
    """Return what a network of that layout takes over, layer by layer, where all its tensors have the same shapes.

    `weights` is a path, or resource:NAME. The output layer is taken where it answers the same and `output` says so.
    Nothing is read but the header and the tensors that are taken, and nothing in the file is ever executed. Raises
    ExperimentError, one line, where the file is no such file, is damaged, or has no layer that fits.
    """
    from safetensors import SafetensorError, safe_open

    path = _path(weights)
    try:
        _check(path)
        with safe_open(path, framework="pt") as file:
            return _matched(file, layout, answers(dataset), output)
    except ExperimentError as error:
        raise ExperimentError(f"{path}: {error}") from None
    except OSError as error:
        raise ExperimentError(f"{path}: cannot be read: {reason(error)}") from None
    except (SafetensorError, ValueError, RecursionError, RuntimeError, OverflowError, MemoryError) as error:
        raise ExperimentError(f"{path}: is damaged: {shown(str(error), 100)}") from None


def _path(weights: str) -> Path:
    """Return where weights lie that an experiment names. Raises ExperimentError."""
    if not weights.startswith(SHIPPED):
        if "\0" in weights:
            raise ExperimentError(f"transfer.weights = {shown(weights)} is no file; allowed: a {ENDING} file")
        return Path(weights)
    known = resources.weights()
    name = weights.removeprefix(SHIPPED)
    if name not in known:
        raise ExperimentError(f"transfer.weights = {shown(weights)} does not come with the program; there are "
                              f"{', '.join(SHIPPED + name for name in known)}")  # fmt: skip
    return known[name]


def _check(path: Path) -> None:
    """Look at the first bytes of a file before anything else does. Raises ExperimentError, or OSError."""
    if path.exists() and not path.is_file():
        raise ExperimentError("is not a file; allowed: a .safetensors file")
    with path.open("rb") as stream:
        head = stream.read(9)
    size = path.stat().st_size
    if head.startswith(PICKLES) and head[8:] != b"{":
        raise ExperimentError(
            "looks like a pickle (.pt, .pth), which may execute anything when it is read, and is not opened; allowed: "
            "a .safetensors file, into which safetensors.torch.save_file turns a state dict"
        )
    header = int.from_bytes(head[:8], "little")
    if len(head) < 9 or head[8:] != b"{":
        raise ExperimentError(f"is no safetensors file; allowed: one saved by {SAVED}")
    if header > LARGEST_HEADER:
        raise ExperimentError(f"is damaged: its header claims {header:,} bytes; allowed: {LARGEST_HEADER:,}")
    if header > size - 8:
        raise ExperimentError(f"is damaged: its header claims {header:,} bytes, the file has {size:,}")


def _matched(file: Opened, layout: Layout, wanted: list[str], output: bool) -> Taken:
    """Return what is taken of an open file. Raises ExperimentError where that is nothing."""
    shapes = dict(_shapes(file))
    found = _answers(file.metadata() or {})
    lines, layers = [], []
    for i, name in enumerate(layout.layers):
        last = i == len(layout.layers) - 1
        own = [t for t in (*layout.parameters, *layout.buffers) if t.layer == i]
        why = _misfit(layout, own, shapes)
        if last and not why:
            why = _other_answers(found, wanted) if output else "as transfer.output = 'new' says"
        lines.append(f"{name}: new ({why})" if why else f"{name}: taken ({_told(own[0].shape)})")
        layers.append(not why)
    if not any(layers):
        raise ExperimentError(
            f"has no layer that fits this network: {'; '.join(lines)}; allowed: a file saved by {SAVED} with at least "
            "one layer of the same shape"
        )
    taken = [[(t, _read(file, layout, t)) for t in tensors if layers[t.layer]]
             for tensors in (layout.parameters, layout.buffers)]  # fmt: skip
    return Taken(tuple(lines), tuple(layers), tuple(taken[0]), tuple(taken[1]))


def _shapes(file: Opened) -> Iterator[tuple[str, tuple[int, ...]]]:
    for name in file.keys():  # noqa: SIM118  (it is no mapping)
        yield name, tuple(file.get_slice(name).get_shape())


def _misfit(layout: Layout, own: list[Tensor], shapes: Mapping[str, tuple[int, ...]]) -> str:
    """Say why a layer with these tensors cannot be taken; "" where it can."""
    for tensor in own:
        shape = shapes.get(_name(layout, tensor))
        if shape is None:
            layer = f"{layout.layers[tensor.layer]}/"
            known = any(name.startswith(layer) for name in shapes)
            return f"the file's has no {tensor.role}" if known else "the file has none"
        if shape != tensor.shape:
            what = "" if tensor is own[0] else f"{tensor.role} "
            return f"{what}{_told(tensor.shape)}, the file's {_told(shape)}"
    known_roles = {_name(layout, tensor) for tensor in own}
    more = [name for name in shapes if name.startswith(f"{layout.layers[own[0].layer]}/") and name not in known_roles]
    return f"the file's has {shown(more[0].partition('/')[2])} as well" if more else ""


def _told(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape[:6])) or "one number"


def _answers(metadata: Mapping[str, str]) -> list[str] | None:
    """Return what the file's output answers; None where it does not say."""
    if "answers" not in metadata:
        return None
    found = json.loads(metadata["answers"])
    if not isinstance(found, list) or not all(isinstance(answer, str) for answer in found):
        raise ExperimentError("is damaged: its metadata do not say what it answers")
    return found


def _other_answers(found: list[str] | None, wanted: list[str]) -> str:
    if found is None or found == wanted:
        return ""
    return f"it answers {shown(', '.join(wanted))}, the file's {shown(', '.join(found))}"


def _read(file: Opened, layout: Layout, tensor: Tensor) -> Values:
    """Return a tensor as float32. Raises ExperimentError where it does not hold finite numbers."""
    name = _name(layout, tensor)
    kind = file.get_slice(name).get_dtype()
    if kind not in TYPES:
        raise ExperimentError(f"{name} is of type {shown(kind)}; allowed: {', '.join(TYPES)}")
    values: Values = file.get_tensor(name).to(torch.float32, copy=True)
    if not torch.isfinite(values).all():
        raise ExperimentError(f"{name} holds numbers that are not finite; allowed: finite ones")
    return values
