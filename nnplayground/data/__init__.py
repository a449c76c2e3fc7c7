"""Data sets as numpy arrays: loaded or drawn, split, scaled. What reads files is imported only where used."""

from nnplayground.data.dataset import Cancelled, Dataset, Samples
from nnplayground.data.loading import load

__all__ = ["Cancelled", "Dataset", "Samples", "load"]
