"""Experiments as values: what determines a training, and the knobs that a person may turn. Neither torch nor Qt."""

from nnplayground.experiment.errors import ExperimentError
from nnplayground.experiment.experiment import Experiment
from nnplayground.experiment.knob import Field, Knob

__all__ = ["Experiment", "ExperimentError", "Field", "Knob"]
