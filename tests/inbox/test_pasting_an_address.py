"""From a pasted address to a draft: what is filled in, what is warned of, and never the same one twice unasked."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

from httpx2 import Response
from sqlalchemy import func, select

from portal import clock
from portal.campaigns.models import Item
from portal.campaigns.pictures import address
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.inbox import drafting
from portal.inbox.models import Candidate
from tests import make
from tests.campaigns.drawing import picture
from tests.client import Client
from tests.website import Reply, Request, Website

VACANCY = {
    "@context": "https://schema.org",
    "@type": "JobPosting",
    "title": "Timmerman",
    "description": "<p>Bouw mee aan een huis per dag.</p>",
    "jobLocation": {"@type": "Place", "address": {"addressLocality": "Zwolle"}},
    "workHours": "32 tot 40 uur",
}


def html_page(head: str) -> Reply:
    return Reply(f'<!doctype html><html lang="nl"><head>{head}</head><body></body></html>'.encode())


def vacancy_page(**said: Any) -> Reply:
    data = json.dumps(VACANCY | said)
    return html_page(
        '<meta property="og:title" content="Vacature: timmerman"><meta property="og:image" content="/hal.jpg">'
        '<meta property="og:image:alt" content="De hal in Zwolle">'
        f'<script type="application/ld+json">{data}</script>'
    )


def article(title: str = "Zo bouw je een huis", *, head: str = "") -> Reply:
    return html_page(
        f'<meta property="og:title" content="{title}"><meta property="og:description" content="In één dag.">'
        f'<meta property="og:image" content="/hal.jpg">{head}'
    )


def campaign_of(db: Database) -> int:
    with db.writing() as session:
        return make.campaign(session).id


def paste(who: Client, url: str, campaign: int, **more: str) -> Response:
    return who.post("/inbox/paste", data={"address": url, "campaign": str(campaign), **more})


def drafted(db: Database, answer: Response) -> Item:
    assert answer.status_code == 303, answer.text
    found = re.match(r"/campaigns/items/(\d+)/edit", answer.headers["location"])
    assert found is not None
    with db.reading() as session:
        return get_item(session, int(found[1]))


def seen(answer: Response) -> str:
    return answer.headers["location"].partition("seen=")[2]


def number_of_items(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Item)) or 0


def test_a_vacancy_becomes_a_draft_that_only_needs_reading(bram: Client, db: Database, website: Website) -> None:
    closes = clock.today() + timedelta(days=12)
    website.replies["/timmerman"] = vacancy_page(validThrough=closes.isoformat())
    website.replies["/hal.jpg"] = Reply(picture("JPEG", (1600, 900)), "image/jpeg")
    answer = paste(bram, f"{website.address}/timmerman", campaign_of(db))
    item = drafted(db, answer)
    text = item.texts[0]
    assert (item.kind, item.state, item.target_url) == ("vacancy", "draft", f"{website.address}/timmerman")
    assert (text.language, text.title, text.summary) == ("nl", "Timmerman", "Bouw mee aan een huis per dag.")
    assert (item.place, item.hours, text.picture_alt) == ("Zwolle", "32 tot 40 uur", "De hal in Zwolle")
    assert item.ends_at == clock.end_of(closes)
    assert item.picture is not None
    assert bram.get(address(item.picture, "card")).headers["content-type"] == "image/jpeg"
    form = bram.follow(answer).text
    assert "Je concept staat klaar. Lees het even na: elk woord kun je nog aanpassen." in form
    assert 'value="Timmerman"' in form
    assert seen(answer) == "not_https"


def test_what_is_wrong_stands_above_the_form(bram: Client, db: Database, website: Website) -> None:
    long = "Een titel die zo lang is dat bijna geen enkel netwerk hem nog in zijn geheel laat zien"
    website.replies["/oud"] = Reply(status=301, headers={"Location": "/nieuw"})
    website.replies["/nieuw"] = article(long, head='<meta name="robots" content="noindex">')
    website.replies["/hal.jpg"] = Reply(picture("PNG", (400, 300)), "image/png")
    answer = paste(bram, f"{website.address}/oud", campaign_of(db))
    item = drafted(db, answer)
    assert (item.target_url, item.picture is None) == (f"{website.address}/nieuw", False)
    assert seen(answer) == "redirects,noindex,not_https,title_cut,picture_small".replace(",", "%2C")
    form = bram.follow(answer).text
    assert form.count("<li>", form.index('id="seen"'), form.index("<form", form.index('id="seen"'))) == 5
    assert "De pagina wil niet in zoekmachines staan. Mag iedereen die al zien?" in form
    assert "<script>" not in bram.get("/campaigns/items/1/edit?seen=<script>,noindex").text


def test_pictures_that_cannot_be_used(bram: Client, db: Database, website: Website) -> None:
    campaign = campaign_of(db)
    broken = {
        "picture_format": Reply(b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        "picture_tiny": Reply(picture("PNG", (120, 80)), "image/png"),
        "picture_lost": Reply(status=404),
        "picture_large": Reply(b"\xff" * 5_000_001, "image/jpeg"),
    }
    for number, (warning, reply) in enumerate(broken.items()):
        website.replies[f"/{number}"] = article()
        website.replies["/hal.jpg"] = reply
        answer = paste(bram, f"{website.address}/{number}", campaign)
        assert (drafted(db, answer).picture_id, seen(answer)) == (None, f"not_https%2C{warning}")
        said = bram.follow(answer).text
        assert ("De foto is klein" in said, "te klein om te gebruiken" in said) == (False, warning == "picture_tiny")


def test_what_has_no_title_gets_it_from_whoever_makes_it(bram: Client, db: Database, website: Website) -> None:
    campaign, url = campaign_of(db), f"{website.address}/stukken/gids%20hout.pdf"
    website.replies["/stukken/gids%20hout.pdf"] = Reply(b"%PDF-1.7", "application/pdf")
    asked = paste(bram, url, campaign)
    assert (asked.status_code, number_of_items(db)) == (422, 0)
    assert "We vonden daar geen titel. Hoe moet het heten?" in asked.text
    assert '<a href="#field-title">' in asked.text
    assert re.search(r'id="field-title" name="title" type="text" value=""', asked.text)
    answer = paste(bram, url, campaign, title="Gids voor hout")
    assert drafted(db, answer).texts[0].title == "Gids voor hout"
    assert seen(answer) == "not_https%2Cno_description%2Cno_picture"


def test_from_the_page_one_comes_back_to_the_inbox(bram: Client) -> None:
    assert '<a class="back" href="/inbox">' in bram.get("/inbox/paste").text


def test_an_event_and_a_video(bram: Client, db: Database, website: Website) -> None:
    campaign = campaign_of(db)
    begins = clock.local(clock.now() + timedelta(days=9)).replace(microsecond=0)
    data = json.dumps({"@type": "Event", "name": "Open dag", "startDate": begins.isoformat()})
    website.replies["/open-dag"] = html_page(f'<script type="application/ld+json">{data}</script>')
    item = drafted(db, paste(bram, f"{website.address}/open-dag", campaign))
    assert (item.kind, item.happens_at, item.ends_at) == ("event", begins, clock.end_of(begins.date()))
    website.replies["/film"] = html_page('<link rel="alternate" type="application/json+oembed" href="/oembed">')
    said = {"type": "video", "title": "Een huis in een dag", "thumbnail_url": f"{website.address}/hal.jpg"}
    website.replies["/oembed"] = Reply(json.dumps(said).encode(), "application/json")
    website.replies["/hal.jpg"] = Reply(picture("JPEG", (1200, 630)), "image/jpeg")
    item = drafted(db, paste(bram, f"{website.address}/film", campaign))
    assert (item.kind, item.texts[0].title, item.video_url) == (
        "video",
        "Een huis in een dag",
        f"{website.address}/film",
    )
    assert item.picture_id is not None


def test_the_same_page_is_not_drafted_twice_unasked(bram: Client, db: Database, website: Website) -> None:
    campaign = campaign_of(db)
    website.replies["/huis"] = website.replies["/huis?utm_source=mail"] = article()
    first = drafted(db, paste(bram, f"{website.address}/huis", campaign))
    again = paste(bram, f"{website.address}/huis?utm_source=mail", campaign)
    assert again.status_code == 409
    assert f'<a href="/campaigns/items/{first.id}">Zo bouw je een huis</a>' in again.text
    assert (number_of_items(db), 'name="anyway"' in again.text) == (1, True)
    second = drafted(db, paste(bram, f"{website.address}/huis?utm_source=mail", campaign, anyway="yes"))
    assert (second.id != first.id, number_of_items(db)) == (True, 2)


def test_the_same_page_however_it_is_spelt(db: Database) -> None:
    with db.writing() as session:
        host = "https://noorderhout.example"
        ours = make.item(session, target_url=f"{host}/werken/caf\u00e9-hulp/?id=7&plaats=Zwolle#solliciteer").id
        make.item(session, target_url=f"{host}/werken/caf\u00e9-hulp?id=77&plaats=Zwolle")
        home = make.item(session, target_url=f"{host}/").id
    same = {
        "http://www.noorderhout.example/werken/caf%C3%A9-hulp?plaats=Zwolle&id=7&utm_source=mail": ours,
        "https://noorderhout.example": home,
        "https://noorderhout.example/werken/caf%C3%A9-hulp?id=8&plaats=Zwolle": None,
        "https://elders.example/": None,
        "https://[::1": None,
        "": None,
    }
    with db.reading() as session:
        for url, wanted in same.items():
            found = drafting.same_address(session, url)
            assert (url, found and found.id) == (url, wanted)


def test_two_who_paste_the_same_at_once_make_one_draft(bram: Client, db: Database, website: Website) -> None:
    campaign = campaign_of(db)
    website.replies["/huis"] = article()
    browsers = [Client.signed_in(bram.app, bram.person) for _ in range(4)]
    ready = Barrier(len(browsers))

    def go(browser: Client) -> int:
        ready.wait()
        return paste(browser, f"{website.address}/huis", campaign).status_code

    with ThreadPoolExecutor(len(browsers)) as pool:
        answers = Counter(pool.map(go, browsers))
    assert (answers, number_of_items(db)) == ({303: 1, 409: 3}, 1)


def test_a_candidate_of_the_address_is_drafted_with_it(bram: Client, db: Database, website: Website) -> None:
    campaign = campaign_of(db)
    website.replies["/huis"] = article()
    with db.writing() as session:
        same = {"canonical_url": f"{website.address}/huis".replace("http:", "https:"), "url": f"{website.address}/huis"}
        session.add(Candidate(kind="article", language="nl", title="Zo bouw je een huis", at=clock.now(), **same))
    item = drafted(db, paste(bram, f"{website.address}/huis", campaign))
    with db.reading() as session:
        candidate = session.scalars(select(Candidate)).one()
        assert (candidate.state, candidate.item_id) == ("drafted", item.id)


def test_a_page_that_does_not_answer_is_only_drafted_when_asked_again(
    bram: Client, db: Database, website: Website
) -> None:
    campaign = campaign_of(db)
    gone = paste(bram, f"{website.address}/weg", campaign)
    assert gone.status_code == 422
    assert "De pagina geeft een foutmelding: 404." in gone.text
    assert (f'value="{website.address}/weg"' in gone.text, number_of_items(db)) == (True, 0)
    untitled = paste(bram, f"{website.address}/weg", campaign, anyway="yes")
    assert (untitled.status_code, "Hoe moet het heten?" in untitled.text, number_of_items(db)) == (422, True, 0)
    answer = paste(bram, f"{website.address}/weg", campaign, anyway="yes", title="De pagina van straks")
    assert (drafted(db, answer).texts[0].title, seen(answer)) == ("De pagina van straks", "broken")
    nowhere = paste(bram, "bestaat-niet.invalid/pagina", campaign)
    assert "Er is geen website die bestaat-niet.invalid heet." in nowhere.text


def test_a_page_that_does_not_answer_may_have_its_item_already(bram: Client, db: Database, website: Website) -> None:
    with db.writing() as session:
        draft = make.item(session, title="Nog niet online", state="draft", target_url=f"{website.address}/straks/")
    answer = paste(bram, f"http://www.{website.host}/straks", draft.campaign_id)
    assert answer.status_code == 422
    answer = paste(bram, f"{website.address}/straks?utm_source=mail", draft.campaign_id)
    assert (answer.status_code, number_of_items(db)) == (422, 1)
    assert "De pagina geeft een foutmelding: 404." in answer.text
    assert f'<a href="/campaigns/items/{draft.id}">Nog niet online</a>' in answer.text


def test_what_must_be_chosen_and_typed(bram: Client, ana: Client, db: Database, website: Website) -> None:
    website.replies["/huis"] = article()
    answer = bram.post("/inbox/paste", data={"address": f"{website.address}/huis"})
    assert answer.status_code == 422
    assert "Maak er een en plak het adres opnieuw." in answer.text
    campaign_of(db)
    answer = bram.post("/inbox/paste", data={"address": f"{website.address}/huis", "campaign": "999"})
    assert (answer.status_code, "Kies de campagne waar het bij hoort." in answer.text) == (422, True)
    answer = bram.post("/inbox/paste", data={"address": "", "campaign": "1"})
    assert (answer.status_code, "Vul het webadres in waar dit item naartoe leidt." in answer.text) == (422, True)
    assert website.paths == ["/huis", "/hal.jpg"] * 2
    assert ana.post("/inbox/paste", data={"address": f"{website.address}/huis"}).status_code == 403
    assert len(website.paths) == 4


def test_looking_again_at_where_an_item_leads(bram: Client, db: Database, website: Website) -> None:
    with db.writing() as session:
        item = make.item(session, target_url=f"{website.address}/timmerman")
    path, form = f"/campaigns/items/{item.id}/address", {"address": item.target_url}
    assert f'action="{path}"' in bram.get(f"/campaigns/items/{item.id}").text
    closed = (clock.today() - timedelta(days=2)).isoformat()
    website.replies["/timmerman"] = vacancy_page(validThrough=closed)
    piece = bram.post(path, data=form, htmx=True).text
    assert piece.startswith('<div class="stack tight" id="address-check"')
    assert "Volgens de pagina is deze vacature al gesloten." in piece
    assert website.paths == ["/timmerman"]  # its picture is of no interest here
    website.replies["/timmerman"] = Reply(status=410)
    assert "De pagina geeft een foutmelding: 410." in bram.post(path, data=form, htmx=True).text
    without_scripts = bram.post(path, data=form)
    assert (without_scripts.status_code, "<h1>Controleer het adres</h1>" in without_scripts.text) == (200, True)
    other = bram.post(path, data={"address": f"{website.address}/elders"})
    assert other.status_code == 303
    assert "Het adres is intussen aangepast. Controleer het nog een keer." in bram.follow(other).text


def test_what_a_page_says_is_shown_as_text_only(bram: Client, db: Database, website: Website) -> None:
    script = "&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"
    more = '&lt;div hx-get="/x" hx-trigger="load"&gt;{{ 7 * 7 }}&lt;/div&gt;&lt;/script&gt;&lt;script&gt;alert(1)'
    website.replies["/xss"] = html_page(
        f'<meta property="og:title" content="{script}"><meta property="og:description" content=\'{script}{more}\'>'
        f'<meta property="og:image" content="javascript:alert(1)"><meta property="og:image:alt" content="{script}">'
    )
    item = drafted(db, answer := paste(bram, f"{website.address}/xss", campaign_of(db)))
    assert item.texts[0].title == '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    for path in (answer.headers["location"], f"/campaigns/items/{item.id}", f"/campaigns/{item.campaign_id}"):
        shown = bram.get(path).text
        assert (shown.count("<script>"), shown.count("<img src=x")) == (0, 0)
        assert re.findall(r'<div[^>]*hx-get="/x"|onerror=alert\(1\)>|href="javascript:', shown) == []


def test_the_gateway_says_who_asks(bram: Client, db: Database, website: Website) -> None:
    asked: list[Request] = []

    def reply(request: Request) -> Reply:
        asked.append(request)
        return article()

    website.replies["/huis"] = reply
    paste(bram, f"{website.address}/huis", campaign_of(db))
    assert asked[0].headers["user-agent"].startswith("Passalong")
    assert "cookie" not in asked[0].headers
