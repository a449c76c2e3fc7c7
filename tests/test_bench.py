"""The short benchmark: what it measures is the same work, and what it prints is whole."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
import torch

from nnplayground import bench, cli
from nnplayground.experiment import Experiment

TINY = 0.01
CASES = {
    **bench.NETWORKS,
    "relu, norm before": {"network.activation": "relu", "network.normalization": "batch"},
    "norm after": {"network.layers": [5, 3], "network.normalization": "batch", "network.norm_place": "after"},
    "convolutions": {
        "data.kind": "digits",
        "network.layers": [
            {"kind": "conv", "filters": 3},
            {"kind": "max_pool"},
            {"kind": "conv", "filters": 4, "kernel": 3, "padding": "valid"},
            {"kind": "average_pool"},
            {"kind": "flatten"},
            {"width": 5},
        ],
    },
    "regression": {"data.kind": "plane", "network.layers": [6]},
}


@pytest.fixture(params=CASES)
def trainer(request):
    """A trainer of each network that is measured, and of kinds that benchmarks may add."""
    return bench.fair_trainer(Experiment().replace_all(CASES[request.param]), device="cpu")


def call(capsys, *arguments: str) -> tuple[int, str, str]:
    """Run a command in this process; return its status and what it wrote."""
    try:
        status = cli.run(cli.parser().parse_args(arguments))
    except SystemExit as error:
        status = error.code
    written = capsys.readouterr()
    return status, written.out, written.err


@pytest.mark.parametrize("fused", [False, True])
def test_the_loop_does_the_same_work_as_the_trainer(trainer, fused):
    rows = len(trainer.dataset.train)  # one batch of all samples: their order does not matter then
    experiment = trainer.experiment.replace("batches.size", rows)
    trainer = bench.fair_trainer(experiment, device="cpu", dataset=trainer.dataset)
    loop = bench.Loop(trainer, fused=fused)
    theirs = np.empty(0)
    while len(theirs) < 3:
        loop(TINY)
        theirs = np.append(theirs, loop.losses)
    theirs = theirs[:20]
    np.testing.assert_allclose(trainer.advance(steps=len(theirs)).loss, theirs, rtol=1e-3, atol=1e-4)


def test_an_epoch_has_equally_many_steps_for_all(trainer):
    x, y = bench.samples(trainer)
    assert len(x) == len(y) == trainer.steps_per_epoch * trainer.experiment.batches.size


def test_the_networks_have_the_same_parameters(trainer):
    model = bench.module(trainer)
    assert torch.equal(
        torch.nn.utils.parameters_to_vector(model.parameters()).detach(),
        torch.from_numpy(trainer.snapshot().parameters),
    )


def test_contenders_take_turns_and_the_first_turn_does_not_count():
    order = []

    def contender(name, rate):
        def train(seconds):
            order.append((name, seconds))
            return rate * (1000 if len(order) <= 3 else 1)

        return train

    rates = bench.contest({name: contender(name, i + 1.0) for i, name in enumerate("abc")}, 7.0, 4)
    assert rates == {"a": [1.0] * 4, "b": [2.0] * 4, "c": [3.0] * 4}
    assert "".join(name for name, _ in order) == "abc" + "abc" + "bca" + "cab" + "abc"
    assert {seconds for _, seconds in order[3:]} == {7.0}


def test_a_ratio_is_the_median_of_those_in_each_round():
    assert bench.ratio([10.0, 2.0, 9.0], [1.0, 1.0, 3.0]) == 3.0


def test_json_is_one_object_and_nothing_else(capsys):
    status, out, err = call(capsys, "bench", "--json", "--seconds", str(TINY), "--device", "cpu")
    result = json.loads(out)
    assert status == 0
    assert out.count("\n") == 1
    assert all(name in err for name in bench.NETWORKS)
    assert set(result) == {"version", "torch", "device", "threads", "seconds", "rounds", "networks"}
    assert (result["device"], result["threads"], result["seconds"]) == ("cpu", 1, TINY)
    assert [row["network"] for row in result["networks"]] == list(bench.NETWORKS)
    for row in result["networks"]:
        assert set(row) == {"network", "batch_size", "parameters", "executor", "steps_per_second", "ratios"}
        assert set(row["steps_per_second"]) == {"trainer", "trainer_eager", "torch_loop", "torch_loop_fused"}
        assert set(row["ratios"]) == {"trainer_eager", "torch_loop", "torch_loop_fused"}
        assert all(value > 0 for part in ("steps_per_second", "ratios") for value in row[part].values())


def test_the_text_has_a_line_for_every_network():
    networks = {name: bench.NETWORKS[name] for name in ("2-4-2-1", "2-8-8-1")}
    result = bench.run(seconds=TINY, device="cpu", rounds=1, networks=networks)
    text = bench.lines(result)
    for row in result["networks"]:
        line = next(line for line in text.splitlines() if line.startswith(row["network"]))
        assert f"{row['steps_per_second']['trainer']:,.0f}" in line
        assert f"{row['ratios']['torch_loop']:.2f} ×" in line


@pytest.mark.parametrize("arguments", [["--seconds", "0"], ["--device", "tpu"], ["--nonsense"], ["--device", "mps"]])
def test_bad_input_is_one_line_and_status_2(capsys, arguments):
    if "mps" in arguments and torch.backends.mps.is_available():
        pytest.skip("this machine has that device")
    status, out, err = call(capsys, "bench", "--seconds", str(TINY), *arguments)
    assert (status, out) == (2, "")
    assert arguments[-1] in err.splitlines()[-1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_with_status_130():
    command = [sys.executable, "-m", "nnplayground", "bench", "--json", "--seconds", "60"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert "2-4-2-1" in running.stderr.readline()  # it measures
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=120)
    assert (running.returncode, out) == (130, "")
    assert "Traceback" not in err
