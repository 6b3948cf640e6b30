"""The sample organisation: its people, its campaigns, and a past week in which colleagues shared and people looked."""

import random
import secrets
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal import clock
from portal.campaigns import kits, pictures, queries
from portal.campaigns.models import Item
from portal.database import Database
from portal.handbook import examples, policy, welcome
from portal.links import booking, codes
from portal.links.models import Click
from portal.links.verdicts import RULE_VERSION
from portal.paths import data
from portal.people import imports, organisation, practice, topics
from portal.people.models import Account, Department, Person
from portal.screens import playlists
from portal.screens.playlists import Wanted
from portal.sharing.models import Share

SAMPLE_ACCOUNTS = (
    ("Service", "facebook", "https://www.facebook.com/noorderhout.service.example", "Noorderhout Service"),
    ("HR", "linkedin", "https://www.linkedin.com/company/noorderhout-example", "Werken bij Noorderhout"),
    ("Marketing", "linkedin", "https://www.linkedin.com/company/noorderhout-example", "Noorderhout"),
)
SAMPLE_TOPICS = (
    ("Wonen en energie", "Home and energy"),
    ("Werken bij ons", "Working here"),
    ("Bouwen met hout", "Building with wood"),
)
SAMPLE_EXAMPLES = (
    (
        "good",
        "nl",
        "Ik werk bij Noorderhout. Vandaag tilde de kraan in één keer een hele gevel op zijn plek, met ramen en al. "
        "Ik doe dit elf jaar en ik keek weer met open mond.",
        "Ruben schreef dit in de pauze, met een foto erbij. Zesentwintig mensen kwamen kijken.",
    ),
    (
        "bad",
        "nl",
        "Eindelijk van die lastige klant in Assen af!",
        "Assen is klein: iedereen wist om wie het ging. Het bericht is weggehaald en we hebben de klant gebeld.",
    ),
    (
        "good",
        "en",
        "I work at Noorderhout. Today the crane set down a whole front wall, windows and all. "
        "Eleven years in, and I still stood there with my mouth open.",
        "Ruben wrote this in his break, with a photo. Twenty-six people came to look.",
    ),
    (
        "bad",
        "en",
        "Finally rid of that difficult customer in Assen!",
        "Assen is small: everybody knew who it was about. The post came down, and we rang the customer.",
    ),
)
"""Kind, language, the post, and why."""
UNREAD = 7
"""Every so many colleagues did not read the policy yet."""
NEWCOMER = practice.PEOPLE["newcomer"].email
"""Who comes in for the first time: nothing chosen, nothing shared, the first five minutes still ahead."""
FILTERED = (("bot", "preview", 5), ("bot", "crawler", 2), ("suspect", "repeat", 3), ("suspect", "burst", 1))
"""Verdict and reason of what is not a person, with how often it turns up beside people's clicks."""


def load(database: Database) -> bool:
    """Fill an empty database with the sample; False when it holds people already."""
    with database.writing() as db:
        if db.scalar(select(Person.id).limit(1)) is not None:
            return False
        house = organisation.for_change(db)
        house.name, house.website, house.accent = "Noorderhout", "https://noorderhout.example", "#14493a"
        house.leaderboard_on = house.names_allowed = True
        logo = pictures.store(db, data("campaigns", "noorderhout-logo.png").read_bytes(), kind="logo")
        house.logo_digest = logo.digest
        imports.load_people(db, data("campaigns", "people.csv").read_text(encoding="utf-8"))
        for key in practice.PEOPLE:
            practice.get_or_add(db, key)
        teams = {team.name: team for team in db.scalars(select(Department))}
        for team, network, url, name in SAMPLE_ACCOUNTS:
            db.add(Account(department_id=teams[team].id, network=network, url=url, name=name))
        made = [topics.add(db, name_nl=dutch, name_en=english, by=None).id for dutch, english in SAMPLE_TOPICS]
        dice = random.Random(20)  # noqa: S311 (the same sample for everybody)
        for person in db.scalars(select(Person).where(Person.email != NEWCOMER).order_by(Person.id)).all():
            topics.choose(db, person, (topic for topic in made if dice.random() < 0.4))
    for folder in sorted(path.parent for path in Path(data("campaigns")).glob("*/campaign.toml")):
        with database.writing() as db:
            editor = db.scalar(select(Person).where(Person.email == practice.PEOPLE["editor"].email))
            kits.load_kit(db, kits.read_kit(folder), by=editor, approve=True)
    with database.writing() as db:
        _past_week(db, random.Random(20))  # noqa: S311 (the same sample for everybody)
        _at_home(db)
        _reception(db)
    return True


def secret_of(data_dir: Path) -> str:
    """The secret of a practice installation: made once, kept beside its database."""
    kept = data_dir / "practice-secret"
    if not kept.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        kept.write_text(secrets.token_urlsafe(48))
        kept.chmod(0o600)
    return kept.read_text().strip()


def _reception(db: Session) -> None:
    """A playlist for visitors, beside the one of the house that needs none."""
    editor = db.scalars(select(Person).where(Person.email == practice.PEOPLE["editor"].email)).one()
    playlist = playlists.add(db, "Receptie", by=editor)
    welcome = Wanted(
        kind="welcome",
        title_nl="Welkom bij Noorderhout",
        title_en="Welcome to Noorderhout",
        line_nl="Fijn dat je er bent. De koffie staat klaar.",
        line_en="Good to have you here. There is coffee.",
        seconds=15,
    )
    for wanted in (
        welcome,
        Wanted(kind="clock", seconds=15, weekdays="12345", from_minute=8 * 60, until_minute=18 * 60),
    ):
        playlists.add_slide(db, playlist, wanted, by=editor)


_PSEUDONYMS = (
    *("Specht", "Eekhoorn", "Zaagsel", "Boomring", "Lijmklem", "Wilgentak", "Dennenappel", "Schaafkrul", "Beuk"),
    *("Duimstok", "Boomklever", "Els", "Spaan", "Hazelaar", "Kwast", "Berk", "Zwaluwstaart", "Notenboom", "Vijl"),
)


def _at_home(db: Session) -> None:
    """Everybody but the newcomer knows the way, most read the policy; the handbook has examples of its own."""
    for person in db.scalars(select(Person).where(Person.email != NEWCOMER).order_by(Person.id)).all():
        welcome.finish(db, person)
        if person.id % UNREAD:
            policy.accept(db, person, policy.HOUSE)
    editor = db.scalar(select(Person).where(Person.email == practice.PEOPLE["editor"].email))
    for kind, language, text, why in reversed(SAMPLE_EXAMPLES):
        examples.add(db, kind=kind, language=language, text=text, why=why, by=editor)


def _past_week(db: Session, dice: random.Random) -> None:
    colleagues = list(db.scalars(select(Person).where(Person.email != NEWCOMER).order_by(Person.id)))
    pseudonyms = dice.sample(_PSEUDONYMS, len(_PSEUDONYMS))
    for person in colleagues:
        person.wall_name = dice.random() < 0.4
        person.leaderboard_name = dice.choices(("hidden", "name", "pseudonym"), (5, 4, 1 if pseudonyms else 0))[0]
        if person.leaderboard_name == "pseudonym":
            person.pseudonym = pseudonyms.pop()
    by_address = {person.email: person for person in colleagues}
    ana = by_address[practice.PEOPLE["member"].email]
    ana.wall_name, ana.leaderboard_name = True, "name"
    for item in queries.live_items(db):
        # The practice member starts with her share page still empty for the first item, so that walking it is real.
        keen = [person for person in colleagues if person is not ana]
        for person in dice.sample(keen, k=dice.randint(3, 11)):
            _share(db, dice, person, item)


def _share(db: Session, dice: random.Random, person: Person, item: Item) -> None:
    network = dice.choices(("linkedin", "whatsapp", "facebook", "bluesky", "email"), (9, 6, 3, 2, 1))[0]
    link = codes.share_link(db, person=person, item_id=item.id, network=network)
    now = clock.now()
    at = max(item.publish_at, now - timedelta(days=6)) + timedelta(minutes=dice.randint(10, 3000))
    at = min(at, now - timedelta(minutes=dice.randint(5, 90)))
    link.created_at = at
    caption = dice.choice(item.captions_for(network, person.language) or item.captions)
    people = dice.choices((0, 1, 2, 4, 7, 12), (4, 5, 5, 4, 2, 1))[0]
    db.add(
        Share(
            link_id=link.id,
            item_id=item.id,
            person_id=person.id,
            department_id=person.department_id,
            network=network,
            language=person.language,
            caption_id=caption.id,
            text=f"{caption.body}\n\n{codes.address(link)}",
            own_words=dice.random() < 0.5,
            state="seen" if people else dice.choice(("opened", "confirmed")),
            at=at,
            confirmed_at=at,
            seen_at=at + timedelta(minutes=7) if people else None,
        )
    )
    verdicts = [("human", "person")] * people
    for verdict, reason, often in FILTERED:
        verdicts += [(verdict, reason)] * (dice.random() * 12 < often)
    clicks = [
        Click(
            link_id=link.id,
            at=min(at + timedelta(minutes=dice.randint(3, 2000)), now - timedelta(minutes=1)),
            verdict=verdict,
            reason=reason,
            rule_version=RULE_VERSION,
            visitor=dice.getrandbits(62),
            item_id=item.id,
            campaign_id=item.campaign_id,
            department_id=person.department_id,
            person_id=person.id,
            network=network,
            device=dice.choice(("phone", "phone", "computer")),
        )
        for verdict, reason in verdicts
    ]
    db.add_all(clicks)
    booking.book(db, clicks)
