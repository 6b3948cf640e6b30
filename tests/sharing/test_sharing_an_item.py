"""Sharing an item by plain forms: the page, the text with its link, yes I posted it, taking it back."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from portal import clock
from portal.campaigns.models import Item
from portal.database import Database
from portal.links.models import Link
from portal.sharing import networks
from portal.sharing.models import Share
from tests import make
from tests.asked import cost
from tests.client import Client
from tests.feed import reading as pages
from tests.sharing import making


@pytest.fixture
def item(db: Database) -> Item:
    with db.writing() as session:
        return make.item(session)


def share(who: Client, item: Item, **form: object) -> pages.Response:
    return who.post(f"/items/{item.id}/shares", data={"network": "linkedin", "text": "Kom je ook?"} | form)


def kept(db: Database) -> Share:
    with db.reading() as session:
        return session.scalars(select(Share)).one()


def test_the_page_asks_for_an_own_sentence_first(ana: Client, item: Item) -> None:
    page = ana.get(f"/items/{item.id}")
    assert pages.texts(page, ".own label") == ["Eerst jouw eigen zin"]
    assert pages.texts(page, ".caption .body") == [
        "Wij bouwen binnen, ook als het regent. Wie helpt mee?",
        "In onze hal staat elke dag een nieuw huis. Kun jij timmeren?",
    ]
    assert pages.attributes(page, ".tile input", "value") == [network.key for network in networks.all()]
    assert [each.attributes["value"] for each in pages.find(page, ".tile input") if "checked" in each.attributes] == [
        "linkedin"
    ]


def test_looking_mints_nothing(ana: Client, item: Item, db: Database) -> None:
    ana.get(f"/items/{item.id}")
    with db.reading() as session:
        assert session.scalars(select(Link)).all() == []


@pytest.mark.parametrize("network", [network.key for network in networks.all()])
def test_the_answer_shows_the_text_with_the_minted_link(ana: Client, item: Item, db: Database, network: str) -> None:
    caption = next(each for each in item.captions if each.language == "nl" and each.network == "any")
    answer = share(ana, item, network=network, caption=str(caption.id))
    assert answer.status_code == 303
    page = ana.follow(answer)
    with db.reading() as session:
        link = session.scalars(select(Link)).one()
    address = f"http://localhost:8000/r/{link.code}"
    assert pages.texts(page, "#ready-text") == [f"Ik werk bij Noorderhout. Kom je ook? {caption.body} {address}"]
    opened = pages.attributes(page, "#open-network", "href")
    assert [address in unquote(url) for url in opened] == ([] if network in ("copy", "sheet") else [True])
    assert (kept(db).network, kept(db).state) == (
        network,
        {"copy": "copied", "sheet": "sheet"}.get(network, "opened"),
    )


def test_the_network_opens_in_its_own_window(ana: Client, item: Item) -> None:
    (link,) = pages.find(ana.follow(share(ana, item)), "#open-network")
    assert (link.attributes["target"], link.attributes["rel"], link.text) == (
        "_blank",
        "noopener",
        "Open LinkedIn",
    )


def test_a_script_gets_text_and_address(ana: Client, item: Item) -> None:
    said = share(ana, item, network="whatsapp").headers["location"]
    answer = ana.post(
        f"/items/{item.id}/shares",
        data={"network": "whatsapp", "text": "Kom je ook?"},
        headers={"accept": "application/json"},
    )
    assert sorted(answer.json()) == ["open", "page", "text"]
    assert answer.json()["page"] == said
    assert unquote(answer.json()["open"]) == f"https://wa.me/?text={answer.json()['text']}"


def test_the_other_wording_can_be_chosen(ana: Client, item: Item, db: Database) -> None:
    share(ana, item, disclosure="1")
    assert kept(db).text.startswith("Noorderhout is mijn werkgever. Kom je ook?")


def test_an_offer_says_that_it_is_one(ana: Client, db: Database) -> None:
    with db.writing() as session:
        offer = make.item(session, kind="promotion", disclosure="advertising")
    share(ana, offer)
    assert kept(db).text.startswith("#reclame Ik werk bij Noorderhout. Kom je ook?")


def test_a_text_too_long_for_x_is_made_to_fit(ana: Client, item: Item, db: Database) -> None:
    share(ana, item, network="x", text="Heel veel woorden. " * 60)
    text = kept(db).text
    assert text.startswith("Ik werk bij Noorderhout. Heel veel woorden.")
    assert "/r/" in text
    assert 260 < networks.get("x").count(text) <= 280


def test_more_than_a_person_types_comes_back_with_all_of_it(ana: Client, item: Item, db: Database) -> None:
    answer = share(ana, item, text="a" * 3001)
    assert answer.status_code == 422
    assert pages.texts(answer, "#field-text") == ["a" * 3001]
    assert pages.texts(answer, "#field-text-error") != []
    with db.reading() as session:
        assert session.scalars(select(Link)).all() == []


@pytest.mark.parametrize("network", ["", "myspace", "LinkedIn", "x'; DROP TABLE share"])
def test_an_unknown_network_is_asked_for_again(ana: Client, item: Item, network: str) -> None:
    answer = share(ana, item, network=network)
    assert answer.status_code == 422
    assert pages.texts(answer, "#field-network-error") == ["Kies waar het heen moet."]
    assert pages.texts(answer, "#field-text") == ["Kom je ook?"]


@pytest.mark.parametrize("caption", ["", "0", "-1", "999999", "none", "9" * 400])
def test_an_unknown_caption_counts_as_none(ana: Client, item: Item, db: Database, caption: str) -> None:
    assert share(ana, item, caption=caption).status_code == 303
    assert kept(db).caption_id is None


def test_what_people_type_is_shown_as_text(ana: Client, item: Item) -> None:
    page = ana.follow(share(ana, item, text="<script>alert(1)</script>"))
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"state": "recalled"}, 410),
        ({"ends_at": timedelta(hours=-1)}, 410),
        ({"state": "draft"}, 404),
        ({"publish_at": timedelta(hours=1)}, 404),
    ],
)
def test_only_what_is_live_can_be_shared(ana: Client, db: Database, changes: dict[str, object], status: int) -> None:
    moved = {key: clock.now() + value if isinstance(value, timedelta) else value for key, value in changes.items()}
    with db.writing() as session:
        item = make.item(session, **moved)
    assert (ana.get(f"/items/{item.id}").status_code, share(ana, item).status_code) == (status, status)


def test_an_item_that_does_not_exist_is_not_found(ana: Client) -> None:
    assert [ana.get(f"/items/{number}").status_code for number in (0, 12345, 10**30)] == [404, 404, 404]


def test_yes_i_posted_it(ana: Client, item: Item, db: Database) -> None:
    share(ana, item)
    answer = ana.post(f"/shares/{kept(db).id}/confirmation")
    assert pages.texts(ana.follow(answer), ".thanks h1") == ["Dank je wel voor het delen"]
    assert kept(db).state == "confirmed"


def test_taking_it_back_leaves_the_link_alive(ana: Client, item: Item, db: Database) -> None:
    share(ana, item)
    answer = ana.post(f"/shares/{kept(db).id}/removal")
    assert pages.texts(ana.follow(answer), ".mine-list h3") == []
    with db.reading() as session:
        assert len(session.scalars(select(Link)).all()) == 1


def test_another_persons_share_does_not_exist_for_me(ana: Client, cleo: Client, item: Item, db: Database) -> None:
    share(ana, item)
    number = kept(db).id
    assert cleo.get(f"/items/{item.id}/shares/{number}").status_code == 404
    assert cleo.post(f"/shares/{number}/confirmation").status_code == 404
    assert cleo.post(f"/shares/{number}/removal").status_code == 404
    assert kept(db).state == "opened"


def test_correcting_brings_back_what_i_wrote(ana: Client, item: Item, db: Database) -> None:
    caption = next(each for each in item.captions if each.language == "nl" and each.network == "linkedin")
    share(ana, item, caption=str(caption.id))
    page = ana.get(f"/items/{item.id}?network=linkedin")
    assert pages.texts(page, "#field-text") == ["Kom je ook?"]
    share(ana, item, caption=str(caption.id), text="Kom toch!")
    assert kept(db).text.startswith(f"Ik werk bij Noorderhout. Kom toch!\n\n{caption.body}")


def test_what_i_wrote_in_one_language_does_not_begin_my_text_in_another(ana: Client, item: Item, db: Database) -> None:
    caption = next(each for each in item.captions if each.language == "nl" and each.network == "linkedin")
    share(ana, item, caption=str(caption.id))
    page = ana.get(f"/items/{item.id}?network=linkedin&language=en")
    assert pages.texts(page, "#field-text") == [""]


def test_the_last_network_is_chosen_the_next_time(ana: Client, item: Item, db: Database) -> None:
    with db.writing() as session:
        other = make.item(session)
    share(ana, item, network="bluesky")
    chosen = [each for each in pages.find(ana.get(f"/items/{other.id}"), ".tile input") if "checked" in each.attributes]
    assert [each.attributes["value"] for each in chosen] == ["bluesky"]


def test_sharing_in_the_other_language(ana: Client, item: Item, db: Database) -> None:
    page = ana.get(f"/items/{item.id}?language=en")
    assert pages.texts(page, ".mini h1") == ["Timmerman in Zwolle (en)"]
    share(ana, item, language="en")
    assert kept(db).text.startswith("I work at Noorderhout. Kom je ook?")


def test_the_share_sheet_gets_its_link_before_it_opens(ana: Client, item: Item, db: Database) -> None:
    answer = ana.post(f"/items/{item.id}/links", headers={"accept": "application/json"})
    with db.reading() as session:
        link = session.scalars(select(Link)).one()
        assert session.scalars(select(Share)).all() == []
    assert answer.json() == {"link": f"http://localhost:8000/r/{link.code}"}


def test_a_foreign_form_shares_nothing(ana: Client, item: Item, db: Database) -> None:
    answer = ana.post(
        f"/items/{item.id}/shares",
        data={"network": "x"},
        headers={"origin": "https://evil.example", "sec-fetch-site": "cross-site"},
    )
    assert answer.status_code == 403
    with db.reading() as session:
        assert session.scalars(select(Share)).all() == []


def test_fifty_shares_cost_as_many_queries_as_one(ana: Client, item: Item, db: Database) -> None:
    with db.writing() as session:
        making.share(session, by=ana.person, on=item, state="confirmed")
    one = cost(ana, "/me", db)
    with db.writing() as session:
        for _ in range(49):
            making.share(session, by=ana.person, on=make.item(session), state="confirmed")
    assert cost(ana, "/me", db) == one
