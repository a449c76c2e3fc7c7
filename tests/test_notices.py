"""What commands that train say before they begin: the same of the same, whichever command it is."""

from __future__ import annotations

import pytest

from nnplayground import cli
from nnplayground.data import load
from nnplayground.engine.executors import EXECUTORS
from nnplayground.engine.tape import UntraceableError
from nnplayground.experiment import Experiment
from nnplayground.experiment.datasets import Table

COMMANDS = {
    "train": ["--steps", "1"],
    "fan": ["--steps", "1", "--over", "optimizer.lr=0.1,0.01"],
    "lr-find": ["--steps", "2"],
}
SMALL = {"network.layers": [4], "batches.size": 5}


def said(capsys, command: str, file: object, *changes: str) -> list[str]:
    """Return the lines that a command writes to standard error."""
    turned = [part for text in changes for part in ("--set", text)]
    assert cli.run(cli.parser().parse_args([command, str(file), *COMMANDS[command], *turned])) == 0
    return capsys.readouterr().err.splitlines()


@pytest.fixture
def plain(tmp_path):
    """A small experiment on drawn data, of which there is nothing to say."""
    path = tmp_path / "plain.toml"
    Experiment().replace_all({"data.kind": "circle", **SMALL}).save(path)
    return path


@pytest.mark.parametrize("command", COMMANDS)
def test_what_was_made_of_the_data_is_told(capsys, tmp_path, command):
    table = tmp_path / "table.csv"
    table.write_text("a,b,y\n" + "".join(f"{i},{'' if i % 7 == 0 else i * i},{i % 2}\n" for i in range(60)))
    file = tmp_path / "mine.toml"
    data = {"kind": "table", "path": str(table), "missing": "drop"}
    Experiment().replace_all({"data": data, **SMALL}).save(file)
    lines = said(capsys, command, file)
    assert lines == list(load(Table(path=str(table), missing="drop"), Experiment().seeds.data).notes)
    assert "9 rows were dropped, having missing values: b 9." in lines


@pytest.mark.parametrize("command", COMMANDS)
def test_of_what_is_as_it_was_asked_for_nothing_is_told(capsys, plain, command):
    assert said(capsys, command, plain) == []


def test_train_and_fan_say_the_same_of_weights_that_are_taken(capsys, plain, tmp_path):
    weights = tmp_path / "w.safetensors"
    assert cli.run(cli.parser().parse_args(["train", str(plain), "--steps", "1", "--save", str(weights)])) == 0
    capsys.readouterr()
    lines = said(capsys, "train", plain, f"transfer.weights={weights}")
    assert any("layer 1" in line for line in lines)
    assert said(capsys, "fan", plain, f"transfer.weights={weights}") == lines


def test_train_and_fan_say_the_same_of_steps_that_cannot_be_compiled(capsys, plain, monkeypatch):
    def fail(*_):
        raise UntraceableError("it is Monday")

    monkeypatch.setitem(EXECUTORS, "compiled", fail)
    for command in ("train", "fan"):
        assert said(capsys, command, plain, "seeds.model=3") == ["steps run one by one, not compiled: it is Monday"]
