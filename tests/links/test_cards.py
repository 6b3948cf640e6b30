"""Cards: programs that draw previews get a page with the item's own title and picture, people the redirect."""

import io
import re
import threading
from datetime import timedelta

import pytest
from PIL import Image
from sqlalchemy import event, select, update
from starlette.applications import Starlette

from portal import clock
from portal.campaigns import pictures
from portal.campaigns.models import Item, ItemText, Picture
from portal.database import Database
from portal.links import cards
from portal.links.cards import Cards
from portal.links.models import Click, Link
from tests import make
from tests.campaigns.drawing import rendered_noise
from tests.client import Client

LINKEDIN = {"user-agent": "LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)"}
WHATSAPP = {"user-agent": "WhatsApp/2.24.12.78 A", "accept-language": ""}


@pytest.fixture
def links(db: Database) -> list[Link]:
    """Two colleagues' links to one item with a picture."""
    with db.writing() as session:
        picture = pictures.keep(session, rendered_noise((1600, 900)))
        item = make.item(session, title='Timmerman "m/v" & co <b>', picture_id=picture.id)
        for text in item.texts:
            text.picture_alt = "Een hal vol hout"
        made = [
            make.link(session, by=make.person(session, name), on=item) for name in ("Ana Dekker", "Cleo van den Berghe")
        ]
        for link in made:
            link.created_at = clock.now() - timedelta(hours=1)
    return made


def _tags(page: str) -> dict[str, str]:
    """Its meta tags by name, in the order of the page."""
    return {found[1]: found[2] for found in re.finditer(r'<meta (?:name|property)="([^"]+)" content="([^"]*)">', page)}


def test_a_preview_fetcher_gets_the_card_and_no_redirect(client: Client, db: Database, links: list[Link]) -> None:
    response = client.get(f"/r/{links[0].code}", headers=LINKEDIN | {"accept-language": "en"})
    with db.reading() as session:
        picture = session.scalars(select(Item)).one().picture_id
        assert picture is not None
        digest = session.get_one(Picture, picture).digest
        clicks = [(row.verdict, row.reason) for row in session.scalars(select(Click))]
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "private, no-store"
    assert response.headers["x-robots-tag"] == "noindex, nofollow"
    title = "Timmerman &#34;m/v&#34; &amp; co &lt;b&gt; (en)"
    address = f"http://localhost:8000/pictures/{digest}/card.jpg"
    assert _tags(response.text) == {
        "robots": "noindex, nofollow",
        "description": "Joost is looking for a carpenter.",
        "og:type": "website",
        "og:site_name": "Noorderhout",
        "og:locale": "en_GB",
        "og:title": title,
        "og:description": "Joost is looking for a carpenter.",
        "og:image": address,
        "og:image:type": "image/jpeg",
        "og:image:width": "1200",
        "og:image:height": "630",
        "og:image:alt": "Een hal vol hout",
        "twitter:card": "summary_large_image",
        "twitter:title": title,
        "twitter:description": "Joost is looking for a carpenter.",
        "twitter:image": address,
        "twitter:image:alt": "Een hal vol hout",
    }
    assert '<html lang="en" ' in response.text
    assert '<link rel="canonical" href="https://noorderhout.example/werken/timmerman">' in response.text
    assert clicks == [("bot", "preview")]


def test_the_picture_is_what_networks_want(client: Client, links: list[Link]) -> None:
    page = client.get(f"/r/{links[0].code}", headers=LINKEDIN).text
    answer = client.get(_tags(page)["og:image"].removeprefix("http://localhost:8000"))
    drawn = Image.open(io.BytesIO(answer.content))
    assert (drawn.format, drawn.size) == ("JPEG", (1200, 630))
    assert len(answer.content) < 300_000
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"


def test_people_and_other_robots_are_sent_on(client: Client, links: list[Link]) -> None:
    path = f"/r/{links[0].code}"
    assert client.get(path).status_code == 302
    for name in ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "curl/8.9.1", ""):
        assert client.get(path, headers={"user-agent": name}).status_code == 302


def test_the_card_is_the_same_for_every_sharer(client: Client, links: list[Link]) -> None:
    one, other = (client.get(f"/r/{link.code}", headers=LINKEDIN).text for link in links)
    assert one == other
    assert not any(part in one for part in ("Ana", "Cleo", links[0].code, "utm_"))


def test_an_item_without_a_picture_has_no_card(client: Client, db: Database) -> None:
    with db.writing() as session:
        link = make.link(session, by=make.person(session), on=make.item(session))
    assert client.get(f"/r/{link.code}", headers=LINKEDIN).status_code == 302


def test_head_asks_for_the_card_too_and_leaves_nothing(client: Client, db: Database, links: list[Link]) -> None:
    assert client.head(f"/r/{links[0].code}", headers=LINKEDIN).status_code == 200
    with db.reading() as session:
        assert list(session.scalars(select(Click))) == []


@pytest.mark.parametrize(
    ("asked", "spoken"),
    [("nl-BE,nl;q=0.9", "nl"), ("en-US", "en"), ("", "nl"), ("de", "nl"), ("*", "nl"), ("x" * 5000, "nl")],
)
def test_the_language_is_what_the_fetcher_asks_for_if_the_item_speaks_it(
    client: Client, links: list[Link], asked: str, spoken: str
) -> None:
    page = client.get(f"/r/{links[0].code}", headers=WHATSAPP | {"accept-language": asked}).text
    assert f'<html lang="{spoken}" ' in page


def test_a_card_in_a_language_that_was_not_written_is_in_the_other(
    client: Client, db: Database, links: list[Link]
) -> None:
    with db.writing() as session:
        session.delete(session.scalars(select(ItemText).where(ItemText.language == "en")).one())
    page = client.get(f"/r/{links[0].code}", headers=LINKEDIN | {"accept-language": "en"}).text
    assert '<html lang="nl" ' in page


def test_a_stampede_reads_the_item_once(
    client: Client, db: Database, links: list[Link], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "kept", Cards())
    asked: list[str] = []
    event.listen(db.reader, "before_cursor_execute", lambda *args: asked.append(args[2]))
    for _ in range(30):
        assert client.get(f"/r/{links[0].code}", headers=LINKEDIN).status_code == 200
    assert sum("FROM item_text" in statement for statement in asked) == 1
    assert len(cards.kept) == 1


def test_a_changed_item_has_a_new_card(client: Client, db: Database, links: list[Link]) -> None:
    before = client.get(f"/r/{links[0].code}", headers=LINKEDIN).text
    with db.writing() as session:
        session.execute(update(ItemText).values(picture_alt="Een nieuwe hal"))
        session.execute(update(Item).values(version=Item.version + 1))
    after = client.get(f"/r/{links[0].code}", headers=LINKEDIN).text
    assert "Een hal vol hout" in before
    assert "Een nieuwe hal" in after


def test_an_item_that_is_over_has_no_card_either(client: Client, db: Database, links: list[Link]) -> None:
    with db.writing() as session:
        session.execute(update(Item).values(state="recalled"))
    client.app.state.desk.forget()
    response = client.get(f"/r/{links[0].code}", headers=LINKEDIN)
    assert response.status_code == 410
    assert "og:title" not in response.text


@pytest.mark.once
def test_no_more_cards_are_kept_than_there_is_room_for(app: Starlette) -> None:
    kept = Cards()

    def fill(start: int) -> None:
        for number in range(start, start + 400):
            kept.keep((number, 1, clock.now(), "nl", "Noorderhout"), b"card")

    threads = [threading.Thread(target=fill, args=(start,)) for start in range(0, 2000, 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(kept) == cards.MOST
