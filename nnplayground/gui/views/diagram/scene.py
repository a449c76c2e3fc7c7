"""The laid-out diagram with a network's numbers in it: what is drawn, and what lies under a point. Knows no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from nnplayground.data.dataset import Dataset
from nnplayground.engine.probes import Floats, Responses
from nnplayground.engine.snapshot import Snapshot
from nnplayground.gui.views.diagram import pictures
from nnplayground.gui.views.diagram.curves import Curves, curves_of
from nnplayground.gui.views.diagram.layout import MOST_TILES, Geometry
from nnplayground.gui.views.diagram.pictures import Picture
from nnplayground.gui.views.diagram.quantities import CONTRIBUTIONS, WEIGHTS, Numbers
from nnplayground.gui.views.diagram.structure import Structure

_REACH = 4.0  # pixels from an edge or a mark within which the pointer is meant to be on it


@dataclass(frozen=True)
class Tile:
    """A neuron's tile, or an input's."""

    column: int
    row: int


@dataclass(frozen=True)
class Mark:
    """A neuron's bias mark."""

    column: int
    row: int


@dataclass(frozen=True)
class Edge:
    """An edge from the tile in row `start` of column `gap` to the tile in row `end` of the next column."""

    gap: int
    end: int
    start: int


@dataclass(frozen=True)
class Background:
    """A column, beside its tiles."""

    column: int


Spot = Tile | Mark | Edge | Background


@dataclass(eq=False)
class Scene:
    """A structure, where it lies, and the numbers of the network that fit it; what does not fit is left out."""

    structure: Structure
    geometry: Geometry
    curves: tuple[Curves, ...] = ()
    weights: list[Floats | None] = field(default_factory=list)  # of each gap's tiles, (ends, starts); off ones are 0
    biases: list[Floats | None] = field(default_factory=list)  # of each column after the inputs
    pictures: list[list[Picture | None]] = field(default_factory=list)  # of each column's tiles
    formulas: list[Picture] = field(default_factory=list)  # of each feature by its formula, on or off
    images: list[Picture] = field(default_factory=list)  # of the weights of neurons that see an image
    mean_image: tuple[Dataset, Picture] | None = None
    given: tuple[Floats, list[Picture]] | None = None  # responses of the inputs, and their pictures
    numbers: Numbers = field(default_factory=Numbers)
    shown: list[Floats | None] = field(default_factory=list)  # of each gap's tiles, what edges show; off ones are 0
    values: list[Floats | None] = field(default_factory=list)  # of each column's tiles, for the traced sample
    maps: list[list[Picture]] = field(default_factory=list)  # of each column's tiles, what it leaves there

    def __post_init__(self) -> None:
        """Begin with no numbers."""
        gaps = len(self.geometry.columns) - 1
        self.curves = tuple(curves_of(self.geometry, gap, band=self.structure.bands[gap]) for gap in range(gaps))
        self.formulas = pictures.of_formulas(self.structure.features)
        self.take_numbers(Numbers())
        self.take_responses(None, None)

    def take_numbers(self, numbers: Numbers) -> None:
        """Take on weights, biases, what edges show and a sample's values, where they are of this structure."""
        self.numbers, gaps = numbers, range(len(self.curves))
        self.values = [self._values(column) for column in range(len(self.geometry.columns))]
        self.maps = [self._maps(column) for column in range(len(self.geometry.columns))]
        self.weights = [self._numbers(WEIGHTS, gap) for gap in gaps]
        self.shown = self.weights if numbers.shown == WEIGHTS else [self._numbers(numbers.shown, gap) for gap in gaps]
        self.biases = []
        for gap in gaps:
            biases = self.structure.biases(numbers.weights, gap)
            self.biases.append(None if biases is None else biases[: len(self.geometry.columns[gap + 1].ys)])
        self.images = self._images(numbers.of(numbers.shown))

    def _numbers(self, quantity: str, gap: int) -> Floats | None:
        """Return what is known of the edges between tiles, (ends, starts)."""
        found = self.structure.weights(self.numbers.of(quantity), gap)
        if found is None or (gap == 0 and self.structure.image is not None):
            return None  # an edge for each pixel is none that could be seen
        found = self._of_tiles(found[: len(self.geometry.columns[gap + 1].ys)], gap)
        if quantity != CONTRIBUTIONS:
            return found
        values = self.values[gap]
        return None if values is None else found * np.nan_to_num(values)

    def _images(self, shown: Snapshot | None) -> list[Picture]:
        """Return the pictures of what the neurons or filters that see the image have for each of its pixels."""
        image, kernels = self.structure.image, self.structure.kernels(shown)
        if kernels is not None and kernels.shape[1] in (1, 3):
            _, channels, height, width = kernels.shape
            flat = kernels[:MOST_TILES].reshape(-1, channels * height * width)
            return pictures.of_weights(flat, (channels, height, width))
        weights = None if image is None else self.structure.weights(shown, 0)
        if image is None or weights is None:
            return []
        weights = weights[: len(self.geometry.columns[1].ys)]
        if self.numbers.shown == CONTRIBUTIONS:
            given = self.structure.traced_values(self.numbers.trace, 0)
            weights = weights * (np.float32(0) if given is None else given)
        return pictures.of_weights(weights, image)

    def _values(self, column: int) -> Floats | None:
        """Return one number for each tile, NaN for an input that is off; None where they leave maps, or nothing."""
        found = self.structure.traced_values(self.numbers.trace, column)
        rows = len(self.geometry.columns[column].ys)
        if found is None or found.ndim > 1 or self.structure.forms[column] != "tiles":
            return None
        if column > 0:
            return found[:rows]
        if self.structure.image is not None:
            return None
        places = self.structure.places[:rows]
        return np.array([np.nan if place is None else found[place] for place in places], np.float32)

    def _maps(self, column: int) -> list[Picture]:
        """Return the pictures that the traced sample leaves: itself, and each channel's."""
        found = self.structure.traced_values(self.numbers.trace, column)
        if found is None or self.numbers.trace is None:
            return []
        if column == 0:
            image = self.structure.image
            return [] if image is None else [pictures.of_sample(self.numbers.trace.raw, image)]
        maps = found[: len(self.geometry.columns[column].ys)]
        return pictures.of_maps(maps) if found.ndim == 3 and self.structure.forms[column] == "maps" else []

    def take_responses(self, responses: Responses | None, dataset: Dataset | None) -> None:
        """Take on the neurons' pictures, where they are of this structure."""
        samples = dataset is not None and not dataset.domain and not self.structure.features
        kind = "samples" if samples else "domain"
        self.pictures = [self._inputs(responses, dataset, kind)]
        for layer in range(len(self.curves)):
            rows = len(self.geometry.columns[layer + 1].ys)
            found = self.structure.pictures(responses, layer, MOST_TILES)
            if found is None:
                self.pictures.append([None] * rows)
            elif layer < len(self.curves) - 1:
                self.pictures.append(list(pictures.of_responses(found[:rows], kind)))
            else:
                self.pictures.append(list(self._answers(found[:rows], kind, dataset)))

    def picture(self, column: int, row: int) -> Picture | None:
        """Return what is on a tile; the neurons that see an image show their weights, as an image.

        What a traced sample leaves there comes first.
        """
        if row < len(self.maps[column]):
            return self.maps[column][row]
        if column == 1 and row < len(self.images):
            return self.images[row]
        return self.pictures[column][row]

    def blank(self, gap: int) -> Floats:
        """Return equal weights for edges whose weights are not known: of every tile that is on, or of a band."""
        curves = self.curves[gap]
        if self.structure.bands[gap]:
            return np.ones((1, 1), np.float32)
        inputs = self.structure.sizes[0] if gap == 0 else len(curves.starts)
        return self._of_tiles(np.ones((len(curves.ends), inputs), np.float32), gap)

    def is_on(self, tile: Tile) -> bool:
        """Whether a tile takes part: only inputs can be off."""
        return tile.column > 0 or self.structure.image is not None or self.structure.places[tile.row] is not None

    def network_input(self, edge: Edge) -> int:
        """Return which input of its layer an edge comes from."""
        place = self.structure.places[edge.start] if edge.gap == 0 else edge.start
        assert place is not None, "edges come from inputs that are on"
        return place

    def drawn(self, gap: int) -> Floats | None:
        """Return what a gap's edges are drawn by; None where it is not known, or none differs from another."""
        shown = self.shown[gap]
        return None if shown is None or not (self.numbers.shown == WEIGHTS or shown.any()) else shown

    def weight(self, edge: Edge, quantity: str = WEIGHTS) -> float | None:
        """Return an edge's weight, or another of its quantities, or None where it is not known."""
        numbers = self.weights[edge.gap] if quantity == WEIGHTS else self._numbers(quantity, edge.gap)
        return None if numbers is None else float(numbers[edge.end, edge.start])

    def bias(self, column: int, row: int, quantity: str = WEIGHTS) -> float | None:
        """Return a neuron's bias, or another of its quantities, or None where it is not known or there is none."""
        if column == 0:
            return None
        numbers = self.numbers.of(quantity)
        biases = self.biases[column - 1] if quantity == WEIGHTS else self.structure.biases(numbers, column - 1)
        return None if biases is None else float(biases[row])

    def spot_at(self, x: float, y: float) -> Spot | None:
        """Return what lies at a point: marks lie on tiles, tiles on edges, edges on backgrounds."""
        for column in range(len(self.geometry.columns)):
            if (found := self._in_column(column, x, y)) is not None:
                return found
        for gap, curves in enumerate(self.curves):
            if curves.left <= x <= curves.right and self.weights[gap] is not None:
                drawn = self.drawn(gap)
                nearest = curves.nearest(x, y, self.blank(gap) if drawn is None else drawn, _REACH)
                if nearest is not None:
                    return Edge(gap, *nearest)
        for column in range(1, len(self.geometry.columns) - 1):
            if self.geometry.background(column).contains(x, y):
                return Background(column)
        return None

    def _in_column(self, column: int, x: float, y: float) -> Spot | None:
        placed = self.geometry.columns[column]
        reach = self.geometry.mark + _REACH / 2
        if abs(x - placed.x) > placed.tile / 2 + reach:
            return None
        for row in range(len(placed.ys)):
            if column > 0 and self.biases[column - 1] is not None:
                mark_x, mark_y = self.geometry.mark_at(column, row)
                if np.hypot(x - mark_x, y - mark_y) <= reach:
                    return Mark(column, row)
        return next((Tile(column, row) for row in range(len(placed.ys)) if placed.box(row).contains(x, y)), None)

    def _of_tiles(self, weights: Floats, gap: int) -> Floats:
        """Return the weights of the tiles' edges, of (ends, inputs) weights: 0 from tiles that are off."""
        starts = len(self.curves[gap].starts)
        if gap > 0 or self.structure.image is not None:
            return weights[:, :starts]
        found = np.zeros((len(weights), starts), np.float32)
        for tile, place in enumerate(self.structure.places[:starts]):
            if place is not None:
                found[:, tile] = weights[:, place]
        return found

    def _inputs(self, responses: Responses | None, dataset: Dataset | None, kind: str) -> list[Picture | None]:
        if self.structure.image is not None:
            return [self._mean_image(dataset)]
        rows = len(self.geometry.columns[0].ys)
        found = self.structure.input_pictures(responses, MOST_TILES)
        given = [] if found is None else self._given_pictures(found, kind)
        shown: list[Picture | None] = []
        for row, place in enumerate(self.structure.places[:rows]):
            if place is not None and place < len(given):
                shown.append(given[place])
            else:
                shown.append(self.formulas[row] if self.formulas else None)
        return shown

    def _given_pictures(self, found: Floats, kind: str) -> list[Picture]:
        """Return the pictures of the inputs, which are the same ones as before where the data are."""
        if self.given is None or not np.array_equal(found, self.given[0], equal_nan=True):
            self.given = (found, pictures.of_responses(found, kind))
        return self.given[1]

    def _mean_image(self, dataset: Dataset | None) -> Picture | None:
        if dataset is None or dataset.image_shape != self.structure.image:
            return None
        if self.mean_image is None or self.mean_image[0] is not dataset:
            self.mean_image = (dataset, pictures.of_images(dataset))
        return self.mean_image[1]

    def _answers(self, found: Floats, kind: str, dataset: Dataset | None) -> list[Picture]:
        if self.structure.link != "identity":
            return pictures.of_probabilities(found, kind)
        mean, scale = (dataset.target_mean, dataset.target_scale) if dataset is not None else (0.0, 1.0)
        return pictures.of_values(found, kind, mean, scale)
