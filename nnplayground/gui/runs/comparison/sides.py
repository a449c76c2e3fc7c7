"""Two runs as frames of the same picture, and the difference of their answers: read beside the window. No widget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from nnplayground.data import Cancelled, Dataset
from nnplayground.engine.probes import Confusion, OutputChange, OutputMap, Predictions, Reading, Request
from nnplayground.experiment import ExperimentError
from nnplayground.gui.runs import columns
from nnplayground.gui.views.choices import CLASSES, IMAGES, LINE, PLANE, SURFACE, VALUES, kind_of
from nnplayground.gui.views.picture import CONFUSION_REQUEST, PREDICTION_REQUEST, OutputOptions
from nnplayground.gui.views.view import Frame
from nnplayground.runs.comparing import differing_knobs

if TYPE_CHECKING:
    from nnplayground.engine.probing import Prober
    from nnplayground.engine.snapshot import Snapshot
    from nnplayground.runs.store import Row, Store

SAMPLES = (CLASSES, IMAGES, VALUES)  # kinds of data whose pictures are of samples: these have to be the same ones
FREE = ("data.features", "data.scaling")  # knobs of data that change no sample


@dataclass(frozen=True, eq=False)
class Sides:
    """What is drawn: the two runs, and what the second answers less what the first does."""

    rows: tuple[Row, Row]
    kind: str  # of their data
    one: Frame
    other: Frame
    difference: Frame
    options: OutputOptions
    words: str  # what is to be said beside it


@dataclass(frozen=True, eq=False)
class _Opened:
    """A run's network, and who answers for it."""

    dataset: Dataset
    snapshot: Snapshot
    prober: Prober


def read_sides(path: Path, rows: tuple[Row, Row], which: str, cancelled: Callable[[], bool]) -> Sides:
    """Return two runs at the network kept "last" or as "best". Raises ExperimentError where they cannot be compared."""
    from nnplayground.runs.store import Store

    refuse_other_data(rows)
    with Store(path, writable=False) as store:
        one = _opened(store, rows[0], which, None)
        if cancelled():
            raise Cancelled
        other = _opened(store, rows[1], which, None if _data_knobs(rows) else one.dataset)
    kind = shared_kind(rows, one.dataset, other.dataset)
    if kind in SAMPLES and (knobs := [path for path in _data_knobs(rows) if path not in FREE]):
        names = ", ".join(map(columns.title, knobs))
        raise ExperimentError(_tr("Their samples are not the same ones: they differ in {0}.").format(names))
    request, answers = _request(kind), []
    for opened in (one, other):
        if cancelled():
            raise Cancelled
        answer = opened.prober.answer(request, opened.snapshot)
        if answer is None:
            raise ExperimentError(_tr("Their networks give no answer that can be drawn."))
        answers.append(answer)
    apart = difference(*answers)
    frames = [
        Frame(row.experiment, opened.dataset, None, opened.snapshot, {request: answer})
        for row, opened, answer in zip((*rows, rows[1]), (one, other, other), (*answers, apart), strict=True)
    ]
    ground = {PLANE: "probability", SURFACE: "surface"}.get(kind, "")
    return Sides(rows, kind, frames[0], frames[1], frames[2], OutputOptions(ground=ground), _said(rows))


def refuse_other_data(rows: tuple[Row, Row]) -> None:
    """Raise ExperimentError where two runs learn other data sets altogether."""
    kinds = [str(row.knobs.get("data.kind")) for row in rows]
    if kinds[0] != kinds[1]:
        words = _tr("They learn other data: run {0} {1}, run {2} {3}.")
        raise ExperimentError(words.format(rows[0].id, kinds[0], rows[1].id, kinds[1]))


def difference(one: Reading, other: Reading) -> Reading:
    """Return the answer of the same kind that is the second less the first; of maps, both of them."""
    if isinstance(one, OutputMap) and isinstance(other, OutputMap):
        return OutputChange(other.values, one.values, 0)
    if isinstance(one, Confusion) and isinstance(other, Confusion):
        return Confusion(other.counts - one.counts)
    assert isinstance(one, Predictions)
    assert isinstance(other, Predictions)
    return Predictions(other.train - one.train, other.validation - one.validation)


def _opened(store: Store, row: Row, which: str, dataset: Dataset | None) -> _Opened:
    """Read a run's network. Raises ExperimentError."""
    import torch

    from nnplayground.engine.probing import Prober
    from nnplayground.engine.setup import Setup

    kept = store.snapshots(row)
    if not kept:
        raise ExperimentError(_tr("Of run {0} no network was kept.").format(row.id))
    experiment = row.experiment.replace("transfer.weights", "")  # the file need not be there any more
    setup = Setup.of(experiment, torch.device("cpu"), dataset)
    best = [step for step, _, why in kept if why == "best"]
    snapshot = store.snapshot(row, setup.built.layout, best[-1] if which == "best" and best else row.steps)
    return _Opened(setup.dataset, snapshot, Prober(setup, store.snapshot(row, setup.built.layout, 0)))


def shared_kind(rows: tuple[Row, Row], one: Dataset, other: Dataset) -> str:
    """Return the kind of both data sets. Raises ExperimentError where they have not the same classes or limits."""
    numbers = rows[0].id, rows[1].id
    if len(one.class_names) != len(other.class_names):
        words = _tr("They tell other numbers of classes apart: run {0} {1}, run {2} {3}.")
        raise ExperimentError(words.format(numbers[0], len(one.class_names), numbers[1], len(other.class_names)))
    if kind_of(one) != kind_of(other) or one.class_names != other.class_names:
        raise ExperimentError(_tr("They answer other questions: their data are not of one kind."))
    if one.domain != other.domain:
        raise ExperimentError(_tr("Their data do not lie within the same limits."))
    return kind_of(one)


def _data_knobs(rows: tuple[Row, Row]) -> list[str]:
    """Return the knobs of the data in which two runs differ."""
    return [path for path in differing_knobs(rows) if path.startswith("data.") or path == "seeds.data"]


def _request(kind: str) -> Request:
    from nnplayground.gui.views.boundary import REQUEST
    from nnplayground.gui.views.fit import LINE_REQUEST

    known: dict[str, Request] = {PLANE: REQUEST, SURFACE: REQUEST, LINE: LINE_REQUEST, VALUES: PREDICTION_REQUEST}
    return known.get(kind, CONFUSION_REQUEST)


def _said(rows: tuple[Row, Row]) -> str:
    other = [path for path in _data_knobs(rows) if path not in FREE]
    return _tr("their points differ: {0}").format(", ".join(map(columns.title, other))) if other else ""


def _tr(text: str) -> str:
    return QCoreApplication.translate("runs", text)
