"""What is read of careers pages: JobPosting in the shapes it is found in, and the lists that lead to it."""

import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from portal import i18n, settings
from portal.inbox import addresses, careers, feeds, postings
from portal.settings import Settings

SAMPLES = Path(__file__).parent / "samples"
URL = "https://noorderhout.example/vacatures"


@pytest.fixture(autouse=True)
def in_force(chosen: Settings) -> None:
    settings.put_in_force(chosen)


def on_page(name: str) -> list[tuple[str, str, str, str, datetime | None]]:
    found = careers.on_page((SAMPLES / name).read_bytes(), URL, "text/html")
    return [(each.title, each.url, each.place, each.hours, each.valid_through) for each in found]


def test_a_plain_one() -> None:
    assert on_page("posting.html") == [
        ("Timmerman", URL, "Zwolle", "Voltijd", datetime(2026, 12, 18, 22, 59, 59, tzinfo=UTC))
    ]
    [entry] = careers.on_page((SAMPLES / "posting.html").read_bytes(), URL, "text/html")
    assert entry.summary == "Je bouwt binnen, ook als het regent. Vast team Eigen gereedschap"
    assert postings.last_day(entry.valid_through) == date(2026, 12, 18)


def test_inside_a_graph_with_several_places() -> None:
    # A day counts to its end in Zwolle, which is an hour before midnight in UTC.
    assert on_page("posting-graph.html") == [
        (
            "Werkvoorbereider & planner",
            URL,
            "Zwolle, Gent",
            "32 tot 40 uur",
            datetime(2026, 12, 31, 23, tzinfo=UTC),
        )
    ]


def test_several_on_one_page_are_told_apart() -> None:
    assert on_page("posting-list.html") == [
        ("Magazijnmedewerker", URL, "Zwolle", "Deeltijd", datetime(2026, 12, 31, 23, tzinfo=UTC)),
        ("Magazijnmedewerker", URL, "Houtdok 3, Gent", "", None),
        ("Chauffeur", "https://noorderhout.example/chauffeur", "", "", datetime(2026, 12, 24, 23, tzinfo=UTC)),
    ]
    found = careers.on_page((SAMPLES / "posting-list.html").read_bytes(), URL, "text/html")
    assert [each.key for each in found] == [
        "https://noorderhout.example/vacatures#nh-1",
        "https://noorderhout.example/vacatures#nh-2",
        "https://noorderhout.example/chauffeur",
    ]


def test_written_carelessly() -> None:
    assert on_page("posting-loose.html") == [
        ("Loodgieter met gevoel voor hout", URL, "Vanuit huis", "Voltijd of deeltijd", None)
    ]
    [entry] = careers.on_page((SAMPLES / "posting-loose.html").read_bytes(), URL, "text/html")
    assert entry.summary == "Water waar het hoort, nergens anders."


def test_marked_in_the_html() -> None:
    assert on_page("posting-microdata.html") == [
        ("Schilder (m/v/x)", URL, "Gent", "24 uur", datetime(2027, 1, 15, 23, tzinfo=UTC))
    ]


def test_of_other_types_than_they_should_be() -> None:
    assert on_page("posting-odd.html") == [
        ("Elektricien", URL, "Zwolle, Oost-Vlaanderen, Deventer en meer", "Voltijd", None)
    ]


def test_words_come_in_the_language_of_the_source() -> None:
    with i18n.in_language("en"):
        assert [row[2:4] for row in on_page("posting-loose.html")] == [("From home", "Full-time or part-time")]


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"title": ""},
        {"title": None, "name": []},
        {"title": "<script>alert(1)</script>"},
        {"title": {"a": 1}},
        {"title": True},
    ],
)
def test_without_a_title_it_is_none(data: dict[str, object]) -> None:
    assert postings.read(data, URL) is None


@pytest.mark.parametrize("value", [None, [], {}, 7, 1e308, True, [[[[]]]], {"a": {"b": []}}, "", "\x00", "x" * 100_000])
def test_any_property_may_be_anything(value: object) -> None:
    names = (
        *("url", "description", "jobLocation", "validThrough", "workHours", "employmentType", "identifier"),
        *("hiringOrganization", "datePosted", "jobLocationType"),
    )
    for name in names:
        posting = postings.read({"title": "Timmerman", name: value}, URL)
        assert posting is not None
        assert (posting.title, posting.url) == ("Timmerman", URL)
        assert "\x00" not in f"{posting.place}{posting.hours}{posting.description}{posting.identity}"


def listed(name: str, url: str = "https://noorderhout.example/werken-bij") -> careers.Listing:
    body = (SAMPLES / name).read_bytes().replace(b"{site}", b"https://noorderhout.example")
    return careers.read(body, url, "")


def test_a_careers_page_leads_to_the_pages_below_it() -> None:
    assert listed("careers.html").pages == [
        "https://noorderhout.example/werken-bij/timmerman",
        "https://noorderhout.example/werken-bij/werkvoorbereider",
        "https://noorderhout.example/werken-bij/team",
    ]


def test_a_sitemap_leads_to_what_speaks_of_work() -> None:
    assert listed("sitemap.xml").pages == [
        "https://noorderhout.example/vacatures/timmerman",
        "https://noorderhout.example/vacatures/schilder",
    ]


def test_a_packed_sitemap_is_unpacked_as_far_as_is_sensible() -> None:
    packed = gzip.compress((SAMPLES / "sitemap.xml").read_bytes().replace(b"{site}", b"https://noorderhout.example"))
    assert len(careers.read(packed, "https://noorderhout.example/sitemap.xml.gz", "").pages) == 2
    bomb = gzip.compress(b"<urlset>" + b" " * 200_000_000)
    assert careers.read(bomb, "https://noorderhout.example/sitemap.xml.gz", "").pages == []


def test_an_index_of_sitemaps_leads_to_the_promising_ones_first() -> None:
    assert listed("sitemap-index.xml").lists == [
        "https://noorderhout.example/vacature-sitemap.xml.gz",
        "https://noorderhout.example/page-sitemap.xml",
    ]


def test_a_feed_of_vacancies_is_a_list_too() -> None:
    found = listed("vacancies.rss")
    assert [(each.title, each.kind) for each in found.entries] == [
        ("Timmerman", "vacancy"),
        ("Stagiair(e) marketing", "vacancy"),
    ]
    assert len(found.pages) == 2


def test_a_page_names_its_feed() -> None:
    text = (SAMPLES / "page-with-feed.html").read_text()
    assert careers.feed_named_in(text, "https://noorderhout.example/nieuws") == "https://noorderhout.example/feed.xml"
    assert careers.feed_named_in("<html><body>none</body></html>", URL) == ""


def test_something_else_is_no_list() -> None:
    with pytest.raises(feeds.NoFeed):
        careers.read(b"plain words", URL, "text/plain")


@pytest.mark.parametrize(
    "url",
    [
        "http://noorderhout.example/hout/",
        "https://www.noorderhout.example/hout",
        "HTTPS://Noorderhout.Example:443/hout#deel-2",
        "https://noorderhout.example/hout?utm_source=rss&fbclid=1",
        "https://noorderhout.example/zaag/../hout//",
        "https://noorderhout.example/h%6fut",
        "https://www.google.com/url?rct=j&sa=t&url=https://noorderhout.example/hout&ct=ga",
    ],
)
def test_addresses_of_one_page_are_one(url: str) -> None:
    assert addresses.canonical(url) == "https://noorderhout.example/hout"


def test_addresses_of_other_pages_are_others() -> None:
    different = [
        "https://noorderhout.example/hout",
        "https://noorderhout.example/Hout",
        "https://noorderhout.example/hout?id=1",
        "https://noorderhout.example/hout?id=2",
        "https://noorderhout.example:8443/hout",
        "https://hout.noorderhout.example/",
        "https://nóórderhout.example/hout",
    ]
    assert len({addresses.canonical(url) for url in different}) == len(different)
    assert addresses.canonical("https://a.example/?b=2&a=1") == addresses.canonical("https://a.example?a=1&b=2")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "ftp://a.example/",
        "//a.example",
        "http://[",
        "x",
        "http://",
        "https://a\x00.example/",
        "https://a.example/\ud800",
    ],
)
def test_what_is_no_web_address_has_no_spelling(url: str) -> None:
    assert addresses.canonical(url) == ""


def test_only_what_tells_who_came_is_left_out_of_an_address() -> None:
    assert (
        addresses.untracked("https://a.example/x?b=2&utm_source=rss&a=%20é&UTM_Medium=y#deel")
        == "https://a.example/x?b=2&a=%20é#deel"
    )
    assert addresses.untracked("https://a.example/x?utm_source=rss") == "https://a.example/x"
