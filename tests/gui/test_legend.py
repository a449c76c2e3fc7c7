"""A legend in little room: drawn closer together first, then cut, then without what comes last."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontMetricsF
from PySide6.QtWidgets import QVBoxLayout, QWidget

from nnplayground.gui import theme
from nnplayground.gui.views.legend import Legend
from nnplayground.gui.views.symbols import Sample

NAMES = ("train", "validation", "batch")


@pytest.fixture
def legend(qtbot):
    made = Legend(theme.load("light"))
    qtbot.addWidget(made)
    made.set_entries(tuple((Sample("#0877BD", "line"), name) for name in NAMES))
    made.show()
    return made


def test_with_room_every_name_is_whole_and_there_is_no_tip(legend):
    legend.resize(legend.sizeHint())
    assert legend.shown == NAMES
    assert not legend.toolTip()


def test_a_little_less_room_draws_closer_and_cuts_nothing(legend):
    legend.resize(legend.sizeHint().width() - 25, 20)
    assert legend.shown == NAMES


def test_less_room_shortens_names_and_the_tip_tells_all(legend):
    legend.resize(legend.sizeHint().width() - 45, 20)
    assert legend.shown == ("train", "val", "batch")
    assert legend.toolTip().split("\n") == list(NAMES)
    legend.resize(legend.least_width(), 20)
    assert legend.shown == ("train", "val", "batch")


def test_where_short_names_have_no_room_the_longest_are_cut(legend):
    names = ("train", "averaged", "batch")
    legend.set_entries(tuple((Sample("#0877BD", "line"), name) for name in names))
    legend.resize(legend.least_width() - 15, 20)
    assert legend.shown[::2] == ("train", "batch")
    assert legend.shown[1].endswith("…")
    assert legend.toolTip().split("\n") == list(names)


def test_where_names_would_be_unreadable_the_last_ones_give_way(legend):
    legend.resize(70, 20)
    assert 0 < len(legend.shown) < len(NAMES)
    assert all(len(name) > 3 for name in legend.shown)


def test_a_legend_that_wraps_gets_the_height_of_all_its_rows(qtbot):
    box = QWidget()
    qtbot.addWidget(box)
    column = QVBoxLayout(box)
    made = Legend(theme.load("light"), box, wrap=True)
    made.set_entries(tuple((Sample("#0877BD", "line"), name) for name in NAMES))
    column.addWidget(made)
    column.addWidget(QWidget(), 1)
    box.resize(140, 200)
    box.show()
    assert made._places(made.width())[-1][2].bottom() > 1.5 * made.sizeHint().height()
    assert made.height() >= made._places(made.width())[-1][2].bottom()


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("width", range(40, 400, 24))
def test_no_name_reaches_into_the_next_sample_or_beyond_the_edge(legend, name, width):
    legend.set_theme(theme.load(name))
    legend.resize(width, 24)
    metrics = QFontMetricsF(legend.font())
    placed = legend._places(width)
    for i, (sample, text, place) in enumerate(placed):
        measure = legend._measure()
        end = place.left() + legend._sample_width(sample, measure) + measure.before + metrics.horizontalAdvance(text)
        assert end <= (placed[i + 1][2].left() if i + 1 < len(placed) else width) + 1
