"""The accounts departments themselves have on networks, as signatures show them."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.database import one_at_a_time
from portal.i18n import gettext as _
from portal.people import audit
from portal.people.adding import NotPossible
from portal.people.models import Account, Department, Person
from portal.people.organisation import is_web_address

NETWORKS = {
    "linkedin": "LinkedIn",
    "instagram": "Instagram",
    "facebook": "Facebook",
    "youtube": "YouTube",
    "tiktok": "TikTok",
    "x": "X",
    "bluesky": "Bluesky",
    "mastodon": "Mastodon",
    "threads": "Threads",
    "website": "Website",
}
MOST = 10
LONGEST_NAME = 80
LONGEST_ADDRESS = 500


def add_account(db: Session, department: Department, *, network: str, url: str, name: str, by: Person) -> Account:
    """Raises NotPossible with a sentence by field."""
    errors = {}
    shown = " ".join(name.split()) or NETWORKS.get(network, "")
    if network not in NETWORKS:
        errors["network"] = _("Please choose a network from the list.")
    if len(url) > LONGEST_ADDRESS or not url.startswith("https://") or not is_web_address(url):
        errors["url"] = _("Please fill in a web address that starts with https://.")
    if len(shown) > LONGEST_NAME:
        errors["name"] = _("That is too long: at most %(limit)s characters fit here.", limit=LONGEST_NAME)
    one_at_a_time(db, f"accounts of {department.id}")
    here = select(func.count()).select_from(Account).where(Account.department_id == department.id)
    if (db.scalar(here) or 0) >= MOST:
        errors["network"] = _("A department has room for %(limit)s accounts.", limit=MOST)
    if not errors and db.scalar(here.where(Account.url == url)):
        errors["url"] = _("This account is already on the list.")
    if errors:
        raise NotPossible(errors)
    account = Account(department_id=department.id, network=network, url=url, name=shown)
    db.add(account)
    db.flush()
    audit.write(db, "account_added", "department", department.id, by=by, network=network)
    return account


def remove_account(db: Session, account: Account, *, by: Person) -> None:
    db.delete(account)
    audit.write(db, "account_removed", "department", account.department_id, by=by, network=account.network)
