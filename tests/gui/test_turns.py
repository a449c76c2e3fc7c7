"""Views are drawn by turns: one in each turn of the event loop, the latest frame, and only what is in sight."""

import pytest

from nnplayground.experiment import Experiment
from nnplayground.gui import theme
from nnplayground.gui import turns as turns_module
from nnplayground.gui.turns import BETWEEN_MS, LONGEST_MS, SHARE, Turns
from nnplayground.gui.views.view import View
from tests.gui.frames import make_frame

PATIENCE = 60_000


class Stub(View):
    """A view that notes what it draws."""

    def __init__(self, name: str, drawn: list) -> None:
        super().__init__(theme.load("light"))
        self._name, self._drawn = name, drawn

    def needs(self, frame):
        del frame
        return frozenset({self._name})

    def draw(self, frame) -> None:
        self._drawn.append((self._name, frame.experiment))


class Source:
    """A frame, and what is asked of it."""

    def __init__(self) -> None:
        self.frame, self.requests, self.running = make_frame(), None, False

    def request(self, requests) -> None:
        self.requests = requests


@pytest.fixture
def drawn():
    return []


@pytest.fixture
def views(qtbot, drawn):
    made = [Stub(name, drawn) for name in "abc"]
    for view in made:
        qtbot.addWidget(view)
        view.show()
    return made


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def turns(views, source):
    made = Turns(views, source)
    yield made
    made.end()


def names(drawn):
    return [name for name, _ in drawn]


def test_every_view_in_sight_gets_one_turn_in_order(qtbot, turns, drawn):
    turns.begin()
    assert drawn == [], "nothing is drawn before the event loop turns"
    qtbot.waitUntil(lambda: len(drawn) == 3, timeout=PATIENCE)
    assert names(drawn) == ["a", "b", "c"]
    assert not turns.timer.isActive()


def test_no_turn_draws_two_views(qtbot, turns, drawn):
    at_once = []
    turns.timer.timeout.connect(lambda: at_once.append(len(drawn)))
    turns.begin()
    qtbot.waitUntil(lambda: len(drawn) == 3, timeout=PATIENCE)
    assert at_once == [1, 2, 3]


def test_a_view_that_waits_draws_the_latest_frame_once(qtbot, turns, source, drawn):
    turns.begin()
    with qtbot.waitSignal(turns.timer.timeout, timeout=PATIENCE):
        pass
    assert names(drawn) == ["a"]
    latest = Experiment().replace("optimizer.lr", 0.5)
    source.frame = make_frame(experiment=latest)
    turns.begin()
    qtbot.waitUntil(lambda: len(drawn) == 4, timeout=PATIENCE)
    assert names(drawn) == ["a", "b", "c", "a"]
    assert [experiment for _, experiment in drawn[1:]] == [latest] * 3


def test_what_is_out_of_sight_is_neither_asked_nor_drawn(qtbot, turns, views, source, drawn):
    views[1].hide()
    turns.begin()
    assert source.requests == {"a", "c"}
    views[2].hide()
    qtbot.waitUntil(lambda: not turns.timer.isActive(), timeout=PATIENCE)
    assert names(drawn) == ["a"]


def test_all_at_once_leaves_no_turn_to_come(turns, drawn):
    turns.begin()
    turns.draw_all()
    assert names(drawn) == ["a", "b", "c"]
    assert not turns.timer.isActive()


@pytest.mark.parametrize(
    ("running", "cost", "interval"),
    [(False, 0.005, BETWEEN_MS), (True, 0.005, 5 / SHARE), (True, 0.0001, BETWEEN_MS), (True, 1.0, LONGEST_MS)],
)
def test_while_training_runs_drawing_rests_by_what_it_has_cost(turns, source, monkeypatch, running, cost, interval):
    clock = iter([10.0, 10.0 + cost])
    monkeypatch.setattr(turns_module.time, "thread_time", lambda: next(clock))
    source.running = running
    turns.begin()
    turns._draw_next()
    turns._draw_next()
    turns.timer.stop()  # the clock tells no more
    assert turns.timer.interval() == interval


def test_calm_views_are_drawn_with_every_other_frame_while_training_runs_and_with_the_last(
    qtbot, turns, views, source, drawn
):
    views[0].calm = views[2].calm = views[1].calm = True
    source.running = True

    def frame():
        turns.begin()
        qtbot.waitUntil(lambda: not turns.timer.isActive(), timeout=PATIENCE)
        found, drawn[:] = "".join(names(drawn)), []
        return found

    assert sorted([frame(), frame()]) == ["ac", "b"]
    assert sorted([frame(), frame()]) == ["ac", "b"]
    source.running = False
    assert [frame(), frame()] == ["abc", "abc"]
    views[1].calm, source.running = False, True
    assert sorted([frame(), frame()]) == ["abc", "b"]


def test_where_drawing_falls_behind_calm_views_give_way_to_those_that_are_watched(turns, views, source, drawn):
    views[0].calm = views[2].calm = True
    source.running = True
    turns.begin()
    for _ in range(16):
        turns.begin()  # with one view waiting still
        while len(turns._waiting) > 1:
            turns._draw_next()
    turns.timer.stop()
    counts = {name: names(drawn).count(name) for name in "abc"}
    assert 3 <= counts["a"] <= 5
    assert 3 <= counts["c"] <= 5
    assert counts["b"] >= 7  # whenever it is not the one that waits
