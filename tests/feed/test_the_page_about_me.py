"""The page about me: my shares with the people they reached, my choices, everything that is kept."""

import pytest

from portal import clock, jobs
from portal.database import Database
from portal.feed.kept import COVERED, KINDS
from portal.feed.models import SavedItem
from portal.links import codes
from portal.models import metadata
from portal.notifications.models import PushSubscription
from portal.people.models import Person
from tests import make
from tests.client import Client
from tests.feed import reading as pages
from tests.sharing import making

CHOICES = {"leaderboard_name": "hidden", "pseudonym": "", "language": "nl"}


def mine(db: Database, who: Client) -> Person:
    with db.reading() as session:
        return session.get_one(Person, who.person.id)


def test_my_shares_show_people_and_unfold_to_what_did_not_count(ana: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        link = make.link(session, by=ana.person, on=item)
        making.share(session, by=ana.person, on=item, state="confirmed")
        for _ in range(3):
            make.click(session, link)
        make.click(session, link, verdict="bot", reason="preview")
    page = ana.get("/me")
    assert pages.texts(page, ".mine-list h3") == ["Timmerman in Zwolle"]
    assert pages.texts(page, ".brought b") == ["3"]
    assert [pages.texts(page, ".ledger dd")[place] for place in (0, -1)] == ["3", "4"]


def test_before_the_first_share_the_page_says_what_will_come(ana: Client) -> None:
    assert pages.texts(ana.get("/me"), ".empty h2") == ["Je eerste komt nog"]


def test_nobody_sees_the_shares_of_others(ana: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        making.share(session, by=ana.person, on=make.item(session), state="confirmed")
    assert pages.texts(cleo.get("/me"), ".mine-list h3") == []


def test_choices_are_kept(ana: Client, db: Database) -> None:
    chosen = {
        "leaderboard_name": "pseudonym",
        "pseudonym": " De  Specht ",
        "wall_name": "yes",
        "language": "en",
    }
    answer = ana.post("/me", data=chosen)
    assert pages.texts(ana.follow(answer), ".notices p") == ["Saved. You can change this any time."]
    me = mine(db, ana)
    assert (me.leaderboard_name, me.pseudonym, me.wall_name, me.language) == (
        "pseudonym",
        "De Specht",
        True,
        "en",
    )


def test_an_unticked_box_takes_the_name_off_the_walls(ana: Client, db: Database) -> None:
    ana.post("/me", data=CHOICES | {"wall_name": "yes"})
    ana.post("/me", data=CHOICES)
    assert mine(db, ana).wall_name is False


def test_a_choice_that_cannot_be_comes_back_with_its_reason(ana: Client, db: Database) -> None:
    for wrong in (
        {"leaderboard_name": "first"},
        {"language": "fr"},
        {"leaderboard_name": "pseudonym"},
        {"leaderboard_name": "pseudonym", "pseudonym": "p" * 41},
    ):
        answer = ana.post("/me", data=CHOICES | wrong)
        assert answer.status_code == 422
        assert len(pages.find(answer, ".field .error")) == 1
    me = mine(db, ana)
    assert (me.leaderboard_name, me.language) == ("hidden", "nl")


def test_everything_kept_about_me_can_be_read_and_downloaded(ana: Client, dina: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        share = making.share(session, by=ana.person, on=item, state="confirmed")
        share.text = "Kom bij ons timmeren"
        make.visits(session, by=ana.person, on=item, times=2)
        make.topic(session, "Energie", chosen_by=(ana.person,))
        session.add(SavedItem(person_id=ana.person.id, item_id=item.id, at=clock.now()))
        for number, to in ((ana.person.id, "ana@noorderhout.example"), (dina.person.id, "dina@noorderhout.example")):
            jobs.enqueue(session, "push", person_id=number, message={"title": "Hallo"})
            jobs.enqueue(session, "send_mail", to=to, subject="Nieuws", mark="m")
        session.add(
            PushSubscription(
                person_id=ana.person.id, endpoint_hash="e", endpoint="https://push", key="k", secret="s",
                name="Telefoon", created_at=clock.now(),
            )
        )  # fmt: skip
    typed = {"name": "Ana Dekker", "email": "ana@noorderhout.example", "department": ana.person.department_id}
    dina.post(f"/people/{ana.person.id}", data={**typed, "role": "member", "language": "nl", "function": "Adviseur"})
    answer = ana.get("/me/data.json")
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    kept = answer.json()
    assert list(kept) == [kind.key for kind in KINDS]
    assert (kept["person"]["name"], kept["person"]["department"]) == ("Ana Dekker", "Service")
    assert [(each["text"], each["state"], each["clicks_by_people"]) for each in kept["shares"]] == [
        ("Kom bij ons timmeren", "confirmed", 2)
    ]
    assert [each["by_people"] for each in kept["clicks"]] == [2]
    assert [(each["by"], each["detail"]) for each in kept["changes"]] == [("Dina Yılmaz", {"fields": ["function"]})]
    assert [list(each) for each in kept["devices"]] == [["endpoint", "name", "created_at"]]
    assert "calendar_mark" in kept["person"]
    assert [(each["kind"], each.get("to"), each.get("message")) for each in kept["on_their_way"]] == [
        ("push", None, {"title": "Hallo"}),
        ("send_mail", "ana@noorderhout.example", None),
    ]
    shown = pages.attributes(ana.get("/me/data"), ".kept article", "id")
    assert sorted(shown) == sorted(key for key, rows in kept.items() if rows)
    record = ana.get("/me/record.txt")
    assert record.headers["content-disposition"] == 'attachment; filename="my-record.txt"'
    assert "text: Kom bij ons timmeren" in record.text


@pytest.mark.once
def test_no_table_about_people_is_forgotten() -> None:
    about_people = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if column.name == "person_id" or any(key.column.table.name == "person" for key in column.foreign_keys)
    }
    assert about_people == COVERED - {"person.id"}


def test_my_links_have_codes_to_print(ana: Client, cleo: Client, db: Database) -> None:
    with db.writing() as session:
        item = make.item(session)
        make.visits(session, by=ana.person, on=item, times=3)
        mine, theirs = make.link(session, by=ana.person, on=item), make.link(session, by=cleo.person, on=item)
        signature = codes.signature_link(session, person=ana.person)
    page = ana.get("/me/links")
    assert pages.texts(page, ".link-list h2") == ["Onder mijn mails", "Timmerman in Zwolle"]
    assert pages.texts(page, ".link-list code") == [codes.address(signature), codes.address(mine)]
    assert pages.texts(page, ".link-list .brought b") == ["0", "3"]
    assert theirs.code not in page.text
    for address in pages.attributes(page, ".link-list a", "href"):
        assert ana.get(address).status_code == 200


def test_many_shares_come_in_parts(ana: Client, db: Database) -> None:
    with db.writing() as session:
        for number in range(10):
            making.share(session, by=ana.person, on=make.item(session, title=f"Item {number}"), state="confirmed")
    first, second, beyond = (ana.get(f"/me?page={number}") for number in (1, 2, 99))
    assert [len(pages.texts(page, ".mine-list h3")) for page in (first, second, beyond)] == [8, 2, 2]
    assert pages.texts(second, ".stats dd")[0] == "10"
