"""The page on which somebody thanks those who passed an item on."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, i18n
from portal.campaigns.queries import get_item
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.people.models import Person
from portal.recognition import thanks
from portal.web import Form, NotFound, action, flash, member, page, see_other


def thanks_page(request: Request, *, db: Session, me: Person, item_id: int) -> Response:
    return _page(request, db, me=me, item_id=item_id)


def thank_sharers(request: Request, *, db: Session, me: Person, form: Form, item_id: int) -> Response:
    item = get_item(db, item_id)
    if not thanks.may_thank(db, me, item.id):
        raise NotFound
    chosen, own = form.text("ready", 40), " ".join(form.text("words", thanks.LONGEST).split())
    if chosen not in thanks.READY and not own:
        form.errors.setdefault("words", _("Choose a sentence, or write one of your own."))
    if form.errors:
        return _page(request, db, me=me, item_id=item.id, errors=form.errors, typed=form.raw)
    try:
        number = thanks.thank(db, me, item, words=own or chosen)
    except thanks.ThanksRefused as refused:
        return _page(request, db, me=me, item_id=item.id, errors={"words": str(refused)}, typed=form.raw)
    said = ngettext(
        "Your thanks are on their way to %(num)s colleague.",
        "Your thanks are on their way to %(num)s colleagues.",
        number,
    )
    flash(request, said)
    return see_other(request, "thanks_page", item_id=item.id)


def _page(
    request: Request,
    db: Session,
    *,
    me: Person,
    item_id: int,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    item = get_item(db, item_id)
    if not thanks.may_thank(db, me, item.id):
        raise NotFound
    return html.page(
        request,
        "recognition/thanks.html",
        status=422 if errors else 200,
        item=item,
        title=item.text(i18n.language.get()).title,
        number_of_sharers=thanks.to_thank(db, me, item.id),
        was_done=thanks.last_week(db, me, item.id),
        ready=list(thanks.READY.items()),
        longest=thanks.LONGEST,
        errors=errors or {},
        typed=typed or {},
    )


routes = [
    page("/items/{item_id:int}/thanks", thanks_page, who=member),
    action("/items/{item_id:int}/thanks", thank_sharers, who=member),
]
