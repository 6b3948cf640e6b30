"""Telling people that the moment they planned has come: once, by the way they chose, and never for what is over.

A reminder is somebody's own wish: it spends nothing of what they may be asked, and quiet hours do not move it. Only
what comes late, because portal or mail server were down, waits for a welcome hour.
"""

import time
from dataclasses import dataclass
from datetime import timedelta
from email.message import EmailMessage

import structlog
from sqlalchemy import exists, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from portal import clock, jobs, mail, settings
from portal.campaigns.letters import Letter, as_html, as_text, entry
from portal.campaigns.models import Item
from portal.campaigns.queries import find_item
from portal.database import Database
from portal.i18n import gettext as _
from portal.i18n import in_language
from portal.jobs import Job
from portal.notifications import choices, planning, pushing, times
from portal.notifications.models import NotificationChoice
from portal.people import notes
from portal.people import organisation as organisations
from portal.people.models import Organisation, Person
from portal.sharing import over
from portal.sharing.models import Reminder

LATE = timedelta(hours=1)
"""From then on a reminder no longer comes at the moment that was chosen."""
TRIED_FOR = timedelta(days=3)
"""What could not be told for so long is only on the feed, where it was from the first minute."""
AT_ONCE = 200
LONGEST = 40.0
"""Seconds one run takes; what is left is the next one's."""


@dataclass(frozen=True)
class _Due:
    """A reminder whose moment has come, with what it takes to tell of it."""

    reminder: Reminder
    item: Item
    person: Person
    choice: NotificationChoice
    takes_mail: bool
    organisation: Organisation


@jobs.job("remind", outside=True, slow=True, every=timedelta(minutes=1))
def remind(*, database: Database) -> None:
    """Tell everybody whose moment has come. Others may do the same meanwhile: nobody is told twice."""
    began, after = time.monotonic(), 0
    _mail_what_no_browser_took(database)
    with mail.Line() as line:
        while time.monotonic() - began < LONGEST:
            due = _due_after(database, after)
            if not due:
                return
            for after in due:
                _try(database, line, after)
                if time.monotonic() - began >= LONGEST:
                    return


def _mail_what_no_browser_took(database: Database) -> None:
    """Plan anew, for a mail, what was pushed in vain: to browsers that are gone, were turned off or never answered.

    Nothing is in vain while a push of it is under way, and one browser that took it is enough.
    """
    is_open = (Job.kind == "push", Job.done_at.is_(None), Job.set_aside_at.is_(None))
    under_way = exists().where(*is_open, Job.args["reminder_id"].as_integer() == Reminder.id)
    in_vain = (
        Reminder.state == "told",
        Reminder.told_at.is_(None),
        Reminder.due_at > clock.now() - TRIED_FOR,
        Reminder.channel == "push",
        ~under_way,
    )
    with database.reading() as db:
        if db.scalar(select(Reminder.id).where(*in_vain).limit(1)) is None:
            return
    with database.writing() as db:
        again = update(Reminder).where(*in_vain).values(state="planned", channel="mail")
        db.execute(again.execution_options(synchronize_session=False))


def _due_after(database: Database, after: int) -> list[int]:
    waits = (Reminder.state == "planned", Reminder.due_at <= clock.now(), Reminder.id > after)
    with database.reading() as db:
        return list(db.scalars(select(Reminder.id).where(*waits).order_by(Reminder.id).limit(AT_ONCE)))


def _try(database: Database, line: mail.Line, number: int) -> None:
    """Tell of one. What is wrong with it is no reason to keep the others waiting; without a database all wait."""
    try:
        _tell(database, line, number)
    except SQLAlchemyError:
        raise
    except Exception as error:  # it is looked at again in a minute
        structlog.get_logger().error("reminder not told", reminder=number, error=repr(error)[:300])


def _tell(database: Database, line: mail.Line, number: int) -> None:
    with database.reading() as db:
        due = _load(db, number)
    if due is None:
        return
    standing, channel = over.standing(due.item), due.reminder.channel
    if not due.person.is_active or due.person.stopped_at is not None:
        _settle_alone(database, due.reminder, "dropped")
    elif standing in ("recalled", "ended"):
        _drop(database, due, standing)
    elif standing or _waits_for_a_welcome_hour(due):
        pass  # looked at again, or late: there will be a better moment
    elif channel == "calendar" or _is_too_late(due.reminder):
        _settle_alone(database, due.reminder, "told")
    elif channel == "mail" or not _push(database, due):
        _mail(database, line, due)


def _load(db: Session, number: int) -> _Due | None:
    """None when it was moved, used or dropped meanwhile."""
    waits = (Reminder.state == "planned", Reminder.due_at <= clock.now())
    found = db.scalar(select(Reminder).where(Reminder.id == number, *waits))
    item = find_item(db, found.item_id) if found is not None else None
    if found is None or item is None:
        return None
    person = db.get_one(Person, found.person_id)
    choice = choices.of(db, person)
    takes_mail, organisation = planning.takes_mail(person, choice), organisations.get(db)
    return _Due(found, item, person, choice, takes_mail, organisation)


def _waits_for_a_welcome_hour(due: _Due) -> bool:
    is_late = clock.now() - due.reminder.due_at > LATE
    return is_late and not _is_too_late(due.reminder) and times.is_quiet(due.choice, clock.now())


def _is_too_late(reminder: Reminder) -> bool:
    return clock.now() - reminder.due_at > TRIED_FOR


def _drop(database: Database, due: _Due, standing: str) -> None:
    """It cannot be shared any more: no reminder, but a line on the feed, so that nobody wonders."""
    reminder = due.reminder
    with database.writing() as db:
        if _settle(db, reminder, "dropped"):
            title = due.item.text(due.person.language).title
            subject = f"reminder:{reminder.id}@{reminder.due_at:%Y%m%d%H%M}"
            notes.tell(db, reminder.person_id, "plan_over", subject, title=title, standing=standing)


def _push(database: Database, due: _Due) -> bool:
    """Queue a push in the transaction that has them told; False when there is no browser to push to any more.

    When they were told is not known before a push service takes it.
    """
    reminder = due.reminder
    with database.writing() as db, in_language(due.person.language):
        if not _settle(db, reminder, "told", is_known=False):
            return True  # somebody else did
        browsers = pushing.push(
            db,
            reminder.person_id,
            title=_("You wanted to share this now"),
            text=due.item.text(due.person.language).title,
            url=_path(reminder),
            tag=f"reminder-{reminder.id}",
            urgency="high",
            reminder_id=reminder.id,
        )
        if not browsers:
            _settle(db, reminder, "planned", before="told")
    return browsers > 0


def _mail(database: Database, line: mail.Line, due: _Due) -> None:
    """Mail it, unless the server needs a rest. It is on record as sent in the last moment before it can arrive.

    Whoever takes no mail finds it on the feed.
    """
    reminder = due.reminder
    if not due.takes_mail:
        _settle_alone(database, reminder, "told")
        return
    if mail.rests():
        return

    states = ["planned"]

    def is_ours() -> bool:
        with database.writing() as db:
            if not _settle(db, reminder, "sending"):
                return False
        states.append("sending")
        return True

    try:
        if line.deliver(_written(due), before_text=is_ours):
            _settle_alone(database, reminder, "told", before="sending")
    except mail.Unknown:
        pass  # it may have arrived: the feed shows it, and nothing sends it again
    except mail.NotTaken as refusal:
        structlog.get_logger().info("reminder not taken", reminder=reminder.id, reason=str(refusal))
        is_for_later = isinstance(refusal, mail.Later)  # it is due in a minute as well
        with database.writing() as db:
            _settle(db, reminder, "planned" if is_for_later else "told", before=states[-1])
            if isinstance(refusal, mail.AddressRefused):
                theirs = update(NotificationChoice).where(NotificationChoice.person_id == reminder.person_id)
                db.execute(theirs.values(refused_at=clock.now(), next_digest_at=None))


def _settle(db: Session, reminder: Reminder, state: str, *, before: str = "planned", is_known: bool = True) -> bool:
    """Whether it was in the state `before`, for the same moment still, and is in this one now.

    When they were told is left open unless it `is_known`.
    """
    same = (Reminder.id == reminder.id, Reminder.state == before, Reminder.due_at == reminder.due_at)
    values = {"state": state, "told_at": clock.now() if state == "told" and is_known else None}
    changed = update(Reminder).where(*same).values(values).returning(Reminder.id)
    return db.execute(changed.execution_options(synchronize_session=False)).first() is not None


def _settle_alone(database: Database, reminder: Reminder, state: str, *, before: str = "planned") -> None:
    with database.writing() as db:
        _settle(db, reminder, state, before=before)


def _path(reminder: Reminder) -> str:
    return f"/items/{reminder.item_id}?reminder={reminder.id}"


def _written(due: _Due) -> EmailMessage:
    base, person, reminder = settings.current().base_url, due.person, due.reminder
    with in_language(person.language):
        title, moment = due.item.text(person.language).title, planning.said(reminder.due_at, times.zone(due.choice))
        letter = Letter(
            subject=" ".join(_("Time to share: %(title)s", title=title).split()),
            preheader=_("Everything you wrote is filled in."),
            greeting=_("Hi %(name)s,", name=person.first_name),
            opening=_("You wanted to share this now"),
            entries=[entry(due.item, person.language, f"{base}{_path(reminder)}")],
            rest="",
            rest_url="",
            closing=_("Everything you wrote is filled in. Nothing goes out without you."),
            why=_(
                "You planned this for %(moment)s. Rather at another moment, or not at all? %(address)s",
                moment=moment,
                address=f"{base}/me/planned",
            ),
            unsubscribe="",
        )
        return mail.compose(
            to=person.email or "",
            subject=letter.subject,
            text=as_text(letter),
            html=as_html(letter, organisation=due.organisation),
            marked=mail.message_id(f"reminder {reminder.id} {reminder.due_at}"),
        )
