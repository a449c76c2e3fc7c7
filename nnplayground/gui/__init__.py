"""The window: PySide6 and pyqtgraph. Nothing else of the project's knows Qt."""
