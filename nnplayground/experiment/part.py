"""The base of every model in an experiment."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A frozen group of knobs that refuses what it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, validate_default=False)

    title: ClassVar[str] = ""  # what the group is called on screen
    summary: ClassVar[str] = ""  # one sentence about it
