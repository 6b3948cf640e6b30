"""Folders, templates and what pages are made of keep to the house's order."""

import ast
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import meta

from portal import html

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = ROOT / "templates"
CAPABILITIES = {folder.parent.name for folder in ROOT.glob("portal/*/__init__.py")}
EVERY = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
# A mail and a signature are read by mail programs, which know inline styles only.
MAIL = [name for name in EVERY if name.startswith("mail/") or Path(name).name.startswith("_signature")]
SHOWN = [name for name in EVERY if name not in MAIL]
PIECES = [name for name in SHOWN if Path(name).name.startswith("_")]
PAGES = [name for name in SHOWN if "/" in name and name not in PIECES]
# The only module that may declare a computed text to be HTML.
RENDERS = {"portal/html.py"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


def test_templates_and_tests_are_named_after_capabilities() -> None:
    templates = {path.name for path in TEMPLATES.iterdir() if path.is_dir()}
    tests = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and path.name[0] not in "._"}
    assert templates - CAPABILITIES <= {"errors", "mail"}
    assert tests - CAPABILITIES <= {"house", "browser", "peers"}


def test_files_are_named_for_the_domain() -> None:
    attics = {"services", "utils", "helpers", "common", "managers", "misc"}
    assert [str(path) for path in ROOT.glob("portal/**/*") if path.stem in attics] == []


def test_no_capability_takes_anything_from_another_s_routes() -> None:
    taken = []
    for path in ROOT.glob("portal/*/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{each.name}" for each in node.names]
            elif isinstance(node, ast.Import):
                names = [each.name for each in node.names]
            else:
                continue
            own = f"portal.{path.relative_to(ROOT / 'portal').parts[0]}."
            is_route = re.compile(r"portal\.\w+\.(?:\w+_)?routes\b")
            taken += [f"{path.name}: {name}" for name in names if is_route.match(name) and not name.startswith(own)]
    assert taken == []


@pytest.mark.parametrize("name", EVERY)
def test_a_template_compiles_and_what_it_names_is_there(name: str) -> None:
    environment = html.environment()
    environment.get_template(name)
    named = meta.find_referenced_templates(environment.parse(source(name)))
    assert [one for one in named if one is not None and one not in EVERY] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_stands_in_a_frame_and_has_a_title(name: str) -> None:
    text = source(name)
    framed = bool(re.search(r"{%-?\s*extends ", text)) or "<!doctype html>" in text  # or it is one itself
    assert (framed, bool(re.search(r"{%-?\s*block title\b", text))) == (True, True)


@pytest.mark.parametrize("name", PIECES)
def test_a_piece_says_what_it_needs_and_has_one_root_with_an_id(name: str) -> None:
    text = source(name)
    assert text.startswith("{#"), "its first line is a comment that names its variables"
    assert not re.search(r"{%-?\s*extends ", text), "a piece is sent alone, without a frame"
    without_macros = re.sub(r"{%-?\s*macro .*?endmacro\s*-?%}", "", text, flags=re.DOTALL)
    roots = elements(without_macros).roots
    if [(tag, attributes.get("aria-hidden")) for tag, attributes in roots] == [("svg", "true")]:
        return  # a drawing, never sent alone
    # Two roots are one when they are the branches of a choice: then both have the same id.
    assert len({attributes.get("id") for _, attributes in roots}) == 1, roots
    assert all(attributes.get("id") for _, attributes in roots), roots


@pytest.mark.parametrize("name", SHOWN)
def test_a_template_holds_no_style_and_no_script_of_its_own(name: str) -> None:
    inline = []
    for tag, attributes in elements(source(name)).every:
        inline += [f"<{tag} {key}>" for key in attributes if key == "style" or key.startswith(("on", "hx-on"))]
        inline += [f"<{tag}>"] if tag == "style" and "nonce" not in attributes else []
        inline += ["<script>"] if tag == "script" and not {"src", "nonce"} & attributes.keys() else []
        values = [value for value in attributes.values() if value]
        inline += [value for value in values if value.strip().lower().startswith(("javascript:", "js:"))]
    assert inline == []


@pytest.mark.parametrize("name", EVERY)
def test_a_template_never_declares_a_value_safe(name: str) -> None:
    assert re.findall(r"\|\s*safe\b|{%-?\s*autoescape\b", source(name)) == []


def test_text_becomes_html_in_one_place_only() -> None:
    declared = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted(ROOT.glob("portal/**/*.py"))
        if path.relative_to(ROOT).as_posix() not in RENDERS
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "Markup"
        # Written out in full it is ours; what format() then fills in is escaped.
        if not isinstance(node.args[0], ast.Constant)
    ]
    assert declared == []


def test_every_module_opens_with_a_sentence() -> None:
    folders = ("portal", "tests", "benchmarks", "alembic")
    modules = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    silent = [
        str(path.relative_to(ROOT))
        for path in modules
        if "node_modules" not in path.parts and path.stat().st_size
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def source(name: str) -> str:
    return (TEMPLATES / name).read_text()


def elements(text: str) -> "Elements":
    """The HTML of a template as far as it is written out: every branch, with values left open."""
    text = re.sub(r"{#.*?#}", "", text, flags=re.DOTALL)
    text = re.sub(r"{{.*?}}", "value", text, flags=re.DOTALL)
    text = re.sub(r"{%.*?%}", " ", text, flags=re.DOTALL)
    parser = Elements()
    parser.feed(text)
    parser.close()
    return parser


class Elements(HTMLParser):
    """Collects start tags with their attributes: every one, and those that stand in no other."""

    def __init__(self) -> None:
        super().__init__()
        self.every: list[tuple[str, dict[str, str | None]]] = []
        self.roots: list[tuple[str, dict[str, str | None]]] = []
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = (tag, dict(attrs))
        self.every.append(element)
        if not self._open:
            self.roots.append(element)
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            while self._open.pop() != tag:
                pass
