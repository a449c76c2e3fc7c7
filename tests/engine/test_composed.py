"""Residual blocks, Inception blocks and inverted bottlenecks against modules of torch.nn, in float64."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from nnplayground.engine.layers.stage import Pass
from nnplayground.experiment.layers import Inception
from tests.engine.test_convolution import SHAPE, assert_alike, chance, made

NORMS = {
    "none": lambda _: nn.Identity(),
    "batch": nn.BatchNorm2d,
    "layer": lambda channels: nn.GroupNorm(1, channels),
}


class Parts(nn.Module):
    """What blocks are made of: a convolution, a normalization, an activation."""

    def __init__(self, norm, place):
        super().__init__()
        self.norm, self.place = norm, place

    def unit(self, inputs, outputs, kernel, stride=1, *, bent=True, groups=1):
        shifted = self.norm != "none" and (self.place == "before" or not bent)
        conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=not shifted)
        parts = [NORMS[self.norm](outputs), nn.SiLU() if bent else nn.Identity()]
        return nn.Sequential(conv, *(parts if self.place == "before" else parts[::-1]))


class ResidualModule(Parts):
    """He et al. 2016, figure 2, and option B where the shape changes."""

    def __init__(self, norm, place, inputs, filters, stride):
        super().__init__(norm, place)
        self.first = self.unit(inputs, filters, 3, stride)
        self.second = self.unit(filters, filters, 3, bent=False)
        changes = stride > 1 or inputs != filters
        self.shortcut = self.unit(inputs, filters, 1, stride, bent=False) if changes else nn.Identity()

    def forward(self, x):
        return nn.functional.silu(self.second(self.first(x)) + self.shortcut(x))


class InceptionModule(Parts):
    """Szegedy et al. 2015, figure 2b."""

    def __init__(self, norm, place, inputs, one, three, five, pooled):
        super().__init__(norm, place)
        self.one = self.unit(inputs, one, 1)
        less, fewer = max(1, three // 2), max(1, five // 2)
        self.reduce_three, self.three = self.unit(inputs, less, 1), self.unit(less, three, 3)
        self.reduce_five, self.five = self.unit(inputs, fewer, 1), self.unit(fewer, five, 5)
        self.pool, self.pooled = nn.MaxPool2d(3, 1, 1), self.unit(inputs, pooled, 1)

    def forward(self, x):
        branches = [self.one(x), self.three(self.reduce_three(x)), self.five(self.reduce_five(x))]
        return torch.cat([*branches, self.pooled(self.pool(x))], dim=1)


class MBConvModule(Parts):
    """Tan and Le 2019: MBConv with squeeze and excitation of a quarter of the block's inputs."""

    def __init__(self, norm, place, inputs, filters, expansion, kernel, stride):
        super().__init__(norm, place)
        inside = inputs * expansion
        self.adds = inputs == filters and stride == 1
        self.expand = self.unit(inputs, inside, 1) if expansion > 1 else nn.Identity()
        self.depthwise = self.unit(inside, inside, kernel, stride, groups=inside)
        self.squeeze, self.excite = nn.Linear(inside, max(1, inputs // 4)), nn.Linear(max(1, inputs // 4), inside)
        self.project = self.unit(inside, filters, 1, bent=False)

    def forward(self, x):
        inside = self.depthwise(self.expand(x))
        weights = torch.sigmoid(self.excite(nn.functional.silu(self.squeeze(inside.mean((2, 3))))))
        found = self.project(inside * weights[:, :, None, None])
        return found + x if self.adds else found


every_norm = pytest.mark.parametrize(
    ("norm", "place"), [("none", "before"), ("batch", "before"), ("batch", "after"), ("layer", "before")]
)
CHANNELS = SHAPE[0]


@every_norm
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(("filters", "stride"), [(CHANNELS, 1), (5, 1), (CHANNELS, 2), (4, 3)])
def test_a_residual_block_is_that_of_modules(filters, stride, training, norm, place):
    knobs = {"activation": "silu", "normalization": norm, "norm_place": place}
    layer = made({"kind": "residual", "filters": filters, "stride": stride, **knobs})
    assert_alike(layer, ResidualModule(norm, place, CHANNELS, filters, stride), training=training)


@every_norm
@pytest.mark.parametrize("filters", [8, 16, 21])
def test_an_inception_block_is_that_of_modules(filters, norm, place):
    knobs = {"activation": "silu", "normalization": norm, "norm_place": place}
    layer = made({"kind": "inception", "filters": filters, **knobs})
    assert_alike(layer, InceptionModule(norm, place, CHANNELS, *Inception(filters=filters).shares))


@every_norm
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize(
    ("filters", "expansion", "kernel", "stride"), [(CHANNELS, 4, 3, 1), (CHANNELS, 1, 5, 1), (6, 2, 3, 2), (4, 1, 1, 1)]
)
def test_an_inverted_bottleneck_is_that_of_modules(filters, expansion, kernel, stride, training, norm, place):
    own = {"filters": filters, "expansion": expansion, "kernel": kernel, "stride": stride}
    knobs = {"activation": "silu", "normalization": norm, "norm_place": place}
    layer = made({"kind": "mbconv", **own, **knobs})
    module = MBConvModule(norm, place, CHANNELS, filters, expansion, kernel, stride)
    assert_alike(layer, module, training=training)


def test_an_inverted_bottleneck_weighs_channels_by_few_neurons():
    layer = made({"kind": "mbconv"}, shape=(16, 4, 4))
    assert [unit.shape for unit in layer.units[2:4]] == [(4, 64), (64, 4)]


@pytest.mark.parametrize("filters", [8, 9, 15, 16, 64, 512])
def test_an_inception_block_s_shares_are_a_quarter_a_half_an_eighth_and_the_rest(filters):
    one, three, five, pooled = Inception(filters=filters).shares
    assert one + three + five + pooled == filters
    assert min(one, three, five, pooled) >= 1
    assert (one, three, five) == (filters // 4, filters // 2, filters // 8)


@pytest.mark.parametrize("norm", ["none", "batch", "weight"])
@pytest.mark.parametrize("kind", ["residual", "inception", "mbconv"])
def test_a_block_s_tensors_have_names_of_their_own(kind, norm):
    layer = made({"kind": kind, "filters": 8, "normalization": norm})
    roles = [owned.role for owned in (*layer.parameters, *layer.buffers)]
    assert len(set(roles)) == len(roles)
    last = {"weight", "bias", "direction", "length", "scale", "shift", "mean", "variance"}
    assert {role.rsplit(" ", 1)[-1] for role in roles} <= last
    assert all(" " in role for role in roles)


def test_a_residual_block_with_weights_of_zero_passes_on_what_it_is_given():
    layer = made({"kind": "residual", "filters": CHANNELS, "activation": "relu"})
    parameters = [torch.zeros(owned.shape, dtype=torch.float64) for owned in layer.parameters]
    x = chance(4, *SHAPE).abs()
    assert torch.equal(layer(x, Pass(parameters, [], True)), x)
