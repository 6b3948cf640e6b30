"""The organisation's accent colour, corrected until every text in it can be read, by day and by night."""

import colorsys
import re
from typing import NamedTuple

READABLE = 4.5
"""The contrast WCAG 2.2 AA asks of text."""
AT_NIGHT = 7
"""More than that in the dark: a glowing accent at the bare minimum tires the eye."""

DEFAULT = "#14493a"
"""The accent tokens.css was drawn with; its shades there are chosen by hand."""

# The grounds the accent is read on, as tokens.css has them.
LIGHT_GROUNDS = ("#fbf7f0", "#fffdfa", "#f4ecdf")
DARK_GROUNDS = ("#121715", "#1b2220", "#232c28")
WHITE, BLACK = "#ffffff", "#000000"

COLOUR = re.compile(r"#[0-9a-f]{6}")


class Shades(NamedTuple):
    """What one theme needs: the accent, text on it, and its soft ground."""

    brand: str
    ink: str
    soft: str


DEFAULT_LIGHT = Shades(DEFAULT, WHITE, "#dcebe3")
DEFAULT_DARK = Shades("#8fd3b3", "#0d2119", "#21382f")


def light(accent: str) -> Shades:
    """`accent` on paper: darkened as little as reading asks for. `accent` is `#rrggbb`."""
    if accent == DEFAULT:
        return DEFAULT_LIGHT
    soft = mixed(accent, "#fffdfa", 0.14)
    brand = _towards(BLACK, accent, grounds=(*LIGHT_GROUNDS, soft), ratio=READABLE)
    return Shades(brand, WHITE, soft)


def dark(accent: str) -> Shades:
    """`accent` at night: lightened as little as reading asks for, with dark letters on it."""
    if accent == DEFAULT:
        return DEFAULT_DARK
    soft = mixed(accent, "#1b2220", 0.22)
    brand = _towards(WHITE, _not_black(accent), grounds=(DARK_GROUNDS[0],), ratio=AT_NIGHT)
    brand = _towards(WHITE, brand, grounds=(*DARK_GROUNDS, soft), ratio=READABLE)
    return Shades(brand, _towards(BLACK, mixed(brand, BLACK, 0.2), grounds=(brand,), ratio=READABLE), soft)


def css(accent: str) -> str:
    """A stylesheet that puts `accent` in place of the tokens' own brand colours."""
    if accent == DEFAULT:
        return "/* The accent is the one the tokens already have. */\n"
    day, night = light(accent), dark(accent)
    return (
        f"@layer tokens {{\n  :root {{ {_tokens(day)} }}\n"
        f"  @media (prefers-color-scheme: dark) {{ :root {{ {_tokens(night)} }} }}\n}}\n"
    )


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio, from 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, ground: str, /, share: float) -> str:
    """`share` (0 to 1) of `colour` over `ground`."""
    pairs = zip(_channels(colour), _channels(ground), strict=True)
    return "#" + "".join(f"{round(above * share + below * (1 - share)):02x}" for above, below in pairs)


def _towards(end: str, colour: str, *, grounds: tuple[str, ...], ratio: float) -> str:
    for step in range(51):
        candidate = mixed(end, colour, step / 50)
        if all(contrast(candidate, ground) >= ratio for ground in grounds):
            return candidate
    return end


def _not_black(colour: str) -> str:
    """Very dark colours keep their hue when lightened: black mixed with white would only be grey."""
    red, green, blue = (channel / 255 for channel in _channels(colour))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    if lightness >= 0.45 or saturation < 0.05:
        return colour
    lifted = colorsys.hls_to_rgb(hue, 0.45, min(saturation, 0.65))
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in lifted)


def _tokens(shades: Shades) -> str:
    return f"--brand: {shades.brand}; --brand-ink: {shades.ink}; --brand-soft: {shades.soft};"


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (channel / 255 for channel in _channels(colour))
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
