"""The parts of the network diagram: what is shown, where it lies, and how it is drawn."""
