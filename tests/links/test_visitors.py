"""A visitor is recognised within a day and link domain, and never again after."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import inspect, select

from portal.database import Database
from portal.links.models import Click, Salt
from portal.links.visitors import destroy_salts, device, referrer_host, salt_of, visitor
from tests import make
from tests.client import Client

SALT = bytes(range(32))


@pytest.mark.once
def test_a_visitor_is_a_signed_64_bit_number_that_depends_on_everything() -> None:
    same = {"address": "192.0.2.1", "agent": "Firefox", "domain": "https://n.example"}
    first = visitor(SALT, **same)
    assert first == visitor(SALT, **same)
    assert -(2**63) <= first < 2**63
    others = [
        visitor(SALT[::-1], **same),
        visitor(SALT, **same | {"address": "192.0.2.2"}),
        visitor(SALT, **same | {"agent": "Chrome"}),
        visitor(SALT, **same | {"domain": "https://m.example"}),
    ]
    assert len({first, *others}) == 5


@pytest.mark.once
def test_a_name_beyond_its_limit_makes_no_new_visitor() -> None:
    long = "x" * 256
    first = visitor(SALT, address="", agent=long, domain="")
    assert first == visitor(SALT, address="", agent=long + "\ud800", domain="")


def test_the_salt_of_a_day_is_made_once(db: Database) -> None:
    with db.writing() as session:
        first = salt_of(session, date(2026, 11, 20))
    with db.writing() as session:
        assert salt_of(session, date(2026, 11, 20)) == first
        assert salt_of(session, date(2026, 11, 21)) != first
    assert len(first) == 32


def test_salts_are_destroyed_the_day_after(db: Database) -> None:
    with db.writing() as session:
        for number in (19, 20, 21):
            salt_of(session, date(2026, 11, number))
    # Half past eleven in the evening in Greenwich is the next day in Amsterdam.
    with time_machine.travel(datetime(2026, 11, 20, 23, 30, tzinfo=UTC), tick=False), db.writing() as session:
        destroy_salts(session)
    with db.reading() as session:
        assert list(session.scalars(select(Salt.day))) == [date(2026, 11, 21)]


def test_no_address_is_kept_anywhere(client: Client, db: Database) -> None:
    with time_machine.travel(datetime(2026, 11, 20, 12, 0, tzinfo=UTC), tick=False) as traveller:
        with db.writing() as session:
            link = make.link(session, by=make.person(session), on=make.item(session))
        traveller.shift(timedelta(minutes=5))
        client.get(f"/r/{link.code}")
    with db.reading() as session:
        row = session.scalars(select(Click)).one()
        values = {name: getattr(row, name) for name in sorted(inspect(Click).columns.keys())}
    assert "testclient" not in repr(values)
    assert isinstance(values["visitor"], int)


@pytest.mark.once
@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148", "phone"),
        ("Mozilla/5.0 (Linux; Android 10; K) Chrome/131.0.0.0 Mobile Safari/537.36", "phone"),
        ("Mozilla/5.0 (Linux; Android 13; SM-X906B) Chrome/131.0.0.0 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) Mobile/15E148", "tablet"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0.0.0", "computer"),
        ("", ""),
    ],
)
def test_what_kind_of_device_it_was(agent: str, expected: str) -> None:
    assert device(agent) == expected


@pytest.mark.once
def test_of_a_referrer_only_the_host_is_kept() -> None:
    assert referrer_host("https://Lnkd.in/someone/123?id=4") == "lnkd.in"
    assert referrer_host("nonsense") == ""
