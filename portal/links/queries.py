"""Reads of links that other parts ask for often; the figures themselves come from `figures`."""

from collections.abc import Collection

from sqlalchemy.orm import Session

from portal.links import figures
from portal.links.figures import Ledger, ledger, ledger_of
from portal.links.models import Rollup

__all__ = ["Ledger", "ledger", "ledger_of", "ledgers_by_link", "people_clicks_by_link"]


def ledgers_by_link(db: Session, ids: Collection[int]) -> dict[int, Ledger]:
    """Every click of each of these links; links without any are left out."""
    if not ids:
        return {}
    found = figures.by(db, Rollup.link_id.expression, figures.of_links(ids))
    return {link_id: figure.ledger for link_id, figure in found.items()}


def people_clicks_by_link(db: Session, ids: Collection[int]) -> dict[int, int]:
    """How many clicks by people each of these links has; links without any are left out."""
    return {link_id: ledger.people for link_id, ledger in ledgers_by_link(db, ids).items() if ledger.people}
