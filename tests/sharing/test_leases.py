"""Caption leases: a few colleagues have the same words on a network in one week, the next ones get others."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from httpx2 import Response
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns.models import Caption, Item, ItemAudience
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.people import organisation as organisations
from portal.people.models import Organisation, Person
from portal.sharing import leases
from portal.sharing.leases import Shortage
from portal.sharing.models import Lease, Share
from tests import make
from tests.client import Client
from tests.feed import reading as pages


@pytest.fixture
def item(db: Database) -> Item:
    """An item with three captions for any network in Dutch, and one for LinkedIn."""
    with db.writing() as session:
        made = make.item(session)
        made.captions = [
            *(Caption(network="any", language="nl", body=f"Tekst {number}") for number in (1, 2, 3)),
            Caption(network="linkedin", language="nl", body="Voor LinkedIn"),
        ]
        session.flush()
        return get_item(session, made.id)


def limit(db: Database, number: int) -> None:
    with db.writing() as session:
        session.execute(update(Organisation).values(captions_for=number))


def people(db: Database, number: int) -> list[Person]:
    with db.writing() as session:
        return [make.person(session) for _ in range(number)]


def offered(db: Session, person: Person, item: Item, network: str = "linkedin") -> list[leases.Offer]:
    organisation = organisations.get(db)
    return leases.offer(db, person=person, item=item, network=network, language="nl", organisation=organisation)


def take(db: Session, person: Person, caption: Caption, network: str = "linkedin") -> bool:
    return leases.take(db, person=person, caption=caption, network=network, organisation=organisations.get(db))


def held(db: Database) -> Counter[tuple[str, str]]:
    """How many colleagues have each caption on each network."""
    with db.reading() as session:
        rows = session.execute(select(Caption.body, Lease.network).join(Lease, Lease.caption_id == Caption.id))
        return Counter((body, network) for body, network in rows)


def share(who: Client, item: Item, caption: int | str, text: str = "", network: str = "linkedin") -> int:
    form = {"network": network, "language": "nl", "caption": str(caption), "text": text, "disclosure": "0"}
    return who.post(f"/items/{item.id}/shares", data=form).status_code


def test_each_colleague_is_offered_another_one_until_all_are_with_enough(db: Database, item: Item) -> None:
    limit(db, 2)
    first_offered = []
    for person in people(db, 8):
        with db.writing() as session:
            best = offered(session, person, item)[0]
            first_offered.append(best.caption.body)
            assert take(session, person, best.caption)
    every = {"Tekst 1", "Tekst 2", "Tekst 3", "Voor LinkedIn"}
    assert (set(first_offered[:4]), set(first_offered[4:])) == (every, every)
    assert held(db) == {(body, "linkedin"): 2 for body in every}

    (late,) = people(db, 1)
    with db.writing() as session:
        offers = offered(session, late, item)
        assert [each.full_on for each in offers] == [{"linkedin"}] * 4
        assert not take(session, late, offers[0].caption)
        # On another network nobody has any of them.
        assert offered(session, late, item, "bluesky")[0].full_on == {"linkedin"}
        assert take(session, late, offers[0].caption, "bluesky")
    assert held(db)["Tekst 1", "linkedin"] == 2


def test_what_somebody_has_comes_first_and_is_not_marked_for_them(db: Database, item: Item) -> None:
    limit(db, 1)
    one, other = people(db, 2)
    with db.writing() as session:
        assert take(session, one, item.captions[2])
        assert [take(session, one, item.captions[2]) for _ in range(3)] == [True] * 3
        mine, theirs = offered(session, one, item)[0], offered(session, other, item)[-1]
    assert (mine.caption.body, mine.is_mine, mine.full_on) == ("Tekst 3", True, frozenset())
    assert (theirs.caption.body, theirs.is_mine, theirs.full_on) == ("Tekst 3", False, frozenset({"linkedin"}))


def test_choosing_another_one_gives_the_first_one_back(db: Database, item: Item) -> None:
    (person,) = people(db, 1)
    with db.writing() as session:
        take(session, person, item.captions[0])
        take(session, person, item.captions[1])
    assert held(db) == {("Tekst 2", "linkedin"): 1}


def test_a_new_week_begins_with_everything_free(db: Database, item: Item) -> None:
    limit(db, 1)
    one, other = people(db, 2)
    with db.writing() as session:
        take(session, one, item.captions[0])
        assert not take(session, other, item.captions[0])
    with time_machine.travel(clock.now() + timedelta(days=7), tick=False), db.writing() as session:
        assert take(session, other, item.captions[0])


def test_a_limit_that_was_lowered_takes_nothing_away(db: Database, item: Item) -> None:
    colleagues = people(db, 3)
    with db.writing() as session:
        assert [take(session, person, item.captions[0]) for person in colleagues] == [True] * 3
        leases.give_back(session, person=colleagues[1], item_id=item.id, network="linkedin")
    limit(db, 2)
    with db.writing() as session:
        assert not take(session, colleagues[1], item.captions[0])
    assert held(db) == {("Tekst 1", "linkedin"): 2}


def at_once(db: Database, item: Item, caption_of: dict[int, list[Caption]], everybody: list[Person]) -> list[bool]:
    """Whether each got one, of many who take at the same moment, each with a transaction of their own."""
    ready = Barrier(len(everybody))

    def go(person: Person) -> bool:
        ready.wait()
        with db.writing() as session:
            return [take(session, person, caption) for caption in caption_of[person.id]][-1]

    with ThreadPoolExecutor(len(everybody)) as pool:
        return list(pool.map(go, everybody))


@pytest.mark.parametrize("places", [1, 3, 5])
def test_of_many_who_take_one_at_once_exactly_as_many_get_it_as_there_are_places(
    db: Database, item: Item, places: int
) -> None:
    limit(db, places)
    everybody = people(db, 8)
    got = at_once(db, item, {person.id: [item.captions[0]] for person in everybody}, everybody)
    assert (got.count(True), held(db)) == (places, {("Tekst 1", "linkedin"): places})


def test_colleagues_who_change_their_minds_at_once_never_wait_for_each_other_for_ever(db: Database, item: Item) -> None:
    limit(db, 2)
    everybody = people(db, 8)
    one, two = item.captions[0], item.captions[1]
    wanted = {person.id: [one, two] if place % 2 else [two, one] for place, person in enumerate(everybody)}
    at_once(db, item, wanted, everybody)
    assert all(number <= 2 for number in held(db).values())
    with db.reading() as session:
        owners = list(session.scalars(select(Lease.person_id)))
    assert len(owners) == len(set(owners))


def test_one_person_in_many_tabs_has_one(db: Database, item: Item) -> None:
    (person,) = people(db, 1)
    got = at_once(db, item, {person.id: [item.captions[0]]}, [person] * 6)
    assert (got, held(db)) == ([True] * 6, {("Tekst 1", "linkedin"): 1})


def test_sharing_takes_it_and_own_words_give_it_back(db: Database, item: Item, ana: Client) -> None:
    caption = item.captions[0]
    assert share(ana, item, caption.id) == 303
    assert held(db) == {("Tekst 1", "linkedin"): 1}
    assert share(ana, item, caption.id, "Ik werk hier zelf al zes jaar en ik zou niet anders willen.") == 303
    assert held(db) == {}
    assert share(ana, item, caption.id) == 303
    assert share(ana, item, "", "Alleen mijn eigen woorden.") == 303
    assert held(db) == {}


def test_the_share_page_begins_with_what_the_one_before_did_not_get(
    db: Database, item: Item, ana: Client, cleo: Client
) -> None:
    limit(db, 1)
    share(ana, item, item.captions[0].id)
    page = cleo.get(f"/items/{item.id}?language=nl&network=linkedin").text
    mark = "Already with colleagues: make it yours"
    assert page.count(mark) == 1
    assert page.index("Tekst 2") < page.index(mark)
    assert page.index("Tekst 3") < page.index("Tekst 1") < page.index(mark)
    # It is told, never forbidden.
    assert share(cleo, item, item.captions[0].id) == 303
    assert held(db) == {("Tekst 1", "linkedin"): 1}
    assert mark not in ana.get(f"/items/{item.id}?language=nl&network=linkedin").text


def test_marketing_is_told_how_many_more_to_write(db: Database, item: Item) -> None:
    limit(db, 5)
    with db.writing() as session:
        for _ in range(38):
            make.person(session)
        make.person(session, department_name="HR")
        make.person(session, department_name="HR", language="en")
        make.person(session, deactivated_at=clock.now())
        session.execute(update(Item).values(fits=["linkedin", "bluesky"]))
        session.add(Caption(item_id=item.id, network="linkedin", language="nl", body="Alleen daar"))
    with db.writing() as session:
        whole = get_item(session, item.id)
        organisation = organisations.get(session)
        # English has no caption at all, and one colleague reads it.
        wanted = [Shortage("nl", 3, ("bluesky",), 39, 5), Shortage("en", 0, (), 1, 1)]
        assert leases.shortages(session, whole, organisation=organisation) == wanted
        organisation.captions_for = 100
        assert leases.shortages(session, whole, organisation=organisation) == [Shortage("en", 0, (), 1, 1)]
        hr = str(make.department(session, "HR").id)
        session.add(ItemAudience(item_id=item.id, kind="department", value=hr))
        session.add(ItemAudience(item_id=item.id, kind="language", value="nl"))
        session.flush()
        assert leases.shortages(session, whole, organisation=organisation) == []


def opened(who: Client, item: Item) -> dict[str, str]:
    """The form of the share page, as a browser sends it when nothing is changed but the first caption chosen."""
    page = who.get(f"/items/{item.id}?language=nl&network=linkedin")
    (told,) = pages.attributes(page, "input[name=told]", "value")
    return {"network": "linkedin", "language": "nl", "told": told, "caption": str(item.captions[0].id)}


def chosen(page: Response) -> str:
    (caption,) = [each for each in pages.find(page, ".caption input") if "checked" in each.attributes]
    return caption.attributes["value"]


def test_of_two_who_have_the_page_open_one_gets_the_last_place_and_the_other_one_other_words(
    db: Database, item: Item, ana: Client, cleo: Client
) -> None:
    limit(db, 1)
    long = "Wij bouwen binnen, ook als het regent. Wie helpt ons mee aan een huis per dag?"
    with db.writing() as session:
        session.execute(update(Caption).where(Caption.id == item.captions[0].id).values(body=long))
    both = (ana, cleo)
    forms = {who: opened(who, item) | {"text": "Hoi!"} for who in both}
    ready = Barrier(2)

    def send(who: Client) -> Response:
        ready.wait()
        return who.post(f"/items/{item.id}/shares", data=forms[who])

    with ThreadPoolExecutor(2) as pool:
        answers = dict(zip(both, pool.map(send, both), strict=True))
    assert sorted(answer.status_code for answer in answers.values()) == [303, 422]
    assert held(db) == {(long, "linkedin"): 1}

    (late,) = (who for who in both if answers[who].status_code == 422)
    again = answers[late]
    assert pages.texts(again, "#field-text") == ["Hoi!"]
    assert len(pages.find(again, "#field-caption-error")) == 1
    assert chosen(again) not in ("", str(item.captions[0].id))
    other = forms[late] | {"caption": chosen(again), "text": ""}
    assert late.post(f"/items/{item.id}/shares", data=other).status_code == 303
    assert sorted(held(db).values()) == [1, 1]
    with db.reading() as session:
        assert len(set(session.scalars(select(Share.caption_id)))) == 2


@pytest.mark.parametrize(("pressed", "network"), [({}, "linkedin"), ({"through": "copy"}, "copy")])
def test_when_all_are_taken_meanwhile_it_is_told_once_and_then_up_to_oneself(
    db: Database, item: Item, ana: Client, cleo: Client, pressed: dict[str, str], network: str
) -> None:
    limit(db, 1)
    with db.writing() as session:
        session.execute(delete(Caption).where(Caption.item_id == item.id, Caption.id != item.captions[0].id))
    form = opened(cleo, item) | pressed
    share(ana, item, item.captions[0].id, network=network)
    script = cleo.post(f"/items/{item.id}/shares", data=form, headers={"accept": "application/json"})
    assert (script.status_code, list(script.json()["errors"])) == (422, ["caption"])
    again = cleo.post(f"/items/{item.id}/shares", data=form)
    assert (again.status_code, chosen(again)) == (422, form["caption"])
    (told,) = pages.attributes(again, "input[name=told]", "value")
    assert told == f"{form['caption']}:{network}"
    assert cleo.post(f"/items/{item.id}/shares", data=form | {"told": told}).status_code == 303
    assert held(db) == {("Tekst 1", network): 1}


def test_what_the_phone_passed_on_already_is_never_asked_again(
    db: Database, item: Item, ana: Client, cleo: Client
) -> None:
    limit(db, 1)
    form = opened(cleo, item) | {"network": "sheet"}
    share(ana, item, item.captions[0].id, network="sheet")
    assert cleo.post(f"/items/{item.id}/shares", data=form).status_code == 303
