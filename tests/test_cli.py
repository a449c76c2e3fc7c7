"""The command line, in a process of its own where that matters."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from safetensors.numpy import load_file

from nnplayground import cli, resources
from nnplayground.cli import experiments, topics
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import GROUPS, every_knob, find, kinds
from nnplayground.experiment.families import efficientnet

QUICK = ["--set", "data.kind=circle", "--set", "data.samples=60"]


def call(capsys, *arguments: str) -> tuple[int, str, str]:
    """Run a command in this process; return its status and what it wrote."""
    try:
        status = cli.run(cli.parser().parse_args(arguments))
    except SystemExit as error:
        status = error.code
    written = capsys.readouterr()
    return status, written.out, written.err


def process(*arguments: str, **options) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "nnplayground", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "mine.toml"
    Experiment().replace_all({"data.kind": "circle", "data.samples": 60, "network.layers": [4]}).save(path)
    return str(path)


# new, show


def test_new_writes_an_experiment_that_train_reads(capsys, tmp_path):
    path = tmp_path / "iris.toml"
    assert call(capsys, "new", "iris", "-o", str(path))[0] == 0
    assert Experiment.load(path) == Experiment.load(resources.presets()["iris"])


def test_new_without_a_place_writes_to_standard_output(capsys):
    status, out, _ = call(capsys, "new")
    assert status == 0
    assert Experiment.from_toml(out) == Experiment()


def test_new_writes_over_nothing_unless_told(capsys, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("precious")
    status, _, err = call(capsys, "new", "-o", str(path))
    assert status == 2
    assert "is there already" in err
    assert path.read_text() == "precious"
    assert call(capsys, "new", "-o", str(path), "--force")[0] == 0
    assert Experiment.load(path) == Experiment()


def test_new_puts_a_family_s_network_into_a_preset(capsys):
    status, out, _ = call(capsys, "new", "--family", "efficientnet", "--phi", "1")
    experiment = Experiment.from_toml(out)
    assert status == 0
    assert experiment.network == efficientnet(1)
    assert experiment.name.endswith("φ = 1")
    out = call(capsys, "new", "lenet-5", "--family", "efficientnet")[1]
    lenet = Experiment.load(resources.presets()["lenet-5"])
    assert Experiment.from_toml(out) == lenet.replace_all({"name": "LeNet-5, φ = 0", "network": efficientnet(0)})


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--phi", "1"], "--phi 1 is of no family; allowed: with --family efficientnet"),
        (["--family", "efficientnet", "--phi", "9"], "phi = 9.0 is not allowed; allowed: a number from 0 to 7"),
        (["spiral", "--family", "efficientnet"], "network.layers.0.kind = 'resize' needs an image"),
    ],
)
def test_new_says_why_there_is_no_such_network(capsys, arguments, line):
    status, out, err = call(capsys, "new", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith(f"nnplayground: {line}")
    assert err.count("\n") == 1


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_show_lists_the_same_in_text_and_json(capsys, topic):
    status, out, _ = call(capsys, "show", topic, "--json")
    rows = json.loads(out)
    assert status == 0
    assert rows
    text = call(capsys, "show", topic)[1]
    assert all(row["name"] in text for row in rows)


def test_show_knobs_lists_every_knob(capsys):
    rows = json.loads(call(capsys, "show", "knobs", "--json")[1])
    assert {(row["kind"], row["name"]) for row in rows} == {(kind, field.path) for kind, field in every_knob()}
    assert all(row["help"] and row["allowed"] for row in rows)


def test_there_is_a_topic_for_every_part_that_is_of_a_kind():
    assert set(GROUPS) <= set(topics.KINDS.values())
    assert {"clippings", "averagings", "losses", "datasets"} < set(topics.TOPICS)


@pytest.mark.parametrize(("topic", "group"), topics.KINDS.items())
def test_show_lists_every_kind(capsys, topic, group):
    rows = json.loads(call(capsys, "show", topic, "--json")[1])
    assert {row["name"] for row in rows} == kinds(group).keys()


# train


def test_train_prints_one_json_object_and_nothing_else(capsys, file):
    status, out, _ = call(capsys, "train", file, "--steps", "7", "--json")
    result = json.loads(out)
    assert status == 0
    assert out.count("\n") == 1
    assert result["steps"] == 7
    assert result["stopped_by"] == "steps"
    assert result["metric"] == "accuracy"
    assert (result["executor"], result["device"]) == ("compiled", "cpu")
    assert Experiment.of(result["experiment"]) == Experiment.load(file)
    names = "experiment steps epochs seconds steps_per_second train_loss validation_loss metric validation_metric"
    assert set(result) == {*names.split(), "parameters", "executor", "device", "stopped_by", "best_epoch"}


@pytest.mark.parametrize(
    ("limit", "value", "stopped_by"),
    [("--epochs", "3", "epochs"), ("--steps", "5", "steps"), ("--seconds", "0.05", "seconds")],
)
def test_train_stops_where_it_is_told(capsys, file, limit, value, stopped_by):
    result = json.loads(call(capsys, "train", file, limit, value, "--json")[1])
    assert result["stopped_by"] == stopped_by
    if limit != "--seconds":
        assert result[limit.removeprefix("--")] == int(value)


WAVERING = ["data.kind=plane", "data.noise=0.5", "optimizer.kind=sgd", "optimizer.lr=0.1", "stopping.epochs=30"]


def trained(capsys, file, *changes: str, save: str | None = None) -> dict:
    """Return what is said of a training whose validation loss rises and falls."""
    turned = [part for text in (*WAVERING, *changes) for part in ("--set", text)]
    return json.loads(call(capsys, "train", file, *turned, "--json", *(["--save", save] if save else []))[1])


def test_what_is_told_and_saved_is_the_best_epoch_unless_that_is_not_wanted(capsys, file, tmp_path):
    best, last, other = (str(tmp_path / f"{name}.safetensors") for name in ("best", "last", "other"))
    kept = trained(capsys, file, save=best)
    end = trained(capsys, file, "stopping.restore=false", save=last)
    assert (kept["epochs"], kept["stopped_by"]) == (end["epochs"], end["stopped_by"]) == (30, "epochs")
    assert 0 < kept["best_epoch"] == end["best_epoch"] < 30
    assert kept["validation_loss"] < end["validation_loss"]
    then = trained(capsys, file, f"stopping.epochs={kept['best_epoch']}", "stopping.restore=false", save=other)
    assert then["validation_loss"] == kept["validation_loss"]
    weights = [load_file(path) for path in (best, last, other)]
    assert all((weights[0][name] == weights[2][name]).all() for name in weights[0])
    assert any((weights[0][name] != weights[1][name]).any() for name in weights[0])


def test_patience_ends_a_training_and_says_so(capsys, file):
    result = trained(capsys, file, "stopping.patience=2")
    assert result["stopped_by"] == "patience"
    assert result["epochs"] < 30
    assert result["epochs"] == result["best_epoch"] + 2
    watched = trained(capsys, file, "stopping.patience=1", "stopping.watch=train_loss", "stopping.min_change=10.0")
    assert (watched["stopped_by"], watched["epochs"]) == ("patience", 2)


def test_where_no_epoch_was_finished_there_is_no_best(capsys, file):
    result = json.loads(call(capsys, "train", file, "--steps", "1", "--json")[1])
    assert (result["epochs"], result["best_epoch"]) == (0, None)


def test_the_same_command_gives_the_same_losses(capsys, file):
    first, second = (json.loads(call(capsys, "train", file, "--epochs", "4", "--json")[1]) for _ in range(2))
    assert first["train_loss"] == second["train_loss"]
    assert first["validation_loss"] == second["validation_loss"]


def test_set_turns_knobs_of_every_type(capsys, file):
    turned = ["optimizer.lr=1e-3", "network.layers=[3, 2]", "network.activation=relu", "optimizer.kind=sgd"]
    arguments = [part for text in [*turned, "optimizer.nesterov=true"] for part in ("--set", text)]
    result = json.loads(call(capsys, "train", file, *arguments, "--steps", "1", "--json")[1])
    experiment = Experiment.of(result["experiment"])
    assert experiment.optimizer.lr == 1e-3
    assert [layer.width for layer in experiment.network.layers] == [3, 2]
    assert experiment.network.activation == "relu"
    assert experiment.optimizer.nesterov is True


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--set", "optimizer.lr=50"], "optimizer.lr = 50"),
        (["--set", "optimizer.learning_rate=0.1"], "optimizer.learning_rate"),
        (["--set", "nonsense"], "PATH=VALUE"),
        (["--set", "=3"], "PATH=VALUE"),
        (["--set", "batches.size=99"], "batches.size = 99"),
        (["--steps", "0"], "whole number"),
        (["--epochs", "-3"], "whole number"),
        (["--seconds", "nan"], "above 0"),
        (["--device", "tpu"], "tpu"),
        (["--device", "mps"], "mps"),
        (["--executor", "magic"], "magic"),
        (["--nonsense"], "--nonsense"),
    ],
)
def test_bad_input_is_one_line_and_status_2(capsys, file, arguments, told):
    status, out, err = call(capsys, "train", file, *arguments, *([] if "--steps" in arguments else ["--steps", "1"]))
    assert status == 2
    assert out == ""
    assert told in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("name", ["nothing.toml", "digitz", "/", ""])
def test_an_experiment_that_is_not_there_is_one_line_and_status_2(capsys, name):
    status, out, err = call(capsys, "train", name)
    assert (status, out, err.count("\n")) == (2, "", 1)


def test_divergence_is_status_3_with_the_last_finite_state_and_valid_json(capsys, file):
    wild = ["data.kind=plane", "optimizer.kind=sgd", "optimizer.lr=10.0", "network.activation=relu"]
    arguments = [part for text in wild for part in ("--set", text)]
    status, out, err = call(capsys, "train", file, *arguments, "--json")
    result = json.loads(out, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert status == 3
    assert result["stopped_by"] == "diverged"
    assert "step" in err
    assert err.count("\n") == 1


def test_save_writes_every_parameter_by_name(capsys, file, tmp_path):
    path = tmp_path / "weights.safetensors"
    assert (
        call(capsys, "train", file, "--set", "network.normalization=batch", "--steps", "3", "--save", str(path))[0] == 0
    )
    arrays = load_file(path)
    assert arrays["layer 1/weight"].shape == (4, 2)
    assert {name.split("/")[1] for name in arrays} == {"weight", "bias", "scale", "shift", "mean", "variance"}


def test_weights_are_saved_as_safetensors_and_nothing_else(capsys, file, tmp_path):
    """And that is said before anything is trained."""
    status, out, err = call(capsys, "train", file, "--save", str(tmp_path / "weights.npz"))
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert "allowed: a name that ends in .safetensors" in err


def test_a_training_begins_with_saved_weights_and_says_what_was_taken(capsys, file, tmp_path):
    path = str(tmp_path / "weights.safetensors")
    assert call(capsys, "train", file, "--steps", "3", "--save", path)[0] == 0
    start = ["--set", f"transfer.weights={path}"]
    status, _, err = call(capsys, "train", file, *start, "--steps", "1")
    assert (status, err.splitlines()[0]) == (0, "layer 1: taken (4×2)")
    status, _, err = call(capsys, "fan", file, *start, "--steps", "1", "--over", "optimizer.lr=0.1,0.2")
    assert (status, err.splitlines()[0]) == (0, "layer 1: taken (4×2)")


def test_weights_that_are_not_there_are_told(capsys, file, tmp_path):
    status, _, err = call(capsys, "train", file, "--set", f"transfer.weights={tmp_path / 'none.safetensors'}")
    assert (status, err.count("\n")) == (2, 1)
    assert "none.safetensors: cannot be read: no such file" in err


def test_a_place_where_weights_cannot_be_saved_is_told(capsys, file, tmp_path):
    status, _, err = call(capsys, "train", file, "--steps", "1", "--save", str(tmp_path / "none" / "w.safetensors"))
    assert status == 2
    assert "cannot be written" in err


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_ends_with_the_state_so_far_and_status_130(file, tmp_path):
    saved = tmp_path / "weights.safetensors"
    arguments = ["train", file, "--set", "stopping.epochs=1000000", "--save", str(saved), "--json"]
    running = process(*arguments, env={**os.environ, "PYTHONUNBUFFERED": "1"})
    deadline = time.monotonic() + 120
    while not _has_begun(running.pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1.0)  # into the training; earlier or later ends as cleanly
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=120)
    assert running.returncode == 130
    if out:  # it had begun to train
        assert json.loads(out)["stopped_by"] == "interrupted"
        assert saved.exists()


def _has_begun(pid: int) -> bool:
    """Whether the process has come to its command, which loads torch, as far as the system tells."""
    try:
        return "libtorch_cpu" in Path(f"/proc/{pid}/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return True


def test_a_reader_that_goes_away_is_no_error():
    running = process("show", "knobs")
    running.stdout.close()
    assert running.wait(60) == 0
    assert "Traceback" not in running.stderr.read()
    running.stderr.close()


# the door


def test_help_and_version_need_neither_torch_nor_qt():
    code = (
        "import sys; sys.argv = ['nnplayground', '--version']\n"
        "from nnplayground.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted(m for m in ('torch', 'PySide6', 'numpy', 'sklearn') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_display_is_one_line_and_status_2():
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    running = process(env=environment)
    out, err = running.communicate(timeout=60)
    if sys.platform.startswith("linux"):
        assert (running.returncode, out, err.count("\n")) == (2, "", 1)
        assert "display" in err or "apt-get" in err


def test_values_are_toml_or_else_text():
    parsed = experiments.changes(["a=1", "b=1e-3", "c=relu", 'd="x"', "e=[1, 2]", "f=true", "g=", "h=a=b"])
    assert parsed == {"a": 1, "b": 1e-3, "c": "relu", "d": "x", "e": [1, 2], "f": True, "g": "", "h": "a=b"}


@pytest.mark.parametrize("text", ["", "=", "optimizer.lr"])
def test_what_sets_nothing_is_refused(text):
    with pytest.raises(ExperimentError, match="PATH=VALUE"):
        experiments.changes([text])


def test_a_shared_text_is_printed_and_taken_wherever_an_experiment_is(capsys):
    status, out, _ = call(capsys, "new", "spiral", "--share")
    assert (status, len(out.splitlines())) == (0, 1)
    assert find(out) == find("spiral")
    status, out, _ = call(capsys, "train", out.strip(), "--steps", "2", "--json")
    assert (status, json.loads(out)["steps"]) == (0, 2)


def test_a_shared_text_that_is_cut_off_is_refused(capsys):
    text = call(capsys, "new", "spiral", "--share")[1].strip()
    status, _, said = call(capsys, "train", text[:-3], "--steps", "2")
    assert status == 2
    assert "cut off or changed" in said


def test_a_store_of_the_window_is_not_taken_for_that_of_a_command(capsys):
    status, _, said = call(capsys, "--store", "here", "train", "spiral")
    assert status == 2
    assert "--store stands after train" in said
