"""Experiments as TOML files: round trips, and files that are no experiments."""

from __future__ import annotations

import errno
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import GROUPS
from nnplayground.experiment.datasets import Table
from nnplayground.experiment.layers import Layer
from tests.experiment.outcome import outcome
from tests.strategies import experiments

WITHOUT_LIBRARIES = """
import sys
from nnplayground.experiment import Experiment
experiment = Experiment.load(sys.argv[1]).replace("optimizer.lr", 0.1)
experiment.save(sys.argv[1])
print(*sorted({name.split(".")[0] for name in sys.modules} & set(sys.argv[2:])))
"""
shared_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def message(caught):
    text = str(caught.value)
    assert len(text.splitlines()) == 1
    return text


@given(experiment=experiments())
def test_toml_says_all_that_an_experiment_says(experiment):
    again = Experiment.from_toml(experiment.to_toml())
    assert again == experiment
    assert again.to_toml() == experiment.to_toml()
    assert Experiment.of(experiment.model_dump()) == experiment
    assert experiment.diff(again) == {}


@shared_folder
@given(experiment=experiments())
def test_a_saved_experiment_is_loaded_as_it_was(experiment, tmp_path):
    file = tmp_path / "experiment.toml"
    experiment.save(file)
    assert Experiment.load(file) == experiment
    assert Experiment.load(str(file)) == experiment
    assert [path.name for path in tmp_path.iterdir()] == ["experiment.toml"]


def test_only_layers_that_are_not_dense_say_their_kind():
    layers = [{"kind": "conv", "filters": 4}, {"kind": "max_pool"}, {"width": 8}, 5]
    experiment = Experiment().replace_all({"data.kind": "digits", "network.layers": layers})
    written = tomllib.loads(experiment.to_toml())["network"]["layers"]
    assert [layer.get("kind") for layer in written] == ["conv", "max_pool", None, None]
    assert [next(iter(layer)) for layer in written] == ["kind", "kind", "width", "width"]
    assert Experiment.from_toml(experiment.to_toml()) == experiment


def test_an_own_table_comes_back():
    table = Table(path="C:\\data\\my table.csv", target="price, £", ignored=("id", "name"), missing="drop")
    experiment = Experiment().replace("data", table)
    assert Experiment.from_toml(experiment.to_toml()) == experiment


def test_kind_comes_first_and_what_is_left_to_the_network_is_left_out():
    experiment = Experiment().replace("network.layers", [Layer(width=4, dropout=0.2), 5])
    values = tomllib.loads(experiment.to_toml())
    assert values["network"]["layers"] == [{"width": 4, "dropout": 0.2}, {"width": 5}]
    for group in GROUPS:
        assert next(iter(values[group])) == "kind"
    assert values["format"] == 1


def test_a_file_needs_to_say_only_what_differs_from_the_default():
    assert Experiment.from_toml("") == Experiment()
    text = 'optimizer.kind = "adam"\nnetwork.layers = [4, {width = 3, activation = "relu"}]'
    layers = (Layer(width=4), Layer(width=3, activation="relu"))
    wanted = Experiment().replace_all({"optimizer.kind": "adam", "network.layers": layers})
    assert Experiment.from_toml(text) == wanted


def test_files_are_handled_without_torch_numpy_and_qt(tmp_path):
    file = tmp_path / "experiment.toml"
    Experiment().save(file)
    heavy = ("torch", "numpy", "PySide6", "pyqtgraph", "sklearn", "pyarrow", "scipy")
    command = [sys.executable, "-c", WITHOUT_LIBRARIES, str(file), *heavy]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
    assert Experiment.load(file) == Experiment().replace("optimizer.lr", 0.1)


def test_a_saved_file_may_be_read_by_whoever_may_read_a_new_file(tmp_path):
    (tmp_path / "plain").touch()
    Experiment().save(tmp_path / "experiment.toml")
    assert (tmp_path / "experiment.toml").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_lines_end_alike_on_every_system(tmp_path):
    Experiment().save(tmp_path / "experiment.toml")
    assert b"\r" not in (tmp_path / "experiment.toml").read_bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"optimizer = [", "not valid TOML"),
        (b"name = 1\nname = 2", "not valid TOML"),
        (b"lr = 1e-3.5", "not valid TOML"),
        (b"a = " + b"1" * 5000, "not valid TOML"),
        (b"a = " + b"[" * 100_000, "not valid TOML"),
        (b"name = '\xff'", "not a text file (byte 8 is not UTF-8)"),
        (b"\x89PNG\r\n\x1a\n\x00", "not a text file (byte 0 is not UTF-8)"),
        (b"format = 2", "format = 2 is not one this program reads; allowed: 1"),
        (b"format = 'new'\nunheard = 1", "format = 'new' is not one this program reads; allowed: 1"),
        (b"optimizer.lr = 1", "optimizer.kind is missing; allowed: one of sgd, adam, adamw, nadam"),
        (b"seeds.model = 1979-05-27", "seeds.model = 1979-05-27 is not allowed; allowed: a whole number from 0"),
        (b'"a\\nb" = 1', "a b = 1: there is no such knob; there are format, name"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_experiment_is_told_with_the_file_s_name(tmp_path, content, said):
    file = tmp_path / "mine.toml"
    file.write_bytes(content)
    with pytest.raises(ExperimentError) as caught:
        Experiment.load(file)
    assert message(caught).startswith(f"{file}: {said}")


@pytest.mark.parametrize("name", ["missing.toml", ".", "file/inside.toml", "nul\0.toml", "long" * 1000])
def test_what_cannot_be_read_is_told_with_the_file_s_name(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(ExperimentError) as caught:
        Experiment.load(tmp_path / name)
    assert message(caught).startswith(f"{tmp_path / name}: cannot be read: ")


@pytest.mark.parametrize("name", ["missing/mine.toml", ".", "file/mine.toml", "nul\0.toml", "long" * 1000])
def test_what_cannot_be_written_is_told_with_the_file_s_name(tmp_path, name):
    (tmp_path / "file").touch()
    with pytest.raises(ExperimentError) as caught:
        Experiment().save(tmp_path / name)
    assert message(caught).startswith(f"{tmp_path / name}: cannot be written: ")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_root_folder_cannot_be_written_over():
    with pytest.raises(ExperimentError, match="cannot be written"):
        Experiment().save(Path(Path.cwd().anchor))


def no_permission(*_arguments, **_names):
    raise PermissionError(errno.EACCES, "Permission denied")


class FullDisk:
    """A file of which nothing can be written, as if no room were left."""

    def __init__(self, file):
        self.file = file

    def __enter__(self):
        return self

    def __exit__(self, *_what):
        self.file.close()

    def write(self, text):
        self.file.write(text[:10])
        self.file.flush()
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "open", no_permission)  # taking rights away would not hinder an administrator
    with pytest.raises(ExperimentError) as caught:
        Experiment().save(tmp_path / "mine.toml")
    assert message(caught) == f"{tmp_path / 'mine.toml'}: cannot be written: permission denied"


@pytest.mark.parametrize("where", ["write", "replace"])
def test_a_full_disk_leaves_the_old_file_whole(tmp_path, monkeypatch, where):
    file = tmp_path / "mine.toml"
    Experiment().save(file)
    before = file.read_bytes()
    opened = Path.open
    if where == "write":
        monkeypatch.setattr(Path, "open", lambda *a, **k: FullDisk(opened(*a, **k)))
    else:
        monkeypatch.setattr(Path, "replace", no_permission)
    with pytest.raises(ExperimentError) as caught:
        Experiment().replace("optimizer.lr", 0.5).save(file)
    monkeypatch.undo()
    assert message(caught).startswith(f"{file}: cannot be written: ")
    assert file.read_bytes() == before
    assert list(tmp_path.iterdir()) == [file]


def test_an_interrupted_save_leaves_nothing_behind(tmp_path, monkeypatch):
    def interrupted(_experiment):
        raise KeyboardInterrupt

    monkeypatch.setattr(Experiment, "to_toml", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Experiment().save(tmp_path / "mine.toml")
    assert list(tmp_path.iterdir()) == []


def test_a_name_that_no_file_can_hold_is_told(tmp_path):
    with pytest.raises(ExperimentError) as caught:
        Experiment().replace("name", "half a character: \ud800").save(tmp_path / "mine.toml")
    assert "cannot be written" in message(caught)
    assert list(tmp_path.iterdir()) == []


@given(
    text=st.text() | st.lists(st.sampled_from(["a", "=", "[", "]", "{", "}", '"', "\n", ".", "1", "kind"])).map("".join)
)
def test_any_text_is_an_experiment_or_an_experiment_error(text):
    experiment, line = outcome(Experiment.from_toml, text)
    assert line or isinstance(experiment, Experiment)


@shared_folder
@given(content=st.binary(max_size=200))
def test_any_file_is_an_experiment_or_an_experiment_error(content, tmp_path):
    file = tmp_path / "any.toml"
    file.write_bytes(content)
    experiment, line = outcome(Experiment.load, file)
    assert line.startswith(f"{file}: ") or isinstance(experiment, Experiment)
