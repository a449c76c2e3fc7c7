"""Experiments by file and by preset."""

from __future__ import annotations

import pytest

from nnplayground import resources
from nnplayground.experiment import Experiment, ExperimentError, catalogue


@pytest.fixture
def presets(tmp_path, monkeypatch):
    """Two presets, and a working folder of one's own."""
    folder = tmp_path / "presets"
    folder.mkdir()
    for name in ("first", "second"):
        Experiment().replace("name", name).save(folder / f"{name}.toml")
    found = {path.stem: path for path in sorted(folder.glob("*.toml"))}
    monkeypatch.setattr(resources, "presets", lambda: found)
    monkeypatch.chdir(tmp_path)
    return found


def test_an_experiment_is_found_by_preset_and_by_file(presets, tmp_path):
    Experiment().replace("name", "mine").save(tmp_path / "mine.toml")
    assert catalogue.find("first").name == "first"
    assert catalogue.find("mine.toml").name == "mine"
    assert catalogue.find(str(tmp_path / "mine.toml")).name == "mine"


def test_a_file_here_goes_before_a_preset_of_the_same_name(presets, tmp_path):
    Experiment().replace("name", "mine").save(tmp_path / "first")
    assert catalogue.find("first").name == "mine"


@pytest.mark.parametrize("name", ["missing.toml", "folder/missing", "folder\\missing"])
def test_a_missing_file_is_told_as_a_file(presets, name):
    with pytest.raises(ExperimentError, match="cannot be read"):
        catalogue.find(name)


def test_an_unknown_preset_is_told_with_the_nearest(presets):
    with pytest.raises(ExperimentError, match=r"^frist: neither a file nor a preset; did you mean 'first'\?$"):
        catalogue.find("frist")
    with pytest.raises(ExperimentError, match=r"there are first, second$"):
        catalogue.find("zzz")
