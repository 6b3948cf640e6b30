"""Recalling an item and thinking better of it, everything that happened to it, and readers from outside."""

from functools import partial

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, i18n, mail
from portal.campaigns import labels, pictures, placeholders, queries, recall, reviews
from portal.campaigns.approval import AlreadyDone, StepRefused
from portal.campaigns.item_page_routes import item_page
from portal.campaigns.models import Item, ReviewRequest
from portal.campaigns.trail import trail
from portal.guesses import REFILL, Guesses
from portal.i18n import gettext as _
from portal.people import organisation as organisations
from portal.people.models import Organisation, Person
from portal.people.queries import get_department
from portal.web import Form, NotFound, action, anyone, editor, flash, page, see_other, whole_number

guesses = Guesses()


def recall_item(
    request: Request, *, db: Session, me: Person, form: Form, item_id: int, organisation: Organisation
) -> Response:
    item = queries.get_item(db, item_id)
    wanted = form.number("successor")
    typed = {name: form.get(name) for name in ("reason", "note", "successor")}
    try:
        recall.take_back(
            db,
            item,
            by=me,
            reason=form.text("reason"),
            note=form.lines("note", 10_000),
            successor=queries.find_item(db, wanted) if wanted else None,
        )
    except AlreadyDone as done:
        flash(request, str(done))
    except StepRefused as refused:
        db.expire_all()
        return item_page(
            request,
            db,
            me,
            organisation,
            item=queries.get_item(db, item_id),
            typed=typed,
            errors={"recall": str(refused)},
        )
    return see_other(request, "campaign_item", item_id=item_id)


def undo_recall(request: Request, *, db: Session, me: Person, item_id: int) -> Response:
    item = queries.get_item(db, item_id)
    try:
        recall.undo(db, item, by=me)
        flash(request, _("It is back as it was, and nobody was told."))
    except StepRefused as refused:
        flash(request, str(refused))
    return see_other(request, "campaign_item", item_id=item_id)


def item_trail(request: Request, *, db: Session, item_id: int) -> Response:
    item = queries.get_item(db, item_id)
    number = whole_number(request.query_params.get("page", "")) or 1
    shown = trail(db, item.id, number=number)

    def pages(page: int) -> str:
        return html.url(request, "item_trail", item_id=item.id, page=page)

    return html.page(request, "campaigns/trail.html", item=item, shown=shown, pages=pages, labels=labels)


def ask_review(
    request: Request, *, db: Session, me: Person, form: Form, item_id: int, organisation: Organisation
) -> Response:
    item = queries.get_item(db, item_id)
    name, email = form.text("reviewer", reviews.LONGEST_NAME), form.text("reviewer_email", 320)
    if not name:
        form.errors["reviewer"] = _("Say who will look at it, so that colleagues know.")
    if email:
        try:
            email = mail.address(email)
        except mail.NotAnAddress:
            form.errors["reviewer_email"] = _("This is not one mail address.")
    if item.state == "recalled":
        form.errors["reviewer"] = _("It was recalled, so there is nothing to look at now.")
    if not form.errors:
        try:
            asked = reviews.ask(db, item, name=name, email=email, by=me, organisation=organisation)
            return see_other(request, "review_link", request_id=asked.id)
        except StepRefused as refused:
            form.errors["reviewer"] = str(refused)
    return item_page(request, db, me, organisation, item=item, typed=form.raw, errors=dict(form.errors))


def review_link(request: Request, *, db: Session, me: Person, request_id: int) -> Response:
    """The link to pass on, while it works and only for the editor who asked: whoever has it answers in a name."""
    asked = db.get(ReviewRequest, request_id)
    if asked is None or asked.by_id != me.id:
        raise NotFound
    item = queries.get_item(db, asked.item_id)
    if reviews.why_closed(db, asked, item):
        return see_other(request, "campaign_item", item_id=item.id)
    return html.page(
        request,
        "campaigns/review_link.html",
        item=item,
        asked=asked,
        is_mailed=bool(asked.email) and mail.is_configured(),
        link=reviews.address(reviews.token_of(asked)),
    )


def withdraw_review(request: Request, *, db: Session, me: Person, request_id: int) -> Response:
    asked = db.get(ReviewRequest, request_id)
    if asked is None:
        raise NotFound
    reviews.withdraw(db, asked, by=me)
    flash(request, _("The link of %(name)s works no more.", name=asked.name))
    return see_other(request, "campaign_item", item_id=asked.item_id)


def review(request: Request, *, db: Session, token: str) -> Response:
    """The item as outsiders would see it. Opening it changes nothing: mail scanners open every link they meet."""
    asked = reviews.find(db, token)
    if asked is None:
        return _unknown(request)
    item = queries.get_item(db, asked.item_id)
    if why := reviews.why_closed(db, asked, item):
        return _closed(request, why)
    return _review_page(request, db, asked, item, token=token)


def answer_review(request: Request, *, db: Session, form: Form, token: str) -> Response:
    asked = reviews.find(db, token)
    if asked is None:
        return _unknown(request)
    item = queries.get_item(db, asked.item_id)
    step = "approved" if form.get("answer") == "fine" else "returned"
    note = form.lines("note", 10_000)
    try:
        reviews.answer(db, asked, item, step=step, note=note)
    except reviews.NotOpen as closed:
        return _closed(request, str(closed))
    except StepRefused as refused:
        item = queries.get_item(db, asked.item_id)
        return _review_page(request, db, asked, item, token=token, note=note, errors={"note": str(refused)})
    return _private(see_other(request, "review", token=token))


def _review_page(
    request: Request,
    db: Session,
    asked: ReviewRequest,
    item: Item,
    *,
    token: str,
    note: str = "",
    errors: dict[str, str] | None = None,
) -> Response:
    spoken = i18n.language.get()
    asker = db.get(Person, asked.by_id) if asked.by_id else None
    team = get_department(db, asker.department_id).name if asker else organisations.get(db).name
    return _private(
        html.page(
            request,
            "campaigns/review.html",
            status=422 if errors else 200,
            asked=asked,
            asker=asker.name if asker else "",
            filled=partial(placeholders.fill, first_name=asker.first_name if asker else "…", department=team),
            is_filled=any(placeholders.known_in(caption.body) for caption in item.captions),
            item=item,
            texts=sorted(item.texts, key=lambda text: text.language != spoken),
            token=token,
            note=note,
            errors=errors or {},
            labels=labels,
            networks=dict(labels.networks()),
            address=pictures.address,
            link_host=labels.host_of_links(),
        )
    )


def _closed(request: Request, why: str) -> Response:
    status = 200 if why == "answered" else 410
    return _private(html.page(request, "campaigns/review_closed.html", status=status, why=why))


def _unknown(request: Request) -> Response:
    address = request.client.host if request.client else ""
    if guesses.are_too_many(address):
        response = html.page(request, "campaigns/review_closed.html", status=429, why="too_many")
        response.headers["Retry-After"] = str(round(REFILL))
        return _private(response)
    return _private(html.page(request, "campaigns/review_closed.html", status=404, why="unknown"))


def _private(response: Response) -> Response:
    """The address opens a door: it goes to no other site and into no search engine."""
    # Not "no-referrer": browsers would then send our own form without saying that it is ours.
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


routes = [
    action("/campaigns/items/{item_id:int}/recall", recall_item, who=editor),
    action("/campaigns/items/{item_id:int}/recall/undo", undo_recall, who=editor),
    page("/campaigns/items/{item_id:int}/trail", item_trail, who=editor),
    action("/campaigns/items/{item_id:int}/reviews", ask_review, who=editor),
    page("/campaigns/reviews/{request_id:int}", review_link, who=editor),
    action("/campaigns/reviews/{request_id:int}/withdrawal", withdraw_review, who=editor),
    page("/review/{token}", review, who=anyone),
    action("/review/{token}", answer_review, who=anyone),
]
