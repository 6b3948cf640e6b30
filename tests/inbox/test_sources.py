"""Sources: added through the form, looked at by jobs over the network, and left alone for longer when they fail."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import select

from portal import clock, settings
from portal.campaigns.models import Item
from portal.database import Database
from portal.inbox import candidates as candidates_of
from portal.inbox import careers, feeds, markup, sources
from portal.inbox.models import Candidate, Source
from portal.jobs import Job, Runner
from portal.people.models import AuditEntry
from tests import make
from tests.client import Client
from tests.inbox.conftest import Sample
from tests.mutants import mutants
from tests.website import Reply, Request, Website

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=clock.zone())
FEED = "application/rss+xml"


@pytest.fixture(autouse=True)
def at() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def form(url: str, **more: str) -> dict[str, str]:
    return {"kind": "feed", "url": url, "name": "Nieuws", "language": "nl", "campaign": ""} | more


def add(bram: Client, db: Database, url: str, **more: str) -> Source:
    """A source, added through the form and looked at once."""
    assert bram.post("/inbox/sources", data=form(url, **more)).status_code == 303
    Runner(db).run_due()
    return source_of(db)


def source_of(db: Database) -> Source:
    with db.reading() as session:
        return session.scalars(select(Source)).one()


def candidates(db: Database) -> list[Candidate]:
    with db.reading() as session:
        return list(session.scalars(select(Candidate).order_by(Candidate.id)))


def look(db: Database, at: time_machine.Traveller) -> Source:
    """The source after its next look, at the moment it is due."""
    at.move_to(source_of(db).next_at)
    with db.writing() as session:
        sources.look_at_sources(session)  # as the recurring job does each minute

    Runner(db).run_due()
    return source_of(db)


def test_a_feed_is_looked_at_and_fills_the_inbox(bram: Client, db: Database, website: Website, sample: Sample) -> None:
    website.replies["/feed.xml"] = Reply(sample("rss-2.0.xml"), FEED)
    source = add(bram, db, f"{website.address}/feed.xml")
    assert (source.result, source.failures, source.looked_at) == ("new 2", 0, NOW)
    assert source.next_at == NOW + timedelta(minutes=30)
    assert [each.title for each in candidates(db)] == [
        "Open dag: 28 november",
        "Zo bouw je een huis in ’n dag & een nacht",
    ]
    page = bram.get("/inbox").text
    assert page.index("Zo bouw je een huis in ’n dag &amp; een nacht") < page.index("Open dag: 28 november")
    sources_page = bram.get("/inbox/sources").text
    assert "2 nieuwe vondsten." in sources_page
    assert "We kijken weer op 24 november 09:30." in sources_page


def test_the_second_look_asks_only_for_what_changed(
    bram: Client, db: Database, website: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    modified = "Mon, 23 Nov 2026 10:00:00 GMT"

    def answer(request: Request) -> Reply:
        if request.headers.get("if-none-match") == '"v1"' and request.headers.get("if-modified-since") == modified:
            return Reply(status=304)
        return Reply(sample("rss-2.0.xml"), FEED, headers={"ETag": '"v1"', "Last-Modified": modified})

    website.replies["/feed.xml"] = answer
    assert add(bram, db, f"{website.address}/feed.xml").result == "new 2"
    assert "if-none-match" not in website.asked[0].headers
    assert (look(db, at).result, len(website.asked)) == ("unchanged", 2)
    assert "Er is sinds de vorige keer niets veranderd." in bram.get("/inbox/sources").text
    with db.writing() as session:
        session.get_one(Source, source_of(db).id).etag = '"v0"'
    assert (look(db, at).result, len(candidates(db))) == ("nothing_new", 2)


def test_the_same_page_from_two_feeds_comes_once(bram: Client, db: Database, website: Website, sample: Sample) -> None:
    website.replies["/one.xml"] = Reply(sample("broken-cut-off.xml"), FEED)
    other = sample("broken-cut-off.xml").replace(b"example/heel", b"example/heel/?utm_source=two#top")
    website.replies["/two.xml"] = Reply(other, FEED)
    add(bram, db, f"{website.address}/one.xml")
    bram.post("/inbox/sources", data=form(f"{website.address}/two.xml"))
    Runner(db).run_due()
    assert sorted(each.url for each in candidates(db)) == [
        "https://nieuws.noorderhout.example/breekt",
        "https://nieuws.noorderhout.example/heel",
    ]


@pytest.mark.parametrize(
    ("reply", "result", "sentence"),
    [
        (Reply(b"broken", status=500), "status 500", "De website heeft zelf even problemen (500)."),
        (Reply(b"no", status=403), "status 403", "De website laat ons niet binnen."),
        (Reply(b"gone", status=410), "status 410", "De website zegt dat dit voorgoed weg is."),
        (Reply(b"tea", status=418), "status 418", "De website gaf een antwoord dat we niet verwachtten (418)."),
        (Reply(b"<html><body>Welkom</body></html>"), "page", "Op deze pagina vonden we geen feed."),
        (Reply(b"", FEED), "empty", "De website gaf een lege pagina."),
        (Reply(b"\x89PNG\r\n\x1a\n\x00\x00", FEED), "no_feed", "Wat daar staat, konden we niet lezen."),
        (Reply(status=302, headers={"Location": "http://10.0.0.1/"}), "astray", "De website stuurde ons door"),
        (Reply(status=302, headers={"Location": "file:///etc/hosts"}), "astray", "De website stuurde ons door"),
    ],
)
def test_a_look_that_fails_says_so_and_waits_longer_each_time(
    bram: Client, db: Database, website: Website, at: time_machine.Traveller, reply: Reply, result: str, sentence: str
) -> None:
    website.replies["/feed.xml"] = reply
    source = add(bram, db, f"{website.address}/feed.xml")
    assert (source.result, source.failures, source.next_at - NOW) == (result, 1, timedelta(hours=1))
    assert sentence in bram.get("/inbox/sources").text
    source = look(db, at)
    assert (source.failures, source.next_at - clock.now()) == (2, timedelta(hours=2))
    assert "Dat was de 2e keer op rij" in bram.get("/inbox/sources").text
    for _ in range(6):
        source = look(db, at)
    assert (source.failures, source.next_at - clock.now()) == (8, timedelta(hours=24))
    with db.reading() as session:
        waiting = session.scalars(select(Job).where(Job.kind == "look_at_source", Job.done_at.is_(None))).all()
    assert (list(waiting), candidates(db)) == ([], [])


def test_one_good_look_ends_the_back_off(
    bram: Client, db: Database, website: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    website.replies["/feed.xml"] = Reply(b"", status=503, headers={"Retry-After": "18000"})
    source = add(bram, db, f"{website.address}/feed.xml")
    assert source.next_at - NOW == timedelta(hours=5)
    website.replies["/feed.xml"] = Reply(sample("broken-charset.xml"), FEED)
    source = look(db, at)
    assert (source.result, source.failures, source.next_at - clock.now()) == ("new 1", 0, timedelta(minutes=30))
    assert [each.title for each in candidates(db)] == ["Eén café, één façade"]


def test_a_website_that_is_not_there(bram: Client, db: Database, website: Website) -> None:
    port = int(website.address.rpartition(":")[2])
    free = f"127.0.0.1:{port - 1 if port > 1025 else port + 1}"
    settings.put_in_force(settings.load({}, **vars(settings.current()) | {"reachable_hosts": (free,)}))
    assert add(bram, db, f"http://{free}/feed.xml").result == "unreachable"


def test_a_page_leads_to_the_feed_it_names(bram: Client, db: Database, website: Website, sample: Sample) -> None:
    website.replies["/nieuws"] = Reply(sample("page-with-feed.html"))
    website.replies["/feed.xml"] = Reply(sample("atom-1.0.xml"), "application/atom+xml")
    source = add(bram, db, f"{website.address}/nieuws")
    assert (source.result, source.url) == ("new 2", f"{website.address}/feed.xml")


ADDRESSES_REFUSED = [
    "file:///etc/passwd",
    "gopher://noorderhout.example/",
    "ftp://noorderhout.example/feed.xml",
    "dict://noorderhout.example/",
    "data:application/rss+xml,<rss/>",
    "javascript:alert(1)",
    "/srv/feeds/nieuws.xml",
    "feeds/nieuws.xml",
    "nieuws.xml",
    "",
    "http://127.0.0.1/feed.xml",
    "http://localhost/feed.xml",
    "http://169.254.169.254/",
    "http://[::1]/",
    "http://10.0.0.7/feed.xml",
    "http://0x7f000001/",
    "http://intranet/feed.xml",
    "http://good.example:6379/",
    "http://user:pass@good.example/feed.xml",
    "http://good.example\\@127.0.0.1/",
    "https://good.example/" + "x" * 2000,
]


@pytest.mark.parametrize("url", ADDRESSES_REFUSED)
def test_an_address_that_may_not_be_asked_is_refused_at_the_door(
    bram: Client, db: Database, website: Website, url: str
) -> None:
    response = bram.post("/inbox/sources", data=form(url))
    assert response.status_code == 422
    with db.reading() as session:
        assert (session.scalars(select(Source)).all(), session.scalars(select(Job)).all()) == ([], [])
    assert website.asked == []


def test_a_file_that_holds_a_valid_feed_is_not_read(bram: Client, db: Database, sample: Sample, tmp_path: Path) -> None:
    path = tmp_path / "feed.xml"
    path.write_bytes(sample("rss-2.0.xml"))
    for url in (f"file://{path}", str(path)):
        assert bram.post("/inbox/sources", data=form(url)).status_code == 422
    assert candidates(db) == []


def test_the_addresses_refused_have_a_neighbour_that_is_taken(bram: Client, db: Database) -> None:
    assert bram.post("/inbox/sources", data=form("https://good.example/feed.xml")).status_code == 303
    assert source_of(db).url == "https://good.example/feed.xml"


def test_a_feed_full_of_entities_is_refused(bram: Client, db: Database, website: Website, sample: Sample) -> None:
    website.replies["/feed.xml"] = Reply(sample("hostile-laughs.xml"), FEED)
    source = add(bram, db, f"{website.address}/feed.xml")
    assert (source.result, source.failures, candidates(db)) == ("unsafe", 1, [])
    assert "De feed brengt eigen bouwstenen mee" in bram.get("/inbox/sources").text


def test_nothing_outside_the_feed_is_read_or_asked(
    bram: Client, db: Database, website: Website, sample: Sample, tmp_path: Path, at: time_machine.Traveller
) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("a secret of this machine")
    entity = sample("hostile-entity.xml").replace(b"{canary}", str(canary).encode())
    website.replies["/feed.xml"] = Reply(entity, FEED)
    assert add(bram, db, f"{website.address}/feed.xml").result == "unsafe"
    website.replies["/feed.xml"] = Reply(sample("hostile-dtd.xml"), FEED)
    assert look(db, at).result == "new 1"
    assert website.paths == ["/feed.xml", "/feed.xml"]
    assert [each.title for each in candidates(db)] == ["Alleen een verwijzing &onbekend;"]


def test_entries_that_lead_nowhere_have_no_link_and_their_markup_is_text(
    bram: Client, db: Database, website: Website, sample: Sample
) -> None:
    website.replies["/feed.xml"] = Reply(sample("hostile-links.xml"), FEED)
    add(bram, db, f"{website.address}/feed.xml")
    page = bram.get("/inbox").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; als tekst" in page
    assert "<script>alert(1)" not in page
    assert "javascript:alert" not in page
    assert page.count("Er zat geen adres bij om te delen.") == 3
    assert page.count("https://nieuws.noorderhout.example/goed") == 1


def test_a_trusted_source_makes_drafts_and_publishes_nothing(
    bram: Client, db: Database, website: Website, sample: Sample
) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
    website.replies["/feed.xml"] = Reply(sample("rss-2.0.xml"), FEED)
    add(bram, db, f"{website.address}/feed.xml", campaign=str(campaign.id), trusted="yes")
    with db.reading() as session:
        items = session.scalars(select(Item).order_by(Item.target_url)).all()
        assert [(item.state, item.campaign_id, item.target_url) for item in items] == [
            ("draft", campaign.id, "https://noorderhout.example/2026/11/huis-in-een-dag/"),
            ("draft", campaign.id, "https://noorderhout.example/open-dag"),
        ]
    assert {each.state for each in candidates(db)} == {"drafted"}
    assert "Zo bouw je" not in bram.get("/").text


def test_one_that_floods_makes_a_few_drafts_and_leaves_the_rest_to_people(
    bram: Client, db: Database, website: Website
) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
    entries = "".join(
        f"<item><title>Nummer {n}</title><link>https://nieuws.noorderhout.example/{n}</link></item>" for n in range(60)
    )
    body = f"<rss version='2.0'><channel>{entries}</channel></rss>".encode()
    website.replies["/feed.xml"] = Reply(body, FEED)
    add(bram, db, f"{website.address}/feed.xml", campaign=str(campaign.id), trusted="yes")
    states = [each.state for each in candidates(db)]
    assert (states.count("drafted"), states.count("new")) == (10, 50)


def test_one_whose_campaign_is_over_leaves_everything_to_people(
    bram: Client, db: Database, website: Website, sample: Sample
) -> None:
    with db.writing() as session:
        today = clock.today()
        campaign = make.campaign(session, starts_on=today - timedelta(days=30), ends_on=today - timedelta(days=1))
    website.replies["/feed.xml"] = Reply(sample("rss-2.0.xml"), FEED)
    add(bram, db, f"{website.address}/feed.xml", campaign=str(campaign.id), trusted="yes")
    assert [each.state for each in candidates(db)] == ["new", "new"]


def test_trust_asks_for_a_campaign(bram: Client, db: Database) -> None:
    response = bram.post("/inbox/sources", data=form("https://good.example/feed.xml", trusted="yes"))
    assert (response.status_code, "Kies de campagne waar de concepten heen gaan." in response.text) == (422, True)


def test_an_address_is_looked_at_once(bram: Client, db: Database) -> None:
    bram.post("/inbox/sources", data=form("https://good.example/feed.xml"))
    response = bram.post("/inbox/sources", data=form("https://good.example/feed.xml"))
    assert (response.status_code, "Naar dit adres kijken we al." in response.text) == (422, True)


def test_looking_now_does_not_wait_for_the_back_off(
    bram: Client, db: Database, website: Website, sample: Sample
) -> None:
    website.replies["/feed.xml"] = Reply(b"", status=500)
    source = add(bram, db, f"{website.address}/feed.xml")
    website.replies["/feed.xml"] = Reply(sample("broken-charset.xml"), FEED)
    piece = bram.post(f"/inbox/sources/{source.id}/look", htmx=True)
    assert "We gaan kijken" in piece.text
    Runner(db).run_due()
    row = bram.get(f"/inbox/sources/{source.id}", headers={"HX-Request": "true"}).text
    assert ("1 nieuwe vondst." in row, "hx-trigger" in row) == (True, False)


def test_a_paused_source_is_left_alone_until_it_is_resumed(
    bram: Client, db: Database, website: Website, sample: Sample, at: time_machine.Traveller
) -> None:
    website.replies["/feed.xml"] = Reply(sample("broken-charset.xml"), FEED)
    source = add(bram, db, f"{website.address}/feed.xml")
    assert bram.post(f"/inbox/sources/{source.id}/pause").status_code == 303
    look(db, at)
    assert len(website.asked) == 1
    bram.post(f"/inbox/sources/{source.id}/resumption")
    Runner(db).run_due()
    assert len(website.asked) == 2


def test_removing_a_source_takes_what_waits_and_leaves_what_was_made(
    bram: Client, db: Database, website: Website, sample: Sample
) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
    website.replies["/feed.xml"] = Reply(sample("rss-2.0.xml"), FEED)
    source = add(bram, db, f"{website.address}/feed.xml")
    first = candidates(db)[0]
    bram.post(f"/inbox/candidates/{first.id}/draft", data={"campaign": campaign.id})
    assert bram.post(f"/inbox/sources/{source.id}/removal").status_code == 303
    assert [(each.id, each.state, each.source_id) for each in candidates(db)] == [(first.id, "drafted", None)]
    with db.reading() as session:
        assert len(session.scalars(select(Item)).all()) == 1
        acts = session.scalars(
            select(AuditEntry.act).where(AuditEntry.subject_kind == "source").order_by(AuditEntry.id)
        ).all()
    assert list(acts) == ["source_added", "source_removed"]


def test_changing_a_source_looks_at_its_new_address(
    bram: Client, db: Database, website: Website, sample: Sample
) -> None:
    website.replies["/feed.xml"] = Reply(b"", status=404)
    source = add(bram, db, f"{website.address}/feed.xml")
    website.replies["/rss.xml"] = Reply(sample("broken-charset.xml"), FEED)
    changed = form(f"{website.address}/rss.xml", name="Beter", kind="feed")
    assert bram.post(f"/inbox/sources/{source.id}", data=changed).status_code == 303
    Runner(db).run_due()
    source = source_of(db)
    assert (source.name, source.result, source.failures) == ("Beter", "new 1", 0)
    shown = bram.get(f"/inbox/sources/{source.id}/edit").text
    assert f"{website.address}/rss.xml" in shown


def test_two_looks_at_once_are_written_down_once(bram: Client, db: Database, website: Website, sample: Sample) -> None:
    website.replies["/feed.xml"] = Reply(b"", status=500)
    source = add(bram, db, f"{website.address}/feed.xml")

    def answer(request: Request) -> Reply:
        # Meanwhile another worker, which this one's lease was given to, looks and writes down what it found.
        with db.writing() as session:
            session.get_one(Source, source.id).looked_at = clock.now() + timedelta(seconds=1)
        return Reply(sample("rss-2.0.xml"), FEED)

    website.replies["/feed.xml"] = answer
    bram.post(f"/inbox/sources/{source.id}/look")
    Runner(db).run_due()
    assert (candidates(db), source_of(db).result) == ([], "status 500")


def test_no_transaction_is_open_while_a_source_answers(
    bram: Client, db: Database, website: Website, sample: Sample
) -> None:
    def answer(request: Request) -> Reply:
        # On SQLite this would wait for the one writer, and fail, if the look held a transaction.
        with db.writing() as session:
            make.department(session, "Inkoop")
        return Reply(sample("rss-2.0.xml"), FEED)

    website.replies["/feed.xml"] = answer
    assert add(bram, db, f"{website.address}/feed.xml").result == "new 2"


def test_members_have_no_inbox(ana: Client) -> None:
    assert ana.get("/inbox").status_code == 403
    assert ana.post("/inbox/sources", data=form("https://good.example/feed.xml")).status_code == 403


def test_whatever_damaged_copies_say_can_be_kept(db: Database, sample: Sample) -> None:
    """On either database: no sign, length or day that one of them refuses comes through."""
    found: dict[str, feeds.Entry] = {}
    for name in ("rss-2.0.xml", "alert.xml", "feed-1.1.json"):
        for copy in mutants(sample(name), 1000, seed=7):
            with suppress(feeds.NoFeed, markup.Unsafe):
                found |= {each.key: each for each in feeds.read(markup.decoded(copy), "https://a.example/")}
    for name in ("posting.html", "posting-microdata.html"):
        for copy in mutants(sample(name), 1000, seed=8):
            found |= {each.key: each for each in careers.on_page(copy, "https://a.example/", "text/html")}
    entries = list(found.values())
    assert len(entries) > 200
    with db.writing() as session:
        source = make.source(session, kind="vacancies")
        kept = sum(candidates_of.keep(session, source, entries[start : start + 100]) for start in range(0, 10_000, 100))
        assert kept == len(entries) - sum(candidates_of.is_over(each.valid_through, clock.now()) for each in entries)
