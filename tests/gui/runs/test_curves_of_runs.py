"""Runs side by side: curves that are the runs' own over any axis, bands of groups, and remarks about chance."""

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt

from nnplayground.gui import theme
from nnplayground.gui.runs.comparison.curves import Curves, title_of
from nnplayground.gui.runs.comparison.differences import Differences
from nnplayground.gui.runs.comparison.picture import Chosen
from nnplayground.gui.runs.courses import quantities_of, read_courses
from nnplayground.gui.runs.remark import remark
from nnplayground.runs.store import Store
from tests.gui.stores import enter_many, keep_run

PATIENCE = 60_000  # ms
RATES = (0.01, 0.01, 0.3, 0.3)  # of runs 1 to 4, by two seeds each


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    made = tmp_path_factory.mktemp("store") / "runs.sqlite"
    for i, rate in enumerate(RATES):
        keep_run(made, 30 + 3 * i, **{"optimizer.lr": rate, "seeds.model": i % 2 + 1})
    keep_run(made, 30, **{"network.layers": [3, 2], "network.activation": "relu"})
    return made


@pytest.fixture(scope="module")
def rows(path):
    """The runs in the order of their numbers."""
    with Store(path) as store:
        return store.rows()[::-1]


@pytest.fixture
def view(qtbot, app, path):
    light = theme.load("light")
    theme.apply(app, light)
    made = Curves(path, light)
    qtbot.addWidget(made)
    made.resize(500, 300)
    made.show()
    yield made
    made.study.close()


def compare(qtbot, view, rows, by="", every=()):
    view.show_runs(Chosen(tuple(rows), (), by, tuple(every or rows)))
    qtbot.waitUntil(lambda: not view.working, timeout=PATIENCE)


def never() -> bool:
    return False


def history(path, row):
    with Store(path) as store:
        return store.history(row)


@pytest.mark.parametrize("name", ["validation_loss", "train/accuracy", "loss", "gradient_norm/output"])
def test_courses_are_those_of_the_runs_histories(path, rows, name):
    found = read_courses(path, rows[:4], name, {}, never)
    for row in rows[:4]:
        whole = history(path, row)
        columns, every = (whole.steps, 1) if name in whole.steps.names else (whole.epochs, whole.steps_per_epoch)
        expected = columns.curve(name, points=10**6)
        x, mean, low, high = found[row.id].curve("step")
        assert np.array_equal(x, (expected.x + 1) * every)
        for values in (mean, low, high):
            assert np.array_equal(values, expected.mean)
        assert np.allclose(found[row.id].curve("epoch")[0] * whole.steps_per_epoch, x)
        with Store(path) as store:
            times = store.times(row)
        taken = np.interp(x, [0, *(step for step, _ in times)], [0, *(seconds for _, seconds in times)])
        assert np.allclose(found[row.id].curve("time")[0], taken)
        assert times[-1] == (row.steps, pytest.approx(row.seconds))


def test_a_run_without_a_column_has_no_course_and_what_is_known_is_not_read_again(path, rows):
    found = read_courses(path, rows, "gradient_norm/layer 2", {}, never)
    assert set(found) == {5}
    assert read_courses(path, rows, "gradient_norm/layer 2", found, never)[5] is found[5]


def test_there_are_all_quantities_that_any_run_has_those_of_epochs_first(rows):
    found = quantities_of(rows)
    assert found[:2] == ("train_loss", "validation_loss")
    assert {"loss", "lr", "gradient_norm/layer 2", "update_ratio/output", "train/accuracy"} <= set(found)
    assert len(found) == len(set(found)) == len({title_of(name) for name in found})


def test_every_run_selected_has_its_own_line_with_its_name(qtbot, view, path, rows):
    compare(qtbot, view, rows)
    assert [trace.label for trace in view.traces] == [f"run {i}" for i in range(1, 6)]
    assert {label.text for label in view.plot.notes.labels} == {f"run {i}" for i in range(1, 6)}
    expected = history(path, rows[0]).epochs.curve("validation_loss").mean
    assert np.array_equal(view.traces[0].mean, expected)


def test_another_quantity_and_another_axis_are_drawn_when_they_are_chosen(qtbot, view, path, rows):
    compare(qtbot, view, rows[:2])
    view.quantity.setCurrentIndex(view.quantity.findData("loss"))
    view.quantity.activated.emit(view.quantity.currentIndex())
    qtbot.waitUntil(lambda: not view.working, timeout=PATIENCE)
    assert np.array_equal(view.traces[0].mean, history(path, rows[0]).steps.curve("loss").mean)
    view.axis.setCurrentIndex(1)
    view.axis.activated.emit(1)
    assert view.traces[0].x[-1] == 30 / rows[0].form.steps_per_epoch
    assert view.plot.x_axis.unit == "epoch"
    compare(qtbot, view, rows[:3])
    assert view.quantity.currentData() == "loss"


def test_losses_are_logarithmic_and_metrics_are_not_unless_it_is_chosen_otherwise(qtbot, view, rows):
    def show(name: str) -> bool:
        view.quantity.setCurrentIndex(view.quantity.findData(name))
        view.quantity.activated.emit(view.quantity.currentIndex())
        qtbot.waitUntil(lambda: not view.working, timeout=PATIENCE)
        assert view.plot.y_axis.logarithmic is view.logarithmic.isChecked()
        return view.plot.y_axis.logarithmic

    compare(qtbot, view, rows[:2])
    assert [show(name) for name in ("validation_loss", "validation/accuracy", "loss")] == [True, False, True]
    view.logarithmic.click()
    assert not view.plot.y_axis.logarithmic
    assert [show(name) for name in ("validation_loss", "validation/accuracy", "loss")] == [True, False, False]


def test_groups_are_means_with_the_band_between_their_runs(qtbot, view, path, rows):
    compare(qtbot, view, rows[:4], "optimizer.lr")
    assert [trace.label for trace in view.traces] == ["0.01 (2)", "0.3 (2)"]
    one, other = (history(path, row).epochs.curve("validation_loss").mean.astype(float) for row in rows[:2])
    trace, reach = view.traces[0], min(len(one), len(other))
    assert np.allclose(trace.mean[:reach], (one[:reach] + other[:reach]) / 2)
    assert np.allclose(trace.low[:reach], np.minimum(one[:reach], other[:reach]))
    assert np.allclose(trace.high[:reach], np.maximum(one[:reach], other[:reach]))


def test_what_lies_under_the_pointer_is_read_out_of_every_line(qtbot, view, rows):
    compare(qtbot, view, rows[:2])
    trace = view.traces[1]
    found = view._read_out(QPointF(float(trace.x[3]), 0.5), QPointF(0, 0))
    assert [row.text for row in found.rows[1:]] == ["run 1", "run 2"]
    assert found.rows[2].y == pytest.approx(np.log10(float(trace.mean[3])))


def test_a_store_that_cannot_be_read_is_told_in_a_line(qtbot, app, tmp_path, rows):
    made = Curves(tmp_path / "none.sqlite", theme.load("dark"))
    qtbot.addWidget(made)
    compare(qtbot, made, rows[:2])
    assert "there is no such store" in made.remark.text()
    made.study.close()


def test_drawing_in_another_theme_keeps_the_lines(qtbot, view, rows):
    compare(qtbot, view, rows[:3])
    view.set_theme(theme.load("projector"))
    assert len(view.traces) == len(view.plot.drawing.shapes) == 3


# remarks: of results that are set by hand


@pytest.fixture
def results(tmp_path):
    """Runs of two rates by three seeds each, whose results are given; the latest last."""

    def enter(*losses):
        path = tmp_path / "entered.sqlite"
        enter_many(path, 0)
        with Store(path) as store:
            from tests.gui.stores import BASE, FORM

            for i, loss in enumerate(losses):
                row = store.begin(BASE.replace_all({"optimizer.lr": (0.1, 0.2)[i % 2], "seeds.model": i + 1}), FORM)
                with store.change() as connection:
                    text = f'{{"validation_loss": {loss}}}'
                    connection.execute("UPDATE runs SET results = ? WHERE id = ?", (text, row.id))
            return store.rows()[::-1]

    return enter


def test_a_difference_between_groups_smaller_than_their_spread_is_remarked(results):
    rows = results(1.0, 1.05, 1.2, 1.25, 1.1, 1.15)
    said = remark("validation_loss", rows, "optimizer.lr", rows)
    assert "0.1 and 0.2 lie 0.05 apart, less than runs of one group (0.1): this may be chance" in said


def test_a_difference_between_groups_larger_than_their_spread_is_told_without_doubt(results):
    rows = results(1.0, 3.1, 1.2, 3.3)
    said = remark("validation_loss", rows, "optimizer.lr", rows)
    assert "0.1 and 0.2 lie 2.1 apart; runs of one group, 0.141." in said


def test_of_two_runs_those_that_differ_in_seeds_alone_tell_how_far_chance_goes(results):
    every = results(1.0, 1.1, 2.0, 2.2, 3.0, 3.1)
    said = remark("validation_loss", every[:2], "", every)
    assert "may be chance" in said
    assert "seeds alone" in said
    assert "not known" in remark("validation_loss", every[:2], "", every[:2])
    assert "is chance" in remark("validation_loss", [every[0], every[2]], "", every)
    assert remark("validation_loss", every, "", every) == ""
    assert remark("penalty", every[:2], "", every) == ""


def test_the_best_two_of_many_groups_are_compared(results):
    rows = results(5.0, 1.0, 5.2, 1.2, 4.9, 0.9)
    assert remark("validation_loss", rows, "optimizer.lr", rows).startswith("validation loss: 0.2 and 0.1")


def test_the_knobs_in_which_two_runs_differ_stand_side_by_side(qtbot, app, rows):
    made = Differences()
    qtbot.addWidget(made)
    made.show_runs(rows[0], rows[4])
    text = made.text()
    assert "activation" in text
    assert "relu" in text
    assert "learning rate" not in text
    assert "validation loss" in text
    made.show_runs(rows[0], rows[2])
    assert "learning rate" in made.text()
    assert "activation" not in made.text()
    assert made.textFormat() == Qt.TextFormat.RichText
