"""Data sets as numpy arrays: loaded or drawn, split, scaled. What reads files is imported only where used."""

from nnplayground.data.dataset import Dataset, Samples

__all__ = ["Dataset", "Samples"]
