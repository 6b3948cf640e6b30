"""What is kept about me, to read and to take along; taking part no more, and going for good."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, web
from portal.feed import farewell, kept, record
from portal.i18n import gettext as _
from portal.people import leaving
from portal.people.adding import NotPossible
from portal.people.models import Person
from portal.web import Form, PortalRoute, action, anyone, flash, member, page, see_other


def kept_about_me(request: Request, *, db: Session, me: Person) -> Response:
    found = kept.kept(db, me)
    groups = [
        (title, [each for each in found if each.kind.group == group and each.rows])
        for group, title in kept.GROUPS.items()
    ]
    return html.page(
        request,
        "feed/my_data.html",
        groups=[(title, shown) for title, shown in groups if shown],
        nothing_of=[each.kind.title for each in found if not each.rows],
    )


def my_data(request: Request, *, db: Session, me: Person) -> Response:
    return _file(record.as_json(db, me), "my-data.json", "application/json")


def my_record(request: Request, *, db: Session, me: Person) -> Response:
    return _file(record.in_words(db, me), "my-record.txt", "text/plain")


def leaving_page(request: Request, *, me: Person) -> Response:
    return html.page(request, "feed/leaving.html", errors={})


def stop_taking_part(request: Request, *, db: Session, me: Person) -> Response:
    farewell.stop(db, db.get_one(Person, me.id))
    flash(request, _("Done. Nothing asks you any more, and you are always welcome back."))
    return see_other(request, "leaving_page")


def take_part_again(request: Request, *, db: Session, me: Person) -> Response:
    leaving.take_part_again(db, db.get_one(Person, me.id))
    flash(request, _("Good to have you back! Choose what you like below."))
    return see_other(request, "me_page")


def delete_me(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    if not form.is_set("sure"):
        errors = {"sure": _("Tick the box first: there is no way back.")}
        return html.page(request, "feed/leaving.html", status=422, errors=errors)
    person = db.get_one(Person, me.id)
    try:
        leaving.erase(db, person, by=person)
    except NotPossible:
        errors = {"sure": _("You are the only administrator. Make somebody else one first.")}
        return html.page(request, "feed/leaving.html", status=422, errors=errors)
    flash(request, _("You are gone from here. Thank you for everything you passed on, and all the best!"))
    response = web.clear_session(see_other(request, "sign_in_page"))
    # Pages and texts this browser keeps for when there is no connection, and its way for pushes.
    response.headers["Clear-Site-Data"] = '"storage"'
    return response


def open_record(request: Request, *, db: Session, token: str) -> Response:
    """Shows a button and spends nothing: mail programs open links before people do."""
    person = leaving.find_record(db, token)
    if person is None:
        return html.page(request, "feed/leaving_record.html", status=410, token="")
    return html.page(request, "feed/leaving_record.html", token=token)


def take_record(request: Request, *, db: Session, token: str) -> Response:
    person = leaving.spend_record(db, token)
    if person is None:
        return html.page(request, "feed/leaving_record.html", status=410, token="")
    return _file(record.to_take_along(db, person), "my-record.zip", "application/zip")


def _file(body: str | bytes, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": html.NO_STORE}
    return Response(body, media_type=media_type, headers=headers)


routes: list[PortalRoute] = [
    page("/me/data", kept_about_me, who=member),
    page("/me/data.json", my_data, who=member),
    page("/me/record.txt", my_record, who=member),
    page("/me/leaving", leaving_page, who=member),
    action("/me/leaving", delete_me, who=member),
    action("/me/stopping", stop_taking_part, who=member),
    action("/me/return", take_part_again, who=member),
    page("/record/{token}", open_record, who=anyone),
    action("/record/{token}", take_record, who=anyone),
]
