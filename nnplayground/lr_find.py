"""The learning-rate finder's answer, as an object and as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nnplayground.experiment import Experiment
from nnplayground.notices import load_aloud

LOWEST, HIGHEST, STEPS = 1e-6, 10.0, 300  # the range of rates, and in how many steps, where nothing else is said
ROWS = 24  # of the text's table
BAR = 40  # characters of its longest bar


def run(
    experiment: Experiment,
    *,
    low: float = LOWEST,
    high: float = HIGHEST,
    steps: int = STEPS,
    device: str = "auto",
    executor: str = "auto",
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Find the rate; return the object that `--json` prints. Raises ExperimentError and Cancelled."""
    import torch

    from nnplayground.engine.finder import find_rate

    torch.set_num_threads(1)
    dataset = load_aloud(experiment, cancelled)
    asked: dict[str, Any] = {"low": low, "high": high, "steps": steps, "device": device, "executor": executor}
    found = find_rate(experiment, **asked, dataset=dataset, cancelled=cancelled)
    return {
        "experiment": experiment.told(),
        "rates": found.rates.tolist(),
        "loss": found.raw.tolist(),
        "smoothed_loss": found.smoothed.tolist(),
        "diverging": found.diverging,
        "half": found.half,
        "steepest": found.steepest,
    }


def lines(result: Mapping[str, Any]) -> str:
    """Return a result of `run` as text: the smoothed loss by rate, and the rates that stand out."""
    rates, smoothed = result["rates"], result["smoothed_loss"]
    every = max(1, -(-len(rates) // ROWS))
    low, high = min(smoothed, default=0.0), max(smoothed, default=0.0)
    text = f"{'rate':>10}  {'loss':>10}\n"
    for rate, loss in list(zip(rates, smoothed, strict=True))[::every]:
        bar = "█" * round(BAR * (loss - low) / (high - low)) if high > low else ""
        text += f"{rate:10.3g}  {loss:10.4g}  {bar}".rstrip() + "\n"
    for name, words in (("steepest", "steepest at"), ("diverging", "diverges at"), ("half", "half of that")):
        text += f"{words}  {'–' if result[name] is None else format(result[name], '.3g')}\n"
    return text
