"""The launch: everything that was chosen goes out together, now or later, once; or nothing does."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
import time_machine
from sqlalchemy import func, select, update

from portal import clock
from portal.activity import Activity
from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import get_item
from portal.database import Database
from portal.jobs import Job, Runner
from portal.people.models import AuditEntry
from tests import make
from tests.campaigns.forms import typed_from
from tests.client import Client
from tests.launch.conftest import days
from tests.launch.reading import can_launch, check, chosen, launch, version

LAUNCHES = AuditEntry.act == "campaign_launched"


def page_of(campaign: Campaign) -> str:
    return f"/campaigns/{campaign.id}/launch"


def items_of(db: Database, campaign: Campaign) -> list[Item]:
    with db.reading() as session:
        return list(session.scalars(select(Item).where(Item.campaign_id == campaign.id).order_by(Item.id)))


def number_of(db: Database, table: type[Any], *conditions: Any) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table).where(*conditions)) or 0


def starts_on(db: Database, campaign: Campaign) -> object:
    with db.reading() as session:
        return session.get_one(Campaign, campaign.id).starts_on


def test_launched_now_it_is_on_the_feed_and_its_campaign_has_begun(
    ana: Client, bram: Client, db: Database, campaign: Campaign
) -> None:
    assert "Timmerman in Zwolle" not in ana.get("/").text
    answer = launch(bram, page_of(campaign))
    after = bram.follow(answer)
    assert (answer.status_code, answer.headers["location"]) == (303, page_of(campaign))
    assert "Het is live: op de feed, op de schermen en onder ieders mails." in after.text
    assert ("Alles is live" in after.text, can_launch(after)) == (True, False)
    assert starts_on(db, campaign) == clock.today()
    feed = ana.get("/").text
    assert ("Timmerman in Zwolle" in feed, "Elektricien in Gent" in feed) == (True, True)
    assert number_of(db, Activity, Activity.kind == "item_live") == 2
    with db.reading() as session:
        entry = session.scalars(select(AuditEntry).where(LAUNCHES)).one()
        assert (entry.person_id, entry.subject_id) == (bram.person.id, campaign.id)
        assert entry.detail["items"] == [item.id for item in items_of(db, campaign)]


def test_planned_for_a_moment_it_appears_then_all_at_once(
    ana: Client, bram: Client, db: Database, campaign: Campaign
) -> None:
    day = clock.today() + timedelta(days=5)
    answer = launch(bram, page_of(campaign), when="later", on=day.isoformat(), hour="08:00")
    at = datetime.combine(day, datetime.min.time(), tzinfo=clock.zone()).replace(hour=8).astimezone(UTC)
    assert "Gepland: alles verschijnt tegelijk" in bram.follow(answer).text
    assert {item.publish_at for item in items_of(db, campaign)} == {at}
    assert starts_on(db, campaign) == day
    assert number_of(db, Activity, Activity.kind == "item_live") == 0
    assert number_of(db, Job, Job.kind == "item_window", Job.run_at == at) == 2
    with time_machine.travel(at - timedelta(seconds=1), tick=False):
        assert "Timmerman in Zwolle" not in Client.signed_in(ana.app, ana.person).get("/").text
    with time_machine.travel(at, tick=False):
        Runner(db).run_due(thread="jobs")
        assert "Timmerman in Zwolle" in Client.signed_in(ana.app, ana.person).get("/").text
        assert number_of(db, Activity, Activity.kind == "item_live") == 2


@pytest.mark.parametrize(
    ("on", "hour", "sentence"),
    [
        ("", "08:00", "Kies een dag en een tijd."),
        ("2026-13-40", "08:00", "Kies een dag en een tijd."),
        ("0001-01-01", "00:00", "Kies een dag en een tijd."),
        ("2020-01-01", "08:00", "Dat moment is voorbij"),
    ],
)
def test_a_moment_that_cannot_be_is_told_and_nothing_goes_out(
    bram: Client, db: Database, campaign: Campaign, on: str, hour: str, sentence: str
) -> None:
    answer = launch(bram, page_of(campaign), when="later", on=on, hour=hour)
    assert (answer.status_code, sentence in answer.text, f'value="{on}"' in answer.text) == (422, True, True)
    assert number_of(db, AuditEntry, LAUNCHES) == 0


def test_a_moment_after_the_last_day_is_refused_and_can_be_changed(
    bram: Client, db: Database, campaign: Campaign
) -> None:
    late = (campaign.ends_on + timedelta(days=1)).isoformat()
    answer = launch(bram, page_of(campaign), when="later", on=late, hour="08:00")
    assert (answer.status_code, check(answer, "dates")[0]) == (422, "bad")
    assert f'name="on" type="date" value="{late}"' in answer.text
    assert number_of(db, AuditEntry, LAUNCHES) == 0


def test_with_something_missing_nothing_goes_out_at_all(bram: Client, db: Database, campaign: Campaign) -> None:
    seen = bram.get(page_of(campaign))
    form = {"version": version(seen), "item": [str(each) for each in chosen(seen)], "when": "now"}
    with db.writing() as session:
        session.execute(update(Item).where(Item.id == chosen(seen)[0]).values(state="in_review"))
    answer = bram.post(page_of(campaign), data=form)
    assert (answer.status_code, check(answer, "approved")[0], can_launch(answer)) == (422, "bad", False)
    assert {item.publish_at for item in items_of(db, campaign)} == {clock.start_of(campaign.starts_on)}


def test_what_was_unticked_stays_behind_and_stops_nothing(bram: Client, db: Database, campaign: Campaign) -> None:
    first, second = items_of(db, campaign)
    with db.writing() as session:
        session.execute(update(Item).where(Item.id == first.id).values(state="draft"))
    page = f"{page_of(campaign)}?chosen=yes&item={second.id}"
    assert (can_launch(bram.get(page_of(campaign))), can_launch(bram.get(page))) == (False, True)
    form = {"version": version(bram.get(page)), "item": str(second.id), "when": "now"}
    assert bram.post(page_of(campaign), data=form).status_code == 303
    before, now = items_of(db, campaign)
    assert (before.publish_at, now.is_published()) == (clock.start_of(campaign.starts_on), True)


def test_what_is_planned_for_later_by_itself_keeps_its_day(bram: Client, db: Database, campaign: Campaign) -> None:
    later = clock.start_of(campaign.starts_on + timedelta(days=7))
    with db.writing() as session:
        own_day = make.item(session, campaign, **days(campaign) | {"publish_at": later})
    assert own_day.id not in chosen(bram.get(page_of(campaign)))
    launch(bram, page_of(campaign))
    assert [item.publish_at == later for item in items_of(db, campaign)] == [False, False, True]


def test_nothing_chosen_launches_nothing(bram: Client, db: Database, campaign: Campaign) -> None:
    form = {"version": str(campaign.version), "when": "now"}
    answer = bram.post(page_of(campaign), data=form)
    assert (answer.status_code, "Kies minstens één item om live te zetten." in answer.text) == (422, True)


def test_pressed_twice_it_is_launched_once(bram: Client, db: Database, campaign: Campaign) -> None:
    seen = bram.get(page_of(campaign))
    form = {"version": version(seen), "item": [str(each) for each in chosen(seen)], "when": "now"}
    bram.follow(bram.post(page_of(campaign), data=form))
    again = bram.follow(bram.post(page_of(campaign), data=form))
    assert "Je hebt dit al live gezet. Niets meer te doen!" in again.text
    assert number_of(db, AuditEntry, LAUNCHES) == 1


def test_of_two_editors_at_once_one_launches_and_the_other_is_told(
    bram: Client, dina: Client, db: Database, campaign: Campaign
) -> None:
    seen = bram.get(page_of(campaign))
    form = {"version": version(seen), "item": [str(each) for each in chosen(seen)], "when": "now"}
    editors = [Client.signed_in(who.app, who.person) for who in (bram, dina) for _ in range(3)]
    ready = Barrier(len(editors))

    def go(editor: Client) -> str:
        ready.wait()
        answer = editor.post(page_of(campaign), data=form)
        page = editor.follow(answer).text
        return "launched" if "Het is live" in page else "told" if "al live gezet" in page else page

    with ThreadPoolExecutor(len(editors)) as pool:
        assert Counter(pool.map(go, editors)) == {"launched": 1, "told": len(editors) - 1}
    assert number_of(db, AuditEntry, LAUNCHES) == 1
    assert number_of(db, Activity, Activity.kind == "item_live") == 2


def test_an_edit_and_a_launch_at_once_never_let_out_what_was_not_approved(
    bram: Client, dina: Client, db: Database, campaign: Campaign
) -> None:
    """Whoever is first: an item that was recalled or reopened meanwhile is never live."""
    seen = bram.get(page_of(campaign))
    form = {"version": version(seen), "item": [str(each) for each in chosen(seen)], "when": "now"}
    item_id = chosen(seen)[0]
    ready = Barrier(2)

    def go() -> int:
        ready.wait()
        return bram.post(page_of(campaign), data=form).status_code

    def reopen() -> None:
        ready.wait()
        with db.writing() as session:
            session.execute(
                update(Item)
                .where(Item.id == item_id, Item.state == "approved")
                .values(state="in_review", version=Item.version + 1)
            )

    with ThreadPoolExecutor(2) as pool:
        launched, reopened = pool.submit(go), pool.submit(reopen)
        status = launched.result()
        reopened.result()
    first, second = items_of(db, campaign)
    assert first.state == "in_review"
    # Either both went out and one was taken back after that, or neither went out.
    assert first.publish_at == second.publish_at
    assert (status == 422) <= (second.publish_at == clock.start_of(campaign.starts_on))


def test_only_editors_launch(ana: Client, client: Client, campaign: Campaign) -> None:
    for path in ("", "/checks", "/1/wall", "/1/signature", "/1/banner.png"):
        assert ana.get(page_of(campaign) + path).status_code == 403
        assert client.get(page_of(campaign) + path).headers["location"].startswith("/sign-in")
    assert ana.post(page_of(campaign), data={"version": "1", "when": "now"}).status_code == 403


def test_an_empty_campaign_says_what_to_do_first(bram: Client, db: Database) -> None:
    with db.writing() as session:
        empty = make.campaign(session)
    answer = bram.get(page_of(empty))
    assert (answer.status_code, "Nog niets om live te zetten" in answer.text) == (200, True)
    assert f"/campaigns/{empty.id}/items/new" in answer.text
    assert bram.get("/campaigns/999/launch").status_code == 404
    assert bram.get("/campaigns/999/launch/checks").status_code == 404


def test_an_edit_afterwards_keeps_the_hour_of_the_launch(bram: Client, db: Database, campaign: Campaign) -> None:
    day = clock.today() + timedelta(days=5)
    launch(bram, page_of(campaign), when="later", on=day.isoformat(), hour="08:00")
    with db.reading() as session:
        item = get_item(session, items_of(db, campaign)[0].id)
    words = {f"picture_alt_{language}": "Een andere omschrijving" for language in ("nl", "en")}
    answer = bram.post(f"/campaigns/items/{item.id}", data=typed_from(item, **words))
    assert answer.status_code == 303
    first, second = items_of(db, campaign)
    assert (first.version > item.version, first.publish_at == second.publish_at) == (True, True)
