"""The architecture's own picture: what it tells, where it lies, and that it is saved whole."""

from __future__ import annotations

import dataclasses
from functools import lru_cache
from itertools import combinations, product
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFont, QFontMetricsF, QGuiApplication, QImage
from PySide6.QtWidgets import QMessageBox

from nnplayground import resources
from nnplayground.data import load
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.shorthand import read_layers
from nnplayground.gui import theme as themes
from nnplayground.gui.architecture.dialog import ArchitectureDialog
from nnplayground.gui.architecture.drawing import font_of
from nnplayground.gui.architecture.plan import plan_of
from nnplayground.gui.architecture.sheet import Options, arrange, lines_of
from nnplayground.gui.views.network import NetworkView

from .networks import STRUCTURES, experiment_of, frame_of

LIGHT = themes.load("light")
NAMES = tuple(field.name for field in dataclasses.fields(Options))
BARE = Options(**dict.fromkeys(NAMES, False))


@lru_cache
def preset(name: str):
    experiment = Experiment.load(resources.presets()[name])
    return experiment, dataset_of(experiment.data, experiment.seeds.data)


@lru_cache
def dataset_of(data, seed):
    return load(data, seed)


def plan_named(name: str):
    return plan_of(*preset(name))


@pytest.fixture
def open_dialog(qtbot):
    def make(plan, theme=LIGHT):
        dialog = ArchitectureDialog(plan, theme)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    return make


@pytest.mark.parametrize("name", resources.presets())
def test_the_parameters_of_every_preset_are_those_that_the_engine_learns(name):
    import torch

    from nnplayground.engine.setup import Setup

    experiment, dataset = preset(name)
    layout = Setup.of(experiment, torch.device("cpu"), dataset).built.layout
    plan = plan_of(experiment, dataset)
    assert plan.parameters == layout.size
    assert plan.folded().parameters == layout.size
    assert plan.blocks[-1].parameters == layout.spans[-1][1] - layout.spans[-1][0]


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("name", resources.presets())
def test_nothing_of_any_preset_overlaps_or_is_cut_off(qapp, name, down):
    font = font_of(LIGHT)
    for folded in (True, False):
        sheet = arrange(plan_named(name), Options(folded=folded, down=down), font)
        paper = QRectF(0, 0, sheet.width, sheet.height)
        places = [*(words.place for words in sheet.words), *(figure.bounds for figure in sheet.figures)]
        for place in places:
            assert paper.contains(place)
        for a, b in combinations(places, 2):
            assert not a.adjusted(0.01, 0.01, -0.01, -0.01).intersects(b)
        for words in sheet.words:
            own = QFont(font)
            own.setBold(words.bold)
            assert QFontMetricsF(own).horizontalAdvance(words.text) <= words.place.width()
        for start, end in sheet.arrows:
            assert (end - start).y() > 0 if down else (end - start).x() > 0


@pytest.mark.parametrize("name", STRUCTURES)
def test_every_structure_has_a_block_for_each_layer(name):
    plan = plan_of(experiment_of(name), frame_of(name).dataset)
    layers = experiment_of(name).network.layers
    assert [block.kind for block in plan.blocks] == ["input", *(layer.kind for layer in layers), "output"]


def test_blocks_tell_names_shapes_activations_and_counts():
    lenet = plan_named("lenet-5")
    assert [block.gives for block in lenet.blocks][:4] == [(1, 8, 8), (6, 8, 8), (6, 4, 4), (16, 4, 4)]
    conv = lenet.blocks[1]
    assert lines_of(conv, Options()) == (
        ("conv 6 5×5", True),
        ("6 × 8 × 8", False),
        ("tanh", False),
        ("156 parameters", False),
    )
    assert lenet.blocks[2].parameters == 0
    residual = plan_named("resnet-20").blocks[2]
    assert residual.activation == "batch norm · ReLU"


def test_equal_neighbours_are_one_block_with_their_number():
    plan = plan_named("resnet-20").folded()
    counts = [block.count for block in plan.blocks]
    assert counts == [1, 1, 3, 1, 2, 1, 2, 1, 1]
    assert lines_of(plan.blocks[2], Options())[0] == ("3 × residual 16", True)
    other = Experiment().replace_all({"data.kind": "digits", "network.layers": read_layers("conv 4, conv 4, conv 5")})
    assert [block.count for block in plan_of(other, preset("digits")[1]).folded().blocks] == [1] * 5  # weights differ


@pytest.mark.parametrize("switch", NAMES[:4])
def test_each_kind_of_words_is_switched_on_its_own(qapp, switch):
    plan, font = plan_named("lenet-5"), font_of(LIGHT)
    assert not arrange(plan, BARE, font).words
    shown = arrange(plan, dataclasses.replace(BARE, **{switch: True}), font).words
    without = arrange(plan, dataclasses.replace(Options(), **{switch: False}), font).words
    whole = arrange(plan, Options(), font).words
    assert {words.text for words in shown} <= {words.text for words in whole}
    assert len(shown) + len(without) == len(whole)
    assert shown


def test_a_small_network_is_drawn_neuron_by_neuron_and_a_wide_one_as_bars(qapp):
    small = arrange(plan_named("spiral"), Options(), font_of(LIGHT))
    assert [len(figure.circles) for figure in small.figures] == [2, 8, 8, 8, 1]
    wide = arrange(plan_of(experiment_of("very wide"), frame_of("very wide").dataset), Options(), font_of(LIGHT))
    assert not any(figure.circles for figure in wide.figures)
    heights = [figure.front.height() for figure in wide.figures]
    assert heights[1] == max(heights)


def test_the_size_of_a_block_hints_at_its_shape(qapp):
    sheet = arrange(plan_named("lenet-5"), Options(), font_of(LIGHT))
    image, conv, pooled, deeper = (figure.front for figure in sheet.figures[:4])
    assert image.height() == conv.height() > pooled.height()
    assert deeper.width() > conv.width() > image.width()


# the window


@pytest.mark.parametrize("theme", themes.NAMES)
@pytest.mark.parametrize("name", ["spiral", "resnet-20", "efficientnet", "inception"])
def test_the_picture_is_saved_at_any_size_and_as_valid_svg(open_dialog, tmp_path, name, theme):
    dialog = open_dialog(plan_named(name), themes.load(theme))
    for width, down in product((300, 1200), (0, 1)):
        dialog.width_.setValue(width)
        dialog.direction.setCurrentIndex(down)
        dialog.save_picture(tmp_path / "a.png")
        image = QImage(str(tmp_path / "a.png"))
        assert image.width() == width
        sheet = dialog.sheet
        assert image.height() == round(width * sheet.height / sheet.width)
        small = image.scaled(60, 60)
        assert len({small.pixel(x, y) for x in range(60) for y in range(60)}) > 5
    dialog.save_drawing(tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    texts = {"".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {words.text for words in dialog.sheet.words} <= texts
    assert f"{root.get('viewBox')}".split()[2] == "1200"


def test_what_is_switched_shows_in_the_preview_and_copies(qtbot, open_dialog):
    dialog = open_dialog(plan_named("lenet-5"))
    before = dialog.preview.grab().toImage()
    for name, switch in dialog.switches.items():
        switch.click()
        assert getattr(dialog.options, name) is False
    assert dialog.preview.grab().toImage() != before
    dialog.width_.setValue(500)
    dialog.copy_picture()
    assert QGuiApplication.clipboard().image().width() == 500


def test_what_cannot_be_written_is_an_os_error(open_dialog, tmp_path):
    dialog = open_dialog(plan_named("spiral"))
    for save in (dialog.save_picture, dialog.save_drawing):
        with pytest.raises(OSError):  # noqa: PT011 - the reason is the system's
            save(tmp_path / "nowhere" / "a")


def test_the_network_view_opens_it_and_says_where_the_data_are_not_known_yet(qtbot, monkeypatch):
    view = NetworkView(LIGHT)
    qtbot.addWidget(view)
    view.draw(frame_of("spiral"))
    dialog = view.show_architecture()
    qtbot.addWidget(dialog)
    assert dialog.isVisible()
    unknown = Experiment().replace("data", {"kind": "idx", "images": "nowhere"})
    with pytest.raises(ExperimentError, match="not known before they are loaded"):
        plan_of(unknown, None)
    said = []
    monkeypatch.setattr(QMessageBox, "information", lambda *words: said.append(words[-1]))
    view.draw(dataclasses.replace(frame_of("spiral"), experiment=unknown, dataset=None, snapshot=None, readings={}))
    assert view.show_architecture() is None
    assert "not known" in said[0]
