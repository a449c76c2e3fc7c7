"""The command `fan`: a network for each of many values of a knob, and what became of each."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nnplayground import cli, fan
from nnplayground.engine import Population
from nnplayground.experiment import Experiment
from nnplayground.experiment.catalogue import every_knob
from tests.experiment.outcome import outcome

PATHS = sorted({field.path for _, field in every_knob()} | {"data.kind", "optimizer.kind", "optimizer", "seeds", "no"})
KEYS = {
    *("experiment", "over", "values", "steps", "epochs", "seconds", "network_steps_per_second", "executor", "device"),
    *("stopped_by", "parameters", "members", "best"),
}
MEMBER_KEYS = {
    *("value", "train_loss", "validation_loss", "metric", "train_metric", "validation_metric", "epochs", "diverged_at"),
    "best_epoch",
}
STEEP = ["--set", "data.kind=plane", "--set", "optimizer.kind=sgd", "--set", "network.activation=identity"]


@pytest.fixture
def file(tmp_path):
    """A small experiment: five steps an epoch."""
    small = {"data.kind": "circle", "data.samples": 100, "network.layers": [4], "stopping.epochs": 3}
    path = tmp_path / "mine.toml"
    Experiment().replace_all(small).save(path)
    return str(path)


def call(capsys, *arguments: str) -> tuple[int, str, str]:
    """Run a command in this process; return its status and what it wrote."""
    try:
        status = cli.run(cli.parser().parse_args(arguments))
    except SystemExit as error:
        status = error.code
    written = capsys.readouterr()
    return status, written.out, written.err


def told(capsys, *arguments: str) -> tuple[int, dict]:
    """Run a fan with --json; return its status and the one object that it printed."""
    status, out, _ = call(capsys, "fan", *arguments, "--json")
    assert out.count("\n") == 1
    return status, json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


# what is asked for


ASKED = {
    "a range by decades": ("optimizer.lr=1e-4..1", 5, (1e-4, 1e-3, 1e-2, 0.1, 1.0)),
    "sixteen, if nothing else is said": ("seeds.model=1..100", None, tuple(round(1 + 6.6 * i) for i in range(16))),
    "a range of whole numbers": ("batches.size=1..64", 7, (1, 2, 4, 8, 16, 32, 64)),
    "spaces": (" optimizer.lr = 0.1 .. 1 ", 2, (0.1, 1.0)),
    "numbers": ("optimizer.lr=0.1,0.01", None, (0.1, 0.01)),
    "choices": ("network.activation=tanh,relu", None, ("tanh", "relu")),
    "kinds": ("optimizer.kind=sgd,adam", None, ("sgd", "adam")),
    "switches": ("optimizer.nesterov=true,false", None, (True, False)),
    "lists": ("network.layers=[8],[16, 8],[]", None, ([8], [16, 8], [])),
    "paths of files": ("data.path=../a.csv,..", None, ("../a.csv", "..")),
    "one": ("name=x=y", None, ("x=y",)),
}


@pytest.mark.parametrize(("text", "size", "values"), ASKED.values(), ids=ASKED)
def test_a_range_or_a_list_of_values(text, size, values):
    assert fan.parse(text, Experiment(), size) == (text.partition("=")[0].strip(), values)


REFUSED = {
    "no values": ("optimizer.lr=", "--over 'optimizer.lr=' is not allowed; allowed: PATH=LO..HI or PATH=A,B,C"),
    "no path": ("=1..2", "--over '=1..2' is not allowed"),
    "no assignment": ("optimizer.lr", "--over 'optimizer.lr' is not allowed"),
    "out of limits": ("optimizer.lr=0.1..11", "optimizer.lr = 11 is not allowed; allowed: a number from 0 to 10"),
    "not whole": ("batches.size=1..4.5", "batches.size = 4.5 is not allowed; allowed: a whole number from 1 to 65536"),
    "not numeric": ("network.activation=1..2", "network.activation = 1 is not allowed; allowed: one of identity, "),
    "a kind": ("optimizer.kind=1..2", "optimizer.kind = '1' is not allowed; allowed: one of sgd, "),
    "no such knob": ("optimizer.rate=1..2", "optimizer.rate = 1: there is no such knob"),
    "no such part": ("optimiser.lr=1..2", "optimiser.lr: there is no such knob here; did you mean optimizer.lr?"),
    "no ends": ("optimizer.lr=a..b", "optimizer.lr = 'a..b' is not allowed; allowed: a number from 0 to 10"),
    "three dots": ("optimizer.lr=1...5", "optimizer.lr = '1...5' is not allowed"),
    "one is wrong": ("network.activation=tanh,tan", "network.activation = 'tan' is not allowed; allowed: one of "),
    "tasks": ("data.kind=circle,plane", "data.kind: members of a population must have one task"),
    "an empty one": ("optimizer.lr=0.1,,0.2", "optimizer.lr = '' is not allowed"),
}


@pytest.mark.parametrize(("text", "line"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_fanned_is_one_line_and_status_2(capsys, file, text, line):
    status, out, err = call(capsys, "fan", file, "--over", text, "--steps", "1")
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"nnplayground: {line}")


WRONG_OPTIONS = {
    "no knob": [],
    "size without a range": ["--over", "optimizer.lr=0.1,0.2", "--size", "5"],
    "no size": ["--over", "optimizer.lr=0.1..1", "--size", "0"],
    "no steps": ["--over", "optimizer.lr=0.1..1", "--steps", "-1"],
    "no such device": ["--over", "optimizer.lr=0.1..1", "--device", "abacus"],
    "an executor of other devices": ["--over", "optimizer.lr=0.1..1", "--executor", "graph", "--device", "cpu"],
    "a wrong setting": ["--over", "optimizer.lr=0.1..1", "--set", "batches.size=0"],
}


@pytest.mark.parametrize("options", WRONG_OPTIONS.values(), ids=WRONG_OPTIONS)
def test_wrong_options_are_one_line_and_status_2(capsys, file, options):
    status, out, err = call(capsys, "fan", file, *options)
    assert (status, out) == (2, "")
    assert err.strip().count("\n") == 0
    assert err.startswith("nnplayground")


@given(text=st.text(max_size=60), size=st.none() | st.integers(1, 50))
@example(text="optimizer.lr=" + "9" * 5000 + "..1", size=3)
@example(text="optimizer.lr=nan..inf", size=3)
@example(text="optimizer.lr=1\n..2", size=3)
@example(text="format=1..1", size=None)
def test_any_text_is_values_or_one_line(text, size):
    found, _ = outcome(fan.parse, text, Experiment(), size)
    if found is not None:
        path, values = found
        assert path
        assert values


@settings(max_examples=300)
@given(
    path=st.sampled_from(PATHS),
    text=st.text(max_size=20) | st.tuples(st.floats(), st.floats()).map(lambda ends: f"{ends[0]}..{ends[1]}"),
)
def test_anything_for_a_knob_is_networks_or_one_line(path, text):
    def members():
        _, values = fan.parse(f"{path}={text}", Experiment(), None)
        return [Experiment().replace(path, value) for value in values]

    found, _ = outcome(members)
    assert found != []


# what comes of it


def test_json_is_one_object_and_nothing_else(capsys, file):
    status, out, err = call(capsys, "fan", file, "--over", "optimizer.lr=0.001..0.1", "--size", "3", "--json")
    result = json.loads(out)
    assert (status, err, out.count("\n")) == (0, "", 1)
    assert set(result) == KEYS
    assert all(set(member) == MEMBER_KEYS for member in result["members"])
    assert (result["over"], result["values"]) == ("optimizer.lr", [0.001, 0.01, 0.1])
    assert [member["value"] for member in result["members"]] == result["values"]
    assert (result["steps"], result["epochs"], result["stopped_by"]) == (15, 3, "epochs")
    assert (result["device"], result["executor"], result["parameters"]) == ("cpu", "compiled", [17, 17, 17])
    assert Experiment.of(result["experiment"]) == Experiment.load(file)
    assert result["network_steps_per_second"] > 0


@pytest.mark.parametrize("over", ["optimizer.lr=0.001..0.1", "batches.size=5..50", "network.layers=[4],[3, 2],[4]"])
def test_each_network_is_what_train_makes_of_it(capsys, file, over):
    size = ["--size", "3"] if ".." in over else []
    _, result = told(capsys, file, "--over", over, *size)
    for member in result["members"]:
        setting = f"{result['over']}={json.dumps(member['value'])}"
        alone = json.loads(call(capsys, "train", file, "--set", setting, "--json")[1])
        assert (alone["epochs"], alone["best_epoch"]) == (member["epochs"], member["best_epoch"])
        assert alone["metric"] == member["metric"]
        for name in ("train_loss", "validation_loss", "validation_metric"):
            assert member[name] == pytest.approx(alone[name], rel=1e-4)


def test_what_is_told_of_a_network_is_of_its_best_epoch_unless_that_is_not_wanted_as_train_does(capsys, file):
    rough = ["--set", "optimizer={kind='adam', lr=0.3}", "--set", "network.dropout=0.4", "--epochs", "30"]
    _, result = told(capsys, file, *rough, "--over", "stopping.restore=true,false")
    best, last = result["members"]
    assert 0 < best["best_epoch"] == last["best_epoch"] < 30
    assert best["validation_loss"] < last["validation_loss"]
    assert result["best"] is True
    for member in (best, last):
        setting = f"stopping.restore={json.dumps(member['value'])}"
        alone = json.loads(call(capsys, "train", file, *rough, "--set", setting, "--json")[1])
        assert alone["best_epoch"] == member["best_epoch"]
        for name in ("train_loss", "validation_loss", "validation_metric"):
            assert member[name] == pytest.approx(alone[name], rel=1e-4)


LENGTHS = {
    "steps": (["--steps", "7"], 7, "steps"),
    "epochs": (["--epochs", "2"], 10, "epochs"),
    "as the experiment says": ([], 15, "epochs"),
    "no more than the experiment says": (["--steps", "99"], 15, "epochs"),
    "seconds": (["--seconds", "1e-9"], 1, "seconds"),
}


@pytest.mark.parametrize(("options", "steps", "stopped_by"), LENGTHS.values(), ids=LENGTHS)
def test_training_is_as_long_as_it_is_said(capsys, file, options, steps, stopped_by):
    status, result = told(capsys, file, "--over", "optimizer.lr=0.01,0.1", *options)
    assert (status, result["steps"], result["stopped_by"]) == (0, steps, stopped_by)


def test_settings_are_those_of_every_network(capsys, file):
    _, result = told(capsys, file, "--over", "optimizer.lr=0.01,0.1", "--set", "network.layers=[3]", "--steps", "1")
    assert result["parameters"] == [13, 13]
    assert result["experiment"]["network"]["layers"] == [{"width": 3}]


def test_the_table_has_a_row_for_every_value_and_marks_the_best(capsys, file):
    arguments = [file, "--over", "optimizer.lr=0.001..0.1", "--size", "4", "--steps", "9"]
    _, result = told(capsys, *arguments)
    status, out, err = call(capsys, "fan", *arguments)
    head, *rows, summary = out.splitlines()
    assert (status, err, len(rows)) == (0, "", 4)
    assert head.split("  ")[0] == "optimizer.lr"
    assert all(name in head for name in ("train loss", "validation loss", "train accuracy", "validation accuracy"))
    for row, member in zip(rows, result["members"], strict=True):
        value, *numbers = row.split()
        assert float(value) == member["value"]
        names = ("train_loss", "validation_loss", "train_metric", "validation_metric")
        assert numbers[:4] == [f"{member[name]:.4g}" for name in names]
        assert numbers[4:] == (["best"] if member["value"] == result["best"] else [])
    lowest = min(result["members"], key=lambda member: member["validation_loss"])
    assert lowest["value"] == result["best"]
    assert summary.startswith("4 networks, 9 steps (1 epoch) in ")


@pytest.mark.parametrize("over", ["network.activation=tanh,relu", "network.layers=[2],[3, 3]", "data.kind=moons,xor"])
def test_the_table_says_any_value(capsys, file, over):
    _, out, _ = call(capsys, "fan", file, "--over", over, "--steps", "2")
    for value in fan.parse(over, Experiment())[1]:
        assert any(line.lstrip().startswith(str(value)) for line in out.splitlines())


def test_epochs_are_told_where_they_differ(capsys, file):
    _, out, _ = call(capsys, "fan", file, "--over", "batches.size=5,25", "--steps", "4")
    assert [row.split()[:2] for row in out.splitlines()[:3]] == [["batches.size", "epochs"], ["5", "0"], ["25", "2"]]
    assert "epochs" not in call(capsys, "fan", file, "--over", "seeds.model=1,2", "--steps", "4")[1].splitlines()[0]


def test_of_equals_the_first_is_the_best(capsys, file):
    status, out, _ = call(capsys, "fan", file, "--over", "name=a,b,c", "--steps", "3")
    assert (status, [row.endswith("best") for row in out.splitlines()[1:4]]) == (0, [True, False, False])


def test_those_that_diverge_are_told_and_are_not_the_best(capsys, file):
    arguments = [file, *STEEP, "--over", "optimizer.lr=10.0,0.01,2.0", "--epochs", "4"]
    status, result = told(capsys, *arguments)
    assert (status, result["best"], result["stopped_by"]) == (0, 0.01, "epochs")
    bad, good, worse = result["members"]
    assert good["diverged_at"] is None
    for member in (bad, worse):
        assert member["diverged_at"] > 1
        assert all(member[name] is None for name in ("train_loss", "validation_loss", "validation_metric"))
    _, out, _ = call(capsys, "fan", *arguments)
    first, second, third = out.splitlines()[1:4]
    assert first.endswith(f"–  diverged at step {bad['diverged_at']}")
    assert second.endswith("best")
    assert third.endswith(f"diverged at step {worse['diverged_at']}")


def test_where_every_network_diverges_the_status_is_3(capsys, file):
    arguments = [file, *STEEP, "--over", "optimizer.lr=5.0,10.0", "--epochs", "9"]
    status, result = told(capsys, *arguments)
    assert (status, result["best"], result["stopped_by"]) == (3, None, "diverged")
    last = max(member["diverged_at"] for member in result["members"])
    assert result["steps"] == last - 1
    status, out, err = call(capsys, "fan", *arguments)
    assert (status, "best" in out) == (3, False)
    assert err == f"nnplayground: every network diverged, the last at step {last}\n"


def test_ctrl_c_prints_the_table_so_far_and_ends_with_status_130(capsys, file, monkeypatch):
    advance = Population.advance

    def pressed(self, **how):
        if self.step > 0:
            signal.raise_signal(signal.SIGINT)
        return advance(self, **{**how, "steps": 2})

    monkeypatch.setattr(Population, "advance", pressed)
    before = signal.getsignal(signal.SIGINT)
    status, out, err = call(capsys, "fan", file, "--over", "optimizer.lr=0.01,0.1")
    assert (status, err, len(out.splitlines())) == (130, "", 4)
    assert ", 4 steps (" in out
    assert signal.getsignal(signal.SIGINT) is before
    status, result = told(capsys, file, "--over", "optimizer.lr=0.01,0.1")
    assert (status, result["steps"], result["stopped_by"]) == (130, 4, "interrupted")


def test_a_wrong_text_is_told_before_torch_is_imported():
    code = (
        "import sys\n"
        "from nnplayground import fan\n"
        "from nnplayground.experiment import Experiment, ExperimentError\n"
        "try: fan.parse('optimizer.lr=1..11', Experiment())\n"
        "except ExperimentError as error: print(error, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("a number from 0 to 10 False\n")
