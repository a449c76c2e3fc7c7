"""Images in MNIST's format, against numpy; and whatever is no such file, in one line."""

from __future__ import annotations

import gzip
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from nnplayground.data import Cancelled, load
from nnplayground.data.images import idx_file, inspect_images, pictures
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Idx

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def idx(array, kind=8):
    """Return an array of bytes in the format, as http://yann.lecun.com/exdb/mnist has it."""
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, kind, array.ndim, *array.shape) + array.astype(np.uint8).tobytes()


def made(count=120, shape=(5, 4), classes=3, seed=0):
    """Return images and labels; a class is told by the image's mean."""
    chance = np.random.default_rng(seed)
    return chance.integers(0, 256, (count, *shape), np.uint8), chance.permutation(np.arange(count) % classes)


def write(folder, images, labels, *, packed=False, names=(IMAGES, LABELS)):
    """Write a pair of files; return the path of the images."""
    for name, array in zip(names, (images, labels), strict=True):
        content = idx(np.asarray(array))
        (folder / f"{name}.gz").write_bytes(gzip.compress(content)) if packed else (folder / name).write_bytes(content)
    return folder / (names[0] + ".gz" * packed)


def fault(**knobs):
    with pytest.raises(ExperimentError) as raised:
        load(Idx(**{name: str(value) for name, value in knobs.items()}), 1)
    line = str(raised.value)
    assert "\n" not in line
    assert len(line) < 400
    assert "allowed: " in line
    return line


def rows_of(dataset):
    """Return all raw rows and their classes, in an order that does not hang on how they were dealt out."""
    parts = dataset.train, dataset.validation
    raw, targets = (np.concatenate([getattr(part, name) for part in parts]) for name in ("raw", "targets"))
    order = np.lexsort(raw.T)
    return raw[order], targets[order]


@pytest.mark.parametrize("packed", [False, True])
def test_every_image_and_its_label_are_those_of_the_files(tmp_path, packed):
    images, labels = made()
    dataset = load(Idx(images=str(write(tmp_path, images, labels, packed=packed))), 1)
    raw, targets = rows_of(dataset)
    order = np.lexsort(images.reshape(len(images), -1).T)
    np.testing.assert_array_equal(raw, images.reshape(len(images), -1)[order])
    np.testing.assert_array_equal(targets, labels[order])
    assert dataset.image_shape == (1, 5, 4)
    assert dataset.class_names == ("0", "1", "2")
    assert dataset.input_names[:5] == (*(f"row 1, column {i}" for i in range(1, 5)), "row 2, column 1")
    assert (len(dataset.train), len(dataset.validation)) == (96, 24)
    assert dataset.train.inputs.dtype == dataset.train.raw.dtype == np.float32
    assert dataset.train.inputs.flags.c_contiguous


@pytest.mark.parametrize("channels_last", [False, True])
def test_colours_come_first_wherever_the_file_has_them(tmp_path, channels_last):
    images, labels = made(shape=(3, 6, 5))
    stored = images.transpose(0, 2, 3, 1) if channels_last else images
    dataset = load(Idx(images=str(write(tmp_path, stored, labels))), 1)
    assert dataset.image_shape == (3, 6, 5)
    raw, _ = rows_of(dataset)
    flat = images.reshape(len(images), -1)
    np.testing.assert_array_equal(raw, flat[np.lexsort(flat.T)])
    assert dataset.input_names[0] == "red, row 1, column 1"
    assert dataset.input_names[30] == "green, row 1, column 1"


@pytest.mark.parametrize("shape", [(1, 6, 5), (6, 5, 1)])
def test_one_channel_of_its_own_is_grey(tmp_path, shape):
    images, labels = made(shape=shape)
    assert load(Idx(images=str(write(tmp_path, images, labels))), 1).image_shape == (1, 6, 5)


@pytest.mark.parametrize("shape", [(5, 4), (3, 5, 4)])
def test_scaling_is_the_same_for_every_pixel(tmp_path, shape):
    images, labels = made(shape=shape)
    path = str(write(tmp_path, images, labels))
    loaded = {mode: load(Idx(images=path, scaling=mode), 1) for mode in ("none", "unit", "symmetric", "standard")}
    raw = loaded["none"].train.raw.astype(np.float64)
    np.testing.assert_array_equal(loaded["none"].train.inputs, raw)
    np.testing.assert_allclose(loaded["unit"].train.inputs, raw / 255, rtol=1e-6)
    np.testing.assert_allclose(loaded["symmetric"].train.inputs, raw / 127.5 - 1, rtol=1e-5, atol=1e-6)
    channels = raw.reshape(len(raw), -1, 20)
    mean, deviation = channels.mean(axis=(0, 2), keepdims=True), channels.std(axis=(0, 2), keepdims=True)
    standard = ((channels - mean) / deviation).reshape(len(raw), -1)
    np.testing.assert_allclose(loaded["standard"].train.inputs, standard, rtol=1e-4, atol=1e-6)
    for dataset in loaded.values():
        for part in (dataset.train, dataset.validation):
            np.testing.assert_array_equal(dataset.encode(part.raw), part.inputs)


def test_white_is_one_and_black_is_zero_to_the_bit(tmp_path):
    images, labels = made()
    images[:, 0, 0], images[:, 0, 1] = 0, 255
    dataset = load(Idx(images=str(write(tmp_path, images, labels))), 1)
    assert set(dataset.train.inputs[:, 0]) == {0.0}
    assert set(dataset.train.inputs[:, 1]) == {1.0}


def test_images_all_alike_are_standardized_to_nothing(tmp_path):
    images, labels = made()
    dataset = load(Idx(images=str(write(tmp_path, images * 0 + 7, labels)), scaling="standard"), 1)
    assert set(dataset.train.inputs.ravel()) == {0.0}


def test_a_limit_picks_of_every_class_in_proportion_by_the_seed(tmp_path):
    images, labels = made(count=300, classes=3)
    labels = np.where(labels == 2, 1, labels)  # a third, and two thirds
    path = str(write(tmp_path, images, labels))
    first, again, other = (load(Idx(images=path, limit=60), seed) for seed in (5, 5, 6))
    assert len(first.train) + len(first.validation) == 60
    assert np.bincount(rows_of(first)[1]).tolist() == [20, 40]
    np.testing.assert_array_equal(first.train.raw, again.train.raw)
    assert not np.array_equal(rows_of(first)[0], rows_of(other)[0])
    everything = {row.tobytes() for row in rows_of(load(Idx(images=path), 1))[0]}
    assert {row.tobytes() for row in rows_of(first)[0]} <= everything
    assert len(load(Idx(images=path, limit=301), 1).train) == 240


def test_labels_need_not_begin_at_zero_nor_follow_each_other(tmp_path):
    images, labels = made()
    dataset = load(Idx(images=str(write(tmp_path, images, labels * 100 + 7))), 1)
    assert dataset.class_names == ("7", "107", "207")
    assert set(dataset.train.targets) == {0, 1, 2}


@pytest.mark.parametrize(
    ("names", "given"),
    [
        ((IMAGES, LABELS), IMAGES),
        ((IMAGES, LABELS), LABELS),
        ((IMAGES, LABELS), ""),
        (("train-images.idx3-ubyte", "train-labels.idx1-ubyte"), "train-images.idx3-ubyte"),
        (("emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte"), ""),
        ((f"{IMAGES}.gz", LABELS), f"{IMAGES}.gz"),
        ((IMAGES, f"{LABELS}.gz"), LABELS + ".gz"),
        (("a-images-idx4-ubyte", "a-labels-idx1-ubyte"), "a-labels-idx1-ubyte"),
    ],
)
def test_one_of_both_files_or_their_folder_is_enough(tmp_path, names, given):
    images, labels = made()
    write(tmp_path, images, labels, names=names)
    write(tmp_path, images[:30], labels[:30], names=("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"))
    dataset = load(Idx(images=str(tmp_path / given)), 1)
    assert len(dataset.train) == 96
    assert dataset.title == names[0]


def test_files_of_any_name_are_taken_where_both_are_told(tmp_path):
    images, labels = made()
    write(tmp_path, images, labels, names=("a", "b"))
    assert len(load(Idx(images=str(tmp_path / "a"), labels=str(tmp_path / "b")), 1).train) == 96
    assert fault(images=tmp_path / "a").startswith("a: its name does not tell which labels are its own; allowed: data.")


def test_gzip_is_told_by_its_beginning_not_by_its_name(tmp_path):
    images, labels = made()
    write(tmp_path, images, labels, packed=True)
    (tmp_path / f"{IMAGES}.gz").rename(tmp_path / IMAGES)
    assert len(load(Idx(images=str(tmp_path / IMAGES)), 1).train) == 96


GOOD = idx(made()[0])
BROKEN = {
    "empty": (b"", "does not begin as such files do"),
    "text": (b"1,2,3\n4,5,6\n", "does not begin as such files do"),
    "floats": (idx(made()[0], kind=0x0D), "holds floats; allowed: unsigned bytes"),
    "labels": (idx(made()[1]), "holds labels, not images; allowed: the file of images"),
    "a matrix": (idx(made()[0].reshape(120, 20)), "holds numbers of 2 sizes; allowed: 3 or 4"),
    "five colours": (idx(made(shape=(5, 4, 5))[0]), "holds images of 5 × 4 × 5 numbers; allowed: 1 or 3 of them"),
    "cut header": (GOOD[:9], "cut off within its header"),
    "cut": (GOOD[:-1], "announces 120 × 5 × 4 numbers, 2,416 bytes in all, but has 2,415: cut off"),
    "more": (GOOD + b"\0", "but has 2,417: more than announced"),
    "none": (idx(np.zeros((0, 5, 4))), "announces 0 × 5 × 4 numbers, which is none"),
    "flat": (idx(np.zeros((120, 0, 4))), "announces 120 × 0 × 4 numbers, which is none"),
    "huge": (struct.pack(">4I", 0x803, 2**32 - 1, 2**32 - 1, 2**32 - 1), "announces 4,294,967,295 images or labels"),
    "huge images": (struct.pack(">4I", 0x803, 120, 2**32 - 1, 2**32 - 1), "bytes in all, but has 16: cut off"),
    "large images": (
        idx(np.zeros((120, 257, 256))),
        "holds images of 256 × 257 pixels; allowed: 65,536 numbers in each",
    ),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", BROKEN)
def test_what_is_wrong_with_a_file_is_said_in_one_line(tmp_path, name, packed):
    content, expected = BROKEN[name]
    path = write(tmp_path, *made())
    path.write_bytes(gzip.compress(content) if packed else content)
    line = fault(images=path)
    assert line.startswith(f"{IMAGES}: ")
    if packed and name in ("cut", "more", "huge images"):
        expected = {
            "cut": "cut off after 119 of 120 images",
            "more": "holds more than the 120 images that it announces",
            "huge images": "more than gzip can pack into",
        }[name]
    assert expected in line


def test_a_bomb_is_read_no_further_than_it_announces(tmp_path, monkeypatch):
    content = idx(made()[0]) + bytes(50_000_000)
    path = write(tmp_path, *made())
    path.write_bytes(gzip.compress(content))
    read = []
    plain = gzip.GzipFile.read
    monkeypatch.setattr(gzip.GzipFile, "read", lambda self, size=-1: read.append(size) or plain(self, size))
    assert "holds more than the 120 images" in fault(images=path)
    assert -1 not in read
    assert sum(read) < 10_000


@pytest.mark.parametrize("place", [5, 30, -6, -2])
def test_a_damaged_gzip_file_is_told(tmp_path, place):
    path = write(tmp_path, *made(), packed=True)
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    try:
        loaded = load(Idx(images=str(path)), 1)
    except ExperimentError as error:
        assert str(error).startswith(f"{IMAGES}.gz: ")  # noqa: PT017
    else:
        assert place == 5  # the time of day, which nothing hangs on
        assert len(loaded.train) == 96


def test_a_gzip_file_that_is_cut_off_is_told(tmp_path):
    path = write(tmp_path, *made(), packed=True)
    path.write_bytes(path.read_bytes()[:-20])
    assert fault(images=path).startswith(f"{IMAGES}.gz: damaged, or cut off: compressed file ended")


def test_labels_that_do_not_fit_are_told(tmp_path):
    images, labels = made()
    path = write(tmp_path, images, labels[:-1])
    assert fault(images=path) == (
        f"{LABELS}: holds 119 labels, but {IMAGES} 120 images; allowed: one label for each image"
    )
    write(tmp_path, images, labels * 0 + 4)
    assert fault(images=path).startswith(f"{LABELS}: every label is 4; allowed: at least 2 classes")
    write(tmp_path, images, images)
    assert fault(images=path).startswith(f"{LABELS}: holds images, not labels")


def test_too_few_or_too_many_images_are_told(tmp_path, monkeypatch):
    images, labels = made()
    path = write(tmp_path, images[:9], labels[:9])
    assert fault(images=path) == f"{IMAGES}: 9 images; allowed: at least 10"
    write(tmp_path, images, labels)
    monkeypatch.setattr(pictures, "MAX_VALUES", 1000)
    expected = "120 images of 4 × 5 pixels make 2,400 numbers; allowed: 1,000 (fewer, by data.limit)"
    assert fault(images=path) == f"{IMAGES}: {expected}"
    monkeypatch.setattr(idx_file, "MAX_ITEMS", 10)
    assert fault(images=path) == f"{IMAGES}: announces 120 images or labels; allowed: 10"


def test_names_that_are_no_files_are_told(tmp_path):
    assert fault(images="").startswith("data.images = '' is none; allowed: a file of MNIST's format")
    assert fault(images="a\0b").startswith("data.images = 'a\\x00b' is none")
    missing = tmp_path / IMAGES
    assert fault(images=missing).startswith(f"{missing}: cannot be read: no such file or directory; allowed: ")
    assert fault(images=tmp_path).startswith(f"{tmp_path.name}: holds no images with their labels; allowed: {IMAGES}")
    path = write(tmp_path, *made())
    (tmp_path / LABELS).unlink()
    assert fault(images=path).startswith(f"{IMAGES}: there is no {LABELS} beside it; allowed: data.labels, or names as")
    assert fault(images=path, labels=tmp_path).startswith(f"{tmp_path.name}: is a folder")
    assert "file name too long" in fault(images="x" * 5000)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only Unix has pipes with names")
def test_a_pipe_is_no_file(tmp_path):
    write(tmp_path, *made())
    (tmp_path / IMAGES).unlink()
    os.mkfifo(tmp_path / IMAGES)
    assert fault(images=tmp_path / IMAGES).startswith(f"{IMAGES}: is no ordinary file")


def test_a_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    path = write(tmp_path, *made())

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)  # where tests run as root, no mode of a file would
    assert fault(images=path).startswith(f"{path}: cannot be read: permission denied")


def test_reading_tells_how_far_it_is_and_can_be_stopped_anywhere(tmp_path, monkeypatch):
    monkeypatch.setattr(idx_file, "_BLOCK", 100)
    path = write(tmp_path, *made())
    told = []
    load(Idx(images=str(path)), 1, lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    assert {text.split(":")[0] for _, text in told} >= {"reading labels", "reading images", "scaling the images"}
    for after in range(len(told)):
        asked = iter(range(after))
        with pytest.raises(Cancelled):
            load(Idx(images=str(path)), 1, None, lambda asked=asked: next(asked, None) is None)


def test_the_report_counts_every_class_and_shows_the_first_images_of_each(tmp_path):
    images, labels = made(count=300, classes=5)
    labels[labels == 4] = 3
    labels[7] = 9
    found = inspect_images(Idx(images=str(write(tmp_path, images, labels))))
    assert [(one.name, one.count) for one in found.classes] == [
        (str(label), int((labels == label).sum())) for label in (0, 1, 2, 3, 9)
    ]
    for one in found.classes:
        np.testing.assert_array_equal(one.shown(found.data)[:, 0], images[labels == int(one.name)][:8])
    assert found.shape == (1, 5, 4)
    assert found.count == 300
    assert found.data.labels == str(tmp_path / LABELS)


@pytest.mark.parametrize("packed", [False, True])
def test_any_damage_gives_images_or_one_line(tmp_path, packed):
    chance = np.random.default_rng(0)
    path = write(tmp_path, *made(count=30, shape=(3, 3)), packed=packed)
    files = [path, tmp_path / (LABELS + ".gz" * packed)]
    whole = [file.read_bytes() for file in files]
    outcomes = {"images": 0, "line": 0}
    for round_ in range(1000):
        which = round_ % 4 // 2
        content = bytearray(whole[which])
        for _ in range(chance.integers(1, 4)):
            place = int(chance.integers(len(content)) if round_ % 2 else chance.integers(16))
            content[place : place + int(chance.integers(3))] = chance.bytes(int(chance.integers(3)))
        files[which].write_bytes(bytes(content))
        try:
            dataset = load(Idx(images=str(path)), 1)
        except ExperimentError as error:
            assert "\n" not in str(error)  # noqa: PT017
            outcomes["line"] += 1
        else:
            assert np.isfinite(dataset.train.inputs).all()
            outcomes["images"] += 1
        files[which].write_bytes(whole[which])
    assert min(outcomes.values()) > 10
