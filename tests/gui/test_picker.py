"""A choice in a row of options that may become narrow."""

import pytest
from PySide6.QtWidgets import QWidget

from nnplayground.gui.views.picker import Picker

OPTIONS = {"now": "now", "flat": "saturated or inactive over time"}


@pytest.fixture
def picker(qtbot):
    parent = QWidget(objectName="parent")
    qtbot.addWidget(parent)
    made = Picker("a.form", "Form", OPTIONS, parent)
    parent.resize(400, 40)
    parent.show()
    made.held = parent
    return made


def test_a_long_name_ends_in_an_ellipsis_where_there_is_no_room_and_the_tip_tells_it(picker):
    picker.choose("flat")
    picker.resize(picker.sizeHint())
    assert picker.shown == "saturated or inactive over time ▾"
    assert picker.toolTip() == "Form"
    picker.resize(picker.minimumSizeHint())
    assert picker.shown.endswith("… ▾")
    assert picker.toolTip() == "Form: saturated or inactive over time"
    assert picker.accessibleName() == "Form: saturated or inactive over time"
    picker.resize(picker.sizeHint())
    assert picker.shown == "saturated or inactive over time ▾"
    assert picker.toolTip() == "Form"


def test_its_least_width_does_not_grow_with_the_name(picker):
    picker.choose("now")
    short = picker.minimumSizeHint().width()
    picker.choose("flat")
    assert picker.minimumSizeHint().width() < picker.sizeHint().width() / 2 + short / 2


def test_a_short_name_is_never_cut(picker):
    picker.choose("now")
    picker.resize(picker.minimumSizeHint())
    assert picker.shown == "now ▾"
