"""A share is made for who shares it: their names in the caption, networks it fits, advertising called by its name."""

import pytest
from sqlalchemy import select

from portal.campaigns.models import Caption, Item
from portal.database import Database
from portal.links.models import Link
from portal.sharing.models import Share
from tests import make
from tests.client import Client
from tests.feed import reading as pages

CAPTION = "{first_name} van {department} vertelt je er graag meer over. {onbekend}"


def item_with(db: Database, *captions: str, **values: object) -> Item:
    with db.writing() as session:
        item = make.item(session, **values)
        item.captions = [Caption(network="any", language="nl", body=body) for body in captions or (CAPTION,)]
        session.flush()
        return item


def text_of(db: Database, who: Client) -> str:
    with db.reading() as session:
        text = session.scalars(select(Share.text).where(Share.person_id == who.person.id)).one()
        return text.rpartition("\n\n")[0]


def share(who: Client, item: Item, **form: object) -> pages.Response:
    return who.post(f"/items/{item.id}/shares", data={"network": "linkedin", "text": "Kom je ook?"} | form)


def test_each_colleague_finds_their_own_names_in_a_caption(db: Database, ana: Client, cleo: Client) -> None:
    item = item_with(db)
    for who, names in ((ana, "Ana van Service"), (cleo, "Cleo van Productie")):
        filled = f"{names} vertelt je er graag meer over. {{onbekend}}"
        assert pages.texts(who.get(f"/items/{item.id}?language=nl"), ".caption .body") == [filled]
        share(who, item, caption=str(item.captions[0].id))
        assert text_of(db, who) == f"Ik werk bij Noorderhout. Kom je ook?\n\n{filled}"


def test_correcting_takes_out_what_was_filled_in(db: Database, ana: Client) -> None:
    item = item_with(db)
    share(ana, item, caption=str(item.captions[0].id))
    assert pages.texts(ana.get(f"/items/{item.id}?network=linkedin"), "#field-text") == ["Kom je ook?"]


def test_a_caption_may_name_them_in_dutch(db: Database, ana: Client) -> None:
    item = item_with(db, "{voornaam} van {afdeling}, of {first_name} van {department}")
    assert pages.texts(ana.get(f"/items/{item.id}"), ".caption .body") == ["Ana van Service, of Ana van Service"]


@pytest.mark.parametrize("name", ["{department} Dekker", "<b>Ana</b> Dekker", "{first_name} X", "\\1 Dekker"])
def test_a_name_is_never_more_than_a_name(db: Database, ana: Client, name: str) -> None:
    with db.writing() as session:
        session.merge(ana.person).name = name
    item = item_with(db, "Hoi van {first_name}")
    page = ana.get(f"/items/{item.id}")
    assert pages.texts(page, ".caption .body") == [f"Hoi van {name.split()[0]}"]
    assert "<b>Ana</b>" not in page.text


def test_only_networks_it_fits_are_offered_with_a_line_why(db: Database, ana: Client) -> None:
    item = item_with(db, fits=["bluesky", "linkedin"])
    page = ana.get(f"/items/{item.id}?network=facebook")
    assert pages.attributes(page, ".tile input", "value") == ["linkedin", "bluesky", "copy", "sheet"]
    assert pages.texts(page, ".meant-for") == [
        "Marketing schreef dit voor deze netwerken: daar zitten de mensen voor wie het bedoeld is."
    ]
    only = ana.get(f"/items/{item_with(db, fits=['x']).id}")
    assert pages.texts(only, ".meant-for") == [
        "Marketing schreef dit voor X: daar zitten de mensen voor wie het bedoeld is."
    ]
    assert pages.texts(ana.get(f"/items/{item_with(db).id}"), ".meant-for") == []


def test_a_network_it_does_not_fit_is_asked_for_again(db: Database, ana: Client) -> None:
    item = item_with(db, fits=["linkedin"])
    answer = share(ana, item, network="facebook")
    assert answer.status_code == 422
    (error,) = pages.texts(answer, "#field-network-error")
    assert error == "Dit is niet voor Facebook bedoeld. Kies een andere manier."
    assert pages.texts(answer, "#field-text") == ["Kom je ook?"]
    with db.reading() as session:
        assert session.scalars(select(Link)).all() == []
    assert share(ana, item, network="copy").status_code == 303


def test_the_network_used_last_gives_way_to_one_it_fits(db: Database, ana: Client) -> None:
    share(ana, item_with(db), network="facebook")
    page = ana.get(f"/items/{item_with(db, fits=['threads']).id}")
    chosen = [each for each in pages.find(page, ".tile input") if "checked" in each.attributes]
    assert [each.attributes["value"] for each in chosen] == ["threads"]


@pytest.mark.parametrize(
    ("kind", "disclosure", "start"),
    [
        ("promotion", "advertising", "#reclame Ik werk bij Noorderhout."),
        ("promotion", "usual", "Ik werk bij Noorderhout."),
        ("contest", "advertising", "#reclame Ik werk bij Noorderhout."),
    ],
)
def test_advertising_is_called_so_first(db: Database, ana: Client, kind: str, disclosure: str, start: str) -> None:
    item = item_with(db, kind=kind, disclosure=disclosure)
    share(ana, item, text="Kom je ook?", network="x")
    assert text_of(db, ana) == f"{start} Kom je ook?"


def test_whoever_shares_sees_when_where_and_whom_to_ask(db: Database, ana: Client) -> None:
    item = item_with(db, place="Zwolle", hours="32 tot 40", recruiter="Joost")
    page = ana.get(f"/items/{item.id}")
    assert (pages.texts(page, ".told dt"), pages.texts(page, ".told dd")) == (
        ["Plek", "Uren per week", "Contactpersoon"],
        ["Zwolle", "32 tot 40", "Joost"],
    )
