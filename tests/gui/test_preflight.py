"""What is looked for before Qt is started, which would end the process where it is missing."""

import sys

import pytest

from nnplayground.gui import preflight

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux leaves libraries to the system"
)


@pytest.fixture(autouse=True)
def _bare(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)


def test_missing_libraries_are_named_with_their_packages_in_one_line(monkeypatch):
    monkeypatch.setattr(preflight, "missing_libraries", lambda **_: ["libEGL.so.1", "libxcb-cursor.so.0"])
    fault = preflight.fault()
    assert "libEGL.so.1, libxcb-cursor.so.0" in fault
    assert "apt-get install libegl1 libxcb-cursor0" in fault
    assert "\n" not in fault


def test_no_display_is_told_with_what_needs_none(monkeypatch):
    monkeypatch.setattr(preflight, "missing_libraries", lambda **_: [])
    assert "nnplayground train" in preflight.fault()


def test_a_display_that_does_not_answer_is_named(monkeypatch):
    monkeypatch.setattr(preflight, "missing_libraries", lambda **_: [])
    monkeypatch.setenv("DISPLAY", ":7654")
    assert ":7654" in preflight.fault()


@pytest.mark.parametrize(
    ("name", "value"),
    [("QT_QPA_PLATFORM", "offscreen"), ("QT_QPA_PLATFORM", "minimal:x=1"), ("WAYLAND_DISPLAY", "w-0")],
)
def test_what_needs_no_x11_display_is_not_kept_from_starting(monkeypatch, name, value):
    monkeypatch.setattr(preflight, "missing_libraries", lambda **_: [])
    monkeypatch.setenv(name, value)
    assert preflight.fault() is None


def test_a_library_that_is_not_there_is_found_out(tmp_path):
    broken = tmp_path / "libbroken.so"
    broken.write_bytes(b"no library")
    assert preflight._unresolved(broken) == []  # not missing: broken, which Qt itself reports
    assert preflight._unresolved(tmp_path / "libnot.so.1") == [str(tmp_path / "libnot.so.1")]


def test_on_other_systems_nothing_is_looked_for(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert preflight.fault() is None
