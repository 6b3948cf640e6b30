"""The app's icons, drawn from the organisation's logo, or from its initials on its accent."""

import hashlib
import io
from collections.abc import Callable
from functools import cache, lru_cache
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from portal.paths import data
from portal.people import brand
from portal.people.models import Organisation

DRAWN_AS = 1
"""Goes up when the same organisation is to get other icons than before."""


class Shape(NamedTuple):
    """One file: its side in pixels, and how much of it the drawing may fill."""

    side: int
    filled: float
    rounded: bool = False
    """With corners of its own; other icons are cut to shape by the phone."""


SHAPES = {
    "any-192": Shape(192, 0.66, rounded=True),
    "any-512": Shape(512, 0.66, rounded=True),
    "maskable-192": Shape(192, 0.54),  # phones may cut away all but a circle of four fifths
    "maskable-512": Shape(512, 0.54),
    "touch-180": Shape(180, 0.62),
    "badge-96": Shape(96, 0.86),
}
"""The badge is what phones show beside the clock: white on nothing, they fill it in."""

_FINER = 4
"""Shapes are drawn this much larger and then reduced, which smooths their edges."""


class Content(NamedTuple):
    """Everything that is on an icon."""

    accent: str
    initials: str
    logo: str
    """The digest of the logo; "" for none."""


def content(organisation: Organisation) -> Content:
    return Content(organisation.accent, initials(organisation.name), organisation.logo_digest)


def digest(organisation: Organisation) -> str:
    """Names what the icons show: another name, accent or logo has another digest."""
    return hashlib.sha256(repr((DRAWN_AS, content(organisation))).encode()).hexdigest()[:16]


def icon(shown: Content, name: str, load_logo: Callable[[], bytes | None]) -> bytes:
    """The icon `name` of SHAPES as PNG; `load_logo` is asked when there is one."""
    return _drawn(shown, name, load_logo() if shown.logo else None)


def initials(name: str) -> str:
    """One letter or two that stand for a name; "" when the typeface has none of them."""
    words = ["".join(letter for letter in word if letter.isalnum()) for word in name.split()]
    letters = [word[0].upper() for word in words if word][:2]
    return "".join(letters) if letters and all(_has_letter(letter[0]) for letter in letters) else ""


@lru_cache(maxsize=16)
def _drawn(shown: Content, name: str, logo: bytes | None) -> bytes:
    shape = SHAPES[name]
    mark = _logo(logo) if logo else None
    if name.startswith("badge"):
        image = Image.new("RGBA", (shape.side, shape.side), "#ffffff00")
        image.paste(brand.WHITE, (0, 0), _lettered(shown, shape) if shown.initials else _chevrons(shape))
        return _encoded(image)
    ground = _ground(mark, shown.accent) if mark else brand.light(shown.accent).brand
    image = Image.new("RGBA", (shape.side, shape.side), ground)
    if mark:
        _put_in_the_middle(image, mark, round(shape.side * shape.filled * 1.1))
    else:
        image.paste(brand.WHITE, (0, 0), _lettered(shown, shape) if shown.initials else _chevrons(shape))
    if shape.rounded:
        image.putalpha(_corners(shape.side))
        return _encoded(image)
    return _encoded(image.convert("RGB"))


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _logo(body: bytes) -> Image.Image:
    """The logo without the empty room around it."""
    image = Image.open(io.BytesIO(body)).convert("RGBA")
    seen = image.getchannel("A").getbbox()
    return image.crop(seen) if seen else image


def _ground(logo: Image.Image, accent: str) -> str:
    """What the logo stands on: its own ground when it brings one, else the one on which it is seen best."""
    corners = [(x, y) for x in (0, logo.width - 1) for y in (0, logo.height - 1)]
    colours = [_pixel(logo, at) for at in corners]
    if all(colour[3] == 255 for colour in colours) and len({colour[:3] for colour in colours}) == 1:
        return _hex(colours[0])
    average = _hex(_average(logo))
    return max((brand.WHITE, brand.light(accent).brand), key=lambda ground: brand.contrast(ground, average))


def _average(logo: Image.Image) -> tuple[int, int, int, int]:
    """The mean colour of what can be seen of it."""
    small = logo.convert("RGBa").resize((1, 1), Image.Resampling.BOX).convert("RGBA")  # weighs by how solid it is
    return _pixel(small, (0, 0))


def _pixel(image: Image.Image, at: tuple[int, int]) -> tuple[int, int, int, int]:
    found = image.getpixel(at)
    assert isinstance(found, tuple)
    red, green, blue, alpha = found
    return red, green, blue, alpha


def _hex(colour: tuple[int, int, int, int]) -> str:
    return "#" + "".join(f"{channel:02x}" for channel in colour[:3])


def _put_in_the_middle(image: Image.Image, mark: Image.Image, room: int) -> None:
    scale = room / max(mark.size)
    size = (max(1, round(mark.width * scale)), max(1, round(mark.height * scale)))
    mark = mark.resize(size, Image.Resampling.LANCZOS)
    image.alpha_composite(mark, ((image.width - mark.width) // 2, (image.height - mark.height) // 2))


def _lettered(shown: Content, shape: Shape) -> Image.Image:
    """A mask of the initials, as large as the room allows."""
    room = shape.side * shape.filled
    size = next((size for size in range(round(room), 8, -2) if _font(size).getlength(shown.initials) <= room), 8)
    mask = Image.new("L", (shape.side, shape.side), 0)
    font = _font(size)
    left, top, right, bottom = font.getbbox(shown.initials)
    at = ((shape.side - (left + right)) / 2, (shape.side - (top + bottom)) / 2)
    ImageDraw.Draw(mask).text(at, shown.initials, fill=255, font=font)
    return mask


def _chevrons(shape: Shape) -> Image.Image:
    """Our own mark, two arrowheads, for a name whose letters we cannot draw."""
    side = shape.side * _FINER
    mask = Image.new("L", (side, side), 0)
    pen, unit, stroke = ImageDraw.Draw(mask), side * shape.filled / 32, round(side * shape.filled * 0.19)
    for shift, strength in ((8.5, 140), (0.0, 255)):
        start = side * (1 - shape.filled) / 2 + (shift - 0.5) * unit
        xs, middle = (start + 8.5 * unit, start + 15.5 * unit), side / 2
        corners = [(xs[0], middle - 9 * unit), (xs[1], middle), (xs[0], middle + 9 * unit)]
        pen.line(corners, fill=strength, width=stroke, joint="curve")
        for x, y in corners:
            pen.circle((x, y), stroke / 2, fill=strength)
    return mask.resize((shape.side, shape.side), Image.Resampling.LANCZOS)


@cache
def _corners(side: int) -> Image.Image:
    large = Image.new("L", (side * _FINER, side * _FINER), 0)
    ImageDraw.Draw(large).rounded_rectangle((0, 0, large.width - 1, large.height - 1), large.width * 0.22, fill=255)
    return large.resize((side, side), Image.Resampling.LANCZOS)


@lru_cache(maxsize=64)
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(data("static", "vendor", "atkinson-hyperlegible-bold.ttf"), size)


@lru_cache(maxsize=256)
def _has_letter(letter: str) -> bool:
    probe = _font(24)
    return bytes(probe.getmask(letter)) != bytes(probe.getmask("\U0010fffe"))
