"""Fans: one experiment at many values of one knob, trained side by side and looked at in small multiples."""
