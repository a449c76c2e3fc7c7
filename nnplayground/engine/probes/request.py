"""What every question to a network is, and every answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Request:
    """A question about one snapshot: a small frozen value, equal to others that ask the same."""


class Reading:
    """The answer to a request, as plain arrays."""
