"""The race's curves: their difference on a scale that neither hides small gaps nor leaves out great ones."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF

from nnplayground.gui import theme
from nnplayground.gui.race.curves import RaceCurves
from nnplayground.gui.race.symmetric import Symmetric
from tests.gui.frames import make_history

VALUES = np.array([-30.0, -1.0, -2e-4, 0.0, 1e-9, 5e-3, 0.7, 12.0])


@pytest.mark.parametrize("unit", [1e-6, 1e-3, 1.0])
def test_positions_are_those_of_the_formula_odd_and_ascending(unit):
    found = Symmetric(unit).positions(VALUES)
    expected = [np.sign(v) * np.log10(1 + abs(v) / unit) for v in VALUES]
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-16)
    np.testing.assert_array_equal(Symmetric(unit).positions(-VALUES), -found)
    assert np.all(np.diff(found) > 0)


def test_about_zero_it_is_linear_and_far_from_it_a_decade_is_as_long_as_any_other():
    scale = Symmetric(0.01)
    near = scale.positions(np.array([1e-5, 2e-5, 3e-5]))
    np.testing.assert_allclose(near / near[0], [1, 2, 3], rtol=2e-3)
    far = scale.positions(np.array([10.0, 100.0, 1000.0]))
    np.testing.assert_allclose(np.diff(far), 1.0, atol=1e-3)


def test_a_spike_leaves_small_gaps_a_good_part_of_the_axis():
    gaps = np.concatenate([[4.0], np.full(200, 1e-3), np.full(200, -1e-3)])
    scale = Symmetric.fitting(gaps)
    low, high = scale.limits(gaps.min(), gaps.max())
    small = np.ptp(scale.positions(np.array([-1e-3, 1e-3])))
    assert small > 0.1 * (high - low), "of a linear axis it is a two thousandth"
    assert low <= scale.position(-1e-3)
    assert scale.position(4.0) <= high


@pytest.mark.parametrize("gaps", [[], [0.0, 0.0], [np.nan, 0.0], [1e-7], [-3.0], [1e-12, 5.0], [-1e30, 1e30]])
def test_whatever_the_gaps_are_all_of_them_and_zero_lie_within_the_limits(gaps):
    values = np.array(gaps, float)
    known = values[np.isfinite(values)]
    scale = Symmetric.fitting(values)
    low, high = scale.limits(known.min(initial=0.0), known.max(initial=0.0))
    assert low < high
    assert low <= 0.0 <= high
    assert np.all((scale.positions(known) >= low) & (scale.positions(known) <= high))


@pytest.mark.parametrize("apart", [0.05, 0.3, 1.2])
def test_ticks_stand_at_the_values_that_they_name_and_keep_their_distance(apart):
    scale = Symmetric(1e-3)
    low, high = scale.limits(-0.02, 3.0)
    ticks = scale.ticks(low, high, apart)
    assert "0" in dict(ticks).values()
    for place, text in ticks:
        assert place == pytest.approx(scale.position(float(text.replace("−", "-"))), abs=1e-9)
        assert low <= place <= high
    assert np.all(np.diff([place for place, _ in ticks]) >= apart)


@pytest.fixture
def curves(qtbot):
    made = RaceCurves(theme.load("light"))
    qtbot.addWidget(made)
    made.resize(420, 360)
    made.show()
    one = make_history(300, train_loss=np.full(30, 0.5), validation_loss=np.full(30, 0.6))
    spike = np.concatenate([[9.5], np.full(29, 0.502)])
    made.draw({"one": one, "other": make_history(300, train_loss=spike, validation_loss=spike)}, {"one": "A"})
    return made


def test_the_read_out_says_the_exact_difference_of_a_small_gap_as_of_the_spike(curves):
    for step, train, validation in ((10.0, "9.000", "8.900"), (200.0, "0.002000", "−0.09800")):
        rows = curves._read_differences(QPointF(step, 0.0), QPointF(5, 5)).rows
        assert [row.value for row in rows[1:]] == [train, validation]
        values = [float(row.value.replace("−", "-")) for row in rows[1:]]
        places = [curves.scale.position(value) for value in values]
        assert [row.y for row in rows[1:]] == pytest.approx(places, abs=1e-4), "it stands where the line is drawn"


def test_the_caption_says_from_where_on_the_scale_is_logarithmic(curves):
    assert curves.caption.accessibleName().startswith("B − A, logarithmic beyond ±0.001 ·")


def test_both_are_seen_apart_from_the_axis_and_ticks_follow_the_height(curves, qtbot):
    plot = curves.differences
    (low, high), height = plot.notes.y_range, plot.notes.area.height()
    assert curves.scale.position(0.002) / (high - low) * height > 5, "pixels: a line beside that of zero"
    before = len(plot.y_axis._tickLevels[0])
    curves.resize(420, 1000)
    qtbot.waitUntil(lambda: plot.notes.area.height() > 2 * height)
    assert len(plot.y_axis._tickLevels[0]) > before
