"""Reads answers the way a person does: the words in an element, the addresses behind buttons."""

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from httpx2 import Response

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    ancestors: list["Element"]
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())

    def is_a(self, simple: str) -> bool:
        """Whether one step of a selector fits: `tag`, `.class`, `#id` and `[name=value]`, in that order."""
        tag, rest = re.match(r"([\w-]*)(.*)", simple).groups()  # type: ignore[union-attr]
        classes = set(re.findall(r"\.([\w-]+)", rest))
        return (
            tag in ("", self.tag)
            and classes <= set(self.attributes.get("class", "").split())
            and all(self.attributes.get("id") == each for each in re.findall(r"#([\w-]+)", rest))
            and all(self.attributes.get(key) == value for key, value in re.findall(r"\[([\w-]+)=([^\]]*)\]", rest))
        )


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.open: list[Element] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {key: value or "" for key, value in attrs}, list(self.open))
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop().tag != tag:
            pass

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, {key: value or "" for key, value in attrs}, list(self.open)))

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.words.append(data)


def find(answer: Response, selector: str) -> list[Element]:
    """The elements a selector of simple steps (`.item h2`) names, in the order of the page."""
    page = _Page()
    page.feed(answer.text)
    *outer, last = selector.split()

    def fits(element: Element) -> bool:
        ancestors = iter(element.ancestors)
        return element.is_a(last) and all(any(each.is_a(step) for each in ancestors) for step in outer)

    return [element for element in page.elements if fits(element)]


def texts(answer: Response, selector: str) -> list[str]:
    return [element.text for element in find(answer, selector)]


def attributes(answer: Response, selector: str, name: str) -> list[str]:
    return [element.attributes.get(name, "") for element in find(answer, selector)]
