"""Taking part no more, going for good, and a record to take along.

Whoever stops keeps their account and is left in peace. Whoever goes is emptied here, in one transaction; the rows that
others still count by lose their person in a job of its own (`erase_person`), and the person's row goes last.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from portal import activity, clock, jobs, mail, settings
from portal.database import Database
from portal.i18n import gettext as _
from portal.i18n import in_language
from portal.people import adding, audit, mailed_links, organisation, sessions
from portal.people.models import AuditEntry, Identity, MailedLink, Person

GONE = "…"
"""The name of somebody in the minutes between being emptied and being gone."""
KEPT_AFTER_LEAVING = timedelta(days=365)
"""How long somebody who was deactivated is kept: time to come back, and to ask for their record."""
RECORD_LASTS = timedelta(days=14)
_AT_ONCE = 50


def stop(db: Session, person: Person) -> None:
    """Take part no more, from now on: no name on any board or wall, no mail. Doing it again changes nothing."""
    if person.stopped_at is not None:
        return
    person.stopped_at = clock.now()
    person.mail_asks = False
    _show_nowhere(person)
    activity.record(db, "board_changed")


def take_part_again(db: Session, person: Person) -> None:
    """Count with the team again. What was chosen before is not brought back: they choose anew."""
    person.stopped_at = None
    activity.record(db, "board_changed")


def erase(db: Session, person: Person, *, by: Person | None) -> None:
    """Have `person` gone for good. Who they are goes now, the rest within minutes; nobody gets in any more.

    Their links go on for their team, and no figure changes. Raises NotPossible for the last admin.
    """
    if person.role == "admin" and person.is_active:
        adding.keep_an_admin(db, person)
    db.execute(delete(jobs.Job).where(jobs_about(person)).execution_options(synchronize_session=False))
    person.name, person.email, person.function, person.phone = GONE, None, "", ""
    person.role, person.ambassador, person.mail_asks, person.calendar_mark = "member", False, False, ""
    person.stopped_at = person.deactivated_at = clock.now()
    _show_nowhere(person)
    sessions.close_all(db, person)
    for table in (Identity, MailedLink):
        db.execute(delete(table).where(table.person_id == person.id))
    about = (AuditEntry.subject_kind == "person", AuditEntry.subject_id == person.id)
    # Details of changes to them may hold an address of theirs; that it happened, and who did it, stays.
    unnamed = update(AuditEntry).where(*about).values(subject_id=None, detail={})
    db.execute(unnamed.execution_options(synchronize_session=False))
    audit.write(db, "person_erased", "person", None, by=None if by is None or by.id == person.id else by)
    activity.record(db, "board_changed")
    jobs.enqueue(db, "erase_person", dedupe=f"erase_person:{person.id}", person_id=person.id)


def erased_on(person: Person) -> datetime:
    """When somebody who was deactivated is erased by itself."""
    return (person.deactivated_at or clock.now()) + KEPT_AFTER_LEAVING


@jobs.job("erase_leavers", every=timedelta(days=1))
def erase_leavers(db: Session) -> None:
    """Erase whoever was deactivated so long ago that nobody needs their account any more."""
    long_ago = (Person.deactivated_at < clock.now() - KEPT_AFTER_LEAVING, Person.name != GONE)
    for person in db.scalars(select(Person).where(*long_ago).order_by(Person.id).limit(_AT_ONCE)):
        erase(db, person, by=None)


def hand_over_record(db: Session, person: Person, *, to: str, by: Person) -> None:
    """Mail `to` a link to `person`'s own record, for whoever left. The link itself is shown to nobody.

    One that was sent before no longer works. Where it went is on record: the texts in it are nobody else's.
    """
    mailed_links.withdraw(db, person, leads_to="record")
    mark = mailed_links.add(db, person, leads_to="record", lasts=RECORD_LASTS)
    audit.write(db, "record_handed_over", "person", person.id, by=by, to=to)
    jobs.enqueue(db, "mail_record_link", person_id=person.id, to=to, mark=mark)


@jobs.job("mail_record_link", outside=True)
def mail_record_link(*, database: Database, person_id: int, to: str, mark: str) -> None:
    token = mailed_links.token(mark, leads_to="record")
    with database.reading() as db:
        person = find_record(db, token)
        house = organisation.get(db).name
    if person is None or person.id != person_id:  # withdrawn meanwhile
        return
    with in_language(person.language):
        text = [
            _("Hi %(name)s,", name=person.first_name),
            _("Thank you for all you passed on. What you shared is yours to keep."),
            _("This link gives you your own record: your texts, when you shared them and how many people came."),
            f"{settings.current().base_url}/record/{token}",
            _("It works once, for two weeks. After that it is gone."),
        ]
        subject = _("Your own record at %(organisation)s", organisation=house)
        mail.send(to=to, subject=subject, text="\n\n".join(text) + "\n", marked=mail.message_id(f"record {mark}"))


def jobs_about(person: Person) -> ColumnElement[bool]:
    """Mails and pushes to the person that wait, went or were set aside: they hold an address, a name and words."""
    args = jobs.Job.args
    theirs: ColumnElement[bool] = args["person_id"].as_integer() == person.id
    if person.email is not None:
        theirs = or_(theirs, *(args[name].as_string() == person.email for name in ("to", "email")))
    return and_(jobs.Job.kind != "erase_person", theirs)


def find_record(db: Session, token: str) -> Person | None:
    """Whose record this link would still give. Spends nothing."""
    person_id = mailed_links.find(db, token, leads_to="record")
    return None if person_id is None else db.get(Person, person_id)


def spend_record(db: Session, token: str) -> Person | None:
    """Whose record this link gives, once; None when it is unknown, spent or too old."""
    person_id = mailed_links.spend(db, token, leads_to="record")
    return None if person_id is None else db.get(Person, person_id)


def _show_nowhere(person: Person) -> None:
    person.leaderboard_name, person.pseudonym, person.wall_name = "hidden", "", False
