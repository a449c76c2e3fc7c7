"""An experiment as a short text, to be pasted into a chat and opened again."""

from __future__ import annotations

import base64
import tomllib
import zlib
from typing import Any

import tomli_w

from nnplayground.experiment.errors import ExperimentError, shown
from nnplayground.experiment.experiment import Experiment

BEGINNING = "nnp1:"  # what every such text begins with; the number is its version
LONGEST = 1 << 20  # bytes of an experiment; what claims more is no experiment
_CHECK = 4  # bytes of the sum that is checked


def to_text(experiment: Experiment) -> str:
    """Return an experiment as one line of letters, digits, - and _ after `BEGINNING`. What is default is left out."""
    packed = zlib.compress(tomli_w.dumps(_differing(experiment.told(), Experiment().told())).encode(), 9)
    return BEGINNING + base64.urlsafe_b64encode(_sum(experiment) + packed).decode().rstrip("=")


def from_text(text: str) -> Experiment:
    """Return the experiment that `to_text` was given; white space, as chats put it in, does not count.

    Raises ExperimentError, one line, where the text is cut off, changed or no such text.
    """
    plain = "".join(text.split())
    if not plain.startswith(BEGINNING):
        raise ExperimentError(f"{shown(text)} is no shared experiment; allowed: a text that begins with {BEGINNING}")
    body = plain.removeprefix(BEGINNING)
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
        unpacking = zlib.decompressobj()
        toml = unpacking.decompress(data[_CHECK:], LONGEST)
        values = tomllib.loads(toml.decode()) if unpacking.eof and not unpacking.unused_data else None
    except (ValueError, RecursionError, zlib.error):  # of base64, UTF-8 and TOML too
        values = None
    if values is None:
        raise ExperimentError("the shared experiment is cut off or changed; allowed: the text as it was copied, whole")
    experiment = Experiment.of(values)
    if _sum(experiment) != data[:_CHECK]:
        raise ExperimentError(
            "the shared experiment was changed, or shared by a version of this program with other defaults; "
            "allowed: the text as it was copied, whole, or the experiment's file"
        )
    return experiment


def _sum(experiment: Experiment) -> bytes:
    """Return the sum of all of an experiment, so that it is not taken for another one where defaults were others."""
    return zlib.crc32(experiment.to_toml().encode()).to_bytes(_CHECK, "big")


def _differing(values: dict[str, Any], default: dict[str, Any]) -> dict[str, Any]:
    """Return what is not as in the default experiment; of a part of the same kind, what of it differs."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        other = default.get(name)
        if value == other and name != "kind":
            continue
        if isinstance(value, dict) and isinstance(other, dict) and value.get("kind") == other.get("kind"):
            value = _differing(value, other)
        found[name] = value
    return found
