"""A setting as a person writes it on the command line: PATH=VALUE."""

from __future__ import annotations

import tomllib
from typing import Any


def value_of(text: str) -> Any:
    """Return what a text means as TOML, or else the text itself."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):  # not only TOMLDecodeError: a number may have too many digits
        return text.strip()


def values_of(text: str) -> tuple[Any, ...]:
    """Return what texts with commas between them mean; commas in brackets and quotes part nothing."""
    pieces, depth, quote = [""], 0, ""
    for character in text:
        if quote or character in "\"'":
            quote = "" if character == quote else quote or character
        depth += (character in "[{") - (character in "]}") if not quote else 0
        if character == "," and depth <= 0 and not quote:
            pieces.append("")
        else:
            pieces[-1] += character
    return tuple(value_of(piece) for piece in pieces)
