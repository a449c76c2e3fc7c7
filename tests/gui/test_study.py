"""Studies: one at a time in a thread of its own, told how far, cancelled at once, and never left behind."""

import threading

import pytest
import torch
from PySide6.QtCore import QObject
from shiboken6 import delete

from nnplayground.data import load
from nnplayground.data.progress import Cancelled
from nnplayground.engine.setup import Setup
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.gui.study import Study, setup_of
from tests.gui.frames import make_frame


class Told(QObject):
    """A study's owner, and what it was told in order."""

    def __init__(self):
        super().__init__()
        self.study = Study("study", self)
        self.words = []
        self.study.progressed.connect(lambda share, text: self.words.append((share, text)))
        self.study.done.connect(lambda result, seconds: self.words.append(("done", result, seconds >= 0)))
        self.study.failed.connect(lambda line: self.words.append(("failed", line)))
        self.study.ended.connect(lambda: self.words.append("ended"))


@pytest.fixture
def told(qapp):
    owner = Told()
    yield owner
    owner.study.close()


def until_cancelled(report, cancelled):
    """Work without end."""
    report(0.25, "at it")
    while not cancelled():
        threading.Event().wait(0.001)
    raise Cancelled


def test_work_is_done_in_another_thread_and_its_result_told(told, qtbot):
    told.study.begin(giving(threading.current_thread))
    assert told.study.working
    qtbot.waitUntil(lambda: "ended" in told.words)
    (_, thread, _), ended = told.words
    assert thread is not threading.current_thread()
    assert ended == "ended"
    assert not told.study.working


def test_how_far_it_is_is_told_and_cancelling_ends_it_without_a_result(told, qtbot):
    told.study.begin(until_cancelled)
    qtbot.waitUntil(lambda: (0.25, "at it") in told.words)
    told.study.cancel()
    qtbot.waitUntil(lambda: "ended" in told.words)
    assert told.words == [(0.25, "at it"), "ended"]


def giving(answer):
    """Work that is done as soon as it is begun."""

    def work(_report, _cancelled):
        return answer()

    return work


@pytest.mark.parametrize(
    ("error", "line"), [(ExperimentError("no such file"), "no such file"), (MemoryError(), "not enough memory")]
)
def test_what_cannot_be_done_is_told_in_one_line(told, qtbot, error, line):
    def fail(_report, _cancelled):
        raise error

    told.study.begin(fail)
    qtbot.waitUntil(lambda: "ended" in told.words)
    assert told.words[0][0] == "failed"
    assert line in told.words[0][1]


def test_what_is_begun_last_wins_and_runs_after_what_it_replaces(told, qtbot):
    told.study.begin(until_cancelled)
    told.study.begin(giving(lambda: "second"))
    told.study.begin(giving(lambda: "third"))
    qtbot.waitUntil(lambda: "ended" in told.words)
    assert [w for w in told.words if w[0] == "done"] == [("done", "third", True)]
    assert told.words.count("ended") == 1


def test_something_may_be_begun_when_something_is_done(told, qtbot):
    told.study.done.connect(lambda result, _: told.study.begin(giving(lambda: result + 1)) if result < 3 else None)
    told.study.begin(giving(lambda: 1))
    qtbot.waitUntil(lambda: "ended" in told.words)
    assert told.words == [("done", n, True) for n in (1, 2, 3)] + ["ended"]


def test_closing_waits_until_the_thread_has_ended(told):
    ended = threading.Event()

    def work(report, cancelled):
        try:
            until_cancelled(report, cancelled)
        finally:
            ended.set()

    told.study.begin(work)
    told.study.close()
    assert ended.is_set()
    assert not told.study.working


def test_a_study_deleted_at_work_ends_its_thread_first(qapp):
    started, ended = threading.Event(), threading.Event()

    def work(report, cancelled):
        started.set()
        try:
            until_cancelled(report, cancelled)
        finally:
            ended.set()

    owner = Told()
    owner.study.begin(work)
    started.wait()
    delete(owner)
    assert ended.is_set()


def test_the_setup_of_a_frame_is_that_of_its_experiment():
    experiment = Experiment()
    dataset = load(experiment.data, experiment.seeds.data)
    setup = Setup.of(experiment, torch.device("cpu"), dataset)
    snapshot = type("Any", (), {"layout": setup.built.layout})
    assert setup_of(make_frame(dataset=dataset, snapshot=snapshot)).built.layout == setup.built.layout
    wider = experiment.replace("network.layers.0.width", 9)
    for frame in (make_frame(dataset=dataset), make_frame(dataset=dataset, snapshot=snapshot, experiment=wider)):
        with pytest.raises(ExperimentError):
            setup_of(frame)
