"""QR codes of links: drawn as SVG for pages, as PNG for downloads."""

import io
from functools import lru_cache

import segno
from markupsafe import Markup

QUIET_ZONE = 4
"""Modules of empty paper round the code; with less, many phones do not see it."""


def svg(text: str, *, label: str) -> Markup:
    """An inline drawing, dark on light in either colour scheme, told to screen readers as `label`."""
    code = _code(text)
    side = code.symbol_size(border=QUIET_ZONE)[0]
    path = "".join(
        f"M{x + QUIET_ZONE} {y + QUIET_ZONE}h{length}v1h-{length}z"
        for y, row in enumerate(code.matrix)
        for x, length in _runs(row)
    )
    return Markup(
        '<svg class="qr" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img"'
        ' aria-label="{label}" shape-rendering="crispEdges">'
        '<path fill="#ffffff" d="M0 0h{side}v{side}H0z"/><path fill="#1b2320" d="{path}"/></svg>'
    ).format(side=side, label=label, path=path)


def png(text: str) -> bytes:
    """A picture large enough to print on a poster: at least 1,000 pixels wide."""
    code = _code(text)
    out = io.BytesIO()
    scale = -(-1000 // code.symbol_size(border=QUIET_ZONE)[0])
    code.save(out, kind="png", scale=scale, border=QUIET_ZONE)
    return out.getvalue()


@lru_cache(maxsize=256)
def _code(text: str) -> segno.QRCode:  # walls are drawn anew with every change, and these take longest
    return segno.make_qr(text, error="m", boost_error=False)


def _runs(row: bytearray) -> list[tuple[int, int]]:
    """Where dark stretches of a row begin, and how long they are."""
    runs: list[tuple[int, int]] = []
    for x, dark in enumerate(row):
        if not dark:
            continue
        if runs and sum(runs[-1]) == x:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((x, 1))
    return runs
