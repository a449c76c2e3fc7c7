"""Folders of images by class, against Pillow itself; and whatever is no such folder, in one line."""

from __future__ import annotations

import io
import os
import shutil
import struct
import subprocess
import sys
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image, ImageOps

from nnplayground.data import Cancelled, load
from nnplayground.data.images import decoding, folder, inspect_images, pictures
from nnplayground.data.images.decoding import UnreadableError, decode
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Folder

FORMATS = ("png", "jpg", "jpeg", "bmp", "gif", "webp")


def noise(width=40, height=30, seed=0, channels=3):
    """Return a picture of which no two pixels are alike."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, channels), np.uint8).squeeze())


def fill(place, classes=("cat", "dog"), count=10, size=(28, 28), ending="png"):
    """Write a folder of classes, each of `count` pictures."""
    for number, name in enumerate(classes):
        (place / name).mkdir(parents=True)
        for i in range(count):
            noise(*size, seed=100 * number + i).save(place / name / f"{i:02}.{ending}")
    return place


def fault(path, **knobs):
    with pytest.raises(ExperimentError) as raised:
        load(Folder(path=str(path), **knobs), 1)
    line = str(raised.value)
    assert "\n" not in line
    assert len(line) < 500
    assert "allowed: " in line or "can be read" in line
    return line


def bytes_of(dataset):
    """Return every image of a data set, (n, channels, height, width) uint8, and its class, sorted."""
    parts = dataset.train, dataset.validation
    raw = np.concatenate([part.raw for part in parts]).astype(np.uint8)
    targets = np.concatenate([part.targets for part in parts])
    order = np.lexsort(raw.T)
    return raw[order].reshape(-1, *dataset.image_shape), targets[order]


def written(path, image, **options):
    image.save(path, **options)
    return path


# what is made of a folder


@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_images_of_the_size_asked_for_are_taken_to_the_bit(tmp_path, colour):
    place = fill(tmp_path / "pets")
    dataset = load(Folder(path=str(place), colour=colour), 1)
    expected = []
    for number, name in enumerate(("cat", "dog")):
        for file in (place / name).iterdir():
            pixels = np.asarray(Image.open(file).convert("RGB" if colour == "rgb" else "L"))
            expected.append((pixels.transpose(2, 0, 1) if colour == "rgb" else pixels[None], number))
    expected = sorted(expected, key=lambda pair: tuple(pair[0].ravel()[::-1]))
    images, targets = bytes_of(dataset)
    np.testing.assert_array_equal(images, [pixels for pixels, _ in expected])
    assert targets.tolist() == [number for _, number in expected]
    assert dataset.image_shape == ((3, 28, 28) if colour == "rgb" else (1, 28, 28))
    assert (dataset.title, dataset.class_names, dataset.target_name) == ("pets", ("cat", "dog"), "class")
    assert (len(dataset.train), len(dataset.validation), dataset.notes) == (16, 4, ())


def test_the_same_folder_gives_the_same_images_in_the_same_order(tmp_path):
    place = fill(tmp_path / "pets")
    first, other = (load(Folder(path=str(place)), seed) for seed in (1, 2))
    again = load(Folder(path=str(shutil.copytree(place, tmp_path / "copy" / "pets"))), 1)
    np.testing.assert_array_equal(first.train.inputs, again.train.inputs)
    assert not np.array_equal(first.train.inputs, other.train.inputs)


@pytest.mark.parametrize("ending", FORMATS)
def test_every_kind_of_picture_is_read(tmp_path, ending):
    solid = Image.new("RGB", (50, 50), (200, 100, 50))
    pixels = decode(written(tmp_path / f"a.{ending.upper()}", solid), 8, colour=True)
    np.testing.assert_allclose(pixels.transpose(1, 2, 0), np.full((8, 8, 3), (200, 100, 50)), atol=3)
    grey = decode(tmp_path / f"a.{ending.upper()}", 8, colour=False)
    np.testing.assert_allclose(grey, np.full((1, 8, 8), 124), atol=3)


def test_the_middle_is_cut_out_and_resized_as_pillow_does(tmp_path):
    image = noise(90, 60)
    expected = ImageOps.fit(image, (16, 16), Image.Resampling.BILINEAR)
    pixels = decode(written(tmp_path / "a.png", image), 16, colour=True)
    np.testing.assert_array_equal(pixels.transpose(1, 2, 0), np.asarray(expected))
    halves = Image.new("L", (90, 30))  # thirds: black, white, grey
    halves.paste(255, (30, 0, 60, 30))
    halves.paste(128, (60, 0, 90, 30))
    np.testing.assert_array_equal(
        decode(written(tmp_path / "b.png", halves), 30, colour=False), np.full((1, 30, 30), 255)
    )


def test_a_photograph_stands_as_its_camera_was_held(tmp_path):
    image = noise()
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    path = written(tmp_path / "a.png", image, exif=exif)
    expected = ImageOps.fit(image.rotate(-90, expand=True), (20, 20), Image.Resampling.BILINEAR)
    np.testing.assert_array_equal(decode(path, 20, colour=True).transpose(1, 2, 0), np.asarray(expected))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_is_white(tmp_path, mode):
    if mode == "P":
        image = Image.new("P", (8, 8), 0)
        image.putpalette([10, 20, 30])
        path = written(tmp_path / "a.png", image, transparency=0)
    else:
        path = written(tmp_path / "a.png", Image.new(mode, (8, 8), (0,) * len(mode)))
    assert set(decode(path, 8, colour=False).ravel()) == {255}


def test_sixteen_bits_of_grey_become_eight(tmp_path):
    values = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    path = written(tmp_path / "a.png", Image.fromarray(values))
    np.testing.assert_array_equal(decode(path, 16, colour=False)[0], values >> 8)


@pytest.mark.parametrize(("mode", "value"), [("1", 1), ("L", 255), ("CMYK", (0, 0, 0, 0))])
def test_pictures_of_other_modes_are_read(tmp_path, mode, value):
    ending = "jpg" if mode == "CMYK" else "png"
    path = written(tmp_path / f"a.{ending}", Image.new(mode, (8, 8), value))
    assert set(decode(path, 8, colour=True).ravel()) == {255}


def test_of_a_moving_picture_the_first_is_taken(tmp_path):
    frames = [Image.new("L", (8, 8), value) for value in (10, 200)]
    path = written(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
    assert set(decode(path, 8, colour=False).ravel()) == {10}


def test_a_large_photograph_is_read_in_part_and_looks_the_same(tmp_path):
    gradient = Image.linear_gradient("L").resize((3000, 2000))
    path = written(tmp_path / "a.jpg", gradient)
    whole = ImageOps.fit(gradient, (32, 32), Image.Resampling.BILINEAR)
    np.testing.assert_allclose(decode(path, 32, colour=False)[0], np.asarray(whole), atol=4)


def test_a_limit_picks_of_every_class_in_proportion_by_the_seed(tmp_path):
    place = fill(tmp_path / "pets", count=20)
    for i in range(10):
        (place / "cat" / f"{i:02}.png").unlink()
    first, again, other = (load(Folder(path=str(place), limit=12), seed) for seed in (5, 5, 6))
    assert np.bincount(bytes_of(first)[1]).tolist() == [4, 8]
    np.testing.assert_array_equal(first.train.inputs, again.train.inputs)
    assert not np.array_equal(bytes_of(first)[0], bytes_of(other)[0])


def test_hidden_and_other_files_are_passed_over_and_links_are_followed(tmp_path):
    place = fill(tmp_path / "pets")
    for name in (".DS_Store", "._00.png", "notes.txt", "Thumbs.db"):
        (place / "cat" / name).write_bytes(b"nothing")
    for name in (".git", "__MACOSX", "empty"):
        (place / name).mkdir()
    (place / "cat" / "deeper").mkdir()
    (place / "list.csv").write_text("a,b")
    if hasattr(os, "symlink"):
        shutil.move(place / "dog", tmp_path / "elsewhere")
        (place / "dog").symlink_to(tmp_path / "elsewhere")
        (place / "cat" / "10.png").symlink_to(tmp_path / "elsewhere" / "03.png")
        (place / "cat" / "loop.png").symlink_to(place / "cat" / "loop.png")
        (place / "cat" / "gone.png").symlink_to(place / "nowhere.png")
    dataset = load(Folder(path=str(place)), 1)
    assert dataset.class_names == ("cat", "dog")
    links = int(hasattr(os, "symlink"))
    assert np.bincount(bytes_of(dataset)[1]).tolist() == [10 + links, 10]
    assert dataset.notes == (
        "Left out, holding no images: empty.",
        f"{2 + 2 * links} files of other kinds were passed over.",
    )


def test_single_files_that_cannot_be_read_are_counted_and_named(tmp_path):
    place = fill(tmp_path / "pets")
    (place / "cat" / "03.png").write_bytes(b"no picture")
    (place / "dog" / "05.png").write_bytes((place / "dog" / "05.png").read_bytes()[:200])
    dataset = load(Folder(path=str(place)), 1)
    assert len(dataset.train) + len(dataset.validation) == 18
    assert dataset.notes == (
        "2 of 20 images were left out, as they cannot be read: cat/03.png (no such picture, or damaged), "
        "dog/05.png (damaged).",
    )


def test_a_class_of_which_nothing_can_be_read_is_left_out(tmp_path):
    place = fill(tmp_path / "pets", classes=("ape", "cat", "dog"))
    for file in (place / "cat").iterdir():
        file.write_bytes(b"")
    dataset = load(Folder(path=str(place)), 1)
    assert dataset.class_names == ("ape", "dog")
    assert set(dataset.train.targets) == {0, 1}
    assert dataset.notes[0].startswith("10 of 30 images were left out, as they cannot be read: cat/00.png (")
    assert dataset.notes[0].endswith(" and 5 more.")


# what is refused


def test_what_is_wrong_with_a_folder_is_said_in_one_line(tmp_path):
    place = tmp_path / "pets"
    assert fault("").startswith(
        "data.path = '' is none; allowed: a folder that holds one folder of images for each class"
    )
    assert fault(place).startswith(f"{place}: cannot be read: no such file or directory; allowed: a folder that")
    place.mkdir()
    assert fault(place).startswith("pets: holds neither folders nor images; allowed: a folder that holds one folder")
    noise().save(place / "a.png")
    assert fault(place).startswith("pets: holds 1 image, but no folders; allowed: ")
    assert fault(place / "a.png").startswith(f"{place / 'a.png'}: cannot be read: not a directory; allowed: ")
    (place / "cat").mkdir()
    (place / "dog").mkdir()
    assert fault(place).startswith("pets: holds no images in its folders, which are cat, dog; allowed: ")
    shutil.copy(place / "a.png", place / "cat")
    assert fault(place).startswith("pets: holds images of one class only, 'cat'; allowed: ")
    shutil.copy(place / "a.png", place / "dog")
    assert fault(place) == "pets: 2 images; allowed: at least 10"


def test_a_folder_of_parts_points_at_one_of_them(tmp_path):
    fill(tmp_path / "pets" / "train")
    fill(tmp_path / "pets" / "test")
    expected = "pets: its folders hold folders themselves; choose one of them, such as 'test'; allowed: "
    assert fault(tmp_path / "pets").startswith(expected)
    assert len(load(Folder(path=str(tmp_path / "pets" / "train")), 1).train) == 16


def test_a_folder_of_which_nothing_can_be_read_is_told(tmp_path):
    place = fill(tmp_path / "pets")
    for file in place.rglob("*.png"):
        file.write_bytes(b"no picture")
    expected = "pets: none of 20 images can be read: cat/00.png (no such picture, or damaged), cat/01.png"
    assert fault(place).startswith(expected)
    for file in (place / "cat").iterdir():
        noise().save(file)
    assert fault(place) == "pets: only images of 'cat' can be read; allowed: at least 2 classes"


def test_too_many_images_are_told_before_any_is_read(tmp_path, monkeypatch):
    place = fill(tmp_path / "pets")
    monkeypatch.setattr(folder, "decode", None)
    monkeypatch.setattr(pictures, "MAX_VALUES", 1000)
    expected = (
        "pets: 20 images of 28 × 28 pixels in colour make 47,040 numbers; allowed: 1,000 (a smaller data.size, or fewer"
    )
    assert fault(place, colour="rgb").startswith(expected)
    monkeypatch.setattr(folder, "MAX_FILES", 12)
    assert fault(place) == "pets: holds more than 12 images; allowed: 12"
    monkeypatch.setattr(folder, "MAX_CLASSES", 1)
    assert fault(place).startswith("pets: holds 2 folders; allowed: 2 to 1, one for each class")


def test_a_folder_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    place = fill(tmp_path / "pets")
    scan = os.scandir

    def refuse(path):
        if os.fspath(path).endswith("dog"):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)  # where tests run as root, no mode of a folder would
    assert fault(place).startswith(f"{place / 'dog'}: cannot be read: permission denied; allowed: ")


def bomb(width, height):
    """Return a PNG of many pixels in few bytes."""
    row = zlib.compress(bytes((width + 7) // 8 + 1) * height, 9)
    parts = [b"IHDR" + struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0), b"IDAT" + row, b"IEND"]
    chunks = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


@pytest.mark.parametrize("side", [8_100, 10_000, 20_000])
def test_a_bomb_is_refused_by_its_header(tmp_path, side):
    (tmp_path / "a.png").write_bytes(bomb(side, side))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as in the program, where Pillow only warns of the middle one
        with pytest.raises(UnreadableError, match=r"too many; allowed: 64,000,000|far too large"):
            decode(tmp_path / "a.png", 28, colour=False)
    (tmp_path / "a.png").write_bytes(bomb(800, 800))
    assert set(decode(tmp_path / "a.png", 28, colour=False).ravel()) == {0}


def test_no_other_kind_of_file_is_opened_whatever_its_name(tmp_path):
    for number, kind in enumerate(("TIFF", "PPM", "ICO", "PCX")):
        content = io.BytesIO()
        noise().save(content, kind)
        (tmp_path / f"{number}.png").write_bytes(content.getvalue())
        with pytest.raises(UnreadableError, match="no such picture"):
            decode(tmp_path / f"{number}.png", 28, colour=False)
    (tmp_path / "a.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n")
    with pytest.raises(UnreadableError, match="no such picture"):
        decode(tmp_path / "a.png", 28, colour=False)


def test_reading_tells_how_far_it_is_and_can_be_stopped_between_any_two_files(tmp_path):
    place = fill(tmp_path / "pets")
    told = []
    load(Folder(path=str(place)), 1, lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)
    texts = [text for _, text in told]
    assert [f"reading image {i} of 20" for i in range(1, 21)] == [text for text in texts if "reading image " in text]
    for after in range(len(told)):
        asked = iter(range(after))
        with pytest.raises(Cancelled):
            load(Folder(path=str(place)), 1, None, lambda asked=asked: next(asked, None) is None)


# the report


@pytest.mark.parametrize("colour", ["grey", "rgb"])
def test_the_report_counts_every_class_and_shows_the_first_images_at_any_size(tmp_path, colour):
    place = fill(tmp_path / "pets", count=12, size=(128, 128))
    (place / "cat" / "01.png").write_bytes(b"no picture")
    found = inspect_images(Folder(path=str(place)))
    assert [(one.name, one.count, len(one.samples)) for one in found.classes] == [("cat", 12, 7), ("dog", 12, 8)]
    assert (found.count, found.shape) == (24, None)
    shown = found.classes[1].shown(Folder(path=str(place), size=16, colour=colour))
    files = sorted((place / "dog").iterdir())[:8]
    np.testing.assert_array_equal(shown, [decode(file, 16, colour=colour == "rgb") for file in files])


def test_the_report_shows_no_images_of_classes_beyond_the_first_ones(tmp_path):
    place = fill(tmp_path / "many", classes=[f"{i:02}" for i in range(30)], count=1)
    found = inspect_images(Folder(path=str(place)))
    assert [len(one.samples) for one in found.classes] == [1] * 24 + [0] * 6
    assert found.classes[29].shown(found.data).shape[0] == 0


# hostile files


@pytest.mark.parametrize("ending", FORMATS[1:])
def test_any_damage_to_a_picture_gives_pixels_or_a_few_words(tmp_path, monkeypatch, ending):
    monkeypatch.setattr(decoding, "MAX_SOURCE", 1_000_000)
    chance = np.random.default_rng(0)
    exif = Image.Exif()
    exif[0x0112] = 6
    path = written(tmp_path / f"a.{ending}", noise(24, 16), **({"exif": exif} if ending in ("jpeg", "webp") else {}))
    if ending == "jpg":
        path = written(path, noise(24, 16), progressive=True)
    whole = path.read_bytes()
    outcomes = {"pixels": 0, "words": 0}
    for round_ in range(1500):
        content = bytearray(whole)
        for _ in range(chance.integers(1, 4)):
            place = int(chance.integers(len(content) if round_ % 2 else min(len(content), 200)))
            content[place : place + int(chance.integers(3))] = chance.bytes(int(chance.integers(3)))
        path.write_bytes(bytes(content[: int(chance.integers(1, len(content) + 1)) if round_ % 10 == 0 else None]))
        try:
            pixels = decode(path, 12, colour=bool(round_ % 3))
        except UnreadableError as error:
            assert "\n" not in str(error)  # noqa: PT017
            outcomes["words"] += 1
        else:
            assert pixels.shape == (3 if round_ % 3 else 1, 12, 12)
            outcomes["pixels"] += 1
    assert min(outcomes.values()) > 5


def test_any_damage_to_a_png_whose_sums_are_right_gives_pixels_or_a_few_words(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "MAX_SOURCE", 1_000_000)
    chance = np.random.default_rng(0)
    path = tmp_path / "a.png"
    outcomes = {"pixels": 0, "words": 0}
    for round_ in range(1500):
        header = bytearray(struct.pack(">IIBBBBB", 12, 9, 8, 2, 0, 0, 0))
        rows = bytearray(9 * (1 + 36))
        for target in (header, rows):
            if chance.random() < 0.6:
                target[int(chance.integers(len(target)))] = int(chance.integers(256))
        extra = bytes(chance.choice([b"tRNS", b"PLTE", b"eXIf", b"gAMA", b"iCCP", b"zTXt", b"acTL", b"fcTL"]))
        parts = [
            b"IHDR" + header,
            extra + chance.bytes(int(chance.integers(30))),
            b"IDAT" + zlib.compress(rows),
            b"IEND",
        ]
        chunks = (struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in parts)
        path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))
        try:
            decode(path, 12, colour=bool(round_ % 2))
        except UnreadableError:
            outcomes["words"] += 1
        else:
            outcomes["pixels"] += 1
    assert min(outcomes.values()) > 50


def test_describing_a_folder_of_none_imports_no_pillow(tmp_path):
    program = (
        "import sys; import nnplayground.data.images; from nnplayground.experiment import ExperimentError\n"
        "print([name for name in ('PIL', 'torch', 'sklearn', 'pandas', 'pyarrow', 'PySide6') if name in sys.modules])"
    )
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "[]"
