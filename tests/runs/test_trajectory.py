"""The path of a run's weights: dense at first, bounded always."""

import numpy as np
import pytest

from nnplayground.engine.snapshot import Layout, Snapshot, Tensor
from nnplayground.runs import trajectory
from nnplayground.runs.trajectory import Trajectory, next_stop


def snapshot(step: int, parameters: int = 3) -> Snapshot:
    layout = Layout(("output",), 1, (Tensor(0, "weight", (parameters,), 0),), ())
    return Snapshot(layout, step, 0, np.full(parameters, step, np.float32), np.zeros(0, np.float32))


def stops(parameters: int, last: int) -> list[int]:
    found = [0]
    while found[-1] < last:
        found.append(next_stop(found[-1], parameters))
    return found


@pytest.mark.parametrize(("parameters", "every"), [(3, 256), (16, 256), (17, 32), (100_000, 32)])
def test_every_early_step_is_kept_and_then_as_many_of_each_doubling(parameters, every):
    found = np.array(stops(parameters, 64 * every))
    np.testing.assert_array_equal(found[: every + 1], np.arange(every + 1))
    for begin in every * 2 ** np.arange(6):
        assert ((found >= begin) & (found < 2 * begin)).sum() == every // 2


def test_a_stop_is_found_from_any_step_and_lies_ahead():
    known = set(stops(3, 100_000))
    for step in range(0, 50_000, 7):
        assert next_stop(step, 3) == min(s for s in range(step + 1, step + 2000) if s in known)


def test_the_weights_of_large_networks_are_not_asked_for():
    assert next_stop(0, 100_001) is None


def test_a_full_path_keeps_its_first_point_and_every_second_of_the_others(monkeypatch):
    monkeypatch.setattr(trajectory, "MOST", 8)
    path = Trajectory()
    for step in range(100):
        path.add(snapshot(step))
        assert len(path) <= 8
    assert path.steps == list(range(0, 100, 16))
    assert [int(point[0]) for point in path.points] == path.steps


def test_a_path_takes_no_more_memory_than_it_may(monkeypatch):
    monkeypatch.setattr(trajectory, "BYTES", 10 * 4 * 100)
    path = Trajectory()
    for step in range(1000):
        path.add(snapshot(step, 100))
        assert sum(point.nbytes for point in path.points) <= trajectory.BYTES
    assert path.steps[0] == 0
    assert len(path) >= 5


def test_of_a_network_too_large_for_it_no_path_is_kept(monkeypatch):
    monkeypatch.setattr(trajectory, "BYTES", 100)
    path = Trajectory()
    path.add(snapshot(0, 100))
    assert len(path) == 0
