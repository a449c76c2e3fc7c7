"""The dialog for a table of one's own: what it finds in a file, what it makes of it, what it leaves behind."""

import time

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PySide6.QtCore import QAbstractItemModel, Qt, QThread
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableView,
    QWidget,
)

from nnplayground.data import load
from nnplayground.data.tables import inspect_table
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.datasets import Table
from nnplayground.gui import theme
from nnplayground.gui.knobs.label import ElidedLabel
from nnplayground.gui.tables import dialog as dialogs
from nnplayground.gui.tables.dialog import TableImport
from nnplayground.gui.work import Work

PATIENCE = 60_000  # ms; a machine may be slow, and no test measures time
ROWS = 60
MISSING = (3, 14, 15, 41)  # rows without a garden
INPUTS = ("style", "area", "garden", "rooms", "sold")


def columns_of_houses() -> dict[str, list[str]]:
    chance = np.random.default_rng(1)
    return {
        "id": [str(i + 1) for i in range(ROWS)],
        "address": [f"{i} Oak street" for i in range(ROWS)],
        "style": [("flat", "detached", "terraced")[i % 3] for i in range(ROWS)],
        "area": [f"{value:.1f}" for value in chance.uniform(30, 200, ROWS)],
        "garden": ["" if i in MISSING else str(10 * (i % 40)) for i in range(ROWS)],
        "rooms": [str(1 + i % 4) for i in range(ROWS)],
        "sold": [f"2024-0{1 + i % 9}-1{i % 10}" for i in range(ROWS)],
        "currency": ["EUR"] * ROWS,
        "price": ["" if i == 7 else f"{value:.2f}" for i, value in enumerate(chance.uniform(1e5, 9e5, ROWS))],
    }


def write(path, columns, delimiter=";"):
    rows = [columns, *zip(*columns.values(), strict=True)]
    path.write_text("\n".join(delimiter.join(row) for row in rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def houses(tmp_path):
    return write(tmp_path / "houses.csv", columns_of_houses())


@pytest.fixture
def begin(qtbot):
    """Opens the dialog on a file, and waits until it has been read."""
    kept = []

    def opened(path, *, wait=True, name="light"):
        dialog = TableImport(path, theme.load(name))
        qtbot.addWidget(dialog)
        kept.append(dialog)
        dialog.show()
        if wait:
            qtbot.waitUntil(lambda: not dialog.reading, timeout=PATIENCE)
        return dialog

    return opened


@pytest.fixture
def dialog(begin, houses):
    return begin(houses)


def part(dialog, name, kind=QWidget):
    found = dialog.findChildren(kind, name)
    assert len(found) == 1, name
    return found[0]


def choose(dialog, name, text):
    combo = part(dialog, name, QComboBox)
    combo.setCurrentIndex(combo.findText(text))


def box(dialog, column):
    return part(dialog, f"table.use.{column}", QCheckBox)


def train(dialog):
    """Press the button, and return what the dialog says was chosen."""
    chosen = []
    dialog.chosen.connect(chosen.append)
    part(dialog, "table.train", QPushButton).click()
    assert len(chosen) == 1
    assert not dialog.isVisible()
    return chosen[0]


def loaded(knobs):
    """Load what was chosen, as the window and its training thread do."""
    experiment = Experiment().replace_all({"data": knobs, "loss": {"kind": "auto"}})
    assert Experiment.from_toml(experiment.to_toml()) == experiment
    return load(experiment.data, 0)


def columns_behind(dataset):
    """The columns of a table that a data set's inputs were made of."""
    return tuple(dict.fromkeys(name.split(" = ")[0] for name in dataset.input_names))


def remark(dialog, column):
    model = part(dialog, "table.columns", QTableView).model()
    names = [model.index(row, 1).data() for row in range(model.rowCount())]
    return model.index(names.index(column), 5).data()


def no_thread_is_left(dialog, reader):
    return reader.isFinished() and not dialog.reading


# what is found


def test_the_dialog_says_what_the_file_is(dialog):
    assert part(dialog, "table.name", QLabel).text() == "houses.csv"
    assert part(dialog, "table.format", QLabel).text() == "CSV, semicolon, UTF-8, a header row, 60 rows, 9 columns"


def test_a_parquet_file_is_one(begin, tmp_path):
    pq.write_table(pa.table({"x": range(0, 40, 2), "y": np.linspace(0, 1, 20)}), tmp_path / "few.parquet")
    dialog = begin(tmp_path / "few.parquet")
    assert part(dialog, "table.format", QLabel).text() == "Parquet, 20 rows, 2 columns"
    assert loaded(train(dialog)).target_name == "y"


def test_the_preview_shows_the_first_rows_as_in_the_file(dialog):
    model = part(dialog, "table.preview", QTableView).model()
    houses = columns_of_houses()
    assert [model.headerData(i, Qt.Orientation.Horizontal) for i in range(model.columnCount())] == list(houses)
    shown = [tuple(model.index(row, i).data() for i in range(len(houses))) for row in range(model.rowCount())]
    assert shown == list(zip(*houses.values(), strict=True))[:20]


def test_the_preview_marks_the_target_alone(dialog):
    model = part(dialog, "table.preview", QTableView).model()
    assert marked(model) == ["price"]
    choose(dialog, "table.target", "style")
    assert marked(model) == ["style"]


def marked(model: QAbstractItemModel) -> list[str]:
    return [
        model.headerData(i, Qt.Orientation.Horizontal)
        for i in range(model.columnCount())
        if model.index(0, i).data(Qt.ItemDataRole.BackgroundRole) is not None
    ]


def test_the_preview_scrolls_to_the_target(qtbot, dialog, tmp_path):
    wide = {f"c{i}": [str(i + k * k) for k in range(12)] for i in range(60)} | {"y": ["a", "b"] * 6}
    view = part(dialog, "table.preview", QTableView)
    end = list(columns_of_houses()).index("price")
    assert view.columnViewportPosition(end) + view.columnWidth(end) <= view.viewport().width()
    dialog.read(write(tmp_path / "wide.csv", wide))
    qtbot.waitUntil(lambda: not dialog.reading, timeout=PATIENCE)
    assert view.columnViewportPosition(60) + view.columnWidth(60) <= view.viewport().width()
    choose(dialog, "table.target", "c0")
    assert view.columnViewportPosition(0) == 0


@pytest.mark.parametrize(
    ("column", "says"),
    [("id", "running number"), ("address", "every value is different"), ("currency", "constant")],
)
def test_a_column_that_cannot_be_used_is_off_and_says_why(dialog, column, says):
    assert not box(dialog, column).isChecked()
    assert not box(dialog, column).isEnabled()
    assert says in remark(dialog, column)
    assert box(dialog, column).toolTip() == remark(dialog, column)


def test_every_other_column_is_on(dialog):
    assert [c for c in columns_of_houses() if box(dialog, c).isChecked()] == [*INPUTS, "price"]
    assert part(dialog, "table.used", QLabel).text() == "5 of 8 used"


# what is made of it


def test_an_untouched_dialog_chooses_what_loading_would(dialog, houses):
    dataset, plain = loaded(train(dialog)), load(Table(path=str(houses)), 0)
    assert columns_behind(dataset) == INPUTS
    assert (dataset.target_name, dataset.task) == ("price", "regression")
    assert dataset.input_names == plain.input_names
    np.testing.assert_array_equal(dataset.train.inputs, plain.train.inputs)


@pytest.mark.parametrize("name", theme.NAMES)
def test_the_target_is_in_sight_when_the_dialog_opens(app, qtbot, begin, tmp_path, name):
    theme.apply(app, theme.load(name))
    houses = columns_of_houses()
    wide = {f"{column} of a neighbour": cells for column, cells in houses.items()} | houses
    dialog = begin(write(tmp_path / "wide.csv", wide), wait=False, name=name)
    dialog.resize(900, 640)
    qtbot.waitUntil(lambda: not dialog.reading, timeout=PATIENCE)
    bar = part(dialog, "table.preview", QTableView).horizontalScrollBar()
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum(), timeout=PATIENCE)


def test_a_column_turned_off_is_no_input(dialog):
    box(dialog, "garden").click()
    box(dialog, "style").click()
    box(dialog, "style").click()
    knobs = train(dialog)
    assert knobs["ignored"] == ("garden",)
    assert columns_behind(loaded(knobs)) == ("style", "area", "rooms", "sold")


def test_the_target_cannot_be_turned_off(dialog):
    assert box(dialog, "price").isChecked()
    assert not box(dialog, "price").isEnabled()


def test_a_column_turned_off_can_become_the_target(dialog):
    box(dialog, "rooms").click()
    choose(dialog, "table.target", "rooms")
    dataset = loaded(train(dialog))
    assert (dataset.target_name, dataset.task) == ("rooms", "classification")
    assert columns_behind(dataset) == ("style", "area", "garden", "sold", "price")


def test_the_dot_brings_the_suggested_target_back(dialog):
    dot = part(dialog, "table.target.reset", QAbstractButton)
    assert not dot.isVisible()
    choose(dialog, "table.target", "style")
    dot.click()
    assert part(dialog, "table.target", QComboBox).currentText() == "price"
    assert not dot.isVisible()


@pytest.mark.parametrize(
    ("target", "guess", "task"),
    [
        ("price", "guess: regression", "regression"),
        ("style", "guess: classification, 3 classes", "classification"),
        ("rooms", "guess: classification, 4 classes", "classification"),
        ("sold", "guess: regression", "regression"),
    ],
)
def test_the_task_guessed_is_the_one_loaded(dialog, target, guess, task):
    choose(dialog, "table.target", target)
    assert part(dialog, "table.task.note", QLabel).text() == guess
    knobs = train(dialog)
    assert knobs["target_task"] == "auto"
    assert loaded(knobs).task == task


def test_the_task_can_be_changed(dialog):
    choose(dialog, "table.target", "rooms")
    choose(dialog, "table.task.choice", "regression")
    assert part(dialog, "table.task.note", QLabel).text() == "regression"
    assert loaded(train(dialog)).task == "regression"


def test_a_task_that_does_not_fit_the_target_is_out_of_reach(dialog):
    task = part(dialog, "table.task.choice", QComboBox)
    choose(dialog, "table.target", "style")
    assert [task.model().item(i).isEnabled() for i in range(3)] == [True, True, False]
    assert "text" in task.model().item(2).toolTip()
    choose(dialog, "table.target", "area")
    assert [task.model().item(i).isEnabled() for i in range(3)] == [True, False, True]


def test_a_task_set_before_the_target_that_it_does_not_fit_keeps_from_training(dialog):
    choose(dialog, "table.task.choice", "regression")
    choose(dialog, "table.target", "style")
    fault = part(dialog, "table.fault", QLabel)
    assert fault.isVisible()
    assert fault.text().startswith("style: text is no value")
    assert not part(dialog, "table.train", QPushButton).isEnabled()
    choose(dialog, "table.task.choice", "guess")
    assert not fault.isVisible()
    assert part(dialog, "table.train", QPushButton).isEnabled()


def test_what_cannot_be_predicted_is_no_target(dialog):
    combo = part(dialog, "table.target", QComboBox)
    refused = [combo.itemText(i) for i in range(combo.count()) if not combo.model().item(i).isEnabled()]
    assert refused == ["address", "currency"]
    for name in refused:
        with pytest.raises(ExperimentError):
            loaded({"kind": "table", "path": str(dialog.page.selection.report.path), "target": name})


def test_a_target_of_too_many_classes_is_told_as_loading_does(begin, tmp_path):
    codes = [str(i % 101) for i in range(404)]
    path = write(tmp_path / "codes.csv", {"x": [str(i % 9) for i in range(404)], "code": codes})
    dialog = begin(path)
    assert loaded(dialog.page.selection.knobs()).task == "regression"
    choose(dialog, "table.task.choice", "classification")
    assert "101 different values are too many" in part(dialog, "table.fault", QLabel).text()
    with pytest.raises(ExperimentError, match="101 different values"):
        loaded(dialog.page.selection.knobs())


def test_missing_values_are_counted_and_filled_or_their_rows_dropped(dialog):
    note = part(dialog, "table.missing.note", QLabel)
    assert note.text() == "values filled in 1 of 5 columns: 4\nrows left out, having no price: 1"
    choose(dialog, "table.missing.choice", "drop rows")
    assert note.text().startswith("rows dropped for gaps in 1 of 5 columns: 3 to 4\n")
    dataset = loaded(train(dialog))
    assert len(dataset.train.inputs) + len(dataset.validation.inputs) == ROWS - len(MISSING) - 1


def test_a_column_turned_off_is_not_missed(dialog):
    box(dialog, "garden").click()
    assert part(dialog, "table.missing.note", QLabel).text().startswith("no value is missing")


@pytest.mark.parametrize("share", ["10 %", "50 %", "75 %"])
def test_the_rows_to_train_on_are_told_as_they_will_be(dialog, share):
    type_in(dialog, share)
    note = part(dialog, "table.validation.note", QLabel).text()
    dataset = loaded(train(dialog))
    sizes = len(dataset.train.inputs), len(dataset.validation.inputs)
    assert note == "{} rows train, {} validate".format(*sizes)
    assert sum(sizes) == ROWS - 1


def test_a_share_that_cannot_be_keeps_from_training_until_it_is_taken_back(dialog):
    button = part(dialog, "table.train", QPushButton)
    type_in(dialog, "120 %")
    assert not button.isEnabled()
    assert "allowed" in part(dialog, "table.fault", QLabel).text()
    type_in(dialog, "40 %")
    assert train(dialog)["validation_share"] == 0.4


def type_in(dialog, text):
    field = part(dialog, "table.validation.box", QLineEdit)
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_scaling_is_chosen(dialog):
    choose(dialog, "table.scaling.choice", "to [0, 1]")
    dataset = loaded(train(dialog))
    assert dataset.train.inputs.min() == 0.0
    assert dataset.train.inputs.max() == 1.0


def test_without_any_column_there_is_nothing_to_train_on(dialog):
    part(dialog, "table.none", QAbstractButton).click()
    assert not any(box(dialog, name).isChecked() for name in INPUTS)
    assert "No column is left" in part(dialog, "table.fault", QLabel).text()
    assert not part(dialog, "table.train", QPushButton).isEnabled()
    part(dialog, "table.all", QAbstractButton).click()
    assert columns_behind(loaded(train(dialog))) == INPUTS


def counted(start, step=1):
    return [str(start + step * i) for i in range(20)]


SQUARES = [str(i * i) for i in range(20)]
NOISE = [str((i * 37) % 11 / 10) for i in range(20)]
TABLES = {
    "an identifier beside others": {"id": SQUARES, "x": NOISE, "y": NOISE[::-1]},
    "different whole numbers": {"people": SQUARES, "x": NOISE, "y": NOISE[::-1]},
    "nothing but an identifier": {"id": SQUARES, "y": NOISE},
    "a running number first": {"year": counted(1990), "x": NOISE, "y": NOISE[::-1]},
    "a running number after another": {"x": NOISE, "year": counted(1990), "y": NOISE[::-1]},
    "nothing but running numbers": {"id": counted(1), "year": counted(1990), "y": NOISE},
    "a value that does not fit its column": {
        "x": NOISE * 20,
        "bad": ["oops", *NOISE[1:], *NOISE * 19],
        "y": NOISE * 20,
    },
    "text of too many kinds": {"name": [f"n{i // 2}" for i in range(20)] * 6, "x": NOISE * 6, "y": NOISE * 6},
    "gaps everywhere": {"x": [*NOISE[:19], ""], "empty": [""] * 20, "y": ["", *NOISE[1:]]},
    "truth values": {"ok": ["true", "false"] * 10, "x": NOISE, "y": ["yes", "no"] * 10},
}


@pytest.mark.parametrize("name", TABLES)
def test_the_columns_shown_as_used_are_those_that_are_used(begin, tmp_path, name):
    dialog = begin(write(tmp_path / "table.csv", TABLES[name]))
    used = tuple(c for c in TABLES[name] if c != "y" and box(dialog, c).isChecked())
    assert columns_behind(loaded(train(dialog))) == used


@pytest.mark.parametrize("name", TABLES)
def test_that_holds_too_after_a_column_is_turned_off(begin, tmp_path, name):
    path = write(tmp_path / "table.csv", TABLES[name])
    for column in TABLES[name]:
        dialog = begin(path)
        if not box(dialog, column).isEnabled():
            continue
        box(dialog, column).click()
        used = tuple(c for c in TABLES[name] if c != "y" and box(dialog, c).isChecked())
        assert part(dialog, "table.train", QPushButton).isEnabled() == bool(used)
        if used:
            assert columns_behind(loaded(train(dialog))) == used


def test_a_parquet_column_that_cannot_be_read_is_off(begin, tmp_path):
    columns = {"x": np.arange(20) % 7, "lists": [[1, 2]] * 20, "y": np.linspace(0, 1, 20)}
    pq.write_table(pa.table(columns), tmp_path / "lists.parquet")
    dialog = begin(tmp_path / "lists.parquet")
    assert not box(dialog, "lists").isEnabled()
    assert "cannot be used" in remark(dialog, "lists")
    assert loaded(train(dialog)).input_names == ("x",)


def test_a_target_with_a_value_that_does_not_fit_can_be_classes(begin, tmp_path):
    grades = [str(i % 5) for i in range(400)]
    dialog = begin(write(tmp_path / "t.csv", {"x": NOISE * 20, "grade": ["absent", *grades[1:]], "y": NOISE * 20}))
    choose(dialog, "table.target", "grade")
    assert "'absent' is not a number" in part(dialog, "table.fault", QLabel).text()
    choose(dialog, "table.task.choice", "classification")
    assert "absent" in loaded(train(dialog)).class_names


def test_too_few_rows_cannot_be_trained_on(begin, tmp_path):
    dialog = begin(write(tmp_path / "few.csv", {"x": NOISE[:8], "y": SQUARES[:8]}))
    assert "8 of 8 rows can be used; allowed: at least 10" in part(dialog, "table.fault", QLabel).text()
    assert not part(dialog, "table.train", QPushButton).isEnabled()


# what is broken

BROKEN = {
    "empty.csv": b"",
    "picture.csv": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)),
    "workbook.csv": b"PK\x03\x04" + bytes(100),
    "ragged.csv": b"a,b\n" + b"1,2\n" * 30 + b"1,2,3,4\n" + b"1,2\n" * 30,
    "cut.parquet": b"PAR1" + bytes(50),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_shows_its_one_line_and_cannot_be_trained_on(begin, tmp_path, monkeypatch, name):
    asked = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *given: asked.append(given) or ("", ""))
    path = tmp_path / name
    path.write_bytes(BROKEN[name])
    with pytest.raises(ExperimentError) as error:
        inspect_table(path)
    dialog = begin(path)
    chosen = []
    dialog.chosen.connect(chosen.append)
    problem = part(dialog, "table.problem", QLabel)
    assert problem.isVisible()
    assert problem.text() == problem.accessibleName() == str(error.value)
    assert not part(dialog, "table.train").isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Return)
    assert len(asked) == 1
    part(dialog, "table.cancel", QPushButton).click()
    assert not dialog.isVisible()
    assert chosen == []


def test_a_file_that_is_gone_is_told(begin, tmp_path):
    dialog = begin(tmp_path / "gone.csv")
    assert "gone.csv: cannot be read" in part(dialog, "table.problem", QLabel).text()


def test_another_file_can_be_chosen_after_a_broken_one(qtbot, begin, houses, tmp_path, monkeypatch):
    empty = tmp_path / "empty.csv"
    empty.touch()
    dialog = begin(empty)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(houses), ""))
    part(dialog, "table.another", QPushButton).click()
    qtbot.waitUntil(lambda: not dialog.reading, timeout=PATIENCE)
    assert not part(dialog, "table.problem").isVisible()
    assert columns_behind(loaded(train(dialog))) == INPUTS


def test_no_other_file_leaves_all_as_it_was(dialog, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    part(dialog, "table.another", QPushButton).click()
    assert part(dialog, "table.train", QPushButton).isEnabled()


def test_another_file_takes_nothing_over_from_the_one_before(qtbot, dialog, tmp_path):
    box(dialog, "area").click()
    choose(dialog, "table.missing.choice", "drop rows")
    type_in(dialog, "120 %")
    dialog.read(write(tmp_path / "other.csv", {"area": NOISE, "y": SQUARES}))
    qtbot.waitUntil(lambda: not dialog.reading, timeout=PATIENCE)
    knobs = train(dialog)
    assert (knobs["ignored"], knobs["missing"], knobs["validation_share"]) == ((), "impute", 0.3)
    # Qt deletes the widgets of the rows before only once its events come round
    qtbot.waitUntil(lambda: dialog.findChildren(QCheckBox, "table.use.price") == [], timeout=PATIENCE)


def test_a_failure_of_the_program_is_told_too(qtbot, begin, houses, monkeypatch):
    def fail(*_):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(dialogs, "inspect_table", fail)
    with qtbot.captureExceptions() as raised:
        dialog = begin(houses)
    assert [str(error) for _, error, _ in raised] == ["a fault of ours"]
    assert "could not be read" in part(dialog, "table.problem", QLabel).text()


# reading


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A table of 200,000 rows and 20 columns."""
    path = tmp_path_factory.mktemp("large") / "large.csv"
    block = np.random.default_rng(0).normal(size=(2000, 20)).round(4)
    text = "\n".join(",".join(map(str, row)) for row in block.tolist()) + "\n"
    path.write_text(",".join(f"c{i}" for i in range(20)) + "\n" + text * 100, encoding="utf-8")
    return path


@pytest.fixture
def held(monkeypatch):
    """Holds every reading thread in the middle of its file until it is told to stop."""
    tell = Work._tell

    def tell_and_wait(reader, share, what):
        tell(reader, share, what)
        while share > 0 and not reader.isInterruptionRequested():
            time.sleep(0.001)

    monkeypatch.setattr(Work, "_tell", tell_and_wait)


ENDINGS = {
    "Escape": lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape),
    "Cancel": lambda dialog: part(dialog, "table.cancel", QPushButton).click(),
    "closing": lambda dialog: dialog.close(),
}


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize("ending", ENDINGS)
def test_ending_while_a_large_file_is_read_leaves_no_thread(qtbot, begin, large, ending):
    dialog = begin(large, wait=False)
    reader, bar = part(dialog, "table.reader", QThread), part(dialog, "table.progress", QProgressBar)
    qtbot.waitUntil(lambda: bar.value() > 0, timeout=PATIENCE)
    assert bar.isVisible()
    assert part(dialog, "table.stage", QLabel).text().startswith("reading rows")
    assert not part(dialog, "table.train", QPushButton).isEnabled()
    assert not reader.isFinished()
    chosen = []
    dialog.chosen.connect(chosen.append)
    ENDINGS[ending](dialog)
    assert no_thread_is_left(dialog, reader)
    assert reader.result is None  # it stopped midway
    assert not dialog.isVisible()
    assert chosen == []


@pytest.mark.usefixtures("held")
def test_another_file_stops_the_reading_of_the_one_before(qtbot, begin, large, tmp_path):
    dialog = begin(large, wait=False)
    reader, bar = part(dialog, "table.reader", QThread), part(dialog, "table.progress", QProgressBar)
    qtbot.waitUntil(lambda: bar.value() > 0, timeout=PATIENCE)
    dialog.read(tmp_path / "gone.csv")
    assert reader.isFinished()
    qtbot.waitUntil(lambda: not dialog.reading, timeout=PATIENCE)
    assert "gone.csv" in part(dialog, "table.problem", QLabel).text()


def test_closing_at_once_leaves_no_thread(begin, large):
    dialog = begin(large, wait=False)
    reader = part(dialog, "table.reader", QThread)
    dialog.close()
    assert no_thread_is_left(dialog, reader)


def test_a_large_file_is_read_whole(begin, large):
    dialog = begin(large)
    assert part(dialog, "table.format", QLabel).text().endswith("200\u202f000 rows, 20 columns")
    assert part(dialog, "table.train", QPushButton).isEnabled()


# keys, names, room


def test_the_space_bar_turns_the_current_column_on_or_off(dialog):
    listed = part(dialog, "table.columns", QTableView)
    listed.setFocus()
    listed.selectRow(list(columns_of_houses()).index("area"))
    QTest.keyClick(listed, Qt.Key.Key_Space)
    assert not box(dialog, "area").isChecked()
    QTest.keyClick(listed, Qt.Key.Key_Down)
    QTest.keyClick(listed, Qt.Key.Key_Space)
    assert train(dialog)["ignored"] == ("area", "garden")


@pytest.mark.parametrize("name", ["table.target", "table.columns"])
def test_enter_trains(qtbot, dialog, name):
    widget = part(dialog, name)
    dialog.activateWindow()
    widget.setFocus()
    with qtbot.waitSignal(dialog.chosen, timeout=PATIENCE):
        QTest.keyClick(widget, Qt.Key.Key_Return)


def test_every_stop_of_the_tab_key_is_read_aloud(dialog):
    stops, widget = [], dialog.nextInFocusChain()
    while widget is not dialog:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(dialog):
            stops.append(widget)
        widget = widget.nextInFocusChain()
    assert not [stop.objectName() for stop in stops if not stop.accessibleName()]
    names = {stop.objectName() for stop in stops}
    assert {"table.preview", "table.columns", "table.target", "table.task.choice", "table.missing.choice"} < names
    assert {"table.validation.box", "table.scaling.choice", "table.cancel", "table.train"} < names
    assert all(box(dialog, name).accessibleName() == f"Use {name}" for name in columns_of_houses())


@pytest.mark.parametrize("name", theme.NAMES)
def test_nothing_is_cut_in_a_small_window(app, qtbot, begin, houses, name):
    theme.apply(app, theme.load(name))
    dialog = begin(houses, name=name)
    dialog.resize(900, 640)
    qtbot.waitUntil(lambda: dialog.width() == 900)
    assert (dialog.width(), dialog.height()) == (900, 640)
    plain = [w for w in dialog.findChildren(QLabel) if w.isVisible() and not isinstance(w, ElidedLabel)]
    texts = [w for w in plain if w.wordWrap()] + dialog.findChildren(QPushButton)
    assert texts
    assert not [w.text() for w in plain if not w.wordWrap() and w.width() < w.sizeHint().width()]
    assert not [w.text() for w in texts if w.isVisible() and w.height() < w.minimumSizeHint().height()]
    cut = [w for w in plain if w.wordWrap() and w.height() < w.heightForWidth(w.width())]
    assert not [w.text() for w in cut]


@pytest.mark.usefixtures("held")
def test_a_long_name_being_looked_at_does_not_widen_the_window(qtbot, begin, tmp_path):
    dialog = begin(write(tmp_path / "t.csv", {"long " * 50: NOISE, "y": SQUARES}), wait=False)
    width = dialog.width()
    part(dialog, "table.stage", QLabel).setText("looking at column " + "long " * 50)
    qtbot.waitUntil(lambda: part(dialog, "table.progress", QProgressBar).value() > 0, timeout=PATIENCE)
    assert (dialog.width(), dialog.minimumSizeHint().width() <= width) == (width, True)


def test_hundreds_of_columns_and_long_names_are_taken(begin, tmp_path):
    long = "mean over the last ten seconds " * 8
    wide = {f"c{i}": NOISE for i in range(499)} | {long: NOISE, "y": ["a", "b"] * 10}
    dialog = begin(write(tmp_path / "wide.csv", wide))
    assert dialog.width() < 2000
    box(dialog, "c498").click()
    combo = part(dialog, "table.target", QComboBox)
    assert max(len(combo.itemText(i)) for i in range(combo.count())) <= 60
    combo.setCurrentIndex(499)
    assert combo.toolTip() == long.strip()
    knobs = train(dialog)
    assert (knobs["target"], knobs["ignored"]) == (long.strip(), ("c498",))
    assert loaded(knobs).target_name == long.strip()
