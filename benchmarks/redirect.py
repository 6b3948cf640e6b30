"""The redirect with all it does (verdict, visitor, click on record) beside a bare 302, and nothing lost."""

import random
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select

import portal.models  # noqa: F401  (every table, so that foreign keys resolve)
from benchmarks import run
from benchmarks.run import Outcome, Server
from portal import clock
from portal.campaigns.queries import live_items
from portal.database import Database
from portal.links import codes
from portal.links.models import Click
from portal.people.models import Person

OURS, REFERENCE = "redirect", "bare Starlette 302"
LINKS = 500
VISITORS = 4000


def measure(quick: bool, folder: Path) -> Outcome:
    outcome = Outcome()
    with run.portal(folder) as ours, run.bare(folder) as reference:
        minted = mint(ours)
        before = recorded(ours)
        answered = 0
        for connections in (1, 16) if quick else (1, 16, 64):
            found = run.rounds(
                {OURS: (ours, requests(ours, minted)), REFERENCE: (reference, requests(reference, minted))},
                connections=connections,
                seconds=1.8 if quick else 5,
                times=3 if quick else 7,
                folder=folder,
            )
            run.compare(outcome, found, ours=OURS, reference=REFERENCE, at=f"c={connections}")
            strange = {status for each in found[OURS] for status in each["statuses"] if status != "302"}
            if strange:
                raise SystemExit(f"The redirect answered {', '.join(sorted(strange))} under load.")
            answered += sum(each["answered"] for each in found[OURS])
        kept = recorded(ours) - before
    if kept != answered:
        raise SystemExit(f"{answered} redirects were answered, {kept} clicks are on record.")
    outcome.figures["answered and on record"] = kept
    outcome.remarks.append(f"{answered:,} redirects answered, {kept:,} clicks on record.")
    return outcome


def mint(server: Server) -> list[str]:
    """The codes of links a while old, so that nobody seems to click right after minting."""
    with _database(server) as db, db.writing() as session:
        items, people = live_items(session), list(session.scalars(select(Person)))
        pairs = [(person, item) for item in items for person in people]
        made = [
            codes.share_link(session, person=person, item_id=item.id, network="linkedin")
            for person, item in random.sample(pairs, min(LINKS, len(pairs)))
        ]
        for link in made:
            link.created_at = clock.now() - timedelta(hours=1)
        return [link.code for link in made]


def recorded(server: Server) -> int:
    with _database(server) as db, db.reading() as session:
        return session.scalar(select(func.count()).select_from(Click)) or 0


def requests(server: Server, minted: list[str]) -> list[str]:
    """As many visitors, each with a browser of their own and one link: people first, repeats later."""
    return [
        run.request(
            f"/r/{minted[number % len(minted)]}",
            server.port,
            user_agent=f"Mozilla/5.0 (X11; Linux x86_64; rv:{number}.0) Gecko/20100101 Firefox/{number}.0",
            referer="https://www.linkedin.com/feed/",
        )
        for number in range(VISITORS)
    ]


class _database:
    """The server's database, opened beside it for a moment."""

    def __init__(self, server: Server) -> None:
        self.database = Database(f"sqlite:///{server.data_dir / 'portal.db'}")

    def __enter__(self) -> Database:
        return self.database

    def __exit__(self, *error: object) -> None:
        self.database.dispose()


if __name__ == "__main__":
    run.main("redirect", measure)
