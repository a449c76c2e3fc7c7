"""What is written into the diagram: names, headers, how many are left out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from nnplayground.experiment.shape import Shape
from nnplayground.gui.numbers import format_count
from nnplayground.gui.views.diagram.headers import slab_words
from nnplayground.gui.views.diagram.layout import Geometry
from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.scene import Scene, Tile

_MIDDLE = Qt.AlignmentFlag.AlignHCenter


def draw_names(painter: QPainter, scene: Scene, look: Look, left: float, right: float) -> None:
    """Write the inputs' names to the left of their tiles and the outputs' to the right, in that much room."""
    painter.setFont(look.small)
    metrics, gap = QFontMetricsF(look.small), look.px(8)
    inputs, outputs = scene.geometry.columns[0], scene.geometry.columns[-1]
    for row in range(len(inputs.ys)):
        box = inputs.box(row)
        room = QRectF(box.left - gap - left, box.top, left, box.height)
        painter.setPen(look.text if scene.is_on(Tile(0, row)) else look.secondary)
        _write(painter, metrics, room, scene.structure.input_names[row], Qt.AlignmentFlag.AlignRight)
    painter.setPen(look.text)
    for row, name in enumerate(scene.structure.output_names[: len(outputs.ys)]):
        box = outputs.box(row)
        room = QRectF(box.right + gap, box.top, right, box.height)
        _write(painter, metrics, room, name, Qt.AlignmentFlag.AlignLeft)


def draw_end_headers(painter: QPainter, geometry: Geometry, look: Look, headers: Sequence[Sequence[str]]) -> None:
    """Write the headers of inputs and output, which may reach beyond their column to the outside."""
    painter.setPen(look.secondary)
    for column in (0, len(geometry.columns) - 1):
        x, lines = geometry.columns[column].x, headers[column]
        width = max(look.width(line) for line in lines) + 2
        reach = geometry.rooms[column] / 2
        left = min(x - width / 2, x + reach - width) if column == 0 else max(x - width / 2, x - reach)
        left = max(min(left, geometry.width - look.px(4) - width), look.px(4))
        write_lines(painter, look, lines, QRectF(left, look.px(6), width, geometry.top))


def draw_left_out(painter: QPainter, geometry: Geometry, look: Look) -> None:
    """Write below each column how many of its tiles are left out."""
    painter.setPen(look.secondary)
    for placed, room in zip(geometry.columns, geometry.rooms, strict=True):
        if placed.left_out:
            text = QCoreApplication.translate("diagram", "+{} more").format(format_count(placed.left_out))
            if look.width(text) > room - 4:
                text = f"+{format_count(placed.left_out)}"
            if placed.frame and look.width(text) > room - 2:
                text = "…"  # the header tells how many there are
            place = QRectF(placed.x - room / 2, placed.more_y - look.line_height / 2, room, look.line_height)
            painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip), text)


def draw_slabs(painter: QPainter, scene: Scene, look: Look) -> None:
    """Write along each slim block what it does."""
    painter.setFont(look.small)
    metrics = QFontMetricsF(look.small)
    painter.setPen(look.text)
    for layer, placed in zip(scene.structure.layers, scene.geometry.columns[1:], strict=False):
        if placed.tall:
            room = placed.tall - look.px(4)
            words = elided(metrics, slab_words(layer, room, metrics.horizontalAdvance), room)
            place = placed.box(0)
            write_upright(painter, words, QRectF(place.left, place.top, place.width, place.height))


def write_upright(painter: QPainter, text: str, room: QRectF, side: Qt.AlignmentFlag = _MIDDLE) -> None:
    """Write a line from the bottom to the top of `room`, in its middle or at one of its ends."""
    painter.save()
    painter.translate(room.center())
    painter.rotate(-90)
    along = QRectF(-room.height() / 2, -room.width() / 2, room.height(), room.width())
    painter.drawText(along, int(side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip), text)
    painter.restore()


def draw_shapes(painter: QPainter, scene: Scene, look: Look) -> None:
    """Write below blocks the shape that leaves them; once below neighbours where it is the same for all of them.

    Where columns are narrow, an image's sides alone are written.
    """
    painter.setFont(look.small)
    painter.setPen(look.secondary)
    geometry = scene.geometry
    for whole in (True, False):
        runs = [(_shape_words(shape, whole), columns) for shape, columns in _runs(scene, whole)]
        places = [_below(geometry, look, columns) for _, columns in runs]
        if all(look.width(words) <= place.width() for (words, _), place in zip(runs, places, strict=True)):
            break
    for (words, _), place in zip(runs, places, strict=True):
        painter.drawText(place, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip), words)


def _runs(scene: Scene, whole: bool) -> list[tuple[Shape, list[int]]]:
    """Return which blocks beside each other give the same shape, or else images of the same sides."""
    runs: list[tuple[Shape, list[int]]] = []
    for column, shape in enumerate(scene.structure.shapes):
        if scene.structure.forms[column] == "tiles":
            continue
        told = shape if whole else shape[1:] or shape
        if runs and runs[-1][0] == told and runs[-1][1][-1] == column - 1:
            runs[-1][1].append(column)
        else:
            runs.append((told, [column]))
    return runs


def _below(geometry: Geometry, look: Look, columns: Sequence[int]) -> QRectF:
    first, last = columns[0], columns[-1]
    left = geometry.columns[first].x - geometry.rooms[first] / 2 + 1
    right = geometry.columns[last].x + geometry.rooms[last] / 2 - 1
    return QRectF(left, geometry.bottom + look.px(5), right - left, look.line_height)


def _shape_words(shape: Shape, whole: bool) -> str:
    return (" × " if whole else "×").join(map(format_count, shape))


def draw_channels(painter: QPainter, scene: Scene, look: Look) -> None:
    """Number the channels that have no picture, where all numbers of a block have room."""
    painter.setFont(look.small)
    painter.setPen(look.secondary)
    flags = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip)
    for column, placed in enumerate(scene.geometry.columns):
        shown = placed.frame and look.width(str(len(placed.ys))) < placed.tile - 1
        for row in range(len(placed.ys) if shown else 0):
            if scene.picture(column, row) is None:
                box = placed.box(row)
                painter.drawText(QRectF(box.left, box.top, box.width, box.height), flags, str(row + 1))


def write_lines(painter: QPainter, look: Look, lines: Sequence[str], room: QRectF) -> None:
    """Write small lines from the top of `room` on, in its middle, each cut to its width."""
    painter.setFont(look.small)
    metrics = QFontMetricsF(look.small)
    flags = int(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip)
    for i, line in enumerate(lines):
        place = QRectF(room.left(), room.top() + look.px(4) + i * metrics.height(), room.width(), metrics.height())
        painter.drawText(place, flags, elided(metrics, line, room.width()))


def elided(metrics: QFontMetricsF, text: str, width: float) -> str:
    """Return a text cut to a width, with an ellipsis where it was cut."""
    return metrics.elidedText(text, Qt.TextElideMode.ElideRight, max(width, 0.0))


def _write(painter: QPainter, metrics: QFontMetricsF, room: QRectF, text: str, side: Qt.AlignmentFlag) -> None:
    flags = side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
    painter.drawText(room, int(flags), elided(metrics, text, room.width() + 1))
