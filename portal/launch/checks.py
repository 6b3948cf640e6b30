"""What is looked at before a launch: each check in a sentence, with the place where it is put right."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import approval, audience, disclosure, shortage
from portal.campaigns.audience import LANGUAGE_NAMES, Row
from portal.campaigns.drafts import last_day
from portal.campaigns.models import KINDS_THAT_ADVERTISE, KINDS_THAT_END, Campaign, Item, ItemAudience
from portal.campaigns.pictures import CROPPED
from portal.i18n import LANGUAGES, day, ngettext
from portal.i18n import gettext as _
from portal.launch.links import Found
from portal.people.models import Organisation, Person
from portal.sharing import leases

BAD, WARN, OK, WAITING = "bad", "warn", "ok", "waiting"


@dataclass(frozen=True)
class Finding:
    """Something to look at, and where: a route with its parameters, and a field on that page."""

    sentence: str
    route: str
    params: dict[str, int]
    place: str = ""
    """The id of that field."""
    is_must: bool = False
    """Whether nothing goes out before it is put right."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at. `well` says what is well, for when nothing was found."""

    key: str
    title: str
    well: str
    findings: list[Finding] = field(default_factory=list)
    is_waiting: bool = False
    """Whether the answer is still on its way."""

    @property
    def state(self) -> str:
        if any(finding.is_must for finding in self.findings):
            return BAD
        if self.findings:
            return WARN
        return WAITING if self.is_waiting else OK


@dataclass(frozen=True)
class Launch:
    """What is to be looked at: these items of a campaign, at a moment, as one editor's launch."""

    campaign: Campaign
    items: Sequence[Item]
    at: datetime
    by: Person
    organisation: Organisation
    links: Mapping[str, Found]
    """What is known of addresses; those left out are still being looked at."""


def run(db: Session, launch: Launch) -> list[Check]:
    """Every check: what stops a launch first, then what is good to know, each in the order an editor would take."""
    meant_for = _audiences(db, launch.items)
    found = [
        _approved(launch),
        _pictures(launch),
        _dates(launch),
        _links(launch),
        _sender(launch),
        _languages(launch),
        _somebody(db, launch, meant_for),
        _captions(db, launch),
    ]
    return sorted(found, key=lambda check: (BAD, WARN, WAITING, OK).index(check.state))


def missing(checks: Iterable[Check]) -> list[Finding]:
    """What must be put right before anything can go out."""
    return [finding for check in checks for finding in check.findings if finding.is_must]


def _approved(launch: Launch) -> Check:
    found = []
    for item in launch.items:
        title = item.text(launch.by.language).title
        if item.state == "draft":
            sentence = _("“%(title)s” is still a draft: send it for approval.", title=title)
        elif item.state == "in_review":
            sentence = _("“%(title)s” waits for approval.", title=title)
            reason = approval.why_not_approve(item, launch.by, launch.organisation)
            sentence += f" {reason}" if reason else ""
        else:
            continue
        found.append(Finding(sentence, "campaign_item", {"item_id": item.id}, "state-title", is_must=True))
    number = len(launch.items)
    well = ngettext("%(num)s item is approved.", "All %(num)s items are approved.", number)
    return Check("approved", _("Approval"), well, found)


def _pictures(launch: Launch) -> Check:
    width, height = CROPPED["card"]
    found = []
    for item, title in _titled(launch):
        if item.picture is None:
            sentence = _("“%(title)s” has no picture of its own: networks and walls show less of it.", title=title)
            found.append(_in_form(item, "field-picture", sentence))
            continue
        if item.picture.width < width or item.picture.height < height:
            found.append(_in_form(item, "field-picture", _too_small(item, title)))
        for text in item.texts:
            if not text.picture_alt:
                sentence = _(
                    "Say what the picture of “%(title)s” shows, in %(language)s.",
                    title=title,
                    language=_language(text.language),
                )
                found.append(_in_form(item, f"field-picture_alt_{text.language}", sentence, is_must=True))
    return Check(
        "pictures", _("Pictures and what they show"), _("Large enough for every network, and described."), found
    )


def _too_small(item: Item, title: str) -> str:
    assert item.picture is not None
    return _(
        "The picture of “%(title)s” is %(width)s by %(height)s: from 1200 by 630 it is sharp everywhere.",
        title=title,
        width=item.picture.width,
        height=item.picture.height,
    )


def _dates(launch: Launch) -> Check:
    campaign, on = launch.campaign, clock.local(launch.at).date()
    found = []
    if campaign.archived_at is not None:
        sentence = _("The campaign is archived: bring it back first.")
        found.append(Finding(sentence, "campaign_page", {"campaign_id": campaign.id}, is_must=True))
    elif campaign.ends_on < on:
        sentence = _("The campaign is over on %(day)s: give it a later last day.", day=day(campaign.ends_on))
        found.append(_in_campaign(campaign, "ends_on", sentence, is_must=True))
    for item, title in _titled(launch):
        found += _dates_of(item, title, launch)
    well = _("Until %(day)s, and nothing is over before it begins.", day=day(campaign.ends_on))
    return Check("dates", _("Days"), well, found)


def _dates_of(item: Item, title: str, launch: Launch) -> Iterator[Finding]:
    last = last_day(item)
    if item.has_ended(launch.at) and last:
        sentence = _("The last day of “%(title)s” is %(day)s: by then it is over.", title=title, day=day(last))
        yield _in_form(item, "field-ends_on", sentence, is_must=True)
    elif last is None and item.kind in KINDS_THAT_END:
        sentence = _("“%(title)s” has no last day: nobody should share it once it is over.", title=title)
        yield _in_form(item, "field-ends_on", sentence, is_must=True)
    elif last and last > launch.campaign.ends_on:
        sentence = _(
            "“%(title)s” runs until %(day)s, and its campaign only until %(end)s: then it is off the feed.",
            title=title,
            day=day(last),
            end=day(launch.campaign.ends_on),
        )
        yield _in_form(item, "field-ends_on", sentence)
    if item.happens_at is not None and item.happens_at <= launch.at:
        sentence = _("“%(title)s” happens before it is launched.", title=title)
        yield _in_form(item, "field-happens_at", sentence, is_must=True)


def _links(launch: Launch) -> Check:
    found = []
    for item, title in _titled(launch):
        answer = launch.links.get(item.target_url)
        if answer is not None and not answer.is_good:
            sentence = _("“%(title)s”: %(found)s", title=title, found=answer.sentence)
            found.append(_in_form(item, "field-target", sentence, is_must=answer.is_gone))
    is_waiting = any(item.target_url not in launch.links for item in launch.items)
    well = _("Opening every page just now …") if is_waiting else _("Every page they lead to answers.")
    return Check("links", _("Links"), well, found, is_waiting)


def _sender(launch: Launch) -> Check:
    found = []
    for item, title in _titled(launch):
        if item.kind in KINDS_THAT_ADVERTISE and item.disclosure != "advertising":
            sentence = _("“%(title)s” sells something, and its texts do not say that it is advertising.", title=title)
            found.append(_in_form(item, "field-disclosure", sentence))
        if item.kind == "contest" and not all(text.conditions for text in item.texts):
            sentence = _("“%(title)s” is a contest without conditions.", title=title)
            found.append(_in_form(item, f"field-conditions_{item.texts[0].language}", sentence, is_must=True))
    said = disclosure.wordings(launch.organisation, "usual", launch.by.language)[0]
    return Check("sender", _("Honest about the sender"), _("“%(said)s” opens every text.", said=said), found)


def _languages(launch: Launch) -> Check:
    found = []
    campaign = launch.campaign
    for language in LANGUAGES:
        if all(text.language != language for text in campaign.texts):
            sentence = _("The campaign has no words in %(language)s.", language=_language(language))
            found.append(_in_campaign(campaign, f"title_{language}", sentence))
        elif not campaign.text(language).banner:
            sentence = _(
                "Signatures have no line of their own in %(language)s: they show the campaign's name.",
                language=_language(language),
            )
            found.append(_in_campaign(campaign, f"banner_{language}", sentence))
        for item, title in _titled(launch):
            if all(text.language != language for text in item.texts):
                sentence = _("“%(title)s” is not there in %(language)s.", title=title, language=_language(language))
                found.append(_in_form(item, f"field-title_{language}", sentence))
    return Check("languages", _("Dutch and English"), _("Both complete."), found)


def _somebody(db: Session, launch: Launch, meant_for: Mapping[int, list[Row]]) -> Check:
    reached: dict[tuple[Row, ...], int] = {}
    found, most = [], 0
    for item, title in _titled(launch):
        rows = tuple(meant_for.get(item.id, ()))
        if rows not in reached:
            reached[rows] = audience.reach(db, rows)
        most = max(most, reached[rows])
        if not reached[rows]:
            sentence = _("Nobody will see “%(title)s”: no colleague fits all that was chosen for it.", title=title)
            found.append(_in_form(item, "audience", sentence, is_must=True))
    well = ngettext("%(num)s colleague will see this.", "%(num)s colleagues will see this.", most)
    return Check("somebody", _("Who gets it"), well, found)


def _captions(db: Session, launch: Launch) -> Check:
    found = []
    for item, title in _titled(launch):
        for text in item.texts:
            if all(caption.language != text.language for caption in item.captions):
                sentence = _(
                    "“%(title)s” has no captions in %(language)s: colleagues start from an empty line.",
                    title=title,
                    language=_language(text.language),
                )
                found.append(_in_form(item, f"captions-{text.language}", sentence))
        for short in leases.shortages(db, item, organisation=launch.organisation):
            if short.captions:
                sentence = _("“%(title)s”: %(found)s", title=title, found=shortage.sentence(short))
                found.append(_in_form(item, f"captions-{short.language}", sentence))
    return Check("captions", _("Captions"), _("Enough for everybody to sound like themselves."), found)


def _titled(launch: Launch) -> Iterator[tuple[Item, str]]:
    return ((item, item.text(launch.by.language).title) for item in launch.items)


def _in_form(item: Item, place: str, sentence: str, *, is_must: bool = False) -> Finding:
    return Finding(sentence, "edit_item", {"item_id": item.id}, place, is_must)


def _in_campaign(campaign: Campaign, name: str, sentence: str, *, is_must: bool = False) -> Finding:
    return Finding(sentence, "edit_campaign", {"campaign_id": campaign.id}, f"field-{name}", is_must)


def _language(code: str) -> str:
    return str(LANGUAGE_NAMES[code])


def _audiences(db: Session, items: Sequence[Item]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    rows = select(ItemAudience.item_id, ItemAudience.kind, ItemAudience.value)
    wanted = rows.where(ItemAudience.item_id.in_([item.id for item in items])).order_by(*rows.selected_columns)
    for item_id, kind, value in db.execute(wanted):
        found.setdefault(item_id, []).append((kind, value))
    return found
