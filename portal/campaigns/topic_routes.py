"""Topics for administrators: made, renamed, and removed once no item is meant for them."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.campaigns import audience
from portal.i18n import gettext as _
from portal.i18n import ngettext
from portal.people import topics
from portal.people.models import Person
from portal.people.topics import TopicRefused
from portal.web import Form, action, admin, flash, page, see_other

_NO_LIMIT = 1_000
"""The topics' own rule speaks about length."""


def topics_page(request: Request, *, db: Session) -> Response:
    return _topics_page(request, db)


def add_topic(request: Request, *, db: Session, form: Form, me: Person) -> Response:
    try:
        topic = topics.add(db, **_names(form), by=me)
    except TopicRefused as refused:
        return _topics_page(request, db, errors=refused.errors, typed=form.raw)
    flash(request, _("%(name)s is on the list.", name=topic.name(me.language)))
    return see_other(request, "topics_page")


def rename_topic(request: Request, *, db: Session, form: Form, me: Person, topic_id: int) -> Response:
    topic = topics.get_topic(db, topic_id)
    try:
        topics.rename(db, topic, **_names(form), by=me)
    except TopicRefused as refused:
        return _topics_page(request, db, errors=refused.errors, typed=form.raw, at=topic_id)
    flash(request, _("Saved."))
    return see_other(request, "topics_page")


def remove_topic(request: Request, *, db: Session, me: Person, topic_id: int) -> Response:
    topic = topics.get_topic(db, topic_id)
    if used := audience.items_by_topic(db).get(topic_id, 0):
        reason = ngettext(
            "%(num)s item is meant for this topic. Choose another audience for it first.",
            "%(num)s items are meant for this topic. Choose another audience for them first.",
            used,
        )
        return _topics_page(request, db, errors={"remove": reason}, at=topic_id)
    name = topic.name(me.language)
    topics.remove(db, topic, by=me)
    flash(request, _("%(name)s is off the list.", name=name))
    return see_other(request, "topics_page")


def _names(form: Form) -> dict[str, str]:
    return {field: form.text(field, _NO_LIMIT) for field in ("name_nl", "name_en")}


def _topics_page(
    request: Request,
    db: Session,
    *,
    errors: dict[str, str] | None = None,
    typed: dict[str, str] | None = None,
    at: int | None = None,
) -> Response:
    """`at` is the topic whose form came back with `errors`; None is the form for a new one."""
    return html.page(
        request,
        "campaigns/topics.html",
        status=422 if errors else 200,
        topics=topics.topics(db),
        sizes=topics.sizes(db),
        items=audience.items_by_topic(db),
        longest=topics.LONGEST,
        errors=errors or {},
        typed=typed or {},
        at=at,
    )


routes = [
    page("/settings/topics", topics_page, admin),
    action("/settings/topics", add_topic, admin),
    action("/settings/topics/{topic_id:int}", rename_topic, admin),
    action("/settings/topics/{topic_id:int}/removal", remove_topic, admin),
]
