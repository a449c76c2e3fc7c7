"""What every view shares: it says how to read it, and its picture can be kept."""

from itertools import chain
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFontMetrics
from PySide6.QtWidgets import QApplication, QLabel

from nnplayground.gui import theme
from nnplayground.gui.plots import PLOTS
from nnplayground.gui.views.chart import fitted
from nnplayground.gui.views.curves import LossView
from nnplayground.gui.views.output import OutputView
from tests.gui.frames import make_frame, make_history

LIGHT = theme.load("light")
SVG = "{http://www.w3.org/2000/svg}"
VIEWS = [*chain.from_iterable(PLOTS), OutputView]


@pytest.fixture
def shown(qtbot):
    def make(kind):
        view = kind(LIGHT)
        qtbot.addWidget(view)
        view.resize(380, 230)
        view.show()
        qtbot.waitExposed(view)
        return view

    return make


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.name)
def test_every_view_says_how_to_read_it(shown, qtbot, kind):
    view = shown(kind)
    button = view.findChild(object, f"{kind.name}.info")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    popover = QApplication.activePopupWidget()
    said = popover.findChild(QLabel).text()
    popover.close()
    assert said == view.explanation
    assert len(said.split()) > 10


@pytest.mark.parametrize("kind", VIEWS, ids=lambda kind: kind.name)
def test_every_view_s_picture_is_kept_as_drawing(shown, tmp_path, kind):
    view = shown(kind)
    view.draw(make_frame(make_history()))
    view.save_drawing(tmp_path / "a.svg")
    drawing = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert drawing.get("viewBox") == "0 0 380 230"
    assert drawing.findtext(f"{SVG}title") == view.title


def test_a_drawing_holds_lines_and_words_and_no_pixels(shown, tmp_path):
    view = shown(LossView)
    view.draw(make_frame(make_history(1000)))
    QApplication.processEvents()  # the legend is laid out
    view.save_drawing(tmp_path / "a.svg")
    drawing = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert not list(drawing.iter(f"{SVG}image"))
    words = [text.text.strip() for text in drawing.iter(f"{SVG}text")]
    assert {"train", "validation", "batch", "step"} <= set(words)
    assert any(len(line.get("points", "").split()) > 50 for line in drawing.iter(f"{SVG}polyline"))


def test_a_picture_has_no_buttons_and_the_view_keeps_them(shown):
    view = shown(LossView)
    view.draw(make_frame(make_history(1000)))
    button = view.findChild(object, "loss.info")
    place = button.geometry().translated(view.options.pos()).center()
    image = view.picture().toImage()
    assert image.pixelColor(place * image.devicePixelRatio()).rgb() == QColor(LIGHT.panel).rgb()
    assert button.isVisible()


def test_a_drawing_that_cannot_be_written_is_an_error(shown, tmp_path):
    with pytest.raises(OSError, match="No such file"):
        shown(LossView).save_drawing(tmp_path / "no" / "a.svg")


WORDS = "update ÷ weights, per layer"


@pytest.mark.parametrize(
    ("room", "shown"),
    [(WORDS, WORDS), ("update ÷ weights,", "update ÷ weights"), ("update ÷ we…", "update ÷ we…"), ("update", "")],
)
def test_a_caption_drops_what_follows_a_comma_before_it_cuts_a_word_and_says_nothing_rather_than_a_stump(
    qtbot, room, shown
):
    metrics = QFontMetrics(QApplication.font())
    assert fitted(WORDS, metrics, metrics.horizontalAdvance(room) + 1) == shown


def test_of_a_caption_parted_by_dots_the_first_parts_stay(qtbot):
    metrics = QFontMetrics(QApplication.font())
    room = metrics.horizontalAdvance("step 432 · epoch 17 · l")
    assert fitted("step 432 · epoch 17 · loss 0.63", metrics, room) == "step 432 · epoch 17"
