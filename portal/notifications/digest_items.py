"""What a digest tells: what is live, meant for its person, and came after they were last told or looked."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from portal import clock, settings
from portal.campaigns import audience, letters, queries
from portal.campaigns.models import Approval, Campaign, Item
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.notifications import item_links
from portal.notifications.models import Digest, FeedVisit
from portal.people import unsubscribing
from portal.people.models import Person
from portal.sharing.models import SHARED_STATES, Share

MOST_NAMED = 5
"""Items named in one mail; of the others the number is told."""
NEWS = timedelta(days=30)
"""What appeared longer ago is news to nobody."""


@dataclass(frozen=True)
class News:
    items: list[Item]
    """Those that are named, what ends first before the others."""
    number: int
    """How many there are altogether."""


def told_until(db: Session, ids: Iterable[int], at: datetime) -> dict[int, datetime]:
    """Per person the moment after which an item is new to them: they were told, or looked for themselves."""
    people, told = list(ids), (Digest.state == "sent", Digest.newest_at.is_not(None))
    found = dict.fromkeys(people, at - NEWS)
    mailed = select(Digest.person_id, func.max(Digest.newest_at)).where(Digest.person_id.in_(people), *told)
    looked = select(FeedVisit.person_id, FeedVisit.at).where(FeedVisit.person_id.in_(people))
    for query in (mailed.group_by(Digest.person_id), looked):
        for person_id, until in db.execute(query):
            found[person_id] = max(found[person_id], until or found[person_id])
    return found


def news_for(db: Session, person: Person, *, since: datetime, at: datetime, known: dict[int, Item]) -> News:
    """What this person has not seen and can still share at this moment. `known` keeps items already read."""
    shared = select(Share.item_id).where(Share.person_id == person.id, Share.state.in_(SHARED_STATES))
    theirs = (
        select(Item.id)
        .join(Campaign, Campaign.id == Item.campaign_id)
        .where(*queries.live_at(at), _appeared_after(since), audience.for_person(person), Item.id.not_in(shared))
        # What has no end of its own ends with its campaign.
        .order_by(func.coalesce(Item.ends_at, _never()), Campaign.ends_on, Item.publish_at.desc(), Item.id)
    )
    ids = list(db.scalars(theirs))
    named = ids[:MOST_NAMED]
    missing = [each for each in named if each not in known]
    if missing:
        known |= {item.id: item for item in queries.items_by_id(db, missing)}
    return News([known[each] for each in named], len(ids))


def letter(person: Person, news: News, *, house: str) -> letters.Letter:
    """The mail with this news, in the current language, which is the person's."""
    base, first = settings.current().base_url, news.items[0].text(person.language).title
    left = news.number - len(news.items)
    if news.number == 1:
        subject = _("New at %(organisation)s: %(title)s", organisation=house, title=first)
    else:
        subject = ngettext(
            "%(num)s new thing at %(organisation)s, such as “%(title)s”",
            "%(num)s new things at %(organisation)s, such as “%(title)s”",
            news.number,
            organisation=house,
            title=first,
        )
    return letters.Letter(
        subject=" ".join(subject.split()),
        preheader=" · ".join(item.text(person.language).title for item in news.items),
        greeting=_("Hi %(name)s,", name=person.first_name),
        opening=ngettext(
            "There is %(num)s thing you have not seen yet.",
            "There are %(num)s things you have not seen yet.",
            news.number,
        ),
        entries=[
            letters.entry(item, person.language, item_links.address(person_id=person.id, item_id=item.id))
            for item in news.items
        ],
        rest=ngettext("And %(num)s more to look at", "And %(num)s more to look at", left) if left else "",
        rest_url=base,
        closing=_("Only if you like, and in your own words."),
        why=_(
            "You get this because you asked for it. How often, and at what time, is up to you: %(address)s",
            address=f"{base}/me/notifications",
        ),
        unsubscribe=unsubscribing.address(person, unsubscribing.DIGESTS),
    )


def _appeared_after(since: datetime) -> ColumnElement[bool]:
    """The condition on an item and its campaign that it came onto the feed after that: it does when its own day and
    its campaign's have begun and it is approved. Approved anew after a correction, it is no news."""
    approved = and_(Approval.item_id == Item.id, Approval.step == "approved")
    first_approved_later = and_(exists().where(approved), ~exists().where(approved, Approval.at <= since))
    return or_(Item.publish_at > since, Campaign.starts_on > clock.local(since).date(), first_approved_later)


def _never() -> datetime:
    return datetime(9999, 1, 1, tzinfo=clock.now().tzinfo)
