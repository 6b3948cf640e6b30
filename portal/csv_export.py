"""CSV as a spreadsheet may open it: a cell is text, never a formula, and the file name is only a name."""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from urllib.parse import quote

from starlette.responses import Response

STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")

Cell = str | int | float | bool | None


def csv_response(filename: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response:
    """A download named `filename` (RFC 6266), in UTF-8 with the mark Excel looks for."""
    return Response(
        ("\ufeff" + csv_text(header, rows)).encode(),
        media_type="text/csv",
        headers={"Content-Disposition": attachment(filename), "Cache-Control": "private, no-store"},
    )


def csv_text(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([guarded(cell) for cell in header])
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def guarded(cell: Cell) -> Cell:
    """Text a spreadsheet would calculate gets an apostrophe first; numbers stay numbers."""
    if isinstance(cell, str) and cell.startswith(STARTS_A_FORMULA):
        return f"'{cell}"
    return cell


def unguarded(cell: str) -> str:
    """What `guarded` was given, so that an exported file can be read back."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(STARTS_A_FORMULA) else cell


def attachment(filename: str) -> str:
    """A Content-Disposition value: the name in plain ASCII, and in full for browsers that read UTF-8."""
    name = re.sub(r'[\\/:*?"<>|;\x00-\x1f\x7f]+', "-", filename).strip(" .-") or "download"
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip()
    plain = f"download{plain}" if not plain or plain.startswith(".") else plain
    extended = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'attachment; filename="{plain}"{extended}'
