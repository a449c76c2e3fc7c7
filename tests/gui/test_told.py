"""What is said of an edit."""

import pytest

from nnplayground import resources
from nnplayground.experiment import Experiment
from nnplayground.gui import told

PLAIN = Experiment()


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"optimizer.lr": 0.03}, "learning rate 0.01 → 0.03 at step 1\u202f200"),
        ({"network.dropout": 0.2}, "dropout 0\u202f% → 20\u202f% at step 1\u202f200"),
        ({"network.activation": "relu"}, "activation tanh → ReLU: training begins anew."),
        ({"batches.size": 20}, "batch size 10 → 20: training begins anew."),
        ({"network.layers.0.dropout": 0.3}, "dropout as network → 30\u202f% at step 1\u202f200"),
        ({"network.layers": [4]}, "Training begins anew."),
        ({"optimizer.kind": "sgd"}, "Training begins anew."),
        ({"data.kind": "iris", "name": "Iris"}, "150 flowers, 4 measures, 3 species (Fisher 1936)."),
    ],
)
def test_an_edit_is_told_in_one_line(changes, line):
    assert told.edit(PLAIN, PLAIN.replace_all(changes), 1200) == line


def test_a_preset_tells_what_to_look_for():
    preset = Experiment.load(resources.presets()["moons"])
    assert told.edit(PLAIN, preset, 0) == preset.note
