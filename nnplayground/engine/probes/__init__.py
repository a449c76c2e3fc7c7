"""Probes: what a view may ask of a network at one step. Requests and answers know no torch; computing does.

A request is a small frozen value. `probing.Prober` answers it from a snapshot and the data alone.
"""

from nnplayground.engine.probes.activity import Activity, ActivityRequest, LayerActivity
from nnplayground.engine.probes.histograms import QUANTITIES, Histogram, HistogramRequest, Histograms, Quantity
from nnplayground.engine.probes.judgements import (
    Calibration,
    CalibrationRequest,
    Confusion,
    ConfusionRequest,
    Mistakes,
    MistakesRequest,
)
from nnplayground.engine.probes.outputs import (
    ChangeRequest,
    OutputChange,
    OutputMap,
    OutputRequest,
    PredictionRequest,
    Predictions,
)
from nnplayground.engine.probes.request import Floats, Reading, Request
from nnplayground.engine.probes.responses import ResponseRequest, Responses
from nnplayground.engine.probes.signal import Signal, SignalRequest, Signals
from nnplayground.engine.probes.trace import Trace, TracedLayer, TraceRequest
from nnplayground.engine.probes.weights import (
    WeightGradientRequest,
    WeightGradients,
    WeightUpdateRequest,
    WeightUpdates,
)

__all__ = [
    "QUANTITIES",
    "Activity",
    "ActivityRequest",
    "Calibration",
    "CalibrationRequest",
    "ChangeRequest",
    "Confusion",
    "ConfusionRequest",
    "Floats",
    "Histogram",
    "HistogramRequest",
    "Histograms",
    "LayerActivity",
    "Mistakes",
    "MistakesRequest",
    "OutputChange",
    "OutputMap",
    "OutputRequest",
    "PredictionRequest",
    "Predictions",
    "Quantity",
    "Reading",
    "Request",
    "ResponseRequest",
    "Responses",
    "Signal",
    "SignalRequest",
    "Signals",
    "Trace",
    "TraceRequest",
    "TracedLayer",
    "WeightGradientRequest",
    "WeightGradients",
    "WeightUpdateRequest",
    "WeightUpdates",
]
