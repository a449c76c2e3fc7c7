"""The SQLite file: how it is opened, what its tables are, and what is said where it cannot be used."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nnplayground.experiment import ExperimentError
from nnplayground.experiment.files import reason

APPLICATION = 0x6E6E7067  # "nnpg", in the file's header: no other program's database is taken for a store
MIGRATIONS = (  # from each version to the next; the file's user_version is how many it has been through
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        uid TEXT NOT NULL UNIQUE,     -- the same in every store
        begun REAL NOT NULL,          -- seconds since 1970, as all times
        changed REAL NOT NULL,        -- when anything of it was written last
        first TEXT NOT NULL,          -- the experiment at step 0, as TOML
        experiment TEXT NOT NULL,     -- as it is now: live knobs may have been turned
        knobs TEXT NOT NULL,          -- JSON: each of its values by path, for filters: many TOMLs take long to read
        form TEXT NOT NULL,           -- JSON: layers, metrics, steps_per_epoch, clipping, averaging, parameters
        outcome TEXT NOT NULL DEFAULT '',
        steps INTEGER NOT NULL DEFAULT 0,
        epochs INTEGER NOT NULL DEFAULT 0,
        seconds REAL NOT NULL DEFAULT 0,
        results TEXT NOT NULL DEFAULT '{}',  -- JSON: the last epoch's losses and metrics
        marks TEXT NOT NULL DEFAULT '[]',    -- JSON: [step, text] of knobs turned
        parent TEXT,                  -- the uid of the run that it was forked from
        parent_step INTEGER,
        star INTEGER NOT NULL DEFAULT 0,
        note TEXT NOT NULL DEFAULT '',
        tags TEXT NOT NULL DEFAULT '[]',
        deleted REAL,                 -- when; such a run is kept until it is purged
        owner TEXT,                   -- "host:process" that is training it
        alive REAL                    -- when the owner was seen last
    );
    CREATE TABLE chunks (
        run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
        kind TEXT NOT NULL,           -- "steps" or "epochs"
        start INTEGER NOT NULL,       -- rows before it
        count INTEGER NOT NULL,
        low BLOB NOT NULL,            -- float32, the least of each column
        high BLOB NOT NULL,
        rows BLOB NOT NULL,           -- see coding.pack
        UNIQUE (run, kind, start)
    );
    CREATE TABLE snapshots (
        run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
        step INTEGER NOT NULL,
        epoch INTEGER NOT NULL,
        why TEXT NOT NULL,            -- "first", "best", "last", "marked" or "kept"
        network BLOB NOT NULL,        -- safetensors
        UNIQUE (run, step, why)
    );
    CREATE TABLE states (             -- from where a training goes on
        run INTEGER PRIMARY KEY REFERENCES runs(id) ON DELETE CASCADE,
        step INTEGER NOT NULL,
        experiment TEXT NOT NULL,
        state BLOB NOT NULL           -- safetensors
    );
    """,
    """
    CREATE TABLE moments (            -- from where another training may go on: states of networks that were kept
        run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
        step INTEGER NOT NULL,
        experiment TEXT NOT NULL,
        state BLOB NOT NULL,          -- safetensors
        UNIQUE (run, step)
    );
    """,
    """
    CREATE TABLE clock (              -- when some of a run's steps were taken
        run INTEGER NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
        step INTEGER NOT NULL,
        seconds REAL NOT NULL,        -- of training up to it
        UNIQUE (run, step)
    );
    """,
)
BUSY_SECONDS = 5.0  # that a second writer waits for the first
_HEADER = b"SQLite format 3\0"


class StoreError(ExperimentError):
    """A store that cannot be read or written, in one line."""


def default_path() -> Path:
    """Return where runs are kept unless another place is named: in the user's data folder."""
    import platformdirs

    return Path(platformdirs.user_data_dir("nnplayground", appauthor=False)) / "runs.sqlite"


def identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another one of its name; None where there is none, or none can be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def place_of(named: str | None) -> Path:
    """Return where the store lies that is named, or else the user's own."""
    return Path(named) if named else default_path()


def connect(path: Path, *, writable: bool = True) -> sqlite3.Connection:
    """Open a store; a writable one is made where there is none, and brought up to date. Raises StoreError."""
    with explained(path):
        if writable:
            path.parent.mkdir(parents=True, exist_ok=True)
        elif not path.exists():
            raise StoreError(f"{path}: there is no such store; allowed: a file that `train --store` has written")
        _check_header(path)
        mode = "rwc" if writable else "ro"
        location = f"{path.resolve().as_uri()}?mode={mode}"
        connection = sqlite3.connect(
            location, timeout=BUSY_SECONDS, isolation_level=None, uri=True, check_same_thread=False
        )
        try:
            _prepare(connection, path, writable=writable)
        except BaseException:
            connection.close()
            raise
        return connection


def _check_header(path: Path) -> None:
    """Raise StoreError where there is a file that is no database: SQLite would say so only later, or overwrite it."""
    if path.is_dir():
        raise StoreError(f"{path}: is a folder; allowed: a file")
    if path.exists() and path.stat().st_size:
        with path.open("rb") as stream:
            if stream.read(len(_HEADER)) != _HEADER:
                raise StoreError(f"{path}: is no store of runs; allowed: a file that this program has written")


def _prepare(connection: sqlite3.Connection, path: Path, *, writable: bool) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA foreign_keys = ON")
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if application != APPLICATION and (tables or not writable):
        raise StoreError(f"{path}: is no store of runs; allowed: a file that this program has written")
    if version > len(MIGRATIONS):
        raise StoreError(f"{path}: was written by a newer version of this program; allowed: up to {len(MIGRATIONS)}")
    if not writable:
        return
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")  # with WAL: nothing breaks at a power cut, the last second may go
    if version < len(MIGRATIONS):
        with transaction(connection):
            (version,) = connection.execute("PRAGMA user_version").fetchone()  # another may have done it meanwhile
            for script in MIGRATIONS[version:]:
                for statement in script.split(";\n"):
                    connection.execute(statement)
            connection.execute(f"PRAGMA application_id = {APPLICATION}")
            connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Do all that is done inside, or nothing; writers take turns."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # a full disk has ended it already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system say into one line."""
    try:
        yield
    except StoreError:
        raise
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {_told(error)}") from None
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: cannot be used as a store: {reason(error)}") from None


def _told(error: sqlite3.Error) -> str:
    text = str(error)
    for sign, said in _SAID.items():
        if sign in text:
            return said
    return f"the store cannot be used: {text}"


_SAID = {
    "locked": "the store is locked by another program; close that, or use another store",
    "readonly": "the store is read-only; allowed: a file and a folder that may be written",
    "disk is full": "the disk is full; make room, or use another store",
    "unable to open": "the store cannot be opened; allowed: a file in a folder that may be written",
    "not a database": "is no store of runs; allowed: a file that this program has written",
    "malformed": "the store is damaged; what can be read of it may be exported run by run",
    "disk I/O": "the disk that holds the store fails, or is gone",
    "no such table": "is no store of runs; allowed: a file that this program has written",
    "no such column": "the store is damaged: its tables are not this program's",
}
