"""The command line: everything that needs no window."""

from __future__ import annotations

import argparse
import json
import math
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnplayground import __version__, lr_find, resources
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.assignment import value_of
from nnplayground.experiment.catalogue import every_knob, find, kinds
from nnplayground.experiment.families import FAMILIES
from nnplayground.experiment.network import Network
from nnplayground.notices import announce, load_aloud

if TYPE_CHECKING:
    from nnplayground.engine.trainer import Trainer

DONE, BAD_INPUT, DIVERGED, INTERRUPTED = 0, 2, 3, 130
CHUNK_SECONDS, BENCH_SECONDS = 0.1, 0.1
DEVICES = ("auto", "cpu", "cuda", "mps")
EXECUTORS = ("auto", "compiled", "graph", "eager")
KINDS = {"datasets": "data"} | {f"{name}s": name for name in ("optimizer", "schedule", "clipping", "averaging")}
KINDS |= {"losses": "loss", "layers": "layers"}
TOPICS = ("presets", "knobs", *KINDS, "activations", "initializers")
WINDOW_COMMANDS = (None, "open", "self-test")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        """End with one line and status 2."""
        self.exit(BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line, the window's commands included."""
    top = _Parser(prog="nnplayground", description="Tune a neural network by hand and see what every decision does.")
    top.add_argument("--version", action="version", version=f"nnplayground {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    opened = commands.add_parser("open", help="open an experiment in the window")
    opened.add_argument("file", metavar="FILE_OR_PRESET")

    new = commands.add_parser("new", help="write an experiment as TOML")
    new.add_argument("preset", nargs="?", help="a preset's name; left out, the default experiment")
    new.add_argument("--family", choices=tuple(FAMILIES), help="with the network of a family, scaled by --phi")
    new.add_argument("--phi", type=float, help="the compound coefficient of --family, from 0; left out, 0")
    new.add_argument("-o", "--output", metavar="FILE", help="where to write; left out, standard output")
    new.add_argument("--force", action="store_true", help="write over a file that is there")

    show = commands.add_parser("show", help="list what there is to choose")
    show.add_argument("topic", choices=TOPICS)
    show.add_argument("--json", action="store_true", help="one JSON array on standard output")

    train = commands.add_parser("train", help="train an experiment")
    _add_training(train)
    train.add_argument("--save", metavar="FILE", help="write the weights reached, as a .safetensors file")

    fan = commands.add_parser("fan", help="train an experiment at many values of one knob, side by side")
    _add_training(fan)
    fan.add_argument("--over", required=True, metavar="PATH=LO..HI", help="the knob and its range, or PATH=A,B,C")
    fan.add_argument("--size", type=_positive_int, help="how many values of a range; left out, 16")

    finder = commands.add_parser("lr-find", help="find the learning rate at which training diverges, and half of it")
    finder.add_argument("experiment", metavar="FILE_OR_PRESET")
    _add_changes(finder)
    finder.add_argument("--low", type=_positive, default=lr_find.LOWEST, help="the rate to begin with")
    finder.add_argument("--high", type=_positive, default=lr_find.HIGHEST, help="the rate to end with")
    finder.add_argument("--steps", type=_positive_int, default=lr_find.STEPS, help="from one to the other")

    bench = commands.add_parser("bench", help="this machine's training rate beside plain PyTorch loops")
    bench.add_argument("--device", choices=DEVICES, default="auto")
    bench.add_argument("--seconds", type=_positive, default=BENCH_SECONDS, help="of each of some hundred measurements")
    bench.add_argument("--json", action="store_true", help="one JSON object on standard output and nothing else")

    test = commands.add_parser("self-test", help="open the window, train, draw every view, quit")
    test.add_argument("--screenshots", metavar="DIR", help="save pictures of the window there")
    return top


def _add_training(command: argparse.ArgumentParser) -> None:
    """Add what says which experiment is trained, how and for how long."""
    command.add_argument("experiment", metavar="FILE_OR_PRESET")
    _add_changes(command)
    command.add_argument("--steps", type=_positive_int, help="stop after so many steps")
    command.add_argument("--epochs", type=_positive_int, help="stop after so many epochs")
    command.add_argument("--seconds", type=_positive, help="stop after so many seconds of training")


def _add_changes(command: argparse.ArgumentParser) -> None:
    """Add what says what is changed about an experiment, where it runs, and how the result is told."""
    command.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="changes", help="turn a knob")
    command.add_argument("--device", choices=DEVICES, default="auto")
    command.add_argument("--executor", choices=EXECUTORS, default="auto")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output and nothing else")


def run(arguments: argparse.Namespace) -> int:
    """Carry out a parsed command that needs no window; return the exit status."""
    try:
        return _COMMANDS[arguments.command](arguments)
    except ExperimentError as error:
        sys.stderr.write(f"nnplayground: {error}\n")
        return BAD_INPUT
    except BrokenPipeError:  # the reader of our output went away: nothing to say to anyone
        sys.stderr.close()
        return DONE


def _positive(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; allowed: a number above 0")
    return value


def _positive_int(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not allowed; allowed: a whole number of at least 1")
    return int(text)


def _new(arguments: argparse.Namespace) -> int:
    experiment = _chosen(arguments)
    if arguments.output is None:
        sys.stdout.write(experiment.to_toml())
        return DONE
    if Path(arguments.output).exists() and not arguments.force:
        raise ExperimentError(f"{arguments.output}: is there already; allowed: another name, or --force")
    experiment.save(arguments.output)
    return DONE


def _chosen(arguments: argparse.Namespace) -> Experiment:
    """Return the experiment that `new` is asked for: a preset, which a family has one of too, with its network."""
    if arguments.family is None:
        if arguments.phi is not None:
            families = " or ".join(f"--family {name}" for name in FAMILIES)
            raise ExperimentError(f"--phi {arguments.phi:g} is of no family; allowed: with {families}")
        return find(arguments.preset) if arguments.preset else Experiment()
    phi = arguments.phi or 0.0
    network = FAMILIES[arguments.family](phi)
    experiment = find(arguments.preset or arguments.family)
    return experiment.replace_all({"name": f"{experiment.name}, φ = {phi:g}", "network": network})


# show


def _show(arguments: argparse.Namespace) -> int:
    rows = list(_ROWS[arguments.topic]())
    if arguments.json:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        return DONE
    for line in _TEXTS.get(arguments.topic, _plain)(rows):
        sys.stdout.write(line + "\n")
    return DONE


def _plain(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    width = max(len(str(row["name"])) for row in rows)
    for row in rows:
        told = [str(v) for k, v in row.items() if k != "name" and v]
        yield f"{row['name']:{width}}  {' – '.join(told)}"


def _knob_lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    width = max(len(str(row["name"])) for row in rows)
    kinds_of: dict[str, list[str]] = {}
    for row in rows:
        live = ", live" if row["live"] else ""
        default = json.dumps(row["default"], ensure_ascii=False) if row["default"] is not None else "left out"
        line = f"{row['name']:{width}}  {row['help']} Allowed: {row['allowed']}; default {default}{live}."
        kinds_of.setdefault(line, []).append(row["kind"])
    for line, found in kinds_of.items():
        yield line + (f" ({', '.join(found)})" if any(found) else "")


_TEXTS = {"knobs": _knob_lines}


def _preset_rows() -> Iterator[dict[str, Any]]:
    for name, path in resources.presets().items():
        experiment = Experiment.load(path)
        yield {"name": name, "title": experiment.name, "note": experiment.note}


def _kind_rows(group: str) -> Iterator[dict[str, Any]]:
    for kind, model in kinds(group).items():
        yield {"name": kind, "title": model.title, "summary": model.summary}


def _knob_rows() -> Iterator[dict[str, Any]]:
    for kind, field in every_knob():
        knob = field.knob
        yield {
            "name": field.path,
            "kind": kind,
            "allowed": knob.allowed(field.annotation),
            "default": list(field.default) if isinstance(field.default, tuple) and field.choices else _json(field),
            "live": knob.live,
            "help": knob.help,
            "rule": knob.rule,
        }


def _json(field: Any) -> Any:
    if isinstance(field.default, tuple):
        return [layer.width if hasattr(layer, "width") else layer for layer in field.default]
    return field.default


def _choice_rows(path: str) -> Iterator[dict[str, Any]]:
    field = Experiment(network=Network()).field(path)
    for choice in field.choices:
        yield {"name": choice, "title": field.knob.names.get(choice, choice)}


_ROWS: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "presets": _preset_rows,
    "knobs": _knob_rows,
    **{topic: partial(_kind_rows, group) for topic, group in KINDS.items()},
    "activations": lambda: _choice_rows("network.activation"),
    "initializers": lambda: _choice_rows("network.initializer"),
}


# train


def changes(texts: Sequence[str]) -> dict[str, Any]:
    """Parse PATH=VALUE texts; a value is TOML, or else text. Raises ExperimentError."""
    parsed: dict[str, Any] = {}
    for text in texts:
        path, separator, value = text.partition("=")
        if not separator or not path.strip():
            raise ExperimentError(f"--set {text!r} is not allowed; allowed: PATH=VALUE, as in optimizer.lr=0.1")
        parsed[path.strip()] = value_of(value)
    return parsed


def _asked(arguments: argparse.Namespace) -> Experiment:
    """Return the experiment that is to be trained, with what is changed about it. Raises ExperimentError."""
    experiment = find(arguments.experiment).replace_all(changes(arguments.changes))
    return experiment if arguments.epochs is None else experiment.replace("stopping.epochs", arguments.epochs)


def _train(arguments: argparse.Namespace) -> int:
    experiment = _asked(arguments)
    with _interruptible() as interrupted:
        from nnplayground.data import Cancelled
        from nnplayground.engine import Trainer
        from nnplayground.engine.weights import check_place, save_weights

        if arguments.save is not None:
            check_place(arguments.save)
        try:
            trainer = _trainer(experiment, arguments, interrupted)
        except Cancelled:
            return INTERRUPTED
        seconds, stopped_by = _pull(trainer, arguments, interrupted)
    if experiment.stopping.restore:
        trainer.restore_best()
    assert isinstance(trainer, Trainer)
    if arguments.save is not None:
        save_weights(arguments.save, trainer.snapshot(), trainer.experiment, trainer.dataset)
    summary = _summary(trainer, seconds, stopped_by)
    sys.stdout.write(json.dumps(summary, ensure_ascii=False) + "\n" if arguments.json else _lines(summary))
    if trainer.divergence is not None:
        sys.stderr.write(f"nnplayground: {trainer.divergence}; the last finite state is kept\n")
        return DIVERGED
    return INTERRUPTED if stopped_by == "interrupted" else DONE


@contextmanager
def _interruptible() -> Iterator[list[bool]]:
    """Yield a list that is no longer empty once Ctrl+C was pressed; a second time ends at once."""
    pressed: list[bool] = []

    def press(_signal: int, _frame: object) -> None:
        if pressed:
            raise KeyboardInterrupt
        pressed.append(True)

    before = signal.signal(signal.SIGINT, press)
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


def _trainer(experiment: Experiment, arguments: argparse.Namespace, interrupted: list[bool]) -> Trainer:
    import torch

    from nnplayground.engine import Trainer
    from nnplayground.engine.devices import threads_for

    torch.set_num_threads(1)
    dataset = load_aloud(experiment, lambda: bool(interrupted))
    trainer = Trainer(experiment, device=arguments.device, executor=arguments.executor, dataset=dataset)
    torch.set_num_threads(threads_for(trainer.parameters))
    announce(trainer)
    return trainer


def _pull(trainer: Trainer, arguments: argparse.Namespace, interrupted: list[bool]) -> tuple[float, str]:
    """Advance until something stops it; return the seconds of training and what stopped it."""
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


# fan


def _fan(arguments: argparse.Namespace) -> int:
    experiment = _asked(arguments)
    from nnplayground import fan
    from nnplayground.data import Cancelled

    path, values = fan.parse(arguments.over, experiment, arguments.size)
    asked = {name: getattr(arguments, name) for name in ("device", "executor", "steps", "seconds")}
    with _interruptible() as interrupted:
        try:
            result = fan.run(experiment, path, values, **asked, interrupted=lambda: bool(interrupted))
        except Cancelled:
            return INTERRUPTED
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n" if arguments.json else fan.lines(result))
    if result["stopped_by"] == "diverged":
        sys.stderr.write(f"nnplayground: every network diverged, the last at step {result['steps'] + 1}\n")
        return DIVERGED
    return INTERRUPTED if result["stopped_by"] == "interrupted" else DONE


# lr-find


def _lr_find(arguments: argparse.Namespace) -> int:
    experiment = find(arguments.experiment).replace_all(changes(arguments.changes))
    from nnplayground.data import Cancelled

    asked = {name: getattr(arguments, name) for name in ("low", "high", "steps", "device", "executor")}
    with _interruptible() as interrupted:
        try:
            result = lr_find.run(experiment, **asked, cancelled=lambda: bool(interrupted))
        except Cancelled:
            return INTERRUPTED
    sys.stdout.write(json.dumps(result, ensure_ascii=False) + "\n" if arguments.json else lr_find.lines(result))
    return DONE


# bench


def _bench(arguments: argparse.Namespace) -> int:
    import torch

    from nnplayground import bench

    def say(text: str) -> None:
        sys.stderr.write(f"{text}\n")

    torch.set_num_threads(1)
    result = bench.run(seconds=arguments.seconds, device=arguments.device, say=say)
    sys.stdout.write(json.dumps(result) + "\n" if arguments.json else bench.lines(result))
    return DONE


_COMMANDS = {"new": _new, "show": _show, "train": _train, "fan": _fan, "lr-find": _lr_find, "bench": _bench}
