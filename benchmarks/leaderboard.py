"""The leaderboard out of its tallies, beside the same figures added up from raw clicks.

Colleagues, links and clicks are made inside the database, a few colleagues bringing most of the visitors; tallies are
then what a recount of those clicks gives. What is timed is the portal's own code.
"""

# ruff: noqa: S608 (statements are put together out of numbers and names of our own)

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session

from benchmarks import run
from benchmarks.run import Outcome
from portal import clock, migrations
from portal.database import Database
from portal.links import periods
from portal.people.models import Person
from portal.recognition import leaderboard
from portal.tables import microseconds
from tests.postgres import PostgreSQL

TOP = 50
WILLING = 10
"""One colleague in so many shows their name."""
DAYS = 60

RAW_TOP = (
    "SELECT person_id, count(*) AS people FROM click WHERE verdict = 'human' AND at >= :start AND at < :end "
    f"GROUP BY person_id ORDER BY people DESC LIMIT {TOP}"
)
"""What the list would be without tallies: every click of the month is read."""
RAW_RANK = (
    "SELECT count(*) FROM (SELECT person_id FROM click WHERE verdict = 'human' AND at >= :start AND at < :end "
    "GROUP BY person_id HAVING count(*) > :mine) AS above"
)


def measure(kind: str, folder: Path, *, people: int, clicks: int, times: int) -> Outcome:
    outcome = Outcome()
    with ExitStack() as stack:
        url = stack.enter_context(_address(kind, folder))
        migrations.upgrade(url)
        engine = _engine(url)
        stack.callback(engine.dispose)
        began = time.perf_counter()
        _fill(engine, people=people, clicks=clicks)
        outcome.figures |= {"people": people, "clicks": clicks, "fill_s": round(time.perf_counter() - began, 1)}
        database = Database(url)
        stack.callback(database.dispose)
        _compare(outcome, database, engine, times=times)
    outcome.remarks.append(
        f"{kind}; {TOP} on top out of the {people // WILLING:,} who show their name; a rank among all {people:,}."
    )
    return outcome


def _compare(outcome: Outcome, database: Database, engine: Engine, *, times: int) -> None:
    """The ways in turn, in shuffled order; each its own kind of answer, checked against the other."""
    days = periods.month_span(clock.today())
    between = {"start": microseconds(days.start), "end": microseconds(days.end)}
    key = {"period": periods.month_key(clock.today())}
    with database.reading() as db:
        someone = db.get_one(Person, 777)
        mine = leaderboard.place(db, someone, period="month")
    assert mine is not None
    with engine.connect() as raw:
        above = raw.execute(text(RAW_RANK), {**between, "mine": mine.visitors}).scalar_one()
        best = [people for _, people in raw.execute(text(RAW_TOP), between)]
        ranked = list(raw.execute(text(_RANKED), key))
        assert mine.place == above + 1
        assert [people for _, people in ranked] == best
        ways: dict[str, tuple[int, Callable[[Session], object]]] = {
            "top50_ms": (times, lambda _: list(raw.execute(text(_RANKED), key))),
            "pages_top50_ms": (times, lambda db: leaderboard.people(db, period="month", most=TOP)),
            "rank_ms": (times, lambda db: leaderboard.place(db, someone, period="month")),
            "teams_ms": (times, lambda db: leaderboard.teams(db, period="month")),
            "raw_top50_ms": (5, lambda _: list(raw.execute(text(RAW_TOP), between))),
            "raw_rank_ms": (5, lambda _: raw.execute(text(RAW_RANK), {**between, "mine": mine.visitors}).scalar()),
        }
        took: dict[str, list[float]] = {name: [] for name in ways}
        turns = [name for name, (often, _) in ways.items() for _ in range(often)]
        for name in random.sample(turns, len(turns)):
            # A page's transaction each, for a raw scan takes longer than one may stay open.
            with database.reading() as db:
                began = time.perf_counter()
                ways[name][1](db)
                took[name].append((time.perf_counter() - began) * 1000)
    outcome.figures |= {name: round(statistics.median(each), 4) for name, each in took.items()}
    found = outcome.figures
    outcome.ratios["raw_scan"] = round(found["raw_top50_ms"] / found["top50_ms"], 1)
    outcome.ratios["raw_scan, rank"] = round(found["raw_rank_ms"] / found["rank_ms"], 1)


_RANKED = (
    "SELECT person_id, people FROM person_tally WHERE period = :period "
    f"ORDER BY people DESC, person_id DESC LIMIT {TOP}"
)


@contextmanager
def _address(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'leaderboard.db'}"
        return
    with PostgreSQL() as server:
        server.create_database("leaderboard")
        yield server.url("leaderboard")


def _engine(url: str) -> Engine:
    """A connection without the portal's limits of time: a raw scan may take as long as it takes."""
    if not url.startswith("sqlite"):
        return create_engine(url)
    import pysqlite3  # noqa: PLC0415 (only for this database)

    engine = create_engine(url, module=pysqlite3)

    @event.listens_for(engine, "connect")
    def fast(connection: pysqlite3.Connection, record: object) -> None:
        for pragma in ("synchronous=OFF", "cache_size=-200000", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def _written(engine: Engine, at: object) -> str:
    return str(at)[:19] + (".000000" if engine.dialect.name == "sqlite" else "+00")


def _fill(engine: Engine, *, people: int, clicks: int) -> None:
    sqlite = engine.dialect.name == "sqlite"
    today, month = clock.today(), periods.month_span(clock.today())
    now = f"timestamptz '{_written(engine, clock.now())}'"
    if sqlite:
        now = now.removeprefix("timestamptz ")
    first = month.start - timedelta(days=DAYS - 30)
    seconds, departments = int((clock.now() - first).total_seconds()), max(20, people // 500)
    # In the order of time, as they come.
    at = f"{microseconds(first)} + CAST(n AS BIGINT) * {seconds * 1_000_000 // clicks}"
    whole = "CAST({0} AS INTEGER)" if sqlite else "CAST(floor({0}) AS BIGINT)"
    # Spread as evenly as chance, and the same each time it is asked for. A few colleagues bring most of the visitors.
    even = "(CAST(n AS BIGINT) * 2654435761 % 4294967296 / 4294967296.0)"
    who = f"1 + {whole.format(f'{people} * {even} * {even} * {even}')}"
    is_human = "n % 10 < 7"
    with engine.begin() as connection:
        _rows(connection, "department", {"id": "n", "name": "'Team ' || n", "created_at": now}, departments)
        _rows(connection, "person", _person(departments, now), people)
        link = {
            "id": "n",
            "code": "'code' || n",
            "kind": "'signature'",
            "person_id": "n",
            "department_id": f"1 + n % {departments}",
            "network": "'signature'",
            "created_at": now,
        }
        _rows(connection, "link", link, people)
        click = {
            "link_id": who,
            "at": at,
            "verdict": f"CASE WHEN {is_human} THEN 'human' ELSE 'bot' END",
            "reason": f"CASE WHEN {is_human} THEN 'person' ELSE 'preview' END",
            "rule_version": "1",
            "visitor": "n",
            "department_id": f"1 + ({who}) % {departments}",
            "person_id": who,
            "network": "'signature'",
            "referrer_host": "''",
            "device": "'phone'",
        }
        _rows(connection, "click", click, clicks)
        within_month = f"at >= {microseconds(month.start)} AND at < {microseconds(month.end)}"
        for table, owner in (("person_tally", "person_id"), ("team_tally", "department_id")):
            for key, within in ((periods.month_key(today), within_month), (periods.TOTAL, "1 = 1")):
                connection.execute(
                    text(
                        f"INSERT INTO {table} (period, {owner}, people) SELECT '{key}', {owner}, count(*) "
                        f"FROM click WHERE verdict = 'human' AND {within} GROUP BY {owner}"
                    )
                )
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE" if sqlite else "VACUUM ANALYZE"))


def _rows(connection: Connection, table: str, values: dict[str, str], count: int) -> None:
    """As many rows, made by the database itself: `values` are expressions over `n`, which counts from 1."""
    if connection.dialect.name == "sqlite":
        numbers = f"WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {count})"
        made = f"{numbers} SELECT {', '.join(values.values())} FROM g"
    else:
        made = f"SELECT {', '.join(values.values())} FROM generate_series(1, {count}) AS g(n)"
    connection.execute(text(f"INSERT INTO {table} ({', '.join(values)}) {made}"))


def _person(departments: int, now: str) -> dict[str, str]:
    """A colleague with every column that has to be filled, one in ten under their own name."""
    given = {
        "id": "n",
        "name": "'Colleague ' || n",
        "email": "'colleague' || n || '@noorderhout.example'",
        "department_id": f"1 + n % {departments}",
        "leaderboard_name": f"CASE WHEN n % {WILLING} = 0 THEN 'name' ELSE 'hidden' END",
        "created_at": now,
    }
    for column in Person.__table__.columns:
        if column.name not in given and not column.nullable:
            default = getattr(column.default, "arg", "")
            plain = default if isinstance(default, bool | int | str) else ""
            given[column.name] = str(plain).lower() if isinstance(plain, bool | int) else f"'{plain}'"
    return given


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leaderboard")
    parser.add_argument("--quick", action="store_true", help="less than 50 seconds")
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--clicks", type=int, default=10_000_000, help="50000000 takes half an hour and 20 GB")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write figures and ratios there")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        size = {"people": 20_000, "clicks": 600_000} if chosen.quick else vars(chosen)
        outcome = measure(
            chosen.database,
            Path(folder),
            people=size["people"],
            clicks=size["clicks"],
            times=30 if chosen.quick else 100,
        )
    run.show("leaderboard", outcome)
    if chosen.json:
        chosen.json.write_text(json.dumps({"figures": outcome.figures, "ratios": outcome.ratios}, indent=2) + "\n")


if __name__ == "__main__":
    main()
