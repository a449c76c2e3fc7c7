"""The commands, and what each of them does."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from nnplayground import fan, lr_find
from nnplayground.cli import experiments, topics
from nnplayground.cli.interruption import ending_at_once, interruptible
from nnplayground.cli.runs import runs
from nnplayground.cli.status import BAD_INPUT, DIVERGED, DONE, INTERRUPTED
from nnplayground.cli.training import train
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.sharing import to_text


def run(arguments: argparse.Namespace) -> int:
    """Carry out a parsed command that needs no window; return the exit status."""
    try:
        if arguments.window_store is not None:
            raise ExperimentError(
                f"--store stands after {arguments.command}, or without a command: then for the window"
            )
        return _COMMANDS[arguments.command](arguments)
    except ExperimentError as error:
        sys.stderr.write(f"nnplayground: {error}\n")
        return BAD_INPUT
    except BrokenPipeError:  # the reader of our output went away: nothing to say to anyone
        sys.stderr.close()
        return DONE


def _new(arguments: argparse.Namespace) -> int:
    experiment = experiments.chosen(arguments)
    if arguments.share:
        sys.stdout.write(to_text(experiment) + "\n")
        return DONE
    if arguments.output is None:
        sys.stdout.write(experiment.to_toml())
        return DONE
    if Path(arguments.output).exists() and not arguments.force:
        raise ExperimentError(f"{arguments.output}: is there already; allowed: another name, or --force")
    experiment.save(arguments.output)
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    rows = list(topics.ROWS[arguments.topic]())
    if arguments.json:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        return DONE
    for line in topics.lines(arguments.topic, rows):
        sys.stdout.write(line + "\n")
    return DONE


def _fan(arguments: argparse.Namespace) -> int:
    experiment = experiments.trained(arguments)
    from nnplayground.data import Cancelled

    path, values = fan.parse(arguments.over, experiment, arguments.size)
    asked = {name: getattr(arguments, name) for name in ("device", "executor", "steps", "seconds")}
    with interruptible() as interrupted:
        try:
            result = fan.run(experiment, path, values, **asked, interrupted=lambda: bool(interrupted))
        except Cancelled:
            return INTERRUPTED
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n" if arguments.json else fan.lines(result))
    if result["stopped_by"] == "diverged":
        sys.stderr.write(f"nnplayground: every network diverged, the last at step {result['steps'] + 1}\n")
        return DIVERGED
    return INTERRUPTED if result["stopped_by"] == "interrupted" else DONE


def _lr_find(arguments: argparse.Namespace) -> int:
    experiment = experiments.changed(arguments)
    from nnplayground.data import Cancelled

    asked = {name: getattr(arguments, name) for name in ("low", "high", "steps", "device", "executor")}
    with interruptible() as interrupted:
        try:
            result = lr_find.run(experiment, **asked, cancelled=lambda: bool(interrupted))
        except Cancelled:
            return INTERRUPTED
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n" if arguments.json else lr_find.lines(result))
    return DONE


def _bench(arguments: argparse.Namespace) -> int:
    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    with ending_at_once():
        import torch

        from nnplayground import bench

        torch.set_num_threads(1)
        result = bench.run(seconds=arguments.seconds, device=arguments.device, say=say)
    sys.stdout.write(json.dumps(result) + "\n" if arguments.json else bench.lines(result))
    return DONE


_COMMANDS = {
    "new": _new,
    "show": _show,
    "train": train,
    "fan": _fan,
    "lr-find": _lr_find,
    "runs": runs,
    "bench": _bench,
}
