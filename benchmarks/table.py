"""Runs benchmarks and writes what they find into README.md beside this file, each part between its two comments.

python benchmarks/table.py [--quick] [--dry] [PART …]; the parts are training, population, history and window.
"""

from __future__ import annotations

import argparse
import importlib
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from report import machine

README = Path(__file__).with_name("README.md")
PARTS = ("training", "population", "history", "window")


def found_by(part: str, quick: bool) -> str:
    """Return what a part found, as Markdown. The window has a process of its own, as its start is measured."""
    if part != "window":
        module = importlib.import_module(part)
        return str(module.tell(module.measure(quick)))
    command = [sys.executable, str(Path(__file__).with_name("window.py"))]
    command += ["--rounds", "1", "--seconds", "0.5"] if quick else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return f"```\n{done.stdout.rstrip()}\n```"


def written(text: str, part: str, found: str) -> str:
    """Return the text of a README with a part's finding in place of the one before."""
    begin, end = f"<!-- {part} -->", f"<!-- end {part} -->"
    pattern = re.compile(f"{begin}\n.*?{end}", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise ValueError(f"{README.name} has no place for {part}: it begins with {begin} and ends with {end}")
    return pattern.sub(lambda _: f"{begin}\n{found}\n{end}", text)


def load() -> float:
    """Return how many processes wanted to run in the last minute; 0 where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the parts chosen and write each as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="short runs, for trying it out")
    parser.add_argument("--dry", action="store_true", help="print, and leave README.md as it is")
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.parts) - set(PARTS))
    if unknown:
        parser.error(f"{', '.join(unknown)}: no such part; allowed: {', '.join(PARTS)}")
    for part in options.parts or PARTS:
        before = load()
        found = found_by(part, options.quick)
        found += f"\n\n{machine()} Load average {before:.1f} before, {load():.1f} at the end."
        if options.dry:
            print(f"## {part}\n\n{found}\n")
        else:
            README.write_text(written(README.read_text(encoding="utf-8"), part, found), encoding="utf-8")


if __name__ == "__main__":
    main()
