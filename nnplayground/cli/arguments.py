"""What may be asked for: commands, their arguments, and what these may be."""

from __future__ import annotations

import argparse
import math
from typing import Any

from nnplayground import __version__, lr_find
from nnplayground.cli.status import BAD_INPUT
from nnplayground.cli.topics import TOPICS
from nnplayground.experiment.families import FAMILIES

BENCH_SECONDS = 0.1
DEVICES = ("auto", "cpu", "cuda", "mps")
EXECUTORS = ("auto", "compiled", "graph", "eager")
WINDOW_COMMANDS = (None, "open", "self-test")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        """End with one line and status 2."""
        self.exit(BAD_INPUT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line, the window's commands included."""
    top = _Parser(prog="nnplayground", description="Tune a neural network by hand and see what every decision does.")
    top.add_argument("--version", action="version", version=f"nnplayground {__version__}")
    top.add_argument("--store", metavar="FILE", dest="window_store", help="keep the window's runs there")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)

    opened = commands.add_parser("open", help="open an experiment in the window")
    opened.add_argument("file", metavar="FILE_OR_PRESET", help="or a text that was shared")
    opened.add_argument("--store", metavar="FILE", help="keep runs there; left out, in the user's store")

    new = commands.add_parser("new", help="write an experiment as TOML")
    new.add_argument("preset", nargs="?", help="a preset's name; left out, the default experiment")
    new.add_argument("--family", choices=tuple(FAMILIES), help="with the network of a family, scaled by --phi")
    new.add_argument("--phi", type=float, help="the compound coefficient of --family, from 0; left out, 0")
    place = new.add_mutually_exclusive_group()
    place.add_argument("-o", "--output", metavar="FILE", help="where to write; left out, standard output")
    place.add_argument("--share", action="store_true", help="as a line of text, to be pasted into a chat")
    new.add_argument("--force", action="store_true", help="write over a file that is there")

    show = commands.add_parser("show", help="list what there is to choose")
    show.add_argument("topic", choices=TOPICS)
    show.add_argument("--json", action="store_true", help="one JSON array on standard output")

    train = commands.add_parser("train", help="train an experiment")
    _add_training(train)
    train.add_argument(
        "--store", metavar="FILE", nargs="?", const="", help="keep the run; left out, in the user's store"
    )
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

    _add_runs(commands.add_parser("runs", help="list, compare, carry and resume the runs that were kept"))

    bench = commands.add_parser("bench", help="this machine's training rate beside plain PyTorch loops")
    bench.add_argument("--device", choices=DEVICES, default="auto")
    bench.add_argument("--seconds", type=_positive, default=BENCH_SECONDS, help="of each of some hundred measurements")
    bench.add_argument("--json", action="store_true", help="one JSON object on standard output and nothing else")

    test = commands.add_parser("self-test", help="open the window, train, draw every view, quit")
    test.add_argument("--screenshots", metavar="DIR", help="save pictures of the window there")
    return top


def _add_runs(command: argparse.ArgumentParser) -> None:
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True, parser_class=_Parser)
    made = {}
    for name, text in (
        ("list", "list runs, the latest first"),
        ("show", "tell all of a run"),
        ("compare", "tell in what runs differ, and what became of them"),
        ("export", "write a run to a file of its own"),
        ("import", "take over a run from such a file"),
        ("delete", "delete runs; --undo takes that back for 30 days"),
        ("resume", "train on from where a run was left"),
    ):
        made[name] = actions.add_parser(name, help=text)
        made[name].add_argument("--store", metavar="FILE", help="which store; left out, the user's own")
    for name in ("show", "export", "resume"):
        made[name].add_argument("run", metavar="RUN", help="its number in the list")
    for name in ("compare", "delete"):
        made[name].add_argument("runs", metavar="RUN", nargs="+", help="their numbers in the list")
    for name in ("list", "show", "compare", "resume"):
        made[name].add_argument("--json", action="store_true", help="JSON on standard output and nothing else")
    for name in ("export", "import"):
        made[name].add_argument("file", metavar="FILE")
    made["list"].add_argument("--filter", default="", help="as in 'lr > 0.01 and optimizer = adam'")
    made["list"].add_argument("--sort", metavar="NAME", help="by a knob or a result; -NAME the other way round")
    made["list"].add_argument("--deleted", action="store_true", help="those that were deleted")
    made["export"].add_argument("--force", action="store_true", help="write over a file that is there")
    made["delete"].add_argument("--undo", action="store_true", help="take back that they were deleted")
    _add_limits(made["resume"])
    made["resume"].add_argument("--device", choices=DEVICES, default="auto")
    made["resume"].add_argument("--executor", choices=EXECUTORS, default="auto")


def _add_training(command: argparse.ArgumentParser) -> None:
    """Add what says which experiment is trained, how and for how long."""
    command.add_argument("experiment", metavar="FILE_OR_PRESET")
    _add_changes(command)
    _add_limits(command)


def _add_limits(command: argparse.ArgumentParser) -> None:
    command.add_argument("--steps", type=_positive_int, help="stop after so many steps")
    command.add_argument("--epochs", type=_positive_int, help="stop after so many epochs")
    command.add_argument("--seconds", type=_positive, help="stop after so many seconds of training")


def _add_changes(command: argparse.ArgumentParser) -> None:
    """Add what says what is changed about an experiment, where it runs, and how the result is told."""
    command.add_argument("--set", action="append", default=[], metavar="PATH=VALUE", dest="changes", help="turn a knob")
    command.add_argument("--device", choices=DEVICES, default="auto")
    command.add_argument("--executor", choices=EXECUTORS, default="auto")
    command.add_argument("--json", action="store_true", help="one JSON object on standard output and nothing else")


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
