"""A user's own table as a data set, against scikit-learn."""

from __future__ import annotations

import csv
import io
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, OneHotEncoder, StandardScaler

from nnplayground.data.split import split
from nnplayground.data.tables import inspect_table, load_table
from nnplayground.data.tables.csv_rows import LONGEST_ROW
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Table

DELIMITERS = [",", ";", "\t", "|"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "cp1252"]
SCALERS = {
    "none": MaxAbsScaler,  # not used
    "standard": StandardScaler,
    "unit": MinMaxScaler,
    "symmetric": lambda: MinMaxScaler((-1, 1)),
}


def write_csv(path, names, columns, delimiter=",", encoding="utf-8", quoting=csv.QUOTE_MINIMAL):
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting)
    writer.writerows([names, *zip(*columns, strict=True)])
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def load(path, seed=1, **knobs):
    return load_table(Table(path=str(path), **knobs), seed)


@pytest.fixture(name="mixed")
def _mixed(tmp_path):
    """Return a file of two numbers, two categories and a target with gaps in each; and its columns."""
    rng = np.random.default_rng(0)
    n = 200
    columns = {
        "width": np.where(rng.random(n) < 0.1, np.nan, rng.normal(5, 2, n).round(3)),
        "count": np.where(rng.random(n) < 0.2, np.nan, rng.integers(0, 40, n)),
        "colour": np.where(
            rng.random(n) < 0.15, None, rng.choice(["red", "green", "blue", "ochre"], n, p=[0.6, 0.2, 0.15, 0.05])
        ),
        "shape": np.where(rng.random(n) < 0.15, None, rng.choice(["round", "square"], n)),
        "weight": np.where(rng.random(n) < 0.05, np.nan, rng.normal(70, 9, n).round(3)),
    }
    texts = [["" if v is None or v != v else str(v) for v in values] for values in columns.values()]
    return write_csv(tmp_path / "mixed.csv", columns, texts), columns


@pytest.mark.parametrize("scaling", SCALERS)
@pytest.mark.parametrize("seed", [1, 2])
def test_inputs_are_those_of_a_pipeline_of_scikit_learn_fitted_on_the_training_rows(mixed, scaling, seed):
    path, columns = mixed
    dataset = load(path, seed, scaling=scaling)
    kept = ~np.isnan(columns["weight"])
    numbers = np.column_stack([columns["width"], columns["count"]])[kept]
    texts = np.column_stack([columns["colour"], columns["shape"]])[kept]
    train, validation = split(np.zeros(kept.sum()), 0.3, seed, False)
    encoder = ColumnTransformer(
        [
            ("numbers", SimpleImputer(strategy="median"), slice(0, 2)),
            (
                "texts",
                make_pipeline(
                    SimpleImputer(missing_values=None, strategy="most_frequent"),
                    OneHotEncoder(sparse_output=False, handle_unknown="ignore"),
                ),
                slice(2, 4),
            ),
        ]
    )
    both = np.column_stack([numbers.astype(object), texts])
    raw = (
        encoder.fit(both[train]).transform(both[train]).astype(float),
        encoder.transform(both[validation]).astype(float),
    )
    scaler = None if scaling == "none" else SCALERS[scaling]().fit(raw[0])
    for part, expected in zip((dataset.train, dataset.validation), raw, strict=True):
        np.testing.assert_allclose(part.raw, expected, rtol=1e-6)
        scaled = scaler.transform(expected) if scaler else expected
        np.testing.assert_allclose(part.inputs, scaled, rtol=2e-5, atol=2e-5)
        np.testing.assert_array_equal(dataset.encode(part.raw), part.inputs)
        assert part.inputs.dtype == part.raw.dtype == part.targets.dtype == np.float32
    target = columns["weight"][kept]
    standard = StandardScaler().fit(target[train, None])
    assert dataset.target_mean == pytest.approx(standard.mean_[0])
    assert dataset.target_scale == pytest.approx(standard.scale_[0])
    for part, rows in ((dataset.train, train), (dataset.validation, validation)):
        np.testing.assert_allclose(part.targets * dataset.target_scale + dataset.target_mean, target[rows], rtol=1e-5)


def test_what_was_done_to_missing_values_is_said(mixed):
    path, columns = mixed
    dataset = load(path)
    assert dataset.notes[0] == f"{np.isnan(columns['weight']).sum()} of 200 rows were dropped, having no weight."
    kept = ~np.isnan(columns["weight"])
    filled = next(note for note in dataset.notes if note.startswith("Missing values were filled"))
    assert f"width {np.isnan(columns['width'][kept]).sum()} (by " in filled
    assert f"colour {sum(c is None for c in columns['colour'][kept])} (by red)" in filled


def test_rows_with_missing_values_are_dropped_where_wanted_and_said(mixed):
    path, columns = mixed
    dataset = load(path, missing="drop")
    gaps = {name: np.array([v is None or v != v for v in values]) for name, values in columns.items()}
    whole = ~np.any(list(gaps.values()), axis=0)
    assert len(dataset.train) + len(dataset.validation) == whole.sum()
    found = np.concatenate([dataset.train.raw[:, 0], dataset.validation.raw[:, 0]])
    np.testing.assert_array_equal(np.sort(found), np.sort(columns["width"][whole]).astype(np.float32))
    left = ~gaps["weight"]
    counts = ", ".join(f"{name} {gaps[name][left].sum()}" for name in ("width", "count", "colour", "shape"))
    assert f"{left.sum() - whole.sum()} rows were dropped, having missing values: {counts}." in dataset.notes


def test_a_category_that_only_the_validation_part_has_is_none_of_the_inputs(tmp_path):
    n = 60
    _, validation = split(np.zeros(n), 0.3, 1, False)
    kinds = np.where(np.arange(n) % 2, "a", "b").astype(object)
    kinds[validation[0]] = "rare"
    path = write_csv(tmp_path / "t.csv", ["kind", "y"], [kinds, np.arange(n) / 7])
    dataset = load(path)
    assert dataset.input_names == ("kind = a", "kind = b")
    assert dataset.validation.raw[0].tolist() == [0, 0]
    assert (dataset.train.raw.sum(axis=1) == 1).all()


def test_truth_values_are_one_input_of_0_and_1(tmp_path):
    rng = np.random.default_rng(0)
    flags = rng.choice(["True", "False", ""], 80, p=[0.6, 0.3, 0.1])
    path = write_csv(tmp_path / "t.csv", ["flag", "y"], [flags, rng.random(80)])
    dataset = load(path)
    train, _ = split(np.zeros(80), 0.3, 1, False)
    assert dataset.input_names == ("flag",)
    np.testing.assert_array_equal(dataset.train.raw[:, 0], flags[train] != "False")  # gaps by the most frequent


def test_dates_are_days_since_the_first_one_of_the_training_part(tmp_path):
    rng = np.random.default_rng(0)
    days = np.datetime64("2024-03-01") + rng.integers(0, 300, 50)
    path = write_csv(tmp_path / "t.csv", ["when", "y"], [days, rng.random(50)])
    dataset = load(path)
    train, validation = split(np.zeros(50), 0.3, 1, False)
    first = days[train].min()
    np.testing.assert_array_equal(dataset.validation.raw[:, 0], (days[validation] - first).astype(float))
    assert f"when: dates were read as days since {first}." in dataset.notes


def test_values_that_single_precision_would_confuse_are_brought_near_0(tmp_path):
    rng = np.random.default_rng(0)
    seconds = 1_700_000_000 + rng.integers(0, 500, 200)
    path = write_csv(tmp_path / "t.csv", ["time", "y"], [seconds, rng.random(200)])
    dataset = load(path)
    train, _ = split(np.zeros(200), 0.3, 1, False)
    differences = np.diff(dataset.train.raw[:, 0].astype(float))
    np.testing.assert_array_equal(differences, np.diff(seconds[train]))
    assert any(note.startswith("time: 1700000") for note in dataset.notes)


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["setosa", "versicolor", "virginica"], ("setosa", "versicolor", "virginica")),
        (["10", "9", "-1"], ("-1", "9", "10")),
        (["TRUE", "FALSE"], ("FALSE", "TRUE")),
        (["2.0", "1.0"], ("1", "2")),
    ],
)
def test_classes_are_sorted_and_dealt_out_in_proportion(tmp_path, values, names):
    rng = np.random.default_rng(0)
    column = np.array(values)[rng.integers(0, len(values), 90)]
    x = rng.random(90).round(6)
    path = write_csv(tmp_path / "t.csv", ["x", "kind"], [x, column])
    dataset = load(path)
    assert dataset.task == "classification"
    assert dataset.class_names == names
    assert (dataset.target_mean, dataset.target_scale) == (0.0, 1.0)
    by_x = dict(zip(x.astype(np.float32), column, strict=True))
    for part in (dataset.train, dataset.validation):
        assert part.targets.dtype == np.int64
        for raw, target in zip(part.raw[:, 0], part.targets, strict=True):
            assert float(names[target]) == float(by_x[raw]) if values[0][0] in "012" else names[target] == by_x[raw]
    shares = np.bincount(dataset.train.targets) / np.bincount(np.unique(column, return_inverse=True)[1])
    if values != ["10", "9", "-1"]:
        assert np.all(np.abs(shares - 0.7) < 0.03)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_task_can_be_set(tmp_path, task):
    rng = np.random.default_rng(0)
    path = write_csv(tmp_path / "t.csv", ["x", "stars"], [rng.random(60), rng.integers(1, 6, 60)])
    guessed = load(path)
    assert guessed.task == "classification"
    assert guessed.notes[-1].startswith("stars was taken for 5 classes")
    dataset = load(path, target_task=task)
    assert dataset.task == task
    assert dataset.class_names == (("1", "2", "3", "4", "5") if task == "classification" else ())
    assert not dataset.notes


def test_a_target_of_numbers_and_a_word_can_be_classes(tmp_path):
    values = [str(i % 3) for i in range(60)] + ["other"] * 2
    path = write_csv(tmp_path / "t.csv", ["x", "kind"], [np.arange(62) / 7, values])
    with pytest.raises(ExperimentError, match="row 62, column 'kind': 'other' is not a number"):
        load(path)
    assert load(path, target_task="classification").class_names == ("0", "1", "2", "other")


def test_the_target_is_the_column_named_or_the_last_one(mixed):
    path, _ = mixed
    assert load(path).target_name == "weight"
    dataset = load(path, target="colour")
    assert dataset.class_names == ("blue", "green", "ochre", "red")
    assert dataset.input_names == ("width", "count", "shape = round", "shape = square", "weight")


def test_a_delimiter_at_the_end_of_every_row_makes_no_target(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y,\n" + "".join(f"{i / 7},{i % 5 / 3},\n" for i in range(30)))
    assert load(path).target_name == "y"


def test_ignored_columns_are_not_even_read(mixed):
    path, _ = mixed
    dataset = load(path, ignored=("colour", "count"))
    assert dataset.input_names == ("width", "shape = round", "shape = square")
    broken = path.read_text().splitlines()
    broken[50] = broken[50].replace(",", ",", 1).replace(broken[50].split(",")[0], "oops", 1)
    path.write_text("\n".join(broken))
    with pytest.raises(ExperimentError, match="row 51, column 'width': 'oops'"):
        load(path)
    assert load(path, ignored=("width",)).input_names[0] == "count"


def test_columns_that_cannot_generalize_are_left_out_and_named(tmp_path):
    rng = np.random.default_rng(0)
    n = 120
    columns = {
        "row": np.arange(1, n + 1),
        "name": [f"person {i}" for i in range(n)],
        "town": [f"town {i % 55}" for i in range(n)],
        "one": [1] * n,
        "none": [""] * n,
        "price": rng.permutation(n) * 3,
        "x": rng.random(n),
        "y": rng.random(n),
    }
    dataset = load(write_csv(tmp_path / "t.csv", columns, columns.values()))
    assert dataset.input_names == ("price", "x")
    assert dataset.notes == (
        "Left out, having no value: none.",
        "Left out, being the same in every row: one.",
        "Left out, being text of too many kinds for categories: town (55 different values).",
        "Left out, being identifiers, different in every row: name.",
        "Left out, being running numbers: row.",
        "Kept, though different in every row like an identifier: price. Ignore what is one.",
    )


def test_a_running_number_is_kept_where_there_is_nothing_else(tmp_path):
    x = np.arange(50)
    dataset = load(write_csv(tmp_path / "t.csv", ["x", "y"], [x, np.sin(x / 9)]))
    assert dataset.input_names == ("x",)
    assert dataset.notes[0].startswith("Kept, though different in every row")


def test_a_column_without_a_value_in_the_training_part_is_left_out(tmp_path):
    n = 40
    _, validation = split(np.zeros(n), 0.3, 1, False)
    x = [""] * n
    x[validation[0]], x[validation[1]] = "1", "2"
    dataset = load(write_csv(tmp_path / "t.csv", ["x", "z", "y"], [x, np.arange(n) ** 2 / 7, np.arange(n) / 7]))
    assert dataset.input_names == ("z",)
    assert dataset.notes == ("Left out, having no value in the training part: x.",)


def test_the_same_seed_deals_the_same_rows_out_and_another_does_not(mixed):
    path, _ = mixed
    one, same, other = load(path, 1), load(path, 1), load(path, 2)
    np.testing.assert_array_equal(one.train.inputs, same.train.inputs)
    assert not np.array_equal(one.train.inputs, other.train.inputs)


def test_what_a_dataset_of_a_table_says_of_itself(mixed):
    path, _ = mixed
    dataset = load(path)
    assert (dataset.title, dataset.domain, dataset.image_shape) == ("mixed.csv", (), None)


texts = st.text(st.sampled_from("abcäöü €;,|\t\"' x"), min_size=1, max_size=6).map(str.strip)
words = texts.filter(lambda text: text and text not in "?-" and not text.isdigit())


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_what_was_written_is_loaded_whatever_the_delimiter_encoding_and_quotation(tmp_path_factory, data):
    delimiter, encoding = data.draw(st.sampled_from(DELIMITERS)), data.draw(st.sampled_from(ENCODINGS))
    quoting = data.draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]))
    n = data.draw(st.integers(20, 40))
    numbers = data.draw(st.lists(st.floats(-1e6, 1e6, width=32), min_size=n, max_size=n, unique=True))
    kinds = data.draw(st.lists(words, min_size=2, max_size=4, unique=True))
    classes = data.draw(st.lists(st.sampled_from(kinds), min_size=n, max_size=n).filter(lambda c: len(set(c)) > 1))
    path = tmp_path_factory.mktemp("written") / "t.csv"
    write_csv(path, ["höhe", "art"], [numbers, classes], delimiter, encoding, quoting)
    dataset = load(path, scaling="none")
    assert dataset.input_names == ("höhe",)
    assert dataset.class_names == tuple(sorted(set(classes)))
    expected = sorted(zip(np.float32(numbers).tolist(), classes, strict=True))
    found = [
        (x, dataset.class_names[t])
        for part in (dataset.train, dataset.validation)
        for x, t in zip(part.inputs[:, 0].tolist(), part.targets, strict=True)
    ]
    assert sorted(found) == expected


def test_german_csv_is_read(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(0, 5000, 40).round(2), rng.normal(0, 1, 40).round(3)
    german = str.maketrans(",.", ".,")
    path = tmp_path / "t.csv"
    rows = "".join(
        f"{a:,.2f}".translate(german) + ";" + f"{b}".translate(german) + "\r\n" for a, b in zip(x, y, strict=True)
    )
    path.write_bytes(("Größe;Maß\r\n" + rows).encode("cp1252"))
    dataset = load(path)
    train, _ = split(y, 0.3, 1, False)
    np.testing.assert_allclose(dataset.train.raw[:, 0], x[train], rtol=1e-6)
    assert (dataset.input_names, dataset.target_name) == (("Größe",), "Maß")
    assert dataset.notes == (
        "Numbers were read with a decimal comma.",
        "The file is not UTF-8 and was read as Windows-1252.",
    )


def test_blanks_may_part_columns_and_stand_at_either_end(tmp_path):
    rows = [(i * 0.5, f'"k {i % 2}"', i * i * 0.1) for i in range(30)]
    path = tmp_path / "t.csv"
    path.write_text("  x   kind\ty \n" + "".join(f"   {a:8.2f}  {b} \t {c:.2f}  \n" for a, b, c in rows))
    dataset = load(path, scaling="none")
    assert dataset.input_names == ("x", "kind = k 0", "kind = k 1")
    found = np.concatenate([dataset.train.raw, dataset.validation.raw])
    np.testing.assert_array_equal(np.sort(found[:, 0]), np.arange(30) * 0.5)


def test_another_encoding_far_down_in_the_file_is_found_out(tmp_path):
    path = tmp_path / "t.csv"
    rows = "".join(f"{i % 977},{'ab'[i % 2]}\n" for i in range(220_000))
    assert len(rows) > 1 << 20
    path.write_bytes(("x,kind\n" + rows + "3,größer\n" * 4).encode("cp1252"))
    dataset = load(path)
    assert dataset.class_names == ("a", "b", "größer")
    assert dataset.notes[0] == "The file is not UTF-8 and was read as Windows-1252."


def test_blank_lines_count_as_nothing_even_in_masses(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n" + "1,5\n" * 9 + "2,6\n" + "\n" * (3 * LONGEST_ROW) + "3,7\n" * 10)
    dataset = load(path, scaling="none", target_task="regression")
    found = np.concatenate([dataset.train.inputs[:, 0], dataset.validation.inputs[:, 0]])
    np.testing.assert_array_equal(np.sort(found), [1] * 9 + [2] + [3] * 10)


def test_a_column_that_turns_out_to_be_text_is_read_again(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{i % 5},{i % 7 / 3}" for i in range(500_000)]
    path.write_text("code,y\n" + "\n".join(rows + ["A1,0.5"] * 100_000))
    seen = []
    dataset = load_table(Table(path=str(path)), 1, lambda share, _: seen.append(share))
    assert dataset.input_names == tuple(f"code = {code}" for code in ["0", "1", "2", "3", "4", "A1"])
    assert dataset.train.raw[:, -1].sum() + dataset.validation.raw[:, -1].sum() == 100_000
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def parquet_table():
    rng = np.random.default_rng(0)
    n = 60
    gap = rng.random(n) < 0.1
    return pa.table(
        {
            "i": pa.array(rng.integers(0, 9, n), pa.int32(), mask=gap),
            "f": pa.array(rng.normal(size=n), pa.float32()),
            "d": pa.array([f"{v:.2f}" for v in rng.normal(size=n)]).cast(pa.decimal128(8, 2)),
            "b": pa.array(rng.random(n) < 0.5),
            "day": pa.array(19_000 + rng.integers(0, 99, n), pa.int32()).cast(pa.date32()),
            "at": pa.array(rng.integers(0, 10**15, n), pa.timestamp("us", tz="Europe/Berlin")),
            "took": pa.array(rng.integers(0, 10**6, n), pa.duration("ms")),
            "clock": pa.array(rng.integers(0, 86_400, n), pa.int32()).cast(pa.time32("s")),
            "kind": pa.array(rng.choice(["a", "b"], n), mask=gap).dictionary_encode(),
            "a.b": pa.array(rng.choice(["1.5", "2.5", "3.5"], n)),
            "nothing": pa.nulls(n),
            "y": pa.array(rng.normal(size=n)),
        }
    )


def test_parquet_is_read_by_its_types(tmp_path):
    table = parquet_table()
    parquet.write_table(table, tmp_path / "t.parquet", row_group_size=17)
    dataset = load(tmp_path / "t.parquet", scaling="none")
    train, _ = split(np.zeros(60), 0.3, 1, False)
    assert dataset.input_names == (
        "i", "f", "d", "b", "day", "at", "took", "clock", "kind = a", "kind = b", "a.b",
    )  # fmt: skip
    raw = dict(zip(dataset.input_names, dataset.train.raw.T, strict=True))
    present = np.array([value is not None for value in table["i"].to_pylist()])[train]
    np.testing.assert_array_equal(raw["i"][present], np.array(table["i"].fill_null(0))[train][present])
    np.testing.assert_array_equal(raw["f"], np.array(table["f"])[train])
    np.testing.assert_allclose(raw["d"], np.array(table["d"].to_pylist(), float)[train], rtol=1e-6)
    np.testing.assert_array_equal(raw["b"], np.array(table["b"])[train])
    days = np.array(table["day"].cast(pa.int32()))[train]
    np.testing.assert_array_equal(raw["day"], days - days.min())
    at = np.array(table["at"].cast(pa.int64()))[train] / 86_400e6
    np.testing.assert_allclose(raw["at"], at - np.floor(at.min()), rtol=1e-6)
    np.testing.assert_allclose(raw["took"], np.array(table["took"].cast(pa.int64()))[train] / 1000, rtol=1e-6)
    np.testing.assert_array_equal(raw["clock"], np.array(table["clock"].cast(pa.int32()))[train])
    np.testing.assert_array_equal(raw["a.b"], np.array(table["a.b"].cast(pa.float64()))[train])
    np.testing.assert_array_equal(raw["kind = a"] + raw["kind = b"], 1)
    assert "Left out, having no value: nothing." in dataset.notes


def test_csv_and_parquet_of_the_same_table_are_the_same_data_set(tmp_path, mixed):
    path, columns = mixed
    parquet.write_table(pa.table({k: pa.array(v, from_pandas=True) for k, v in columns.items()}), tmp_path / "t.pq")
    one, other = load(path), load(tmp_path / "t.pq")
    np.testing.assert_array_equal(one.train.inputs, other.train.inputs)
    np.testing.assert_array_equal(one.validation.targets, other.validation.targets)
    assert one.input_names == other.input_names
    assert one.notes == other.notes


def test_a_table_is_described_for_the_import_dialog(tmp_path):
    path = tmp_path / "t.csv"
    rows = "".join(
        f"{i};{i / 4};{'ab'[i % 2]};{i % 3};2024-01-{1 + i % 28:02}\r\n".replace(".", ",") for i in range(40)
    )
    path.write_bytes(("Nr;Größe;Art;Note;Tag\r\n" + rows).encode("utf-16"))
    seen = []
    report = inspect_table(path, lambda share, _: seen.append(share))
    assert (report.path, report.format, report.rows) == (path, "CSV", 40)
    assert (report.delimiter, report.encoding, report.decimal, report.has_header) == ("semicolon", "UTF-16", ",", True)
    assert [(c.name, c.kind, c.distinct, c.missing) for c in report.columns] == [
        ("Nr", "number", 40, 0),
        ("Größe", "number", 40, 0),
        ("Art", "category", 2, 0),
        ("Note", "number", 3, 0),
        ("Tag", "date", 28, 0),
    ]
    assert [c.remark for c in report.columns] == ["identifier-like: a running number", "", "", "", ""]
    assert report.columns[1].samples == ("0,0", "0,25", "0,5", "0,75", "1,0")
    assert report.suggested_target == "Note"
    assert len(report.preview) == 20
    assert report.preview[1] == ("1", "0,25", "b", "1", "2024-01-02")
    assert seen == sorted(seen)


def test_a_description_names_mistakes_and_types_that_cannot_be_used_and_goes_on(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("x,y\n\n" + "".join(f"{i / 3},{i / 7}\n" for i in range(30)) + "oops,1\n")
    report = inspect_table(path)
    assert report.columns[0].remark.startswith("row 33, column 'x': 'oops' is not a number")
    assert report.suggested_target == "y"
    table = parquet_table().append_column("list", pa.array([[1, 2]] * 60))
    parquet.write_table(table, tmp_path / "t.parquet")
    report = inspect_table(tmp_path / "t.parquet")
    assert (report.format, report.delimiter, report.encoding, report.has_header) == ("Parquet", "", "", True)
    assert report.columns[-1].name == "list"
    assert report.columns[-1].remark == "of type list<element: int64>, which cannot be used"
    assert report.suggested_target == "y"
    assert report.preview[0][-1] == "[1, 2]"


def test_the_suggested_target_and_the_task_guessed_are_those_that_load_takes(mixed):
    path, _ = mixed
    report = inspect_table(path)
    assert load(path, target=report.suggested_target).target_name == load(path).target_name == "weight"


def test_looking_at_the_module_imports_nothing_heavy():
    code = (
        "import sys, nnplayground.data.tables; print([m for m in ('torch', 'sklearn', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
