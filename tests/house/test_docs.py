"""The papers say what the code says: settings, tables, commands, layers, and links that lead somewhere."""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest

from portal.models import metadata
from portal.settings import Settings

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^\| `(PORTAL_\w+)` \| (?:`([^`]*)`|empty) \| (.+) \|$", re.MULTILINE)
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"")


def paper(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def papers() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    # Items of campaign kits are content: what they link to is their author's.
    found = [ROOT / name for name in listed.split("\0") if name and not re.match(r"campaigns/[^/]+/", name)]
    return [path for path in found if path.is_file()]


def test_every_setting_is_in_the_table_with_its_default_and_meaning() -> None:
    listed = {name: (default or "", meaning) for name, default, meaning in ROW.findall(paper("docs/running.md"))}
    wanted = {
        f"PORTAL_{each.name.upper()}": (written(each.default), str(each.metadata["about"]).rstrip("."))
        for each in fields(Settings)
        if each.name != "endpoints"
    }
    assert list(listed) == list(wanted)
    for name, (default, meaning) in wanted.items():
        # A row may go on where the setting's own sentence ends.
        assert (name, *listed[name])[:2] == (name, default)
        assert listed[name][1].startswith(meaning), name
    assert "`PORTAL_ENDPOINT_…`" in paper("docs/running.md")


def written(default: object) -> str:
    """A default as somebody would type it."""
    if isinstance(default, bool):
        return str(default).lower()
    return ",".join(default) if isinstance(default, tuple) else str(default)


def test_every_table_is_among_the_words() -> None:
    words = paper("docs/words.md")
    assert [name for name in sorted(metadata.tables) if f"`{name}`" not in words] == []


def test_every_word_is_explained_once() -> None:
    words = re.findall(r"^\| (?!word \|)([^|]+?) \|", paper("docs/words.md"), re.MULTILINE)
    assert [word for word, times in Counter(words).items() if times > 1] == []


def test_every_command_of_a_checkout_is_explained() -> None:
    listed = subprocess.run([sys.executable, "dev.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  ([a-z]+) ", listed, re.MULTILINE)
    assert "demo" in commands
    explained = paper("README.md") + paper("CONTRIBUTING.md")
    assert [one for one in commands if not re.search(rf"\bmake {one}\b", explained)] == []


def test_every_layer_is_on_the_map() -> None:
    contract = tomllib.loads(paper("pyproject.toml"))["tool"]["importlinter"]["contracts"][0]
    wanted = [re.findall(r"\w+", layer) for layer in contract["layers"]]
    # The rows of the table, in its order: the modules named in the first cell of each.
    table = paper("docs/architecture.md").split("| line, from the top |", 1)[1].split("\n\n", 1)[0]
    rows = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in table.splitlines()[2:]]
    assert rows == wanted


def test_every_link_leads_somewhere() -> None:
    broken = []
    for path in papers():
        text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
        for one in LINK.findall(text):
            target = one[0] or one[1]
            if re.match(r"[a-z]+:", target):
                continue
            file, _, mark = target.partition("#")
            there = (path.parent / file).resolve() if file else path
            if not there.exists() or (mark and mark not in marks(there)):
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert broken == []


def marks(path: Path) -> list[str]:
    """What the headings of a paper are called in an address."""
    headings = HEADING.findall(path.read_text(encoding="utf-8"))
    return [re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings]


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    numbered = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert numbered == re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())
