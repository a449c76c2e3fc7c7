"""Data sets of openml.org as Parquet files in the user's cache: made once, opened offline from then on."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from nnplayground.data.openml.fetching import fetch
from nnplayground.data.progress import Progress
from nnplayground.data.tables.reading import MAX_VALUES
from nnplayground.experiment import ExperimentError
from nnplayground.experiment.datasets import Openml
from nnplayground.experiment.errors import shown

KEY = b"openml"  # of what OpenML says of a data set, as JSON, in its file
ENDING = ".parquet"

_NAME = re.compile(r"[A-Za-z0-9_(),+-][A-Za-z0-9_.(),+-]{0,127}")
_ALLOWED = "letters, digits and _-+.,() as in mnist_784"


@dataclass(frozen=True)
class Kept:
    """What OpenML says of a data set that is kept."""

    name: str
    version: str
    targets: tuple[int, ...]  # which columns are to be predicted, the first of them by default
    nominal: tuple[int, ...]  # which columns are classes or categories, whatever they look like


def folder() -> Path:
    """Return where data sets are kept."""
    return user_cache_path("nnplayground", appauthor=False) / "openml"


def names() -> list[str]:
    """Return the names of the data sets that open offline."""
    return sorted({path.name.split("@")[0] for path in folder().glob(f"*@*{ENDING}")})


def path_of(data: Openml) -> Path:
    """Return where a data set is kept, whether it is by now or not. Raises ExperimentError where its name is none."""
    if not _NAME.fullmatch(data.name):  # it becomes part of an address and of a file's name
        raise ExperimentError(f"data.name = {shown(data.name)} is no name on openml.org; allowed: {_ALLOWED}")
    return folder() / f"{data.name.lower()}@{data.version or 'active'}{ENDING}"


def keep(data: Openml, progress: Progress) -> None:
    """Fetch a data set and keep it. Raises ExperimentError and Cancelled."""
    from pyarrow import parquet

    path = path_of(data)
    bunch = fetch(data, path.parent, progress)
    progress.busy(f"keeping {data.name}")
    table = _table(bunch)
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        parquet.write_table(table, temporary, compression="zstd", write_page_checksum=True)
        temporary.replace(path)
    except OSError as error:
        raise ExperimentError(f"{path.parent}: cannot be written: {(error.strerror or str(error)).lower()}") from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def what_is_kept(path: Path) -> Kept:
    """Read what OpenML says of the data set in a file. Raises Arrow's errors, ValueError, LookupError and OSError."""
    from pyarrow import parquet, types

    schema = parquet.read_schema(path)
    said = json.loads((schema.metadata or {})[KEY])
    targets = (schema.names.index(name) for name in said["targets"] if name in schema.names)
    nominal = (number for number, field in enumerate(schema) if types.is_dictionary(field.type))
    return Kept(str(said["name"]), str(said["version"]), tuple(targets), tuple(nominal))


def _table(bunch: Any) -> Any:
    """Return an Arrow table of what scikit-learn gives; nominal columns are dictionaries of strings."""
    import pyarrow as pa

    rows, columns = bunch.data.shape
    if rows * columns > MAX_VALUES:
        raise ExperimentError(f"{rows:,} rows of {columns:,} columns; allowed: {MAX_VALUES:,} values")
    arrays = list(_of_frame(bunch) if bunch.frame is not None else _of_array(bunch))
    details = bunch.details
    targets = [target for target in (details.get("default_target_attribute") or "").split(",") if target]
    said = {"name": details["name"], "version": details["version"], "targets": targets}
    table = pa.table(arrays, names=list(bunch.feature_names))
    return table.replace_schema_metadata({KEY: json.dumps(said).encode()})


def _of_frame(bunch: Any) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in bunch.feature_names:
        column = bunch.frame[name]
        array = pa.array(column, from_pandas=True)
        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode().cast(pa.string()).dictionary_encode()
        elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            array = pc.replace_substring_regex(array.cast(pa.string()), "^'(.*)'$", r"\1")  # ARFF's own, which stay
        yield array


def _of_array(bunch: Any) -> Iterator[Any]:
    import pyarrow as pa

    data = bunch.data if isinstance(bunch.data, np.ndarray) else bunch.data.toarray()
    for number, name in enumerate(bunch.feature_names):
        column = data[:, number]
        if name not in bunch.categories:
            yield pa.array(_narrowed(column), from_pandas=True)
            continue
        codes = pa.array(np.nan_to_num(column, nan=0).astype(np.int32), mask=np.isnan(column))
        yield pa.DictionaryArray.from_arrays(codes, pa.array(list(map(str, bunch.categories[name])), pa.string()))


def _narrowed(column: NDArray[np.float64]) -> NDArray[np.generic]:
    """Return numbers as bytes where they are, as those of pixels: an eighth of the file to write and read."""
    with np.errstate(invalid="ignore"):
        bytes_ = column.astype(np.uint8)
    return bytes_ if np.array_equal(bytes_, column) else column
