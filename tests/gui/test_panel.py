"""The experiment's panel: every knob that applies, updated in place, and no experiment changed by it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QStyle, QStyleOptionComboBox, QToolButton, QWidget

from nnplayground.data import synthetic
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.catalogue import GROUPS, kinds
from nnplayground.experiment.shorthand import read_layers
from nnplayground.gui import theme
from nnplayground.gui.knobs import contents
from nnplayground.gui.knobs.box import Box
from nnplayground.gui.knobs.choice import Choice
from nnplayground.gui.knobs.panel import ExperimentPanel
from nnplayground.gui.knobs.row import KnobRow
from tests.strategies import OUTSIDE, experiments, inside, of_kind

KINDS = [(group, kind) for group in GROUPS for kind in kinds(group)]


class Owner:
    """Takes the panel's edits as the program does: shows what came of them, or says why nothing did."""

    def __init__(self, panel: ExperimentPanel) -> None:
        self.panel = panel
        self.edits: list[tuple[str, Any]] = []
        panel.edited.connect(self.take)

    def take(self, path: str, value: Any) -> None:
        self.edits.append((path, value))
        try:
            self.panel.show_experiment(self.panel.experiment.replace(path, value))
        except ExperimentError as error:
            self.panel.reject(path, str(error))


@pytest.fixture
def panel(qtbot):
    made = ExperimentPanel(theme.load("light"))
    qtbot.addWidget(made)
    made.resize(290, 860)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    return made


@pytest.fixture
def owner(panel):
    return Owner(panel)


def type_in(row: KnobRow, text: str) -> None:
    row.editor.box.setFocus()
    row.editor.box.selectAll()
    QTest.keyClicks(row.editor.box, text)
    QTest.keyClick(row.editor.box, Qt.Key.Key_Return)


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_just_the_knobs_that_apply_are_shown(panel, owner, group, kind):
    experiment = of_kind(group, kind)
    panel.show_experiment(experiment)
    own = {f.path for f in experiment.fields() if "." in f.path and not f.path.startswith("network.layers.")}
    assert panel.rows.keys() == own | {f"{g}.kind" for g in GROUPS}
    for path, row in panel.rows.items():
        assert panel.findChild(QWidget, path) is row
        value = row.value if path == "data.kind" else row.editor.value
        assert value == (experiment.get(path))
    assert owner.edits == []


@pytest.mark.parametrize(("group", "kind"), [k for k in KINDS if k[1] in inside(k[0])])
def test_choosing_a_kind_emits_it_and_shows_its_knobs(panel, owner, group, kind):
    panel.open_section(next(section.name for section in contents.SECTIONS if group in section.parts))
    start = next(k for k in inside(group) if k != kind)
    panel.show_experiment(of_kind(group, kind).replace(f"{group}.kind", start))
    if group == "data":
        panel.rows["data.kind"].set_expanded(True)
        panel.findChild(QToolButton, f"data.kind.{kind}").click()
    else:
        combo = panel.rows[f"{group}.kind"].editor.combo
        combo.setCurrentIndex(list(kinds(group)).index(kind))
    assert owner.edits == [(f"{group}.kind", kind)]
    assert panel.experiment.get(f"{group}.kind") == kind
    assert {f.path for f in panel.experiment.fields() if f.path.startswith(f"{group}.")} <= panel.rows.keys()


@given(first=experiments(), second=experiments())
@settings(  # shrinking a window takes minutes
    max_examples=25,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_experiment_is_shown_without_an_edit(panel, first, second):
    edits = []
    panel.edited.connect(lambda path, value: edits.append((path, value)))
    for experiment in (first, second, second):
        panel.show_experiment(experiment)
        for path, row in panel.rows.items():
            assert (row.value if path == "data.kind" else row.editor.value) == experiment.get(path)
    assert edits == []


def test_the_panel_changes_no_experiment_itself(panel):
    before = panel.experiment
    edits = []
    panel.edited.connect(lambda *edit: edits.append(edit))
    type_in(panel.rows["optimizer.lr"], "0.5")
    assert edits == [("optimizer.lr", 0.5)]
    assert panel.experiment is before


def test_rows_stay_when_another_kind_has_them_too(panel, owner):
    panel.show_experiment(Experiment().replace("optimizer.kind", "sgd"))
    kept = {path: panel.rows[path] for path in ("optimizer.kind", "optimizer.lr", "data.noise", "stopping.epochs")}
    panel.show_experiment(panel.experiment.replace("optimizer.kind", "adam").replace("data.kind", "moons"))
    assert all(panel.rows[path] is row for path, row in kept.items())
    assert "optimizer.momentum" not in panel.rows
    assert panel.findChild(QWidget, "optimizer.beta1").isVisibleTo(panel)


def test_a_row_that_is_gone_is_deleted(panel, qtbot):
    panel.show_experiment(Experiment().replace("optimizer.kind", "sgd"))
    gone = []
    panel.rows["optimizer.momentum"].destroyed.connect(lambda: gone.append(True))
    panel.show_experiment(Experiment().replace("optimizer.kind", "adam"))
    qtbot.waitUntil(lambda: bool(gone))
    assert panel.findChild(QWidget, "optimizer.momentum") is None


def test_focus_stays_while_edits_come_back(panel, owner):
    row = panel.rows["optimizer.lr"]
    row.editor.slider.setFocus()
    for _ in range(3):
        QTest.keyClick(row.editor.slider, Qt.Key.Key_Right)
    assert row.editor.slider.hasFocus()
    assert len(owner.edits) == 3
    combo = panel.rows["optimizer.kind"].editor.combo
    combo.setFocus()
    QTest.keyClick(combo, Qt.Key.Key_Down)
    assert combo.hasFocus()


def test_typing_is_not_disturbed_by_edits_elsewhere(panel):
    box = panel.rows["optimizer.lr"].editor.box
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, "0.0")
    panel.show_experiment(panel.experiment.replace("data.noise", 0.2))
    assert box.text() == "0.0"
    assert box.hasFocus()


def test_the_tab_key_goes_from_top_to_bottom_after_a_change_of_kind(panel, owner):
    for kind in ("sgd", "rmsprop", "sgd"):
        panel.show_experiment(Experiment().replace("optimizer.kind", kind))
    panel.rows["optimizer.kind"].editor.combo.setFocus()
    names = []
    for _ in range(14):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        names.append(QApplication.focusWidget().objectName())
    order = [
        f"optimizer.{name}" for name in ("lr.slider", "lr.box", "momentum.slider", "momentum.box", "nesterov.check")
    ]
    places = [names.index(name) for name in [*order, "section.schedule.header", "schedule.kind.choice"]]
    assert places == sorted(places)


# refusals


def test_a_refused_edit_is_said_at_its_knob_and_put_back(panel, owner):
    type_in(panel.rows["batches.size"], "300")
    row = panel.rows["batches.size"]
    assert panel.experiment.batches.size == 10
    assert row.editor.value == 10
    assert row.editor.box.text() == "10"
    assert row.message.isVisible()
    assert "allowed: 1 to 250" in row.message.text()
    type_in(row, "20")
    assert panel.experiment.batches.size == 20
    assert not row.message.isVisible()


def test_epochs_out_of_order_are_refused_at_their_knob_and_put_back(panel, owner):
    panel.show_experiment(Experiment().replace("schedule.kind", "multi_step"))
    row = panel.rows["schedule.at"]
    type_in(row, "300, 200")
    assert panel.experiment.schedule.at == row.editor.value == (100, 200)
    assert row.editor.box.text() == "100, 200"
    assert "schedule.at = [300, 200] is not allowed; allowed: epochs in order" in row.message.text()
    type_in(row, "200, 300")
    assert panel.experiment.schedule.at == (200, 300)
    assert not row.message.isVisible()


def test_a_refusal_is_taken_back_with_the_next_experiment(panel, owner):
    type_in(panel.rows["batches.size"], "300")
    panel.show_experiment(panel.experiment)
    assert panel.rows["batches.size"].message.isVisible()
    panel.show_experiment(panel.experiment.replace("data.noise", 0.2))
    assert not panel.rows["batches.size"].message.isVisible()


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("network.layers.1.dropout", "network.layers"),
        ("loss.kind", "loss.kind"),
        ("data.kind", "data.kind"),
        ("loss.delta", "loss.kind"),
        ("name", "data.kind"),
        ("network", "network.layers"),
    ],
)
def test_a_refusal_finds_a_place_for_every_path(panel, path, place):
    panel.reject(path, "it cannot be")
    row = panel.rows[place]
    assert row.message.text() == "it cannot be"
    assert not row.message.isHidden()


def test_a_data_set_that_does_not_fit_is_put_back(panel, owner):
    panel.show_experiment(Experiment().replace("loss.kind", "cross_entropy"))
    panel.rows["data.kind"].set_expanded(True)
    panel.findChild(QToolButton, "data.kind.sine").click()
    picker = panel.rows["data.kind"]
    assert picker.value == panel.experiment.data.kind
    assert picker.message.isVisible()
    panel.findChild(QToolButton, "data.kind.moons").click()
    assert panel.experiment.data.kind == "moons"
    assert not picker.message.isVisible()


def test_losses_that_do_not_fit_the_data_are_out_of_reach(panel):
    panel.show_experiment(Experiment().replace("data.kind", "sine"))
    model = panel.rows["loss.kind"].editor.combo.model()
    reachable = {kind: model.item(i).isEnabled() for i, kind in enumerate(kinds("loss"))}
    assert {kind for kind, on in reachable.items() if not on} == {
        "binary_cross_entropy",
        "cross_entropy",
        "focal",
        "hinge",
    }
    panel.show_experiment(Experiment())
    reachable = {kind: model.item(i).isEnabled() for i, kind in enumerate(kinds("loss"))}
    assert [kind for kind, on in reachable.items() if not on] == ["quantile"]


def test_the_batch_slider_ends_at_the_training_set(panel, owner):
    slider = panel.rows["batches.size"].editor.slider
    QTest.keyClick(slider, Qt.Key.Key_End)
    assert panel.experiment.batches.size == 250
    assert not panel.rows["batches.size"].message.isVisible()


# the header


def test_the_header_counts_the_knobs_that_were_turned(panel):
    base = Experiment()
    assert panel.count.isHidden()
    assert panel.reset.isHidden()
    turned = base.replace_all({"data.noise": 0.3, "seeds.model": 77, "network.layers.1.dropout": 0.5})
    panel.show_experiment(turned)
    assert contents.turned(turned) == ("data.noise", "network.layers", "seeds.model")
    assert panel.count.text().startswith("3 ")
    panel.show_experiment(base.replace_all({"name": "other", "note": "a note"}))
    assert panel.count.isHidden()


def test_reset_is_asked_for(panel, qtbot):
    panel.show_experiment(Experiment().replace("data.noise", 0.3))
    with qtbot.waitSignal(panel.reset_requested):
        panel.reset.click()


def test_a_title_bar_may_take_the_header(panel):
    tools = panel.take_tools()
    assert panel.header.isHidden()
    assert tools.findChild(QLabel, "experiment.changed") is panel.count
    tools.deleteLater()


# sections


def test_sections_fold_and_say_what_is_in_them(panel):
    box = panel.sections["stopping"]
    assert not box.is_open()
    assert not panel.rows["stopping.epochs"].isVisible()
    box.header.click()
    assert box.is_open()
    assert panel.rows["stopping.epochs"].isVisible()


@pytest.mark.parametrize(
    ("section", "changes", "text"),
    [
        ("data", {}, "500 points, 2 classes"),
        ("data", {"data.kind": "sine"}, "200 points, values"),
        ("data", {"data.kind": "digits"}, "1\u202f797 rows, 10 classes"),
        ("network", {}, "8-8-8"),
        ("network", {"network.layers": [4, 2]}, "4-2"),
        ("network", {"network.layers": []}, "no hidden layer"),
        ("transfer", {}, "none"),
        ("transfer", {"transfer.weights": "some/old.safetensors"}, "old"),
        ("transfer", {"transfer.weights": "resource:digits-low", "transfer.frozen": 2}, "digits-low, 2 frozen"),
        (
            "network",
            {"data.kind": "digits", "network.layers": read_layers("conv 16, max pool, 32")},
            "conv 16 · pool · 32",
        ),
        (
            "network",
            {"data.kind": "digits", "network.layers": read_layers("conv 16, " * 8 + "global pool")},
            "9 layers: conv 16 … pool",
        ),
        ("loss", {}, "by task"),
        ("optimizer", {"optimizer.kind": "adamw", "optimizer.lr": 0.001}, "AdamW, rate 0.001"),
        ("schedule", {"schedule.kind": "cosine"}, "cosine"),
        ("schedule", {"schedule.kind": "one_cycle", "schedule.warmup": 5}, "one cycle, warm-up 5"),
        ("regularization", {}, "none"),
        ("regularization", {"regularization.l2": 0.0001}, "L2 1e-4"),
        ("seeds", {"seeds.model": 4, "seeds.data": 5, "seeds.order": 6}, "4, 5, 6"),
        ("stopping", {"stopping.epochs": 12000}, "after 12\u202f000 epochs"),
    ],
)
def test_a_header_summarizes_its_section(panel, section, changes, text):
    experiment = Experiment()
    for path, value in changes.items():
        experiment = experiment.replace(path, value)
    panel.show_experiment(experiment)
    assert panel.sections[section].summary.text() == text


def test_a_table_is_summarized_by_its_name_only(panel):
    panel.show_experiment(of_kind("data", "table"))
    assert panel.sections["data"].summary.text() == "Own table"


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_every_knob_stands_in_one_section(group, kind):
    experiment = of_kind(group, kind)
    placed = [f.path for fields in contents.knobs(experiment).values() for f in fields]
    assert len(placed) == len(set(placed))
    own = {f.path for f in experiment.fields() if "." in f.path and not f.path.startswith("network.layers.")}
    assert set(placed) == own | {f"{g}.kind" for g in GROUPS}


# the picker


def test_each_data_set_of_points_has_a_picture_and_each_other_a_name(panel):
    picker = panel.rows["data.kind"]
    assert picker.pictures.keys() == synthetic.DRAWN.keys() | {"drawn"}
    assert picker.pictures.keys() | picker.names.keys() == kinds("data").keys()
    picker.set_expanded(True)
    for button in picker.pictures.values():
        assert not button.icon().isNull()
        assert button.accessibleName()


@pytest.mark.parametrize("kind", inside("data"))
def test_the_data_set_chosen_shows_in_the_one_row_too(panel, kind):
    panel.show_experiment(Experiment().replace("data.kind", kind))
    picker = panel.rows["data.kind"]
    button = panel.findChild(QToolButton, f"data.kind.{kind}")
    assert button.isVisible()
    assert button.isChecked()
    assert sum(b.isChecked() for b in (picker.pictures | picker.names).values()) == 1
    assert sum(b.isVisible() for b in picker.pictures.values()) == 6


@pytest.mark.parametrize("width", [250, 290, 420])
@pytest.mark.parametrize("expanded", [False, True])
def test_buttons_of_the_picker_neither_overlap_nor_stick_out(panel, width, expanded):
    panel.resize(width, 860)
    picker = panel.rows["data.kind"]
    picker.set_expanded(expanded)
    QApplication.processEvents()
    shown = [b.geometry() for b in (picker.pictures | picker.names).values() if b.isVisible()]
    assert len(shown) == (len(kinds("data")) if expanded else 6)
    assert all(picker.rect().contains(place) for place in shown)
    assert not [(a, b) for i, a in enumerate(shown) for b in shown[i + 1 :] if a.intersects(b)]


@pytest.mark.parametrize("kind", OUTSIDE)
def test_data_from_outside_are_asked_for_instead_of_chosen(panel, owner, qtbot, kind):
    picker = panel.rows["data.kind"]
    picker.set_expanded(True)
    with qtbot.waitSignal(panel.data_asked_for) as asked:
        panel.findChild(QToolButton, f"data.kind.{kind}").click()
    assert asked.args == [kind]
    assert owner.edits == []
    assert picker.value == panel.experiment.data.kind
    assert not picker.names[kind].isChecked()
    assert picker.names[kind].text().endswith("…")


def test_pressing_the_data_set_chosen_changes_nothing(panel, owner):
    button = panel.findChild(QToolButton, f"data.kind.{panel.experiment.data.kind}")
    button.click()
    assert button.isChecked()
    assert owner.edits == []


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("width", [25, 29])
def test_nothing_sticks_out_of_the_panel_in_any_theme(qtbot, app, name, width):
    look = theme.load(name)
    theme.apply(app, look)
    made = ExperimentPanel(look)
    qtbot.addWidget(made)
    made.resize(look.scaled(width * 10), 860)
    made.show()
    for box in made.sections.values():
        box.set_open(True)
    QApplication.processEvents()
    room = made.area.viewport().width()
    for row in made.rows.values():
        right = row.mapTo(made.area.widget(), row.rect().topRight()).x()
        assert right < room
    labels = {row.label.width() for row in made.rows.values() if isinstance(row, KnobRow)}
    assert len(labels) == 1
    assert made.area.widget().width() == room


@pytest.mark.parametrize("name", theme.NAMES)
@pytest.mark.parametrize("group", ["optimizer", "schedule"])
def test_the_knobs_of_every_rule_and_schedule_have_room_for_their_texts(qtbot, app, name, group):
    look = theme.load(name)
    theme.apply(app, look)
    made = ExperimentPanel(look)
    qtbot.addWidget(made)
    made.resize(look.scaled(290), 860)
    made.show()
    for kind in kinds(group):
        made.show_experiment(Experiment().replace(f"{group}.kind", kind))
        QApplication.processEvents()
        for path, row in made.rows.items():
            if path.startswith(f"{group}."):
                assert row.label.fontMetrics().horizontalAdvance(row.label.text()) <= row.label.width(), path
                for box in row.editor.findChildren(Box):
                    assert box.fontMetrics().horizontalAdvance(box.text()) < box.width(), path
                for combo in row.editor.findChildren(Choice):
                    option = QStyleOptionComboBox()
                    combo.initStyleOption(option)
                    part = QStyle.SubControl.SC_ComboBoxEditField
                    room = combo.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, combo).width()
                    assert combo.fontMetrics().horizontalAdvance(combo.currentText()) <= room - 2, path


def test_another_theme_draws_other_pictures(panel):
    picker = panel.rows["data.kind"]
    before = picker.pictures["spiral"].icon().cacheKey()
    panel.set_theme(theme.load("dark"))
    assert picker.pictures["spiral"].icon().cacheKey() != before
