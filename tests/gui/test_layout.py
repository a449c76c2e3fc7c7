"""Where docks lie at first: all tabs can be read, in small windows and every theme, and keys bring plots forward."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import QApplication, QTabBar

from nnplayground.experiment import Experiment
from nnplayground.gui import theme
from nnplayground.gui.plots import KEYS, PLOTS
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
