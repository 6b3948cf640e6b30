"""What kinds, states, measures and steps are called on the editors' pages."""

from datetime import datetime
from typing import Any

from portal import clock
from portal.campaigns.models import ANY_NETWORK, CAPTION_NETWORKS, Campaign, Item
from portal.i18n import day, lazy, ngettext
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
}
PHASES: dict[str, tuple[Any, str]] = {
    "running": (lazy("Running"), "ok"),
    "coming": (lazy("Coming up"), "sky"),
    "past": (lazy("Past"), ""),
}
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
}


def field(name: str) -> str:
    """What a field of a draft is called on its form, such as Title (Dutch)."""
    base, _underscore, language = name.rpartition("_")
    if language in LANGUAGES and base in FIELDS:
        return f"{FIELDS[base]} ({LANGUAGES[language]})"
    return str(FIELDS.get(name, name))


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
    at = at or clock.now()
    if item.state == "draft":
        return _("Draft"), ""
    if item.state == "in_review":
        return _("Waits for approval"), "warn"
    if item.state == "recalled":
        return _("Recalled"), "bad"
    closes = min(filter(None, (item.ends_at, clock.end_of(campaign.ends_on))))
    opens = max(item.publish_at, clock.start_of(campaign.starts_on))
    if closes <= at:
        return _("Ended"), ""
    if opens > at:
        return _("Planned for %(day)s", day=day(opens)), "sky"
    return _("On the feed"), "ok"


def counted(counts: dict[str, int]) -> list[tuple[str, str]]:
    """Items by state, in words with the kind of chip; states without items are left out."""
    said = []
    if number := counts.get("in_review"):
        said.append((ngettext("%(num)s waits for approval", "%(num)s wait for approval", number), "warn"))
    if number := counts.get("approved"):
        said.append((ngettext("%(num)s approved", "%(num)s approved", number), "ok"))
    if number := counts.get("draft"):
        said.append((ngettext("%(num)s draft", "%(num)s drafts", number), ""))
    if number := counts.get("recalled"):
        said.append((ngettext("%(num)s recalled", "%(num)s recalled", number), ""))
    return said
