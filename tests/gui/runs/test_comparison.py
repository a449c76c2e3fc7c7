"""Pictures of many runs: what is drawn is the runs' own, what is brushed is selected, what cannot be drawn is said."""

import csv
import re
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton
from scipy.stats import spearmanr

from nnplayground.engine.probes import OutputMap, OutputRequest
from nnplayground.engine.probing import Prober
from nnplayground.experiment import ExperimentError
from nnplayground.gui import theme
from nnplayground.gui.numbers import format_number
from nnplayground.gui.runs import columns
from nnplayground.gui.runs.comparison import bundle
from nnplayground.gui.runs.comparison.comparison import PICTURES, Comparison
from nnplayground.gui.runs.comparison.picture import Chosen, usual
from nnplayground.gui.runs.comparison.scales import MISSING, AxisScale
from nnplayground.gui.runs.comparison.sides import shared_kind
from nnplayground.gui.views.choices import PLANE
from nnplayground.gui.views.palette import TO_CONES, TO_LAB, even
from nnplayground.runs import importance
from nnplayground.runs.quantities import Quantity, quantity
from nnplayground.runs.store import Store
from tests.gui.frames import colours_of, make_dataset
from tests.gui.stores import enter_drawn, keep_run

PATIENCE = 60_000  # ms
COUNT = 100


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    made = tmp_path_factory.mktemp("store") / "runs.sqlite"
    enter_drawn(made, COUNT)
    return made


@pytest.fixture(scope="module")
def rows(path):
    with Store(path) as store:
        return tuple(store.rows()[::-1])


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Runs whose networks were kept, by name."""
    made = tmp_path_factory.mktemp("kept") / "runs.sqlite"
    iris = {"data.kind": "iris", "network.layers": [4]}
    line = {"data.kind": "sine", "network.layers": [4]}
    plane = {"data.kind": "plane", "network.layers": [4]}
    table = {"data.kind": "diabetes", "network.layers": [4]}
    trainers = {
        "circle": keep_run(made, 30),
        "relu": keep_run(made, 60, **{"network.activation": "relu", "network.layers": [3, 3]}),
        "noisy": keep_run(made, 12, **{"data.noise": 0.1}),
        "blobs": keep_run(made, 12, **{"data.kind": "blobs"}),
    }
    for name, changes in {"iris": iris, "sine": line, "plane": plane, "diabetes": table}.items():
        for seed in (1, 2):
            trainers[f"{name} {seed}"] = keep_run(made, 25, **changes, **{"seeds.model": seed})
    with Store(made) as store:
        return made, dict(zip(trainers, store.rows()[::-1], strict=True)), trainers


@pytest.fixture
def make(qtbot, app):
    """Make comparisons; when the test ends, nothing of them goes on."""
    made = []

    def make_(path, name, look="light"):
        chosen = theme.load(look)
        theme.apply(app, chosen)
        view = Comparison(path, chosen)
        qtbot.addWidget(view)
        view.resize(640, 320)
        view.choose(name)
        view.show()
        made.append(view)
        return view

    yield make_
    for view in made:
        for picture in view.pictures.values():
            picture.study.close()


def compare(qtbot, view, rows, selected=()) -> object:
    view.show_runs(Chosen(tuple(rows), tuple(selected), "", tuple(rows)))
    qtbot.waitUntil(lambda: not view.working, timeout=PATIENCE)
    return view.picture


def result_of(row, name="validation_loss"):
    return row.results.get(name, np.nan)


# the picker


def test_only_the_picture_in_sight_is_made_and_computed(qtbot, make, path, rows):
    view = make(path, "parallel")
    compare(qtbot, view, rows[:20])
    assert set(view.pictures) == {"curves", "parallel"}
    assert view.pictures["curves"].runs.rows == ()
    view.choose("scatter")
    qtbot.waitUntil(lambda: len(view.picture.places) == 20, timeout=PATIENCE)
    assert view.picture.isVisible()
    assert not view.pictures["parallel"].isVisible()


def test_what_is_given_up_for_another_picture_is_computed_when_it_is_in_sight_again(qtbot, make, path, rows):
    view = make(path, "importance")
    view.show_runs(Chosen(rows, (), "", rows))
    view.choose("scatter")
    qtbot.waitUntil(lambda: not view.pictures["importance"].working and not view.working, timeout=PATIENCE)
    assert view.pictures["importance"].bars.found is None
    view.choose("importance")
    qtbot.waitUntil(lambda: view.picture.bars.found is not None, timeout=PATIENCE)


@pytest.mark.parametrize("name", PICTURES)
def test_every_picture_can_be_reached_and_read_by_keyboard_and_ear(qtbot, make, path, rows, name):
    view = make(path, name)
    picture = compare(qtbot, view, rows[:8])
    assert picture.explanation
    assert picture.accessibleName()
    assert view.picker.accessibleName().endswith(name)
    assert picture.findChild(QToolButton, f"{picture.name}.info").accessibleName()
    assert picture.findChild(QToolButton, f"{picture.name}.menu_button").focusPolicy() & Qt.FocusPolicy.TabFocus


@pytest.mark.parametrize("name", [name for name in PICTURES if name != "two runs"])
def test_every_picture_is_saved_as_png_svg_and_csv(qtbot, make, path, rows, name, tmp_path):
    view = make(path, name)
    picture = compare(qtbot, view, rows[:30])
    picture.save_picture(tmp_path / "a.png")
    picture.save_drawing(tmp_path / "a.svg")
    picture.save_table(tmp_path / "a.csv")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    with (tmp_path / "a.csv").open(encoding="utf-8") as stream:
        found = list(csv.reader(stream))
    if name != "curves":  # these runs have none
        assert len(found) > 4
        assert all(len(row) == len(found[0]) for row in found)
    picture.add_keeping()


def test_lines_are_saved_as_shapes_and_not_as_a_picture_of_them(qtbot, make, path, rows, tmp_path):
    picture = compare(qtbot, make(path, "parallel"), rows[:30])
    picture.save_drawing(tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text(encoding="utf-8")
    assert text.count("<polyline") + text.count("<path") > 30
    assert all(int(width) < 20 for width in re.findall(r'<image[^>]* width="(\d+)"', text))  # arrows of lists alone


# parallel coordinates


def test_there_is_an_axis_for_each_knob_that_differs_on_its_own_scale_and_the_result_is_last(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "parallel"), rows)
    axes = {axis.quantity.path: axis for axis in picture.strings.lines.axes}
    assert list(axes)[-1] == "validation_loss"
    assert {"optimizer.kind", "optimizer.lr", "network.activation", "batches.size"} <= set(axes)
    rates = np.array([row.knobs["optimizer.lr"] for row in rows])
    shares = axes["optimizer.lr"].shares
    low, high = axes["optimizer.lr"].limits
    assert np.allclose(10 ** (low + shares * (high - low)), rates)
    kinds = np.array([row.knobs["optimizer.kind"] == "sgd" for row in rows])
    assert np.array_equal(axes["optimizer.kind"].shares, kinds.astype(float))
    has = np.array(["optimizer.momentum" in row.knobs for row in rows])
    assert np.array_equal(axes["optimizer.momentum"].shares == MISSING, ~has)


def test_lines_inside_of_what_is_brushed_are_told_and_selected(qtbot, make, path, rows):
    view = make(path, "parallel")
    picture = compare(qtbot, view, rows)
    with qtbot.waitSignal(view.picked) as told:
        picture.strings.brush("optimizer.kind", 0.9, 1.0)
    expected = {row.id for row in rows if row.knobs["optimizer.kind"] == "sgd"}
    assert told.args[0] == expected
    picture.strings.brush("validation_loss", 0.0, 0.2)
    axis = picture.strings.lines.axes[-1]
    both = {row.id for row, share in zip(rows, axis.shares, strict=True) if row.id in expected and 0 <= share <= 0.2}
    assert {row.id for row, on in zip(rows, picture.strings.inside, strict=True) if on} == both
    assert f"{len(both)} of {len(rows)}" in picture.caption._words
    with qtbot.waitSignal(view.picked) as told:
        picture.show_everything()
    assert told.args[0] == frozenset()
    assert picture.strings.inside.all()


def axis_point(strings, path, share) -> QPoint:
    place = [axis.quantity.path for axis in strings.lines.axes].index(path)
    return QPointF(strings.xs()[place], strings.y_of(share)).toPoint()


def test_dragging_along_an_axis_brushes_it_and_a_double_click_lets_go(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "parallel"), rows)
    strings = picture.strings
    begin, end = axis_point(strings, "optimizer.lr", 0.8), axis_point(strings, "optimizer.lr", 0.3)
    QTest.mousePress(strings, Qt.MouseButton.LeftButton, pos=begin)
    QTest.mouseMove(strings, end)
    QTest.mouseRelease(strings, Qt.MouseButton.LeftButton, pos=end)
    low, high = strings.ranges["optimizer.lr"]
    assert (low, high) == pytest.approx((0.3, 0.8), abs=0.02)
    shares = next(a.shares for a in strings.lines.axes if a.quantity.path == "optimizer.lr")
    assert np.array_equal(strings.inside, (shares >= low) & (shares <= high))
    assert strings.inside.any()
    assert not strings.inside.all()
    QTest.mouseDClick(strings, Qt.MouseButton.LeftButton, pos=QPoint(5, 100))
    assert not strings.ranges


def test_while_a_range_moves_some_lines_inside_are_drawn_and_all_of_them_once_it_rests(
    qtbot, make, path, rows, monkeypatch
):
    strings = compare(qtbot, make(path, "parallel"), rows).strings
    stretches = len(strings.lines.axes) - 1
    monkeypatch.setattr(bundle, "MOVING", 20 * stretches)
    strings._rest.setInterval(10**6)  # it does not rest by itself
    drawn = []
    for high in (0.9, 0.7, 0.5):
        strings.set_ranges({"optimizer.lr": (0.1, high)})
        inside = np.flatnonzero(strings.inside)
        drawn.append(set(strings.seen().tolist()))
        assert len(drawn[-1]) == min(20, len(inside))
        assert drawn[-1] <= set(inside.tolist())
    assert drawn[0] & set(np.flatnonzero(strings.inside).tolist()) <= drawn[2], "none that stays inside goes"
    moving = strings.grab().toImage()
    strings._rest.setInterval(1)
    strings.set_ranges(strings.ranges)
    qtbot.waitUntil(lambda: not strings._rest.isActive(), timeout=PATIENCE)
    assert np.array_equal(strings.seen(), np.flatnonzero(strings.inside))
    rested = strings.grab().toImage()
    strings.redraw()
    assert strings.grab().toImage() == rested != moving


@pytest.mark.parametrize("smooth", [0, bundle.SMOOTH])
def test_lines_outside_are_faded_and_those_inside_keep_their_colours(qtbot, make, path, rows, monkeypatch, smooth):
    monkeypatch.setattr(bundle, "SMOOTH", smooth)
    strings = compare(qtbot, make(path, "parallel"), rows).strings
    frame, xs = strings.frame, strings.xs()
    between = QRect(round(xs[-2]) + 40, round(frame.top()), round(xs[-1] - xs[-2]) - 50, round(frame.height()))

    def shown() -> set[int]:
        image = strings._drawn(1.0).toImage().copy(between)
        return {image.pixel(x, y) for x in range(image.width()) for y in range(image.height())}

    def colours(inside) -> set[int]:
        return {strings._pens[colour].rgb() for colour in strings.lines.grades[inside].tolist() if colour >= 0}

    faded = QColor(theme.mix(strings.theme.panel, strings.theme.text, 0.12)).rgb()
    assert faded not in shown()
    strings.brush("validation_loss", 0.0, float(np.median(strings.lines.axes[-1].shares)))
    found = shown()
    assert faded in found
    assert colours(strings.inside) <= found
    assert colours(~strings.inside) - colours(strings.inside)
    assert not (colours(~strings.inside) - colours(strings.inside)) & found
    strings.brush("validation_loss", -0.06, -0.05)
    assert not strings.inside.any()
    assert faded in shown(), "and no colour"


def test_axes_are_brushed_and_moved_by_keys(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "parallel"), rows)
    strings, before = picture.strings, picture.axes()
    QTest.keyClick(strings, Qt.Key.Key_Right)
    assert strings.current == 1
    for _ in range(4):
        QTest.keyClick(strings, Qt.Key.Key_Down)
    QTest.keyClick(strings, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert strings.ranges[before[1]] == pytest.approx((0.05, 0.8))
    QTest.keyClick(strings, Qt.Key.Key_Escape)
    assert not strings.ranges
    QTest.keyClick(strings, Qt.Key.Key_Left, Qt.KeyboardModifier.ControlModifier)
    assert picture.axes()[:2] == (before[1], before[0])


def test_dragging_a_title_moves_its_axis(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "parallel"), rows)
    strings, before = picture.strings, picture.axes()
    xs = strings.xs()
    QTest.mousePress(strings, Qt.MouseButton.LeftButton, pos=QPoint(round(xs[0]), 5))
    end = QPoint(round((xs[2] + xs[3]) / 2), 5)
    QTest.mouseMove(strings, end)
    QTest.mouseRelease(strings, Qt.MouseButton.LeftButton, pos=end)
    assert picture.axes() == (before[1], before[2], before[0], *before[3:])


def test_the_line_under_the_pointer_is_read_out_and_a_click_shows_its_run(qtbot, make, path, rows):
    view = make(path, "parallel")
    picture = compare(qtbot, view, rows[:6])
    strings = picture.strings
    xs, run = strings.xs(), 3
    places = strings.lines.places[run]
    point = QPointF((xs[0] + xs[1]) / 2, strings.y_of(float(places[0] + places[1]) / 2))
    found = strings.run_at(point)
    assert found is not None
    assert strings.rows_at(point)[0].text == f"run {strings.lines.numbers[found]}"
    texts = {row.text: row.value for row in strings.rows_at(point)}
    assert texts["learning rate"] == columns.text_of(rows[found], "optimizer.lr")
    with qtbot.waitSignals([view.opened, view.picked]):
        QTest.mouseClick(strings, Qt.MouseButton.LeftButton, pos=point.toPoint())


def test_axes_are_taken_away_and_brought_back_by_the_menu(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "parallel"), rows)
    picture.axes_menu.aboutToShow.emit()
    action = next(a for a in picture.axes_menu.actions() if a.data() == "optimizer.lr")
    hidden = len(picture.read.knobs) - len(picture.axes())
    assert action.isChecked()
    action.trigger()
    assert "optimizer.lr" not in picture.axes()
    assert f"{hidden + 1} more knobs" in picture.caption._words
    picture.axes_menu.aboutToShow.emit()
    next(a for a in picture.axes_menu.actions() if a.data() == "optimizer.lr").trigger()
    assert "optimizer.lr" in picture.axes()


def test_runs_without_the_result_are_drawn_and_never_hidden(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "parallel"), rows)
    diverged = [i for i, row in enumerate(rows) if not row.results]
    assert diverged
    assert all(picture.strings.lines.places[i, -1] == MISSING for i in diverged)
    assert all(picture.strings.lines.grades[i] == -1 for i in diverged)


def test_a_run_that_comes_later_keeps_what_is_brushed(qtbot, make, path, rows):
    view = make(path, "parallel")
    picture = compare(qtbot, view, rows[:50])
    picture.strings.brush("optimizer.lr", 0.0, 0.5)
    compare(qtbot, view, rows)
    assert picture.strings.ranges == {"optimizer.lr": (0.0, 0.5)}
    assert len(picture.strings.inside) == COUNT


@pytest.mark.parametrize("look", theme.NAMES)
def test_lines_have_the_colours_of_the_theme(qtbot, make, path, rows, look):
    picture = compare(qtbot, make(path, "parallel", look), rows)
    picture.set_theme(theme.load(look))
    assert len(colours_of(picture.strings)) > 10


def test_an_axis_shows_zero_and_what_is_missing_where_they_lie():
    values = np.array([0.0, 1e-3, 1e-1, np.nan])
    axis = AxisScale(Quantity("regularization.l2", values, logarithmic=True))
    ticks = {text: share for share, text in axis.ticks(6)}
    assert ticks["0"] == 0
    assert ticks["–"] == MISSING
    assert axis.shares[0] == 0
    assert axis.shares[3] == MISSING
    assert ticks["0.001"] == pytest.approx(axis.shares[1])
    assert [axis.cell(i) for i in range(4)] == [0.0, 1e-3, 1e-1, ""]


NUMBERS = st.floats(-1e30, 1e30) | st.sampled_from([0.0, np.nan, np.inf, 1e-300, 1e300])
ANYTHING = NUMBERS | st.text(max_size=3) | st.booleans() | st.none() | st.lists(st.integers(), max_size=2)


@given(st.lists(NUMBERS, min_size=1, max_size=9) | st.lists(ANYTHING, min_size=1, max_size=9))
def test_whatever_the_values_every_run_that_has_one_lies_on_the_axis_and_ticks_too(values):
    runs = [SimpleNamespace(values={"optimizer.lr": value}) for value in values]
    axis = AxisScale(quantity(runs, "optimizer.lr"))
    known = axis.quantity.known
    assert ((axis.shares[known] >= -1e-9) & (axis.shares[known] <= 1 + 1e-9)).all()
    assert (axis.shares[~known] == MISSING).all()
    ticks = axis.ticks(5)
    shares = [share for share, _ in ticks]
    assert shares == sorted(shares)
    assert all(-1e-6 <= share <= 1 + 1e-6 for share in shares if share != MISSING)
    assert all(isinstance(axis.text(i), str) and isinstance(axis.cell(i), str | float) for i in range(len(values)))


def test_the_knobs_first_shown_are_those_that_tell_most_runs_apart():
    many, few = np.arange(10.0), np.array([1.0] * 9 + [2.0])
    only = np.array([1.0] * 5 + [np.nan] * 5)  # which some have, and always the same
    knobs = {name: Quantity(name, v) for name, v in (("a", few), ("b", many), ("c", only), ("seeds.model", many))}
    assert usual(knobs, 2) == ["a", "b"]
    assert usual(knobs, 1) == ["b"]
    assert usual({"seeds.model": knobs["seeds.model"]}, 2) == ["seeds.model"]


@pytest.mark.parametrize("look", theme.NAMES)
def test_the_colours_of_results_are_even_to_the_eye_and_can_be_told_from_the_panel(look):
    chosen = theme.load(look)
    table = even(chosen)[:, :3]
    share = table / 255.0
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ TO_CONES.T) @ TO_LAB.T
    steps = np.linalg.norm(np.diff(lab[::15], axis=0), axis=1)
    assert steps.max() < 1.4 * steps.min()
    assert (np.diff(lab[::15, 0]) > 0).all()
    for red, green, blue in table[::51]:
        assert theme.contrast(f"#{red:02X}{green:02X}{blue:02X}", chosen.panel) >= 3


# importance


def test_the_knob_that_the_loss_was_made_of_has_the_longest_bar(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "importance"), rows)
    found = picture.bars.found
    assert found.paths[0] == "optimizer.lr"
    assert found.runs == sum(bool(row.results) for row in rows)
    assert "R² out of bag" in picture.remark.text()
    assert f"{found.runs} runs" in picture.remark.text()
    assert "Little can be said" not in picture.remark.text()
    assert f"{found.left_out} runs without this result are left out" in picture.remark.text()
    assert picture.bars.rows_at(QPointF(20, 5))[0].text == "learning rate"


def test_of_few_runs_it_is_said_that_little_can_be_said(qtbot, make, path, rows):
    view = make(path, "importance")
    picture = compare(qtbot, view, rows[:8])
    assert "Little can be said: fewer than 10 runs" in picture.remark.text()
    compare(qtbot, view, rows[:3])
    assert "Nothing can be said" in picture.remark.text()
    assert picture.bars.found is None


def test_where_the_forest_learns_from_some_of_the_runs_alone_it_is_said(qtbot, make, path, rows, monkeypatch):
    monkeypatch.setattr(importance, "MOST", 40)
    picture = compare(qtbot, make(path, "importance"), rows)
    known = sum(bool(row.results) for row in rows)
    assert known > 40
    words = f"40 of {known} runs, drawn at random"
    assert picture.caption._words == words
    assert words in picture.remark.text()


def test_computing_can_be_given_up_and_asked_for_again(qtbot, make, path, rows):
    view = make(path, "importance")
    view.show_runs(Chosen(rows, (), "", rows))
    picture = view.picture
    assert picture.button.text() == "Cancel"
    picture.button.click()
    qtbot.waitUntil(lambda: picture.button.text() == "Compute", timeout=PATIENCE)
    assert picture.bars.found is None
    assert picture.caption._words == "given up"
    picture.button.click()
    qtbot.waitUntil(lambda: picture.bars.found is not None and not picture.working, timeout=PATIENCE)
    assert picture.button.isHidden()


def test_another_result_has_bars_of_its_own(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "importance"), rows)
    picture.result.setCurrentIndex(picture.result.findData("steps"))
    picture.result.activated.emit(0)
    qtbot.waitUntil(lambda: not picture.working, timeout=PATIENCE)
    assert "R² is low" in picture.remark.text()  # the number of steps is that of the run, and no knob's


# scatter


def choose(choice, path) -> None:
    choice.setCurrentIndex(choice.findData(path))
    choice.activated.emit(choice.currentIndex())


def test_points_lie_where_the_runs_do_and_the_correlation_is_scipys(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "scatter"), rows)
    choose(picture.across, "optimizer.lr")
    choose(picture.upward, "validation/accuracy")
    known = [row for row in rows if row.results]
    x = np.array([row.knobs["optimizer.lr"] for row in known])
    y = np.array([row.results["validation/accuracy"] for row in known])
    assert np.allclose(np.stack(picture.plot.points.getData()), [np.log10(x), y])
    assert picture.plot.x_axis.logarithmic
    assert not picture.plot.y_axis.logarithmic
    expected = spearmanr(x, y).statistic
    assert float(picture.caption._words.split()[1].replace("\u2212", "-")) == pytest.approx(expected, abs=0.01)
    assert f"{len(known)} of {len(rows)} runs" in picture.caption._words


def test_points_of_choices_are_spread_about_their_place(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "scatter"), rows)
    choose(picture.across, "network.activation")
    x, _ = picture.plot.points.getData()
    assert picture.plot.x_axis.names == ("gelu", "relu", "tanh")
    known = [row for row in rows if row.results]
    places = [picture.plot.x_axis.names.index(row.knobs["network.activation"]) for row in known]
    assert np.array_equal(np.rint(x), places)
    assert len(set(x.tolist())) == len(x)
    assert "ρ" not in picture.caption._words


def test_colours_tell_a_third_quantity_and_are_explained(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "scatter"), rows)
    choose(picture.colour, "optimizer.kind")
    assert [text for _, text in picture.legend.entries] == ["adam", "sgd"]
    assert picture.bar.isHidden()
    choose(picture.colour, "regularization.l2")
    assert "left end: 0" in picture.bar.meaning
    assert picture.legend.isHidden()
    choose(picture.colour, "")
    assert picture.bar.isHidden()


def test_a_point_that_is_clicked_is_its_run_which_is_ringed_when_it_is_selected(qtbot, make, path, rows):
    view = make(path, "scatter")
    picture = compare(qtbot, view, rows)
    point = picture.plot.points.points()[7]
    told = []
    view.opened.connect(told.append)
    view.picked.connect(told.append)
    picture.plot.points.sigClicked.emit(picture.plot.points, [point], None)
    row = rows[int(point.data())]
    assert told == [frozenset({row.id}), row]
    view.show_runs(Chosen(rows, (row,), "", rows))
    x, y = picture.plot.rings.getData()
    assert (x[0], y[0]) == tuple(picture.places[int(point.data())])
    readout = picture.plot.hover(QPointF(x[0], y[0]), QPointF(0, 0))
    assert readout.rows[0].text.startswith("run")


def reached(qtbot, make, path, rows):
    """A scatter with the keyboard's focus, and the places of the runs that are drawn."""
    picture = compare(qtbot, make(path, "scatter"), rows)
    picture.window().activateWindow()
    qtbot.waitUntil(picture.window().isActiveWindow, timeout=PATIENCE)
    choose(picture.across, "optimizer.lr")
    picture.plot.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(picture.plot.hasFocus, timeout=PATIENCE)
    return picture, np.flatnonzero(np.isfinite(picture.places).all(axis=1))


@pytest.mark.parametrize(("axis", "onward", "back"), [(0, "Right", "Left"), (1, "Up", "Down")])
def test_keys_walk_to_every_point_in_the_order_of_an_axis_and_back(qtbot, make, path, rows, axis, onward, back):
    picture, there = reached(qtbot, make, path, rows)
    plot = picture.plot
    onward, back = (getattr(Qt.Key, f"Key_{name}") for name in (onward, back))
    assert plot.here == there[picture.places[there, 0].argmin()], "the leftmost, by tab"
    plot.go_to(-1)
    seen = []
    for _ in range(len(there) + 2):
        QTest.keyClick(plot, onward)
        seen.append(plot.here)
    assert set(seen) == set(there.tolist())
    assert seen[-1] == seen[-2] == seen[-3], "at the end it stays"
    assert np.all(np.diff(picture.places[seen, axis]) >= 0)
    for run in reversed(seen[:-3]):
        QTest.keyClick(plot, back)
        assert plot.here == run
    QTest.keyClick(plot, Qt.Key.Key_End)
    assert picture.places[plot.here, 0] == picture.places[there, 0].max()
    QTest.keyClick(plot, Qt.Key.Key_Home)
    assert picture.places[plot.here, 0] == picture.places[there, 0].min()


def test_the_point_that_keys_have_come_to_is_ringed_read_out_said_and_shown_by_enter(qtbot, make, path, rows):
    picture, _ = reached(qtbot, make, path, rows)
    plot = picture.plot
    QTest.keyClick(plot, Qt.Key.Key_Right)
    row = rows[plot.here]
    x, y = plot.spot.getData()
    assert (x[0], y[0]) == tuple(picture.places[plot.here])
    rate, loss = (columns.text_of(row, name) for name in ("optimizer.lr", "validation_loss"))
    said = plot.accessibleDescription()
    assert said.startswith(f"run {row.id}")
    assert f"learning rate {rate}" in said
    assert f"validation loss {loss}" in said
    assert plot.notes.readout.rows[0].text == f"run {row.id}"
    told = []
    picture.opened.connect(told.append)
    QTest.keyClick(plot, Qt.Key.Key_Return)
    assert told == [row]
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert (plot.here, plot.accessibleDescription(), plot.notes.readout) == (-1, "", None)
    assert not len(plot.spot.data)


def test_keys_stay_at_their_run_where_others_come_and_it_is_brought_into_sight(qtbot, make, path, rows):
    picture, _ = reached(qtbot, make, path, rows[10:])
    plot = picture.plot
    QTest.keyClick(plot, Qt.Key.Key_End)
    number = picture.read.rows[plot.here].id
    picture.show_runs(Chosen(rows, (), "", rows))
    qtbot.waitUntil(lambda: len(picture.places) == COUNT, timeout=PATIENCE)
    assert picture.read.rows[plot.here].id == number
    (low, high), _ = plot.box.viewRange()
    plot.box.setXRange(low, low + (high - low) / 10, padding=0)
    QTest.keyClick(plot, Qt.Key.Key_Home)
    QTest.keyClick(plot, Qt.Key.Key_End)
    assert plot.box.viewRange()[0][0] <= picture.places[plot.here, 0] <= plot.box.viewRange()[0][1]


@pytest.mark.parametrize("name", ["parallel", "scatter"])
def test_escape_is_the_pictures_before_it_is_the_windows_while_there_is_something_to_leave(
    qtbot, make, path, rows, name
):
    view = make(path, name)
    picture = compare(qtbot, view, rows)
    inner = picture.strings if name == "parallel" else picture.plot
    pressed = []
    shortcut = QShortcut(QKeySequence(Qt.Key.Key_Escape), view)
    shortcut.activated.connect(lambda: pressed.append(1))
    view.activateWindow()
    qtbot.waitUntil(view.isActiveWindow, timeout=PATIENCE)
    inner.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(inner.hasFocus, timeout=PATIENCE)
    QTest.keyClick(inner, Qt.Key.Key_Down)
    for expected in (0, 1):
        QTest.keyClick(inner, Qt.Key.Key_Escape)
        assert len(pressed) == expected


def test_the_axis_that_keys_brush_is_said_with_its_range(qtbot, make, path, rows):
    strings = compare(qtbot, make(path, "parallel"), rows).strings
    paths = [axis.quantity.path for axis in strings.lines.axes]
    for _ in range(paths.index("optimizer.lr")):
        QTest.keyClick(strings, Qt.Key.Key_Right)
    assert strings.accessibleDescription() == "learning rate"
    for _ in range(6):
        QTest.keyClick(strings, Qt.Key.Key_Down)
    low, high = strings.lines.axes[strings.current].limits
    ends = [format_number(10.0**place, 3, trim=True) for place in (low, low + 0.7 * (high - low))]
    inside = sum(row.knobs["optimizer.lr"] <= 10.0 ** (low + 0.7 * (high - low)) for row in rows)
    words = f"learning rate: {' – '.join(ends)}; {inside} of {COUNT} runs inside"
    assert strings.accessibleDescription() == words


def test_what_lies_between_two_shares_is_told_as_choices_or_numbers():
    choice = AxisScale(Quantity("network.activation", np.array([0.0, 1.0, 2.0]), names=("gelu", "relu", "tanh")))
    assert choice.within(-0.1, 0.6) == "gelu, relu"
    rate = AxisScale(Quantity("regularization.l2", np.array([0.0, 1e-3, 1e-1]), logarithmic=True))
    assert rate.within(-0.1, 1.0) == "0 – 0.1"
    plain = AxisScale(Quantity("data.noise", np.array([0.0, 10.0])))
    assert plain.within(0.25, 0.5) == "2.5 – 5"


# two runs


def sides(qtbot, make, trained, one, other, look="light"):
    path, rows, _ = trained
    view = make(path, "two runs", look)
    return compare(qtbot, view, (rows[one], rows[other]))


def answer(trainer) -> np.ndarray:
    found = Prober(trainer.setup, trainer.snapshot()).answer(OutputRequest(), trainer.snapshot())
    assert isinstance(found, OutputMap)
    return found.values


def test_the_map_of_the_difference_is_what_one_network_says_less_the_other(qtbot, make, trained):
    picture = sides(qtbot, make, trained, "circle", "relu")
    one, other = (answer(trained[2][name]) for name in ("circle", "relu"))
    ground = picture.pictures[2]._ground
    assert np.allclose(picture.pictures[0]._ground.answer, one, atol=1e-6)
    assert np.allclose(picture.pictures[1]._ground.answer, other, atol=1e-6)
    assert np.allclose(ground.picture, (other - one)[1], atol=1e-6)
    assert ground.scale.levels.low == -ground.scale.levels.high
    assert picture.bars[1].levels == ground.scale.levels
    limits = [plane.plot.box.viewRange() for plane in picture.pictures]
    assert limits[0] == limits[1] == limits[2]


def test_values_of_both_and_of_the_difference_are_read_out(qtbot, make, trained):
    picture = sides(qtbot, make, trained, "circle", "relu")
    plane = picture.pictures[2]
    rows = plane._read_out(QPointF(1.0, -2.0), QPointF(10, 10)).rows
    names = [row.text for row in rows]
    assert names[-1] == "B − A"
    assert any(name.endswith(", A") for name in names)
    header, table = picture.table_now()
    assert header[-1] == "B − A"
    table = np.array(table, float)
    assert np.allclose(table[:, 3] - table[:, 5], table[:, -1], atol=1e-6)


def test_two_runs_of_other_data_are_not_compared_and_a_line_says_why(qtbot, make, trained):
    picture = sides(qtbot, make, trained, "circle", "blobs")
    assert "They learn other data" in picture.hint.text()
    assert picture.hint.isVisible()
    assert not any(part.isVisible() for part in picture.pictures)
    assert "\n" not in picture.hint.text()


def test_data_of_other_classes_or_limits_are_refused_in_a_line(trained):
    rows = trained[1]["circle"], trained[1]["relu"]
    square = ((-1.0, 1.0),) * 2
    points, targets = np.zeros((4, 2)), np.array([0, 1, 0, 1])
    two, three, named, numbers, wide = (
        make_dataset(points, targets, class_names=("a", "b"), domain=square),
        make_dataset(points, targets, class_names=("a", "b", "c"), domain=square),
        make_dataset(points, targets, class_names=("a", "x"), domain=square),
        make_dataset(points, targets, domain=square),
        make_dataset(points, targets, class_names=("a", "b"), domain=((-2.0, 1.0),) * 2),
    )
    assert shared_kind(rows, two, two) == PLANE
    with pytest.raises(ExperimentError, match="other numbers of classes apart: run 1 2, run 2 3"):
        shared_kind(rows, two, three)
    for other, words in ((named, "not of one kind"), (wide, "same limits"), (numbers, "other numbers of classes")):
        with pytest.raises(ExperimentError, match=words):
            shared_kind(rows, two, other)


def test_points_that_differ_on_the_same_plane_are_told(qtbot, make, trained):
    picture = sides(qtbot, make, trained, "circle", "noisy")
    told = picture.hint.text() if picture.sides is None else picture.caption._words
    assert ("limits" in told) if picture.sides is None else ("noise" in told)


def test_other_than_two_runs_are_asked_for(qtbot, make, trained):
    path, rows, _ = trained
    picture = compare(qtbot, make(path, "two runs"), tuple(rows.values()))
    assert "Select two runs" in picture.hint.text()


def test_tables_of_confusion_are_subtracted(qtbot, make, trained):
    picture = sides(qtbot, make, trained, "iris 1", "iris 2")
    one, other, apart = picture.pictures
    assert np.array_equal(apart.counts, other.counts - one.counts)
    assert apart.counts.sum() == 0
    assert np.array_equal(apart.totals, one.counts.sum(axis=1))
    text = apart.text_of(0, 0)
    assert text == "0" or text[0] in "+\u2212"
    place = apart.cells().center()
    assert apart.rows_at(place)[2].text.startswith("B − A, of")


def test_functions_over_a_line_are_subtracted(qtbot, make, trained):
    picture = sides(qtbot, make, trained, "sine 1", "sine 2")
    one, other, apart = picture.pictures
    assert np.allclose(apart.curve.ys, other.curve.ys - one.curve.ys, atol=1e-6)
    low, high = apart.plot.box.viewRange()[1]
    assert low == -high
    assert len(picture.table_now()[1]) == len(apart.curve.xs)


def test_planes_of_values_have_the_same_colours(qtbot, make, trained):
    picture = sides(qtbot, make, trained, "plane 1", "plane 2", "dark")
    one, other, apart = picture.pictures
    assert one.scale().levels == other.scale().levels
    assert np.allclose(apart._ground.picture, other._ground.picture - one._ground.picture, atol=1e-6)


def test_predictions_of_a_table_are_subtracted_sample_by_sample(qtbot, make, trained):
    picture = sides(qtbot, make, trained, "diabetes 1", "diabetes 2")
    one, other, apart = picture.pictures
    for part in ("train", "validation"):
        (x, a), (_, b), (true, between) = (getattr(p, part).getData() for p in (one, other, apart))
        assert np.array_equal(x, true)
        assert np.allclose(between, b - a, atol=1e-3)


def test_the_best_network_may_be_shown_in_place_of_the_last(qtbot, make, trained):
    picture = sides(qtbot, make, trained, "circle", "relu")
    picture.which.setCurrentIndex(1)
    picture.which.activated.emit(1)
    qtbot.waitUntil(lambda: not picture.working, timeout=PATIENCE)
    path, rows, _ = trained
    with Store(path) as store:
        best = [step for step, _, why in store.snapshots(rows["relu"]) if why == "best"]
    assert picture.sides.other.snapshot.step == (best[-1] if best else rows["relu"].steps)


def test_a_run_of_which_no_network_was_kept_is_told(qtbot, make, path, rows):
    picture = compare(qtbot, make(path, "two runs"), rows[:2])
    assert "no network was kept" in picture.hint.text()
