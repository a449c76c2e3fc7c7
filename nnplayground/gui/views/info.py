"""The ⓘ of a view, which says how to read it."""

from __future__ import annotations

from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.knobs.popover import HelpPopover
from nnplayground.gui.views.view import View


class InfoButton(IconButton):
    """Opens a view's explanation."""

    def __init__(self, view: View) -> None:
        super().__init__("info", view.tr("How to read this"), view, share=0.85)
        self.setAccessibleName(view.tr("How to read {view}").format(view=view.tr(view.title)))
        self.setObjectName(f"{view.name}.info")
        self._view = view
        self.clicked.connect(self._explain)

    def _explain(self) -> None:
        HelpPopover(self._view.tr(self._view.explanation), self).show_at(self)
