"""What a page of results is about: everything, or one campaign, item, network, team or screen, or several of these."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, func, select
from sqlalchemy.orm import Session

from portal.campaigns.models import Campaign, Item
from portal.campaigns.queries import find_campaign, find_item
from portal.i18n import gettext as _
from portal.i18n import language
from portal.links import figures as clicks
from portal.links.figures import Condition
from portal.links.models import Rollup
from portal.people.models import Department, Person
from portal.people.queries import SMALLEST_TEAM
from portal.screens.models import Screen
from portal.sharing import networks
from portal.sharing.models import Share
from portal.web import whole_number


@dataclass(frozen=True)
class Team:
    """Departments that are counted as one, so that no figure tells of single people."""

    name: str
    departments: tuple[int, ...]


@dataclass(frozen=True)
class Subject:
    campaign: Campaign | None = None
    item: Item | None = None
    network: str = ""
    team: Team | None = None
    screen: Screen | None = None

    @property
    def parts(self) -> list[str]:
        """What it is called, from large to small; empty for everything."""
        names = [
            self.campaign.text(language.get()).title if self.campaign else "",
            self.item.text(language.get()).title if self.item else "",
            network_name(self.network) if self.network else "",
            self.team.name if self.team else "",
            self.screen.name if self.screen else "",
        ]
        return [name for name in names if name]

    @property
    def query(self) -> dict[str, str]:
        """What an address needs to ask for the same again."""
        found = {
            "campaign": str(self.campaign.id) if self.campaign else "",
            "item": str(self.item.id) if self.item else "",
            "network": self.network,
            "team": str(self.team.departments[0]) if self.team else "",
            "screen": str(self.screen.id) if self.screen else "",
        }
        return {name: value for name, value in found.items() if value}

    def clicks(self) -> list[Condition]:
        """The conditions on rollups; shares have to be joined to their items."""
        found = []
        if self.campaign is not None:
            found.append(clicks.of_campaign(self.campaign.id))
        if self.item is not None:
            found.append(clicks.of_item(self.item.id))
        if self.network:
            found.append(clicks.of_network(self.network))
        if self.team is not None:
            found.append(Rollup.department_id.in_(self.team.departments))
        if self.screen is not None:
            found.append(clicks.of_screen(self.screen.id))
        return found

    def shares(self) -> list[ColumnElement[bool]]:
        """The conditions on shares, joined to their items."""
        found: list[ColumnElement[bool]] = []
        if self.campaign is not None:
            found.append(Item.campaign_id == self.campaign.id)
        if self.item is not None:
            found.append(Share.item_id == self.item.id)
        if self.network:
            found.append(Share.network == self.network)
        if self.team is not None:
            found.append(Share.department_id.in_(self.team.departments))
        if self.screen is not None:
            found.append(false())  # a screen shows; nobody shares through it
        return found


def read(db: Session, query: Mapping[str, str]) -> Subject:
    """What an address asks for; whatever means nothing is left out.

    A team is never looked at by single items, networks or screens: that would come close to single people.
    """
    team = whole_number(query.get("team", ""))
    group = None if team is None else next((each for each in teams(db) if team in each.departments), None)
    if group is not None:
        query = {"campaign": query.get("campaign", "")}
    campaign, item, screen = (whole_number(query.get(name, "")) for name in ("campaign", "item", "screen"))
    key = query.get("network", "")
    return Subject(
        campaign=None if campaign is None else find_campaign(db, campaign),
        item=None if item is None else find_item(db, item),
        network=key if is_network(key) else "",
        team=group,
        screen=None if screen is None else db.get(Screen, screen),
    )


OWN_PLACES = ("signature", "screen", "public")
"""Where links stand besides networks."""


def is_network(key: str) -> bool:
    return key in OWN_PLACES or networks.find(key) is not None


def network_name(key: str) -> str:
    """What a network, or another place a link stands, is called."""
    ours = {"signature": _("Mail signature"), "screen": _("Screen"), "public": _("Public link")}
    found = networks.find(key)
    return ours.get(key) or (str(found.name) if found else key)


def teams(db: Session) -> list[Team]:
    """Teams of five and more, each apart; all others together, so that no line tells of single people."""
    found = db.execute(
        select(Department.id, Department.name, func.count(Person.id))
        .outerjoin(Person, (Person.department_id == Department.id) & Person.deactivated_at.is_(None))
        .group_by(Department.id, Department.name)
        .order_by(func.count(Person.id), Department.id)
    ).all()
    small = [team for team in found if team[2] < SMALLEST_TEAM]
    large = [team for team in found if team[2] >= SMALLEST_TEAM]
    # Too few even together: without company they could be worked out from the total.
    while small and large and sum(team[2] for team in small) < SMALLEST_TEAM:
        small.append(large.pop(0))
    groups = [Team(name, (id,)) for id, name, _members in large]
    if small:
        groups.append(Team(_("Small teams together"), tuple(team[0] for team in small)))
    return groups
