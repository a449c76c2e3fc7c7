"""Where everything in a picture of an architecture lies, in its own units: those of plain text of 10 points."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import log, prod, sqrt

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF

from nnplayground.experiment.shape import is_image
from nnplayground.gui.architecture.plan import Block, Plan
from nnplayground.gui.numbers import format_count

_MARGIN = 20.0
_APART = 26.0  # between blocks, at least: where arrows run
_LEAST, _MOST = 20.0, 84.0  # height of an image's front
_THIN, _THICK = 8.0, 40.0  # thickness of few channels, and of the most
_SLANT = 0.3  # of a front's height: how far the back is shifted to the right and up
_BAR, _SHORT, _LONG = 14.0, 26.0, 100.0  # of a layer of neurons side by side
_PITCH, CIRCLE = 22.0, 15.0  # of neurons drawn one by one
_SKIP = 12.0  # above a residual block, for the way past it


@dataclass(frozen=True)
class Options:
    """What is shown of it, and how."""

    names: bool = True
    shapes: bool = True
    activations: bool = True
    parameters: bool = True
    folded: bool = True
    down: bool = False  # from top to bottom instead of left to right


@dataclass(frozen=True)
class Figure:
    """A block's body: its front and, where it is an image's, how far the back is shifted; or neurons one by one."""

    block: Block
    front: QRectF
    shift: float = 0.0
    circles: tuple[QPointF, ...] = ()

    @property
    def bounds(self) -> QRectF:
        """All that it covers."""
        above = self.shift + (_SKIP if self.block.kind == "residual" else 0.0)
        return self.front.adjusted(0, -above, self.shift, 0)


@dataclass(frozen=True)
class Words:
    """A line of text."""

    text: str
    place: QRectF
    bold: bool = False
    middle: bool = True  # of its place, else at the left


@dataclass(frozen=True)
class Sheet:
    """A picture laid out."""

    width: float
    height: float
    figures: tuple[Figure, ...]
    words: tuple[Words, ...]
    arrows: tuple[tuple[QPointF, QPointF], ...]  # none between neurons drawn one by one: they have lines


def lines_of(block: Block, options: Options) -> tuple[tuple[str, bool], ...]:
    """Return what is written beside a block, and whether it is bold."""
    name = block.name if block.count == 1 else f"{block.count} × {block.name}"
    lines = [(name, True)] if options.names else []
    if options.shapes:
        lines.append((" × ".join(map(format_count, block.gives)), False))
    if options.activations and block.activation:
        lines.append((block.activation, False))
    if options.parameters and block.parameters:
        each = f"{block.count} × " if block.count > 1 else ""
        lines.append((f"{each}{format_count(block.parameters)} parameters", False))
    return tuple(lines)


def arrange(plan: Plan, options: Options, font: QFont) -> Sheet:
    """Lay out a plan's blocks one after the other, with their words below them, or to their right."""
    plan = plan.folded() if options.folded and not plan.is_small else plan
    bodies = [_body(block, plan, options.down) for block in plan.blocks]
    return (_down if options.down else _across)(plan, bodies, options, font)


def _body(block: Block, plan: Plan, down: bool) -> Figure:
    """Return a block's body about the origin."""
    if plan.is_small:
        half = (block.gives[0] - 1) / 2
        spots = [(i - half) * _PITCH for i in range(block.gives[0])]
        circles = tuple(QPointF(at, 0) if down else QPointF(0, at) for at in spots)
        length = block.gives[0] * _PITCH
        return Figure(block, _about(length, _PITCH) if down else _about(_PITCH, length), circles=circles)
    shapes = [b.gives for b in plan.blocks]
    if is_image(block.gives):
        sides = max(max(shape[1:]) for shape in shapes if is_image(shape))
        channels = max(shape[0] for shape in shapes if is_image(shape))
        height = _LEAST + (_MOST - _LEAST) * sqrt(max(block.gives[1:]) / sides)
        width = _THIN + (_THICK - _THIN) * _share(block.gives[0], channels)
        return Figure(block, _about(width, height), _SLANT * height)
    most = max(prod(shape) for shape in shapes if not is_image(shape))
    length = _SHORT + (_LONG - _SHORT) * _share(block.gives[0], most)
    return Figure(block, _about(length, _BAR) if down else _about(_BAR, length))


def _share(count: int, most: int) -> float:
    return log(count + 1) / log(most + 1)


def _about(width: float, height: float) -> QRectF:
    return QRectF(-width / 2, -height / 2, width, height)


def _moved(figure: Figure, x: float, y: float) -> Figure:
    circles = tuple(circle + QPointF(x, y) for circle in figure.circles)
    return Figure(figure.block, figure.front.translated(x, y), figure.shift, circles)


def _across(plan: Plan, bodies: list[Figure], options: Options, font: QFont) -> Sheet:
    line = QFontMetricsF(font).height()
    above = max(-body.bounds.top() for body in bodies)
    middle, foot = _MARGIN + above, _MARGIN + above + max(body.front.bottom() for body in bodies) + 10
    x, figures, words, most = _MARGIN, [], [], 0
    for body in bodies:
        lines = lines_of(body.block, options)
        width = max([body.bounds.width() + 2, *(_width(text, bold, font) for text, bold in lines)])
        figures.append(_moved(body, x + width / 2 - body.shift / 2, middle))
        for i, (text, bold) in enumerate(lines):
            words.append(Words(text, QRectF(x, foot + i * line, width, line), bold))
        x, most = x + width + _APART, max(most, len(lines))
    total = _total(plan, options)
    width, height = x - _APART + _MARGIN, foot + most * line + _MARGIN
    if total:
        least = _width(total, True, font)
        words.append(Words(total, QRectF(_MARGIN, height - 4, least, line), True, False))
        width, height = max(width, least + 2 * _MARGIN), height - 4 + line + _MARGIN
    return Sheet(width, height, tuple(figures), tuple(words), _arrows(figures, False))


def _down(plan: Plan, bodies: list[Figure], options: Options, font: QFont) -> Sheet:
    line = QFontMetricsF(font).height()
    half = max(max(-body.front.left(), body.front.right() + body.shift) for body in bodies)
    middle, left = _MARGIN + half, _MARGIN + 2 * half + 16
    y, figures, words, widest = _MARGIN, [], [], 0.0
    for body in bodies:
        lines = lines_of(body.block, options)
        height = max(body.bounds.height(), len(lines) * line)
        figures.append(_moved(body, middle, y + height / 2 - body.bounds.center().y()))
        top = y + (height - len(lines) * line) / 2
        for i, (text, bold) in enumerate(lines):
            width = _width(text, bold, font)
            words.append(Words(text, QRectF(left, top + i * line, width, line), bold, False))
            widest = max(widest, width)
        y += height + _APART
    total = _total(plan, options)
    width, height = left + widest + _MARGIN, y - _APART + _MARGIN
    if total:
        least = _width(total, True, font)
        words.append(Words(total, QRectF(_MARGIN, height - 4, least, line), True, False))
        width, height = max(width, least + 2 * _MARGIN), height - 4 + line + _MARGIN
    return Sheet(width, height, tuple(figures), tuple(words), _arrows(figures, True))


def _total(plan: Plan, options: Options) -> str:
    return f"{format_count(plan.parameters)} parameters in all" if options.parameters else ""


def _arrows(figures: list[Figure], down: bool) -> tuple[tuple[QPointF, QPointF], ...]:
    if any(figure.circles for figure in figures):
        return ()
    pairs = pairwise((figure.front, figure.bounds) for figure in figures)
    if down:
        return tuple(
            (QPointF(a.center().x(), a.bottom() + 4), QPointF(a.center().x(), over.top() - 4))
            for (a, _), (_, over) in pairs
        )
    return tuple(
        (QPointF(beyond.right() + 4, a.center().y()), QPointF(b.left() - 4, a.center().y()))
        for (a, beyond), (b, _) in pairs
    )


def _width(text: str, bold: bool, font: QFont) -> float:
    own = QFont(font)
    own.setBold(bold)
    return QFontMetricsF(own).horizontalAdvance(text) + 2
