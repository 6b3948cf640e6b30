"""Clicks on record before they are answered: one line each in a file of this process, read by the ingest afterwards.

A line is a checksum and the fields of a `Record`, with tabs between them and a line break at its end. A file has one
writer, which only appends, so whatever stands before the last line break is whole.
"""

import os
import sys
import threading
import time
from collections import deque
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import structlog

if sys.platform != "win32":
    import fcntl

ENDING = ".clicks"
RHYTHMS = ("interval", "always", "off")
"""When lines are forced to the disk: ten times a second, with each line, or when the system sees fit."""
BETWEEN_SYNCS = 0.1
"""Seconds of clicks a power cut may cost in the rhythm `interval`; a crash of the portal costs none."""
SEGMENT = 64_000_000
"""Bytes after which a new file is begun, so that read ones can be deleted."""
_BETWEEN_COMPLAINTS = 60.0
_CLEAN = bytes(32 if byte < 32 or byte == 127 else byte for byte in range(256))
_sync = getattr(os, "fdatasync", os.fsync)


class Said(NamedTuple):
    """What a request said of itself, as its headers had it, read as Latin-1."""

    agent: str = ""
    language: str = ""
    """Accept-Language."""
    accept: str = ""
    fetch_mode: str = ""
    fetch_dest: str = ""
    purpose: str = ""
    """`prefetch` and the like when the request says that nobody opened the link."""
    referrer_host: str = ""
    session: str = ""
    """Of the portal's cookie, its SHA-256 as hex: whether the sharer came by."""


class Record(NamedTuple):
    """What is known of one GET of a link."""

    at: int
    """Microseconds since 1970."""
    code: str
    visitor: int
    """Signed, 64 bits."""
    said: Said = Said()


class Batch(NamedTuple):
    records: list[Record]
    next_offset: int
    damaged: int
    """Lines skipped because they could not be read."""


def line(
    *,
    at: int,
    code: bytes,
    visitor: int,
    agent: bytes = b"",
    language: bytes = b"",
    accept: bytes = b"",
    fetch_mode: bytes = b"",
    fetch_dest: bytes = b"",
    purpose: bytes = b"",
    referrer_host: bytes = b"",
    session: bytes = b"",
) -> bytes:
    """A record's line. `at` in microseconds since 1970. What a visitor chose is cut to length and made harmless."""
    body = b"%d\t%b\t%d\t%b\t%b\t%b\t%b\t%b\t%b\t%b\t%b" % (
        at,
        code,
        visitor,
        agent[:256].translate(_CLEAN),
        language[:40].translate(_CLEAN),
        accept[:80].translate(_CLEAN),
        fetch_mode[:20].translate(_CLEAN),
        fetch_dest[:20].translate(_CLEAN),
        purpose[:20],
        referrer_host[:120],
        session[:64],
    )
    return b"%08x\t%b\n" % (crc32(body), body)


def encode(record: Record) -> bytes:
    """The record's line. Signs that Latin-1 does not have become question marks."""

    def plain(text: str) -> bytes:
        return text.encode("latin-1", "replace").translate(_CLEAN)

    said = {name: plain(text) for name, text in record.said._asdict().items()}
    return line(at=record.at, code=plain(record.code), visitor=record.visitor, **said)


def decode(line: bytes) -> Record | None:
    """The record of a line, with its line break or without; None when it is not what was written."""
    if line[-1:] == b"\n":
        line = line[:-1]
    try:
        checksum, at, code, visitor, texts = line.split(b"\t", 4)
        if checksum != b"%08x" % crc32(line[9:]) or (said := _said(texts)) is None:
            return None
        return _new(Record, (int(at), code.decode("latin-1"), int(visitor), said))
    except ValueError:
        return None


_new = tuple.__new__
"""What a named tuple's own way comes to, in half the time: this runs for every click there is."""


@lru_cache(maxsize=16_384)
def _said(texts: bytes) -> Said | None:
    # Remembered: many visitors come with the same browser from the same place, and the rest of a line is quickly read.
    fields = texts.decode("latin-1").split("\t")
    return Said(*fields) if len(fields) == len(Said._fields) else None


def files(folder: Path) -> list[Path]:
    """The journal files in `folder`, oldest first; none when there is no such folder."""
    return sorted(folder.glob(f"*{ENDING}"))


def is_being_written(path: Path) -> bool:
    """Whether a living process has `path` open for more: the system forgets the lock with the process.

    Always True on Windows, which has no such locks.
    """
    if sys.platform == "win32":
        return True
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


def read(path: Path, offset: int, limit: int) -> Batch:
    """The complete lines of `path` from `offset`, which is where a line begins, in about `limit` bytes.

    A line without an end is left for later. Raises OSError.
    """
    with path.open("rb") as file:
        file.seek(offset)
        found = file.read(limit)
        while found and b"\n" not in found:  # damage can be longer than any line
            more = file.read(limit)
            if not more:
                break
            found += more
    end = found.rfind(b"\n") + 1
    records = [decode(each) for each in found[:end].split(b"\n")[:-1]]
    good = [record for record in records if record is not None]
    return Batch(good, offset + end, len(records) - len(good))


def sync_folder(folder: Path) -> None:
    """Bring the names in `folder` to the disk: a new file survives a power cut only then. Raises OSError."""
    if sys.platform == "win32":
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


class Journal:
    """The journal of this process. Its file is made by the first line that is appended."""

    def __init__(self, folder: Path, *, sync: str = "interval", segment_bytes: int = SEGMENT) -> None:
        self.folder = folder
        self._sync, self._segment_bytes = sync, segment_bytes
        self._file = -1
        self._path: Path | None = None
        self._size = self._synced = 0
        self._full: deque[int] = deque()
        """Files that got no more lines and still wait to be synced and closed."""
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._syncing: threading.Thread | None = None
        self._complained = -_BETWEEN_COMPLAINTS

    @property
    def path(self) -> Path | None:
        """The file that gets the next line, once there is one."""
        return self._path

    def append(self, line: bytes) -> bool:
        """Put one line, break included, on record; False when it is not there as a whole.

        Then nothing of it is there, or a torn piece that no other line follows.
        """
        with self._lock:
            if self._size + len(line) > self._segment_bytes and self._size:
                self._leave()
            try:
                if self._file < 0:
                    self._begin()
                written = os.write(self._file, line)
                if written == len(line):
                    if self._sync == "always":
                        _sync(self._file)
                    self._size += written
                    return True
                error: OSError | None = None
            except OSError as reason:
                error = reason
            self._take_back()
            if self._size:  # once it is read it can be deleted, which may be the very room that is missing
                self._leave()
        self._complain(error)
        return False

    def close(self) -> None:
        """Bring everything to the disk and let go of the file; a later line would begin a new one."""
        self._stop.set()
        if self._syncing is not None:
            self._syncing.join()
            self._syncing = None
        with self._lock:
            if self._file >= 0:
                self._leave()
            self._finish_full()
            self._stop.clear()

    def _begin(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        moment = time.time_ns()
        while (path := self.folder / f"{moment}-{os.getpid()}{ENDING}").exists():  # the clock was set back
            moment += 1
        # Readers see it only once it is locked: without a lock it would be nobody's, and deleted as read.
        unseen = path.with_suffix(".new")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        file = os.open(unseen, flags, 0o600)
        try:
            if sys.platform != "win32":
                fcntl.flock(file, fcntl.LOCK_EX)
            unseen.rename(path)
            if self._sync != "off":
                sync_folder(self.folder)
        except OSError:
            os.close(file)
            with suppress(OSError):  # each further attempt would leave another empty one
                (path if path.exists() else unseen).unlink()
            raise
        self._file, self._path, self._size, self._synced = file, path, 0, 0
        if self._sync == "interval" and self._syncing is None:
            self._syncing = threading.Thread(target=self._keep_syncing, name="journal", daemon=True)
            self._syncing.start()

    def _leave(self) -> None:
        self._full.append(self._file)
        self._file, self._path, self._size, self._synced = -1, None, 0, 0
        if self._syncing is None:
            self._finish_full()

    def _take_back(self) -> None:
        """Cut off what was written of a line. If even that fails, leave the file: nothing may follow a torn line."""
        if self._file < 0:
            return
        try:
            os.ftruncate(self._file, self._size)
        except OSError:
            self._leave()

    def _keep_syncing(self) -> None:
        # A thread that sleeps: a busy one would take turns with the event loop at every write.
        while not self._stop.wait(BETWEEN_SYNCS):
            self._finish_full()
            file, size = self._file, self._size
            if file >= 0 and size != self._synced:
                try:
                    _sync(file)
                    if file == self._file:
                        self._synced = size
                except OSError as error:
                    self._complain(error)

    def _finish_full(self) -> None:
        while self._full:
            file = self._full.popleft()
            if self._sync != "off":
                with suppress(OSError):
                    _sync(file)
            os.close(file)

    def _complain(self, error: OSError | None) -> None:
        """Say what is wrong, once a minute at most: a full disk would otherwise fill the log as well."""
        now = time.monotonic()
        if now - self._complained >= _BETWEEN_COMPLAINTS:
            self._complained = now
            why = error.strerror if error is not None else "only part of a line fits"
            with suppress(OSError):  # the log may lie on the same full disk
                structlog.get_logger().error("the journal cannot be written", folder=str(self.folder), why=why)
