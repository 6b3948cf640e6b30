"""The page on which the share of the week is picked, and the sheet of paper to hang up."""

from datetime import timedelta

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, settings
from portal.i18n import gettext as _
from portal.i18n import language
from portal.links import qr
from portal.people.models import Person
from portal.recognition import weekly
from portal.web import Form, Invalid, NotFound, action, editor, flash, page, see_other


def share_of_the_week(request: Request, *, db: Session) -> Response:
    return _page(request, db, _week(request.query_params.get("week", "")))


def pick_share(request: Request, *, db: Session, form: Form, me: Person) -> Response:
    week = _sent_week(form)
    words = form.text("words", weekly.LONGEST_WORDS)
    share_id = form.number("share_id")
    if share_id is None:
        form.errors["share_id"] = _("Please choose a share.")
    elif not form.errors:
        try:
            weekly.pick(db, week, share_id, words, by=me)
        except NotFound:
            form.errors["share_id"] = _("This share cannot be picked any more. Please choose another one.")
        else:
            flash(request, _("Picked. Screens with this slide show it within seconds."))
            return see_other(request, "share_of_the_week", week=week)
    return _page(request, db, week, typed=form.raw, errors=form.errors)


def take_back_pick(request: Request, *, db: Session, form: Form, me: Person) -> Response:
    week = _sent_week(form)
    weekly.take_back(db, week, by=me)
    flash(request, _("No share is picked for this week now."))
    return see_other(request, "share_of_the_week", week=week)


def week_poster(request: Request, *, db: Session) -> Response:
    """One sheet of A4, for a wall without a screen."""
    week = _week(request.query_params.get("week", ""))
    found = weekly.picked(db, week)
    picked, told = found if found is not None else (None, None)
    if picked is None or told is None:
        raise NotFound
    return html.page(
        request,
        "recognition/week_poster.html",
        week=week,
        number=int(week[-2:]),
        told=told,
        words=picked.words if told.name else "",
        title=told.item.text(language.get()).title,
        code=qr.svg(f"{settings.current().base_url}/items/{told.item.id}", label=_("QR code that opens this item")),
    )


def _week(text: str) -> str:
    """The week the address names, else this one; raises NotFound for what is none."""
    if text and weekly.monday(text) is None:
        raise NotFound
    return text or weekly.this_week()


def _sent_week(form: Form) -> str:
    week = form.get("week")
    if weekly.monday(week) is None:
        raise Invalid(_("This is no week. Open the page again and choose there."))
    return week


def _page(
    request: Request,
    db: Session,
    week: str,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    found = weekly.picked(db, week)
    monday = weekly.monday(week)
    assert monday is not None
    row = found[0] if found else None
    known = {"words": row.words, "share_id": str(row.share_id or "")} if row else {}
    before, after = (weekly.name(monday + timedelta(days=days)) for days in (-7, 7))
    return html.page(
        request,
        "recognition/weekly.html",
        status=422 if errors else 200,
        section="together",
        week=week,
        number=int(week[-2:]),
        monday=monday,
        before=before,
        after=after if after <= weekly.this_week() else None,
        offered=weekly.offered(db, week),
        picked=row,
        told=found[1] if found else None,
        language_now=language.get(),
        longest=weekly.LONGEST_WORDS,
        typed=typed if typed is not None else known,
        errors=errors or {},
    )


routes = [
    page("/share-of-the-week", share_of_the_week, editor),
    action("/share-of-the-week", pick_share, editor),
    action("/share-of-the-week/removal", take_back_pick, editor),
    page("/share-of-the-week/poster", week_poster, editor),
]
