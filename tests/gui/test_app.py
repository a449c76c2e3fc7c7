"""How the window is opened: which experiment, and where its runs are kept."""

import pytest
from PySide6.QtCore import QSettings

from nnplayground.cli import parser
from nnplayground.gui.app import STORE, store_of
from nnplayground.runs.store import default_path


@pytest.fixture
def settings(tmp_path):
    return QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)


def test_runs_are_kept_where_it_is_named_else_where_was_chosen_last_else_in_the_user_s_data(settings, tmp_path):
    assert store_of(None, settings) == default_path()
    settings.setValue(STORE, str(tmp_path / "chosen"))
    assert store_of(None, settings) == tmp_path / "chosen"
    assert store_of(str(tmp_path / "named"), settings) == tmp_path / "named"


@pytest.mark.parametrize("words", [["--store", "here"], ["open", "spiral", "--store", "here"]])
def test_a_store_is_named_with_and_without_a_command(words):
    arguments = parser().parse_args(words)
    assert "here" in (arguments.window_store, getattr(arguments, "store", None))
