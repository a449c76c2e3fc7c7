"""Families of networks: what a number scales."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest

from nnplayground import resources
from nnplayground.engine.network import architecture
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.families import FAMILIES, efficientnet

PHIS = range(8)


def blocks(network):
    return [layer for layer in network.layers if layer.kind == "mbconv"]


@pytest.mark.parametrize("phi", PHIS)
def test_depth_width_and_resolution_are_scaled_together(phi):
    """Tan and Le 2019: depth 1.2^φ rounded up, width 1.1^φ to multiples of 8, resolution 1.15^φ."""
    network = efficientnet(phi)
    resize, stem, *inner, head, pool = network.layers
    assert (resize.kind, stem.kind, head.kind, pool.kind) == ("resize", "conv", "conv", "global_pool")
    assert resize.side == round(8 * 1.15**phi)
    assert len(inner) == math.ceil(1.2**phi) + 2 * math.ceil(2 * 1.2**phi)
    for layer, base in [(stem, 16), (head, 96), (inner[0], 16), (inner[-1], 40)]:
        assert layer.filters % 8 == 0
        assert 0.9 * base * 1.1**phi <= layer.filters < base * 1.1**phi + 8


@pytest.mark.parametrize("phi", PHIS)
def test_only_the_first_block_of_a_stage_has_a_stride(phi):
    network = efficientnet(phi)
    strides = [layer.stride for layer in blocks(network)]
    widths = [layer.filters for layer in blocks(network)]
    assert strides.count(2) == 2
    assert widths == sorted(widths)
    assert len(set(widths)) == 3
    shapes = network.shapes((1, 8, 8))
    side = round(8 * 1.15**phi)
    assert shapes[-2][1:] == (math.ceil(math.ceil(side / 2) / 2),) * 2


def test_each_step_makes_a_larger_network():
    sizes = [architecture(efficientnet(phi), 64, 10, (1, 8, 8)).layout.size for phi in PHIS]
    assert all(before < after for before, after in pairwise(sizes))


@pytest.mark.parametrize("phi", [-0.1, 7.1, math.nan, math.inf])
def test_a_number_out_of_range_is_told(phi):
    with pytest.raises(ExperimentError, match=r"^phi = .* is not allowed; allowed: a number from 0 to 7$"):
        efficientnet(phi)


@pytest.mark.parametrize("name", FAMILIES)
def test_the_preset_of_a_family_is_its_smallest_network(name):
    assert Experiment.load(resources.presets()[name]).network == FAMILIES[name](0)
