"""Tests of experiments as values, of files and of errors."""
