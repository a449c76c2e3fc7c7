"""What the program says about itself."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QMessageBox, QWidget

from nnplayground import __version__
from nnplayground.gui import actions


def _tr(text: str) -> str:
    return QCoreApplication.translate("help", text)


def show_keys(parent: QWidget) -> None:
    """Show what every key does."""
    declared = [d for d in actions.DECLARED.values() if d.keys]
    pairs = [(", ".join(d.keys), QCoreApplication.translate("actions", d.tip)) for d in declared]
    pairs += [
        ("1 … 9, 0", _tr("Bring a plot to the front")),
        ("F1", _tr("Explain the knob that has the focus")),
        ("F2", _tr("Train several values of the knob that has the focus at once")),
        ("← →, PgUp PgDn, Home End", _tr("On the bar of time: to other moments of the run, its first, its last")),
        ("Esc", _tr("Back to the run in hand, as it is now")),
    ]
    rows = "".join(f"<tr><td style='padding-right:24px'><b>{keys}</b></td><td>{tip}</td></tr>" for keys, tip in pairs)
    more = _tr(
        "Click a column of the network for its own settings, an edge for its weight; point at a neuron to see what it "
        "answers to. Double click a plot to see all of it, right click to copy or save it."
    )
    _show(parent, _tr("Keys and mouse"), f"<table>{rows}</table><p>{more}</p>")


def show_about(parent: QWidget) -> None:
    """Show what this program is."""
    text = _tr(
        "<b>Neural Network Playground {0}</b><p>Tune a neural network by hand and see what every decision does, while "
        "it trains.</p><p>MIT licence. Made with PyTorch, Qt and pyqtgraph.</p>"
    )
    _show(parent, _tr("About"), text.format(__version__))


def _show(parent: QWidget, title: str, text: str) -> None:
    box = QMessageBox(QMessageBox.Icon.NoIcon, title, text, QMessageBox.StandardButton.Close, parent)
    box.setObjectName("help")
    box.open()  # not exec: the window stays alive behind it
