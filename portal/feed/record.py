"""Somebody's own record as files: everything for a machine, the same in words, and both together to take along."""

import io
import json
import zipfile

from sqlalchemy.orm import Session

from portal import clock, i18n
from portal.feed import kept
from portal.i18n import gettext as _
from portal.people import organisation
from portal.people.models import Person


def as_json(db: Session, me: Person) -> str:
    return json.dumps(kept.everything(db, me), ensure_ascii=False, indent=2)


def in_words(db: Session, me: Person) -> str:
    """Everything as plain text, in the language of whoever asks."""
    house = organisation.get(db).name
    lines = [
        _("What %(organisation)s keeps about %(name)s", organisation=house, name=me.name),
        i18n.day(clock.today()),
    ]
    for each in kept.kept(db, me):
        if not each.rows:
            continue
        lines += ["", "", f"{str(each.kind.title).upper()} ({i18n.number(len(each.rows))})", str(each.kind.why)]
        lines += [f"{_('How long:')} {each.kind.how_long}", f"{_('Who sees it:')} {each.kind.who}"]
        for row in each.rows:
            told = {name: value for name, value in row.items() if value not in ("", None, {})}
            lines += ["", *(f"  {_label(name)}: {_said(value)}" for name, value in told.items())]
    return "\n".join(lines) + "\n"


def to_take_along(db: Session, me: Person) -> bytes:
    """Both files in a ZIP archive, in the person's own language."""
    packed = io.BytesIO()
    with i18n.in_language(me.language), zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("my-record.txt", in_words(db, me))
        archive.writestr("my-data.json", as_json(db, me))
    return packed.getvalue()


def _label(name: str) -> str:
    return name.replace("_", " ")


def _said(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict):
        return ", ".join(f"{_label(str(name))}: {_said(each)}" for name, each in value.items())
    text = str(value)
    return text if "\n" not in text else "\n    " + text.replace("\n", "\n    ")
