"""Data sets of openml.org, from a small server on this machine: made, kept, opened offline, refused in one line."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from nnplayground.data import Cancelled, load, openml
from nnplayground.data.openml import fetching, keeping
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Openml, Table
from tests.openml_site import Published, Site, redirect, serve


def mixed(rows=60, **options):
    """A data set of numbers with gaps, categories that look like numbers, and classes."""
    chance = np.random.default_rng(0)
    lines = []
    for i in range(rows):
        width = "?" if i % 13 == 0 else f"{chance.normal(5, 2):.3f}"
        lines.append(f"{width},{i % 4},'{('red', 'green', 'dark blue')[i % 3]}',{'yes' if i % 2 else 'no'}")
    columns = {
        "width": "numeric",
        "grade": list("0123"),
        "colour": ["red", "green", "dark blue"],
        "class": ["no", "yes"],
    }
    return Published("Mixed", columns, lines, "class", **options)


def digits(side=5, count=40, **options):
    """A data set of grey images, the class of each their first pixel's."""
    chance = np.random.default_rng(0)
    pixels = chance.integers(0, 256, (count, side**2))
    lines = [",".join(map(str, [*row, row[0] % 3])) for row in pixels]
    columns = {**{f"pixel{i + 1}": "numeric" for i in range(side**2)}, "class": ["0", "1", "2"]}
    return Published("little_digits", columns, lines, "class", **options), pixels


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """The folder where data sets are kept."""
    monkeypatch.setattr(keeping, "user_cache_path", lambda *_, **__: tmp_path)
    monkeypatch.setattr(fetching, "RETRY_SECONDS", 0.01)
    return tmp_path / "openml"


@pytest.fixture
def site(monkeypatch):
    site = Site()
    server = serve(site)
    redirect(monkeypatch, site.port)
    yield site
    site.released.set()
    server.shutdown()
    server.server_close()
    settle()


def settle():
    """Wait for threads that were left to themselves."""
    for thread in threading.enumerate():
        if thread.name == "openml":
            thread.join(60)
            assert not thread.is_alive()


def offline(monkeypatch):
    """Have scikit-learn ask a port that nobody listens at; return nothing."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    redirect(monkeypatch, port)


def fault(**knobs):
    with pytest.raises(ExperimentError) as raised:
        load(Openml(**knobs), 1)
    line = str(raised.value)
    assert "\n" not in line
    return line


def rows_of(dataset):
    parts = dataset.train, dataset.validation
    raw, targets = (np.concatenate([getattr(part, name) for part in parts]) for name in ("raw", "targets"))
    order = np.lexsort(raw.T)
    return raw[order], targets[order]


def test_a_data_set_is_its_columns_with_nominal_ones_as_categories(site):
    site.published = [mixed()]
    dataset = load(Openml(name="Mixed"), 1)
    assert dataset.title == "Mixed"
    assert dataset.class_names == ("no", "yes")
    assert dataset.target_name == "class"
    grades = tuple(f"grade = {i}" for i in range(4))
    assert dataset.input_names == ("width", *grades, "colour = dark blue", "colour = green", "colour = red")
    assert dataset.notes[0] == "OpenML's Mixed, version 1."
    assert any(note.startswith("Missing values were filled") and "width 5" in note for note in dataset.notes)
    assert len(dataset.train) + len(dataset.validation) == 60
    raw, targets = rows_of(dataset)
    assert set(raw[:, 1:].ravel()) == {0.0, 1.0}
    assert np.bincount(targets).tolist() == [30, 30]


def test_it_is_what_the_same_columns_as_a_csv_file_would_be(site, tmp_path):
    one = mixed()
    site.published = [one]
    rows = [row.replace("?", "").replace("'", "") for row in one.rows]
    text = "\n".join([",".join(one.columns), *rows])
    path = tmp_path / "mixed.csv"
    path.write_text(
        "\n".join(line.replace(f",{i},", f",g{i},") for line in text.split("\n") for i in [line.split(",")[1]])
    )
    ours, table = load(Openml(name="mixed".title()), 7), load(Table(path=str(path)), 7)
    np.testing.assert_array_equal(ours.train.inputs, table.train.inputs)
    np.testing.assert_array_equal(ours.validation.targets, table.validation.targets)


def test_the_version_asked_for_is_fetched_and_kept_beside_others(site, place):
    site.published = [mixed(version=1), mixed(40, version=3), mixed(30, version=4, status="deactivated")]
    assert [len(load(Openml(name="mixed", version=v), 1).train) for v in (0, 1, 3, 4)] == [42, 42, 28, 21]
    assert load(Openml(name="mixed", version=3), 1).notes[0] == "OpenML's Mixed, version 3."
    kept = ["mixed@1.parquet", "mixed@3.parquet", "mixed@4.parquet", "mixed@active.parquet"]
    assert sorted(path.name for path in place.iterdir()) == kept
    assert openml.names() == ["mixed"]


@pytest.mark.parametrize("text", ["string", "numeric"])
def test_text_and_values_are_read_as_from_a_table(site, text):
    chance = np.random.default_rng(0)
    values = chance.normal(size=50)
    words = [f"'{('left', 'right')[i % 2]} side'" if text == "string" else str(i % 7 / 3) for i in range(50)]
    rows = [
        f"{word},{value},{'?' if i == 3 else value * 2}"
        for i, (word, value) in enumerate(zip(words, values, strict=True))
    ]
    site.published = [Published("values", {"side": text, "x": "numeric", "y": "numeric"}, rows, "y")]
    dataset = load(Openml(name="values"), 1)
    sides = ("side = left side", "side = right side") if text == "string" else ("side",)
    assert dataset.input_names == (*sides, "x")
    assert (dataset.task, dataset.target_name) == ("regression", "y")
    assert len(dataset.train) + len(dataset.validation) == 49
    assert "1 of 50 rows were dropped, having no y." in dataset.notes
    raw = np.concatenate([dataset.train.raw, dataset.validation.raw])
    targets = np.concatenate([dataset.train.targets, dataset.validation.targets]).astype(float)
    np.testing.assert_allclose(targets * dataset.target_scale + dataset.target_mean, raw[:, -1] * 2, atol=1e-5)


def test_text_without_pandas_is_told(site, monkeypatch):
    site.published = [Published("words", {"a": "string", "b": "numeric", "y": "numeric"}, ["x,1,2"] * 20, "y")]
    monkeypatch.setitem(sys.modules, "pandas", None)
    expected = "words: has columns of text, for which pandas is needed; allowed: pip install pandas"
    assert fault(name="words") == expected
    site.published = [mixed()]
    assert len(load(Openml(name="mixed"), 1).train) == 42


def test_another_target_and_ignored_columns_can_be_chosen(site):
    site.published = [mixed()]
    dataset = load(Openml(name="mixed", target="colour", ignored=("grade",)), 1)
    assert dataset.class_names == ("dark blue", "green", "red")
    assert dataset.input_names == ("width", "class = no", "class = yes")
    assert fault(name="mixed", target="color").startswith(
        "mixed: data.target = 'color': there is no such column; did you"
    )


def test_of_several_targets_the_first_is_taken_and_the_others_are_no_inputs(site):
    one = mixed()
    one.target = "class,colour"
    site.published = [one]
    dataset = load(Openml(name="mixed"), 1)
    assert dataset.target_name == "class"
    assert not any("colour" in name for name in dataset.input_names)
    assert dataset.notes[1] == "Left out, being targets too: colour."


def test_without_a_target_of_its_own_the_last_column_is_it(site):
    one = mixed()
    one.target = ""
    site.published = [one]
    assert load(Openml(name="mixed"), 1).target_name == "class"


def test_sparse_data_are_laid_out_in_full(site):
    rows = [
        f"{{0 {i}.5, 2 {('a', 'b')[i % 2]}}}" if i % 3 else f"{{1 {i}, 2 {('a', 'b')[i % 2]}}}" for i in range(1, 41)
    ]
    site.published = [Published("thin", {"x": "numeric", "z": "numeric", "y": ["a", "b"]}, rows, "y", sparse=True)]
    dataset = load(Openml(name="thin", scaling="none"), 1)
    raw, _ = rows_of(dataset)
    expected = np.array([[i + 0.5, 0] if i % 3 else [0, i] for i in range(1, 41)], np.float32)
    np.testing.assert_array_equal(raw, expected[np.lexsort(expected.T)])
    assert dataset.class_names == ("a", "b")


# images


@pytest.mark.parametrize("scaling", ["unit", "standard"])
def test_square_pixels_are_images(site, scaling):
    one, pixels = digits()
    pixels[:, 7] = 9  # a pixel that is the same everywhere stays one
    one.rows = [",".join(map(str, [*row, row[0] % 3])) for row in pixels]
    site.published = [one]
    dataset = load(Openml(name="little_digits", scaling=scaling), 1)
    assert dataset.image_shape == (1, 5, 5)
    assert (dataset.target_name, dataset.class_names) == ("class", ("0", "1", "2"))
    raw, targets = rows_of(dataset)
    np.testing.assert_array_equal(raw, pixels[np.lexsort(pixels.T)])
    np.testing.assert_array_equal(targets, pixels[np.lexsort(pixels.T)][:, 0] % 3)
    inputs, given = dataset.train.inputs, dataset.train.raw.astype(np.float64)
    expected = given / 255 if scaling == "unit" else (given - given.mean()) / given.std()
    np.testing.assert_allclose(inputs, expected, rtol=1e-5, atol=1e-6)
    assert dataset.input_names[:2] == ("row 1, column 1", "row 1, column 2")


def renamed(one, old, new):
    one.columns = {new if name == old else name: kind for name, kind in one.columns.items()}


def with_value(one, value):
    one.rows[4] = value + one.rows[4][one.rows[4].index(",") :]


def with_values_to_predict(one):
    one.columns["class"] = "numeric"
    one.rows = [f"{row[: row.rindex(',')]},{i / 7}" for i, row in enumerate(one.rows)]


NO_IMAGES = {
    "another name": lambda one: renamed(one, "pixel3", "third"),
    "another order": lambda one: renamed(one, "pixel3", "pixel33"),
    "a gap": lambda one: with_value(one, "?"),
    "too bright": lambda one: with_value(one, "256"),
    "a fraction": lambda one: with_value(one, "25.5"),
    "a value to predict": with_values_to_predict,
}


@pytest.mark.parametrize("name", NO_IMAGES)
def test_what_is_not_quite_pixels_is_a_table(site, name):
    one, _ = digits()
    NO_IMAGES[name](one)
    site.published = [one]
    dataset = load(Openml(name="little_digits"), 1)
    assert dataset.image_shape is None
    assert len(dataset.input_names) == 25


def test_pixels_that_make_no_square_are_a_table(site):
    site.published = [digits()[0]]
    dataset = load(Openml(name="little_digits", ignored=("pixel25",)), 1)
    assert dataset.image_shape is None
    assert len(dataset.input_names) == 24


# kept


def test_what_was_fetched_once_is_opened_offline_without_a_request(site, monkeypatch):
    site.published = [mixed()]
    first = load(Openml(name="mixed"), 1)
    asked = len(site.asked)
    offline(monkeypatch)
    again = load(Openml(name="mixed"), 1)
    assert len(site.asked) == asked
    np.testing.assert_array_equal(first.train.inputs, again.train.inputs)
    assert first.notes == again.notes


@pytest.mark.parametrize("damage", ["cut", "flipped", "foreign", "empty"])
def test_what_is_kept_and_damaged_is_fetched_again(site, place, damage, monkeypatch):
    site.published = [mixed()]
    first = load(Openml(name="mixed"), 1)
    path = place / "mixed@active.parquet"
    content = path.read_bytes()

    def spoil():
        if damage == "foreign":
            parquet.write_table(pa.table({"x": [1.0]}), path)
        else:
            flipped = content[:20] + bytes([content[20] ^ 0xFF]) + content[21:]
            path.write_bytes({"cut": content[:-9], "flipped": flipped, "empty": b""}[damage])

    spoil()
    again = load(Openml(name="mixed"), 1)
    np.testing.assert_array_equal(first.train.inputs, again.train.inputs)
    spoil()
    offline(monkeypatch)
    assert fault(name="mixed").startswith("mixed: OpenML cannot be reached: ")


def test_nothing_is_left_behind_but_the_data_set(site, place, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching.tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    site.published = [mixed()]
    load(Openml(name="mixed"), 1)
    fault(name="unknown")
    assert list((tmp_path / "temporary").iterdir()) == []
    assert [path.name for path in place.iterdir()] == ["mixed@active.parquet"]


def test_a_place_that_cannot_be_written_is_told(site, place):
    site.published = [mixed()]
    place.write_text("a file where the folder should be")
    assert fault(name="mixed").startswith(f"mixed: {place}: cannot be written: ")


# refused


def test_offline_one_line_says_so_and_where_data_sets_are_kept(place, monkeypatch):
    offline(monkeypatch)
    line = fault(name="mnist_784")
    kept = f"data sets used before are in {place} and open offline"
    assert line.startswith("mnist_784: OpenML cannot be reached: ")
    assert "refused" in line
    assert line.endswith(f"; {kept}")
    settle()


def test_a_name_that_cannot_be_found_is_told(monkeypatch):
    def unresolved(*args, **kwargs):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unresolved)
    line = fault(name="mnist_784")
    assert line.startswith(
        "mnist_784: OpenML cannot be reached: name or service not known; data sets used before are in "
    )


@pytest.mark.parametrize("code", [404, 500, 503])
def test_a_server_that_refuses_is_told(site, code):
    site.code = code
    assert fault(name="iris").startswith(f"iris: OpenML does not give it out: it answers {code} ")


def test_an_unknown_name_or_version_is_told(site):
    site.published = [mixed(), mixed(version=2, status="deactivated")]
    listed = "allowed: what openml.org lists, such as mnist_784"
    assert fault(name="mixt") == f"mixt: OpenML has no active data set of this name; {listed}"
    assert fault(name="mixed", version=7) == f"mixed: OpenML has no version 7 of it; {listed}"


def test_a_wrong_checksum_is_told_and_nothing_is_kept(site, place):
    site.published = [mixed(md5="0" * 32)]
    expected = "came damaged: its checksum is not the one that OpenML tells; try again later"
    assert fault(name="mixed") == f"mixed: {expected}"
    assert not place.exists()


@pytest.mark.parametrize(
    "name", ["", " ", "..", "../../etc/passwd", "a/b", "a\\b", "a?b=c", "a#b", "a%2fb", "a b", "a:b", "ä", "x" * 129]
)
def test_a_name_that_is_none_is_refused_before_anyone_is_asked(site, name):
    assert fault(name=name).startswith("data.name = ")
    assert site.asked == []


def test_answers_that_make_no_sense_are_told(site, monkeypatch):
    for body in (b"", b"[]", b"{}", b"not JSON", b'{"data": 3}', b"\xff\xfe", b'{"data": {"dataset": []}}'):
        monkeypatch.setattr(site, "answer", lambda _, body=body: (200, body))
        assert fault(name="iris").startswith("iris: cannot be read as OpenML gives it: ")


def test_a_data_set_that_is_too_large_is_told(site, monkeypatch):
    site.published = [mixed()]
    monkeypatch.setattr(keeping, "MAX_VALUES", 200)
    assert fault(name="mixed") == "mixed: 60 rows of 4 columns; allowed: 200 values"


# waiting


def test_a_cancel_returns_while_the_server_still_hangs(site):
    site.published, site.hangs = [mixed()], True
    told = []

    def cancelled():
        return any("download" in path for path in site.asked)

    with pytest.raises(Cancelled):
        load(Openml(name="mixed"), 1, lambda *progress: told.append(progress), cancelled)
    assert not site.released.is_set()
    assert [thread.name for thread in threading.enumerate() if thread.name == "openml"]
    assert told[0] == (-1.0, "fetching mixed from OpenML: 0.0 MB")


def test_a_server_that_goes_silent_is_given_up(site, monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT", 0.2)
    site.published, site.hangs = [mixed()], True
    assert fault(name="mixed").startswith("mixed: OpenML cannot be reached: ")
    settle()
    assert socket.getdefaulttimeout() is None


def test_progress_is_unknown_while_it_is_fetched_and_grows_after(site):
    site.published = [mixed()]
    told = []
    load(Openml(name="mixed"), 1, lambda *progress: told.append(progress))
    shares = [share for share, _ in told]
    unknown = shares.count(-1.0)
    assert shares[:unknown] == [-1.0] * unknown
    assert unknown > 0
    assert shares[unknown:] == sorted(shares[unknown:])
    assert shares[-1] == 1.0
    count = len(told) - unknown
    for after in range(count):
        asked = iter(range(after))
        with pytest.raises(Cancelled):
            load(Openml(name="mixed"), 1, None, lambda asked=asked: next(asked, None) is None)


def test_a_process_ends_though_a_server_hangs(site, tmp_path):
    site.published, site.hangs = [mixed()], True
    program = f"""
import sys
from pathlib import Path
from nnplayground.data import Cancelled, load
from nnplayground.data.openml import keeping
from nnplayground.experiment.datasets import Openml
from tests.openml_site import redirect
keeping.user_cache_path = lambda *_, **__: Path({str(tmp_path)!r})

class Patch:
    setattr = staticmethod(setattr)

redirect(Patch, {site.port})
asked = []
try:
    load(Openml(name="mixed"), 1, None, lambda: asked.append(0) or len(asked) > 60)
except Cancelled:
    print("cancelled")
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "cancelled", "")
    assert any("download" in path for path in site.asked)
