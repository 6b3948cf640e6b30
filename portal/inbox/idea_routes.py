"""The pages of ideas: having one, from the share menu of a phone as well, following it, and answering it."""

import re
from collections.abc import Mapping

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, i18n
from portal.campaigns import pictures, rules
from portal.campaigns.pictures import Drawn, PictureRefused
from portal.campaigns.queries import find_campaign, find_item
from portal.i18n import gettext as _
from portal.i18n import language, ngettext
from portal.inbox import drafting, ideas
from portal.inbox.models import IDEA_STATES, Idea
from portal.inbox.previews import Preview
from portal.inbox.typed_addresses import completed, look_at
from portal.people.models import Organisation, Person
from portal.people.queries import get_person, names_of
from portal.web import Form, action, editor, flash, member, page, see_other, whole_number

_ADDRESS = re.compile(r"https?://[^\s<>\"]+")


def ideas_page(request: Request, *, db: Session, me: Person, organisation: Organisation) -> Response:
    """One's own ideas; who edits begins with everybody's that wait for an answer."""
    number = whole_number(request.query_params.get("page", "")) or 1
    edits, show = me.role != "member", request.query_params.get("show", "")
    show = (show if show in (*IDEA_STATES, "all", "mine") else "new") if edits else "mine"
    if show == "mine":
        shown = ideas.of_person(db, me, number=number)
    else:
        shown = ideas.everybodys(db, number=number) if show == "all" else ideas.in_state(db, show, number=number)
    states = _states()
    return html.page(
        request,
        "inbox/ideas.html",
        shown=shown,
        show=show,
        tabs=_tabs(request, db, show) if edits else [],
        late={idea.id for idea in shown.ideas if ideas.is_late(idea)},
        promised=ideas.promised_on,
        names=names_of(db, [idea.person_id for idea in shown.ideas]) if show != "mine" else {},
        states=states,
        address=pictures.address,
    )


def _tabs(request: Request, db: Session, show: str) -> list[tuple[str, str, bool, str | None]]:
    waiting = ideas.number_in(db, "new")
    counts = {"new": i18n.number(waiting) if waiting else None}
    labels = {key: label for key, (label, _kind) in _states().items()} | {"all": _("All"), "mine": _("Mine")}
    return [
        (label, html.url(request, "ideas_page", show=key), show == key, counts.get(key))
        for key, label in labels.items()
    ]


def new_idea(request: Request, *, organisation: Organisation) -> Response:
    """The form, filled with the page that a phone's share menu sent."""
    return _form(request, organisation, _shared(request.query_params))


def alike_ideas(request: Request, *, db: Session, me: Person) -> Response:
    """What is there already of what is being typed, for htmx."""
    asked = request.query_params
    found = ideas.alike(
        db,
        url=completed(asked.get("address", "")[: ideas.LONGEST_ADDRESS].strip()),
        words=asked.get("words", "")[: ideas.LONGEST_WORDS],
        language=language.get(),
        me=me,
    )
    piece = html.piece(request, "inbox/_alike.html", found=found)
    return html.swap(request, piece, otherwise=html.url(request, "new_idea"))


def create_idea(
    request: Request, *, db: Session, me: Person, form: Form, ready: Drawn, organisation: Organisation
) -> Response:
    words = form.lines("words", ideas.LONGEST_WORDS)
    url = completed(form.text("address", ideas.LONGEST_ADDRESS))
    if not words:
        form.errors.setdefault("words", _("Say in a line what it is: that is enough."))
    if url and (sentence := rules.target_problem(url)):
        form.errors.setdefault("address", sentence)
    if isinstance(ready, PictureRefused):
        form.errors["picture"] = str(ready)
    if form.errors or isinstance(ready, PictureRefused):
        return _form(request, organisation, form.raw, errors=form.errors)
    try:
        picture_id = pictures.keep(db, ready).id if ready else None
        is_named, key = form.is_set("named"), form.get("key")[: ideas.LONGEST_KEY]
        ideas.propose(db, me, words=words, url=url, picture_id=picture_id, named=is_named, key=key)
    except ideas.TooManyWaiting:
        form.errors["words"] = _("We still have many of your ideas to read. Give us a few days, then send this one.")
        return _form(request, organisation, form.raw, errors=form.errors)
    days = organisation.ideas_answered_in
    thanks = ngettext(
        "Thank you! Marketing answers within %(num)s day.", "Thank you! Marketing answers within %(num)s days.", days
    )
    flash(request, thanks)
    return see_other(request, "ideas_page", show="mine" if me.role != "member" else None)


def idea(request: Request, *, db: Session, me: Person, idea_id: int) -> Response:
    return _idea_page(request, db, ideas.get_idea(db, idea_id, me=me), me)


def answer_idea(request: Request, *, db: Session, me: Person, form: Form, idea_id: int) -> Response:
    found = ideas.get_idea(db, idea_id, me=me)
    state, words = form.text("state"), form.lines("answer", ideas.LONGEST_ANSWER)
    if state not in ("taken", "declined"):
        form.errors["state"] = _("Choose one of the two.")
    if state == "declined" and not words:
        form.errors.setdefault("answer", _("Say why in a line. A kind no is an answer people can live with."))
    if form.errors:
        return _idea_page(request, db, found, me, errors=form.errors, typed=form.raw)
    try:
        ideas.answer(db, found, state=state, words=words, was=form.text("was"), by=me)
    except ideas.AlreadyAnswered as answered:
        flash(request, str(answered))
    else:
        flash(request, _("Sent. Your colleague finds it on top of their feed."))
    return see_other(request, "idea", idea_id=found.id)


def draft_from_idea(
    request: Request, *, db: Session, me: Person, form: Form, ready: Preview | str | None, idea_id: int
) -> Response:
    """A draft of the page the idea leads to, or of its words. An item of the same address is taken instead."""
    found = ideas.get_idea(db, idea_id, me=me)
    campaign_id = form.number("campaign")
    campaign = find_campaign(db, campaign_id) if campaign_id else None
    if campaign is None:
        errors = {"campaign": _("Choose the campaign it belongs to.")}
        return _idea_page(request, db, found, me, errors=errors, typed=form.raw)
    preview = ready if isinstance(ready, Preview) and form.text("address", 100_000) == found.url else None
    item = drafting.same_address(db, found.url) if found.url else None
    known = item is not None
    if item is None:
        item = drafting.from_idea(db, campaign, found, preview, by=me, spoken=_language_of(db, found))
    try:
        ideas.take_up(db, found, item, by=me)
    except ideas.AlreadyAnswered as answered:
        return _idea_page(request, db, found, me, errors={"campaign": str(answered)}, typed=form.raw)
    if known:
        flash(request, _("There is an item for this address already, so the idea now belongs to it."))
        return see_other(request, "campaign_item", item_id=item.id)
    flash(request, _("Your draft is ready. Read it over: every word of it can be changed."))
    seen = ",".join(preview.warnings) if preview else None
    return see_other(request, "edit_item", item_id=item.id, seen=seen or None)


def _shared(sent: Mapping[str, str]) -> dict[str, str]:
    """Words and address out of what was shared: many apps put the address in the text."""
    title, text = sent.get("title", "").strip()[:200], sent.get("text", "").strip()[: ideas.LONGEST_WORDS]
    inside = _ADDRESS.search(sent.get("url", "")) or _ADDRESS.search(text)
    url = inside[0][: ideas.LONGEST_ADDRESS] if inside else ""
    text = re.sub(r"[ \t]+", " ", text.replace(url, " ")).strip() if url else text
    lines = [title, *([text] if text.casefold() != title.casefold() else [])]
    return {"words": "\n\n".join(filter(None, lines))[: ideas.LONGEST_WORDS], "address": url}


def _form(
    request: Request, organisation: Organisation, typed: Mapping[str, str], *, errors: dict[str, str] | None = None
) -> Response:
    return html.page(
        request,
        "inbox/idea_form.html",
        status=422 if errors else 200,
        typed=typed,
        errors=errors or {},
        days=organisation.ideas_answered_in,
    )


def _idea_page(
    request: Request,
    db: Session,
    found: Idea,
    me: Person,
    *,
    errors: dict[str, str] | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    edits = me.role != "member"
    return html.page(
        request,
        "inbox/idea.html",
        status=422 if errors else 200,
        idea=found,
        edits=edits,
        is_mine=found.person_id == me.id,
        is_late=ideas.is_late(found),
        promised=ideas.promised_on(found),
        item=find_item(db, found.item_id) if found.item_id else None,
        picture=ideas.picture_of(db, found),
        names=names_of(db, [found.person_id, found.answered_by_id]),
        choices=drafting.campaign_choices(db, language.get()) if edits else [],
        states=_states(),
        errors=errors or {},
        typed=typed or {},
        address=pictures.address,
    )


def _language_of(db: Session, found: Idea) -> str:
    return get_person(db, found.person_id).language if found.person_id else language.get()


def _states() -> dict[str, tuple[str, str]]:
    """What each state is called, and the kind of chip that says it."""
    return {
        "new": (_("Waits for an answer"), "sky"),
        "taken": (_("Taken up"), "ok"),
        "published": (_("It is out"), "brand"),
        "declined": (_("Not this time"), ""),
    }


def _draw(form: Form) -> Drawn:
    return pictures.drawn(form.file("picture"))


def _look(form: Form) -> Preview | str | None:
    return look_at(form) if form.get("address") else None


routes = [
    page("/ideas", ideas_page, who=member),
    page("/ideas/new", new_idea, who=member),
    page("/ideas/alike", alike_ideas, who=member),
    action("/ideas", create_idea, who=member, ahead=_draw),
    page("/ideas/{idea_id:int}", idea, who=member),
    action("/ideas/{idea_id:int}/answer", answer_idea, who=editor),
    action("/ideas/{idea_id:int}/draft", draft_from_idea, who=editor, ahead=_look),
]
