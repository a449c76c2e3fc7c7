"""Answers to probes, computed from a snapshot and the data."""

from nnplayground.engine.probing.points import domain_points
from nnplayground.engine.probing.prober import Prober

__all__ = ["Prober", "domain_points"]
