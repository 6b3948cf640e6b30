"""What is read of feeds as they are found: every format, broken ones, hostile ones, and a thousand damaged copies."""

import resource
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal import settings
from portal.inbox import careers, feeds, markup
from portal.settings import Settings
from tests.mutants import mutants

SAMPLES = Path(__file__).parent / "samples"
URL = "https://noorderhout.example/feed"

# Of each feed: title, address and summary of every entry.
READ = {
    "rss-0.91.xml": [
        (
            "Café voor buren op zaterdag",
            "https://nieuws.noorderhout.example/cafe",
            "De koffie staat klaar én de deuren open.",
        ),
        ("Tweede hal in gebruik", "https://nieuws.noorderhout.example/hal-2", ""),
    ],
    "rss-0.92.xml": [("Vandaag het honderdste dak gelegd. Lees verder", "https://noorderhout.example/dak-100", "")],
    "rss-1.0.rdf": [
        (
            "Het eerste huis uit 1962",
            "https://archief.noorderhout.example/1962",
            "Het staat er nog, met het eerste hang- en sluitwerk.",
        )
    ],
    "rss-2.0.xml": [
        (
            "Zo bouw je een huis in ’n dag & een nacht",
            "https://noorderhout.example/2026/11/huis-in-een-dag/",
            "Wie om zes uur begint, zit om zes uur binnen – met de kachel aan. […] "
            "Het bericht Zo bouw je verscheen eerst op Noorderhout.",
        ),
        ("Open dag: 28 november", "https://noorderhout.example/open-dag", "Kom kijken in de hal."),
    ],
    "atom-1.0.xml": [
        ("Wat <b> doet in een titel", "https://blog.noorderhout.example/2026/titels", "Een titel is tekst."),
        ("Hout & water", "https://blog.noorderhout.example/2026/water", "Waarom hout ademt."),
    ],
    "atom-0.3.xml": [
        ("Een oude balk krijgt een nieuw leven", "https://oud.noorderhout.example/balk", "Uit de sloop, in de vloer.")
    ],
    "alert.xml": [
        (
            "Noorderhout opent leerwerkplaats - De Stadskrant",
            "https://stadskrant.example/zwolle/leerwerkplaats?id=12",
            "De houtbouwer Noorderhout leidt er twaalf ...",
        )
    ],
    "feed-1.1.json": [
        ("Een dak van twaalf meter", "https://kort.noorderhout.example/dak", "Op één vrachtwagen."),
        (
            "De stadskrant schrijft over onze prijs voor het stilste bouwproject.",
            "https://stadskrant.example/prijs",
            "",
        ),
    ],
    "feed-1.0.json": [
        ("Zeventien", "https://noorderhout.example/17", "De zeventiende"),
        ("Zonder titel", "https://reeks.noorderhout.example/18", ""),
    ],
    "utf-16.xml": [("Één bericht in zestien bits", "https://nieuws.noorderhout.example/bits", "")],
    "broken-ampersands.xml": [
        (
            "Hout & steen: vraag & antwoord",
            "https://nieuws.noorderhout.example/vragen?a=1&b=2",
            "Wat kost een huis van hout? Minder dan je denkt… &bogus;",
        )
    ],
    "broken-unescaped.xml": [
        ("Een vet bericht", "https://nieuws.noorderhout.example/vet", "Eerste alinea tweede regel"),
        ("Het volgende & het laatste", "https://nieuws.noorderhout.example/volgende", ""),
    ],
    "broken-cut-off.xml": [
        ("Dit bericht is heel", "https://nieuws.noorderhout.example/heel", "Helemaal."),
        ("Dit bericht breekt af", "https://nieuws.noorderhout.example/breekt", "Halverwege een z"),
    ],
    "broken-charset.xml": [("Eén café, één façade", "https://nieuws.noorderhout.example/tekens", "")],
    "broken-control.xml": [("Belletje en tab[31m", "https://nieuws.noorderhout.example/signalen", "")],
    "broken-namespaces.xml": [("Niemand zei wat dc is", "https://nieuws.noorderhout.example/dc", "De inhoud.")],
    "hostile-dtd.xml": [("Alleen een verwijzing &onbekend;", "https://nieuws.noorderhout.example/dtd", "")],
}


@pytest.fixture(autouse=True)
def in_force(chosen: Settings) -> None:
    settings.put_in_force(chosen)


def read(name: str, url: str = URL) -> list[feeds.Entry]:
    return feeds.read(markup.decoded((SAMPLES / name).read_bytes()), url)


@pytest.mark.parametrize("name", READ)
def test_a_feed_is_read(name: str) -> None:
    assert [(each.title, each.url, each.summary) for each in read(name)] == READ[name]


def test_days_and_pictures_are_read_in_every_spelling() -> None:
    found = {name: [(each.published_at, each.picture_url) for each in read(name)] for name in READ}
    assert found["rss-2.0.xml"] == [
        (datetime(2026, 11, 16, 9, tzinfo=UTC), "https://noorderhout.example/uploads/hal.jpg"),
        (datetime(2026, 11, 13, 7, tzinfo=UTC), "https://noorderhout.example/uploads/open-dag.jpg"),
    ]
    assert found["rss-1.0.rdf"] == [(datetime(2026, 11, 2, 7, 30, tzinfo=UTC), "")]
    assert found["atom-1.0.xml"][0] == (
        datetime(2026, 11, 18, 10, 30, 2, 250_000, tzinfo=UTC),
        "https://blog.noorderhout.example/beeld/titels.jpg",
    )
    assert found["atom-0.3.xml"] == [(datetime(2026, 10, 1, 10, tzinfo=UTC), "")]
    assert found["feed-1.1.json"][0] == (
        datetime(2026, 11, 17, 15, 20, tzinfo=UTC),
        "https://kort.noorderhout.example/dak.jpg",
    )
    assert found["broken-namespaces.xml"] == [(datetime(2026, 11, 5, 9, tzinfo=UTC), "")]
    assert found["rss-0.92.xml"] == [(None, "https://werkplaats.noorderhout.example/dak.jpg")]


def test_links_that_lead_nowhere_are_left_out_and_markup_in_a_text_is_text() -> None:
    found = read("hostile-links.xml")
    assert [(each.title, each.url) for each in found] == [
        ("<script>alert(1)</script> als tekst", ""),
        ("Als opmaak", ""),
        ("Binnen", ""),
        ("Een goede", "https://nieuws.noorderhout.example/goed"),
    ]
    assert len({each.key for each in found}) == 4


@pytest.mark.parametrize("name", ["hostile-laughs.xml", "hostile-entity.xml"])
def test_a_feed_with_building_blocks_of_its_own_is_refused(name: str) -> None:
    with pytest.raises(markup.Unsafe):
        read(name)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" \n\n",
        b"<html><body>404</body></html>",
        b'{"version": 1}',
        b"{" * 100_000,
        b"[]",
        b"null",
        b"plain words",
        b"<",
        b"<rss",
        b"\x00\x01\x02",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_what_is_no_feed_is_refused_or_holds_nothing(content: bytes) -> None:
    with suppress(feeds.NoFeed):
        assert feeds.read(markup.decoded(content), URL) == []


# Each asks a careless reader for time that grows with the square of its length, or for memory beyond measure.
ENDLESS = {
    "blank lines": b"\n" * 1_000_000 + b"<rss><channel><item><title>T</title></item></channel></rss>",
    "open tags": b"<rss><channel>" + b"<item><title>" * 60_000,
    "brackets": b"<rss><channel><item><title>" + b"<" * 500_000,
    "ampersands": b"<rss><channel><item><title>" + b"&" * 500_000,
    "marked sections": b"<rss><channel><item>" + b"<![CDATA[" * 60_000,
    "comments": b"<rss><channel><item>" + b"<!--" * 100_000,
    "attributes": b"<rss><channel><item " + b'a="b" ' * 80_000 + b"/>",
    "declarations": b"<!DOCTYPE " * 50_000,
    "entities": b"<!DOCTYPE rss [" + b'<!ENTITY a "b">' * 30_000 + b"]><rss/>",
    "pictures": b"<rss><channel><item><description><![CDATA[" + b"<img " * 100_000 + b"]]></description></item>",
    "one long text": b"<rss><channel><item><title>" + b"a " * 500_000 + b"</title></item></channel></rss>",
    "quadratic": b'<!DOCTYPE rss [<!ENTITY a "' + b"x" * 50_000 + b'">]><rss>' + b"&a;" * 50_000 + b"</rss>",
    "items": b"<rss><channel>" + b"<item><title>T</title></item>" * 60_000,
    "spaces in json": b'{"items": [' + b'{"title": "T"},' * 60_000 + b'{"title": "T"}]}',
}


@pytest.mark.parametrize("name", ENDLESS)
def test_no_feed_keeps_us_busy_for_long(name: str) -> None:
    longest, grown = seconds_and_megabytes([ENDLESS[name]])
    assert (longest < 1.0, grown < 50.0) == (True, True)


@pytest.mark.parametrize(
    "name", ["rss-0.91.xml", "rss-1.0.rdf", "rss-2.0.xml", "atom-1.0.xml", "alert.xml", "feed-1.1.json", "utf-16.xml"]
)
def test_a_thousand_damaged_copies_of_a_feed_are_survived(name: str) -> None:
    sample = (SAMPLES / name).read_bytes()
    copies = list(mutants(sample, 1000, seed=20_261_122))
    longest, grown = seconds_and_megabytes(copies)
    assert (len(copies), longest < 1.0, grown < 50.0) == (1000, True, True)


@pytest.mark.parametrize("name", ["posting.html", "posting-graph.html", "posting-microdata.html", "sitemap.xml"])
def test_a_thousand_damaged_copies_of_a_list_of_vacancies_are_survived(name: str) -> None:
    sample = (SAMPLES / name).read_bytes()
    copies = list(mutants(sample, 1000, seed=4711))
    longest, grown = seconds_and_megabytes(copies, vacancies=True)
    assert (len(copies), longest < 1.0, grown < 50.0) == (1000, True, True)


def seconds_and_megabytes(bodies: list[bytes], *, vacancies: bool = False) -> tuple[float, float]:
    """The longest time the processor took over one of them, and by how much memory grew over all."""
    before, longest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, 0.0
    for body in bodies:
        began = time.process_time()
        try:
            found = careers.read(body, URL, "").entries if vacancies else feeds.read(markup.decoded(body), URL)
            for each in found:
                texts = "".join(value for value in vars(each).values() if isinstance(value, str))
                texts.encode()  # it can be stored and sent
                assert "\x00" not in texts
        except (feeds.NoFeed, markup.Unsafe):
            pass
        longest = max(longest, time.process_time() - began)
    return longest, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
