"""What single layers are told about their training, whatever their kind: max-norm, a rate of their own, freezing."""

import numpy as np
import pytest

from nnplayground.engine import Trainer
from nnplayground.experiment import Experiment

LAYERS = [
    {"kind": "conv", "filters": 4, "frozen": True},
    {"kind": "max_pool"},
    {"kind": "residual", "filters": 6, "max_norm": 0.5, "dropout": 0.2},
    {"kind": "global_pool"},
    {"width": 8, "lr_factor": 0.0},
]
EXPERIMENT = Experiment().replace_all(
    {"data.kind": "digits", "network.normalization": "batch", "network.layers": LAYERS, "optimizer.kind": "sgd"}
)


@pytest.fixture(scope="module", params=["eager", "compiled"])
def snapshots(request):
    trainer = Trainer(EXPERIMENT, executor=request.param)
    before = trainer.snapshot()
    trainer.advance(steps=5)
    return before, trainer.snapshot()


def buffers_of(snapshot, layer):
    own = [tensor for tensor in snapshot.layout.buffers if tensor.layer == layer]
    return snapshot.buffers[own[0].start : own[-1].stop]


def test_a_frozen_convolution_keeps_its_weights_and_its_statistics(snapshots):
    before, after = snapshots
    assert np.array_equal(before.all_weights(0), after.all_weights(0))
    assert np.array_equal(buffers_of(before, 0), buffers_of(after, 0))
    assert not np.array_equal(buffers_of(before, 1), buffers_of(after, 1))


def test_max_norm_holds_every_filter_of_every_convolution_in_a_block(snapshots):
    _, after = snapshots
    roles = after.layout.weights(1)
    assert len(roles) == 3
    longest = [np.linalg.norm(after.weights(1, role).reshape(6, -1), axis=1).max() for role in roles]
    assert max(longest) == pytest.approx(0.5, abs=1e-6)


def test_a_rate_of_its_own_counts_layers_that_learn_alone(snapshots):
    before, after = snapshots
    assert np.array_equal(before.all_weights(2), after.all_weights(2))
    assert not np.array_equal(before.all_weights(3), after.all_weights(3))
