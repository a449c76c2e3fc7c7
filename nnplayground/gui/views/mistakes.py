"""The validation samples that the network does worst on: images as thumbnails, others as rows of their values."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Mistakes, MistakesRequest, Request
from nnplayground.gui.numbers import format_count, format_number, format_percent
from nnplayground.gui.theme import Theme, class_colours, mix, small_font
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.listing import Cell, Column, ListPicture, figures_of
from nnplayground.gui.views.palette import values_of
from nnplayground.gui.views.picture import OutputOptions, Picture, sample_names
from nnplayground.gui.views.readout import GAP, Readout, Row, paint_box
from nnplayground.gui.views.symbols import Sample, class_symbol
from nnplayground.gui.views.view import Frame, before_training

MISTAKES_REQUEST = MistakesRequest()
WIDEST = 12  # columns of values at most
VALUES = 16  # of a sample that a read-out lists at most
LIKELY = 3  # classes whose probability a read-out lists
SIDE = 44  # pixels of a thumbnail at plain type, at least
MEASURED = 1000  # images that tell how bright the brightest pixel is


def words_of(picture: QWidget, dataset: Dataset | None, found: Mistakes | None) -> str:
    """Return how many samples were judged, and how many of them wrongly."""
    if dataset is None or found is None:
        return ""
    judged = format_count(found.judged)
    if dataset.task == "regression":
        return picture.tr("validation samples: {judged}").format(judged=judged)
    return picture.tr("{wrong} wrong of {judged}").format(wrong=format_count(found.wrong), judged=judged)


def table_of(dataset: Dataset | None, found: Mistakes | None) -> Table:
    """Return each sample: its row, true class or value, what was said, and its values by column."""
    if dataset is None or found is None:
        return [], []
    samples = dataset.validation
    true = samples.targets[found.rows]
    if dataset.task == "classification":
        names = np.array(dataset.class_names, object)
        said = found.answers.argmax(axis=1)
        own = found.answers[np.arange(len(true)), true]
        columns: list[Any] = [names[true].tolist(), names[said].tolist(), own.tolist()]
        heads = ["true", "predicted", "probability of true"]
    else:
        values = values_of(dataset, true)
        columns = [values.tolist(), found.answers[:, 0].tolist(), (values - found.answers[:, 0]).tolist()]
        heads = ["true", "predicted", "residual"]
    rows = zip(found.rows.tolist(), *columns, samples.raw[found.rows].tolist(), strict=True)
    return ["validation row", *heads, *sample_names(dataset)], [(*first, *raw) for *first, raw in rows]


class MistakeRows(ListPicture):
    """A row for each sample, with its values as the data have them."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setAccessibleName(self.tr("Worst mistakes"))
        self.dataset: Dataset | None = None
        self.found: Mistakes | None = None

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for the samples."""
        del options
        return frozenset({MISTAKES_REQUEST})

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """List the samples."""
        del options
        self.dataset, self.found = frame.dataset, frame.reading(MISTAKES_REQUEST, Mistakes)
        self.message = "" if self.found is not None else before_training(frame)
        if self.dataset is None or self.found is None:
            self.show_lines((), ())
            return
        raw = self.dataset.validation.raw[self.found.rows, :WIDEST].tolist()
        judged = self._classes if self.dataset.task == "classification" else self._values
        heads, firsts = judged(self.dataset, self.found)
        columns = (*heads, *(Column(name, 1.0, 6.5) for name in sample_names(self.dataset)[:WIDEST]))
        values = ([Cell(format_number(v, 3, trim=True)) for v in row] for row in raw)
        self.show_lines(columns, tuple((*first, *row) for first, row in zip(firsts, values, strict=True)))

    def _classes(self, dataset: Dataset, found: Mistakes) -> tuple[tuple[Column, ...], list[tuple[Cell, ...]]]:
        colours = class_colours(self.theme, len(dataset.class_names))
        cells = [
            Cell(name, sample=Sample(colour, class_symbol(i)))
            for i, (name, colour) in enumerate(zip(dataset.class_names, colours, strict=True))
        ]
        true, said = dataset.validation.targets[found.rows], found.answers.argmax(axis=1)
        own = found.answers[np.arange(len(true)), true]
        wide = figures_of(dataset.class_names)
        heads = (
            Column(self.tr("true"), 0.4, wide, right=False),
            Column(self.tr("predicted"), 0.4, max(wide, 8.5), right=False),
            Column(self.tr("P(true)"), 0.4, 6.5),
        )
        shares = [Cell(format_percent(float(p)), float(np.clip(p, 0, 1))) for p in own]
        return heads, [(cells[t], cells[s], share) for t, s, share in zip(true, said, shares, strict=True)]

    def _values(self, dataset: Dataset, found: Mistakes) -> tuple[tuple[Column, ...], list[tuple[Cell, ...]]]:
        true, said = values_of(dataset, dataset.validation.targets[found.rows]), found.answers[:, 0]
        titles = self.tr("true"), self.tr("predicted"), self.tr("residual")
        lines = [
            tuple(Cell(format_number(float(v), 3)) for v in (t, s, t - s)) for t, s in zip(true, said, strict=True)
        ]
        return tuple(Column(title, 1.0, 8) for title in titles), lines

    def hint(self, line: int) -> tuple[Row, ...]:
        """Return the sample's row in the validation part and its values by column, the first of many."""
        if self.found is None or self.dataset is None:
            return ()
        index = int(self.found.rows[line])
        raw, names = self.dataset.validation.raw[index], sample_names(self.dataset)
        rows = [Row(self.tr("validation row {0}").format(format_count(index)))]
        rows += [Row(c.title, v.text, v.sample) for c, v in zip(self.columns[:3], self.lines[line], strict=False)]
        rows += [Row(n, format_number(float(v), 4, trim=True)) for n, v in zip(names, raw[:VALUES], strict=False)]
        if len(names) > VALUES:
            rows.append(Row(self.tr("and {0} more").format(format_count(len(names) - VALUES))))
        return tuple(rows)

    def words(self) -> str:
        """Say how many samples were judged."""
        return words_of(self, self.dataset, self.found)

    def table(self, frame: Frame) -> Table:
        """Return each sample with all its values."""
        return table_of(frame.dataset, frame.reading(MISTAKES_REQUEST, Mistakes))


class MistakeTiles(Picture):
    """Thumbnails, as many as fit, each with true class → answered class and the answer's probability."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setMouseTracking(True)
        self.dataset: Dataset | None = None
        self.found: Mistakes | None = None
        self.message = ""  # while nothing is known
        self._brightest: tuple[Dataset | None, float] = (None, 1.0)
        self._pointer: QPointF | None = None

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for the samples."""
        del options
        return frozenset({MISTAKES_REQUEST})

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Show the samples."""
        del options
        self.dataset, self.found = frame.dataset, frame.reading(MISTAKES_REQUEST, Mistakes)
        self.message = before_training(frame)
        if self.dataset is not None and self._brightest[0] is not self.dataset:
            self._brightest = self.dataset, max(float(self.dataset.train.raw[:MEASURED].max(initial=0.0)), 1.0)
        self.update()

    def tiles(self) -> list[QRectF]:
        """Return where thumbnails lie, as many as there are samples and room for."""
        if self.found is None:
            return []
        below = 2 * QFontMetricsF(small_font(self.theme)).height() + GAP
        most = max(int(self.width() / (self.theme.scaled(SIDE) + GAP)), 1)
        sides = {columns: self.width() / columns - GAP for columns in (most, max(most - 1, 1))}
        rows_of = {columns: max(int(self.height() / (side + below)), 1) for columns, side in sides.items()}
        columns = max(rows_of, key=lambda columns: columns * rows_of[columns])
        width, side = self.width() / columns, sides[columns]
        count = min(len(self.found.rows), rows_of[columns] * columns)
        return [QRectF(i % columns * width + GAP / 2, i // columns * (side + below), side, side) for i in range(count)]

    def image(self, row: int) -> QImage:
        """Return a validation sample's image, from black for nothing to white, or in its colours."""
        assert self.dataset is not None
        assert self.dataset.image_shape is not None, "only images have thumbnails"
        channels, height, width = self.dataset.image_shape
        share = self.dataset.validation.raw[row].reshape(channels, height, width) / self._brightest[1]
        levels = np.rint(np.clip(share, 0, 1) * 255).astype(np.uint8)
        pixels: NDArray[np.uint8] = np.ascontiguousarray(np.broadcast_to(levels, (3, height, width)).transpose(1, 2, 0))
        return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw thumbnails, the words below them, and the read-out."""
        del event
        painter = QPainter(self)
        painter.setFont(small_font(self.theme))
        if self.dataset is None or self.found is None:
            painter.setPen(QColor(self.theme.secondary))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.message)
            return
        for i, place in enumerate(self.tiles()):
            painter.drawImage(place, self.image(int(self.found.rows[i])))
            painter.setPen(QColor(mix(self.theme.line, self.theme.text, 0.1)))
            painter.drawRect(place)
            self._paint_words(painter, place, *self._said(i))
        if self._pointer is not None and (rows := self.rows_at(self._pointer)):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            readout = Readout(0.0, self._pointer, rows, line=False)
            paint_box(painter, self.theme, painter.font(), readout, QRectF(self.rect()))

    def _said(self, i: int) -> tuple[int, int, float]:
        """Return the true class, the one answered, and that one's probability."""
        assert self.dataset is not None
        assert self.found is not None
        answer = self.found.answers[i]
        best = int(answer.argmax())
        return int(self.dataset.validation.targets[self.found.rows[i]]), best, float(answer[best])

    def _paint_words(self, painter: QPainter, place: QRectF, true: int, said: int, share: float) -> None:
        assert self.dataset is not None
        names, metrics = self.dataset.class_names, QFontMetricsF(painter.font())
        for line, text in enumerate((f"{names[true]} → {names[said]}", format_percent(share, 0))):
            painter.setPen(QColor(self.theme.text if line == 0 and true != said else self.theme.secondary))
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, place.width())
            under = QRectF(place.left(), place.bottom() + 1 + line * metrics.height(), place.width(), metrics.height())
            painter.drawText(under, Qt.AlignmentFlag.AlignCenter, shown)

    def rows_at(self, point: QPointF) -> tuple[Row, ...]:
        """Return what the read-out says about the sample at a pixel: its true class and the likeliest ones."""
        for i, place in enumerate(self.tiles()):
            if place.contains(point) and self.dataset is not None and self.found is not None:
                names, answer = self.dataset.class_names, self.found.answers[i]
                colours = class_colours(self.theme, len(names))
                likely = np.argsort(-answer, kind="stable")[:LIKELY].tolist()
                true = self._said(i)[0]
                return (
                    Row(self.tr("validation row {0}").format(format_count(int(self.found.rows[i])))),
                    Row(self.tr("true"), names[true]),
                    *(
                        Row(names[c], format_percent(float(answer[c])), Sample(colours[c], class_symbol(c)))
                        for c in (*likely, *([] if true in likely else [true]))
                    ),
                )
        return ()

    def words(self) -> str:
        """Say how many samples were judged."""
        return words_of(self, self.dataset, self.found)

    def table(self, frame: Frame) -> Table:
        """Return each sample with all its pixels."""
        return table_of(frame.dataset, frame.reading(MISTAKES_REQUEST, Mistakes))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read out the thumbnail under the pointer."""
        self._pointer = event.position()
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the read-out away."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()
