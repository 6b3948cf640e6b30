"""The pages of one slide: made, changed, put elsewhere, taken away; and the videos that slides show."""

import re
from dataclasses import replace

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from portal import html, web
from portal.i18n import gettext as _
from portal.people.models import Person
from portal.screens import films, kinds, moments, playlists, slide_form
from portal.screens.models import SLIDE_KINDS, Playlist, Slide
from portal.screens.slide_form import Uploads
from portal.web import Form, NotFound, action, anyone, editor, flash, page, see_other

_FRESH = {"seconds": "20", "weight": "1", "days": moments.EVERY_DAY}
_FILE = re.compile(r"([0-9a-f]{64})(?:\.(?:mp4|webm))?")


def new_slide(request: Request, *, db: Session, playlist_id: int) -> Response:
    playlist = playlists.get_playlist(db, playlist_id)
    kind = request.query_params.get("kind", "announcement")
    if kind not in SLIDE_KINDS:
        raise NotFound
    return _form(request, db, playlist, kind, typed=dict(_FRESH))


def add_slide(request: Request, *, db: Session, form: Form, ready: Uploads, me: Person, playlist_id: int) -> Response:
    playlist = playlists.get_playlist(db, playlist_id)
    kind = form.get("kind")
    if kind not in SLIDE_KINDS:
        raise web.Invalid(_("This is not a kind of slide. Go back and choose one."))
    wanted = slide_form.read(db, form, kind, ready)
    if wanted is not None:
        try:
            playlists.add_slide(db, playlist, wanted, by=me)
        except playlists.TooMany:
            form.errors["slide"] = _("This playlist is full. Please remove a slide first.")
        else:
            flash(request, _("The slide is in, at the end. Screens follow within seconds."))
            return see_other(request, "playlist_page", playlist_id=playlist_id)
    return _form(request, db, playlist, kind, typed=slide_form.typed(form), errors=form.errors)


def edit_slide(request: Request, *, db: Session, slide_id: int) -> Response:
    slide = playlists.get_slide(db, slide_id)
    playlist = playlists.get_playlist(db, slide.playlist_id)
    return _form(request, db, playlist, slide.kind, typed=slide_form.filled(slide), slide=slide)


def change_slide(request: Request, *, db: Session, form: Form, ready: Uploads, me: Person, slide_id: int) -> Response:
    slide = playlists.get_slide(db, slide_id)
    playlist = playlists.get_playlist(db, slide.playlist_id)
    wanted = slide_form.read(db, form, slide.kind, ready, before=slide)
    typed = slide_form.typed(form)
    if wanted is not None:
        try:
            playlists.change_slide(db, slide, wanted, version=form.number("version"), by=me)
        except playlists.Changed:
            form.errors["slide"] = _("Somebody changed this slide meanwhile. Save again to have it your way.")
            typed["version"] = str(slide.version)
        else:
            flash(request, _("Saved. Screens follow within seconds."))
            return see_other(request, "playlist_page", playlist_id=playlist.id)
    return _form(request, db, playlist, slide.kind, typed=typed, errors=form.errors, slide=slide)


def move_slide(request: Request, *, db: Session, form: Form, me: Person, slide_id: int) -> Response:
    slide = playlists.get_slide(db, slide_id)
    to = form.get("to")
    if to not in ("up", "down"):
        raise web.Invalid(_("A slide goes up or down."))
    playlists.move_slide(db, slide, -1 if to == "up" else 1, by=me)
    path = html.url(request, "playlist_page", playlist_id=slide.playlist_id)
    return web.go_to(request, f"{path}#slide-{slide_id}")


def remove_slide(request: Request, *, db: Session, me: Person, slide_id: int) -> Response:
    slide = playlists.get_slide(db, slide_id)
    playlist_id = slide.playlist_id
    playlists.remove_slide(db, slide, by=me)
    flash(request, _("The slide is out. Screens follow within seconds."))
    return see_other(request, "playlist_page", playlist_id=playlist_id)


def film(request: Request, *, db: Session, file: str) -> Response:
    """A video or the part of it that is asked for; its address never shows anything else."""
    named = _FILE.fullmatch(file)
    found = films.find(db, named[1]) if named else None
    if named is None or found is None:
        raise NotFound
    film_id, media_type, total = found
    etag = f'"{named[1][:32]}"'
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "ETag": etag, "Accept-Ranges": "bytes"}
    if web.holds(request, etag):
        return Response(status_code=304, headers=headers)
    wanted = request.headers.get("range", "")
    if request.headers.get("if-range", etag) != etag or request.method == "HEAD":
        wanted = ""
    piece = films.asked_for(wanted, total)
    if piece is None:
        return Response(status_code=416, headers={"Content-Range": f"bytes */{total}", "Accept-Ranges": "bytes"})
    if not films.is_range(wanted):
        headers["Content-Length"] = str(total)
        if request.method == "HEAD":
            return Response(media_type=media_type, headers=headers)
        return StreamingResponse(films.whole(request.app.state.database, film_id, total), 200, headers, media_type)
    # No more at once than is soon read: a player asks for the rest.
    piece = replace(piece, last=min(piece.last, piece.first + films.LARGEST_PIECE - 1))
    body = films.read(db, film_id, piece)
    headers["Content-Range"] = f"bytes {piece.first}-{piece.last}/{total}"
    return Response(body, status_code=206, media_type=media_type, headers=headers)


def _form(
    request: Request,
    db: Session,
    playlist: Playlist,
    kind: str,
    *,
    typed: dict[str, str],
    errors: dict[str, str] | None = None,
    slide: Slide | None = None,
) -> Response:
    wants = kinds.asked(kind)
    films_here = films.by_id(db, [slide.film_id]) if slide is not None and slide.film_id is not None else {}
    return html.page(
        request,
        "screens/slide_form.html",
        status=422 if errors else 200,
        playlist=playlist,
        slide=slide,
        kind=kind,
        kind_name=kinds.KIND_NAMES[kind],
        says=kinds.KINDS_SAY[kind],
        wants=wants,
        items=slide_form.items(db, wants.item, chosen=slide.item_id if slide else None) if wants.item else [],
        campaigns=slide_form.campaign_choices(db, chosen=slide.campaign_id if slide else None),
        film=films.address(films_here[slide.film_id]) if slide and slide.film_id in films_here else "",
        accept=films.EXTENSIONS,
        day_names=moments.day_names(),
        typed=typed,
        errors=errors or {},
    )


routes = [
    page("/screens/playlists/{playlist_id:int}/slides/new", new_slide, editor),
    action("/screens/playlists/{playlist_id:int}/slides", add_slide, editor, ahead=slide_form.uploads),
    page("/screens/slides/{slide_id:int}", edit_slide, editor),
    action("/screens/slides/{slide_id:int}", change_slide, editor, ahead=slide_form.uploads),
    action("/screens/slides/{slide_id:int}/move", move_slide, editor),
    action("/screens/slides/{slide_id:int}/removal", remove_slide, editor),
    page("/screen/films/{file}", film, anyone),
]
