"""A figure unfolds to everything behind it."""

from portal import i18n
from portal.database import Database
from portal.links import queries
from portal.links.models import Rollup
from tests import make


def test_people_and_the_rest_make_the_total(db: Database) -> None:
    i18n.language.set("en")
    with db.writing() as session:
        link = make.link(session, by=make.person(session), on=make.item(session))
        other = make.link(session, by=make.person(session), on=make.item(session))
        for verdict, reason in [("human", "person")] * 6 + [("human", "in_app")]:
            make.click(session, link, verdict=verdict, reason=reason)
        for reason in ["preview"] * 3 + ["scanner"]:
            make.click(session, link, verdict="bot", reason=reason)
        make.click(session, link, verdict="suspect", reason="repeat")
        make.click(session, other)
    with db.reading() as session:
        found = queries.ledger(session, Rollup.link_id == link.id)
        by_link = queries.people_clicks_by_link(session, [link.id, other.id, 999])
        nothing = queries.ledger(session, Rollup.link_id == 999)
    assert (found.people, found.total, found.filtered) == (7, 12, 5)
    assert found.classes == [
        ("preview", "3 link previews", 3),
        ("repeat", "1 repeat", 1),
        ("scanner", "1 mail scanner", 1),
    ]
    assert by_link == {link.id: 7, other.id: 1}
    assert (nothing.people, nothing.total, nothing.classes) == (0, 0, [])
    with db.reading() as session:
        assert queries.people_clicks_by_link(session, []) == {}
