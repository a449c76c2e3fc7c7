"""Data sets as numpy arrays: loaded or drawn, split, scaled. What reads files is imported only where used."""

from nnplayground.data.dataset import Dataset, Samples
from nnplayground.data.loading import load
from nnplayground.data.progress import Cancelled

__all__ = ["Cancelled", "Dataset", "Samples", "load"]
