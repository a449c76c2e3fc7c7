"""The ⓘ of a view, which says how to read it."""

from __future__ import annotations

from PySide6.QtWidgets import QToolButton

from nnplayground.gui.knobs.popover import HelpPopover
from nnplayground.gui.theme import restyle
from nnplayground.gui.views.view import View


class InfoButton(QToolButton):
    """Opens a view's explanation."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._view = view
        self.setObjectName(f"{view.name}.info")
        self.setText("ⓘ")
        self.setToolTip(self.tr("How to read this"))
        self.setAccessibleName(self.tr("How to read {view}").format(view=view.tr(view.title)))
        self.setVisible(bool(view.explanation))
        restyle(self, role="link")
        self.clicked.connect(self._explain)

    def _explain(self) -> None:
        HelpPopover(self._view.tr(self._view.explanation), self).show_at(self)
