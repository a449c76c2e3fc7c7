"""The program's own files are found wherever it runs from: a source tree, a wheel, a frozen application."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from nnplayground import resources
from nnplayground.experiment import Experiment

REPOSITORY = Path(__file__).parents[1]
PRESETS = resources.presets()
WHERE = """
import nnplayground
from nnplayground import resources
from nnplayground.experiment import Experiment
print(nnplayground.__file__)
print(resources.root())
print(*(Experiment.load(path).name and name for name, path in resources.presets().items()), sep=",")
print(resources.icon("play").is_file(), resources.theme("dark.toml").is_file())
"""


def test_in_a_source_tree_they_lie_beside_the_package():
    assert resources.root() == REPOSITORY / "resources"
    assert resources.icon("play").is_file()
    assert resources.theme("dark.toml").is_file()
    assert list(resources.presets()) == sorted(path.stem for path in (REPOSITORY / "resources/presets").glob("*.toml"))


def test_a_frozen_program_carries_them_beside_its_modules(tmp_path, monkeypatch):
    (tmp_path / "resources/presets").mkdir(parents=True)
    Experiment().save(tmp_path / "resources/presets/frozen.toml")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path), raising=False)
    assert resources.root() == tmp_path / "resources"
    assert list(resources.presets()) == ["frozen"]


def test_where_they_are_missing_the_places_are_named(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "_PACKAGE", tmp_path / "nnplayground")
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path / "frozen"), raising=False)
    with pytest.raises(FileNotFoundError) as caught:
        resources.root()
    for place in ("frozen/resources", "nnplayground/_resources", "resources"):
        assert str(tmp_path / place) in str(caught.value)


def test_a_wheel_holds_them_inside_the_package(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=REPOSITORY, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
        names = archive.namelist()
    assert not [name for name in names if name.startswith(("tests/", "resources/"))]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}
    command = [sys.executable, "-c", WHERE]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    package, root, presets, there = done.stdout.splitlines()
    assert Path(package).is_relative_to(tmp_path / "installed")
    assert Path(root) == tmp_path / "installed/nnplayground/_resources"
    assert presets == ",".join(PRESETS)
    assert there == "True True"


def test_presets_have_names_of_their_own():
    names = [Experiment.load(path).name for path in PRESETS.values()]
    assert names
    assert len(set(names)) == len(names)
