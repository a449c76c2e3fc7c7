"""Every knob's editor: what it shows, what it emits, and what it leaves alone."""

import html
import re
from typing import Any

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from nnplayground.experiment import Experiment, Field
from nnplayground.experiment.assignment import value_of
from nnplayground.experiment.catalogue import GROUPS, every_knob, kinds
from nnplayground.experiment.layers import Conv, Layer, MaxPool
from nnplayground.gui.knobs.contents import kind_field
from nnplayground.gui.knobs.editors import EDITORS, editor_for, form
from nnplayground.gui.knobs.popover import HelpPopover
from nnplayground.gui.knobs.row import KnobRow
from nnplayground.gui.views.diagram.structure import most_layers
from tests.strategies import of_kind

KNOBS = [(kind, field.path) for kind, field in every_knob()]
every_path = pytest.mark.parametrize(("kind", "path"), KNOBS, ids=[f"{p} {k}".strip() for k, p in KNOBS])


def experiment_of(kind: str, path: str) -> Experiment:
    """An experiment that has the knob at `path`."""
    group = path.split(".")[0]
    if group == "augmentation":
        return Experiment().replace("data.kind", "digits")
    if kind and group == "network":
        return of_kind("layers", kind)
    return of_kind(group, kind) if group in GROUPS else Experiment()


def made(qtbot, field: Field, inherited: Any = None) -> KnobRow:
    row = KnobRow(field, inherited)
    qtbot.addWidget(row)
    row.resize(300, 40)
    row.show()
    row.activateWindow()
    qtbot.waitUntil(row.isActiveWindow)
    return row


def heard(signal) -> list[Any]:
    values: list[Any] = []
    signal.connect(values.append)
    return values


def turn_number(row: KnobRow) -> None:
    if row.field.optional:
        row.editor.own.click()
    key = Qt.Key.Key_Left if row.editor.value == row.field.knob.high else Qt.Key.Key_Right
    QTest.keyClick(row.editor.slider, key)


def turn_choice(row: KnobRow) -> None:
    combo = row.editor.combo
    QTest.keyClick(combo, Qt.Key.Key_Up if combo.currentIndex() == combo.count() - 1 else Qt.Key.Key_Down)


def turn_toggle(row: KnobRow) -> None:
    row.editor.check.click()


def turn_chips(row: KnobRow) -> None:
    next(chip for chip in row.editor.chips.values() if not chip.isChecked()).click()


def turn_seed(row: KnobRow) -> None:
    row.editor.dice.click()


def turn_text(row: KnobRow) -> None:
    type_in(row.editor.box, "price")


def turn_path(row: KnobRow) -> None:
    type_in(row.editor.box, "weights.safetensors")


def turn_points(row: KnobRow) -> None:
    row.editor.fewer.click()


def turn_numbers(row: KnobRow) -> None:
    type_in(row.editor.box, "20, 40; 1 000")


def turn_layers(row: KnobRow) -> None:
    row.editor.more.click()


def type_in(box: QLineEdit, text: str, key: Qt.Key = Qt.Key.Key_Return) -> None:
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, text)
    QTest.keyClick(box, key)


TURNS = {
    "number": turn_number,
    "choice": turn_choice,
    "toggle": turn_toggle,
    "chips": turn_chips,
    "seed": turn_seed,
    "text": turn_text,
    "path": turn_path,
    "points": turn_points,
    "names": turn_text,
    "numbers": turn_numbers,
    "layers": turn_layers,
}


def test_there_is_a_way_to_turn_each_kind_of_editor():
    assert TURNS.keys() == EDITORS.keys()


def test_every_kind_of_editor_is_needed_by_some_knob():
    assert {form(field) for _, field in every_knob()} == EDITORS.keys()


@every_path
def test_a_knob_is_turned_to_a_value_that_its_experiment_takes(qtbot, kind, path):
    experiment = experiment_of(kind, path)
    row = made(qtbot, experiment.field(path), inherited(experiment, path))
    values = heard(row.edited)
    TURNS[form(row.field)](row)
    assert values
    assert values[-1] != experiment.get(path)
    assert experiment.replace(path, values[-1]).get(path) == values[-1]
    assert row.editor.value == values[-1]


@every_path
def test_showing_a_value_emits_nothing(qtbot, kind, path):
    experiment = experiment_of(kind, path)
    row = made(qtbot, experiment.field(path), inherited(experiment, path))
    values = heard(row.edited)
    TURNS[form(row.field)](row)
    turned, shown = values[-1], len(values)
    for value in (experiment.get(path), turned):
        row.set_value(value)
        assert row.editor.value == value
    assert len(values) == shown


@every_path
def test_a_knob_is_found_by_its_path_and_read_aloud(qtbot, kind, path):
    experiment = experiment_of(kind, path)
    row = made(qtbot, experiment.field(path), inherited(experiment, path))
    window = QWidget()
    qtbot.addWidget(window)
    QVBoxLayout(window).addWidget(row)
    assert window.findChild(QWidget, path) is row
    assert row.accessibleName().startswith(row.field.knob.label)
    assert row.field.knob.help in row.editor.whatsThis().replace("&#x27;", "'").replace("&gt;", ">")
    inside = [w for w in row.editor.findChildren(QWidget) if w.window() is window]  # not the list that drops down
    stops = [w for w in inside if w.focusPolicy() & Qt.FocusPolicy.TabFocus]
    assert stops
    assert not [w.objectName() for w in stops if not w.accessibleName()]


def inherited(experiment: Experiment, path: str) -> Any:
    return getattr(experiment.network, path.split(".")[-1], None) if path.startswith("network.layers.") else None


# numbers


@pytest.fixture
def lr(qtbot):
    return made(qtbot, Experiment().replace("optimizer.lr", 0.03).field("optimizer.lr"))


@pytest.mark.parametrize(
    ("text", "value"), [("0.1", 0.1), ("0,1", 0.1), ("1e-3", 0.001), ("0", 0.0), ("10", 10.0), ("5 %", 0.05)]
)
def test_a_number_typed_is_exact(lr, text, value):
    values = heard(lr.edited)
    type_in(lr.editor.box, text)
    assert values == [value]


def test_a_number_is_not_meant_until_it_is_entered(lr):
    values = heard(lr.edited)
    lr.editor.box.setFocus()
    lr.editor.box.selectAll()
    QTest.keyClicks(lr.editor.box, "0.5")
    assert values == []
    lr.editor.slider.setFocus()
    assert values == [0.5]


@pytest.mark.parametrize("text", ["fast", "11", "-1", "1,2,3"])
def test_what_cannot_be_is_refused_with_what_can(lr, text):
    values = heard(lr.edited)
    type_in(lr.editor.box, text)
    assert values == []
    assert lr.editor.box.property("invalid") is True
    assert lr.message.isVisible()
    assert "allowed" in lr.message.text()
    assert lr.editor.box.toolTip() == lr.message.text()
    assert lr.editor.value == 0.03


def test_escape_puts_the_value_back(lr):
    values = heard(lr.edited)
    type_in(lr.editor.box, "fast")
    QTest.keyClick(lr.editor.box, Qt.Key.Key_Escape)
    assert lr.editor.box.text() == "0.03"
    assert lr.editor.box.property("invalid") is False
    assert not lr.message.isVisible()
    assert values == []


def test_a_good_number_after_a_refused_one_takes_the_message_away(lr):
    type_in(lr.editor.box, "fast")
    type_in(lr.editor.box, "0.2")
    assert not lr.message.isVisible()
    assert lr.editor.box.property("invalid") is False


def test_arrows_in_the_box_step_along_the_scale(lr):
    values = heard(lr.edited)
    QTest.keyClick(lr.editor.box, Qt.Key.Key_Up)
    QTest.keyClick(lr.editor.box, Qt.Key.Key_Down)
    QTest.keyClick(lr.editor.box, Qt.Key.Key_PageUp)
    assert values == [0.05, 0.02, 0.2]
    assert lr.editor.box.text() == "0.2"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (Qt.Key.Key_Right, 0.05),
        (Qt.Key.Key_Left, 0.02),
        (Qt.Key.Key_PageUp, 0.2),
        (Qt.Key.Key_PageDown, 0.005),
        (Qt.Key.Key_Home, 0.0),
        (Qt.Key.Key_End, 10.0),
    ],
)
def test_the_slider_goes_by_keys(lr, key, value):
    values = heard(lr.edited)
    QTest.keyClick(lr.editor.slider, key)
    assert values == [value]


def test_the_slider_follows_the_pointer_while_it_is_dragged(lr):
    values, slider = heard(lr.edited), lr.editor.slider
    mouse(slider, QEvent.Type.MouseButtonPress, 2)
    for x in range(2, slider.width(), 6):
        mouse(slider, QEvent.Type.MouseMove, x)
        lr.set_value(lr.editor.value)
    mouse(slider, QEvent.Type.MouseMove, slider.width() + 20)
    mouse(slider, QEvent.Type.MouseButtonRelease, slider.width() + 20)
    assert values[0] == 0.0
    assert values[-1] == 10.0
    assert len(values) > 5
    assert values == sorted(values)
    assert lr.editor.value == 10.0


def test_a_drag_is_not_pulled_back_by_an_experiment_that_comes_late(lr):
    slider = lr.editor.slider
    mouse(slider, QEvent.Type.MouseButtonPress, slider.width() - 2)
    place = slider.value()
    lr.set_value(0.01)
    assert slider.value() == place
    mouse(slider, QEvent.Type.MouseButtonRelease, slider.width() - 2)


def test_a_press_on_the_right_button_moves_nothing(lr):
    values = heard(lr.edited)
    QTest.mouseClick(lr.editor.slider, Qt.MouseButton.RightButton, pos=QPoint(2, 5))
    assert values == []


def mouse(widget: QWidget, kind: QEvent.Type, x: int) -> None:
    button = Qt.MouseButton.LeftButton
    place = QPointF(x, widget.height() / 2)
    event = QMouseEvent(kind, place, QPointF(widget.mapToGlobal(place)), button, button, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(widget, event)


def test_a_screen_reader_can_move_the_slider(lr):
    values = heard(lr.edited)
    lr.editor.slider.setValue(lr.editor.slider.maximum())
    assert values == [10.0]


def test_what_is_being_typed_survives_an_update(lr):
    lr.editor.box.setFocus()
    lr.editor.box.selectAll()
    QTest.keyClicks(lr.editor.box, "0.00")
    lr.set_value(0.03)
    assert lr.editor.box.text() == "0.00"


def test_a_new_value_from_elsewhere_replaces_what_is_being_typed(lr):
    lr.editor.box.setFocus()
    QTest.keyClicks(lr.editor.box, "7")
    lr.set_value(0.5)
    assert lr.editor.box.text() == "0.5"


def test_a_share_is_shown_and_typed_as_per_cent(qtbot):
    row = made(qtbot, Experiment().replace("data.noise", 0.05).field("data.noise"))
    values = heard(row.edited)
    assert row.editor.box.text() == "5\u202f%"
    type_in(row.editor.box, "7")
    assert values == [0.07]
    type_in(row.editor.box, "120")
    assert values == [0.07]
    assert "0\u202f% to 100\u202f%" in row.message.text()


def test_a_whole_number_stays_whole(qtbot):
    row = made(qtbot, Experiment().field("data.samples"))
    values = heard(row.edited)
    type_in(row.editor.box, "1 234")
    type_in(row.editor.box, "20.5")
    assert values == [1234]
    assert type(values[0]) is int
    assert "whole number" in row.message.text()


def test_a_slider_can_end_early_while_the_box_takes_all(qtbot):
    row = made(qtbot, Experiment().field("batches.size"))
    values = heard(row.edited)
    row.editor.set_high(250)
    QTest.keyClick(row.editor.slider, Qt.Key.Key_End)
    type_in(row.editor.box, "300")
    assert values == [250, 300]


# the wheel


def scroll(widget: QWidget) -> QWheelEvent:
    centre = widget.rect().center()
    event = QWheelEvent(
        QPointF(centre),
        QPointF(widget.mapToGlobal(centre)),
        QPoint(0, 0),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)
    return event


@pytest.mark.parametrize(
    ("path", "part"),
    [("optimizer.lr", "slider"), ("optimizer.lr", "box"), ("network.activation", "combo"), ("seeds.model", "box")],
)
def test_the_wheel_over_an_unfocused_knob_changes_nothing_and_goes_on(qtbot, path, part):
    row = made(qtbot, Experiment().field(path))
    values = heard(row.edited)
    row.editor.focusProxy().clearFocus()
    event = scroll(getattr(row.editor, part))
    assert values == []
    assert not event.isAccepted()


@pytest.mark.parametrize(("path", "part"), [("optimizer.lr", "slider"), ("network.activation", "combo")])
def test_the_wheel_turns_a_focused_knob(qtbot, path, part):
    row = made(qtbot, Experiment().field(path))
    values = heard(row.edited)
    widget = getattr(row.editor, part)
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)
    scroll(widget)
    assert len(values) == 1


# settings of one layer


def test_a_layers_choice_begins_with_the_networks(qtbot):
    row = made(qtbot, Experiment().field("network.layers.0.activation"), "tanh")
    values = heard(row.edited)
    assert row.editor.combo.currentText() == "as network (tanh)"
    row.editor.set_inherited("relu")
    assert row.editor.combo.currentText() == "as network (ReLU)"
    row.editor.combo.setCurrentIndex(1)
    row.editor.combo.setCurrentIndex(0)
    assert values == ["identity", None]


def test_a_layers_number_is_the_networks_until_it_is_its_own(qtbot):
    row = made(qtbot, Experiment().field("network.layers.0.dropout"), 0.2)
    values = heard(row.edited)
    assert row.editor.box.text() == "20\u202f%"
    assert not row.editor.box.isEnabled()
    row.editor.own.click()
    assert row.editor.slider.isEnabled()
    row.editor.own.click()
    assert values == [0.2, None]
    assert not row.editor.slider.isEnabled()


# lists


def test_at_least_one_feature_stays_on(qtbot):
    row = made(qtbot, Experiment().replace("data.features", ("x2",)).field("data.features"))
    values = heard(row.edited)
    row.editor.chips["x2"].click()
    assert values == []
    assert row.editor.value == ("x2",)
    assert row.message.isVisible()
    row.editor.chips["x1"].click()
    assert values == [("x1", "x2")]
    assert not row.message.isVisible()


def test_ignored_columns_are_names_with_commas_between(qtbot):
    row = made(qtbot, experiment_of("table", "data.ignored").field("data.ignored"))
    values = heard(row.edited)
    type_in(row.editor.box, " id ,, first name,")
    assert values == [("id", "first name")]
    assert row.editor.box.text() == "id, first name"


@pytest.fixture
def at(qtbot):
    """The epochs at which a rate is stepped down."""
    return made(qtbot, experiment_of("multi_step", "schedule.at").field("schedule.at"))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("50", (50,)),
        ("50, 1 000", (50, 1000)),
        ("100 250", (100, 250)),
        (" 3,,5; 70 ,", (3, 5, 70)),
        ("1000000", (1_000_000,)),
        ("4.0", (4,)),
    ],
)
def test_whole_numbers_are_typed_with_commas_or_blanks_between(at, text, value):
    values = heard(at.edited)
    assert at.editor.box.text() == "100, 200"
    type_in(at.editor.box, text)
    assert values == [value]
    assert {type(number) for number in values[0]} == {int}
    assert Experiment().replace("schedule", {"kind": "multi_step", "at": values[0]}).schedule.at == value


def test_a_list_as_it_is_shown_can_be_gone_on_with(at):
    values = heard(at.edited)
    at.set_value((500, 1000))
    at.editor.box.setFocus()
    at.editor.box.end(False)
    QTest.keyClicks(at.editor.box, ", 2500")
    QTest.keyClick(at.editor.box, Qt.Key.Key_Return)
    assert values == [(500, 1000, 2500)]
    assert at.editor.box.text() == "500, 1\u202f000, 2\u202f500"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("100, soon", "'soon' is not a number"),
        ("1 000", "000 is not allowed"),
        ("0, 100", "allowed: a whole number from 1 to 1\u202f000\u202f000"),
        ("100, 2000000", "allowed: a whole number from 1 to 1\u202f000\u202f000"),
        ("1.5", "allowed: a whole number from 1 to 1\u202f000\u202f000"),
    ],
)
def test_a_list_with_what_is_no_whole_number_is_refused_where_it_was_typed(at, text, said):
    values = heard(at.edited)
    type_in(at.editor.box, text)
    assert values == []
    assert at.editor.box.property("invalid") is True
    assert said in at.message.text()
    assert at.editor.box.text() == text
    assert at.editor.value == (100, 200)


def test_layers_that_stay_keep_their_own_settings(qtbot):
    own = Layer(width=4, activation="relu")
    experiment = Experiment().replace("network.layers", (own, Layer(width=3)))
    row = made(qtbot, experiment.field("network.layers"))
    values = heard(row.edited)
    assert row.editor.box.text() == "4, 3"
    type_in(row.editor.box, "6, 3, 2")
    assert values[-1] == (own.model_copy(update={"width": 6}), Layer(width=3), Layer(width=2))
    row.editor.fewer.click()
    row.editor.fewer.click()
    assert values[-1] == (own.model_copy(update={"width": 6}),)
    assert experiment.replace("network.layers", values[-1]).network.layers == values[-1]


def test_layers_of_all_kinds_are_shown_and_typed_in_short(qtbot):
    own = Conv(filters=16, kernel=5, activation="relu")
    experiment = Experiment().replace_all({"data.kind": "digits", "network.layers": (own, Layer(width=32))})
    row = made(qtbot, experiment.field("network.layers"))
    values = heard(row.edited)
    assert row.editor.box.text() == "conv 16 5×5, 32"
    type_in(row.editor.box, "conv 16 5x5, max pool 2, 32")
    assert values[-1] == (own, MaxPool(size=2), Layer(width=32))
    assert row.editor.box.text() == "conv 16 5×5, max pool 2, 32"
    row.editor.fewer.click()
    row.editor.more.click()
    assert values[-1] == (own, MaxPool(size=2), Layer())
    assert experiment.replace("network.layers", values[-1]).network.layers == values[-1]


def test_what_is_no_layer_is_refused_with_the_kinds_there_are(qtbot):
    row = made(qtbot, Experiment().field("network.layers"))
    values = heard(row.edited)
    type_in(row.editor.box, "cov 16, 8")
    assert values == []
    assert "'cov 16' is no layer; allowed: 8, conv 8, max pool 2" in row.message.text()
    assert row.editor.box.text() == "cov 16, 8"


def test_the_command_line_for_layers_is_one_that_it_takes(qtbot):
    layers = (Conv(filters=4, padding="valid"), MaxPool(), Layer(width=6))
    experiment = Experiment().replace_all({"data.kind": "digits", "network.layers": layers})
    row = made(qtbot, experiment.field("network.layers"))
    written = re.search(r"--set network\.layers=(.*)</code>", html.unescape(row.editor.whatsThis())).group(1)
    assert experiment.replace("network.layers", value_of(written)) == experiment


def test_there_may_be_no_hidden_layer_and_no_more_than_the_knob_allows(qtbot):
    row = made(qtbot, Experiment().field("network.layers"))
    values = heard(row.edited)
    most = most_layers()
    type_in(row.editor.box, " ")
    assert values == [()]
    assert not row.editor.fewer.isEnabled()
    for _ in range(most):
        row.editor.more.click()
    assert len(values[-1]) == most
    assert not row.editor.more.isEnabled()
    before = len(values)
    type_in(row.editor.box, ",".join(["2"] * (most + 1)))
    assert len(values) == before
    assert f"at most {most}" in row.message.text()


@pytest.mark.parametrize("text", ["8, many", "8, 0", "8, 5000", "2.5", "conv 8 9x9"])
def test_layers_that_cannot_be_are_refused(qtbot, text):
    row = made(qtbot, Experiment().field("network.layers"))
    values = heard(row.edited)
    type_in(row.editor.box, text)
    assert values == []
    assert row.message.isVisible()


def test_a_thrown_seed_is_always_another(qtbot):
    row = made(qtbot, Experiment().field("seeds.model"))
    values = heard(row.edited)
    for _ in range(20):
        row.editor.dice.click()
    assert len(values) == 20
    assert all(a != b for a, b in zip([row.field.value, *values], values, strict=False))


# the row


def test_the_dot_shows_when_a_knob_is_turned_and_resets_it(lr):
    default = lr.field.default
    lr.set_value(default)
    assert not lr.dot.isVisible()
    lr.set_value(0.5)
    assert lr.dot.isVisible()
    assert lr.dot.toolTip() == f"Reset to {default:g}"
    values = heard(lr.edited)
    lr.dot.click()
    assert values == [default]


def test_a_refusal_is_said_at_the_knob_and_the_value_put_back(lr):
    type_in(lr.editor.box, "5")
    lr.reject("optimizer.lr = 5 is not for you")
    assert lr.editor.value == 0.03
    assert lr.editor.box.text() == "0.03"
    assert lr.message.isVisible()
    assert lr.message.text() == "optimizer.lr = 5 is not for you"
    lr.accept()
    assert not lr.message.isVisible()


@pytest.mark.parametrize("part", ["slider", "box"])
def test_f1_on_a_knob_says_what_it_does(qtbot, lr, part):
    widget = getattr(lr.editor, part)
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_F1)
    popover = lr.findChild(HelpPopover)
    assert popover.isVisible()
    text = popover.findChild(QWidget).text()
    assert lr.field.knob.help in text
    assert "Rule of thumb:" in text
    assert "--set optimizer.lr=0.03" in text
    QTest.keyClick(popover, Qt.Key.Key_Escape)
    assert not lr.findChildren(HelpPopover) or not popover.isVisible()


def test_a_kind_is_a_choice_among_the_titles_of_its_members(qtbot):
    row = made(qtbot, kind_field(Experiment(), "optimizer"))
    titles = [row.editor.combo.itemText(i) for i in range(row.editor.combo.count())]
    assert titles == [model.title for model in kinds("optimizer").values()]


def test_an_editor_alone_has_the_knobs_path_as_its_name(qtbot):
    editor = editor_for(Experiment().field("optimizer.lr"))
    qtbot.addWidget(editor)
    assert editor.objectName() == "optimizer.lr"


def test_typing_the_old_number_after_a_refused_one_takes_back_what_was_said(qtbot):
    row = made(qtbot, Experiment().field("optimizer.lr"))
    relented: list[bool] = []
    row.editor.relented.connect(lambda: relented.append(True))
    type_in(row.editor.box, "nothing")
    assert row.message.isVisible()
    type_in(row.editor.box, row.editor.box._shown)
    assert not row.message.isVisible()
    assert relented == [True]


def test_where_a_slider_could_not_be_dragged_beside_its_box_it_goes_below(qtbot):
    row = made(qtbot, Experiment().field("optimizer.lr"))
    editor = row.editor
    row.resize(400, 40)
    row.show()
    QApplication.processEvents()
    assert editor.slider.geometry().right() < editor.box.geometry().left()
    narrow = editor.box.width()
    row.resize(row.width() - editor.slider.width() + 10, 80)
    QApplication.processEvents()
    assert editor.slider.isVisible()
    assert editor.slider.geometry().top() > editor.box.geometry().center().y()
    assert editor.slider.width() == editor.box.width() == editor.width() != narrow
    assert editor.focusProxy() is editor.slider
    row.resize(400, 40)
    QApplication.processEvents()
    assert editor.slider.geometry().right() < editor.box.geometry().left()
    assert editor.box.width() == narrow


def test_layers_that_do_not_fit_beside_their_label_get_a_line_of_their_own(qtbot):
    row = made(qtbot, Experiment().field("network.layers"))
    row.show()
    for width, below in ((400, False), (220, True), (400, False)):
        row.resize(width, 60)
        QApplication.processEvents()
        box = row.editor.box
        assert (row.editor.geometry().top() >= row.label.geometry().bottom()) == below
        assert box.fontMetrics().horizontalAdvance(box.text()) < box.width()
    many = Experiment().replace("network.layers", tuple(Layer(width=128) for _ in range(8)))
    row.set_field(many.field("network.layers"))
    QApplication.processEvents()
    assert row.editor.geometry().top() >= row.label.geometry().bottom()
