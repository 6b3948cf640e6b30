"""A playlist as a wall shows it, in a frame of ours: the same page, for no screen in particular."""

from dataclasses import dataclass

from sqlalchemy.orm import Session
from starlette.requests import Request
from starlette.responses import Response

from portal import html
from portal.door import policy
from portal.i18n import LANGUAGES
from portal.people.models import Organisation
from portal.people.queries import departments
from portal.screens import playlists, state
from portal.screens.models import AUDIENCES, ORIENTATIONS
from portal.screens.player_routes import preview_qr, slides_answer, wall_page
from portal.web import NotFound, editor, page, whole_number

BUILT_IN = 0
"""In place of a playlist's id: what screens show as long as the house has none of its own."""


@dataclass(frozen=True)
class Look:
    """For which kind of screen the wall is shown."""

    language: str
    audience: str
    orientation: str
    department_id: int

    @property
    def path(self) -> str:
        return f"{self.language}-{self.audience}-{self.orientation}-{self.department_id}"


def preview_playlist(request: Request, *, db: Session, playlist_id: int) -> Response:
    """The page around the wall, with what can be chosen about it."""
    asked = request.query_params
    playlist = playlists.get_playlist(db, playlist_id) if playlist_id != BUILT_IN else None
    team = whole_number(asked.get("department", "")) or 0
    look = Look(
        language=asked.get("language", "") if asked.get("language") in LANGUAGES else "nl",
        audience=asked.get("audience", "") if asked.get("audience") in AUDIENCES else "staff",
        orientation=asked.get("orientation", "") if asked.get("orientation") in ORIENTATIONS else "landscape",
        department_id=team,
    )
    response = html.page(
        request,
        "screens/playlist_preview.html",
        playlist=playlist,
        playlist_id=playlist_id,
        look=look,
        wall=html.url(request, "preview_wall", playlist_id=playlist_id, look=look.path),
        languages=list(LANGUAGES.items()),
        departments=[(team.id, team.name) for team in departments(db)],
    )
    response.headers["Content-Security-Policy"] = policy(request.state.nonce, frame_src="'self'")
    return response


def preview_wall(request: Request, *, db: Session, organisation: Organisation, playlist_id: int, look: str) -> Response:
    group = _group(db, playlist_id, look)
    shown = state.make(db, group, organisation)
    base = html.url(request, "preview_wall", playlist_id=playlist_id, look=look)
    return wall_page(
        request, group, shown, name=organisation.name, base=base, is_preview=True, frame_ancestors="'self'"
    )


def preview_slides(
    request: Request, *, db: Session, organisation: Organisation, playlist_id: int, look: str
) -> Response:
    shown = state.make(db, _group(db, playlist_id, look), organisation)
    return slides_answer(request, shown.body, shown.etag)


def preview_item_qr(*, db: Session, playlist_id: int, look: str, item_id: int) -> Response:
    return preview_qr(db=db, item_id=item_id)


def _group(db: Session, playlist_id: int, look: str) -> state.Group:
    """The screens a preview stands for. Raises NotFound for what cannot be one."""
    parts = look.split("-")
    if len(parts) != 4 or parts[0] not in LANGUAGES or parts[1] not in AUDIENCES or parts[2] not in ORIENTATIONS:
        raise NotFound
    if playlist_id != BUILT_IN:
        playlists.get_playlist(db, playlist_id)
    return state.Group(
        language=parts[0],
        audience=parts[1],
        orientation=parts[2],
        department_id=whole_number(parts[3]) or None,
        playlist_id=playlist_id or None,
    )


_BASE = "/screens/playlists/{playlist_id:int}/{look}/preview"

routes = [
    page("/screens/playlists/{playlist_id:int}/preview", preview_playlist, editor),
    page(_BASE, preview_wall, editor),
    page(f"{_BASE}/slides", preview_slides, editor),
    page(f"{_BASE}/qr/{{item_id:int}}.svg", preview_item_qr, editor),
]
