"""Themes: colours that can be read, one style sheet, icons in any colour."""

import re
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QFontInfo, QIcon, QImage, QPalette
from PySide6.QtWidgets import QLabel, QPushButton

import nnplayground.gui
from nnplayground import resources
from nnplayground.gui import icons, theme
from nnplayground.gui.theme import contrast


@pytest.fixture(params=theme.NAMES)
def look(request):
    return theme.load(request.param)


def test_a_theme_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(ValueError, match="'sepia' is not known; allowed: light, dark, projector"):
        theme.load("sepia")


@pytest.mark.parametrize("ink", ["text", "secondary", "error"])
@pytest.mark.parametrize("surface", ["window", "panel"])
def test_text_can_be_read_on_every_surface(look, ink, surface):
    assert contrast(getattr(look, ink), getattr(look, surface)) >= 4.5


@pytest.mark.parametrize("surface", ["window", "panel", "chosen"])
def test_words_in_the_accent_can_be_read_on_every_surface_and_are_still_blue(look, surface):
    ground = theme.mix(look.panel, look.accent, 0.12) if surface == "chosen" else getattr(look, surface)
    assert contrast(theme.accent_text(look), ground) >= 4.5
    red, green, blue = (int(theme.accent_text(look)[i : i + 2], 16) for i in (1, 3, 5))
    assert red < green < blue


def test_the_style_sheet_writes_no_words_in_the_bare_accent(look):
    sheet = resources.theme("style.qss").read_text(encoding="utf-8")
    assert not re.findall(r"(?<![-\w])color: \$accent;", sheet)


def test_text_can_be_read_on_buttons_and_notices(look):
    assert contrast(theme.on_accent(look), look.accent) >= 4.5
    for colour, share in ((look.accent, 0.12), (look.negative, 0.09), (look.error, 0.07)):
        assert contrast(look.text, theme.mix(look.panel, colour, share)) >= 4.5


def test_marks_stand_out_from_the_panel(look):
    for colour in (look.positive, look.negative, look.accent):
        assert contrast(colour, look.panel) >= 2.7


@pytest.mark.parametrize(
    ("first", "second", "ratio"),
    [("#FFFFFF", "#000000", 21), ("#777777", "#FFFFFF", 4.48), ("#0000FF", "#FFFFFF", 8.59)],
)
def test_contrast_is_that_of_wcag(first, second, ratio):
    assert contrast(first, second) == pytest.approx(ratio, abs=0.01)
    assert contrast(second, first) == contrast(first, second)


def test_the_diverging_table_goes_from_negative_over_neutral_to_positive(look):
    table = theme.diverging(look)
    assert table.shape == (256, 4)
    assert table.dtype == np.uint8
    assert (table[:, 3] == 255).all()
    for row, colour in ((0, look.map_negative), (255, look.map_positive)):
        assert "#" + bytes(table[row, :3]).hex().upper() == colour
    neutral = np.frombuffer(bytes.fromhex(look.neutral[1:]), np.uint8).astype(int)
    distance = np.abs(table[:, :3].astype(int) - neutral).sum(axis=1)
    assert distance[127] <= 3
    assert distance[128] <= 3
    assert (np.diff(distance[:128]) <= 0).all()
    assert (np.diff(distance[128:]) >= 0).all()


def test_two_classes_are_orange_and_blue_and_more_are_okabe_ito(look):
    assert theme.class_colours(look, 2) == (look.negative, look.positive)
    assert theme.class_colours(look, 8) == look.series
    assert len(set(look.series)) == 8
    assert theme.class_colours(look, 10)[8:] == look.series[:2]


def test_the_style_sheet_is_whole_and_qt_understands_it(look, app, qtlog):
    sheet = theme.style_sheet(look)
    assert "$" not in sheet.replace("$names", "")
    theme.apply(app, look)
    button = QPushButton("a")
    button.ensurePolished()
    assert not [record for record in qtlog.records if "parse" in record.message or "Unknown" in record.message]


def test_every_picture_in_the_style_sheet_is_there(look):
    pictures = re.findall(r"url\(([^)]*)\)", theme.style_sheet(look))
    assert pictures
    assert not [picture for picture in pictures if not Path(picture).is_file()]


def test_pictures_in_the_style_sheet_have_the_themes_colours(look):
    folder = resources.theme("marks") / ("dark" if look.dark else "light")
    base = theme.load("dark" if look.dark else "light")
    known = {base.secondary, base.text, theme.on_accent(base)}
    for picture in folder.glob("*.svg"):
        assert set(re.findall(r"#[0-9A-F]{6}", picture.read_text(encoding="utf-8"))) <= known


def test_applying_a_theme_sets_font_and_colours(look, app):
    theme.apply(app, look)
    assert app.font().pointSizeF() == look.font_size
    assert app.palette().color(QPalette.ColorRole.Window).name().upper() == look.window
    assert app.palette().color(QPalette.ColorRole.Text).name().upper() == look.text
    label = QLabel("a")
    label.setProperty("role", "title")
    label.ensurePolished()
    assert QFontInfo(label.font()).bold()


def test_projector_type_is_larger_than_any_other():
    assert theme.load("projector").font_size >= 1.4 * theme.load("light").font_size
    assert theme.load("projector").scaled(10) == 14


def test_restyling_takes_hold_at_once(app):
    theme.apply(app, theme.load("light"))
    label = QLabel("a")
    label.ensurePolished()
    before = label.palette().color(QPalette.ColorRole.WindowText)
    theme.restyle(label, role="error")
    assert label.palette().color(QPalette.ColorRole.WindowText) != before


def test_only_the_theme_sets_a_style_sheet():
    folder = Path(nnplayground.gui.__file__).parent
    found = [file.name for file in folder.rglob("*.py") if "setStyleSheet(" in file.read_text(encoding="utf-8")]
    assert found == ["theme.py"]


@pytest.mark.parametrize("name", icons.names())
def test_an_icon_is_drawn_in_its_colour_and_fainter_when_disabled(qapp, name):
    made = icons.icon(name, "#0877BD", 24)
    normal, faint = (_pixels(made, mode) for mode in (QIcon.Mode.Normal, QIcon.Mode.Disabled))
    drawn = normal[..., 3] > 200
    assert drawn.sum() > 15
    assert np.abs(normal[drawn][:, :3].astype(int) - (0x08, 0x77, 0xBD)).max() <= 3
    assert faint[..., 3].max() < 130


@pytest.mark.parametrize("name", icons.names())
def test_an_icon_has_no_colour_of_its_own(name):
    text = resources.icon(name).read_text(encoding="utf-8")
    assert set(re.findall(r'(?:stroke|fill)="([^"]*)"', text)) <= {"currentColor", "none"}
    assert 'viewBox="0 0 24 24"' in text


def test_an_icon_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(ValueError, match=r"icon 'nothing' is not known; allowed: .*play"):
        icons.icon("nothing", "#000000")


def test_an_icon_is_sharp_on_a_fine_screen(qapp):
    picture = icons.pixmap("play", "#000000", 20, 2.0)
    assert picture.width() == 40
    assert picture.deviceIndependentSize().width() == 20


def _pixels(icon, mode):
    image = icon.pixmap(24, 24, mode).toImage().convertToFormat(QImage.Format.Format_RGBA8888)
    return np.array(image.constBits()).reshape(image.height(), image.width(), 4)
