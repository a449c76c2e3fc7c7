"""Tests of the engine, against torch, scikit-learn and numpy in float64."""
