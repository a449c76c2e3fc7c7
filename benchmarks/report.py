"""How benchmarks tell what they found: aligned tables in Markdown, and the machine that they ran on."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

PACKAGES = ("nnplayground", "torch", "numpy", "scikit-learn", "lightning", "skorch", "keras")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, aligned for reading as text; every column but the first is of numbers."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    dashes = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    lines = []
    for row in (head, dashes, *rows):
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def machine(packages: Sequence[str] = PACKAGES) -> str:
    """Return processor, cores, system, versions and today's date as one sentence."""
    versions = []
    for name in packages:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    system = f"{platform.system()} {platform.machine()}, Python {platform.python_version()}"
    date = datetime.now(UTC).date().isoformat()
    return f"Measured {date} on {processor()}, {os.cpu_count()} cores, {system}, {', '.join(versions)}."


def processor() -> str:
    """Return the processor's name as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
