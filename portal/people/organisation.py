"""Whose portal this is: the one organisation, and changing what it is set to."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from portal import activity
from portal.i18n import gettext as _
from portal.people import audit
from portal.people.brand import COLOUR, DEFAULT
from portal.people.models import Organisation, Person
from portal.unchanged import is_kept, while_unchanged

THE_ONE = 1
TEXTS = ("name", "website", "accent", "disclosure_nl", "disclosure_en", "mastodon_server")
SWITCHES = ("leaderboard_on", "names_allowed", "four_eyes")
NUMBERS = {"asks_per_week": (0, 20), "captions_for": (1, 1000), "ideas_answered_in": (1, 60)}
"""Whole numbers, each with the least and the most it may be."""
LONGEST = {"name": 80, "website": 200, "disclosure_nl": 160, "disclosure_en": 160, "mastodon_server": 200}
HOST = re.compile(r"(?=.{4,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,}")


def get(db: Session) -> Organisation:
    """The organisation; before anything was set, a fresh one that is not stored yet."""
    return while_unchanged(db, "organisation", lambda: _get(db))


def for_change(db: Session) -> Organisation:
    """The organisation as a stored row, made at the first change."""
    found = db.get(Organisation, THE_ONE)
    if found is None:
        found = _fresh()
        db.add(found)
        db.flush()
    return found


def check(typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The texts of the settings page, cleaned, and a sentence by field for each that cannot stay so."""
    values = {field: " ".join(typed.get(field, "").split()) for field in TEXTS}
    errors: dict[str, str] = {}
    values["accent"] = values["accent"].lower()
    values["mastodon_server"] = values["mastodon_server"].lower().removeprefix("https://").strip("/")
    for field, limit in LONGEST.items():
        if len(values[field]) > limit:
            errors[field] = _("That is too long: at most %(limit)s characters fit here.", limit=limit)
        elif not values[field].isprintable():
            errors[field] = _("Please leave out characters that cannot be printed.")
    if not values["name"]:
        errors["name"] = _("Please fill in a name.")
    if values["website"] and not is_web_address(values["website"]):
        errors.setdefault("website", _("Please fill in a web address that starts with https://."))
    if not COLOUR.fullmatch(values["accent"]):
        errors["accent"] = _("A colour is written as # and six digits, such as %(example)s.", example=DEFAULT)
    if values["mastodon_server"] and not HOST.fullmatch(values["mastodon_server"]):
        errors.setdefault("mastodon_server", _("Please fill in the name of a server, such as mastodon.example."))
    return values, errors


def check_numbers(typed: Mapping[str, int | None]) -> tuple[dict[str, int], dict[str, str]]:
    """The numbers of the settings page, and a sentence by field for each that cannot stay so."""
    values: dict[str, int] = {}
    errors: dict[str, str] = {}
    for field, value in typed.items():
        least, most = NUMBERS[field]
        if value is None or not least <= value <= most:
            errors[field] = _("Fill in a whole number from %(least)s to %(most)s.", least=least, most=most)
        else:
            values[field] = value
    return values, errors


def change(
    db: Session,
    organisation: Organisation,
    *,
    texts: Mapping[str, str],
    numbers: Mapping[str, int],
    on: set[str],
    by: Person,
) -> None:
    """Set the checked `texts` and `numbers` and the switches in `on`; the version goes up when anything differs."""
    new = {**texts, **numbers, **{switch: switch in on for switch in SWITCHES}}
    changed = {field: value for field, value in new.items() if getattr(organisation, field) != value}
    if not changed:
        return
    for field, value in changed.items():
        setattr(organisation, field, value)
    organisation.version += 1
    activity.record(db, "board_changed")
    audit.write(db, "settings_changed", "organisation", THE_ONE, by=by, **changed)


def set_logo(db: Session, digest: str, *, by: Person) -> None:
    """Make the picture with this digest the logo; "" takes the logo away."""
    organisation = for_change(db)
    if digest == organisation.logo_digest:
        return
    organisation.logo_digest = digest
    organisation.version += 1
    audit.write(db, "logo_changed", "organisation", THE_ONE, by=by, picture=digest)


def is_web_address(text: str) -> bool:
    """An http or https address with a host and without credentials or spaces."""
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and host is not None
        and is_host(host)
        and "@" not in parts.netloc
        and "\\" not in text
        and not re.search(r"\s", text)
    )


def is_host(name: str) -> bool:
    """Whether a name server could know `name`: no part of it empty or overlong, whatever its alphabet."""
    try:
        name.encode("idna")
    except UnicodeError:
        return False
    return True


def unknown() -> Organisation:
    """What pages call us while the database cannot say."""
    return _fresh()


def _get(db: Session) -> Organisation:
    found = db.get(Organisation, THE_ONE)
    if found is None:
        return _fresh()
    if is_kept(db):
        db.expunge(found)  # others will be given it
    return found


def _fresh() -> Organisation:
    return Organisation(
        id=THE_ONE,
        name="Passalong",
        website="",
        accent=DEFAULT,
        logo_digest="",
        disclosure_nl="",
        disclosure_en="",
        leaderboard_on=False,
        names_allowed=False,
        four_eyes=True,
        mastodon_server="",
        asks_per_week=3,
        captions_for=3,
        ideas_answered_in=5,
        version=1,
    )
