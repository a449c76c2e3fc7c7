"""Where the files that come with the program lie: in a source tree, a wheel, or a frozen application."""

from __future__ import annotations

import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def root() -> Path:
    """Return the folder `resources/`, wherever this program runs from.

    A frozen program carries it beside its modules, a wheel inside the package, and a source tree (so an editable
    install too) beside the package. Raises FileNotFoundError that names the places looked at.
    """
    places = [_PACKAGE / "_resources", _PACKAGE.parent / "resources"]
    frozen = getattr(sys, "_MEIPASS", None)
    if frozen is not None:
        places.insert(0, Path(frozen) / "resources")
    for place in places:
        if (place / "presets").is_dir():
            return place
    raise FileNotFoundError(f"the program's own files are missing; looked in {', '.join(map(str, places))}")


def icon(name: str) -> Path:
    """Return the path of the icon `name`, an SVG file."""
    return root() / "icons" / f"{name}.svg"


def theme(name: str) -> Path:
    """Return the path of a file of the theme."""
    return root() / "theme" / name


def presets() -> dict[str, Path]:
    """Return the experiment files that come with the program, by name, in alphabetical order."""
    return dict(sorted((path.stem, path) for path in (root() / "presets").glob("*.toml")))


def weights() -> dict[str, Path]:
    """Return the files of weights that come with the program, by name, in alphabetical order."""
    return dict(sorted((path.stem, path) for path in (root() / "weights").glob("*.safetensors")))
