"""The door: no argument opens the window, a command runs the command line."""

from __future__ import annotations

import multiprocessing
import os
import sys

from nnplayground import cli


def main() -> int:
    """Run the program and return its exit status."""
    multiprocessing.freeze_support()
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # a program without a console, as on Windows
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    arguments = cli.parser().parse_args()
    try:
        if arguments.command not in cli.WINDOW_COMMANDS:
            return cli.run(arguments)
        from nnplayground.gui import preflight

        fault = preflight.fault()
        if fault is not None:
            sys.stderr.write(f"nnplayground: {fault}\n")
            return cli.BAD_INPUT
        from nnplayground.gui import app

        return app.run(arguments)
    except KeyboardInterrupt:
        return cli.INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
