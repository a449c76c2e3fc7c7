"""What a view of pictures and numbers gives away: a menu, the picture as copied, PNG or SVG, the numbers as CSV."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QPoint, QRect, QSize
from PySide6.QtGui import QAction, QColor, QContextMenuEvent, QGuiApplication, QPainter, QPixmap, QRegion
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QGraphicsView, QMenu, QMessageBox, QToolButton, QWidget

from nnplayground.gui.theme import Theme, restyle
from nnplayground.gui.views.view import Frame, View

Table = tuple[list[str], Iterable[Sequence[object]]]  # names of columns, rows

SHARPNESS = 2.0  # pixels of a saved picture for one on the screen


def keeping_its_place(button: QToolButton) -> QToolButton:
    """Return a button whose room stays empty while it is hidden."""
    policy = button.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    button.setSizePolicy(policy)
    return button


class KeptView(View):
    """A view whose picture and numbers can be taken along. Others implement `table`, and set `_frame` as they draw."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._frame: Frame | None = None
        self.menu = QMenu(self)
        self.menu.setObjectName(f"{self.name}.menu")

    def table(self, frame: Frame) -> Table:
        """Return the numbers of the picture."""
        raise NotImplementedError

    def table_now(self) -> Table:
        """Return the numbers of what is drawn now."""
        return self.table(self._frame) if self._frame is not None else ([], [])

    # the menu

    def add_command(self, name: str, text: str, slot: Callable[[], object]) -> QAction:
        """Put a command at the end of the menu."""
        action = self.menu.addAction(text)
        action.setObjectName(f"{self.name}.{name}")
        action.triggered.connect(slot)
        return action

    def add_keeping(self) -> None:
        """Put the commands that copy and save at the end of the menu."""
        self.add_command("copy", self.tr("Copy picture"), self.copy_picture)
        self.add_command("save_picture", self.tr("Save picture as PNG…"), self._ask_picture)
        self.add_command("save_drawing", self.tr("Save picture as SVG…"), self._ask_drawing)
        self.add_command("save_table", self.tr("Save numbers as CSV…"), self._ask_table)

    def menu_button(self) -> QToolButton:
        """Return a button that opens the menu."""
        button = QToolButton(self)
        button.setObjectName(f"{self.name}.menu_button")
        button.setText("▾")
        button.setToolTip(self.tr("Options of this view"))
        button.setAccessibleName(self.tr("Options of {view}").format(view=self.tr(self.title)))
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(self.menu)
        restyle(button, role="link")
        return keeping_its_place(button)

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
        named = [self.findChild(QToolButton, f"{self.name}.{part}") for part in ("info", "menu_button")]
        buttons = [button for button in named if button is not None]
        for button in buttons:
            button.hide()
        painter.fillRect(self.rect(), QColor(self.theme.panel))
        self.render(painter, QPoint(), QRegion(), QWidget.RenderFlag.DrawChildren)
        for button in buttons:
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
        items = [item for view in self.findChildren(QGraphicsView) for item in view.items()]
        symbols = [item for item in items if hasattr(item, "setExportMode")]
        for item in symbols:
            item.setExportMode(True)  # as shapes, not as pictures of them
        try:
            write_drawing(file, self.tr(self.title), self.size(), self._paint, self.logicalDpiX())
        finally:
            for item in symbols:
                item.setExportMode(False)

    def save_table(self, file: Path) -> None:
        """Write the numbers as CSV. Raises OSError."""
        names, rows = self.table_now()
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
        ask_and_save(self, title, self.name, ending, save)


def write_drawing(file: Path, title: str, size: QSize, paint: Callable[[QPainter], None], resolution: int) -> None:
    """Write what `paint` draws as SVG of a size; `resolution` is that of its type, in dots per inch. Raises OSError."""
    with file.open("wb"):  # the generator itself is silent about what cannot be written
        pass
    generator = QSvgGenerator()
    generator.setFileName(str(file))
    generator.setTitle(title)
    generator.setSize(size)
    generator.setViewBox(QRect(QPoint(), size))
    generator.setResolution(resolution)
    painter = QPainter(generator)
    paint(painter)
    painter.end()


def ask_and_save(parent: QWidget, title: str, name: str, ending: str, save: Callable[[Path], None]) -> None:
    """Ask for a file and have `save` write it; say so where it cannot be written."""
    chosen, _ = QFileDialog.getSaveFileName(parent, title, f"{name}.{ending}", f"*.{ending}")
    if not chosen:
        return
    file = Path(chosen)
    try:
        save(file if file.suffix else file.with_suffix(f".{ending}"))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        words = QCoreApplication.translate("KeptView", "{file}: cannot be written: {reason}")
        QMessageBox.warning(parent, title, words.format(file=file, reason=reason))
