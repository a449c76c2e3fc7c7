"""Runs that are compared: in curves, along axes of knobs, as importance of knobs, as points, and two side by side."""
