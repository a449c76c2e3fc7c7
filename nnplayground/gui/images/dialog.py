"""The dialog by which a user takes up images of their own: some of each class, and how they are to be trained on."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, Slot
from PySide6.QtWidgets import QFileDialog, QWidget

from nnplayground.data.images import ImageReport, inspect_images
from nnplayground.data.images.idx import partner_of
from nnplayground.data.images.pictures import shown
from nnplayground.experiment.datasets import Folder, Idx
from nnplayground.gui.images.page import ImagesPage
from nnplayground.gui.importing.dialog import ImportDialog, Words
from nnplayground.gui.numbers import format_count
from nnplayground.gui.theme import Theme


class ImagesImport(ImportDialog):
    """Reads images in the background, shows some of them, and lets the user say what to train on."""

    def __init__(self, data: Idx | Folder, theme: Theme, parent: QWidget | None = None) -> None:
        self.page = ImagesPage(data.kind, theme)
        super().__init__("images", _WORDS[data.kind](), self.page, theme, parent)
        self.page.changed.connect(self._judge)
        self.read(data)

    def read(self, data: Idx | Folder) -> None:
        """Read other images."""
        self._asked = data
        path = Path(data.path if isinstance(data, Folder) else data.images).absolute()
        self._path = path
        self.begin(path, partial(inspect_images, data))

    @property
    def rows(self) -> int:
        """How many images there are to train and to validate on."""
        return self.page.count

    def knobs(self) -> dict[str, Any]:
        """Return the knobs of the `Idx` or `Folder` that is trained on as chosen."""
        return self.page.data.model_dump()

    def show_report(self, report: ImageReport) -> str:
        """Show other images, and return a description of them."""
        self._name.setText(report.path.name)
        self.page.show_report(report)
        self._train.setFocus()
        parts = [
            self.tr("{0} images").format(format_count(report.count)),
            self.tr("{0} classes").format(format_count(len(report.classes))),
        ]
        if report.shape is not None:
            parts.append(shown(report.shape))
        return ", ".join(parts)

    def ask_for_another(self) -> None:
        """Ask for other images, and read them."""
        data = ask_for_images(self._asked.kind, self, self._path.parent)
        if data is not None:
            self.read(data)

    @Slot()
    def _judge(self) -> None:
        line = self.tr("predicts {0} classes from {1}").format(self.page.classes, shown(self.page.shape))
        self.judge(line, self.page.problem)


def ask_for_images(kind: str, parent: QWidget, folder: Path | None = None) -> Idx | Folder | None:
    """Ask for images of a kind of data set, first looked for in `folder`; return None where there are to be none."""
    start = str(folder or "")
    if kind == "folder":
        path = QFileDialog.getExistingDirectory(parent, _tr("Folder with a folder of images for each class"), start)
        return Folder(path=path) if path else None
    files = _tr("MNIST's format (*ubyte *ubyte.gz *.idx *.idx.gz);;All files (*)")
    path, _ = QFileDialog.getOpenFileName(parent, _tr("File of images"), start, files)
    if not path:
        return None
    labels = ""
    if partner_of(Path(path)) is None:
        title = _tr("File of the labels of {0}").format(Path(path).name)
        labels, _ = QFileDialog.getOpenFileName(parent, title, str(Path(path).parent), files)
    return Idx(images=path, labels=labels)


def _folder_words() -> Words:
    return Words(
        title=_tr("Image folder"),
        hint=_tr(
            "A folder of images holds one folder for each class, called as the class is, and in each of them pictures "
            "as PNG, JPEG, BMP, GIF or WebP. They need not be of one size."
        ),
        another=_tr("Choose another folder…"),
        useless=_tr("This folder cannot be trained on."),
        failed=_tr("This folder could not be read: the program failed at it."),
        measured=_tr("How much of the folder has been looked at"),
    )


def _idx_words() -> Words:
    return Words(
        title=_tr("IDX images"),
        hint=_tr(
            "MNIST and data sets like it come in two files: train-images-idx3-ubyte with the images and "
            "train-labels-idx1-ubyte with their labels, each plain or packed by gzip. Side by side, one is enough to "
            "find the other."
        ),
        another=_tr("Choose other files…"),
        useless=_tr("These files cannot be trained on."),
        failed=_tr("These files could not be read: the program failed at them."),
        measured=_tr("How much of the files has been read"),
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("ImagesImport", text)


_WORDS = {"folder": _folder_words, "idx": _idx_words}
