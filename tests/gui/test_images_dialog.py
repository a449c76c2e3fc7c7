"""The dialog for images of one's own: what it finds, what it shows, what it makes of them, what it leaves behind."""

import struct
import time

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QRectF, QSize, Qt, QThread
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QProgressBar, QPushButton, QScrollArea, QWidget

from nnplayground.data import load
from nnplayground.data.images import pictures
from nnplayground.data.images.decoding import decode
from nnplayground.experiment import Experiment
from nnplayground.experiment.datasets import Folder, Idx
from nnplayground.gui import theme
from nnplayground.gui.images import dialog as dialogs
from nnplayground.gui.images.dialog import ImagesImport, ask_for_images
from nnplayground.gui.images.gallery import fitted, image_of
from nnplayground.gui.knobs.label import ElidedLabel
from nnplayground.gui.work import Work

PATIENCE = 60_000  # ms; a machine may be slow, and no test measures time
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


@pytest.fixture
def pets(tmp_path):
    chance = np.random.default_rng(0)
    for name, count in (("cat", 12), ("dog", 14), ("empty", 0)):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for i in range(count):
            pixels = chance.integers(0, 256, (40, 30, 3), np.uint8)
            Image.fromarray(pixels).save(tmp_path / "pets" / name / f"{i:02}.png")
    return tmp_path / "pets"


@pytest.fixture
def mnist(tmp_path):
    """Two files of MNIST's format; the images."""
    chance = np.random.default_rng(0)
    images = chance.integers(0, 256, (90, 6, 5), np.uint8)
    (tmp_path / IMAGES).write_bytes(struct.pack(">4I", 0x803, 90, 6, 5) + images.tobytes())
    (tmp_path / LABELS).write_bytes(struct.pack(">2I", 0x801, 90) + (np.arange(90) % 3).astype(np.uint8).tobytes())
    return tmp_path / IMAGES, images


@pytest.fixture
def begin(qtbot):
    """Opens the dialog on images, and waits until they have been read."""
    kept = []

    def opened(data, *, wait=True, name="light"):
        dialog = ImagesImport(data, theme.load(name))
        qtbot.addWidget(dialog)
        kept.append(dialog)
        dialog.show()
        if wait:
            qtbot.waitUntil(lambda: not dialog.reading, timeout=PATIENCE)
        return dialog

    return opened


@pytest.fixture
def folder(begin, pets):
    return begin(Folder(path=str(pets)))


@pytest.fixture
def files(begin, mnist):
    return begin(Idx(images=str(mnist[0])))


def part(dialog, name, kind=QWidget):
    found = dialog.findChildren(kind, name)
    assert len(found) == 1, name
    return found[0]


def text(dialog, name):
    return part(dialog, f"images.{name}", QLabel).text()


def type_in(dialog, knob, value):
    box = part(dialog, f"images.{knob}.box", QLineEdit)
    box.setFocus()
    box.selectAll()
    QTest.keyClicks(box, value)
    QTest.keyClick(box, Qt.Key.Key_Return)


def train(dialog):
    """Press the button, and return what the dialog says was chosen."""
    chosen = []
    dialog.chosen.connect(chosen.append)
    part(dialog, "images.train", QPushButton).click()
    assert len(chosen) == 1
    assert not dialog.isVisible()
    return chosen[0]


def loaded(knobs):
    """Load what was chosen, as the window and its training thread do."""
    experiment = Experiment().replace_all({"data": knobs, "batches.size": 4})
    assert Experiment.from_toml(experiment.to_toml()) == experiment
    return load(experiment.data, 0)


def pixels_of(image):
    """The pixels of an image of Qt's, (height, width, 3)."""
    plain = image.convertToFormat(image.Format.Format_RGB888)
    rows = np.frombuffer(plain.constBits(), np.uint8).reshape(plain.height(), plain.bytesPerLine())
    return rows[:, : 3 * plain.width()].reshape(plain.height(), plain.width(), 3).copy()  # the memory is the image's


# what is found


def test_a_folder_is_described_by_its_classes_and_what_was_passed_over(folder):
    assert (text(folder, "name"), text(folder, "format")) == ("pets", "26 images, 2 classes")
    assert text(folder, "notes") == "Left out, holding no images: empty."
    assert text(folder, "summary") == "predicts 2 classes from 28 × 28 pixels"
    assert text(folder, "colour.note") == "28 × 28 = 784 inputs"
    assert text(folder, "limit.note") == "all 26 images"
    assert text(folder, "validation_share.note") == "21 images train, 5 validate"
    assert part(folder, "images.classes").accessibleDescription() == "cat: 12, dog: 14"


def test_files_of_mnists_format_are_described(files):
    assert (text(files, "name"), text(files, "format")) == (IMAGES, "90 images, 3 classes, 5 × 6 pixels")
    assert not part(files, "images.notes").isVisible()
    assert text(files, "summary") == "predicts 3 classes from 5 × 6 pixels"


def test_the_first_images_of_a_class_are_shown_as_they_are(files, mnist):
    shown = part(files, "images.classes").images("1")
    assert len(shown) == 8
    for image, expected in zip(shown, mnist[1][1::3], strict=False):
        np.testing.assert_array_equal(pixels_of(image), np.repeat(expected[:, :, None], 3, axis=2))


def test_images_are_shown_as_they_would_be_trained_on_whatever_is_turned(folder, pets):
    classes = part(folder, "images.classes")
    for size, colour in ((28, False), (9, False), (9, True)):
        if size != 28:
            type_in(folder, "size", str(size))
            part(folder, "images.colour.choice", QComboBox).setCurrentIndex(int(colour))
        shown = classes.images("dog")
        expected = decode(pets / "dog" / "03.png", size, colour=colour).transpose(1, 2, 0)
        assert np.abs(pixels_of(shown[3]).astype(int) - expected).mean() < 12  # seen through 128 pixels
        assert shown[3].width() == size
    assert text(folder, "colour.note") == "9 × 9 × 3 = 243 inputs"
    assert text(folder, "summary") == "predicts 2 classes from 9 × 9 pixels in colour"


@pytest.mark.parametrize("name", theme.NAMES)
def test_every_class_is_painted_with_its_images(app, qtbot, begin, pets, name):
    theme.apply(app, theme.load(name))
    dialog = begin(Folder(path=str(pets), colour="rgb"), name=name)
    classes = part(dialog, "images.classes")
    qtbot.waitUntil(lambda: classes.height() >= classes.sizeHint().height() > 100, timeout=PATIENCE)
    seen = classes.grab().toImage()
    colours = {seen.pixel(x, y) for x in range(0, seen.width(), 3) for y in range(0, seen.height(), 3)}
    assert len(colours) > 500  # of noise


def test_classes_beyond_the_first_ones_are_named_without_images(qtbot, begin, tmp_path):
    for i in range(30):
        (tmp_path / "many" / f"class {i:02}").mkdir(parents=True)
        Image.new("L", (8, 8), i).save(tmp_path / "many" / f"class {i:02}" / "a.png")
    dialog = begin(Folder(path=str(tmp_path / "many")))
    classes, gallery = part(dialog, "images.classes"), part(dialog, "images.gallery", QScrollArea)
    assert classes.images("class 29") == []
    qtbot.waitUntil(lambda: classes.height() > gallery.viewport().height(), timeout=PATIENCE)
    gallery.setFocus()
    QTest.keyClick(gallery, Qt.Key.Key_PageDown)
    assert gallery.verticalScrollBar().value() > 0
    classes.grab()


def test_an_image_keeps_its_proportions():
    assert fitted(QSize(10, 20), QRectF(0, 0, 40, 40)).getRect() == (10, 0, 20, 40)
    assert fitted(QSize(300, 1), QRectF(0, 0, 30, 30)).getRect() == (0, 14.5, 30, 1)
    odd = np.random.default_rng(0).integers(0, 256, (3, 5, 7), np.uint8)
    np.testing.assert_array_equal(pixels_of(image_of(odd)), odd.transpose(1, 2, 0))


# what is made of it


def test_an_untouched_dialog_chooses_what_loading_would(folder, pets):
    knobs = train(folder)
    assert knobs == Folder(path=str(pets)).model_dump()
    np.testing.assert_array_equal(loaded(knobs).train.inputs, load(Folder(path=str(pets)), 0).train.inputs)


def test_files_are_chosen_with_their_labels(files, mnist):
    knobs = train(files)
    assert (knobs["images"], knobs["labels"]) == (str(mnist[0]), str(mnist[0].with_name(LABELS)))
    assert loaded(knobs).image_shape == (1, 6, 5)


def test_every_knob_that_is_turned_is_chosen(folder):
    type_in(folder, "size", "16")
    type_in(folder, "limit", "20")
    type_in(folder, "validation_share", "50 %")
    part(folder, "images.colour.choice", QComboBox).setCurrentIndex(1)
    part(folder, "images.scaling.choice", QComboBox).setCurrentIndex(1)
    assert text(folder, "limit.note") == "20 of 26 images, of every class in proportion"
    assert text(folder, "validation_share.note") == "10 images train, 10 validate"
    assert folder.rows == 20
    dataset = loaded(train(folder))
    assert dataset.image_shape == (3, 16, 16)
    assert (len(dataset.train), len(dataset.validation)) == (10, 10)
    assert dataset.train.inputs.mean() == pytest.approx(0, abs=1e-5)


def test_what_cannot_be_is_said_and_not_to_be_chosen(folder, monkeypatch):
    button = part(folder, "images.train", QPushButton)
    type_in(folder, "size", "300")
    assert "allowed: a whole number from 4 to 128" in text(folder, "fault")
    assert not button.isEnabled()
    type_in(folder, "size", "28")
    assert button.isEnabled()
    type_in(folder, "limit", "5")
    assert text(folder, "fault") == "5 images; allowed: at least 10"
    assert not button.isEnabled()
    monkeypatch.setattr(pictures, "MAX_VALUES", 1000)
    type_in(folder, "limit", "0")
    assert text(folder, "fault").startswith("26 images of 28 × 28 pixels make 20,384 numbers; allowed: 1,000 (fewer")
    type_in(folder, "size", "4")
    assert text(folder, "fault") == ""
    assert button.isEnabled()


# what is wrong


def test_a_folder_without_classes_is_told_in_one_line(begin, tmp_path):
    dialog = begin(Folder(path=str(tmp_path)))
    assert text(dialog, "problem").endswith("holds neither folders nor images; allowed: a folder that holds one folder "
                                            "of images for each class, two or more of them")  # fmt: skip
    assert text(dialog, "format") == "This folder cannot be trained on."
    assert not part(dialog, "images.train").isVisible()


def test_other_images_can_be_chosen_after_broken_ones(qtbot, begin, pets, tmp_path, monkeypatch):
    dialog = begin(Folder(path=str(tmp_path / "nowhere")))
    assert "no such file" in text(dialog, "problem")
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(pets))
    part(dialog, "images.another", QPushButton).click()
    qtbot.waitUntil(lambda: not dialog.reading, timeout=PATIENCE)
    assert loaded(train(dialog)).class_names == ("cat", "dog")


def test_a_failure_of_the_program_is_told_too(qtbot, begin, pets, monkeypatch):
    def fail(*_):
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(dialogs, "inspect_images", fail)
    with qtbot.captureExceptions() as raised:
        dialog = begin(Folder(path=str(pets)))
    assert [str(error) for _, error, _ in raised] == ["a fault of ours"]
    assert "could not be read" in text(dialog, "problem")


# asking


def test_files_without_labels_beside_them_are_asked_for_them(mnist, tmp_path, monkeypatch, qtbot):
    asked = []

    def answer(_parent, title, *_):
        asked.append(title)
        return (str(tmp_path / ("a" if len(asked) == 1 else "b")), "")

    monkeypatch.setattr(QFileDialog, "getOpenFileName", answer)
    mnist[0].rename(tmp_path / "a")
    (tmp_path / LABELS).rename(tmp_path / "b")
    window = QWidget()
    qtbot.addWidget(window)
    data = ask_for_images("idx", window)
    assert asked == ["File of images", "File of the labels of a"]
    assert len(load(data, 0).train) == 72


def test_one_file_is_asked_for_where_the_other_is_beside_it(mnist, monkeypatch, qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(mnist[0].with_name(LABELS)), ""))
    assert len(load(ask_for_images("idx", window), 0).train) == 72
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: "")
    assert ask_for_images("idx", window) is None
    assert ask_for_images("folder", window) is None


# reading


ENDINGS = {
    "Escape": lambda dialog: QTest.keyClick(dialog, Qt.Key.Key_Escape),
    "Cancel": lambda dialog: part(dialog, "images.cancel", QPushButton).click(),
    "closing": lambda dialog: dialog.close(),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_ending_while_a_folder_is_read_leaves_no_thread(qtbot, begin, pets, monkeypatch, ending):
    tell = Work._tell

    def tell_and_wait(reader, share, what):
        tell(reader, share, what)
        while share > 0 and not reader.isInterruptionRequested():
            time.sleep(0.001)

    monkeypatch.setattr(Work, "_tell", tell_and_wait)
    dialog = begin(Folder(path=str(pets)), wait=False)
    reader, bar = part(dialog, "images.reader", QThread), part(dialog, "images.progress", QProgressBar)
    qtbot.waitUntil(lambda: bar.value() > 0, timeout=PATIENCE)
    assert text(dialog, "stage").startswith("looking into")
    chosen = []
    dialog.chosen.connect(chosen.append)
    ENDINGS[ending](dialog)
    assert reader.isFinished()
    assert reader.result is None  # it stopped midway
    assert not dialog.isVisible()
    assert chosen == []


# keys, names, room


def test_every_stop_of_the_tab_key_is_read_aloud(folder):
    stops, widget = [], folder.nextInFocusChain()
    while widget is not folder:
        if widget.focusPolicy() & Qt.FocusPolicy.TabFocus and widget.isVisibleTo(folder):
            stops.append(widget)
        widget = widget.nextInFocusChain()
    assert not [stop.objectName() for stop in stops if not stop.accessibleName()]
    names = {stop.objectName() for stop in stops}
    assert {"images.gallery", "images.size.box", "images.colour.choice", "images.limit.box"} < names
    assert {"images.validation_share.box", "images.scaling.choice", "images.cancel", "images.train"} < names


@pytest.mark.parametrize("name", theme.NAMES)
def test_nothing_is_cut_in_a_small_window(app, qtbot, begin, pets, name):
    theme.apply(app, theme.load(name))
    dialog = begin(Folder(path=str(pets)), name=name)
    dialog.resize(900, 640)
    qtbot.waitUntil(lambda: dialog.width() == 900)
    plain = [w for w in dialog.findChildren(QLabel) if w.isVisible() and not isinstance(w, ElidedLabel)]
    assert not [w.text() for w in plain if not w.wordWrap() and w.width() < w.sizeHint().width()]
    cut = [w for w in plain if w.wordWrap() and w.height() < w.heightForWidth(w.width())]
    assert not [w.text() for w in cut]
