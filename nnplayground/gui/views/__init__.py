"""Views: each draws a frame, and asks for the probes it needs."""

import os

os.environ.setdefault("PYQTGRAPH_QT_LIB", "PySide6")  # before any view imports pyqtgraph
