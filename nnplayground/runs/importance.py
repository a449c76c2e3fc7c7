"""How much each knob matters for a result: what a random forest loses when the knob's values are shuffled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnplayground.data.progress import Progress
from nnplayground.runs.quantities import Quantity

Doubles = NDArray[np.float64]

TREES = 100
ROUNDS = 10  # of shuffling each knob
MOST = 2000  # runs that the forest learns from: of more, some drawn at random
FEWEST = 5  # runs of which a forest can be grown at all
FEW = 10  # runs below which little can be said
LOW = 0.3  # R² out of bag below which little can be said


@dataclass(frozen=True, eq=False)
class Importance:
    """Knobs, the one that matters most first."""

    paths: tuple[str, ...]
    means: Doubles  # (k,) by how much R² falls when the knob is shuffled, the mean over rounds
    spreads: Doubles  # (k,) the standard deviation over rounds
    score: float  # R² out of bag, of the forest as it is
    runs: int  # that it learned from
    known: int  # runs with the result: where these are more, some of them were drawn at random
    left_out: int  # runs without the result

    @property
    def is_doubtful(self) -> bool:
        """Whether little can be said: few runs, one knob alone, or a forest that foretells little."""
        return self.runs < FEW or len(self.paths) < 2 or not self.score >= LOW


def importance(
    knobs: Sequence[Quantity],
    result: Quantity,
    report: Callable[[float, str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Importance | None:
    """Return how much each knob matters for a result; None where fewer than FEWEST runs have it, or no knob differs.

    A forest of regression trees as scikit-learn's, each grown from n runs drawn with repetition, foretells each run by
    the trees that have not seen it (out of bag). A knob's importance is by how much that R² falls when its values are
    dealt among the runs at random (L. Breiman, 2001, Random forests). A choice is one column for each value, all
    shuffled together; a knob that a run does not have is told apart by a column of its own. Drawn from a seed of its
    own, so that the same runs give the same bars. Raises Cancelled.
    """
    there = np.flatnonzero(result.known)
    known, left_out = len(there), int(np.count_nonzero(~result.known))
    generator = np.random.default_rng(0)
    if len(there) > MOST:
        there = np.sort(generator.choice(there, MOST, replace=False))
    own = [(knob, _columns(knob, there)) for knob in knobs]
    own = [(knob, columns) for knob, columns in own if (columns != columns[:1]).any()]
    y = result.positions[there]
    if len(there) < FEWEST or not own:
        return None
    progress = Progress(report, cancelled)
    progress.begin(0.4)
    x = np.concatenate([columns for _, columns in own], axis=1).astype(np.float32)
    forest = _Forest.grown(x, y, generator, progress)
    progress.begin(1.0)
    score, found, start = forest.score(x), np.empty((len(own), ROUNDS)), 0
    for i, (_, columns) in enumerate(own):
        for turn in range(ROUNDS):
            progress.at((i * ROUNDS + turn) / (len(own) * ROUNDS), "")
            shuffled = x.copy()
            place = slice(start, start + columns.shape[1])
            shuffled[:, place] = x[generator.permutation(len(x)), place]
            found[i, turn] = score - forest.score(shuffled)
        start += columns.shape[1]
    order = np.argsort(-found.mean(axis=1), kind="stable")
    paths = tuple(own[i][0].path for i in order)
    return Importance(paths, found.mean(axis=1)[order], found.std(axis=1)[order], score, len(there), known, left_out)


def _columns(knob: Quantity, rows: NDArray[np.int64]) -> Doubles:
    """Return a knob as (n, columns) numbers: one for each choice, else its position; and one for who lacks it."""
    positions, known = knob.positions[rows], knob.known[rows]
    columns = [(positions == place).astype(np.float64) for place in range(len(knob.names))]
    if not knob.names:
        columns = [np.where(known, positions, positions[known].min() if known.any() else 0.0)]
    return np.stack([*columns, *([] if known.all() else [known.astype(np.float64)])], axis=1)


@dataclass(frozen=True, eq=False)
class _Forest:
    """Trees, and which runs each has not seen."""

    trees: list[Any]  # scikit-learn's Tree
    unseen: list[NDArray[np.int64]]
    y: Doubles

    @classmethod
    def grown(cls, x: NDArray[np.float32], y: Doubles, generator: np.random.Generator, progress: Progress) -> _Forest:
        """Grow the trees of (n, columns) numbers. Raises Cancelled."""
        from sklearn.tree import DecisionTreeRegressor  # a second that only who asks for it pays

        trees, unseen = [], []
        for i in range(TREES):
            progress.at(i / TREES, "")
            drawn = generator.integers(len(x), size=len(x))
            tree = DecisionTreeRegressor(random_state=i)
            trees.append(tree.fit(x[drawn], y[drawn]).tree_)
            unseen.append(np.setdiff1d(np.arange(len(x)), drawn))
        return cls(trees, unseen, y)

    def score(self, x: NDArray[np.float32]) -> float:
        """Return R² of what is foretold out of bag from (n, columns) numbers; of equal results, 0."""
        total, count = np.zeros(len(x)), np.zeros(len(x))
        for tree, rows in zip(self.trees, self.unseen, strict=True):
            total[rows] += tree.predict(x[rows])[:, 0]
            count[rows] += 1
        seen = count > 0
        y = self.y[seen]
        squares = float(((y - y.mean()) ** 2).sum())
        return 1.0 - float(((y - total[seen] / count[seen]) ** 2).sum()) / squares if squares > 0 else 0.0
