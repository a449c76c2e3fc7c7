"""The real window on a virtual screen: everything between the keyboard and the picture is there."""

import os
import shutil
import subprocess
import sys

import pytest

MISSING = sys.platform != "linux" or shutil.which("Xvfb") is None


@pytest.fixture
def screen(tmp_path):
    """The name of a virtual screen of its own."""
    if MISSING and os.environ.get("CI"):
        pytest.fail("CI has to have Xvfb")
    if MISSING:
        pytest.skip("Xvfb is not installed")
    read, write = os.pipe()
    command = ["Xvfb", "-displayfd", str(write), "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as pipe:
        number = pipe.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait(30)


def on_screen(screen: str, *arguments: str, home: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k not in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY")}
    environment |= {"DISPLAY": screen, "XDG_CONFIG_HOME": home}
    command = [sys.executable, "-m", "nnplayground", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)


def test_the_self_test_passes_on_a_real_screen(screen, tmp_path):
    pictures = tmp_path / "pictures"
    done = on_screen(screen, "self-test", "--screenshots", str(pictures), home=str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "passed" in done.stdout
    names = {path.stem for path in pictures.glob("*.png")}
    assert {"light-1440x900", "dark-1100x700", "projector-1440x900", "digits", "diabetes"} <= names


def test_a_screen_that_does_not_answer_is_one_line_and_status_2(tmp_path):
    if sys.platform != "linux":
        pytest.skip("only X11 has screens that do not answer")
    done = on_screen(":7654", home=str(tmp_path))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert ":7654" in done.stderr or "apt-get" in done.stderr


def test_pictures_that_cannot_be_written_are_told(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-m", "nnplayground", "self-test", "--screenshots", str(blocked)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600)
    assert done.returncode == 2
    assert str(blocked) in done.stderr
