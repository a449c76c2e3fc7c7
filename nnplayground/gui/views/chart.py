"""What views with a picture share: a row of options, a menu, copying and saving, drawing only what changed."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QPainter,
    QPalette,
    QPixmap,
    QRegion,
    QResizeEvent,
)
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import (
    QFileDialog,
    QGraphicsView,
    QHBoxLayout,
    QLabel,
    QMenu,
    QMessageBox,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nnplayground.gui.theme import SPACING, Theme, restyle
from nnplayground.gui.views.info import InfoButton
from nnplayground.gui.views.legend import Legend
from nnplayground.gui.views.view import Frame, View

Table = tuple[list[str], Sequence[Sequence[object]]]  # names of columns, rows

_NEVER = object()  # the key of what was not drawn yet
SHARPNESS = 2.0  # pixels of a saved picture for one on the screen


class Caption(QLabel):
    """Quiet words that end in an ellipsis where there is no room for them."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._words = ""
        restyle(self, role="secondary")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def set_words(self, words: str) -> None:
        """Show other words."""
        if words != self._words:
            self._words = words
            self._elide()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as much as fits now."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, self.width())
        shown = shown if len(shown) > 4 or shown == self._words else ""
        if shown != self.text():
            self.setText(shown)
            self.setToolTip(self._words if shown != self._words else "")
            self.setAccessibleName(self._words)


class ChartView(View):
    """A view with a row of options above its picture. Others implement `key`, `redraw` and `table`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._frame: Frame | None = None
        self._drawn: object = _NEVER
        self.setBackgroundRole(QPalette.ColorRole.Base)
        self.setAutoFillBackground(True)
        self.caption = Caption(self)
        self.legend = Legend(theme, self)
        self.menu = QMenu(self)
        self.menu.setObjectName(f"{self.name}.menu")
        self.options = QWidget(self)  # may be taken into a dock's title bar
        self.options.setObjectName(f"{self.name}.options")
        self.row = row = QHBoxLayout(self.options)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING)
        row.addWidget(self.caption, 1)
        row.addWidget(self.legend)
        self._buttons = (InfoButton(self), self._menu_button())
        for button in self._buttons:
            policy = button.sizePolicy()
            policy.setRetainSizeWhenHidden(True)
            button.setSizePolicy(policy)
            row.addWidget(button)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(SPACING * 3 // 2, SPACING // 2, SPACING, SPACING // 2)
        self.column.setSpacing(SPACING // 2)
        self.column.addWidget(self.options)
        self._commands = self.menu.addSeparator()  # switches come before it
        self._add_command("follow", self.tr("Show everything"), self.show_everything)
        self._add_command("copy", self.tr("Copy picture"), self.copy_picture)
        self._add_command("save_picture", self.tr("Save picture as PNG…"), self._ask_picture)
        self._add_command("save_drawing", self.tr("Save picture as SVG…"), self._ask_drawing)
        self._add_command("save_table", self.tr("Save numbers as CSV…"), self._ask_table)

    # what others implement

    def key(self, frame: Frame) -> object:
        """Return what the picture depends on; an equal key is not drawn again."""
        raise NotImplementedError

    def redraw(self, frame: Frame) -> None:
        """Draw the frame."""
        raise NotImplementedError

    def table(self, frame: Frame) -> Table:
        """Return the numbers of the picture."""
        raise NotImplementedError

    def show_everything(self) -> None:
        """Undo zoom and pan."""

    # drawing

    def draw(self, frame: Frame) -> None:
        """Draw the frame where anything that can be seen has changed."""
        self._frame = frame
        key = self.key(frame)
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

    def _add_command(self, name: str, text: str, slot: Callable[[], object]) -> None:
        action = self.menu.addAction(text)
        action.setObjectName(f"{self.name}.{name}")
        action.triggered.connect(slot)

    def _menu_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"{self.name}.menu_button")
        button.setText("▾")
        button.setToolTip(self.tr("Options of this view"))
        button.setAccessibleName(self.tr("Options of {view}").format(view=self.tr(self.title)))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self.menu)
        restyle(button, role="link")
        return button

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Open the menu at the pointer."""
        self.menu.popup(event.globalPos())
        event.accept()

    # copying and saving

    def picture(self) -> QPixmap:
        """Return the view as it is on the screen, sharper."""
        pixmap = QPixmap(self.size() * SHARPNESS)
        pixmap.setDevicePixelRatio(SHARPNESS)
        painter = QPainter(pixmap)
        self._paint(painter)
        painter.end()
        return pixmap

    def _paint(self, painter: QPainter) -> None:
        """Draw the view as it is, without the buttons that are of no use in a picture."""
        for button in self._buttons:
            button.hide()
        painter.fillRect(self.rect(), QColor(self.theme.panel))
        self.render(painter, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
        for button in self._buttons:
            button.show()

    def copy_picture(self) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setPixmap(self.picture())

    def save_picture(self, file: Path) -> None:
        """Write the picture as PNG. Raises OSError."""
        if not self.picture().save(str(file), "PNG"):
            raise OSError(0, self.tr("the picture was refused"), str(file))

    def save_drawing(self, file: Path) -> None:
        """Write the picture as SVG, so that it can be printed at any size. Raises OSError."""
        with file.open("wb"):  # the generator itself is silent about what cannot be written
            pass
        generator = QSvgGenerator()
        generator.setFileName(str(file))
        generator.setTitle(self.tr(self.title))
        generator.setSize(self.size())
        generator.setViewBox(QRect(QPoint(), self.size()))
        generator.setResolution(self.logicalDpiX())
        items = [item for view in self.findChildren(QGraphicsView) for item in view.items()]
        symbols = [item for item in items if hasattr(item, "setExportMode")]
        for item in symbols:
            item.setExportMode(True)  # as shapes, not as pictures of them
        painter = QPainter(generator)
        self._paint(painter)
        painter.end()
        for item in symbols:
            item.setExportMode(False)

    def save_table(self, file: Path) -> None:
        """Write the numbers as CSV. Raises OSError."""
        names, rows = self.table(self._frame) if self._frame is not None else ([], [])
        with file.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(names)
            writer.writerows(rows)

    def _ask_picture(self) -> None:
        self._ask(self.tr("Save picture"), "png", self.save_picture)

    def _ask_drawing(self) -> None:
        self._ask(self.tr("Save picture"), "svg", self.save_drawing)

    def _ask_table(self) -> None:
        self._ask(self.tr("Save numbers"), "csv", self.save_table)

    def _ask(self, title: str, ending: str, save: Callable[[Path], None]) -> None:
        chosen, _ = QFileDialog.getSaveFileName(self, title, f"{self.name}.{ending}", f"*.{ending}")
        if not chosen:
            return
        file = Path(chosen)
        try:
            save(file if file.suffix else file.with_suffix(f".{ending}"))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            QMessageBox.warning(
                self, title, self.tr("{file}: cannot be written: {reason}").format(file=file, reason=reason)
            )
