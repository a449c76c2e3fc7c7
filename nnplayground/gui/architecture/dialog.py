"""The window in which a picture of the architecture is made up, and saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QGuiApplication, QImage, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from nnplayground.gui.architecture.drawing import draw, font_of
from nnplayground.gui.architecture.plan import Plan
from nnplayground.gui.architecture.sheet import Options, Sheet, arrange
from nnplayground.gui.numbers import format_count
from nnplayground.gui.theme import SPACING, Theme
from nnplayground.gui.views.keeping import ask_and_save, write_drawing

NARROWEST, WIDEST, USUAL = 100, 10_000, 1600  # pixels of a saved picture


class Preview(QWidget):
    """The picture, as large as there is room."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("architecture.preview")
        self._theme = theme
        self.sheet: Sheet | None = None
        self.setMinimumSize(theme.scaled(480), theme.scaled(320))

    def show_sheet(self, sheet: Sheet) -> None:
        """Show another picture."""
        self.sheet = sheet
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the picture in the middle."""
        del event
        if self.sheet is None:
            return
        painter = QPainter(self)
        scale = min(self.width() / self.sheet.width, self.height() / self.sheet.height, 1.5)
        left, top = (self.width() - scale * self.sheet.width) / 2, (self.height() - scale * self.sheet.height) / 2
        painter.translate(left, top)
        painter.scale(scale, scale)
        draw(painter, self.sheet, self._theme)
        painter.end()


class ArchitectureDialog(QDialog):
    """Switches for what the picture tells, a preview, and copying and saving it at any size."""

    def __init__(self, plan: Plan, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("architecture")
        self.setWindowTitle(self.tr("Architecture picture"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._plan, self._theme = plan, theme
        texts = {
            "names": self.tr("names of layers"),
            "shapes": self.tr("shapes"),
            "activations": self.tr("activations"),
            "parameters": self.tr("parameters"),
            "folded": self.tr("equal layers as one"),
        }
        self.switches = {name: self._switch(name, text) for name, text in texts.items()}
        self.direction = QComboBox(self)
        self.direction.setObjectName("architecture.direction")
        self.direction.addItems([self.tr("left to right"), self.tr("top to bottom")])
        self.direction.currentIndexChanged.connect(self._refresh)
        self.width_ = QSpinBox(self)
        self.width_.setObjectName("architecture.width")
        self.width_.setRange(NARROWEST, WIDEST)
        self.width_.setSingleStep(100)
        self.width_.setSuffix(self.tr(" px"))
        self.width_.setValue(USUAL)
        self.preview = Preview(theme, self)
        self._lay_out()
        self._refresh()

    def _switch(self, name: str, text: str) -> QCheckBox:
        box = QCheckBox(text, self)
        box.setObjectName(f"architecture.{name}")
        box.setChecked(getattr(Options(), name))
        box.toggled.connect(self._refresh)
        return box

    def _lay_out(self) -> None:
        total = QLabel(self.tr("{} parameters in all").format(format_count(self._plan.parameters)), self)
        total.setProperty("role", "secondary")
        form = QFormLayout()
        form.addRow(self.tr("direction"), self.direction)
        form.addRow(self.tr("width"), self.width_)
        side = QVBoxLayout()
        side.setSpacing(SPACING)
        for switch in self.switches.values():
            side.addWidget(switch)
        side.addLayout(form)
        side.addWidget(total)
        side.addStretch()
        for name, text, slot in (
            ("copy", self.tr("Copy"), self.copy_picture),
            ("save_picture", self.tr("Save as PNG…"), self._ask_picture),
            ("save_drawing", self.tr("Save as SVG…"), self._ask_drawing),
            ("close", self.tr("Close"), self.close),
        ):
            side.addWidget(self._button(name, text, slot))
        layout = QHBoxLayout(self)
        layout.setSpacing(2 * SPACING)
        layout.addLayout(side)
        layout.addWidget(self.preview, 1)
        self.resize(self._theme.scaled(900), self._theme.scaled(460))

    def _button(self, name: str, text: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setObjectName(f"architecture.{name}")
        button.setAutoDefault(False)
        button.clicked.connect(slot)
        return button

    # the picture

    @property
    def options(self) -> Options:
        """What was chosen."""
        chosen = {name: switch.isChecked() for name, switch in self.switches.items()}
        return Options(**chosen, down=self.direction.currentIndex() == 1)

    @property
    def sheet(self) -> Sheet:
        """The picture laid out."""
        return arrange(self._plan, self.options, font_of(self._theme))

    def image(self) -> QImage:
        """Return the picture as wide as was chosen."""
        sheet, size = self.sheet, self._size()
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        painter.scale(size.width() / sheet.width, size.height() / sheet.height)
        draw(painter, sheet, self._theme)
        painter.end()
        return image

    def copy_picture(self) -> None:
        """Put the picture on the clipboard."""
        QGuiApplication.clipboard().setImage(self.image())

    def save_picture(self, file: Path) -> None:
        """Write the picture as PNG. Raises OSError."""
        if not QPixmap.fromImage(self.image()).save(str(file), "PNG"):
            raise OSError(0, self.tr("the picture was refused"), str(file))

    def save_drawing(self, file: Path) -> None:
        """Write the picture as SVG. Raises OSError."""
        sheet, size = self.sheet, self._size()

        def paint(painter: QPainter) -> None:
            painter.scale(size.width() / sheet.width, size.height() / sheet.height)
            draw(painter, sheet, self._theme)

        write_drawing(file, self.windowTitle(), size, paint, self.logicalDpiX())

    def _size(self) -> QSize:
        sheet, width = self.sheet, self.width_.value()
        return QSize(width, max(round(width * sheet.height / sheet.width), 1))

    @Slot()
    def _refresh(self) -> None:
        self.preview.show_sheet(self.sheet)

    def _ask_picture(self) -> None:
        ask_and_save(self, self.tr("Save picture"), self.objectName(), "png", self.save_picture)

    def _ask_drawing(self) -> None:
        ask_and_save(self, self.tr("Save picture"), self.objectName(), "svg", self.save_drawing)
