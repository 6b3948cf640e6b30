"""The feed: what is live, newest first, who passed it on, and a calm end."""

from datetime import timedelta

from portal import clock
from portal.database import Database
from portal.feed.queries import PAGE
from portal.people.models import Organisation
from tests import make
from tests.asked import cost
from tests.client import Client
from tests.feed import reading as pages
from tests.sharing import making


def test_the_feed_shows_what_is_live_newest_first(ana: Client, db: Database) -> None:
    now = clock.now()
    with db.writing() as session:
        make.item(session, title="Ouder", publish_at=now - timedelta(days=2))
        make.item(session, title="Nieuwer", publish_at=now - timedelta(hours=2))
        make.item(session, title="Nog niet", publish_at=now + timedelta(hours=2))
        make.item(session, title="Voorbij", ends_at=now - timedelta(hours=1))
        make.item(session, title="Nog niet goedgekeurd", state="in_review")
        past = make.campaign(session, ends_on=clock.today() - timedelta(days=1))
        make.item(session, past, title="Campagne voorbij")
    assert pages.texts(ana.get("/"), ".item h2") == ["Nieuwer", "Ouder"]


def test_a_card_leads_to_the_share_page(ana: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
    assert pages.attributes(ana.get("/"), ".item .button", "href") == [f"/items/{item.id}"]


def test_an_item_in_another_language_says_so(cleo: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        session.delete(next(text for text in item.texts if text.language == "en"))
    page = cleo.get("/")
    assert pages.texts(page, ".item h2") == ["Timmerman in Zwolle"]
    assert pages.texts(page, ".item .chip") == ["Vacancy", "in Dutch"]


def test_colleagues_are_counted_by_team_and_named_only_when_they_agreed(ana: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        open_one = make.person(session, "Olga Open", leaderboard_name="name", department_name="Inkoop")
        quiet = make.person(session, "Stille Sam", department_name="Inkoop")
        other = make.person(session, department_name="Inkoop")
        opened = make.person(session, "Ontdekker", department_name="HR")
        make.team(session, "Inkoop", 2)  # with them it is large enough to be named
        states = ((open_one, "confirmed"), (quiet, "seen"), (other, "seen"), (opened, "opened"))
        for person, state in states:
            making.share(session, by=person, on=item, state=state)
    page = ana.get("/")
    assert pages.texts(page, ".item .who .passed") == ["3 collega’s deelden dit · Inkoop"]
    assert pages.texts(page, ".item .avatar") == ["OO", "+2"]


def test_a_single_colleague_is_not_given_away_by_the_team(ana: Client, db: Database) -> None:
    with db.writing() as session:
        making.share(session, by=make.person(session), on=make.item(session), state="confirmed")
    assert pages.texts(ana.get("/"), ".item .who .passed") == ["1 collega deelde dit"]


def test_no_names_at_all_where_the_organisation_wants_none(ana: Client, db: Database) -> None:
    with db.writing() as session:
        session.get_one(Organisation, 1).names_allowed = False
        named = make.person(session, "Olga Open", leaderboard_name="name")
        making.share(session, by=named, on=make.item(session), state="confirmed")
    assert pages.texts(ana.get("/"), ".item .avatar") == []


def test_what_i_shared_is_marked_and_no_longer_new(ana: Client, db: Database) -> None:
    with db.writing() as session:
        making.share(session, by=ana.person, on=make.item(session, title="Gedeeld"), state="confirmed")
        make.item(session, title="Nog te doen")
    page = ana.get("/")
    assert pages.texts(page, ".item.mine h2") == ["Gedeeld"]
    assert pages.texts(page, ".hello .lead") == ["Er is iets nieuws dat bij je past."]


def test_an_opened_network_is_not_called_shared(ana: Client, db: Database) -> None:
    with db.writing() as session:
        making.share(session, by=ana.person, on=make.item(session), state="opened")
    assert pages.texts(ana.get("/"), ".item.mine h2") == []


def test_the_feed_goes_on_by_plain_links_and_ends_calmly(ana: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        for number in range(PAGE + 1):
            make.item(session, campaign, title=f"Nummer {number}", publish_at=clock.now() - timedelta(hours=number))
    first = ana.get("/")
    assert len(pages.texts(first, ".item h2")) == PAGE
    assert pages.texts(first, ".calm h2") == []
    (onward,) = pages.attributes(first, ".more a", "href")
    assert onward.startswith("/?page=2&")
    last = ana.get(onward)
    assert pages.texts(last, ".item h2") == [f"Nummer {PAGE}"]
    assert pages.texts(last, ".calm h2") == ["Dat was alles voor vandaag"]
    assert pages.texts(ana.get("/?page=2"), ".item h2") == [f"Nummer {PAGE}"]
    (hung_below,) = pages.attributes(first, ".more a", "hx-get")
    assert pages.texts(ana.get(hung_below), ".item h2") == [f"Nummer {PAGE}"]
    assert len(pages.texts(ana.get("/?upto=2"), ".item h2")) == PAGE + 1


def test_an_empty_feed_says_what_will_come(ana: Client) -> None:
    assert pages.texts(ana.get("/"), ".empty h2") == ["Even niets om te delen"]


def test_a_stranger_is_asked_to_sign_in(client: Client) -> None:
    answer = client.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_fifty_items_cost_as_many_queries_as_one(ana: Client, db: Database) -> None:
    with db.writing() as session:
        campaign = make.campaign(session)
        making.share(session, by=make.person(session), on=make.item(session, campaign), state="confirmed")
    with_one = cost(ana, "/", db)
    with db.writing() as session:
        for _ in range(49):
            making.share(session, by=make.person(session), on=make.item(session, campaign), state="confirmed")
    assert cost(ana, "/", db) == with_one
