"""What somebody chooses to be told, how and when: read from the page, checked, kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel import dates
from sqlalchemy.orm import Session

from portal import clock, i18n
from portal.database import insert
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.notifications import times
from portal.notifications.models import RHYTHMS, NotificationChoice
from portal.people.models import Organisation, Person
from portal.web import Form

LONGEST_PAUSE = timedelta(days=366)
DIGEST = ("digest_rhythm", "digest_weekday", "digest_hour", "days_off", "time_zone")
"""What decides when the next digest is due."""
NUMBERS = {"digest_weekday": (1, 7), "digest_hour": (0, 23), "quiet_from": (0, 23), "quiet_until": (0, 23)}
ZONES = tuple(
    f"{region}/{city}"
    for region, cities in {
        "Europe": "Amsterdam Athens Berlin Brussels Bucharest Budapest Copenhagen Dublin Helsinki Istanbul Lisbon "
        "London Madrid Oslo Paris Prague Rome Sofia Stockholm Vienna Warsaw Zurich",
        "America": "Aruba Chicago Curacao Denver Halifax Los_Angeles Mexico_City New_York Paramaribo Sao_Paulo Toronto "
        "Vancouver",
        "Africa": "Cairo Casablanca Johannesburg Lagos Nairobi",
        "Asia": "Bangkok Dubai Hong_Kong Jakarta Jerusalem Kolkata Manila Shanghai Singapore Tokyo",
        "Atlantic": "Azores Canary Reykjavik",
        "Australia": "Perth Sydney",
        "Pacific": "Auckland",
    }.items()
    for city in cities.split()
)


@dataclass(frozen=True)
class Shown:
    """What the page's form holds, as it stands or as it was typed: texts by field, boxes that are ticked, days off."""

    texts: dict[str, str]
    ticked: frozenset[str]
    days_off: frozenset[str]


def of(db: Session, person: Person) -> NotificationChoice:
    """What the person chose; for whoever never chose, what holds then, not stored."""
    return db.get(NotificationChoice, person.id) or times.default(person.id)


def shown(choice: NotificationChoice, person: Person) -> Shown:
    texts = {name: str(getattr(choice, name)) for name in ("digest_rhythm", "time_zone", *NUMBERS)}
    texts["asks_per_week"] = "" if person.asks_per_week is None else str(person.asks_per_week)
    paused = person.paused_until is not None and person.paused_until > clock.today()
    texts["paused_until"] = str(person.paused_until) if paused else ""
    ticked = {name for name, is_on in (("mail_asks", person.mail_asks), ("push", choice.push)) if is_on}
    return Shown(texts, frozenset(ticked), frozenset(choice.days_off))


def typed(form: Form) -> Shown:
    names = ("digest_rhythm", "time_zone", "asks_per_week", "paused_until", *NUMBERS)
    ticked = frozenset(name for name in ("mail_asks", "push") if form.is_set(name))
    return Shown({name: form.get(name)[:200] for name in names}, ticked, frozenset(form.getlist("days_off")))


def keep(db: Session, person: Person, organisation: Organisation, form: Form) -> None:
    """Keep what the form says, unless `form.errors` has a sentence about it afterwards.

    `person` is the row to change. Whoever has no address is mailed nothing, whatever the form says.
    """
    before = of(db, person)
    values = _read(form, mails=bool(person.email), zone=before.time_zone)
    budget = _budget(form, organisation)
    paused_until = _pause(form)
    if form.errors:
        return
    person.asks_per_week, person.paused_until = budget, paused_until
    person.mail_asks = bool(person.email) and form.is_set("mail_asks")
    _store(db, before, values)


def turn_push_on(db: Session, person: Person) -> None:
    """Have pushes tell of what is new, as whoever turns them on is told."""
    _store(db, of(db, person), {"push": True})


def end_pause(person: Person) -> None:
    person.paused_until = None


def zones(chosen: str) -> list[tuple[str, str]]:
    """The time zones to choose from, by their city in the current language; `chosen` is among them."""
    offered = {name: dates.get_timezone_location(name, locale=i18n.locale(), return_city=True) for name in ZONES}
    if chosen and chosen not in offered and chosen == str(times.zone(NotificationChoice(time_zone=chosen))):
        offered[chosen] = dates.get_timezone_location(chosen, locale=i18n.locale(), return_city=True)
    own = city(clock.zone())
    return [("", _("Where we are: %(city)s", city=own)), *sorted(offered.items(), key=lambda pair: pair[1])]


def city(zone: ZoneInfo) -> str:
    """What people call a time zone, in the current language."""
    return dates.get_timezone_location(str(zone), locale=i18n.locale(), return_city=True)


def weekdays() -> list[tuple[str, str]]:
    """Figures of the days as in ISO 8601, with their names in the current language."""
    names = dates.get_day_names("wide", "stand-alone", locale=i18n.locale())
    return [(str(number), names[number - 1]) for number in range(1, 8)]


def hours() -> list[tuple[str, str]]:
    return [(str(hour), f"{hour:02}:00") for hour in range(24)]


def budgets(organisation: Organisation) -> list[tuple[str, str]]:
    """How often in a week: as everybody, or less."""
    most = organisation.asks_per_week
    usual = ngettext("%(num)s time a week, as everybody", "%(num)s times a week, as everybody", most)
    fewer = [(str(n), ngettext("%(num)s time a week", "%(num)s times a week", n)) for n in range(most - 1, 0, -1)]
    return [("", usual), *fewer, ("0", _("Nothing, except what I plan myself"))]


def _read(form: Form, *, mails: bool, zone: str) -> dict[str, Any]:
    """The columns of the choice, checked into `form.errors`; `zone` may stay, whatever it is."""
    wrong = _("Please choose one of the options.")
    days_off = {day for day in form.getlist("days_off") if day in "1234567" and len(day) == 1}
    values: dict[str, Any] = {"push": form.is_set("push"), "days_off": "".join(sorted(days_off)), "refused_at": None}
    values["digest_rhythm"] = form.text("digest_rhythm") if mails else "never"
    values["time_zone"] = form.text("time_zone")
    if values["digest_rhythm"] not in RHYTHMS:
        form.errors["digest_rhythm"] = wrong
    if values["time_zone"] not in ("", zone, *ZONES):
        form.errors["time_zone"] = wrong
    for name, (least, most) in NUMBERS.items():
        if not mails and name.startswith("digest"):
            continue
        number = form.number(name)
        if number is None or not least <= number <= most:
            form.errors[name] = wrong
        values[name] = number
    if len(days_off) == 7:
        form.errors["days_off"] = _(
            "That leaves no day on which something may come. For a while without, take a break."
        )
    if not form.errors:
        _fit_the_mail(form, values, days_off)
    return values


def _fit_the_mail(form: Form, values: dict[str, Any], days_off: Collection[str]) -> None:
    """A mail somebody wants at a moment at which they want nothing: one of the two is a mistake."""
    rhythm = values["digest_rhythm"]
    if rhythm == "never":
        return
    # Hours of any day will do, on a clock that is never put forward.
    hours_only = NotificationChoice(**{**values, "days_off": "", "time_zone": "UTC"})
    if times.is_quiet(hours_only, datetime(2026, 1, 1, values["digest_hour"], tzinfo=UTC)):
        form.errors["digest_hour"] = _("That is in your quiet hours. Choose another hour, or other quiet hours.")
    if rhythm == "weekly" and str(values["digest_weekday"]) in days_off:
        form.errors["digest_weekday"] = _("That is one of your days off. Choose another day.")


def _budget(form: Form, organisation: Organisation) -> int | None:
    if not form.text("asks_per_week"):
        return None
    number = form.number("asks_per_week")
    if number is None or number > organisation.asks_per_week:
        form.errors["asks_per_week"] = _("Please choose one of the options.")
    return number


def _pause(form: Form) -> date | None:
    text = form.text("paused_until")
    if not text:
        return None
    today = clock.today()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        form.errors["paused_until"] = _("Please fill in a date, or leave it empty.")
        return None
    if day <= today:
        form.errors["paused_until"] = _("Choose a day after today.")
    elif day > today + LONGEST_PAUSE:
        form.errors["paused_until"] = _("Choose a day within a year.")
    return day


def _store(db: Session, before: NotificationChoice, values: dict[str, Any]) -> None:
    """Keep the new `values`. When the next digest is due is found anew if it was changed, or stopped for a refusal."""
    row = {column.key: getattr(before, column.key) for column in NotificationChoice.__table__.columns} | values
    new = dict(values)
    changed = any(row[name] != getattr(before, name) for name in DIGEST) or before.refused_at is not None
    if changed or row["next_digest_at"] is None:
        new |= {"next_digest_at": times.next_digest(NotificationChoice(**row), clock.now()), "digest_tries": 0}
    stored = insert(db, NotificationChoice).values(row | new)
    db.execute(stored.on_conflict_do_update(index_elements=["person_id"], set_=new))
    db.expire_all()
