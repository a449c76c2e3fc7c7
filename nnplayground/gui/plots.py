"""The plots below the network: which there are, and how they are grouped at first."""

from __future__ import annotations

from nnplayground.gui.views.curves import GradientNormsView, LearningRateView, LossView, MetricView, UpdateRatioView
from nnplayground.gui.views.histograms import WeightHistogramsView
from nnplayground.gui.views.surface import SurfaceView
from nnplayground.gui.views.view import View

PLOTS: tuple[tuple[type[View], ...], ...] = (  # side by side, each group in tabs
    (LossView, MetricView, SurfaceView),
    (GradientNormsView, UpdateRatioView, LearningRateView),
    (WeightHistogramsView,),
)
