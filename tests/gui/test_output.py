"""The output: pictures the right way up, points where they belong, counts in their cells."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from nnplayground.engine.probes import Confusion, OutputMap, Predictions
from nnplayground.gui import theme
from nnplayground.gui.views import boundary, fit
from nnplayground.gui.views.choices import choices_for
from nnplayground.gui.views.numbers import NumbersView
from nnplayground.gui.views.output import OutputView
from nnplayground.gui.views.palette import Levels, blended, class_table, enlarged, levels_of
from nnplayground.gui.views.picture import CONFUSION_REQUEST
from tests.gui.frames import colours_of, make_dataset, make_frame, make_history, make_snapshot

LIGHT = theme.load("light")
PLANE, LINE = ((-6.0, 6.0), (-6.0, 6.0)), ((-6.0, 6.0),)
GENERATOR = np.random.default_rng(0)
POINTS = GENERATOR.uniform(-6, 6, (40, 2))


def plane(classes=2):
    if not classes:
        return make_dataset(POINTS, POINTS[:, 0] / 6, domain=PLANE)
    return make_dataset(
        POINTS, np.arange(40) % classes, domain=PLANE, class_names=[f"class {i}" for i in range(classes)]
    )


def line():
    x = np.linspace(-5, 5, 20)[:, None]
    return make_dataset(x, np.sin(x[:, 0]), domain=LINE)


def flowers(names=("setosa", "versicolor", "virginica")):
    return make_dataset(GENERATOR.normal(size=(30, 4)), np.arange(30) % len(names), class_names=names)


def prices():
    return make_dataset(
        GENERATOR.normal(size=(30, 4)), np.linspace(-1, 1, 30), mean=100.0, scale=20.0, target_name="price"
    )


def probabilities(classes=2, resolution=100):
    """The last class above the diagonal x₂ = x₁, the first below it."""
    x = np.linspace(-6, 6, resolution)
    last = 1 / (1 + np.exp(-2 * (x[::-1, None] - x[None, :])))
    rest = np.zeros((classes - 2, resolution, resolution))
    return OutputMap(np.concatenate([[1 - last], rest, [last]]).astype(np.float32))


def picture_for(dataset):
    """The picture that is shown at first."""
    return choices_for(dataset)[0].picture


def confusion(dataset):
    k = len(dataset.class_names)
    return Confusion(np.arange(k * k).reshape(k, k))


def predictions(dataset):
    train, validation = (
        p.targets[:, None] * dataset.target_scale + dataset.target_mean for p in (dataset.train, dataset.validation)
    )
    return Predictions(train + 1, validation - 1)


def readings(dataset):
    name = picture_for(dataset)
    if name == "plane":
        classes = len(dataset.class_names)
        found = probabilities(classes) if classes else OutputMap(probabilities().values[1:] * 2 - 1)
        return {boundary.REQUEST: found}
    if name == "line":
        return {fit.LINE_REQUEST: OutputMap(np.sin(np.linspace(-6, 6, 240))[None].astype(np.float32))}
    if name == "confusion":
        return {CONFUSION_REQUEST: confusion(dataset)}
    return {fit.PREDICTION_REQUEST: predictions(dataset)}


DATASETS = {
    "two classes": plane(2),
    "five classes": plane(5),
    "values on a plane": plane(0),
    "line": line(),
    "table of classes": flowers(),
    "table of values": prices(),
}
KINDS = pytest.mark.parametrize("dataset", DATASETS.values(), ids=list(DATASETS))


@pytest.fixture
def shown(qtbot):
    def make(dataset=None, found=None, colours=LIGHT):
        view = OutputView(colours)
        qtbot.addWidget(view)
        view.resize(340, 430)
        view.show()
        qtbot.waitExposed(view)
        view.draw(make_frame(dataset=dataset, readings=found))
        return view

    return make


def colour_at(view, x, y):
    """The colour at a point of the plane."""
    plot = view.picture_named("plane").plot
    pixel = plot.box.mapViewToScene(QPointF(x, y))
    return plot.grab().toImage().pixelColor(round(pixel.x()), round(pixel.y()))


@KINDS
@pytest.mark.parametrize("name", theme.NAMES)
def test_every_kind_of_data_has_a_picture_in_every_theme(shown, dataset, name):
    view = shown(dataset, readings(dataset))
    view.set_theme(theme.load(name))
    assert len(colours_of(view)) > 5
    assert view.stack.currentWidget() is view.picture_named(picture_for(dataset))


@KINDS
def test_the_view_asks_for_what_its_picture_draws(shown, dataset):
    view = shown(dataset)
    assert view.needs(make_frame(dataset=dataset)) == set(readings(dataset))


@KINDS
def test_a_picture_without_an_answer_is_not_empty(shown, dataset):
    assert len(colours_of(shown(dataset))) > 1


def test_while_data_load_the_view_says_so(shown):
    view = shown()
    assert view.needs(make_frame()) == frozenset()
    assert view.stack.currentWidget() is view.empty
    assert view.empty.text() == "the data are being loaded"


def test_the_first_row_of_a_map_is_the_top_of_the_plane(shown):
    values = np.zeros((2, 100, 100), np.float32)
    values[1, :50] = 1.0  # class 1 where x₂ > 0
    values[0] = 1 - values[1]
    view = shown(
        make_dataset([[9, 9]] * 4, [0, 1, 0, 1], domain=PLANE, class_names=("a", "b")),
        {boundary.REQUEST: OutputMap(values)},
    )
    image = view.picture_named("plane").image
    assert np.array_equal(image.image, values[1][::-1])  # an image item's first row is at the bottom
    assert image.mapRectToParent(image.boundingRect()).getRect() == pytest.approx((-6, -6, 12, 12))
    table = theme.diverging(LIGHT)
    above, below = colour_at(view, 3, 4), colour_at(view, 3, -4)
    assert above.getRgb()[:3] == tuple(table[255, :3])
    assert below.getRgb()[:3] == tuple(table[0, :3])


def test_the_first_column_of_a_map_is_the_left_of_the_plane(shown):
    values = np.zeros((2, 100, 100), np.float32)
    values[1, :, :50] = 1.0
    values[0] = 1 - values[1]
    view = shown(
        make_dataset([[9, 9]] * 4, [0, 1, 0, 1], domain=PLANE, class_names=("a", "b")),
        {boundary.REQUEST: OutputMap(values)},
    )
    left, right = colour_at(view, -4, 3), colour_at(view, 4, 3)
    assert left.blue() > left.red()
    assert right.red() > right.blue()


def test_the_map_is_square(shown):
    view = shown(plane(), readings(plane()))
    for size in ((340, 430), (600, 300), (250, 700)):
        view.resize(*size)
        area = view.picture_named("plane").plot.box.geometry()
        assert area.width() == pytest.approx(area.height(), abs=1)
        assert view.picture_named("plane").plot.box.viewRange() == [pytest.approx([-6, 6]), pytest.approx([-6, 6])]


def test_points_lie_at_their_coordinates_with_a_symbol_for_each_class(shown):
    dataset = plane(3)
    view = shown(dataset, readings(dataset))
    x, y = view.picture_named("plane").train.getData()
    assert np.allclose(np.stack([x, y], axis=1), dataset.train.raw)
    spots = view.picture_named("plane").train.data
    for kind in range(3):
        of_kind = spots[dataset.train.targets == kind]
        assert {QColor(b.color()).name() for b in of_kind["brush"]} == {theme.class_colours(LIGHT, 3)[kind].lower()}
        assert len({str(s.boundingRect()) + str(s.elementCount()) for s in of_kind["symbol"]}) == 1
    shapes = {str(s.boundingRect()) + str(s.elementCount()) for s in spots["symbol"]}
    assert len(shapes) == 3


def test_validation_points_are_shown_on_demand(shown):
    dataset = plane()
    view = shown(dataset, readings(dataset))
    assert not view.picture_named("plane").validation.isVisible()
    view.validation_points.click()
    x, y = view.picture_named("plane").validation.getData()
    assert np.allclose(np.stack([x, y], axis=1), dataset.validation.raw)
    assert view.picture_named("plane").validation.isVisible()


def test_points_of_a_regression_are_coloured_by_value(shown):
    dataset = plane(0)
    view = shown(dataset, readings(dataset))
    brushes = [QColor(b.color()) for b in view.picture_named("plane").train.data["brush"]]
    least, greatest = dataset.train.targets.argmin(), dataset.train.targets.argmax()
    assert brushes[least].red() > brushes[least].blue()
    assert brushes[greatest].blue() > brushes[greatest].red()


def test_values_have_fixed_levels_that_do_not_follow_the_answer(shown):
    dataset = plane(0)
    view = shown(dataset, {boundary.REQUEST: OutputMap(np.full((1, 10, 10), 50, np.float32))})
    assert tuple(view.picture_named("plane").image.levels) == (-1.0, 1.0)
    assert levels_of(dataset) == Levels(-1.0, 1.0)
    assert view.bar.texts() == ("−1", "0", "1")


def test_hard_classes_have_no_shades(shown):
    for classes in (2, 4):
        dataset = plane(classes)
        view = shown(dataset, readings(dataset))
        item = view.picture_named("plane").image
        soft = len(np.unique(item.image.reshape(-1, item.image.shape[-1]), axis=0))
        view.picker.options["class"].trigger()
        pixels = item.image.reshape(-1, 3)
        assert len(np.unique(pixels, axis=0)) == 2 < soft
        assert {tuple(p) for p in pixels} <= {tuple(c) for c in class_table(LIGHT, classes)}


def test_a_boundary_is_neutral_and_certainty_is_the_class_colour():
    even, certain = np.array([0.5, 0.5, 0.0]), np.array([0.0, 1.0, 0.0])
    found = blended(LIGHT, np.stack([even, certain], axis=1).astype(np.float32)[:, None, :])
    assert found.shape == (1, 2, 3)
    assert tuple(found[0, 0]) == (255, 255, 255)
    assert tuple(found[0, 1]) == tuple(class_table(LIGHT, 3)[1])


def test_enlarging_interpolates_linearly():
    ramp = np.tile(np.arange(5.0, dtype=np.float32), (1, 4, 1))
    found = enlarged(ramp, 3)
    assert found.shape == (1, 12, 15)
    at = np.clip((np.arange(15) + 0.5) / 3 - 0.5, 0, 4)
    assert np.allclose(found[0], np.tile(np.interp(at, np.arange(5), np.arange(5)), (12, 1)), atol=1e-5)


def test_the_pointer_reads_the_answer_and_the_nearest_point(shown):
    dataset = plane()
    view = shown(dataset, readings(dataset))
    point = dataset.train.raw[3]
    position = QPointF(*map(float, point))
    readout = view.picture_named("plane")._read_out(position, QPointF(50, 50))
    values = {row.text: row.value for row in readout.rows}
    assert values["training point"] == dataset.class_names[dataset.train.targets[3]]
    column, row = int((point[0] + 6) / 12 * 100), int((6 - point[1]) / 12 * 100)
    share = probabilities().values[1, row, column]
    assert values["class 1"] == f"{share * 100:.1f}\u202f%"


def test_far_from_any_point_none_is_read_out(shown):
    dataset = make_dataset([[-5, -5]] * 4, [0, 1, 0, 1], domain=PLANE, class_names=("a", "b"))
    view = shown(dataset, readings(plane()))
    rows = view.picture_named("plane")._read_out(QPointF(4, 4), QPointF(50, 50)).rows
    assert "training point" not in {row.text for row in rows}


def test_a_function_is_drawn_over_the_middles_of_its_pixels(shown):
    dataset = line()
    view = shown(dataset, readings(dataset))
    x, y = view.picture_named("line").curve.xs, view.picture_named("line").curve.ys
    assert len(x) == 240
    assert x[0] == pytest.approx(-6 + 6 / 240)
    assert x[-1] == pytest.approx(6 - 6 / 240)
    assert np.allclose(y, np.sin(np.linspace(-6, 6, 240)), atol=1e-6)
    px, py = view.picture_named("line").train.getData()
    assert np.allclose(px, dataset.train.raw[:, 0])
    assert np.allclose(py, dataset.train.targets)


def test_predictions_are_drawn_over_true_values_in_the_targets_unit(shown):
    dataset = prices()
    view = shown(dataset, readings(dataset))
    x, y = view.picture_named("predicted").train.getData()
    assert np.allclose(x, dataset.train.targets * 20 + 100)
    assert np.allclose(y, x + 1, atol=1e-3)
    (low, high), (bottom, top) = view.picture_named("predicted").plot.box.viewRange()
    assert (low, high) == (bottom, top) == pytest.approx((80, 120))
    dx, dy = view.picture_named("predicted").curve.xs, view.picture_named("predicted").curve.ys
    assert np.array_equal(dx, dy)
    assert view.picture_named("predicted").plot.x_axis.unit == "true price"


def test_predictions_off_the_axes_are_marked(shown):
    dataset = prices()
    answers = np.full((15, 1), 100.0)
    answers[0], answers[1], answers[2] = 1e6, -1e6, np.nan
    found = Predictions(answers, answers)
    view = shown(dataset, {fit.PREDICTION_REQUEST: found})
    true = dataset.train.targets * 20 + 100
    edges = [edge for edge in view.picture_named("predicted").plot.notes.edges if edge.colour == LIGHT.accent]
    marks = {edge.top: edge.x.tolist() for edge in edges}
    assert marks == {True: pytest.approx([true[0]]), False: pytest.approx([true[1]])}
    assert np.isfinite(view.picture_named("predicted").plot.box.viewRange()).all()


def test_confusion_shows_the_counts_true_by_predicted(shown):
    dataset = flowers()
    view = shown(dataset, readings(dataset))
    matrix = view.picture_named("confusion")
    assert [[matrix.text_of(i, j) for j in range(3)] for i in range(3)] == [list("012"), list("345"), list("678")]
    square = matrix.cells()
    size = square.width() / 3
    for row, column in ((0, 0), (0, 2), (2, 1)):
        centre = QPointF(square.left() + (column + 0.5) * size, square.top() + (row + 0.5) * size)
        rows = matrix.rows_at(centre)
        assert rows[0].value == dataset.class_names[row]
        assert rows[1].value == dataset.class_names[column]
        assert rows[2].text.startswith(f"{3 * row + column} of")
    assert matrix.rows_at(QPointF(0, 0)) == ()


def test_confusion_is_coloured_by_the_share_of_the_row(shown):
    dataset = flowers(("a", "b"))
    counts = np.array([[10, 0], [1, 1]])
    view = shown(dataset, {CONFUSION_REQUEST: Confusion(counts)})
    image, square = view.picture_named("confusion").grab().toImage(), view.picture_named("confusion").cells()

    def corner(row, column):
        size = square.width() / 2
        return image.pixelColor(round(square.left() + column * size + 4), round(square.top() + row * size + 4))

    assert corner(0, 0).blue() > corner(0, 0).red()
    assert corner(1, 0).red() > corner(1, 0).blue()
    assert corner(0, 0).lightness() < corner(1, 1).lightness() < corner(0, 1).lightness()


def test_confusion_of_many_classes_fits(shown):
    dataset = flowers([f"class number {i}" for i in range(20)])
    view = shown(dataset, {CONFUSION_REQUEST: confusion(dataset)})
    square = view.picture_named("confusion").cells()
    assert square.right() <= view.picture_named("confusion").width()
    assert square.bottom() <= view.picture_named("confusion").height()
    assert len(colours_of(view)) > 10


def test_nothing_is_drawn_again_while_nothing_changes(shown, monkeypatch):
    dataset = plane()
    found = readings(dataset)
    view = shown(dataset, found)
    calls = []
    monkeypatch.setattr(view, "redraw", calls.append)
    view.draw(make_frame(dataset=dataset, readings=dict(found)))
    assert calls == []
    view.draw(make_frame(dataset=dataset, readings=readings(dataset)))
    assert len(calls) == 1


def test_a_change_of_data_changes_the_picture(shown):
    view = shown(plane(), readings(plane()))
    for dataset in DATASETS.values():
        view.draw(make_frame(dataset=dataset, readings=readings(dataset)))
        assert view.stack.currentWidget() is view.picture_named(picture_for(dataset))
    items = len(view.picture_named("plane").plot.scene().items())
    for dataset in (plane(2), plane(3), plane(0)):
        view.draw(make_frame(dataset=dataset, readings=readings(dataset)))
    assert len(view.picture_named("plane").plot.scene().items()) == items


@KINDS
def test_the_table_holds_the_numbers_of_the_picture(shown, dataset, tmp_path):
    view = shown(dataset, readings(dataset))
    view.save_table(tmp_path / "output.csv")
    lines = (tmp_path / "output.csv").read_text(encoding="utf-8").splitlines()
    rows = {"plane": 10_000, "line": 240, "predicted": 30, "confusion": len(dataset.class_names)}
    assert len(lines) == 1 + rows[picture_for(dataset)]
    assert all(len(line.split(",")) == len(lines[0].split(",")) for line in lines)


# the numbers under the output


@pytest.fixture
def numbers(qtbot):
    view = NumbersView(LIGHT)
    qtbot.addWidget(view)
    view.resize(340, 110)
    view.show()
    qtbot.waitExposed(view)
    return view


def texts(view):
    return {name: cell.number.text() for name, cell in view.cells.items() if cell.isVisible()}


def test_numbers_are_the_last_ones_of_the_history(numbers):
    columns = {"train_loss": [0.5, 0.02134], "validation_loss": [0.6, 0.03412], "validation_metrics": [[0.5], [0.984]]}
    numbers.draw(make_frame(make_history(20, **columns), snapshot=make_snapshot(width=4, epoch=2)))
    assert texts(numbers) == {
        "train_loss": "0.02134",
        "validation_loss": "0.03412",
        "metric": "98.4\u202f%",
        "gap": "0.0128",
        "parameters": "60",
    }


def test_numbers_are_those_of_the_epoch_that_the_pictures_show(numbers):
    columns = {
        "train_loss": [0.5, 0.3, 0.4],
        "validation_loss": [0.6, 0.4, 0.7],
        "validation_metrics": [[0.5], [1], [0]],
    }
    history = make_history(30, **columns)
    for epoch, found in ((1, ("0.5000", "0.6000", "50.0\u202f%")), (2, ("0.3000", "0.4000", "100.0\u202f%"))):
        numbers.draw(make_frame(history, snapshot=make_snapshot(epoch=epoch)))
        assert tuple(texts(numbers)[name] for name in ("train_loss", "validation_loss", "metric")) == found
    numbers.draw(make_frame(history, snapshot=make_snapshot(epoch=0)))
    assert texts(numbers)["train_loss"] == "–"


def test_where_numbers_stand_two_by_two_none_stands_alone(numbers):
    narrow, height = numbers.sizeHint().width(), numbers.sizeHint().height()
    for width, count in ((narrow, 4), (2 * narrow, 5), (5 * narrow, 5), (narrow, 4)):
        numbers.resize(width, height)
        assert len(texts(numbers)) == count
        assert all(cell.geometry().right() <= width for cell in numbers.cells.values() if cell.isVisible())


def test_numbers_that_are_not_known_yet_are_a_dash(numbers):
    numbers.draw(make_frame())
    assert set(texts(numbers).values()) == {"–"}


def test_regression_has_two_metrics(numbers):
    numbers.draw(make_frame(make_history(20, metrics=("R²", "MAE"))))
    assert [cell.words.text() for cell in numbers.cells.values() if cell.isVisible()][2:4] == ["R²", "MAE"]
    numbers.draw(make_frame(make_history(20)))
    assert "second_metric" not in texts(numbers)


@pytest.mark.parametrize("width", [200, 340, 800])
def test_numbers_stand_still_while_they_change(numbers, width):
    numbers.resize(width, 160)
    history = make_history(20, train_loss=[1.0, 1.0], validation_loss=[1.0, 1.0])
    numbers.draw(make_frame(history))
    before = {name: cell.geometry() for name, cell in numbers.cells.items() if cell.isVisible()}
    other = make_history(20, train_loss=[1.0, 2.3e-7], validation_loss=[1.0, 123_456.0])
    numbers.draw(make_frame(other))
    assert {name: cell.geometry() for name, cell in numbers.cells.items() if cell.isVisible()} == before
