"""Precision, recall and F1 of every class, as a table with bars."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from nnplayground.engine.probes import Confusion, Request
from nnplayground.gui.numbers import format_count, format_percent
from nnplayground.gui.theme import Theme, class_colours
from nnplayground.gui.views.chart import Table
from nnplayground.gui.views.listing import Cell, Column, ListPicture, figures_of
from nnplayground.gui.views.picture import CONFUSION_REQUEST, OutputOptions
from nnplayground.gui.views.readout import Row
from nnplayground.gui.views.symbols import Sample, class_symbol
from nnplayground.gui.views.view import Frame, before_training

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scores:
    """What a table of confusion comes down to by class, each (classes,); NaN where there is nothing to divide by.

    A class that is never answered has no precision, one without samples no recall, one with neither no F1.
    """

    precision: Floats
    recall: Floats
    f1: Floats
    support: NDArray[np.int64]

    @classmethod
    def of(cls, counts: NDArray[np.int64]) -> Scores:
        """Return those of (classes, classes) counts, true by predicted."""
        right, answered, support = np.diag(counts), counts.sum(axis=0), counts.sum(axis=1)
        precision, recall = _shares(right, answered), _shares(right, support)
        return cls(precision, recall, _shares(2 * right, answered + support), support)

    def means(self) -> tuple[float, float, float]:
        """Return the plain means over classes that have a precision, a recall, an F1; NaN where none has."""
        means = [float(v[np.isfinite(v)].mean()) if np.isfinite(v).any() else float("nan") for v in self.columns]
        return means[0], means[1], means[2]

    @property
    def columns(self) -> tuple[Floats, Floats, Floats]:
        """Precision, recall and F1."""
        return self.precision, self.recall, self.f1


def _shares(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Floats:
    return np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)


class ScoresPicture(ListPicture):
    """A row for each class, and one for the mean of all."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self.setAccessibleName(self.tr("Precision and recall by class"))
        self.names: tuple[str, ...] = ()
        self.counts: NDArray[np.int64] = np.zeros((0, 0), np.int64)

    def needs(self, options: OutputOptions) -> frozenset[Request]:
        """Ask for the table of confusion."""
        del options
        return frozenset({CONFUSION_REQUEST})

    def draw(self, frame: Frame, options: OutputOptions) -> None:
        """Draw a row for each class."""
        del options
        found = frame.reading(CONFUSION_REQUEST, Confusion)
        self.message = "" if found is not None else before_training(frame)
        self.counts = found.counts if found is not None else np.zeros((0, 0), np.int64)
        self.names = frame.dataset.class_names if frame.dataset is not None and found is not None else ()
        scores = Scores.of(self.counts)
        colours = class_colours(self.theme, len(self.names))
        lines = [
            (
                Cell(name, sample=Sample(colours[i], class_symbol(i))),
                *(_bar(float(values[i])) for values in scores.columns),
                Cell(format_count(int(scores.support[i]))),
            )
            for i, name in enumerate(self.names)
        ]
        mean = (Cell(self.tr("mean")), *map(_bar, scores.means()), Cell(format_count(int(scores.support.sum()))))
        self.show_lines(self._columns(), (*lines, mean), 1) if lines else self.show_lines((), ())

    def _columns(self) -> tuple[Column, ...]:
        return (
            Column(self.tr("class"), 0.4, figures_of(self.names), right=False),
            Column(self.tr("precision"), 1.0, 8.5),
            Column(self.tr("recall"), 1.0, 6.5),
            Column("F1", 1.0, 6.5),
            Column(self.tr("samples"), 0.2, 8),
        )

    def words(self) -> str:
        """Say what is judged."""
        return self.tr("validation samples")

    def hint(self, line: int) -> tuple[Row, ...]:
        """Return a class's shares, and the counts behind them."""
        if line >= len(self.names):
            return ()
        scores, titles = Scores.of(self.counts), (self.tr("precision"), self.tr("recall"), "F1")
        right, true = int(self.counts[line, line]), int(self.counts[line].sum())
        answered = int(self.counts[:, line].sum())
        return (
            Row(self.names[line]),
            *(Row(name, format_percent(float(v[line]))) for name, v in zip(titles, scores.columns, strict=True)),
            Row(self.tr("right"), format_count(right)),
            Row(self.tr("taken for it, wrongly"), format_count(answered - right)),
            Row(self.tr("missed"), format_count(true - right)),
            Row(self.tr("samples"), format_count(true)),
        )

    def table(self, frame: Frame) -> Table:
        """Return each class's numbers; empty where there is nothing to divide by."""
        del frame
        scores = Scores.of(self.counts)
        rows = zip(
            self.names, *(map(_number, v.tolist()) for v in scores.columns), scores.support.tolist(), strict=True
        )
        return ["class", "precision", "recall", "F1", "samples"], list(rows)


def _bar(share: float) -> Cell:
    return Cell(format_percent(share), share if np.isfinite(share) else None)


def _number(value: float) -> object:
    return value if np.isfinite(value) else ""
