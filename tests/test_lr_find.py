"""The finder's command: its object, its text, and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nnplayground import lr_find
from nnplayground.engine.finder import find_rate
from nnplayground.experiment import Experiment
from tests.test_cli import call

PLAIN = {"data.kind": "plane", "data.samples": 60, "network.layers": [4], "optimizer": {"kind": "sgd"}}

RANGE = {"low": 1e-6, "high": 10.0, "steps": 300}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    Experiment().replace_all(PLAIN).save(path)
    return str(path)


def test_its_object_is_what_the_finder_found_and_nothing_else(capsys, file):
    status, out, err = call(capsys, "lr-find", file, "--json")
    result = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert (status, out.count("\n"), err) == (0, 1, "")
    found = find_rate(Experiment.load(file), device="cpu", **RANGE)
    assert set(result) == {"experiment", "rates", "loss", "smoothed_loss", "diverging", "half", "steepest"}
    assert Experiment.of(result["experiment"]) == Experiment.load(file)
    assert result["rates"] == found.rates.tolist()
    assert result["loss"] == found.raw.tolist()
    assert result["smoothed_loss"] == found.smoothed.tolist()
    assert (result["diverging"], result["half"], result["steepest"]) == (found.diverging, found.half, found.steepest)
    assert result["half"] == result["diverging"] / 2


def test_range_steps_and_settings_are_those_that_are_asked_for(capsys, file):
    asked = ["--low", "1e-4", "--high", "1e-2", "--steps", "30", "--executor", "eager"]
    result = json.loads(call(capsys, "lr-find", file, *asked, "--set", "network.layers=[3, 3]", "--json")[1])
    np.testing.assert_allclose(result["rates"], np.geomspace(1e-4, 1e-2, 30))
    assert len(result["experiment"]["network"]["layers"]) == 2
    assert (result["diverging"], result["half"]) == (None, None)


def test_what_is_left_out_is_the_finder_s(capsys, file):
    result = json.loads(call(capsys, "lr-find", file, "--set", "optimizer.kind=adam", "--json")[1])
    np.testing.assert_allclose(result["rates"], np.geomspace(1e-6, 10, 300)[: len(result["rates"])])


def test_what_is_left_out_in_python_is_the_same():
    result = lr_find.run(Experiment().replace_all(PLAIN), device="cpu")
    np.testing.assert_allclose(result["rates"], np.geomspace(1e-6, 10, 300)[: len(result["rates"])])
    assert len(result["rates"]) > 100


def test_its_text_is_a_curve_of_a_screenful_and_the_rates_that_stand_out(capsys, file):
    status, out, err = call(capsys, "lr-find", file)
    head, *rows, steepest, diverging, half = out.splitlines()
    result = json.loads(call(capsys, "lr-find", file, "--json")[1])
    assert (status, err, head.split()) == (0, "", ["rate", "loss"])
    assert 2 <= len(rows) <= lr_find.ROWS
    assert max(row.count("█") for row in rows) <= lr_find.BAR
    assert steepest == f"steepest at  {result['steepest']:.3g}"
    assert diverging == f"diverges at  {result['diverging']:.3g}"
    assert half == f"half of that  {result['half']:.3g}"


def test_what_there_is_not_is_a_dash():
    found = {"rates": [], "smoothed_loss": [], "diverging": None, "half": None, "steepest": None}
    assert lr_find.lines(found).splitlines()[1:] == ["steepest at  –", "diverges at  –", "half of that  –"]
    flat = {**found, "rates": [0.1, 0.2], "smoothed_loss": [0.5, 0.5]}
    assert "█" not in lr_find.lines(flat)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--low", "1", "--high", "0.1"], "rates from 1 to 0.1 are not a range; allowed: 0 < LOW < HIGH"),
        (["--low", "0"], "'0' is not allowed; allowed: a number above 0"),
        (["--high", "inf"], "'inf' is not allowed; allowed: a number above 0"),
        (["--steps", "1"], "steps = 1 is not allowed; allowed: at least 2"),
        (["--steps", "many"], "'many' is not allowed; allowed: a whole number of at least 1"),
        (["--set", "optimizer.lr=50"], "optimizer.lr = 50"),
        (["--set", "loss.kind=hinge"], "which is regression"),
        (["--device", "mps"], "mps"),
        (["--executor", "graph"], "executor = 'graph' does not run on cpu"),
        (["--epochs", "3"], "--epochs"),
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_status_2(capsys, file, arguments, told):
    status, out, err = call(capsys, "lr-find", file, *arguments)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert told in err


def test_an_experiment_that_is_not_there_is_one_line_and_status_2(capsys):
    status, out, err = call(capsys, "lr-find", "nothing.toml")
    assert (status, out, err.count("\n")) == (2, "", 1)
