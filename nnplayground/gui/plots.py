"""The plots below the network: which there are, and how they are grouped at first."""

from __future__ import annotations

from nnplayground.gui.views.activations import ActivationsView
from nnplayground.gui.views.curves import GradientNormsView, LearningRateView, LossView, MetricView, UpdateRatioView
from nnplayground.gui.views.edges import EdgesView
from nnplayground.gui.views.flow import GradientFlowView
from nnplayground.gui.views.histograms import HistogramsView
from nnplayground.gui.views.signal import SignalView
from nnplayground.gui.views.surface import SurfaceView
from nnplayground.gui.views.view import View

PLOTS: tuple[tuple[type[View], ...], ...] = (  # side by side, each group in tabs
    (LossView, MetricView, LearningRateView, SurfaceView),
    (GradientNormsView, GradientFlowView, UpdateRatioView, EdgesView),
    (HistogramsView, ActivationsView, SignalView),
)
KEYS = "1234567890"  # bring a plot to the front, counted through all groups; those that come later have none
