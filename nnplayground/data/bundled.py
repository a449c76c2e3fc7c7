"""The real data sets that come with scikit-learn, read from its own package: no network is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from nnplayground.data.dataset import Floats


def iris() -> Source:
    """Return Fisher's irises: (150, 4) centimetres, 3 species."""
    from sklearn.datasets import load_iris

    return _classes(load_iris(), "species")


def wine() -> Source:
    """Return wines of one region: (178, 13) measures in units of their own, 3 cultivars."""
    from sklearn.datasets import load_wine

    return _classes(load_wine(), "cultivar", class_names=("cultivar 1", "cultivar 2", "cultivar 3"))


def breast_cancer() -> Source:
    """Return Wisconsin's breast cancer samples: (569, 30) measures of cell nuclei, malignant or benign."""
    from sklearn.datasets import load_breast_cancer

    return _classes(load_breast_cancer(), "diagnosis")


def diabetes() -> Source:
    """Return Efron's diabetes patients: (442, 10) measures as taken, and the progress of the disease in a year."""
    from sklearn.datasets import load_diabetes

    bunch = load_diabetes(scaled=False)
    return Source(
        bunch.data.astype(np.float32), bunch.target.astype(np.float64), _DIABETES_INPUTS, "disease progression", ()
    )


def digits() -> Source:
    """Return handwritten digits: (1797, 64) pixels, row by row, from 0 for paper to 16 for ink; 10 classes."""
    from sklearn.datasets import load_digits

    pixels = tuple(f"row {row}, column {column}" for row in range(1, 9) for column in range(1, 9))
    return _classes(load_digits(), "digit", input_names=pixels)


def of_classes(source: Source, classes: range, each: int, generator: Generator) -> Source:
    """Return the samples of some classes, counted from 0 anew: all of them, or `each` of every class by chance."""
    inside = np.flatnonzero(np.isin(source.targets, classes))
    if each:
        mixed = generator.permutation(inside)
        drawn = [mixed[source.targets[mixed] == number][:each] for number in classes]
        inside = np.sort(np.concatenate(drawn))
    return replace(
        source,
        raw=source.raw[inside],
        targets=source.targets[inside] - classes.start,
        class_names=source.class_names[classes.start : classes.stop],
    )


def _classes(
    bunch: Any, target_name: str, input_names: tuple[str, ...] = (), class_names: tuple[str, ...] = ()
) -> Source:
    return Source(
        bunch.data.astype(np.float32),
        bunch.target.astype(np.int64),
        input_names or tuple(str(name) for name in bunch.feature_names),
        target_name,
        class_names or tuple(str(name) for name in bunch.target_names),
    )


@dataclass(frozen=True, eq=False)
class Source:
    """A data set as it was collected."""

    raw: Floats  # (n, columns)
    targets: NDArray[np.int64] | NDArray[np.float64]  # (n,), classes from 0, or values in their own unit
    input_names: tuple[str, ...]
    target_name: str
    class_names: tuple[str, ...]  # empty for regression


_DIABETES_INPUTS = (
    "age (years)",
    "sex",
    "body mass index",
    "blood pressure",
    "total cholesterol",
    "LDL cholesterol",
    "HDL cholesterol",
    "cholesterol / HDL",
    "log triglycerides",
    "blood sugar",
)

BUNDLED: Mapping[str, Callable[[], Source]] = {
    "iris": iris,
    "wine": wine,
    "breast_cancer": breast_cancer,
    "diabetes": diabetes,
    "digits": digits,
}
