"""Beside the feed's benchmark: somebody who writes. `python -m benchmarks.feed_writer URL COMMITS_PER_SECOND`."""

import sys
import time

from sqlalchemy import select, update

import portal.models  # noqa: F401 (every table, so that they find each other)
from portal import clock
from portal.database import Database
from portal.people.models import WebSession


def main() -> None:
    url, per_second = sys.argv[1:]
    database = Database(url, checkpoints=False)
    with database.reading() as db:
        session_id = db.scalar(select(WebSession.id).limit(1))
    print("writing", flush=True)
    while True:
        with database.writing() as db:
            db.execute(update(WebSession).where(WebSession.id == session_id).values(last_seen_at=clock.now()))
        time.sleep(1 / float(per_second))


if __name__ == "__main__":
    main()
