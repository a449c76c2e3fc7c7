"""Devices by name, and one line where there is none such."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from nnplayground.cli import DEVICES
from nnplayground.engine import Population, Trainer
from nnplayground.engine.devices import available, choose, threads_for
from nnplayground.engine.network import forward, views
from nnplayground.experiment import Experiment, ExperimentError
from tests.engine.conftest import NORMS, make_dataset, make_trainer


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


# threads


KINDS = {
    "dense": [7, 5],
    "convolutions": [{"kind": "conv", "filters": 6, "stride": 2}, {"kind": "conv", "filters": 3, "padding": "valid"}],
    "pooling": [
        {"kind": "conv", "filters": 4},
        {"kind": "max_pool"},
        {"kind": "resize", "side": 5},
        {"kind": "global_pool"},
    ],
    "residual": [{"kind": "residual", "filters": 4}, {"kind": "residual", "filters": 6, "stride": 2}],
    "inception": [{"kind": "inception", "filters": 16}],
    "mbconv": [{"kind": "mbconv", "filters": 5, "stride": 2}, {"kind": "mbconv", "filters": 4, "expansion": 1}],
}


@pytest.mark.parametrize("norm", ["none", "batch before", "weight"])
@pytest.mark.parametrize("layers", KINDS.values(), ids=KINDS)
def test_the_work_of_a_network_is_what_pytorch_counts_on_the_way_forward(layers, norm):
    trainer = make_trainer(make_dataset(image=(3, 8, 8)), "eager", network__layers=layers, **NORMS[norm])
    built, state = trainer.built, trainer._state
    parameters, buffers = views(state.parameters, built.layout.parameters), views(state.buffers, built.layout.buffers)
    with FlopCounterMode(display=False) as counted:
        forward(built, parameters, buffers, torch.zeros(8, built.layout.inputs))
    assert built.work * 8 * 2 == counted.get_total_flops()  # a multiply-add is two of these
    assert trainer.work == max(8 * built.work, 32 * trainer.parameters)


@pytest.fixture
def cores(monkeypatch):
    """Let the machine have eight."""
    monkeypatch.setattr("os.cpu_count", lambda: 8)


@pytest.mark.usefixtures("cores")
@pytest.mark.parametrize("batch", [1, 8, 10, 20, 32])
@pytest.mark.parametrize(("width", "threads"), [(20, 1), (300, 1), (313, 1), (316, 7), (500, 7)])
def test_dense_networks_at_usual_batches_go_by_a_hundred_thousand_parameters(width, threads, batch):
    trainer = make_trainer(make_dataset(), "eager", network__layers=[width, width], batches__size=batch)
    assert (trainer.parameters > 100_000) == (threads > 1)
    assert threads_for(trainer.work) == threads


@pytest.mark.usefixtures("cores")
def test_convolutions_and_large_batches_are_worth_threads_with_fewer_parameters():
    image, plain = make_dataset(image=(3, 16, 16)), make_dataset(rows=2000)
    convolutions = [{"kind": "conv", "filters": 32}, {"kind": "conv", "filters": 32}, {"kind": "global_pool"}]
    for dataset, layers, batch in ((image, convolutions, 32), (plain, [100, 100], 2000)):
        trainer = make_trainer(dataset, "eager", network__layers=layers, batches__size=batch)
        assert trainer.parameters < 15_000
        assert threads_for(trainer.work) == 7
        assert threads_for(make_trainer(dataset, "eager", network__layers=[4], batches__size=batch).work) == 1


def test_the_work_of_networks_side_by_side_is_that_of_all():
    trainer = make_trainer(make_dataset(), "eager")
    dataset, layers = trainer.dataset, [[3], [4, 4], [4]]
    population = Population(trainer.experiment, over="network.layers", values=layers, device="cpu", dataset=dataset)
    alone = [Trainer(member, device="cpu", dataset=dataset).work for member in population.members]
    assert population.work == sum(alone)


def test_a_machine_of_one_core_has_one_thread(monkeypatch):
    for cores in (None, 1, 2):
        monkeypatch.setattr("os.cpu_count", lambda cores=cores: cores)
        assert threads_for(10**9) == 1
