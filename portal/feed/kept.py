"""What the portal keeps about a person: every kind of thing in plain words, with why, how long and who sees it.

`COVERED` names every column that points at a person, so that a table added later cannot be forgotten.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from portal.campaigns.queries import titles_of
from portal.handbook import mine as handbook
from portal.i18n import lazy
from portal.jobs import Job
from portal.links import codes, figures
from portal.links.models import Click, Link, Rollup
from portal.links.queries import ledgers_by_link
from portal.people import leaving, topics
from portal.people.models import AuditEntry, Department, Person
from portal.recognition.models import Thanks, ThanksTo
from portal.recognition.thanks import said
from portal.sharing.models import Share
from portal.tables import Base

Row = dict[str, Any]
Rows = Callable[[Session, Person], list[Row]]


@dataclass(frozen=True)
class Kind:
    """One kind of thing that is kept."""

    key: str
    """What it is called in the file."""
    group: str
    title: str
    why: str
    how_long: str
    who: str
    rows: Rows
    columns: tuple[str, ...]
    """Where it stands in the database: `table.column`."""


@dataclass(frozen=True)
class Kept:
    """A kind with what is there of it for one person."""

    kind: Kind
    rows: list[Row]


def kept(db: Session, me: Person) -> list[Kept]:
    """Every kind, in the order in which people read it."""
    return [Kept(kind, kind.rows(db, me)) for kind in KINDS]


def everything(db: Session, me: Person) -> dict[str, Row | list[Row]]:
    """All of it, for their own copy."""
    return {each.kind.key: each.rows[0] if each.kind.key == "person" else each.rows for each in kept(db, me)}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


UNTOLD = frozenset(
    (
        *("web_session.token_hash", "mailed_link.token_hash"),  # by these somebody's secrets are recognised
        *("push_subscription.endpoint_hash", "push_subscription.key", "push_subscription.secret"),
    )
)
"""Columns that tell nothing about anybody, and should not travel in a file."""


def _of(table: str) -> Rows:
    """All columns of the table's rows about somebody. By name: some tables stand beside the feed, not below."""

    def rows(db: Session, me: Person) -> list[Row]:
        found = Base.metadata.tables[table]
        told = [each for each in found.c if each.name not in ("id", "person_id") and str(each) not in UNTOLD]
        wanted = select(*told).where(found.c.person_id == me.id).order_by(*found.primary_key)
        return [{name: _plain(value) for name, value in row._mapping.items()} for row in db.execute(wanted)]

    return rows


def _from_handbook(key: str) -> Rows:
    def rows(db: Session, me: Person) -> list[Row]:
        found = handbook.kept(db, me)[key]
        return [] if found is None else [found] if isinstance(found, dict) else list(found)

    return rows


def _person(db: Session, me: Person) -> list[Row]:
    person = db.get_one(Person, me.id)
    names = [column.name for column in Person.__table__.c if column.name not in ("id", "department_id")]
    said_of_me = {name: _plain(getattr(person, name)) for name in names}
    return [said_of_me | {"department": db.get_one(Department, person.department_id).name}]


def _topics(db: Session, me: Person) -> list[Row]:
    chosen = topics.chosen_by(db, me)
    return [{"topic": topic.name(me.language)} for topic in topics.topics(db) if topic.id in chosen]


def _shares(db: Session, me: Person) -> list[Row]:
    mine = select(Share, Link).join(Link, Link.id == Share.link_id).where(Share.person_id == me.id)
    found = db.execute(mine.order_by(Share.at.desc(), Share.id.desc())).all()
    titles = titles_of(db, {share.item_id for share, _ in found}, me.language)
    ledgers = ledgers_by_link(db, [link.id for _, link in found])
    rows = []
    for share, link in found:
        ledger = ledgers.get(link.id)
        rows.append(
            {
                "item": titles[share.item_id],
                "network": share.network,
                "link": codes.address(link),
                "text": share.text,
                "language": share.language,
                "own_words": share.own_words,
                "state": share.state,
                "at": share.at.isoformat(),
                "confirmed_at": _plain(share.confirmed_at),
                "seen_at": _plain(share.seen_at),
                "asked_at": _plain(share.asked_at),
                "clicks_by_people": ledger.people if ledger else 0,
                "other_clicks": {reason: count for reason, _, count in ledger.classes} if ledger else {},
            }
        )
    return rows


def _links(db: Session, me: Person) -> list[Row]:
    mine = select(Link).where(Link.person_id == me.id).order_by(Link.id)
    return [
        {
            "address": codes.address(link),
            "kind": link.kind,
            "network": link.network,
            "created_at": link.created_at.isoformat(),
        }
        for link in db.scalars(mine)
    ]


def _clicks(db: Session, me: Person) -> list[Row]:
    """Counts for each link: who clicked is unknown, and the single rows say nothing more about this person."""
    found = figures.by(db, Rollup.link_id.expression, figures.of_person(me.id))
    addresses = {link.id: codes.address(link) for link in db.scalars(select(Link).where(Link.person_id == me.id))}
    return [
        {"link": addresses.get(link_id, ""), "by_people": figure.people, "all": figure.ledger.total}
        for link_id, figure in sorted(found.items())
    ]


def _single_clicks(db: Session, me: Person) -> list[Row]:
    number = db.scalar(select(func.count()).select_from(Click).where(Click.person_id == me.id)) or 0
    return [{"rows": number}] if number else []


def _thanks(db: Session, me: Person) -> list[Row]:
    mine = select(Thanks).join(ThanksTo, ThanksTo.thanks_id == Thanks.id).where(ThanksTo.person_id == me.id)
    return _thanked(db, me, list(db.scalars(mine.order_by(Thanks.id))))


def _thanks_given(db: Session, me: Person) -> list[Row]:
    return _thanked(db, me, list(db.scalars(select(Thanks).where(Thanks.from_person_id == me.id).order_by(Thanks.id))))


def _thanked(db: Session, me: Person, found: Sequence[Thanks]) -> list[Row]:
    titles = titles_of(db, {each.item_id for each in found}, me.language)
    return [
        {"at": each.at.isoformat(), "item": titles[each.item_id], "words": said(each.words, me.language)}
        for each in found
    ]


MADE = (
    *("campaign.created_by_id", "item.created_by_id", "item.changed_by_id", "revision.by_id", "approval.by_id"),
    *("review_request.by_id", "idea.answered_by_id", "screen.paired_by_id", "policy.person_id", "example.person_id"),
    *("share_of_the_week.picked_by_id", "urgent_message.person_id"),
)
"""Where it stands who made, changed or decided something that others use."""


def _made(db: Session, me: Person) -> list[Row]:
    rows = []
    for place in MADE:
        table, column = place.split(".")
        found = Base.metadata.tables[table]
        for id_ in db.scalars(select(found.c.id).where(found.c[column] == me.id).order_by(found.c.id)):
            rows.append({"what": table, "as": column.removesuffix("_id"), "number": id_})
    return rows


def _changes(db: Session, me: Person) -> list[Row]:
    about = (AuditEntry.subject_kind == "person") & (AuditEntry.subject_id == me.id)
    mine = select(AuditEntry, Person.name).outerjoin(Person, Person.id == AuditEntry.person_id)
    mine = mine.where(or_(AuditEntry.person_id == me.id, about)).order_by(AuditEntry.id)
    return [
        {
            "at": entry.at.isoformat(),
            "act": entry.act,
            "subject": entry.subject_kind,
            "number": entry.subject_id,
            "detail": entry.detail,
            "by": by or "",
            "by_me": entry.person_id == me.id,
            "about_me": entry.subject_kind == "person" and entry.subject_id == me.id,
        }
        for entry, by in db.execute(mine)
    ]


def _on_their_way(db: Session, me: Person) -> list[Row]:
    """All of each but the mark a link in it is made of, which says nothing to anybody."""
    theirs = select(Job).where(leaving.jobs_about(db.get_one(Person, me.id))).order_by(Job.id)
    return [
        {
            "kind": each.kind,
            **{name: value for name, value in each.args.items() if name not in ("person_id", "mark")},
            "due_at": each.run_at.isoformat(),
            "done_at": _plain(each.done_at),
            "set_aside_at": _plain(each.set_aside_at),
            "error": each.error,
        }
        for each in db.scalars(theirs)
    ]


GROUPS = {
    "who": lazy("Who I am"),
    "share": lazy("What I share"),
    "reach": lazy("What comes to me"),
    "say": lazy("What I thought of, and thanks"),
    "way": lazy("Finding my way"),
    "work": lazy("Work behind the scenes"),
}

_ACCOUNT = lazy("As long as you have an account.")
_UNTIL_YOU = lazy("Until you take it away.")
_NAMED_UNTIL_GONE = lazy("As long as you have an account. After that it stays for your team, without you.")
_ME = lazy("Only you.")
_REGISTER = lazy("You, and colleagues who look after people and campaigns.")
_EDITORS = lazy("You, and colleagues who prepare campaigns.")
_COUNTED = lazy("Only you. Others see totals of teams of at least five.")

KINDS: tuple[Kind, ...] = (
    Kind(
        "person", "who", lazy("Name, team and choices"),
        lazy("So that you can sign in, your signature is right and we speak your language."),
        _ACCOUNT, _REGISTER, _person, ("person.id",),
    ),
    Kind(
        "work_account", "who", lazy("My work account"), lazy("The number by which your work account is recognised."),
        _ACCOUNT, _ME, _of("identity"), ("identity.person_id",),
    ),
    Kind(
        "signed_in", "who", lazy("Where I am signed in"),
        lazy("So that a device stays signed in, and you can end that."),
        lazy("Until you sign out: two weeks after your last visit there, thirty days at most."), _ME,
        _of("web_session"), ("web_session.person_id",),
    ),
    Kind(
        "mailed_links", "who", lazy("Links mailed to me to sign in or to have my record"),
        lazy("So that each of them works only once."), lazy("Until a day after it stopped working by itself."), _ME,
        _of("mailed_link"), ("mailed_link.person_id",),
    ),
    Kind(
        "signature", "who", lazy("My mail signature"), lazy("What stands in it, so that you can change it later."),
        _ACCOUNT, _ME,
        _of("signature"), ("signature.person_id",),
    ),
    Kind(
        "shares", "share", lazy("What I shared"),
        lazy("Your texts and when you shared them: for your own list, and for the count of your team."),
        _NAMED_UNTIL_GONE, _COUNTED, _shares, ("share.person_id",),
    ),
    Kind(
        "links", "share", lazy("My links"),
        lazy("Each share has a link of its own, so that you see how many come through it."),
        lazy("For good: a link that is out there should keep working. Without you once you are gone."),
        _ME, _links, ("link.person_id",),
    ),
    Kind(
        "clicks", "share", lazy("How often my links were clicked"),
        lazy("Counts for each hour. Who clicked we do not know."),
        _NAMED_UNTIL_GONE, _COUNTED, _clicks, ("rollup.person_id", "person_tally.person_id"),
    ),
    Kind(
        "single_clicks", "share", lazy("Single clicks on my links"),
        lazy("To tell people from robots afterwards. Without an address or a name."),
        lazy("Ninety days at most."), lazy("Nobody; they are only counted."), _single_clicks, ("click.person_id",),
    ),
    Kind(
        "captions_i_have", "share", lazy("Texts set aside for me"),
        lazy("So that not everybody posts the same words in one week."),
        _ACCOUNT, _ME, _of("lease"), ("lease.person_id",),
    ),
    Kind(
        "plans", "share", lazy("What I planned"), lazy("To remind you at the moment you chose."),
        lazy("Thirty days after that moment."), _ME,
        _of("reminder"), ("reminder.person_id",),
    ),
    Kind(
        "saved", "share", lazy("Saved for later"), lazy("To find it again."), _UNTIL_YOU, _ME,
        _of("saved_item"), ("saved_item.person_id",),
    ),
    Kind(
        "topics", "reach", lazy("Topics I chose"), lazy("To show you more of what you like."), _UNTIL_YOU, _ME,
        _topics, ("person_topic.person_id",),
    ),
    Kind(
        "notifications", "reach", lazy("How and when I may be reached"), lazy("To keep to what you chose."),
        _ACCOUNT, _ME,
        _of("notification_choice"), ("notification_choice.person_id",),
    ),
    Kind(
        "mails_with_news", "reach", lazy("Mails with what is new"), lazy("So that you never get the same one twice."),
        lazy("Thirty days."), _ME, _of("digest"), ("digest.person_id",),
    ),
    Kind(
        "devices", "reach", lazy("Phones and browsers that get messages"), lazy("To find the way to them."),
        lazy("Until you take it away, or it can be reached no more."), _ME,
        _of("push_subscription"), ("push_subscription.person_id",),
    ),
    Kind(
        "on_their_way", "reach", lazy("Mails and messages to me"),
        lazy("So that each of them reaches you, also when the other side is away for a while."),
        lazy("A week after it left. Could it not be delivered? Thirty days, so that somebody can find out why."),
        lazy("Only you. Whoever runs the portal can look when one did not arrive."), _on_their_way, (),
    ),
    Kind(
        "asked_of_me", "reach", lazy("How often I was asked"), lazy("So that it never gets too much in one week."),
        _ACCOUNT, _ME, _of("ask"), ("ask.person_id",),
    ),
    Kind(
        "notes", "reach", lazy("Notes for me"), lazy("What happened to something you shared or thought of."),
        lazy("A week after you put them away, ninety days at most."), _ME,
        _of("note"), ("note.person_id",),
    ),
    Kind(
        "last_visit", "reach", lazy("My last two visits"),
        lazy("Two moments, to show what is new since. Never what you looked at."),
        _ACCOUNT, _ME, _of("feed_visit"), ("feed_visit.person_id",),
    ),
    Kind(
        "ideas", "say", lazy("My ideas"), lazy("To make something of them, and to answer you."),
        lazy("The words stay with marketing; your name goes when you go."), _EDITORS,
        _of("idea"), ("idea.person_id",),
    ),
    Kind(
        "thanks_received", "say", lazy("Thanks I got"), lazy("Because it is good to read again."), _ACCOUNT,
        lazy("Only you. Who thanks sees how many colleagues get it, and no names."),
        _thanks, ("thanks_to.person_id",),
    ),
    Kind(
        "thanks_given", "say", lazy("Thanks I gave"), lazy("So that nobody gets the same thanks twice in a week."),
        lazy("The words stay; your name goes when you go."), _ME, _thanks_given, ("thanks.from_person_id",),
    ),
    Kind(
        "policy_read", "way", lazy("What we agreed on"), lazy("That you read it, and when."), _ACCOUNT,
        _ME, _from_handbook("policy_read"), ("policy_acceptance.person_id",),
    ),
    Kind(
        "first_five_minutes", "way", lazy("My first five minutes"), lazy("To go on where you were."), _ACCOUNT, _ME,
        _from_handbook("first_five_minutes"), ("welcome.person_id",),
    ),
    Kind(
        "practice", "way", lazy("Texts I practised with"), lazy("To tell you what we think of them."),
        lazy("Until tonight."), _ME, _from_handbook("practice"), ("practice_share.person_id",),
    ),
    Kind(
        "made", "work", lazy("What I made or decided"), lazy("So that colleagues know whom to ask."),
        _NAMED_UNTIL_GONE, _EDITORS, _made, MADE,
    ),
    Kind(
        "changes", "work", lazy("Changes by me, and changes to my account"),
        lazy("So that it can be found out who changed what others depend on."),
        lazy("A year; your name goes when you go."), _REGISTER, _changes, ("audit_entry.person_id",),
    ),
    Kind(
        "happened", "work", lazy("The portal's own diary"),
        lazy("That something was shared, so that screens and counts are up to date."),
        lazy("Three months; your name goes when you go."),
        lazy("Nobody reads it; screens thank you by name only if you said so."),
        _of("activity"), ("activity.person_id",),
    ),
    Kind(
        "on_duty", "work", lazy("Days on which I mind our accounts"), lazy("So that everybody knows whom to ask."),
        lazy("Until somebody takes them off the rota, or you go."),
        lazy("Colleagues; a screen names you only if you said so."),
        _of("duty"), ("duty.person_id",),
    ),
    Kind(
        "wrong_codes", "work", lazy("Screen codes I mistyped"), lazy("So that nobody can guess their way in."),
        lazy("A day or two."), lazy("Nobody."), _of("pairing_guess"), ("pairing_guess.person_id",),
    ),
)  # fmt: skip

COVERED = frozenset(column for kind in KINDS for column in kind.columns)
