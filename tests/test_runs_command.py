"""The commands `train --store` and `runs …`: what they print, and what they say of bad input."""

import json

import pytest

from nnplayground import cli
from nnplayground.runs.store import Store

SMALL = ("--set", "network.layers=[4]", "--set", "data.samples=60")


@pytest.fixture
def call(capsys):
    """Run a command in this process; return its status and what it wrote."""

    def run(*arguments) -> tuple[int, str, str]:
        try:
            status = cli.run(cli.parser().parse_args([str(a) for a in arguments]))
        except SystemExit as error:
            status = error.code
        written = capsys.readouterr()
        return status, written.out, written.err

    return run


@pytest.fixture
def store(call, tmp_path):
    """A store with two runs: 1 by Adam at 0.01 for 5 epochs, 2 by SGD at 0.1 for 3."""
    path = tmp_path / "runs.sqlite"
    assert call("train", "spiral", *SMALL, "--epochs", 5, "--store", path)[0] == 0
    sgd = ("--set", "optimizer.kind=sgd", "--set", "optimizer.lr=0.1")
    assert call("train", "circle", *SMALL, *sgd, "--epochs", 3, "--store", path)[0] == 0
    return path


def listed(call, store, *arguments) -> list[int]:
    status, out, err = call("runs", "list", "--store", store, "--json", *arguments)
    assert (status, err) == (0, "")
    return [run["id"] for run in json.loads(out)]


def test_runs_are_listed_the_latest_first(call, store):
    assert listed(call, store) == [2, 1]
    status, out, _ = call("runs", "list", "--store", store)
    head, *lines = out.splitlines()
    assert status == 0
    assert head.split()[:4] == ["run", "name", "begun", "outcome"]
    assert [line.split()[0] for line in lines] == ["2", "1"]
    assert all("epochs" in line for line in lines)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--filter", "optimizer = adam"), [1]),
        (("--filter", "lr > 0.05 or epochs = 5"), [2, 1]),
        (("--filter", "not star and data = circle"), [2]),
        (("--sort", "epochs"), [2, 1]),
        (("--sort=-epochs",), [1, 2]),
        (("--sort", "lr"), [1, 2]),
        (("--filter", "epochs > 100"), []),
    ],
)
def test_runs_are_filtered_and_sorted_by_any_knob_or_result(call, store, arguments, expected):
    assert listed(call, store, *arguments) == expected


def test_a_run_is_shown_with_its_experiment(call, store):
    status, out, _ = call("runs", "show", 1, "--store", store, "--json")
    run = json.loads(out)
    assert status == 0
    assert run["experiment"]["optimizer"]["kind"] == "adam"
    assert (run["epochs"], run["outcome"]) == (5, "epochs")
    assert {"train_loss", "validation_loss", "validation/accuracy"} <= run["results"].keys()
    assert {s["why"] for s in run["snapshots"]} >= {"first", "last", "best"}
    assert 'kind = "adam"' in call("runs", "show", 1, "--store", store)[1]


def test_runs_are_compared_by_what_differs(call, store):
    status, out, _ = call("runs", "compare", 1, 2, "--store", store, "--json")
    found = json.loads(out)
    assert status == 0
    assert found["knobs"]["optimizer.kind"] == ["adam", "sgd"]
    assert "network.layers" not in found["knobs"]
    assert len(found["results"]["validation_loss"]) == 2
    assert "optimizer.lr" in call("runs", "compare", 1, 2, "--store", store)[1]


def test_a_run_is_carried_into_another_store(call, store, tmp_path):
    file, other = tmp_path / "one.nnrun", tmp_path / "other.sqlite"
    assert call("runs", "export", 1, file, "--store", store)[0] == 0
    assert call("runs", "export", 1, file, "--store", store)[0] == 2
    assert call("runs", "export", 1, file, "--store", store, "--force")[0] == 0
    assert call("runs", "import", file, "--store", other) == (0, "run 1\n", "")
    assert listed(call, other) == [1]
    status, _, err = call("runs", "import", file, "--store", other)
    assert status == 2
    assert "already" in err


def test_runs_are_deleted_and_that_is_taken_back(call, store):
    assert call("runs", "delete", 1, 2, "--store", store)[0] == 0
    assert listed(call, store) == []
    assert listed(call, store, "--deleted") == [2, 1]
    assert call("runs", "delete", 1, "--undo", "--store", store)[0] == 0
    assert listed(call, store) == [1]


def test_a_resumed_run_is_trained_on_and_stays_one_run(call, store):
    status, out, _ = call("runs", "resume", 1, "--store", store, "--epochs", 8, "--json")
    assert status == 0
    assert json.loads(out)["epochs"] == 8
    with Store(store) as opened:
        row = opened.row("1")
        history = opened.history(row)
    assert (row.epochs, len(history.epochs), row.outcome) == (8, 8, "epochs")
    assert listed(call, store) == [2, 1]


def test_a_run_that_is_done_is_not_trained_on_without_a_reason(call, store):
    status, out, _ = call("runs", "resume", 1, "--store", store, "--json")
    assert status == 0
    assert json.loads(out)["steps"] == json.loads(call("runs", "show", 1, "--store", store, "--json")[1])["steps"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("list", "--filter", "lrr > 1"), "did you mean lr?"),
        (("list", "--sort", "nothing"), "runs have no such value"),
        (("show", "7"), "is no run of this store"),
        (("show", "zzzz"), "is no run of this store"),
        (("resume", "7"), "is no run of this store"),
        (("compare", "1", "9"), "is no run of this store"),
        (("import", "nowhere.nnrun"), "there is no such store"),
    ],
)
def test_bad_input_is_told_in_one_line(call, store, arguments, said):
    status, out, err = call("runs", arguments[0], *arguments[1:], "--store", store)
    assert (status, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_store_that_cannot_be_written_stops_training_before_it_begins(call, tmp_path):
    status, out, err = call("train", "spiral", "--store", tmp_path)
    assert (status, out) == (2, "")
    assert "is a folder" in err
