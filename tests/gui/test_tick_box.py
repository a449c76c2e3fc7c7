"""A box to be ticked, in a row that may become narrow."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox

from nnplayground.gui.views.tick_box import TickBox


@pytest.fixture
def box(qtbot):
    made = TickBox("validation")
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_words_are_shortened_where_there_is_no_room(box, qtbot):
    box.resize(box.sizeHint())
    assert box.text() == "validation"
    box.resize(box.sizeHint().width() - 20, box.height())
    assert box.text() == "val"
    assert box.accessibleName() == "validation"
    box.resize(box.sizeHint())
    assert box.text() == "validation"
    other = TickBox("logarithmic")  # of which there is no short form
    qtbot.addWidget(other)
    other.show()
    other.resize(other.sizeHint().width() - 20, other.height())
    assert other.text().startswith("logar")
    assert other.text().endswith("…")


def test_where_not_even_three_letters_fit_the_box_stands_without_words(box):
    box.resize(box.minimumSizeHint())
    assert box.text() == ""
    assert box.accessibleName() == "validation"


def test_it_asks_for_as_much_room_as_a_plain_check_box(box, qtbot):
    plain = QCheckBox("validation")
    qtbot.addWidget(plain)
    assert 0 <= box.sizeHint().width() - plain.sizeHint().width() <= 8


def test_it_can_be_ticked_by_the_space_bar(box, qtbot):
    qtbot.keyClick(box, Qt.Key.Key_Space)
    assert box.isChecked()
