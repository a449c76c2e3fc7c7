"""Two runs side by side: what either answers, in the same colours along the same axes, and how far they lie apart."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from nnplayground.experiment import ExperimentError
from nnplayground.gui.numbers import format_count
from nnplayground.gui.runs.comparison.picture import Chosen, RunsPicture, key_of
from nnplayground.gui.runs.comparison.sides import Sides, read_sides
from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.chart import Caption
from nnplayground.gui.views.choices import LINE, PLANE, SURFACE, VALUES
from nnplayground.gui.views.colourbar import ColourBar
from nnplayground.gui.views.keeping import Table
from nnplayground.gui.views.picture import OutputOptions, Picture

APART = OutputOptions(ground="difference")


def pictures_for(kind: str, theme: Theme) -> tuple[Picture, Picture, Picture]:
    """Return the pictures of two runs and of their difference, for a kind of data. Imported here, as in `output`."""
    from nnplayground.gui.runs.comparison.apart import ConfusionApart, FitApart, MapApart, MapSide
    from nnplayground.gui.views.confusion import ConfusionPicture
    from nnplayground.gui.views.fit import LinePicture, PredictedPicture

    if kind in (PLANE, SURFACE):
        return MapSide(theme), MapSide(theme), MapApart(theme)
    if kind == LINE:
        return LinePicture(theme), LinePicture(theme), FitApart(theme)
    if kind == VALUES:
        return PredictedPicture(theme), PredictedPicture(theme), FitApart(theme)
    return ConfusionPicture(theme), ConfusionPicture(theme), ConfusionApart(theme)


class Pair(RunsPicture):
    """The last or the best network of each of two runs."""

    title, name, sort = "Two runs", "runs.pair", "two runs"
    explanation = (
        "What the networks of two runs answer, A and B, and at the right what B answers less what A does: blue where B "
        "says more, orange where it says less, pale where they agree. Two runs with nearly the same loss may still "
        "disagree: far from the data, where nothing was learned, and along the boundary. If seeds alone make a "
        "difference as large as the one you see, it is chance."
    )

    def __init__(self, path: Path, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(path, theme, parent)
        self.sides: Sides | None = None
        self.pictures: tuple[Picture, ...] = ()
        self.which = self.choice("which", self.tr("Network that is shown of each run"))
        for which, words in (("last", self.tr("last network")), ("best", self.tr("best network"))):
            self.which.addItem(words, which)
        self.which.activated.connect(self.ask)
        self.finish(self.which)
        self.grid = QGridLayout()
        self.grid.setSpacing(SPACING // 2)
        self.titles = tuple(Caption(self) for _ in range(3))
        self.bars = ColourBar(theme, self), ColourBar(theme, self)
        for column, label in enumerate(self.titles):
            label.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            self.grid.addWidget(label, 0, column)
            self.grid.setColumnStretch(column, 1)
        self.grid.addWidget(self.bars[0], 2, 0, 1, 2)
        self.grid.addWidget(self.bars[1], 2, 2)
        self.grid.setRowStretch(1, 1)
        self.column.insertLayout(1, self.grid, 1)
        self.hint = QLabel()
        self.hint.setObjectName("runs.pair.hint")
        self.hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.hint.setWordWrap(True)
        restyle(self.hint, role="secondary")
        self.grid.addWidget(self.hint, 1, 0, 1, 3)
        self._show_pictures(on=False)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        super().set_theme(theme)
        for picture in self.pictures:
            picture.set_theme(theme)
        for bar in self.bars:
            bar.set_theme(theme)
        self.draw_runs()

    def key(self, runs: Chosen) -> object:
        """Depend on the two runs; of one that is still trained, as it is at first sight, or it would flicker."""
        rows = runs.narrowed
        if len(rows) != 2:
            return len(rows)
        return key_of(tuple(row for row in rows if row.outcome or row.owner is None)), {row.id for row in rows}

    @Slot()
    def ask(self) -> None:
        """Read both networks, and ask them."""
        rows = tuple(sorted(self.runs.narrowed, key=lambda row: row.id))
        if len(rows) != 2:
            self.study.cancel()
            self.take(self.tr("Select two runs in the table to see them side by side."))
            return
        path, which, pair = self.path, str(self.which.currentData()), (rows[0], rows[1])

        def work(_report: object, cancelled: object) -> Sides | str:
            try:
                return read_sides(path, pair, which, cancelled)  # type: ignore[arg-type]
            except ExperimentError as error:
                return str(error)

        self.caption.set_words(self.tr("being read"))
        self.study.begin(work)

    def take(self, found: Sides | str) -> None:
        """Draw both, or say why that cannot be."""
        if isinstance(found, str):
            self.sides = None
            self.hint.setText(found)
            self.caption.set_words("")
            self._show_pictures(on=False)
            return
        if self.sides is None or found.kind != self.sides.kind:
            self._make(found.kind)
        self.sides = found
        self._show_pictures(on=True)
        self.draw_runs()

    def _make(self, kind: str) -> None:
        for old in self.pictures:
            self.grid.removeWidget(old)
            old.hide()
            old.deleteLater()
        self.pictures = pictures_for(kind, self.theme)
        for column, picture in enumerate(self.pictures):
            picture.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            self.grid.addWidget(picture, 1, column)

    def _show_pictures(self, *, on: bool) -> None:
        for part in (*self.titles, *self.pictures, *self.bars):
            part.setVisible(on)
        self.hint.setVisible(not on)
        self.which.setEnabled(on)

    @Slot()
    def draw_runs(self) -> None:
        """Draw what was read."""
        found = self.sides
        if found is None:
            return
        names = [
            self.tr("{0}: run {1}, step {2}").format(side, row.id, format_count(frame.snapshot.step))
            for side, row, frame in zip("AB", found.rows, (found.one, found.other), strict=True)
            if frame.snapshot is not None
        ]
        frames = (found.one, found.other, found.difference)
        options = (found.options, found.options, APART)
        for picture, label, words, frame, option in zip(
            self.pictures, self.titles, (*names, self.tr("B − A")), frames, options, strict=True
        ):
            picture.draw(frame, option)
            picture.setAccessibleName(words)
            label.set_words(words)
        for bar, picture in ((self.bars[0], self.pictures[0]), (self.bars[1], self.pictures[2])):
            scale = picture.scale()
            bar.setVisible(scale is not None)
            if scale is not None:
                bar.show_levels(scale.levels, scale.table, scale.meaning)
        self.caption.set_words(found.words)

    def show_everything(self) -> None:
        """Undo zoom and pan."""
        for picture in self.pictures:
            picture.show_everything()

    def table_now(self) -> Table:
        """Return what both answer and how far they lie apart."""
        return self.pictures[2].table(self.sides.difference) if self.sides is not None else ([], [])
