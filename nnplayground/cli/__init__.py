"""The command line: everything that needs no window."""

from nnplayground.cli.arguments import DEVICES, WINDOW_COMMANDS, parser
from nnplayground.cli.commands import run
from nnplayground.cli.status import BAD_INPUT, DIVERGED, DONE, INTERRUPTED

__all__ = ["BAD_INPUT", "DEVICES", "DIVERGED", "DONE", "INTERRUPTED", "WINDOW_COMMANDS", "parser", "run"]
