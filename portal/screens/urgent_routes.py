"""The pages of urgent messages: one is written and sent, and can be ended at once."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, i18n
from portal.i18n import gettext as _
from portal.i18n import lazy
from portal.people.models import Person
from portal.screens import queries, reading, urgent
from portal.web import Form, action, editor, flash, page, see_other, whole_number

LONGEST_TITLE = 80
LONGEST_LINE = 200
LASTS = {
    "15": lazy("15 minutes"),
    "30": lazy("half an hour"),
    "60": lazy("an hour"),
    "120": lazy("two hours"),
    "240": lazy("four hours"),
    "day": lazy("until the end of the day"),
    "until": lazy("until the moment below"),
}
_FRESH = {"lasts": "60", "where": "all"}


def urgent_page(request: Request, *, db: Session) -> Response:
    return _page(request, db, typed=dict(_FRESH))


def send_urgent(request: Request, *, db: Session, form: Form, me: Person) -> Response:
    title, line = form.text("title", LONGEST_TITLE), form.text("line", LONGEST_LINE)
    if not title:
        form.errors["title"] = _("Please write what everybody must see.")
    if len(f"{title} {line}".split()) > reading.MOST_WORDS:
        form.errors["line" if line else "title"] = _("Please use no more than %(most)s words.", most=reading.MOST_WORDS)
    starts_at, ends_at = _moments(form)
    chosen = _screens(form)
    if not form.errors:
        try:
            message = urgent.send(
                db, title=title, line=line, starts_at=starts_at, ends_at=ends_at, screen_ids=chosen, by=me
            )
        except urgent.TooMany:
            form.errors["title"] = _("So many messages run already that nobody would read this one. End one first.")
        else:
            flash(request, _("“%(title)s” goes to the screens, within seconds of its beginning.", title=message.title))
            return see_other(request, "screens")
    ticked = set(form.getlist("screen"))
    return _page(request, db, typed=form.raw, errors=form.errors, ticked=ticked)


def end_urgent(request: Request, *, db: Session, me: Person, message_id: int) -> Response:
    message = urgent.end(db, message_id, by=me)
    flash(request, _("“%(title)s” leaves the screens now.", title=message.title))
    return see_other(request, "screens")


def _moments(form: Form) -> tuple[datetime, datetime]:
    """From when until when; the form's errors get a sentence for what cannot be."""
    now = clock.now()
    starts_at = _moment(form, "from") or now
    lasts = form.get("lasts")
    if lasts == "until":
        ends_at = _moment(form, "until")
        if ends_at is None:
            form.errors.setdefault("until", _("Please say until when, or choose how long."))
    elif lasts == "day":
        ends_at = clock.end_of(clock.local(max(starts_at, now)).date())
    elif lasts in LASTS:
        ends_at = max(starts_at, now) + timedelta(minutes=int(lasts))
    else:
        ends_at = None
        form.errors["lasts"] = _("Please choose how long it stays.")
    if ends_at is None:
        return starts_at, now
    if ends_at <= max(starts_at, now):
        form.errors["until"] = _("It would be over before it begins. Choose a later moment.")
    if starts_at - now > urgent.LASTS_AT_MOST or ends_at - starts_at > urgent.LASTS_AT_MOST:
        form.errors["until"] = _("Urgent is for two weeks at most. For longer, make an announcement slide.")
    return starts_at, ends_at


def _moment(form: Form, name: str) -> datetime | None:
    text = form.get(name).strip()
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text) if len(text) in (16, 19) and text[10:11] == "T" else None
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year <= 2199:
        form.errors[name] = _("Please choose a day and an hour, or leave this empty.")
        return None
    return found.replace(tzinfo=clock.zone()).astimezone(UTC)


def _screens(form: Form) -> list[int] | None:
    where = form.get("where")
    if where == "all":
        return None
    chosen = [each for each in map(whole_number, form.getlist("screen")) if each is not None]
    if where != "chosen":
        form.errors["where"] = _("Please choose where it is shown.")
    elif not chosen:
        form.errors["where"] = _("Please tick at least one screen, or choose all of them.")
    return chosen


def _page(
    request: Request,
    db: Session,
    *,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    ticked: set[str] | None = None,
) -> Response:
    connected = sorted(queries.screens(db), key=lambda screen: (screen.place.lower(), screen.name.lower(), screen.id))
    return html.page(
        request,
        "screens/urgent.html",
        status=422 if errors else 200,
        running=urgent.running(db),
        screens=connected,
        ticked=ticked or set(),
        lasts=list(LASTS.items()),
        now=clock.local(clock.now()).strftime("%H:%M"),
        today=i18n.day(clock.today()),
        typed=typed,
        errors=errors or {},
    )


routes = [
    page("/screens/urgent", urgent_page, editor),
    action("/screens/urgent", send_urgent, editor),
    action("/screens/urgent/{message_id:int}/end", end_urgent, editor),
]
