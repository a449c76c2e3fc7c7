"""Where the diagram's parts lie, what they are called, and what is found under a point. No Qt is needed."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.engine import Trainer
from nnplayground.engine.network import architecture
from nnplayground.experiment import Experiment
from nnplayground.gui.views.diagram.curves import FAINTEST, Curves, strengths
from nnplayground.gui.views.diagram.layout import MOST_TILES, Sizes, arrange
from nnplayground.gui.views.diagram.quantities import Numbers
from nnplayground.gui.views.diagram.scene import Background, Edge, Mark, Scene, Tile
from nnplayground.gui.views.diagram.structure import UNKNOWN, structure_of

from .networks import STRUCTURES, experiment_of, frame_of, make_snapshot

COUNTS = st.lists(st.integers(1, 5000) | st.integers(1, 20), min_size=2, max_size=18)
SIZES = st.builds(
    Sizes,
    tile=st.sampled_from([30.0, 36.0, 54.0]),
    left=st.floats(0, 80),
    right=st.floats(0, 60),
    header=st.sampled_from([40.0, 60.0]),
    picture=st.just(0.0) | st.just(96.0),
)


def laid_out(counts, width, height, sizes):
    counts = [1, *counts[1:]] if sizes.picture else counts
    return arrange(counts, width, height, sizes), counts


def folded(counts, slabs, width, height, sizes):
    """The same with blocks: slim ones in the places `slabs` between the ends, of tiles in the others."""
    forms = ["tiles", *("slab" if i in slabs else "maps" for i in range(1, len(counts) - 1)), "tiles"]
    counts = [1 if form == "slab" else count for count, form in zip(counts, forms, strict=True)]
    counts = [1, *counts[1:]] if sizes.picture else counts
    return arrange(counts, width, height, sizes, forms), forms


BLOCKS = st.lists(st.integers(1, 512), min_size=3, max_size=24), st.sets(st.integers(1, 22))


@given(*BLOCKS, st.floats(400, 1600), st.floats(260, 1200), SIZES)
def test_blocks_lie_apart_inside_the_diagram_and_leave_room_for_bands(counts, slabs, width, height, sizes):
    geometry, forms = folded(counts, slabs, width, height, sizes)
    for column, form in zip(geometry.columns, forms, strict=True):
        assert column.block.top >= geometry.top - sizes.frame - 1
        assert column.block.bottom <= geometry.bottom + sizes.frame + 1
        assert bool(column.tall) == (form == "slab")
        assert (column.frame > 0) == (form == "maps")
    for before, after in zip(geometry.columns, geometry.columns[1:], strict=False):
        assert after.block.left - before.block.right >= min(sizes.band, 0.6 * sizes.tiny) - 2
    assert sizes.left - 1 <= geometry.columns[0].block.left
    assert geometry.columns[-1].block.right <= geometry.width + 1


@given(*BLOCKS, st.floats(400, 1600), SIZES)
def test_what_is_written_above_blocks_does_not_touch(counts, slabs, width, sizes):
    geometry, _ = folded(counts, slabs, width, 500, sizes)
    pairs = zip(geometry.columns, geometry.columns[1:], geometry.rooms, geometry.rooms[1:], strict=False)
    for before, after, room, other in pairs:
        assert before.x + room / 2 <= after.x - other / 2 + 1


@pytest.mark.parametrize("depth", [10, 14, 18])
def test_a_deep_network_of_blocks_fits_into_a_small_window(depth):
    sizes = Sizes(left=40, right=20, picture=60)
    geometry, _ = folded([1, *[32] * depth, 10], {5, 10, depth}, 470.0, 300.0, sizes)
    assert geometry.width == 470.0


@given(COUNTS, st.floats(300, 1600), st.floats(260, 1200), SIZES)
def test_every_tile_lies_between_header_and_footer_and_inside_the_width(counts, width, height, sizes):
    geometry, counts = laid_out(counts, width, height, sizes)
    assert geometry.width >= width
    for column in geometry.columns:
        assert geometry.width - 1 >= column.x + column.tile / 2
        assert column.x - column.tile / 2 >= sizes.left - 1
        for row in range(len(column.ys)):
            box = column.box(row)
            assert box.top >= geometry.top - 1
            assert box.bottom <= geometry.bottom + 1
        if column.left_out:
            assert column.box(len(column.ys) - 1).bottom <= column.more_y <= geometry.bottom


@given(COUNTS, st.floats(300, 1600), st.floats(260, 1200), SIZES)
def test_tiles_never_overlap_and_columns_leave_room_for_edges(counts, width, height, sizes):
    geometry, counts = laid_out(counts, width, height, sizes)
    for column in geometry.columns:
        assert all(below - above >= column.tile for above, below in zip(column.ys, column.ys[1:], strict=False))
    for before, after in zip(geometry.columns, geometry.columns[1:], strict=False):
        assert after.x - after.tile / 2 - (before.x + before.tile / 2) >= sizes.channel - 2


@given(COUNTS, st.floats(300, 1600), st.floats(260, 1200), SIZES)
def test_tiles_shown_and_left_out_add_up(counts, width, height, sizes):
    geometry, counts = laid_out(counts, width, height, sizes)
    for count, column in zip(counts, geometry.columns, strict=True):
        assert 1 <= len(column.ys) <= MOST_TILES
        assert len(column.ys) + column.left_out == count


@given(st.lists(st.integers(1, 10), min_size=2, max_size=6), st.floats(500, 1600), st.floats(400, 1200))
def test_columns_are_symmetric_about_their_common_middle(counts, width, height):
    geometry = arrange(counts, width, height, Sizes())
    middle = (geometry.top + geometry.bottom) / 2
    for column in geometry.columns:
        assert (column.ys[0] + column.ys[-1]) / 2 == pytest.approx(middle, abs=1.0)
    gaps = np.diff([column.x for column in geometry.columns])
    assert np.ptp(gaps) <= 2.0  # each end lies on a whole pixel


def test_eight_neurons_are_shown_as_large_as_in_the_sketch():
    geometry = arrange([7, 8, 8, 8, 1], 717, 470, Sizes(left=45))
    assert {column.tile for column in geometry.columns} <= {35.0, 36.0}
    assert geometry.width == 717


def test_sixteen_layers_make_the_diagram_wider_than_a_narrow_window_only():
    counts = [7] + [8] * 16 + [1]
    assert arrange(counts, 717, 470, Sizes(left=45)).width > 717
    assert arrange(counts, 1100, 470, Sizes(left=45)).width == 1100


# curves


def bezier(curves: Curves, start: int, end: int, t: float) -> tuple[float, float]:
    """De Casteljau's construction, the oracle for what the diagram looks up by x."""
    middle = (curves.left + curves.right) / 2
    y0, y1 = curves.starts[start], curves.ends[end]
    points = np.array([(curves.left, y0), (middle, y0), (middle, y1), (curves.right, y1)])
    while len(points) > 1:
        points = (1 - t) * points[:-1] + t * points[1:]
    return float(points[0][0]), float(points[0][1])


CURVES = Curves(10.0, 130.0, (20.0, 70.0, 120.0), (30.0, 60.0, 90.0, 200.0))


@given(st.integers(0, 2), st.integers(0, 3), st.floats(0, 1))
def test_the_height_at_x_is_that_of_the_bezier_curve(start, end, t):
    x, y = bezier(CURVES, start, end, t)
    heights, _ = CURVES.at(x)
    assert heights[end, start] == pytest.approx(y, abs=0.05)


@given(st.integers(0, 2), st.integers(0, 3), st.floats(0.2, 0.8))
def test_the_slope_at_x_is_the_derivative_of_the_height(start, end, t):
    x, _ = bezier(CURVES, start, end, t)
    after, before = CURVES.at(x + 0.25)[0], CURVES.at(x - 0.25)[0]
    assert CURVES.at(x)[1][end, start] == pytest.approx((after - before)[end, start] / 0.5, abs=0.05)


@given(st.integers(0, 2), st.integers(0, 3), st.floats(0.1, 0.9), st.integers(0, 100))
def test_a_point_on_an_edge_finds_it_or_one_that_is_as_near(start, end, t, seed):
    weights = np.random.default_rng(seed).uniform(0.2, 1, (4, 3)).astype(np.float32)
    x, y = bezier(CURVES, start, end, t)
    found = CURVES.nearest(x, y, weights, 4.0)
    assert found is not None
    assert abs(CURVES.at(x)[0][found] - y) <= 1 + abs(CURVES.at(x)[1][found])


def test_an_edge_that_is_too_faint_to_be_drawn_is_not_found():
    weights = np.ones((1, 1), np.float32)
    curves = Curves(0.0, 100.0, (10.0,), (10.0,))
    assert curves.nearest(50, 10, weights, 4.0) == (0, 0)
    pair = Curves(0.0, 100.0, (10.0, 80.0), (10.0,))
    assert pair.nearest(2, 10, np.array([[FAINTEST / 2, 1.0]], np.float32), 4.0) is None


def test_nothing_is_found_beside_the_gap_or_far_from_an_edge():
    weights = np.ones((4, 3), np.float32)
    assert CURVES.nearest(5, 20, weights, 4.0) is None
    assert CURVES.nearest(70, 500, weights, 4.0) is None


def test_strengths_are_relative_to_the_largest_and_bear_what_is_not_finite():
    assert strengths(np.array([2.0, -4.0, 0.0], np.float32)).tolist() == [0.5, -1.0, 0.0]
    assert strengths(np.array([1.0, np.nan, np.inf, -np.inf], np.float32)).tolist() == [1.0, 0.0, 0.0, 0.0]
    assert strengths(np.zeros(3, np.float32)).tolist() == [0.0, 0.0, 0.0]


# structures


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_sizes_are_those_of_the_network_that_is_trained(name):
    from nnplayground.engine.losses import head

    frame = frame_of(name)
    structure = structure_of(frame.experiment, frame.dataset)
    trained = head(frame.experiment.loss, frame.experiment.output, frame.dataset)
    inputs, image = frame.dataset.train.inputs.shape[1], frame.dataset.image_shape
    built = architecture(frame.experiment.network, inputs, trained.outputs, image)
    assert structure.sizes == (inputs, *(prod(stage.gives) for stage in built.stages))
    assert structure.shapes == tuple(stage.given for stage in built.stages)
    assert structure.link == trained.activation


@pytest.mark.parametrize("name", STRUCTURES)
def test_columns_know_which_layers_of_a_snapshot_they_are(name):
    frame = frame_of(name)
    structure, trainer = structure_of(frame.experiment, frame.dataset), Trainer(frame.experiment, dataset=frame.dataset)
    names = [f"layer {i}" for i in range(1, len(structure.layers) + 1)] + ["output"]
    known = {names[column - 1]: place for column, place in enumerate(structure.learners) if place is not None}
    assert known == {name: place for place, name in enumerate(trainer.layers)}
    snapshot = trainer.snapshot()
    for gap, band in enumerate(structure.bands):
        assert (structure.weights(snapshot, gap) is None) == band
        place = structure.learners[gap + 1]
        plain = place is not None and snapshot.layout.find(place, "bias") is not None  # blocks of several have several
        assert (structure.biases(snapshot, gap) is not None) == plain


def test_shapes_are_known_before_images_are_loaded_and_unknown_where_they_are_not_told():
    structure = structure_of(experiment_of("convolutions"), None)
    assert structure.shapes == ((1, 8, 8), (6, 8, 8), (6, 4, 4), (20, 4, 4), (320,), (12,), (5,))
    assert structure_of(experiment_of("colour convolutions"), None).shapes == ()
    assert structure_of(experiment_of("colour convolutions"), None).counts == (1, 4, 1, 2, 1)


def test_edges_stand_between_dense_layers_alone_and_bands_elsewhere():
    structure = structure_of(experiment_of("convolutions"), frame_of("convolutions").dataset)
    assert structure.forms == ("tiles", "maps", "slab", "maps", "slab", "tiles", "tiles", "tiles")
    assert structure.bands == (True, True, True, True, True, False, False)


def test_filters_that_look_at_the_image_are_shown_as_pictures():
    frame = frame_of("convolutions")
    structure = structure_of(frame.experiment, frame.dataset)
    kernels = structure.kernels(frame.snapshot)
    assert np.array_equal(kernels, frame.snapshot.weights(0))
    assert kernels.shape == (6, 1, 5, 5)
    scene = make_scene("convolutions")
    assert scene.picture(1, 2).kind == "weights"
    assert scene.picture(1, 2).low == pytest.approx(kernels[2].min())
    assert structure.kernels(frame_of("images").snapshot) is None
    assert make_scene("colour convolutions").picture(1, 0).values.shape == (3, 3, 3)


def test_two_classes_with_softmax_have_two_outputs():
    experiment = Experiment().replace("loss.kind", "cross_entropy")
    assert structure_of(experiment, None).outputs == 2


def test_features_are_known_before_the_data_are_and_keep_their_own_order_as_inputs():
    structure = structure_of(Experiment().replace("data.features", ["sin(x1)", "x2"]), None)
    assert structure.places == (None, 1, None, None, None, 0, None)
    assert structure.sizes[0] == 2


def test_inputs_are_unknown_while_the_data_load():
    structure = structure_of(experiment_of("iris"), None)
    assert structure.input_names == (UNKNOWN,)
    assert structure.places == (None,)
    assert structure.outputs == 3


def test_a_data_set_of_another_experiment_is_not_looked_at():
    assert structure_of(experiment_of("iris"), frame_of("spiral").dataset).input_names == (UNKNOWN,)
    assert structure_of(experiment_of("spiral"), frame_of("iris").dataset).features
    assert structure_of(experiment_of("four classes"), frame_of("spiral").dataset).outputs == 4
    assert structure_of(experiment_of("spiral"), frame_of("four classes").dataset).outputs == 1


@pytest.mark.parametrize("sizes", [(2, 8, 8, 1), (2, 8, 8, 8, 8, 1), (3, 8, 8, 8, 1), (2, 8, 9, 8, 1), (2, 8, 8, 8, 2)])
def test_numbers_of_another_structure_are_left_out_layer_by_layer(sizes):
    structure = structure_of(Experiment(), None)
    snapshot = make_snapshot(sizes)
    for layer in range(4):
        weights = structure.weights(snapshot, layer)
        fits = len(sizes) == 5 and sizes[layer : layer + 2] == structure.sizes[layer : layer + 2]
        assert (weights is not None) == fits


# what lies under a point


def make_scene(name: str = "spiral", width: float = 717, height: float = 470) -> Scene:
    frame = frame_of(name)
    structure = structure_of(frame.experiment, frame.dataset)
    scene = Scene(structure, arrange(structure.counts, width, height, Sizes(left=45), structure.forms))
    scene.take_numbers(Numbers(weights=frame.snapshot))
    return scene


@pytest.mark.parametrize("name", STRUCTURES)
def test_the_middle_of_every_tile_is_that_tile_and_its_lower_left_corner_its_bias(name):
    scene = make_scene(name)
    for column, placed in enumerate(scene.geometry.columns):
        for row, y in enumerate(placed.ys):
            assert scene.spot_at(placed.x, y) == Tile(column, row)
            if column and scene.biases[column - 1] is not None:
                assert scene.spot_at(*scene.geometry.mark_at(column, row)) == Mark(column, row)


def test_a_point_on_an_edge_between_tiles_is_that_edge():
    scene = make_scene("no hidden layer")
    weights = np.array([[2.0, -1.0, 0, 0, 0, 0, 0]], np.float32)
    scene.weights = [weights]
    for start in (0, 1):
        x = scene.curves[0].left + 30
        assert scene.spot_at(x, float(scene.curves[0].at(x)[0][0, start])) == Edge(0, 0, start)
        assert scene.weight(Edge(0, 0, start)) == weights[0, start]


def test_no_edge_comes_from_an_input_that_is_off():
    scene = make_scene()
    off = [row for row, place in enumerate(scene.structure.places) if place is None]
    assert (scene.weights[0][:, off] == 0).all()
    assert (scene.blank(0)[:, off] == 0).all()
    assert (scene.blank(0)[:, :2] == 1).all()


def test_edges_know_the_input_of_the_network_that_they_come_from():
    experiment = Experiment().replace("data.features", ["sin(x1)", "x2"])
    structure = structure_of(experiment, None)
    scene = Scene(structure, arrange(structure.counts, 717, 470, Sizes()))
    snapshot = make_snapshot(structure.sizes)
    scene.take_numbers(Numbers(weights=snapshot))
    edge = Edge(0, 3, 5)  # from sin(x1)
    assert scene.network_input(edge) == 0
    assert scene.weight(edge) == snapshot.weights(0)[3, 0]


def test_a_hidden_column_beside_its_tiles_is_its_background():
    scene = make_scene()
    placed = scene.geometry.columns[2]
    assert scene.spot_at(placed.x, scene.geometry.top / 2) == Background(2)
    assert scene.spot_at(scene.geometry.columns[0].x, 5) is None


def test_without_numbers_there_are_neither_edges_nor_marks_to_be_hit():
    scene = make_scene()
    scene.take_numbers(Numbers())
    spots = {
        type(scene.spot_at(x, y))
        for x in np.arange(0, scene.geometry.width, 7)
        for y in np.arange(0, scene.geometry.height, 7)
    }
    assert spots <= {Tile, Background, type(None)}
