"""A wall's colours: the organisation's accent as dark ground and paper hills, under text that reads afar."""

from portal.people.brand import BLACK, WHITE, contrast, dark, mixed

FAR = 7.0
"""The contrast asked of text that is read from five metres."""
PAPER = "#f8f3e8"
SOFT = "#dcd8cb"
SPARK = "#f9bf5f"
CARD = "#fffdf7"
INK = "#18211d"
INK_SOFT = "#434d47"
TEXTS = (PAPER, SOFT, SPARK)


def ground(accent: str) -> str:
    """`accent` darkened as little as it takes to read every text colour on it, with a little to spare."""
    for step in range(51):
        candidate = mixed(BLACK, accent, step / 50)
        if all(contrast(text, candidate) >= FAR * 1.25 for text in TEXTS):
            return candidate
    return BLACK


def bar(accent: str) -> str:
    """The accent for bars on a light card; a pale one is darkened until its length can be seen."""
    for step in range(51):
        candidate = mixed(BLACK, accent, step / 50)
        if contrast(candidate, CARD) >= 4.5:
            return candidate
    return INK


def css(accent: str) -> str:
    """The values `static/css/wall.css` draws with, as a stylesheet."""
    below = ground(accent)
    light = dark(accent).brand
    values = {
        "ground": below,
        "ground-up": mixed(WHITE, below, 0.07),
        "far": mixed(light, below, 0.34),
        "mid": mixed(light, below, 0.22),
        "near": mixed(light, below, 0.12),
        "sky": mixed("#3d5a86", below, 0.42),
        "bar": bar(accent),
        "accent": light,
        "paper": PAPER,
        "soft": SOFT,
        "spark": SPARK,
        "card": CARD,
        "ink": INK,
        "ink-soft": INK_SOFT,
    }
    return ":root { " + " ".join(f"--{name}: {value};" for name, value in values.items()) + " }\n"
