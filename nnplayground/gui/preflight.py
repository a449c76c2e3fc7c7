"""What Qt needs before it is started: it ends the whole process where a library or the display is missing."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import sys
from pathlib import Path

# Debian's and Ubuntu's packages of the libraries that Qt's wheels leave to the system.
PACKAGES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libGLX.so.0": "libglx0",
    "libOpenGL.so.0": "libopengl0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libX11.so.6": "libx11-6",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
}


def fault() -> str | None:
    """Return one line about what keeps Qt from starting here, with its cure, or None."""
    if not sys.platform.startswith("linux"):
        return None
    platform = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0].split(";")[0]
    headless = platform in ("offscreen", "minimal", "minimalegl", "vnc", "linuxfb", "eglfs")
    missing = missing_libraries(x11=not headless and platform != "wayland" and bool(os.environ.get("DISPLAY")))
    if missing:
        packages = " ".join(sorted({PACKAGES.get(name, name) for name in missing}))
        return f"the window needs {', '.join(missing)}; on Debian or Ubuntu: sudo apt-get install {packages}"
    if headless:
        return None
    if os.environ.get("WAYLAND_DISPLAY") and platform != "xcb":
        return None
    display = os.environ.get("DISPLAY", "")
    if not display:
        return "there is no display to open a window on; set DISPLAY, or use nnplayground train, which needs none"
    if not display_answers(display):
        return f"the display {display} does not answer; set DISPLAY, or use nnplayground train, which needs none"
    return None


def missing_libraries(*, x11: bool) -> list[str]:
    """Return the shared libraries that Qt's modules, and with `x11` its X11 plugin, do not find here."""
    found = importlib.util.find_spec("PySide6")
    if found is None or not found.submodule_search_locations:
        return []
    root = Path(next(iter(found.submodule_search_locations))) / "Qt"
    files = [root / "lib" / "libQt6Gui.so.6", root / "lib" / "libQt6Widgets.so.6", root / "lib" / "libQt6Svg.so.6"]
    if x11:
        files += [root / "lib" / "libQt6XcbQpa.so.6", root / "plugins" / "platforms" / "libqxcb.so"]
    missing: list[str] = []
    for file in filter(Path.exists, files):
        missing += [name for name in _unresolved(file) if name not in missing]
    return missing


def _unresolved(file: Path) -> list[str]:
    """Return what the loader misses for `file`: it names one library at a time."""
    try:
        ctypes.CDLL(str(file), mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        match = re.match(r"(\S+): cannot open shared object file", str(error))
        return [match.group(1)] if match else []
    return []


def display_answers(display: str) -> bool:
    """Whether the X server at `display` accepts a connection."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # said by missing_libraries
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(display.encode(), None)
    failed = xcb.xcb_connection_has_error(connection) != 0
    xcb.xcb_disconnect(connection)
    return not failed
