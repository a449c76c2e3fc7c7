"""The network at one step, as plain arrays: what every view draws from. Knows no torch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Tensor:
    """Where one tensor lies in a flat vector.

    `role` ends in weight, bias, scale, shift, mean or variance; with weight normalization, a weight is a direction and
    a length of each row.
    """

    layer: int
    role: str
    shape: tuple[int, ...]
    start: int

    @property
    def stop(self) -> int:
        """The index after its last number."""
        return self.start + prod(self.shape)

    @property
    def is_weight(self) -> bool:
        """Whether penalties apply; of weights by direction and length it is the lengths, which have the same norm."""
        return self.role.split()[-1] in ("weight", "length")


@dataclass(frozen=True)
class Layout:
    """How parameters and buffers lie in their flat vectors.

    Layers are those that learn; they count from 0, and the last one is the output.
    """

    layers: tuple[str, ...]  # names as shown: "layer 1", "layer 3" if there is pooling between them, "output"
    inputs: int
    parameters: tuple[Tensor, ...]  # by layer, each layer's tensors side by side
    buffers: tuple[Tensor, ...]

    @property
    def size(self) -> int:
        """How many numbers are learned."""
        return self.parameters[-1].stop

    @property
    def buffer_size(self) -> int:
        """How many numbers the buffers hold."""
        return self.buffers[-1].stop if self.buffers else 0

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """The (start, stop) of each layer in the parameter vector; every step asks for them."""
        own = [[t for t in self.parameters if t.layer == i] for i in range(len(self.layers))]
        return tuple((tensors[0].start, tensors[-1].stop) for tensors in own)

    def weights(self, layer: int) -> tuple[str, ...]:
        """Return the roles of a layer's weights: "weight", or of a block of several "1 weight", "shortcut weight"."""
        own = (t.role for t in self.parameters if t.layer == layer and t.is_weight)
        return tuple(role.removesuffix("length") + "weight" if role.endswith("length") else role for role in own)

    @cached_property
    def plain(self) -> Layout:
        """The layout of the same network with each weight in one piece, where it is kept by direction and length."""
        if not any(t.role.endswith("length") for t in self.parameters):
            return self
        tensors: list[Tensor] = []
        for t in (t for t in self.parameters if not t.role.endswith("length")):
            role, start = t.role, tensors[-1].stop if tensors else 0
            if role.endswith("direction"):
                role = role.removesuffix("direction") + "weight"
            tensors.append(Tensor(t.layer, role, t.shape, start))
        return Layout(self.layers, self.inputs, tuple(tensors), self.buffers)

    def find(self, layer: int, role: str) -> Tensor | None:
        """Return the tensor of a layer that plays `role`, or None where the layer has none."""
        both = (*self.parameters, *self.buffers)
        return next((t for t in both if t.layer == layer and t.role == role), None)


@dataclass(frozen=True, eq=False)
class Snapshot:
    """Parameters and buffers after `step` steps, each as one flat float32 vector."""

    layout: Layout
    step: int
    epoch: int
    parameters: Floats
    buffers: Floats

    def weights(self, layer: int, role: str = "weight") -> Floats:
        """Return weights of a layer by their role, one of `Layout.weights`: (outputs, inputs) or (filters, …)."""
        tensor = self.layout.find(layer, role)
        if tensor is not None:
            return self.values(tensor)
        prefix = role.removesuffix("weight")
        direction, length = (self.layout.find(layer, f"{prefix}{part}") for part in ("direction", "length"))
        assert direction is not None, f"layer {layer} has no {role}"
        assert length is not None, "a direction has a length"
        rows = self.values(direction)
        flat = rows.reshape(len(rows), -1)
        norms = np.linalg.norm(flat, axis=1)
        factors = np.divide(self.values(length), norms, out=np.zeros_like(norms), where=norms > 0)
        return np.asarray((flat * factors[:, None]).reshape(rows.shape), np.float32)

    def plain(self) -> Snapshot:
        """Return the same with each weight in one piece; see `Layout.plain`."""
        layout = self.layout.plain
        if layout is self.layout:
            return self
        parts = [
            self.weights(t.layer, t.role) if t.role.endswith("weight") else self.values(self._own(t))
            for t in layout.parameters
        ]
        flat = np.concatenate([part.ravel() for part in parts])
        return Snapshot(layout, self.step, self.epoch, flat, self.buffers)

    def all_weights(self, layer: int) -> Floats:
        """Return all weights of a layer, side by side."""
        return np.concatenate([self.weights(layer, role).ravel() for role in self.layout.weights(layer)])

    def biases(self, layer: int) -> Floats:
        """Return the (outputs,) biases of a layer."""
        tensor = self.layout.find(layer, "bias")
        assert tensor is not None, "every layer has biases"
        return self.values(tensor)

    def _own(self, tensor: Tensor) -> Tensor:
        """Return where a tensor of the plain layout that is no weight lies in this one."""
        found = self.layout.find(tensor.layer, tensor.role)
        assert found is not None, f"layer {tensor.layer} has no {tensor.role}"
        return found

    def values(self, tensor: Tensor) -> Floats:
        """Return one of the parameters, by where it lies."""
        return self.parameters[tensor.start : tensor.stop].reshape(tensor.shape)
