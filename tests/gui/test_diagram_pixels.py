"""Numbers as pixels: edges against Qt's own strokes, tiles against numpy's interpolation."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from nnplayground.gui import theme as themes
from nnplayground.gui.views.diagram import pictures
from nnplayground.gui.views.diagram.curves import Curves
from nnplayground.gui.views.diagram.raster import EdgePicture, Raster, tinted
from nnplayground.gui.views.diagram.tiles import paint_tiles, tinted_tiles

from .networks import frame_of

BLUE, ORANGE = (8, 119, 189), (232, 121, 12)
HEIGHT = 160


def alpha(pixels):
    return (pixels >> 24).astype(np.float64) / 255


def channels(pixels):
    return [((pixels >> shift) & 255).astype(int) for shift in (24, 16, 8, 0)]


def painted(curves, strengths, ratio=1.0):
    picture = EdgePicture(Raster([curves], 0, HEIGHT, ratio, 1.0), tinted(BLUE, ORANGE))
    picture.show([np.asarray(strengths, np.float32)])
    return picture.pixels


def covered(curves, strength, ratio) -> np.ndarray:
    """How much of each pixel an edge covers: its optical depth there, relative to that where it covers all."""
    levels = round(len(tinted(BLUE, ORANGE)) ** 0.5)
    picture = EdgePicture(Raster([curves], 0, HEIGHT, ratio, 1.0), np.arange(levels**2, dtype=np.uint32))
    picture.show([np.array([[strength]], np.float32)])
    return picture.pixels // levels / (-np.log1p(-(0.22 + 0.68 * strength)) * (levels - 1) / 4)


def stroked(curves, width, ratio) -> np.ndarray:
    """What the same curve covers as Qt's painter strokes it: the oracle."""
    side = round((curves.right - curves.left) * ratio)
    image = QImage(side, round(HEIGHT * ratio), QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(ratio, ratio)
    painter.translate(-curves.left, 0)
    path = QPainterPath(QPointF(curves.left, curves.starts[0]))
    middle = (curves.left + curves.right) / 2
    path.cubicTo(middle, curves.starts[0], middle, curves.ends[0], curves.right, curves.ends[0])
    painter.strokePath(path, QPen(QColor(*BLUE), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
    painter.end()
    pixels = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return alpha(pixels[:, :side])


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("end", [30.0, 50.0, 140.0])
@pytest.mark.parametrize("strength", [0.25, 1.0])  # which are whole steps
def test_an_edge_covers_what_a_stroke_of_qt_covers(qapp, ratio, end, strength):
    curves = Curves(10.0, 110.0, (30.0,), (end,))
    mine, theirs = covered(curves, strength, ratio), stroked(curves, 0.5 + 2.9 * strength, ratio)
    assert mine.sum() == pytest.approx(theirs.sum(), rel=0.07)
    assert np.abs(mine - theirs).mean() < 0.004
    assert np.abs(mine - theirs).max() < 0.3


def test_the_sign_is_the_colour_and_where_signs_cross_the_stronger_is_on_top():
    curves = Curves(0.0, 100.0, (40.0, 120.0), (120.0, 40.0))
    pixels = painted(curves, [[1.0, 0.0], [0.0, -0.25]])
    assert channels(pixels)[3][40, 2] > channels(pixels)[1][40, 2]  # blue at the heavy edge's start
    assert channels(pixels)[1][120, 2] > channels(pixels)[3][120, 2]  # orange at the light one's
    crossing = [channel[80, 50] for channel in channels(pixels)]
    assert crossing[3] > crossing[1]


def test_edges_below_two_per_cent_and_gaps_without_numbers_stay_empty():
    curves = Curves(0.0, 100.0, (40.0,), (120.0,))
    assert not painted(curves, [[0.019]]).any()
    picture = EdgePicture(Raster([curves], 0, HEIGHT, 1.0, 1.0), tinted(BLUE, ORANGE))
    assert picture.show([np.ones((1, 1), np.float32)]) == [0]
    picture.show([None])
    assert not picture.pixels.any()


@pytest.mark.parametrize("ratio", [1.0, 1.5])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.9])
def test_edges_that_change_one_by_one_look_as_if_painted_at_once(ratio, share):
    generator = np.random.default_rng(3)
    gaps = [Curves(0.0, 80.0, (20.0, 60.0, 130.0), (40.0, 120.0)), Curves(100.0, 170.5, (40.0, 120.0), (10.0, 80.0))]
    raster, table = Raster(gaps, 0, HEIGHT, ratio, 1.0), tinted(BLUE, ORANGE)
    picture, strengths = EdgePicture(raster, table), [np.zeros(gap.rises.shape, np.float32) for gap in gaps]
    for _ in range(60):
        changed = [generator.random(own.shape) < share for own in strengths]
        strengths = [
            np.where(where, generator.uniform(-1, 1, own.shape), own).astype(np.float32)
            for where, own in zip(changed, strengths, strict=True)
        ]
        shown = [own if generator.random() < 0.9 else None for own in strengths]
        before = picture.pixels.copy()
        gaps_changed = picture.show(shown)
        fresh = EdgePicture(raster, table)
        fresh.show(shown)
        assert (picture.pixels == fresh.pixels).all()
        differ = [gap for gap in range(2) if (before != picture.pixels)[:, raster.span(gap)].any()]
        assert set(differ) <= set(gaps_changed)


def test_what_changes_too_little_to_be_seen_paints_nothing():
    picture = EdgePicture(Raster([Curves(0.0, 100.0, (40.0,), (120.0,))], 0, HEIGHT, 1.0, 1.0), tinted(BLUE, ORANGE))
    picture.show([np.full((1, 1), 0.5, np.float32)])
    assert picture.show([np.full((1, 1), 0.504, np.float32)]) == []
    assert picture.show([np.full((1, 1), 0.55, np.float32)]) == [0]


def test_pixels_are_premultiplied():
    for table in (tinted(BLUE, ORANGE), tinted_tiles(themes.diverging(themes.load("dark")), 0.5)):
        opacity, *colours = channels(table)
        assert all((colour <= opacity).all() for colour in colours)


# tiles

GREY = np.stack([np.arange(256, dtype=np.uint8)] * 3 + [np.full(256, 255, np.uint8)], axis=1)


def levels(values, side, **how):
    """What the tiles show, back as values in [-1, 1]."""
    pixels = paint_tiles(np.asarray(values, np.float32), side, 0.0, tinted_tiles(GREY), **how)
    return (pixels & 255).astype(float) / 127.5 - 1


def test_a_tile_interpolates_between_the_middles_of_pixels():
    row = np.linspace(-1, 1, 8)
    shown = levels(np.broadcast_to(row, (1, 8, 8)), 36)[0]
    at = (np.arange(36) + 0.5) * 8 / 36 - 0.5
    assert shown[17] == pytest.approx(np.interp(at, np.arange(8), row), abs=0.01)
    assert (shown == shown[0]).all()


@pytest.mark.parametrize("side", [16, 36, 72])
def test_a_constant_response_is_one_colour(side):
    assert levels(np.full((2, 8, 8), 0.5), side) == pytest.approx(0.5, abs=0.01)


def test_the_top_row_of_a_response_is_the_top_of_its_tile():
    values = np.zeros((1, 8, 8))
    values[0, 0] = 1.0
    shown = levels(values, 32)[0]
    assert shown[0].min() > 0.9
    assert abs(shown[-1]).max() < 0.02


def test_sharp_pictures_keep_their_squares():
    values = np.array([[[-1.0, 1.0], [0.0, np.nan]]])
    pixels = paint_tiles(values.astype(np.float32), 20, 0.0, tinted_tiles(GREY), sharp=True)[0]
    assert len(np.unique(pixels)) == 4
    assert (pixels[10:, 10:] == 0).all()  # NaN is transparent


def test_a_line_is_drawn_as_bars_from_zero():
    shown = levels(np.array([[[1.0, 0.0, -1.0]]]), 30)[0]
    assert shown[2, 2] == pytest.approx(1.0, abs=0.02)
    assert shown[27, 2] == pytest.approx(0.0, abs=0.02)
    assert shown[2, 27] == pytest.approx(0.0, abs=0.02)
    assert shown[27, 27] == pytest.approx(-1.0, abs=0.02)


def test_corners_are_round_and_smooth():
    pixels = paint_tiles(np.ones((1, 4, 4), np.float32), 32, 6.0, tinted_tiles(GREY))[0]
    opacity = alpha(pixels)
    assert opacity[0, 0] == 0
    assert (opacity[:, 16] == 1).all()
    assert ((opacity[:6, :6] > 0) & (opacity[:6, :6] < 1)).any()
    assert (opacity == opacity[::-1]).all()
    assert (opacity == opacity.T).all()


# pictures


def test_responses_are_relative_to_each_neurons_largest_and_zero_stays_zero():
    raw = np.stack([np.full((2, 2), -4.0), np.zeros((2, 2)), np.array([[1.0, 2.0], [np.nan, -1.0]])]).astype(np.float32)
    values = pictures.relative(raw)
    assert (values[0] == -1).all()
    assert (values[1] == 0).all()
    assert values[2].tolist()[0] == [0.5, 1.0]
    assert np.isnan(values[2][1, 0])


@pytest.mark.parametrize("count", [1, 5, 45, 144, 145, 540, 1024])
def test_samples_fill_the_picture_in_order(count):
    flat = np.full(1024, np.nan, np.float32)
    flat[:count] = np.linspace(0.1, 1, count)
    picture = pictures.of_responses(flat.reshape(1, 32, 32), "samples")[0]
    shown = picture.values[np.isfinite(picture.values)]
    assert (np.diff(shown) >= 0).all()
    assert np.isfinite(picture.values).mean() > 0.7
    assert picture.values.shape[1] <= 12
    assert (picture.low, picture.high) == pytest.approx((0.1, 1.0 if count > 1 else 0.1))


def test_samples_beyond_the_squares_are_averaged():
    flat = np.arange(288, dtype=np.float32)
    picture = pictures.of_probabilities(flat.reshape(1, 12, 24), "samples")[0]
    means = flat.reshape(144, 2).mean(axis=1).reshape(12, 12)
    assert picture.values == pytest.approx(2 * means - 1)


def test_probabilities_go_from_none_to_all():
    picture = pictures.of_probabilities(np.array([[[0.0, 0.5, 1.0]]], np.float32), "domain")[0]
    assert picture.values.tolist() == [[-1.0, 0.0, 1.0]]


def test_values_are_shown_about_the_targets_mean():
    picture = pictures.of_values(np.array([[[90.0, 100.0, 120.0]]], np.float32), "domain", 100.0, 10.0)[0]
    assert picture.values.tolist() == [[-0.5, 0.0, 1.0]]
    assert (picture.low, picture.high) == (90.0, 120.0)


def test_features_look_like_their_formulas():
    features = ("x1", "x2", "x1^2", "x1*x2")
    x1, x2, squared, product = (picture.values for picture in pictures.of_formulas(features))
    assert (np.diff(x1, axis=1) > 0).all()
    assert (np.diff(x2, axis=0) < 0).all()  # the largest x₂ at the top
    assert squared == pytest.approx(x1**2 / (x1**2).max(), abs=1e-6)
    assert product == pytest.approx(x1 * x2 / np.abs(x1 * x2).max(), abs=1e-6)
    assert pictures.of_formulas(("x1", "sin(x1)"))[0].values.shape == (1, 48)


def test_the_mean_image_is_that_of_the_training_samples():
    dataset = frame_of("images").dataset
    picture = pictures.of_images(dataset)
    mean = dataset.train.raw.astype(np.float64).mean(axis=0).reshape(8, 8)
    assert picture.values == pytest.approx(mean / mean.max(), abs=1e-5)


def test_the_mean_image_of_colour_images_is_in_their_colours():
    dataset = frame_of("colour images").dataset
    picture = pictures.of_images(dataset)
    mean = dataset.train.raw.astype(np.float64).mean(axis=0).reshape(3, 5, 4)
    assert (picture.values + 1) / 2 == pytest.approx(mean / 255, abs=1e-5)
    assert (picture.low, picture.high) == pytest.approx((mean.min(), mean.max()), abs=1e-3)
    pixels = paint_tiles(picture.values[None], 40, 0.0, tinted_tiles(GREY))[0]
    shown = np.stack([channel[::8, ::10] for channel in channels(pixels)[1:]])
    assert shown == pytest.approx(mean, abs=0.6)
    assert (channels(pixels)[0] == 255).all()


def test_weights_of_a_colour_image_are_grey_where_they_are_none():
    weights = np.zeros((2, 60), np.float32)
    weights[0, 0], weights[0, 59] = 0.5, -0.25  # red of the first pixel, blue of the last
    first, second = pictures.of_weights(weights, (3, 5, 4))
    assert first.values.shape == (3, 5, 4)
    assert (first.values[0, 0, 0], first.values[2, 4, 3]) == (1.0, -0.5)
    assert (first.low, first.high) == (-0.25, 0.5)
    pixels = paint_tiles(np.stack([first.values, second.values]), 20, 0.0, tinted_tiles(GREY))
    _, red, green, blue = channels(pixels)
    assert (red[0, 0, 0], green[0, 0, 0], blue[0, 0, 0]) == (255, 128, 128)
    assert {*np.ravel([red[1], green[1], blue[1]])} == {128}


def test_colours_that_are_no_numbers_are_transparent():
    values = np.zeros((1, 3, 2, 2), np.float32)
    values[0, 1, 0, 0] = np.nan
    opacity = channels(paint_tiles(values, 2, 0.0, tinted_tiles(GREY)))[0]
    assert opacity.tolist() == [[[0, 255], [255, 255]]]
