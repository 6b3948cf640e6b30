"""A kit once it is read: the campaign, its items, and where each fact stands in the files."""

from dataclasses import dataclass, field
from datetime import date, time

from portal import clock
from portal.campaigns import pictures
from portal.campaigns.drafts import CampaignDraft, ItemDraft
from portal.campaigns.kit_facts import Day, Moment
from portal.campaigns.kit_report import Problem
from portal.campaigns.models import AUDIENCES, Item
from portal.i18n import LANGUAGES

CAMPAIGN_FILE = "campaign.toml"

# What the files call the fields of drafts, where that differs.
CAMPAIGN_KEYS = {
    "goal_measure": "goal.measure",
    "goal_number": "goal.number",
    "starts_on": "starts",
    "ends_on": "ends",
    "utm_template": "tags.template",
}
ITEM_KEYS = {"publish_on": "publish", "ends_on": "ends", "happens_at": "happens", "video_url": "video"}
AUDIENCE_KEYS = {kind: f"{kind}s" for kind in AUDIENCES}
"""What a part [audience] calls the kinds of rows an item can have."""


@dataclass
class KitItem:
    slug: str
    file: str
    draft: ItemDraft
    publish: Day | Moment = field(default_factory=Day)
    ends: Day | None = None
    happens: Moment | None = None
    audience: dict[str, list[str]] = field(default_factory=dict)
    """The names it is meant for, by the kinds of `AUDIENCES`."""
    picture: bytes | None = None
    said: str = ""
    """Fingerprint of what the kit says about this item, picture included."""
    successor: str = ""
    """The short name of the item that comes after it; of another campaign with that one's before it, `other/item`."""
    lines: dict[str, int] = field(default_factory=dict)
    """Where the fields of the draft are written, by the names `drafts` has for them."""
    drawn: pictures.Rendered | None = None
    """The picture in every size, once somebody drew it ahead."""

    def dated(self, campaign_starts: date) -> ItemDraft:
        """The draft with its days counted from the campaign's first."""
        day, hour = (self.publish.day, self.publish.time) if isinstance(self.publish, Moment) else (self.publish, None)
        self.draft.publish_on, self.draft.publish_hour = day.from_start(campaign_starts), hour
        self.draft.ends_on = self.ends.from_start(campaign_starts) if self.ends else None
        self.draft.happens_at = self.happens.from_start(campaign_starts) if self.happens else None
        return self.draft

    def problem(self, name: str, sentence: str) -> Problem:
        """What is wrong with a field of the draft, told with its place in the file."""
        return Problem(sentence, self.file, self.lines.get(name, 1), self._key(name))

    def _key(self, name: str) -> str:
        """How the file calls a field of the draft."""
        if name.startswith("caption-"):
            caption = self.draft.captions[int(name.removeprefix("caption-"))]
            return f"## {caption.network} ({caption.language})"
        key, _underscore, language = name.rpartition("_")
        if language not in LANGUAGES:
            return ITEM_KEYS.get(name, name)
        return f"# {language}" if key in ("title", "summary") else f"{key}.{language}"


def hour_of(item: Item) -> time:
    """From what time of its first day on the item appears, to the minute, as a kit can write it."""
    return clock.local(item.publish_at).time().replace(second=0, microsecond=0)


@dataclass
class Kit:
    slug: str
    draft: CampaignDraft
    starts: Day
    ends: Day
    items: list[KitItem]
    said: str
    archived: bool = False
    lines: dict[str, int] = field(default_factory=dict)

    def dated(self, loading_day: date) -> CampaignDraft:
        self.draft.starts_on = self.starts.from_start(loading_day)
        self.draft.ends_on = self.ends.from_start(loading_day)
        return self.draft

    def problem(self, name: str, sentence: str) -> Problem:
        """As an item's: what is wrong with a field of the campaign's draft."""
        key, _underscore, language = name.rpartition("_")
        shown = CAMPAIGN_KEYS.get(name) or f"{language}.{key}"
        return Problem(sentence, CAMPAIGN_FILE, self.lines.get(name, 1), shown)
