"""What the program ends with."""

DONE, BAD_INPUT, DIVERGED, INTERRUPTED = 0, 2, 3, 130
