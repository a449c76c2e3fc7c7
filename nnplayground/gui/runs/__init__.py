"""The runs that were kept: a table of them, their curves side by side, and any of them shown again in every view."""
