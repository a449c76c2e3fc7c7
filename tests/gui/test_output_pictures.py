"""The output's pictures beyond the first: which are offered, what they show, what is forgotten with the run."""

from __future__ import annotations

import csv
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from scipy.stats import entropy as scipy_entropy
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from nnplayground.engine.probes import (
    Calibration,
    ChangeRequest,
    Confusion,
    Mistakes,
    OutputChange,
    OutputMap,
    Predictions,
)
from nnplayground.gui import theme
from nnplayground.gui.views import boundary
from nnplayground.gui.views.calibration import CALIBRATION_REQUEST
from nnplayground.gui.views.choices import CHOICES, choices_for, kind_of
from nnplayground.gui.views.grounds import about_zero, change_of, entropy
from nnplayground.gui.views.mistakes import MISTAKES_REQUEST
from nnplayground.gui.views.output import OutputView
from nnplayground.gui.views.picture import CONFUSION_REQUEST, PREDICTION_REQUEST
from nnplayground.gui.views.recall import MOST, RecallCourse
from nnplayground.gui.views.scores import Scores
from tests.gui.frames import colours_of, make_dataset, make_frame, make_history, make_snapshot

LIGHT = theme.load("light")
PLANE, LINE = ((-6.0, 6.0), (-6.0, 6.0)), ((-6.0, 6.0),)
GENERATOR = np.random.default_rng(0)
POINTS = GENERATOR.uniform(-6, 6, (40, 2))


def classes(count=3, domain=(), columns=2, image=None):
    names = [f"class {i}" for i in range(count)]
    raw = POINTS if columns == 2 else GENERATOR.uniform(0, 16, (40, columns))
    made = make_dataset(raw, np.arange(40) % count, domain=domain, class_names=names)
    return replace(made, image_shape=image)


def values(domain=(), columns=2):
    raw = POINTS if columns == 2 else GENERATOR.uniform(-5, 5, (40, columns))
    return make_dataset(raw, raw[:, 0] / 6, domain=domain, mean=10.0, scale=2.0, target_name="price")


DATASETS = {
    "plane of classes": classes(3, PLANE),
    "two classes on a plane": classes(2, PLANE),
    "plane of values": values(PLANE),
    "line": values(LINE, 1),
    "classes": classes(4, columns=5),
    "images": classes(3, columns=12, image=(3, 2, 2)),
    "values": values(columns=3),
}


def answer(request, dataset):
    """Made answers to whatever a picture asks for."""
    k, part = len(dataset.class_names), dataset.validation
    shares = GENERATOR.dirichlet(np.ones(k), 20).astype(np.float32) if k else part.targets[:, None] * 2 + 11
    kind = type(request).__name__
    if kind == "OutputRequest" and len(dataset.domain) == 1:
        return OutputMap(np.zeros((1, 240), np.float32))
    maps = [
        np.moveaxis(GENERATOR.dirichlet(np.ones(k), (10, 10)), -1, 0).astype(np.float32)
        if k
        else GENERATOR.normal(size=(1, 10, 10)).astype(np.float32)
        for _ in range(2)
    ]
    return {
        "OutputRequest": lambda: OutputMap(maps[0]),
        "ChangeRequest": lambda: OutputChange(*maps, 0 if request.since is None else request.since.step),
        "PredictionRequest": lambda: Predictions(dataset.train.targets[:, None] * 2 + 10.5, shares),
        "ConfusionRequest": lambda: Confusion(np.arange(k * k).reshape(k, k)),
        "CalibrationRequest": lambda: Calibration(
            np.array([0.05, np.nan, 0.9]), np.array([0.1, np.nan, 1.0]), np.array([5, 0, 15]), 0.02, 0.1
        ),
        "MistakesRequest": lambda: Mistakes(np.array([3, 1, 7]), shares[[3, 1, 7]], 3 if k else 0, 20),
    }[kind]()


def every_picture():
    return [
        pytest.param(dataset, choice, id=f"{name}: {choice.name}")
        for name, dataset in DATASETS.items()
        for choice in choices_for(dataset)
    ]


@pytest.fixture
def view(qtbot):
    made = OutputView(LIGHT)
    qtbot.addWidget(made)
    made.resize(372, 460)
    made.show()
    qtbot.waitExposed(made)
    return made


def show(view, dataset, name=None, history=None, snapshot=None, **given):
    """Draw a picture of a data set, with answers to all that it asks for, or those given by request."""
    frame = make_frame(history, dataset=dataset, snapshot=snapshot)
    view.draw(frame)
    if name is not None:
        view.choose(name)
    readings = given.get("readings") or {request: answer(request, dataset) for request in view.needs(frame)}
    frame = make_frame(history, dataset=dataset, snapshot=snapshot, readings=readings)
    view.draw(frame)
    return frame


def current(view):
    return view.stack.currentWidget()


# what is offered


@pytest.mark.parametrize(("dataset", "choice"), every_picture())
def test_every_picture_is_drawn_explained_and_saved_in_every_theme(view, tmp_path, dataset, choice):
    show(view, dataset, choice.name, make_history(100), make_snapshot())
    assert view.picker.text().startswith(choice.text)
    assert view.explanation == choice.explanation
    for name in theme.NAMES:
        view.set_theme(theme.load(name))
        assert len(colours_of(current(view))) > 3
    view.save_table(tmp_path / "numbers.csv")
    rows = list(csv.reader((tmp_path / "numbers.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) > 1
    assert {len(row) for row in rows} == {len(rows[0])}
    assert "nan" not in " ".join(cell for row in rows for cell in row)


@pytest.mark.parametrize(("dataset", "choice"), every_picture())
def test_a_picture_without_an_answer_is_drawn_too(view, dataset, choice):
    view.draw(make_frame(dataset=dataset))
    view.choose(choice.name)
    assert len(colours_of(view)) > 1
    view.table(make_frame(dataset=dataset))


def test_the_picker_offers_what_suits_the_data_and_nothing_else(view):
    for dataset in DATASETS.values():
        show(view, dataset)
        assert set(view.picker.options) == {choice.name for choice in CHOICES if kind_of(dataset) in choice.kinds}
        assert view.picker.chosen == choices_for(dataset)[0].name


def test_the_choice_is_remembered_by_kind_of_data(view):
    show(view, DATASETS["plane of classes"], "calibration")
    show(view, DATASETS["values"], "residuals")
    show(view, DATASETS["two classes on a plane"])
    assert view.choice(DATASETS["two classes on a plane"]).name == "calibration"
    show(view, DATASETS["classes"])
    assert view.choice(DATASETS["classes"]).name == "confusion"
    show(view, DATASETS["values"])
    assert current(view) is view.picture_named("residuals")


def test_choosing_another_picture_asks_for_other_probes(view, qtbot):
    frame = show(view, DATASETS["classes"])
    before = view.needs(frame)
    with qtbot.waitSignal(view.asked, timeout=0):
        view.picker.options["mistakes"].trigger()
    assert view.needs(frame) == {MISTAKES_REQUEST}
    assert before == {CONFUSION_REQUEST}


def test_a_picture_that_does_not_suit_cannot_be_chosen(view):
    show(view, DATASETS["classes"])
    view.choose("surface")
    assert current(view) is view.picture_named("confusion")


# the plane


@pytest.mark.parametrize("k", [2, 3, 7])
def test_uncertainty_is_the_entropy_of_scipy_as_a_share(k):
    shares = GENERATOR.dirichlet(np.ones(k) * 0.3, 50).T.reshape(k, 5, 10)
    np.testing.assert_allclose(entropy(shares.astype(np.float32)), scipy_entropy(shares, base=k, axis=0), atol=1e-5)
    sure, even = np.eye(k)[:, :1, None], np.full((k, 1, 1), 1 / k)
    assert entropy(sure.astype(np.float32)).item() == 0.0
    assert entropy(even.astype(np.float32)).item() == pytest.approx(1.0)


def test_the_uncertainty_is_drawn_in_colours_of_its_own_and_read_out(view):
    dataset = DATASETS["two classes on a plane"]
    found = np.array([[[0.5, 1.0]], [[0.5, 0.0]]], np.float32)
    show(view, dataset, "uncertainty", readings={boundary.REQUEST: OutputMap(found)})
    plane = current(view)
    assert plane.image.image.tolist() == [[1.0, 0.0]]
    assert tuple(plane.image.levels) == (0.0, 1.0)
    assert not np.array_equal(plane.image.lut, theme.diverging(LIGHT))
    assert view.bar.texts()[::2] == ("0", "1")
    rows = {row.text: row.value for row in plane._read_out(QPointF(-3, 0), QPointF(9, 9)).rows}
    assert rows["uncertainty"] == "1.000"


def test_a_change_is_now_less_then():
    now, then = (GENERATOR.dirichlet(np.ones(3), (4, 5)).transpose(2, 0, 1).astype(np.float32) for _ in range(2))
    two = change_of(OutputChange(now[:2], then[:2], 0))
    np.testing.assert_array_equal(two, now[1] - then[1])
    np.testing.assert_array_equal(change_of(OutputChange(now[:1], then[:1], 0)), now[0] - then[0])
    several, best = change_of(OutputChange(now, then, 0)), now.argmax(axis=0)
    for (row, column), value in np.ndenumerate(several):
        assert value == now[best[row, column], row, column] - then[best[row, column], row, column]


@pytest.mark.parametrize(("largest", "end"), [(0.3, 0.5), (0.5, 0.5), (0.51, 1.0), (17.0, 20.0), (0.0, 0.01)])
def test_levels_about_zero_are_even_and_round(largest, end):
    levels = about_zero(np.array([0.1 * largest, -largest, np.nan, np.inf]), 0.01)
    assert (levels.low, levels.high) == (pytest.approx(-end), pytest.approx(end))


def test_changes_are_since_the_first_snapshot_until_a_moment_is_marked(view, qtbot):
    dataset, history = DATASETS["two classes on a plane"], make_history(50)
    snapshot = replace(make_snapshot(), step=50)
    frame = show(view, dataset, "change", history, snapshot)
    assert view.needs(frame) == {ChangeRequest()}
    with qtbot.waitSignal(view.asked, timeout=0):
        assert view.mark() == 50
    assert view.needs(frame) == {ChangeRequest(since=snapshot)}
    show(view, dataset, None, history, snapshot)
    assert current(view).words() == "since step 50"


def test_a_mark_is_forgotten_with_its_run(view):
    dataset, history = DATASETS["plane of values"], make_history(50)
    frame = show(view, dataset, "change", history, make_snapshot())
    view.mark()
    other = make_frame(make_history(50), dataset=dataset, snapshot=make_snapshot())
    assert view.needs(other) == {ChangeRequest()}
    assert view.needs(frame) != view.needs(other)


def test_without_a_network_nothing_is_marked(view):
    assert view.mark() is None
    frame = show(view, DATASETS["plane of values"], "change")
    assert view.mark() is None
    assert view.needs(frame) == {ChangeRequest()}


def test_points_of_the_residual_map_are_coloured_by_true_less_predicted(view):
    dataset = DATASETS["plane of values"]
    true = dataset.train.targets * 2 + 10
    residuals = np.linspace(-1, 1, 20)
    found = Predictions((true - residuals)[:, None], dataset.validation.targets[:, None] * 2 + 10)
    show(view, dataset, "residual_map", readings={PREDICTION_REQUEST: found})
    plane = current(view)
    brushes = [brush.color() for brush in plane.train.data["brush"]]
    assert brushes[0].red() > brushes[0].blue()
    assert brushes[-1].blue() > brushes[-1].red()
    assert not plane.image.isVisible()
    assert view.bar.texts() == ("−1", "0", "1")
    rows = plane._read_out(QPointF(*map(float, dataset.train.raw[-1])), QPointF(9, 9)).rows
    assert {row.text: row.value for row in rows}["residual"] == "1.000"


# values


def test_residuals_stand_over_what_was_predicted_about_a_line_at_zero(view):
    dataset = DATASETS["values"]
    true = dataset.train.targets * 2 + 10
    found = Predictions((true + 0.25)[:, None], dataset.validation.targets[:, None] * 2 + 9)
    show(view, dataset, "residuals", readings={PREDICTION_REQUEST: found})
    picture = current(view)
    x, y = picture.train.getData()
    np.testing.assert_allclose(x, true + 0.25, rtol=1e-6)
    np.testing.assert_allclose(y, -0.25, atol=1e-5)
    np.testing.assert_allclose(picture.validation.getData()[1], 1.0, atol=1e-5)
    assert picture.curve.ys.tolist() == [0.0, 0.0]
    names, rows = picture.table(make_frame(dataset=dataset, readings={PREDICTION_REQUEST: found}))
    assert names == ["part", "true", "predicted", "residual"]
    assert rows[0][1:] == pytest.approx((true[0], true[0] + 0.25, -0.25), abs=1e-5)


def test_residuals_far_off_the_axis_are_marked_and_no_axis_is_infinite(view):
    dataset = DATASETS["values"]
    answers = np.full((20, 1), 10.0, np.float32)
    answers[:3, 0] = 1e9, -1e9, np.nan
    show(view, dataset, "residuals", readings={PREDICTION_REQUEST: Predictions(answers, answers)})
    picture = current(view)
    assert sorted(edge.top for edge in picture.plot.notes.edges) == [False, False, True, True]
    assert np.isfinite(picture.plot.box.viewRange()).all()
    assert np.ptp(picture.plot.box.viewRange()[1]) < 100


# classes


@pytest.mark.parametrize("k", [2, 4])
def test_scores_are_those_of_scikit_learn(k):
    true, said = GENERATOR.integers(k, size=(2, 90))
    found = Scores.of(confusion_matrix(true, said, labels=range(k)))
    for mine, theirs in zip((*found.columns, found.support), precision_recall_fscore_support(true, said), strict=True):
        np.testing.assert_allclose(mine, theirs)
    np.testing.assert_allclose(found.means(), precision_recall_fscore_support(true, said, average="macro")[:3])


def test_classes_that_are_never_answered_or_have_no_samples_get_a_dash(view):
    true, said = np.array([0, 0, 1, 1]), np.array([0, 2, 0, 0])
    counts = confusion_matrix(true, said, labels=range(4))
    oracle = precision_recall_fscore_support(true, said, labels=range(4), zero_division=np.nan)
    found = Scores.of(counts)
    for mine, theirs in zip(found.columns, oracle, strict=False):
        np.testing.assert_allclose(mine, theirs)
    show(view, DATASETS["classes"], "scores", readings={CONFUSION_REQUEST: Confusion(counts)})
    texts = [[cell.text for cell in line] for line in current(view).lines]
    assert [line[1] for line in texts[:4]] == ["33.3\u202f%", "–", "0.0\u202f%", "–"]
    assert [line[2] for line in texts[:4]] == ["50.0\u202f%", "0.0\u202f%", "–", "–"]
    assert "nan" not in str(texts)
    assert current(view).table(make_frame())[1][3] == ("class 3", "", "", "", 0)


def test_confusion_is_shown_as_shares_of_the_row_on_demand(view):
    counts = np.array([[3, 1, 0, 0], [0, 0, 0, 0], [0, 0, 5, 0], [1, 1, 1, 1]])
    show(view, DATASETS["classes"], readings={CONFUSION_REQUEST: Confusion(counts)})
    picture = current(view)
    assert picture.text_of(0, 0) == "3"
    view.shares.trigger()
    assert [picture.text_of(0, i) for i in range(3)] == ["75\u202f%", "25\u202f%", "0\u202f%"]
    assert picture.text_of(1, 1) == "–"
    assert len(colours_of(picture)) > 3


def test_calibration_draws_the_bins_that_have_samples(view):
    show(view, DATASETS["classes"], "calibration")
    picture = current(view)
    x, y = picture.points.getData()
    assert (x.tolist(), y.tolist()) == ([0.05, 0.9], [0.1, 1.0])
    assert view.caption.accessibleName() == "ECE 0.020 · Brier 0.10"
    texts = [row.value for row in picture._read_out(QPointF(0.5, 0.5), QPointF(9, 9)).rows]
    assert texts[1:] == ["–", "–", "0"]
    shares = picture.counts.opts["height"]
    np.testing.assert_allclose(shares, [0.25, 0, 0.75])


def test_mistakes_are_listed_worst_first_with_their_values_by_column(view):
    dataset = DATASETS["classes"]
    shares = np.array([[0.05, 0.9, 0.05, 0], [0.6, 0.2, 0.1, 0.1]], np.float32)
    found = Mistakes(np.array([8, 4]), shares, 1, 20)
    frame = show(view, dataset, "mistakes", readings={MISTAKES_REQUEST: found})
    picture = current(view)
    first = [cell.text for cell in picture.lines[0]]
    assert first[:3] == ["class 0", "class 1", "5.0\u202f%"]
    assert float(first[3]) == pytest.approx(dataset.validation.raw[8, 0], rel=1e-2)
    assert [column.title for column in picture.columns[3:]] == list(dataset.input_names)
    assert view.caption.accessibleName() == "1 wrong of 20"
    rows = {row.text: row.value for row in picture.hint(0)}
    assert float(rows["x5"]) == pytest.approx(dataset.validation.raw[8, 4], rel=1e-3)
    names, table = picture.table(frame)
    assert names[:4] == ["validation row", "true", "predicted", "probability of true"]
    assert table[1][:3] == (4, "class 0", "class 0")


def test_columns_without_room_are_left_out_and_the_read_out_has_them(view):
    dataset = classes(3, columns=40)
    show(view, dataset, "mistakes")
    picture = current(view)
    places = picture.places()
    assert 3 < len(places) < len(picture.columns) == 15
    assert places[-1][0] + places[-1][1] <= picture.width() + 1
    assert picture.hint(0)[-1].text == "and 24 more"


def test_a_list_is_scrolled_by_keys_and_wheel_and_stops_at_its_ends(view, qtbot):
    dataset = classes(3, columns=5)
    found = Mistakes(np.arange(20).repeat(2), np.full((40, 3), 0.3, np.float32), 9, 20)
    show(view, dataset, "mistakes", readings={MISTAKES_REQUEST: found})
    picture = current(view)
    qtbot.keyClick(picture, Qt.Key.Key_Down)
    assert picture.top == 1
    qtbot.keyClick(picture, Qt.Key.Key_End)
    last = picture.top
    assert last == 40 - picture.room()
    turn = QWheelEvent(
        QPointF(9, 99),
        QPointF(9, 99),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    picture.wheelEvent(turn)
    assert picture.top == last - 3
    assert picture.line_at(QPointF(20, picture.line_height() + 5)) == picture.top
    assert picture.line_at(QPointF(20, 2)) is None


def test_mistaken_images_are_shown_in_their_colours_with_what_was_said(view):
    dataset = DATASETS["images"]
    brightest = dataset.train.raw.max()
    shares = np.array([[0.1, 0.9, 0.0], [0.3, 0.3, 0.4]], np.float32)
    show(view, dataset, "mistakes", readings={MISTAKES_REQUEST: Mistakes(np.array([3, 6]), shares, 2, 20)})
    picture = current(view)
    assert len(picture.tiles()) == 2
    wanted = np.rint(np.clip(dataset.validation.raw[3].reshape(3, 2, 2) / brightest, 0, 1) * 255)
    image = picture.image(3)
    for y in range(2):
        for x in range(2):
            assert image.pixelColor(x, y).getRgb()[:3] == tuple(wanted[:, y, x])
    rows = picture.rows_at(picture.tiles()[0].center())
    assert [row.value for row in rows[1:3]] == [dataset.class_names[dataset.validation.targets[3]], "90.0\u202f%"]
    assert picture.rows_at(QPointF(1, picture.height() - 1)) == ()


# by class, over the epochs


def confused(counts, history, step):
    snapshot = replace(make_snapshot(), step=step)
    return make_frame(
        history, dataset=DATASETS["classes"], snapshot=snapshot, readings={CONFUSION_REQUEST: Confusion(counts)}
    )


def test_recall_by_class_is_taken_down_as_it_is_seen_and_forgotten_with_the_run(view):
    history = make_history(100)
    course = RecallCourse()
    for step in (0, 10, 10, 30):
        course.take(confused(np.diag([step, 1, 0, 2]) + np.eye(4, k=1, dtype=int), history, step))
    epochs, recalls = course.curves()
    assert epochs.tolist() == [0.0, 1.0, 3.0]
    np.testing.assert_allclose(recalls[0], [0, 10 / 11, 30 / 31])
    np.testing.assert_allclose(recalls[2], 0)
    course.take(make_frame(history))  # another picture is in sight
    assert len(course.steps) == 3
    course.take(confused(np.eye(4, dtype=int), history, 20))  # gone back
    assert course.steps == [0, 10, 20]
    course.take(confused(np.eye(4, dtype=int), make_history(100), 5))
    assert course.steps == [5]


def test_recall_by_class_stays_bounded_and_keeps_first_and_last():
    history, course = make_history(10), RecallCourse()
    for step in range(5 * MOST):
        course.take(confused(np.eye(4, dtype=int), history, step))
    assert MOST / 2 <= len(course.steps) <= MOST
    assert course.steps[0] == 0
    assert course.steps[-1] >= 5 * MOST - 16
    assert course.steps == sorted(course.steps)


def test_a_line_for_each_class_and_none_for_one_without_samples(view):
    history = make_history(100)
    view.draw(confused(np.eye(4, dtype=int), history, 0))
    view.choose("recalls")
    for step, right in ((10, 1), (20, 3), (30, 9)):
        view.draw(confused(np.diag([right, right, 0, 1]) + np.diag([1, 1, 0], 1), history, step))
    picture = current(view)
    assert len(picture.lines) == 4
    np.testing.assert_allclose(picture.lines[0].ys, [1.0, 0.5, 0.75, 0.9])
    assert np.isnan(picture.lines[2].ys[1:]).all()
    assert [label.text for label in picture.plot.notes.labels] == ["class 3", "class 0", "class 1"]
    rows = picture._read_out(QPointF(2.1, 0.5), QPointF(9, 9)).rows
    assert [row.value for row in rows[1:]] == ["75.0\u202f%", "75.0\u202f%", "–", "100.0\u202f%"]
    names, table = picture.table(make_frame())
    assert names == ["step", "epoch", *DATASETS["classes"].class_names]
    assert table[-1] == [30, 3.0, 0.9, 0.9, "", 1.0]


def test_reading_in_the_middle_of_nothing_says_so(view):
    view.draw(make_frame(dataset=DATASETS["classes"]))
    view.choose("recalls")
    picture = current(view)
    assert picture.plot.notes.message == "press space to train"
    assert CALIBRATION_REQUEST not in view.needs(make_frame(dataset=DATASETS["classes"]))
