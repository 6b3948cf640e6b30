"""From something found to an item in draft: nothing is published by it, and every word of it can be changed."""

import re
from datetime import date, datetime
from urllib.parse import unquote, urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import drafts, editing, pictures, revisions
from portal.campaigns.drafts import ItemDraft, Words
from portal.campaigns.models import KINDS_THAT_END, Campaign, Item, ItemText
from portal.campaigns.pictures import Rendered
from portal.campaigns.queries import find_item
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.i18n import language as current_language
from portal.inbox import addresses, postings, queries
from portal.inbox.models import Candidate, Idea
from portal.inbox.pages import Page
from portal.inbox.postings import Posting
from portal.inbox.previews import Found, Preview
from portal.people.models import Person

MOST_LIKELY = 200
"""Items that are looked at more closely to find one that leads to the same page."""
MOST_WORDS = 8


def draft(
    db: Session,
    campaign: Campaign,
    *,
    by: Person | None,
    kind: str,
    url: str,
    language: str,
    title: str,
    summary: str,
    place: str = "",
    hours: str = "",
    ends_on: date | None = None,
    happens_at: datetime | None = None,
    video_url: str = "",
    picture: Rendered | None = None,
    picture_id: int | None = None,
    picture_alt: str = "",
) -> Item:
    """An item in state draft, of texts from elsewhere: they are cut to what fits.

    Kinds that need a last day get the campaign's unless one is given. `picture_id` names a picture that is kept
    already and goes before `picture`.
    """
    spoken = language if language in LANGUAGES else current_language.get()
    made = ItemDraft(kind=kind, target=url, place=fitting(place, drafts.LONGEST_PLACE))
    made.hours, made.video_url = fitting(hours, drafts.LONGEST_HOURS), video_url
    made.happens_at = happens_at
    made.publish_on = min(max(clock.today(), campaign.starts_on), max(campaign.ends_on, campaign.starts_on))
    made.ends_on = ends_on or (campaign.ends_on if kind in KINDS_THAT_END and happens_at is None else None)
    name = fitting(title, drafts.LONGEST_TITLE) or _("Still without a title")
    if picture_id is None and picture is not None:
        picture_id = pictures.keep(db, picture).id
    alt = fitting(picture_alt or name, drafts.LONGEST_ALT) if picture_id else ""
    made.texts[spoken] = Words(name, fitting(summary, drafts.LONGEST_SUMMARY), "", alt)
    return editing.create_item(db, campaign, made, by=by, picture_id=picture_id)


def from_preview(
    db: Session, campaign: Campaign, preview: Preview, *, by: Person, title: str, picture_id: int | None = None
) -> Item:
    """A draft of what the page at an address says. A candidate of the same address is drafted with it."""
    page = preview.page
    posting = posting_of(page)
    made = draft(
        db,
        campaign,
        by=by,
        kind=kind_of(page),
        url=preview.url,
        language=page.language,
        title=title,
        summary=page.description or (posting.description if posting else ""),
        place=posting.place if posting else "",
        hours=posting.hours if posting else "",
        ends_on=closing_day(posting) if posting else None,
        happens_at=moment_of(page.starts),
        video_url=preview.url if kind_of(page) == "video" else "",
        picture=preview.picture,
        picture_id=picture_id,
        picture_alt=page.picture_alt,
    )
    same = Candidate.canonical_url == addresses.canonical(preview.url)
    db.execute(
        update(Candidate)
        .where(same, Candidate.state == "new")
        .values(state="drafted", item_id=made.id)
        .execution_options(synchronize_session=False)
    )
    return made


def from_idea(db: Session, campaign: Campaign, idea: Idea, preview: Preview | None, *, by: Person, spoken: str) -> Item:
    """A draft of the page an idea leads to when that answered, else of the words, which are in `spoken`."""
    first, _break, rest = idea.words.partition("\n")
    if preview is not None and preview.answered:
        title = title_of(preview.page) or first
        return from_preview(db, campaign, preview, by=by, title=title, picture_id=idea.picture_id)
    return draft(
        db,
        campaign,
        by=by,
        kind="story",
        url=idea.url,
        language=spoken,
        title=first,
        summary=rest or first,
        picture_id=idea.picture_id,
    )


def illustrate(db: Session, item: Item, found: Found) -> None:
    """Give a fresh draft its picture, unless somebody has been at work on it since: then it is theirs."""
    fresh = (Item.id == item.id, Item.state == "draft", Item.version == 1, Item.picture_id.is_(None))
    if db.scalar(select(Item.id).where(*fresh)) is None:
        return
    picture_id = pictures.keep(db, found.picture).id
    db.execute(update(Item).where(*fresh).values(picture_id=picture_id).execution_options(synchronize_session=False))
    for text in db.scalars(select(ItemText).where(ItemText.item_id == item.id, ItemText.picture_alt == "")):
        text.picture_alt = fitting(found.alt or text.title, drafts.LONGEST_ALT)
    db.flush()
    db.expire_all()
    revisions.keep(db, item, by=None)


def kind_of(page: Page) -> str:
    """The kind of item a page would make; an article unless it says otherwise."""
    if page.postings:
        return "vacancy"
    if any(name.endswith("event") for name in page.types):
        return "event"
    is_article = any(name.endswith(("article", "posting")) for name in page.types)
    is_video = any(name == "video" or name.startswith("video.") for name in page.types)
    # An article with a video in it is still an article.
    return "video" if is_video or ("videoobject" in page.types and not is_article) else "article"


def posting_of(page: Page) -> Posting | None:
    """The vacancy a page describes, when it is about one."""
    return next(filter(None, (postings.read(data, page.url) for data in page.postings)), None)


def closing_day(posting: Posting) -> date | None:
    """The last day a vacancy is open, unless that is over or too far away to be meant."""
    day = postings.last_day(posting.valid_through)
    return day if day is not None and clock.today() <= day <= drafts.LAST_DAY else None


def moment_of(text: str) -> datetime | None:
    """When an event begins, if that is written as a moment still to come; without a zone it is the organisation's."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=clock.zone())
        moment = moment.astimezone(clock.zone())
    except (ValueError, OverflowError):
        return None
    return moment if clock.now() < moment and moment.date() <= drafts.LAST_DAY else None


def same_address(db: Session, url: str) -> Item | None:
    """The newest item that leads to the page at `url`, however either address is spelt."""
    wanted = addresses.canonical(url)
    if not wanted:
        return None
    parts = urlsplit(wanted)
    # What must stand in the other address too, however it is spelt: the host, and the plain words of the rest.
    words = re.findall(r"[a-z0-9-]+", unquote(f"{parts.path} {parts.query}").lower())[:MOST_WORDS]
    target = func.lower(Item.target_url)
    likely = (
        select(Item.id, Item.target_url)
        .where(*(target.contains(each, autoescape=True) for each in [parts.hostname or "", *words]))
        .order_by(func.length(Item.target_url), Item.id.desc())
        .limit(MOST_LIKELY)
    )
    found = [row.id for row in db.execute(likely) if addresses.canonical(row.target_url) == wanted]
    return find_item(db, max(found)) if found else None


def campaign_choices(db: Session, language: str) -> list[tuple[int, str]]:
    """The campaigns that something can be drafted in, by id and title."""
    return [(each.id, each.text(language).title) for each in queries.open_campaigns(db)]


def title_of(page: Page) -> str:
    """What the page calls what it is about; "" when it does not say."""
    posting = posting_of(page)
    return posting.title if posting and posting.title else page.title


def fitting(text: str, most: int) -> str:
    """`text` on one line, cut at a word when it is longer than `most` characters."""
    line = drafts.tidy_line(text)
    if len(line) <= most:
        return line
    kept = line[: most - 1]
    whole_words = kept.rpartition(" ")[0].rstrip(" ,.;:-–")
    return f"{whole_words or kept}…"
