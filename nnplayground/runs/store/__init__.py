"""The store: every run in one SQLite file, written by a thread of its own, read by anyone."""

from nnplayground.runs.store.database import StoreError, default_path, place_of
from nnplayground.runs.store.keeper import Keeper
from nnplayground.runs.store.recorder import Recorder
from nnplayground.runs.store.row import Row
from nnplayground.runs.store.store import Store

__all__ = ["Keeper", "Recorder", "Row", "Store", "StoreError", "default_path", "place_of"]
