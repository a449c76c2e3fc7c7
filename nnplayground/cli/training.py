"""The command `train`."""

from __future__ import annotations

import argparse
import json
import math
import sys
from typing import TYPE_CHECKING, Any

from nnplayground.cli import experiments
from nnplayground.cli.interruption import interruptible
from nnplayground.cli.status import DIVERGED, DONE, INTERRUPTED
from nnplayground.experiment import Experiment
from nnplayground.notices import announce, load_aloud

if TYPE_CHECKING:
    from nnplayground.engine.trainer import Trainer
    from nnplayground.runs.store import Keeper

CHUNK_SECONDS = 0.1


def train(arguments: argparse.Namespace) -> int:
    """Train an experiment, tell what became of it, and return the exit status. Raises ExperimentError."""
    experiment = experiments.trained(arguments)
    with interruptible() as interrupted:
        from nnplayground.data import Cancelled
        from nnplayground.engine.weights import check_place, save_weights

        if arguments.save is not None:
            check_place(arguments.save)
        try:
            trainer = _trainer(experiment, arguments, interrupted)
        except Cancelled:
            return INTERRUPTED
        keeper = _keeper(arguments.store, trainer) if arguments.store is not None else None
        seconds, stopped_by = _pull(trainer, arguments, interrupted, keeper)
    if experiment.stopping.restore:
        trainer.restore_best()
    if arguments.save is not None:
        save_weights(arguments.save, trainer.snapshot(), trainer.experiment, trainer.dataset)
    return _conclude(trainer, arguments, seconds, stopped_by)


def resume(arguments: argparse.Namespace) -> int:
    """Train on from where a run was left, as its history says it would have gone on. Raises ExperimentError."""
    with interruptible() as interrupted:
        from nnplayground.data import Cancelled
        from nnplayground.runs.store import Keeper, Store, place_of

        path = place_of(arguments.store)
        with Store(path) as store:
            row = store.row(arguments.run)
            experiment, state = store.state(row)
        if arguments.epochs is not None:
            experiment = experiment.replace("stopping.epochs", arguments.epochs)
        try:
            trainer = _trainer(experiment, arguments, interrupted)
        except Cancelled:
            return INTERRUPTED
        if state is not None:
            trainer.load_state_dict(state)
        keeper = Keeper.resume(path, row, trainer)
        seconds, stopped_by = _pull(trainer, arguments, interrupted, keeper)
    if experiment.stopping.restore:
        trainer.restore_best()
    return _conclude(trainer, arguments, seconds, stopped_by)


def _keeper(store: str, trainer: Trainer) -> Keeper:
    from nnplayground.runs.store import Keeper, place_of

    return Keeper.begin(place_of(store), trainer)


def _conclude(trainer: Trainer, arguments: argparse.Namespace, seconds: float, stopped_by: str) -> int:
    """Tell what became of a training; return the exit status."""
    summary = _summary(trainer, seconds, stopped_by)
    sys.stdout.write(json.dumps(summary, ensure_ascii=False) + "\n" if arguments.json else _lines(summary))
    if trainer.divergence is not None:
        sys.stderr.write(f"nnplayground: {trainer.divergence}; the last finite state is kept\n")
        return DIVERGED
    return INTERRUPTED if stopped_by == "interrupted" else DONE


def _trainer(experiment: Experiment, arguments: argparse.Namespace, interrupted: list[bool]) -> Trainer:
    import torch

    from nnplayground.engine import Trainer
    from nnplayground.engine.devices import threads_for

    torch.set_num_threads(1)
    dataset = load_aloud(experiment, lambda: bool(interrupted))
    trainer = Trainer(experiment, device=arguments.device, executor=arguments.executor, dataset=dataset)
    torch.set_num_threads(threads_for(trainer.work))
    announce(trainer)
    return trainer


def _pull(
    trainer: Trainer, arguments: argparse.Namespace, interrupted: list[bool], keeper: Keeper | None
) -> tuple[float, str]:
    """Advance until something stops it, and keep it; return the seconds of training and what stopped it."""
    seconds, stopped_by = _advance(trainer, arguments, interrupted, keeper)
    if keeper is not None:
        keeper.finish(stopped_by if stopped_by in ("epochs", "patience", "diverged") else "interrupted")
        if keeper.recorder.fault:
            sys.stderr.write(f"nnplayground: the run is not kept: {keeper.recorder.fault}\n")
    return seconds, stopped_by


def _advance(
    trainer: Trainer, arguments: argparse.Namespace, interrupted: list[bool], keeper: Keeper | None
) -> tuple[float, str]:
    from tqdm import tqdm

    seconds, total = 0.0, arguments.steps or trainer.experiment.stopping.epochs * trainer.steps_per_epoch
    with tqdm(total=total, unit="step", disable=not sys.stderr.isatty(), leave=False, file=sys.stderr) as bar:
        while True:
            if interrupted:
                return seconds, "interrupted"
            left = CHUNK_SECONDS if arguments.seconds is None else arguments.seconds - seconds
            if left <= 0:
                return seconds, "seconds"
            steps = None if arguments.steps is None else arguments.steps - trainer.step
            if steps == 0:
                return seconds, "steps"
            chunk = trainer.advance(steps=steps, seconds=min(left, CHUNK_SECONDS))
            seconds += chunk.seconds
            if keeper is not None:
                keeper.after(chunk)
            bar.update(chunk.steps)
            if len(chunk.epoch):
                bar.set_postfix(epoch=trainer.epoch, validation_loss=f"{chunk.validation_loss[-1]:.4g}", refresh=False)
            if chunk.stopped_by is not None:
                return seconds, chunk.stopped_by


def _summary(trainer: Trainer, seconds: float, stopped_by: str) -> dict[str, Any]:
    """Return the object that `--json` prints; what is not finite is null."""
    result = trainer.evaluate()
    values = {
        "experiment": trainer.experiment.told(),
        "steps": trainer.step,
        "epochs": trainer.epoch,
        "seconds": round(seconds, 3),
        "steps_per_second": round(trainer.step / seconds, 1) if seconds else None,
        "train_loss": result.train_loss,
        "validation_loss": result.validation_loss,
        "metric": trainer.metrics[0],
        "validation_metric": result.validation_metrics[0],
        "parameters": trainer.parameters,
        "executor": trainer.executor,
        "device": trainer.device.type,
        "stopped_by": stopped_by,
        "best_epoch": trainer.best_epoch or None,
        **({} if (extra := trainer.extra_share()) is None else {"extra_outputs": extra}),
    }
    return {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in values.items()}


def _lines(summary: dict[str, Any]) -> str:
    shown = {k: v for k, v in summary.items() if k != "experiment"}
    width = max(map(len, shown))
    return "".join(
        f"{name:{width}}  {value:.6g}\n" if isinstance(value, float) else f"{name:{width}}  {value}\n"
        for name, value in shown.items()
    )
