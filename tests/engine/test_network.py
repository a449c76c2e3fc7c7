"""How a network's numbers lie in flat vectors, and what comes out of it."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import numpy as np
import pytest
import torch
from hypothesis import given

from nnplayground.engine.layers.learner import Dense, Learner
from nnplayground.engine.layers.stage import Stage
from nnplayground.engine.layers.unit import Style
from nnplayground.engine.network import architecture, initialize, views
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.layers import Layer
from nnplayground.experiment.network import Network
from nnplayground.experiment.style import ActivationName
from tests.engine.conftest import NORMS, forward_in_numpy, make_dataset, make_trainer
from tests.strategies import experiments


def built_of(experiment):
    """Return an experiment's architecture, for two outputs."""
    shape = experiment.data.known_shape
    return architecture(experiment.network, prod(shape), 2, shape if len(shape) == 3 else None)


@given(experiment=experiments() | experiments("digits"))
def test_tensors_fill_their_vectors_without_gap_or_overlap(experiment):
    built = built_of(experiment)
    for tensors, size in (
        (built.layout.parameters, built.layout.size),
        (built.layout.buffers, built.layout.buffer_size),
    ):
        stops = [0, *(tensor.stop for tensor in tensors)]
        assert [tensor.start for tensor in tensors] == stops[:-1]
        assert stops[-1] == size == sum(prod(tensor.shape) for tensor in tensors)
    spans = built.layout.spans
    assert [start for start, _ in spans] == [0, *(stop for _, stop in spans[:-1])]
    assert spans[-1][1] == built.layout.size


@given(experiment=experiments() | experiments("digits"))
def test_layers_follow_each_other(experiment):
    network, built = experiment.network, built_of(experiment)
    shapes = [experiment.data.known_shape, *network.shapes(experiment.data.known_shape), (2,)]
    assert [(stage.given, stage.gives) for stage in built.stages] == list(pairwise(shapes))
    assert built.inputs == shapes[0]
    assert built.layout.inputs == prod(shapes[0])
    assert built.layout.layers == (*(f"layer {i + 1}" for i in network.learning), "output")
    assert built.layers == tuple(stage for stage in built.stages if isinstance(stage, Learner))
    widths = [draw.width for draw in built.draws if draw.term.startswith("dropout.")]
    assert widths == [built.layout.inputs, *(network.layers[i].neurons for i in network.learning)]
    for i, layer in enumerate(built.layers):
        assert len(built.layout.weights(i)) == len(layer.units)
        assert (built.layout.find(i, "variance") is None) == (layer.style.normalization != "batch")
    assert (built.layers[-1].style.activation, built.layers[-1].style.normalization) == ("identity", "none")


@given(experiment=experiments("blobs"))
def test_a_dense_layer_has_a_weight_for_each_of_its_inputs(experiment):
    built = built_of(experiment)
    for i, layer in enumerate(built.layers):
        role = "direction" if layer.style.normalization == "weight" else "weight"
        assert built.layout.find(i, role).shape == (layer.outputs, layer.inputs)
        assert built.layout.find(i, "bias").shape == (layer.outputs,)


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


def test_a_network_too_large_for_any_memory_is_refused_before_it_is_made():
    network = Network(layers=(Layer(width=4096),) * 7)
    with pytest.raises(ExperimentError) as caught:
        architecture(network, 64, 10)
    line = "network.layers: 100,995,082 parameters, 16,781,312 of them of layer 2; allowed: at most 100,000,000"
    assert str(caught.value) == line
    assert architecture(Network(layers=(Layer(width=4096),) * 6), 64, 10).layout.size == 84_213_770


def test_a_layer_that_does_not_say_what_it_computes_cannot_be_made():
    class Learning(Learner):
        __call__ = Dense.__call__

    style = Style("tanh", "zeros", "none", "before", "plain")
    for kind, arguments, missing in (
        (Stage, (), "__call__"),
        (Learner, (style,), "__call__"),
        (Learning, (style,), "units"),
    ):
        with pytest.raises(TypeError, match=f"abstract .*{missing}"):
            kind((2,), (3,), *arguments)
