"""The inbox: what sources brought, one tap from a draft, and the sources themselves."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import clock, html, i18n
from portal.campaigns import labels
from portal.campaigns.models import Campaign
from portal.campaigns.queries import find_campaign
from portal.i18n import gettext as _
from portal.inbox import candidates, ideas, postings, previews, queries, results, sources
from portal.inbox.models import Candidate, Source
from portal.inbox.previews import Found
from portal.inbox.sources import SourceDraft
from portal.people.models import Person
from portal.web import Form, action, editor, flash, page, see_other, whole_number

LONGEST_TYPED = 100_000
"""The rules of addresses and names say themselves how long one may be."""


def inbox(request: Request, *, db: Session) -> Response:
    found = queries.waiting(db, after=whole_number(request.query_params.get("after", "")))
    return html.page(
        request,
        "inbox/index.html",
        found=found,
        sources=queries.sources_of(db, found.candidates),
        has_sources=queries.has_sources(db),
        ended=queries.ended_lately(db),
        failing=queries.failing_sources(db),
        number_of_ideas=ideas.number_in(db, "new"),
        results=results,
        campaigns=_choices(queries.open_campaigns(db)),
        is_later=bool(request.query_params.get("after")),
        labels=labels,
        last_day=postings.last_day,
    )


def draft_candidate(
    request: Request, *, db: Session, me: Person, form: Form, ready: Found | None, candidate_id: int
) -> Response:
    candidate = candidates.get(db, candidate_id)
    wanted = form.number("campaign")
    campaign = find_campaign(db, wanted) if wanted else None
    if campaign is None:
        return _decided(request, db, candidate, _("Choose the campaign it belongs to."), kind="warn")
    try:
        found = ready if form.text("address", LONGEST_TYPED) == candidate.url else None
        _item, is_new = candidates.draft(db, candidate, campaign, by=me, found=found)
    except candidates.TakenAlready:
        return _decided(request, db, candidate, _("A colleague was first."), kind="info")
    except candidates.NoAddress:
        return _decided(request, db, candidate, _("It came without an address to share."), kind="warn")
    sentence = _("Your draft is ready.") if is_new else _("You have this one already.")
    return _decided(request, db, candidate, sentence, kind="ok", made=is_new)


def dismiss_candidate(request: Request, *, db: Session, candidate_id: int) -> Response:
    candidate = candidates.get(db, candidate_id)
    try:
        candidates.dismiss(db, candidate)
    except candidates.TakenAlready:
        return _decided(request, db, candidate, _("A colleague was first."), kind="info")
    return _decided(request, db, candidate, _("Taken off the inbox."), kind="ok")


def bring_candidate_back(request: Request, *, db: Session, candidate_id: int) -> Response:
    candidate = candidates.get(db, candidate_id)
    try:
        candidates.bring_back(db, candidate)
    except candidates.TakenAlready:
        return _decided(request, db, candidate, _("A colleague was first."), kind="info")
    return _decided(request, db, candidate, "", kind="ok")


def _decided(
    request: Request, db: Session, candidate: Candidate, sentence: str, *, kind: str, made: bool = False
) -> Response:
    """The candidate as it is now, in place for htmx; else its new draft to read over, or what to say on the inbox."""
    if not html.is_htmx(request):
        if sentence:
            flash(request, f"{candidate.title}: {sentence}")
        if made:
            return see_other(request, "edit_item", item_id=candidate.item_id)
        return see_other(request, "inbox")
    piece = html.piece(
        request,
        "inbox/_candidate.html",
        candidate=candidate,
        source=queries.sources_of(db, [candidate]).get(candidate.source_id or 0),
        campaigns=_choices(queries.open_campaigns(db)),
        said=sentence,
        said_kind=kind,
        made=made,
        labels=labels,
        last_day=postings.last_day,
    )
    return html.swap(request, piece, otherwise=html.url(request, "inbox"))


def sources_page(request: Request, *, db: Session) -> Response:
    return html.page(request, "inbox/sources.html", sources=queries.sources(db), results=results, now=clock.now())


def source_row(request: Request, *, db: Session, source_id: int) -> Response:
    """One source as it is now, for whoever waits for a look at it."""
    return _row(request, sources.get(db, source_id))


def _row(request: Request, source: Source) -> Response:
    piece = html.piece(request, "inbox/_source.html", source=source, results=results, now=clock.now())
    return html.swap(request, piece, otherwise=html.url(request, "sources_page"))


def new_source(request: Request, *, db: Session, me: Person) -> Response:
    return _source_form(request, db, SourceDraft(language=me.language))


def add_source(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    draft = _read(form)
    errors = sources.problems(db, draft) | _campaign_problem(db, draft)
    if errors:
        return _source_form(request, db, draft, errors=errors)
    sources.add(db, draft, by=me)
    flash(request, _("We are having a first look. What we find comes to the inbox."))
    return see_other(request, "sources_page")


def edit_source(request: Request, *, db: Session, source_id: int) -> Response:
    source = sources.get(db, source_id)
    return _source_form(request, db, sources.of_source(source), source=source)


def change_source(request: Request, *, db: Session, me: Person, form: Form, source_id: int) -> Response:
    source, draft = sources.get(db, source_id), _read(form)
    errors = sources.problems(db, draft, of=source) | _campaign_problem(db, draft)
    if errors:
        return _source_form(request, db, draft, source=source, errors=errors)
    sources.change(db, source, draft, by=me)
    flash(request, _("Saved."))
    return see_other(request, "sources_page")


def look_at_source_now(request: Request, *, db: Session, source_id: int) -> Response:
    source = sources.get(db, source_id)
    sources.look_now(db, source)
    return _row(request, source)


def pause_source(request: Request, *, db: Session, me: Person, source_id: int) -> Response:
    source = sources.get(db, source_id)
    sources.pause(db, source, by=me)
    return _row(request, source)


def resume_source(request: Request, *, db: Session, me: Person, source_id: int) -> Response:
    source = sources.get(db, source_id)
    sources.resume(db, source, by=me)
    return _row(request, source)


def remove_source(request: Request, *, db: Session, me: Person, source_id: int) -> Response:
    source = sources.get(db, source_id)
    sources.remove(db, source, by=me)
    flash(request, _("We do not look at %(name)s any more. What you made of it stays.", name=source.name))
    return see_other(request, "sources_page")


def _look_for_picture(form: Form) -> Found | None:
    """The picture of the candidate's page, or else the one its source named."""
    url, spare = form.text("address", LONGEST_TYPED), form.text("picture", LONGEST_TYPED)
    return previews.picture_for(url, spare=spare) if url else None


def _read(form: Form) -> SourceDraft:
    return SourceDraft(
        kind=form.text("kind"),
        url=form.text("url", LONGEST_TYPED),
        name=form.text("name", LONGEST_TYPED),
        language=form.text("language"),
        campaign_id=form.number("campaign") or None,
        trusted=form.is_set("trusted"),
    )


def _campaign_problem(db: Session, draft: SourceDraft) -> dict[str, str]:
    if draft.campaign_id is None or find_campaign(db, draft.campaign_id) is not None:
        return {}
    return {"campaign": _("That campaign is not there any more. Choose another one.")}


def _source_form(
    request: Request,
    db: Session,
    draft: SourceDraft,
    *,
    source: Source | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    return html.page(
        request,
        "inbox/source_form.html",
        status=422 if errors else 200,
        draft=draft,
        source=source,
        errors=errors or {},
        campaigns=_choices(queries.open_campaigns(db)),
        languages=list(labels.LANGUAGES.items()),
    )


def _choices(campaigns: list[Campaign]) -> list[tuple[int, str]]:
    spoken = i18n.language.get()
    return [(each.id, each.text(spoken).title) for each in campaigns]


routes = [
    page("/inbox", inbox, who=editor),
    action("/inbox/candidates/{candidate_id:int}/draft", draft_candidate, who=editor, ahead=_look_for_picture),
    action("/inbox/candidates/{candidate_id:int}/dismissal", dismiss_candidate, who=editor),
    action("/inbox/candidates/{candidate_id:int}/return", bring_candidate_back, who=editor),
    page("/inbox/sources", sources_page, who=editor),
    page("/inbox/sources/new", new_source, who=editor),
    action("/inbox/sources", add_source, who=editor),
    page("/inbox/sources/{source_id:int}", source_row, who=editor),
    page("/inbox/sources/{source_id:int}/edit", edit_source, who=editor),
    action("/inbox/sources/{source_id:int}", change_source, who=editor),
    action("/inbox/sources/{source_id:int}/look", look_at_source_now, who=editor),
    action("/inbox/sources/{source_id:int}/pause", pause_source, who=editor),
    action("/inbox/sources/{source_id:int}/resumption", resume_source, who=editor),
    action("/inbox/sources/{source_id:int}/removal", remove_source, who=editor),
]
