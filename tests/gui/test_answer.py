"""The output's dock: numbers stand where they leave the picture more room, and the picture always has some."""

import pytest

from nnplayground.gui import theme
from nnplayground.gui.answer import Answer
from nnplayground.gui.views.numbers import NumbersView
from nnplayground.gui.views.output import OutputView


@pytest.fixture(params=theme.NAMES)
def answer(request, app, qtbot):
    look = theme.load(request.param)
    theme.apply(app, look)
    made = Answer(OutputView(look), NumbersView(look))
    qtbot.addWidget(made)
    made.look = look
    made.show()
    return made


def shown(answer):
    return [name for name, cell in answer._numbers.cells.items() if not cell.isHidden()]


def test_in_a_tall_dock_the_numbers_stand_below_the_picture(answer):
    width = answer.look.scaled(372)
    answer.resize(width, width + answer.look.scaled(150))
    output, numbers = answer._output, answer._numbers
    assert numbers.geometry().top() == output.geometry().bottom() + 1
    assert numbers.width() == output.width() == width
    assert shown(answer) == ["train_loss", "validation_loss", "metric", "gap", "parameters"]


def test_in_a_low_dock_the_numbers_stand_beside_the_picture_which_has_the_height(answer):
    answer.resize(answer.look.scaled(292), answer.minimumSizeHint().height())
    output, numbers = answer._output, answer._numbers
    assert output.height() == answer.height()
    assert numbers.geometry().top() == output.top
    assert output.stack.geometry().right() < numbers.geometry().left()
    assert output.stack.height() >= answer.look.scaled(80)
    assert shown(answer)[:1] == ["train_loss"]


def test_a_number_that_is_wider_than_any_before_gets_the_room_that_it_needs(answer):
    answer.resize(answer.look.scaled(292), answer.look.scaled(200))
    numbers = answer._numbers
    before = numbers.column_width()
    numbers.cells["train_loss"].show_number("train loss", "−1.234e-10")
    assert numbers.column_width() > before
    numbers.reshaped.emit()
    numbers.grid.activate()
    label = numbers.cells["train_loss"].number
    assert label.width() >= label.fontMetrics().horizontalAdvance(label.text())


@pytest.mark.parametrize("height", range(140, 700, 40))
def test_no_number_is_cut_at_any_height(answer, height):
    answer.resize(answer.look.scaled(292), answer.look.scaled(height))
    numbers = answer._numbers
    numbers.grid.activate()
    for name in shown(answer):
        cell = numbers.cells[name]
        assert cell.height() >= cell.minimumSizeHint().height()
        assert numbers.rect().contains(cell.geometry())
