"""How the policy is written: plain text with headings, paragraphs and lists, read into what a page can show."""

from dataclasses import dataclass

MARKS = {"*": "point", "•": "point", "+": "do", "-": "rather_not", "–": "rather_not"}
"""What a line begins with, and what list it then is part of."""


@dataclass(frozen=True)
class Passage:
    """A paragraph of one line, or a list of several."""

    kind: str
    """text, point, do or rather_not."""
    lines: list[str]


@dataclass(frozen=True)
class Section:
    heading: str
    """"" for what comes before the first heading."""
    passages: list[Passage]


def sections(body: str) -> list[Section]:
    """The parts of `body`. A line with `#` before it is a heading; `+` is a do, `-` a rather not, `*` just a list."""
    found: list[Section] = []
    heading, kept = "", list[tuple[str, str]]()
    for line in [*(line.strip() for line in body.split("\n")), "#"]:
        if line == "#" or line.startswith("# "):
            if heading or any(words for _, words in kept):
                found.append(Section(heading, _passages(kept)))
            heading, kept = line.lstrip("#").strip(), []
        elif line[:2].rstrip() in MARKS and line[1:].strip():
            kept.append((MARKS[line[0]], line[1:].strip()))
        else:
            kept.append(("text", line))
    return found


def _passages(lines: list[tuple[str, str]]) -> list[Passage]:
    """Neighbouring lines of a kind are one passage; a blank line ends a paragraph, and no list."""
    found, before = list[Passage](), ""
    for kind, words in lines:
        goes_on = bool(found) and found[-1].kind == kind
        if kind != "text" and goes_on:
            found[-1].lines.append(words)
        elif words and goes_on and before:
            found[-1].lines[0] += f" {words}"
        elif words:
            found.append(Passage(kind, [words]))
        before = words
    return found
