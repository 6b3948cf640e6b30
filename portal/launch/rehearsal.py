"""What of a campaign can go out now, and how one item of it will look everywhere."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select
from sqlalchemy.orm import Session

from portal import clock, settings
from portal.campaigns import announcing, disclosure, placeholders, queries
from portal.campaigns.models import Campaign, Item, ItemText
from portal.feed import words
from portal.feed.cards import Card
from portal.i18n import day, in_language
from portal.i18n import gettext as _
from portal.people.models import AuditEntry, Organisation, Person
from portal.screens.models import Screen
from portal.screens.queries import is_here, screens
from portal.sharing import networks, texts
from portal.sharing.networks import Network
from portal.signatures.models import Signature

MOST = 40
"""Items looked at together; a campaign with more of them goes out in parts."""
MOST_OUT = 12


@dataclass(frozen=True)
class Lineup:
    """The items of a campaign that have not been out yet, and those of them that come along in this launch."""

    waiting: list[Item]
    chosen: list[Item]
    out: list[Item]
    """What is live already, the newest of it."""
    has_more: bool

    @property
    def shown(self) -> list[Item]:
        return [*self.waiting, *self.out]


@dataclass(frozen=True)
class Post:
    """What a colleague would post on one network, before adding a word of their own."""

    network: Network
    text: str
    count: int
    captions: int
    """How many captions there are for it in this language."""

    @property
    def is_too_long(self) -> bool:
        return self.count > self.network.limit


@dataclass(frozen=True)
class Launched:
    """The launch before this one."""

    by: str | None
    by_id: int | None
    at: datetime
    """When things went out, or will."""
    version: int
    """The campaign's version it started from."""


def lineup(db: Session, campaign: Campaign, *, wanted: Collection[int] | None = None) -> Lineup:
    """What can go out; `wanted` are the ids that come along, None for those that are to appear first."""
    ids = list(db.scalars(_of(campaign, ~_was_out(campaign)).order_by(Item.publish_at, Item.id).limit(MOST + 1)))
    out = db.scalars(_of(campaign, _is_out()).order_by(Item.publish_at.desc(), Item.id.desc()).limit(MOST_OUT))
    out_ids = list(out) if campaign.runs_on(clock.today()) else []
    by_id = {item.id: item for item in queries.items_by_id(db, [*ids[:MOST], *out_ids])}
    waiting = [by_id[each] for each in ids[:MOST]]
    if wanted is None:
        first = _first_day(campaign, waiting)
        chosen = [item for item in waiting if planned_for(item) <= first]
    else:
        chosen = [item for item in waiting if item.id in wanted]
    return Lineup(waiting, chosen, [by_id[each] for each in out_ids], len(ids) > MOST)


def planned_for(item: Item) -> date:
    return clock.local(item.publish_at).date()


def where_it_stands(campaign: Campaign, lineup: Lineup) -> str:
    """What of the campaign is out, and what will be without a launch: what is approved appears on its own day."""
    begun = _("Part of it is out already.") if lineup.out else _("Nothing is out yet.")
    planned = [item for item in lineup.waiting if queries.standing(item, campaign) == "planned"]
    if planned:
        first = min(queries.appears_at(item, campaign) for item in planned)
        then = _("What is approved appears by itself on its day, the first on %(day)s.", day=day(first))
    elif lineup.out:
        then = _("The rest waits until a colleague has approved it.")
    else:
        then = _("Nothing appears before a colleague has approved it.")
    return f"{begun} {then}"


def card(item: Item, text: ItemText) -> Card:
    """The item on the feed of a colleague who reads this text's language."""
    return Card(
        id=item.id,
        kind=item.kind,
        title=text.title,
        summary=text.summary,
        language=text.language,
        picture=item.picture.digest if item.picture else "",
        left=words.time_left(item.ends_at, clock.now()),
        is_first=True,
    )


def posts(item: Item, text: ItemText, *, me: Person, team: str, organisation: Organisation) -> list[Post]:
    """What `me` would post on each network that shows a card, or that has a caption of its own."""
    wording = disclosure.wordings(organisation, item.disclosure, text.language)[0]
    link = f"{settings.current().link_base_url}/r/23456789"
    found = []
    for network in networks.fitting(item.fits):
        captions = item.captions_for(network.key, text.language)
        if network.address is None or not (network.own_card or captions):
            continue
        body = placeholders.fill(captions[0].body, first_name=me.first_name, department=team) if captions else ""
        whole = texts.compose("", body, disclosure=wording, link=link, employer=organisation.name)
        said = whole.removesuffix(link).strip()
        found.append(Post(network, said, network.count(whole), len(captions)))
    return found


def letter(
    campaign: Campaign, items: Sequence[Item], spoken: str, *, me: Person, organisation: Organisation
) -> dict[str, str]:
    """Subject and text of the mail that announces the campaign with these items, to somebody who reads `spoken`."""
    reader = Person(name=me.name, language=spoken)
    newest = sorted(items, key=lambda item: item.id, reverse=True)[: announcing.MOST_NAMED]
    with in_language(spoken):
        return announcing.written(campaign, newest, reader, house=organisation.name)


def screens_on(db: Session) -> tuple[int, int]:
    """How many screens are connected, and how many of them are on now."""
    connected: list[Screen] = screens(db)
    return len(connected), sum(is_here(screen) for screen in connected)


def banners_in_use(db: Session) -> int:
    """How many colleagues have a signature with the banner below it."""
    wanted = select(func.count()).select_from(Signature).where(Signature.with_banner)
    return db.scalar(wanted) or 0


def last_launch(db: Session, campaign_id: int) -> Launched | None:
    """The latest launch of this campaign; None before the first one."""
    row = db.execute(
        select(AuditEntry.detail, AuditEntry.person_id, Person.name)
        .outerjoin(Person, Person.id == AuditEntry.person_id)
        .where(
            AuditEntry.subject_kind == "campaign",
            AuditEntry.subject_id == campaign_id,
            AuditEntry.act == "campaign_launched",
        )
        .order_by(AuditEntry.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return None
    at = datetime.fromisoformat(row.detail["at"])
    return Launched(row.name, row.person_id, at, row.detail["version"])


def _of(campaign: Campaign, condition: ColumnElement[bool]) -> Select[int]:
    return select(Item.id).where(Item.campaign_id == campaign.id, Item.state != "recalled", condition)


def _was_out(campaign: Campaign) -> ColumnElement[bool]:
    """Whether an item is or was on the feed: approved, after its day, in a campaign that began."""
    if campaign.starts_on > clock.today():
        return false()
    return and_(Item.state == "approved", Item.publish_at <= clock.now())


def _is_out() -> ColumnElement[bool]:
    now = clock.now()
    return and_(Item.state == "approved", Item.publish_at <= now, or_(Item.ends_at.is_(None), Item.ends_at > now))


def _first_day(campaign: Campaign, waiting: Collection[Item]) -> date:
    """The day up to which everything belongs to the first launch; what is planned for later keeps its own day."""
    earliest = min(map(planned_for, waiting), default=clock.today())
    return max(clock.today(), campaign.starts_on, earliest)
