"""Writing the handbook: the policy by administrators, examples by editors."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.handbook import examples, passages, policy
from portal.handbook.models import EXAMPLE_KINDS, Policy
from portal.i18n import LANGUAGES
from portal.i18n import gettext as _
from portal.people.models import Organisation, Person
from portal.people.queries import names_of
from portal.web import Form, PortalRoute, action, admin, editor, flash, page, see_other


def policy_page(request: Request, *, db: Session, organisation: Organisation) -> Response:
    """The words in force, ready to be changed; with `house` in the address the house's own."""
    written = {each: policy.in_force(db, organisation, each) for each in LANGUAGES}
    typed = {f"body_{each}": "" if kept.language != each else kept.body for each, kept in written.items()}
    if "house" in request.query_params:
        typed = {f"body_{each}": policy.house_words(organisation.name, each) for each in LANGUAGES}
    return _policy_page(request, db, typed=typed)


def keep_policy(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    typed = {name: form.lines(name, policy.LONGEST) for name in ("body_nl", "body_en")}
    if not any(typed.values()):
        form.errors["body_nl"] = _("Write it in one language at least.")
    if not form.errors and form.is_set("preview"):
        return _policy_page(request, db, typed=typed, is_preview=True)
    if not form.errors and form.number("version") != policy.current_version(db):
        form.errors["body_nl"] = _("Somebody else kept a new version meanwhile. Have a look at it before you go on.")
    if form.errors:
        return _policy_page(request, db, typed=typed, errors=form.errors)
    kept = policy.keep(db, **typed, by=me)
    flash(request, _("Kept. From now on colleagues read this version.") if kept else _("Nothing was changed."))
    return see_other(request, "policy_page")


def examples_page(request: Request, *, db: Session) -> Response:
    return _examples_page(request, db, typed={}, errors={})


def add_example(request: Request, *, db: Session, me: Person, form: Form) -> Response:
    kind, language = form.text("kind"), form.text("language")
    text, why = form.lines("text", examples.LONGEST_TEXT), form.lines("why", examples.LONGEST_WHY)
    if kind not in EXAMPLE_KINDS:
        form.errors.setdefault("kind", _("Please choose one of the options."))
    if language not in LANGUAGES:
        form.errors.setdefault("language", _("Please choose a language from the list."))
    if not text:
        form.errors.setdefault("text", _("What did the post say?"))
    if not why:
        form.errors.setdefault("why", _("Say in a line why: that is what colleagues learn from."))
    if not form.errors and len(examples.own(db)) >= examples.MOST:
        form.errors["text"] = _("There are %(most)s examples already. Remove one first.", most=examples.MOST)
    if form.errors:
        return _examples_page(request, db, typed=form.raw, errors=form.errors)
    examples.add(db, kind=kind, language=language, text=text, why=why, by=me)
    flash(request, _("Added: colleagues see it in the handbook."))
    return see_other(request, "examples_page")


def remove_example(request: Request, *, db: Session, me: Person, example_id: int) -> Response:
    examples.remove(db, example_id, by=me)
    flash(request, _("Removed from the handbook."))
    return see_other(request, "examples_page")


def _policy_page(
    request: Request,
    db: Session,
    *,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    is_preview: bool = False,
) -> Response:
    written = policy.versions(db)
    return html.page(
        request,
        "handbook/policy.html",
        status=422 if errors else 200,
        typed=typed,
        errors=errors or {},
        preview={each: passages.sections(typed[f"body_{each}"]) for each in LANGUAGES} if is_preview else {},
        version=policy.current_version(db),
        versions=[(each, _sections_of(each)) for each in written],
        names=names_of(db, (each.person_id for each in written)),
        readers=policy.readers(db),
        colleagues=policy.colleagues(db),
        house=policy.HOUSE,
        limit=policy.LONGEST,
    )


def _sections_of(kept: Policy) -> dict[str, list[passages.Section]]:
    return {"nl": passages.sections(kept.body_nl), "en": passages.sections(kept.body_en)}


def _examples_page(request: Request, db: Session, *, typed: dict[str, str], errors: dict[str, str]) -> Response:
    return html.page(
        request,
        "handbook/examples.html",
        status=422 if errors else 200,
        own=examples.own(db),
        typed=typed,
        errors=errors,
        longest_text=examples.LONGEST_TEXT,
        longest_why=examples.LONGEST_WHY,
    )


routes: list[PortalRoute] = [
    page("/handbook/policy", policy_page, who=admin),
    action("/handbook/policy", keep_policy, who=admin),
    page("/handbook/examples", examples_page, who=editor),
    action("/handbook/examples", add_example, who=editor),
    action("/handbook/examples/{example_id:int}/removal", remove_example, who=editor),
]
