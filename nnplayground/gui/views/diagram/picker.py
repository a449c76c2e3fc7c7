"""What chooses which quantity the edges show."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from nnplayground.gui.views.diagram.quantities import CONTRIBUTIONS, GRADIENTS, LATEST, UPDATES, WEIGHTS
from nnplayground.gui.views.picker import Picker


def _tr(text: str) -> str:
    return QCoreApplication.translate("QuantityPicker", text)


class QuantityPicker(Picker):
    """Which of QUANTITIES the edges show. Contributions can be chosen only while a sample is traced."""

    def __init__(self, parent: QWidget) -> None:
        words = {
            WEIGHTS: (_tr("weights"), _tr("The weights themselves")),
            GRADIENTS: (_tr("gradients"), _tr("The slope of the training loss along each weight")),
            UPDATES: (_tr("updates since start"), _tr("What training has added to each weight by now")),
            LATEST: (_tr("latest updates"), _tr("What was added to each weight since the picture before")),
            CONTRIBUTIONS: (
                _tr("contributions"),
                _tr("Weight times the traced sample's value; needs a traced sample"),
            ),
        }
        texts, tips = ({key: pair[place] for key, pair in words.items()} for place in (0, 1))
        super().__init__("network.edges", _tr("What the edges show"), texts, parent, tips)
        self.set_traced(traced=False)

    def set_traced(self, *, traced: bool) -> None:
        """Say whether a sample is followed; without one, there is nothing that it contributes."""
        self.options[CONTRIBUTIONS].setEnabled(traced)
        if not traced and self.chosen == CONTRIBUTIONS:
            self.choose(WEIGHTS)
