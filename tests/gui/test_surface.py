"""The loss surface: computed when asked for, its path live, earlier paths of the same two weights beside it."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from nnplayground import resources
from nnplayground.engine import Trainer
from nnplayground.engine.setup import Setup
from nnplayground.engine.slices import Area
from nnplayground.experiment import Experiment
from nnplayground.gui import theme
from nnplayground.gui.views.journeys import named
from nnplayground.gui.views.landscape import Landscape, ground, overflow
from nnplayground.gui.views.surface import SurfaceView
from nnplayground.gui.views.view import Frame
from nnplayground.runs.history import History
from nnplayground.runs.trajectory import Trajectory
from tests.gui.frames import colours_of

LIGHT = theme.load("light")
SMALL = Experiment().replace_all({"data.kind": "circle", "data.samples": 60, "network.layers": [3]})
BOWL = Experiment.load(resources.presets()["long-bowl"])


class Run:
    """A training, and the frames that a window would make of it."""

    def __init__(self, experiment, dataset=None):
        self.trainer = Trainer(experiment, device="cpu", executor="eager", dataset=dataset)
        self.history = History(self.trainer.layers, self.trainer.metrics, self.trainer.steps_per_epoch)
        self.trajectory = Trajectory()
        self.trajectory.add(self.trainer.snapshot())

    @property
    def frame(self) -> Frame:
        trainer = self.trainer
        return Frame(trainer.experiment, trainer.dataset, self.history, trainer.snapshot(), {}, self.trajectory)

    def step(self, count=1) -> Frame:
        for _ in range(count):
            self.trainer.advance(steps=1)
            self.trajectory.add(self.trainer.snapshot())
        return self.frame


@pytest.fixture
def view(qtbot):
    made = SurfaceView(LIGHT)
    qtbot.addWidget(made)
    made.resize(380, 240)
    made.show()
    qtbot.waitExposed(made)
    made.areas.resolutions[21].setChecked(True)
    yield made
    made.study.close()


@pytest.fixture
def settled(view, qtbot):
    """Wait until nothing is computed any more."""

    def wait():
        qtbot.waitUntil(lambda: not view.study.working, timeout=60_000)

    return wait


def table_of(view, tmp_path):
    view.save_table(tmp_path / "surface.csv")
    return [line.split(",") for line in (tmp_path / "surface.csv").read_text(encoding="utf-8").splitlines()]


def test_a_surface_is_computed_when_asked_for_and_is_the_networks_loss(view, settled):
    run = Run(SMALL)
    view.draw(run.step(20))
    assert view.surface is None
    assert "Compute" in view.message.text()
    assert view.button.parentWidget() is view.invitation
    view.button.setFocus()
    view.button.click()
    settled()
    assert view.button.parentWidget() is view.options
    assert view.button.isVisible()
    assert view.button.hasFocus()
    middle = view.surface.loss[10, 10]
    assert middle == pytest.approx(run.trainer.evaluate().train_loss, rel=1e-4)
    assert view.caption.accessibleName() == "computed at step 20"
    assert view.plot.isVisible()


def test_training_goes_on_over_the_last_surface(view, settled):
    run = Run(SMALL)
    view.draw(run.step(20))
    view.button.click()
    settled()
    surface = view.surface
    frame = run.step(15)
    view.draw(frame)
    assert view.surface is surface
    assert view.plot.track.steps == tuple(range(36))
    assert view.plot.track.places[20] == pytest.approx([0, 0], abs=1e-6)
    assert view.plot.track.places[-1] == pytest.approx(surface.slice.coordinates(frame.snapshot.parameters))
    x, y = view.plot.path.getData()
    np.testing.assert_array_equal(np.column_stack([x, y]), view.plot.track.places)


def test_the_paths_main_directions_hold_the_path(view, settled):
    run = Run(SMALL)
    view.draw(run.step(25))
    view.areas.kinds["path"].setChecked(True)
    view.button.click()
    settled()
    places, surface = view.plot.track.places, view.surface
    assert places[-1] == pytest.approx([0, 0], abs=1e-6)
    assert (places.min(axis=0) >= [surface.x[0], surface.y[0]]).all()
    assert (places.max(axis=0) <= [surface.x[-1], surface.y[-1]]).all()
    assert "of the path" in view.caption.accessibleName()


def test_what_cannot_be_computed_is_said(view, settled):
    view.draw(Run(SMALL).frame)
    view.areas.kinds["path"].setChecked(True)
    view.button.click()
    settled()
    assert view.surface is None
    assert "path is too short" in view.message.text()


def test_computing_can_be_cancelled_by_the_same_button(view, settled):
    view.draw(Run(SMALL).frame)
    view.areas.resolutions[81].setChecked(True)
    view.button.click()
    assert view.button.text().startswith("Cancel")
    view.button.click()
    settled()
    assert view.surface is None
    assert view.button.text() == "Compute"


def test_another_choice_is_computed_at_once_where_there_is_a_surface(view, settled):
    view.draw(Run(SMALL).step(3))
    view.areas.reaches[2.0].trigger()
    assert not view.study.working
    view.button.click()
    settled()
    assert (view.surface.x[0], view.surface.x[-1]) == (-2, 2)
    view.areas.reaches[0.5].trigger()
    settled()
    assert (view.surface.x[0], view.surface.x[-1]) == (-0.5, 0.5)
    before = view.surface.slice.directions
    view.areas.turned.emit()
    settled()
    np.testing.assert_array_equal(view.surface.slice.directions, before)  # the seed is what turns them
    next(a for a in view.menu.actions() if a.objectName() == "loss_surface.turn").trigger()
    settled()
    assert not np.array_equal(view.surface.slice.directions, before)


def test_a_new_run_takes_the_surface_away(view, settled):
    run = Run(SMALL)
    view.draw(run.step(3))
    view.button.click()
    settled()
    view.draw(Run(SMALL, run.trainer.dataset).frame)
    assert view.surface is None
    assert view.message.isVisible()
    assert not view.plot.isVisible()


def test_a_surface_of_a_run_that_is_over_is_not_shown(view, settled):
    view.draw(Run(SMALL).step(3))
    view.button.click()
    view.draw(Run(SMALL).frame)
    settled()
    assert view.surface is None


def test_a_stored_snapshot_without_its_path_has_a_surface_too(view, settled):
    view.draw(replace(Run(SMALL).step(5), trajectory=None))
    view.button.click()
    settled()
    assert view.plot.track.places == pytest.approx(np.zeros((1, 2)), abs=1e-6)


# two weights


def test_the_surface_of_two_weights_comes_by_itself_and_names_its_condition(view, settled):
    run = Run(BOWL)
    view.draw(run.frame)
    settled()
    x = run.trainer.dataset.train.inputs.astype(float)
    steep, flat = np.linalg.eigvalsh(x.T @ x)[::-1]
    assert view.surface.condition == pytest.approx(steep / flat, rel=1e-5)
    assert view.surface.lowest == pytest.approx([0.1, 1.0], abs=1e-4)
    assert view.plot.track.places[0] == pytest.approx(run.frame.snapshot.parameters[:2])
    assert (view.plot.x_axis.unit, view.plot.y_axis.unit) == ("w₁", "w₂")
    assert view.areas.area == Area("weights", 21)


def test_paths_of_earlier_runs_stay_beside_the_same_bowl_and_can_be_forgotten(view, settled):
    first = Run(BOWL)
    view.draw(first.step(30))
    settled()
    surface = view.surface
    adam = BOWL.replace("optimizer", {"kind": "adam", "lr": 0.05})
    second = Run(adam, first.trainer.dataset)
    view.draw(second.frame)
    view.draw(second.step(5))
    assert view.surface is surface, "it is the same bowl"
    assert [text for _, text in view.runs.entries] == ["Adam 0.05", "SGD 0.11"]
    drawn = np.column_stack(view.plot.earlier[0].getData())
    np.testing.assert_allclose(drawn, [point[:2] for point in first.trajectory.points], rtol=1e-6)
    next(a for a in view.menu.actions() if a.objectName() == "loss_surface.forget").trigger()
    assert view.earlier == ()
    assert len(view.plot.earlier[0].getData()[0]) == 0
    assert not view.runs.isVisible()


def test_two_weights_that_leave_their_surface_are_followed_unless_they_run_away(view, settled):
    run = Run(BOWL)
    view.draw(run.frame)
    settled()
    surface = view.surface

    def at(w1):
        snapshot = run.trainer.snapshot()
        return replace(run.frame, snapshot=replace(snapshot, parameters=np.array([w1, 1, 0], np.float32)))

    view.draw(at(surface.x[-1] * 0.9))
    view.draw(at(surface.x[-1] * 1e3))
    assert not view.study.working
    view.draw(at(surface.x[-1] * 2))
    settled()
    assert view.surface.x[-1] > 2 * surface.x[-1]


@pytest.mark.parametrize("change", [{"data.scaling": "standard"}, {"loss.kind": "huber"}])
def test_over_other_ground_earlier_paths_are_forgotten(view, settled, change):
    first = Run(BOWL)
    view.draw(first.step(10))
    settled()
    other = BOWL.replace_all(change)
    view.draw(Run(other, first.trainer.dataset if "loss.kind" in change else None).frame)
    settled()
    assert view.earlier == ()
    assert view.surface.step == 0


def test_only_the_last_runs_are_kept(view, settled):
    run = Run(BOWL)
    dataset = run.trainer.dataset
    for _ in range(7):
        view.draw(run.step(2))
        run = Run(BOWL, dataset)
    settled()
    assert len(view.earlier) == 4


def test_a_run_is_named_by_the_knobs_it_ended_with(view, settled):
    run = Run(BOWL)
    view.draw(run.step(2))
    faster = BOWL.replace_all({"optimizer.momentum": 0.9, "optimizer.lr": 0.02})
    view.draw(replace(run.step(2), experiment=faster))
    assert view.journey.name == "SGD 0.02, momentum 0.9"
    rebuilt = faster.replace("optimizer", {"kind": "adam", "lr": 0.01})
    view.draw(replace(run.step(2), experiment=rebuilt))  # as it is before the new network is built
    assert view.journey.name == "SGD 0.02, momentum 0.9"
    assert named(rebuilt) == "Adam 0.01"
    settled()


def test_other_networks_are_not_shown_along_two_weights(view, settled):
    view.draw(Run(BOWL).frame)
    settled()
    view.draw(Run(SMALL).frame)
    assert not view.areas.kinds["weights"].isEnabled()
    assert view.areas.area.kind == "random"
    assert view.surface is None


# the picture


@pytest.fixture
def bowl():
    """A surface of two weights, computed here and now."""
    import torch

    from nnplayground.engine.surface import explore

    run = Run(BOWL)
    setup = Setup.of(BOWL, torch.device("cpu"), run.trainer.dataset)
    return explore(setup, run.frame.snapshot, Area("weights", resolution=11), [])


@pytest.fixture
def landscape(qtbot):
    made = Landscape(LIGHT)
    qtbot.addWidget(made)
    made.resize(300, 200)
    return made


def show(landscape, surface, logarithmic=False):
    landscape.show_surface(surface, ("w₁", "w₂"), ("weight of x₁", "weight of x₂"), logarithmic)


def test_colours_go_from_the_lowest_loss_to_the_highest(landscape, bowl):
    show(landscape, bowl)
    shown, table = landscape.image.image, ground(LIGHT)
    for place, colour in ((bowl.loss.argmin(), table[0]), (bowl.loss.argmax(), table[-1])):
        np.testing.assert_array_equal(shown[np.unravel_index(place, bowl.loss.shape)], colour)
    assert (landscape.levels.low, landscape.levels.high) == (bowl.loss.min(), bowl.loss.max())
    show(landscape, bowl, logarithmic=True)
    assert landscape.levels.high == pytest.approx(np.log10(bowl.loss.max()))


@pytest.mark.parametrize("logarithmic", [False, True])
def test_losses_that_are_not_finite_are_marked_and_none_at_all_is_no_fault(landscape, bowl, logarithmic):
    loss = bowl.loss.copy()
    loss[0, :2], loss[3, 3] = (np.nan, np.inf), 0.0
    show(landscape, replace(bowl, loss=loss), logarithmic)
    colour = (*QColor(overflow(LIGHT)).getRgb()[:3], 255)
    marked = (landscape.image.image == colour).all(axis=-1)
    np.testing.assert_array_equal(marked, ~np.isfinite(loss))
    show(landscape, replace(bowl, loss=np.full_like(loss, np.nan)), logarithmic)
    assert len(landscape.lines.getData()[0]) == 0


def test_a_flat_surface_is_drawn(landscape, bowl):
    show(landscape, replace(bowl, loss=np.full_like(bowl.loss, 2.0)))
    assert landscape.levels.low < landscape.levels.high


def test_the_pointer_reads_loss_coordinates_and_step(view, settled):
    run = Run(BOWL)
    view.draw(run.step(10))
    settled()
    surface, track = view.surface, view.plot.track
    rows = view.plot.read(QPointF(*track.places[3]), QPointF(50, 50)).rows
    i = int(np.abs(surface.x - track.places[3][0]).argmin())
    assert [row.text for row in rows] == ["loss", "weight of x₁", "weight of x₂", "path at step"]
    assert float(rows[1].value.replace("\u2212", "-")) == pytest.approx(surface.x[i], rel=1e-3)
    assert rows[3].value == "3"


def test_the_table_holds_surface_and_paths(view, settled, tmp_path):
    run = Run(BOWL)
    view.draw(run.step(4))
    settled()
    head, *rows = table_of(view, tmp_path)
    assert head == ["what", "step", "weight of x₁", "weight of x₂", "loss"]
    assert [row[0] for row in rows] == ["surface"] * 21 * 21 + ["SGD 0.11"] * 5
    assert sum(float(row[4]) for row in rows[:441]) == pytest.approx(view.surface.loss.sum())
    assert [float(v) for v in rows[-1][2:4]] == pytest.approx(run.frame.snapshot.parameters[:2], rel=1e-6)


@pytest.mark.parametrize("name", theme.NAMES)
def test_it_is_drawn_in_every_theme(view, settled, name):
    view.draw(Run(BOWL).step(20))
    settled()
    view.set_theme(theme.load(name))
    found = colours_of(view)
    assert QColor(theme.load(name).text).rgb() in found
    assert len(found) > 50


def test_in_a_narrow_pane_the_names_of_runs_have_the_room(view, settled):
    first = Run(BOWL)
    view.draw(first.step(2))
    settled()
    assert view.bar.isVisible()
    view.draw(Run(BOWL, first.trainer.dataset).frame)
    assert view.bar.isVisible()
    view.resize(200, 240)
    assert view.runs.isVisible()
    assert not view.bar.isVisible()
    view.resize(200, 120)
    assert not view.runs.isVisible()
