"""An idea from a colleague: sent in, answered within what was promised, thanked for when it is out."""

import io
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from PIL import Image
from sqlalchemy import select

from portal import clock, jobs
from portal.campaigns.models import Item, PictureSize
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.i18n import day
from portal.inbox import ideas
from portal.inbox.models import Idea
from portal.jobs import Job, Runner
from portal.people.models import Note, Organisation, Person
from tests import make
from tests.campaigns.drawing import enormous_png, picture
from tests.client import Client
from tests.inbox.test_pasting_an_address import article
from tests.website import Reply, Website


def propose(who: Client, words: str = "De open dag was prachtig", **more: Any) -> int:
    """Send an idea in; its id."""
    answer = who.post("/ideas", data={"words": words, **more})
    assert answer.status_code == 303
    return max(map(int, re.findall(r'href="/ideas/(\d+)"', who.get(answer.headers["location"]).text)))


def the_idea(db: Database, idea_id: int) -> Idea:
    with db.reading() as session:
        return session.get_one(Idea, idea_id)


def notes_of(db: Database, person: Person) -> list[Note]:
    with db.reading() as session:
        return list(session.scalars(select(Note).where(Note.person_id == person.id).order_by(Note.id)))


def do(db: Database, kind: str) -> None:
    with db.writing() as session:
        jobs.enqueue(session, kind)
    Runner(db).run_due()


def test_an_idea_is_kept_and_an_answer_promised(ana: Client, db: Database) -> None:
    answer = ana.post(
        "/ideas", data={"words": "Kijk eens\r\n\r\nmooi dak", "address": "noorderhout.example/dak?utm_id=1"}
    )
    assert "Dank je wel! Marketing antwoordt binnen 5 dagen." in ana.follow(answer).text
    idea = the_idea(db, 1)
    assert (idea.words, idea.url, idea.state) == (
        "Kijk eens\n\nmooi dak",
        "https://noorderhout.example/dak?utm_id=1",
        "new",
    )
    assert (idea.canonical_url, idea.named) == ("https://noorderhout.example/dak", False)
    promised = clock.today() + timedelta(days=5)
    assert idea.answer_by == clock.end_of(promised)
    shown = ana.get("/ideas/1").text
    assert f"Marketing leest het en antwoordt uiterlijk {day(promised)}." in shown
    assert "Verstuur het antwoord" not in shown


def test_the_organisation_says_how_many_days(ana: Client, dina: Client, db: Database) -> None:
    with db.writing() as session:
        session.get_one(Organisation, 1).ideas_answered_in = 1
    assert "Marketing antwoordt binnen 1 dag." in ana.get("/ideas/new").text
    assert the_idea(db, propose(ana)).answer_by == clock.end_of(clock.today() + timedelta(days=1))


def test_what_needs_another_look_keeps_what_was_typed(ana: Client, db: Database) -> None:
    nothing = ana.post("/ideas", data={"words": " ", "address": "https://noorderhout.example/dak", "named": "yes"})
    assert nothing.status_code == 422
    assert "Zeg in één regel wat het is: dat is genoeg." in nothing.text
    assert 'value="https://noorderhout.example/dak"' in nothing.text
    assert re.search(r'name="named" type="checkbox" value="yes" checked', nothing.text)
    script = ana.post("/ideas", data={"words": "Kijk", "address": "javascript:alert(1)"})
    assert (script.status_code, ">\nKijk</textarea>" in script.text) == (422, True)
    long = ana.post("/ideas", data={"words": "x" * 2001})
    assert (long.status_code, "x" * 2001 in long.text) == (422, True)
    with db.reading() as session:
        assert session.scalars(select(Idea)).all() == []


def test_an_idea_is_between_its_proposer_and_marketing(ana: Client, bram: Client, cleo: Client, db: Database) -> None:
    number = propose(ana, "Een geheimpje")
    assert [who.get(f"/ideas/{number}").status_code for who in (ana, bram, cleo)] == [200, 200, 404]
    assert "Een geheimpje" not in cleo.get("/ideas").text
    assert "Een geheimpje" not in cleo.get("/ideas?show=new").text
    assert "Een geheimpje" in bram.get("/ideas?show=new").text
    assert cleo.post(f"/ideas/{number}/answer", data={"state": "taken", "was": "new"}).status_code == 403
    assert the_idea(db, number).state == "new"


def test_an_answer_reaches_whoever_asked(ana: Client, bram: Client, db: Database) -> None:
    number = propose(ana)
    form = {"state": "declined", "was": "new", "answer": ""}
    refused = bram.post(f"/ideas/{number}/answer", data=form)
    assert (refused.status_code, "Met een vriendelijk nee kan iedereen verder." in refused.text) == (422, True)
    bram.post(f"/ideas/{number}/answer", data=form | {"answer": "Volgend jaar weer!"})
    idea = the_idea(db, number)
    assert (idea.state, idea.answer, idea.answered_by_id) == ("declined", "Volgend jaar weer!", bram.person.id)
    assert [(note.kind, note.data["answer"]) for note in notes_of(db, ana.person)] == [
        ("idea_answered", "Volgend jaar weer!")
    ]
    feed = ana.get("/").text
    assert ("Antwoord op je idee" in feed, "Volgend jaar weer!" in feed) == (True, True)
    shown = ana.get(f"/ideas/{number}").text
    assert "Deze keer niet. Toch bedankt, en blijf ze vooral sturen." in shown
    assert "Bram de Wit" in shown


def test_who_edits_begins_with_what_waits(ana: Client, bram: Client, db: Database) -> None:
    waiting, answered = propose(ana, "Wacht nog"), propose(ana, "Al beantwoord")
    bram.post(f"/ideas/{answered}/answer", data={"state": "taken", "was": "new"})
    own = propose(bram, "Van Bram zelf")

    def shown(who: Client, path: str) -> list[int]:
        return list(map(int, re.findall(r'class="whole" href="/ideas/(\d+)"', who.get(path).text)))

    assert shown(bram, "/ideas") == shown(bram, "/ideas?show=new") == [waiting, own]
    assert shown(bram, "/ideas?show=all") == [own, answered, waiting]
    assert (shown(bram, "/ideas?show=mine"), shown(bram, "/ideas?show=taken")) == ([own], [answered])
    for path in ("/ideas", "/ideas?show=new", "/ideas?show=all"):
        assert shown(ana, path) == [answered, waiting]


def test_an_answer_that_lacks_something_says_so_at_the_top(ana: Client, bram: Client, db: Database) -> None:
    number = propose(ana)
    for path, form, field in (
        ("answer", {"was": "new"}, "state"),
        ("answer", {"was": "new", "state": "declined"}, "answer"),
        ("draft", {"campaign": "9"}, "campaign"),
    ):
        answer = bram.post(f"/ideas/{number}/{path}", data=form)
        assert answer.status_code == 422
        assert answer.text.index('role="alert"') < answer.text.index(f'<a href="#field-{field}">')


def test_two_editors_who_answer_at_once_give_one_answer(ana: Client, bram: Client, dina: Client, db: Database) -> None:
    number, ready = propose(ana), Barrier(2)

    def answer(who: Client, state: str) -> int:
        ready.wait()
        form = {"state": state, "was": "new", "answer": f"van {who.person.first_name}"}
        return who.post(f"/ideas/{number}/answer", data=form).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = Counter(pool.map(answer, [bram, dina], ["taken", "declined"]))
    assert answers == {303: 2}
    idea = the_idea(db, number)
    assert idea.answer == {"taken": "van Bram", "declined": "van Dina"}[idea.state]
    assert len(notes_of(db, ana.person)) == 1
    said = [who.get("/ideas").text for who in (bram, dina)]
    assert sum("Een collega gaf intussen al antwoord. Kijk even wat er staat." in text for text in said) == 1


def test_an_idea_becomes_a_draft_of_its_page(ana: Client, bram: Client, db: Database, website: Website) -> None:
    website.replies["/huis"] = article()
    website.replies["/hal.jpg"] = Reply(picture("JPEG", (1200, 630), colour="red"), "image/jpeg")
    answer = ana.post(
        "/ideas",
        data={"words": "Kijk dit huis", "address": f"{website.address}/huis", "named": "yes"},
        files={"picture": ("dak.png", picture("PNG", (1200, 630), colour="blue"), "image/png")},
    )
    assert answer.status_code == 303
    with db.writing() as session:
        campaign = make.campaign(session).id
    form = {"campaign": str(campaign), "address": f"{website.address}/huis"}
    answer = bram.post("/ideas/1/draft", data=form)
    idea = the_idea(db, 1)
    with db.reading() as session:
        item = get_item(session, idea.item_id or 0)
    assert answer.headers["location"] == f"/campaigns/items/{item.id}/edit?seen=not_https"
    assert (item.state, item.texts[0].title) == ("draft", "Zo bouw je een huis")
    assert (item.picture_id, idea.state) == (idea.picture_id, "taken")  # the colleague's own picture
    assert [note.data["state"] for note in notes_of(db, ana.person)] == ["taken"]
    again = bram.post("/ideas/1/draft", data=form)
    assert again.headers["location"] == f"/campaigns/items/{item.id}"
    with db.reading() as session:
        assert len(session.scalars(select(Item)).all()) == 1


def test_an_idea_without_an_address_becomes_a_story_in_its_own_words(ana: Client, bram: Client, db: Database) -> None:
    number = propose(ana, "Het honderdste dak\n\nAlle ploegen stonden op de foto.")
    with db.writing() as session:
        campaign = make.campaign(session).id
    missing = bram.post(f"/ideas/{number}/draft", data={"campaign": "99"})
    assert (missing.status_code, "Kies de campagne waar het bij hoort." in missing.text) == (422, True)
    bram.post(f"/ideas/{number}/draft", data={"campaign": str(campaign)})
    with db.reading() as session:
        item = get_item(session, the_idea(db, number).item_id or 0)
    assert (item.kind, item.texts[0].language, item.texts[0].title) == ("story", "nl", "Het honderdste dak")
    assert item.texts[0].summary == "Alle ploegen stonden op de foto."


@pytest.mark.parametrize("agreed", [True, False])
def test_the_proposer_is_thanked_when_it_is_out(
    ana: Client, bram: Client, cleo: Client, db: Database, agreed: bool
) -> None:
    number = propose(ana, "Timmerman gezocht", **({"named": "yes"} if agreed else {}))
    with db.writing() as session:
        item = make.item(session, state="draft")
        ideas.take_up(session, session.get_one(Idea, number), item, by=session.get_one(Person, bram.person.id))
    do(db, "thank_for_ideas")
    assert the_idea(db, number).state == "taken"
    with db.writing() as session:
        session.get_one(Item, item.id).state = "approved"
    do(db, "thank_for_ideas")
    do(db, "thank_for_ideas")
    assert the_idea(db, number).state == "published"
    told = notes_of(db, ana.person)
    # The better news takes the place of the first.
    assert [(note.kind, note.read_at is None) for note in told] == [("idea_answered", False), ("idea_published", True)]
    assert "Je idee staat online" in ana.get("/").text
    shown = ana.get(f"/ideas/{number}").text
    assert ("Dank je wel: dit begon bij jou." in shown, f'href="/items/{item.id}"' in shown) == (True, True)
    assert ("Idea from Ana" in cleo.get("/").text) is agreed
    refused = bram.post(f"/ideas/{number}/answer", data={"state": "declined", "was": "published", "answer": "nee"})
    assert (refused.status_code, the_idea(db, number).state) == (303, "published")


def test_whoever_left_is_not_named(ana: Client, db: Database) -> None:
    number = propose(ana, named="yes")
    with db.writing() as session:
        item = make.item(session)
        session.get_one(Idea, number).item_id = item.id
    with db.reading() as session:
        assert ideas.proposer_of(session, [item.id]) == {item.id: "Ana"}
    with db.writing() as session:
        session.get_one(Person, ana.person.id).deactivated_at = clock.now()
    with db.reading() as session:
        assert (ideas.proposer_of(session, [item.id]), ideas.proposer_of(session, [])) == ({}, {})


def mails(db: Database) -> list[dict[str, Any]]:
    with db.reading() as session:
        sent = select(Job).where(Job.kind == "send_mail").order_by(Job.id)
        return [job.args for job in session.scalars(sent)]


def test_marketing_is_reminded_once_a_day_until_there_is_an_answer(
    ana: Client, bram: Client, dina: Client, db: Database
) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 9, tzinfo=UTC), tick=False) as time:
        first, second = propose(ana), propose(ana, "Nog iets")
        time.move_to(datetime(2026, 11, 27, 9, tzinfo=UTC))
        with db.writing() as session:
            ideas.chase(session)
        assert mails(db) == []
        reminded = 0
        for moment in (datetime(2026, 11, 28, 9, tzinfo=UTC), datetime(2026, 11, 29, 9, tzinfo=UTC)):
            time.move_to(moment)
            for _ in range(2):
                with db.writing() as session:
                    ideas.chase(session)
            assert ("Het is zover" in bram_sees(bram)) is (moment.day == 29)
            reminded += 2
            assert [mail["to"] for mail in mails(db)[-2:]] == ["bram@noorderhout.example", "dina@noorderhout.example"]
            assert len(mails(db)) == reminded
        assert mails(db)[0]["subject"] == "2 ideeën van collega’s wachten op antwoord"
        assert "http://localhost:8000/ideas?show=new" in mails(db)[0]["text"]
        assert "Je zou uiterlijk 28 november antwoord krijgen." in ana_sees(ana, first)
        for number in (first, second):
            bram.post(f"/ideas/{number}/answer", data={"state": "taken", "was": "new"})
        time.move_to(datetime(2026, 11, 30, 9, tzinfo=UTC))
        with db.writing() as session:
            ideas.chase(session)
        assert len(mails(db)) == reminded


def bram_sees(bram: Client) -> str:
    return bram.get("/ideas?show=new").text


def ana_sees(ana: Client, number: int) -> str:
    return ana.get(f"/ideas/{number}").text


def test_hints_while_typing(ana: Client, bram: Client, db: Database) -> None:
    def hint(**asked: str) -> str:
        answer = ana.get("/ideas/alike", params=asked, headers={"HX-Request": "true"})
        assert answer.status_code == 200
        assert answer.text.startswith('<div class="alike" id="alike" role="status">')
        return answer.text

    with db.writing() as session:
        live = make.item(session, title="Timmerman in Zwolle", target_url="https://noorderhout.example/timmerman")
        make.item(session, title="Geheim", state="draft", target_url="https://noorderhout.example/geheim")
    on_feed = f'<a href="/items/{live.id}">Timmerman in Zwolle</a>'
    assert on_feed in hint(address="http://www.noorderhout.example/timmerman/?utm_source=x")
    assert on_feed in hint(words="Zoeken we nog een timmerman voor zwolle?")
    assert "<p" not in hint(words="Iets heel anders", address="https://noorderhout.example/zager")
    drafted = hint(address="noorderhout.example/geheim")
    assert ("Marketing is hier al mee bezig." in drafted, "Geheim" in drafted) == (True, False)
    propose(bram, "Foto van de nieuwe vrachtwagen", address="https://noorderhout.example/truck")
    for asked in ({"address": "https://noorderhout.example/truck"}, {"words": "De nieuwe VRÀCHTWAGEN op de foto"}):
        assert "Een collega stuurde iets wat erop lijkt." in hint(**asked)
    for odd in ("https://[::1", "\x00", "%", "a" * 5000, "javascript:alert(1)"):
        assert "<p" not in hint(address=odd, words="")
    assert ana.get("/ideas/alike").status_code == 303  # by itself it is no page


def test_nobody_fills_the_inbox_alone(ana: Client, db: Database) -> None:
    with db.writing() as session:
        me = session.get_one(Person, ana.person.id)
        for number in range(ideas.MOST_WAITING - 1):
            ideas.propose(session, me, words=f"Idee {number}")
    ready, browsers = Barrier(3), [Client.signed_in(ana.app, ana.person) for _ in range(3)]

    def send(browser: Client) -> int:
        ready.wait()
        return browser.post("/ideas", data={"words": "Nog een"}).status_code

    with ThreadPoolExecutor(3) as pool:
        assert Counter(pool.map(send, browsers)) == {303: 1, 422: 2}


def test_lists_come_in_pages(ana: Client, bram: Client, db: Database) -> None:
    with db.writing() as session:
        for number in range(45):
            made = ideas.propose(session, make.person(session), words=f"Idee nummer {number}.")
            made.at = clock.now() - timedelta(hours=number)
    first, last = bram.get("/ideas?show=new").text, bram.get("/ideas?show=new&page=3").text
    assert "Idee nummer 44." in first  # who waits longest stands first
    assert "Idee nummer 0." in last
    assert [page.count('<li class="card') for page in (first, last)] == [20, 5]
    for page in ("0", "99", "-1", "x", "9" * 30):
        assert bram.get(f"/ideas?show=new&page={page}").status_code == 200
    assert "Nog geen idee van jou" in ana.get("/ideas").text


REFUSED = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><script>alert(1)</script></svg>',
    "html": b"<!doctype html><script>alert(1)</script>",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "psd": b"8BPS\x00\x01" + b"\x00" * 30,
    "fits": b"SIMPLE  =                    T" + b" " * 3000,
    "pdf": b"%PDF-1.7\n",
    "tiff": picture("TIFF"),
    "empty": b"",
    "half": picture("JPEG")[:400],
    "small": picture("PNG", (1, 1)),
    "enormous": enormous_png(),
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_a_picture_that_is_none_is_refused_and_the_words_stay(ana: Client, db: Database, body: bytes) -> None:
    files = {"picture": ("../../dak.png", body, "image/png")}
    answer = ana.post("/ideas", data={"words": "Kijk dit dak"}, files=files)
    assert answer.status_code == 422
    assert ('id="field-picture-error"' in answer.text, ">\nKijk dit dak</textarea>" in answer.text) == (True, True)
    with db.reading() as session:
        assert (session.scalars(select(Idea)).all(), session.scalars(select(PictureSize)).all()) == ([], [])


def test_a_picture_is_drawn_anew_under_a_name_of_ours(ana: Client, db: Database) -> None:
    exif = Image.Exif()
    exif[0x013B] = "Ana Dekker"
    exif.get_ifd(0x8825)[1] = "N"
    out = io.BytesIO()
    Image.new("RGB", (1200, 630), "teal").save(out, "JPEG", exif=exif)
    files = {"picture": ("../../canary.png", out.getvalue(), "image/jpeg")}
    assert ana.post("/ideas", data={"words": "Kijk"}, files=files).status_code == 303
    shown = re.search(r'src="(/pictures/[0-9a-f]{64}/card\.jpg)"', ana.get("/ideas/1").text)
    assert shown is not None
    served = Image.open(io.BytesIO(ana.get(shown[1]).content))
    assert (served.format, served.size, dict(served.getexif())) == ("JPEG", (1200, 630), {})


def test_what_is_kept_of_ideas_is_in_my_own_copy(ana: Client, db: Database) -> None:
    propose(ana, "Kijk dit dak", address="https://noorderhout.example/dak")
    kept = json.loads(ana.get("/me/data.json").content)["ideas"]
    assert [(idea["words"], idea["url"], idea["state"]) for idea in kept] == [
        ("Kijk dit dak", "https://noorderhout.example/dak", "new")
    ]


def test_words_are_shown_as_text_only(ana: Client, bram: Client, db: Database) -> None:
    script = '"><script>alert(1)</script><img src=x onerror=alert(1)><div hx-get="/x" hx-trigger="load">'
    number = propose(ana, script)
    bram.post(f"/ideas/{number}/answer", data={"state": "declined", "was": "new", "answer": script})
    pages = [
        (ana, "/"),
        (ana, "/ideas"),
        (ana, f"/ideas/{number}"),
        (bram, f"/ideas/{number}"),
        (bram, "/ideas?show=declined"),
    ]
    for who, path in pages:
        text = who.get(path).text
        assert (text.count("<script>alert"), text.count("<img src=x"), text.count('<div hx-get="/x"')) == (0, 0, 0)
        assert "&lt;script&gt;" in text


def test_a_phone_finds_the_app_and_its_place_in_the_share_menu(client: Client, ana: Client) -> None:
    assert '<link rel="manifest" href="/manifest.webmanifest">' in ana.get("/").text
    answer = client.get("/manifest.webmanifest")
    assert answer.headers["content-type"] == "application/manifest+json"
    said = json.loads(answer.content)
    assert (said["name"], said["start_url"], said["display"]) == ("Noorderhout", "/", "standalone")
    assert said["share_target"] == {
        "action": "/ideas/new",
        "method": "GET",
        "params": {"title": "title", "text": "text", "url": "url"},
    }
    for icon in said["icons"]:
        drawn = Image.open(io.BytesIO(client.get(icon["src"]).content))
        assert icon["sizes"] == f"{drawn.width}x{drawn.height}"


@pytest.mark.parametrize(
    ("sent", "words", "address"),
    [
        ({"title": "Dak", "text": "Mooi", "url": "https://a.example/dak"}, "Dak\n\nMooi", "https://a.example/dak"),
        ({"title": "Dak", "text": "Zie https://a.example/dak?x=1 nu"}, "Dak\n\nZie nu", "https://a.example/dak?x=1"),
        ({"text": "https://a.example/dak"}, "", "https://a.example/dak"),
        ({"title": "Dak", "text": "dak"}, "Dak", ""),
        ({"url": "javascript:alert(1)", "title": '"><script>x</script>'}, '"><script>x</script>', ""),
        ({}, "", ""),
    ],
)
def test_what_the_share_menu_sends_is_filled_in(ana: Client, sent: dict[str, str], words: str, address: str) -> None:
    form = ana.get("/ideas/new", params=sent).text
    typed = re.search(r'<textarea[^>]*name="words"[^>]*>\n(.*?)</textarea>', form, re.DOTALL)
    field = re.search(r'name="address" type="text" value="([^"]*)"', form)
    assert typed is not None and field is not None
    shown = typed[1].replace("&lt;", "<").replace("&gt;", ">").replace("&#34;", '"')
    assert (shown, field[1].replace("&amp;", "&")) == (words, address)


def test_whoever_shares_a_page_and_is_not_signed_in_yet_loses_nothing(client: Client) -> None:
    answer = client.get("/ideas/new", params={"title": "Dak", "url": "https://a.example/dak"})
    assert answer.headers["location"].startswith("/sign-in?next=/ideas/new%3Ftitle%3DDak%26url%3Dhttps")
