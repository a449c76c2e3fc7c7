"""A fork of the run in hand with one knob changed, and the race of the two."""
