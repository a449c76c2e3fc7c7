"""Views: each draws a frame, and asks for the probes it needs."""

import os

import PySide6.QtCore  # noqa: F401  # before pyqtgraph, which else would look for other bindings

os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")
