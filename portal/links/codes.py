"""Codes and addresses of links: minted once for each person, item and network, the same one ever after."""

import secrets
from collections.abc import Sequence

from sqlalchemy import ColumnElement, column, select, table
from sqlalchemy.orm import Session

from portal import clock, settings
from portal.database import insert
from portal.links.models import Link
from portal.people.models import Person

ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"
"""No 0, 1, l or i and no vowels: nothing to misread from a poster, and no code that spells a word."""
LENGTH = 8
_ATTEMPTS = 20


def share_link(db: Session, *, person: Person, item_id: int, network: str) -> Link:
    """The link by which `person` shares the item on `network`. Calling again gives the same one."""
    same = (
        Link.kind == "share",
        Link.person_id == person.id,
        Link.item_id == item_id,
        Link.network == network,
    )
    return _get_or_mint(
        db,
        same,
        kind="share",
        item_id=item_id,
        person_id=person.id,
        department_id=person.department_id,
        network=network,
    )


def signature_link(db: Session, *, person: Person) -> Link:
    """The one link below everything `person` mails; where it leads follows the running campaign."""
    same = (Link.kind == "signature", Link.person_id == person.id)
    _one_at_a_time(db, "person", person.id)
    return _get_or_mint(
        db,
        same,
        kind="signature",
        person_id=person.id,
        department_id=person.department_id,
        network="signature",
    )


def screen_link(db: Session, *, screen_id: int, item_id: int) -> Link:
    """The link behind the QR code of an item on one screen."""
    same = (Link.kind == "screen", Link.screen_id == screen_id, Link.item_id == item_id)
    _one_at_a_time(db, "screen", screen_id)
    return _get_or_mint(db, same, kind="screen", screen_id=screen_id, item_id=item_id, network="screen")


def find(db: Session, code: str) -> Link | None:
    """The link with this code; None for anything that could not be one, without asking the database."""
    if len(code) != LENGTH or not all(letter in ALPHABET for letter in code):
        return None
    return db.scalar(select(Link).where(Link.code == code))


def is_of_colleagues(db: Session, link: Link) -> bool:
    """Whether the link stands on a screen that only colleagues see."""
    if link.kind != "screen":
        return False
    screen = table("screen", column("id"), column("audience"))
    return db.scalar(select(screen.c.audience).where(screen.c.id == link.screen_id)) == "staff"


def address(link: Link) -> str:
    """What is pasted, printed and scanned: `https://short.example/r/abcd2345`; `/b/` for a signature's."""
    return f"{settings.current().link_base_url}/{'b' if link.kind == 'signature' else 'r'}/{link.code}"


def new_code() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def _get_or_mint(db: Session, same: Sequence[ColumnElement[bool]], **values: object) -> Link:
    wanted = select(Link).where(*same).order_by(Link.id).limit(1)
    for _ in range(_ATTEMPTS):
        found = db.scalar(wanted)
        if found is not None:
            return found
        # Nothing happens when somebody else was first (the next look finds theirs) or when the code is taken.
        row = {"code": new_code(), "created_at": clock.now(), **values}
        db.execute(insert(db, Link).values(row).on_conflict_do_nothing())
    raise RuntimeError("no free code was found")


def _one_at_a_time(db: Session, owner: str, key: int) -> None:
    """Hold the owner's row, where no unique constraint keeps two requests from minting at once.

    SQLite leaves FOR UPDATE out: there is one writer at a time anyway.
    """
    row = table(owner, column("id"))
    db.execute(select(row.c.id).where(row.c.id == key).with_for_update(key_share=True))
