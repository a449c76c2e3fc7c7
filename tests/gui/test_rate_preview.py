"""The schedule's curve under its knobs: it shows what the schedule does, over the epochs that tell it."""

import numpy as np
import pytest

from nnplayground.experiment import Experiment
from nnplayground.experiment.catalogue import kinds
from nnplayground.gui import theme
from nnplayground.gui.knobs.panel import ExperimentPanel
from nnplayground.gui.knobs.rate_preview import RatePreview, planned

LIGHT = theme.load("light")


def shown(qtbot, **knobs) -> RatePreview:
    preview = RatePreview(LIGHT)
    qtbot.addWidget(preview)
    preview.show_experiment(Experiment().replace_all({k.replace("__", "."): v for k, v in knobs.items()}))
    preview.resize(260, preview.sizeHint().height())
    return preview


@pytest.mark.parametrize("kind", kinds("schedule"))
def test_every_schedule_is_drawn(qtbot, kind):
    preview = shown(qtbot, schedule__kind=kind, schedule__warmup=3)
    assert np.isfinite(preview.rates).all()
    assert preview.rates.max() <= 0.01 * (1 + 1e-12)
    assert preview.rates[0] < preview.rates.max()  # warm-up is in sight
    picture = preview.grab().toImage()
    accent = LIGHT.accent
    colours = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    assert accent.lower() in colours


def test_what_a_schedule_does_fills_the_curve_however_long_training_may_go_on():
    cosine = Experiment().replace_all({"schedule.kind": "cosine", "schedule.epochs": 50, "stopping.epochs": 100_000})
    assert planned(cosine) == pytest.approx(55)
    assert planned(cosine.replace("stopping.epochs", 20)) == 20
    assert planned(Experiment().replace("stopping.epochs", 70)) == 70


def test_turning_the_rate_turns_the_curve(qtbot):
    panel = ExperimentPanel(LIGHT)
    qtbot.addWidget(panel)
    panel.show_experiment(Experiment().replace("optimizer.lr", 0.5))
    assert panel.preview.rates.max() == 0.5
    assert "0.5" in panel.preview.toolTip()
    before = panel.preview.rates
    panel.show_experiment(panel.experiment.replace("data.noise", 0.1))
    assert panel.preview.rates is before
