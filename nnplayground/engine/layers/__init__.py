"""The kinds of layers as they are computed: which tensors each owns, and what it makes of a batch."""
