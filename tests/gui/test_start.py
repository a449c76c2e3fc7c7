"""How the window starts: it is seen before anything that takes long is imported."""

import json
import os
import subprocess
import sys

PAINTED = """
import json, sys
from PySide6.QtCore import QSettings
from nnplayground.experiment.catalogue import find
from nnplayground.gui.app import application, make_window

app = application()
window = make_window(find("spiral"), QSettings(sys.argv[1], QSettings.Format.IniFormat))
heavy = {"torch", "sklearn", "scipy", "pandas", "pyarrow", "PIL", "pyqtgraph"}

def on_painted() -> None:
    rows, numbers = window.panel.rows, window.numbers
    laid_out = {
        "data sets above samples": rows["data.kind"].geometry().bottom() < rows["data.samples"].y(),
        "numbers in full": numbers.height() >= numbers.sizeHint().height(),
        "plots beside each other": all(plots[0].width() > 250 for plots in window.plots),
    }
    print(json.dumps(sorted(heavy & sys.modules.keys())))
    print(json.dumps([what for what, holds in laid_out.items() if not holds]), flush=True)

window.painted.connect(on_painted)
window.live.progressed.connect(lambda progress: print(json.dumps([*progress, window.strip.text]), flush=True))
window.live.progressed.connect(app.quit)
window.show()
app.exec()
window.close()
"""


def test_the_window_is_painted_in_full_before_anything_heavy_is_imported_and_says_what_it_waits_for(tmp_path):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    command = [sys.executable, "-c", PAINTED, str(tmp_path / "settings.ini")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=True)
    imported, not_laid_out, progress = (json.loads(line) for line in done.stdout.splitlines()[:3])
    assert imported == []
    assert not_laid_out == []
    assert progress == [-1.0, "starting PyTorch", "starting PyTorch"]
