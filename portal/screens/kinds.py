"""The kinds of slides: what each is called, what it says, and what has to be filled in for it."""

from dataclasses import dataclass
from typing import Any

from portal.i18n import lazy

KIND_NAMES: dict[str, Any] = {
    "newest": lazy("What is newest"),
    "campaign": lazy("One campaign"),
    "item": lazy("One item"),
    "vacancy_of_the_day": lazy("Vacancy of the day"),
    "share_of_the_week": lazy("Share of the week"),
    "board": lazy("Team board"),
    "goal": lazy("Goal of a campaign"),
    "contest": lazy("Contest with a countdown"),
    "thanks": lazy("Thanks to colleagues"),
    "welcome": lazy("Welcome"),
    "announcement": lazy("Announcement"),
    "clock": lazy("Clock and date"),
    "on_duty": lazy("Who is on duty"),
    "video": lazy("Video without sound"),
}
KINDS_SAY: dict[str, Any] = {
    "newest": lazy("The latest items, one after the other. It keeps itself up to date."),
    "campaign": lazy("Everything that is live in the campaign you choose."),
    "item": lazy("The item you choose, as long as it is live."),
    "vacancy_of_the_day": lazy("Another vacancy every day, first those of the screen’s department."),
    "share_of_the_week": lazy("What you picked this week. With a name only for colleagues who said yes to that."),
    "board": lazy("The teams that brought most visitors. Never on screens that visitors see."),
    "goal": lazy("A house that grows with every visitor, until the goal is reached."),
    "contest": lazy("A contest and the time that is left."),
    "thanks": lazy("Who passed something on this week. Names only with their consent, never for visitors."),
    "welcome": lazy("A few words for who comes in: a guest, a new colleague, a group."),
    "announcement": lazy("Something everybody may know, in your own words."),
    "clock": lazy("The time, large, with the day."),
    "on_duty": lazy("Who looks after the department’s accounts today, from the rota."),
    "video": lazy("A short film of your own, played without sound."),
}
KIND_ICONS = {
    "newest": "sparkles",
    "campaign": "layout-list",
    "item": "star",
    "vacancy_of_the_day": "briefcase",
    "share_of_the_week": "award",
    "board": "trophy",
    "goal": "target",
    "contest": "gift",
    "thanks": "heart-handshake",
    "welcome": "hand",
    "announcement": "megaphone",
    "clock": "clock",
    "on_duty": "user-check",
    "video": "film",
}


@dataclass(frozen=True)
class Asked:
    """What the form of a kind asks for besides when it is played."""

    texts: bool = False
    needs_title: bool = False
    picture: bool = False
    film: bool = False
    item: str = ""
    """`any`, or `contest` for one of that kind that may be left open."""
    campaign: str = ""
    """`one`, or `running` for one that may be left open."""


ASKED = {
    "campaign": Asked(campaign="one"),
    "item": Asked(item="any"),
    "goal": Asked(campaign="running"),
    "contest": Asked(item="contest"),
    "welcome": Asked(texts=True, needs_title=True, picture=True),
    "announcement": Asked(texts=True, needs_title=True, picture=True),
    "video": Asked(texts=True, film=True),
}
NOTHING = Asked()


def asked(kind: str) -> Asked:
    return ASKED.get(kind, NOTHING)
