"""Curves: what is drawn equals the history's values, and what cannot be drawn is marked."""

import gc
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QDockWidget, QMainWindow, QWidget
from shiboken6 import isValid

from nnplayground.experiment import Experiment
from nnplayground.gui import theme
from nnplayground.gui.theme import mix
from nnplayground.gui.views.activations import ActivationsView
from nnplayground.gui.views.annotations import spread, thinned
from nnplayground.gui.views.course import rows_in, smoothed
from nnplayground.gui.views.curves import (
    GradientNormsView,
    LearningRateView,
    LossView,
    MetricView,
    UpdateRatioView,
)
from nnplayground.gui.views.histograms import HistogramsView
from nnplayground.gui.views.numbers import NumbersView
from nnplayground.gui.views.output import OutputView
from nnplayground.gui.views.signal import SignalView
from nnplayground.gui.views.steps import grown
from nnplayground.gui.views.strokes import OPACITY
from nnplayground.runs.history import Curve, History, Mark
from tests.gui.frames import (
    LAYERS,
    colours_of,
    differing,
    make_chunk,
    make_dataset,
    make_frame,
    make_history,
    on_screen,
)

AVERAGED = {LossView: "averaged_validation_loss", MetricView: "averaged_validation/accuracy"}
VIEWS = (LossView, MetricView, GradientNormsView, UpdateRatioView, LearningRateView)
LIGHT, DARK = theme.load("light"), theme.load("dark")


@pytest.fixture
def shown(qtbot):
    """Make a view of a class, in the size it has in the window."""

    def make(kind, colours=LIGHT):
        view = kind(colours)
        qtbot.addWidget(view)
        view.resize(400, 250)
        view.show()
        qtbot.waitExposed(view)
        return view

    return make


def line_of(view, label):
    return next(line for series, line in view.lines.items() if series.label == label)


def drawn(view, label):
    x, y = line_of(view, label).mean.xs, line_of(view, label).mean.ys
    return np.asarray(x), np.asarray(y)


def labels(view):
    return [series.label for series in view.lines]


@pytest.mark.parametrize("kind", VIEWS)
def test_a_view_draws_a_history_in_every_theme(shown, kind):
    view = shown(kind)
    for name in theme.NAMES:
        colours = theme.load(name)
        view.set_theme(colours)
        view.draw(make_frame(make_history()))
        assert len(colours_of(view)) > 5, name
        assert all(series.colour in (colours.accent, colours.text, *colours.series) for series in view.lines)


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("history", [None, make_history(0)], ids=["none", "empty"])
def test_without_a_step_a_view_says_what_to_do(shown, kind, history):
    view = shown(kind)
    view.draw(make_frame(history))
    assert view.message.isVisible()
    assert view.message.text() == "press space to train"
    assert not view.has_plot
    assert len(colours_of(view)) > 1


@pytest.mark.parametrize("kind", VIEWS)
def test_the_first_step_takes_the_message_away(shown, kind):
    view = shown(kind)
    history = make_history(0)
    view.draw(make_frame(history))
    history.append(make_chunk(history, 1))
    view.draw(make_frame(history))
    assert not view.message.isVisible()
    assert view.plot.isVisible()


def test_what_is_less_than_a_point_of_a_long_run_is_not_drawn_anew(shown, monkeypatch):
    view, history, drawn = shown(LossView), make_history(40_000), []
    view.draw(make_frame(history))
    redraw = view.redraw
    monkeypatch.setattr(view, "redraw", lambda frame: drawn.append(len(frame.history.steps)) or redraw(frame))
    for _ in range(100):
        history.append(make_chunk(history, 10))
        view.draw(make_frame(history))
    assert 5 < len(drawn) < 50
    assert line_of(view, "batch").curve.x[-1] > 40_000


def test_another_run_without_a_step_hides_the_plot_of_the_one_before(shown):
    view = shown(LossView)
    view.draw(make_frame(make_history(10)))
    view.draw(make_frame(make_history(0)))
    assert view.message.isVisible()
    assert not view.plot.isVisible()


def test_batch_losses_are_drawn_as_logarithms_over_their_steps(shown):
    history = make_history(100)
    view = shown(LossView)
    view.draw(make_frame(history))
    x, y = drawn(view, "batch")
    assert np.array_equal(x, np.arange(1, 101))
    assert np.allclose(y, np.log10(history.steps.curve("loss").mean.astype(float)))


def test_epochs_are_drawn_at_their_last_step(shown):
    history = make_history(100, steps_per_epoch=25)
    view = shown(LossView)
    view.draw(make_frame(history))
    for label, column in (("train", "train_loss"), ("validation", "validation_loss")):
        x, y = drawn(view, label)
        assert np.array_equal(x, [25, 50, 75, 100])
        assert np.allclose(10**y, history.epochs.curve(column).mean)


def test_a_single_epoch_is_seen(shown):
    view = shown(LossView)
    view.draw(make_frame(make_history(10)))
    x, y = drawn(view, "validation")
    assert x.tolist() == [9.5, 10.5]
    assert y[0] == y[1]


def test_a_single_epoch_below_the_axis_is_marked(shown):
    view = shown(MetricView)
    view.draw(make_frame(make_history(10, metrics=("R²", "MAE"), train_metrics=[[-5.0, 1.0]])))
    assert any(edge.x.tolist() == [10.0] for edge in line_of(view, "train").edges)


def test_a_linear_axis_shows_the_values_themselves(shown):
    history = make_history(100)
    view = shown(LossView)
    view.draw(make_frame(history))
    view.logarithmic.setChecked(False)
    assert np.allclose(drawn(view, "batch")[1], history.steps.curve("loss").mean)
    assert not view.plot.y_axis.logarithmic


def test_of_more_steps_than_pixels_the_extremes_are_drawn_too(shown):
    loss = np.full(5000, 0.5)
    loss[1234], loss[4321] = 1e-3, 7.0
    view = shown(LossView)
    view.draw(make_frame(make_history(5000, loss=loss)))
    x, y = line_of(view, "batch").band.xs, line_of(view, "batch").band.ys
    assert 100 < len(x) <= 2 * 400
    assert y.min() == pytest.approx(-3)
    assert y.max() == pytest.approx(np.log10(7.0))
    low, high = view.plot.box.viewRange()[1]
    assert low <= -3
    assert high >= np.log10(7.0)


def test_zero_on_a_logarithmic_axis_is_marked_at_the_bottom_and_not_drawn(shown):
    norm = np.ones((100, 3))
    norm[40:60, 0] = 0
    view = shown(GradientNormsView)
    view.draw(make_frame(make_history(100, gradient_norm=norm)))
    x, y = drawn(view, "layer 1")
    assert np.isnan(y[(x > 40) & (x <= 60)]).all()
    assert np.isfinite(y[(x <= 40) | (x > 60)]).all()
    (edge,) = view.plot.notes.edges
    assert np.array_equal(edge.x, np.arange(41, 61))
    assert not edge.top


def test_what_is_not_finite_never_reaches_an_axis(shown):
    loss = np.full(100, 0.5)
    loss[50], loss[51] = np.nan, np.inf
    view = shown(LossView)
    view.draw(make_frame(make_history(100, loss=loss)))
    assert np.isfinite(view.plot.box.viewRange()).all()
    assert [(edge.x.tolist(), edge.top) for edge in view.plot.notes.edges] == [([52.0], True)]


def test_a_history_of_nothing_finite_leaves_sane_axes(shown):
    view = shown(LossView)
    columns = {name: np.full(n, np.nan) for name, n in (("loss", 20), ("train_loss", 2), ("validation_loss", 2))}
    view.draw(make_frame(make_history(20, **columns)))
    assert np.isfinite(view.plot.box.viewRange()).all()
    assert len(colours_of(view)) > 1


def test_accuracy_is_read_as_per_cent_up_to_100(shown):
    view = shown(MetricView)
    view.draw(make_frame(make_history(200)))
    assert view.plot.y_axis.tickStrings([0.5, 1.0], 1, 0.5) == ["50\u202f%", "100\u202f%"]
    assert view.text(0.984) == "98.4\u202f%"
    assert 1.0 <= view.plot.box.viewRange()[1][1] < 1.1
    assert not view.plot.y_axis.logarithmic


def test_an_r2_below_minus_one_is_marked_at_the_border(shown):
    metrics = np.array([[-7.0, 3.0], [-2.0, 2.0], [0.5, 1.0], [0.9, 0.5]])
    history = make_history(40, metrics=("R²", "MAE"), train_metrics=metrics, validation_metrics=metrics)
    view = shown(MetricView)
    view.draw(make_frame(history))
    assert view.plot.box.viewRange()[1][0] == pytest.approx(-1)
    assert [edge.x.tolist() for edge in view.plot.notes.edges] == [[10.0, 20.0]] * 2


def test_regression_offers_its_other_metric(shown):
    history = make_history(40, metrics=("R²", "MAE"))
    view = shown(MetricView)
    view.draw(make_frame(history, dataset=make_dataset([[0], [1]], [0, 1], target_name="price")))
    assert view.choice.isVisible()
    mae = next(action for action in view.choice.menu().actions() if action.text() == "MAE")
    mae.trigger()
    assert np.allclose(drawn(view, "train")[1], history.epochs.curve("train/MAE").mean)
    assert view.words(make_frame(dataset=make_dataset([[0], [1]], [0, 1], target_name="price"))).endswith("price")


def test_classification_has_no_choice_of_metrics(shown):
    view = shown(MetricView)
    view.draw(make_frame(make_history(40, metrics=("R²", "MAE"))))
    view.draw(make_frame(make_history(40)))
    assert not view.choice.isVisible()
    assert view.chosen == "accuracy"


def test_each_layer_has_a_line_in_its_own_colour_named_at_its_end(shown):
    history = make_history(100)
    view = shown(GradientNormsView)
    view.draw(make_frame(history))
    assert labels(view) == list(LAYERS)
    assert [series.colour for series in view.lines] == list(LIGHT.series[:3])
    ends = {label.text: label.y for label in view.plot.notes.labels}
    for layer in LAYERS:
        assert ends[layer] == pytest.approx(np.log10(history.steps.last(f"gradient_norm/{layer}")))


def test_layers_past_the_colours_are_dashed(shown):
    layers = tuple(f"layer {i}" for i in range(1, 12))
    view = shown(GradientNormsView)
    view.draw(make_frame(make_history(20, layers=layers)))
    assert [series.dashed for series in view.lines] == [False] * 8 + [True] * 3
    assert len({(series.colour, series.dashed) for series in view.lines}) == 11


def test_the_rule_of_thumb_of_update_ratios_is_always_in_sight(shown):
    view = shown(UpdateRatioView)
    view.draw(make_frame(make_history(50, update_ratio=np.full((50, 3), 0.5))))
    low, high = view.plot.box.viewRange()[1]
    assert low <= -3 <= high
    assert view.plot.notes.guide.value == 1e-3


def test_the_learning_rate_is_drawn_as_scheduled(shown):
    rates = 0.1 * 0.98 ** np.arange(60)
    view = shown(LearningRateView)
    view.draw(make_frame(make_history(60, lr=rates)))
    assert np.allclose(10 ** drawn(view, "learning rate")[1], rates)


@pytest.mark.parametrize(
    ("kind", "classes", "words"),
    [
        ("auto", ("a", "b"), "cross-entropy"),
        ("auto", ("a", "b", "c"), "softmax cross-entropy"),
        ("auto", (), "mean squared error"),
        ("mae", (), "mean absolute error"),
    ],
)
def test_the_loss_is_called_by_its_name(shown, kind, classes, words):
    frame = make_frame(dataset=make_dataset([[0], [1]], [0, 1], class_names=classes))
    experiment = Experiment().replace("data.kind", "sine" if not classes else "blobs").replace("loss.kind", kind)
    assert shown(LossView).words(replace(frame, experiment=experiment)) == words


def test_turns_of_live_knobs_are_marked(shown):
    history = make_history(30)
    history.mark("optimizer.lr", "learning rate", 0.1, 0.03)
    history.append(make_chunk(history, 30))
    view = shown(LossView)
    view.draw(make_frame(history))
    assert view.plot.notes.marks == ((30.0, history.marks[0].text),)
    before = view.grab().toImage()
    history.marks = (*history.marks, Mark(55, "momentum 0.5 → 0.9"))
    view.draw(make_frame(history))
    assert view.plot.notes.marks[-1] == (55.0, "momentum 0.5 → 0.9")
    assert view.grab().toImage() != before


def test_the_read_out_tells_step_epoch_values_and_marks(shown):
    history = make_history(100)
    history.marks = (Mark(50, "learning rate 0.1 → 0.03"),)
    view = shown(LossView)
    view.draw(make_frame(history))
    pixel = view.plot.box.mapViewToScene(QPointF(50, sum(view.plot.box.viewRange()[1]) / 2))
    view.plot._pointer = pixel
    view.plot.read_out()
    rows = view.plot.notes.readout.rows
    assert (rows[0].text, rows[0].value) == ("step 50", "epoch 5")
    values = {row.text: row.value for row in rows[1:]}
    train = float(history.epochs.curve("train_loss").mean[4])
    assert float(values["train"]) == pytest.approx(train, rel=1e-3)
    assert "learning rate 0.1 → 0.03" in values
    before = view.grab().toImage()
    view.plot._pointer = None
    view.plot.read_out()
    assert view.plot.notes.readout is None
    assert view.grab().toImage() != before


def test_zooming_looks_up_what_is_in_sight_and_a_double_click_follows_again(shown, qtbot):
    history = make_history(20_000)
    view = shown(LossView)
    view.draw(make_frame(history))
    assert not line_of(view, "batch").curve.exact
    view.plot.box.setXRange(1000, 1100, padding=0)
    view.plot.box.sigRangeChangedManually.emit([True, True])
    assert not view.plot.following
    assert line_of(view, "batch").curve.exact
    x, _ = drawn(view, "batch")
    assert x.min() >= 990
    assert x.max() <= 1110
    history.append(make_chunk(history, 1000))
    view.draw(make_frame(history))
    assert view.plot.x_sight() == pytest.approx((1000, 1100))
    qtbot.mouseDClick(view.plot.viewport(), Qt.MouseButton.LeftButton)
    assert view.plot.following
    assert view.plot.x_sight() == (0, grown(21_000))


def test_a_wider_view_looks_up_more_points_without_another_frame(shown, qtbot):
    view = shown(LossView)
    view.draw(make_frame(make_history(20_000)))
    before = len(line_of(view, "batch").curve.x)
    view.resize(1200, 250)
    qtbot.waitUntil(lambda: len(line_of(view, "batch").curve.x) > 1.5 * before)


def test_another_run_is_seen_from_its_beginning(shown):
    view = shown(LossView)
    view.draw(make_frame(make_history(5000)))
    view.plot.box.setXRange(1000, 1100, padding=0)
    view.plot.box.sigRangeChangedManually.emit([True, True])
    view.draw(make_frame(make_history(50)))
    assert view.plot.x_sight() == (0, 50)


def test_nothing_is_drawn_again_while_nothing_changes(shown, monkeypatch):
    frame = make_frame(make_history(100))
    view = shown(LossView)
    view.draw(frame)
    view.draw(frame)
    calls = []
    monkeypatch.setattr(view, "redraw", calls.append)
    view.draw(make_frame(frame.history))
    assert calls == []
    frame.history.append(make_chunk(frame.history, 10))
    view.draw(frame)
    assert len(calls) == 1


def test_items_do_not_add_up_over_draws_and_themes(shown):
    history = make_history(100)
    view = shown(GradientNormsView)
    view.draw(make_frame(history))
    items = len(view.plot.scene().items())
    for colours in (DARK, LIGHT, DARK):
        view.set_theme(colours)
        history.append(make_chunk(history, 10))
        view.draw(make_frame(history))
    assert len(view.plot.scene().items()) == items


def test_a_closed_view_can_be_opened_again(shown):
    frame = make_frame(make_history(80))
    parent = QWidget()
    view = shown(LossView)
    view.setParent(parent)
    view.plot.close()
    view.close()
    view.plot.show()
    view.show()
    view.draw(frame)
    assert len(drawn(view, "batch")[0]) == 80
    assert len(colours_of(view)) > 5
    view.setParent(None)


def test_a_view_survives_its_dock_being_floated_hidden_and_shown(qtbot):
    window, frame = QMainWindow(), make_frame(make_history(100))
    qtbot.addWidget(window)
    view, dock = LossView(LIGHT), QDockWidget()
    dock.setWidget(view)
    window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
    window.show()
    for change in (lambda: dock.setFloating(True), dock.close, dock.show, lambda: dock.setFloating(False)):
        change()
        view.draw_again()
        view.draw(frame)
        assert len(drawn(view, "batch")[0]) == 100
    assert len(colours_of(view)) > 5


@pytest.mark.parametrize("kind", [*VIEWS, HistogramsView, ActivationsView, SignalView, OutputView, NumbersView])
def test_a_deleted_view_leaves_nothing_behind(qtbot, kind):
    def make_and_delete():
        view = kind(LIGHT)
        view.show()
        view.draw(make_frame(make_history(100)))
        view.deleteLater()
        count()
        assert not isValid(view)

    def count():
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        gc.collect()  # pyqtgraph's own menus have no parent, and go with their plot
        return len(QApplication.allWidgets())

    before = count()
    make_and_delete()
    assert count() == before


def test_smoothing_leaves_the_raw_curve_behind(shown):
    history = make_history(100)
    view = shown(LossView)
    view.draw(make_frame(history))
    view.smooth.setChecked(True)
    line = line_of(view, "batch")
    assert np.allclose(line.band.ys, np.log10(history.steps.curve("loss").mean.astype(float)))
    assert np.diff(line.mean.ys).std() < np.diff(line.band.ys).std()


def test_smoothing_is_a_moving_mean_without_what_is_not_finite():
    values = np.arange(100, dtype=np.float32)
    values[50] = np.nan
    curve = Curve(np.arange(100.0), values, values, values, True)
    found = smoothed(curve).mean
    assert np.allclose(found[10:40], values[10:40])
    assert np.isnan(found[50])
    assert found[51] == pytest.approx(np.mean([49, 51, 52, 53]))


def test_the_table_holds_the_values_by_step(shown, tmp_path):
    history = make_history(20)
    view = shown(LossView)
    view.draw(make_frame(history))
    view.save_table(tmp_path / "loss.csv")
    lines = (tmp_path / "loss.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "step,epoch,loss,train_loss,validation_loss"
    assert len(lines) == 21
    assert float(lines[10].split(",")[3]) == pytest.approx(history.epochs.curve("train_loss").mean[0])
    assert lines[9].endswith(",,")


def test_the_picture_is_saved_as_png(shown, tmp_path):
    view = shown(LossView)
    view.draw(make_frame(make_history(20)))
    view.save_picture(tmp_path / "loss.png")
    assert (tmp_path / "loss.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(OSError, match="refused"):
        view.save_picture(tmp_path / "nowhere" / "loss.png")


@pytest.mark.parametrize("steps", [1, 9, 10, 11, 99, 1001, 12_345, 10_000_000])
def test_the_axis_reaches_a_little_further_than_the_steps(steps):
    assert steps <= grown(steps) <= max(1.2 * steps + 1, 10)


def test_a_curve_begins_no_later_than_what_is_in_sight():
    start, stop, room = rows_in((333.0, 555.0), 10, 100)  # a row i is the steps up to 10 * (i + 1)
    assert (start + 1) * 10 <= 333
    assert stop * 10 >= 555
    assert stop - start < 30
    assert room == stop


@pytest.mark.parametrize("wanted", [[10, 10, 10], [0, 5, 200], [99, 100, 101], [50.0], [100, 0]])
def test_names_of_lines_do_not_overlap(wanted):
    found = spread(wanted, 12, 0, 100)
    assert all(b - a >= 12 - 1e-9 for a, b in zip(sorted(found), sorted(found)[1:], strict=False))
    assert all(-1e-9 <= y <= 100 + 1e-9 for y in found)
    assert np.array_equal(np.argsort(found, kind="stable"), np.argsort(wanted, kind="stable"))


def test_marks_are_thinned_to_one_per_cell():
    assert thinned(np.array([0.0, 0.5, 1.9, 2.1, 7.0]), 2.0).tolist() == [0.0, 2.1, 7.0]


def test_the_averaged_model_has_a_line_of_its_own(shown):
    history = History(LAYERS, ("accuracy",), 10, averaging=True)
    averaged = {"averaged_validation_loss": np.full(10, 0.25), "averaged_validation_metrics": np.full((10, 1), 0.75)}
    history.append(make_chunk(history, 100, **averaged))
    for kind, value in ((LossView, 0.25), (MetricView, 0.75)):
        view = shown(kind)
        view.draw(make_frame(history))
        assert "averaged" in labels(view)
        assert history.epochs.last(AVERAGED[kind]) == value
        view.draw(make_frame(make_history()))
        assert "averaged" not in labels(view)


def test_norms_are_shown_before_or_after_clipping(shown):
    history = History(LAYERS, ("accuracy",), 10, clipping=True)
    history.append(make_chunk(history, 100, clipped_norm=np.full((100, 3), 0.5)))
    experiment = Experiment().replace("clipping.kind", "norm")
    view = shown(GradientNormsView)
    view.draw(make_frame(history, experiment=experiment))
    assert {series.column for series in view.lines} == {f"gradient_norm/{layer}" for layer in LAYERS}
    view.clipped.trigger()
    assert {series.column for series in view.lines} == {f"clipped_norm/{layer}" for layer in LAYERS}
    assert "after clipping" in view.words(make_frame(history, experiment=experiment))
    view.draw(make_frame(make_history()))  # which had no clipping
    assert {series.column for series in view.lines} == {f"gradient_norm/{layer}" for layer in LAYERS}


def penalized(penalty=0.5, steps=100, **columns):
    return make_history(steps, penalty=np.full(steps // 10, penalty), **columns)


def fill_of(view):
    return line_of(view, "penalty").fill


@pytest.mark.parametrize("logarithmic", [True, False])
def test_the_penalty_is_a_band_from_the_training_loss_to_what_the_optimizer_makes_small(shown, logarithmic):
    view, history = shown(LossView), penalized()
    view.logarithmic.setChecked(logarithmic)
    view.draw(make_frame(history))
    train = history.epochs.curve("train_loss").mean.astype(float)
    fill, scale = fill_of(view), np.log10 if logarithmic else np.asarray
    np.testing.assert_array_equal(fill.xs, np.arange(10, 101, 10))
    np.testing.assert_allclose(fill.lows, scale(train))
    np.testing.assert_allclose(fill.highs, scale(train + 0.5))
    low, high = view.plot.box.viewRange()[1]
    assert low <= fill.lows.min() < fill.highs.max() <= high
    filled = QColor(mix(LIGHT.panel, LIGHT.negative, OPACITY))
    found = [QColor(colour) for colour in colours_of(view)]
    assert any(abs(c.red() - filled.red()) + abs(c.blue() - filled.blue()) < 6 for c in found)


def test_the_penalty_is_read_out_and_saved_as_it_is(shown):
    view, history = shown(LossView), penalized(0.25)
    view.draw(make_frame(history))
    rows = {row.text: row for row in view.rows_at(history, 50, QPointF(50, 0))}
    assert rows["penalty"].value == "0.2500"
    assert rows["penalty"].y == pytest.approx(np.log10(history.epochs.curve("train_loss").mean[4] + 0.25))
    names, table = view.table(make_frame(history))
    assert {row[names.index("penalty")] for row in table if row[0] % 10 == 0} == {0.25}


def test_without_a_penalty_nothing_is_said_of_it(shown):
    view, history = shown(LossView), make_history(100)
    view.draw(make_frame(history))
    assert "penalty" not in labels(view)
    history.append(make_chunk(history, 10, penalty=[0.1]))  # turned on while it trains
    view.draw(make_frame(history))
    assert "penalty" in labels(view)


def test_a_single_epochs_penalty_is_seen(shown):
    view = shown(LossView)
    view.draw(make_frame(penalized(steps=10)))
    assert fill_of(view).xs.tolist() == [9.5, 10.5]


def test_where_the_training_loss_is_zero_the_band_breaks(shown):
    view, loss = shown(LossView), np.ones(10)
    loss[4] = 0
    view.draw(make_frame(penalized(train_loss=loss)))
    assert np.isnan(fill_of(view).lows).tolist() == [False] * 4 + [True] + [False] * 5
    assert np.isfinite(view.plot.box.viewRange()).all()


@pytest.mark.parametrize(
    ("switch", "label"),
    [("batches", "batch"), ("train", "train"), ("penalty", "penalty"), ("validation", "validation")],
)
def test_each_honest_loss_is_switched_by_itself(shown, switch, label):
    view = shown(LossView)
    view.draw(make_frame(penalized()))
    every = labels(view)
    getattr(view, switch).trigger()
    assert labels(view) == [other for other in every if other != label]
    getattr(view, switch).trigger()
    assert labels(view) == every


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("rows", [30, 700])
def test_a_view_painted_as_its_run_goes_on_looks_as_if_painted_at_its_end(shown, qtbot, kind, rows):
    view, history = shown(kind), make_history(20 * rows)
    for _ in range(25):
        view.draw(make_frame(history))
        qtbot.wait(1)
        history.append(make_chunk(history, rows))
    history.mark("optimizer.lr", "learning rate", 0.1, 0.03)
    view.draw(make_frame(history))
    qtbot.wait(20)
    assert differing(on_screen(view), view.grab().toImage()) == 0
