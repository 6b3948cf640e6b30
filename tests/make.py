"""Builders: rows with good defaults, for tests that only care about one thing."""

import os
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.applications import Starlette

from portal import clock
from portal.campaigns.models import Campaign, CampaignText, Caption, Item, ItemAudience, ItemText
from portal.database import Database
from portal.inbox.models import Candidate, Source
from portal.links import booking, codes, journal
from portal.links.ingest import Ingest
from portal.links.models import Click, Link
from portal.people.models import Department, Organisation, Person, PersonTopic, Topic
from portal.sharing.models import Share

_CAST = {
    "ana": ("Ana Dekker", "Service", "member", "nl"),
    "bram": ("Bram de Wit", "Marketing", "editor", "nl"),
    "cleo": ("Cleo van den Berghe", "Productie", "member", "en"),
    "dina": ("Dina Yılmaz", "IT", "admin", "nl"),
}
_made = 0


def number() -> int:
    """Another one each time, for names that must differ."""
    global _made
    _made += 1
    return _made


def ingest(app: Starlette) -> int:
    """Have what the application put on record counted, as the ingest process does; how many clicks."""
    return Ingest(app.state.database, app.state.settings.journal_folder).drain()


def empty_journal(app: Starlette) -> None:
    """Forget clicks of earlier tests: whoever has a file open goes on at its new end."""
    for path in journal.files(app.state.settings.journal_folder):
        os.truncate(path, 0)


RECALLED = {
    "title": "Timmerman",
    "reason": "ended",
    "network": "x",
    "network_name": "X",
    "posts": "https://x.com/home",
    "is_shared": True,
    "language": "nl",
    "suggestion": "Update: dit is voorbij.",
}
"""What a note about a recalled item holds."""


def organisation(db: Session, **values: Any) -> Organisation:
    defaults = {
        "id": 1,
        "name": "Noorderhout",
        "website": "https://noorderhout.example",
        "leaderboard_on": True,
        "names_allowed": True,
    }
    row = Organisation(**defaults | values)
    db.add(row)
    db.flush()
    return row


def department(db: Session, name: str = "Service") -> Department:
    """The department of that name, made when there is none."""
    found = db.scalar(select(Department).where(Department.name == name))
    if found is None:
        found = Department(name=name, created_at=clock.now())
        db.add(found)
        db.flush()
    return found


def person(db: Session, name: str = "", *, department_name: str = "Service", **values: Any) -> Person:
    mark = number()
    team = department(db, department_name)
    defaults = {
        "name": name or f"Person {mark}",
        "email": f"person{mark}@noorderhout.example",
        "created_at": clock.now(),
    }
    row = Person(**defaults | values, department_id=team.id, department=team)
    db.add(row)
    db.flush()
    return row


def cast(database: Database, who: str) -> Person:
    name, team, role, language = _CAST[who]
    with database.writing() as db:
        found = db.scalar(select(Person).where(Person.email == f"{who}@noorderhout.example"))
        if found is None:
            found = person(
                db,
                name,
                department_name=team,
                role=role,
                language=language,
                email=f"{who}@noorderhout.example",
            )
        return found


def campaign(db: Session, slug: str = "", **values: Any) -> Campaign:
    """A campaign that began a week ago and runs three more, in Dutch and English."""
    today = clock.today()
    defaults = {
        "slug": slug or f"campaign-{number()}",
        "goal_measure": "applications",
        "goal_number": 12,
        "starts_on": today - timedelta(days=7),
        "ends_on": today + timedelta(days=21),
        "created_at": clock.now(),
    }
    row = Campaign(**defaults | values)
    row.texts = [
        CampaignText(language="nl", title="Werken in de huizenfabriek", summary="Kom erbij.", banner="Bouw mee"),
        CampaignText(language="en", title="Work in the house factory", summary="Join us.", banner="Build with us"),
    ]
    db.add(row)
    db.flush()
    return row


def item(
    db: Session, campaign_row: Campaign | None = None, *, title: str = "Timmerman in Zwolle", **values: Any
) -> Item:
    """An approved item that is live, with two captions in each language."""
    now = clock.now()
    defaults = {
        "slug": f"item-{number()}",
        "kind": "vacancy",
        "target_url": "https://noorderhout.example/werken/timmerman",
        "state": "approved",
        "publish_at": now - timedelta(days=1),
        "ends_at": now + timedelta(days=14),
        "created_at": now,
        "changed_at": now,
    }
    row = Item(**defaults | values, campaign_id=(campaign_row or campaign(db)).id)
    row.texts = [
        ItemText(language="nl", title=title, summary="Joost zoekt een vakmens."),
        ItemText(language="en", title=f"{title} (en)", summary="Joost is looking for a carpenter."),
    ]
    row.captions = [
        Caption(network="any", language="nl", body="In onze hal staat elke dag een nieuw huis. Kun jij timmeren?"),
        Caption(network="linkedin", language="nl", body="Wij bouwen binnen, ook als het regent. Wie helpt mee?"),
        Caption(network="any", language="en", body="Our hall turns out a house a day. Can you build?"),
        Caption(network="linkedin", language="en", body="We build indoors, even when it rains. Who joins us?"),
    ]
    db.add(row)
    db.flush()
    return row


def topic(db: Session, name: str = "Energie", *, name_en: str = "", chosen_by: tuple[Person, ...] = ()) -> Topic:
    row = Topic(name_nl=name, name_en=name_en or name)
    db.add(row)
    db.flush()
    db.add_all(PersonTopic(person_id=each.id, topic_id=row.id) for each in chosen_by)
    db.flush()
    return row


def meant_for(db: Session, row: Item, *rows: tuple[str, object]) -> Item:
    """Have the item meant for these, such as `("language", "en")` or `("topic", topic.id)`; the item again."""
    db.add_all(ItemAudience(item_id=row.id, kind=kind, value=str(value)) for kind, value in rows)
    db.flush()
    return row


def source(db: Session, **values: Any) -> Source:
    """A feed that was looked at already and is not due."""
    defaults = {
        "kind": "feed",
        "url": f"https://nieuws.noorderhout.example/{number()}.xml",
        "name": "Nieuws",
        "language": "nl",
        "next_at": clock.now() + timedelta(minutes=30),
        "looked_at": clock.now(),
        "result": "nothing_new",
        "created_at": clock.now(),
    }
    row = Source(**defaults | values)
    db.add(row)
    db.flush()
    return row


def candidate(db: Session, title: str = "Een dak van twaalf meter", **values: Any) -> Candidate:
    url = f"https://nieuws.noorderhout.example/{number()}"
    defaults = {
        "canonical_url": url,
        "url": url,
        "kind": "article",
        "language": "nl",
        "title": title,
        "summary": "Op één vrachtwagen.",
        "at": clock.now(),
    }
    row = Candidate(**defaults | values)
    db.add(row)
    db.flush()
    return row


def link(db: Session, *, by: Person, on: Item, network: str = "linkedin") -> Link:
    return codes.share_link(db, person=by, item_id=on.id, network=network)


def team(db: Session, name: str, size: int, **values: Any) -> list[Person]:
    """Colleagues `HR 0`, `HR 1` and so on, of the department of that name."""
    return [person(db, f"{name} {place}", department_name=name, **values) for place in range(size)]


def share(
    db: Session,
    *,
    by: Person,
    on: Item,
    network: str = "linkedin",
    state: str = "confirmed",
    at: datetime | None = None,
) -> Share:
    """A share as it stands in the table, with its link."""
    at = at or clock.now()
    row = Share(
        link_id=link(db, by=by, on=on, network=network).id,
        item_id=on.id,
        person_id=by.id,
        department_id=by.department_id,
        network=network,
        language="nl",
        state=state,
        at=at,
        confirmed_at=at if state == "confirmed" else None,
    )
    db.add(row)
    db.flush()
    return row


def visits(db: Session, *, by: Person, on: Item, times: int = 1, network: str = "linkedin", **values: Any) -> None:
    """Clicks through the link by which `by` shares the item, by people unless `values` say otherwise."""
    through = link(db, by=by, on=on, network=network)
    for _ in range(times):
        click(db, through, **{"campaign_id": on.campaign_id} | values)


def click(db: Session, through: Link, *, verdict: str = "human", reason: str = "person", **values: Any) -> Click:
    """A judged click, booked in every figure."""
    defaults = {
        "link_id": through.id,
        "at": clock.now(),
        "verdict": verdict,
        "reason": reason,
        "rule_version": 1,
        "visitor": number(),
        "item_id": through.item_id,
        "campaign_id": None,
        "department_id": through.department_id,
        "person_id": through.person_id,
        "network": through.network,
    }
    row = Click(**defaults | values)
    db.add(row)
    booking.book(db, [row])
    return row
