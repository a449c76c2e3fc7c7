"""Walking over the diagram with keys: from tile to tile, and along the edges that end in a tile."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from PySide6.QtCore import Qt

from nnplayground.gui.views.diagram.scene import Edge, Mark, Scene, Spot, Tile

_STEPS: Mapping[Qt.Key, tuple[int, int]] = MappingProxyType(  # columns, rows
    {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
)
_TURNS: Mapping[Qt.Key, int] = MappingProxyType({Qt.Key.Key_PageUp: -1, Qt.Key.Key_PageDown: 1})


def steered(scene: Scene, spot: Spot | None, key: Qt.Key) -> Spot | None:
    """Return where a key leads from `spot`, or None where the key does not steer."""
    if key in _TURNS:
        return _next_edge(scene, spot, _TURNS[key])
    if key not in _STEPS:
        return None
    if spot is None:
        return Tile(0, 0)
    columns = scene.geometry.columns
    across, down = _STEPS[key]
    at = _tile_of(spot)
    column = min(max(at.column + across, 0), len(columns) - 1)
    if across:
        y = columns[at.column].ys[at.row]
        row = min(range(len(columns[column].ys)), key=lambda i: abs(columns[column].ys[i] - y))
    else:
        row = min(max(at.row + down, 0), len(columns[column].ys) - 1)
    return Tile(column, row)


def _tile_of(spot: Spot) -> Tile:
    if isinstance(spot, Edge):
        return Tile(spot.gap + 1, spot.end)
    return Tile(spot.column, spot.row) if isinstance(spot, Tile | Mark) else Tile(spot.column, 0)


def _next_edge(scene: Scene, spot: Spot | None, turn: int) -> Spot | None:
    if spot is None:
        return None
    tile = _tile_of(spot)
    if tile.column == 0 or scene.weights[tile.column - 1] is None:
        return None
    starts = [
        row for row in range(len(scene.curves[tile.column - 1].starts)) if scene.is_on(Tile(tile.column - 1, row))
    ]
    if not starts:
        return None
    if isinstance(spot, Edge) and spot.start in starts:
        return Edge(spot.gap, spot.end, starts[(starts.index(spot.start) + turn) % len(starts)])
    return Edge(tile.column - 1, tile.row, starts[0 if turn > 0 else -1])
