"""Pictures people hand in: checked by content, turned upright, stripped, rendered in the sizes we serve."""

import hashlib
import io
import threading
import warnings
from dataclasses import dataclass
from typing import Literal

from PIL import Image, ImageOps
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from portal import clock, settings
from portal.campaigns.models import Picture, PictureSize
from portal.i18n import gettext as _

Kind = Literal["photo", "logo"]

LARGEST_PIXELS = 40_000_000
SMALLEST_PHOTO = (200, 105)
SMALLEST_LOGO = (32, 32)
FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
CROPPED = {"card": (1200, 630), "thumb": (480, 252), "wall": (1920, 1080)}
FULL_BOX = (2400, 2400)
LOGO_BOX = (256, 256)
LARGEST_CARD = 300_000
"""Networks drop a preview picture that is too heavy; the card stays below this many bytes."""
MOST_SCANS = 100
"""A progressive JPEG can repeat its scans by the thousand to keep a decoder busy; cameras write about ten."""

Image.MAX_IMAGE_PIXELS = LARGEST_PIXELS
warnings.filterwarnings("error", category=Image.DecompressionBombWarning)

# A picture of 40 million pixels takes up to 160 MB while it is read: two at a time bound what uploads take.
_room = threading.BoundedSemaphore(2)


class PictureRefused(ValueError):
    """The picture cannot be used; the message is a sentence for the person who chose it."""


class PictureTooSmall(PictureRefused):
    pass


@dataclass(frozen=True)
class Rendering:
    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True)
class Rendered:
    """A picture ready to be kept: its size as handed in, and every rendering; the first one names it."""

    width: int
    height: int
    sizes: tuple[Rendering, ...]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.sizes[0].body).hexdigest()


Drawn = Rendered | PictureRefused | None
"""What became of an upload; None when there was none."""


def store(db: Session, body: bytes, kind: Kind = "photo") -> Picture:
    """Keep `body` as a picture; the same picture handed in twice is one row. Raises PictureRefused."""
    return keep(db, render(body, kind))


def drawn(body: bytes | None, kind: Kind = "photo") -> Drawn:
    """Render an upload before a transaction begins; `keep` stores it within."""
    try:
        return render(body, kind) if body is not None else None
    except PictureRefused as refused:
        return refused


def keep(db: Session, rendered: Rendered) -> Picture:
    """The row of a rendered picture, found or made; safe when two people hand in the same one at once."""
    wanted = select(Picture).where(Picture.digest == rendered.digest)
    if (known := db.scalar(wanted)) is not None:
        return known
    picture = Picture(digest=rendered.digest, width=rendered.width, height=rendered.height, created_at=clock.now())
    try:
        with db.begin_nested():
            db.add(picture)
            db.flush()
    except IntegrityError:
        return db.scalars(wanted).one()
    db.add_all(
        PictureSize(picture_id=picture.id, name=size.name, media_type=size.media_type, body=size.body)
        for size in rendered.sizes
    )
    db.flush()
    return picture


def render(body: bytes, kind: Kind = "photo") -> Rendered:
    """Every size of the picture in `body`, re-encoded without metadata. Raises PictureRefused."""
    with _room:
        image, (width, height) = _read(body, kind)
        sizes = (_logo(image),) if kind == "logo" else tuple(_photo(image))
    return Rendered(width, height, sizes)


def check(body: bytes, kind: Kind = "photo") -> None:
    """Raises PictureRefused when `body` could not be stored."""
    with _room:
        _read(body, kind)


def address(picture: Picture, size: str) -> str:
    """Where a rendering is served: public, but the digest in it cannot be guessed."""
    return f"/pictures/{picture.digest}/{size}.{'png' if size == 'logo' else 'jpg'}"


def find(db: Session, digest: str, size: str) -> tuple[bytes, str] | None:
    """The bytes and media type of one rendering."""
    row = db.execute(
        select(PictureSize.body, PictureSize.media_type)
        .join(Picture, Picture.id == PictureSize.picture_id)
        .where(Picture.digest == digest, PictureSize.name == size)
    ).first()
    return (row.body, row.media_type) if row else None


def is_rendering_of(db: Session, picture_id: int, body: bytes) -> bool:
    """Whether `body` is, byte for byte, one of the sizes of this picture, as it is in an exported kit."""
    return bool(db.scalar(select(exists().where(PictureSize.picture_id == picture_id, PictureSize.body == body))))


def _read(body: bytes, kind: Kind) -> tuple[Image.Image, tuple[int, int]]:
    """The decoded picture, upright, and its size in pixels. The size is judged before a pixel is read."""
    _refuse_unless(bool(body), _("This file is empty. Choose the picture again."))
    most = settings.current().max_upload
    _refuse_unless(
        len(body) <= most,
        _("This picture is larger than %(most)s MB. Choose a smaller one.", most=max(1, most // 1_000_000)),
    )
    unreadable = _("We cannot read this file as a picture. Use a PNG, JPEG, WebP or GIF.")
    try:
        image = Image.open(io.BytesIO(body), formats=FORMATS)
        width, height = image.size
        moving = getattr(image, "n_frames", 1) > 1
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise PictureRefused(_too_many_pixels()) from None
    except Exception:  # whatever a decoder makes of hostile bytes: the answer to the person is the same
        raise PictureRefused(unreadable) from None
    _refuse_unless(width * height <= LARGEST_PIXELS, _too_many_pixels())
    _refuse_unless(not moving, _("This picture moves. Choose one that stands still."))
    _refuse_unless(body.count(b"\xff\xda") <= MOST_SCANS or image.format != "JPEG", unreadable)
    least = SMALLEST_LOGO if kind == "logo" else SMALLEST_PHOTO
    try:
        if kind == "photo":
            # A JPEG can be read at half or a quarter of its size: quicker, and plenty for what we serve.
            image.draft("RGB", FULL_BOX)
        image.load()
        upright = ImageOps.exif_transpose(image)
    except Exception:
        raise PictureRefused(_("This picture is damaged or only half of it arrived. Choose it again.")) from None
    if (upright.width > upright.height) != (width > height):
        width, height = height, width
    if width < least[0] or height < least[1]:
        raise PictureTooSmall(
            _(
                "This picture is %(width)s by %(height)s pixels; it has to be at least %(least_width)s by "
                "%(least_height)s to look good.",
                width=width,
                height=height,
                least_width=least[0],
                least_height=least[1],
            )
        )
    return upright, (width, height)


def _refuse_unless(fine: bool, sentence: str) -> None:
    if not fine:
        raise PictureRefused(sentence)


def _too_many_pixels() -> str:
    return _("This picture has more than 40 million pixels. Make it smaller first: 2400 pixels wide is plenty.")


def _photo(image: Image.Image) -> list[Rendering]:
    full = _opaque(image)
    full.info.clear()  # comments, profiles and places would be written into the new file
    full.thumbnail(FULL_BOX, Image.Resampling.LANCZOS)
    sizes = []
    for name, box in CROPPED.items():
        cropped = ImageOps.fit(full, box, Image.Resampling.LANCZOS, centering=(0.5, 0.4))
        most = LARGEST_CARD if name == "card" else None
        sizes.append(Rendering(name, "image/jpeg", _jpeg(cropped, most=most)))
    sizes.append(Rendering("full", "image/jpeg", _jpeg(full)))
    return sizes


def _opaque(image: Image.Image) -> Image.Image:
    """The picture in RGB; what was see-through becomes white paper."""
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        # Shrunk first: blending 40 million pixels with alpha takes seconds.
        layered = image.convert("RGBA")
        layered.thumbnail(FULL_BOX, Image.Resampling.LANCZOS)
        paper = Image.new("RGB", layered.size, "white")
        paper.paste(layered, mask=layered.getchannel("A"))
        return paper
    if image.mode.startswith("I"):
        # Sixteen bits of grey would be cut off at white instead of scaled to eight.
        return image.convert("I").point(lambda grey: grey / 256).convert("L").convert("RGB")
    return image.convert("RGB")


def _jpeg(image: Image.Image, *, most: int | None = None) -> bytes:
    body = b""
    for quality in (85, 75, 65, 50, 35, 20):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True, progressive=True, exif=b"", icc_profile=b"")
        body = out.getvalue()
        if most is None or len(body) < most:
            break
    return body


def _logo(image: Image.Image) -> Rendering:
    logo = image.convert("RGBA")
    logo.thumbnail(LOGO_BOX, Image.Resampling.LANCZOS)
    # A fresh image: nothing the file carried along (colour profile, comments) can come with it.
    clean = Image.new("RGBA", logo.size)
    clean.paste(logo)
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=True)
    return Rendering("logo", "image/png", out.getvalue())
