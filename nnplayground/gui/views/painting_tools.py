"""The row of tools for points drawn by hand: a class, a tool, how wide the brush is, and what needs no pointer."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QIcon, QKeySequence, QPainter, QPixmap, QResizeEvent, QShortcut
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QMessageBox, QSlider, QToolButton, QWidget

from nnplayground.data import drawing, drawn
from nnplayground.experiment import ExperimentError, files
from nnplayground.experiment.datasets import Drawn
from nnplayground.experiment.drawn import MOST_CLASSES, Row, rows_of, text_of
from nnplayground.gui.knobs.buttons import IconButton
from nnplayground.gui.knobs.flow import FlowLayout
from nnplayground.gui.theme import SPACING, Theme, class_colours, restyle
from nnplayground.gui.views.symbols import Sample, class_symbol, draw_sample

TOOLS = ("paint", "point", "drag", "erase")
_ICONS = {"paint": "brush", "point": "point", "drag": "move", "erase": "eraser"}
NARROWEST, WIDEST = 2, 20  # of the brush's radius, in tenths of the plane's unit
_BETWEEN = 2  # pixels from one button to the next
_RATIO = 2.0  # pixels of a symbol's picture for one on the screen


class PaintingTools(QWidget):
    """Chooses what the pointer does to the points. `edited` carries what becomes of the data set's knobs."""

    edited = Signal(object)  # {path: value}
    chosen = Signal(str)  # one of TOOLS, or "" where the pointer zooms and pans as ever
    reshaped = Signal()  # it needs more room, or less

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("output.painting")
        self.setAccessibleName(self.tr("Painting tools"))
        self.theme = theme
        self.data = Drawn()
        self.label = 0  # of the class that is painted
        self._groups: list[FlowLayout] = []  # of the classes, and of the tools
        self._line = self._group()
        self._classes = QButtonGroup(self)
        self.classes = [self._class_button(i) for i in range(MOST_CLASSES)]
        self.more = self._button("class.more", "plus", self.tr("One more class, which begins training anew"))
        self.more.clicked.connect(self._add_class)
        self._line = self._group()
        self.tools = {name: self._button(name, _ICONS[name], said) for name, said in self._said().items()}
        for button in self.tools.values():
            button.setCheckable(True)
            button.clicked.connect(self._press)
        self.size_ = self._slider()
        self._commands()
        escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.leave)
        self.set_theme(theme)

    # making

    def _said(self) -> dict[str, str]:
        return {
            "paint": self.tr("Paint: press and drag to spray points of the class"),
            "point": self.tr("Point: each click sets one point of the class"),
            "drag": self.tr("Move: drag a point to another place"),
            "erase": self.tr("Erase: press and drag over points of any class"),
        }

    def _button(self, name: str, icon: str, said: str) -> IconButton:
        button = IconButton(icon, said, self, share=1.15)
        button.setObjectName(f"output.painting.{name}")
        restyle(button, role="tool")
        self._line.addWidget(button)
        return button

    def _class_button(self, index: int) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(f"output.painting.class.{index}")
        button.setToolTip(self.tr("Paint class {0}").format(index))
        button.setAccessibleName(button.toolTip())
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.clicked.connect(self._choose_class)
        restyle(button, role="tool")
        self._classes.addButton(button, index)
        self._line.addWidget(button)
        return button

    def _slider(self) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self)
        slider.setObjectName("output.painting.size")
        slider.setAccessibleName(self.tr("Brush size"))
        slider.setToolTip(slider.accessibleName())
        slider.setRange(NARROWEST, WIDEST)
        slider.setValue(6)
        self._line.addWidget(slider)
        return slider

    def _commands(self) -> None:
        self.outlier = self._button("outlier", "outlier", self.tr("Add an outlier: a point far out of its class"))
        self.clear = self._button("clear", "clear", self.tr("Clear: take all points away"))
        self.save = self._button("save", "save", self.tr("Save the points as CSV: x1, x2, class"))
        self.outlier.clicked.connect(self._add_outlier)
        self.clear.clicked.connect(self._clear)
        self.save.clicked.connect(self._ask_to_save)

    def _group(self) -> FlowLayout:
        """Begin another group, which stands beside the others or below them."""
        line = FlowLayout(QWidget(self), spacing=_BETWEEN)
        self._groups.append(line)
        return line

    # what is shown

    def show_data(self, data: Drawn) -> None:
        """Offer the classes of a data set; a class that was chosen to be added stays, as long as it is the next."""
        if data is not self.data:
            self.data = data
            self.label = min(self.label, data.class_count if self.label == data.class_count else data.class_count - 1)
            self._dress()

    def set_theme(self, theme: Theme) -> None:
        """Take on other colours and sizes."""
        self.theme = theme
        self._dress()

    def _dress(self) -> None:
        """Show as many classes as there are, in the colours that they have among so many."""
        count = max(self.data.class_count, self.label + 1)
        colours = class_colours(self.theme, count)
        side = round(self.fontMetrics().height() * 1.15)
        for i, button in enumerate(self.classes):
            button.setVisible(i < count)
            if i < count:
                button.setIcon(self._symbol(Sample(colours[i], class_symbol(i)), side))
                button.setIconSize(QSize(side, side))
        self.classes[self.label].setChecked(True)
        self.more.setVisible(count == self.data.class_count < MOST_CLASSES)
        self._place()
        self.reshaped.emit()

    def _symbol(self, sample: Sample, side: int) -> QIcon:
        picture = QPixmap(round(side * _RATIO), round(side * _RATIO))
        picture.setDevicePixelRatio(_RATIO)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        draw_sample(painter, self.theme, sample, QRectF(0, 0, side, side))
        painter.end()
        return QIcon(picture)

    # layout

    def heightForWidth(self, width: int) -> int:
        """Return the height of all groups at a width."""
        places = self._places(width)
        return max(place.bottom() + 1 for place in places)

    def widths(self) -> tuple[int, ...]:
        """Return how wide columns of two, three and four tools are, the narrowest first."""
        side = self.clear.sizeHint().width()
        return tuple(max(count * (side + _BETWEEN), self.size_.width()) for count in (2, 3, 4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay the groups out anew."""
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        self.size_.setFixedSize(self.theme.scaled(56), self.clear.sizeHint().height())
        for group, place in zip(self._groups, self._places(self.width()), strict=True):
            holder = group.parentWidget()
            assert holder is not None, "a group was made with its widget"
            holder.setGeometry(place)
            group.setGeometry(QRect(QPoint(), place.size()))

    def _places(self, width: int) -> list[QRect]:
        """Return where the groups lie: in one line where they fit, else one below the other."""
        wide = [self._length(group) for group in self._groups]
        if sum(wide) + SPACING * (len(wide) - 1) <= width:
            starts = [sum(wide[:i]) + SPACING * i for i in range(len(wide))]
            return [QRect(x, 0, w, g.heightForWidth(w)) for x, w, g in zip(starts, wide, self._groups, strict=True)]
        places, y = [], 0
        for group in self._groups:
            places.append(QRect(0, y, width, group.heightForWidth(width)))
            y = places[-1].bottom() + 1 + _BETWEEN
        return places

    @staticmethod
    def _length(group: FlowLayout) -> int:
        """Return how wide a group is in one line."""
        items = (group.itemAt(i) for i in range(group.count()))
        wide = [i.sizeHint().width() for i in items if i is not None and not i.isEmpty()]  # empty: hidden
        return sum(wide) + _BETWEEN * (len(wide) - 1)

    # what is chosen

    @property
    def tool(self) -> str:
        """The tool in hand, "" where there is none."""
        return next((name for name, button in self.tools.items() if button.isChecked()), "")

    @property
    def radius(self) -> float:
        """How far the brush reaches, in units of the plane."""
        return self.size_.value() / 10

    def choose(self, tool: str) -> None:
        """Take up one of TOOLS, or lay down the one in hand with ""."""
        for name, button in self.tools.items():
            button.setChecked(name == tool)
        self.chosen.emit(tool)

    def leave(self) -> None:
        """Lay down the tool in hand: the pointer zooms and pans again."""
        self.choose("")

    def take_focus(self) -> None:
        """Have keys go to the tool in hand, so that Escape lays it down."""
        if self.tool:
            self.tools[self.tool].setFocus(Qt.FocusReason.MouseFocusReason)

    def _press(self) -> None:
        name = self.sender().objectName().rsplit(".", 1)[-1]
        self.choose(name if self.tools[name].isChecked() else "")

    def _choose_class(self) -> None:
        self.label = int(self.sender().objectName().rsplit(".", 1)[-1])
        self._dress()
        if self.tool not in ("paint", "point"):
            self.choose("paint")

    def _add_class(self) -> None:
        self.label = self.data.class_count
        self._dress()
        if self.tool not in ("paint", "point"):
            self.choose("paint")

    # edits

    def emit_rows(self, rows: tuple[Row, ...]) -> None:
        """Say what has become of the points, and of the classes where one of them is new; one edit."""
        count = max(self.data.class_count, *(row[2] + 1 for row in rows), 2)
        changes: dict[str, object] = {"data.points": text_of(rows)}
        if count != self.data.class_count:
            changes["data.class_count"] = count
        self.edited.emit(changes)

    def _add_outlier(self) -> None:
        label = min(self.label, self.data.class_count - 1)
        self.emit_rows(drawing.with_outlier(rows_of(self.data.points), label, self.data.validation_share))

    def _clear(self) -> None:
        self.emit_rows(())
        if self.tool not in ("paint", "point"):
            self.choose("paint")

    def _ask_to_save(self) -> None:
        title = self.tr("Save points")
        path, _ = QFileDialog.getSaveFileName(self, title, "points.csv", self.tr("Tables (*.csv)"))
        if not path:
            return
        try:
            self.save_points(Path(path if Path(path).suffix else f"{path}.csv"))
        except ExperimentError as error:
            QMessageBox.warning(self, title, str(error))

    def save_points(self, file: Path) -> None:
        """Write the points as CSV. Raises ExperimentError where that cannot be done."""
        files.write(file, drawn.table_of(self.data.points))
