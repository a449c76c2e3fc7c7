"""Everything that a key, a button or a menu can do, declared once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QKeySequence

from nnplayground.gui import icons
from nnplayground.gui.theme import Theme, on_accent


@dataclass(frozen=True)
class Declared:
    """One action: what it is called, what it does in a few words, its icon and its keys."""

    text: str
    tip: str
    icon: str = ""
    keys: tuple[str, ...] = ()
    switch: bool = False  # on or off


DECLARED: Mapping[str, Declared] = {
    "run": Declared("Run", "Train, or pause", "play", ("Space",)),
    "reset": Declared("Reset", "Back to the same initial weights", "reset", ("R",)),
    "step": Declared("Step", "Take one step, one batch", "step", ("S",)),
    "epoch": Declared("Epoch", "Finish one epoch, one pass over the training set", "epoch", ("E",)),
    "best": Declared("Best epoch", "Back to the weights of the epoch that was best so far", "", ("B",)),
    "mark": Declared(
        "Mark this moment", "Keep this moment for good; the output's change is the change since then", "", ("M",)
    ),
    "new_seed": Declared("New seed", "Other initial weights, another order of batches", "dice", ("N",)),
    "fan_seeds": Declared("Fan over seeds…", "Train the same experiment with several seeds at once", "fan"),
    "undo": Declared("Undo", "Take back the last edit", "undo", ("Ctrl+Z",)),
    "redo": Declared("Redo", "Do again what was taken back", "redo", ("Ctrl+Y", "Ctrl+Shift+Z")),
    "new": Declared("New experiment", "Begin again with the default experiment", "", ("Ctrl+N",)),
    "open": Declared("Open experiment…", "Open an experiment's file", "open", ("Ctrl+O",)),
    "save": Declared("Save experiment as…", "Write the experiment to a file", "save", ("Ctrl+S",)),
    "save_weights": Declared("Save weights as…", "Write the network's weights to a file, to begin another with them"),
    "copy_text": Declared(
        "Copy as text", "The experiment as a line of text, to be pasted into a chat", "", ("Ctrl+Shift+C",)
    ),
    "paste_text": Declared("Paste text", "Open the experiment whose text was copied", "", ("Ctrl+V",)),
    "open_text": Declared("Open text…", "Open an experiment from its line of text"),
    "store": Declared("Keep runs in…", "Choose the file in which runs are kept"),
    "draw_points": Declared("Draw points", "Edit the points on the plane by hand", "pencil", ("D",)),
    "import_table": Declared("Own table…", "Train on a CSV or Parquet file of your own", "table", ("Ctrl+T",)),
    "import_folder": Declared(
        "Image folder…", "Train on images of your own, in a folder by class", "images", ("Ctrl+I",)
    ),
    "import_idx": Declared("IDX images…", "Train on images in files of MNIST's format"),
    "import_openml": Declared("OpenML…", "Train on a data set of openml.org, by its name"),
    "family": Declared("EfficientNet…", "Take up a small EfficientNet, scaled by one number, φ"),
    "fork": Declared("Fork…", "Race the network in hand against a twin with one knob changed", "", ("Ctrl+F",)),
    "runs": Declared("Runs", "Every run that was kept: found, compared, shown again", "table", ("Ctrl+R",)),
    "theme": Declared("Theme", "Light, dark, projector", "theme", ("Ctrl+D",)),
    "projector": Declared("Projector", "Large type and thick marks, for a room", "projector", ("F11",)),
    "meter": Declared("Meter", "How long frames, training's chunks and probes take", "", ("F12",), switch=True),
    "restore_layout": Declared("Restore layout", "Put every dock back in its place"),
    "keys": Declared("Keys and mouse", "What every key does", "help", ("Ctrl+F1",)),
    "about": Declared("About", "What this program is"),
    "quit": Declared("Quit", "End the program", "", ("Ctrl+Q",)),
}


def make(parent: QObject) -> dict[str, QAction]:
    """Return a QAction for every declared action, by its name; what it does is connected to `triggered`."""
    made = {}
    for name, declared in DECLARED.items():
        action = QAction(QCoreApplication.translate("actions", declared.text), parent)
        action.setObjectName(name)
        action.setCheckable(declared.switch)
        action.setShortcuts([QKeySequence(key) for key in declared.keys])
        action.setAutoRepeat(name in ("step", "epoch", "undo", "redo"))
        tip = QCoreApplication.translate("actions", declared.tip)
        action.setToolTip(tip + (f" ({declared.keys[0]})" if declared.keys else ""))
        made[name] = action
    return made


def set_icons(actions: Mapping[str, QAction], theme: Theme, *, running: bool) -> None:
    """Draw every action's icon in the theme's colours; the run button shows what it will do."""
    for name, action in actions.items():
        drawing, colour = DECLARED[name].icon, theme.text
        if name == "run":
            drawing, colour = "pause" if running else "play", on_accent(theme)
        if drawing:
            action.setIcon(icons.icon(drawing, colour, theme.scaled(20)))
