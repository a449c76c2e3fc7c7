"""What holds for every test: no test fails for the time it takes, and those that run side by side share the cores."""

import os

from hypothesis import settings

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # before PyTorch is there: its threads would wait for each other

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
