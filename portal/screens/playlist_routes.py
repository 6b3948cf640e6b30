"""The pages of playlists: which there are, and what is in one."""

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html, i18n
from portal.i18n import gettext as _
from portal.people.models import Person
from portal.screens import kinds, moments, playlists, subjects
from portal.screens.models import SLIDE_KINDS, Playlist
from portal.web import Form, action, editor, flash, page, see_other


def playlists_page(request: Request, *, db: Session) -> Response:
    return _all(request, db)


def add_playlist(request: Request, *, db: Session, form: Form, me: Person) -> Response:
    name = _name(form)
    if not form.errors:
        try:
            made = playlists.add(db, name, by=me)
        except playlists.NameTaken:
            form.errors["name"] = _("There is a playlist of this name already.")
        except playlists.TooMany:
            form.errors["name"] = _("There are very many playlists already. Please remove one first.")
        else:
            flash(request, _("“%(name)s” is there. Add slides, then choose it at your screens.", name=name))
            return see_other(request, "playlist_page", playlist_id=made.id)
    return _all(request, db, typed=form.raw, errors=form.errors)


def make_house_playlist(request: Request, *, db: Session, me: Person) -> Response:
    made = playlists.make_house(db, _("The house"), by=me)
    return see_other(request, "playlist_page", playlist_id=made.id)


def playlist_page(request: Request, *, db: Session, playlist_id: int) -> Response:
    return _one(request, db, playlists.get_playlist(db, playlist_id))


def rename_playlist(request: Request, *, db: Session, form: Form, me: Person, playlist_id: int) -> Response:
    playlist = playlists.get_playlist(db, playlist_id)
    name = _name(form)
    if not form.errors:
        try:
            playlists.rename(db, playlist, name, by=me)
        except playlists.NameTaken:
            form.errors["name"] = _("There is a playlist of this name already.")
        else:
            flash(request, _("Saved."))
            return see_other(request, "playlist_page", playlist_id=playlist_id)
    return _one(request, db, playlist, typed=form.raw, errors=form.errors)


def remove_playlist(request: Request, *, db: Session, me: Person, playlist_id: int) -> Response:
    playlist = playlists.get_playlist(db, playlist_id)
    name, was_house = playlist.name, playlist.is_house
    playlists.remove(db, playlist, by=me)
    if was_house:
        flash(request, _("Screens without a playlist of their own show what is newest again."))
    else:
        flash(request, _("“%(name)s” is gone. Its screens show the house’s playlist again.", name=name))
    return see_other(request, "playlists_page")


def _name(form: Form) -> str:
    name = form.text("name", limit=playlists.LONGEST_NAME)
    if not name:
        form.errors["name"] = _("Please give the playlist a name, such as Reception.")
    return name


def _all(
    request: Request, db: Session, *, typed: dict[str, str] | None = None, errors: dict[str, str] | None = None
) -> Response:
    return html.page(
        request,
        "screens/playlists.html",
        status=422 if errors else 200,
        listed=playlists.listed(db),
        house=playlists.house(db),
        default=[kinds.KIND_NAMES[kind] for kind in playlists.DEFAULT],
        typed=typed or {},
        errors=errors or {},
    )


def _one(
    request: Request,
    db: Session,
    playlist: Playlist,
    *,
    typed: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    slides = playlists.slides_of(db, playlist.id)
    language = i18n.language.get()
    about = subjects.names(db, {f"item:{slide.item_id}" for slide in slides if slide.item_id is not None}, language)
    return html.page(
        request,
        "screens/playlist.html",
        status=422 if errors else 200,
        playlist=playlist,
        slides=slides,
        about=about,
        campaigns=subjects.campaign_titles(db, {slide.campaign_id for slide in slides}, language),
        title_of=lambda slide: subjects.title_of(slide, language),
        when=moments.when,
        kinds=[(kind, kinds.KIND_NAMES[kind], kinds.KINDS_SAY[kind], kinds.KIND_ICONS[kind]) for kind in SLIDE_KINDS],
        kind_names=kinds.KIND_NAMES,
        kind_icons=kinds.KIND_ICONS,
        most=playlists.MOST_SLIDES,
        typed=typed or {"name": playlist.name},
        errors=errors or {},
    )


routes = [
    page("/screens/playlists", playlists_page, editor),
    action("/screens/playlists", add_playlist, editor),
    action("/screens/playlists/house", make_house_playlist, editor),
    page("/screens/playlists/{playlist_id:int}", playlist_page, editor),
    action("/screens/playlists/{playlist_id:int}", rename_playlist, editor),
    action("/screens/playlists/{playlist_id:int}/removal", remove_playlist, editor),
]
