"""Histograms: bars where the counts say, coloured by sign, over those at the start."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication

from nnplayground.engine.probes import QUANTITIES, Histogram, Histograms
from nnplayground.gui import theme
from nnplayground.gui.views.bars import coarser
from nnplayground.gui.views.cells import columns_for
from nnplayground.gui.views.histograms import REQUESTS, HistogramsView
from nnplayground.gui.views.strata import Strata, times_of
from tests.gui.frames import colours_of, make_frame, make_history, make_snapshot

LIGHT = theme.load("light")


def make_histogram(weights, initial, bins=40) -> Histogram:
    weights, initial = np.asarray(weights, float), np.asarray(initial, float)
    limit = max(np.abs(weights).max(), np.abs(initial).max())
    edges = np.linspace(-limit, limit, bins + 1)
    counts, before = np.histogram(weights, edges)[0], np.histogram(initial, edges)[0]
    return Histogram(edges.astype(np.float32), counts, before, float(weights.mean()), float(weights.std()))


def many(layers: int, weights: int = 1000) -> tuple[Histogram, ...]:
    generator = np.random.default_rng(1)
    return tuple(
        make_histogram(generator.normal(0, 1, weights), generator.normal(0, 0.5, weights)) for _ in range(layers)
    )


@pytest.fixture
def shown(qtbot):
    def make(histograms, colours=LIGHT, size=(360, 245)):
        view = HistogramsView(colours)
        qtbot.addWidget(view)
        view.resize(*size)
        view.show()
        qtbot.waitExposed(view)
        layers = tuple(f"layer {i + 1}" for i in range(len(histograms)))
        view.draw(
            make_frame(
                snapshot=make_snapshot(layers or ("output",)), readings={REQUESTS["weights"]: Histograms(histograms)}
            )
        )
        return view

    return make


def test_the_view_asks_for_histograms(shown):
    assert shown(()).needs(make_frame()) == {REQUESTS["weights"]}


@pytest.mark.parametrize("name", theme.NAMES)
def test_histograms_are_drawn_in_the_colours_of_the_signs(shown, name):
    colours = theme.load(name)
    found = colours_of(shown(many(4), colours))
    assert {QColor(colours.negative).rgb(), QColor(colours.positive).rgb()} <= found


def test_without_a_reading_the_view_says_what_to_do(shown):
    view = shown(())
    assert view.bars.message == "press space to train"
    assert len(colours_of(view)) > 1


def test_bars_are_as_high_as_their_counts_and_coloured_by_sign(shown):
    histogram = make_histogram([-0.9] * 100 + [0.9] * 50 + [0.1] * 150, [0.1] * 10, bins=10)
    view = shown((histogram,))
    image, place = view.bars.grab().toImage(), view.bars.bars(view.bars.cells()[0])
    heights = {}
    for i in range(10):
        x = round(place.left() + (i + 0.5) * place.width() / 10)
        column = [image.pixelColor(x, y).name() for y in range(round(place.top()), round(place.bottom()))]
        heights[i] = column.count(LIGHT.negative.lower()), column.count(LIGHT.positive.lower())
    tallest = place.height()
    assert heights[0] == (pytest.approx(tallest * 100 / 150, abs=1.5), 0)
    assert heights[9] == (0, pytest.approx(tallest * 50 / 150, abs=1.5))
    assert heights[5] == (0, pytest.approx(tallest, abs=1.5))
    assert heights[3] == (0, 0)


def test_what_was_at_the_start_stands_behind(shown):
    histogram = make_histogram([-0.9] * 100 + [0.9], [0.3] * 300, bins=10)
    view = shown((histogram,))
    image, place = view.bars.grab().toImage(), view.bars.bars(view.bars.cells()[0])
    x = round(place.left() + 6.5 * place.width() / 10)
    column = {image.pixelColor(x, y).name() for y in range(round(place.top()) + 1, round(place.bottom()))}
    assert column == {theme.mix(LIGHT.panel, LIGHT.text, 0.14).lower()}


def test_the_read_out_tells_the_bar_under_the_pointer(shown):
    histogram = make_histogram([-0.9] * 100 + [0.9] * 200, [0.9] * 7, bins=10)
    view = shown((histogram,))
    place = view.bars.bars(view.bars.cells()[0])
    rows = view.bars.rows_at(QPointF(place.right() - 1, place.center().y()))
    assert rows[0].text == "layer 1"
    assert [row.value for row in rows[1:3]] == ["200", "7"]
    assert view.bars.rows_at(QPointF(0, 0)) == ()


@pytest.mark.parametrize(("weights", "bins"), [(10, 10), (100, 20), (1000, 40)])
def test_few_weights_have_few_bins_and_none_is_lost(weights, bins):
    (before,) = many(1, weights)
    found = coarser(before)
    assert len(found.counts) == bins == len(found.edges) - 1
    assert found.counts.sum() == before.counts.sum()
    assert found.initial.sum() == before.initial.sum()
    assert found.edges[[0, -1]].tolist() == before.edges[[0, -1]].tolist()
    assert found.edges[bins // 2] == pytest.approx(0, abs=1e-6)


def test_bins_that_cannot_be_halved_are_left_alone():
    histogram = make_histogram([0.1, 0.2], [0.1], bins=6)
    assert len(coarser(histogram).counts) == 6


@pytest.mark.parametrize("count", [1, 2, 4, 8, 17])
def test_every_layer_has_a_place_of_its_own(shown, count):
    view = shown(many(count))
    cells = view.bars.cells()
    whole = QRectF(view.bars.rect()).adjusted(-1, -1, 1, 1)
    assert len(cells) == count
    assert all(whole.contains(cell) and cell.width() >= 44 for cell in cells)
    assert all(view.bars.bars(cell).height() > 20 for cell in cells)
    overlaps = [a.intersected(b) for i, a in enumerate(cells) for b in cells[i + 1 :]]
    assert all(overlap.width() * overlap.height() < 1 for overlap in overlaps)


@pytest.mark.parametrize(
    ("count", "size", "columns"),
    [
        (4, (350, 200), 4),
        (4, (240, 150), 4),  # rather narrow than scrolled
        (4, (240, 200), 2),
        (8, (350, 200), 4),
        (17, (350, 200), 4),  # too many: scrolled
        (3, (50, 200), 1),
        (1, (900, 200), 1),
    ],
)
def test_layers_stand_side_by_side_as_far_as_they_fit(count, size, columns):
    assert columns_for(count, *size) == columns


def test_many_layers_in_a_narrow_pane_are_scrolled(shown, qtbot):
    view = shown(many(17))
    assert view.bars.height() > view.pane.viewport().height()
    view.resize(1400, 400)
    qtbot.waitUntil(lambda: view.bars.height() <= view.pane.viewport().height())


def test_nothing_is_drawn_again_for_the_same_histograms(shown, monkeypatch):
    reading = Histograms(many(2))
    view = shown(reading.layers)
    calls = []
    monkeypatch.setattr(view, "redraw", calls.append)
    frame = make_frame(snapshot=make_snapshot(("layer 1", "layer 2")), readings={REQUESTS["weights"]: reading})
    view.draw(frame)
    calls.clear()
    view.draw(frame)
    assert calls == []
    view.draw(replace(frame, readings={REQUESTS["weights"]: Histograms(many(2))}))
    assert len(calls) == 1


@pytest.mark.parametrize("form", ["now", "ridges", "heat"])
@pytest.mark.parametrize("change", ["counts", "edges", "layers", "alone", "theme", "size"])
def test_after_many_frames_the_screen_shows_what_a_new_view_would(qtbot, shown, form, change):
    def on_screen(view):
        QApplication.processEvents()
        if view.focusWidget() is not None:  # only one of the two can have it
            view.focusWidget().clearFocus()
        QApplication.sendEvent(view, QEvent(QEvent.Type.UpdateRequest))
        return view.screen().grabWindow(view.winId()).toImage()

    def arrange(view):
        view.form.options[form].trigger()
        if change == "alone":
            view.cells.show_alone(1)
        if change == "size":
            view.resize(420, 200)

    generator = np.random.default_rng(4)
    view = shown(many(3))
    view.form.options[form].trigger()
    before, count = on_screen(view), 2 if change == "layers" else 3
    layers = tuple(f"layer {i + 1}" for i in range(count))
    for size in (1.0, 1.0, 3.0 if change == "edges" else 1.0):
        values = [generator.uniform(-size, size, 500) for _ in range(count)]
        found = tuple(make_histogram(np.append(own, size), [0.1, -size]) for own in values)
        last = make_frame(snapshot=make_snapshot(layers), readings={REQUESTS["weights"]: Histograms(found)})
        view.past.clear()  # of which a new view knows nothing
        view.draw(last)
        on_screen(view)
    arrange(view)
    if change == "theme":
        view.set_theme(theme.load("dark"))
    fresh = shown(found, theme.load("dark" if change == "theme" else "light"))
    fresh.past.clear()
    fresh._drawn = None
    fresh.draw(last)
    arrange(fresh)
    qtbot.waitUntil(lambda: on_screen(view) == on_screen(fresh))  # once both are laid out
    assert on_screen(view) != before


def test_the_table_holds_every_bin(shown, tmp_path):
    histograms = many(2)
    view = shown(histograms)
    view.save_table(tmp_path / "weights.csv")
    lines = (tmp_path / "weights.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "layer,from,to,now,initial"
    assert len(lines) == 1 + 2 * 40
    assert sum(int(line.split(",")[3]) for line in lines[1:41]) == histograms[0].counts.sum()


# quantities and forms


def pick(view, choice: str, key: str) -> None:
    """Choose from a menu of the view, as the user does."""
    getattr(view, choice).options[key].trigger()


def grow(view, form: str, *, histories=None, steps=range(0, 300, 10), layers=2, quantity="weights"):
    """Draw a run of weights that spread; return what was drawn by step."""
    view.quantity.choose(quantity)
    pick(view, "form", form)
    generator, history, drawn = np.random.default_rng(3), histories or make_history(0), {}
    names = tuple(f"layer {i + 1}" for i in range(layers))
    for step in steps:
        scale = 1.0 if step < 150 else 2.0
        values = generator.normal(0, 0.2, (layers, 400)).clip(-1, 1) * scale
        found = tuple(make_histogram(np.append(v, [-scale, scale]), [0.1]) for v in values)
        drawn[step] = found
        snapshot = replace(make_snapshot(names), step=step)
        view.draw(make_frame(history, snapshot=snapshot, readings={REQUESTS[quantity]: Histograms(found)}))
    return drawn


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_the_chosen_quantity_alone_is_asked_for_and_at_once(shown, qtbot, quantity):
    view = shown(())
    with qtbot.waitSignal(view.asked):
        pick(view, "quantity", quantity)
    assert view.needs(make_frame()) == {REQUESTS[quantity]}
    assert view.quantity.text().startswith(quantity)


@pytest.mark.parametrize("form", ["ridges", "heat"])
def test_over_time_the_same_bins_hold_for_all_steps_and_no_value_is_lost(shown, form):
    view = shown(())
    drawn = grow(view, form)
    for i, strata in enumerate(view.cells.strata):
        assert strata.steps.tolist() == list(drawn)
        assert strata.edges[[0, -1]].tolist() == [-2.0, 2.0]  # those of the widest
        assert strata.counts.sum(axis=1).tolist() == [402] * len(drawn)
        for counts, histogram in zip(strata.counts, (h[i] for h in drawn.values()), strict=True):
            below = histogram.counts[: len(histogram.counts) // 2].sum()
            assert counts[: len(counts) // 2].sum() == below


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("form", ["ridges", "heat"])
def test_over_time_both_signs_are_drawn_in_their_colours(shown, name, form):
    colours = theme.load(name)
    view = shown((), colours)
    grow(view, form)
    found = colours_of(view.pane)
    assert {QColor(colours.negative).rgb(), QColor(colours.positive).rgb()} <= found


def test_the_past_goes_with_the_run_and_is_kept_by_quantity(shown):
    view, first = shown(()), make_history(0)
    grow(view, "ridges", histories=first)
    grow(view, "ridges", histories=first, quantity="biases", steps=[300, 310])
    assert len(view.past["weights"].items) == 30
    assert view.ridges.strata[0].steps.tolist() == [300, 310]
    grow(view, "ridges", histories=make_history(0), steps=[0])
    assert view.ridges.strata[0].steps.tolist() == [0]


def test_the_heat_map_reads_out_the_share_at_a_step_and_a_value(shown):
    view = shown(())
    drawn = grow(view, "heat")
    place = view.heat.bars(view.heat.cells()[1])
    rows = view.heat.rows_at(QPointF(place.right() - 2, place.center().y() - 1))
    counts = drawn[290][1].counts
    assert rows[0].text == "layer 2"
    assert rows[0].value == "step 290"
    assert rows[2].text == f"{counts[20]} of 402"


def test_ridges_stand_by_step_and_the_nearest_is_read_out(shown):
    view = shown(())
    grow(view, "ridges", steps=[0, 10, 100])
    place = view.ridges.bars(view.ridges.cells()[0])
    lines = [view.ridges.baseline(0, time, place) for time in range(3)]
    assert lines[2] == place.bottom()
    assert (lines[1] - lines[0]) / (lines[2] - lines[0]) == pytest.approx(0.1)
    rows = view.ridges.rows_at(QPointF(place.center().x(), lines[2] - 1))
    assert rows[0].value == "step 100"


@pytest.mark.parametrize("form", ["now", "ridges", "heat"])
def test_one_layer_is_shown_alone_by_a_click_and_all_by_a_double_click(shown, qtbot, form):
    view = shown(())
    grow(view, form)
    second = view.cells.cells()[1].center().toPoint()
    qtbot.mouseClick(view.cells, Qt.MouseButton.LeftButton, pos=second)
    (cell,) = view.cells.cells()
    assert view.cells.alone == 1
    assert cell.width() == view.cells.width()
    assert view.cells.rows_at(cell.center())[0].text == "layer 2"
    qtbot.mouseDClick(view.cells, Qt.MouseButton.LeftButton, pos=second)
    assert len(view.cells.cells()) == 2
    view.cells.show_alone(0)
    view.show_everything()
    assert view.cells.alone is None


def test_pixels_of_a_heat_map_show_the_nearest_histogram():
    assert times_of(np.array([0, 10, 40]), 5).tolist() == [0, 1, 1, 2, 2]
    assert times_of(np.array([7]), 3).tolist() == [0, 0, 0]


def test_a_layer_without_values_is_drawn_empty(shown):
    empty = Histogram(np.linspace(-1, 1, 41).astype(np.float32), np.zeros(40, int), np.zeros(40, int), np.nan, np.nan)
    view = shown((empty,))
    assert "–" in view.bars.rows_at(view.bars.cells()[0].center())[3].value
    assert Strata.of([(0, empty), (5, empty)]).counts.sum() == 0
    for form in ("ridges", "heat"):
        pick(view, "form", form)
        assert len(colours_of(view)) > 1


def test_over_time_the_table_holds_every_bin_of_every_step(shown, tmp_path):
    view = shown(())
    drawn = grow(view, "heat", steps=[0, 10, 20])
    view.save_table(tmp_path / "weights.csv")
    lines = (tmp_path / "weights.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "step,layer,from,to,count"
    assert len(lines) == 1 + 3 * 2 * 40
    assert sum(int(line.split(",")[4]) for line in lines[1:]) == sum(h.counts.sum() for r in drawn.values() for h in r)


def turn(cells, at: QPointF, notches: int, keys=Qt.KeyboardModifier.NoModifier) -> None:
    delta = QPoint(0, 120 * notches)
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    QApplication.sendEvent(
        cells, QWheelEvent(at, QPointF(cells.mapToGlobal(at.toPoint())), QPoint(), delta, none, keys, phase, False)
    )


def place_of(cells, step: int) -> QPointF:
    """Return a pixel of the first layer's picture at which a step of those in sight stands."""
    cell = cells.cells()[0]
    place, steps = cells.bars(cell), cells.strata[0].steps
    pixels = [QPointF(place.left() + x, place.top() + y) for x in range(1, int(place.width())) for y in (4, 20, 40, 80)]
    share = (step - steps[0]) / (steps[-1] - steps[0])
    return min(
        (p for p in pixels if place.contains(p)), key=lambda pixel: abs(cells.share_of(cell, pixel) - float(share))
    )


@pytest.mark.parametrize("form", ["ridges", "heat"])
def test_the_wheel_zooms_along_time_about_the_pointer_and_a_double_click_shows_all_again(shown, qtbot, form):
    view = shown(())
    grow(view, form)
    cells = view.cells
    every = cells.strata[0].steps.tolist()
    at = place_of(cells, 150)
    middle = every[0] + cells.share_of(cells.cells()[0], at) * (every[-1] - every[0])
    turn(cells, at, 3)
    first, last = cells.sight_of
    assert last - first == pytest.approx((every[-1] - every[0]) / 1.25**3)
    assert (middle - first) / (last - first) == pytest.approx((middle - every[0]) / (every[-1] - every[0]))
    for strata in cells.strata:
        assert strata.steps.tolist() == [step for step in every if first <= step <= last]
        assert len(strata.counts) == len(strata.steps)
    assert cells.rows_at(cells.bars(cells.cells()[0]).center())  # reads out what is in sight
    qtbot.mouseDClick(cells, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert cells.sight_of is None
    assert cells.strata[0].steps.tolist() == every


@pytest.mark.parametrize("form", ["ridges", "heat"])
def test_shift_and_the_wheel_go_on_to_other_steps_no_further_than_there_are_any(shown, form):
    view = shown(())
    grow(view, form)
    cells = view.cells
    at = place_of(cells, 150)
    turn(cells, at, 3)
    first, last = cells.sight_of
    turn(cells, at, -1, Qt.KeyboardModifier.ShiftModifier)
    assert cells.sight_of == pytest.approx((first + 0.1 * (last - first), last + 0.1 * (last - first)))
    for _ in range(40):
        turn(cells, at, -1, Qt.KeyboardModifier.ShiftModifier)
    assert cells.sight_of[1] == pytest.approx(290)
    assert cells.sight_of[1] - cells.sight_of[0] == pytest.approx(last - first)


@pytest.mark.parametrize("form", ["ridges", "heat"])
def test_two_steps_stay_in_sight_however_far_the_wheel_is_turned_and_all_come_back(shown, form):
    view = shown(())
    grow(view, form)
    cells = view.cells
    every = cells.strata[0].steps.tolist()
    for _ in range(60):
        turn(cells, place_of(cells, int(cells.strata[0].steps[0])), 1)
    assert len(cells.strata[0].steps) >= 2
    for _ in range(80):
        turn(cells, cells.bars(cells.cells()[0]).center(), -1)
    assert cells.sight_of is None
    assert cells.strata[0].steps.tolist() == every


def test_another_run_is_shown_from_its_beginning(shown):
    view = shown(())
    grow(view, "heat", histories=make_history(0))
    view.heat.show_steps((200.0, 260.0))
    grow(view, "heat", histories=make_history(0), steps=[0, 10])
    assert view.heat.sight_of is None
    assert view.heat.strata[0].steps.tolist() == [0, 10]
