"""What no file of the project may say."""

import re
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
# Written apart, so that this file may be searched like every other.
HOSTS = [".".join(parts) for parts in (("pypi", "org"), ("pythonhosted", "org"), ("registry.npmjs", "org"))]
LATER = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME")) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.*}>-])/(work|root|home|Users|opt)/(?!\.\.\.)\w")


def test_no_file_names_a_place_on_somebody_s_machine() -> None:
    assert found(MACHINE_PATH) == []


def test_no_file_names_a_package_registry() -> None:
    assert found(re.compile("|".join(re.escape(host) for host in HOSTS))) == []


def test_no_file_puts_something_off() -> None:
    assert found(LATER) == []


def test_lock_files_hold_versions_and_hashes_but_no_addresses() -> None:
    locks = [*sorted((ROOT / "requirements").glob("*.txt")), ROOT / "tests/peers/package-lock.json"]
    assert [lock.name for lock in locks] == ["dev.txt", "run.txt", "package-lock.json"]
    assert [lock.name for lock in locks if "://" in lock.read_text()] == []


def test_every_locked_package_has_a_hash() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        packages = re.split(r"\n(?=\w)", lock.read_text())[1:]
        assert [package.split(" ")[0] for package in packages if "--hash=sha256:" not in package] == []


def found(pattern: re.Pattern[str]) -> list[str]:
    """Each line that matches, in every file git keeps or would keep."""
    return [
        f"{path}:{number}: {line.strip()[:100]}"
        for path in our_files()
        for number, line in enumerate(text_of(ROOT / path).splitlines(), start=1)
        if pattern.search(line)
    ]


def our_files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [path for path in listed.stdout.split("\0") if path and (ROOT / path).is_file()]
    assert "pyproject.toml" in paths
    return paths


def text_of(path: Path) -> str:
    """Empty for pictures and other files that are not text."""
    content = path.read_bytes()
    return "" if b"\0" in content else content.decode(errors="replace")
