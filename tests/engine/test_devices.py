"""Devices by name, and one line where there is none such."""

from __future__ import annotations

import pytest
import torch

from nnplayground.cli import DEVICES
from nnplayground.engine import Trainer
from nnplayground.engine.devices import available, choose
from nnplayground.experiment import Experiment, ExperimentError
from tests.engine.conftest import make_dataset


@pytest.fixture
def machine(monkeypatch):
    """Say which accelerators this machine has."""

    def has(cuda, mps):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return has


@pytest.mark.parametrize(
    ("cuda", "mps", "there", "best"),
    [
        (False, False, ("cpu",), "cpu"),
        (True, False, ("cuda", "cpu"), "cuda"),
        (False, True, ("mps", "cpu"), "cpu"),
        (True, True, ("cuda", "mps", "cpu"), "cuda"),
    ],
)
def test_auto_is_what_the_machine_has(machine, cuda, mps, there, best):
    machine(cuda, mps)
    assert available() == there
    assert choose("auto").type == best
    for name in there:
        assert choose(name).type == name
        assert name in DEVICES


@pytest.mark.parametrize("name", ["cuda", "mps", "tpu", "cuda:1", "", "CPU", "a\nb"])
def test_a_device_that_is_not_there_is_told_in_one_line(machine, name):
    machine(False, False)
    for action in (lambda: choose(name), lambda: Trainer(Experiment(), device=name, dataset=make_dataset())):
        with pytest.raises(ExperimentError) as caught:
            action()
        line = str(caught.value)
        assert len(line.splitlines()) == 1
        assert line == f"device = {name!r} is not there on this machine; allowed: auto, cpu"


def test_a_trainer_s_tensors_lie_on_its_device():
    trainer = Trainer(Experiment(), device="cpu", dataset=make_dataset())
    assert trainer.device == torch.device("cpu")
    assert {t.device.type for t in (trainer._state.parameters, *trainer._state.slots.values())} == {"cpu"}
