"""The form of a slide: what was filled in, judged in sentences, with nothing lost when it comes back."""

from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock, i18n
from portal.campaigns import pictures
from portal.campaigns.models import Campaign, Item
from portal.campaigns.pictures import Drawn, PictureRefused
from portal.campaigns.queries import campaigns, live_items
from portal.i18n import gettext as _
from portal.screens import films, reading
from portal.screens.films import Checked, FilmRefused
from portal.screens.kinds import Asked, asked
from portal.screens.models import Slide
from portal.screens.playlists import Wanted
from portal.web import Form

SECONDS = (5, 120)
WEIGHTS = (1, 5)
LONGEST_TITLE = 120
LONGEST_LINE = 200
MOST_CHOICES = 200
"""Items and campaigns offered to choose from."""
LAST_DAY = date(2199, 12, 31)


@dataclass(frozen=True)
class Uploads:
    """The files of a form, made ready before a transaction begins."""

    picture: Drawn
    film: Checked | FilmRefused | None


def uploads(form: Form) -> Uploads:
    """Draws the picture and judges the video; what is wrong with them is told by `read`."""
    film: Checked | FilmRefused | None
    try:
        body = form.file("film")
        film = films.check(body) if body is not None else None
    except FilmRefused as refused:
        film = refused
    return Uploads(pictures.drawn(form.file("picture")), film)


def read(db: Session, form: Form, kind: str, ready: Uploads, *, before: Slide | None = None) -> Wanted | None:
    """What is wanted of a slide of this kind; None when the form's errors say what has to be different.

    `before` is the slide as it is: its picture and video stay when no other is sent.
    """
    wants = asked(kind)
    texts: dict[str, Any] = _texts(form, wants) if wants.texts else {}
    choice: dict[str, Any] = {
        "item_id": _item(db, form, wants),
        "campaign_id": _campaign(db, form, wants),
        "picture_digest": _picture(db, form, wants, ready, before),
        "film_id": _film(db, form, wants, ready, before),
    }
    played = _played(form)
    return None if form.errors else Wanted(kind=kind, **texts, **choice, **played)


def filled(slide: Slide) -> dict[str, str]:
    """The form's fields for a slide as it is."""
    columns = ("title_nl", "title_en", "line_nl", "line_en", "item_id", "campaign_id", "seconds", "weight")
    found = {name: str(value if (value := getattr(slide, name)) is not None else "") for name in columns}
    whole = (slide.from_minute, slide.until_minute) == (0, 1440)
    return found | {
        "from": "" if whole else _clock(slide.from_minute),
        "until": "" if whole else _clock(slide.until_minute),
        "days": slide.weekdays,
        "valid_from": slide.valid_from.isoformat() if slide.valid_from else "",
        "valid_until": slide.valid_until.isoformat() if slide.valid_until else "",
        "version": str(slide.version),
    }


def typed(form: Form) -> dict[str, str]:
    """The form's fields as they came."""
    return form.raw | {"days": "".join(form.getlist("day"))[:7]}


def items(db: Session, kind: str, *, chosen: int | None) -> list[tuple[str, str]]:
    """What is live of this kind (`any` for all), and what is chosen already."""
    found = [item for item in live_items(db, most=MOST_CHOICES) if kind in ("any", item.kind)]
    named = [(str(item.id), item.text(i18n.language.get()).title) for item in found]
    if chosen is not None and str(chosen) not in dict(named):
        named.append((str(chosen), _("the one that was chosen before; it is not live now")))
    return named


def campaign_choices(db: Session, *, chosen: int | None) -> list[tuple[str, str]]:
    """Campaigns that are not over, and the one that is chosen already."""
    today = clock.today()
    found = [
        each for each in campaigns(db) if (each.archived_at is None and each.ends_on >= today) or each.id == chosen
    ]
    return [(str(each.id), each.text(i18n.language.get()).title) for each in found[:MOST_CHOICES]]


def _texts(form: Form, wants: Asked) -> dict[str, str]:
    limits = {"title_nl": LONGEST_TITLE, "title_en": LONGEST_TITLE, "line_nl": LONGEST_LINE, "line_en": LONGEST_LINE}
    found = {name: form.text(name, limit) for name, limit in limits.items()}
    if wants.needs_title and not found["title_nl"] and not found["title_en"]:
        form.errors.setdefault("title_nl", _("Please write what it says, in one language at least."))
    for code in ("nl", "en"):
        words = len(f"{found[f'title_{code}']} {found[f'line_{code}']}".split())
        if words > reading.MOST_WORDS:
            sentence = _(
                "These are %(words)s words; somebody walking past reads %(most)s. Leave a few out.",
                words=i18n.number(words),
                most=reading.MOST_WORDS,
            )
            form.errors.setdefault(f"line_{code}" if found[f"line_{code}"] else f"title_{code}", sentence)
        if found[f"line_{code}"] and not found[f"title_{code}"]:
            form.errors.setdefault(f"title_{code}", _("The line below needs a title above it."))
    return found


def _item(db: Session, form: Form, wants: Asked) -> int | None:
    if not wants.item:
        return None
    chosen = form.number("item_id")
    if chosen is None:
        if wants.item == "any" or form.get("item_id"):
            form.errors["item_id"] = _("Please choose an item.")
        return None
    kind = db.scalar(select(Item.kind).where(Item.id == chosen))
    if kind is None or wants.item not in ("any", kind):
        form.errors["item_id"] = _("This item is not there any more. Please choose another one.")
    return chosen


def _campaign(db: Session, form: Form, wants: Asked) -> int | None:
    if not wants.campaign:
        return None
    chosen = form.number("campaign_id")
    if chosen is None:
        if wants.campaign == "one" or form.get("campaign_id"):
            form.errors["campaign_id"] = _("Please choose a campaign.")
        return None
    if db.scalar(select(Campaign.id).where(Campaign.id == chosen)) is None:
        form.errors["campaign_id"] = _("This campaign is not there any more. Please choose another one.")
    return chosen


def _picture(db: Session, form: Form, wants: Asked, ready: Uploads, before: Slide | None) -> str:
    if not wants.picture:
        return ""
    if isinstance(ready.picture, PictureRefused):
        form.errors["picture"] = str(ready.picture)
        return ""
    if ready.picture is not None:
        return pictures.keep(db, ready.picture).digest
    return before.picture_digest if before is not None and not form.is_set("without_picture") else ""


def _film(db: Session, form: Form, wants: Asked, ready: Uploads, before: Slide | None) -> int | None:
    if not wants.film:
        return None
    if isinstance(ready.film, FilmRefused):
        form.errors["film"] = str(ready.film)
        return None
    if ready.film is not None:
        return films.keep(db, ready.film).id
    if before is None or before.film_id is None:
        form.errors["film"] = _("Please choose a video.")
        return None
    return before.film_id


def _played(form: Form) -> dict[str, Any]:
    """When, how long and how often; the form's errors get a sentence for what cannot be."""
    seconds = _between(form, "seconds", SECONDS, _("Please give a number of seconds from 5 to 120."))
    weight = _between(form, "weight", WEIGHTS, _("Please choose how often it comes, from 1 to 5 times a round."))
    days = "".join(sorted(day for day in set(form.getlist("day")) if day in tuple("1234567")))
    if not days:
        form.errors["day"] = _("Please choose at least one day of the week.")
    begins, ends = _minute(form, "from"), _minute(form, "until")
    if begins is None and ends is None:
        begins, ends = 0, 1440
    elif begins is None or ends is None:
        begins, ends = begins or 0, 1440 if ends is None else ends or 1440
    elif begins == ends:
        form.errors.setdefault("until", _("It ends the moment it begins. Leave both hours empty for the whole day."))
    elif ends == 0:
        ends = 1440
    first, last = _day(form, "valid_from"), _day(form, "valid_until")
    if first and last and last < first:
        form.errors["valid_until"] = _("The last day lies before the first one.")
    elif last and last < clock.today() and "valid_until" not in form.errors:
        form.errors["valid_until"] = _("This day is over already.")
    return {
        "seconds": seconds,
        "weight": weight,
        "weekdays": days,
        "from_minute": begins,
        "until_minute": ends,
        "valid_from": first,
        "valid_until": last,
    }


def _between(form: Form, name: str, limits: tuple[int, int], sentence: str) -> int:
    value = form.number(name)
    if value is None or not limits[0] <= value <= limits[1]:
        form.errors[name] = sentence
        return limits[0]
    return value


def _minute(form: Form, name: str) -> int | None:
    text = form.get(name).strip()
    if not text:
        return None
    try:
        # Browsers write 08:00; some add seconds.
        found = time.fromisoformat(text) if len(text) <= 8 and text[2:3] == ":" else None
    except ValueError:
        found = None
    if found is None:
        form.errors[name] = _("Please write an hour as 08:30.")
        return None
    return found.hour * 60 + found.minute


def _day(form: Form, name: str) -> date | None:
    text = form.get(name).strip()
    if not text:
        return None
    try:
        found = date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        found = None
    if found is None or not date(2000, 1, 1) <= found <= LAST_DAY:
        form.errors[name] = _("Please choose a day from the calendar, or leave this empty.")
        return None
    return found


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02}:{minute % 60:02}"
