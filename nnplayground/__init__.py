"""Neural Network Playground: tune a neural network by hand and see what every decision does."""

__version__ = "0.1.0"
