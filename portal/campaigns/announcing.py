"""The mail that tells colleagues of a campaign once there is something of it to share.

Only who said that they want such mail gets it, within the ask budget, in their own language, and only with items that
are meant for them.
"""

from datetime import timedelta

from sqlalchemy import Select, func, or_, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from portal import clock, jobs, mail, settings
from portal.campaigns import asks, audience, letters, queries
from portal.campaigns.models import Campaign, Item
from portal.i18n import gettext as _
from portal.i18n import in_language
from portal.people import organisation as organisations
from portal.people import unsubscribing
from portal.people.models import Person

MAIL_HOURS = range(8, 18)
"""Hours of the organisation's day in which mail is welcome."""
AT_ONCE = 50
"""Colleagues in one transaction, so that nobody who shares meanwhile waits long."""
MOST_NAMED = 5
"""Items named in one mail; the rest is on the feed."""


@jobs.job("find_launches", every=timedelta(minutes=5))
def find_launches(db: Session) -> None:
    """Begin to mail for campaigns that wait for it and have something live."""
    if not mail.is_configured() or clock.local(clock.now()).hour not in MAIL_HOURS:
        return
    today = clock.today()
    waiting = select(Campaign.id).where(
        Campaign.announces,
        Campaign.announced_at.is_(None),
        Campaign.archived_at.is_(None),
        Campaign.starts_on <= today,
        Campaign.ends_on >= today,
    )
    for campaign_id in db.scalars(waiting).all():
        if queries.number_live(db, Item.campaign_id == campaign_id):
            db.execute(update(Campaign).where(Campaign.id == campaign_id).values(announced_at=clock.now()))
            jobs.enqueue(db, "announce", campaign_id=campaign_id, after=0)


@jobs.job("announce")
def announce(db: Session, *, campaign_id: int, after: int) -> None:
    """Mail the next colleagues, those whose ids come `after`, and leave the others to another job."""
    campaign = queries.find_campaign(db, campaign_id)
    if campaign is None or not campaign.runs_on(clock.today()):
        return
    people = list(db.scalars(_willing().where(Person.id > after).order_by(Person.id).limit(AT_ONCE)))
    for person in people:
        _tell(db, campaign, person)
    if len(people) == AT_ONCE:
        # Not before these mails can be gone: behind a queue of thousands, a mail to sign in with would come too late.
        then = clock.now() + timedelta(seconds=AT_ONCE / settings.current().mail_per_second)
        jobs.enqueue(db, "announce", run_at=then, campaign_id=campaign_id, after=people[-1].id)


def willing(db: Session) -> int:
    """How many colleagues want such mail and can get it."""
    return db.scalar(select(func.count()).select_from(_willing().subquery())) or 0


def _willing() -> Select[Person]:
    """Whoever stopped taking part, or has everything wait at the moment, is left in peace."""
    return select(Person).where(
        Person.deactivated_at.is_(None),
        Person.stopped_at.is_(None),
        or_(Person.paused_until.is_(None), Person.paused_until <= clock.today()),
        Person.mail_asks,
        Person.email.is_not(None),
    )


def _tell(db: Session, campaign: Campaign, person: Person) -> None:
    items = _for(db, campaign, person)
    if not items or not mail.is_address(person.email):
        return
    subject = f"campaign:{campaign.id}"
    if not asks.ask(db, person_id=person.id, campaign_id=campaign.id, channel="mail", subject=subject):
        return
    organisation = organisations.get(db)
    with in_language(person.language):
        letter = _letter(campaign, items, person, house=organisation.name)
        mail.enqueue(
            db,
            to=person.email or "",
            subject=letter.subject,
            text=letters.as_text(letter),
            html=letters.as_html(letter, organisation=organisation),
            unsubscribe=letter.unsubscribe,
        )


def _for(db: Session, campaign: Campaign, person: Person) -> list[Item]:
    """What is live of the campaign and meant for this person, the newest first."""
    theirs = select(Item).options(selectinload(Item.texts), joinedload(Item.picture)).join(Item.campaign)
    theirs = theirs.where(*queries.live_at(clock.now()), Item.campaign_id == campaign.id, audience.for_person(person))
    return list(db.scalars(theirs.order_by(Item.publish_at.desc(), Item.id.desc()).limit(MOST_NAMED)))


def written(campaign: Campaign, items: list[Item], person: Person, *, house: str) -> dict[str, str]:
    """Subject and text of the mail to this person about these items, in the current language."""
    letter = _letter(campaign, items, person, house=house)
    return {"subject": letter.subject, "text": letters.as_text(letter)}


def _letter(campaign: Campaign, items: list[Item], person: Person, *, house: str) -> letters.Letter:
    base, text = settings.current().base_url, campaign.text(person.language)
    opening = (_("Something new to share: %(title)s.", title=text.title), text.summary)
    return letters.Letter(
        subject=" ".join(_("%(title)s: new at %(organisation)s", title=text.title, organisation=house).split()),
        preheader=" · ".join(item.text(person.language).title for item in items),
        greeting=_("Hi %(name)s,", name=person.first_name),
        opening=" ".join(part for part in opening if part),
        entries=[letters.entry(item, person.language, f"{base}/items/{item.id}") for item in items],
        rest="",
        rest_url=base,
        closing=_("Only if you like, and in your own words."),
        why=_(
            "You get this because you said so on your own page, where you can end it: %(address)s",
            address=f"{base}/me/notifications",
        ),
        unsubscribe=unsubscribing.address(person, unsubscribing.ASKS),
    )
