"""What kinds, states, measures, steps and addresses are called on the editors' pages."""

from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from portal import settings
from portal.campaigns import queries
from portal.campaigns.models import ANY_NETWORK, CAPTION_NETWORKS, Campaign, Item
from portal.i18n import day, lazy, moment, ngettext
from portal.i18n import gettext as _

KINDS: dict[str, Any] = {
    "vacancy": lazy("Vacancy"),
    "promotion": lazy("Promotion"),
    "article": lazy("Article"),
    "event": lazy("Event"),
    "video": lazy("Video"),
    "story": lazy("Story"),
    "contest": lazy("Contest"),
}
KINDS_FOR_READERS: dict[str, Any] = KINDS | {"promotion": lazy("Offer"), "article": lazy("Good to know")}
"""What colleagues and walls call them: the word for the reader's side of it."""
KIND_HELP: dict[str, Any] = {
    "vacancy": lazy("A job somebody in a colleague's network would love"),
    "promotion": lazy("An offer, with its conditions"),
    "article": lazy("Something you know and others want to"),
    "event": lazy("A day people can come to"),
    "video": lazy("Something to watch"),
    "story": lazy("What happened to people here"),
    "contest": lazy("Something to win"),
}
KIND_ICONS = {
    "vacancy": "briefcase",
    "promotion": "tag",
    "article": "newspaper",
    "event": "calendar-days",
    "video": "play",
    "story": "heart",
    "contest": "gift",
}
MEASURES: dict[str, Any] = {
    "applications": lazy("Applications"),
    "appointments": lazy("Appointments"),
    "registrations": lazy("Registrations"),
    "visits": lazy("Visits to the website"),
}
STEPS: dict[str, Any] = {
    "submitted": lazy("asked for approval"),
    "approved": lazy("approved this"),
    "returned": lazy("returned this with a note"),
    "recalled": lazy("recalled this"),
    "reopened": lazy("changed this, so it waits for approval again"),
    "undone": lazy("put it back after the recall"),
}
SAID_OUTSIDE: dict[str, Any] = {"approved": lazy("says: fine by me"), "returned": lazy("asks for a change")}
"""What somebody outside answered, by step."""
RECALL_REASONS: dict[str, Any] = {
    "filled": lazy("Filled: somebody has the job"),
    "ended": lazy("Ended: it no longer holds"),
    "corrected": lazy("Corrected: something in it was wrong"),
}
HAPPENED: dict[str, Any] = {f"item_{step}": said for step, said in STEPS.items()} | {
    "item_created": lazy("made this"),
    "item_changed": lazy("changed this"),
    "item_successor": lazy("chose what comes after it"),
    "item_audience": lazy("changed whom this is for"),
    "item_moved": lazy("moved this to another day"),
    "item_launched": lazy("launched this with its campaign"),
    "item_ended": lazy("let this end, because its vacancy is over"),
    "review_asked": lazy("asked for a look from outside:"),
    "review_withdrawn": lazy("withdrew the link of"),
    "review_approved": lazy("says: fine by me"),
    "review_returned": lazy("asks for a change"),
}
"""What the audit log's acts on an item are called on its trail."""
ADDRESS_WARNINGS: dict[str, Any] = {
    "unreachable": lazy("We could not reach this address. Check that it is right, and open for everybody."),
    "broken": lazy("This address answers with an error. Check that it is right, and open for everybody."),
    "redirects": lazy("The address sends visitors on to another page. This leads there at once: is it the right one?"),
    "noindex": lazy("The page asks search engines to leave it out. Is it ready to be seen?"),
    "not_https": lazy("The address begins with http://. Browsers warn visitors of that: try it with https://."),
    "closed": lazy("The page says that this vacancy is closed already."),
    "no_title": lazy("We found no title on the page. Write one, so that people know what it is."),
    "title_cut": lazy("The title is long: most networks cut it off after some 60 characters."),
    "no_description": lazy("The page does not say what it is about. Write a line that does."),
    "no_picture": lazy("The page names no picture. Posts with one are seen more: choose one below."),
    "picture_small": lazy("The picture is small, so networks show a stamp of it. 1200 by 630 or larger looks best."),
    "picture_tiny": lazy("The page's picture is too small to use, so we left it out. Choose a larger one yourself."),
    "picture_format": lazy("We cannot read the page's picture. Choose a PNG, JPEG or WebP yourself."),
    "picture_large": lazy("The page's picture is larger than 5 MB. Choose a smaller one yourself."),
    "picture_lost": lazy("The page names a picture that we could not get. Choose one yourself."),
}
"""What an editor should know of an address before colleagues share it."""
PHASES: dict[str, tuple[Any, str]] = {
    "running": (lazy("Running"), "ok"),
    "coming": (lazy("Coming up"), "sky"),
    "past": (lazy("Past"), ""),
    "archived": (lazy("Archived"), ""),
}
STATES: dict[str, Any] = {
    "draft": lazy("Draft"),
    "in_review": lazy("Waits for approval"),
    "approved": lazy("Approved"),
    "recalled": lazy("Recalled"),
}
STANDINGS: dict[str, tuple[Any, str]] = {
    "live": (lazy("On the feed"), "ok"),
    "in_review": (STATES["in_review"], "warn"),
    "planned": (lazy("Planned"), "sky"),
    "draft": (STATES["draft"], ""),
    "ended": (lazy("Ended"), ""),
    "recalled": (STATES["recalled"], "bad"),
}
"""Where items stand, with the kind of chip that says so."""
LANGUAGES: dict[str, Any] = {"nl": lazy("Dutch"), "en": lazy("English")}

FIELDS: dict[str, Any] = {
    "kind": lazy("Kind"),
    "target": lazy("Web address"),
    "place": lazy("Place"),
    "publish_on": lazy("Appears on the feed"),
    "starts_on": lazy("First day"),
    "ends_on": lazy("Last day"),
    "goal_measure": lazy("We count"),
    "goal_number": lazy("How many would be great?"),
    "title": lazy("Title"),
    "summary": lazy("Why is this worth sharing?"),
    "conditions": lazy("Conditions"),
    "picture_alt": lazy("What the picture shows"),
    "banner": lazy("Line on the mail signature"),
    "captions": lazy("Captions"),
    "utm_template": lazy("Tags"),
    "utm_overwrites": lazy("Tags take the place of others"),
    "hours": lazy("Hours a week"),
    "recruiter": lazy("Whom to ask"),
    "happens_at": lazy("When it is"),
    "video_url": lazy("Link to the video"),
    "disclosure": lazy("How the text begins"),
    "fits": lazy("Where it fits"),
    "audience": lazy("Who is it for?"),
}
DISCLOSURES: dict[str, Any] = {
    "usual": lazy("With where the sharer works"),
    "advertising": lazy("With the word for advertising, then where the sharer works"),
}
LAST_DAYS: dict[str, Any] = {
    "vacancy": lazy("Closes on"),
    "promotion": lazy("Ends on"),
    "contest": lazy("Closes on"),
    "event": lazy("Last day to share it"),
}
"""What the last day is called on the form; Last day for other kinds."""


def field(name: str) -> str:
    """What a field of a draft is called on its form, such as Title (Dutch)."""
    if name.startswith("caption-"):
        return str(FIELDS["captions"])
    base, _underscore, language = name.rpartition("_")
    if language in LANGUAGES and base in FIELDS:
        return f"{FIELDS[base]} ({LANGUAGES[language]})"
    return str(FIELDS.get(name, name))


def value(name: str, value: object) -> str:
    """What a field of a draft holds, as people read it; "" for nothing."""
    if name == "kind":
        return str(KINDS.get(str(value), value))
    if name == "disclosure":
        return str(DISCLOSURES.get(str(value), value))
    if name == "fits" and isinstance(value, list):
        return ", ".join(CAPTION_NETWORKS.get(str(key), str(key)) for key in value) or _("everywhere")
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    return "" if value is None else str(value)


def facts(item: Item) -> list[tuple[str, str]]:
    """What an item says about when, where and whom, as labels with their words; what is empty is left out."""
    when = moment(item.happens_at) if item.happens_at else ""
    told = (("happens_at", when), ("place", item.place), ("hours", item.hours), ("recruiter", item.recruiter))
    return [(str(FIELDS[name]), words) for name, words in told if words]


def happened(act: str) -> str:
    """What somebody did to an item, to be read after their name."""
    return str(HAPPENED.get(act) or _("changed something"))


def recall_reasons(item: Item) -> list[tuple[str, Any]]:
    """Why this item may be recalled, as choices, the likeliest first; only a vacancy can be filled."""
    return [choice for choice in RECALL_REASONS.items() if choice[0] != "filled" or item.kind == "vacancy"]


def caption(network: str, language: str) -> str:
    """Such as Caption: LinkedIn (Dutch)."""
    name = dict(networks()).get(network, network)
    return _("Caption: %(network)s (%(language)s)", network=name, language=LANGUAGES.get(language, language))


def networks() -> list[tuple[str, str]]:
    """What a caption can be for, as choices."""
    return [(ANY_NETWORK, _("Any network")), *CAPTION_NETWORKS.items()]


def goal(campaign: Campaign) -> str:
    """Such as 12 applications."""
    number = campaign.goal_number
    if campaign.goal_measure == "applications":
        return ngettext("%(num)s application", "%(num)s applications", number)
    if campaign.goal_measure == "appointments":
        return ngettext("%(num)s appointment", "%(num)s appointments", number)
    if campaign.goal_measure == "registrations":
        return ngettext("%(num)s registration", "%(num)s registrations", number)
    return ngettext("%(num)s visit to the website", "%(num)s visits to the website", number)


def standing(item: Item, campaign: Campaign, at: datetime | None = None) -> tuple[str, str]:
    """Where an item stands now, and the kind of chip that says so."""
    stands = queries.standing(item, campaign, at)
    if stands == "planned":
        return _("Planned for %(day)s", day=day(queries.appears_at(item, campaign))), STANDINGS[stands][1]
    return str(STANDINGS[stands][0]), STANDINGS[stands][1]


def phases(numbers: dict[str, int]) -> list[tuple[str, str, int]]:
    """What campaigns can be filtered by: the key, what it is called, and how many there are; first all but archived."""
    total = sum(number for phase, number in numbers.items() if phase != "archived")
    return [("", _("All"), total), *((key, str(PHASES[key][0]), numbers.get(key, 0)) for key in PHASES)]


def standings(numbers: dict[str, int]) -> list[tuple[str, str, int]]:
    """What items can be filtered by, as `phases`."""
    everything = ("", _("All"), sum(numbers.values()))
    return [everything, *((key, str(STANDINGS[key][0]), numbers.get(key, 0)) for key in queries.STANDINGS)]


def counted(counts: dict[str, int]) -> list[tuple[str, str]]:
    """Items by where they stand, each in the words of its own chip; those without items are left out."""
    words = {
        "live": ngettext("%(num)s on the feed", "%(num)s on the feed", counts.get("live", 0)),
        "in_review": ngettext("%(num)s waits for approval", "%(num)s wait for approval", counts.get("in_review", 0)),
        "planned": ngettext("%(num)s planned", "%(num)s planned", counts.get("planned", 0)),
        "draft": ngettext("%(num)s draft", "%(num)s drafts", counts.get("draft", 0)),
        "ended": ngettext("%(num)s ended", "%(num)s ended", counts.get("ended", 0)),
        "recalled": ngettext("%(num)s recalled", "%(num)s recalled", counts.get("recalled", 0)),
    }
    return [(words[key], STANDINGS[key][1]) for key in queries.STANDINGS if counts.get(key)]


def host_of(url: str) -> str:
    """What stands for a whole address where only its host is shown."""
    return urlsplit(url).hostname or url


def host_of_links() -> str:
    """What networks show below a link of ours."""
    return host_of(settings.current().link_base_url)
