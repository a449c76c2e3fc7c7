"""torchvision, imported with the first backbone, and its networks without their last layers."""

from __future__ import annotations

from functools import cache
from typing import Any

from nnplayground.experiment import ExperimentError
from nnplayground.experiment.errors import shown

HEADS = {"resnet18": "fc", "mobilenet_v3_small": "classifier", "efficientnet_b0": "classifier"}
"""What the layers are called that come after each network's pooled features."""

EXTRA = 'pip install "nnplayground[vision]"'

_MISSING = ("nms", "qnms")  # operators for whose shapes torchvision speaks, whether it could load them or not


def models(backbone: str) -> Any:
    """Return the module torchvision.models. Raises ExperimentError where it is not installed, or does not load."""
    try:
        return _models()
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "torchvision":
            raise
        raise ExperimentError(
            f"data.backbone = {shown(backbone)} needs torchvision, which is not installed; allowed: 'none', or {EXTRA}"
        ) from None
    except (ImportError, OSError, RuntimeError, AttributeError) as error:
        raise ExperimentError(
            f"data.backbone = {shown(backbone)} needs torchvision, which does not load beside this PyTorch: "
            f"{shown(str(error), 100)}; allowed: 'none', or the torchvision of {EXTRA}"
        ) from None


def _models() -> Any:
    """Import torchvision, whose build for CUDA does not import beside a PyTorch for the CPU as it is.

    It then goes without its operators for detection, which no backbone needs, but declares how two of them behave. So
    they are declared to PyTorch, without being defined.
    """
    try:
        from torchvision import models
    except RuntimeError as error:
        if "torchvision::nms does not exist" not in str(error):
            raise
        _declare_operators()
        from torchvision import models
    return models


@cache
def _declare_operators() -> Any:
    """Return the library of declarations, which hold as long as it lives."""
    from torch.library import Library

    library: Any = Library("torchvision", "FRAGMENT")  # type: ignore[no-untyped-call]
    for name in _MISSING:
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def build(backbone: str, seed: int) -> Any:
    """Return a network of torchvision's with weights drawn by `seed`, its last layers left out, for evaluation.

    It takes (n, 3, height, width) and gives (n, features). PyTorch's own random state is left as it was. Raises
    ExperimentError.
    """
    source = models(backbone)
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = source.get_model(backbone, weights=None)
    setattr(network, HEADS[backbone], torch.nn.Identity())
    return network.eval().requires_grad_(False)


def address(backbone: str) -> str:
    """Return where torchvision's own weights of a network are fetched from. Raises ExperimentError."""
    return str(models(backbone).get_model_weights(backbone).DEFAULT.url)
