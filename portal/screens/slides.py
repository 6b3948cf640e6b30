"""What a playlist plays: each of its slides as the messages it stands for at this moment, and when they are played."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import cached_property

from babel import dates, lists
from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, i18n
from portal.campaigns.models import Campaign, Item, ItemAudience
from portal.campaigns.queries import find_campaign, find_item, items_of, live_items
from portal.database import lately
from portal.i18n import gettext as _
from portal.i18n import ngettext, number
from portal.people.models import Account, Organisation
from portal.screens import colleagues, films, messages, reading, side
from portal.screens.groups import Group
from portal.screens.messages import Film as Showing
from portal.screens.messages import Message, titled
from portal.screens.models import Film, Slide, UrgentMessage

MOST = 12
"""Messages of one slide."""
CONSIDERED = 60
"""Of everything live, the newest; more than a wall ever plays."""
SECONDS = 20
"""How long a slide stays when nothing else was chosen: long enough to take out a phone and scan it."""
BOARD_ROWS = 5
STEPS = (10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000)
"""What a house is built towards when a campaign counts something else than visits."""
MOST_CONTESTS = 3
WHOLE_DAY = (0, 1440)
EVERY_DAY = "1234567"


@dataclass(frozen=True)
class Turn:
    """A message and when it is played: minutes of the screen's own day, ISO weekdays, and moments."""

    message: Message
    seconds: int = SECONDS
    weight: int = 1
    days: str = EVERY_DAY
    minutes: tuple[int, int] = WHOLE_DAY
    """From above until goes over midnight."""
    starts: datetime | None = None
    ends: datetime | None = None
    is_urgent: bool = False

    def is_on(self, now: datetime) -> bool:
        """Whether it may be shown at `now`, a moment on the screen's own clock."""
        if (self.starts and now < self.starts) or (self.ends and now >= self.ends):
            return False
        begins, ends = self.minutes
        minute, day = now.hour * 60 + now.minute, now.isoweekday()
        if begins <= ends:
            return str(day) in self.days and begins <= minute < ends
        if minute >= begins:
            return str(day) in self.days
        # After midnight it is still the evening of the day before.
        return minute < ends and str((now - timedelta(days=1)).isoweekday()) in self.days


@dataclass
class Playing:
    """What the kinds of slides are made from: a group's screens at one moment, in the current language."""

    db: Session
    group: Group
    organisation: Organisation

    @cached_property
    def live(self) -> list[Item]:
        """Live items, those meant for the group's department first, then by age."""
        return self.own_first(lately(self.db, "live on walls", lambda: live_items(self.db, most=CONSIDERED)))

    def own_first(self, items: list[Item]) -> list[Item]:
        if self.group.department_id is None:
            return items
        meant = select(ItemAudience.item_id).where(
            ItemAudience.kind == "department", ItemAudience.value == str(self.group.department_id)
        )
        own = set(self.db.scalars(meant))
        return sorted(items, key=lambda item: item.id not in own)

    def of_item(self, item: Item, *, kind: str = "", eyebrow: str = "") -> Message:
        return messages.of_item(
            item, audience=self.group.audience, language=self.group.language, kind=kind, eyebrow=eyebrow
        )


def turns(playing: Playing) -> list[Turn]:
    """Everything the group's playlist holds that is not over, urgent messages first; without a playlist the newest."""
    urgent = _urgent(playing)
    if playing.group.playlist_id is None:
        return urgent + [Turn(message, ends=message.ends_at) for message in _newest(playing, Slide())]
    rows = playing.db.scalars(
        select(Slide).where(Slide.playlist_id == playing.group.playlist_id).order_by(Slide.position, Slide.id)
    ).all()
    return urgent + [turn for row in rows for turn in turns_of(playing, row)]


def turns_of(playing: Playing, row: Slide) -> list[Turn]:
    """One slide's messages at this moment; none when it is over or has nothing to say here."""
    zone = playing.group.zone
    starts = datetime.combine(row.valid_from, time.min, zone) if row.valid_from else None
    ends = datetime.combine(row.valid_until + timedelta(days=1), time.min, zone) if row.valid_until else None
    if ends is not None and ends <= clock.now():
        return []
    return [
        Turn(
            replace(
                message, key=f"s{row.id}.{row.version}.{message.key}", subject=message.subject or f"slide:{row.id}"
            ),
            seconds=row.seconds,
            weight=row.weight,
            days=row.weekdays,
            minutes=(row.from_minute, row.until_minute),
            starts=starts,
            ends=min(filter(None, (ends, message.ends_at)), default=None),
        )
        for message in KINDS[row.kind](playing, row)[:MOST]
    ]


def on_now(turns: list[Turn], group: Group) -> list[Turn]:
    """Those that may be shown at this moment: only the urgent ones while there are any."""
    now = group.now
    found = [turn for turn in turns if turn.is_on(now)]
    return [turn for turn in found if turn.is_urgent] or found


def in_a_round(turns: list[Turn]) -> list[Turn]:
    """One round: each as often as its weight says, the heavier ones again after all have been."""
    heaviest = max((turn.weight for turn in turns), default=0)
    return [turn for again in range(heaviest) for turn in turns if turn.weight > again]


def _newest(playing: Playing, row: Slide) -> list[Message]:
    return [playing.of_item(item) for item in playing.live[:MOST]]


def _campaign(playing: Playing, row: Slide) -> list[Message]:
    if row.campaign_id is None:
        return []
    live = [item for item in items_of(playing.db, row.campaign_id) if item.is_live()]
    newest = sorted(live, key=lambda item: (item.publish_at, item.id), reverse=True)
    return [playing.of_item(item) for item in playing.own_first(newest)]


def _item(playing: Playing, row: Slide) -> list[Message]:
    item = find_item(playing.db, row.item_id) if row.item_id is not None else None
    return [playing.of_item(item)] if item is not None and item.is_live() else []


def _vacancy_of_the_day(playing: Playing, row: Slide) -> list[Message]:
    vacancies = sorted((item for item in playing.live if item.kind == "vacancy"), key=lambda item: item.id)
    if not vacancies:
        return []
    chosen = vacancies[playing.group.today.toordinal() % len(vacancies)]
    parts = (_("Vacancy of the day"), chosen.place)
    return [playing.of_item(chosen, eyebrow=" · ".join(part for part in parts if part))]


def _contest(playing: Playing, row: Slide) -> list[Message]:
    if row.item_id is not None:
        item = find_item(playing.db, row.item_id)
        running = [item] if item is not None and item.is_live() else []
    else:
        running = [item for item in playing.live if item.kind == "contest"]
    ending = sorted((item for item in running if item.ends_at), key=lambda item: (item.ends_at, item.id))
    return [
        replace(playing.of_item(item, kind="contest"), counts_down=True, line="") for item in ending[:MOST_CONTESTS]
    ]


def _share_of_the_week(playing: Playing, row: Slide) -> list[Message]:
    found = colleagues.share_of_the_week(playing.db, playing.group)
    if found is None:
        return []
    base = playing.of_item(found.item, kind="share_of_the_week", eyebrow=_("Share of the week"))
    what = reading.cut(found.item.text(playing.group.language).title, side.FEW)
    if not found.name:
        said = (
            _("A colleague from %(team)s passed on “%(title)s”", team=found.team, title=what)
            if found.team
            else _("A colleague passed on “%(title)s”", title=what)
        )
        title, line = reading.fitted(base.eyebrow, said, "")
    else:
        quote = reading.whole(found.text, reading.MOST_WORDS - 8)
        who = _("%(name)s wrote this. Thank you!", name=found.name)
        said = f"“{quote}”" if quote else _("%(name)s passed on “%(title)s”", name=found.name, title=what)
        title, line = reading.fitted(base.eyebrow, said, who if quote else found.words)
    return [replace(base, key=f"week.{found.id}.{base.key}", title=title, line=line)]


def _board(playing: Playing, row: Slide) -> list[Message]:
    board = side.board(playing.db, playing.group, playing.organisation, BOARD_ROWS)
    if board is None:
        return []
    message = titled("board", _("Passed on by colleagues"), board.title, _("Thank you, all of you!"))
    return [replace(message, board=board)]


def _goal(playing: Playing, row: Slide) -> list[Message]:
    db, today = playing.db, clock.today()
    campaign = find_campaign(db, row.campaign_id) if row.campaign_id is not None else side.running(db)
    if campaign is None or not campaign.runs_on(today):
        return []
    came = side.visitors(db, campaign)
    goal = _goal_of(campaign, came)
    said = ngettext("%(num)s person came to look", "%(num)s people came to look", came)
    if came >= goal:
        line = _("Our house stands. Thank you, all of you!")
    else:
        line = _("At %(goal)s the house is finished. Every visitor brings a beam.", goal=number(goal))
    title = said if came else _("Who brings the first beam?")
    message = titled("goal", campaign.text(playing.group.language).title, title, line)
    return [replace(message, built=min(came / goal, 1.0))]


def _goal_of(campaign: Campaign, came: int) -> int:
    if campaign.goal_measure == "visits" and campaign.goal_number:
        return campaign.goal_number
    return next((step for step in STEPS if step > came), max(came, 1))


def _thanks(playing: Playing, row: Slide) -> list[Message]:
    found = colleagues.thanked(playing.db, playing.group, {item.id for item in playing.live})
    if not found.times:
        return []
    if found.names:
        title = _("Thank you, %(names)s!", names=_listed(found.names))
    elif found.teams:
        title = _("Thank you, %(teams)s!", teams=_listed(found.teams))
    else:
        title = _("Thank you, colleagues!")
    line = ngettext(
        "This week something of ours was passed on.", "This week you passed things on %(num)s times.", found.times
    )
    return [titled("thanks", _("Thank you"), title, line)]


def _own_words(playing: Playing, row: Slide) -> list[Message]:
    dutch = playing.group.language == "nl"
    title = (row.title_nl if dutch else row.title_en) or row.title_nl or row.title_en
    line = (row.line_nl if dutch else row.line_en) or row.line_nl or row.line_en
    if not title and not row.picture_digest and row.kind != "video":
        return []
    eyebrow = "" if row.kind == "video" else _("Welcome") if row.kind == "welcome" else _("For all of you")
    picture = f"/pictures/{row.picture_digest}/wall.jpg" if row.picture_digest else ""
    return [titled(row.kind, eyebrow, title, line, picture=picture)]


def _clock(playing: Playing, row: Slide) -> list[Message]:
    """The date as its title; the time is the player's own to tell."""
    today = dates.format_date(playing.group.today, "EEEE d MMMM", locale=i18n.locale())
    found = colleagues.on_duty(playing.db, playing.group)
    line = _("On duty today: %(names)s.", names=_listed(found.names)) if found.names else ""
    return [titled("clock", playing.organisation.name, today[:1].upper() + today[1:], line)]


def _on_duty(playing: Playing, row: Slide) -> list[Message]:
    found = colleagues.on_duty(playing.db, playing.group)
    if found.names:
        title = ngettext(
            "%(names)s is on duty today", "%(names)s are on duty today", len(found.names), names=_listed(found.names)
        )
    elif found.teams:
        title = _("A colleague from %(team)s is on duty today", team=_listed(found.teams))
    elif found.is_somebody:
        title = _("A colleague is on duty today")
    else:
        return []
    accounts = playing.db.scalars(
        select(Account.name).where(Account.department_id.in_(found.departments)).order_by(Account.name).distinct()
    ).all()
    line = _("For %(accounts)s.", accounts=_listed(tuple(accounts[:2]))) if accounts else ""
    return [titled("on_duty", _("Our accounts"), title, line)]


def _video(playing: Playing, row: Slide) -> list[Message]:
    film = playing.db.get(Film, row.film_id) if row.film_id is not None else None
    if film is None:
        return []
    shown = Showing(films.address(film), film.media_type)
    return [replace(message, film=shown) for message in _own_words(playing, row)]


def _urgent(playing: Playing) -> list[Turn]:
    rows = playing.db.scalars(
        select(UrgentMessage).where(UrgentMessage.id.in_(playing.group.urgent)).order_by(UrgentMessage.id.desc())
    )
    return [
        Turn(
            replace(
                titled("urgent", _("Important"), row.title, row.line, key=f"urgent.{row.id}"),
                subject=f"urgent:{row.id}",
            ),
            starts=row.starts_at,
            ends=row.ends_at,
            is_urgent=True,
        )
        for row in rows
        if row.ends_at > clock.now()
    ]


def _listed(names: tuple[str, ...]) -> str:
    """Such as Ana, Bram en Cleo."""
    return lists.format_list(names, locale=i18n.locale())


KINDS: dict[str, Callable[[Playing, Slide], list[Message]]] = {
    "newest": _newest,
    "campaign": _campaign,
    "item": _item,
    "vacancy_of_the_day": _vacancy_of_the_day,
    "share_of_the_week": _share_of_the_week,
    "board": _board,
    "goal": _goal,
    "contest": _contest,
    "thanks": _thanks,
    "welcome": _own_words,
    "announcement": _own_words,
    "clock": _clock,
    "on_duty": _on_duty,
    "video": _video,
}
