"""Arrays as bytes: rows of columns compressed, networks and states of training as safetensors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnplayground.engine.snapshot import Layout, Snapshot
from nnplayground.runs.store.database import StoreError

Floats = NDArray[np.float32]

_TENSORS = ("parameters", "buffers", "noise_generator", "best_random")  # of a trainer's state, beside its slots


def pack(rows: Floats) -> bytes:
    """Return (n, columns) rows as bytes: each column's bytes by significance, since the highest hardly change."""
    import pyarrow as pa  # half a second that only who writes or reads a run pays for

    planes = np.ascontiguousarray(rows.T).view(np.uint8).reshape(rows.shape[1], len(rows), 4).transpose(0, 2, 1)
    return bytes(pa.compress(np.ascontiguousarray(planes), codec="lz4", asbytes=True))


def unpack(data: bytes, count: int, columns: int) -> Floats:
    """Return the (count, columns) rows that `pack` was given. Raises StoreError where they are damaged."""
    import pyarrow as pa

    size = 4 * count * columns
    try:
        plain = pa.decompress(data, decompressed_size=size, codec="lz4", asbytes=True) if size else b""
        planes = np.frombuffer(plain, np.uint8).reshape(columns, 4, count)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        raise StoreError(f"rows of a run are damaged: {' '.join(str(error).split())}") from None
    return np.ascontiguousarray(planes.transpose(0, 2, 1)).view("<f4").reshape(columns, count).T.astype(np.float32)


def pack_snapshot(snapshot: Snapshot) -> bytes:
    """Return a network as safetensors."""
    from safetensors.numpy import save

    held = {"parameters": snapshot.parameters, "buffers": snapshot.buffers}
    return bytes(save(held, {"step": str(snapshot.step), "epoch": str(snapshot.epoch)}))


def unpack_snapshot(data: bytes, layout: Layout, step: int, epoch: int) -> Snapshot:
    """Return the network. Raises StoreError where it is damaged, or of another layout."""
    found = arrays(data)
    sizes = {"parameters": layout.size, "buffers": layout.buffer_size}
    if any(name not in found or found[name].shape != (size,) for name, size in sizes.items()):
        raise StoreError("a network that was kept is of another shape than its experiment's")
    parameters, buffers = (np.asarray(found[name], np.float32) for name in sizes)
    return Snapshot(layout, step, epoch, parameters, buffers)


def pack_state(state: Mapping[str, Any]) -> bytes:
    """Return a trainer's `state_dict` as safetensors: tensors as they are, what is no tensor as JSON beside them."""
    from safetensors.torch import save

    slots = {f"slots.{name}": slot for name, slot in state["slots"].items()}
    tensors = {name: state[name] for name in _TENSORS} | slots
    plain = {name: value for name, value in state.items() if name not in (*_TENSORS, "slots")}
    contiguous = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    return bytes(save(contiguous, {"plain": json.dumps(plain)}))


def unpack_state(data: bytes) -> dict[str, Any]:
    """Return the `state_dict`. Raises StoreError where it is damaged."""
    import struct

    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        tensors = load(data)
        (length,) = struct.unpack("<Q", data[:8])
        plain = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["plain"])
        slots = {name.removeprefix("slots."): tensors.pop(name) for name in list(tensors) if name.startswith("slots.")}
        return {**plain, **tensors, "slots": slots}
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError, struct.error) as error:
        raise StoreError(f"the state of a training is damaged: {' '.join(str(error).split())}") from None


def arrays(data: bytes) -> dict[str, NDArray[Any]]:
    """Return the arrays of safetensors. Raises StoreError where they are damaged."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return dict(load(data))
    except (SafetensorError, ValueError, RecursionError) as error:
        raise StoreError(f"a network that was kept is damaged: {' '.join(str(error).split())}") from None
