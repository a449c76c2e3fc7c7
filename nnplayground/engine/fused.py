"""PyTorch's fused optimizer kernels as operators on single tensors, with hyperparameters as tensors.

The kernels themselves take lists of tensors and plain floats; a recorded step can hold neither as an input. So each
is declared once as an operator of this project: called plainly it runs the kernel, and a replay prints the kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

NAMESPACE = "nnplayground"


@dataclass(frozen=True)
class Kernel:
    """How an operator's arguments, all single tensors, are handed on to a kernel of torch.ops.aten."""

    name: str
    lists: tuple[str | None, ...]  # positional, each as a list of one; None is an empty list
    tensors: Mapping[str, str]  # by keyword, as they are
    floats: Mapping[str, str]  # by keyword, as floats
    constants: Mapping[str, bool | float]
    least: Mapping[str, float] = field(default_factory=dict)  # what an argument is raised to

    @property
    def schema(self) -> str:
        """The operator's arguments as PyTorch declares them: all but gradient and counter are changed."""
        kept = [name for name in self.lists if name is not None]
        changed = [name for name in kept if name not in ("gradient", "t")]
        marks = {name: f"({chr(ord('a') + i)}!)" for i, name in enumerate(changed)}
        arguments = [f"Tensor{marks.get(name, '')} {name}" for name in (*kept, *self.others)]
        return f"({', '.join(arguments)}) -> ()"

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of all arguments, in order."""
        return (*(name for name in self.lists if name is not None), *self.others)

    @property
    def others(self) -> tuple[str, ...]:
        """The names of the arguments that are not handed on in lists."""
        return (*self.tensors.values(), *self.floats.values())


def _adam(name: str, decay: Mapping[str, str], constants: Mapping[str, bool | float]) -> Kernel:
    lists = ("parameters", "gradient", "mean", "square", None, "t")
    floats = {"beta1": "beta1", "beta2": "beta2", "eps": "epsilon", **decay}
    return Kernel(name, lists, {"lr": "lr"}, floats, {"amsgrad": False, "maximize": False, **constants})


def _sgd(nesterov: bool) -> Kernel:
    constants = {"weight_decay": 0.0, "dampening": 0.0, "maximize": False, "is_first_step": False, "nesterov": nesterov}
    lists, floats = ("parameters", "gradient", "velocity"), {"momentum": "momentum"}
    least = {"momentum": 1e-30}  # with 0 the kernel takes no velocity, which would be missing when momentum comes back
    return Kernel("_fused_sgd_", lists, {"lr": "lr"}, floats, constants, least)


KERNELS: dict[str, Kernel] = {
    "sgd": _sgd(nesterov=False),
    "nesterov": _sgd(nesterov=True),
    "adam": _adam("_fused_adam_", {}, {"weight_decay": 0.0}),
    "adamw": _adam("_fused_adamw_", {"weight_decay": "weight_decay"}, {}),
}


def _run(kernel: Kernel, *arguments: Tensor) -> None:
    given = dict(zip(kernel.arguments, arguments, strict=True))
    lists = [[] if name is None else [given[name]] for name in kernel.lists]
    tensors = {keyword: given[name] for keyword, name in kernel.tensors.items()}
    floats = {keyword: float(given[name]) for keyword, name in kernel.floats.items()}
    function = getattr(torch.ops.aten, kernel.name).tensor_lr
    function(*lists, **tensors, **floats, **kernel.constants)


def _declare() -> torch.library.Library:
    library = torch.library.Library(NAMESPACE, "DEF")  # type: ignore[no-untyped-call]
    for name, kernel in KERNELS.items():
        library.define(f"{name}_{kernel.schema}")  # type: ignore[no-untyped-call]
        library.impl(f"{name}_", partial(_run, kernel), "CompositeExplicitAutograd")  # type: ignore[no-untyped-call]
    return library


_LIBRARY = _declare()  # the operators exist as long as this does


def update(name: str, given: Mapping[str, Tensor]) -> None:
    """Apply the operator of KERNELS[name] to tensors by name."""
    operator = getattr(getattr(torch.ops, NAMESPACE), f"{name}_")
    raised = {argument: given[argument].clamp_min(least) for argument, least in KERNELS[name].least.items()}
    operator(*({**given, **raised}[argument] for argument in KERNELS[name].arguments))
