"""What a training leaves behind: its history, in bounded memory, and the run that holds it. Neither torch nor Qt."""

from nnplayground.runs.columns import Columns, Curve
from nnplayground.runs.history import History, Mark
from nnplayground.runs.run import Run

__all__ = ["Columns", "Curve", "History", "Mark", "Run"]
