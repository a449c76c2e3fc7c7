"""The map and the points of the plane: pyqtgraph's painting is the oracle, and nothing stale stays on the screen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QPainterPath, QWheelEvent
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from nnplayground.engine.probes import OutputMap
from nnplayground.gui import theme as themes
from nnplayground.gui.views import boundary
from nnplayground.gui.views.annotations import corners_of
from nnplayground.gui.views.output import OutputView
from nnplayground.gui.views.plane_items import Map

from .frames import make_dataset, make_frame

PLANE = ((-6.0, 6.0), (-6.0, 6.0))


def pixels_of(image: QImage) -> np.ndarray:
    """(height, width, 4) of a picture, not premultiplied."""
    plain = image.convertToFormat(QImage.Format.Format_ARGB32)
    return np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.width(), 4).astype(int)


@pytest.mark.parametrize("levels", [(0.0, 1.0), (-2.0, 0.5)])
def test_a_map_has_the_colours_that_pyqtgraph_gives_it(qapp, levels):
    values = np.random.default_rng(0).uniform(-3, 3, (40, 30)).astype(np.float32)
    values[3, 5] = np.nan
    mine, theirs = Map(), pg.ImageItem(axisOrder="row-major")
    for item in (mine, theirs):
        item.setImage(values, autoLevels=False, levels=levels, lut=themes.diverging(themes.load("light")))
        item.render()
    known = np.isfinite(values)
    assert np.abs(pixels_of(mine.qimage) - pixels_of(theirs.qimage))[known].max() <= 1
    assert pixels_of(mine.qimage)[3, 5, 3] == pixels_of(theirs.qimage)[3, 5, 3] == 0  # transparent


def frame_of(seed: int, points: int = 40):
    generator = np.random.default_rng(seed)
    raw, second = generator.uniform(-5, 5, (points, 2)), generator.random((1, 20, 20)).astype(np.float32)
    dataset = make_dataset(raw, np.arange(points) % 2, domain=PLANE, class_names=("a", "b"))
    return make_frame(dataset=dataset, readings={boundary.REQUEST: OutputMap(np.concatenate([1 - second, second]))})


@pytest.fixture
def make_view(qtbot):
    def make(frame, name="light"):
        view = OutputView(themes.load(name))
        qtbot.addWidget(view)
        view.resize(400, 420)
        view.show()
        view.draw(frame)
        return view

    return make


def on_screen(view) -> np.ndarray:
    """What is on the screen, where only what was updated has been painted."""
    QApplication.processEvents()
    if view.focusWidget() is not None:  # only one of two windows can have it
        view.focusWidget().clearFocus()
    QApplication.sendEvent(view, QEvent(QEvent.Type.UpdateRequest))
    return pixels_of(view.screen().grabWindow(view.winId()).toImage())


def zoom(view) -> None:
    plot = view.picture_named("plane").plot
    middle = QPointF(plot.width() / 2, plot.height() / 2)
    where = plot.viewport().mapToGlobal(middle)
    none = Qt.KeyboardModifier.NoModifier
    turned = QWheelEvent(
        middle, where, QPoint(), QPoint(0, 360), Qt.MouseButton.NoButton, none, Qt.ScrollPhase.NoScrollPhase, False
    )
    QApplication.sendEvent(plot.viewport(), turned)


@pytest.mark.parametrize("change", ["nothing", "zoom", "pan", "theme", "validation", "points", "size"])
def test_the_screen_shows_what_a_new_view_would(qtbot, make_view, change):
    def arrange(view):
        QApplication.processEvents()
        if change == "zoom":
            zoom(view)
        elif change == "pan":
            view.picture_named("plane").plot.box.translateBy(x=1.5, y=-1.0)
        elif change == "validation":
            view.validation_points.setChecked(True)
        elif change == "size":
            view.resize(330, 380)
        return on_screen(view)

    first = frame_of(0)
    last = replace(frame_of(9) if change == "points" else first, readings=frame_of(3).readings)
    view = make_view(first)
    before = on_screen(view)
    arrange(view)
    if change == "theme":
        view.set_theme(themes.load("projector"))
    view.draw(last)
    fresh = make_view(last, "projector" if change == "theme" else "light")
    arrange(fresh)
    qtbot.waitUntil(lambda: np.array_equal(on_screen(view), on_screen(fresh)))  # once both are laid out
    assert not np.array_equal(on_screen(view), before)


def settled(view) -> np.ndarray:
    """What is on the screen once nothing waits for being painted: Qt gathers for some milliseconds."""
    for _ in range(3):
        QTest.qSleep(10)
        found = on_screen(view)
    return found


@pytest.mark.parametrize("seed", range(6))
def test_painting_by_parts_leaves_what_painting_whole_would(make_view, seed):
    generator = np.random.default_rng(seed)
    frames = [frame_of(i) for i in range(3)]
    view = make_view(frames[0], ("light", "dark", "projector")[seed % 3])
    plot = view.picture_named("plane").plot
    ways = {
        "zoom": lambda: zoom(view),
        "pan": lambda: plot.box.translateBy(*generator.normal(size=2).tolist()),
        "scale": lambda: plot.box.scaleBy((generator.uniform(0.5, 1.0),) * 2),
        "size": lambda: view.resize(*generator.integers(250, 520, 2).tolist()),
        "validation": lambda: view.validation_points.toggle(),
        "follow": plot.follow,
    }
    for name in generator.choice(list(ways), 12):
        ways[name]()
        for _ in range(generator.integers(1, 3)):
            view.draw(replace(frames[0], readings=frames[generator.integers(3)].readings))
            partly = settled(view)
        assert np.array_equal(partly, pixels_of(view.grab().toImage())), name


def test_points_are_saved_as_shapes(make_view, tmp_path):
    view = make_view(frame_of(0))
    plane = view.picture_named("plane")
    image, pixmaps = QSvgGenerator(), []
    plane.train.draw = lambda *_: pixmaps.append(1)
    plane.train.setExportMode(True)
    image.setFileName(str(tmp_path / "points.svg"))
    painter = QPainter(image)
    plane.plot.scene().render(painter)
    painter.end()
    assert not pixmaps
    assert (tmp_path / "points.svg").read_text().count("<path") >= 20
    plane.train.setExportMode(False)
    view.grab()
    assert pixmaps


@pytest.mark.parametrize("rect", [(30, 6, 90, 90), (30.5, 6.25, 291, 291), (12.3, 7.7, 88.4, 88.4)])
def test_the_corners_cut_off_are_those_beyond_a_round_rectangle(qapp, rect):
    place = QRectF(*rect)
    whole = QPainterPath()
    whole.addRect(place.adjusted(-1, -1, 1, 1))
    whole.addRoundedRect(place, 6.0, 6.0)
    one, other = (painted(path) for path in (whole, corners_of(place, 6.0)))
    inner = place.toRect().adjusted(1, 1, -1, -1)
    rows, columns = slice(inner.top(), inner.bottom()), slice(inner.left(), inner.right())
    difference = np.abs(one[rows, columns].astype(int) - other[rows, columns].astype(int))
    assert difference.max() <= 8
    assert (other[rows, columns] != other[200, 350]).any(), "something is cut off"


def painted(path) -> np.ndarray:
    """A path in white on black, (400, 400) levels of grey."""
    image = QImage(400, 400, QImage.Format.Format_Grayscale8)
    image.fill(Qt.GlobalColor.black)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.fillPath(path, Qt.GlobalColor.white)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(400, -1)[:, :400].copy()
