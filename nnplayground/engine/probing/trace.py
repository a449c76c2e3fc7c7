"""One sample followed through the network."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from nnplayground.engine.layers.learner import Dense, Learner
from nnplayground.engine.layers.normalization import NORMALIZATIONS
from nnplayground.engine.layers.stage import Pass, Stage, shaped
from nnplayground.engine.probes import Floats, Trace, TracedLayer, TraceRequest
from nnplayground.engine.snapshot import Snapshot

if TYPE_CHECKING:
    from nnplayground.engine.probing.prober import Prober


def trace(prober: Prober, request: TraceRequest, snapshot: Snapshot) -> Trace | None:
    """Answer with every value of one sample; None where its part has none."""
    samples = getattr(prober.dataset, request.part)
    if not len(samples):
        return None
    index = min(max(request.index, 0), len(samples) - 1)
    x = torch.as_tensor(np.ascontiguousarray(samples.inputs[index : index + 1]))
    layers, place = [], 0
    for stage in prober.built.stages:
        given, run = x, _pass(prober, snapshot, place)
        x = stage(given, run)
        layers.append(_layer(prober, snapshot, stage, place, given, x, request.channels))
        place += isinstance(stage, Learner)
    layers[-1] = replace(layers[-1], values=_plain(prober.in_units(prober.head.link(x))[0]))
    target = float(samples.targets[index])
    if prober.dataset.task == "regression":
        target = target * prober.dataset.target_scale + prober.dataset.target_mean
    return Trace(request, index, samples.inputs[index], samples.raw[index], tuple(layers), target)


def _pass(prober: Prober, snapshot: Snapshot, place: int) -> Pass:
    """Return a pass through one layer that learns."""
    layout = snapshot.layout
    pairs = zip(prober.tensors(snapshot), (layout.parameters, layout.buffers), strict=True)
    own = [[v for v, t in zip(values, tensors, strict=True) if t.layer == place] for values, tensors in pairs]
    return Pass(own[0], own[1], training=False)


def _layer(
    prober: Prober, snapshot: Snapshot, stage: Stage, place: int, given: Tensor, x: Tensor, channels: int
) -> TracedLayer:
    values = _plain(shaped(x, stage.gives)[0])
    if len(stage.gives) == 3:
        return TracedLayer(values[:channels].copy())
    if not isinstance(stage, Dense):
        return TracedLayer(values)
    weights, bias = torch.as_tensor(snapshot.weights(place)), torch.as_tensor(snapshot.biases(place))
    sums = _plain(torch.nn.functional.linear(given.flatten(1), weights, bias)[0])
    bent, style = sums, stage.style
    if style.normalization in NORMALIZATIONS and style.norm_place == "before":
        unbent = replace(stage, style=replace(style, activation="identity"))
        bent = _plain(unbent(given, _pass(prober, snapshot, place))[0])
    return TracedLayer(values, sums, bent)


def _plain(values: Tensor) -> Floats:
    return np.asarray(values.numpy(), np.float32)
