"""Signing in by a mailed link: ten minutes, one use, and the same answer whether or not the address is known."""

from datetime import timedelta
from urllib.parse import quote

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from portal import clock, jobs, mail, settings
from portal.i18n import gettext as _
from portal.i18n import in_language
from portal.people import mailed_links, organisation
from portal.people.models import MailedLink, Person
from portal.web import token_hash

LASTS = timedelta(minutes=10)
MOST_PER_PERSON = 5
"""An hour. When none of them works any more there is one further: asking for others keeps nobody out."""
MOST_ALTOGETHER = 2000
"""An hour: room for a large organisation on its first morning, and an end to a flood."""


def ask(db: Session, email: str, *, target: str) -> None:
    """Have a link to the page `target` mailed to whoever has this address.

    Costs the same for unknown addresses: who has one is only found out in the job. Asking again while that waits
    changes nothing.
    """
    # With its hour, so that a job that was set aside does not stand in anybody's way for longer.
    mark = f"ask:{token_hash(email)}:{clock.now():%Y%m%d%H}"
    jobs.enqueue(db, "ask_sign_in_link", dedupe=mark, email=email, target=target)


@jobs.job("ask_sign_in_link")
def make(db: Session, *, email: str, target: str) -> None:
    person = db.scalar(select(Person).where(Person.email == email))
    if person is None or person.email is None or not may_use(person) or _too_many(db, person):
        return
    mark = mailed_links.add(db, person, leads_to="sign_in", lasts=LASTS)
    jobs.enqueue(
        db,
        "mail_sign_in_link",
        to=person.email,
        name=person.first_name,
        spoken=person.language,
        organisation_name=organisation.get(db).name,
        mark=mark,
        target=target,
    )


@jobs.job("mail_sign_in_link", outside=True)
def mail_link(*, to: str, name: str, spoken: str, organisation_name: str, mark: str, target: str) -> None:
    with in_language(spoken):
        mail.send(
            to=to,
            marked=mail.message_id(f"sign-in {mark}"),
            **_written(name, organisation_name, _address(mark, target)),
        )


def may_use(person: Person) -> bool:
    """Active people; admins only without single sign-on, which guards them better than a mailbox does."""
    return person.is_active and not (person.role == "admin" and bool(settings.current().oidc_issuer))


def is_open(db: Session, token: str) -> bool:
    """Whether `token` would still sign somebody in. Spends nothing."""
    return mailed_links.find(db, token, leads_to="sign_in") is not None


def spend(db: Session, token: str) -> Person | None:
    """The person this link signs in, once; None when it is unknown, spent, too old or theirs no more."""
    person_id = mailed_links.spend(db, token, leads_to="sign_in")
    if person_id is None:
        return None
    person = db.scalar(select(Person).options(joinedload(Person.department)).where(Person.id == person_id))
    return person if person is not None and may_use(person) else None


def withdraw(db: Session, person: Person) -> None:
    """No link sent to `person` so far works any more."""
    mailed_links.withdraw(db, person, leads_to="sign_in")


def _too_many(db: Session, person: Person) -> bool:
    now = clock.now()
    is_theirs = MailedLink.person_id == person.id
    is_open = MailedLink.used_at.is_(None) & (MailedLink.expires_at > now)
    theirs, open_ones, all_of_them = db.execute(
        select(func.count().filter(is_theirs), func.count().filter(is_theirs & is_open), func.count())
        .select_from(MailedLink)
        .where(MailedLink.leads_to == "sign_in", MailedLink.created_at > now - timedelta(hours=1))
    ).one()
    return (theirs >= MOST_PER_PERSON and open_ones > 0) or all_of_them >= MOST_ALTOGETHER


def _address(mark: str, target: str) -> str:
    page = "" if target == "/" else f"?next={quote(target)}"
    return f"{settings.current().base_url}/sign-in/link/{mailed_links.token(mark, leads_to='sign_in')}{page}"


def _written(name: str, house: str, address: str) -> dict[str, str]:
    text = [
        _("Hi %(name)s,", name=name),
        _("Here is your link to %(organisation)s. It works once, for ten minutes:", organisation=house),
        address,
        _("Did you not ask for this? Then you can throw this mail away: nobody gets in without it."),
    ]
    return {
        "subject": _("Your way in to %(organisation)s", organisation=house),
        "text": "\n\n".join(text) + "\n",
    }
