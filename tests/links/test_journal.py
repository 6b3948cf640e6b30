"""The journal of clicks: what is appended is read again, and nothing that goes wrong harms the lines around it."""

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.links import journal
from portal.links.journal import Journal, Record, Said, decode, encode, read
from portal.tables import microseconds

pytestmark = pytest.mark.once

AT = microseconds(datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC))


def record(number: int = 1, **values: str) -> Record:
    return Record(AT + number * 1_000_000, f"bcdf{number:04}", -number, Said(**values))


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    """What a full disk does, by the system's own limit: the last write fits in part, the next one not at all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "journal")
    yield opened
    opened.close()


def everything(folder: Path) -> list[Record]:
    return [each for path in journal.files(folder) for each in read(path, 0, 1_000_000).records]


# Letters of Latin-1 that no line needs for itself.
plain = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=20)


@given(
    st.builds(
        Record,
        at=st.integers(-(10**15), 10**16),
        code=st.text("23456789bcdf", min_size=8, max_size=8),
        visitor=st.integers(-(2**63), 2**63 - 1),
        said=st.builds(Said, **dict.fromkeys(Said._fields, plain)),
    )
)
def test_a_record_is_read_as_it_was_written(written: Record) -> None:
    line = encode(written)
    assert (line.count(b"\n"), line[-1:]) == (1, b"\n")
    assert decode(line) == written


@given(st.binary(max_size=300))
def test_what_a_visitor_chose_never_breaks_a_line(chosen: bytes) -> None:
    line = journal.line(
        at=1,
        code=b"bcdf2345",
        visitor=2,
        agent=chosen,
        language=chosen,
        accept=chosen,
        fetch_mode=chosen,
        fetch_dest=chosen,
    )
    record = decode(line)
    assert record is not None
    found = record.said
    assert line.count(b"\n") == 1
    harmless = "".join(" " if ord(letter) < 32 or letter == "\x7f" else letter for letter in chosen.decode("latin-1"))
    assert (found.agent, found.language, found.accept) == (harmless[:256], harmless[:40], harmless[:80])
    assert (found.fetch_mode, found.fetch_dest) == (harmless[:20], harmless[:20])


def test_long_and_foreign_texts_are_cut_and_replaced() -> None:
    read_again = decode(encode(record(agent="x" * 300, referrer_host="h" * 200, language="日本, nl")))
    assert read_again is not None
    found = read_again.said
    assert (found.agent, found.referrer_host, found.language) == ("x" * 256, "h" * 120, "??, nl")


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_line_with_one_byte_changed_is_no_record(place: int, change: int) -> None:
    line = bytearray(encode(record(agent="Firefox", accept="text/html"))[:-1])
    line[place % len(line)] ^= change
    assert decode(bytes(line)) is None


@pytest.mark.parametrize("line", [b"", b"\n", b"\t", b"00000000\t", b"x" * 5000, encode(record())[:-5]])
def test_what_is_no_line_is_no_record(line: bytes) -> None:
    assert decode(line) is None


@pytest.mark.parametrize("rhythm", journal.RHYTHMS)
def test_lines_are_read_in_the_order_they_came(tmp_path: Path, rhythm: str) -> None:
    opened = Journal(tmp_path, sync=rhythm)
    records = [record(number) for number in range(50)]
    assert [opened.append(encode(each)) for each in records] == [True] * 50
    assert everything(tmp_path) == records
    opened.close()
    assert everything(tmp_path) == records


def test_a_file_is_named_after_its_beginning_and_process(kept: Journal) -> None:
    assert journal.files(kept.folder) == []
    kept.append(encode(record()))
    (path,) = journal.files(kept.folder)
    moment, _, process = path.stem.partition("-")
    assert (process, path.suffix, path == kept.path) == (str(os.getpid()), ".clicks", True)
    assert abs(int(moment) / 1e9 - path.stat().st_mtime) < 60
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_full_segment_is_followed_by_a_new_one(tmp_path: Path) -> None:
    opened = Journal(tmp_path, segment_bytes=500)
    records = [record(number, agent="Firefox" * 10) for number in range(12)]
    for each in records:
        assert opened.append(encode(each))
    opened.close()
    sizes = [path.stat().st_size for path in journal.files(tmp_path)]
    assert len(sizes) == 3
    assert max(sizes) <= 500
    assert everything(tmp_path) == records


def test_reading_goes_on_where_it_ended(kept: Journal) -> None:
    records = [record(number) for number in range(20)]
    for each in records:
        kept.append(encode(each))
    assert kept.path is not None
    offset, found = 0, []
    for _ in range(40):
        batch = read(kept.path, offset, 150)
        found += batch.records
        offset = batch.next_offset
    assert found == records
    assert offset == kept.path.stat().st_size
    assert read(kept.path, offset, 150) == ([], offset, 0)


def test_a_line_without_its_end_is_left_for_later(tmp_path: Path) -> None:
    path, whole = tmp_path / "1-1.clicks", encode(record(1))
    torn = encode(record(2))
    path.write_bytes(whole + torn[:30])
    assert read(path, 0, 10_000) == ([record(1)], len(whole), 0)
    path.write_bytes(whole + torn)
    assert read(path, len(whole), 10_000).records == [record(2)]


def test_damage_costs_only_the_lines_it_touches(tmp_path: Path) -> None:
    path = tmp_path / "1-1.clicks"
    lines = [encode(record(number)) for number in range(5)]
    garbage = b"\x00" * 3000 + b"\xff" * 3000 + b"\n"
    path.write_bytes(lines[0] + lines[1][:-20] + b"\n" + garbage + b"\n" + b"".join(lines[2:]))
    whole = read(path, 0, 1_000_000)
    assert (whole.records, whole.damaged) == ([record(0), record(2), record(3), record(4)], 3)
    offset, found, damaged = 0, [], 0
    for _ in range(20):  # in pieces smaller than the damage
        records, offset, bad = read(path, offset, 100)
        found += records
        damaged += bad
    assert (found, damaged, offset) == (whole.records, 3, path.stat().st_size)


def test_a_full_disk_is_said_and_leaves_no_torn_line(kept: Journal) -> None:
    first, second, third = (encode(record(number)) for number in range(3))
    assert kept.append(first)
    with files_no_larger_than(len(first) + len(second) // 2):
        assert kept.append(second) is False  # half of it fits
    assert kept.append(third)
    assert everything(kept.folder) == [record(0), record(2)]


def test_what_no_longer_fits_begins_a_new_file_so_that_the_one_before_can_be_deleted(tmp_path: Path) -> None:
    opened, lines = Journal(tmp_path, sync="off"), [encode(record(number)) for number in range(3)]
    assert opened.append(lines[0])
    with files_no_larger_than(len(lines[1]) // 2):
        assert [opened.append(lines[1]) for _ in range(5)] == [False] * 5
    assert opened.append(lines[2])
    first, second = journal.files(tmp_path)
    assert (first.read_bytes(), second.read_bytes()) == (lines[0], lines[2])
    assert (journal.is_being_written(first), journal.is_being_written(second)) == (False, True)
    opened.close()


def test_a_line_whose_sync_fails_is_not_on_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = Journal(tmp_path, sync="always")
    assert opened.append(encode(record(0)))

    def broken(file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "_sync", broken)
        assert opened.append(encode(record(1))) is False
    assert opened.append(encode(record(2)))
    opened.close()
    assert everything(tmp_path) == [record(0), record(2)]


def test_without_a_folder_nothing_is_on_record_until_there_is_one(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where the folder should be")
    opened = Journal(tmp_path / "taken" / "journal")
    assert opened.append(encode(record(0))) is False
    (tmp_path / "taken").unlink()
    assert opened.append(encode(record(1)))
    opened.close()
    assert everything(tmp_path / "taken" / "journal") == [record(1)]


def test_a_file_belongs_to_its_process_until_that_ends(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from portal.links.journal import Journal\n"
        "opened = Journal(Path(sys.argv[1])); print(opened.append(b'a line\\n'), flush=True); sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        (path,) = journal.files(tmp_path)
        assert journal.is_being_written(path) is True
        child.kill()
    assert journal.is_being_written(path) is False
    assert path.read_bytes() == b"a line\n"


def test_a_closed_journal_begins_a_new_file(kept: Journal) -> None:
    kept.append(encode(record(0)))
    kept.close()
    (path,) = journal.files(kept.folder)
    assert journal.is_being_written(path) is False
    kept.append(encode(record(1)))
    assert len(journal.files(kept.folder)) == 2
    assert everything(kept.folder) == [record(0), record(1)]
