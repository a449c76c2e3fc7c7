"""What views with a picture share: a row of options, a menu, drawing only what changed."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QFontMetrics, QPalette, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.brief import brief
from nnplayground.gui.views.info import InfoButton
from nnplayground.gui.views.keeping import SHARPNESS, KeptView, Table, keeping_its_place
from nnplayground.gui.views.legend import Legend
from nnplayground.gui.views.view import Frame

__all__ = ["SHARPNESS", "Caption", "ChartView", "Table"]

_NEVER = object()  # the key of what was not drawn yet


LOW = 110  # pixels of height, at plain type, below which a picture spares no line for its legend
LEAST = 0.5  # of a caption: what is worth showing before an ellipsis


def fitted(words: str, metrics: QFontMetrics, width: int) -> str:
    """Return of some words what `width` has room for: in short, without what follows a comma or a dot; or nothing."""
    parts = re.split("(, | · )", words)
    for end in range(len(parts), 0, -2):
        told = "".join(parts[:end])
        for shown in (told, brief(told)):
            if metrics.horizontalAdvance(shown) <= width:
                return shown
    shown = metrics.elidedText(parts[0], Qt.TextElideMode.ElideRight, width)
    return shown if len(shown) > LEAST * len(parts[0]) + 1 else ""


class Caption(QLabel):
    """Quiet words of which no more is shown than there is room for."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = ""
        restyle(self, role="secondary")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_words(self, words: str) -> None:
        """Show other words."""
        if words != self._words:
            self._words = words
            self.setAccessibleName(words)
            self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as fits now."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = fitted(self._words, self.fontMetrics(), self.width())
        if shown != self.text():
            self.setText(shown)
            self.setToolTip(self._words if shown != self._words else "")


class ChartView(KeptView):
    """A view with a row of options above its picture. Others implement `key`, `redraw` and `table`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._drawn: object = _NEVER
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.caption = Caption(self)
        self.legend = Legend(theme, self)
        self.options = QWidget(self)  # may be taken into a dock's title bar
        self.options.setObjectName(f"{self.name}.options")
        self.options.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.row = row = QHBoxLayout(self.options)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.caption, 1)
        row.addWidget(self.legend)
        self.legend.changed.connect(self._place_legend)
        row.addWidget(keeping_its_place(InfoButton(self)))
        row.addWidget(self.menu_button())
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING, SPACING // 2)
        self.column.setSpacing(SPACING // 2)
        self.column.addWidget(self.options)
        self._commands = self.menu.addSeparator()  # switches come before it
        self.add_command("follow", self.tr("Show everything"), self.show_everything)
        self.add_keeping()

    # what others implement

    def key(self, frame: Frame) -> object:
        """Return what the picture depends on; an equal key is not drawn again."""
        raise NotImplementedError

    def redraw(self, frame: Frame) -> None:
        """Draw the frame."""
        raise NotImplementedError

    def show_everything(self) -> None:
        """Undo zoom and pan."""

    # drawing

    def draw(self, frame: Frame) -> None:
        """Draw the frame where anything that can be seen has changed."""
        self._frame = frame
        key = frame.awaited, self.key(frame)
        if key != self._drawn:
            self._drawn = key
            self.redraw(frame)

    def draw_again(self) -> None:
        """Draw the last frame, whether it changed or not."""
        self._drawn = _NEVER
        if self._frame is not None:
            self.draw(self._frame)

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes at once."""
        super().set_theme(theme)
        self.legend.set_theme(theme)
        self.draw_again()
        self._place_legend()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the legend where its names can be read."""
        super().resizeEvent(event)
        self._place_legend()

    def _place_legend(self) -> None:
        """Give the legend a line of its own where the row of options would cut its names."""
        if self.legend.isHidden():
            return
        inside = (self.row.itemAt(i) for i in range(self.row.count()))
        others = (item.widget() for item in inside if item is not None)
        own = None, self.caption, self.legend
        taken = [other.sizeHint().width() for other in others if other not in own and not other.isHidden()]
        room = self.width() - self.sides - sum(taken) - self.row.spacing() * (len(taken) + 1)
        apart = self.legend.least_width() > room and self.height() >= self.theme.scaled(LOW)
        if apart and self.column.indexOf(self.legend) < 0:
            self.column.insertWidget(1, self.legend)
        elif not apart and self.row.indexOf(self.legend) < 0:
            self.row.insertWidget(self.row.indexOf(self.caption) + 1, self.legend)

    @property
    def sides(self) -> int:
        """The pixels left and right of the picture together."""
        margins = self.column.contentsMargins()
        return margins.left() + margins.right()

    # options

    def add_switch(self, name: str, text: str, *, on: bool) -> QAction:
        """Put a switch before the menu's commands; turning it draws again."""
        action = QAction(text, self.menu)
        action.setObjectName(f"{self.name}.{name}")
        action.setCheckable(True)
        action.setChecked(on)
        action.toggled.connect(self.draw_again)
        self.menu.insertAction(self._commands, action)
        return action
