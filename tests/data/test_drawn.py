"""Points drawn by hand: as text and back, dealt out and scaled so that none moves another, taken over, as CSV."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnplayground.data import drawn, features, load
from nnplayground.experiment import Experiment, ExperimentError
from nnplayground.experiment.datasets import Blobs, Circle, Drawn, Spiral, Table, training_rows
from nnplayground.experiment.drawn import EXAMPLE, MOST_POINTS, REACH, rows_of, text_of

COORDINATES = st.integers(-6000, 6000).map(lambda thousandths: thousandths / 1000)
ROWS = st.lists(st.tuples(COORDINATES, COORDINATES, st.integers(0, 7)), max_size=60)
LABELS = st.lists(st.integers(0, 3), max_size=80)
SHARES = st.floats(0.05, 0.9)


def everything(dataset):
    """All points of a data set, in ascending order: (x₁, x₂, class)."""
    raw = np.concatenate([dataset.train.raw, dataset.validation.raw])
    labels = np.concatenate([dataset.train.targets, dataset.validation.targets])
    return sorted(
        (*np.round(point.astype(float), 3).tolist(), int(label)) for point, label in zip(raw, labels, strict=True)
    )


# text


@given(rows=ROWS)
def test_points_are_the_same_after_text_and_after_a_file(rows):
    text = text_of(rows)
    assert rows_of(text) == tuple(rows)
    experiment = Experiment().replace_all({"data": {"kind": "drawn", "points": text, "class_count": 8}})
    assert experiment.data.points == text
    assert Experiment.from_toml(experiment.to_toml()) == experiment


@given(values=st.lists(st.tuples(st.floats(-6, 6), st.floats(-6, 6), st.integers(0, 7)), max_size=20))
def test_any_places_are_written_to_a_thousandth_and_once_for_all(values):
    once = text_of(values)
    assert text_of(rows_of(once)) == once
    assert "-0 " not in f" {once} ".replace(" -0.", " ")
    for given_row, kept in zip(values, rows_of(once), strict=True):
        assert np.allclose(given_row, kept, atol=0.00051)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("1 2", "data.points: point 1 is '1 2'; allowed: two numbers from -6 to 6 and a class from 0 to 7"),
        ("1 1 0; 1 2 8", "data.points: point 2 is '1 2 8'; allowed"),
        ("1 1 0; 6.1 0 1", "data.points: point 2 is '6.1 0 1'; allowed"),
        ("nan 0 1", "data.points: point 1 is 'nan 0 1'; allowed"),
        ("1 inf 1", "data.points: point 1 is '1 inf 1'; allowed"),
        ("0 0 1.5", "data.points: point 1 is '0 0 1.5'; allowed"),
        ("0 0 -1", "data.points: point 1 is '0 0 -1'; allowed"),
        ("1 2 " + "9" * 5000, "data.points: point 1 is '1 2 999"),
        ("one\ntwo three", "data.points: point 1 is 'one\\ntwo three'; allowed"),
        ("0 0 2; 0 0 3", "data.points has class 3, which does not fit data.class_count = 2; allowed: 0 to 1"),
        ("0 0 1;" * (MOST_POINTS + 1), "data.points has 2001 points; allowed: at most 2000"),
        (5, "data.points = 5 is not allowed; allowed: text"),
    ],
)
def test_what_is_no_list_of_points_is_refused_in_one_line(text, line):
    with pytest.raises(ExperimentError) as caught:
        Experiment().replace("data", {"kind": "drawn", "points": text})
    assert str(caught.value).startswith(line)
    assert "\n" not in str(caught.value)


def test_as_many_points_as_allowed_are_taken():
    assert Drawn(points="0 0 1;" * MOST_POINTS).known_rows == MOST_POINTS


# the data set


def test_the_data_set_is_what_the_model_says():
    data = Drawn(points=EXAMPLE)
    dataset = load(data, 1)
    assert everything(dataset) == sorted(rows_of(EXAMPLE))
    assert (len(dataset.train), dataset.class_names) == (data.training_rows, ("class 0", "class 1"))
    assert dataset.domain == ((-6.0, 6.0), (-6.0, 6.0))
    assert np.array_equal(dataset.encode(dataset.train.raw), dataset.train.inputs)


@pytest.mark.parametrize(
    ("points", "many", "line"),
    [
        ("", 2, "data.points has 0 of class 0; allowed: at least 2 of each of the 2 classes"),
        ("0 0 0; 1 1 0; 2 2 1", 2, "data.points has 1 of class 1; allowed: at least 2"),
        ("0 0 0; 1 1 0; 2 2 2; 2 1 2", 3, "data.points has 0 of class 1; allowed: at least 2 of each of the 3"),
    ],
)
def test_too_few_points_are_an_experiment_that_training_refuses(points, many, line):
    experiment = Experiment().replace_all({"data": {"kind": "drawn", "points": points, "class_count": many}})
    with pytest.raises(ExperimentError) as caught:
        load(experiment.data, 1)
    assert str(caught.value).startswith(line)


@given(labels=LABELS, share=SHARES)
def test_each_class_has_its_share_and_is_found_in_both_parts(labels, share):
    held = drawn.held_out(labels, share)
    for label in set(labels):
        own = held[np.array(labels) == label]
        assert (~own).sum() == training_rows(len(own), share)
        assert len(own) < 2 or 0 < own.sum() < len(own)


@given(labels=LABELS, more=LABELS, share=SHARES)
def test_a_point_stays_in_its_part_when_others_are_added(labels, more, share):
    assert np.array_equal(drawn.held_out([*labels, *more], share)[: len(labels)], drawn.held_out(labels, share))


@pytest.mark.parametrize("scaling", ["none", "standard", "unit", "symmetric"])
def test_a_new_point_moves_the_inputs_of_no_other(scaling):
    names = ("x1", "x2^2", "sin(x1)")
    before = load(Drawn(scaling=scaling, features=names), 1)
    after = load(Drawn(scaling=scaling, features=names, points=f"{EXAMPLE}; 6 6 1; -6 6 1; 6 -5.9 0"), 1)
    raw = before.train.raw
    assert np.array_equal(before.encode(raw), after.encode(raw))


def test_inputs_are_scaled_as_the_whole_plane_is():
    along = np.linspace(-REACH, REACH, 2001)
    plane = np.stack(np.meshgrid(along, along[::50]), axis=-1).reshape(-1, 2).astype(np.float32)
    standard = load(Drawn(scaling="standard", features=("x1", "x2^2")), 1).encode(plane)
    exact = features.make(("x1", "x2^2"), plane)
    deviation = np.array([REACH / np.sqrt(3), REACH**2 * np.sqrt(4 / 45)])  # of an even spread, in closed form
    expected = (exact - np.array([0, REACH**2 / 3])) / deviation
    assert np.allclose(standard, expected, atol=0.06)
    unit = load(Drawn(scaling="unit"), 1).encode(np.array([[-6, -6], [6, 0]], np.float32))
    assert np.allclose(unit, [[0, 0], [1, 0.5]])


# taking over


@pytest.mark.parametrize("data", [Spiral(), Circle(samples=200, validation_share=0.3), Blobs(clouds=5, noise=0.1)])
def test_points_are_taken_over_and_stay_in_their_part(data):
    source = load(data, 3)
    text, lost = drawn.taken_over(source, data.validation_share)
    many = data.known_classes
    assert lost == 0
    taken = load(Drawn(points=text, class_count=many, validation_share=data.validation_share), 1)
    assert everything(taken) == everything(source)
    before, after = (set(map(tuple, np.round(d.train.raw.astype(float), 3).tolist())) for d in (source, taken))
    assert len(before - after) <= many  # a class's share may differ by one


def test_points_out_of_sight_and_too_many_points_are_left_out():
    source = load(Circle(samples=5000, noise=1.0), 1)
    text, lost = drawn.taken_over(source, 0.5)
    rows = rows_of(text)
    assert (len(rows), lost) == (MOST_POINTS, 5000 - MOST_POINTS)
    assert abs(sum(label for _, _, label in rows) / len(rows) - 0.5) < 0.05
    few, outside = drawn.taken_over(load(Circle(samples=500, noise=1.0), 1), 0.5)
    raw = np.abs([p[:2] for p in everything(load(Circle(samples=500, noise=1.0), 1))])
    assert outside == (raw > REACH).any(axis=1).sum() > 0
    assert len(rows_of(few)) == 500 - outside


def test_thinning_halves_each_class_and_leaves_the_few():
    rows = [(0.0, x / 10, 0) for x in range(9)] + [(1.0, x / 10, 1) for x in range(3)]
    kept = rows_of(drawn.thinned(text_of(rows)))
    assert [row[2] for row in kept].count(0) == 5
    assert [row for row in kept if row[2] == 1] == rows[9:]


# CSV


@given(rows=ROWS)
def test_a_file_of_points_has_a_line_for_each(rows):
    lines = drawn.table_of(text_of(rows)).split("\r\n")
    assert lines[0] == "x1,x2,class"
    assert [tuple(line.split(",")) for line in lines[1:-1]] == [(str(x), str(y), f"class {c}") for x, y, c in rows]


@pytest.mark.parametrize("points", [EXAMPLE, drawn.taken_over(load(Blobs(clouds=8), 1), 0.5)[0]])
def test_the_program_reads_back_the_points_that_it_wrote(tmp_path, points):
    file = tmp_path / "points.csv"
    file.write_text(drawn.table_of(points), encoding="utf-8", newline="")
    table = load(Table(path=str(file), target="class", scaling="none"), 1)
    assert table.task == "classification"
    assert table.input_names == ("x1", "x2")
    assert everything(table) == sorted(rows_of(points))
    assert table.class_names == tuple(f"class {i}" for i in range(len(table.class_names)))
