"""In the real window, the training thread answers what the views in sight ask for, and nothing for any other."""

import pytest

from nnplayground.experiment import Experiment

PATIENCE = 60_000  # ms; a machine may be slow, and no test measures time
SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 100, "network.layers": [4, 3]})
FRAMES = 5  # in succession that tell the same: what was asked for before is answered once more
ALWAYS = {"network", "output", "numbers", "loss", "gradient_norms"}


@pytest.fixture(scope="module")
def window(open_main, tmp_path_factory):
    with open_main(SMALL, tmp_path_factory.mktemp("settings") / "settings.ini") as made:
        yield made


@pytest.fixture
def ready(qtbot, window):
    """The window with a network, laid out as at first."""
    qtbot.waitUntil(lambda: window.live.built is not None, timeout=PATIENCE)
    for dock in window.docks.values():
        dock.show()
    window.restore_layout()
    window.live.set_running(True)
    yield window
    window.live.set_running(False)


def front(window, name):
    window.docks[name].raise_()


def hide(window, name):
    window.docks[name].hide()


def close(window, name):
    window.docks[name].close()


def float_(window, name):
    window.docks[name].setFloating(True)


def behind_what_floats(window, name):
    """The dock floats, and another of its group comes to the front in the window."""
    window.docks[name].setFloating(True)
    front(window, "activations")


STATES = {  # what is done to which dock; which of the views that ask for something are in sight then
    "at first": ((), {"histograms"}),
    "a tab before it": (((front, "activations"),), {"activations"}),
    "a tab of no probes before it": (((front, "signal"),), {"signal"}),
    "hidden": (((hide, "histograms"), (front, "signal")), {"signal"}),
    "its whole group hidden": (tuple((hide, name) for name in ("histograms", "activations", "signal")), set()),
    "closed": (((close, "histograms"), (close, "activations"), (close, "signal")), set()),
    "floating": (((float_, "histograms"), (front, "signal")), {"histograms", "signal"}),
    "floating beside another": (((behind_what_floats, "histograms"),), {"histograms", "activations"}),
    "floating, then closed": (((float_, "histograms"), (close, "histograms"), (front, "signal")), {"signal"}),
    "the output hidden": (((hide, "output"),), {"histograms", "-output"}),
}


@pytest.mark.parametrize("state", STATES)
def test_only_views_in_sight_are_asked_for_and_answered(qtbot, ready, state):
    acts, seen = STATES[state]
    for act, name in acts:
        act(ready, name)
    wanted = (ALWAYS | {name for name in seen if name[0] != "-"}) - {name[1:] for name in seen if name[0] == "-"}

    def needed():
        views = [view for view in ready.views if view.name in wanted]
        return frozenset().union(*(view.needs(ready.live.frame) for view in views))

    def note():
        answered.append(bool(needed()) and frozenset(ready.live.frame.readings) == needed())

    answered: list[bool] = []
    ready.live.advanced.connect(note)
    qtbot.waitUntil(lambda: answered[-FRAMES:] == [True] * FRAMES, timeout=PATIENCE)
    ready.live.advanced.disconnect(note)


def test_a_hidden_window_asks_for_nothing(qtbot, ready):
    ready.hide()
    qtbot.waitUntil(lambda: not ready.live.frame.readings, timeout=PATIENCE)
    ready.show()
    qtbot.waitUntil(lambda: bool(ready.live.frame.readings), timeout=PATIENCE)
