"""The experiment's panel: every knob that applies, in sections that fold."""

from __future__ import annotations

from itertools import pairwise

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QToolButton, QVBoxLayout, QWidget

from nnplayground.experiment import Experiment, Field
from nnplayground.experiment.catalogue import kinds
from nnplayground.gui.knobs.choice import ChoiceEditor
from nnplayground.gui.knobs.contents import SECTIONS, Section, highest, knobs, refusals, turned
from nnplayground.gui.knobs.editor import row_layout
from nnplayground.gui.knobs.picker import DataPicker
from nnplayground.gui.knobs.rate_preview import RatePreview
from nnplayground.gui.knobs.row import KnobRow
from nnplayground.gui.knobs.section import MARGIN, SectionBox
from nnplayground.gui.knobs.summaries import SUMMARIES
from nnplayground.gui.knobs.wording import translated
from nnplayground.gui.theme import SPACING, Theme, restyle

Row = KnobRow | DataPicker


def _stops(row: QWidget) -> list[QWidget]:
    """Return what the tab key stops at in a row, in the order in which it was made."""
    found = (w for w in row.findChildren(QWidget) if w.window() is row.window())  # not in lists that drop down
    return [w for w in found if w.focusPolicy() & Qt.FocusPolicy.TabFocus and w.focusProxy() is None]


class ExperimentPanel(QWidget):
    """Shows an experiment's knobs and says what the user makes of them; it changes no experiment itself.

    `edited` carries a knob's path and its new value. Whoever takes the edit answers with `show_experiment`, or with
    `reject` where it cannot be.
    """

    edited = Signal(str, object)
    reset_requested = Signal()
    fan_asked = Signal(str)  # the knob of which several values are to be trained at once
    data_asked_for = Signal(str)  # the kind of data from outside that are to be named

    def __init__(self, theme: Theme, experiment: Experiment | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = theme
        self.experiment = experiment if experiment is not None else Experiment()
        self.rows: dict[str, Row] = {}
        self.setObjectName("experiment")
        self.setAccessibleName(self.tr("Experiment"))
        self.sections = {section.name: self._section(section) for section in SECTIONS}
        self.preview = RatePreview(theme, self.sections["schedule"].body)
        self.sections["schedule"].content.addWidget(self.preview)
        self._lay_out()
        self.show_experiment(self.experiment)

    def _section(self, section: Section) -> SectionBox:
        box = SectionBox(section.name, translated(section.title), self)
        box.set_open(section.open)
        return box

    def _lay_out(self) -> None:
        self.header = self._header()
        content = self._content = QWidget(self)
        content.setProperty("role", "content")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, SPACING)
        column.setSpacing(SPACING // 4)
        for box in self.sections.values():
            column.addWidget(box)
        column.addStretch(1)
        self.area = QScrollArea(self)
        self.area.setWidget(content)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # A bar that comes and goes changes the width, by which the height and so the need for the bar change in turn.
        self.area.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.area.verticalScrollBar().rangeChanged.connect(self._show_need)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._show_need(0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.area, 1)

    def _header(self) -> QWidget:
        header = QWidget(self)
        title = QLabel(self.tr("Experiment"), header)
        title.setProperty("role", "title")
        self.count = QLabel(header)
        self.count.setObjectName("experiment.changed")
        self.count.setProperty("role", "secondary")
        self.reset = QToolButton(header)
        self.reset.setText(self.tr("reset"))
        self.reset.setObjectName("experiment.reset")
        self.reset.setProperty("role", "link")
        self.reset.setToolTip(self.tr("Set every knob to its default"))
        self.reset.setAccessibleName(self.reset.toolTip())
        self.reset.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.reset.clicked.connect(self.reset_requested)
        policy = self.reset.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # nothing moves when the first knob is turned
        self.reset.setSizePolicy(policy)
        self.tools = QWidget(header)
        row_layout(self.tools, self.count, self.reset).setSpacing(0)
        row = row_layout(header, title, self.tools)
        row.insertStretch(1)
        row.setContentsMargins(MARGIN, SPACING // 2, MARGIN - 2, SPACING // 2)
        return header

    def minimumSizeHint(self) -> QSize:
        """Return a size at which no row is cut."""
        content = self._content.minimumSizeHint().width()
        return QSize(content + self.area.verticalScrollBar().sizeHint().width(), super().minimumSizeHint().height())

    def take_tools(self) -> QWidget:
        """Return "3 changed · reset" for a title bar that names the panel; its own header goes."""
        self.header.hide()
        self.tools.setParent(None)
        return self.tools

    # experiment

    def show_experiment(self, experiment: Experiment) -> None:
        """Show an experiment's knobs in place, without a signal; what is being typed or dragged stays."""
        changed = experiment != self.experiment
        self.experiment = experiment
        for name, fields in knobs(experiment).items():
            self._fill(self.sections[name], fields)
            self.sections[name].summarize(SUMMARIES[name](experiment))
            for field in fields:
                row = self.rows[field.path]
                row.set_field(field)
                if changed:
                    row.accept()
        self.preview.show_experiment(experiment)
        self._limit(experiment)
        count = len(turned(experiment))
        self.count.setText(self.tr("{} changed ·").format(count))
        self.count.setVisible(count > 0)
        self.reset.setVisible(count > 0)

    def reject(self, path: str, message: str) -> None:
        """Say at a knob why its last edit was refused; all knobs show the experiment that still holds.

        A path that has no knob here says it at the choice of kind or first knob of its part, or at the first of all.
        """
        part = path.split(".")[0]
        own = (place for place in self.rows if place.startswith(f"{part}."))
        places = (path, ".".join(path.split(".")[:2]), f"{part}.kind", *own)
        row = self.rows[next((place for place in places if place in self.rows), next(iter(self.rows)))]
        row.reject(message)
        self.area.ensureWidgetVisible(row)

    def set_theme(self, theme: Theme) -> None:
        """Take on another theme, once it has been applied to the program."""
        self.theme = theme
        self.preview.set_theme(theme)
        for row in self.rows.values():
            if isinstance(row, DataPicker):
                row.set_theme(theme)

    def row(self, path: str) -> Row | None:
        """Return the row of the knob at `path`, or None where it is not shown."""
        return self.rows.get(path)

    def open_section(self, name: str) -> None:
        """Open the section `name`, one of those in `contents.SECTIONS`."""
        self.sections[name].set_open(True)

    @Slot(int, int)
    def _show_need(self, low: int, high: int) -> None:
        """Have the scroll bar seen only where there is something to scroll."""
        restyle(self.area.verticalScrollBar(), idle=low == high)

    # rows

    def _fill(self, box: SectionBox, fields: list[Field]) -> None:
        """Have a section hold rows for just these knobs; rows of knobs that stay are kept, with their focus."""
        wanted = {field.path: field for field in fields}
        held = {path: row for path, row in self.rows.items() if row.parent() is box.body}
        kept = {path for path, row in held.items() if self._serves(row, wanted.get(path))}
        if len(kept) == len(held) == len(wanted):
            return
        for path in held.keys() - kept:
            row = self.rows.pop(path)
            box.content.removeWidget(row)
            row.hide()
            for widget in (row, *row.findChildren(QWidget)):
                widget.setObjectName("")  # it lives on until events are handled, but is not to be found any more
            row.deleteLater()
        for i, (path, field) in enumerate(wanted.items()):
            if path not in kept:
                self.rows[path] = self._row(field, box.body)
                box.content.insertWidget(i, self.rows[path])
                self.rows[path].show()  # now, not when the layout gets to it: the tab key may come sooner
        self._order_tabs()

    def _order_tabs(self) -> None:
        """Have the tab key go through the panel from top to bottom, wherever rows have come and gone."""
        stops: list[QWidget] = [self.reset]
        for box in self.sections.values():
            items = (box.content.itemAt(i) for i in range(box.content.count()))
            rows = (item.widget() for item in items if item is not None)
            stops += [box.header, *(stop for row in rows if row is not None for stop in _stops(row))]
        for before, after in pairwise(stops):
            QWidget.setTabOrder(before, after)

    def _serves(self, row: Row, field: Field | None) -> bool:
        """Whether a row can go on for a knob: the same one but for value and default."""
        if field is None:
            return False
        same = row.field.annotation == field.annotation and row.field.knob.label == field.knob.label
        return same and (row.field.knob == field.knob or field.path.endswith(".kind"))

    def _row(self, field: Field, parent: QWidget) -> Row:
        if field.path == "data.kind":
            picker = DataPicker(field, self.theme, parent)
            picker.asked_for.connect(self.data_asked_for)
            picker.edited_at.connect(self.edited)
            picker.fan_asked.connect(self.fan_asked)
            return picker
        row = KnobRow(field, parent=parent, fans=True)
        row.fan_asked.connect(self.fan_asked)
        row.edited_at.connect(self.edited)
        if field.path.endswith(".kind") and isinstance(row.editor, ChoiceEditor):
            members = kinds(field.path.split(".")[0])
            row.editor.set_tips({kind: translated(model.summary) for kind, model in members.items()})
        return row

    def _limit(self, experiment: Experiment) -> None:
        limits = highest(experiment)
        for path, row in self.rows.items():
            if isinstance(row, KnobRow):
                row.editor.set_high(limits.get(path))
        loss = self.rows["loss.kind"]
        if isinstance(loss, KnobRow) and isinstance(loss.editor, ChoiceEditor):
            loss.editor.set_refusals(refusals(experiment, "loss"))
