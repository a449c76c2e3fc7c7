"""Images of the user's own as a data set: loaded for training, or described for the import dialog."""

from __future__ import annotations

from collections.abc import Callable

from numpy.random import SeedSequence

from nnplayground.data.dataset import Dataset
from nnplayground.data.images.assembly import make_dataset
from nnplayground.data.images.folder import read_folder
from nnplayground.data.images.idx import read_idx
from nnplayground.data.images.report import ClassReport, ImageReport, inspect_images
from nnplayground.data.progress import Progress
from nnplayground.experiment.datasets import Folder, Idx

__all__ = ["ClassReport", "ImageReport", "inspect_images", "load_images"]


def load_images(
    data: Idx | Folder,
    seed: int,
    report: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Dataset:
    """Read images and make a data set of them: picked and dealt out by `seed`, laid flat channel first, scaled.

    Where a backbone is named, the inputs are its features of them instead.

    `report` is told the share done and what is being done, and `cancelled` asked, with every image or block of them.
    Raises Cancelled, and ExperimentError whose one line names the file or folder.
    """
    progress = Progress(report, cancelled)
    chance, deal = SeedSequence(seed).spawn(2)
    pictures = read_folder(data, chance, progress) if isinstance(data, Folder) else read_idx(data, chance, progress)
    if data.backbone != "none":
        from nnplayground.data import backbones

        return backbones.make_dataset(pictures, data, seed, deal, progress)
    return make_dataset(pictures, data, deal, progress)
