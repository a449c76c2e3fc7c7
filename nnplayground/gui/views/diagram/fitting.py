"""How the diagram fits into the room there is: lengths, and the words above its columns, by look and structure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from nnplayground.gui.views.diagram.headers import header_lines, slab_words, upright_line
from nnplayground.gui.views.diagram.layout import MOST_TILES, Geometry, Sizes, arrange
from nnplayground.gui.views.diagram.look import Look
from nnplayground.gui.views.diagram.structure import Structure

NARROWEST = "3×3 · ReLU"  # what a column has room for whose header does not stand upright
ANSWER = " −0.00"  # what a traced sample's answers have room for beside the outputs' names
CROWD = 12  # hidden layers beyond which there is no room for a large picture of the inputs
UPRIGHT = 116  # pixels that a header which does may be high
FOOT = 8  # pixels that are left free below, for the round corners of what the diagram lies on


@dataclass(frozen=True, eq=False)
class Fitting:
    """A structure in so many pixels."""

    structure: Structure
    look: Look
    width: int
    height: int

    @property
    def least_width(self) -> float:
        """How wide the columns are at least."""
        return arrange(self.structure.counts, 0.0, 0.0, self._sizes(1), self.structure.forms).width

    @cached_property
    def geometry(self) -> Geometry:
        """Where everything lies."""
        return self._arranged(self.sizes)

    @cached_property
    def sizes(self) -> Sizes:
        """The lengths that it is laid out by."""
        return self._sizes(self._lines())

    @cached_property
    def headers(self) -> tuple[tuple[str, ...], ...]:
        """The lines above each column."""
        return tuple(self._header(column, room) for column, room in enumerate(self._rooms))

    @cached_property
    def upright(self) -> bool:
        """Whether headers stand along their columns."""
        return not self.structure.is_dense and min(self._rooms) < self.look.width(NARROWEST)

    @property
    def names(self) -> tuple[float, float]:
        """The widths that the names of inputs, and of outputs, may take."""
        aside = self.look.px(8)
        return self.sizes.left - aside, self.sizes.right - aside - self._answers

    @cached_property
    def _rooms(self) -> tuple[float, ...]:
        return self._arranged(self._sizes(1)).rooms

    @property
    def _answers(self) -> float:
        return self.look.width(ANSWER) if self.structure.traced else 0.0

    def _arranged(self, sizes: Sizes) -> Geometry:
        structure = self.structure
        return arrange(structure.counts, float(self.width), float(self.height), sizes, structure.forms)

    def _sizes(self, lines: float) -> Sizes:
        look = self.look
        structure = self.structure
        room = max(self.width, 1)
        names = [look.width(name) for name in structure.input_names[:MOST_TILES]]
        outputs = [look.width(name) for name in structure.output_names[:MOST_TILES]]
        most = max(min(room * 0.15, look.px(130)), look.px(30))
        scale = min(max(min(room / 717, self.height / 460), 0.8), 1.3)
        slabs = [look.width(slab_words(layer)) for layer in structure.layers if not layer.learns]
        return Sizes(
            tile=look.px(36) * scale,
            smallest=look.px(16),
            gap=look.px(5),
            channel=look.px(24),
            margin=look.px(12),
            header=look.px(24) + lines * look.line_height,
            footer=look.px(36) - FOOT + (0 if structure.is_dense else look.line_height + look.px(3)),
            more=look.line_height + look.px(8),
            left=min(max(names, default=0.0), most) + look.px(8),
            right=min(max(outputs), most) + look.px(8) + self._answers if outputs else look.px(10),
            mark=look.px(3),
            picture=min(look.px(96) * scale, room * self._picture_share()) // 1 if structure.image else 0.0,
            tiny=look.px(8),
            band=look.px(9),
            frame=look.px(3),
            slab=look.line_height + look.px(3),
            tall=max(slabs, default=0.0) + look.px(16),
        )

    def _picture_share(self) -> float:
        """Return how much of the width the image may take: less where there are blocks, and little where many."""
        return 0.2 if self.structure.is_dense else 0.14 if len(self.structure.layers) <= CROWD else 0.08

    def _header(self, column: int, room: float) -> tuple[str, ...]:
        structure, look = self.structure, self.look
        if self.upright and 0 < column <= len(structure.layers):
            slim = structure.forms[column] == "slab"  # its words stand along it
            return ("" if slim else upright_line(structure.layers[column - 1], look.px(UPRIGHT), look.width),)
        aside = look.px(10 if structure.is_dense else 2)
        return header_lines(structure, column, room - aside, look.width)

    def _lines(self) -> float:
        """Return how high what stands above the columns is, in lines."""
        lines = float(max(len(header) for header in self.headers))
        if self.upright:
            longest = max(self.look.width(header[0]) for header in self.headers[1:-1])
            lines = max(lines, longest / self.look.line_height)
        return lines
