"""Where docks lie at first: all tabs can be read, in small windows and every theme, and keys bring plots forward."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QLineEdit, QTabBar

from nnplayground.experiment import Experiment
from nnplayground.gui import theme
from nnplayground.gui.knobs.label import ElidedLabel
from nnplayground.gui.knobs.number import SeedEditor
from nnplayground.gui.knobs.slider import KnobSlider
from nnplayground.gui.plots import KEYS, PLOTS
from nnplayground.gui.views.picker import Picker
from nnplayground.gui.window import MainWindow

NAMES = [view.name for group in PLOTS for view in group]


@pytest.fixture
def make_window(app, qtbot, tmp_path):
    made = []

    def make(name: str, width: int, height: int) -> MainWindow:
        settings = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Experiment(), settings, theme_name=name)
        qtbot.addWidget(window)
        window.resize(width, height)
        window.show()
        qtbot.waitExposed(window)
        made.append(window)
        return window

    yield make
    for window in made:
        window.close()


def visible_tabs(window):
    return [bar for bar in window.findChildren(QTabBar) if bar.isVisible() and bar.parent() is window and bar.count()]


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
def test_every_tab_is_there_with_its_whole_title(make_window, qtbot, name, size):
    window = make_window(name, *size)
    assert (window.width(), window.height()) == size
    qtbot.waitUntil(lambda: len(visible_tabs(window)) == len(PLOTS))
    shown = visible_tabs(window)
    assert sorted(bar.count() for bar in shown) == sorted(len(group) for group in PLOTS)
    for bar in shown:
        assert bar.width() >= bar.sizeHint().width()
        assert bar.tabRect(bar.count() - 1).right() <= bar.width()


def cut(window):
    """Return the texts of which a part cannot be seen, of all that do not say by an ellipsis that they go on."""
    found = []
    for kind in (QLabel, QAbstractButton, QLineEdit):
        for widget in window.findChildren(kind):
            text = widget.text()
            if not widget.isVisible() or widget.visibleRegion().isEmpty() or not text or isinstance(widget, Picker):
                continue
            if isinstance(widget, QAbstractButton) and not widget.icon().isNull():
                continue
            if isinstance(widget, ElidedLabel) or (isinstance(widget, QLabel) and widget.wordWrap()):
                continue
            room = min(widget.contentsRect().width(), widget.visibleRegion().boundingRect().width())
            if widget.fontMetrics().horizontalAdvance(text) > room + 1:
                found.append((widget.objectName() or type(widget).__name__, text))
    return found


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
def test_no_text_is_cut_and_every_slider_can_be_dragged(make_window, qtbot, name, size):
    window = make_window(name, *size)
    qtbot.waitUntil(lambda: len(visible_tabs(window)) == len(PLOTS))
    assert cut(window) == []
    area = window.panel.area.verticalScrollBar()
    for place in range(0, area.maximum(), area.pageStep()):
        area.setValue(place)
        QApplication.processEvents()
        assert cut(window) == []
        for slider in (s for s in window.panel.findChildren(KnobSlider) if not s.visibleRegion().isEmpty()):
            assert slider.width() >= window.theme.scaled(44)
    assert not any(
        s.isHidden() for s in window.panel.findChildren(KnobSlider) if not isinstance(s.parent(), SeedEditor)
    )


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("size", [(1440, 900), (1100, 700)])
def test_a_picture_is_seen_of_the_output_while_the_runs_or_a_race_are_open(make_window, qtbot, name, size):
    window = make_window(name, *size)
    for below in ("runs", "race"):
        window.layout_.show_below(below, window.theme.scaled(100) / 100, shown=True)
        QApplication.processEvents()
        window.layout_.settle()
        assert window.output.stack.height() >= window.theme.scaled(80)
        assert window.docks[below].height() >= window.theme.scaled(150)
        assert (window.width(), window.height()) == size
        assert cut(window) == []


@pytest.mark.parametrize(
    ("name", "height", "seen"), [("projector", 700, False), ("projector", 900, True), ("dark", 700, True)]
)
def test_plots_give_their_place_to_the_runs_only_where_there_is_no_room_for_both(make_window, name, height, seen):
    window = make_window(name, 1440 if height > 700 else 1100, height)
    window.show_runs()
    QApplication.processEvents()
    assert window.docks["loss"].isVisible() == seen
    window.show_runs()
    QApplication.processEvents()
    assert not window.docks["loss"].widget().visibleRegion().isEmpty()


def test_whatever_can_be_pressed_or_chosen_says_what_it_does_and_has_a_name(make_window, qtbot):
    window = make_window("light", 1440, 900)
    for kind in (QAbstractButton, QComboBox):
        seen = [widget for widget in window.findChildren(kind) if widget.isVisible()]
        assert len(seen) > 5
        assert [widget.objectName() for widget in seen if not widget.toolTip()] == []
        assert [widget.objectName() for widget in seen if not widget.accessibleName() and not widget.text()] == []


def test_keys_bring_the_first_ten_plots_to_the_front(make_window, qtbot):
    window = make_window("light", 1440, 900)
    assert len(KEYS) == 10 < len(NAMES)
    for key, name in zip(KEYS, NAMES, strict=False):
        qtbot.keyClick(window, key)
        QApplication.processEvents()
        assert not window.docks[name].widget().visibleRegion().isEmpty()


def test_the_number_of_layers_stands_alone_where_there_is_no_room_for_words(make_window):
    window = make_window("light", 1440, 900)
    head = window.network.head
    assert head._count.text() == "3 hidden layers"
    head.resize(head.minimumSizeHint())
    assert head._count.text() == "3"
    assert head._count.accessibleName() == "3 hidden layers"
    head.resize(600, head.height())
    assert head._count.text() == "3 hidden layers"


def test_the_tab_key_leads_everywhere_and_back(make_window, qtbot):
    window = make_window("light", 1440, 900)
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is window.network.diagram)
    stops = []
    for _ in range(300):
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        stops.append(QApplication.focusWidget().objectName())
        if stops[-1].endswith("menu_button"):
            QApplication.processEvents()
            assert not QApplication.focusWidget().visibleRegion().isEmpty()
        if stops[-1] == "network.diagram":
            break
    assert stops[-1] == "network.diagram"
    wanted = {"button.run", "section.data.header", "network.edges", "network.layers.0.header", "output.info"}
    assert wanted | {f"{group[0].name}.menu_button" for group in PLOTS} <= set(stops)
    head = [name for name in stops if name in ("network.edges", "network.trace", "network.add_layer", "network.info")]
    assert head == ["network.edges", "network.trace", "network.add_layer", "network.info"]
