"""The commands `runs …`: what the store holds, and what can be done with it."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnplayground.cli.status import DONE
from nnplayground.experiment import ExperimentError

if TYPE_CHECKING:
    from nnplayground.runs.store import Row, Store

KEPT_DAYS = 30  # that deleted runs can be taken back


def runs(arguments: argparse.Namespace) -> int:
    """Carry out one of the commands. Raises ExperimentError."""
    if arguments.action == "resume":
        from nnplayground.cli.training import resume

        return resume(arguments)
    return _ACTIONS[arguments.action](arguments)


def opened(arguments: argparse.Namespace, *, writable: bool = False) -> Store:
    """Return the store that is named, or else the user's own."""
    from nnplayground.runs.store import Store, place_of

    return Store(place_of(arguments.store), writable=writable)


def told(row: Row) -> dict[str, Any]:
    """Return what `--json` says of a run."""
    return {
        "id": row.id,
        "uid": row.uid,
        "name": row.name,
        "begun": _time(row.begun),
        "outcome": row.status,
        "steps": row.steps,
        "epochs": row.epochs,
        "seconds": round(row.seconds, 3),
        "parameters": row.form.parameters,
        "results": row.results,
        "star": row.star,
        "note": row.note,
        "tags": list(row.tags),
        "parent": row.parent,
    }


def _list(arguments: argparse.Namespace) -> int:
    from nnplayground.runs.comparing import order_of
    from nnplayground.runs.filtering import path_of, predicate

    with opened(arguments) as store:
        rows = store.rows(deleted=arguments.deleted)
    values = {row.id: row.values for row in rows}
    known = list(dict.fromkeys(path for found in values.values() for path in found))
    passes = predicate(arguments.filter, known) if rows else lambda _: True
    rows = [row for row in rows if passes(values[row.id]) and (row.deleted is not None or not arguments.deleted)]
    if arguments.sort and rows:
        path = path_of(arguments.sort.lstrip("-"), known)
        rows.sort(key=lambda row: order_of(values[row.id].get(path)), reverse=arguments.sort.startswith("-"))
    if arguments.json:
        _write(json.dumps([told(row) for row in rows], ensure_ascii=False, indent=2))
        return DONE
    for line in _table(rows):
        _write(line)
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    with opened(arguments) as store:
        row = store.row(arguments.run)
        kept = store.snapshots(row)
    found = {**told(row), "experiment": row.experiment.told(), "marks": [list(mark) for mark in row.marks]}
    found["snapshots"] = [{"step": step, "epoch": epoch, "why": why} for step, epoch, why in kept]
    if arguments.json:
        _write(json.dumps(found, ensure_ascii=False))
        return DONE
    shown = {
        k: v
        for k, v in found.items()
        if k not in ("experiment", "results", "marks", "snapshots") and v not in ("", [], None)
    }
    shown |= row.results
    for line in _pairs(shown):
        _write(line)
    for step, text in row.marks:
        _write(f"at step {step}: {text}")
    _write("\n" + row.experiment.to_toml().rstrip())
    return DONE


def _compare(arguments: argparse.Namespace) -> int:
    from nnplayground.runs.comparing import differing_knobs

    with opened(arguments) as store:
        rows = [store.row(name) for name in arguments.runs]
    differing = {path: [row.knobs.get(path) for row in rows] for path in differing_knobs(rows)}
    names = dict.fromkeys(name for row in rows for name in row.results)
    results = {name: [row.results.get(name) for row in rows] for name in names}
    if arguments.json:
        ids = [row.id for row in rows]
        _write(json.dumps({"runs": ids, "knobs": differing, "results": results}, ensure_ascii=False))
        return DONE
    lines = [["", *(f"run {row.id}" for row in rows)]]
    lines += [[name, *map(_short, values)] for name, values in {**differing, **results}.items()]
    for line in _aligned(lines):
        _write(line)
    return DONE


def _export(arguments: argparse.Namespace) -> int:
    from nnplayground.runs.store.carrying import export_run

    file = Path(arguments.file)
    if file.exists() and not arguments.force:
        raise ExperimentError(f"{file}: is there already; allowed: another name, or --force")
    with opened(arguments) as store:
        export_run(store, store.row(arguments.run), file)
    return DONE


def _import(arguments: argparse.Namespace) -> int:
    from nnplayground.runs.store.carrying import import_run

    with opened(arguments, writable=True) as store:
        row = import_run(store, Path(arguments.file))
    _write(f"run {row.id}")
    return DONE


def _delete(arguments: argparse.Namespace) -> int:
    with opened(arguments, writable=True) as store:
        rows = [store.row(name) for name in arguments.runs]
        trained = [str(row.id) for row in rows if row.is_trained]
        if trained and not arguments.undo:
            raise ExperimentError(f"run {', '.join(trained)} is being trained; allowed: one that is not")
        (store.undelete if arguments.undo else store.delete)(rows)
        store.purge(time.time() - KEPT_DAYS * 86_400)
    return DONE


_ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "compare": _compare,
    "export": _export,
    "import": _import,
    "delete": _delete,
}


# words


def _table(rows: Sequence[Row]) -> Iterator[str]:
    lines = [["run", "name", "begun", "outcome", "epochs", "train", "validation", "metric", "tags"]]
    for row in rows:
        metric = f"validation/{row.form.metrics[0]}"
        numbers = [_short(row.results.get(name)) for name in ("train_loss", "validation_loss", metric)]
        name = f"* {row.name}" if row.star else row.name
        told = [str(row.id), name, _time(row.begun), row.status, str(row.epochs)]
        lines.append([*told, *numbers, ", ".join(row.tags)])
    return _aligned(lines)


def _aligned(lines: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        yield "  ".join(f"{text:{width}}" for text, width in zip(line, widths, strict=True)).rstrip()


def _pairs(values: dict[str, Any]) -> Iterator[str]:
    width = max(map(len, values))
    for name, value in values.items():
        yield f"{name:{width}}  {_short(value)}"


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_short, value))
    return "–" if value is None else str(value)


def _time(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _write(line: str) -> None:
    sys.stdout.write(f"{line}\n")
