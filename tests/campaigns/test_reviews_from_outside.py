"""Somebody without an account reads one item and says what they think; a colleague decides."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from portal import settings
from portal.campaigns import queries, review_routes, reviews
from portal.campaigns.models import Approval, Caption, Item, ReviewRequest
from portal.database import Database
from portal.jobs import Job, Runner
from portal.people.models import AuditEntry
from portal.settings import Settings
from tests import make
from tests.campaigns.forms import typed_from
from tests.client import Client
from tests.feed import reading as pages
from tests.mail import MailServer

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
LINK = re.compile(r'value="http://localhost:8000(/review/[^"]+)"')


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    review_routes.guesses.clear()
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def item(db: Database) -> Item:
    with db.writing() as session:
        return queries.get_item(session, make.item(session, state="in_review").id)


def now(db: Database, item: Item) -> Item:
    with db.reading() as session:
        return queries.get_item(session, item.id)


def asked(bram: Client, item: Item, name: str = "Jan de Vries", email: str = "") -> str:
    """The path of the link that Bram gets for `name`."""
    answer = bram.post(f"/campaigns/items/{item.id}/reviews", data={"reviewer": name, "reviewer_email": email})
    [path] = LINK.findall(bram.follow(answer).text)
    return str(path)


def said(db: Database) -> list[tuple[str, str, str, int | None]]:
    with db.reading() as session:
        rows = session.execute(select(Approval.step, Approval.reviewer, Approval.note, Approval.by_id))
        return [tuple(row) for row in rows]


def test_fine_is_on_record_and_a_colleague_still_decides(
    db: Database, item: Item, client: Client, bram: Client, dina: Client
) -> None:
    path = asked(bram, item)
    page = client.get(path)
    assert page.status_code == 200
    for shown in ("Voor Jan de Vries", "Timmerman in Zwolle", "Wij bouwen binnen, ook als het regent.", "Bram"):
        assert shown in page.text

    answer = client.post(path, data={"answer": "fine", "note": ""})

    assert "Dank je wel!" in client.follow(answer).text
    assert said(db) == [("approved", "Jan de Vries", "", None)]
    assert now(db, item).state == "in_review"
    for place in ("/campaigns", f"/campaigns/items/{item.id}"):
        shown = dina.get(place).text
        assert '<b>Jan de Vries</b> <span class="soft">(van buiten)</span> zegt: prima zo' in shown
        assert f"/campaigns/items/{item.id}/approval" in shown


def test_captions_have_the_asker_s_names_as_an_example(db: Database, item: Item, client: Client, bram: Client) -> None:
    with db.writing() as session:
        session.execute(update(Caption).values(body="{voornaam} van {afdeling} nodigt je uit. {Uitroep}"))
    path = asked(bram, item)
    page = client.get(path)
    wanted = "Bram van Marketing nodigt je uit. {Uitroep}"
    assert set(pages.texts(page, ".caption-list p")) == {wanted}
    assert "Een naam of afdeling in een tekst is een voorbeeld" in page.text

    with db.writing() as session:  # whoever asked may have left since
        session.execute(update(ReviewRequest).values(by_id=None))
    assert set(pages.texts(client.get(path), ".caption-list p")) == {"… van Noorderhout nodigt je uit. {Uitroep}"}


def test_please_change_needs_a_note_and_leaves_the_item_where_it_is(
    db: Database, item: Item, client: Client, bram: Client, dina: Client
) -> None:
    path = asked(bram, item)

    empty = client.post(path, data={"answer": "change", "note": " "})
    assert empty.status_code == 422
    assert '<a href="#field-note">Je opmerking: Schrijf een regel over wat er anders moet' in empty.text
    long = client.post(path, data={"answer": "change", "note": "x" * 401})
    assert long.status_code == 422
    assert said(db) == []
    assert client.post(path, data={"answer": "change", "note": "Het salaris <b>klopt</b> niet"}).status_code == 303

    assert said(db) == [("returned", "Jan de Vries", "Het salaris <b>klopt</b> niet", None)]
    assert now(db, item).state == "in_review"
    shown = dina.get("/campaigns").text
    assert "vraagt om een aanpassing" in shown
    assert "Het salaris &lt;b&gt;klopt&lt;/b&gt; niet" in shown


def test_an_outsider_s_yes_is_no_second_pair_of_eyes(db: Database, item: Item, client: Client, bram: Client) -> None:
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, title_nl="Door Bram"))
    client.post(asked(bram, item), data={"answer": "fine"})
    refused = bram.post(f"/campaigns/items/{item.id}/approval", data={"version": now(db, item).version})
    assert refused.status_code == 403
    assert now(db, item).state == "in_review"


def test_the_link_works_once(db: Database, item: Item, client: Client, bram: Client) -> None:
    path = asked(bram, item)
    client.post(path, data={"answer": "fine"})

    again = client.post(path, data={"answer": "change", "note": "Toch niet"})

    assert "Dank je wel!" in again.text
    assert len(said(db)) == 1
    assert "Timmerman" not in client.get(path).text


def test_it_expires(db: Database, item: Item, client: Client, bram: Client, clock: time_machine.Traveller) -> None:
    path = asked(bram, item)
    clock.move_to(NOW + timedelta(days=7) - timedelta(seconds=1))
    assert client.get(path).status_code == 200
    clock.move_to(NOW + timedelta(days=7))
    for answer in (client.get(path), client.post(path, data={"answer": "fine"})):
        assert answer.status_code == 410
        assert "Deze link is een week oud" in answer.text
    assert said(db) == []


def test_it_is_withdrawn(db: Database, item: Item, client: Client, bram: Client, dina: Client) -> None:
    path = asked(bram, item)
    with db.reading() as session:
        [request] = reviews.open_requests(session, item.id)
    assert "Trek de link van Jan de Vries in" in dina.get(f"/campaigns/items/{item.id}").text

    for _ in range(2):
        assert dina.post(f"/campaigns/reviews/{request.id}/withdrawal").status_code == 303

    for answer in (client.get(path), client.post(path, data={"answer": "fine"})):
        assert answer.status_code == 410
        assert "Deze link werkt niet meer" in answer.text
    assert "Trek de link van" not in dina.get(f"/campaigns/items/{item.id}").text
    assert bram.post("/campaigns/reviews/999999/withdrawal").status_code == 404


def test_what_was_changed_since_gets_no_answer(db: Database, item: Item, client: Client, bram: Client) -> None:
    path = asked(bram, item)
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, title_nl="Heel iets anders"))

    for answer in (client.get(path), client.post(path, data={"answer": "fine"})):
        assert answer.status_code == 410
        assert "Dit is ondertussen veranderd" in answer.text
    assert said(db) == []
    assert "is sindsdien gewijzigd: vraag het opnieuw" in bram.get(f"/campaigns/items/{item.id}").text


def test_a_step_on_its_way_is_no_change(db: Database, client: Client, bram: Client, dina: Client) -> None:
    with db.writing() as session:
        item = make.item(session, state="draft")
    path = asked(bram, item)
    bram.post(f"/campaigns/items/{item.id}/submission", data={"version": now(db, item).version})
    assert client.get(path).status_code == 200
    client.post(path, data={"answer": "fine"})
    assert "zegt: prima zo" in dina.get("/campaigns").text


def test_an_opinion_about_an_earlier_text_is_not_shown_as_one_about_this(
    db: Database, item: Item, client: Client, bram: Client, dina: Client
) -> None:
    client.post(asked(bram, item), data={"answer": "fine"})
    bram.post(f"/campaigns/items/{item.id}", data=typed_from(now(db, item), title_nl="Heel iets anders"))
    assert "zegt: prima zo" not in dina.get("/campaigns").text
    assert "zegt: prima zo" in dina.get(f"/campaigns/items/{item.id}/trail").text


def test_a_recalled_item_is_not_looked_at(db: Database, client: Client, bram: Client) -> None:
    with db.writing() as session:
        item = make.item(session, state="approved")
    path = asked(bram, item)
    bram.post(f"/campaigns/items/{item.id}/recall", data={"reason": "ended"})
    assert client.get(path).status_code == 410
    assert "Dit is teruggehaald" in client.get(path).text
    refused = bram.post(f"/campaigns/items/{item.id}/reviews", data={"reviewer": "Jan"})
    assert refused.status_code == 422


def test_asking_the_same_person_again_ends_their_earlier_link(item: Item, client: Client, bram: Client) -> None:
    first, second = asked(bram, item), asked(bram, item, "JAN de Vries")
    assert (client.get(first).status_code, client.get(second).status_code) == (410, 200)


def test_a_link_opens_one_item_and_no_other_page(item: Item, client: Client, bram: Client) -> None:
    path = asked(bram, item)
    client.get(path)
    for elsewhere in ("/", "/campaigns", f"/campaigns/items/{item.id}"):
        assert client.get(elsewhere).status_code == 303


def test_links_we_did_not_sign_lead_nowhere_and_guessing_ends(
    db: Database, item: Item, client: Client, bram: Client
) -> None:
    path = asked(bram, item)
    forged = [
        path[:-1] + ("A" if path[-1] != "A" else "B"),
        path.partition(".")[0],
        "/review/x.y",
        "/review/" + "a" * 500,
    ]
    answers = [client.get(each) for each in forged]
    assert {answer.status_code for answer in answers} == {404}
    assert client.post(forged[0], data={"answer": "fine"}).status_code == 404
    rest = [client.get(f"/review/guess{number}").status_code for number in range(20)]
    assert rest == [404] * 15 + [429] * 5
    assert client.get(path).status_code == 200, "whoever was asked is not kept out"


def test_nothing_in_the_database_opens_the_link(db: Database, item: Item, bram: Client) -> None:
    token = asked(bram, item, email="jan@bureau.example").removeprefix("/review/")
    with db.reading() as session:
        [request] = session.scalars(select(ReviewRequest))
        [args] = session.scalars(select(Job.args).where(Job.kind == "mail_review"))
    assert token not in str(vars(request))
    assert token not in str(args)
    assert args["to"] == "jan@bureau.example"


def test_the_link_goes_by_mail_when_there_is_an_address(
    db: Database, item: Item, bram: Client, chosen: Settings
) -> None:
    with MailServer() as mailbox:
        settings.put_in_force(replace(chosen, mail_url=f"smtp://{mailbox.host}:{mailbox.port}"))
        path = asked(bram, item, email="Jan@bureau.example")
        asked(bram, item, "Piet")
        Runner(db).run_due()
        [sent] = mailbox.messages
    assert sent["X-Envelope-To"] == "jan@bureau.example"
    assert sent["Subject"] == "Wil je naar “Timmerman in Zwolle” kijken?"
    assert f"http://localhost:8000{path}\n" in sent.get_content().replace("\r\n", "\n")


def test_without_a_mail_server_nobody_is_asked_for_an_address(item: Item, bram: Client, chosen: Settings) -> None:
    page = f"/campaigns/items/{item.id}"
    assert "reviewer_email" in bram.get(page).text
    settings.put_in_force(replace(chosen, mail_url=""))
    assert "reviewer_email" not in bram.get(page).text


def test_the_page_goes_to_no_other_site_and_into_no_search_engine(item: Item, client: Client, bram: Client) -> None:
    path = asked(bram, item)
    for answer in (client.get(path), client.post(path, data={"answer": "change"}), client.get("/review/x")):
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-robots-tag"] == "noindex, nofollow"
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers.get("set-cookie") is None


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"reviewer": ""}, "Zeg wie ernaar kijkt"),
        ({"reviewer": "x" * 81}, "81"),
        ({"reviewer": "Jan", "reviewer_email": "jan@a.example, piet@b.example"}, "Dit is niet één mailadres."),
    ],
)
def test_who_is_asked_needs_a_name(db: Database, item: Item, bram: Client, form: dict[str, str], sentence: str) -> None:
    answer = bram.post(f"/campaigns/items/{item.id}/reviews", data=form)
    assert answer.status_code == 422
    assert sentence in answer.text
    with db.reading() as session:
        assert session.scalars(select(ReviewRequest)).all() == []


def test_not_everybody_is_asked_at_once(item: Item, bram: Client) -> None:
    for number in range(reviews.MOST_OPEN):
        asked(bram, item, f"Lezer {number}")
    answer = bram.post(f"/campaigns/items/{item.id}/reviews", data={"reviewer": "Nog een"})
    assert answer.status_code == 422
    assert "Er zijn al heel wat mensen gevraagd." in answer.text


def test_every_step_is_on_the_item_s_trail(db: Database, item: Item, client: Client, bram: Client) -> None:
    client.post(asked(bram, item), data={"answer": "change", "note": "Ander plaatje?"})
    with db.reading() as session:
        rows = session.execute(select(AuditEntry.act, AuditEntry.person_id, AuditEntry.detail).order_by(AuditEntry.id))
        acts = [(act, person_id, detail.get("reviewer")) for act, person_id, detail in rows]
    assert acts == [
        ("review_asked", bram.person.id, "Jan de Vries"),
        ("review_returned", None, "Jan de Vries"),
    ]
    trail = bram.get(f"/campaigns/items/{item.id}/trail").text
    assert "Ander plaatje?" in trail
    assert trail.index("vraagt om een aanpassing") < trail.index("vroeg een blik van buiten aan")


def test_members_ask_nobody(item: Item, ana: Client) -> None:
    assert ana.post(f"/campaigns/items/{item.id}/reviews", data={"reviewer": "Jan"}).status_code == 403
    assert ana.get(f"/campaigns/items/{item.id}/trail").status_code == 403


def test_the_link_is_found_again_by_whoever_asked_and_only_as_long_as_it_works(
    db: Database, item: Item, client: Client, bram: Client, dina: Client
) -> None:
    form = {"reviewer": "Jan de Vries", "reviewer_email": "jan@bureau.example"}
    answer = bram.post(f"/campaigns/items/{item.id}/reviews", data=form)
    assert answer.status_code == 303
    page = str(answer.headers["location"])
    [path] = LINK.findall(bram.get(page).text)
    assert client.get(path).status_code == 200

    bram.post("/language", data={"language": "en", "next": page})
    assert (LINK.findall(bram.get(page).text), "It is on its way to jan@" in bram.get(page).text) == ([path], True)
    assert f'href="{page}"' in bram.get(f"/campaigns/items/{item.id}").text
    assert dina.get(page).status_code == 404, "an answer given with it would have another name on it"
    assert f'href="{page}"' not in dina.get(f"/campaigns/items/{item.id}").text

    client.post(path, data={"answer": "fine"})
    assert bram.get(page).headers["location"] == f"/campaigns/items/{item.id}"
    assert bram.get("/campaigns/reviews/999999").status_code == 404


def test_names_and_addresses_are_forgotten_long_after_the_link_ended_and_the_trail_can_still_be_read(
    db: Database, item: Item, client: Client, bram: Client, clock: time_machine.Traveller
) -> None:
    client.post(asked(bram, item, "Jan", "jan@bureau.example"), data={"answer": "fine"})
    clock.shift(timedelta(days=1))
    asked(bram, item, "Piet", "piet@bureau.example")

    def remembered() -> list[str]:
        with db.writing() as session:
            reviews.forget(session)
            return list(session.scalars(select(ReviewRequest.name).order_by(ReviewRequest.id)))

    assert remembered() == ["Jan", "Piet"]
    clock.move_to(NOW + reviews.REMEMBERED + timedelta(seconds=1))
    assert remembered() == ["Piet"], "whose link ended a week after it was made"
    clock.shift(reviews.LASTS + timedelta(days=1))
    assert remembered() == []
    later = Client.signed_in(client.app, bram.person)
    assert "<b>Jan</b> zegt: prima zo" in later.get(f"/campaigns/items/{item.id}/trail").text
