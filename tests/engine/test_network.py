"""How a network's numbers lie in flat vectors, and what comes out of it."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import given

from nnplayground.engine.network import architecture, initialize, views
from nnplayground.experiment.layers import ActivationName
from nnplayground.experiment.network import Network
from tests.engine.conftest import NORMS, forward_in_numpy, make_dataset, make_trainer
from tests.strategies import experiments


@given(experiment=experiments())
def test_tensors_fill_their_vectors_without_gap_or_overlap(experiment):
    built = architecture(experiment.network, 3, 2)
    for tensors, size in (
        (built.layout.parameters, built.layout.size),
        (built.layout.buffers, built.layout.buffer_size),
    ):
        stops = [0, *(tensor.stop for tensor in tensors)]
        assert [tensor.start for tensor in tensors] == stops[:-1]
        assert stops[-1] == size == sum(prod(tensor.shape) for tensor in tensors)


@given(experiment=experiments())
def test_layers_follow_each_other_side_by_side(experiment):
    network = experiment.network
    built = architecture(network, 3, 2)
    widths = [3, *(layer.width for layer in network.layers), 2]
    assert [(layer.inputs, layer.outputs) for layer in built.layers] == list(pairwise(widths))
    assert tuple(draw.width for draw in built.draws) == (3, *widths[:-1])
    assert built.layout.layers == (*(f"layer {i + 1}" for i in range(len(network.layers))), "output")
    assert built.layout.inputs == 3
    spans = built.layout.spans
    assert [start for start, _ in spans] == [0, *(stop for _, stop in spans[:-1])]
    assert spans[-1][1] == built.layout.size
    for i, layer in enumerate(built.layers):
        role = "direction" if layer.style.normalization == "weight" else "weight"
        assert built.layout.find(i, role).shape == (layer.outputs, layer.inputs)
        assert built.layout.find(i, "bias").shape == (layer.outputs,)
        assert (built.layout.find(i, "variance") is None) == (layer.style.normalization != "batch")
    assert (built.layers[-1].style.activation, built.layers[-1].style.normalization) == ("identity", "none")


def test_the_number_of_parameters_is_that_of_a_pencil():
    network = Network.model_validate({"layers": [8, {"width": 4, "normalization": "batch", "norm_place": "after"}]})
    assert architecture(network, 2, 1).layout.size == (2 * 8 + 8) + (8 * 4 + 4 + 2 * 4) + (4 + 1)
    assert architecture(network, 2, 1).layout.buffer_size == 2 * 4


def test_views_share_memory_with_their_vector():
    built = architecture(Network(), 2, 1)
    flat, _ = initialize(built, torch.Generator().manual_seed(1))
    for view in views(flat, built.layout.parameters):
        view.fill_(3.0)
    assert bool((flat == 3.0).all())


@pytest.mark.parametrize("activation", ActivationName.__args__)
@pytest.mark.parametrize("norm", NORMS.values(), ids=NORMS)
def test_outputs_are_those_of_numpy(activation, norm):
    dataset = make_dataset(classes=3)
    trainer = make_trainer(dataset, network__layers=[8, 5], network__activation=activation, **norm)
    trainer.advance(steps=20)
    x = dataset.validation.inputs
    expected = forward_in_numpy(trainer, trainer.snapshot(), x)[-1]
    np.testing.assert_allclose(trainer.outputs(torch.as_tensor(x)).numpy(), expected, rtol=1e-4, atol=1e-5)


def test_many_rows_are_answered_in_pieces_that_fit_together(monkeypatch):
    trainer = make_trainer(make_dataset())
    x = torch.as_tensor(trainer.dataset.train.inputs)
    whole = trainer.outputs(x)
    monkeypatch.setattr("nnplayground.engine.evaluation.ROWS", 7)
    torch.testing.assert_close(trainer.outputs(x), whole, rtol=1e-6, atol=1e-6)
    assert trainer.outputs(x[:0]).shape == (0, 1)
