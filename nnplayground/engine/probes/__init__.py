"""Probes: what a view may ask of a network at one step. Requests and answers know no torch; computing does.

A request is a small frozen value. `probing.Prober` answers it from a snapshot and the data alone.
"""

from nnplayground.engine.probes.histograms import Histogram, HistogramRequest, Histograms
from nnplayground.engine.probes.outputs import OutputMap, OutputRequest, PredictionRequest, Predictions
from nnplayground.engine.probes.request import Floats, Reading, Request
from nnplayground.engine.probes.responses import ResponseRequest, Responses
from nnplayground.engine.probes.trace import Trace, TracedLayer, TraceRequest
from nnplayground.engine.probes.weights import (
    WeightGradientRequest,
    WeightGradients,
    WeightUpdateRequest,
    WeightUpdates,
)

__all__ = [
    "Floats",
    "Histogram",
    "HistogramRequest",
    "Histograms",
    "OutputMap",
    "OutputRequest",
    "PredictionRequest",
    "Predictions",
    "Reading",
    "Request",
    "ResponseRequest",
    "Responses",
    "Trace",
    "TraceRequest",
    "TracedLayer",
    "WeightGradientRequest",
    "WeightGradients",
    "WeightUpdateRequest",
    "WeightUpdates",
]
