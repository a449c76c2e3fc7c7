"""Strokes: a line is seen where its points are, and broken where there are none."""

import numpy as np
import pytest
from PySide6.QtGui import QColor

from nnplayground.gui import theme
from nnplayground.gui.views.plotting import Plot
from nnplayground.gui.views.strokes import Fill, Stroke
from nnplayground.gui.views.symbols import line_pen
from tests.gui.frames import differing, on_screen

COLOUR = "#123456"


@pytest.fixture
def plot(qtbot):
    made = Plot(theme.load("light"), grid=False)
    qtbot.addWidget(made)
    made.resize(300, 200)
    made.show()
    qtbot.waitExposed(made)
    made.set_limits((0.0, 10.0), (0.0, 10.0))
    return made


def stroke(plot, **look) -> Stroke:
    made = Stroke(line_pen(COLOUR, look.pop("width", 1.0), **look))
    plot.drawing.add(made)
    return made


def columns(plot) -> set[int]:
    """The x, rounded to whole numbers, at which anything of the stroke's colour is seen."""
    image, area = plot.grab().toImage(), plot.notes.area
    wanted = QColor(COLOUR).rgb()
    seen = [x for x in range(image.width()) if any(image.pixel(x, y) == wanted for y in range(image.height()))]
    return {round((x - area.left()) / area.width() * 10) for x in seen}


@pytest.mark.parametrize("look", [{}, {"width": 3.0}, {"dashed": True}, {"width": 3.0, "dashed": True}])
def test_a_line_is_seen_from_its_first_point_to_its_last(plot, look):
    stroke(plot, **look).set_points(np.array([2.0, 5.0, 8.0]), np.array([5.0, 6.0, 5.0]))
    assert columns(plot) == {2, 3, 4, 5, 6, 7, 8}


@pytest.mark.parametrize("width", [1.0, 3.0])
def test_it_is_broken_where_a_value_is_not_finite(plot, width):
    y = np.array([5.0, 5.0, np.nan, 5.0, 6.0, np.inf, 5.0])
    stroke(plot, width=width).set_points(np.array([1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 9.0]), y)
    assert {1, 2, 4, 5} <= columns(plot) <= {1, 2, 4, 5, 9}


def test_other_points_take_the_place_of_those_before(plot):
    line = stroke(plot)
    line.set_points(np.array([1.0, 2.0]), np.array([5.0, 5.0]))
    assert columns(plot) == {1, 2}
    line.set_points(np.array([8.0, 9.0]), np.array([1.0, 9.0]))
    assert columns(plot) == {8, 9}


def test_no_points_are_no_line(plot):
    line = stroke(plot)
    line.set_points(np.array([1.0, 9.0]), np.array([5.0, 5.0]))
    line.set_points(np.empty(0), np.empty(0))
    assert columns(plot) == set()


@pytest.mark.parametrize("look", [{}, {"width": 3.0}, {"dashed": True}, {"width": 3.0, "dashed": True}])
def test_a_line_painted_piece_by_piece_is_the_line_painted_at_once(plot, qtbot, look):
    made = stroke(plot, **look)
    plot.set_limits((0.0, 100.0), (-1.2, 1.2))
    x = np.linspace(0.0, 100.0, 300)
    y = np.where(np.arange(300) % 50 == 20, np.nan, np.sin(x / 3) + np.sin(x * 5) / 9)
    for stop in range(2, 301, 9):
        made.set_points(x[:stop], y[:stop])
        qtbot.wait(1)
    assert len(columns(plot)) > 5
    assert differing(on_screen(plot), plot.grab().toImage()) == 0


def test_an_area_painted_piece_by_piece_is_the_area_painted_at_once(plot, qtbot):
    made = Fill(COLOUR)
    plot.drawing.add(made)
    plot.set_limits((0.0, 100.0), (-1.2, 1.2))
    x = np.linspace(0.0, 100.0, 300)
    for stop in range(2, 301, 9):
        made.set_points(x[:stop], np.sin(x[:stop]) / 2 - 0.3, np.sin(x[:stop]) / 2 + 0.2)
        qtbot.wait(1)
    assert differing(on_screen(plot), plot.grab().toImage()) == 0
    blank = plot.grab().toImage()
    blank.fill(QColor(plot.notes.theme.panel))
    assert differing(on_screen(plot), blank) > 1000
