"""A text table on disk, read block by block as columns of text."""

from __future__ import annotations

import codecs
import io
from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from nnplayground.data.progress import Progress
from nnplayground.data.tables.block import Block
from nnplayground.data.tables.csv_format import DELIMITERS, ENCODINGS, CsvFormat, find_format, wrongly_encoded
from nnplayground.data.tables.csv_rows import LONGEST_ROW, nul_at, records, squeezed, too_long, unclosed
from nnplayground.experiment import ExperimentError

_END = "\x04"  # fills a last row of our own: where it does not come back, a quotation mark has swallowed it


class WrongEncodingError(Exception):
    """Raised where the text of a file turns out to be written otherwise than its beginning; `line` counts from 1."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True)
class CsvFile:
    """A text table and how it is written."""

    path: Path
    format: CsvFormat

    @property
    def names(self) -> tuple[str, ...]:
        """The names of its columns."""
        return self.format.names

    @property
    def renamed(self) -> tuple[str, ...]:
        """Those of the names that are not the file's."""
        return self.format.renamed

    def blocks(self, wanted: Sequence[int], progress: Progress) -> Generator[Block, None, None]:
        """Yield the rows of the `wanted` columns, at least one, in the order of the file, as Arrow arrays of text.

        Raises ExperimentError that names the row where the file is broken, WrongEncodingError, OSError.
        """
        import pyarrow as pa

        broken: list[int] = []
        last, used = None, 0
        with CsvSource(self.path, self.format) as source:
            try:
                with self._reader(source, wanted, broken) as reader:
                    for batch in reader:
                        if broken:
                            raise self._fault(progress)
                        if last is not None and len(batch):
                            yield Block(tuple(last.columns), len(last), source.share_of(used))
                        last = batch if len(batch) else last
                        used += self._block_size
            except pa.ArrowInvalid as error:
                raise self._fault(progress, str(error)) from None
        if broken or last is None or last.column(0)[-1].as_py() != _END:
            raise self._fault(progress)
        rest = last.slice(0, len(last) - 1)
        yield Block(tuple(rest.columns), len(rest), 1.0)

    def row_of(self, record: int, progress: Progress) -> int:
        """Return the line of the file, from 1, in which the given row of data (from 0) begins."""
        for k, (line, _) in enumerate(self._records(progress)):
            if k == record:
                return line
        raise ValueError(f"there is no row {record}")

    def preview(self, rows: int) -> tuple[tuple[str, ...], ...]:
        """Return the text of the first rows."""
        return tuple(tuple(cells) for _, cells in islice(self._records(Progress()), rows))

    def rewritten(self, line: int) -> CsvFile:
        """Return this file in another encoding, since the one found does not hold in a line. Raises ExperimentError."""
        others = {"utf-8": ("cp1252", "latin-1") if self.format.is_ascii else (), "cp1252": ("latin-1",)}
        encodings = others.get(self.format.encoding, ())
        if not encodings:
            raise wrongly_encoded(line, self.format.encoding)
        return CsvFile(self.path, find_format(self.path, encodings))

    def notes(self) -> Iterator[str]:
        """Yield what the user should know of how the file was read, each one sentence."""
        if not self.format.has_header:
            yield f"The file has no header: its columns are called {self.names[0]} to {self.names[-1]}."
        elif self.format.renamed:
            yield f"Columns without a name of their own were given one: {', '.join(self.format.renamed[:5])}."
        if self.format.decimal == ",":
            yield "Numbers were read with a decimal comma."
        if self.format.encoding in ("cp1252", "latin-1"):
            yield f"The file is not UTF-8 and was read as {ENCODINGS[self.format.encoding]}."

    @property
    def _block_size(self) -> int:
        """Bytes read at a time: few, for progress and cancelling, but not too few rows where there are many columns."""
        return LONGEST_ROW * min(max(len(self.names) // 500, 1), 4)

    def _reader(self, source: CsvSource, wanted: Sequence[int], broken: list[int]) -> Any:
        """Return Arrow's reader of what `source` gives; it puts the numbers of rows too short or long in `broken`."""
        import pyarrow as pa
        from pyarrow import csv as arrow_csv

        def skip(row: Any) -> str:
            if row.text.strip():
                broken.append(row.number)
            return "skip"

        columns = [str(i) for i in range(len(self.names))]
        return arrow_csv.open_csv(
            pa.PythonFile(source, mode="r"),
            read_options=arrow_csv.ReadOptions(column_names=columns, block_size=self._block_size, use_threads=False),
            parse_options=arrow_csv.ParseOptions(
                delimiter=self.format.delimiter, newlines_in_values=True, invalid_row_handler=skip
            ),
            convert_options=arrow_csv.ConvertOptions(
                include_columns=[columns[i] for i in wanted],
                column_types={columns[i]: pa.string() for i in wanted},
                strings_can_be_null=False,
                check_utf8=False,  # the source has decoded it
            ),
        )

    def _lines(self) -> Iterator[str]:
        """Yield the lines of the file from where its rows begin, with their ends."""
        with self.path.open(encoding=self.format.encoding, errors="replace", newline="") as file:
            number = 0
            while line := file.readline(LONGEST_ROW):
                number += 1
                if len(line) >= LONGEST_ROW:
                    raise too_long(number)
                if number >= self.format.first_line:
                    yield line

    def _records(self, progress: Progress, end: Iterable[str] = ()) -> Iterator[tuple[int, list[str]]]:
        """Yield (line of the file, cells) of every row of data, then of the lines of `end`."""

        def lines() -> Iterator[str]:
            yield from self._lines()
            yield from end

        for number, (line, cells) in enumerate(records(lines(), self.format.delimiter)):
            if number % 4096 == 0:
                progress.at(1.0, "looking for the row at fault")
            yield line + self.format.first_line - 1, cells

    def _fault(self, progress: Progress, reason: str = "") -> ExperimentError:
        """Say what is wrong with the file: look for the first row that is not as wide as the others."""
        width = len(self.names)
        line = self.format.first_line
        for line, cells in self._records(progress, end=("\n", _END)):
            if _END in cells[-1]:
                return unclosed(line)
            if len(cells) != width:
                first = "header" if self.format.has_header else "first row"
                mark = DELIMITERS[self.format.delimiter]
                return ExperimentError(
                    f"row {line} has {len(cells):,} value{'s' * (len(cells) != 1)}, but the {first} has {width:,}; "
                    f"allowed: {width:,} in every row, and those that hold a {mark} between quotation marks"
                )
        return ExperimentError(f"the file cannot be read as a table: {' '.join(reason.split())[:120]}; allowed: CSV")


class CsvSource(io.RawIOBase):
    """The rows of a text table as UTF-8, without what comes before them, and with a last row of our own."""

    def __init__(self, path: Path, format: CsvFormat) -> None:
        super().__init__()
        self._format = format
        self._file = path.open("rb")
        self._size = max(path.stat().st_size, 1)
        self._decoder = codecs.getincrementaldecoder(format.encoding)()
        self._skip = format.start
        self._line = 1
        self._rest = ""  # an unfinished line, where lines are rewritten
        self._ready = bytearray()
        self._ended = False
        self._read = 0  # bytes of the file
        self._made = 0  # bytes of UTF-8 made of them

    def readable(self) -> bool:
        """Whether it can be read: it can."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def read(self, size: int = -1, /) -> bytes:
        """Return the next `size` bytes, or fewer at the end."""
        while not self._ended and (size < 0 or len(self._ready) < size):
            text = self._next()
            self._made += len(text)
            self._ready += text
        size = len(self._ready) if size < 0 else size
        data = bytes(self._ready[:size])
        del self._ready[:size]
        return data

    def share_of(self, used: int) -> float:
        """Return the share of the file that the first `used` bytes of UTF-8 come from: Arrow reads far ahead."""
        return used / max(self._made, used) * (self._read / self._size)

    def _next(self) -> bytes:
        data = self._file.read(1 << 20)
        self._read += len(data)
        self._ended = not data
        text = self._decoded(data)
        if b"\0" in text:
            raise nul_at(self._line + text[: text.index(b"\0")].count(b"\n"))
        self._line += text.count(b"\n")
        skipped = min(self._skip, len(text))
        self._skip -= skipped
        text = text[skipped:] if skipped else text
        if self._format.delimiter == " ":
            text = self._squeezed(text)
        if self._ended:
            text += b"\n" + self._format.delimiter.join([_END] * len(self._format.names)).encode() + b"\n"
        return text

    def _decoded(self, data: bytes) -> bytes:
        same = data.isascii() and self._format.encoding != "utf-16" and not self._ended
        if same and not self._decoder.getstate()[0]:
            return data
        try:
            return self._decoder.decode(data, final=self._ended).encode()
        except UnicodeDecodeError as error:
            before = error.object[: error.start].decode(self._format.encoding, errors="replace")
            raise WrongEncodingError(self._line + before.count("\n")) from None

    def _squeezed(self, text: bytes) -> bytes:
        lines = self._rest + text.decode()
        end = len(lines) if self._ended else lines.rfind("\n") + 1
        self._rest = lines[end:]
        return squeezed(lines[:end]).encode()
