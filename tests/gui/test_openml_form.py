"""The form for a data set of openml.org, and the window while one is fetched."""

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QProgressBar, QPushButton, QToolButton, QWidget

from nnplayground.data.openml import fetching, keeping
from nnplayground.experiment import Experiment
from nnplayground.gui import theme
from nnplayground.gui.openml import OpenmlForm
from nnplayground.gui.window import MainWindow
from tests.data.test_openml import digits, mixed, settle
from tests.openml_site import Site, redirect, serve

PATIENCE = 60_000  # ms; a machine may be slow, and no test measures time
SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 100, "network.layers": [4]})


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "user_cache_path", lambda *_, **__: tmp_path)
    monkeypatch.setattr(fetching, "RETRY_SECONDS", 0.01)
    return tmp_path / "openml"


@pytest.fixture
def site(monkeypatch):
    site = Site([mixed(), digits()[0]])
    server = serve(site)
    redirect(monkeypatch, site.port)
    yield site
    site.released.set()
    server.shutdown()
    server.server_close()
    settle()


@pytest.fixture
def form(qtbot):
    form = OpenmlForm(theme.load("light"))
    qtbot.addWidget(form)
    form.show()
    form.heard = []
    form.chosen.connect(form.heard.append)
    return form


def box(form, knob):
    return form.findChild(QLineEdit, f"openml.{knob}.box")


def press(form, name="train"):
    form.findChild(QPushButton, f"openml.{name}").click()


def test_a_name_is_needed(form):
    button = form.findChild(QPushButton, "openml.train")
    assert not button.isEnabled()
    QTest.keyClicks(box(form, "name"), "  iris ")
    assert button.isEnabled()
    press(form)
    assert [(knobs["kind"], knobs["name"], knobs["version"], knobs["target"]) for knobs in form.heard] == [
        ("openml", "iris", 0, "")
    ]
    assert not form.isVisible()


def test_enter_in_the_name_is_enough(form):
    QTest.keyClicks(box(form, "name"), "iris")
    QTest.keyClick(box(form, "name"), Qt.Key.Key_Return)
    assert [knobs["name"] for knobs in form.heard] == ["iris"]


def test_version_and_target_are_taken_even_while_they_are_typed(form):
    QTest.keyClicks(box(form, "name"), "iris")
    for knob, text in (("version", "3"), ("target", "sepal width")):
        box(form, knob).setFocus()
        box(form, knob).selectAll()
        QTest.keyClicks(box(form, knob), text)
    press(form)
    assert [(knobs["version"], knobs["target"]) for knobs in form.heard] == [(3, "sepal width")]


def test_a_version_that_cannot_be_keeps_the_form_open(form):
    QTest.keyClicks(box(form, "name"), "iris")
    box(form, "version").setFocus()
    box(form, "version").selectAll()
    QTest.keyClicks(box(form, "version"), "first")
    press(form)
    assert form.isVisible()
    assert form.heard == []


def test_well_known_names_are_offered_and_those_used_before_come_first(qtbot, place):
    place.mkdir()
    (place / "adult@active.parquet").touch()
    (place / "wine@2.parquet").touch()
    form = OpenmlForm(theme.load("light"))
    qtbot.addWidget(form)
    chips = [chip.objectName() for chip in form.findChildren(QToolButton)]
    offers = [name.removeprefix("openml.offer.") for name in chips if name.startswith("openml.offer.")]
    assert offers[:3] == ["adult", "wine", "mnist_784"]
    assert offers.count("adult") == 1
    form.findChild(QToolButton, "openml.offer.wine").click()
    assert box(form, "name").text() == "wine"
    assert form.findChild(QPushButton, "openml.train").isEnabled()


def test_cancel_chooses_nothing(form):
    QTest.keyClicks(box(form, "name"), "iris")
    press(form, "cancel")
    assert form.heard == []
    assert not form.isVisible()


def test_every_stop_of_the_tab_key_is_read_aloud(form):
    stops, widget = [], form.nextInFocusChain()
    while widget is not form:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(form):
            stops.append(widget)
        widget = widget.nextInFocusChain()
    assert not [stop.objectName() for stop in stops if not stop.accessibleName()]


# the window


@pytest.fixture
def window(qtbot, tmp_path, qapp):
    window = MainWindow(SMALL, QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat))
    qtbot.addWidget(window)
    window.show()
    qtbot.waitUntil(lambda: window.live.built is not None, timeout=PATIENCE)
    yield window
    window.close()


def choose(qtbot, window, name):
    window.findChild(QWidget, "data.kind.openml").click()
    form = window.findChild(OpenmlForm, "openml")
    QTest.keyClicks(box(form, "name"), name)
    press(form)
    qtbot.waitUntil(lambda: window.session.experiment.data.kind == "openml", timeout=PATIENCE)


def test_a_data_set_chosen_by_name_is_fetched_and_trained_on(qtbot, window, site):
    window.panel.rows["data.kind"].set_expanded(True)
    choose(qtbot, window, "little_digits")
    qtbot.waitUntil(lambda: window.live.built.experiment.data.kind == "openml", timeout=PATIENCE)
    assert window.live.built.dataset.image_shape == (1, 5, 5)
    assert window.session.experiment.name == "little_digits"
    qtbot.waitUntil(lambda: window.network.diagram.structure.image == (1, 5, 5), timeout=PATIENCE)
    window.live.take_step()
    qtbot.waitUntil(lambda: window.live.steps == 1, timeout=PATIENCE)


def test_a_fetch_that_hangs_is_shown_and_cancelled_at_once(qtbot, window, site):
    before = window.session.experiment
    site.hangs = True
    choose(qtbot, window, "Mixed")
    bar = window.findChild(QProgressBar, "strip.progress")
    qtbot.waitUntil(lambda: "Mixed from OpenML" in window.strip.text, timeout=PATIENCE)
    assert bar.isVisible()
    assert (bar.minimum(), bar.maximum()) == (0, 0)  # nobody knows how much is left
    qtbot.waitUntil(lambda: any("download" in path for path in site.asked), timeout=PATIENCE)
    window.findChild(QPushButton, "strip.cancel").click()
    qtbot.waitUntil(lambda: window.session.experiment == before, timeout=PATIENCE)
    assert not site.released.is_set()
    assert window.strip.text == "Loading was cancelled."
    window.live.take_step()
    qtbot.waitUntil(lambda: window.live.steps == 1, timeout=PATIENCE)


def test_what_cannot_be_fetched_leaves_the_experiment_in_hand_as_it_was(qtbot, window, site, place):
    before = window.session.experiment
    site.code = 503
    choose(qtbot, window, "Mixed")
    qtbot.waitUntil(lambda: window.session.experiment == before, timeout=PATIENCE)
    assert window.strip.text.startswith("Mixed: OpenML does not give it out: it answers 503")
    assert str(place) in window.strip.text


def test_the_window_closes_while_a_fetch_hangs(qtbot, window, site):
    site.hangs = True
    choose(qtbot, window, "Mixed")
    qtbot.waitUntil(lambda: any("download" in path for path in site.asked), timeout=PATIENCE)
    window.close()
    assert window.live.thread_.isFinished()
    assert not site.released.is_set()
