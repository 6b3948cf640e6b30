"""What is read of web pages as they are found: every way to describe oneself, hostile ones, a thousand damaged ones."""

import json
import resource
import time

import pytest

from portal.inbox import drafting, pages
from portal.inbox.pages import Page, read, with_oembed
from tests.mutants import mutants

pytestmark = pytest.mark.once

URL = "https://noorderhout.example/werken/timmerman?bron=mail"

FULL = b"""<!doctype html>
<html lang="nl-NL"><head><meta charset="utf-8">
<title>Timmerman in Zwolle | Noorderhout</title>
<base href="/">
<meta property="og:title" content="Timmerman &amp; trap&shy;penmaker">
<meta property="og:description" content="Bouw mee aan &lt;b&gt;een huis per dag&lt;/b&gt;.">
<meta property="og:image" content="beelden/hal.jpg"><meta property="og:image:alt" content="De hal">
<meta property="og:site_name" content="Noorderhout"><meta property="og:type" content="article">
<meta name="twitter:title" content="Niet deze"><meta name="description" content="Ook deze niet">
<meta name="robots" content="NOINDEX, follow">
<link rel="canonical" href="/werken/timmerman"><link rel="icon" href="/favicon.ico">
<link rel="alternate" type="application/json+oembed" href="/oembed?u=1">
<script type="application/ld+json">
{"@context": "https://schema.org", "@graph": [
  {"@type": "WebSite", "name": "De website"},
  {"@type": ["JobPosting"], "title": "Timmerman", "validThrough": "2026-12-31"}
]}
</script>
</head><body><h1>Een kop</h1></body></html>"""


def test_a_page_that_says_everything() -> None:
    assert read(FULL, URL, "text/html") == Page(
        url=URL,
        title="Timmerman & trappenmaker",
        description="Bouw mee aan een huis per dag.",
        picture_url="https://noorderhout.example/beelden/hal.jpg",
        picture_alt="De hal",
        canonical="https://noorderhout.example/werken/timmerman",
        language="nl",
        noindex=True,
        site_name="Noorderhout",
        oembed_url="https://noorderhout.example/oembed?u=1",
        types=frozenset({"article", "website", "jobposting"}),
        postings=[{"@type": ["JobPosting"], "title": "Timmerman", "validThrough": "2026-12-31"}],
    )


def page_of(head: str, body: str = "", *, content_type: str = "text/html") -> Page:
    return read(f"<html><head>{head}</head><body>{body}</body></html>".encode(), URL, content_type)


@pytest.mark.parametrize(
    ("head", "body", "title"),
    [
        ('<meta name="twitter:title" content="Van Twitter"><title>Kop</title>', "", "Van Twitter"),
        ('<script type="application/ld+json">{"@type":"NewsArticle","headline":"Nieuws"}</script>', "", "Nieuws"),
        ('<script type="application/ld+json">[{"@type":"Event","name":"Open dag"}]</script>', "", "Open dag"),
        ('<script type="application/ld+json">{"@type":"Organization","name":"Wij"}</script>', "<h1>Kop</h1>", "Kop"),
        ("<title>  Van\n het\ttabblad </title>", "", "Van het tabblad"),
        ('<meta property="og:site_name" content="Noorderhout"><title>Open dag – Noorderhout</title>', "", "Open dag"),
        ("", "<h1>Alleen <em>een</em> kop</h1>", "Alleen een kop"),
        ('<meta property="og:title" content=""><title>De kop</title>', "", "De kop"),
        ('<meta content="Andersom" property="og:title">', "", "Andersom"),
        ("<META PROPERTY='OG:TITLE' CONTENT='In kapitalen'>", "", "In kapitalen"),
        ("", "", ""),
    ],
)
def test_where_a_title_comes_from(head: str, body: str, title: str) -> None:
    assert page_of(head, body).title == title


@pytest.mark.parametrize(
    ("head", "body", "picture"),
    [
        ('<meta property="og:image:url" content="/a.jpg">', "", "/a.jpg"),
        (
            '<meta property="og:image" content="/a.jpg"><meta property="og:image:secure_url" content="/b.jpg">',
            "",
            "/b.jpg",
        ),
        ('<meta name="twitter:image" content="/t.png">', "", "/t.png"),
        ('<script type="application/ld+json">{"@type":"Article","name":"A","image":["/l.jpg"]}</script>', "", "/l.jpg"),
        (
            '<script type="application/ld+json">{"@type":"Article","name":"A","image":{"url":"/o.jpg"}}</script>',
            "",
            "/o.jpg",
        ),
        ('<link rel="image_src" href="/oud.jpg">', "", "/oud.jpg"),
        (
            "",
            '<nav><img src="/logo.png"></nav><article><img src="/logo.svg"><img src="/foto.jpg"></article>',
            "/foto.jpg",
        ),
        ("", '<img src="/los.jpg">', ""),
        ('<meta property="og:image" content="data:image/png;base64,AAAA">', "", ""),
        ('<meta property="og:image" content="javascript:alert(1)">', "", ""),
        ('<meta property="og:image" content="http://[kapot/">', "", ""),
    ],
)
def test_where_a_picture_comes_from(head: str, body: str, picture: str) -> None:
    assert page_of(head, body).picture_url == (f"https://noorderhout.example{picture}" if picture else "")


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        ('<script type="application/ld+json">{"@type":"JobPosting","title":"Timmerman"}</script>', "vacancy"),
        (
            '<script type="application/ld+json">{"@type":"https://schema.org/BusinessEvent","name":"D"}</script>',
            "event",
        ),
        ('<script type="application/ld+json">{"@type":"VideoObject","name":"V"}</script>', "video"),
        ('<meta property="og:type" content="video.other">', "video"),
        ('<meta property="og:type" content="article">', "article"),
        ("", "article"),
    ],
)
def test_the_kind_of_item_it_would_make(head: str, kind: str) -> None:
    assert drafting.kind_of(page_of(head)) == kind


@pytest.mark.parametrize(
    "body",
    [
        '<b @click="x" :class="y">',
        '<p {{z}} "=a 1=2>',
        "<svg:rect x:y=1>",
        "<o:p>",
        "<p>&#27;&#0;",
        "<!-- &#0; --><?x?>",
    ],
)
def test_what_no_tree_can_hold_hides_nothing_else(body: str) -> None:
    assert page_of("<title>Kop</title>", f"{body}<article><img src=/foto.jpg></article>") == Page(
        URL, "Kop", picture_url="https://noorderhout.example/foto.jpg"
    )


def test_a_vacancy_marked_in_html() -> None:
    body = '<div itemscope itemtype="https://schema.org/JobPosting"><h1 itemprop="title">Zager</h1></div>'
    page = page_of("", body)
    posting = drafting.posting_of(page)
    assert posting is not None
    assert (posting.title, drafting.kind_of(page)) == ("Zager", "vacancy")


def test_what_is_no_page_says_nothing() -> None:
    for kind in ("application/pdf", "image/jpeg", "application/json", "text/css"):
        assert read(FULL, URL, kind) == Page(URL)
    assert read(b"", URL, "text/html") == Page(URL)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("<title>Één café</title>".encode(), "text/html"),
        ("<title>Één café</title>".encode("windows-1252"), "text/html"),
        ("<title>Één café</title>".encode("latin-1"), "text/html; charset=ISO-8859-1"),
        ('<meta charset="windows-1252"><title>Één café</title>'.encode("windows-1252"), "text/html"),
        ("<title>Één café</title>".encode("utf-16"), "text/html"),
        (b"\xef\xbb\xbf" + "<title>Één café</title>".encode(), "text/html; charset=utf-8"),
        ("<title>Één café</title>".encode(), "text/html; charset=rot13"),
    ],
)
def test_letters_as_they_were_meant(body: bytes, content_type: str) -> None:
    assert read(body, URL, content_type).title == "Één café"


def test_oembed_fills_in_what_is_missing() -> None:
    said = json.dumps({"type": "video", "title": "Een huis in een dag", "thumbnail_url": "/duim.jpg"}).encode()
    filled = with_oembed(Page(URL), said)
    assert (filled.title, filled.picture_url) == ("Een huis in een dag", "https://noorderhout.example/duim.jpg")
    assert drafting.kind_of(filled) == "video"
    assert with_oembed(Page(URL, title="Eigen titel"), said).title == "Eigen titel"
    for broken in (b"", b"[]", b"{", b'{"title": 7}', b"[" * 100_000, b"\xff"):
        assert with_oembed(Page(URL), broken) == Page(URL)


def test_signs_nobody_sees_stay_behind() -> None:
    page = page_of('<meta property="og:title" content="a&#8238;b&#0;c&#27;[2J&#xd800;d\u200be&#127;👩\u200d🔧">')
    assert page.title.isprintable() or "\u200d" in page.title
    assert page.title.replace("\ufffd", " ").split() == ["a", "b", "c", "[2J", "d", "e", "👩\u200d🔧"]


HOSTILE = {
    "brackets": "<",
    "comments": "<!--",
    "open tags": "<a ",
    "quotes": '<a a="',
    "scripts": "<script>",
    "depth": "<div>",
    "misnested": "<b><p>",
    "tables": "<table><td>",
    "entities": "&#",
    "tags": '<meta property="og:title" content="x">',
    "data": "<script type='application/ld+json'>[[[[",
    "objects": '<script type="application/ld+json">{"a":{"@type":"Event"}}</script>',
    "pictures": "<article><img src=x>",
    "markup in a text": '<meta name="description" content="<<<<<<<<<<<<<<">',
}


@pytest.mark.parametrize("piece", HOSTILE.values(), ids=HOSTILE)
def test_a_megabyte_of_anything_is_read_within_a_second(piece: str) -> None:
    body = (piece * (pages.LARGEST // len(piece) + 1)).encode()
    before = time.thread_time()
    read(body, URL, "text/html")
    assert time.thread_time() - before < 1


def test_a_tag_with_a_hundred_thousand_attributes() -> None:
    body = f"<title>Kop</title><p {' '.join(f'a{number}' for number in range(100_000))}>Een alinea</p>"
    before = time.thread_time()
    assert page_of("", body).title == "Kop"
    assert time.thread_time() - before < 1


def test_data_that_never_ends_its_brackets() -> None:
    for data in ("[" * 250_000, '{"a":' * 50_000, "9" * 250_000, "[" + "1," * 120_000 + "1]", '"\\ud800"', "NaN"):
        before = time.thread_time()
        page_of(f'<title>Kop</title><script type="application/ld+json">{data}</script>')
        assert time.thread_time() - before < 1


def test_a_thousand_damaged_copies_of_a_page() -> None:
    whole = read(FULL, URL, "text/html")
    before, still_titled = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0
    for mutant in mutants(FULL, 1000, seed=20):
        began = time.thread_time()
        page = with_oembed(read(mutant, URL, "text/html"), mutant)
        assert time.thread_time() - began < 1
        for text in (page.title, page.description, page.picture_alt, page.site_name):
            assert text == " ".join(text.split())
            text.encode()
        assert all(url == "" or url.startswith(("https://", "http://")) for url in (page.picture_url, page.canonical))
        still_titled += page.title == whole.title
    assert still_titled > 300
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000
