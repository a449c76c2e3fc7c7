"""The model of the table: what it shows, in which order, and that nothing of a run is read before it is needed."""

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester

from nnplayground.experiment import ExperimentError
from nnplayground.gui.runs import columns
from nnplayground.gui.runs.model import Heading, RunsModel
from nnplayground.gui.runs.shelf import Reader, Reading
from nnplayground.runs.store import Store
from tests.gui.stores import enter_many


@pytest.fixture
def path(tmp_path):
    return tmp_path / "runs.sqlite"


def never() -> bool:
    return False


def read_all(path) -> Reading:
    reader = Reader(path)
    found = reader.read(never)
    while reader.has_more:
        found = Reading(found.rows, found.gone, reader.read(never).known)
    reader.close()
    return found


@pytest.fixture
def model(qapp, path):
    enter_many(path, 40)
    made = RunsModel()
    QAbstractItemModelTester(made, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    made.take(read_all(path))
    return made


def ids(model) -> list[int]:
    return [row.id for row in model.rows]


def column_of(model, path) -> int:
    return model.paths.index(path)


def test_runs_are_shown_latest_first(model):
    assert ids(model) == list(range(40, 0, -1))
    assert model.rowCount() == 40
    assert model.rowCount(model.index(0, 0)) == 0


@pytest.mark.parametrize("name", columns.FIRST)
@pytest.mark.parametrize("order", [Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder])
def test_runs_are_sorted_by_any_column(model, name, order):
    model.sort(column_of(model, name), order)
    values = [columns.value_of(row, name) for row in model.rows]
    assert values == sorted(values, reverse=order == Qt.SortOrder.DescendingOrder)
    assert sorted(ids(model)) == list(range(1, 41))


def test_runs_without_a_value_stand_last_either_way(model):
    model.set_columns(["id", "optimizer.momentum"])
    for order in (Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder):
        model.sort(1, order)
        values = [row.knobs.get("optimizer.momentum") for row in model.rows]
        assert None in values
        known = [value for value in values if value is not None]
        assert values[: len(known)] == known


def test_the_filter_lets_through_what_it_says(model):
    model.set_filter("lr > 2e-5 and optimizer = adam")
    assert ids(model) == [33, 25]
    model.set_filter("")
    assert len(ids(model)) == 40


def test_a_filter_that_cannot_be_read_changes_nothing_and_is_told(model):
    model.set_filter("id < 4")
    with pytest.raises(ExperimentError, match="allowed"):
        model.set_filter("id <")
    assert ids(model) == [3, 2, 1]


def test_only_what_differs_is_shown_of_knobs_and_all_of_it(model):
    model.set_filter("optimizer = adam")
    model.set_differing(True)
    knobs = [p for p in model.paths if columns.group_of(p) not in ("run", "results")]
    assert knobs == ["optimizer.lr"]
    model.set_filter("")
    assert {"optimizer.kind", "optimizer.lr", "optimizer.momentum"} <= set(model.paths)
    model.set_differing(False)
    assert model.paths == columns.FIRST


def test_groups_have_headings_with_their_runs_below(model):
    model.set_group("optimizer.kind")
    entries = [model.entry(i) for i in range(model.rowCount())]
    assert len(model.headings()) == 8
    kind = None
    for entry in entries:
        if isinstance(entry, Heading):
            kind = entry.value
            assert entry.count == 5
        else:
            assert entry.knobs["optimizer.kind"] == kind
    heading = model.index(model.headings()[0], 0)
    assert "optimizer = adam" in heading.data()
    assert not heading.flags() & Qt.ItemFlag.ItemIsSelectable
    model.set_group("")
    assert len(model.rows) == model.rowCount() == 40


def test_what_is_held_stays_the_same_run_when_runs_are_sorted_grouped_and_chosen(model):
    held = QPersistentModelIndex(model.index(model.place(7), 1))
    model.sort(column_of(model, "id"), Qt.SortOrder.AscendingOrder)
    assert held.row() == model.place(7) == 6
    model.set_group("optimizer.kind")
    assert model.entry(held.row()).id == 7
    model.set_filter("id = 7")
    assert model.entry(held.row()).id == 7
    model.set_filter("id = 8")
    assert not held.isValid()


def test_cells_are_texts_and_numbers_stand_at_the_right(model):
    place = model.place(3)
    assert model.index(place, column_of(model, "optimizer.lr")).data() == "3e-6"
    assert model.index(place, column_of(model, "star")).data() == "☆"
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    side = Qt.ItemDataRole.TextAlignmentRole
    assert model.index(place, column_of(model, "train_loss")).data(side) == right
    assert model.index(place, column_of(model, "name")).data(side) != right
    assert model.data(QModelIndex()) is None


def test_notes_and_tags_are_asked_for_and_shown_once_they_are_written(model, path, qtbot):
    asked = []
    model.edited.connect(lambda row, path, value: asked.append((row.id, path, value)))
    place = model.place(3)
    assert model.setData(model.index(place, column_of(model, "note")), " mine ")
    assert model.setData(model.index(place, column_of(model, "tags")), "a, b,a, ")
    assert not model.setData(model.index(place, column_of(model, "name")), "other")
    assert asked == [(3, "note", "mine"), (3, "tags", ("a", "b"))]
    assert model.index(place, column_of(model, "note")).data() == ""


def test_a_reader_tells_what_is_new_changed_and_gone(path):
    enter_many(path, 5)
    reader = Reader(path)
    assert [row.id for row in reader.read(never).rows] == [5, 4, 3, 2, 1]
    assert reader.read(never) is None
    with Store(path) as store:
        one, two, three = store.rows()[:3]
        store.set_note([one], "mine")
        store.delete([two])
        store.delete([three])
        store.purge(1e12)
    found = reader.read(never)
    assert [(row.id, row.note) for row in found.rows] == [(5, "mine")]
    assert found.gone == {4, 3}
    with Store(path) as store:
        store.undelete([one])
    assert [row.id for row in reader.read(never).rows] == [5]
    reader.close()


def test_runs_of_a_store_that_is_taken_away_are_gone_and_come_back_with_it(path):
    enter_many(path, 3)
    reader, aside = Reader(path), path.with_name("aside")
    assert len(reader.read(never).rows) == 3
    reader.close()
    path.rename(aside)
    assert reader.read(never).gone == {1, 2, 3}
    assert reader.read(never) is None
    aside.rename(path)
    assert len(reader.read(never).rows) == 3
    reader.close()


def test_ten_thousand_runs_are_shown_before_any_experiment_is_read_and_only_what_is_seen_is(qapp, path):
    enter_many(path, 10_000)
    reader, model = Reader(path), RunsModel()
    reading = reader.read(never)
    assert len(reading.rows) == 10_000
    assert reader.has_more
    model.take(reading)
    assert model.rowCount() == 10_000
    assert not any("knobs" in vars(row) for row in reading.rows)
    for place in range(30):
        for column in range(model.columnCount()):
            model.index(place, column).data()
    assert sum("knobs" in vars(row) for row in reading.rows) == 30
    model.take(reader.read(never))
    assert all("values" in vars(row) for row in reading.rows)
    assert "optimizer.lr" in model.known
    reader.close()


def test_a_run_that_has_changed_is_shown_anew_where_it_stands_or_where_it_belongs_now(model, path):
    moved, touched = [], []
    model.layoutChanged.connect(lambda *_: moved.append(1))
    model.dataChanged.connect(lambda first, last, *_: touched.append((first.row(), last.row())))
    model.set_filter("not star and validation_loss > 0")
    model.sort(column_of(model, "note"))
    moved.clear()
    with Store(path) as store:
        store.set_tags([store.row("3")], ["a"])
        model.take(Reading((store.row("3"),)))
        assert (moved, touched[-1]) == ([], (model.place(3), model.place(3)))
        assert model.index(model.place(3), column_of(model, "tags")).data() == "a"
        store.set_note([store.row("3")], "z")
        model.take(Reading((store.row("3"),)))
        assert moved == [1]
        assert model.place(3) == 39
        store.set_star([store.row("3")], True)
        model.take(Reading((store.row("3"),)))
    assert model.place(3) is None
    assert model.rowCount() == 39
