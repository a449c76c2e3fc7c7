"""A network's architecture as a picture of its own, for slides and papers."""
